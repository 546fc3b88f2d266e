//! Where the walk goes: the router's own table and the API's document, with what stands for their parameters, and who may change what.

use std::collections::{BTreeMap, BTreeSet};

use axle_app::permissions::Permission::{
    self, Administer, AnswerTasks, Correct, DecideIdentities, HandOff, ManageSources, MarkAccounts, Publish, SeeMembers,
};
use axle_app::users::User;
use serde_json::{Value, json};

/// The router's table. Routes outside of `/{workspace}` that tell nothing about anybody are named below.
const ROUTER: &str = include_str!("../../../../axle-server/src/routes/mod.rs");
const PUBLIC: [&str; 4] = ["/sign-out", "/assets/{hash}/{name}", "/livez", "/readyz"];

/// A page's path, and whether it can be read and sent to.
pub(super) struct Page {
    pub(super) path: String,
    pub(super) gets: bool,
    pub(super) posts: bool,
}

/// Every page of the router, public ones aside.
pub(super) fn pages() -> Vec<Page> {
    let routes = ROUTER.split(".route(").skip(1).map(|part| {
        let path = part.split('"').nth(1).expect("a route begins with its path").to_owned();
        let methods = part.split(".layer(").next().unwrap_or_default();
        let (gets, posts) = (methods.contains("get("), methods.contains("post("));
        assert!(gets || posts, "the walk does not know the methods of {path}: it reads get(…) and post(…)");
        Page { path, gets, posts }
    });
    routes.filter(|page| !PUBLIC.contains(&page.path.as_str())).collect()
}

/// Who may change something by a form or a call.
#[derive(Clone, Copy)]
pub(super) enum Who {
    /// Whose role includes it.
    May(Permission),
    /// It is open to all roles, or what is asked for decides: nothing is refused before it is looked at.
    Anybody,
}

impl Who {
    pub(super) fn includes(self, role: &str) -> bool {
        match self {
            Self::Anybody => true,
            Self::May(permission) => user(role).may(permission),
        }
    }
}

pub(super) fn user(role: &str) -> User {
    User { email: format!("{role}@axle.example"), name: format!("The {role}"), role: role.to_owned() }
}

/// Forms by their path.
const FORMS: &[(&str, Who)] = &[
    ("/sign-in", Who::Anybody),
    ("/{workspace}/today", Who::Anybody),
    ("/{workspace}/today/wrote", Who::May(Correct)),
    ("/{workspace}/signals", Who::May(Correct)),
    ("/{workspace}/introductions", Who::May(Correct)),
    ("/{workspace}/members/{member}/notes", Who::May(Correct)),
    ("/{workspace}/members/{member}/roles", Who::May(AnswerTasks)),
    ("/{workspace}/members/{member}/tags", Who::May(Correct)),
    ("/{workspace}/members/tags", Who::May(Correct)),
    ("/{workspace}/members/{member}/bot", Who::May(ManageSources)),
    ("/{workspace}/members/{member}/teammate", Who::May(ManageSources)),
    ("/{workspace}/members/{member}/affiliations", Who::May(DecideIdentities)),
    ("/{workspace}/members/{member}/absences", Who::May(AnswerTasks)),
    ("/{workspace}/questions/{question}", Who::May(AnswerTasks)),
    ("/{workspace}/feedback/{feedback}", Who::May(AnswerTasks)),
    ("/{workspace}/accounts", Who::May(MarkAccounts)),
    ("/{workspace}/members/{member}/consents", Who::May(HandOff)),
    ("/{workspace}/members/{member}/merge", Who::May(DecideIdentities)),
    ("/{workspace}/members/{member}/split", Who::May(DecideIdentities)),
    ("/{workspace}/organizations/{organization}/merge", Who::May(DecideIdentities)),
    ("/{workspace}/organizations/{organization}/split", Who::May(DecideIdentities)),
    ("/{workspace}/organizations/{organization}/parent", Who::May(DecideIdentities)),
    ("/{workspace}/hand-offs/{hand_off}", Who::Anybody),
    ("/{workspace}/segments", Who::May(SeeMembers)),
    ("/{workspace}/duplicates", Who::May(DecideIdentities)),
    ("/{workspace}/duplicates/undo", Who::May(DecideIdentities)),
    ("/{workspace}/duplicates/organizations", Who::May(DecideIdentities)),
    ("/{workspace}/kpis/new", Who::May(Administer)),
    ("/{workspace}/kpis/{kpi}", Who::May(Publish)),
    ("/{workspace}/report", Who::May(Publish)),
    ("/{workspace}/kpis/{kpi}/edit", Who::May(Administer)),
    ("/{workspace}/kpis/{kpi}/edit/remove", Who::May(Administer)),
    ("/{workspace}/sources/import", Who::May(ManageSources)),
    ("/{workspace}/settings", Who::May(Administer)),
    ("/{workspace}/settings/channels", Who::May(ManageSources)),
    ("/{workspace}/settings/calendar", Who::May(Administer)),
    ("/{workspace}/settings/business-hours", Who::May(Administer)),
    ("/{workspace}/settings/currencies", Who::May(Administer)),
    ("/{workspace}/settings/users", Who::May(Administer)),
    ("/{workspace}/settings/people", Who::May(Administer)),
    ("/{workspace}/settings/identities", Who::May(Administer)),
    ("/{workspace}/settings/flywheels/new", Who::May(Administer)),
    ("/{workspace}/settings/flywheels/{flywheel}", Who::May(Administer)),
    ("/{workspace}/settings/flywheels/{flywheel}/reset", Who::May(Administer)),
    ("/{workspace}/settings/champions", Who::May(Administer)),
    ("/{workspace}/settings/leads", Who::May(Administer)),
    ("/{workspace}/settings/tasks", Who::May(Administer)),
    ("/{workspace}/settings/raise-hand", Who::May(Administer)),
    ("/{workspace}/settings/brands", Who::May(Administer)),
    ("/{workspace}/raise-hand", Who::Anybody),
    ("/hooks/{workspace}/raise-hand", Who::Anybody),
    ("/{workspace}/corrections", Who::May(Correct)),
    ("/{workspace}/corrections/withdraw", Who::May(Correct)),
];

