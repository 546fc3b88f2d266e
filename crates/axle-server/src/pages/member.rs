//! One member: who they are, where they stand and why, and everything they did.

use askama::Template;
use jiff::Timestamp;

use crate::chart::Chart;
use crate::filters;
use crate::link::{Link, WebUrl};
use crate::pages::absences::Absences;
use crate::pages::decided::{AffiliationWords, Changes};
use crate::pages::hand_offs::Consents;
use crate::pages::layout::Layout;
use crate::pages::members::Gauge;
use crate::pages::parts::{Level, MemberKind, Pager, Person};
use crate::pages::people::{BotWord, TeammateWord};
use crate::pages::reading::Wrong;
use crate::pages::roles::Roles;
use crate::pages::tags::Tags;
use crate::pages::today::HandRaised;
use crate::pages::typed::Typed;

/// `GET /{workspace}/members/{member_id}`
#[derive(Debug, Clone, Template)]
#[template(path = "member.html")]
pub struct MemberPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address, with `kind` when the timeline is filtered; `cursor` leads to older activities.
    pub here: Link,
    /// As they call themselves.
    pub name: String,
    /// What they are to the community.
    pub kind: MemberKind,
    /// Where they stand.
    pub level: Level,
    /// Why they stand there.
    pub reason: LevelReason,
    /// Decayed love.
    pub love: f64,
    /// Strength of their connections together.
    pub reach: f64,
    /// Their rhythm.
    pub presence: Gauge,
    /// Their first and latest counted activity.
    pub active: Option<(Timestamp, Timestamp)>,
    /// On how many of the last 30, 90 and 365 days they were active.
    pub active_days: [u32; 3],
    /// Counted activities in all.
    pub activities: u64,
    /// Their accounts at the sources.
    pub identities: Vec<IdentityLine>,
    /// Where it is said that some of them are another person; `None` for who may not, or when there is but one.
    pub split: Option<Link>,
    /// Where it is said that they are the same as another member; `None` for who may not.
    pub merge: Option<Link>,
    /// Where it is asked who may be the same person, which takes a while after an import; `None` for who may not decide it.
    pub duplicates: Option<Link>,
    /// Where they work and worked, today's first.
    pub organizations: Vec<Affiliation>,
    /// What people said of that, and the forms that say more.
    pub affiliations: AffiliationWords,
    /// What they are and were to us; `None` where there is nothing to say.
    pub roles: Option<Roles>,
    /// What they are tagged with; `None` where there is nothing to say.
    pub tags: Option<Tags>,
    /// Where they stand in the flywheels, and stood.
    pub runs: Vec<RunOf>,
    /// Whom they deal with most.
    pub connections: Vec<Connection>,
    /// With how many they are connected in all.
    pub connections_total: u64,
    /// What colleagues wrote about them.
    pub notes: Vec<Note>,
    /// Where another note is sent, for those who may write one.
    pub note_down: Option<Link>,
    /// Where a note is taken back.
    pub notes_link: Link,
    /// What was sent and cannot be, to be mended.
    pub typed: Typed,
    /// What they allow.
    pub consents: Consents,
    /// When they are and were away; `None` for whoever is no champion.
    pub absences: Option<Absences>,
    /// Whether they are a program, and who may say otherwise.
    pub bot: BotWord,
    /// The button that says that they raised their hand.
    pub raised: Option<HandRaised>,
    /// When they are and were a teammate, and who may say otherwise.
    pub teammate: TeammateWord,
    /// What people said of either, with undo; no lines for who may not say.
    pub words: Changes,
    /// What they asked, worried about and praised, as Axle read it.
    pub said: Vec<SaidGroup>,
    /// Others who need the like: whom to introduce.
    pub similar_needs: Vec<SimilarNeed>,
    /// Love and active days over time; none when there is too little to draw.
    pub charts: Vec<Chart>,
    /// Kinds of activity with their number, to filter the timeline by.
    pub kinds: Vec<TimelineKind>,
    /// The timeline by local day, newest first.
    pub timeline: Vec<TimelineDay>,
    /// The foot of the timeline.
    pub pager: Pager,
}

/// A run of the member.
#[derive(Debug, Clone)]
pub struct RunOf {
    /// Its page.
    pub link: Link,
    /// Name of the flywheel.
    pub flywheel: String,
    /// Where it is, or ended.
    pub step: String,
    /// `Active`, `Completed`
    pub state: String,
    /// When it came there, or ended.
    pub at: Timestamp,
    /// It has ended.
    pub is_past: bool,
}

/// What justifies a step.
#[derive(Debug, Clone)]
pub struct LevelReason {
    /// One sentence: `Opened a pull request (weight 8) within the last year.`
    pub sentence: String,
    /// The activities or periods that it rests on.
    pub evidence: Vec<Evidence>,
    /// Held from an earlier check: the instant of the next one, at which the level may fall.
    pub held_until: Option<Timestamp>,
    /// What would take them a step further.
    pub next: Option<String>,
}

