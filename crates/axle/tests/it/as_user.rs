//! Commands as a user: they show, write and are noted as pages would for the one who is named.

use serde_json::json;

use crate::Axle;
use crate::hand_offs::{import, lines};
use crate::web::add_user;

fn told(axle: &Axle, arguments: &[&str]) -> (Option<i32>, String) {
    let output = axle.try_run(arguments);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_command_shows_what_the_role_of_its_user_may_see() {
    let axle = Axle::new();
    import(&axle, &lines(jiff::Timestamp::now()));
    ["sales", "executive", "internal_viewer"].iter().for_each(|role| add_user(&axle, role));
    let [sales, executive, viewer] =
        ["sales", "executive", "internal_viewer"].map(|role| format!("{role}@axle.example"));
    let (code, said) = told(&axle, &["members", "list", "--as-user", &sales]);
    assert_eq!(code, Some(1), "a refusal is a failure, not wrong usage");
    assert_eq!(said, "axle: the role sales may not see members: an administrator can give another role\n");
    assert_eq!(axle.json(&["--as-user", &viewer, "members", "list"])[0]["name"], "Sunita Rao");
    let (code, said) = told(&axle, &["user", "list", "--as-user", &viewer]);
    assert!(code == Some(1) && said.contains("may not change settings and users"), "{said}");
    // Also as a variable, and in capitals.
    let mut command = axle.command(&["sql", "select * from members"]);
    let output = command.env("AXLE_AS_USER", executive.to_uppercase()).output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    let (code, said) = told(&axle, &["kpi", "list", "--as-user", "nobody@axle.example"]);
    assert_eq!(
        (code, said.as_str()),
        (Some(2), "axle: there is no user `nobody@axle.example`: `axle user list` shows all\n")
    );
    // Figures are for everybody, those that name people are not.
    let figure = ["kpi", "show", "activities", "--grain", "total", "--as-user", &executive];
    assert_eq!(axle.json(&figure)["kpi"], "activities");
    let (code, said) = told(&axle, &["kpi", "show", "top_answerers", "--as-user", &executive]);
    assert!(code == Some(1) && said.contains("may not see members"), "{said}");
}

#[test]
fn a_dossier_is_opened_and_decided_under_the_name_of_the_user() {
    fn as_sales<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
        [arguments, &["--as-user", "sales@axle.example"]].concat()
    }

    let axle = Axle::new();
    import(&axle, &lines(jiff::Timestamp::now()));
    ["sales", "builder", "executive"].iter().for_each(|role| add_user(&axle, role));
    let prepared = axle.json(&["hand-offs", "list"]);
    let (id, member) = (prepared[0]["hand_off_id"].as_str().unwrap(), prepared[0]["member_id"].as_str().unwrap());
    let builder = ["--as-user", "builder@axle.example"];
    let as_builder = |arguments: &[&str]| axle.json(&[arguments, &builder[..]].concat());
    assert_eq!(axle.json(&as_sales(&["hand-offs", "list"])), json!([]), "what is not sent is not there");
    as_builder(&["consents", "give", member, "--kind", "hand_off", "--channel", "Slack"]);
    let (code, _) = told(&axle, &as_sales(&["hand-offs", "send", id, "--told"]));
    assert_ne!(code, Some(0));
    as_builder(&["hand-offs", "send", id, "--to", "sales", "--note", "soon", "--told"]);
    assert_eq!(axle.json(&as_sales(&["hand-offs", "show", id]))["hand_off"]["name"], "Sunita Rao");
    axle.json(&as_sales(&["hand-offs", "accept", id]));
    let (code, said) = told(&axle, &["hand-offs", "list", "--as-user", "executive@axle.example"]);
    assert!(code == Some(1) && said.contains("your role sees figures"), "{said}");
    let audit = as_builder(&["hand-offs", "show", id])["audit"].clone();
    let did = |who: &str, what: &str| {
        audit.as_array().unwrap().iter().any(|entry| entry["who"] == who && entry["what"] == what)
    };
    assert!(did("The builder", "sent") && did("The sales", "opened") && did("The sales", "accepted"), "{audit}");
    assert!(!did("command line", "opened"), "{audit}");
}

#[test]
fn a_task_is_answered_by_whom_it_is_for_and_under_their_name() {
    let axle = crate::tasks::with_a_raised_hand();
    ["builder", "internal_viewer", "sales"].iter().for_each(|role| add_user(&axle, role));
    let task = crate::tasks::qualify(&axle);
    let (id, run) = (task["task_id"].as_str().unwrap(), task["run_id"].as_str().unwrap());
    let done = ["tasks", "done", id, "--outcome", "qualified"];
    for role in ["internal_viewer", "sales"] {
        let email = format!("{role}@axle.example");
        let (code, said) = told(&axle, &[&done[..], &["--as-user", &email]].concat());
        assert!(code == Some(1) && said.contains("may not answer this task"), "{said}");
    }
    assert_eq!(axle.json(&["tasks", "list", "--as-user", "sales@axle.example"]), json!([]), "it has none of its own");
    let builder = ["--as-user", "builder@axle.example"];
    let (code, said) = told(&axle, &[&done[..], &["--by", "Somebody"], &builder[..]].concat());
    assert!(code == Some(2) && said.contains("leave one out"), "{said}");
    axle.json(&[&done[..], &builder[..]].concat());
    let detail = axle.json(&["flywheel", "run", run]);
    let rows = detail["evidence"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["confirmed_by"] == "The builder"), "{detail}");
}
