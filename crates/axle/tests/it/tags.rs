//! Tags end to end: added and taken away by commands, on the page and by the API; found by them; not for sales.

use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;
use crate::tasks::said;
use crate::web::{Web, add_user};

/// Zoe, whom the source tags `VIP`, and Max; gives Zoe's id.
fn community(axle: &Axle) -> String {
    import(axle, &[said("a1", "u1", "Zoe Lind", "Good morning."), said("a2", "u2", "Max Ort", "Good evening."), vip()]);
    let found = axle.json(&["sql", "select member_id from members where name = 'Zoe Lind'"]);
    found[0]["member_id"].as_str().unwrap().to_owned()
}

fn vip() -> Value {
    json!({"type": "person", "identity": {"platform": "forum", "uid": "u1"}, "tags": ["VIP"]})
}

fn tags(held: &Value) -> Vec<&str> {
    held.as_array().unwrap().iter().map(|tag| tag["tag"].as_str().unwrap()).collect()
}

#[test]
fn members_are_tagged_found_by_their_tags_and_untagged() {
    let axle = Axle::new();
    let id = &community(&axle);
    let fails = |arguments: &[&str]| {
        let output = axle.try_run(arguments);
        assert!(!output.status.success(), "{arguments:?} should fail");
        String::from_utf8(output.stderr).unwrap()
    };
    let held = axle.json(&["members", "tag", id, " Speaker "]);
    assert_eq!(tags(&held), ["Speaker", "VIP"]);
    assert_eq!((&held[0]["is_said"], &held[0]["sources"]), (&json!(true), &json!([])));
    assert_eq!((&held[1]["is_said"], held[1]["sources"].as_array().unwrap().len()), (&json!(false), 1));
    assert!(fails(&["members", "tag", id, &"x".repeat(51)]).contains("50 are the most"));
    assert!(fails(&["members", "tag", id, "two\nlines"]).contains("on one line"));
    assert!(fails(&["members", "untag", id, "speakers"]).contains("has no tag `speakers`"));

    let names = |filter: [&str; 2]| -> Vec<String> {
        let found = axle.json(&["members", "list", filter[0], filter[1]]);
        found.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(["--tag", "vip"]), ["Zoe Lind"]);
    let condition = "member_id in (select member_id from member_tags where tag = 'speaker')";
    assert_eq!(names(["--filter", condition]), ["Zoe Lind"]);
    let table = || axle.json(&["sql", "select tag, is_said from member_tags order by tag"]);
    let speaker = || json!({"tag": "speaker", "is_said": true});
    assert_eq!(table(), json!([speaker(), {"tag": "vip", "is_said": false}]));

    axle.json(&["members", "untag", id, "vip"]);
    import(&axle, &[vip()]);
    assert_eq!(table(), json!([speaker()]), "it stays away");
    let words = axle.json(&["members", "words", id]);
    assert_eq!(words[0]["summary"], "Zoe Lind: the tag “VIP” taken away", "{words}");
    axle.json(&["identities", "undo", &words[0]["change_id"].to_string()]);
    assert_eq!(names(["--tag", "VIP"]), ["Zoe Lind"]);
}

#[test]
fn tags_are_shown_and_said_on_the_page_and_by_the_api_and_not_to_sales() {
    let axle = Axle::new();
    let id = &community(&axle);
    ["builder", "marketing", "sales"].iter().for_each(|role| add_user(&axle, role));
    let [builder_token, sales_token] = ["builder", "sales"].map(|role| {
        let given = axle.json(&["user", "token", &format!("{role}@axle.example")]);
        given["token"].as_str().unwrap().to_owned()
    });
    let web = Web::of(&axle);
    let [builder, marketing, sales] = ["builder", "marketing", "sales"].map(|role| web.sign_in(role));
    let page = format!("/main/members/{id}");
    let path = format!("{page}/tags");
    let csrf = web.get(&page, &builder).csrf();
    let post = |form: &str| web.post(&path, &builder, &format!("csrf={csrf}&{form}"));
    let refused = post(&format!("tag={}", "long+".repeat(11)));
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("50 are the most") && refused.body.contains("long long"), "what was typed is kept");
    assert_eq!(post("tag=Speaker").status, 303);
    assert_eq!(post("take_away=VIP").status, 303);
    let shown = web.get(&page, &marketing).body;
    assert!(shown.contains(">Speaker</") && !shown.contains(">VIP</"), "{shown}");
    assert!(!shown.contains("Add a tag"), "marketing sees tags, and says nothing");
    let list = web.get("/main/members?tag=speaker", &marketing).body;
    assert!(list.contains("Zoe Lind") && !list.contains("Max Ort"), "{list}");
    let none = web.get("/main/hand-offs", &sales).csrf();
    assert_eq!(web.post(&path, &sales, &format!("csrf={none}&tag=Speaker")).status, 403);

    let api = format!("/api/v1{path}");
    assert_eq!(web.api("GET", &api, &sales_token, "").status, 403);
    let added = web.api("POST", &api, &builder_token, &json!({"tag": "Board/Advisor"}).to_string());
    assert_eq!(added.status, 200, "{}", added.body);
    let held: Value = serde_json::from_str(&web.api("GET", &api, &builder_token, "").body).unwrap();
    assert_eq!(tags(&held), ["Board/Advisor", "Speaker"]);
    let found = |tag: &str| {
        let reply = web.api("GET", &format!("/api/v1/main/members?tag={tag}"), &builder_token, "");
        serde_json::from_str::<Value>(&reply.body).unwrap().as_array().unwrap().len()
    };
    assert_eq!((found("speaker"), found("vip")), (1, 0));
    let away = |tag: &str| web.api("DELETE", &format!("{api}/{tag}"), &builder_token, "").status;
    assert_eq!((away("board%2Fadvisor"), away("board%2Fadvisor")), (200, 404));
}

