//! Several suggestions at once, and what later corrections make of decisions.

use std::slice::from_ref;

use axle_app::AppError;
use axle_app::identities::{self, Suggestion, accept, history, merge, reject, split, undo};
use axle_store::identity;

use super::{account, link, members, of, person, said, verified, with};
use crate::support::{Community, clock};

/// So many messages of each, with ids from `first` on: accounts of one name and handle on three platforms.
async fn three(counts: [u32; 3], more: &[String]) -> (Community, [String; 3]) {
    let mut lines = more.to_vec();
    for (platform, count) in ["chat", "forum", "wiki"].into_iter().zip(counts) {
        for _ in 0..count {
            lines.push(said(lines.len() as u32, &person(platform, "cwinslowski", "Conrad Winslowski")));
        }
    }
    let community = of(&lines).await;
    let all = members(&community).await;
    let ids = ["chat", "forum", "wiki"].map(|platform| with(&all, &format!("{platform}/username:cwinslowski")));
    (community, ids)
}

/// The suggestion about these two.
async fn about(community: &Community, one: &str, other: &str) -> Suggestion {
    let waiting = identities::suggestions(&community.workspace, 100).await.unwrap().waiting;
    let is_it = |found: &&Suggestion| {
        let both = [found.a.as_str(), found.b.as_str()];
        both.contains(&one) && both.contains(&other)
    };
    waiting.iter().find(is_it).unwrap_or_else(|| panic!("{waiting:?}")).clone()
}

/// Decisions that count, and those of them that were accepted and still stand.
async fn standing(community: &Community) -> (u64, usize) {
    let found = identities::suggestions(&community.workspace, 100).await.unwrap();
    (found.decided, found.precision.map_or(0, |precision| precision.accepted))
}

#[tokio::test]
async fn of_all_who_become_one_at_once_who_did_most_keeps_the_id() {
    let (community, [chat, forum, wiki]) = three([5, 10, 7], &[]).await;
    let pairs = [about(&community, &chat, &forum).await, about(&community, &chat, &wiki).await];
    let ids = pairs.map(|pair| pair.suggestion_id);
    let change = accept(&community.workspace, &ids, Some("Ines"), clock()).await.unwrap();
    assert_eq!(members(&community).await.keys().collect::<Vec<_>>(), [&forum]);
    undo(&community.workspace, change.change_id, None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 3);
}

#[tokio::test]
async fn a_rejection_of_before_gives_way_to_a_batch_that_joins_across_it() {
    let (community, [chat, forum, wiki]) = three([1, 2, 3], &[]).await;
    let workspace = &community.workspace;
    let apart = about(&community, &chat, &wiki).await;
    reject(workspace, from_ref(&apart.suggestion_id), None, clock()).await.unwrap();
    let pairs = [about(&community, &chat, &forum).await, about(&community, &forum, &wiki).await];
    let ids = pairs.map(|pair| pair.suggestion_id);
    let change = accept(workspace, &ids, None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 1);
    assert_eq!(standing(&community).await, (3, 3), "the rejection was wrong");
    undo(workspace, change.change_id, None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 3);
    assert_eq!(standing(&community).await, (1, 0));
}

#[tokio::test]
async fn a_source_that_forbids_a_batch_is_named_and_nothing_is_left_behind() {
    let cannot = link([("chat", "cwinslowski"), ("wiki", "cwinslowski")], true);
    let (community, [chat, forum, wiki]) = three([1, 2, 3], &[cannot]).await;
    let pairs = [about(&community, &chat, &forum).await, about(&community, &forum, &wiki).await];
    let ids = pairs.map(|pair| pair.suggestion_id);
    let refused = accept(&community.workspace, &ids, None, clock()).await.unwrap_err();
    assert!(matches!(&refused, AppError::Conflict(told) if told.contains("a source declares that they are two")));
    assert!(identity::decided_edges(community.workspace.db()).await.unwrap().is_empty());
    assert!(history(&community.workspace, 10).await.unwrap().is_empty());
    assert_eq!(members(&community).await.len(), 3);
}

#[tokio::test]
async fn what_somebody_decided_meanwhile_is_left_out_of_a_batch() {
    let community = of(&[
        said(1, &person("forum", "cwinslowski", "Conrad Winslowski")),
        said(2, &person("chat", "cwinslowski", "Conrad Winslowski")),
        said(3, &person("forum", "grace.zedlitzer", "Grace Zedlitzer")),
        said(4, &person("code", "grace.zedlitzer", "Grace Zedlitzer")),
    ])
    .await;
    let workspace = &community.workspace;
    let waiting = identities::suggestions(workspace, 10).await.unwrap().waiting;
    let ids: Vec<String> = waiting.into_iter().map(|one| one.suggestion_id).collect();
    assert_eq!(ids.len(), 2);
    reject(workspace, &ids[..1], Some("Buzz"), clock()).await.unwrap();
    let change = accept(workspace, &ids, Some("Ines"), clock()).await.unwrap();
    assert_eq!(change.left_out, ids[..1]);
    assert!(change.summary.ends_with("are one person; 1 more waited no longer"), "{}", change.summary);
    let handle = &change.about[0].sides[0].accounts[0].handle;
    assert_eq!(change.summary.matches(handle.as_str()).count(), 2, "both handles are told: {}", change.summary);
    assert_eq!((change.about.len(), change.about[0].sides.len(), change.about_more), (1, 2, 0));
    assert_eq!((members(&community).await.len(), standing(&community).await), (3, (2, 1)));
    let none = accept(workspace, &ids, None, clock()).await.unwrap_err();
    assert!(matches!(none, AppError::NotFound(_)));
    assert!(identities::skip(workspace, &ids, None, clock()).await.is_err());
}

