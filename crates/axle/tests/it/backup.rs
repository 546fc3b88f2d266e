//! Backups end to end: made of a workspace that is being served, and another made of one, with the same figures and settings.

use serde_json::Value;

use crate::Axle;
use crate::hand_offs::import;
use crate::tasks::said;
use crate::web::Web;

fn fails(axle: &Axle, arguments: &[&str]) -> String {
    let output = axle.try_run(arguments);
    assert!(!output.status.success(), "{arguments:?} should fail");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_workspace_made_of_a_backup_has_the_same_figures_and_settings() {
    let axle = Axle::new();
    import(&axle, &[said("a1", "u1", "Zoe Lind", "Good morning."), said("a2", "u2", "Kim Arden", "Good evening.")]);
    axle.run(&["settings", "time-zone", "Europe/Berlin"]);
    let figures = |workspace: &str| {
        let ask = |arguments: &[&str]| axle.json(&[arguments, &["--workspace", workspace]].concat());
        let points: Vec<Value> =
            ["activities", "monthly_active_members"].map(|kpi| ask(&["kpi", "show", kpi])["points"].clone()).to_vec();
        (points, ask(&["members", "list"]), ask(&["settings", "show"]))
    };
    let before = figures("main");
    let file = axle.data().join("main.backup");
    let file = file.to_str().unwrap();
    let web = Web::of(&axle);
    assert!(axle.json(&["backup", file])["bytes"].as_u64().unwrap() > 0);
    drop(web);
    assert!(fails(&axle, &["backup", file]).contains("is there already"));
    // What is said later is not in it.
    import(&axle, &[said("a3", "u3", "Mei Zhao", "Good night.")]);

    assert!(fails(&axle, &["restore", file]).contains("there is a workspace `main` already"));
    axle.json(&["restore", file, "--workspace", "copy"]);
    assert_eq!(figures("copy"), before);
    assert_ne!(figures("main").0, before.0);
    axle.run(&["segments", "verify", "--workspace", "copy"]);

    let broken = axle.data().join("broken.backup");
    std::fs::write(&broken, "no backup").unwrap();
    assert!(fails(&axle, &["restore", broken.to_str().unwrap(), "--workspace", "other"]).contains("is no backup"));
    assert!(fails(&axle, &["restore", "nowhere.backup", "--workspace", "other"]).contains("there is no file"));
    assert!(
        fails(&axle, &["members", "list", "--workspace", "other"]).contains("there is no workspace"),
        "none is made"
    );
    assert!(!axle.data().join("main.backup.part").exists());
}
