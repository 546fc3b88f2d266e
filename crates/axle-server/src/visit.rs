//! A signed-in user on a page of a workspace: what nearly every handler begins with.

use std::sync::Arc;

use axle_app::permissions::Permission;
use axle_app::users::{self, User};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::Method;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;

use crate::failure::Failure;
use crate::format::Clock;
use crate::guard::{form_token, is_token};
use crate::link::Link;
use crate::pages::layout::{Layout, Notice, Section, Workspace, workspace_link};
use crate::pages::parts::{Level, MemberKind, Person};
use crate::state::{AppState, Opened};

/// Name of the session's cookie. The prefix binds it to HTTPS and to this host.
pub(crate) fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-axle" } else { "axle" }
}

/// What an action did, by the short word in the address that it leads to.
const NOTICES: &[(&str, &str)] = &[
    ("weights", "The weights are saved and everybody is scored anew."),
    ("channels", "The channels are saved."),
    ("leads", "The points of signals and the days of hand-offs are saved."),
    ("calendar", "The time zone is saved and every day is counted anew."),
    ("business-hours", "The business hours are saved, and what is due follows them."),
    ("currencies", "The currencies are saved, and figures of money follow them."),
    ("segment", "The segment is saved."),
    ("one-person", "Noted: one person."),
    ("some-decided", "Noted, but for those that somebody decided meanwhile: these are left as they are."),
    ("all-decided", "Somebody decided it meanwhile: nothing was to be changed."),
    ("merged", "Noted: one person. Duplicates lists the change, and undoes it."),
    ("two-people", "Noted: two people. They are not suggested again."),
    ("one-organization", "Noted: one organization. Duplicates lists the change, and undoes it."),
    ("two-organizations", "Noted: two organizations. They are not suggested again."),
    ("organization-split", "Split off. Duplicates lists the change, and undoes it."),
    ("organization-parent", "Noted. Duplicates lists the change, and undoes it."),
    ("affiliation", "Noted: your word stands above what Axle found, and every figure follows."),
    ("later", "Put off: it comes last now."),
    ("undone", "Undone: everything is as it was before."),
    ("split", "Split off. Duplicates lists the change, and undoes it."),
    ("identities", "Saved, and members are made anew."),
    ("brands", "The brands are saved and texts are read anew."),
    ("people", "The domains are saved and every figure follows."),
    ("bot", "Noted: your word stands above what Axle found."),
    ("teammate", "Noted: your word stands above lists and domains, and every figure follows."),
    ("tagged", "The tag is added, and stays, whatever sources state."),
    ("tag-taken-away", "The tag is taken away, and stays away, whatever sources state."),
    ("tagged-all", "Tagged, as one change: on the page of each of them administrators and builders undo it for all."),
    (
        "tags-taken-away",
        "The tag is taken off, as one change: on the page of each of them administrators and builders undo it for all.",
    ),
    ("corrected", "Noted: your word stands above what Axle read. Settings, Reading takes it back."),
    ("withdrawn", "The correction is taken back."),
    ("flywheel", "Saved: everything is turned with it from now on."),
    ("flywheel-reset", "Put back to what comes with Axle. The versions are kept."),
    ("flywheel-removed", "Removed. Its versions are kept."),
    ("kpi", "Saved: it is in the catalogue now."),
    ("published", "Published: this is what it was, whatever is learnt later."),
    ("kpi-removed", "Removed from the catalogue. Its file is kept beside the others."),
    ("task", "Noted: the run has moved on."),
    ("given", "The task is theirs now."),
    ("wrote", "Noted: you wrote to them."),
    ("hand", "Noted: a raised hand. It waits for a decision on Today."),
    ("introduced", "Noted: they know each other now."),
    ("not-a-fit", "Noted: the two are not suggested again."),
    ("note", "The note is kept for the team."),
    ("note-hand", "The note is kept, and a raised hand waits for a decision on Today."),
    ("note-taken-back", "The note is taken back. A raised hand that was said with it stays: its task dismisses it."),
    ("role", "The role is given, and every figure and flywheel follows."),
    ("role-ended", "The role has ended, and every figure and flywheel follows."),
    ("role-undone", "Taken back: it is as if it had not been said."),
    ("raise-hand", "The form is saved."),
    ("tasks", "Saved: who is on, and who is told."),
    ("drop-rule", "Saved: alerts are made anew with it."),
    ("absence", "Noted: their silence is no alert on these days."),
    ("absence-off", "Noted: they were not away."),
    ("consent", "The consent is recorded."),
    ("consent-revoked", "Noted: they took it back. Sales sees nothing of them that rested on it."),
    ("asked", "Noted: you asked them. Nobody is suggested more than twice in a week."),
    ("thanked", "Noted: you thanked who answered."),
    ("decided", "Noted what was decided. Tell its author."),
    ("reopened", "Noted: nothing is decided."),
    ("told", "Noted: they were told."),
    ("account-marked", "Noted. The flywheels of accounts know it at once."),
    ("escalated", "Given to support. A task asks to bring the answer back to the thread."),
    ("hand-off-saved", "The hand-off is saved."),
    ("hand-off-sent", "Sent: sales finds it under Hand-offs."),
    ("hand-off-accepted", "Accepted: you take care of them now."),
    ("hand-off-returned", "Given back. The builder sees why."),
    ("nothing", "Nothing was to be changed."),
];

