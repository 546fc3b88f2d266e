//! People's word on organizations: who was where, which are one, which are two; and undoing each.

use axle_app::organizations::{self, Word};
use axle_app::{AppError, changes, identities, members, profile};
use axle_model::analytics::Directory;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

use super::{commit, directory, ids, of, organization_on};
use crate::support::{Community, clock};

/// So many seconds after the clock: what is said later counts.
fn later(seconds: i64) -> Timestamp {
    clock() + SignedDuration::from_secs(seconds)
}

async fn member_id(community: &Community, name: &str) -> String {
    axle_app::score::rescore(&community.workspace, clock()).await.unwrap();
    let list = members::list(&community.workspace, members::Sort::Name, clock(), None).await.unwrap();
    list.into_iter().find(|member| member.name == name).unwrap().member_id
}

fn there(from: Option<Date>, to: Option<Date>) -> Word {
    Word { is_there: true, from, to, title: None }
}

fn not_there(from: Option<Date>, to: Option<Date>) -> Word {
    Word { is_there: false, from, to, title: None }
}

fn account(source: &str, id: &str, name: &str, domains: &str) -> String {
    format!(r#"{{"type":"organization","source":"{source}","id":"{id}","name":"{name}","domains":[{domains}]}}"#)
}

const BY: Option<&str> = Some("Ines");

#[tokio::test]
async fn a_word_stands_above_what_is_found_and_is_undone() {
    let community = of(&[
        commit(1, "2026-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2026-03-10", "ada@acme.io", "Ada Byron"),
        commit(3, "2026-03-10", "bob@zeta.dev", "Bob Moss"),
    ])
    .await;
    let (workspace, ada) = (&community.workspace, member_id(&community, "Ada Byron").await);
    let on = |found: &Directory, month| organization_on(found, "Ada Byron", date(2026, month, 1));
    let before = directory(&community).await;
    assert_eq!(on(&before, 2).as_deref(), Some("acme.io"));
    let title = Word { title: Some(" Pilot ".into()), ..there(Some(date(2026, 1, 15)), Some(date(2026, 2, 15))) };
    let added = organizations::say_affiliation(workspace, &ada, "ZETA.dev", title, BY, later(1)).await.unwrap();
    assert_eq!(added.summary, "Ada Byron: at zeta.dev from 2026-01-15 to 2026-02-15");
    let found = directory(&community).await;
    assert_eq!([2, 3].map(|month| on(&found, month)), [Some("zeta.dev".into()), Some("acme.io".into())]);
    let told = profile::load(workspace, &ada, later(1)).await.unwrap().organizations;
    let zeta = told.iter().find(|one| one.name == "zeta.dev").unwrap();
    assert_eq!((zeta.detail.as_deref(), zeta.origin.unwrap().name()), (Some("Pilot"), "person"));
    let ended = not_there(Some(date(2026, 2, 20)), None);
    let ended = organizations::say_affiliation(workspace, &ada, "acme.io", ended, BY, later(2)).await.unwrap();
    assert_eq!(on(&directory(&community).await, 3), None, "the address in use tells no more");
    let denied = organizations::say_affiliation(workspace, &ada, "zeta.dev", not_there(None, None), BY, later(3));
    let denied = denied.await.unwrap();
    assert_eq!(denied.kind, "not_there");
    assert_eq!(on(&directory(&community).await, 2).as_deref(), Some("acme.io"), "the later word counts");
    let said = organizations::said(workspace, &ada).await.unwrap();
    let said: Vec<_> = said.iter().map(|word| (word.change_id, word.name.as_str(), word.is_there)).collect();
    let expected = [
        (denied.change_id, "zeta.dev", false),
        (ended.change_id, "acme.io", false),
        (added.change_id, "zeta.dev", true),
    ];
    assert_eq!(said, expected);
    for change in [added.change_id, denied.change_id, ended.change_id] {
        changes::undo(workspace, change, BY, later(4)).await.unwrap();
    }
    let after = directory(&community).await;
    assert_eq!(format!("{:?}", after.members), format!("{:?}", before.members));
    assert_eq!(ids(&after), ids(&before));
    let again = changes::undo(workspace, added.change_id, BY, later(5)).await;
    assert!(matches!(again, Err(AppError::Conflict(_))));
}

#[tokio::test]
async fn a_word_can_name_what_nobody_has_named() {
    let community = of(&[commit(1, "2026-01-10", "ada@gmail.com", "Ada Byron")]).await;
    let (workspace, ada) = (&community.workspace, member_id(&community, "Ada Byron").await);
    let say = |name: &'static str, word: Word| organizations::say_affiliation(workspace, &ada, name, word, BY, clock());
    let named = say("Borealis, Inc.", there(None, None)).await.unwrap();
    let found = directory(&community).await;
    assert_eq!(organization_on(&found, "Ada Byron", date(2020, 1, 1)).as_deref(), Some("borealis"));
    assert_eq!(found.organizations[0].name, "Borealis");
    changes::undo(workspace, named.change_id, BY, clock()).await.unwrap();
    assert!(directory(&community).await.organizations.is_empty());
    say("borealis.example", there(None, None)).await.unwrap();
    assert!(matches!(say("gmail.com", there(None, None)).await, Err(AppError::Invalid(_))));
    assert!(matches!(say(" - ", there(None, None)).await, Err(AppError::Invalid(_))));
    assert!(matches!(say("Nowhere", not_there(None, None)).await, Err(AppError::NotFound(_))));
    let no_days = there(Some(date(2026, 1, 2)), Some(date(2026, 1, 2)));
    assert!(matches!(say("borealis.example", no_days).await, Err(AppError::Invalid(_))));
}

#[tokio::test]
async fn a_word_stays_through_merges_splits_and_imports() {
    let lines = [
        commit(1, "2026-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2026-01-11", "bob@zeta.dev", "Bob Moss"),
        account("crm", "a1", "Acme", r#""acme.io""#),
        account("crm", "z1", "Zeta", r#""zeta.dev""#),
    ];
    let community = of(&lines).await;
    let workspace = &community.workspace;
    let (ada, bob) = (member_id(&community, "Ada Byron").await, member_id(&community, "Bob Moss").await);
    let day = date(2026, 6, 1);
    organizations::say_affiliation(workspace, &ada, "z1", there(Some(date(2026, 5, 1)), None), BY, later(1))
        .await
        .unwrap();
    let merged = identities::merge(workspace, &ada, &bob, BY, later(2)).await.unwrap();
    let found = directory(&community).await;
    assert_eq!(organization_on(&found, &found.members[0].name, day).as_deref(), Some("z1"));
    changes::undo(workspace, merged.change_id, BY, later(3)).await.unwrap();
    // Joined, the word holds of both; parted, of the one that was meant.
    let joined = organizations::merge(workspace, "a1", "z1", BY, later(4)).await.unwrap();
    let one = organization_on(&directory(&community).await, "Ada Byron", day).unwrap();
    assert_eq!(organization_on(&directory(&community).await, "Ada Byron", date(2026, 1, 10)), Some(one));
    changes::undo(workspace, joined.change_id, BY, later(5)).await.unwrap();
    community.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let found = directory(&community).await;
    assert_eq!(organization_on(&found, "Ada Byron", day).as_deref(), Some("z1"));
    assert_eq!(organization_on(&found, "Bob Moss", day).as_deref(), Some("z1"), "an address is carried on");
    assert_eq!(organizations::said(workspace, &bob).await.unwrap(), []);
}

#[tokio::test]
async fn organizations_are_joined_and_parted_by_hand() {
    let community = of(&[
        commit(1, "2026-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2026-01-11", "bob@borealis.dev", "Bob Moss"),
        commit(3, "2026-01-12", "cyd@borealis.dev", "Cyd Vane"),
        account("crm", "a1", "Acme", r#""acme.io""#),
    ])
    .await;
    let workspace = &community.workspace;
    let before = directory(&community).await;
    assert_eq!(ids(&before), ["a1", "borealis.dev"]);
    let list = organizations::list(workspace, clock(), None).await.unwrap();
    let show = |id: &'static str| organizations::show(workspace, &list, id, clock());
    let merged = organizations::merge(workspace, "acme.io", "borealis.dev", BY, later(1)).await.unwrap();
    assert_eq!(merged.summary, "Acme and borealis.dev are one organization");
    assert_eq!(ids(&directory(&community).await), ["borealis.dev"], "two are there, one at the other");
    for id in ["a1", "acme.io", "acme", "borealis.dev"] {
        let parts = show(id).await.unwrap().sightings;
        let keys: Vec<&str> = parts.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["account:crm/a1", "domain:acme.io", "domain:borealis.dev"], "{id}");
        assert_eq!(parts[2].reason.as_deref(), Some("said by a person"));
    }
    let again = organizations::merge(workspace, "a1", "borealis.dev", BY, later(2)).await;
    assert!(matches!(again, Err(AppError::Conflict(_))));
    // Parting them otherwise than they came together: the account stays without its domain.
    let split = ["domain:acme.io".to_owned(), "borealis.dev".to_owned()];
    let split = organizations::split(workspace, "a1", &split, BY, later(3)).await.unwrap();
    assert_eq!(split.summary, "2 parts of Acme split off");
    assert_eq!(ids(&directory(&community).await), ["a1", "borealis.dev"]);
    let domains = show("borealis.dev").await.unwrap().sightings;
    assert_eq!(domains.len(), 2, "the side stays one: nobody said otherwise");
    assert_eq!(show("acme.io").await.unwrap().sightings, domains);
    changes::undo(workspace, split.change_id, BY, later(4)).await.unwrap();
    assert_eq!(ids(&directory(&community).await), ["borealis.dev"]);
    changes::undo(workspace, merged.change_id, BY, later(5)).await.unwrap();
    let after = directory(&community).await;
    assert_eq!(format!("{:?}", after.organizations), format!("{:?}", before.organizations));
    assert_eq!(format!("{:?}", after.members), format!("{:?}", before.members));
    let kinds: Vec<(String, bool)> = organizations::history(workspace, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|change| (change.kind, change.undone_at.is_some()))
        .collect();
    assert_eq!(kinds, [("split".into(), true), ("merge".into(), true)]);
    assert!(identities::history(workspace, 9).await.unwrap().is_empty(), "members have a history of their own");
    let all = ["domain:acme.io".to_owned(), "account:crm/a1".to_owned()];
    let whole = organizations::split(workspace, "a1", &all, BY, clock()).await;
    assert!(matches!(whole, Err(AppError::Invalid(_))));
}

#[tokio::test]
async fn suggestions_say_why_and_are_decided() {
    let community = of(&[
        commit(1, "2026-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2026-01-11", "bob@acme.de", "Bob Moss"),
        account("crm", "g1", "Globex", r#""globex.example""#),
        account("crm", "g2", "Globex", r#""globex.example""#),
    ])
    .await;
    let workspace = &community.workspace;
    let suggested = || async {
        let all = organizations::suggestions(workspace).await.unwrap();
        all.into_iter().map(|one| (one.a, one.b, one.probability, one.reasons)).collect::<Vec<_>>()
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let domains =
        ("acme.de".to_owned(), "acme.io".to_owned(), 0.8, words(&["domains that begin alike: acme.de and acme.io"]));
    let listed = (
        "g1".to_owned(),
        "g2".to_owned(),
        0.7,
        words(&["same domain: Globex", "same name: Globex", "but crm lists both"]),
    );
    assert_eq!(suggested().await, [domains.clone(), listed.clone()]);
    let all = organizations::suggestions(workspace).await.unwrap();
    let (first, second) = ([all[0].suggestion_id.clone()], [all[1].suggestion_id.clone()]);
    let rejected = organizations::reject(workspace, &first, BY, later(1)).await.unwrap();
    assert_eq!(suggested().await, std::slice::from_ref(&listed));
    let accepted = organizations::accept(workspace, &second, BY, later(2)).await.unwrap();
    assert_eq!(accepted.summary, "Globex and Globex are one organization");
    assert!(suggested().await.is_empty());
    let found = directory(&community).await;
    assert_eq!(ids(&found), ["acme.de", "acme.io", "g1"]);
    let globex = found.organizations.iter().position(|one| one.organization_id == "g1").unwrap() as u32;
    assert_eq!(found.organization_ids.iter().filter(|(_, id, at)| id == "g2" && *at == globex).count(), 2);
    let gone = organizations::reject(workspace, &second, BY, later(3)).await;
    assert!(matches!(gone, Err(AppError::NotFound(_))));
    // Said otherwise later: what was rejected is joined.
    organizations::merge(workspace, "acme.de", "acme.io", BY, later(4)).await.unwrap();
    assert_eq!(ids(&directory(&community).await).len(), 2);
    for change in [accepted.change_id, rejected.change_id] {
        changes::undo(workspace, change, BY, later(5)).await.unwrap();
    }
    assert_eq!(suggested().await, [listed]);
}
