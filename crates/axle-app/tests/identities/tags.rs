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

#[tokio::test]
async fn several_are_tagged_as_one_change_and_those_of_whom_it_is_so_are_left_out() {
    let lines = [
        said(1, &account("chat", "ada")),
        said(2, &account("forum", "bob")),
        said(3, &account("wiki", "eve")),
        tagged("forum", "bob", &["VIP"]),
    ];
    let community = of(&lines).await;
    let workspace = &community.workspace;
    let all = members(&community).await;
    let [ada, bob, eve] = ["chat/uid:ada", "forum/uid:bob", "wiki/uid:eve"].map(|key| with(&all, key));
    tags::add(workspace, &ada, "vip", Some("Ines"), clock()).await.unwrap();
    let everybody = [ada.clone(), bob.clone(), eve.clone(), ada.clone()];
    let added = tags::add_to_all(workspace, &everybody, "VIP", Some("Ines"), clock()).await.unwrap();
    assert_eq!((added.summary.as_str(), &added.left_out), ("2 members: tagged “VIP”", &vec![ada.clone()]));
    let again = tags::add_to_all(workspace, &everybody, "Vip", None, clock()).await.unwrap_err().to_string();
    assert!(again.contains("tagged `Vip` already"), "{again}");
    assert_eq!(told(&community, &ada).await, ["vip"], "as it was said before");
    // Whoever lacks it is not forbidden it for the time to come.
    undo(workspace, added.change_id, None, clock()).await.unwrap();
    assert_eq!((told(&community, &bob).await, told(&community, &eve).await), (vec!["VIP".to_owned()], vec![]));
    let away = tags::take_away_from_all(workspace, &everybody, "vip", None, clock()).await.unwrap();
    assert_eq!((away.summary.as_str(), &away.left_out), ("2 members: the tag “vip” taken away", &vec![eve.clone()]));
    community.lines(&[&tagged("wiki", "eve", &["vip"]), &tagged("forum", "bob", &["VIP", "host"])]).await;
    assert_eq!(
        (told(&community, &bob).await, told(&community, &eve).await),
        (vec!["host".to_owned()], vec!["vip".to_owned()])
    );
    undo(workspace, away.change_id, None, clock()).await.unwrap();
    assert_eq!((told(&community, &ada).await, told(&community, &bob).await.len()), (vec!["vip".to_owned()], 2));
    let nobody = tags::add_to_all(workspace, &[], "x", None, clock()).await.unwrap_err().to_string();
    assert!(nobody.contains("nobody is chosen"), "{nobody}");
    let none = tags::take_away_from_all(workspace, &everybody, "guest", None, clock()).await.unwrap_err().to_string();
    assert!(none.contains("none of them has the tag `guest`"), "{none}");
    // Whom two ids mean, one of them a former one, is one of them.
    merge(workspace, &ada, &bob, None, clock()).await.unwrap();
    let of_both = tags::add_to_all(workspace, &[bob, eve, ada], "host2", None, clock()).await.unwrap();
    assert_eq!((of_both.summary.as_str(), of_both.left_out.len()), ("2 members: tagged \u{201c}host2\u{201d}", 0));
    let stranger = "00000000-0000-0000-0000-000000000000".to_owned();
    let unknown = tags::add_to_all(workspace, &[stranger], "x", None, clock()).await.unwrap_err().to_string();
    assert!(unknown.contains("there is no member"), "{unknown}");
}
