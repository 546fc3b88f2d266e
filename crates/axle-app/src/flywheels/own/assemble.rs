//! What a workspace turns: what comes with Axle, with what is saved in its place and behind it; nothing that does not work.

use std::collections::BTreeMap;

use axle_flywheel::{BusinessCalendar, Definition, Machine, MachineError};
use axle_store::flywheel_definition::DefinitionRow;
use jiff::tz::TimeZone;

use super::{Definitions, Fallen, shipped_one, shipped_ones};

/// What comes with Axle, and in its place or behind it what is saved.
pub(super) fn assemble(rows: &[DefinitionRow]) -> Definitions {
    let (mut own, mut fallen) = (BTreeMap::new(), Vec::new());
    let fell =
        |row: &DefinitionRow, problem: String| Fallen { flywheel: row.flywheel.clone(), version: row.version, problem };
    for row in rows {
        let Some(text) = &row.text else { continue };
        match Definition::parse(&row.flywheel, text) {
            Ok(definition) => {
                own.insert(row.flywheel.clone(), definition);
            }
            Err(error) => fallen.push(fell(row, error.to_string())),
        }
    }
    loop {
        let all = together(rows, &own);
        let Err(error) = fit(&all) else { return Definitions { all, fallen } };
        // Whoever asks for what is not there gives way; where that comes with Axle, whoever took it away.
        let MachineError::NoSuchStep { file, named, .. } = &error else { return Definitions { all, fallen } };
        let named = named.split('/').next().unwrap_or_default();
        let Some(row) = rows
            .iter()
            .find(|row| own.contains_key(&row.flywheel) && row.flywheel == *file)
            .or_else(|| rows.iter().find(|row| own.contains_key(&row.flywheel) && row.flywheel == named))
        else {
            return Definitions { all, fallen };
        };
        own.remove(&row.flywheel);
        fallen.push(fell(row, error.to_string()));
    }
}

fn together(rows: &[DefinitionRow], own: &BTreeMap<String, Definition>) -> Vec<Definition> {
    let of_shipped = |one: &Definition| {
        let mut one = own.get(&one.id).unwrap_or(one).clone();
        // What was put back counts on from the versions before.
        if let Some(row) = rows.iter().find(|row| row.flywheel == one.id && row.text.is_none()) {
            one.version = after_reset(row, one.version);
        }
        one
    };
    let mut all: Vec<Definition> = shipped_ones().iter().map(of_shipped).collect();
    all.extend(own.values().filter(|one| shipped_one(&one.id).is_none()).cloned());
    all
}

/// The version of what comes with Axle since it was put back to that: it rises with every new Axle that changes it.
pub(super) fn after_reset(row: &DefinitionRow, shipped_version: u32) -> u32 {
    let since = i64::from(shipped_version) - row.shipped_version.unwrap_or(i64::from(shipped_version));
    u32::try_from(row.version + since.max(0)).unwrap_or(shipped_version)
}

/// Whether definitions work together.
pub(super) fn fit(definitions: &[Definition]) -> Result<(), MachineError> {
    Machine::new(definitions.to_vec(), BusinessCalendar::weekdays(TimeZone::UTC)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::super::{EXAMPLE, shipped_text};
    use super::*;

    fn row(flywheel: &str, version: i64, text: Option<&str>, shipped_version: Option<i64>) -> DefinitionRow {
        let (text, saved_by) = (text.map(str::to_owned), "admin@axle.example".into());
        DefinitionRow { flywheel: flywheel.into(), version, text, shipped_version, saved_at: 0, saved_by }
    }

    fn ids(definitions: &Definitions) -> Vec<&str> {
        definitions.all.iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn saved_ones_stand_in_for_what_ships_and_behind_it() {
        let (text, ships) =
            (shipped_text("knowledge_sharing").unwrap(), i64::from(shipped_one("knowledge_sharing").unwrap().version));
        let changed = text.replacen(&format!("version = {ships}\n"), "version = 4\n", 1);
        let rows = [row("knowledge_sharing", 4, Some(&changed), Some(ships)), row("welcome", 1, Some(EXAMPLE), None)];
        let definitions = assemble(&rows);
        assert_eq!(ids(&definitions).len(), 7);
        assert_eq!(definitions.all[4].version, 4);
        assert_eq!(definitions.all[6].id, "welcome");
        assert!(definitions.fallen.is_empty());
    }

    #[test]
    fn what_was_put_back_counts_on_and_with_what_ships() {
        let ships = i64::from(shipped_one("knowledge_sharing").unwrap().version);
        let of = |shipped_version| assemble(&[row("knowledge_sharing", 5, None, Some(shipped_version))]).all[4].version;
        assert_eq!(of(ships), 5);
        // Axle has changed its own twice since.
        assert_eq!(of(ships - 2), 7);
        assert_eq!(ids(&assemble(&[row("welcome", 2, None, None)])).len(), 6);
    }

    #[test]
    fn one_that_cannot_be_read_falls_back_and_is_told() {
        let broken = row("knowledge_sharing", 3, Some("title = \"Of tomorrow\"\nspin = 1"), Some(1));
        let definitions = assemble(&[broken, row("welcome", 1, Some("steps = 1"), None)]);
        assert_eq!(ids(&definitions).len(), 6);
        assert_eq!(definitions.all[4].version, shipped_one("knowledge_sharing").unwrap().version);
        let fallen: Vec<_> = definitions.fallen.iter().map(|one| (one.flywheel.as_str(), one.version)).collect();
        assert_eq!(fallen, [("knowledge_sharing", 3), ("welcome", 1)]);
    }

    #[test]
    fn whoever_asks_for_a_step_that_is_gone_gives_way() {
        let both = "enter = { all = [{ fact = \"joined\" }, { entered = \"champion_health/nowhere\" }] }";
        let asking = EXAMPLE.replace("enter = { fact = \"joined\" }", both);
        let definitions = assemble(&[row("welcome", 1, Some(&asking), None)]);
        assert_eq!(ids(&definitions).len(), 6);
        assert!(definitions.fallen[0].problem.contains("champion_health/nowhere"), "{:?}", definitions.fallen);
    }
}
