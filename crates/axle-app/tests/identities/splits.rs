//! Of a member who is split, the side that did more keeps the id, in whatever order its parts are split off.

use axle_app::identities::{merge, split, undo};
use axle_store::member;
use uuid::Uuid;

use super::{account, members, of, said, verified, with};
use crate::support::{Community, clock};

/// Whoever an id leads to.
async fn led(community: &Community, id: &str) -> String {
    let row = member::by_id(community.workspace.db(), Uuid::parse_str(id).unwrap().as_bytes()).await.unwrap().unwrap();
    Uuid::from_slice(&row.member_id).unwrap().to_string()
}

/// Three accounts with one proven address: `a` and `b` did one thing each, `a` before, and `z` did three. By its keys `a` gives the
/// member's id.
async fn three() -> (Community, String) {
    let mut lines = vec![said(1, &verified("a", "x")), said(2, &verified("b", "x"))];
    lines.extend((3..6).map(|id| said(id, &verified("z", "x"))));
    let community = of(&lines).await;
    let all = members(&community).await;
    assert_eq!(all.len(), 1);
    let id = all.into_keys().next().unwrap();
    (community, id)
}

#[tokio::test]
async fn of_a_split_in_three_who_did_most_keeps_the_id_whatever_the_order() {
    for order in [["z/uid:x", "b/uid:x"], ["z/uid:x", "a/uid:x"], ["a/uid:x", "b/uid:x"], ["b/uid:x", "a/uid:x"]] {
        let (community, id) = three().await;
        let workspace = &community.workspace;
        let before = members(&community).await;
        let mut changes = Vec::new();
        for key in order {
            let of = with(&members(&community).await, key);
            changes.push(split(workspace, &of, &[key.into()], Some("Ines"), clock()).await.unwrap().change_id);
        }
        let after = members(&community).await;
        assert_eq!((after.len(), with(&after, "z/uid:x")), (3, id.clone()), "{order:?}");
        assert_eq!(led(&community, &id).await, id);
        // An import makes the same of it, and undoing gives everybody back.
        community.lines(&[&said(6, &verified("a", "x"))]).await;
        assert_eq!(members(&community).await, after, "{order:?}");
        for change in changes.into_iter().rev() {
            undo(workspace, change, None, clock()).await.unwrap();
        }
        assert_eq!(members(&community).await, before, "{order:?}");
        for former in after.keys() {
            assert_eq!(led(&community, former).await, id, "an id of before leads to whoever has the accounts");
        }
    }
}

#[tokio::test]
async fn of_equal_sides_the_older_keeps_the_id() {
    // In these months `b` did something first.
    let community = of(&[said(2, &verified("a", "x")), said(1, &verified("b", "x"))]).await;
    let id = members(&community).await.into_keys().next().unwrap();
    split(&community.workspace, &id, &["b/uid:x".into()], None, clock()).await.unwrap();
    assert_eq!(with(&members(&community).await, "b/uid:x"), id);
}

#[tokio::test]
async fn whoever_is_joined_after_a_split_is_joined_by_the_ids_of_then() {
    let (community, id) = three().await;
    let workspace = &community.workspace;
    let day = |number: i64| clock() + jiff::SignedDuration::from_hours(24 * number);
    split(workspace, &id, &["z/uid:x".into()], None, day(1)).await.unwrap();
    let lines: Vec<String> = (10..20).map(|at| said(at, &account("c", "large"))).collect();
    community.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let large = with(&members(&community).await, "c/uid:large");
    let joined = merge(workspace, &id, &large, None, day(2)).await.unwrap();
    assert_eq!(with(&members(&community).await, "z/uid:x"), large, "who did more keeps the id");
    assert_eq!(led(&community, &id).await, large);
    undo(workspace, joined.change_id, None, day(3)).await.unwrap();
    assert_eq!(with(&members(&community).await, "z/uid:x"), id);
}

/// A merge that is taken back gives both the ids of before, also when the other did more meanwhile.
#[tokio::test]
async fn who_was_merged_has_their_own_id_again() {
    let community = of(&[said(1, &account("a", "u")), said(2, &account("b", "u")), said(3, &account("b", "u"))]).await;
    let workspace = &community.workspace;
    let before = members(&community).await;
    let (a, b) = (with(&before, "a/uid:u"), with(&before, "b/uid:u"));
    merge(workspace, &a, &b, None, clock()).await.unwrap();
    let more: Vec<String> = (10..20).map(|at| said(at, &account("a", "u"))).collect();
    community.lines(&more.iter().map(String::as_str).collect::<Vec<_>>()).await;
    split(workspace, &b, &["a/uid:u".into()], None, clock()).await.unwrap();
    assert_eq!(members(&community).await, before);
}

/// What a split said of the id holds again once what came after it is undone.
#[tokio::test]
async fn a_split_that_stands_again_says_again_whose_the_id_is() {
    let (community, id) = three().await;
    let workspace = &community.workspace;
    let day = |number: i64| clock() + jiff::SignedDuration::from_hours(24 * number);
    split(workspace, &id, &["z/uid:x".into()], None, day(1)).await.unwrap();
    let apart = members(&community).await;
    let joined = merge(workspace, &id, &with(&apart, "a/uid:x"), None, day(2)).await.unwrap();
    let more: Vec<String> = (10..20).map(|at| said(at, &verified("a", "x"))).collect();
    community.lines(&more.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let again = split(workspace, &id, &["z/uid:x".into()], None, day(3)).await.unwrap();
    assert_eq!(with(&members(&community).await, "a/uid:x"), id, "by now `a` did more");
    undo(workspace, again.change_id, None, day(4)).await.unwrap();
    undo(workspace, joined.change_id, None, day(5)).await.unwrap();
    assert_eq!(members(&community).await, apart);
}
