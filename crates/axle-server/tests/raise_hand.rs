//! Raising a hand over HTTP: the form that anybody can open, who may show it, and what bots send.

mod support;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use support::{Reply, Server};

const FORM: &str = "/main/raise-hand";
const SETTINGS: &str = "/main/settings/raise-hand";

/// Opens the form, and gives the administrator's cookie.
async fn open(server: &Server, sites: &str) -> String {
    let cookie = server.sign_in("admin").await;
    let csrf = server.get(SETTINGS, &cookie).await.csrf();
    let form = format!(
        "csrf={csrf}&open=yes&heading=How+can+we+help%3F&text=Tell+us&consent=You+may+contact+me&sites={sites}&action=save"
    );
    let reply = server.post(SETTINGS, &cookie, &form).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    cookie
}

const WRITTEN: &str = "name=Sunita+Rao&email=sunita%40example.org&need=We+need+SSO&consent=yes";

#[tokio::test]
async fn the_form_is_closed_until_it_is_opened() {
    let server = Server::new().await;
    assert_eq!(server.get(FORM, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.post(FORM, "", WRITTEN).await.status, StatusCode::NOT_FOUND);
    let builder = server.sign_in("builder").await;
    assert_eq!(server.get(SETTINGS, &builder).await.status, StatusCode::FORBIDDEN);
    open(&server, "").await;
    let page = server.get(FORM, "").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("How can we help?") && page.text().contains("You may contact me"));
}

#[tokio::test]
async fn it_is_shown_in_frames_of_named_sites_alone() {
    let server = Server::new().await;
    let policy = |reply: &Reply| reply.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    open(&server, "").await;
    assert!(policy(&server.get(FORM, "").await).contains("frame-ancestors 'none'"));
    let cookie = open(&server, "https%3A%2F%2Fcommunity.example.org%2F").await;
    let framed = policy(&server.get(FORM, "").await);
    assert!(framed.contains("frame-ancestors 'self' https://community.example.org;"), "{framed}");
    assert!(policy(&server.get("/main", &cookie).await).contains("frame-ancestors 'none'"), "other pages are not");
    let csrf = server.get(SETTINGS, &cookie).await.csrf();
    let bad = format!("csrf={csrf}&open=yes&heading=a&text=b&consent=c&sites=https%3A%2F%2Fa.example%3B+script-src+*");
    assert_eq!(server.post(SETTINGS, &cookie, &bad).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_kept_and_programs_learn_nothing() {
    let server = Server::new().await;
    let cookie = open(&server, "").await;
    let wrong = server.post(FORM, "", "name=Sunita&email=sunita&need=We+need+SSO&consent=yes").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("no e-mail address") && wrong.text().contains("We need SSO"));
    let silent = server.post(FORM, "", "email=sunita%40example.org&need=We+need+SSO").await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "without consent nothing is kept");
    // A program fills in what nobody sees: it is thanked, and nothing is kept.
    let trap = server.post(FORM, "", &format!("{WRITTEN}&website=https%3A%2F%2Fspam.example")).await;
    assert!(trap.status == StatusCode::OK && trap.text().contains("Thank you"));
    assert!(!server.get("/main/members", &cookie).await.text().contains("Sunita"));
    let taken = server.post(FORM, "", WRITTEN).await;
    assert!(taken.status == StatusCode::OK && taken.text().contains("Thank you"), "{}", taken.text());
}

#[tokio::test]
async fn other_sites_cannot_send_it_and_a_network_cannot_flood_it() {
    let server = Server::new().await;
    open(&server, "").await;
    let send = |site: Option<&'static str>, form: String| {
        let mut request = Request::post(FORM).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        server.send(request.body(Body::from(form)).unwrap())
    };
    assert_eq!(send(Some("cross-site"), WRITTEN.into()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(send(None, WRITTEN.into()).await.status, StatusCode::FORBIDDEN, "without the form's token");
    let csrf = server.get(FORM, "").await.csrf();
    assert_eq!(send(None, format!("{WRITTEN}&csrf={csrf}")).await.status, StatusCode::OK);
    for _ in 0..19 {
        assert_eq!(send(Some("same-origin"), WRITTEN.into()).await.status, StatusCode::OK);
    }
    let flooded = send(Some("same-origin"), WRITTEN.into()).await;
    assert_eq!(flooded.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(flooded.headers[header::RETRY_AFTER], "30");
}

#[tokio::test]
async fn a_bot_proves_itself_and_is_answered_in_its_own_words() {
    let server = Server::new().await;
    let cookie = open(&server, "").await;
    let page = server.get(SETTINGS, &cookie).await;
    let text = page.text();
    let at = text.find("id=\"token\" readonly value=\"").expect("a token is made") + 27;
    let token = text[at..].split('"').next().unwrap().to_owned();
    let send = |token: &str, kind: &str, body: &'static str| {
        let request = Request::post("/hooks/main/raise-hand")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, kind);
        server.send(request.body(Body::from(body)).unwrap())
    };
    let plain = r#"{"platform":"forum","username":"otto","name":"Otto Brandt","text":"Audit logs, please"}"#;
    assert_eq!(send("wrong", "application/json", plain).await.status, StatusCode::UNAUTHORIZED);
    let slack = send(&token, "application/x-www-form-urlencoded", "user_id=U7&user_name=ada&text=We+need+SSO").await;
    assert!(
        slack.status == StatusCode::OK && slack.text().contains("\"response_type\":\"ephemeral\""),
        "{}",
        slack.text()
    );
    let taken = send(&token, "application/json", plain).await;
    assert!(taken.text().contains("\"stored\":true"), "{}", taken.text());
    let nobody = send(&token, "application/json", r#"{"platform":"forum","text":"Audit logs"}"#).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
}
