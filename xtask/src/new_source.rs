//! `cargo xtask new source NAME`: a source that works, to be changed into what the export really holds.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::Setup;
use crate::workspace::{Workspace, run};

const SOURCES: &str = "crates/axle-connectors/src/sources";

/// Writes the source's file and its first case, and enters it in the register.
pub(crate) fn create(workspace: &Workspace, format: &str) -> anyhow::Result<()> {
    let names = Names::of(format)?;
    let code = workspace.path(&format!("{SOURCES}/{}.rs", names.module));
    let case = workspace.path(&format!("crates/axle-connectors/fixtures/{format}/first"));
    for path in [&code, &case] {
        if path.exists() {
            bail!("{} is there already", path.display());
        }
    }
    let register = workspace.read(&format!("{SOURCES}/mod.rs"))?;
    let register = registered(&register, &names)?;
    write(&code, &names.fill(CODE))?;
    write(&case.join("input.jsonl"), &names.fill(INPUT))?;
    write(&case.join("expected.jsonl"), &names.fill(EXPECTED))?;
    write(&case.join("rejects.txt"), &names.fill(REJECTS))?;
    write(&workspace.path(&format!("{SOURCES}/mod.rs")), &register)?;
    run(workspace.cargo().args(["fmt", "--package", "axle-connectors"]))?;
    eprintln!(
        "xtask: {SOURCES}/{}.rs is a source that works: change it, with the case in fixtures/{format}/first/, until both say \
         what the export holds. Then: cargo nextest run -p axle-connectors",
        names.module
    );
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).with_context(|| path.display().to_string())
}

/// `stack-exchange`, `stack_exchange`, `StackExchange`.
struct Names {
    format: String,
    module: String,
    kind: String,
}

impl Names {
    fn of(format: &str) -> anyhow::Result<Self> {
        let is_word = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        if !format.split('-').all(is_word) {
            return Err(Setup(format!(
                "`{format}` is no name of a format: use lower-case words, as in `stack-exchange`"
            ))
            .into());
        }
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        Ok(Self {
            format: format.to_owned(),
            module: format.replace('-', "_"),
            kind: format.split('-').map(capital).collect(),
        })
    }

    fn fill(&self, text: &str) -> String {
        text.replace("@format@", &self.format).replace("@module@", &self.module).replace("@Kind@", &self.kind)
    }
}

/// The register with a line for the module, in the order of the alphabet, and one for the source, before interchange,
/// which comes last.
fn registered(register: &str, names: &Names) -> anyhow::Result<String> {
    let module = names.fill("pub mod @module@;");
    let entry = names.fill("    &@module@::@Kind@,");
    let mut lines: Vec<&str> = register.lines().collect();
    let bare = |line: &str| line.trim_start_matches("pub ").to_owned();
    let is_module = |line: &&str| bare(line).starts_with("mod ");
    let last = lines.iter().rposition(is_module).context("the register names modules")?;
    let after = lines.iter().position(|line| is_module(line) && bare(line) > bare(&module)).unwrap_or(last + 1);
    lines.insert(after, &module);
    let interchange = lines.iter().position(|line| line.trim() == "&interchange::Interchange,");
    lines.insert(interchange.context("the register ends with interchange")?, &entry);
    Ok(lines.join("\n") + "\n")
}

const CODE: &str = r##"//! @Kind@: what the export is, and how it is laid out.

use axle_model::catalogue::MESSAGE_SENT;
use axle_model::{Activity, ActivityType, Entry, Identity};
use jiff::Timestamp;
use serde::Deserialize;

use crate::input::Walk;
use crate::read::{self, Places};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct @Kind@;

/// A record as the export writes it.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "@module@_id")]
    id: String,
    user: String,
    at: Timestamp,
    text: Option<String>,
}

impl Source for @Kind@ {
    fn format(&self) -> &'static str {
        "@format@"
    }

    fn title(&self) -> &'static str {
        "@Kind@ messages (JSON Lines)"
    }

    fn looked_for(&self) -> &'static str {
        "JSON Lines whose objects have a `@module@_id`"
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[MESSAGE_SENT]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let is_ours = |head: &str| head.trim_start().starts_with('{') && head.contains("\"@module@_id\"");
        if probe.heads().any(|(_, head)| is_ours(&head)) { 92 } else { 0 }
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let context = Context::default();
        input.walk(&mut |member| {
            let places = Places::new(member.path, "line");
            read::lines(member, &mut |number, line| emit(RawRecord::new("message", places.at(number), &context, line)))?;
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        let message: Message = raw.json()?;
        let author = Identity::username("@format@", message.user);
        if author.key().is_none() {
            return Err(RecordError::new("`user` is empty"));
        }
        let mut activity = Activity::new(&MESSAGE_SENT, message.id, message.at, author);
        activity.text = message.text;
        Ok(vec![activity.into()])
    }
}
"##;

const INPUT: &str = r#"{"@module@_id":"m1","user":"ada","at":"2024-05-01T12:00:00Z","text":"Who has tried the brass gears?"}
{"@module@_id":"m2","user":" ","at":"2024-05-01T12:05:00Z","text":"Nobody said this"}
"#;

const EXPECTED: &str = r#"{"type":"activity","id":"m1","activity":"chat:message:sent","at":"2024-05-01T12:00:00Z","actor":{"platform":"@format@","username":"ada"},"text":"Who has tried the brass gears?"}
"#;

const REJECTS: &str = "input.jsonl, line 2: `user` is empty\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_the_form_of_their_place() {
        let names = Names::of("stack-exchange").unwrap();
        assert_eq!((names.module.as_str(), names.kind.as_str()), ("stack_exchange", "StackExchange"));
        for wrong in ["", "Slack", "a--b", "a_b", "-a", "../a"] {
            assert!(Names::of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_register_stays_in_order() {
        let register = "//! The register.\n\nmod chat;\npub mod discord;\npub mod interchange;\npub mod zulip;\n\n\
                        pub const SOURCES: &[&dyn Source] = &[\n    &zulip::Zulip,\n    &interchange::Interchange,\n];\n";
        let with = registered(register, &Names::of("gitter").unwrap()).unwrap();
        assert!(with.contains("pub mod discord;\npub mod gitter;\npub mod interchange;\n"), "{with}");
        assert!(with.contains("    &zulip::Zulip,\n    &gitter::Gitter,\n    &interchange::Interchange,\n"), "{with}");
        let last = registered(register, &Names::of("zzz").unwrap()).unwrap();
        assert!(last.contains("pub mod zulip;\npub mod zzz;\n\n"), "{last}");
    }
}
