//! Every scenario of every definition in `flywheels/`, read at run time.

use axle_flywheel::scenario::Scenario;

use crate::definitions;

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
