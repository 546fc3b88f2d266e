//! Duplicates of one member, what a split refuses, and whom the history is about, as a browser sees them.

mod support;

use std::collections::BTreeSet;

use axum::http::StatusCode;

use support::Server;

/// A post of somebody.
fn line(id: u32, platform: &str, username: &str, name: &str) -> String {
    serde_json::json!({
        "type": "activity", "id": format!("a{id}"), "activity": "forum:topic:opened", "at": "2026-03-10T09:00:00Z",
        "channel": "C1", "title": "Title", "actor": { "platform": platform, "username": username, "name": name },
    })
    .to_string()
}

/// The address of the first member whom a search finds.
async fn member(server: &Server, cookie: &str, name: &str) -> String {
    let list = server.get(&format!("/main/members?q={name}"), cookie).await;
    let link = list.text().split("href=\"").find(|part| part.starts_with("/main/members/")).unwrap();
    link.split('"').next().unwrap().to_owned()
}

/// The value of a field that a form of a page sends back.
fn field(page: &str, name: &str) -> String {
    let start = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    start.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_judges_the_duplicates_of_one_member_stays_with_them() {
    let server = Server::new().await;
    let cookie = server.sign_in("builder").await;
    let lines = [
        line(1, "forum", "cwinslowski", "Conrad Winslowski"),
        line(2, "chat", "cwinslowski", "Conrad Winslowski"),
        line(3, "forum", "grace.zedlitzer", "Grace Zedlitzer"),
        line(4, "code", "grace.zedlitzer", "Grace Zedlitzer"),
    ];
    server.import(&cookie, &lines.join("\n")).await;
    let conrad = member(&server, &cookie, "conrad").await;
    let id = conrad.rsplit('/').next().unwrap();
    let list = server.get("/main/members?q=conrad", &cookie).await;
    let links = list.text().split("href=\"").filter(|part| part.starts_with("/main/members/"));
    let addresses: BTreeSet<String> = links.map(|part| part.split('"').next().unwrap().to_owned()).collect();
    assert_eq!(addresses.len(), 2, "{addresses:?}");
    let of_one = format!("/main/duplicates?member={id}");
    let page = server.get(&of_one, &cookie).await;
    assert!(page.text().contains("Conrad Winslowski") && !page.text().contains("Grace Zedlitzer"), "{}", page.text());
    let (sent, suggestion) = (field(page.text(), "member"), field(page.text(), "accept"));
    assert_eq!(sent, id);
    let form = format!("csrf={}&member={sent}&accept={suggestion}", page.csrf());
    let reply = server.post("/main/duplicates", &cookie, &form).await;
    assert_eq!(reply.location(), format!("{of_one}&done=one-person"));
    let left = server.get(reply.location(), &cookie).await;
    assert!(left.text().contains("Nobody seems to be <bdi>Conrad Winslowski"), "{}", left.text());
    assert!(left.text().contains("All suggestions") && !left.text().contains("Grace Zedlitzer"), "{}", left.text());
    // The history tells both accounts, and who has them now.
    let told = left.text().split("Whom it is about").nth(1).unwrap();
    let told = told.split("</details>").next().unwrap();
    for part in ["forum", "chat", "cwinslowski", "href=\"/main/members/"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(server.get("/main/duplicates", &cookie).await.text().contains("Grace Zedlitzer"));
    // So does whoever goes through the history, there and on the page of the member to which a former id leads.
    let mut stands = None;
    let mut former = None;
    for address in addresses {
        match server.get(&address, &cookie).await.status {
            StatusCode::OK => stands = Some(address),
            _ => former = Some(address),
        }
    }
    let (stands, former) = (stands.unwrap(), former.unwrap());
    let of_one = format!("/main/duplicates?member={}", stands.rsplit('/').next().unwrap());
    let later = server.get(&format!("{of_one}&before=1000"), &cookie).await;
    assert!(later.text().contains(&format!("href=\"{of_one}\">First page")), "{}", later.text());
    let place = "?kind=forum%3Atopic%3Aopened&cursor=1.x";
    assert_eq!(server.get(&format!("{former}{place}"), &cookie).await.location(), format!("{stands}{place}"));
    // Whoever undoes a change there stays, too.
    let page = server.get(&of_one, &cookie).await;
    let (back, change) = (field(page.text(), "back"), field(page.text(), "change"));
    let form = format!("csrf={}&back={back}&change={change}", page.csrf());
    let undone = server.post("/main/duplicates/undo", &cookie, &form).await;
    assert_eq!(undone.location(), format!("{of_one}&done=undone"));
    let again = server.get(undone.location(), &cookie).await;
    assert!(again.status == StatusCode::OK && !again.text().contains("Grace Zedlitzer"), "{}", again.text());
}

#[tokio::test]
async fn a_split_without_a_choice_is_shown_again_with_what_to_change() {
    let server = Server::new().await;
    let cookie = server.sign_in("builder").await;
    let lines = [line(1, "forum", "peggy_o", "Peggy Ostrander"), line(2, "chat", "margaret", "Margaret Q")];
    server.import(&cookie, &lines.join("\n")).await;
    let peggy = member(&server, &cookie, "peggy").await;
    let csrf = server.get(&peggy, &cookie).await.csrf();
    let joined = server.post(&format!("{peggy}/merge"), &cookie, &format!("csrf={csrf}&with=margaret")).await;
    let page = server.get(joined.location(), &cookie).await;
    let page = if page.status == StatusCode::OK { page } else { server.get(page.location(), &cookie).await };
    for name in ["Peggy Ostrander", "Margaret Q"] {
        assert!(page.text().contains(name), "{name} is how one of the accounts is called");
    }
    let refused = server.post(&format!("{peggy}/split"), &cookie, &format!("csrf={csrf}")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("name some, not all") && refused.text().contains("split-problem"));
    // What was chosen stays chosen.
    let both: Vec<&str> = page.text().split("name=\"identity\" value=\"").skip(1).collect();
    let both: Vec<&str> = both.into_iter().map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(both.len(), 2);
    let form = format!("csrf={csrf}&identity={}&identity={}", both[0], both[1]);
    let refused = server.post(&format!("{peggy}/split"), &cookie, &form).await;
    assert_eq!(refused.text().matches("is somebody else\" checked").count(), 2, "{}", refused.text());
}
