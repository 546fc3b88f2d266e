//! Every scenario of every definition in `flywheels/`, read at run time.

use axle_flywheel::scenario::Scenario;
use axle_flywheel::{Fact, MemberRuns, Run, RunKey};

use crate::{definitions, machine, runs};

#[test]
fn every_scenario_comes_out_as_worked_out_by_hand() {
    let definitions = definitions();
    let mut faults = Vec::new();
    for definition in &definitions {
        assert!(!definition.scenarios.is_empty(), "{} has no scenario", definition.id);
        for scenario in &definition.scenarios {
            let found = scenario.check(&definition.id, &definitions);
            faults.extend(found.into_iter().map(|fault| format!("{} - {}: {fault}", definition.id, scenario.name)));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_six_flywheels_are_there() {
    let definitions = definitions();
    let ids: Vec<&str> = definitions.iter().map(|definition| definition.id.as_str()).collect();
    let six = [
        "champion_health",
        "community_qualified_leads",
        "deal_champions",
        "key_account_champions",
        "knowledge_sharing",
        "onboarding_customers",
    ];
    assert_eq!(ids, six);
    assert_eq!(axle_flywheel::definition::shipped().map(|all| all.len()), Ok(6));
    assert!(definitions.iter().all(|definition| definition.scenarios.len() >= 3));
}

#[test]
fn a_wrong_expectation_is_seen() {
    let definitions = definitions();
    let told = |expect: &str| {
        let scenario = Scenario {
            name: "one signal".into(),
            zone: "UTC".into(),
            holidays: Vec::new(),
            data: vec!["ada signal 2026-01-05T10:00 kind=explicit id=s".into()],
            expect: vec![expect.into()],
        };
        scenario.check("community_qualified_leads", &definitions)
    };
    assert_eq!(told("2026-01-05 ada signals_need due=2026-01-07T10:00 run=1 evidence=s"), [""; 0]);
    for wrong in [
        "2026-01-05 ada introduction",
        "2026-01-05 ada none",
        "2026-01-05T09:00 ada signals_need",
        "2026-01-05 ada signals_need due=2026-01-07T10:01",
        "2026-01-05 ada signals_need implied=regular",
        "2026-01-05 ada signals_need evidence=t",
        "2026-01-05 ada signals_need color=red",
        "2026-01-05 ada tasks none",
        "2026-01-05 ada tasks qualify=2026-01-07T10:01",
        "2026-01-05 bob none",
        "someday ada none",
    ] {
        assert_eq!(told(wrong).len(), 1, "{wrong}");
    }
}

/// Plays the scenarios of a definition that does not ship.
fn play(text: &str) {
    let definition = axle_flywheel::Definition::parse("x", text).unwrap_or_else(|error| panic!("{error}"));
    let definitions = [definition];
    for scenario in &definitions[0].scenarios {
        assert_eq!(scenario.check("x", &definitions), [""; 0], "{}", scenario.name);
    }
}

#[test]
fn a_rest_that_a_step_begins_by_itself_can_be_ended_by_a_fact() {
    play(
        r#"
        title = "T"
        question = "Q?"
        unit = "member"
        [[step]]
        id = "asks"
        title = "Asks"
        segment = "attract"
        owner = "community"
        within = "5 business days"
        enter = { fact = "signal" }
        leave = [{ when = { elapsed_days = 10 }, to = "snoozed", days = 30, wakes_on = { fact = "active" } }]
        [[step]]
        id = "helped"
        title = "Helped"
        segment = "delight"
        owner = "community"
        enter = { decided = "qualified" }
        [[scenario]]
        name = "Ten days after Monday the 5th are over on the 16th; what came before wakes nobody, and the day does in any case"
        data = [
          "ada signal 2026-01-05T10:00",
          "ada active 2026-01-20T10:00",
          "bob signal 2026-01-05T10:00",
          "bob active 2026-01-10T10:00",
        ]
        expect = [
          "2026-01-15T23:59 ada asks due=2026-01-12T10:00",
          "2026-01-16T00:00 ada snoozed 2026-02-15",
          "2026-01-20T10:00 ada asks due=2026-01-27T10:00",
          "2026-01-31T00:00 ada snoozed 2026-03-02",
          "2026-02-14T23:59 bob snoozed 2026-02-15",
          "2026-02-15T00:00 bob asks",
        ]
    "#,
    );
}

#[test]
fn a_task_is_due_from_the_midnight_on_which_the_days_of_its_unless_are_over() {
    play(
        r#"
        title = "T"
        question = "Q?"
        unit = "member"
        [[step]]
        id = "asks"
        title = "Asks"
        segment = "attract"
        owner = "community"
        enter = { fact = "signal" }
        task = [
          { id = "greet", title = "Greet them", role = "community_builder", within = "2 business days", unless = { fact = "contacted", days = 7 } },
          { id = "see", title = "See to it", role = "community_builder", within = "2 business days", when = { fact = "asked", since = "step" }, unless = { fact = "was_answered", days = 7 } },
        ]
        [[step]]
        id = "helped"
        title = "Helped"
        segment = "delight"
        owner = "community"
        enter = { decided = "qualified" }
        [[scenario]]
        name = "The seven days of Tuesday the 6th are over on the 13th: two days of work are Tuesday and Wednesday; questions move nothing"
        data = [
          "ada signal 2026-01-05T09:00",
          "ada asked 2026-01-05T10:00",
          "ada was_answered 2026-01-06T10:00",
          "ada asked 2026-01-08T10:00",
          "ada asked 2026-01-15T10:00",
          "bob signal 2026-01-05T09:00",
          "bob contacted 2026-01-06T10:00",
          "bob contacted 2026-01-20T10:00",
        ]
        expect = [
          "2026-01-05T12:00 ada tasks greet=2026-01-06T17:00 see=2026-01-07T10:00",
          "2026-01-06T12:00 ada tasks greet=2026-01-06T17:00",
          "2026-01-12T23:59 ada tasks greet=2026-01-06T17:00",
          "2026-01-13T00:00 ada tasks greet=2026-01-06T17:00 see=2026-01-14T17:00",
          "2026-01-16 ada tasks greet=2026-01-06T17:00 see=2026-01-14T17:00",
          "2026-01-05T12:00 bob tasks greet=2026-01-06T17:00",
          "2026-01-12T23:59 bob tasks none",
          "2026-01-13T00:00 bob tasks greet=2026-01-14T17:00",
          "2026-01-20 bob tasks none",
          "2026-01-27T00:00 bob tasks greet=2026-01-28T17:00",
        ]
    "#,
    );
}

/// Asked and without a reply at one instant: the word of then is no second outreach.
#[test]
fn what_led_back_to_a_step_does_not_lead_on_from_it() {
    let at = |day: &str| format!("{day}T10:00:00Z").parse().unwrap();
    let facts = [
        Fact::new(at("2025-01-01"), "role", "held").with("role", "champion").with("state", "held"),
        Fact::new(at("2025-09-01"), "active", "active"),
        Fact::new(at("2026-03-02"), "drop", "drop"),
        Fact::new(at("2026-03-16"), "contacted", "contacted").with("department", "community"),
        Fact::new(at("2026-03-16"), "decided", "decided").with("outcome", "no_reply").with("by", "buzz"),
    ];
    let (machine, mut member) = (machine("UTC"), MemberRuns::default());
    machine.advance(&mut member, &facts, at("2026-03-20"));
    let of_health = |(key, run): (RunKey, Run)| (key.flywheel == "champion_health").then_some(run);
    let run = runs(&machine, &member).into_iter().find_map(of_health).unwrap();
    let steps: Vec<u16> = run.visits.iter().map(|visit| visit.step).collect();
    assert_eq!(steps, [0, 1, 2, 1], "healthy, watch, contacted, watch");
}
