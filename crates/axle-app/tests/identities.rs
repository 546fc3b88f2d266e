//! Merging, splitting and undoing: what people decide holds, whatever follows from the record, and can be taken back.

mod support;

#[path = "identities/batches.rs"]
mod batches;
#[path = "identities/found.rs"]
mod found;
#[path = "identities/sequences.rs"]
mod sequences;
#[path = "identities/splits.rs"]
mod splits;
#[path = "identities/tags.rs"]
mod tags;

use std::collections::BTreeMap;
use std::slice::from_ref;

use axle_app::consents;
use axle_app::identities::{self, accept, history, merge, reject, split, undo};
use axle_app::people::{self, Word};
use axle_store::{identity, member};
use uuid::Uuid;

use crate::support::{Community, clock};

/// A message of somebody.
fn said(id: u32, actor: &str) -> String {
    let (month, day) = (1 + id % 12, 1 + id % 28);
    format!(
        r#"{{"type":"activity","source":"s","id":"{id}","activity":"chat:message:sent","at":"2026-{month:02}-{day:02}T00:00:00Z","channel":"general","actor":{actor},"text":"hello"}}"#
    )
}

fn account(platform: &str, uid: &str) -> String {
    format!(r#"{{"platform":"{platform}","uid":"{uid}","name":"{uid} {platform}"}}"#)
}

/// Members by their public ids, each with the keys of their identities.
async fn members(community: &Community) -> BTreeMap<String, Vec<String>> {
    let db = community.workspace.db();
    let ids: BTreeMap<u32, String> = member::all(db)
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.member_number, Uuid::from_slice(&row.member_id).unwrap().to_string()))
        .collect();
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in identity::all(db).await.unwrap() {
        let id = ids[&row.member_number.unwrap()].clone();
        members.entry(id).or_default().push(format!("{}/{}", row.platform, row.natural_key));
    }
    members.values_mut().for_each(|keys| keys.sort());
    members
}

fn with(members: &BTreeMap<String, Vec<String>>, key: &str) -> String {
    members.iter().find(|(_, keys)| keys.iter().any(|other| other == key)).unwrap().0.clone()
}

async fn of(lines: &[String]) -> Community {
    let community = Community::new().await;
    community.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    community
}

#[tokio::test]
async fn a_merge_is_undone_by_a_split_and_by_undo() {
    let community = of(&[said(1, &account("chat", "ada")), said(2, &account("forum", "lovelace"))]).await;
    let workspace = &community.workspace;
    let before = members(&community).await;
    let (ada, lovelace) = (with(&before, "chat/uid:ada"), with(&before, "forum/uid:lovelace"));
    let change = merge(workspace, &ada, &lovelace, Some("Ines"), clock()).await.unwrap();
    let merged = members(&community).await;
    assert_eq!(merged.len(), 1);
    assert!(before.contains_key(merged.keys().next().unwrap()), "one of the two keeps its id");
    // Both ids lead to the one member.
    for id in [&ada, &lovelace] {
        let row = member::by_id(workspace.db(), Uuid::parse_str(id).unwrap().as_bytes()).await.unwrap().unwrap();
        assert_eq!(Uuid::from_slice(&row.member_id).unwrap().to_string(), *merged.keys().next().unwrap());
    }
    let again = merge(workspace, &ada, &lovelace, None, clock()).await.unwrap_err().to_string();
    assert!(again.contains("one member already"), "{again}");
    split(workspace, &ada, &["forum/uid:lovelace".into()], Some("Ines"), clock()).await.unwrap();
    assert_eq!(members(&community).await, before);
    // Merged again against the split, and undone step by step.
    let second = merge(workspace, &ada, &lovelace, None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 1);
    undo(workspace, second.change_id, None, clock()).await.unwrap();
    assert_eq!(members(&community).await, before);
    let twice = undo(workspace, second.change_id, None, clock()).await.unwrap_err().to_string();
    assert!(twice.contains("undone already"), "{twice}");
    let told: Vec<(String, bool)> = history(workspace, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|change| (change.kind, change.undone_at.is_some()))
        .collect();
    let expected = [("merge", true), ("split", false), ("merge", false)];
    assert_eq!(told, expected.map(|(kind, undone)| (kind.to_owned(), undone)));
    assert_eq!(change.by.as_deref(), Some("Ines"));
}