/// A split counts against what was accepted, a merge for what was rejected, as long as they stand.
#[tokio::test]
async fn decisions_follow_later_corrections_and_come_back_with_them() {
    let community = of(&[
        said(1, &person("forum", "cwinslowski", "Conrad Winslowski")),
        said(2, &person("chat", "cwinslowski", "Conrad Winslowski")),
        said(3, &person("forum", "grace.zedlitzer", "Grace Zedlitzer")),
        said(4, &person("code", "grace.zedlitzer", "Grace Zedlitzer")),
    ])
    .await;
    let workspace = &community.workspace;
    let all = members(&community).await;
    let id = |key: &str| with(&all, key);
    let conrad = [id("forum/username:cwinslowski"), id("chat/username:cwinslowski")];
    let grace = [id("forum/username:grace.zedlitzer"), id("code/username:grace.zedlitzer")];
    let (one, two) = (about(&community, &conrad[0], &conrad[1]).await, about(&community, &grace[0], &grace[1]).await);
    let accepted = accept(workspace, from_ref(&one.suggestion_id), None, clock()).await.unwrap();
    reject(workspace, from_ref(&two.suggestion_id), None, clock()).await.unwrap();
    assert_eq!(standing(&community).await, (2, 1));
    let parted = split(workspace, &conrad[0], &["chat/username:cwinslowski".into()], None, clock()).await.unwrap();
    assert_eq!(standing(&community).await, (2, 0), "what was accepted does not stand");
    let joined = merge(workspace, &grace[0], &grace[1], None, clock()).await.unwrap();
    assert_eq!(standing(&community).await, (2, 1), "what was rejected is one person");
    // In any order: what still stands has the last word.
    undo(workspace, accepted.change_id, None, clock()).await.unwrap();
    assert_eq!(standing(&community).await, (2, 1));
    undo(workspace, parted.change_id, None, clock()).await.unwrap();
    assert_eq!(standing(&community).await, (1, 1), "nobody says anything of Conrad any more");
    undo(workspace, joined.change_id, None, clock()).await.unwrap();
    assert_eq!(standing(&community).await, (1, 0));
}

/// Two accounts hang together by a proven address and a link, the third by a link alone: there the member parts most easily.
#[tokio::test]
async fn the_cheapest_cut_is_proposed_and_told_to_whoever_splits_off_one() {
    let link = |one: &str, other: &str| {
        format!(
            r#"{{"type":"link","source":"s","identities":[{{"platform":"{one}","uid":"x"}},{{"platform":"{other}","uid":"x"}}],"verified":true,"reason":"same badge"}}"#
        )
    };
    let lines = [
        said(1, &verified("a", "x")),
        said(2, &verified("b", "x")),
        said(3, &account("c", "x")),
        link("a", "b"),
        link("b", "c"),
    ];
    let community = of(&lines).await;
    let workspace = &community.workspace;
    let all = members(&community).await;
    let id = with(&all, "a/uid:x");
    assert_eq!(all.len(), 1);
    let numbers: Vec<u32> =
        identity::all(workspace.db()).await.unwrap().into_iter().map(|row| row.identity_id).collect();
    assert_eq!(identities::proposed_split(workspace, &id, numbers[0]).await.unwrap(), numbers[..2]);
    assert_eq!(identities::proposed_split(workspace, &id, numbers[2]).await.unwrap(), numbers[2..]);
    let change = split(workspace, &id, &["a/uid:x".into()], None, clock()).await.unwrap();
    assert!(change.advice.as_deref().is_some_and(|advice| advice.contains("splitting off b/uid:x too")), "{change:?}");
    undo(workspace, change.change_id, None, clock()).await.unwrap();
    let both = split(workspace, &id, &["a/uid:x".into(), "b/uid:x".into()], None, clock()).await.unwrap();
    assert_eq!((both.advice, members(&community).await.len()), (None, 2));
}

#[tokio::test]
async fn a_preview_tells_how_right_reviewers_found_what_is_as_probable() {
    let (community, [chat, forum, _]) = three([1, 2, 3], &[]).await;
    let workspace = &community.workspace;
    let settings = |threshold| identities::Settings { threshold, ..identities::Settings::default() };
    let precision = async |threshold| identities::preview(workspace, &settings(threshold)).await.unwrap().precision;
    assert_eq!(precision(Some(0.5)).await.map(|found| found.decided), Some(0));
    let right = about(&community, &chat, &forum).await;
    accept(workspace, from_ref(&right.suggestion_id), None, clock()).await.unwrap();
    let found = precision(Some(0.5)).await.unwrap();
    assert_eq!((found.decided, found.accepted), (1, 1));
    assert_eq!(precision(Some(1.0)).await.map(|found| found.decided), Some(0), "it was less probable");
    assert!(precision(None).await.is_none());
}
