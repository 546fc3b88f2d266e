//! The API: who may, what comes back, and that the document knows every route.

mod support;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use support::{Reply, Server};

/// Two accounts that look like one person, and one that does not.
fn export() -> String {
    let line = |id: u32, platform: &str, username: &str, name: &str| {
        json!({
            "type": "activity", "id": format!("a{id}"), "activity": "chat:message:sent", "at": "2026-03-10T09:00:00Z",
            "channel": "C1", "actor": { "platform": platform, "username": username, "name": name },
        })
        .to_string()
    };
    [
        line(1, "forum", "cwinslowski", "Conrad Winslowski"),
        line(2, "chat", "cwinslowski", "Conrad Winslowski"),
        line(3, "forum", "peggy_o", "Peggy Ostrander"),
    ]
    .join("\n")
}

struct Api {
    server: Server,
    token: String,
}

impl Api {
    async fn new(role: &str) -> Self {
        let server = Server::new().await;
        let cookie = server.sign_in("admin").await;
        server.import(&cookie, &export()).await;
        let token = server.token(role).await;
        Self { server, token }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.server.send(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Value {
        let reply = self.ask(Method::GET, path, None).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        serde_json::from_str(reply.text()).unwrap()
    }

    /// A page of a list, and where the next one is.
    async fn page(&self, path: &str) -> (Value, Option<String>) {
        let reply = self.ask(Method::GET, path, None).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        let link = reply.headers.get(header::LINK).map(|link| link.to_str().unwrap());
        let next = link.and_then(|link| link.strip_prefix('<')?.split('>').next()).map(str::to_owned);
        (serde_json::from_str(reply.text()).unwrap(), next)
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let reply = self.ask(Method::POST, path, Some(body)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        serde_json::from_str(reply.text()).unwrap()
    }

    async fn refused(&self, method: Method, path: &str, body: Option<Value>) -> (u16, String, String) {
        let reply = self.ask(method, path, body).await;
        assert_eq!(reply.headers[header::CONTENT_TYPE], "application/problem+json", "{path}: {}", reply.text());
        let problem: Value = serde_json::from_str(reply.text()).unwrap();
        let text = |field: &str| problem[field].as_str().unwrap().to_owned();
        assert_eq!(problem["status"], reply.status.as_u16());
        (reply.status.as_u16(), text("code"), text("detail"))
    }
}

#[tokio::test]
async fn members_come_in_pages() {
    let api = Api::new("builder").await;
    let first = api.ask(Method::GET, "/api/v1/main/members?sort=name&limit=2", None).await;
    let members: Value = serde_json::from_str(first.text()).unwrap();
    assert_eq!(members.as_array().unwrap().len(), 2);
    let link = first.headers[header::LINK].to_str().unwrap();
    let next = link.strip_prefix('<').unwrap().split('>').next().unwrap();
    assert!(link.ends_with("; rel=\"next\"") && next.starts_with("/api/v1/main/members?sort=name&limit=2&cursor="));
    let second = api.ask(Method::GET, next, None).await;
    let rest: Value = serde_json::from_str(second.text()).unwrap();
    assert_eq!((rest.as_array().unwrap().len(), second.headers.get(header::LINK)), (1, None));
    let id = rest[0]["member_id"].as_str().unwrap();
    let shown = api.get(&format!("/api/v1/main/members/{id}")).await;
    assert_eq!((&shown["name"], shown["identities"].as_array().unwrap().len()), (&rest[0]["name"], 1));
}

#[tokio::test]
async fn members_are_those_of_their_page_unless_others_are_asked_for() {
    let server = Server::new().await;
    let cookie = server.sign_in("admin").await;
    // She raised her hand in a call, and did nothing that counts.
    let zelda = json!({"platform": "crm", "uid": "u1", "name": "Zelda Quist"});
    let hand = json!({"type": "signal", "id": "s1", "at": "2026-03-10T09:00:00Z", "member": zelda, "kind": "explicit"});
    server.import(&cookie, &format!("{}\n{hand}", export())).await;
    assert!(server.get("/main/members", &cookie).await.text().contains("4\u{a0}members"));
    let token = server.token("builder").await;
    let api = Api { server, token };
    let members = async |who: &str| {
        let listed = api.get(&format!("/api/v1/main/members{who}")).await;
        listed.as_array().unwrap().clone()
    };
    let everybody = members("").await;
    assert_eq!(everybody.len(), 4);
    assert_eq!((&everybody[3]["name"], &everybody[3]["activities"]), (&json!("Zelda Quist"), &json!(0)));
    assert_eq!(members("?who=counted").await, everybody[..3]);
    let zelda = everybody[3]["member_id"].as_str().unwrap();
    api.post(&format!("/api/v1/main/members/{zelda}/bot"), json!({"word": "on"})).await;
    assert_eq!((members("?who=people").await.len(), members("?who=all").await.len()), (3, 4));
    let (status, _, detail) = api.refused(Method::GET, "/api/v1/main/members?who=nobody", None).await;
    assert_eq!((status, detail.as_str()), (422, "`nobody` is nobody that can be listed: use people, counted or all"));
}

#[tokio::test]
async fn who_is_joined_by_likeness_is_previewed_and_set() {
    let path = "/api/v1/main/identities/settings";
    let builder = Api::new("builder").await;
    assert_eq!(builder.refused(Method::GET, path, None).await.0, 403);
    let api = Api::new("admin").await;
    let held = api.get(path).await;
    assert_eq!(held, json!({"threshold": null, "largest_member": 12, "precision": null}));
    let wanted = json!({"threshold": 0.9});
    let seen = api.post(&format!("{path}/preview"), wanted.clone()).await;
    assert_eq!((&seen["joins"], &seen["parts"], seen["joined"].as_array().unwrap().len()), (&json!(1), &json!(0), 1));
    assert_eq!(seen["joined"][0]["one"]["handle"], "cwinslowski");
    assert!(seen["joined"][0]["probability"].as_f64().unwrap() > 0.9 && seen["precision"]["decided"] == 0);
    assert_eq!(api.get("/api/v1/main/members").await.as_array().unwrap().len(), 3, "a preview changes nothing");
    let set = api.ask(Method::PUT, path, Some(wanted)).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.text());
    assert_eq!(api.get("/api/v1/main/members").await.as_array().unwrap().len(), 2);
    assert_eq!(api.get("/api/v1/main/identities/changes").await[0]["summary"], "Settings of identities: 1 pair joined");
    for wrong in [json!({"threshold": 1.5}), json!({"largest_member": 1}), json!({"treshold": 0.9})] {
        assert_eq!(api.refused(Method::PUT, path, Some(wrong)).await.0, 422);
    }
}

#[tokio::test]
async fn domains_of_ours_are_previewed_and_set() {
    let path = "/api/v1/main/people/settings";
    let builder = Api::new("builder").await;
    assert_eq!(builder.refused(Method::GET, path, None).await.0, 403);
    let api = Api::new("admin").await;
    assert_eq!(api.get(path).await, json!({"own_domains": [], "personal_domains": []}));
    let own = json!({"domain": "acme.io", "from": "2026-03-01", "department": null});
    let wanted = json!({"own_domains": [own], "personal_domains": ["stadtnetz.de"]});
    let seen = api.post(&format!("{path}/preview"), wanted.clone()).await;
    assert_eq!(seen["become_teammates"], json!([]), "nobody has an address there");
    assert_eq!(api.get(path).await["own_domains"], json!([]), "a preview changes nothing");
    assert_eq!(api.ask(Method::PUT, path, Some(wanted.clone())).await.status, StatusCode::OK);
    assert_eq!(api.get(path).await, wanted);
    for wrong in [json!({"own_domains": [{"domain": "gmail.com"}]}), json!({"own_domain": []})] {
        assert_eq!(api.refused(Method::PUT, path, Some(wrong)).await.0, 422);
    }
    assert_eq!(api.get(path).await, wanted);
}

#[tokio::test]
async fn suggestions_are_decided_and_undone() {
    let api = Api::new("builder").await;
    let found = api.get("/api/v1/main/identities/suggestions").await;
    let suggestion = &found[0];
    assert!(
        suggestion["probability"].as_f64().unwrap() > 0.9 && !suggestion["reasons"][0].as_str().unwrap().is_empty()
    );
    let fields: Vec<&String> = suggestion.as_object().unwrap().keys().collect();
    for field in ["suggestion_id", "a", "b", "probability", "reasons"] {
        assert!(fields.iter().any(|known| *known == field), "{field} of {fields:?}");
    }
    let decided = json!({ "decision": "accept", "suggestions": [suggestion["suggestion_id"]] });
    let change = api.post("/api/v1/main/identities/decisions", decided.clone()).await;
    assert_eq!((&change["kind"], &change["by"]), (&json!("accept"), &json!("The builder")));
    assert_eq!(api.get("/api/v1/main/members").await.as_array().unwrap().len(), 2);
    // The old id leads to whoever has the identities now.
    let a = api.get(&format!("/api/v1/main/members/{}", suggestion["a"].as_str().unwrap())).await;
    let b = api.get(&format!("/api/v1/main/members/{}", suggestion["b"].as_str().unwrap())).await;
    assert_eq!(a["member_id"], b["member_id"]);
    let identities = a["identities"].as_array().unwrap();
    let apart = json!({ "identities": [identities[1]["identity_id"].to_string()] });
    api.post(&format!("/api/v1/main/members/{}/split", a["member_id"].as_str().unwrap()), apart).await;
    assert_eq!(api.get("/api/v1/main/members").await.as_array().unwrap().len(), 3);
    let merge = json!({ "with": suggestion["b"] });
    let merged = api.post(&format!("/api/v1/main/members/{}/merge", suggestion["a"].as_str().unwrap()), merge).await;
    let undo = format!("/api/v1/main/identities/changes/{}/undo", merged["change_id"]);
    api.post(&undo, json!({})).await;
    assert_eq!(api.get("/api/v1/main/members").await.as_array().unwrap().len(), 3);
    let kinds: Vec<Value> = api
        .get("/api/v1/main/identities/changes")
        .await
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].clone())
        .collect();
    assert_eq!(kinds, ["merge", "split", "accept"]);
    // Page by page, as every list.
    let (first, next) = api.page("/api/v1/main/identities/changes?limit=2").await;
    assert_eq!((&first[0]["kind"], &first[1]["kind"]), (&json!("merge"), &json!("split")));
    let (second, last) = api.page(&next.unwrap()).await;
    assert_eq!((second.as_array().unwrap().len(), &second[0]["kind"], last), (1, &json!("accept"), None));
    let none = api.refused(Method::GET, "/api/v1/main/identities/changes?cursor=first", None).await;
    assert_eq!((none.0, none.1.as_str()), (422, "invalid"));
    let (status, code, detail) = api.refused(Method::POST, &undo, Some(json!({}))).await;
    assert_eq!((status, code.as_str()), (409, "conflict"));
    assert!(detail.contains("undone already"), "{detail}");
    let (status, code, _) = api.refused(Method::POST, "/api/v1/main/identities/decisions", Some(decided)).await;
    assert_eq!((status, code.as_str()), (404, "not_found"));
}

