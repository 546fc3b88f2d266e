//! Scripted people: what they do is written down day by day, so that a test can say on which day their flywheel turns.
//!
//! Sunita becomes a customer by way of the community (flywheel 1). Peggy helps a deal along inside her bank (2) and later
//! falls silent for a reason (5). Jerry is a new customer (3). Conrad asks and later answers (4). Kathryn teaches her
//! colleagues in a key account (6). Days count back from the end of the simulation. Nobody else writes to them or for
//! them, apart from the teammates Buzz, Alfred, Cleo and Pilar and the member Dana, who act elsewhere too.

use std::io;

use serde_json::{Value, json};

use crate::calendar::Calendar;
use crate::clock::{self, DAY, HOUR};
use crate::crm::{consent, some_account};
use crate::line::{Line, Out};
use crate::names::COMPANY_DOMAIN;
use crate::organizations::Organization;
use crate::people::{Hired, Job, Person, Platform};

/// An organization that a story needs.
#[derive(Debug)]
pub struct OrganizationScript {
    name: &'static str,
    domain: &'static str,
    lifecycle: &'static str,
    plan: Option<&'static str>,
    /// Days before the end.
    customer_ago: Option<i64>,
    key_ago: Option<i64>,
}

/// The organizations of the stories, in the order of their heroes.
pub const ORGANIZATIONS: [OrganizationScript; 5] = [
    organization("Northlake Robotics", "northlake.example", "customer", Some("business"), Some(140), None),
    organization("Harbor and Pine Bank", "harborpine.example", "customer", Some("enterprise"), Some(450), None),
    organization("Juniper Freight", "juniperfreight.example", "customer", Some("team"), Some(200), None),
    organization("Conifer Institute", "conifer.example", "none", None, None, None),
    organization("Kestrel Health", "kestrelhealth.example", "customer", Some("enterprise"), Some(700), Some(330)),
];

const fn organization(
    name: &'static str,
    domain: &'static str,
    lifecycle: &'static str,
    plan: Option<&'static str>,
    customer_ago: Option<i64>,
    key_ago: Option<i64>,
) -> OrganizationScript {
    OrganizationScript { name, domain, lifecycle, plan, customer_ago, key_ago }
}

impl OrganizationScript {
    /// The organization in a calendar.
    pub fn organization(&self, number: usize, calendar: &Calendar) -> Organization {
        let before = |ago: i64| (calendar.end - ago * DAY).max(calendar.start);
        Organization {
            number,
            name: self.name.into(),
            domain: self.domain.into(),
            parent: None,
            lifecycle: self.lifecycle,
            lifecycle_at: before(self.customer_ago.unwrap_or(700)),
            plan: self.plan,
            customer_since: self.customer_ago.map(before),
            churned_at: None,
            key_since: self.key_ago.map(before),
            size: 0.0,
            owner: "Alfred Lowe".into(),
            scripted: true,
        }
    }
}

use Platform::{Crm, Discourse, Github, Meetup, Product, Slack};