/// One activity or period behind a step.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// `Pull request #482 opened`, `March 2026: 9 active days`.
    pub text: String,
    /// Where it can be seen.
    pub url: Option<WebUrl>,
    /// When it was, for an activity.
    pub at: Option<Timestamp>,
}

/// One account.
#[derive(Debug, Clone)]
pub struct IdentityLine {
    /// Sent back when it is split off.
    pub identity_id: u32,
    /// Whether it would go with the one that was asked to be split off.
    pub is_chosen: bool,
    /// Where.
    pub platform: String,
    /// Under which name.
    pub handle: String,
    /// Name and address there, as far as they are not said already.
    pub more: Vec<String>,
    /// Why it counts as theirs, with each account that it is joined to: `same verified address (with forum lovelace)`.
    pub reason: String,
    /// Their profile there.
    pub url: Option<WebUrl>,
}

/// A job.
#[derive(Debug, Clone)]
pub struct Affiliation {
    /// Public id of the organization, sent back with what is said of it.
    pub organization_id: String,
    /// The organization.
    pub name: String,
    /// Its page.
    pub link: Link,
    /// What they do there.
    pub title: Option<String>,
    /// On which days and how it is known, what outranks the others first: `since 3 Mar 2024, listed by a source`.
    pub known: String,
    /// They are there today.
    pub is_current: bool,
}

/// Someone they deal with.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Who.
    pub person: Person,
    /// Decayed strength.
    pub strength: f64,
    /// The month of the latest meeting: `Feb 2026`.
    pub last: String,
}

impl Connection {
    fn strength(&self) -> String {
        crate::format::number(self.strength)
    }
}

/// What a member said of one kind.
#[derive(Debug, Clone)]
pub struct SaidGroup {
    /// `Questions`.
    pub title: &'static str,
    /// The icon's name.
    pub icon: &'static str,
    /// Newest first.
    pub lines: Vec<SaidLine>,
}

/// One thing that a member said.
#[derive(Debug, Clone)]
pub struct SaidLine {
    /// Its title or first words.
    pub words: String,
    /// Where it can be read.
    pub url: Option<WebUrl>,
    /// The channel.
    pub channel: String,
    /// When.
    pub at: Timestamp,
    /// The words that say so, where it matters which.
    pub evidence: Vec<String>,
    /// The button that says it is not so.
    pub wrong: Option<Wrong>,
}

/// Somebody with the same need.
#[derive(Debug, Clone)]
pub struct SimilarNeed {
    /// Who.
    pub person: Person,
    /// What the member said.
    pub own: String,
    /// What they said.
    pub words: String,
    /// Where they said it.
    pub url: Option<WebUrl>,
    /// When they did.
    pub at: Timestamp,
}

/// What a colleague wrote.
#[derive(Debug, Clone)]
pub struct Note {
    /// Who wrote it, if known.
    pub author: Option<String>,
    /// The text.
    pub text: String,
    /// When, if known.
    pub at: Option<Timestamp>,
    /// Its id, for who may take it back.
    pub take_back: Option<String>,
}

/// A kind of activity to filter by.
#[derive(Debug, Clone)]
pub struct TimelineKind {
    /// In the address; empty for all.
    pub key: String,
    /// `Answers`
    pub label: String,
    /// How many this member has.
    pub activities: u64,
}

/// What happened on one local day.
#[derive(Debug, Clone)]
pub struct TimelineDay {
    /// An instant of that day.
    pub day: Timestamp,
    /// The activities, newest first.
    pub items: Vec<TimelineItem>,
}

/// One activity.
#[derive(Debug, Clone)]
pub struct TimelineItem {
    /// When.
    pub at: Timestamp,
    /// The icon of its kind.
    pub icon: &'static str,
    /// `Answered a question`
    pub what: String,
    /// `#help`, `axle/axle`
    pub channel: Option<String>,
    /// The source's name.
    pub source: String,
    /// The title, or the first words.
    pub title: Option<String>,
    /// The beginning of the text.
    pub excerpt: Option<String>,
    /// Where it can be read.
    pub url: Option<WebUrl>,
    /// Its weight.
    pub weight: u8,
    /// The button that says that they raised their hand with it.
    pub raised: Option<HandRaised>,
}

impl MemberPage {
    fn love(&self) -> String {
        crate::format::number(self.love)
    }

    /// Where they work today.
    fn job(&self) -> Option<&Affiliation> {
        self.organizations.iter().find(|job| job.is_current)
    }

    /// The member's id, as in the page's address.
    fn id(&self) -> String {
        self.here.path().rsplit('/').next().unwrap_or_default().to_owned()
    }

    fn reach(&self) -> String {
        crate::format::number(self.reach)
    }

    /// The twelve steps, from the edge inwards.
    fn ladder(&self) -> Vec<Level> {
        (1..=12).map(Level::of_step).collect()
    }
}
