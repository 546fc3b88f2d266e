//! What people do with flywheels, over HTTP: change a number, look at the past, save, put back, write one of their own; say when
//! silence is an alert, and who is away.

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
    let made_from: u32 = {
        let rest = page.text().split("name=\"made_from\" value=\"").nth(1).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let number = "step.2.within";
    assert!(page.text().contains(&format!("name=\"n:{number}\" value=\"2 business days\"")), "{}", page.text());
    let form = |text: &str, was: &str, value: &str, more: &str| {
        let (was, value) = (encoded(was), encoded(value));
        format!("csrf={csrf}&made_from={made_from}&text={}&n:{number}={value}&was:{number}={was}&{more}", encoded(text))
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
    assert!(
        page.text().contains(&format!("Version {}", made_from + 1))
            && page.text().contains("value=\"10 business days\"")
    );
    let reset = format!("{HERE}/reset");
    let unsure = server.post(&reset, &cookie, &format!("csrf={csrf}&id=yes")).await;
    assert_eq!(unsure.status, StatusCode::BAD_REQUEST);
    let back = server.post(&reset, &cookie, &format!("csrf={csrf}&id=community_qualified_leads")).await;
    assert_eq!(back.location(), "/main/settings/flywheels?done=flywheel-reset");
    let page = server.get(&format!("{HERE}?version={}", made_from + 1), &cookie).await;
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

#[tokio::test]
async fn the_drop_rule_is_saved_and_refused_with_what_can_be() {
    let (server, cookie) = Server::filled(&export()).await;
    let here = "/main/settings/champions";
    let page = server.get(here, &cookie).await;
    let csrf = page.csrf();
    assert!(page.text().contains("name=\"budget_per_week\" value=\"5\""), "{}", page.text());
    assert!(page.text().contains("is left alone for 45"), "{}", page.text());
    let form = |more: &str| format!("csrf={csrf}&{more}");
    let refused = server.post(here, &cookie, &form("lasts_least=2&budget_per_week=3")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("use a number from 0 to 0.95") && refused.text().contains("value=\"2\""));
    let saved = server.post(here, &cookie, &form("lasts_least=0,5&budget_per_week=3&weight-champion=2")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let page = server.get(here, &cookie).await;
    for field in [
        "lasts_least\" value=\"0.5",
        "budget_per_week\" value=\"3",
        "weight-champion\" value=\"2.0",
        "cooldown_days\" value=\"30",
    ] {
        assert!(page.text().contains(&format!("name=\"{field}\"")), "{field}: {}", page.text());
    }
}

#[tokio::test]
async fn business_hours_are_saved_and_refused_with_what_was_typed() {
    let (server, cookie) = Server::filled(&export()).await;
    let here = "/main/settings/calendar";
    let page = server.get(here, &cookie).await;
    let csrf = page.csrf();
    assert!(page.text().contains("value=\"Friday\" checked") && !page.text().contains("value=\"Sunday\" checked"));
    let post =
        async |form: &str| server.post("/main/settings/business-hours", &cookie, &format!("csrf={csrf}&{form}")).await;
    for (form, why) in [
        ("day=Sunday&from=17%3A00&to=09%3A00&holidays=2026-12-25", "work begins at 17:00, so it cannot end at 09:00"),
        ("day=Sunday&from=09%3A00&to=17%3A00&holidays=2026-12-25+Easter", "`Easter` is no date"),
        ("day=Sunday&from=morning&to=17%3A00&holidays=2026-12-25", "`morning` is no time of day"),
    ] {
        let refused = post(form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        for text in [why, "value=\"Sunday\" checked", "2026-12-25"] {
            assert!(refused.text().contains(text), "{form}: {}", refused.text());
        }
    }
    assert!(post("from=09%3A00&to=17%3A00&holidays=").await.text().contains("name at least one day"));
    let saved = post("day=Sunday&day=Monday&from=08%3A30&to=24%3A00&holidays=2026-12-25%0D%0A2026-12-26").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let page = server.get(here, &cookie).await;
    for text in ["value=\"Sunday\" checked", "value=\"08:30\"", "value=\"24:00\"", "2026-12-25\n2026-12-26"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    assert!(!page.text().contains("value=\"Friday\" checked"));
}

#[tokio::test]
async fn currencies_are_saved_in_order_and_refused_with_what_was_typed() {
    let (server, cookie) = Server::filled(&export()).await;
    let here = "/main/settings/currencies";
    let csrf = server.get(here, &cookie).await.csrf();
    let post = async |form: &str| server.post(here, &cookie, &format!("csrf={csrf}&{form}")).await;
    for (form, why) in [
        ("reporting=euro&rates=2026-01-05%2CUSD%2CEUR%2C0.92", "`euro` is no currency"),
        ("reporting=EUR&rates=2026-01-05%2CUSD%2CEUR", "line 1 of the rates is no rate"),
        ("reporting=EUR&rates=2026-01-05%2CUSD%2CEUR%2C0", "the rate from USD to EUR on 2026-01-05 must lie between"),
    ] {
        let refused = post(form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        for text in [why, "2026-01-05,USD,EUR"] {
            assert!(refused.text().contains(text), "{form}: {}", refused.text());
        }
    }
    let saved = post("reporting=eur&rates=2026-02-05%2Cusd%2CEUR%2C0.93%0D%0A2026-01-05%2CUSD%2CEUR%2C0.92").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let page = server.get(here, &cookie).await;
    for text in ["name=\"reporting\" value=\"EUR\"", "2026-01-05,USD,EUR,0.92\n2026-02-05,USD,EUR,0.93"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
}

#[tokio::test]
async fn an_absence_is_recorded_on_the_page_of_a_member_and_called_off() {
    let absence = serde_json::json!({"type": "absence", "identity": {"platform": "forum", "uid": "u1"}, "from": "2026-02-02",
                                     "to": "2026-02-09", "reason": "skiing"});
    let (server, cookie) = Server::filled(&format!("{}\n{absence}", export())).await;
    let list = server.get("/main/members", &cookie).await;
    let member = list
        .text()
        .split("href=\"/main/members/")
        .nth(1)
        .and_then(|rest| rest.split(['"', '?']).next())
        .unwrap()
        .to_owned();
    let here = format!("/main/members/{member}");
    let page = server.get(&here, &cookie).await;
    assert!(page.text().contains("2 Feb 2026 to 8 Feb 2026"), "{}", page.text());
    let csrf = page.csrf();
    let post =
        async |more: &str| server.post(&format!("{here}/absences"), &cookie, &format!("csrf={csrf}&{more}")).await;
    assert_eq!(post("from=2026-07-06&back=2026-07-05").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post("from=2026-07-06&back=soon").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post("from=2026-07-06&back=2026-07-27&reason=leave").await.status, StatusCode::SEE_OTHER);
    assert!(server.get(&here, &cookie).await.text().contains("6 Jul 2026 to 26 Jul 2026"));
    assert_eq!(post("off=2026-02-02").await.status, StatusCode::UNPROCESSABLE_ENTITY, "another source says so");
    assert_eq!(post("off=2026-07-06").await.status, StatusCode::SEE_OTHER);
    assert!(!server.get(&here, &cookie).await.text().contains("6 Jul 2026"));
}
