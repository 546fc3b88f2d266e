//! Today, and what is answered there.

use std::collections::HashMap;

use axle_app::introductions::{self, Outcome, Pair, Side};
use axle_app::roster::Move;
use axle_app::tasks::{self as app, Agreed, Answer as Word, Task, Tasks, Urgency};
use axle_app::today::{self, Part, Today, part};
use axle_app::{AppResult, questions, rota};
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect};
use jiff::SignedDuration;
use serde::Deserialize;

use super::member::excerpt;
use super::task_rows::TaskRows;
use crate::failure::{Answer, Failure, html};
use crate::link::{Link, WebUrl};
use crate::pages::layout::Section;
use crate::pages::parts::Person;
use crate::pages::today::{
    HandRaised, HandRow, Introduction, IntroductionAnswer, MemberRow, TaskGroup, TaskRow, TodayPage, Whose,
};
use crate::visit::Visit;

/// Rows of a group; those of a page of one group alone.
const ROWS: usize = 10;
const ALL_ROWS: usize = 50;
/// Rows of what stands beside the tasks.
const FEW: usize = 5;
/// Nobody waits for an answer any more after so many days.
const WAITING_DAYS: i64 = 30;
/// The groups of tasks, in their order: in addresses, on pages, and what is counted there. The last is shown when it is asked for.
const GROUPS: [(&str, &str, &str); 5] = [
    ("hands", "Raised hands", "decision"),
    ("late", "Late", "task"),
    ("due-today", "Today", "task"),
    ("week", "This week", "task"),
    (STALE, "Late for more than 30 days", "task"),
];
const STALE: &str = "stale";

/// `GET /{workspace}/today`
pub(crate) async fn page(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    let now = visit.clock.now;
    let get = |key: &str| query.get(key).map_or("", String::as_str);
    let sees = visit.user.may_see_members();
    let tasks = visit.opened.tasks(now).await?;
    let beside = visit.opened.today(now).await?;
    // Who has no tasks by role, such as an administrator, begins with everybody's.
    let has_role = rota::ROLES.iter().any(|(role, _)| rota::Rota::is_for(role, &visit.user));
    let who = match get("who") {
        "" if has_role || !sees => "mine",
        "" => "all",
        who => who,
    };
    let here = visit.link("today").with("who", who).with("due", get("due")).with("cursor", get("cursor"));
    let rows = TaskRows::new(&visit, &here).await?;
    let desk = Desk { visit: &visit, tasks: &tasks, beside: &beside, here: &here, rows };
    let chosen: Vec<&Task> = desk.of(who).collect();
    let is_thanks = |task: &&&Task| part(task) == Part::Thanks && desk.urgency(task) < Urgency::Later;
    let thanks: Vec<&Task> = chosen.iter().filter(is_thanks).rev().copied().collect();
    let stale = chosen.iter().filter(|task| desk.group(task) == Some(STALE)).count();
    let mut page = TodayPage {
        layout: visit.layout("Today", Section::Today),
        whose: desk.whose(),
        groups: desk.groups(&chosen, get("due"), get("cursor")).await?,
        stale: (stale as u64, here.with("due", STALE)),
        thanks_total: thanks.len() as u64,
        thanks: thanks.iter().take(FEW).map(|task| desk.thanks(task)).collect(),
        maybe: Vec::new(),
        questions: Vec::new(),
        questions_total: 0,
        questions_older: 0,
        waiting_days: WAITING_DAYS,
        champions: Vec::new(),
        newcomers: Vec::new(),
        introductions: Vec::new(),
        sees,
        here: here.clone(),
    };
    let rows: Vec<&TaskRow> = page.groups.iter().flat_map(|group| &group.rows).chain(&page.thanks).collect();
    desk.rows.note_named(&chosen, &rows).await?;
    if sees {
        page.maybe = beside.hands(&tasks).take(FEW).map(|maybe| desk.maybe(maybe)).collect();
        let found = visit.opened.questions(now).await?;
        let since = now - SignedDuration::from_hours(24 * WAITING_DAYS);
        let late = |question: &&questions::OpenQuestion| {
            super::questions::is_late(&visit, question) && question.asked_at > since
        };
        page.questions_older = found.open.iter().filter(|question| question.asked_at <= since).count() as u64;
        page.questions_total = found.open.iter().filter(late).count() as u64;
        let shown = found.open.iter().filter(late).take(FEW);
        page.questions = shown.map(|question| super::questions::shown(&visit, question)).collect();
        (page.champions, page.newcomers) = desk.members().await?;
        page.introductions = desk.introductions().await?;
    }
    html(&page)
}

