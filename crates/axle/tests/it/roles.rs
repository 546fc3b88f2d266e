//! Roles and notes by hand, end to end: given with consent, ended, taken back; a note is taken back by who wrote it.

use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;
use crate::tasks::{ago, qualify, said};
use crate::web::{Web, add_user};

fn zoe() -> Value {
    json!({"platform": "forum", "uid": "u1", "name": "Zoe Lind"})
}

/// Somebody at a bank; gives their id.
fn community(axle: &Axle) -> String {
    let lines = [
        said("a1", "u1", "Zoe Lind", "Good morning everybody."),
        json!({"type": "organization", "id": "bank", "name": "Lind Bank"}),
        json!({"type": "affiliation", "identity": zoe(), "organization": "bank", "from": "2024-01-01"}),
    ];
    import(axle, &lines);
    axle.json(&["sql", "select member_id from members"])[0]["member_id"].as_str().unwrap().to_owned()
}

fn fails(axle: &Axle, arguments: &[&str]) -> String {
    let output = axle.try_run(arguments);
    assert!(!output.status.success(), "{arguments:?} should fail");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_role_is_given_with_consent_ended_and_taken_back() {
    let axle = Axle::new();
    let id = &community(&axle);
    let give = |role: &'static str| vec!["members", "give-role", id.as_str(), role];
    assert!(fails(&axle, &give("friend")).contains("use one of champion"));
    assert!(fails(&axle, &give("champion")).contains("without their consent"));
    axle.json(&["consents", "give", id, "--kind", "contact", "--channel", "a call"]);
    assert!(fails(&axle, &give("deal_champion")).contains("say at which organization"));
    let at_bank = [give("deal_champion"), vec!["--at", "Lind Bank"]].concat();
    let held = axle.json(&at_bank);
    assert_eq!(held[0]["role"], "deal_champion", "{held}");
    assert_eq!((&held[0]["organization"], &held[0]["to"]), (&json!("Lind Bank"), &Value::Null));
    assert!(held[0]["consent"].is_string(), "{held}");
    assert!(fails(&axle, &at_bank).contains("end that first"));
    let champions = || axle.json(&["champions", "list"]).as_array().unwrap().len();
    assert_eq!(champions(), 1);
    let run = axle.json(&["flywheel", "runs", "deal_champions"]);
    assert_eq!(run[0]["step"], "introduced", "an appointment with consent, as the flywheel asks for: {run}");

    let role = held[0]["role_id"].as_str().unwrap();
    let say = |word: &str| axle.json(&["members", word, id, role]);
    assert!(fails(&axle, &["members", "end-role", id, role, "--last", "2999-01-01"]).contains("a day that has come"));
    assert!(fails(&axle, &["members", "end-role", id, role, "--last", "2020-01-01"]).contains("choose a later day"));
    assert!(say("end-role")[0]["to"].is_string());
    assert_eq!(champions(), 0);
    assert!(fails(&axle, &["members", "end-role", id, role]).contains("this role ended on"));
    assert_eq!(say("undo-role")[0]["to"], Value::Null, "it has not ended");
    assert_eq!(champions(), 1);
    assert_eq!(say("undo-role"), json!([]), "it was never given");
    assert_eq!(champions(), 0);
    let roles = axle.json(&["sql", "select role, \"from\" = \"to\" as is_none from roles"]);
    assert_eq!(roles, json!([{"role": "taken_back", "is_none": true}]));
    assert_eq!(axle.json(&at_bank).as_array().unwrap().len(), 1, "it can be given again");
}

#[test]
fn the_end_of_an_imported_role_holds_until_it_is_taken_back() {
    let axle = Axle::new();
    let id = &community(&axle);
    let stated = [json!({"type": "role", "identity": zoe(), "role": "moderator", "from": ago(24 * 9), "by": "Buzz"})];
    import(&axle, &stated);
    let roles = || axle.json(&["members", "roles", id]);
    let role = roles()[0]["role_id"].as_str().unwrap().to_owned();
    assert!(fails(&axle, &["members", "undo-role", id, &role]).contains("this is stated by"));
    axle.json(&["members", "end-role", id, &role]);
    import(&axle, &stated);
    assert!(roles()[0]["to"].is_string(), "the source says the same as before");
    axle.json(&["members", "undo-role", id, &role]);
    assert_eq!(roles()[0]["to"], Value::Null);

    let until = ago(-24 * 30);
    import(
        &axle,
        &[json!({"type": "role", "identity": zoe(), "role": "beta_tester", "from": ago(24 * 8), "to": until})],
    );
    let tester = || roles().as_array().unwrap().iter().find(|held| held["role"] == "beta_tester").unwrap().clone();
    let (stated, role) = (tester()["to"].clone(), tester()["role_id"].as_str().unwrap().to_owned());
    axle.json(&["members", "end-role", id, &role]);
    assert_ne!(tester()["to"], stated);
    axle.json(&["members", "undo-role", id, &role]);
    assert_eq!(tester()["to"], stated, "the end that the source stated holds again");
}

#[test]
fn roles_are_given_and_ended_on_the_page_and_by_the_api() {
    let axle = Axle::new();
    let id = &community(&axle);
    ["builder", "sales"].iter().for_each(|role| add_user(&axle, role));
    let token = axle.json(&["user", "token", "builder@axle.example"])["token"].as_str().unwrap().to_owned();
    let web = Web::of(&axle);
    let builder = web.sign_in("builder");
    let path = format!("/main/members/{id}/roles");
    let page = web.get(&format!("/main/members/{id}"), &builder);
    let post = |form: &str| web.post(&path, &builder, &format!("csrf={}&{form}", page.csrf()));
    let refused = post("role=key_member&organization=Nowhere+Ltd&from=&reason=Their+data+team");
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("there is no organization") && refused.body.contains("value=\"Nowhere Ltd\""));
    assert!(refused.body.contains("value=\"Their data team\""), "what was typed is kept");
    assert_eq!(post("role=key_member&organization=Lind+Bank&from=&reason=Their+data+team").status, 303);
    let shown = web.get(&format!("/main/members/{id}"), &builder).body;
    assert!(shown.contains("Key member, Lind Bank") && shown.contains("They never had it"), "{shown}");
    let sales = web.sign_in("sales");
    let csrf = web.get("/main/hand-offs", &sales).csrf();
    assert_eq!(web.post(&path, &sales, &format!("csrf={csrf}&role=moderator")).status, 403);

    let api = format!("/api/v1{path}");
    let held: Value = serde_json::from_str(&web.api("GET", &api, &token, "").body).unwrap();
    let one = format!("{api}/{}", held[0]["role_id"].as_str().unwrap());
    let ended = web.api("POST", &format!("{one}/end"), &token, "{}");
    assert_eq!(ended.status, 200, "{}", ended.body);
    assert!(serde_json::from_str::<Value>(&ended.body).unwrap()[0]["to"].is_string());
    let given = json!({"role": "moderator", "from": "2024-01-01"}).to_string();
    assert_eq!(web.api("POST", &api, &token, &given).status, 200);
}

