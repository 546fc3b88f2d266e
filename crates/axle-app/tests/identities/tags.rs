//! Tags follow their accounts: through merges and splits, whatever is undone, and whatever sources state again.

use axle_app::identities::{merge, split, undo};
use axle_app::{people, tags};
use serde_json::json;

use super::{account, members, of, said, with};
use crate::support::{Community, clock};

/// What a source tags an account with.
fn tagged(platform: &str, uid: &str, tags: &[&str]) -> String {
    let identity = json!({"platform": platform, "uid": uid});
    json!({"type": "person", "source": "s", "identity": identity, "tags": tags}).to_string()
}

async fn told(community: &Community, id: &str) -> Vec<String> {
    let tags = tags::of_member(&community.workspace, id).await.unwrap();
    tags.into_iter().map(|tag| tag.tag).collect()
}

#[tokio::test]
async fn tags_follow_their_accounts_and_peoples_word_outlasts_imports() {
    let lines = [
        said(1, &account("chat", "ada")),
        said(2, &account("forum", "lovelace")),
        tagged("chat", "ada", &["VIP", "speaker"]),
        tagged("forum", "lovelace", &["host"]),
    ];
    let community = of(&lines).await;
    let workspace = &community.workspace;
    let before = members(&community).await;
    let (ada, lovelace) = (with(&before, "chat/uid:ada"), with(&before, "forum/uid:lovelace"));
    assert_eq!(told(&community, &ada).await, ["speaker", "VIP"]);
    tags::add(workspace, &ada, " Early adopter ", Some("Ines"), clock()).await.unwrap();
    tags::take_away(workspace, &ada, "vip", None, clock()).await.unwrap();
    assert_eq!(told(&community, &ada).await, ["Early adopter", "speaker"]);
    let missing = tags::take_away(workspace, &ada, "VIP", None, clock()).await.unwrap_err().to_string();
    assert!(missing.contains("has no tag `VIP`"), "{missing}");

    merge(workspace, &ada, &lovelace, None, clock()).await.unwrap();
    assert_eq!(told(&community, &ada).await, ["Early adopter", "host", "speaker"]);
    let of_both = tags::add(workspace, &ada, "both", None, clock()).await.unwrap();
    split(workspace, &ada, &["forum/uid:lovelace".into()], None, clock()).await.unwrap();
    assert_eq!(told(&community, &ada).await, ["both", "Early adopter", "speaker"]);
    assert_eq!(told(&community, &lovelace).await, ["both", "host"], "what was said of the two is said of each");
    undo(workspace, of_both.change_id, None, clock()).await.unwrap();
    assert_eq!(told(&community, &lovelace).await, ["host"]);

    // The source says it again, first the same and then beside something new.
    community.lines(&[&lines[2]]).await;
    assert_eq!(told(&community, &ada).await, ["Early adopter", "speaker"]);
    community.lines(&[&tagged("chat", "ada", &["VIP", "newcomer"])]).await;
    assert_eq!(told(&community, &ada).await, ["Early adopter", "newcomer"]);
    let kinds: Vec<String> = people::words(workspace, &ada).await.unwrap().into_iter().map(|word| word.kind).collect();
    assert_eq!(kinds, ["yes", "no", "yes"]);
}

#[tokio::test]
async fn what_is_said_of_a_tag_is_undone_in_any_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let community = of(&[said(1, &account("chat", "ada"))]).await;
        let workspace = &community.workspace;
        let id = members(&community).await.into_keys().next().unwrap();
        let changes = [
            tags::add(workspace, &id, "vip", None, clock()).await.unwrap().change_id,
            tags::take_away(workspace, &id, "vip", None, clock()).await.unwrap().change_id,
            tags::add(workspace, &id, "VIP", None, clock()).await.unwrap().change_id,
        ];
        let mut stands = [true; 3];
        assert_eq!(told(&community, &id).await, ["VIP"]);
        for which in order {
            undo(workspace, changes[which], None, clock()).await.unwrap();
            stands[which] = false;
            let expected: &[&str] = match stands {
                [_, _, true] => &["VIP"],
                [true, false, false] => &["vip"],
                _ => &[],
            };
            assert_eq!(told(&community, &id).await, expected, "{order:?}, {which}");
        }
    }
}
