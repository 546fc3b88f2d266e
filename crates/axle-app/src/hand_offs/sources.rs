//! What is read of a member once, for all parts of a packet, under the rules of who reads it.

use std::collections::HashMap;

use axle_model::activity::object_named;
use axle_model::interchange::FactKind;
use axle_model::tag;
use axle_store::fact::{self, FactRow};
use axle_store::whereabouts::LeftOut;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::packet::Line;
use super::{HandOff, Held};
use crate::champions::{self, Role};
use crate::consents::{self, Consent, Standing};
use crate::directory::strings;
use crate::members::{self, MemberDetail, TimelineItem};
use crate::privacy::Private;
use crate::profile::{self, Profile};
use crate::{AppResult, Workspace};

/// Activities that the history is told from, the newest that the reader may see.
const ACTIVITIES: u32 = 500;
/// Lines of a part.
pub(super) const LINES: usize = 8;
const CHARACTERS: usize = 240;

/// What is read of a member once, for all parts.
pub(super) struct Sources<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) member_id: String,
    pub(super) member_number: u32,
    pub(super) name: String,
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
    pub(super) detail: MemberDetail,
    pub(super) profile: Profile,
    pub(super) items: Vec<TimelineItem>,
    /// The roles that anybody holds.
    pub(super) roles: Vec<Role>,
    /// Everything that they allow and allowed.
    pub(super) consents: Vec<Consent>,
    /// The consent to be handed over, if it holds.
    pub(super) consent: Option<Consent>,
    /// What is handed over to sales; `None` when colleagues read who see members.
    pub(super) hand_off: Option<&'a HandOff>,
    /// What is private, where sales reads; `None` when colleagues read who see members.
    private: Option<Private>,
}

/// Which of some objects a reader may read; `None`: all.
pub(super) struct Readable(Option<HashMap<[u8; 12], bool>>);

impl Readable {
    pub(super) fn has(&self, object: &[u8; 12]) -> bool {
        self.0.as_ref().is_none_or(|public| public.get(object) == Some(&true))
    }
}

impl<'a> Sources<'a> {
    /// For sales: nothing of private channels unless the consent covers them, and no other member by name who is not handed
    /// over too.
    pub(super) async fn for_sales(workspace: &'a Workspace, held: &'a Held, now: Timestamp) -> AppResult<Self> {
        Self::read(workspace, &held.hand_off.member_id, Some(held), now).await
    }

    /// For colleagues who see members.
    pub(super) async fn for_team(workspace: &'a Workspace, member_id: &str, now: Timestamp) -> AppResult<Self> {
        Self::read(workspace, member_id, None, now).await
    }

    async fn read(
        workspace: &'a Workspace,
        member_id: &str,
        held: Option<&'a Held>,
        now: Timestamp,
    ) -> AppResult<Self> {
        let consents = match held {
            Some(held) => held.consents.clone(),
            None => consents::of_member(workspace, member_id).await?,
        };
        let consent = match consents::standing(&consents, "hand_off", now) {
            Standing::Live(consent) => Some(consent),
            _ => None,
        };
        let row = members::member_of(workspace, member_id).await?;
        let mut read = Self {
            workspace,
            member_id: member_id.to_owned(),
            member_number: row.member_number,
            name: held.map_or(row.name, |held| held.hand_off.name.clone()),
            now,
            zone: workspace.time_zone().await?,
            detail: members::show(workspace, member_id, now, None).await?,
            profile: profile::load(workspace, member_id, now).await?,
            items: Vec::new(),
            roles: champions::roles_at(workspace, now).await?,
            consents,
            consent,
            hand_off: held.map(|held| &held.hand_off),
            private: match held {
                Some(_) => Some(Private::read(workspace).await?),
                None => None,
            },
        };
        let newest = (now.as_microsecond(), [u8::MAX; 16]);
        read.items =
            members::timeline(workspace, read.member_number, None, newest, &read.left_out(), ACTIVITIES).await?;
        let readable = read.readable(read.items.iter().map(|item| object(&item.activity_id)).collect()).await?;
        read.items.retain(|item| readable.has(&object(&item.activity_id)));
        Ok(read)
    }

    /// Whether the reader may see what was said in private.
    pub(super) fn covers_private(&self) -> bool {
        self.names_members() || self.consent.as_ref().is_some_and(|consent| consent.covers_private)
    }

    /// Whether the reader sees other members by name.
    pub(super) fn names_members(&self) -> bool {
        self.hand_off.is_none()
    }

    /// What the reader sees nothing of; `None` when they may see what was said in private.
    fn hidden(&self) -> Option<&Private> {
        self.private.as_ref().filter(|_| !self.covers_private())
    }

    /// What the database need not give: it is hidden.
    pub(super) fn left_out(&self) -> LeftOut {
        self.hidden().map(Private::left_out).unwrap_or_default()
    }

    pub(super) async fn facts(&self, kind: FactKind) -> AppResult<Vec<FactRow>> {
        Ok(fact::about(self.workspace.db(), kind, self.member_number).await?)
    }

    /// Whether the reader may read of an event or of who came to it: not of one in a private channel, unless the consent covers it.
    pub(super) fn may_read(&self, row: &FactRow) -> bool {
        let channel = text(row, "channel");
        !self.hidden().zip(channel).is_some_and(|(hidden, channel)| hidden.holds_of(&row.source, &channel))
    }

