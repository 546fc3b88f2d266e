//! Attendance lists: who registered and who came, as webinar and event tools export them (Zoom, Luma, Eventbrite and
//! the like). Columns are found by name, and a file may hold several lists below one another.
//!
//! One record is all rows of one person at one event, since people who leave and join again have several.

mod columns;
mod guest;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::{ActivityType, Entry};
use serde_json::{Value, json};

use self::columns::{Header, plain};
use self::guest::{Guest, role};

use crate::input::{Walk, file_name};
use crate::read::Places;
use crate::rows::{self, Cells};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct Attendance;

impl Source for Attendance {
    fn format(&self) -> &'static str {
        "attendance"
    }

    fn title(&self) -> &'static str {
        "Attendance list of an event (CSV, Excel)"
    }

    fn looked_for(&self) -> &'static str {
        "a table with columns for a name or e-mail and for attended, checked in, join time, or event and status"
    }

    fn accounts_are_global(&self) -> bool {
        true
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let is_list = |head: &[u8]| {
            !rows::is_json(head)
                && rows::first_cells(head, 12).iter().any(|row| Header::of(row).is_some_and(|header| header.is_list()))
        };
        if probe.members.iter().any(|member| is_list(&member.head)) { 75 } else { 0 }
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        input.walk(&mut |mut member| {
            let head = member.bytes.fill_buf().map_err(|cause| crate::input::unreadable(member.path, cause))?;
            let unit = if rows::is_workbook(head) { "row" } else { "line" };
            let places = Places::new(member.path, unit);
            let stem = file_name(member.path);
            let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem).to_owned();
            let mut lists = Lists { stem, ..Lists::default() };
            let member = crate::Member { path: member.path, bytes: &mut member.bytes };
            let broken = rows::cells(member, &mut |cells| {
                lists.take(cells);
                Ok(())
            })?;
            for (position, context, rows) in lists.people {
                emit(RawRecord::new(
                    "guest",
                    places.at(position),
                    &context,
                    Value::from(rows).to_string().into_bytes(),
                ))?;
            }
            for (position, reason, row) in lists.lost {
                emit(RawRecord::broken(places.at(position), &Context::default(), reason, row.into_bytes()))?;
            }
            if let Some(reason) = broken {
                emit(RawRecord::broken(places.at(0), &Context::default(), reason, Vec::new()))?;
            }
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        let rows: Vec<BTreeMap<String, String>> = raw.json()?;
        Guest { rows: &rows, raw }.entries()
    }
}

type Group = (u64, Context, Vec<Value>);

/// The lists of one file, row by row.
#[derive(Default)]
struct Lists {
    stem: String,
    header: Option<Header>,
    /// What the file says of the event before it lists people.
    event: BTreeMap<String, String>,
    /// What the title above a list says of those in it.
    role: Option<&'static str>,
    people: Vec<Group>,
    by_person: HashMap<(String, String), usize>,
    /// Rows that are nobody's, with the reason.
    lost: Vec<(u64, &'static str, String)>,
}

impl Lists {
    fn take(&mut self, cells: Cells) {
        if let Some(reason) = cells.broken {
            self.lost.push((cells.position, reason, cells.values.concat()));
            return;
        }
        let filled: Vec<_> = cells.values.iter().filter(|value| !value.is_empty()).collect();
        if let Some(header) = Header::of(&cells.values) {
            self.header = Some(header);
        } else if filled.len() == 1 && plain(filled[0]).ends_with("details") {
            self.role = role(filled[0]);
            self.header = None;
        } else if let Some(header) = self.header.as_ref() {
            let fields = header.fields(&cells.values);
            if header.lists_people() {
                self.add(cells.position, fields);
            } else {
                self.event.extend(
                    fields
                        .into_iter()
                        .filter(|(name, _)| ["event", "event_id", "starts_at", "ends_at"].contains(&name.as_str())),
                );
            }
        } else if filled.len() > 2 {
            self.lost.push((cells.position, "no header stands above this row", cells.values.join(",")));
        }
    }

    fn add(&mut self, position: u64, fields: BTreeMap<String, String>) {
        let mut around = self.event.clone();
        around.insert("file".into(), self.stem.clone());
        around.extend(self.role.map(|role| ("role".to_owned(), role.to_owned())));
        let event = fields.get("event_id").or(fields.get("event")).cloned().unwrap_or_default();
        let field = |name: &str| fields.get(name).map(|value| value.to_lowercase()).unwrap_or_default();
        let person = [field("uid"), field("email"), field("name"), field("first_name"), field("last_name")];
        let person = person.iter().find(|value| value.contains('@')).cloned().unwrap_or_else(|| person.join(" "));
        let at = *self.by_person.entry((event, person)).or_insert(self.people.len());
        if at == self.people.len() {
            self.people.push((position, Arc::new(around), Vec::new()));
        }
        self.people[at].2.push(json!(fields));
    }
}
