//! The dossier: what a colleague in sales should know of a member who is handed over, each line with what it rests on.
//! Nothing of private channels unless the consent covers them, and no other member by name who is not handed over too.

use std::collections::{BTreeMap, HashSet};

use axle_model::interchange::FactKind;
use axle_model::label::Label;
use axle_store::activity;
use axle_store::fact::{self, FactRow};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{HandOff, Held, people};
use crate::audit::{self, Entry};
use crate::consents::{self, Consent, Standing};
use crate::members::{self, MemberDetail, TimelineItem};
use crate::profile::{self, Profile};
use crate::{AppResult, Workspace, sources};

/// Activities that the history is told from, the newest.
const ACTIVITIES: usize = 500;
/// Months that are told.
const MONTHS: usize = 12;
/// Lines of a part.
const LINES: usize = 8;
/// Things said of each kind.
const SAID: u32 = 6;
const CHARACTERS: usize = 240;
/// Kinds of channels that are not public.
const PRIVATE: [&str; 5] = ["mail", "internal", "crm", "support", "call"];
/// Beginnings of sentences that set a boundary.
const BOUNDARIES: [&str; 11] = [
    "do not",
    "don't",
    "not call",
    "no call",
    "hates",
    "never",
    "avoid",
    "only by",
    "only via",
    "prefers not",
    "please no",
];

/// One statement and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What it is about: `Time zone`.
    pub label: Option<String>,
    /// The statement.
    pub text: String,
    /// Ids of the record: `activity:…`, `note:…`, `signal:…`. Never none.
    pub evidence: Vec<String>,
    /// Where it can be read.
    pub url: Option<String>,
    /// When it was.
    pub at: Option<Timestamp>,
}

impl Line {
    pub(super) fn new(text: impl Into<String>, evidence: impl IntoIterator<Item = String>) -> Self {
        Self { label: None, text: text.into(), evidence: evidence.into_iter().collect(), url: None, at: None }
    }

    pub(super) fn labelled(label: &str, text: impl Into<String>, evidence: impl IntoIterator<Item = String>) -> Self {
        Self { label: Some(label.to_owned()), ..Self::new(text, evidence) }
    }

    pub(super) fn at(self, at: Option<Timestamp>) -> Self {
        Self { at, ..self }
    }
}

/// A part of a dossier.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// Its word in addresses and for programs.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What is said.
    pub lines: Vec<Line>,
    /// What is said when there is nothing.
    pub none: &'static str,
}

/// Everything that is handed over with a member.
#[derive(Debug, Clone, Serialize)]
pub struct Dossier {
    /// The hand-off.
    pub hand_off: HandOff,
    /// The consent that it rests on, if one holds.
    pub consent: Option<Consent>,
    /// What to begin with, if the builder wrote nothing else.
    pub suggested_sentence: String,
    /// Parts in reading order.
    pub sections: Vec<Section>,
    /// Mandatory fields that lack something, in words; none when it is complete.
    pub missing: Vec<&'static str>,
    /// Who saw and changed it, the newest first.
    pub audit: Vec<Entry>,
}

/// What is read of a member once, for all parts.
pub(super) struct Sources<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) held: &'a Held,
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
    pub(super) detail: MemberDetail,
    pub(super) profile: Profile,
    items: Vec<TimelineItem>,
    consent: Option<Consent>,
    /// Names of channels that the consent does not cover.
    hidden: HashSet<String>,
}

/// The dossier of a hand-off as of now.
pub(super) async fn of(workspace: &Workspace, held: &Held, now: Timestamp) -> AppResult<Dossier> {
    let read = Sources::read(workspace, held, now).await?;
    let accounts = people::accounts(&read).await?;
    let sections = vec![
        section("who", "Who", read.who(&accounts).await?, "Nothing is known."),
        section("why_now", "Why now", read.why_now().await?, "No signal is on record."),
        section("history", "History", read.history(), "No activity is on record."),
        section("events", "Events", read.events().await?, "Attended none."),
        section("questions", "Questions", read.said(Label::Question).await?, "Asked none."),
        section("concerns", "Concerns", read.concerns().await?, "None known."),
        section("praise", "Praise", read.said(Label::Praise).await?, "None known."),
        section("product", "Product use", read.product().await?, "No use of the product is on record."),
        section("tickets_calls", "Tickets and calls", read.tickets_and_calls().await?, "None."),
        section("people", "People", people::lines(&read).await?, "Nobody else of their organization is known here."),
        section("boundaries", "What not to do", read.boundaries().await?, "No boundary is known."),
        section("notes", "Notes of colleagues", read.notes().await?, "None."),
    ];
    let suggested_sentence = read.sentence().await?;
    let missing = missing(&held.hand_off, read.consent.as_ref(), &sections);
    Ok(Dossier {
        hand_off: held.hand_off.clone(),
        consent: read.consent,
        suggested_sentence,
        sections,
        missing,
        audit: audit::about(workspace, "hand_off", &held.hand_off.hand_off_id).await?,
    })
}