/// A word of the flywheels for people: `no_reply` as `No reply`.
pub(super) fn label(word: &str) -> String {
    let text = word.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What the rows of a page are made of.
struct Desk<'a> {
    visit: &'a Visit,
    tasks: &'a Tasks,
    beside: &'a Today,
    here: &'a Link,
    rows: TaskRows<'a>,
}

impl Desk<'_> {
    fn urgency(&self, task: &Task) -> Urgency {
        task.urgency(self.visit.clock.now, &self.visit.clock.zone)
    }

    /// Tasks that the user may see: those who see no people have their own alone.
    fn seen(&self) -> impl Iterator<Item = &Task> {
        let user = &self.visit.user;
        self.tasks.list.iter().filter(|task| user.may_see_members() || task.is_of(user))
    }

    /// One's own for `mine`, everybody's for `all`, else those of a role.
    fn of<'b>(&'b self, who: &'b str) -> impl Iterator<Item = &'b Task> {
        let user = &self.visit.user;
        self.seen().filter(move |task| match who {
            "mine" => task.is_of(user),
            "all" => true,
            role => task.wanted.task.role == role,
        })
    }

    fn whose(&self) -> Vec<Whose> {
        let count = |who: &str| {
            let presses = |task: &&Task| self.group(task).is_some_and(|key| key != STALE);
            self.of(who).filter(presses).count() as u64
        };
        let mut whose = vec![Whose { key: "mine".into(), label: "Mine".into(), tasks: count("mine") }];
        if self.visit.user.may_see_members() {
            whose.push(Whose { key: "all".into(), label: "Everybody's".into(), tasks: count("all") });
            let roles = rota::ROLES.iter().filter(|(role, _)| self.of(role).next().is_some());
            whose.extend(roles.map(|(role, _)| Whose { key: (*role).into(), label: label(role), tasks: count(role) }));
        }
        whose
    }

    /// The group of [`GROUPS`] that lists a task; `None`: it stands beside them, or on the page of questions.
    fn group(&self, task: &Task) -> Option<&'static str> {
        match (self.urgency(task), part(task)) {
            (_, Part::Questions) | (Urgency::Later, _) => None,
            (Urgency::Stale, _) => Some(STALE),
            (_, Part::Thanks) => None,
            (_, Part::Hands) => Some("hands"),
            (Urgency::Late, Part::Tasks) => Some("late"),
            (Urgency::Today, Part::Tasks) => Some("due-today"),
            (Urgency::Week, Part::Tasks) => Some("week"),
        }
    }

    /// The groups that have any: the first rows of each, or of `due` alone those that follow on the task `after`.
    async fn groups(&self, tasks: &[&Task], due: &str, after: &str) -> AppResult<Vec<TaskGroup>> {
        let (is_all, most) = if due.is_empty() { (true, ROWS) } else { (false, ALL_ROWS) };
        let mut groups = Vec::new();
        for (key, label, noun) in
            GROUPS.into_iter().filter(|(key, ..)| if is_all { *key != STALE } else { *key == due })
        {
            let mut own: Vec<&Task> = tasks.iter().filter(|task| self.group(task) == Some(key)).copied().collect();
            match key {
                "hands" => own.sort_by_key(|task| std::cmp::Reverse(task.wanted.task.starts_at)),
                // Those that can still be helped come first.
                "late" | STALE => own.reverse(),
                _ => {}
            }
            let first = own.iter().position(|task| task.task_id == after).map_or(0, |at| at + 1);
            let shown: Vec<&Task> = own[first..].iter().take(most).copied().collect();
            let Some(last) = shown.last() else { continue };
            let left = own.len() - first - shown.len();
            let here = self.here.with("due", key);
            let link = if is_all { here } else { here.at(&last.task_id) };
            let mut rows = Vec::new();
            for task in &shown {
                rows.push(match part(task) {
                    Part::Hands => self.rows.hand(task).await?,
                    Part::Thanks => self.thanks(task),
                    Part::Tasks | Part::Questions => self.rows.row(task),
                });
            }
            let more = (left > 0).then_some((left as u64, link));
            groups.push(TaskGroup { label, key, noun, total: own.len() as u64, rows, more });
        }
        Ok(groups)
    }

    /// The row of somebody to thank: who answered, where that is known, and not who asked.
    fn thanks(&self, task: &Task) -> TaskRow {
        let mut row = self.rows.row(task);
        let answerer = task.wanted.task.run.key.as_ref().and_then(|question| self.beside.answerers.get(question));
        if let Some(answerer) = answerer.filter(|_| self.visit.user.may_see_members()) {
            row.title = "Thank".into();
            row.person = Some(Person::member(self.visit.slug(), &answerer.member_id, &answerer.name));
            let title = answerer.title.as_deref().map(|title| format!(" “{}”", excerpt(title, 80))).unwrap_or_default();
            row.why = format!("answered {}{title}: {}", task.name, task.why);
        }
        row
    }

    fn maybe(&self, maybe: &today::Maybe) -> HandRow {
        HandRow {
            person: Person::member(self.visit.slug(), &maybe.member_id, &maybe.name),
            text: excerpt(&maybe.text, 160),
            url: maybe.url.as_deref().and_then(WebUrl::parse),
            channel: maybe.channel.clone(),
            at: maybe.at,
            raised: raised(self.visit, &maybe.member_id, &maybe.activity_id, &excerpt(&maybe.text, 160), "today"),
        }
    }

    async fn introductions(&self) -> Result<Vec<Introduction>, Failure> {
        if self.beside.contacts.len() < 2 {
            return Ok(Vec::new());
        }
        let said = self.visit.opened.said(self.visit.clock.now).await?;
        let person = |side: &Side| Person::member(self.visit.slug(), &side.member_id, &side.name);
        let row = |pair: Pair| Introduction {
            one: person(&pair.one),
            other: person(&pair.other),
            need: excerpt(&pair.one.need, 120),
            like: excerpt(&pair.other.need, 120),
            answer: self.visit.user.may_correct().then(|| IntroductionAnswer {
                link: self.visit.link("introductions"),
                csrf: self.visit.token().to_owned(),
                members: [pair.one.member_id, pair.other.member_id],
            }),
        };
        let pairs = introductions::pairs(&said, &self.beside.contacts, &self.beside.introductions, FEW);
        Ok(pairs.into_iter().map(row).collect())
    }

    /// Champions who went quiet, and newcomers whom nobody wrote to.
    async fn members(&self) -> Result<(Vec<MemberRow>, Vec<MemberRow>), Failure> {
        let now = self.visit.clock.now;
        let changes = self.visit.opened.changes(now).await?;
        let (mut champions, mut newcomers) = (Vec::new(), Vec::new());
        for change in &changes.list {
            let person = &changes.roster.people[change.person];
            let member = &person.member;
            let is_asked = |task: &Task| task.template() == "check_in" && task.wanted.member_id == member.member_id;
            if self.beside.written_to.contains(&member.member_id) || self.tasks.list.iter().any(is_asked) {
                continue;
            }
            let row = |why: String, at| MemberRow {
                person: self.visit.person(person),
                member_id: member.member_id.clone(),
                why,
                at,
            };
            match change.kind {
                Move::Quiet if champions.len() < FEW => {
                    if let (Some(role), Some(at)) = (self.beside.roles.get(&member.member_id), member.last_activity_at)
                    {
                        champions.push(row(format!("{}: {}", label(role), change.why), at));
                    }
                }
                Move::New if newcomers.len() < FEW => {
                    let new = SignedDuration::from_hours(24 * today::NEW_DAYS);
                    if let Some(at) = member.first_activity_at.filter(|at| *at > now - new) {
                        newcomers.push(row(format!("new at {}", member.platforms.join(", ")), at));
                    }
                }
                _ => {}
            }
        }
        Ok((champions, newcomers))
    }
}