#[tokio::test]
async fn who_did_more_keeps_the_id_and_activities_that_came_in_between_go_with_their_identity() {
    let lines: Vec<String> =
        vec![said(1, &account("a", "small")), said(2, &account("z", "large")), said(3, &account("z", "large"))];
    let community = of(&lines).await;
    let workspace = &community.workspace;
    let before = members(&community).await;
    let (small, large) = (with(&before, "a/uid:small"), with(&before, "z/uid:large"));
    merge(workspace, &small, &large, None, clock()).await.unwrap();
    assert_eq!(members(&community).await.keys().next().unwrap(), &large);
    community.lines(&[&said(4, &account("a", "small"))]).await;
    assert_eq!(members(&community).await.keys().collect::<Vec<_>>(), [&large], "an import leaves people's word alone");
    split(workspace, &large, &["a/uid:small".into()], None, clock()).await.unwrap();
    assert_eq!(members(&community).await, before);
    // What was imported in between belongs to the identity that did it.
    let straight = of(&[&lines[..], &[said(4, &account("a", "small"))]].concat()).await;
    assert_eq!(members(&straight).await, before);
    assert_eq!(
        activities(&community).await,
        activities(&straight).await,
        "a merge and a split leave no trace in activities"
    );
}

async fn activities(community: &Community) -> Vec<String> {
    community.state().await.into_iter().filter(|line| line.starts_with("activity ")).collect()
}

