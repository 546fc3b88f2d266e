//! Interchange: Axle's own JSON Lines, the universal way in.

use axle_model::{ActivityType, Entry};

use crate::input::Walk;
use crate::read::{self, Places};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct Interchange;

impl Source for Interchange {
    fn format(&self) -> &'static str {
        "interchange"
    }

    fn title(&self) -> &'static str {
        "Axle interchange (JSON Lines)"
    }

    fn looked_for(&self) -> &'static str {
        "JSON Lines whose objects have a `type` such as activity, person or organization"
    }

    fn accounts_are_global(&self) -> bool {
        true
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let typed = |line: &str| {
            let line = line.trim_start();
            line.starts_with('{') && line.contains("\"type\"") && Entry::from_line(line.as_bytes()).is_ok()
        };
        // One good line is enough: the lines around it may be the broken ones.
        let found = probe.heads().any(|(_, head)| head.lines().take(50).any(typed));
        if found { 95 } else { 0 }
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let context = Context::default();
        input.walk(&mut |member| {
            let places = Places::new(member.path, "line");
            read::lines(member, &mut |number, line| emit(RawRecord::new("line", places.at(number), &context, line)))?;
            Ok(Walk::On)
        })
    }

    fn source_named_by(&self, raw: &RawRecord) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Named {
            source: Option<String>,
        }
        serde_json::from_slice::<Named>(&raw.body).ok()?.source.filter(|source| !source.trim().is_empty())
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        let (entry, _source) = Entry::from_line(&raw.body)?;
        Ok(vec![entry])
    }
}