/// The button that writes a raised hand down, for those who may.
pub(super) fn raised(visit: &Visit, member_id: &str, activity_id: &str, quote: &str, back: &str) -> Option<HandRaised> {
    visit.user.may_correct().then(|| HandRaised {
        link: visit.link("signals"),
        csrf: visit.token().to_owned(),
        member_id: member_id.to_owned(),
        activity_id: activity_id.to_owned(),
        quote: quote.to_owned(),
        back: back.to_owned(),
    })
}

#[derive(Deserialize)]
pub(crate) struct Answered {
    csrf: String,
    task: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    agreed_in: String,
    #[serde(default)]
    covers: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    assign: String,
    #[serde(default)]
    back: String,
}

/// `POST /{workspace}/today`: a task is answered, or given to somebody.
pub(crate) async fn answer(visit: Visit, Form(form): Form<Answered>) -> Answer {
    visit.check_form(&form.csrf)?;
    let now = visit.clock.now;
    let tasks = visit.opened.tasks(now).await?;
    let task = tasks
        .get(&form.task)
        .ok_or_else(|| Failure::Invalid("This task is answered already. Go back and reload.".into()))?;
    let workspace = &visit.opened.workspace;
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let what = if form.assign.is_empty() {
        task.must_decide(workspace, &form.outcome, &visit.user, now).await?;
        let until = some(&form.until).map(|day| day.parse()).transpose();
        let until =
            until.map_err(|_| Failure::Invalid(format!("“{}” is no day: write it as 2026-03-31.", form.until)))?;
        let covers_private = form.covers == "private";
        let by = visit.user.clone();
        let agreed = some(&form.agreed_in).map(|channel| Agreed { channel, covers_private, by });
        let (reason, note) = (some(&form.reason), some(&form.note));
        let word = Word { outcome: form.outcome, reason, until, note, agreed };
        app::answer(workspace, &tasks, &form.task, &word, &visit.user.name, now).await?;
        "task"
    } else {
        task.must_answer(&visit.user)?;
        app::assign(workspace, &tasks, &form.task, &form.to, now).await?;
        "given"
    };
    back(&visit, &form.back, what)
}