    /// Which of some objects the reader may read: not those of private channels, unless the consent covers them.
    pub(super) async fn readable(&self, objects: Vec<[u8; 12]>) -> AppResult<Readable> {
        Ok(Readable(match self.hidden() {
            Some(hidden) => Some(hidden.are_public(self.workspace, &objects).await?),
            None => None,
        }))
    }

    /// Facts, each with whether the reader may read its words: not those of an activity that they may not read. An id that the
    /// fact's own source does not know may be another's; an activity that is not on record may have been anywhere.
    pub(super) async fn quotable(&self, rows: Vec<FactRow>) -> AppResult<Vec<(FactRow, bool)>> {
        let Some(hidden) = self.hidden() else { return Ok(rows.into_iter().map(|row| (row, true)).collect()) };
        let said_in = |row: &FactRow| -> Option<Vec<[u8; 12]>> {
            let named = text(row, "activity")?;
            let sources = std::iter::once(&row.source).chain(&hidden.sources);
            Some(sources.map(|source| object_named(source, &named)).collect())
        };
        let objects: Vec<[u8; 12]> = rows.iter().filter_map(said_in).flatten().collect();
        let public = hidden.are_public(self.workspace, &objects).await?;
        let may_read = |row: &FactRow| {
            let Some(objects) = said_in(row) else { return true };
            let found: Vec<bool> = objects.iter().filter_map(|object| public.get(object).copied()).collect();
            let own = objects.first().and_then(|object| public.get(object).copied());
            own.unwrap_or(!found.is_empty() && found.iter().all(|is_public| *is_public))
        };
        Ok(rows.into_iter().map(|row| (may_read(&row), row)).map(|(may, row)| (row, may)).collect())
    }

    /// Signals that were by now, the newest first, each with its quote where the reader may read it.
    pub(super) async fn signals(&self) -> AppResult<Vec<(FactRow, Option<String>)>> {
        let mut signals = self.facts(FactKind::SIGNAL).await?;
        signals.retain(|row| row.fact.instant("at").is_some_and(|at| at <= self.now));
        signals.sort_by_key(|row| std::cmp::Reverse(row.fact.instant("at")));
        let quoted = |(row, may): (FactRow, bool)| {
            let quote = text(&row, "quote").filter(|_| may);
            (row, quote)
        };
        Ok(self.quotable(signals).await?.into_iter().map(quoted).collect())
    }

    /// Whether words hold the quote of a signal that the reader may not read: a first sentence that was suggested while it could be
    /// read goes on standing on the hand-off.
    pub(super) async fn is_quote_hidden(&self, words: &str) -> AppResult<bool> {
        let signals = self.quotable(self.facts(FactKind::SIGNAL).await?).await?;
        let mut hidden = signals.iter().filter(|(_, may)| !may).filter_map(|(row, _)| text(row, "quote"));
        Ok(hidden.any(|quote| words.contains(cut(&quote).trim_end_matches('…'))))
    }

    /// What the reader may look at of others, as a condition on the query engine's table `activities`: a member's consent covers
    /// nothing of what others said in private.
    pub(super) fn may_look(&self) -> String {
        self.private.as_ref().map_or_else(|| "true".to_owned(), Private::public_condition)
    }

    /// The tags that a source states, but for those that people took away. What people tag members with stays on their page.
    pub(super) fn tags(&self, row: &FactRow) -> Vec<String> {
        let mut tags = strings(&row.fact, "tags");
        tags.retain(|tag| tag::find(&self.detail.member.tags, tag).is_some());
        tags
    }

    /// What evidence of the member as a whole is called.
    pub(super) fn member(&self) -> String {
        format!("member:{}", self.member_id)
    }

    /// The newest lines of those that were by now.
    pub(super) fn newest(&self, mut lines: Vec<Line>) -> Vec<Line> {
        lines.retain(|line| line.at.is_none_or(|at| at <= self.now));
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        lines.truncate(LINES);
        lines
    }
}

/// What the activity of a public id is on.
pub(super) fn object(activity_id: &str) -> [u8; 12] {
    object_named("", activity_id)
}

pub(super) fn activity_of(item: &TimelineItem) -> String {
    format!("activity:{}", item.activity_id)
}

pub(super) fn text(row: &FactRow, field: &str) -> Option<String> {
    row.fact.text(field).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A text or number that a source states beyond the fields of interchange.
pub(super) fn property(row: &FactRow, field: &str) -> Option<String> {
    match row.fact.body.get("properties")?.get(field)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `chat:message:sent` is `message sent`.
pub(super) fn words(key: &str) -> String {
    let parts: Vec<&str> = key.split(':').collect();
    let told = if parts.len() > 2 { &parts[1..] } else { &parts[..] };
    told.join(" ").replace('_', " ")
}

/// On one line, and not too long.
pub(super) fn cut(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// What somebody said, on one line and without quotes and code.
pub(super) fn quoted(text: &str) -> String {
    format!("“{}”", cut(axle_text::clean::clean(text).trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut() {
        assert_eq!(cut("  a \n b "), "a b");
        assert_eq!(cut(&"x".repeat(300)).chars().count(), CHARACTERS + 1);
    }
}