/// What to begin with.
pub(super) async fn suggested_sentence(workspace: &Workspace, held: &Held, now: Timestamp) -> AppResult<String> {
    Sources::read(workspace, held, now).await?.sentence().await
}

fn section(id: &'static str, title: &'static str, lines: Vec<Line>, none: &'static str) -> Section {
    Section { id, title, lines, none }
}

/// Mandatory fields that nothing was found for. Parts that may well be empty (questions, concerns, tickets) are complete when
/// they say so.
fn missing(hand_off: &HandOff, consent: Option<&Consent>, sections: &[Section]) -> Vec<&'static str> {
    let has = |id: &str| sections.iter().any(|section| section.id == id && !section.lines.is_empty());
    let says = |label: &str| {
        let who = sections.iter().filter(|section| section.id == "who");
        who.flat_map(|section| &section.lines).any(|line| line.label.as_deref() == Some(label))
    };
    let mandatory = [
        (consent.is_some(), "the member's consent"),
        (says("Writes in"), "where they prefer to be written to"),
        (says("Organization"), "their organization: say on their page where they work"),
        (has("why_now"), "why now: a signal with its quote"),
        (has("history"), "their history"),
        (hand_off.to.is_some(), "to whom it goes"),
        (hand_off.note.is_some(), "your note"),
        (hand_off.expires_at.is_some() || hand_off.sent_at.is_none(), "when it ends"),
    ];
    mandatory.into_iter().filter(|(is_there, _)| !is_there).map(|(_, what)| what).collect()
}

impl<'a> Sources<'a> {
    async fn read(workspace: &'a Workspace, held: &'a Held, now: Timestamp) -> AppResult<Self> {
        let member_id = &held.hand_off.member_id;
        let consent = match consents::standing(&held.consents, "hand_off", now) {
            Standing::Live(consent) => Some(consent),
            _ => None,
        };
        let covers_private = consent.as_ref().is_some_and(|consent| consent.covers_private);
        let hides = |kind: &str| !covers_private && PRIVATE.contains(&kind);
        let channels = sources::channels(workspace).await?;
        let hidden = channels.into_iter().filter(|channel| hides(&channel.kind)).map(|channel| channel.name).collect();
        let mut read = Self {
            workspace,
            held,
            now,
            zone: workspace.time_zone().await?,
            detail: members::show(workspace, member_id, now, None).await?,
            profile: profile::load(workspace, member_id, now).await?,
            items: profile::history(workspace, member_id, None, "", ACTIVITIES).await?.items,
            consent,
            hidden,
        };
        let hidden = &read.hidden;
        read.items.retain(|item| item.at <= now && !hidden.contains(&item.channel));
        Ok(read)
    }

    fn covers_private(&self) -> bool {
        self.consent.as_ref().is_some_and(|consent| consent.covers_private)
    }

    pub(super) async fn facts(&self, kind: FactKind) -> AppResult<Vec<FactRow>> {
        Ok(fact::about(self.workspace.db(), kind, self.held.member_number).await?)
    }

    fn member(&self) -> String {
        format!("member:{}", self.held.hand_off.member_id)
    }