#[derive(Deserialize)]
pub(crate) struct Wrote {
    csrf: String,
    member: String,
}

/// `POST /{workspace}/today/wrote`: somebody of the team wrote to a member.
pub(crate) async fn wrote(visit: Visit, Form(form): Form<Wrote>) -> Answer {
    visit.check_form(&form.csrf)?;
    visit.must_correct()?;
    today::wrote_to(&visit.opened.workspace, &form.member, visit.clock.now).await?;
    back(&visit, "", "wrote")
}

#[derive(Deserialize)]
pub(crate) struct Pairing {
    csrf: String,
    #[serde(default)]
    one: String,
    #[serde(default)]
    other: String,
    #[serde(default)]
    outcome: String,
}

/// `POST /{workspace}/introductions`: two members were introduced to each other, or need not be.
pub(crate) async fn introduce(visit: Visit, Form(form): Form<Pairing>) -> Answer {
    visit.check_form(&form.csrf)?;
    visit.must_correct()?;
    let (workspace, by) = (&visit.opened.workspace, &visit.user.name);
    let outcome = Outcome::from_name(&form.outcome)?;
    introductions::answer(workspace, [&form.one, &form.other], outcome, by, visit.clock.now).await?;
    let done = if outcome == Outcome::Introduced { "introduced" } else { "not-a-fit" };
    back(&visit, "", done)
}

#[derive(Deserialize)]
pub(crate) struct Marked {
    csrf: String,
    member: String,
    #[serde(default)]
    activity: String,
    #[serde(default)]
    quote: String,
    #[serde(default)]
    back: String,
}

/// `POST /{workspace}/signals`: a member raised their hand, as somebody of the team saw.
pub(crate) async fn mark(visit: Visit, Form(form): Form<Marked>) -> Answer {
    visit.check_form(&form.csrf)?;
    visit.must_correct()?;
    let activity = Some(form.activity.as_str()).filter(|id| !id.is_empty());
    let by = &visit.user.name;
    axle_app::raised::mark(&visit.opened.workspace, &form.member, activity, &form.quote, by, visit.clock.now).await?;
    back(&visit, &form.back, "hand")
}

/// Back to a page of this workspace, `today` unless it names one.
fn back(visit: &Visit, to: &str, done: &str) -> Answer {
    let own = visit.link("").to_string();
    let inside = to.strip_prefix(&own).unwrap_or(to).trim_start_matches('/');
    let (path, query) = inside.split_once('?').unwrap_or((inside, ""));
    let path = if path.is_empty() { "today" } else { path };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(key, _)| *key != "done");
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let link = pairs.fold(visit.link(&decoded(path)), |link, (key, value)| link.with(decoded(key), decoded(value)));
    Ok(Redirect::to(&link.with("done", done).to_string()).into_response())
}