/// Calls of the API that change something, by their method and path below `/api/v1/{workspace}`.
const CALLS: &[(&str, Who)] = &[
    ("post /members/{member_id}/merge", Who::May(DecideIdentities)),
    ("post /members/{member_id}/split", Who::May(DecideIdentities)),
    ("post /identities/decisions", Who::May(DecideIdentities)),
    ("post /identities/changes/{change_id}/undo", Who::May(DecideIdentities)),
    ("put /identities/settings", Who::May(Administer)),
    ("post /identities/settings/preview", Who::May(Administer)),
    ("put /people/settings", Who::May(Administer)),
    ("post /people/settings/preview", Who::May(Administer)),
    ("post /organizations/decisions", Who::May(DecideIdentities)),
    ("post /organizations/{organization_id}/merge", Who::May(DecideIdentities)),
    ("post /organizations/{organization_id}/split", Who::May(DecideIdentities)),
    ("post /organizations/{organization_id}/parent", Who::May(DecideIdentities)),
    ("post /members/{member_id}/affiliations", Who::May(DecideIdentities)),
    ("post /members/{member_id}/bot", Who::May(ManageSources)),
    ("post /members/{member_id}/teammate", Who::May(ManageSources)),
    ("post /members/{member_id}/tags", Who::May(Correct)),
    ("delete /members/{member_id}/tags/{tag}", Who::May(Correct)),
    ("post /members/tags", Who::May(Correct)),
    ("put /flywheels/{flywheel}/definition", Who::May(Administer)),
    ("delete /flywheels/{flywheel}/definition", Who::May(Administer)),
    ("post /flywheels/{flywheel}/definition/preview", Who::May(Administer)),
    ("post /hand-offs/{hand_off_id}/send", Who::May(HandOff)),
    ("post /hand-offs/{hand_off_id}/accept", Who::Anybody),
    ("post /hand-offs/{hand_off_id}/return", Who::Anybody),
    ("post /members/{member_id}/absences", Who::May(AnswerTasks)),
    ("delete /members/{member_id}/absences/{from}", Who::May(AnswerTasks)),
    ("post /questions/{question_id}/thank", Who::May(AnswerTasks)),
    ("post /questions/{question_id}/ask", Who::May(AnswerTasks)),
    ("post /questions/{question_id}/escalate", Who::May(AnswerTasks)),
    ("post /feedback/{feedback_id}/decide", Who::May(AnswerTasks)),
    ("post /feedback/{feedback_id}/told", Who::May(AnswerTasks)),
    ("post /accounts/{organization_id}/prospect", Who::May(MarkAccounts)),
    ("put /accounts/{organization_id}/key", Who::May(MarkAccounts)),
    ("delete /accounts/{organization_id}/key", Who::May(MarkAccounts)),
    ("put /channels/{channel_id}", Who::May(ManageSources)),
    ("put /business-hours", Who::May(Administer)),
    ("put /currencies", Who::May(Administer)),
    ("put /drop-rule", Who::May(Administer)),
    ("post /members/{member_id}/consents", Who::May(HandOff)),
    ("post /members/{member_id}/consents/{consent_id}/revoke", Who::May(HandOff)),
    ("post /tasks/{task_id}/answer", Who::Anybody),
    ("post /tasks/{task_id}/assign", Who::Anybody),
    ("put /rota/{role}", Who::May(Administer)),
    ("post /raised-hands", Who::May(Correct)),
    ("post /introductions", Who::May(Correct)),
    ("post /members/{member_id}/notes", Who::May(Correct)),
    ("delete /members/{member_id}/notes/{note_id}", Who::May(Correct)),
    ("post /members/{member_id}/roles", Who::May(AnswerTasks)),
    ("post /members/{member_id}/roles/{role_id}/end", Who::May(AnswerTasks)),
    ("post /members/{member_id}/roles/{role_id}/undo", Who::May(AnswerTasks)),
    ("post /kpis/{kpi}/published", Who::May(Publish)),
    ("post /reports/published", Who::May(Publish)),
];

