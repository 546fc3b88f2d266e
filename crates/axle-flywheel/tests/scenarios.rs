//! Every scenario of every definition in `flywheels/`, read at run time.

use std::path::Path;

use axle_flywheel::Definition;

/// The shipped definitions, by name of their files.
fn definitions() -> Vec<Definition> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flywheels");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "toml")).map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        Definition::parse(path.file_stem().unwrap().to_str().unwrap(), &text).unwrap_or_else(|error| panic!("{error}"))
    });
    read.collect()
}

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
