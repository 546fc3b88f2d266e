//! Whatever people and imports do in whatever order: undone, nothing of it is left but what was said and done.

use axle_app::identities::{history, merge, split, undo};
use axle_app::notes::{self, Written};
use axle_app::tags;
use axle_store::{identity, member};
use uuid::Uuid;

use super::{account, members, of, said, verified, with};
use crate::support::{Community, clock};

/// Random numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

/// Of a merge and a split that are both undone, in whatever order, nothing is left.
#[tokio::test]
async fn changes_can_be_undone_in_any_order() {
    for newest_first in [true, false] {
        for merge_first in [true, false] {
            let lines = [said(0, &account("a", "u0")), said(1, &account("b", "u1"))];
            let community = of(&lines).await;
            let workspace = &community.workspace;
            let ids: Vec<String> = members(&community).await.into_keys().collect();
            let joined = merge(workspace, &ids[0], &ids[1], None, clock()).await.unwrap();
            if !merge_first {
                // What was there before is a merge that stands.
                let all = members(&community).await;
                let (one, keys) = all.iter().next().unwrap();
                let parted = split(workspace, one, &keys[..1], None, clock()).await.unwrap();
                let ids: Vec<String> = members(&community).await.into_keys().collect();
                let again = merge(workspace, &ids[0], &ids[1], None, clock()).await.unwrap();
                let order = if newest_first { [&again, &parted] } else { [&parted, &again] };
                for change in order {
                    undo(workspace, change.change_id, None, clock()).await.unwrap();
                }
                assert_eq!(members(&community).await.len(), 1, "the first merge stands");
                continue;
            }
            let all = members(&community).await;
            let (one, keys) = all.iter().next().unwrap();
            let parted = split(workspace, one, &keys[..1], None, clock()).await.unwrap();
            let order = if newest_first { [&parted, &joined] } else { [&joined, &parted] };
            for change in order {
                undo(workspace, change.change_id, None, clock()).await.unwrap();
            }
            assert_eq!(members(&community).await.len(), 2, "newest first: {newest_first}");
        }
    }
}

/// Whatever was merged and split, undoing all of it from the newest to the oldest gives everybody back.
#[tokio::test]
async fn every_sequence_is_undone_exactly() {
    for seed in 0..12 {
        let mut dice = Dice(seed);
        let lines: Vec<String> = (0..8)
            .map(|at| {
                let platform = ["a", "b", "c"][at % 3];
                if dice.below(3) == 0 {
                    said(at as u32, &verified(platform, &format!("u{at}")))
                } else {
                    said(at as u32, &account(platform, &format!("u{at}")))
                }
            })
            .collect();
        let community = of(&lines).await;
        let workspace = &community.workspace;
        let mut states = vec![(members(&community).await, None)];
        for _ in 0..10 {
            let now = states.last().unwrap().0.clone();
            let ids: Vec<&String> = now.keys().collect();
            let one = ids[dice.below(ids.len())].clone();
            let change = if dice.below(2) == 0 && now[&one].len() > 1 {
                let keys = &now[&one];
                let apart: Vec<String> = keys.iter().take(1 + dice.below(keys.len() - 1)).cloned().collect();
                let change = split(workspace, &one, &apart, None, clock()).await.unwrap();
                assert!(
                    members(&community).await.values().any(|keys| *keys == apart),
                    "seed {seed}: those split off stay one"
                );
                change
            } else {
                let other = ids[dice.below(ids.len())].clone();
                if other == one {
                    continue;
                }
                let change = merge(workspace, &one, &other, None, clock()).await.unwrap();
                assert_eq!(members(&community).await.len(), now.len() - 1, "seed {seed}");
                change
            };
            states.push((members(&community).await, Some(change.change_id)));
        }
        while let Some((_, Some(change))) = states.pop() {
            undo(workspace, change, None, clock()).await.unwrap();
            assert_eq!(members(&community).await, states.last().unwrap().0, "seed {seed}");
        }
    }
}