/// Nobody has ended her role at the bank, which she has left.
#[test]
fn a_role_is_shown_as_ended_by_leaving_its_organization() {
    let axle = Axle::new();
    let id = &community(&axle);
    let key_member =
        json!({"type": "role", "identity": zoe(), "role": "key_member", "organization": "bank", "from": "2024-02-01"});
    import(&axle, &[key_member]);
    add_user(&axle, "builder");
    let roles = || axle.json(&["members", "roles", id]);
    assert_eq!((&roles()[0]["to"], &roles()[0]["left"]), (&Value::Null, &Value::Null));
    let web = Web::of(&axle);
    let builder = web.sign_in("builder");
    let page = || web.get(&format!("/main/members/{id}"), &builder).body;
    assert!(page().contains("since 1 Feb 2024") && !page().contains("ended by leaving"));
    let left = json!({"type": "affiliation", "identity": zoe(), "organization": "bank", "from": "2024-01-01", "to": "2024-06-01"});
    import(&axle, &[left]);
    let shown = page();
    assert!(shown.contains("1 Feb 2024 to 31 May 2024, ended by leaving the organization"), "{shown}");
    assert_eq!((&roles()[0]["to"], &roles()[0]["left"]), (&Value::Null, &json!("2024-06-01T00:00:00Z")));
    assert!(axle.try_run(&["members", "give-role", id, "key_member", "--at", "bank"]).status.success());
    assert_eq!(roles()[0]["left"], Value::Null, "whoever was appointed again holds it again");
}

