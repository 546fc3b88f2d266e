//! What Axle joins and parts by itself is in the history, and can be undone like what people say.

use std::collections::HashSet;
use std::slice::from_ref;

use axle_app::identities::{self, Change, accept, history, merge, set_settings, split, undo};

use super::{account, members, of, person, said, verified, with};
use crate::support::{Community, clock};

async fn latest(community: &Community) -> Change {
    history(&community.workspace, 1).await.unwrap().remove(0)
}

#[tokio::test]
async fn an_import_that_joins_members_of_before_is_one_change_that_can_be_undone() {
    let community = of(&[said(1, &account("chat", "x")), said(2, &verified("forum", "x"))]).await;
    let workspace = &community.workspace;
    let before = members(&community).await;
    assert_eq!((before.len(), history(workspace, 10).await.unwrap().len()), (2, 0), "nobody was known before");
    // The account's address is proven from now on; somebody new has it too, which is no move of anybody.
    let proven = [said(3, &verified("chat", "x")), said(4, &verified("wiki", "x"))];
    let lines: Vec<&str> = proven.iter().map(String::as_str).collect();
    let receipt = community.lines(&lines).await;
    assert_eq!((receipt.members_joined, receipt.members_parted), (1, 0));
    assert_eq!(members(&community).await.len(), 1);
    let change = latest(&community).await;
    assert_eq!((receipt.change_id, change.by.as_deref()), (Some(change.change_id), Some("Axle")));
    assert!(change.summary.ends_with(": 1 pair joined") && change.kind == "found", "{change:?}");
    let told = |change: &Change| {
        let sides = change.about.iter().flat_map(|case| &case.sides);
        let mut told: Vec<(String, String)> =
            sides.map(|side| (side.accounts[0].platform.clone(), side.member_id.clone())).collect();
        told.sort();
        told
    };
    let now = members(&community).await.into_keys().next().unwrap();
    assert_eq!(told(&change), [("chat".to_owned(), now.clone()), ("forum".to_owned(), now)]);
    undo(workspace, change.change_id, Some("Ines"), clock()).await.unwrap();
    let apart = members(&community).await;
    assert_eq!(apart.len(), 2, "{apart:?}");
    let told: HashSet<String> = told(&latest(&community).await).into_iter().map(|(_, id)| id).collect();
    assert_eq!(told, apart.keys().cloned().collect(), "each side leads to whoever has its accounts now");
    let again = community.lines(&lines).await;
    assert_eq!(
        (members(&community).await, again.change_id),
        (apart.clone(), None),
        "the same proof does not join again"
    );
    let ids: Vec<&String> = apart.keys().collect();
    merge(workspace, ids[0], ids[1], None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 1, "a person may say otherwise");
}

/// A correction changes how probable other pairs are: whom that parts is told, and can be joined again.
#[tokio::test]
async fn whom_a_correction_of_others_parts_is_told() {
    let community = of(&[
        said(1, &person("forum", "cwinslowski", "Conrad Winslowski")),
        said(2, &person("chat", "cwinslowski", "Conrad Winslowski")),
        said(3, &person("forum", "grace.zedlitzer", "Grace Zedlitzer")),
        said(4, &person("code", "grace.zedlitzer", "Grace Zedlitzer")),
    ])
    .await;
    let workspace = &community.workspace;
    let waiting = identities::suggestions(workspace, 10).await.unwrap().waiting;
    let grace = waiting.iter().find(|one| one.sides[0].name.contains("Grace")).unwrap();
    let id = with(&members(&community).await, "code/username:grace.zedlitzer");
    accept(workspace, from_ref(&grace.suggestion_id), None, clock()).await.unwrap();
    let settings = identities::Settings { threshold: Some(0.9), ..identities::Settings::default() };
    set_settings(workspace, &settings, Some("Ines"), clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 2);
    assert_eq!(latest(&community).await.summary, "Settings of identities: 1 pair joined");
    let parting = split(workspace, &id, &["code/username:grace.zedlitzer".into()], None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 4, "likeness is worth less than it was");
    let told = latest(&community).await;
    assert_eq!(told.summary, format!("Probabilities after change {}: 1 pair parted", parting.change_id));
    undo(workspace, told.change_id, Some("Ines"), clock()).await.unwrap();
    let all = members(&community).await;
    let keys = &all[&with(&all, "chat/username:cwinslowski")];
    assert_eq!((all.len(), keys.len()), (3, 2), "Conrad is one again, by a person's word");
}