fn verified(platform: &str, uid: &str) -> String {
    format!(r#"{{"platform":"{platform}","uid":"{uid}","email":"ada@x.example","email_verified":true}}"#)
}

#[tokio::test]
async fn a_split_holds_against_proof_and_leaves_each_side_whole() {
    let lines: Vec<String> =
        ["a", "b", "c", "d"].iter().zip(1..).map(|(platform, id)| said(id, &verified(platform, "x"))).collect();
    let community = of(&lines).await;
    let workspace = &community.workspace;
    let before = members(&community).await;
    assert_eq!(before.len(), 1, "one verified address");
    let id = before.keys().next().unwrap();
    // All hang on the first: whoever takes another apart takes it alone.
    let rows = identity::all(workspace.db()).await.unwrap();
    let proposed = identities::proposed_split(workspace, id, rows[2].identity_id).await.unwrap();
    assert_eq!(proposed, [rows[2].identity_id]);
    let change = split(workspace, id, &["b/uid:x".into(), "c/uid:x".into()], None, clock()).await.unwrap();
    let sides: Vec<Vec<String>> = members(&community).await.into_values().collect();
    assert_eq!(sides.len(), 2, "{sides:?}");
    assert!(sides.contains(&vec!["b/uid:x".to_owned(), "c/uid:x".to_owned()]), "{sides:?}");
    community.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(members(&community).await.len(), 2, "the same proof again does not join what a person parted");
    undo(workspace, change.change_id, None, clock()).await.unwrap();
    assert_eq!(members(&community).await, before);
    let all = ["a/uid:x", "b/uid:x", "c/uid:x", "d/uid:x"].map(str::to_owned);
    let all = split(workspace, id, &all, None, clock()).await.unwrap_err().to_string();
    assert!(all.contains("name some, not all"), "{all}");
    let nobody = split(workspace, id, &["e/uid:x".into()], None, clock()).await.unwrap_err().to_string();
    assert!(nobody.contains("is no identity of"), "{nobody}");
}

/// As people find them: by the number that is listed, and by whatever one account alone has on its platform.
#[tokio::test]
async fn an_identity_is_split_off_by_number_handle_or_address() {
    let account =
        |platform: &str, uid: &str, more: &str| format!(r#"{{"platform":"{platform}","uid":"{uid}",{more}}}"#);
    let proven = r#""email":"ada@x.example","email_verified":true"#;
    let community = of(&[
        said(1, &account("chat", "900", &format!(r#""username":"ada",{proven}"#))),
        said(2, &account("chat", "901", &format!(r#""username":"ada2",{proven}"#))),
        said(3, &account("forum", "7", &format!(r#""username":"Ada",{proven}"#))),
    ])
    .await;
    let workspace = &community.workspace;
    let before = members(&community).await;
    assert_eq!(before.len(), 1, "{before:?}");
    let id = before.keys().next().unwrap();
    let rows = identity::all(workspace.db()).await.unwrap();
    let number = format!("#{}", rows.iter().find(|row| row.uid.as_deref() == Some("7")).unwrap().identity_id);
    for named in [number.as_str(), "forum/7", "forum/ada", "forum/ADA@x.example", "forum/uid:7"] {
        let change = split(workspace, id, &[named.to_owned()], None, clock()).await.unwrap();
        let sides: Vec<Vec<String>> = members(&community).await.into_values().collect();
        assert!(sides.contains(&vec!["forum/uid:7".to_owned()]), "{named}: {sides:?}");
        assert!(change.summary.starts_with("forum Ada of "), "{}", change.summary);
        undo(workspace, change.change_id, None, clock()).await.unwrap();
        assert_eq!(members(&community).await, before);
    }
    let several = split(workspace, id, &["chat/ada@x.example".into()], None, clock()).await.unwrap_err().to_string();
    assert!(several.contains("names several identities"), "{several}");
}

#[tokio::test]
async fn both_of_a_merge_are_named_as_people_know_them() {
    let community = of(&[
        said(1, &account("chat", "ada")),
        said(2, &account("forum", "lovelace")),
        said(3, r#"{"platform":"wiki","uid":"l","name":"lovelace forum"}"#),
    ])
    .await;
    let workspace = &community.workspace;
    let all = members(&community).await;
    let several = merge(workspace, "lovelace forum", "ada chat", None, clock()).await.unwrap_err().to_string();
    for key in ["forum/uid:lovelace", "wiki/uid:l"] {
        assert!(several.contains(&with(&all, key)), "{key}: {several}");
    }
    let change = merge(workspace, "ADA chat", &with(&all, "forum/uid:lovelace"), None, clock()).await.unwrap();
    assert_eq!(change.summary, "ada chat (chat ada) and lovelace forum (forum lovelace) are one person");
    assert_eq!(change.about[0].sides[0].member_id, change.about[0].sides[1].member_id);
    assert_eq!(members(&community).await.len(), 2);
}

/// A source's word stands above a person's: the merge is refused and leaves nothing behind.
#[tokio::test]
async fn whom_a_source_declares_two_people_cannot_be_merged() {
    let link = r#"{"type":"link","source":"s","identities":[{"platform":"chat","uid":"ada"},{"platform":"forum","uid":"eve"}],"verified":true,"cannot":true}"#;
    let community = of(&[said(1, &account("chat", "ada")), said(2, &account("forum", "eve")), link.to_owned()]).await;
    let workspace = &community.workspace;
    let before = members(&community).await;
    let (ada, eve) = (with(&before, "chat/uid:ada"), with(&before, "forum/uid:eve"));
    let refused = merge(workspace, &ada, &eve, None, clock()).await.unwrap_err().to_string();
    assert!(refused.contains("a source declares that they are two"), "{refused}");
    assert_eq!(members(&community).await, before);
    assert!(identity::decided_edges(workspace.db()).await.unwrap().is_empty());
}

fn person(platform: &str, username: &str, name: &str) -> String {
    format!(r#"{{"platform":"{platform}","username":"{username}","name":"{name}"}}"#)
}

#[tokio::test]
async fn suggestions_are_accepted_rejected_and_put_off() {
    let community = of(&[
        said(1, &person("forum", "cwinslowski", "Conrad Winslowski")),
        said(2, &person("chat", "cwinslowski", "Conrad Winslowski")),
        said(3, &person("forum", "grace.zedlitzer", "Grace Zedlitzer")),
        said(4, &person("code", "grace.zedlitzer", "Grace Zedlitzer")),
        said(5, &person("forum", "peggy_o", "Peggy Ostrander")),
    ])
    .await;
    let workspace = &community.workspace;
    let found = identities::suggestions(workspace, 10).await.unwrap();
    assert_eq!(found.waiting.len(), 2, "{:?}", found.waiting);
    let named = |name: &str| found.waiting.iter().find(|one| one.sides[0].name.contains(name)).unwrap().clone();
    let (conrad, grace) = (named("Conrad"), named("Grace"));
    assert!(
        conrad.probability > 0.9 && conrad.reasons.iter().any(|reason| reason.contains("cwinslowski")),
        "{conrad:?}"
    );
    identities::skip(workspace, from_ref(&conrad.suggestion_id), None, clock()).await.unwrap();
    let waiting = identities::suggestions(workspace, 10).await.unwrap().waiting;
    assert!(waiting.len() == 2 && waiting[1].suggestion_id == conrad.suggestion_id && waiting[1].is_skipped);
    let before = members(&community).await;
    let accepted = accept(workspace, from_ref(&conrad.suggestion_id), Some("Ines"), clock()).await.unwrap();
    reject(workspace, from_ref(&grace.suggestion_id), Some("Ines"), clock()).await.unwrap();
    let after = identities::suggestions(workspace, 10).await.unwrap();
    assert!(after.waiting.is_empty(), "{:?}", after.waiting);
    let precision = after.precision.unwrap();
    assert_eq!((after.decided, precision.accepted, precision.decided), (2, 1, 2));
    assert_eq!(members(&community).await.len(), before.len() - 1);
    let gone = accept(workspace, from_ref(&conrad.suggestion_id), None, clock()).await.unwrap_err().to_string();
    assert!(gone.contains("there is no suggestion"), "{gone}");
    undo(workspace, accepted.change_id, None, clock()).await.unwrap();
    assert_eq!(members(&community).await, before);
    let again = identities::suggestions(workspace, 10).await.unwrap();
    assert_eq!(again.waiting.len(), 1, "what was undone waits again, what was rejected does not");
}

fn link(pairs: [(&str, &str); 2], cannot: bool) -> String {
    let [(one, a), (other, b)] = pairs;
    format!(
        r#"{{"type":"link","source":"s","identities":[{{"platform":"{one}","username":"{a}"}},{{"platform":"{other}","username":"{b}"}}],"verified":false,"cannot":{cannot},"reason":"same badge"}}"#
    )
}

#[tokio::test]
async fn whom_a_source_declares_two_people_are_not_suggested() {
    let lines = [
        said(1, &person("forum", "cwinslowski", "Conrad Winslowski")),
        said(2, &person("chat", "cwinslowski", "Conrad Winslowski")),
    ];
    let community = of(&lines).await;
    assert_eq!(identities::suggestions(&community.workspace, 10).await.unwrap().waiting.len(), 1);
    community.lines(&[&link([("forum", "cwinslowski"), ("chat", "cwinslowski")], true)]).await;
    let found = identities::suggestions(&community.workspace, 10).await.unwrap().waiting;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn what_a_source_declares_unchecked_is_suggested_with_its_reason() {
    let community = of(&[
        said(1, &person("forum", "kite77", "Conrad Winslowski")),
        said(2, &person("chat", "peggy_o", "Peggy Ostrander")),
        link([("forum", "kite77"), ("chat", "peggy_o")], false),
    ])
    .await;
    let workspace = &community.workspace;
    assert_eq!(members(&community).await.len(), 2, "nobody checked it");
    let found = identities::suggestions(workspace, 10).await.unwrap().waiting;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].reasons[0], "a source declares it, not checked: same badge");
    assert!(found[0].reasons.iter().any(|reason| reason == "but different names"), "{found:?}");
    accept(workspace, from_ref(&found[0].suggestion_id), None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 1);
}

/// Whether somebody is asked about a program is for people to say.
#[tokio::test]
async fn a_word_on_programs_holds_for_suggestions() {
    let community = of(&[
        said(1, &person("forum", "cwinslowski", "Conrad Winslowski")),
        said(2, &person("chat", "cwinslowski", "Conrad Winslowski")),
    ])
    .await;
    let workspace = &community.workspace;
    let forum = with(&members(&community).await, "forum/username:cwinslowski");
    let asked = async || identities::suggestions(workspace, 10).await.unwrap().waiting.len();
    assert_eq!(asked().await, 1);
    people::say_bot(workspace, &forum, Word::Yes(None, None), None, clock()).await.unwrap();
    assert_eq!(asked().await, 0);
    people::say_bot(workspace, &forum, Word::Auto, None, clock()).await.unwrap();
    assert_eq!(asked().await, 1);
}

#[tokio::test]
async fn a_threshold_joins_by_itself_after_a_preview() {
    let community = of(&[
        said(1, &person("forum", "cwinslowski", "Conrad Winslowski")),
        said(2, &person("chat", "cwinslowski", "Conrad Winslowski")),
        said(3, &person("forum", "peggy_o", "Peggy Ostrander")),
    ])
    .await;
    let workspace = &community.workspace;
    let before = members(&community).await;
    let settings = identities::Settings { threshold: Some(0.9), ..identities::Settings::default() };
    let preview = identities::preview(workspace, &settings).await.unwrap();
    assert_eq!((preview.joins, preview.joined.len(), preview.parts), (1, 1, 0));
    assert_eq!(members(&community).await, before, "a preview changes nothing");
    identities::set_settings(workspace, &settings, Some("Ines"), clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), before.len() - 1);
    let same = identities::preview(workspace, &settings).await.unwrap();
    assert_eq!((same.joins, same.parts), (0, 0));
    let back = identities::preview(workspace, &identities::Settings::default()).await.unwrap();
    assert_eq!((back.joins, back.parts, back.parted.len()), (0, 1, 1), "without a threshold the two are parted again");
    identities::set_settings(workspace, &identities::Settings::default(), Some("Ines"), clock()).await.unwrap();
    assert_eq!(members(&community).await, before);
    let wrong = identities::Settings { threshold: Some(1.5), ..settings };
    let told = identities::preview(workspace, &wrong).await.unwrap_err().to_string();
    assert!(told.contains("from 0.5 to 1"), "{told}");
}

/// A message in a thread.
fn replied(id: u32, actor: &str, thread: &str) -> String {
    said(id, actor).replacen(r#""actor":"#, &format!(r#""thread":"{thread}","actor":"#), 1)
}

#[tokio::test]
async fn two_voices_in_one_thread_are_not_joined_by_themselves() {
    let of_thread = async |other: &str| {
        let community = of(&[
            replied(1, &person("forum", "cwinslowski", "Conrad Winslowski"), "t1"),
            replied(2, &person("chat", "cwinslowski", "Conrad Winslowski"), other),
            said(3, &person("forum", "peggy_o", "Peggy Ostrander")),
        ])
        .await;
        let found = identities::suggestions(&community.workspace, 10).await.unwrap().waiting.remove(0);
        let threshold = Some(found.probability.max(0.5));
        let settings = identities::Settings { threshold, ..identities::Settings::default() };
        (found, identities::preview(&community.workspace, &settings).await.unwrap().joins)
    };
    let (apart, joins) = of_thread("t2").await;
    assert!(joins == 1 && !apart.reasons.iter().any(|reason| reason.starts_with("but ")), "{apart:?}");
    let (together, _) = of_thread("t1").await;
    assert!(together.probability < apart.probability, "{together:?}");
    assert!(together.reasons.iter().any(|reason| reason.starts_with("but ")), "{together:?}");
}

/// In a channel without threads.
#[tokio::test]
async fn who_answers_or_names_somebody_is_another() {
    let conrad = |platform: &str| person(platform, "cwinslowski", "Conrad Winslowski");
    let with = |line: String, field: &str| line.replacen(r#""actor":"#, &format!(r#"{field},"actor":"#), 1);
    let of_second = async |second: String| {
        let lines = [said(1, &conrad("forum")), second, said(3, &person("forum", "peggy_o", "Peggy Ostrander"))];
        let community = of(&lines).await;
        identities::suggestions(&community.workspace, 10).await.unwrap().waiting.remove(0)
    };
    let apart = of_second(said(2, &conrad("chat"))).await;
    assert!(!apart.reasons.iter().any(|reason| reason.starts_with("but ")), "{apart:?}");
    let named = format!(r#""counterparts":[{}]"#, conrad("forum"));
    for field in [r#""parent":"1""#, named.as_str()] {
        let spoke = of_second(with(said(2, &conrad("chat")), field)).await;
        assert!(spoke.probability < apart.probability, "{field}: {spoke:?}");
        assert!(spoke.reasons.iter().any(|reason| reason.starts_with("but ")), "{field}: {spoke:?}");
    }
    // Mail to an own address is no conversation.
    let mail = with(said(2, &conrad("chat")), &named).replace("chat:message:sent", "mail:message:sent");
    assert!((of_second(mail).await.probability - apart.probability).abs() < 1e-9);
}

fn proven(platform: &str, name: &str, email: &str) -> String {
    format!(r#"{{"platform":"{platform}","uid":"1","name":"{name}","email":"{email}","email_verified":true}}"#)
}

/// Reasons of what waits.
async fn asked(community: &Community) -> Vec<String> {
    let found = identities::suggestions(&community.workspace, usize::MAX).await.unwrap().waiting;
    found.into_iter().flat_map(|one| one.reasons).collect()
}

#[tokio::test]
async fn a_shared_mailbox_joins_nobody() {
    let names = ["Conrad Winslow", "Grace Zedlitzer", "Peggy Ostrander", "Zebulon Quist", "Ada Moss"];
    for email in ["contact@acme.example", "dev@lists.acme.example", "acme.crew@gmail.com"] {
        let lines: Vec<String> =
            names.iter().zip(1..).map(|(name, id)| said(id, &proven(&format!("p{id}"), name, email))).collect();
        let community = of(&lines).await;
        assert_eq!(members(&community).await.len(), 5, "{email}");
        assert!(asked(&community).await.is_empty(), "{email}");
    }
}

#[tokio::test]
async fn a_member_of_more_than_is_allowed_is_made_by_a_person_alone() {
    let mut lines: Vec<String> = (1..=14).map(|id| said(id, &verified(&format!("p{id:02}"), "x"))).collect();
    let community = of(&lines).await;
    let workspace = &community.workspace;
    let sizes = async || {
        let mut sizes: Vec<usize> = members(&community).await.values().map(Vec::len).collect();
        sizes.sort_unstable();
        sizes
    };
    assert_eq!(sizes().await, [1, 1, 12]);
    lines.reverse();
    let other = Community::new().await;
    for line in &lines {
        other.lines(&[line]).await;
    }
    assert_eq!(members(&other).await, members(&community).await, "whatever the order of imports");
    let why = "same verified address, but the member would have 13 identities, more than 12";
    let waiting = identities::suggestions(workspace, 10).await.unwrap().waiting;
    let told: Vec<&String> = waiting.iter().filter(|one| one.reasons[0] == why).map(|one| &one.suggestion_id).collect();
    assert_eq!(told.len(), 2, "{waiting:?}");
    accept(workspace, from_ref(told[0]), None, clock()).await.unwrap();
    assert_eq!(sizes().await, [1, 13]);
    let larger = identities::Settings { largest_member: 20, ..identities::Settings::default() };
    let preview = identities::preview(workspace, &larger).await.unwrap();
    assert_eq!((preview.joins, preview.parts), (1, 0));
    identities::set_settings(workspace, &larger, None, clock()).await.unwrap();
    assert_eq!(sizes().await, [14]);
    let preview = identities::preview(workspace, &identities::Settings::default()).await.unwrap();
    assert_eq!((preview.joins, preview.parts), (0, 1), "what a person joined stays");
}

/// Three accounts have proven one address, and a source says that two of them are two people: whose the third is follows from what is
/// said, and not from who came first.
#[tokio::test]
async fn where_a_source_parts_what_proof_joins_the_order_of_imports_decides_nothing() {
    let cannot = r#"{"type":"link","source":"s","identities":[{"platform":"chat","uid":"x"},{"platform":"forum","uid":"x"}],"verified":false,"cannot":true}"#;
    let accounts = ["chat", "forum", "wiki"].iter().zip(1..).map(|(platform, id)| said(id, &verified(platform, "x")));
    let mut lines: Vec<String> = [cannot.to_owned()].into_iter().chain(accounts).collect();
    let community = of(&lines).await;
    lines.reverse();
    let other = Community::new().await;
    for line in &lines {
        other.lines(&[line]).await;
    }
    let all = members(&community).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[&with(&all, "wiki/uid:x")], ["chat/uid:x", "wiki/uid:x"], "with the account of the least key");
    assert_eq!(members(&other).await, all);
}

#[tokio::test]
async fn two_verified_addresses_of_differently_named_people_are_joined_by_a_person_alone() {
    let link = r#"{"type":"link","source":"s","identities":[{"platform":"chat","uid":"1"},{"platform":"forum","uid":"1"}],"verified":true,"reason":"signed in with both"}"#;
    let community = of(&[
        said(1, &proven("chat", "Conrad Winslow", "c@x.example")),
        said(2, &proven("forum", "Grace Zedlitzer", "g@y.example")),
        link.to_owned(),
    ])
    .await;
    let workspace = &community.workspace;
    assert_eq!(members(&community).await.len(), 2);
    let found = identities::suggestions(workspace, 10).await.unwrap().waiting;
    let why = "signed in with both, but Conrad Winslow and Grace Zedlitzer have proven different addresses";
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].reasons[0], why);
    accept(workspace, from_ref(&found[0].suggestion_id), None, clock()).await.unwrap();
    assert_eq!(members(&community).await.len(), 1);
    assert!(asked(&community).await.is_empty());
}

/// Whatever is said of somebody by their address or handle reaches the account that has it, whichever comes first.
#[tokio::test]
async fn an_account_is_one_by_its_id_its_handle_and_its_verified_address() {
    let account = r#"{"platform":"slack","uid":"U1","username":"ada","email":"ada@x.example","email_verified":true,"name":"Ada Moss"}"#;
    let consent = r#"{"type":"consent","source":"s","id":"c1","identity":{"platform":"slack","email":"Ada@x.example"},"kind":"contact","at":"2026-02-01T00:00:00Z"}"#;
    let teammate =
        r#"{"type":"teammate","source":"s","identity":{"platform":"slack","username":"Ada"},"from":"2026-01-01"}"#;
    let elsewhere = r#"{"type":"teammate","source":"s","identity":{"platform":"slack/other","username":"ada"},"from":"2026-01-01"}"#;
    let mut lines = [said(1, account), consent.to_owned(), teammate.to_owned(), elsewhere.to_owned()];
    for _ in 0..2 {
        let community = of(&lines).await;
        let all = members(&community).await;
        let ada = with(&all, "slack/uid:U1");
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!(all[&ada], ["slack/email:ada@x.example", "slack/uid:U1", "slack/username:ada"]);
        let consents = consents::of_member(&community.workspace, &ada).await.unwrap();
        assert_eq!(consents.len(), 1, "{consents:?}");
        lines.reverse();
    }
}

#[tokio::test]
async fn known_programs_are_not_suggested() {
    let community =
        of(&[said(1, &person("forum", "acme-ci", "Acme CI")), said(2, &person("code", "acme-ci", "Acme CI"))]).await;
    assert!(asked(&community).await.is_empty());
    let program = with(&members(&community).await, "forum/username:acme-ci");
    people::say_bot(&community.workspace, &program, Word::No, None, clock()).await.unwrap();
    let program = with(&members(&community).await, "code/username:acme-ci");
    people::say_bot(&community.workspace, &program, Word::No, None, clock()).await.unwrap();
    assert!(!asked(&community).await.is_empty(), "a person has the last word");
}

/// Calls reach the contact that has the number, however it is written, when a person says so.
#[tokio::test]
async fn one_telephone_number_is_one_account_and_is_asked_elsewhere() {
    let caller = |phone: &str| format!(r#"{{"platform":"calls","phone":"{phone}"}}"#);
    let community = of(&[
        said(1, &caller("+1 (555) 010-0199")),
        said(2, &caller("001 555 010 0199")),
        said(3, r#"{"platform":"crm","uid":"7","name":"Ada Moss","phone":"+15550100199"}"#),
        said(4, r#"{"platform":"crm","uid":"8","name":"Grace Zedlitzer","phone":"555 010 0199"}"#),
    ])
    .await;
    let all = members(&community).await;
    assert_eq!(all.len(), 3, "{all:?}");
    let found = identities::suggestions(&community.workspace, 10).await.unwrap().waiting;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].reasons.iter().any(|reason| reason.contains("same telephone number")), "{found:?}");
    let ends = [with(&all, "calls/phone:+15550100199"), with(&all, "crm/uid:7")];
    assert!(ends.contains(&found[0].a) && ends.contains(&found[0].b));
}

#[tokio::test]
async fn a_mailmap_joins_nobody_without_an_address() {
    let lines = [
        said(0, r#"{"platform":"git","username":"ann"}"#),
        said(1, r#"{"platform":"git","username":"bob"}"#),
        r#"{"type":"mailmap","commit_email":"x@old.example","proper_email":"x@new.example"}"#.to_owned(),
    ];
    let community = of(&lines).await;
    assert_eq!(members(&community).await.len(), 2);
}

/// A handle is one account however an export stores its accents, and is shown as it came first.
#[tokio::test]
async fn a_handle_in_both_normal_forms_is_one_account() {
    let (composed, apart) = ("Jos\u{e9}", "Jose\u{301}");
    let named = |username: &str| format!(r#"{{"platform":"chat","username":"{username}"}}"#);
    let community = of(&[said(1, &named(apart)), said(2, &named(composed)), said(3, &named("Jose"))]).await;
    let found = members(&community).await;
    let keys: Vec<&str> = found.values().flatten().map(String::as_str).collect();
    assert!(keys.len() == 2 && keys.contains(&"chat/username:jos\u{e9}"), "{found:?}");
    let rows = identity::all(community.workspace.db()).await.unwrap();
    let shown = rows.into_iter().find(|row| row.natural_key == "username:jos\u{e9}").unwrap().username;
    assert!([composed, apart].contains(&shown.unwrap().as_str()));
}

/// Ids and reasons of what is likely, in an order of its own.
async fn suggested(workspace: &axle_app::Workspace) -> Vec<(String, Vec<String>)> {
    let found = identities::suggestions(workspace, usize::MAX).await.unwrap().waiting;
    let likely = found.into_iter().filter(|one| one.probability > 0.5);
    let mut all: Vec<_> = likely
        .map(|mut one| {
            one.reasons.sort();
            (one.suggestion_id, one.reasons)
        })
        .collect();
    all.sort();
    all
}

/// The same workspace as another process opens it: nothing is kept from before.
async fn opened_anew(community: &Community) -> axle_app::Workspace {
    let engine = |_| -> std::sync::Arc<dyn axle_model::analytics::Analytics> {
        std::sync::Arc::new(support::engine::Engine::default())
    };
    axle_app::Workspace::open(community.folder.path(), "main", Vec::new(), engine).await.unwrap()
}

#[tokio::test]
async fn after_a_small_import_those_who_are_new_are_suggested_as_if_all_were_compared() {
    let crowd = (0..40).map(|at| said(at, &person("forum", &format!("u{at}"), &format!("Number{at} Person{at}"))));
    let mut lines: Vec<String> = crowd.collect();
    lines.push(said(50, &person("forum", "cwinslowski", "Conrad Winslowski")));
    lines.push(said(51, &person("chat", "cwinslowski", "Conrad Winslowski")));
    let community = of(&lines).await;
    let workspace = &community.workspace;
    assert_eq!(suggested(workspace).await.len(), 1);
    // One who may be somebody known, two who may be one another, and somebody whose name changes nothing.
    let more = [
        said(60, &person("wiki", "cwinslowski", "Conrad Winslowski")),
        said(61, &person("wiki", "zebulon_q", "Zebulon Quist")),
        said(62, &person("chat", "zebulon_q", "Zebulon Quist")),
    ];
    community.lines(&more.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let found = suggested(workspace).await;
    assert_eq!(found.len(), 4);
    assert_eq!(found, suggested(&opened_anew(&community).await).await);
    // Decisions and merges after it hold as well.
    reject(workspace, from_ref(&found[0].0), None, clock()).await.unwrap();
    let all = members(&community).await;
    merge(workspace, &with(&all, "wiki/username:zebulon_q"), &with(&all, "chat/username:zebulon_q"), None, clock())
        .await
        .unwrap();
    assert_eq!(suggested(workspace).await, suggested(&opened_anew(&community).await).await);
    // Somebody says something else of themselves: everybody is compared anew.
    community.lines(&[&said(61, &person("forum", "u1", "Conrad Winslowski"))]).await;
    assert_eq!(suggested(workspace).await, suggested(&opened_anew(&community).await).await);
}

#[tokio::test]
async fn profiles_that_link_to_an_account_or_show_one_picture_suggest_one_person() {
    let community = of(&[
        said(1, r#"{"platform":"forum","uid":"7","name":"night owl"}"#),
        said(2, r#"{"platform":"github","uid":"42","username":"qwxzjk"}"#),
        said(3, r#"{"platform":"wiki","uid":"9","name":"somebody"}"#),
        r#"{"type":"person","identity":{"platform":"forum","uid":"7"},"links":["https://github.com/qwxzjk"],"avatar":"gravatar/205e460b479e2e5b48aec07710c08d50"}"#.into(),
        r#"{"type":"person","identity":{"platform":"wiki","uid":"9"},"avatar":"gravatar/205e460b479e2e5b48aec07710c08d50"}"#.into(),
    ])
    .await;
    let found = identities::suggestions(&community.workspace, usize::MAX).await.unwrap().waiting;
    let reasons: Vec<String> = found.iter().flat_map(|one| one.reasons.clone()).collect();
    assert!(found.len() >= 2, "{reasons:?}");
    for word in ["link", "avatar"] {
        assert!(reasons.iter().any(|reason| reason.contains(word)), "{word}: {reasons:?}");
    }
}

/// How long suggestions take after one import, at first and after one more identity. Run by hand: it measures.
#[tokio::test]
#[ignore = "measures"]
#[allow(clippy::print_stdout, reason = "a measure prints")]
async fn seconds_of_suggestions() {
    let names =
        ["ada", "bob", "cyd", "dee", "eve", "fay", "gus", "hal", "ivy", "jan", "kim", "leo", "mia", "ned", "ola"];
    let name = |at: usize| format!("{}{} {}{}", names[at % 15], at % 97, names[at / 15 % 15], at % 331);
    let crowd = (0..20_000)
        .map(|at| said(at, &person(["forum", "chat"][at as usize % 2], &format!("u{at}"), &name(at as usize / 2))));
    let community = of(&crowd.collect::<Vec<_>>()).await;
    let workspace = &community.workspace;
    let begun = std::time::Instant::now();
    let first = suggested(workspace).await.len();
    let whole = begun.elapsed();
    community.lines(&[&said(50_000, &person("wiki", "u1", "ada0 ada0"))]).await;
    let begun = std::time::Instant::now();
    let second = suggested(workspace).await.len();
    println!("{first} suggestions in {whole:?}; after one more {second} in {:?}", begun.elapsed());
}
