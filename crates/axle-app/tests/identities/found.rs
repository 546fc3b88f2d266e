//! What Axle joins and parts by itself is in the history, and can be undone like what people say.

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
    undo(workspace, change.change_id, Some("Ines"), clock()).await.unwrap();
    let apart = members(&community).await;
    assert_eq!(apart.len(), 2, "{apart:?}");
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
