//! What a newcomer is told on the way: the next step wherever there is nothing yet.

use std::process::Stdio;

use crate::Axle;
use crate::web::{Web, add_user};

/// A file with one message of one person.
fn lines(axle: &Axle) -> String {
    let path = axle.data().join("lines.jsonl");
    let line = r#"{"type":"activity","id":"a1","activity":"chat:message:sent","at":"2026-01-05T09:00:00Z","channel":"general","text":"Hello","actor":{"platform":"chat","uid":"1","username":"ada"}}"#;
    std::fs::write(&path, line).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn serving_names_the_step_to_a_first_user() {
    let axle = Axle::new();
    let said = Web::of(&axle).said.clone();
    assert!(said.contains("Nobody can sign in yet") && said.contains("user add you@example.com"), "{said}");
    add_user(&axle, "builder");
    let said = Web::of(&axle).said.clone();
    assert!(!said.contains("user add"), "{said}");
}

#[test]
fn the_demo_goes_where_it_is_sent_and_never_into_a_community() {
    let axle = Axle::new();
    axle.run(&["import", &lines(&axle)]);
    let output = axle.try_run(&["demo", "--no-serve", "--members", "60", "--workspace", "main"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("`main` has a community of its own"), "{said}");
    assert!(!axle.data().join("data/workspaces/demo").exists(), "nor elsewhere");
}

/// What was new and what was read are counted apart, and a trial tells nothing that it does not know.
#[test]
fn a_receipt_counts_what_is_new_apart_from_what_was_read() {
    let axle = Axle::new();
    let file = lines(&axle);
    let rows = |arguments: &[&str]| -> Vec<String> {
        let told = axle.run(arguments);
        told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let has = |rows: &[String], wanted: &[&str]| wanted.iter().all(|row| rows.iter().any(|told| told == row));
    let trial = rows(&["import", &file, "--dry-run"]);
    assert!(has(&trial, &["would be stored, or are known already 1", "chat:message:sent 1"]), "{trial:?}");
    assert!(!trial.iter().any(|row| row.starts_with("stored") || row.starts_with("new ")), "{trial:?}");
    axle.run(&["import", &file]);
    let again = rows(&["import", &file]);
    let told = ["unchanged 1", "new or changed activities 0", "activities read, by type", "chat:message:sent 1"];
    assert!(has(&again, &told), "{again:?}");
}

/// Tables of two systems in one source are noticed at the first import of the second, and in a trial of it.
#[test]
fn tables_of_another_mapping_are_noticed_once() {
    let axle = Axle::new();
    let folder = |name: &str| {
        let folder = axle.data().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("rows.csv"), format!("{name}_handle,{name}_name\nada,Ada\n")).unwrap();
        let mapping = format!(
            "name = '{name}'\n[[file]]\nname = 'rows'\ncolumns = ['{name}_handle']\n[[file.entry]]\ntype = 'person'\n\
             [file.entry.fields]\nidentity.object = {{ platform = {{ value = '{name}' }}, username = '{name}_handle' }}\nname = '{name}_name'\n"
        );
        std::fs::write(folder.join(format!("{name}.axle-mapping.toml")), mapping).unwrap();
        folder.to_str().unwrap().to_owned()
    };
    let (shop, crm) = (folder("shop"), folder("crm"));
    let warnings = |arguments: &[&str]| {
        let receipt = axle.json(&[&["import"][..], arguments].concat());
        assert_eq!((&receipt["format"], &receipt["rejected"]), (&"table".into(), &0.into()), "{receipt}");
        receipt["warnings"].as_array().unwrap().iter().map(|told| told.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(warnings(&[&shop]).is_empty() && warnings(&[&shop]).is_empty());
    assert!(warnings(&[&crm, "--source", "crm"]).is_empty());
    for more in [&["--dry-run"][..], &[]] {
        let told = warnings(&[&[crm.as_str()][..], more].concat());
        assert!(told.len() == 1 && told[0].contains("tables of another mapping (shop)"), "{told:?}");
    }
    assert!(warnings(&[&crm]).is_empty(), "once");
}

/// Every command prints a table for people and CSV for spreadsheets; an empty one has its headings.
#[test]
fn settings_and_lists_are_tables_unless_json_is_asked_for() {
    let axle = Axle::new();
    let rows =
        |arguments: &[&str]| -> Vec<String> { axle.run(arguments).lines().map(|row| row.trim().into()).collect() };
    assert_eq!(rows(&["alerts", "list", "--format", "csv"]), ["url,kind"]);
    assert_eq!(rows(&["tasks", "rota", "--format", "csv"]), ["role,people,order"]);
    assert!(axle.run(&["settings", "show"]).contains("business_hours.from"));
    let hours = rows(&["settings", "business-hours", "--format", "csv"]);
    assert!(hours[0] == "what,value" && hours.contains(&"from,09:00".into()), "{hours:?}");
    assert!(rows(&["settings", "drop-rule", "--format", "csv"]).iter().any(|row| row.starts_with("budget_per_week,")));
    assert!(rows(&["import", &lines(&axle), "--format", "csv"]).contains(&"records read,1".into()));
    let letters = axle.data().join("letters");
    assert_eq!(rows(&["digest", "--to", letters.to_str().unwrap(), "--format", "csv"]), ["what,value", "written,0"]);
}

#[test]
fn an_empty_answer_names_the_next_step() {
    let axle = Axle::new();
    let told = |arguments: &[&str]| {
        let output = axle.command(arguments).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    };
    let hint = "axle: nothing has been imported yet: `axle import PATH` reads an export\n";
    for empty in [
        &["members", "list"][..],
        &["organizations", "list"],
        &["source", "list"],
        &["channels", "list"],
        &["identities", "suggestions"],
        &["kpi", "show", "activities"],
    ] {
        assert_eq!(told(empty), hint, "{empty:?}");
    }
    assert!(told(&["user", "list"]).contains("axle user add EMAIL"));
    assert!(told(&["text", "label"]).contains("nothing to label: give JSON Lines"));
    let wheel = "knowledge_sharing";
    assert!(told(&["flywheel", "history", wheel]).contains("as it comes with Axle"));
    let file = axle.data().join(format!("{wheel}.toml"));
    std::fs::write(&file, axle.run(&["flywheel", "show", wheel, "--toml"])).unwrap();
    assert!(told(&["flywheel", "save", file.to_str().unwrap()]).contains("nothing changed, nothing saved"));
    axle.run(&["import", &lines(&axle)]);
    assert_eq!(told(&["members", "list"]), "", "there is something now");
}