/// A signed-in user in a workspace.
pub(crate) struct Visit {
    pub(crate) state: AppState,
    pub(crate) user: User,
    pub(crate) opened: Arc<Opened>,
    pub(crate) clock: Clock,
    csrf: String,
    done: Option<&'static str>,
    /// What people call the workspace.
    name: String,
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let slug = params
            .ok()
            .and_then(|params| params.iter().find(|(name, _)| *name == "workspace").map(|(_, slug)| slug.to_owned()));
        Self::enter(parts, state, &slug.unwrap_or_default()).await
    }
}

impl Visit {
    /// Whoever is signed in, in the workspace of that slug.
    pub(crate) async fn enter(parts: &Parts, state: &AppState, slug: &str) -> Result<Self, Failure> {
        let cookies = CookieJar::from_headers(&parts.headers);
        let token = cookies.get(cookie_name(state.is_https)).map(|cookie| cookie.value().to_owned());
        let now = state.now();
        let user = match &token {
            Some(token) => users::signed_in(state.server(), token, now).await?,
            None => None,
        };
        let (Some(token), Some(user)) = (token, user) else { return Err(sign_in(parts)) };
        let opened = state.workspace(slug).await?.ok_or(Failure::NotFound)?;
        let zone = opened.workspace.time_zone().await?;
        Ok(Self {
            state: state.clone(),
            user,
            name: opened.workspace.name().await?,
            opened,
            clock: Clock { now, zone },
            csrf: form_token(&token),
            done: done(parts),
        })
    }
}

/// Paths of the navigation and the settings that a user's role does not open.
fn closed(user: &User) -> Vec<&'static str> {
    let of_members = ["members", "organizations", "feedback", "champions", "accounts"];
    let of_administrators = [
        "settings",
        "settings/people",
        "settings/identities",
        "settings/brands",
        "settings/calendar",
        "settings/currencies",
        "settings/users",
        "settings/flywheels",
        "settings/champions",
        "settings/tasks",
        "settings/raise-hand",
        "settings/leads",
    ];
    let mut closed = Vec::new();
    closed.extend(of_members.into_iter().filter(|_| !user.may_see_members()));
    let has_hand_offs = user.may_see_members() || user.may_receive_hand_offs();
    closed.extend(["hand-offs"].into_iter().filter(|_| !has_hand_offs));
    closed.extend(["duplicates"].into_iter().filter(|_| !user.may_decide_identities()));
    closed.extend(["settings/channels"].into_iter().filter(|_| !user.may_manage_sources()));
    closed.extend(of_administrators.into_iter().filter(|_| !user.may_administer()));
    closed
}