/// Name, organization, accounts with the day on which each is opened.
type Role = (&'static str, &'static str, Option<usize>, &'static [(Platform, i64)]);

/// The cast. Their place here is their number.
const CAST: [Role; 12] = [
    ("Sunita", "Rao", Some(0), &[(Product, 320), (Slack, 300), (Meetup, 260), (Crm, 190)]),
    ("Peggy", "Marsh", Some(1), &[(Product, 640), (Slack, 630), (Meetup, 625), (Discourse, 620), (Crm, 550)]),
    ("Jerry", "Voss", Some(2), &[(Product, 200), (Slack, 198), (Meetup, 190)]),
    ("Conrad", "Ekholm", Some(3), &[(Discourse, 151), (Github, 140)]),
    ("Kathryn", "Oduya", Some(4), &[(Product, 600), (Crm, 330), (Slack, 280), (Meetup, 275), (Discourse, 200)]),
    ("Marguerite", "Stein", Some(3), &[(Slack, 127), (Product, 125), (Meetup, 112)]),
    ("Levi", "Tran", Some(1), &[(Product, 432), (Slack, 431)]),
    ("Odile", "Perrin", Some(1), &[(Product, 430), (Slack, 428)]),
    ("Ines", "Falk", Some(4), &[(Product, 140)]),
    ("Bo", "Lindqvist", Some(4), &[(Product, 135)]),
    ("Dana", "Whitfield", None, &[(Slack, 720), (Discourse, 720)]),
    ("Quentin", "Abara", None, &[(Discourse, 160)]),
];

const SUNITA: usize = 0;
const PEGGY: usize = 1;
const JERRY: usize = 2;
const CONRAD: usize = 3;
const KATHRYN: usize = 4;
const MARGUERITE: usize = 5;
const LEVI: usize = 6;
const ODILE: usize = 7;
const INES: usize = 8;
const BO: usize = 9;
const DANA: usize = 10;
const QUENTIN: usize = 11;
const BUZZ: usize = 12;
const ALFRED: usize = 13;
const CLEO: usize = 14;
const PILAR: usize = 15;

/// Teammates whom the stories name.
const STAFF: [(&str, &str, &str); 4] = [
    ("Buzz", "Calloway", "community"),
    ("Alfred", "Lowe", "sales"),
    ("Cleo", "Anand", "success"),
    ("Pilar", "Quintero", "product"),
];

/// The people of the stories.
pub fn cast(calendar: &Calendar) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::new();
    for (first, last, organization, accounts) in CAST {
        let opened = |days: i64| (calendar.end - days * DAY + 9 * HOUR).max(calendar.start);
        let community = |platform: &Platform| !matches!(platform, Product | Crm);
        let first_day = |wanted: &dyn Fn(&Platform) -> bool| {
            accounts.iter().filter(|(platform, _)| wanted(platform)).map(|account| opened(account.1)).min()
        };
        let seen_at = first_day(&|_| true).unwrap_or(calendar.start);
        let joined_at = first_day(&community).unwrap_or(seen_at);
        let mut person = Person::blank(people.len(), first, last, joined_at, calendar.end);
        person.seen_at = seen_at;
        person.scripted = true;
        if let Some(organization) = organization {
            person.work_email = Some(format!("{}@{}", first.to_lowercase(), ORGANIZATIONS[organization].domain));
            let from = (seen_at - 200 * DAY).max(0);
            person.jobs = vec![Job { organization, from, to: None, title: ("Data Engineer", "data"), origin: "crm" }];
        }
        for &(platform, days) in accounts {
            person.open(platform, opened(days), true);
        }
        people.push(person);
    }
    for (first, last, department) in STAFF {
        let mut person = Person::blank(people.len(), first, last, calendar.start, calendar.end);
        person.work_email = Some(format!("{}@{COMPANY_DOMAIN}", first.to_lowercase()));
        person.hired = Some(Hired { from: calendar.start, to: None, department });
        for platform in [Slack, Discourse, Github, Meetup] {
            person.open(platform, calendar.start, true);
        }
        people.push(person);
    }
    people
}

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    let mut story = Story { out, count: 0 };
    story.sunita()?;
    story.peggy()?;
    story.peggy_falls_silent()?;
    story.jerry()?;
    story.conrad()?;
    story.kathryn()
}

/// A script being written. Its methods take the day, counted back from the end.
struct Story<'o, 'w> {
    out: &'o mut Out<'w>,
    count: u32,
}