/// Edges remember when they held: what was one person while a figure was published stays so, whatever is made again later.
#[tokio::test]
async fn who_was_one_when_is_not_forgotten_when_they_are_one_again() {
    let community = of(&[said(1, &account("a", "x")), said(2, &account("b", "x"))]).await;
    let workspace = &community.workspace;
    let day = |number: i64| clock() + jiff::SignedDuration::from_hours(24 * number);
    let ids: Vec<String> = members(&community).await.into_keys().collect();
    let were_one = async || {
        let mut days = Vec::new();
        for number in 1..=9 {
            let at = day(number).as_microsecond() + 1;
            days.push(!identity::joined_at(workspace.db(), at).await.unwrap().is_empty());
        }
        days
    };
    let author = async || identity::decided_edges(workspace.db()).await.unwrap().remove(0);
    merge(workspace, &ids[0], &ids[1], Some("Ines"), day(1)).await.unwrap();
    let parted = split(workspace, &ids[0], &["b/uid:x".into()], None, day(3)).await.unwrap();
    undo(workspace, parted.change_id, None, day(5)).await.unwrap();
    assert_eq!(were_one().await, [true, true, false, false, true, true, true, true, true]);
    let edge = author().await;
    assert_eq!((edge.created_by.as_deref(), edge.created_at), (Some("Ines"), day(1).as_microsecond()), "as it was");
    split(workspace, &ids[0], &["b/uid:x".into()], None, day(6)).await.unwrap();
    merge(workspace, &ids[0], &ids[1], Some("Buzz"), day(8)).await.unwrap();
    assert_eq!(were_one().await, [true, true, false, false, true, false, false, true, true]);
    assert_eq!(author().await.created_by.as_deref(), Some("Buzz"));
}

/// One step of a sequence. Numbers stand for one of what there is when it is its turn.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Another part of the export, or one of before again.
    Import(usize),
    /// Two members are one.
    Merge(usize, usize),
    /// So many identities of a member are somebody else.
    Split(usize, usize),
    /// A change of a person is undone, whichever.
    Undo(usize),
    /// Somebody writes about a member.
    Note(usize),
    /// Somebody tags a member.
    Tag(usize),
}

fn steps(seed: u64) -> Vec<Step> {
    let mut dice = Dice(seed);
    let mut step = || {
        let kind = dice.below(9);
        let (one, other) = (dice.below(1_000), dice.below(1_000));
        match kind {
            0 => Step::Import(one),
            1..=3 => Step::Merge(one, other),
            4 | 5 => Step::Split(one, other),
            6 => Step::Undo(one),
            7 => Step::Note(one),
            _ => Step::Tag(one),
        }
    };
    (0..14).map(|_| step()).collect()
}

