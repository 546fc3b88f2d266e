//! A member's state goes into a database and comes back, and runs become rows.

use axle_flywheel::{BusinessCalendar, Definition, Fact, Machine, MemberRuns};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{definitions, machine, runs};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_stored_state_goes_on_where_it_was() {
    let machine = machine("Europe/Berlin");
    let mut member = MemberRuns::default();
    let signal = Fact::new(at("2026-01-05T10:00:00Z"), "signal", "s1").with("kind", "explicit");
    assert_eq!(machine.advance(&mut member, &[signal], at("2026-01-05T12:00:00Z")).len(), 1);
    let text = serde_json::to_string(&member).unwrap();
    let mut back: MemberRuns = serde_json::from_str(&text).unwrap();
    assert_eq!(machine.tasks(&back), machine.tasks(&member));
    let decided =
        Fact::new(at("2026-01-06T10:00:00Z"), "decided", "d1").with("outcome", "qualified").with("by", "buzz");
    for state in [&mut member, &mut back] {
        let changes = machine.advance(state, std::slice::from_ref(&decided), at("2026-01-06T12:00:00Z"));
        assert_eq!(changes.len(), 1);
        assert!(changes[0].before.is_some());
    }
    assert_eq!(runs(&machine, &member), runs(&machine, &back));
}

#[test]
fn runs_are_rows_of_the_contract() {
    let machine = machine("UTC");
    let mut member = MemberRuns::default();
    let facts = [
        Fact::new(at("2026-01-05T10:00:00Z"), "signal", "s1").with("kind", "explicit").seen(at("2026-01-05T10:05:00Z")),
        Fact::new(at("2026-01-06T10:00:00Z"), "decided", "d1")
            .with("outcome", "dismissed")
            .with("by", "buzz")
            .with("reason", "no_need"),
        Fact::new(at("2026-02-02T10:00:00Z"), "signal", "s2").with("kind", "explicit"),
        Fact::new(at("2026-02-03T10:00:00Z"), "asked", "a1").with("question", "q7"),
    ];
    machine.advance(&mut member, &facts, at("2026-02-03T10:00:00Z"));
    let rows = machine.run_rows("m1", &member);
    let brief: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.flywheel.as_str(),
                row.subject_kind.as_str(),
                row.subject_id.as_str(),
                row.state.as_str(),
                row.step.as_str(),
            )
        })
        .collect();
    assert_eq!(
        brief,
        [
            ("community_qualified_leads", "member", "m1", "lost", "signals_need"),
            ("community_qualified_leads", "member", "m1", "active", "signals_need"),
            ("knowledge_sharing", "question", "q7", "active", "asks"),
        ]
    );
    assert_eq!(rows[0].reason.as_deref(), Some("no_need"));
    assert_eq!(rows[1].previous_run_id.as_ref(), Some(&rows[0].run_id));
    assert_eq!((rows[0].due_at, rows[1].due_at), (None, Some(at("2026-02-04T10:00:00Z"))));
    let (key, run) = machine.runs(&member).next().unwrap();
    let ledger = machine.evidence_rows("m1", &key, run);
    let brief: Vec<_> = ledger.iter().map(|row| (row.evidence_id.as_str(), row.confirmed_by.as_str())).collect();
    assert_eq!(brief, [("s1", "rule community_qualified_leads/signals_need@5"), ("d1", "buzz")]);
    assert_eq!(ledger[0].observed_at, at("2026-01-05T10:05:00Z"));
}

/// Ten points make a candidate; with five, the first signal would have. Nothing is changed by looking.
#[test]
fn a_change_of_a_definition_is_previewed_and_taken_over() {
    let machine = machine("UTC");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../flywheels/community_qualified_leads.toml");
    let text =
        std::fs::read_to_string(path).unwrap().replacen("at_least = 10, days = 90", "at_least = 5, days = 90", 1);
    let mut changed: Vec<Definition> =
        definitions().into_iter().filter(|definition| definition.id != "community_qualified_leads").collect();
    changed.push(Definition::parse("community_qualified_leads", &text).unwrap());
    let other = Machine::new(changed, BusinessCalendar::weekdays(TimeZone::UTC)).unwrap();
    let points = |id: &str, when: &str| Fact::new(at(when), "signal", id).with("kind", "inferred").with("points", "5");
    let asked = Fact::new(at("2026-01-05T10:00:00Z"), "asked", "a1").with("question", "q1");
    let facts = [points("s1", "2026-01-05T10:00:00Z"), points("s2", "2026-01-12T10:00:00Z"), asked];
    let mut member = MemberRuns::default();
    machine.advance(&mut member, &facts, at("2026-01-13T10:00:00Z"));
    let before = member.clone();
    let preview = machine.preview(&other, &member);
    assert_eq!(member, before);
    assert_eq!(preview.len(), 1, "the question's run is the same");
    let opened = |run: &Option<axle_flywheel::Run>| run.as_ref().unwrap().opened_at();
    assert_eq!(opened(&preview[0].before), at("2026-01-12T10:00:00Z"));
    assert_eq!(opened(&preview[0].after), at("2026-01-05T10:00:00Z"));
    assert_eq!(other.advance(&mut member, &[], at("2026-01-13T10:00:00Z")).len(), 2, "all runs are made anew");
    assert!(other.runs(&member).any(|(_, run)| run.opened_at() == at("2026-01-05T10:00:00Z")));
    assert_eq!(other.advance(&mut member, &[], at("2026-01-13T10:00:00Z")), []);
}
