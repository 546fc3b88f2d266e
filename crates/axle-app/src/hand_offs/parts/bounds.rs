//! What colleagues wrote and members asked for: boundaries, goals, what a champion must not be used for, and their weight.

use axle_model::interchange::FactKind;

use crate::AppResult;
use crate::consents::{self, Standing};
use crate::hand_offs::packet::Line;
use crate::hand_offs::sources::{LINES, Sources, cut, text};
use crate::hand_offs::{FLAGS, HandOff};

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
/// What a boundary on the use of somebody speaks of.
const USES: [&str; 9] =
    ["quote", "reference", "logo", "case study", "testimonial", "in public", "name", "mention", "stage"];
/// What a note of goals says.
const GOALS: [&str; 6] = ["goal", "wants to", "want to", "aims", "plans to", "hopes to"];

/// Notes for the whole team that say one thing, the newest first.
async fn notes_that(read: &Sources<'_>, wanted: fn(&str) -> bool) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    for row in read.facts(FactKind::NOTE).await? {
        let is_private = row.fact.text("visibility").is_some_and(|visibility| visibility != "team");
        let Some(words) = text(&row, "text").filter(|words| !is_private && wanted(words)) else { continue };
        let by = text(&row, "author").map(|by| format!(" ({by})")).unwrap_or_default();
        let note = format!("“{}”{by}", cut(&words));
        lines.push(Line::new(note, [format!("note:{}", row.fact.key)]).at(row.fact.instant("at")));
    }
    Ok(read.newest(lines))
}

pub(super) async fn boundaries(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = notes_that(read, is_boundary).await?;
    lines.extend(tags_that(read, is_boundary).await?);
    lines.extend(taken_back(read, "contact", "Do not write to them", "they took back that we may contact them"));
    Ok(lines)
}

async fn tags_that(read: &Sources<'_>, wanted: fn(&str) -> bool) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    for row in read.facts(FactKind::PERSON).await? {
        for tag in read.tags(&row).into_iter().map(|tag| tag.replace(['-', '_'], " ")).filter(|tag| wanted(tag)) {
            lines.push(Line::new(tag, [format!("person:{}", row.fact.key)]));
        }
    }
    Ok(lines)
}

/// A consent of a kind that does not hold any more.
fn taken_back(read: &Sources<'_>, kind: &str, label: &str, words: &str) -> Option<Line> {
    let Standing::Revoked(at) = consents::standing(&read.consents, kind, read.now) else { return None };
    let consent = read.consents.iter().find(|consent| consent.kind == kind && consent.revoked_at == Some(at))?;
    Some(Line::labelled(label, words, [format!("consent:{}", consent.consent_id)]).at(Some(at)))
}

/// What a champion asked not to be used for, and whether they may be named in public.
pub(super) async fn uses(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = notes_that(read, is_use).await?;
    lines.extend(tags_that(read, is_use).await?);
    if let Standing::Live(consent) = consents::standing(&read.consents, "recognition", read.now) {
        let evidence = [format!("consent:{}", consent.consent_id)];
        lines.push(Line::labelled("In public", "they may be named", evidence).at(Some(consent.at)));
    }
    lines.extend(taken_back(read, "recognition", "In public", "they took back that we may name them"));
    Ok(lines)
}

pub(super) async fn goals(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    notes_that(read, |words| says(words, &GOALS)).await
}

pub(super) async fn notes(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    notes_that(read, |words| !is_boundary(words)).await
}

/// What people say of a champion's weight inside; nothing of it is worked out.
pub(super) fn flags(read: &Sources<'_>) -> Vec<Line> {
    let said = |hand_off: &HandOff| -> Vec<Line> {
        let known = FLAGS.iter().filter(|(flag, ..)| hand_off.flags.iter().any(|said| said == flag));
        let evidence = || [format!("hand_off:{}", hand_off.hand_off_id)];
        known.map(|(_, label, words)| Line::labelled(label, *words, evidence())).take(LINES).collect()
    };
    read.hand_off.map(said).unwrap_or_default()
}

/// What to begin with, unless the builder writes something else.
pub(in crate::hand_offs) async fn sentence(read: &Sources<'_>) -> AppResult<String> {
    let first = read.name.split_whitespace().next().unwrap_or("there");
    let from = read.hand_off.and_then(|hand_off| hand_off.from.as_deref());
    let from = from.unwrap_or("my colleague in the community");
    let quote = read.signals().await?.into_iter().next().and_then(|(_, quote)| quote);
    let about =
        quote.map_or_else(|| "about what you need".to_owned(), |quote| format!("about this: “{}”", cut(&quote)));
    Ok(format!("Hello {first}, {from} told me that you would like to talk {about} What would help you most?"))
}

fn says(words: &str, any: &[&str]) -> bool {
    let words = words.to_lowercase().replace('’', "'");
    any.iter().any(|begin| words.contains(begin))
}

fn is_boundary(words: &str) -> bool {
    says(words, &BOUNDARIES)
}

fn is_use(words: &str) -> bool {
    is_boundary(words) && says(words, &USES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_told_from_other_notes() {
        for words in ["Hates cold calls.", "Please don’t write on weekends", "Only by mail", "do not contact"] {
            assert!(is_boundary(words) && !is_use(words), "{words}");
        }
        assert!(!is_boundary("Kickoff held, eager to start"));
        assert!(is_use("Do not quote her in a case study"));
    }
}