impl<'w> Story<'_, 'w> {
    fn who(&self, number: usize) -> &'w Person {
        &self.out.world.people[number]
    }

    fn at(&self, days: i64, hour: i64) -> i64 {
        self.out.world.calendar.end - days * DAY + hour * HOUR
    }

    fn id(&mut self, what: &str) -> String {
        self.count += 1;
        format!("story-{what}-{}", self.count)
    }

    fn account(&self, number: usize, days: i64) -> Option<Value> {
        some_account(self.who(number), self.at(days, 12)).cloned()
    }

    /// An activity at 12:00 UTC; returns its id.
    fn act(
        &mut self,
        number: usize,
        on: Platform,
        kind: &str,
        days: i64,
        fill: impl FnOnce(Line) -> Line,
    ) -> io::Result<String> {
        self.act_at(number, on, kind, self.at(days, 12), fill)
    }

    fn act_at(
        &mut self,
        number: usize,
        on: Platform,
        kind: &str,
        at: i64,
        fill: impl FnOnce(Line) -> Line,
    ) -> io::Result<String> {
        let id = self.id("act");
        let written = self.out.act(self.who(number), on, kind, &id, at, fill)?;
        debug_assert!(written, "{} cannot do {kind} then", self.who(number).name);
        Ok(id)
    }

    fn join_chat(&mut self, number: usize) -> io::Result<()> {
        let since = self.who(number).since(Slack).unwrap_or_default();
        self.act_at(number, Slack, "slack:space:joined", since, |line| line.put("channel", "C01GENERAL")).map(|_| ())
    }

    fn say(&mut self, number: usize, days: i64, text: &str) -> io::Result<String> {
        self.act(number, Slack, "chat:message:sent", days, |line| line.put("channel", "C01GENERAL").put("text", text))
    }

    fn attend(&mut self, number: usize, days: i64, name: &str) -> io::Result<()> {
        self.attend_as(number, days, name, "meetup", "guest")
    }

    /// An event held for the story, with this one person in the records.
    fn attend_as(&mut self, number: usize, days: i64, name: &str, kind: &str, role: &str) -> io::Result<()> {
        let (id, at) = (self.id("event"), self.at(days, 12));
        let line = Line::of("event", "meetup").put("id", id.as_str()).put("name", name).put("kind", kind);
        self.out.fact(at, line.at("starts_at", at).at("ends_at", at + HOUR).put("host", "Buzz Calloway"))?;
        let Some(identity) = self.who(number).account_at(Meetup, at).cloned() else { return Ok(()) };
        let line = Line::of("attendance", "meetup").put("event", id.as_str()).put("identity", identity);
        let line = line.put("state", "attended").at("at", at).put("role", role).put("minutes", 55);
        self.out.fact(at, line.put("channel", "events")).map(|_| ())
    }

    fn sign_up(&mut self, number: usize, plan: &str) -> io::Result<()> {
        let person = self.who(number);
        let (Some(since), Some(user)) = (person.since(Product), person.identity(Product)) else { return Ok(()) };
        let organization = person.organization_at(since).map(|number| format!("org-{number}"));
        let line = Line::of("product_user", "product").put("user", user.clone()).at("signup_at", since);
        self.out.fact(since, line.put("plan", plan).maybe("organization", organization)).map(|_| ())
    }

    fn use_product(&mut self, number: usize, days: i64, name: &str, features: &[&str]) -> io::Result<()> {
        let at = self.at(days, 14);
        let Some(user) = self.who(number).account_at(Product, at).cloned() else { return Ok(()) };
        for feature in features {
            let line = Line::of("product_event", "product").put("id", self.id("use")).put("user", user.clone());
            self.out.fact(at, line.at("at", at).put("name", name).put("feature", *feature))?;
        }
        Ok(())
    }

    fn milestone(&mut self, number: usize, days: i64, milestone: &str) -> io::Result<()> {
        let at = self.at(days, 15);
        let Some(user) = self.who(number).account_at(Product, at).cloned() else { return Ok(()) };
        let line = Line::of("product_event", "product").put("id", self.id("use")).put("user", user).at("at", at);
        self.out.fact(at, line.put("name", milestone).put("milestone", milestone)).map(|_| ())
    }

    fn note(&mut self, number: usize, days: i64, author: usize, text: &str) -> io::Result<()> {
        let (at, identity) = (self.at(days, 15), self.account(number, days));
        let line = Line::of("note", "axle").put("id", self.id("note")).maybe("identity", identity).put("text", text);
        let author = self.who(author).name.as_str();
        self.out.fact(at, line.put("author", author).put("visibility", "team").at("at", at)).map(|_| ())
    }

    /// Away from one day until the day of the return, told of a week before.
    fn away(&mut self, number: usize, (from, back): (i64, i64), reason: &str) -> io::Result<()> {
        let Some(identity) = self.account(number, from) else { return Ok(()) };
        let (from, back, told) = (self.at(from, 0), self.at(back, 0), self.at(from + 7, 10));
        let line = Line::of("absence", "axle").put("identity", identity).on("from", from).on("to", back);
        let line = line.put("reason", reason).put("by", "Buzz Calloway").at("told_at", told);
        self.out.fact(told, line).map(|_| ())
    }

    /// A task of a flywheel about `number` that somebody did, with what came of it: `flywheel/step/task`.
    fn task(&mut self, task: &str, number: usize, days: i64, assignee: usize, outcome: &str) -> io::Result<()> {
        self.task_then(task, number, days, assignee, outcome, |line| line)
    }

    fn task_then(
        &mut self,
        task: &str,
        number: usize,
        days: i64,
        assignee: usize,
        outcome: &str,
        fill: impl FnOnce(Line) -> Line,
    ) -> io::Result<()> {
        let mut parts = task.split('/');
        let mut part = || parts.next().unwrap_or_default();
        let (flywheel, step, kind, at) = (part(), part(), part(), self.at(days, 16));
        let organization = self.who(number).jobs.first().map(|job| format!("org-{}", job.organization));
        let line = Line::of("task", "axle").put("id", self.id("task")).put("kind", kind);
        let line = line.put("flywheel", flywheel).put("step", step).maybe("organization", organization);
        let line = line.put("assignee", self.who(assignee).name.as_str()).on("due_at", at).put("state", "done");
        let line = line.maybe("identity", self.account(number, days)).at("done_at", at);
        self.out.fact(at, fill(line.put("outcome", outcome))).map(|_| ())
    }

    fn push(&mut self, kind: &str, department: &str, number: usize, days: i64) -> io::Result<()> {
        let at = self.at(days, 11);
        let subjects: Vec<_> = self.account(number, days).into_iter().collect();
        let line = Line::of("push", "axle").put("id", self.id("push")).at("at", at).put("kind", kind);
        self.out.fact(at, line.put("department", department).put("subjects", subjects)).map(|_| ())
    }

    fn role(
        &mut self,
        number: usize,
        role: &str,
        days: i64,
        consent_id: Option<&str>,
        deal: Option<&str>,
    ) -> io::Result<()> {
        let at = self.at(days, 0);
        let Some(identity) = self.account(number, days) else { return Ok(()) };
        let organization = self.who(number).jobs.first().map(|job| format!("org-{}", job.organization));
        let line = Line::of("role", "axle").put("identity", identity).put("role", role).on("from", at);
        let line = line.maybe("organization", organization).maybe("deal", deal).maybe("consent", consent_id);
        self.out.fact(at, line.put("by", "Buzz Calloway")).map(|_| ())
    }

    /// A deal that is won; `days` are those of creation, the stages between, and the close.
    fn deal(&mut self, id: &str, number: usize, days: &[i64], amount: i64, motion: &str) -> io::Result<()> {
        let names = ["qualification", "evaluation", "negotiation", "closed_won"];
        let stages: Vec<_> = names
            .iter()
            .zip(days)
            .map(|(stage, &days)| json!({"stage": stage, "at": clock::instant(self.at(days, 10))}))
            .collect();
        let (created_at, closed_at) = (self.at(days[0], 10), self.at(days[days.len() - 1], 10));
        let organization = self.who(number).jobs.first().map(|job| job.organization).unwrap_or_default();
        let contacts: Vec<_> = self
            .account(number, days[0])
            .into_iter()
            .map(|identity| json!({"identity": identity, "role": "champion"}))
            .collect();
        let line = Line::of("deal", "crm").put("id", id).put("organization", format!("org-{organization}"));
        let line = line.put("name", ORGANIZATIONS[organization].name).put("amount", amount).put("currency", "EUR");
        let line = line.at("created_at", created_at).put("stage", "closed_won").put("stages", stages);
        let line = line.at("closed_at", closed_at).put("won", true).put("motion", motion).put("owner", "Alfred Lowe");
        self.out.fact(created_at, line.put("contacts", contacts))?;
        let line = Line::of("subscription", "crm").put("id", format!("sub-{id}"));
        let line = line.put("organization", format!("org-{organization}")).on("started_at", closed_at);
        let line = line.maybe("plan", ORGANIZATIONS[organization].plan).put("mrr", amount / 12).put("currency", "EUR");
        self.out.fact(closed_at, line).map(|_| ())
    }

    /// A question, and its answer some hours later. Returns the ids of both.
    fn question(
        &mut self,
        (asker, answerer): (usize, usize),
        on: Platform,
        days: i64,
        hours: i64,
        texts: [&str; 3],
    ) -> io::Result<(String, String)> {
        let [title, text, reply] = texts;
        let channel = if on == Slack { "C02HELP" } else { "4" };
        let thread = self.id("thread");
        let asked = self.at(days, 12);
        self.out.act(self.who(asker), on, "question:asked", &thread, asked, |line| {
            let line = line.put("channel", channel).put("thread", thread.as_str());
            line.put("title", title).put("text", text)
        })?;
        let to = self.who(asker).identity(on).cloned();
        let answer = self.act_at(answerer, on, "question:answered", asked + hours * HOUR, |line| {
            let line = line.put("channel", channel).put("thread", thread.as_str()).put("parent", thread.as_str());
            line.put("text", reply).maybe("counterparts", to.map(|to| vec![to]))
        })?;
        Ok((thread, answer))
    }

    fn sunita(&mut self) -> io::Result<()> {
        self.sign_up(SUNITA, "free")?;
        self.join_chat(SUNITA)?;
        self.use_product(SUNITA, 300, "run_finished", &["schedules"])?;
        self.use_product(SUNITA, 270, "run_finished", &["schedules", "retries"])?;
        self.attend(SUNITA, 250, "Data meetup Stockholm")?;
        self.attend(SUNITA, 226, "Office hours: alerts")?;
        self.use_product(SUNITA, 215, "run_finished", &["schedules", "retries", "alerts", "lineage", "backfills"])?;
        self.use_product(SUNITA, 204, "limit_reached", &["schedules"])?;
        let quote = "We keep hitting the limit. I think we need a higher plan, who can I talk to?";
        let activity = self.say(SUNITA, 202, quote)?;
        self.note(SUNITA, 202, BUZZ, "Mentioned needing a higher plan. Likes to be written to, hates cold calls.")?;
        self.signal(SUNITA, self.at(202, 16), quote, activity)?;
        self.task("community_qualified_leads/signals_need/qualify", SUNITA, 201, BUZZ, "qualified")?;
        let at = self.at(200, 12);
        consent(self.out, self.who(SUNITA), "hand_off", at, "story-consent-sunita")?;
        self.task("community_qualified_leads/introduction/ask_consent", SUNITA, 199, BUZZ, "introduced")?;
        // She is a customer by way of it: Alfred is there for her for as long as the demo is looked at.
        let sentence =
            "Buzz tells me that you keep hitting the limit: shall I write down what the next plan would mean for you?";
        let line = Line::of("hand_off", "axle").at("expires_at", self.at(-365, 0)).put("first_sentence", sentence);
        let line = line.put("note", "Knows exactly what she wants. Write, do not call.");
        self.hand_over(SUNITA, [201, 198, 197], "story-consent-sunita", line)?;
        self.push("outreach", "sales", SUNITA, 196)?;
        self.task("community_qualified_leads/sales_helps/first_contact", SUNITA, 196, ALFRED, "talked")?;
        self.deal("story-deal-sunita", SUNITA, &[190, 175, 155, 140], 1_800_000, "self_serve")?;
        self.refer(SUNITA, MARGUERITE, 128, "sales_intro")?;
        self.note(
            SUNITA,
            128,
            ALFRED,
            "Introduces Marguerite Stein of the Conifer Institute to me: same limits, same plan.",
        )?;
        self.task("community_qualified_leads/tells_refers/thank_referrer", SUNITA, 126, BUZZ, "thanked")?;
        let text = "How we moved our robots' telemetry over in six weeks, and what I would do differently.";
        self.act(SUNITA, Slack, "story:testimonial:given", 120, |line| line.put("text", text))?;
        self.marguerite()
    }

    /// Whom Sunita brought: she looks around, and in the last weeks is on her way to Alfred herself.
    fn marguerite(&mut self) -> io::Result<()> {
        self.join_chat(MARGUERITE)?;
        self.sign_up(MARGUERITE, "free")?;
        self.use_product(MARGUERITE, 124, "run_finished", &["schedules"])?;
        self.attend(MARGUERITE, 110, "Office hours: retries")?;
        self.use_product(MARGUERITE, 95, "run_finished", &["schedules", "retries"])?;
        let quote = "Sunita told me that the next plan ended her troubles with the limit. Whom do I ask about it?";
        let activity = self.say(MARGUERITE, 20, quote)?;
        self.signal(MARGUERITE, self.at(20, 16), quote, activity)?;
        self.task("community_qualified_leads/signals_need/qualify", MARGUERITE, 19, BUZZ, "qualified")?;
        let (at, id) = (self.at(18, 12), "story-consent-marguerite");
        consent(self.out, self.who(MARGUERITE), "hand_off", at, id)?;
        self.task("community_qualified_leads/introduction/ask_consent", MARGUERITE, 18, BUZZ, "introduced")?;
        let sentence = "Sunita Rao asked me to write to you: which of her limits is it that you hit?";
        let line = Line::of("hand_off", "axle").at("expires_at", self.at(-365, 0)).put("first_sentence", sentence);
        let line = line.put("note", "A friend of Sunita's; was at the office hours in spring.");
        self.hand_over(MARGUERITE, [19, 17, 16], id, line)?;
        self.push("outreach", "sales", MARGUERITE, 15)?;
        self.task("community_qualified_leads/sales_helps/first_contact", MARGUERITE, 15, ALFRED, "talked")
    }

    /// An explicit signal that Buzz wrote down.
    fn signal(&mut self, number: usize, at: i64, quote: &str, activity: String) -> io::Result<()> {
        let id = self.id("signal");
        let Some(member) = some_account(self.who(number), at).cloned() else { return Ok(()) };
        let line = Line::of("signal", "axle").put("id", id).at("at", at).put("member", member).put("kind", "explicit");
        let line = line.put("quote", quote).put("activity", activity).put("recorded_by", "Buzz Calloway");
        self.out.fact(at, line).map(|_| ())
    }

    /// A dossier that goes to Alfred: on which days the lead was qualified, the dossier sent, and opened and accepted. `line`
    /// says the rest.
    fn hand_over(
        &mut self,
        number: usize,
        [qualified, sent, accepted]: [i64; 3],
        consent_id: &str,
        line: Line,
    ) -> io::Result<()> {
        let Some(identity) = self.account(number, sent) else { return Ok(()) };
        let organization = self.who(number).jobs.first().map(|job| format!("org-{}", job.organization));
        let sent_at = self.at(sent, 9);
        let line = line.put("id", self.id("hand-off")).put("identity", identity);
        let line = line.maybe("organization", organization).put("flywheel", "community_qualified_leads");
        let line = line.at("qualified_at", self.at(qualified, 16)).at("sent_at", sent_at).at("told_at", sent_at);
        let line = line.put("from", "Buzz Calloway").put("to", "Alfred Lowe").put("complete", true);
        let line = line.at("opened_at", self.at(accepted, 10)).at("accepted_at", self.at(accepted, 10) + 300);
        self.out.fact(sent_at, line.put("consent", consent_id)).map(|_| ())
    }

    /// `inviter` invites somebody who comes with their first account.
    fn refer(&mut self, inviter: usize, guest: usize, days: i64, kind: &str) -> io::Result<()> {
        let (sent_at, accepted_at) = (self.at(days, 12), self.who(guest).joined_at);
        let (Some(from), Some(to)) = (self.account(inviter, days), some_account(self.who(guest), accepted_at).cloned())
        else {
            return Ok(());
        };
        let id = self.id("invite");
        let line = Line::of("invite", "axle").put("id", id.as_str()).put("inviter", from);
        let line = line.put("recipient", format!("r-{id}")).at("sent_at", sent_at).at("accepted_at", accepted_at);
        self.out.fact(sent_at, line.put("accepted_by", to).put("kind", kind)).map(|_| ())
    }

    fn peggy(&mut self) -> io::Result<()> {
        self.sign_up(PEGGY, "free")?;
        self.use_product(PEGGY, 638, "run_finished", &["schedules", "secrets"])?;
        self.join_chat(PEGGY)?;
        self.say(PEGGY, 628, "Hello from the data platform team of a bank. We are looking around.")?;
        self.say(PEGGY, 622, "Does anybody run this with two separate networks?")?;
        self.attend(PEGGY, 610, "Office hours: environments")?;
        for (days, text) in
            [(605, "Use two environments and one agent each."), (597, "We wrote that up, see the forum.")]
        {
            self.act(PEGGY, Slack, "question:answered", days, |line| line.put("channel", "C02HELP").put("text", text))?;
        }
        self.act(PEGGY, Meetup, "talk:given", 590, |line| line.put("title", "Pipelines under audit"))?;
        // Her presence is as usual when she is to be asked, and she is no champion who falls silent at once.
        for days in (450..=580).step_by(10) {
            self.say(PEGGY, days, "We try this on two networks, and tell you how it goes.")?;
        }
        self.note(PEGGY, 588, BUZZ, "Long talk after her presentation. Wants to bring Tidewheel into the bank.")?;
        // A month begins between her talk and this: scores are looked at then, and she is near enough to be a champion.
        self.task("deal_champions/nurtured/nurture", PEGGY, 551, ALFRED, "prospect")?;
        self.task("deal_champions/prospect/check_members", PEGGY, 549, BUZZ, "found")?;
        let at = self.at(542, 12);
        consent(self.out, self.who(PEGGY), "hand_off", at, "story-consent-peggy")?;
        let deal = "story-deal-peggy";
        self.deal(deal, PEGGY, &[546, 520, 480, 450], 9_600_000, "high_touch")?;
        self.role(PEGGY, "deal_champion", 541, Some("story-consent-peggy"), Some(deal))?;
        self.task("deal_champions/introduced/introduce", PEGGY, 538, BUZZ, "meeting held")?;
        for (days, kind, text) in [
            (515, "champion:internal_advocacy:done", "Ran a demo for risk and compliance"),
            (500, "champion:intro:made", "Introduced Alfred to the head of platform"),
            (470, "champion:internal_advocacy:done", "Told us that procurement needs the audit report first"),
        ] {
            self.act(PEGGY, Crm, kind, days, |line| {
                line.put("text", text).put("object", json!({"kind": "deal", "id": deal}))
            })?;
        }
        self.attend_as(PEGGY, 440, "Kickoff with Harbor and Pine Bank", "kickoff", "guest")?;
        self.task("deal_champions/closes/thank", PEGGY, 439, BUZZ, "thanked")?;
        for colleague in [LEVI, ODILE] {
            self.refer(PEGGY, colleague, 434, "member")?;
            self.sign_up(colleague, "enterprise")?;
            self.join_chat(colleague)?;
            self.use_product(colleague, 425, "run_finished", &["schedules"])?;
        }
        for (colleague, text) in [
            (LEVI, "Which of the two networks does the agent have to be in?"),
            (ODILE, "Who may see the secrets of an environment?"),
        ] {
            let texts = ["At the bank", text, "That is written in the page on environments, I'll show you tomorrow."];
            self.question((colleague, PEGGY), Slack, 424, 3, texts)?;
            self.use_product(colleague, 410, "run_finished", &["schedules", "environments"])?;
        }
        Ok(())
    }

    /// A round of champions, and what Peggy says around it.
    fn tidemakers(&mut self, days: i64, number: i64) -> io::Result<()> {
        self.attend(PEGGY, days, &format!("Tidemakers round {number}"))?;
        for (after, text) in [
            (3, "Happy to help with that, we had it too."),
            (4, "Yes, that is the one."),
            (6, "We do it with environments, works well at the bank."),
            (8, "Good write-up, thank you."),
            (10, "See you at the next round."),
        ] {
            self.say(PEGGY, days - after, text)?;
        }
        Ok(())
    }

    /// Fifteen rounds in six months, then none: the bank is busy. Five more, then none: something is wrong, and it is the
    /// product.
    fn peggy_falls_silent(&mut self) -> io::Result<()> {
        let at = self.at(432, 12);
        consent(self.out, self.who(PEGGY), "recognition", at, "story-consent-peggy-champion")?;
        self.role(PEGGY, "champion", 431, Some("story-consent-peggy-champion"), None)?;
        for number in 0..15 {
            self.tidemakers(428 - number * 12, number + 1)?;
        }
        self.push("outreach", "community", PEGGY, 216)?;
        let until = self.at(200, 0);
        let busy = |line: Line| line.on("until", until).put("reason", "busy");
        self.task_then("champion_health/contacted/what_came", PEGGY, 214, BUZZ, "busy", busy)?;
        self.note(PEGGY, 214, BUZZ, "Year end at the bank, all hands on deck. Asked us to come back in two weeks.")?;
        for number in 0..5 {
            self.tidemakers(198 - number * 12, number + 16)?;
        }
        self.push("outreach", "community", PEGGY, 105)?;
        let concern = |line: Line| line.put("reason", "feedback");
        self.task_then("champion_health/contacted/what_came", PEGGY, 103, BUZZ, "concern", concern)?;
        self.note(
            PEGGY,
            101,
            BUZZ,
            "She stopped because the audit log cannot be exported. Not angry, tired of asking.",
        )?;
        let text = "Without an export of the audit log I cannot recommend the next step to my colleagues.";
        let activity =
            self.act(PEGGY, Discourse, "feedback:submitted", 100, |line| line.put("channel", "6").put("text", text))?;
        let shipped_at = self.at(50, 10);
        let line = Line::of("shipped_item", "github").put("id", "story-ship-audit").at("shipped_at", shipped_at);
        let author = self.who(PILAR).account_at(Github, shipped_at).cloned();
        let line = line.put("title", "Export of the audit log").put("feedback", vec!["story-feedback-peggy"]);
        self.out.fact(shipped_at, line.maybe("author", author))?;
        let at = self.at(100, 12);
        let author = self.who(PEGGY).account_at(Discourse, at).cloned();
        let line = Line::of("feedback", "discourse").put("id", "story-feedback-peggy").at("at", at);
        let line = line.maybe("author", author).put("kind", "concern").put("topic", "audit log").put("text", text);
        let line = line.put("activity", activity).put("state", "shipped").at("decided_at", self.at(85, 10));
        let line = line.put("shipped_item", "story-ship-audit").at("communicated_at", self.at(48, 12));
        self.out.fact(at, line)?;
        self.task("champion_health/resolved/tell", PEGGY, 48, BUZZ, "told")?;
        for days in [46, 43, 40, 37, 33, 29, 26, 22, 19, 16] {
            self.say(PEGGY, days, "The audit export works for us. Back in business!")?;
        }
        self.attend(PEGGY, 35, "Tidemakers round 21")
    }

    fn jerry(&mut self) -> io::Result<()> {
        self.sign_up(JERRY, "team")?;
        for (kind, minute) in [("shown", 10), ("clicked", 11)] {
            let at = self.at(198, 8) + minute * 60;
            let Some(user) = self.who(JERRY).account_at(Product, at).cloned() else { continue };
            let line = Line::of("signpost", "product").put("id", self.id("signpost")).put("signpost", "empty-state");
            self.out.fact(at, line.put("kind", kind).at("at", at).put("user", user))?;
        }
        self.join_chat(JERRY)?;
        self.use_product(JERRY, 199, "run_finished", &["schedules"])?;
        let texts = [
            "Freight rates as a source",
            "Our rates come as a spreadsheet by mail. What is the sane way to load them?",
            "Put them into a bucket and use the file trigger. We do that with forty suppliers.",
        ];
        let (thread, answer) = self.question((JERRY, DANA), Slack, 195, 3, texts)?;
        self.act_at(JERRY, Slack, "chat:message:sent", self.at(195, 17), |line| {
            line.put("channel", "C02HELP")
                .put("thread", thread)
                .put("parent", answer)
                .put("text", "That works, thank you Dana!")
        })?;
        self.milestone(JERRY, 194, "source_connected")?;
        self.milestone(JERRY, 193, "first_run")?;
        self.attend(JERRY, 180, "Office hours: backfills")?;
        self.use_product(JERRY, 178, "run_finished", &["schedules", "backfills", "alerts", "environments"])?;
        self.use_product(JERRY, 150, "run_finished", &["schedules", "backfills", "alerts", "environments", "lineage"])?;
        for days in [140, 110, 80] {
            self.say(JERRY, days, "We now load every supplier that way. Ask me if you want the template.")?;
        }
        let quote = "Is single sign-on only in the enterprise plan? My manager asks.";
        let activity = self.say(JERRY, 60, quote)?;
        self.signal(JERRY, self.at(60, 13), quote, activity)
    }

    fn conrad(&mut self) -> io::Result<()> {
        let joined = self.who(CONRAD).joined_at;
        self.act_at(CONRAD, Discourse, "forum:space:joined", joined, |line| line)?;
        let texts = [
            "Sensor data that arrives late",
            "Our field stations send data days later. How do I load it without counting it twice?",
            "Set a primary key and `on_conflict: update`, then late rows simply replace earlier ones.",
        ];
        let (thread, answer) = self.question((CONRAD, KATHRYN), Discourse, 150, 3, texts)?;
        let asker = self.who(CONRAD).identity(Discourse).cloned();
        self.act(KATHRYN, Discourse, "answer:accepted", 149, |line| {
            let line = line.put("channel", "4").put("thread", thread.as_str()).put("parent", answer.as_str());
            line.maybe("counterparts", asker.map(|asker| vec![asker]))
        })?;
        self.thank(KATHRYN, &thread, &answer, 148)?;
        self.task("knowledge_sharing/answered/thank", CONRAD, 148, BUZZ, "thanked")?;
        for (days, text) in [
            (135, "Reading along and learning."),
            (118, "We have the late data under control now."),
            (101, "Same here."),
        ] {
            self.act(CONRAD, Discourse, "forum:post:replied", days, |line| line.put("channel", "5").put("text", text))?;
        }
        self.act(CONRAD, Github, "github:repo:starred", 139, |line| line.put("channel", "tidewheel/tidewheel"))?;
        let texts = [
            "Late files from partners",
            "Some of our partners deliver a week late. Anybody with a good pattern?",
            "I had the same with field stations: a primary key and `on_conflict: update`, see my topic from spring.",
        ];
        let (thread, answer) = self.question((QUENTIN, CONRAD), Discourse, 80, 5, texts)?;
        self.thank(CONRAD, &thread, &answer, 78)?;
        let text = "The key did it: last week's files came twice, and nothing was counted twice.";
        self.act(QUENTIN, Discourse, "forum:post:replied", 60, |line| line.put("channel", "5").put("text", text))
            .map(|_| ())
    }

    /// A teammate's thanks under an answer: a like and a word.
    fn thank(&mut self, helper: usize, thread: &str, answer: &str, days: i64) -> io::Result<()> {
        let to = self.who(helper).identity(Discourse).cloned();
        let copy = to.clone();
        self.act(BUZZ, Discourse, "forum:post:liked", days, |line| {
            let line = line.put("channel", "4").put("thread", thread).put("parent", answer);
            line.maybe("counterparts", copy.map(|to| vec![to]))
        })?;
        self.act_at(BUZZ, Discourse, "forum:post:replied", self.at(days, 13), |line| {
            let line = line.put("channel", "4").put("thread", thread).put("parent", answer);
            line.put("text", "Thank you for helping!").maybe("counterparts", to.map(|to| vec![to]))
        })?;
        Ok(())
    }

    fn kathryn(&mut self) -> io::Result<()> {
        self.sign_up(KATHRYN, "enterprise")?;
        self.use_product(KATHRYN, 590, "run_finished", &["schedules", "single sign-on", "audit log"])?;
        for days in [345, 341, 337, 333, 329] {
            self.use_product(KATHRYN, days, "run_finished", &["lineage"])?;
        }
        self.role(KATHRYN, "key_member", 325, None, None)?;
        self.task("key_account_champions/identified/name_members", KATHRYN, 325, CLEO, "named")?;
        self.push("cs_touch", "success", KATHRYN, 305)?;
        self.note(
            KATHRYN,
            305,
            CLEO,
            "Value touch: walked through lineage for the patient registry. She wants to teach it.",
        )?;
        self.refer(BUZZ, KATHRYN, 290, "member")?;
        self.push("invitation", "community", KATHRYN, 290)?;
        self.join_chat(KATHRYN)?;
        let texts = [
            "Lineage across two projects",
            "Our registry and our reports are two projects. How do I see where a column comes from?",
            "Subscribe to the dataset and the graph goes through. We have eight projects like that.",
        ];
        self.question((KATHRYN, DANA), Slack, 270, 2, texts)?;
        self.attend(KATHRYN, 262, "Data meetup London")?;
        self.attend_as(KATHRYN, 240, "In-depth tutorial: lineage", "tutorial", "guest")?;
        self.push("cs_touch", "success", KATHRYN, 225)?;
        self.note(KATHRYN, 225, CLEO, "One-to-one: use case of the registry, next the teams in two hospitals.")?;
        let at = self.at(200, 12);
        if let Some(identity) = self.who(KATHRYN).account_at(Slack, at).cloned() {
            let line = Line::of("enrollment", "axle").put("program", "beta").put("identity", identity.clone());
            self.out.fact(at, line.put("state", "active").at("at", at))?;
            let at = self.at(190, 12);
            let line = Line::of("feedback", "slack").put("id", "story-feedback-kathryn").at("at", at);
            let line = line.put("author", identity).put("kind", "request").put("topic", "lineage");
            let text = "In the beta, please show who owns a column.";
            self.out.fact(at, line.put("text", text).put("state", "planned").at("decided_at", self.at(176, 9)))?;
        }
        self.away(KATHRYN, (188, 170), "Paper at a conference, then a week off.")?;
        self.attend_as(KATHRYN, 150, "Kestrel Health: Kathryn teaches lineage", "teaching", "host")?;
        self.note(KATHRYN, 150, CLEO, "Taught eleven colleagues herself, with our kit. Two signed up the same week.")?;
        self.task("key_account_champions/taught/thank", KATHRYN, 149, BUZZ, "thanked")?;
        for colleague in [INES, BO] {
            self.sign_up(colleague, "enterprise")?;
            self.use_product(colleague, 130, "run_finished", &["schedules", "lineage"])?;
        }
        let id = "story-consent-kathryn-champion";
        consent(self.out, self.who(KATHRYN), "recognition", self.at(121, 12), id)?;
        self.role(KATHRYN, "champion", 120, Some(id), None)
    }
}