    async fn who(&self, accounts: &[Line]) -> AppResult<Vec<Line>> {
        let identity = |platform: &str| {
            let of = self.detail.identities.iter().find(|account| account.platform == platform);
            of.or(self.detail.identities.first()).map(|account| format!("identity:{}", account.identity_id))
        };
        let mut lines = vec![Line::labelled("Name", &self.held.hand_off.name, [self.member()])];
        let is_written = |item: &&TimelineItem| item.text.is_some() || item.title.is_some();
        if let Some(item) = self.items.iter().find(is_written).or(self.items.first()) {
            let place = if item.channel.is_empty() {
                item.source.clone()
            } else {
                format!("{}, {}", item.source, item.channel)
            };
            lines.push(Line::labelled("Writes in", place, [activity_of(item)]).at(Some(item.at)));
        }
        let people = self.facts(FactKind::PERSON).await?;
        let said =
            |field: &str| people.iter().find_map(|row| Some((text(row, field)?, format!("person:{}", row.fact.key))));
        if let Some((zone, evidence)) = said("location_time_zone").or_else(|| said("location")) {
            lines.push(Line::labelled("Time zone", zone, [evidence]));
        }
        let tag = people.iter().flat_map(|row| tags(row).into_iter().map(move |tag| (tag, row)));
        let is_pronouns =
            |tag: &str| ["she/", "he/", "they/"].iter().any(|begin| tag.to_lowercase().starts_with(begin));
        if let Some((tag, row)) = tag.into_iter().find(|(tag, _)| is_pronouns(tag)) {
            lines.push(Line::labelled("Pronouns", tag, [format!("person:{}", row.fact.key)]));
        }
        let mut jobs = self.profile.organizations.iter().filter(|job| job.is_current);
        if let Some(title) = jobs.find_map(|job| job.detail.clone()).or_else(|| said("title").map(|(title, _)| title)) {
            lines.push(Line::labelled("Role", title, identity("").or_else(|| Some(self.member()))));
        }
        for role in self.profile.roles.iter().filter(|role| role.is_current) {
            lines.push(Line::labelled("With us", role.name.replace('_', " "), [self.member()]));
        }
        lines.extend(accounts.iter().cloned());
        Ok(lines)
    }

    async fn why_now(&self) -> AppResult<Vec<Line>> {
        let mut lines = Vec::new();
        let mut signals = self.facts(FactKind::SIGNAL).await?;
        signals.retain(|row| row.fact.instant("at").is_some_and(|at| at <= self.now));
        signals.sort_by_key(|row| std::cmp::Reverse(row.fact.instant("at")));
        for row in signals.iter().take(LINES) {
            let kind = text(row, "kind").unwrap_or_default();
            let told = if kind == "explicit" { "Said so" } else { "Read from what they wrote" };
            let by = text(row, "recorded_by").map(|by| format!(" (heard by {by})")).unwrap_or_default();
            let quote = text(row, "quote").map(|quote| format!(": “{}”", cut(&quote))).unwrap_or_default();
            lines.push(
                Line::new(format!("{told}{by}{quote}"), [format!("signal:{}", row.fact.key)])
                    .at(row.fact.instant("at")),
            );
        }
        lines.extend(self.said(Label::HandRaise).await?);
        Ok(lines)
    }

    /// What they did by month and kind, and where they stand.
    fn history(&self) -> Vec<Line> {
        let (Some(newest), Some(oldest)) = (self.items.first(), self.items.last()) else { return Vec::new() };
        let mut lines = Vec::new();
        let first = self.detail.member.first_activity_at.filter(|_| self.covers_private());
        lines.push(Line::labelled("First seen", "", [activity_of(oldest)]).at(first.or(Some(oldest.at))));
        lines.push(Line::labelled("Last seen", "", [activity_of(newest)]).at(Some(newest.at)));
        lines.push(Line::labelled("Orbit level", &self.detail.why, [self.member()]));
        lines.push(Line::labelled("Presence", &self.detail.member.presence, [self.member()]));
        let mut months: BTreeMap<std::cmp::Reverse<(i16, i8)>, Vec<&TimelineItem>> = BTreeMap::new();
        for item in &self.items {
            let day = item.at.to_zoned(self.zone.clone()).date();
            months.entry(std::cmp::Reverse((day.year(), day.month()))).or_default().push(item);
        }
        for (std::cmp::Reverse((year, month)), items) in months.into_iter().take(MONTHS) {
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            items.iter().for_each(|item| *kinds.entry(&item.activity_type).or_default() += 1);
            let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
            kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
            let told: Vec<String> =
                kinds.iter().take(4).map(|(kind, count)| format!("{count} × {}", words(kind))).collect();
            let evidence = items.iter().take(3).map(|item| activity_of(item));
            lines.push(Line::labelled(&format!("{year}-{month:02}"), told.join(", "), evidence));
        }
        lines
    }