/// Four parts of an export: nine accounts, some with one proven address, and what is said of them elsewhere in it.
fn parts() -> Vec<Vec<String>> {
    let platform = |at: usize| ["a", "b", "c"][at % 3];
    let activity = |at: usize| {
        let uid = format!("u{at}");
        said(at as u32, &if at.is_multiple_of(4) { verified(platform(at), &uid) } else { account(platform(at), &uid) })
    };
    let about = |kind: &str, at: usize, rest: &str| {
        let identity = format!(r#"{{"platform":"{}","uid":"u{at}"}}"#, platform(at));
        format!(r#"{{"type":"{kind}","source":"s","identity":{identity},{rest}}}"#)
    };
    let mut parts: Vec<Vec<String>> = (0..3).map(|part| (0..3).map(|at| activity(3 * at + part)).collect()).collect();
    parts[0].push(about(
        "note",
        7,
        r#""id":"n1","text":"Asked twice.","visibility":"team","at":"2026-02-01T00:00:00Z""#,
    ));
    parts[1].push(about("consent", 4, r#""id":"c1","kind":"contact","at":"2026-02-02T00:00:00Z""#));
    parts[2].push(about("role", 2, r#""role":"moderator","from":"2026-02-03""#));
    parts.push((0..9).map(|at| said(20 + at as u32, &account(platform(at), &format!("u{at}")))).collect());
    parts
}

/// Does the steps, reads what is missing, and undoes whatever people changed; gives what is left of it that should not be.
async fn differs(steps: &[Step], order: u64) -> Option<String> {
    let parts = parts();
    let community = Community::new().await;
    let workspace = &community.workspace;
    let read = async |part: &[String]| {
        community.lines(&part.iter().map(String::as_str).collect::<Vec<_>>()).await;
    };
    let standing = async || {
        let changes = history(workspace, 1_000).await.unwrap().into_iter();
        changes.filter(|change| change.undone_at.is_none() && change.kind != "found").collect::<Vec<_>>()
    };
    read(parts[0].as_slice()).await;
    let mut written: Vec<(String, String)> = Vec::new();
    let mut tagged: Vec<(Vec<String>, String)> = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let now = members(&community).await;
        let ids: Vec<&String> = now.keys().collect();
        match *step {
            Step::Import(part) => read(parts[part % parts.len()].as_slice()).await,
            Step::Merge(one, other) => {
                let (one, other) = (ids[one % ids.len()], ids[other % ids.len()]);
                if one != other {
                    merge(workspace, one, other, None, clock()).await.unwrap();
                }
            }
            Step::Split(one, number) => {
                let one = ids[one % ids.len()];
                let keys = &now[one];
                if keys.len() > 1 {
                    let apart = &keys[..1 + number % (keys.len() - 1)];
                    split(workspace, one, apart, None, clock()).await.unwrap();
                }
            }
            Step::Undo(which) => {
                let changes = standing().await;
                if !changes.is_empty() {
                    undo(workspace, changes[which % changes.len()].change_id, None, clock()).await.unwrap();
                }
            }
            Step::Note(one) => {
                let one = ids[one % ids.len()];
                let row =
                    member::by_id(workspace.db(), Uuid::parse_str(one).unwrap().as_bytes()).await.unwrap().unwrap();
                let first = identity::of_member(workspace.db(), row.member_number).await.unwrap().remove(0);
                let text = format!("note {place}");
                let note = Written { text: text.clone(), is_raised_hand: false, quote: String::new() };
                notes::write(workspace, one, &note, "Ines", clock()).await.unwrap();
                written.push((format!("{}/{}", first.platform, first.natural_key), text));
            }
            Step::Tag(one) => {
                let one = ids[one % ids.len()];
                let tag = format!("tag {place}");
                tags::add(workspace, one, &tag, None, clock()).await.unwrap();
                tagged.push((now[one].clone(), tag));
            }
        }
    }
    for part in &parts {
        read(part.as_slice()).await;
    }
    let mut dice = Dice(order);
    loop {
        let changes = standing().await;
        if changes.is_empty() {
            break;
        }
        undo(workspace, changes[dice.below(changes.len())].change_id, None, clock()).await.unwrap();
    }
    let straight = of(&parts.concat()).await;
    // Which of the accounts of one address is joined with which follows from the order in which they came.
    let state = async |community: &Community| {
        let lines = community.state().await.into_iter();
        lines.filter(|line| !line.starts_with("edge ") && !line.contains("\"note:")).collect::<Vec<_>>()
    };
    let (found, expected) = (state(&community).await, state(&straight).await);
    if found != expected {
        let only = |these: &[String], those: &[String]| {
            these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>()
        };
        return Some(format!(
            "left: {:#?}\nmissing: {:#?}",
            only(found.as_slice(), expected.as_slice()),
            only(expected.as_slice(), found.as_slice())
        ));
    }
    if !identity::decided_edges(workspace.db()).await.unwrap().is_empty() {
        return Some("edges of people hold".into());
    }
    let all = members(&community).await;
    for (key, text) in &written {
        let mut notes = notes::of_member(workspace, &with(&all, key)).await.unwrap().into_iter();
        if !notes.any(|note| note.text == *text) {
            return Some(format!("`{text}` is not with {key}"));
        }
    }
    for (id, keys) in &all {
        let found: Vec<String> = tags::of_member(workspace, id).await.unwrap().into_iter().map(|tag| tag.tag).collect();
        let mut expected: Vec<&String> =
            tagged.iter().filter(|(of, _)| keys.iter().any(|key| of.contains(key))).map(|(_, tag)| tag).collect();
        expected.sort();
        if found.iter().collect::<Vec<_>>() != expected {
            return Some(format!("{keys:?} have {found:?} and not {expected:?}"));
        }
    }
    None
}

/// Imports, merges, splits, undoing in any order, notes and tags, from a seed: in the end the record is that of reading everything
/// straight. Of a sequence that fails, steps are left out as long as it fails without them.
#[tokio::test]
async fn whatever_happened_the_record_is_that_of_a_straight_import_once_undone() {
    for seed in 0..10 {
        let mut steps = steps(seed);
        if differs(&steps, seed).await.is_none() {
            continue;
        }
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.remove(at);
            match differs(&fewer, seed).await {
                Some(_) => steps = fewer,
                None => at += 1,
            }
        }
        panic!("seed {seed}, {steps:?}: {}", differs(&steps, seed).await.unwrap_or_default());
    }
}