/// Whoever undoes what Axle did says as much as whoever splits: of the two that one is taken back, the other still counts.
#[tokio::test]
async fn what_axle_did_and_a_split_are_undone_in_any_order() {
    for found_first in [true, false] {
        let community = of(&[said(1, &account("chat", "x")), said(2, &verified("forum", "x"))]).await;
        let workspace = &community.workspace;
        community.lines(&[&said(3, &verified("chat", "x"))]).await;
        let found = latest(&community).await;
        let all = members(&community).await;
        assert_eq!((all.len(), found.kind.as_str()), (1, "found"));
        let id = all.keys().next().unwrap();
        let parted = split(workspace, id, &["forum/uid:x".into()], None, clock()).await.unwrap();
        let order = if found_first { [&found, &parted] } else { [&parted, &found] };
        for change in order {
            undo(workspace, change.change_id, None, clock()).await.unwrap();
        }
        assert_eq!(members(&community).await.len(), 2, "found first: {found_first}");
    }
}

/// A merge since stands for all accounts of the two, also for those that the split before it did not name.
#[tokio::test]
async fn whoever_merged_again_since_is_not_overruled_by_undoing_what_axle_did() {
    let lines = [said(1, &verified("chat", "x")), said(2, &verified("wiki", "x")), said(3, &account("forum", "x"))];
    let community = of(&lines).await;
    let workspace = &community.workspace;
    community.lines(&[&said(4, &verified("forum", "x"))]).await;
    let found = latest(&community).await;
    let all = members(&community).await;
    assert_eq!((all.len(), found.kind.as_str()), (1, "found"));
    split(workspace, all.keys().next().unwrap(), &["forum/uid:x".into()], None, clock()).await.unwrap();
    let apart: Vec<String> = members(&community).await.into_keys().collect();
    assert_eq!(apart.len(), 2);
    let again = merge(workspace, &apart[0], &apart[1], None, clock()).await.unwrap();
    undo(workspace, found.change_id, None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 1, "a person said so since");
    undo(workspace, again.change_id, None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 2);
}

/// Proof that speaks twice of the same two counts once, as the history will tell it.
#[tokio::test]
async fn a_preview_counts_pairs_of_members_and_not_proofs() {
    let link = r#"{"type":"link","source":"s","identities":[{"platform":"b","uid":"x"},{"platform":"c","uid":"x"}],"verified":true,"reason":"same badge"}"#;
    let lines = ["a", "b", "c"].iter().zip(1..).map(|(platform, id)| said(id, &verified(platform, "x")));
    let community = of(&lines.chain([link.to_owned()]).collect::<Vec<_>>()).await;
    let workspace = &community.workspace;
    let smaller = identities::Settings { largest_member: 2, ..identities::Settings::default() };
    let preview = identities::preview(workspace, &smaller).await.unwrap();
    assert_eq!((preview.joins, preview.parts, preview.parted.len()), (0, 1, 1));
    set_settings(workspace, &smaller, Some("Ines"), clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 2);
    assert_eq!(latest(&community).await.summary, "Settings of identities: 1 pair parted");
    let preview = identities::preview(workspace, &identities::Settings::default()).await.unwrap();
    assert_eq!((preview.joins, preview.joined.len(), preview.parts), (1, 1, 0));
}