    async fn events(&self) -> AppResult<Vec<Line>> {
        let mut lines = Vec::new();
        for row in self.facts(FactKind::ATTENDANCE).await? {
            let (Some(id), Some("attended")) = (text(&row, "event"), row.fact.text("state")) else { continue };
            let events = fact::with_key(self.workspace.db(), FactKind::EVENT, &id).await?;
            let event = events.iter().find(|event| event.source == row.source);
            let name = event.and_then(|event| text(event, "name")).unwrap_or_else(|| id.clone());
            let at = row.fact.instant("at").or_else(|| event?.fact.instant("starts_at"));
            if at.is_none_or(|at| at <= self.now) {
                lines.push(Line::new(name, [format!("attendance:{}", row.fact.key)]).at(at));
            }
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        lines.truncate(LINES);
        Ok(lines)
    }

    /// What they said of one kind: their own words, not the title of a thread that somebody else may have begun.
    async fn said(&self, label: Label) -> AppResult<Vec<Line>> {
        let rows = activity::said(self.workspace.db(), self.held.member_number, [label], SAID * 4).await?;
        let line = |row: activity::Said| {
            let at = Timestamp::from_microsecond(row.occurred_at).ok().filter(|at| *at <= self.now)?;
            let id = Uuid::from_slice(&row.activity_id).ok()?;
            let words = axle_text::clean::clean(row.text.as_deref().unwrap_or_default()).trim().to_owned();
            let words = Some(words).filter(|words| !words.is_empty()).or(row.title)?;
            let url = row.url;
            Some(Line { url, ..Line::new(format!("“{}”", cut(&words)), [format!("activity:{id}")]).at(Some(at)) })
        };
        let open = |row: &activity::Said| !self.hidden.contains(&row.channel);
        Ok(rows.into_iter().filter(open).filter_map(line).take(SAID as usize).collect())
    }

    async fn concerns(&self) -> AppResult<Vec<Line>> {
        let mut lines = Vec::new();
        for row in self.facts(FactKind::FEEDBACK).await? {
            let is_open = row.fact.instant("communicated_at").is_none();
            let kind = row.fact.text("kind").unwrap_or_default();
            if kind == "praise" || !self.covers_private() && row.fact.body.contains_key("channel") {
                continue;
            }
            let what = text(&row, "text").or_else(|| text(&row, "topic")).unwrap_or_else(|| kind.to_owned());
            let state = if is_open { "open" } else { "told what came of it" };
            let told = format!("{}: “{}” ({state})", words(kind), cut(&what));
            lines.push(Line::new(told, [format!("feedback:{}", row.fact.key)]).at(row.fact.instant("at")));
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        lines.truncate(LINES);
        lines.extend(self.said(Label::Concern).await?);
        Ok(lines)
    }

    async fn product(&self) -> AppResult<Vec<Line>> {
        let mut lines = Vec::new();
        for row in self.facts(FactKind::PRODUCT_USER).await? {
            let evidence = || [format!("product_user:{}", row.fact.key)];
            if let Some(plan) = text(&row, "plan") {
                lines.push(Line::labelled("Plan", plan, evidence()));
            }
            if let Some(at) = row.fact.instant("signup_at") {
                lines.push(Line::labelled("Signed up", "", evidence()).at(Some(at)));
            }
        }
        let mut events = self.facts(FactKind::PRODUCT_EVENT).await?;
        events.retain(|row| row.fact.instant("at").is_some_and(|at| at <= self.now));
        events.sort_by_key(|row| std::cmp::Reverse(row.fact.instant("at")));
        let id = |row: &FactRow| format!("product_event:{}", row.fact.key);
        let recent = super::later(self.now, -30);
        let features: BTreeMap<String, String> = events
            .iter()
            .filter(|row| row.fact.instant("at").is_some_and(|at| at >= recent))
            .filter_map(|row| Some((text(row, "feature")?, id(row))))
            .collect();
        if !features.is_empty() {
            let told: Vec<&str> = features.keys().map(String::as_str).collect();
            let told = format!("{}: {}", features.len(), told.join(", "));
            lines.push(Line::labelled("Features, last 30 days", cut(&told), features.values().take(5).cloned()));
        }
        if let Some(row) = events.iter().rfind(|row| row.fact.text("milestone").is_some()) {
            let what = text(row, "milestone").unwrap_or_default().replace('_', " ");
            lines.push(Line::labelled("Activated", what, [id(row)]).at(row.fact.instant("at")));
        }
        for row in events.iter().filter(|row| row.fact.text("name").is_some_and(|name| name.contains("limit"))).take(3)
        {
            let what = text(row, "name").unwrap_or_default().replace('_', " ");
            lines.push(Line::labelled("Limit", what, [id(row)]).at(row.fact.instant("at")));
        }
        Ok(lines)
    }

    /// Open ones first. Their words are those of private channels.
    async fn tickets_and_calls(&self) -> AppResult<Vec<Line>> {
        let mut lines = Vec::new();
        for row in self.facts(FactKind::TICKET).await? {
            let is_open = row.fact.instant("solved_at").is_none_or(|at| at > self.now);
            let state = if is_open { "Open ticket" } else { "Solved ticket" };
            let words = text(&row, "subject").filter(|_| self.covers_private());
            let told = words.map_or_else(|| state.to_owned(), |words| format!("{state}: “{}”", cut(&words)));
            lines.push((
                is_open,
                Line::new(told, [format!("ticket:{}", row.fact.key)]).at(row.fact.instant("opened_at")),
            ));
        }
        for row in self.facts(FactKind::CALL).await? {
            let direction = if row.fact.text("direction") == Some("outbound") { "We called" } else { "They called" };
            let told = format!("{direction}: {}", text(&row, "kind").unwrap_or_else(|| "call".into()));
            lines.push((false, Line::new(told, [format!("call:{}", row.fact.key)]).at(row.fact.instant("called_at"))));
        }
        lines.retain(|(_, line)| line.at.is_none_or(|at| at <= self.now));
        lines.sort_by_key(|(is_open, line)| (!is_open, std::cmp::Reverse(line.at)));
        Ok(lines.into_iter().map(|(_, line)| line).take(LINES).collect())
    }

    /// Notes for the whole team, the newest first; `boundaries` says which.
    async fn notes_that(&self, wanted: fn(&str) -> bool) -> AppResult<Vec<Line>> {
        let mut lines = Vec::new();
        for row in self.facts(FactKind::NOTE).await? {
            let is_private = row.fact.text("visibility").is_some_and(|visibility| visibility != "team");
            let Some(words) = text(&row, "text").filter(|words| !is_private && wanted(words)) else { continue };
            let by = text(&row, "author").map(|by| format!(" ({by})")).unwrap_or_default();
            let note = format!("“{}”{by}", cut(&words));
            lines.push(Line::new(note, [format!("note:{}", row.fact.key)]).at(row.fact.instant("at")));
        }
        lines.retain(|line| line.at.is_none_or(|at| at <= self.now));
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        lines.truncate(LINES);
        Ok(lines)
    }

    async fn boundaries(&self) -> AppResult<Vec<Line>> {
        let mut lines = self.notes_that(is_boundary).await?;
        for row in self.facts(FactKind::PERSON).await? {
            for tag in tags(&row).into_iter().filter(|tag| is_boundary(&tag.replace(['-', '_'], " "))) {
                lines.push(Line::new(tag.replace(['-', '_'], " "), [format!("person:{}", row.fact.key)]));
            }
        }
        Ok(lines)
    }

    async fn notes(&self) -> AppResult<Vec<Line>> {
        self.notes_that(|words| !is_boundary(words)).await
    }

    async fn sentence(&self) -> AppResult<String> {
        let hand_off = &self.held.hand_off;
        let first = hand_off.name.split_whitespace().next().unwrap_or("there");
        let from = hand_off.from.as_deref().unwrap_or("my colleague in the community");
        let need = self.facts(FactKind::SIGNAL).await?;
        let quote = need.iter().filter(|row| row.fact.instant("at").is_some_and(|at| at <= self.now));
        let quote = quote.max_by_key(|row| row.fact.instant("at")).and_then(|row| text(row, "quote"));
        let about =
            quote.map_or_else(|| "about what you need".to_owned(), |quote| format!("about this: “{}”", cut(&quote)));
        Ok(format!("Hello {first}, {from} told me that you would like to talk {about} What would help you most?"))
    }
}

fn is_boundary(words: &str) -> bool {
    let words = words.to_lowercase().replace('’', "'");
    BOUNDARIES.iter().any(|begin| words.contains(begin))
}

fn activity_of(item: &TimelineItem) -> String {
    format!("activity:{}", item.activity_id)
}

pub(super) fn text(row: &FactRow, field: &str) -> Option<String> {
    row.fact.text(field).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn tags(row: &FactRow) -> Vec<String> {
    let tags = row.fact.body.get("tags").and_then(Value::as_array);
    tags.into_iter().flatten().filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
}

/// `chat:message:sent` is `message sent`.
fn words(key: &str) -> String {
    let parts: Vec<&str> = key.split(':').collect();
    let told = if parts.len() > 2 { &parts[1..] } else { &parts[..] };
    told.join(" ").replace('_', " ")
}

fn cut(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_told_from_other_notes() {
        for words in ["Hates cold calls.", "Please don’t write on weekends", "Only by mail", "do not contact"] {
            assert!(is_boundary(words), "{words}");
        }
        assert!(!is_boundary("Kickoff held, eager to start"));
    }

    #[test]
    fn long_words_are_cut() {
        assert_eq!(cut("  a \n b "), "a b");
        assert_eq!(cut(&"x".repeat(300)).chars().count(), CHARACTERS + 1);
    }
}