/// One source does not know that her role ended before she left; and that she will leave one day is no leaving yet.
#[test]
fn a_role_that_ended_before_they_left_was_not_ended_by_leaving() {
    let axle = Axle::new();
    let id = &community(&axle);
    let key_member = |source: &str, to: Value| {
        json!({"type": "role", "source": source, "identity": zoe(), "role": "key_member", "organization": "bank",
            "from": "2024-02-01", "to": to})
    };
    let there = |to: &str| json!({"type": "affiliation", "identity": zoe(), "organization": "bank", "from": "2024-01-01", "to": to});
    import(&axle, &[key_member("crm", Value::Null), there("2099-06-01")]);
    add_user(&axle, "builder");
    let roles = || axle.json(&["members", "roles", id]);
    assert_eq!(roles()[0]["left"], json!("2099-06-01T00:00:00Z"));
    let web = Web::of(&axle);
    let builder = web.sign_in("builder");
    let page = web.get(&format!("/main/members/{id}"), &builder).body;
    assert!(page.contains("1 Feb 2024 to 31 May 2099") && !page.contains("ended by leaving"), "{page}");
    import(&axle, &[key_member("sheet", json!("2024-03-01")), there("2024-06-01")]);
    let ends = |held: &Value| (held["to"].clone(), held["left"].clone());
    let mut ends: Vec<(Value, Value)> = roles().as_array().unwrap().iter().map(ends).collect();
    ends.sort_by_key(|(to, _)| to.is_null());
    let at = |day: &str| json!(format!("{day}T00:00:00Z"));
    assert_eq!(ends, [(at("2024-03-01"), Value::Null), (Value::Null, at("2024-06-01"))]);
}

#[test]
fn who_wrote_a_note_takes_it_back_and_the_raised_hand_stays() {
    let axle = Axle::new();
    let id = &community(&axle);
    ["builder", "support"].iter().for_each(|role| add_user(&axle, role));
    let write = ["--as-user", "builder@axle.example", "members", "note", id, "Wants a quote in May.", "--raised-hand"];
    let note = axle.json(&write)["note_id"].as_str().unwrap().to_owned();
    let notes = || axle.json(&["members", "notes", id]);
    assert_eq!((&notes()[0]["text"], &notes()[0]["author"]), (&json!("Wants a quote in May."), &json!("The builder")));
    let take = |user: &'static str| ["--as-user", user, "members", "take-note-back", id.as_str(), note.as_str()];
    assert!(fails(&axle, &take("support@axle.example")).contains("only who wrote a note here"));
    assert_eq!(axle.json(&take("builder@axle.example")), json!([]));
    assert_eq!(axle.json(&["sql", "select text from notes"]), json!([{"text": null}]));
    assert!(fails(&axle, &take("builder@axle.example")).contains("this member has no note"));
    assert_eq!(qualify(&axle)["name"], "Zoe Lind", "the raised hand was said apart");

    // Of others an administrator takes one back, on the page too.
    let stated =
        [json!({"type": "note", "id": "n1", "identity": zoe(), "text": "Never call.", "author": "Dana", "at": ago(9)})];
    import(&axle, &stated);
    add_user(&axle, "admin");
    let web = Web::of(&axle);
    let admin = web.sign_in("admin");
    let page = web.get(&format!("/main/members/{id}"), &admin);
    assert!(page.body.contains("Never call.") && page.body.contains("Take it back"));
    let form = format!("csrf={}&take_back=n1", page.csrf());
    assert_eq!(web.post(&format!("/main/members/{id}/notes"), &admin, &form).status, 303);
    assert!(!web.get(&format!("/main/members/{id}"), &admin).body.contains("Never call."));
}
