//! Conditions and statements that cannot be read: commands, the API and pages say what is wrong with them, and where.

use serde_json::Value;

use crate::Axle;
use crate::hand_offs::{import, lines};
use crate::web::{Web, add_user};

#[test]
fn a_condition_that_cannot_be_read_is_told_alike_by_commands_api_and_pages() {
    let axle = Axle::new();
    import(&axle, &lines(jiff::Timestamp::now()));
    let told = "condition `source = →`: at the arrow, expected an expression, not its end. \
                Dimensions of activities: source, channel, activity_type, layer; an example: `source = 'slack'`";
    for what in ["show", "receipt", "rows"] {
        let output = axle.try_run(&["kpi", what, "activities", "--where", "source ="]);
        assert_eq!(output.status.code(), Some(2), "{what}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("axle: {told}\n"), "{what}");
    }
    let output = axle.try_run(&["members", "list", "--filter", "levle = 'Leading'"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("where →levle = "), "{said}");
    assert!(said.contains("did you mean `level`?") && !said.contains("Schema error"), "{said}");

    add_user(&axle, "admin");
    let token = axle.json(&["user", "token", "admin@axle.example"])["token"].as_str().unwrap().to_owned();
    let web = Web::of(&axle);
    let reply = web.api("GET", "/api/v1/main/kpis/activities?where=source+%3D", &token, "");
    let problem: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((reply.status, problem["detail"].as_str()), (422, Some(told)));
    let page = web.get("/main/kpis/activities?where=source+%3D", &web.sign_in("admin"));
    let shown = "condition <code>source = →</code>: at the arrow, expected an expression";
    assert!(page.status == 200 && page.body.contains(shown), "{}", page.body);
}

#[test]
fn what_a_figure_cannot_be_asked_is_told_alike_by_commands_and_api() {
    let axle = Axle::new();
    import(&axle, &lines(jiff::Timestamp::now()));
    let refused = |arguments: &[&str]| {
        let output = axle.try_run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let told = refused(&["kpi", "show", "sentiment_share", "--where", "mood = 'positive'"]);
    assert!(told.contains("break down by `mood` instead. Dimensions of sentiment_share: channel, layer;"), "{told}");
    let told = refused(&["kpi", "rows", "activities", "--where", "random() > 0.5"]);
    assert!(told.contains("`random` gives another value each time it is asked"), "{told}");
    let told = refused(&["kpi", "show", "activities", "--where", "1/0 = 1"]);
    assert!(told.contains("condition `1/0 = 1`") && told.contains("divides by 0"), "{told}");
    let told = refused(&["kpi", "rows", "activities", "--by", "colour"]);
    assert!(told.contains("cannot be broken down by `colour`"), "{told}");
    let told = refused(&["kpi", "show", "activities", "--grain", "day", "--from", "1960-01-01"]);
    assert!(told.contains("periods are too many: ask by a coarser grain, or for a shorter window"), "{told}");

    add_user(&axle, "admin");
    let token = axle.json(&["user", "token", "admin@axle.example"])["token"].as_str().unwrap().to_owned();
    let path = "/api/v1/main/kpis/sentiment_share?where=mood+%3D+%27positive%27";
    let reply = Web::of(&axle).api("GET", path, &token, "");
    assert!(reply.status == 422 && reply.body.contains("break down by `mood` instead"), "{}", reply.body);
}