#[tokio::test]
async fn figures_are_published_and_explained() {
    let api = Api::new("marketing").await;
    let told = api.post("/api/v1/main/kpis/members_new/published?grain=month", json!({})).await;
    assert_eq!((&told["answer"]["kpi"], &told["published_by"]), (&json!("members_new"), &json!("The marketing")));
    let all = api.get("/api/v1/main/published").await;
    assert_eq!(all[0]["number"], told["number"]);
    let why = api.get("/api/v1/main/kpis/members_new/why?since=2020-01-01T00:00:00Z").await;
    assert_eq!(why["kpi"], json!("members_new"));
    // A date is the start of its day.
    let day = api.get("/api/v1/main/kpis/members_new/why?since=2020-01-01&as_of=2026-03-01").await;
    assert_eq!((&day["since"], &day["now"]), (&why["since"], &json!("2026-03-01T00:00:00Z")));
    let (first, next) = api.page("/api/v1/main/kpis/members_new/rows?limit=2").await;
    let (second, last) = api.page(&next.unwrap()).await;
    assert_eq!((first.as_array().unwrap().len(), second.as_array().unwrap().len(), last), (2, 1, None));
    assert!(first[0]["name"].is_string() && first[0] != second[0], "{first} {second}");
    let future = "/api/v1/main/kpis/members_new/why?since=2999-01-01T00:00:00Z";
    assert_eq!(api.refused(Method::GET, future, None).await.0, 422);
    assert_eq!(api.refused(Method::GET, "/api/v1/main/published/99/why", None).await.0, 404);
    let report = api.post("/api/v1/main/reports/published?grain=quarter", json!({})).await;
    let reports = api.get("/api/v1/main/reports/published").await;
    let expected = (&report["number"], &json!("quarter"), &json!("The marketing"));
    assert_eq!((&reports[0]["number"], &reports[0]["grain"], &reports[0]["published_by"]), expected);
    let days = "/api/v1/main/reports/published?grain=day";
    assert!(api.refused(Method::POST, days, Some(json!({}))).await.2.contains("use week, month, quarter or year"));
    let viewer = Api::new("internal_viewer").await;
    for publish in ["/api/v1/main/kpis/members_new/published", "/api/v1/main/reports/published"] {
        assert_eq!(viewer.refused(Method::POST, publish, Some(json!({}))).await.0, 403);
    }
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let api = Api::new("builder").await;
    let told = async |path: &str| api.refused(Method::GET, path, None).await;
    assert!(told("/api/v1/main/members?sort=age").await.2.contains("use love, level, last_activity or name"));
    assert!(told("/api/v1/main/members?limit=0").await.2.contains("use 1 to 500"));
    assert!(told("/api/v1/main/members?cursor=x").await.2.contains("begin with the first page"));
    assert!(told("/api/v1/main/kpis/members_new?grain=decade").await.2.contains("use day, week"));
    let by = ["/api/v1/main/kpis/members_new?by=colour", "/api/v1/main/kpis/members_new/rows?by=colour"];
    for path in by {
        assert!(api.refused(Method::GET, path, None).await.2.contains("cannot be broken down by `colour`"), "{path}");
    }
    assert!(told("/api/v1/main/organizations?sort=age").await.2.contains("use members, active"));
    assert_eq!(told("/api/v1/main/organizations/nothing").await.0, 404);
    assert_eq!(told("/api/v1/main/kpis/nothing").await.0, 404);
    assert_eq!(told("/api/v1/elsewhere/members").await.2, "there is no workspace `elsewhere`");
    assert_eq!(told("/api/v1/main/nothing").await.0, 404);
    let stranger = Api { token: "axle_x".into(), ..api };
    assert_eq!(stranger.refused(Method::GET, "/api/v1/main/members", None).await.0, 401);
}

