//! The dossier: what a colleague in sales should know of a member who is handed over, each line with what it rests on.
//! Nothing of private channels unless the consent covers them, and no other member by name who is not handed over too.

use jiff::Timestamp;
use serde::Serialize;

use super::packet::{self, Section};
use super::sources::Sources;
use super::{HandOff, Held, parts};
use crate::audit::{self, Entry};
use crate::consents::Consent;
use crate::{AppResult, Workspace};

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

/// The dossier of a hand-off as of now.
pub(super) async fn of(workspace: &Workspace, held: &Held, now: Timestamp) -> AppResult<Dossier> {
    let read = Sources::for_sales(workspace, held, now).await?;
    let sections = packet::sections(&read, packet::to_sales(held.hand_off.flywheel.as_deref())).await?;
    let suggested_sentence = parts::sentence(&read).await?;
    let missing = missing(&held.hand_off, read.consent.as_ref(), &sections);
    let mut hand_off = held.hand_off.clone();
    let is_hidden = match &hand_off.first_sentence {
        Some(sentence) => read.is_quote_hidden(sentence).await?,
        None => false,
    };
    if is_hidden {
        hand_off.first_sentence = None;
    }
    Ok(Dossier {
        hand_off,
        consent: read.consent,
        suggested_sentence,
        sections,
        missing,
        audit: audit::about(workspace, "hand_off", &held.hand_off.hand_off_id).await?,
    })
}

/// What to begin with.
pub(super) async fn suggested_sentence(workspace: &Workspace, held: &Held, now: Timestamp) -> AppResult<String> {
    parts::sentence(&Sources::for_sales(workspace, held, now).await?).await
}

/// Mandatory fields that nothing was found for. Parts that may well be empty (history, questions, concerns, tickets) are complete
/// when they say so, and what nobody knows yet is told in its part with how to find out.
fn missing(hand_off: &HandOff, consent: Option<&Consent>, sections: &[Section]) -> Vec<&'static str> {
    let part = |id: &str| sections.iter().find(|section| section.id == id);
    let has = |id: &str| part(id).is_some_and(|section| !section.lines.is_empty());
    let says = |label: &str| part("who").is_some_and(|section| section.says(label));
    let mandatory = [
        (consent.is_some(), "the member's consent"),
        (
            says("Prefers") || says("Writes in"),
            "where they prefer to be written to: add it on their page as a tag, such as “prefers mail”",
        ),
        (says("Organization"), "their organization: say on their page where they work"),
        (has("why_now"), "why now: a signal with its quote"),
        (hand_off.to.is_some(), "to whom it goes"),
        (hand_off.note.is_some(), "your note"),
        (hand_off.expires_at.is_some() || hand_off.sent_at.is_none(), "when it ends"),
    ];
    mandatory.into_iter().filter(|(is_there, _)| !is_there).map(|(_, what)| what).collect()
}
