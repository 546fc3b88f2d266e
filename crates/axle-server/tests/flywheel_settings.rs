//! What administrators do with flywheels, over HTTP: change a number, look at the past, save, put back, write one of their own.

mod support;

use axum::http::StatusCode;
use support::Server;

const HERE: &str = "/main/settings/flywheels/community_qualified_leads";

/// Sunita raised her hand. The engine of these tests knows no facts: what a preview tells of the past is tested with the program.
fn export() -> String {
    let sunita = serde_json::json!({"platform": "forum", "uid": "u1", "name": "Sunita Rao"});
    let act = serde_json::json!({"type": "activity", "id": "a1", "activity": "forum:topic:opened", "at": "2026-03-06T10:00:00Z",
                                 "channel": "C1", "actor": sunita});
    let signal = serde_json::json!({"type": "signal", "id": "s1", "at": "2026-03-09T10:00:00Z", "kind": "explicit", "member": sunita});
    format!("{act}\n{signal}")
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What the text area of a page holds.
fn text_of(page: &str) -> String {
    let text = page.split("name=\"text\"").nth(1).and_then(|rest| rest.split_once('>')).unwrap().1;
    let text = text.split("</textarea>").next().unwrap();
    [("&#34;", "\""), ("&quot;", "\""), ("&#60;", "<"), ("&#62;", ">"), ("&#39;", "'"), ("&amp;", "&"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

#[tokio::test]
async fn a_number_is_changed_after_a_look_at_the_past() {
    let (server, cookie) = Server::filled(&export()).await;
    let page = server.get(HERE, &cookie).await;
    let (csrf, text) = (page.csrf(), text_of(page.text()));
    let number = "step.2.within";
    assert!(page.text().contains(&format!("name=\"n:{number}\" value=\"2 business days\"")), "{}", page.text());
    let form = |text: &str, was: &str, value: &str, more: &str| {
        let (was, value) = (encoded(was), encoded(value));
        format!("csrf={csrf}&made_from=1&text={}&n:{number}={value}&was:{number}={was}&{more}", encoded(text))
    };
    let wrong = server.post(HERE, &cookie, &form(&text, "2 business days", "2 bd", "do=preview")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text().contains("value=\"2 bd\"") && wrong.text().contains("is no length of time"),
        "what was typed is kept"
    );

    let preview = server.post(HERE, &cookie, &form(&text, "2 business days", "10 business days", "do=preview")).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text());
    let told = preview.text();
    assert!(told.contains("Expect what comes out from now on"), "its scenarios counted two days");
    let changed = text_of(told);
    assert!(changed.contains("within = \"10 business days\"") && changed.contains("# 180 days after 10 January"));

    let same = "10 business days";
    let refused = server.post(HERE, &cookie, &form(&changed, same, same, "do=save")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text_of(refused.text()) == changed && refused.text().contains("Some scenarios come out otherwise"));
    let saved = server.post(HERE, &cookie, &form(&changed, same, same, "do=save&take_over=1")).await;
    assert_eq!(saved.location(), "/main/settings/flywheels?done=flywheel", "{}", saved.text());
    let list = server.get("/main/settings/flywheels", &cookie).await;
    assert!(list.text().contains("changed here") && list.text().contains("admin@example.com"), "{}", list.text());
    let late = server.post(HERE, &cookie, &form(&text, "2 business days", "3 business days", "do=save")).await;
    assert!(late.status == StatusCode::UNPROCESSABLE_ENTITY, "it was made from an earlier version");

    let page = server.get(HERE, &cookie).await;
    assert!(page.text().contains("Version 2") && page.text().contains("value=\"10 business days\""));
    let reset = format!("{HERE}/reset");
    let unsure = server.post(&reset, &cookie, &format!("csrf={csrf}&id=yes")).await;
    assert_eq!(unsure.status, StatusCode::BAD_REQUEST);
    let back = server.post(&reset, &cookie, &format!("csrf={csrf}&id=community_qualified_leads")).await;
    assert_eq!(back.location(), "/main/settings/flywheels?done=flywheel-reset");
    let page = server.get(&format!("{HERE}?version=2"), &cookie).await;
    assert!(text_of(page.text()).contains("within = \"10 business days\""), "an earlier version can be opened");
}

#[tokio::test]
async fn a_flywheel_of_ones_own_is_written_and_refused_with_lines() {
    let (server, cookie) = Server::filled(&export()).await;
    let new = "/main/settings/flywheels/new";
    let page = server.get(new, &cookie).await;
    let (csrf, text) = (page.csrf(), text_of(page.text()));
    let form = |id: &str, text: &str| format!("csrf={csrf}&made_from=0&do=save&id={id}&text={}", encoded(text));
    let wrong = server.post(new, &cookie, &form("welcome", &text.replace("joined\"", "joind\""))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("line 13, step `comes`, enter.fact") && text_of(wrong.text()).contains("joind"));
    let taken = server.post(new, &cookie, &form("champion_health", &text)).await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.text().contains("choose another id"));
    let saved = server.post(new, &cookie, &form("welcome", &text)).await;
    assert_eq!(saved.location(), "/main/settings/flywheels?done=flywheel", "{}", saved.text());
    assert!(server.get("/main/flywheels", &cookie).await.text().contains("Welcome"));
    assert!(server.get("/main/flywheels/welcome", &cookie).await.text().contains("Comes to the community"));
}