/// Whatever of a request cannot be read, it is a problem that says how to write it.
#[tokio::test]
async fn what_cannot_be_read_is_a_problem_too() {
    let api = Api::new("builder").await;
    let kpi = "/api/v1/main/kpis/members_new";
    for (path, expected) in [
        (format!("{kpi}?from=yesterday"), "`from` is “yesterday”: write it as 2026-03-01"),
        (format!("{kpi}/why?previous=perhaps"), "`previous` is “perhaps”: write it as true"),
        ("/api/v1/main/members?limit=many".to_owned(), "`limit` is “many”: write it as 50"),
    ] {
        let (status, code, detail) = api.refused(Method::GET, &path, None).await;
        assert_eq!((status, code.as_str(), detail.as_str()), (422, "invalid", expected));
    }
    let (status, _, detail) = api.refused(Method::GET, &format!("{kpi}?as_of=noon"), None).await;
    assert!(status == 422 && detail.starts_with("`as_of` is “noon”: write it as 2026-03-01"), "{detail}");
    let (status, _, detail) = api.refused(Method::GET, "/api/v1/main/published/first/why", None).await;
    assert!(status == 422 && detail.starts_with("“first” in the address cannot be read"), "{detail}");
    let merge = "/api/v1/main/members/x/merge";
    let (status, _, detail) = api.refused(Method::POST, merge, Some(json!({"with": 5}))).await;
    assert_eq!((status, detail.as_str()), (422, "`with` is 5: write it as \"text\""));
    let (status, _, detail) = api.refused(Method::POST, merge, Some(json!({}))).await;
    assert!(status == 422 && detail.starts_with("missing field `with`"), "{detail}");
    let large = Some(json!({"with": "x".repeat(2 << 20)}));
    let (status, code, _) = api.refused(Method::POST, merge, large).await;
    assert_eq!((status, code.as_str()), (413, "too_large"));
    // No such address, whatever is asked of it, and none that answers so.
    for method in [Method::GET, Method::POST, Method::DELETE] {
        assert_eq!(api.refused(method, "/api/v2/main/members", None).await.0, 404);
    }
    let (status, code, _) = api.refused(Method::DELETE, "/api/v1/main/kpis", None).await;
    assert_eq!((status, code.as_str()), (405, "method_not_allowed"));
    for (name, value, expected) in [
        ("content-type", "application/x-www-form-urlencoded", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
    ] {
        let token = format!("Bearer {}", api.token);
        let request = Request::post(merge).header(header::AUTHORIZATION, token).header(name, value);
        let reply = api.server.send(request.body(Body::from("with=x")).unwrap()).await;
        assert_eq!(reply.status, expected);
        assert_eq!(reply.headers[header::CONTENT_TYPE], "application/problem+json");
    }
}

/// What roles may not: people for those who see figures alone, decisions for all but builders and administrators.
#[tokio::test]
async fn every_route_keeps_its_boundary() {
    let people = [
        "/api/v1/main/members",
        "/api/v1/main/members/x",
        "/api/v1/main/organizations",
        "/api/v1/main/organizations/x",
        "/api/v1/main/flywheels/champion_health/runs",
        "/api/v1/main/flywheels/runs/x",
        "/api/v1/main/kpis/top_answerers",
        "/api/v1/main/kpis/members_new/rows",
    ];
    let deciding = ["/api/v1/main/identities/suggestions", "/api/v1/main/identities/changes"];
    for role in ["sales", "executive"] {
        let api = Api::new(role).await;
        for path in people.iter().chain(&deciding) {
            assert_eq!(api.refused(Method::GET, path, None).await.0, 403, "{role} {path}");
        }
        api.get("/api/v1/main/kpis").await;
    }
    for role in ["success", "support", "product", "marketing", "internal_viewer"] {
        let api = Api::new(role).await;
        api.get("/api/v1/main/members").await;
        for path in deciding {
            assert_eq!(api.refused(Method::GET, path, None).await.0, 403, "{role} {path}");
        }
        let merge = Some(json!({ "with": "x" }));
        assert_eq!(api.refused(Method::POST, "/api/v1/main/members/x/merge", merge).await.0, 403, "{role}");
    }
}

#[tokio::test]
async fn the_document_knows_every_route() {
    let server = Server::new().await;
    let reply = server.get("/api/v1/openapi.json", "").await;
    let document: Value = serde_json::from_str(reply.text()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/api/v1/{workspace}/members",
        "/api/v1/{workspace}/members/{member_id}",
        "/api/v1/{workspace}/members/{member_id}/merge",
        "/api/v1/{workspace}/members/{member_id}/split",
        "/api/v1/{workspace}/identities/suggestions",
        "/api/v1/{workspace}/identities/decisions",
        "/api/v1/{workspace}/identities/changes",
        "/api/v1/{workspace}/identities/changes/{change_id}/undo",
        "/api/v1/{workspace}/organizations",
        "/api/v1/{workspace}/organizations/{organization_id}",
        "/api/v1/{workspace}/flywheels",
        "/api/v1/{workspace}/flywheels/{flywheel}",
        "/api/v1/{workspace}/flywheels/{flywheel}/runs",
        "/api/v1/{workspace}/flywheels/runs/{run}",
        "/api/v1/{workspace}/kpis",
        "/api/v1/{workspace}/kpis/{kpi}",
        "/api/v1/{workspace}/kpis/{kpi}/rows",
        "/api/v1/{workspace}/kpis/{kpi}/why",
        "/api/v1/{workspace}/kpis/{kpi}/published",
        "/api/v1/{workspace}/published",
        "/api/v1/{workspace}/published/{number}/why",
        "/api/v1/{workspace}/reports/published",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    // Each says what it does, and that it may be refused.
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operation["responses"]["4XX"].is_object(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn people_say_who_is_where_and_which_organizations_are_one() {
    let server = Server::new().await;
    let cookie = server.sign_in("admin").await;
    let line = |id: u32, email: &str| {
        json!({"type": "activity", "id": format!("a{id}"), "activity": "chat:message:sent", "at": "2026-03-10T09:00:00Z",
            "channel": "C1", "actor": {"platform": "forum", "uid": email, "email": email}})
        .to_string()
    };
    server.import(&cookie, &[line(1, "ada@acme.io"), line(2, "bob@acme.de")].join("\n")).await;
    let token = server.token("builder").await;
    let api = Api { server, token };
    let members = api.get("/api/v1/main/members?sort=name").await;
    let ada = format!("/api/v1/main/members/{}", members[0]["member_id"].as_str().unwrap());
    let denied = json!({"organization": "acme.io", "is_there": false});
    let denied = api.post(&format!("{ada}/affiliations"), denied).await;
    assert_eq!((&denied["kind"], &denied["by"]), (&json!("not_there"), &json!("The builder")));
    let statement = json!({"organization": "acme.de", "from": "2025-01-01", "to": "2025-06-01", "title": "Pilot"});
    api.post(&format!("{ada}/affiliations"), statement).await;
    let told = api.get(&format!("{ada}/affiliations")).await;
    let expected = json!({"organization_id": "acme.de", "name": "acme.de", "title": "Pilot", "from": "2025-01-01",
        "to": "2025-06-01", "origin": "person", "percent": 100, "is_current": false});
    assert_eq!(told["affiliations"], json!([expected]));
    assert_eq!(told["said"].as_array().unwrap().len(), 2);
    api.post(&format!("/api/v1/main/identities/changes/{}/undo", denied["change_id"]), json!({})).await;
    assert_eq!(api.get(&format!("{ada}/affiliations")).await["affiliations"].as_array().unwrap().len(), 2);

    let found = api.get("/api/v1/main/organizations/suggestions").await;
    assert_eq!(
        (&found[0]["a"], &found[0]["b"], &found[0]["probability"]),
        (&json!("acme.de"), &json!("acme.io"), &json!(0.8))
    );
    let decided = json!({"decision": "reject", "suggestions": [found[0]["suggestion_id"]]});
    api.post("/api/v1/main/organizations/decisions", decided.clone()).await;
    let again = api.refused(Method::POST, "/api/v1/main/organizations/decisions", Some(decided)).await;
    assert_eq!((again.0, again.1.as_str()), (404, "not_found"));
    api.post("/api/v1/main/organizations/acme.io/merge", json!({"with": "acme.de"})).await;
    let one = api.get("/api/v1/main/organizations/acme.io").await;
    assert_eq!(one["sightings"].as_array().unwrap().len(), 2);
    api.post("/api/v1/main/organizations/acme.io/split", json!({"sightings": ["domain:acme.io"]})).await;
    let (newest, next) = api.page("/api/v1/main/organizations/changes?limit=1").await;
    assert_eq!((&newest[0]["kind"], next.is_some()), (&json!("split"), true));
    let kinds: Vec<Value> = api
        .get("/api/v1/main/organizations/changes")
        .await
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].clone())
        .collect();
    assert_eq!(kinds, ["split", "merge", "reject"]);
    let support = Api { token: api.server.token("support").await, ..api };
    let refused =
        support.refused(Method::POST, &format!("{ada}/affiliations"), Some(json!({"organization": "acme.io"}))).await;
    assert_eq!(refused.0, 403);
}