/// Names of those who have a tag, by a command.
fn tagged(axle: &Axle, tag: &str) -> Vec<String> {
    let found = axle.json(&["members", "list", "--tag", tag]);
    let mut names: Vec<String> =
        found.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn several_are_tagged_by_a_filter_on_the_command_line() {
    let axle = Axle::new();
    let id = &community(&axle);
    let change = axle.json(&["members", "tag-all", "Guest", "--filter", "name <> ''"]);
    assert_eq!(change["summary"], "2 members: tagged “Guest”");
    assert_eq!(tagged(&axle, "guest"), ["Max Ort", "Zoe Lind"]);
    let away = axle.json(&["members", "untag-all", "guest", id]);
    assert_eq!(
        (&away["summary"], tagged(&axle, "guest")),
        (&json!("Zoe Lind: the tag “guest” taken away"), vec!["Max Ort".to_owned()])
    );
    for change in [away, change] {
        axle.json(&["identities", "undo", &change["change_id"].to_string()]);
    }
    assert!(tagged(&axle, "guest").is_empty());
    let neither = axle.try_run(&["members", "tag-all", "Guest"]);
    assert!(!neither.status.success(), "somebody must be named");
}

#[test]
fn several_are_tagged_on_the_list_and_by_the_api() {
    let axle = Axle::new();
    let id = &community(&axle);
    ["builder", "marketing"].iter().for_each(|role| add_user(&axle, role));
    let token = axle.json(&["user", "token", "builder@axle.example"])["token"].as_str().unwrap().to_owned();
    let web = Web::of(&axle);
    let [builder, marketing] = ["builder", "marketing"].map(|role| web.sign_in(role));
    let page = web.get("/main/members?q=o", &builder);
    assert!(page.body.contains("all 2\u{a0}members that this filter finds"), "{}", page.body);
    assert!(page.body.contains("Choose Zoe Lind"), "{}", page.body);
    let seen = web.get("/main/members", &marketing).body;
    assert!(!seen.contains("Choose Zoe Lind"), "marketing says nothing, and chooses nobody");
    let csrf = page.csrf();
    let filter = "filter=%2Fmain%2Fmembers%3Fq%3Do";
    let post = |form: &str| web.post("/main/members/tags", &builder, &format!("csrf={csrf}&{filter}&{form}"));
    let refused = post(&format!("do=add&tag={}&chosen={id}", "long+".repeat(11)));
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("50 are the most") && refused.body.contains("long long"), "what was typed is kept");
    assert!(refused.body.contains(" checked"), "and who was chosen");
    assert!(post("do=add&tag=Guest").body.contains("nobody is chosen"));
    assert_eq!(post(&format!("do=add&tag=Guest&whom=chosen&chosen={id}")).status, 303);
    assert_eq!(tagged(&axle, "guest"), ["Zoe Lind"]);
    assert_eq!(post("do=add&tag=Speaker&whom=all").status, 303);
    assert_eq!(tagged(&axle, "speaker"), ["Max Ort", "Zoe Lind"]);
    let shown = web.get(&format!("/main/members/{id}"), &builder).body;
    assert!(shown.contains("2 members: tagged"), "one change, on the page of each");
    assert_eq!(post(&format!("do=take_away&tag=speaker&chosen={id}")).status, 303);
    assert_eq!(tagged(&axle, "speaker"), ["Max Ort"]);
    let other = web.get("/main/kpis", &marketing).csrf();
    let form = format!("csrf={other}&{filter}&do=add&tag=Guest&whom=all");
    assert_eq!(web.post("/main/members/tags", &marketing, &form).status, 403);

    let call = |body: Value| web.api("POST", "/api/v1/main/members/tags", &token, &body.to_string());
    let said = call(json!({"tag": "Host", "filter": {"tag": "guest"}}));
    assert_eq!(said.status, 200, "{}", said.body);
    assert_eq!(tagged(&axle, "host"), ["Zoe Lind"]);
    assert_eq!(call(json!({"tag": "host", "take_away": true, "members": [id]})).status, 200);
    assert!(tagged(&axle, "host").is_empty());
    for (body, status) in [
        (json!({"tag": "Host"}), 422),
        (json!({"tag": "Host", "members": [id], "filter": {}}), 422),
        (json!({"tag": "Host", "filter": {"level": "none"}}), 422),
        (json!({"tag": "guest", "members": [id]}), 409),
    ] {
        let reply = call(body.clone());
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
    }
}