/// Who may send the form of a path.
pub(super) fn may_send(path: &str) -> Who {
    let found = FORMS.iter().find(|(known, _)| *known == path);
    found.unwrap_or_else(|| panic!("the form {path} is new: say in FORMS of {} who may send it", file!())).1
}

/// Who may call a path that changes something.
pub(super) fn may_call(method: &str, path: &str) -> Who {
    let call = format!("{method} {}", path.trim_start_matches("/api/v1/{workspace}"));
    let found = CALLS.iter().find(|(known, _)| *known == call);
    found.unwrap_or_else(|| panic!("the call {call} is new: say in CALLS of {} who may make it", file!())).1
}

/// Every field that a form must have, so that none is refused for lack of one before it is asked who sends it.
pub(super) fn form(csrf: &str, values: &Values) -> String {
    let fields = [
        ("csrf", csrf),
        ("action", "preview"),
        ("do", "preview"),
        ("filter", "none"),
        ("id", "none"),
        ("text", "none"),
        ("change", "1"),
        ("word", "on"),
        ("name", "none"),
        ("activity", "none"),
        ("label", "question"),
        ("value", "true"),
        ("email", "none@axle.example"),
        ("role", "internal_viewer"),
        ("time_zone", "UTC"),
        ("task", &values.all["task"][0]),
        ("outcome", "none"),
        ("member", &values.all["member"][0]),
    ];
    fields.map(|(name, value)| format!("{name}={value}")).join("&")
}

/// The same for the bodies of calls.
pub(super) fn body(path: &str, values: &Values) -> String {
    if path.ends_with("/absences") {
        return json!({"from": "2030-01-01", "back_on": "2030-01-02"}).to_string();
    }
    if path.ends_with("/roles") {
        return json!({"role": "none"}).to_string();
    }
    // There `to` is a day.
    if path.ends_with("/affiliations") {
        return json!({"organization": "none"}).to_string();
    }
    if path.ends_with("/bot") || path.ends_with("/teammate") {
        return json!({"word": "auto"}).to_string();
    }
    let member = &values.all["member"][0];
    json!({"with": "none", "identities": ["none"], "sightings": ["none"], "decision": "accept",
           "suggestions": ["none"], "organization": "none", "text": "none", "tag": "none", "reason": "no_need",
           "kind": "contact", "channel": "none", "outcome": "none", "to": "", "people": [], "state": "none", "motion": "none", "owner": "", "member_id": member, "quote": "none"})
    .to_string()
}

/// What stands for the parameters of a path: every way to fill it.
pub(super) struct Values {
    pub(super) all: BTreeMap<&'static str, Vec<String>>,
}

impl Values {
    fn of(&self, parameter: &str) -> &[String] {
        let name = parameter.strip_suffix("_id").unwrap_or(parameter);
        let found = self.all.get(name).filter(|values| !values.is_empty());
        found.unwrap_or_else(|| {
            panic!("a route has the parameter {{{parameter}}}: say in the walk's values what stands for it, so that it is walked")
        })
    }

    pub(super) fn fill(&self, path: &str) -> Vec<String> {
        let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
        let (parameter, after) = rest.split_once('}').expect("a brace is closed");
        let all = self.of(parameter).iter().flat_map(|value| self.fill(&format!("{before}{value}{after}")));
        all.collect()
    }
}

/// Paths and queries of the workspace that a page leads to.
pub(super) fn links(page: &str) -> BTreeSet<String> {
    let targets = ["href=\"", "hx-get=\"", "src=\""].into_iter().flat_map(|name| page.split(name).skip(1));
    let targets = targets.filter_map(|after| after.split('"').next());
    let inside = targets.filter(|target| target.starts_with("/main"));
    inside.map(|target| target.split('#').next().unwrap_or_default().replace("&amp;", "&")).collect()
}

/// What kind of address it is: its path without ids and names of figures, and the names of what it asks.
pub(super) fn shape(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_id = |part: &str| part.len() > 15 && part.bytes().any(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = path.split('/').collect();
    let is_named = |place: usize| is_id(parts[place]) || place > 0 && parts[place - 1] == "kpis";
    let path: Vec<&str> = (0..parts.len()).map(|place| if is_named(place) { "…" } else { parts[place] }).collect();
    let names: BTreeSet<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    format!("{} {}", path.join("/"), names.into_iter().collect::<Vec<_>>().join(" "))
}

/// The methods of a path in the API's document.
pub(super) fn methods(path: &Value) -> Vec<String> {
    let known = ["get", "post", "put", "delete", "patch"];
    let all = path.as_object().expect("a path has methods").keys();
    all.filter(|name| known.contains(&name.as_str())).cloned().collect()
}