fn sign_in(parts: &Parts) -> Failure {
    if parts.headers.contains_key("hx-request") {
        return Failure::SignInWhole;
    }
    let next = if parts.method == Method::GET { parts.uri.path_and_query() } else { None };
    Failure::SignIn(next.map(ToString::to_string).unwrap_or_default())
}

fn done(parts: &Parts) -> Option<&'static str> {
    let word = parts.uri.query()?.split('&').find_map(|pair| pair.strip_prefix("done="))?;
    NOTICES.iter().find(|(known, _)| *known == word).map(|(_, text)| *text)
}

impl Visit {
    pub(crate) fn slug(&self) -> &str {
        self.opened.workspace.slug()
    }

    /// A link inside the workspace.
    pub(crate) fn link(&self, path: &str) -> Link {
        workspace_link(self.slug(), path)
    }

    /// What surrounds a page.
    pub(crate) fn layout(&self, title: impl Into<String>, section: Section) -> Layout {
        let named = |slug: String| Workspace { name: slug.clone(), slug };
        let others = self.state.slugs().into_iter().filter(|slug| slug != self.slug()).map(named).collect();
        Layout {
            title: title.into(),
            workspace: Workspace { slug: self.slug().to_owned(), name: self.name.clone() },
            other_workspaces: others,
            user: self.user.name.clone(),
            section,
            clock: self.clock.clone(),
            csrf: self.csrf.clone(),
            search: String::new(),
            notice: self.done.map(|text| Notice { text: text.to_owned(), problem: false }),
            closed: closed(&self.user),
            still: None,
        }
    }

    /// As [`Self::layout`], of a page of figures up to now: it says so when they stand still.
    pub(crate) async fn layout_of_figures(&self, title: &str, section: Section) -> Result<Layout, Failure> {
        let newest = self.opened.newest(self.clock.now).await?;
        let still = (*newest).clone().filter(|newest| newest.is_still(self.clock.now));
        Ok(Layout { still, ..self.layout(title, section) })
    }

    /// What forms send back.
    pub(crate) fn token(&self) -> &str {
        &self.csrf
    }

    /// Refuses a form that another page sent.
    pub(crate) fn check_form(&self, token: &str) -> Result<(), Failure> {
        if is_token(token, &self.csrf) { Ok(()) } else { Err(Failure::Forged) }
    }

    /// Refuses who may not see people by name.
    pub(crate) fn must_see_members(&self) -> Result<(), Failure> {
        Ok(self.user.must(Permission::SeeMembers)?)
    }

    /// Refuses who may not import and mark channels.
    pub(crate) fn must_manage_sources(&self) -> Result<(), Failure> {
        Ok(self.user.must(Permission::ManageSources)?)
    }

    /// Refuses who may not say who is one person.
    pub(crate) fn must_decide_identities(&self) -> Result<(), Failure> {
        Ok(self.user.must(Permission::DecideIdentities)?)
    }

    /// Refuses who may not say what texts really say.
    pub(crate) fn must_correct(&self) -> Result<(), Failure> {
        Ok(self.user.must(Permission::Correct)?)
    }

    /// Refuses who may not change settings and users.
    pub(crate) fn must_administer(&self) -> Result<(), Failure> {
        Ok(self.user.must(Permission::Administer)?)
    }

    /// Somebody of the roster, as named on pages.
    pub(crate) fn person(&self, person: &axle_app::roster::Person) -> Person {
        let kind = match person.kind() {
            "bot" => MemberKind::Bot,
            "teammate" => MemberKind::Teammate,
            _ => MemberKind::Member,
        };
        let detail = person.handles.iter().find(|handle| **handle != person.member.name).cloned();
        Person { detail, kind, ..Person::member(self.slug(), &person.member.member_id, &person.member.name) }
    }
}

/// A step under the workspace's names of the levels.
pub(crate) fn level(step: u8, names: &[String; 4]) -> Level {
    let model = Level::of_step(step);
    match step.div_ceil(3) {
        0 => model,
        level => Level { name: names[usize::from(level - 1).min(3)].clone(), step },
    }
}
