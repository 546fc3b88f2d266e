//! Organizations from addresses, profiles and facts; affiliations over time; programs and teammates, and people's word
//! on both.

mod support;

#[path = "organizations/decided.rs"]
mod decided;
#[path = "organizations/places.rs"]
mod places;

use axle_app::identities::undo;
use axle_app::organizations::{self, Filter, Order};
use axle_app::people::{self, OwnDomain, Settings, Word};
use axle_app::{directory, members, refresh};
use axle_model::analytics::Directory;
use axle_model::settings::ScoreSettings;
use axle_model::time::day_of_date;
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::support::{Community, clock};

/// A message of a committer, on a day.
fn commit(id: u32, day: &str, email: &str, name: &str) -> String {
    format!(
        r#"{{"type":"activity","source":"s","id":"{id}","activity":"code:committed","at":"{day}T12:00:00Z","channel":"repo","actor":{{"platform":"git","email":"{email}","name":"{name}"}},"text":"hello"}}"#
    )
}

async fn of(lines: &[String]) -> Community {
    let community = Community::new().await;
    community.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    community
}

async fn directory(community: &Community) -> Directory {
    directory::build(community.workspace.db(), &TimeZone::UTC, &ScoreSettings::default()).await.unwrap().0
}

/// The id of the organization that gets the activity of a member's day.
fn organization_on(directory: &Directory, name: &str, day: jiff::civil::Date) -> Option<String> {
    let member = directory.members.iter().find(|member| member.name == name).unwrap();
    let day = day_of_date(day);
    let first = member.affiliations.iter().find(|place| place.holds_on(day));
    first.map(|place| directory.organizations[place.organization as usize].organization_id.clone())
}

fn ids(directory: &Directory) -> Vec<&str> {
    let mut ids: Vec<&str> = directory.organizations.iter().map(|known| known.organization_id.as_str()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn a_domain_gives_an_organization_and_free_mail_never() {
    let community = of(&[
        commit(1, "2026-01-10", "bob@mail.acme.io", "Bob Moss"),
        commit(2, "2026-01-11", "cyd@acme.io", "Cyd Vane"),
        commit(3, "2026-01-12", "dee@gmail.com", "Dee Ray"),
        commit(4, "2026-01-13", "eve@mailinator.com", "Eve Lund"),
        commit(5, "2026-01-14", "12+fay@users.noreply.github.com", "Fay Orr"),
        commit(6, "2026-01-15", "gus@gusriver.io", "Gus River"),
        commit(7, "2026-01-16", "noreply@anthropic.com", "Claude"),
        // A person, as the platform says, whose address nobody reads.
        r#"{"type":"person","identity":{"platform":"slack","uid":"U9","email":"noreply@beta.io","email_verified":true},"name":"Hal Fox","bot":false}"#.into(),
        r#"{"type":"activity","source":"s","id":"8","activity":"chat:message:sent","at":"2026-01-17T12:00:00Z","channel":"general","actor":{"platform":"slack","uid":"U9"},"text":"hello"}"#.into(),
    ])
    .await;
    let directory = directory(&community).await;
    assert_eq!(ids(&directory), ["acme.io"]);
    assert_eq!(organization_on(&directory, "Bob Moss", date(2026, 1, 10)).as_deref(), Some("acme.io"));
    assert_eq!(organization_on(&directory, "Bob Moss", date(2026, 1, 9)), None, "before the address was used");
    assert_eq!(organization_on(&directory, "Dee Ray", date(2026, 1, 12)), None);
    assert_eq!(organization_on(&directory, "Gus River", date(2026, 1, 15)), None, "a domain of one's own");
    let is_bot = |name: &str| directory.members.iter().find(|member| member.name == name).unwrap().is_bot;
    assert!(is_bot("Claude") && !is_bot("Hal Fox"));
    assert_eq!(organization_on(&directory, "Hal Fox", date(2026, 1, 17)), None, "nobody reads the address");
}

#[tokio::test]
async fn the_organization_at_the_time_gets_the_activity() {
    let link = r#"{"type":"link","identities":[{"platform":"git","email":"ada@acme.io"},{"platform":"git","email":"ada@zeta.dev"}],"verified":true}"#;
    let community = of(&[
        commit(1, "2025-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2025-03-10", "ada@acme.io", "Ada Byron"),
        commit(3, "2026-01-10", "ada@zeta.dev", "Ada Byron"),
        link.to_owned(),
    ])
    .await;
    let directory = directory(&community).await;
    let on = |day| organization_on(&directory, "Ada Byron", day);
    assert_eq!(on(date(2025, 2, 1)).as_deref(), Some("acme.io"));
    assert_eq!(on(date(2026, 1, 10)).as_deref(), Some("zeta.dev"));
    // 180 days after 10 Mar 2025 the address is believed no more: 7 Sep is the first day without.
    assert_eq!(on(date(2025, 9, 6)).as_deref(), Some("acme.io"));
    assert_eq!(on(date(2025, 9, 7)), None);
}

/// A message of an account that says its address.
fn posted(id: u32, day: &str, email: &str) -> String {
    format!(
        r#"{{"type":"activity","source":"s","id":"{id}","activity":"chat:message:sent","at":"{day}T12:00:00Z","channel":"general","actor":{{"platform":"slack","uid":"U1","email":"{email}","name":"Ada Moss"}},"text":"hello"}}"#
    )
}

#[tokio::test]
async fn an_account_with_a_new_address_keeps_its_past() {
    let lines = [
        posted(1, "2026-01-10", "ada@acme.io"),
        posted(2, "2026-02-10", "Ada@Acme.io"),
        posted(3, "2026-04-10", "ada@newco.io"),
        posted(4, "2026-05-10", "ada@newco.io"),
    ];
    // Whatever the order, and however it is cut into imports; an activity without an address changes nothing.
    let bare = posted(5, "2026-06-10", "").replace(r#""email":"","#, "");
    let turned: Vec<String> = lines.iter().rev().cloned().collect();
    let with_bare = [lines[0].clone(), bare, lines[3].clone(), lines[2].clone(), lines[1].clone()];
    for (lines, piece) in [(&lines[..], 9), (&turned, 9), (&turned, 1), (&with_bare, 9), (&with_bare, 2)] {
        let community = Community::new().await;
        for lines in lines.chunks(piece) {
            community.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
        }
        people::set_settings(
            &community.workspace,
            &Settings {
                own_domains: vec![OwnDomain { domain: "newco.io".into(), from: None, department: None }],
                ..Settings::default()
            },
            None,
            clock(),
        )
        .await
        .unwrap();
        let directory = directory(&community).await;
        assert_eq!(ids(&directory), ["acme.io", "newco.io"]);
        let on = |day| organization_on(&directory, "Ada Moss", day);
        assert_eq!(on(date(2026, 1, 20)).as_deref(), Some("acme.io"));
        // For 180 days the old address is believed, until the new one comes into use.
        assert_eq!(on(date(2026, 4, 9)).as_deref(), Some("acme.io"));
        assert_eq!(on(date(2026, 4, 10)).as_deref(), Some("newco.io"));
        let ada = directory.members.iter().find(|member| member.name == "Ada Moss").unwrap();
        assert_eq!(ada.teammate[0].0, day_of_date(date(2026, 4, 10)), "a colleague since the new address");
    }
}

#[tokio::test]
async fn a_crm_outranks_an_address_and_both_are_one_organization() {
    let who = r#"{"platform":"git","email":"ada@acme.io"}"#;
    let community = of(&[
        commit(1, "2026-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2026-03-10", "ada@acme.io", "Ada Byron"),
        r#"{"type":"organization","id":"a1","name":"Acme, Inc.","domains":["acme.io"],"lifecycle":"customer"}"#.into(),
        r#"{"type":"organization","id":"b2","name":"Borealis","parent":"a1"}"#.into(),
        format!(
            r#"{{"type":"affiliation","identity":{who},"organization":"b2","from":"2026-02-01","to":"2026-03-01"}}"#
        ),
    ])
    .await;
    let directory = directory(&community).await;
    assert_eq!(ids(&directory), ["a1", "b2"]);
    let on = |day| organization_on(&directory, "Ada Byron", day);
    assert_eq!(on(date(2026, 1, 20)).as_deref(), Some("a1"));
    assert_eq!(on(date(2026, 2, 20)).as_deref(), Some("b2"));
    assert_eq!(on(date(2026, 3, 5)).as_deref(), Some("a1"));
    let list = organizations::list(&community.workspace, clock(), None).await.unwrap();
    let acme = organizations::show(&community.workspace, &list, "acme.io", clock()).await.unwrap();
    assert_eq!(acme.line.organization_id, "a1", "its domain leads to it");
    assert_eq!(acme.parts, [("b2".to_owned(), "Borealis".to_owned())]);
    assert_eq!(acme.line.lifecycle.as_deref(), Some("customer"));
    let told: Vec<_> = acme.people.iter().map(|one| (one.name.as_str(), one.origin, one.from)).collect();
    // From the first use to 180 days after the last: one time, for it is known in one way.
    assert_eq!(told, [("Ada Byron", "inferred", Some(date(2026, 1, 10)))]);
    assert_eq!(acme.people[0].to, Some(date(2026, 9, 7)));
}

#[tokio::test]
async fn whom_a_crm_says_to_have_left_an_old_address_does_not_bring_back() {
    let who = r#"{"platform":"git","email":"ada@acme.io"}"#;
    let community = of(&[
        commit(1, "2026-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2026-06-10", "ada@acme.io", "Ada Byron"),
        r#"{"type":"organization","id":"a1","name":"Acme, Inc.","domains":["acme.io"]}"#.into(),
        r#"{"type":"organization","id":"b2","name":"Borealis"}"#.into(),
        format!(
            r#"{{"type":"affiliation","identity":{who},"organization":"a1","from":"2025-02-01","to":"2026-03-01"}}"#
        ),
        format!(
            r#"{{"type":"affiliation","identity":{who},"organization":"b2","from":"2026-04-01","origin":"profile"}}"#
        ),
    ])
    .await;
    let directory = directory(&community).await;
    let on = |day| organization_on(&directory, "Ada Byron", day);
    assert_eq!(on(date(2026, 2, 28)).as_deref(), Some("a1"));
    assert_eq!(on(date(2026, 3, 1)), None, "the address is in use, but she has left");
    assert_eq!(on(date(2026, 4, 1)).as_deref(), Some("b2"), "what she says herself counts");
}

#[tokio::test]
async fn a_profile_names_the_company_where_no_address_does() {
    let community = of(&[
        commit(1, "2025-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2025-01-12", "ada@acme.io", "Ada Byron"),
        r#"{"type":"person","identity":{"platform":"git","email":"ada@acme.io"},"company":"@zeta-labs"}"#.into(),
    ])
    .await;
    let directory = directory(&community).await;
    let on = |day| organization_on(&directory, "Ada Byron", day);
    let zeta = on(date(2025, 6, 1)).unwrap();
    assert_ne!(zeta, "acme.io");
    assert_eq!(on(date(2025, 1, 11)).as_deref(), Some("acme.io"), "a new job does not change the past");
    let list = organizations::list(&community.workspace, clock(), None).await.unwrap();
    let chosen = organizations::select(&list, &Filter { text: "ACME".into(), ..Filter::default() }, Order::Name);
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0].domains, ["acme.io"]);
}

#[tokio::test]
async fn of_joined_accounts_the_latest_stage_counts_and_a_parent_may_be_listed_elsewhere() {
    let account = |source: &str, id: &str, name: &str, more: &str| {
        format!(r#"{{"type":"organization","source":"{source}","id":"{id}","name":"{name}",{more}}}"#)
    };
    let community = of(&[
        account("crm", "a1", "Acme", r#""domains":["acme.io"],"lifecycle":"prospect","lifecycle_at":"2025-01-01""#),
        account("billing", "z9", "Acme", r#""domains":["acme.io"],"lifecycle":"customer","lifecycle_at":"2025-06-01""#),
        account("desk", "b2", "Acme", r#""domains":["acme.io"],"lifecycle":"none","lifecycle_at":"2025-09-01""#),
        account("billing", "x1", "Nordic Freight", r#""parent":"a1""#),
        account("desk", "y1", "Sundown Tours", r#""parent":"Acme.io""#),
    ])
    .await;
    let list = organizations::list(&community.workspace, clock(), None).await.unwrap();
    let acme = organizations::show(&community.workspace, &list, "acme.io", clock()).await.unwrap();
    assert_eq!(acme.accounts.len(), 3, "one organization");
    assert_eq!(acme.line.lifecycle.as_deref(), Some("customer"));
    let told: Vec<(&str, &str)> =
        acme.lifecycles.iter().map(|stated| (stated.id.as_str(), stated.lifecycle.as_str())).collect();
    assert_eq!(told, [("a1", "prospect"), ("b2", "none"), ("z9", "customer")]);
    let mut parts: Vec<&str> = acme.parts.iter().map(|(id, _)| id.as_str()).collect();
    parts.sort_unstable();
    assert_eq!(parts, ["x1", "y1"]);
}

#[tokio::test]
async fn a_word_on_a_program_outlasts_imports_merges_and_splits() {
    let message = |id: u32, uid: &str, name: &str| {
        format!(
            r#"{{"type":"activity","source":"s","id":"{id}","activity":"chat:message:sent","at":"2026-01-0{id}T00:00:00Z","channel":"general","actor":{{"platform":"chat","uid":"{uid}","username":"{uid}","name":"{name}"}},"text":"hello"}}"#
        )
    };
    let community = of(&[message(1, "acme-bot", "Acme"), message(2, "talbot", "Claire Talbot")]).await;
    let workspace = &community.workspace;
    let find = |name: &'static str| async move {
        let list = members::list(workspace, members::Sort::Name, clock(), None).await.unwrap();
        list.into_iter().find(|member| member.name == name).unwrap()
    };
    axle_app::score::rescore(workspace, clock()).await.unwrap();
    let (acme, claire) = (find("Acme").await, find("Claire Talbot").await);
    assert!(acme.is_bot && !claire.is_bot);
    let why = members::show(workspace, &acme.member_id, clock(), None).await.unwrap().standing;
    assert_eq!(why.bot_reasons, ["chat acme-bot: the word bot in the name"]);
    people::say_bot(workspace, &acme.member_id, Word::No, Some("Ines"), clock()).await.unwrap();
    people::say_bot(workspace, &claire.member_id, Word::Yes(None, None), Some("Ines"), clock()).await.unwrap();
    community
        .lines(&[
            &message(1, "acme-bot", "Acme"),
            &message(2, "talbot", "Claire Talbot"),
            &message(3, "acme-bot", "Acme"),
        ])
        .await;
    axle_app::score::rescore(workspace, clock()).await.unwrap();
    assert!(!find("Acme").await.is_bot && find("Claire Talbot").await.is_bot);
    let why = members::show(workspace, &acme.member_id, clock(), None).await.unwrap().standing;
    assert!(why.is_bot_said);
    assert_eq!(why.bot_reasons, ["Ines said that this is no program"]);
    // Merged, the word that was said last counts for both; split, each has its own again.
    let later = clock() + jiff::SignedDuration::from_secs(1);
    people::say_bot(workspace, &acme.member_id, Word::No, Some("Ines"), later).await.unwrap();
    let merged = axle_app::identities::merge(workspace, &acme.member_id, &claire.member_id, None, later).await.unwrap();
    let list = members::list(workspace, members::Sort::Name, later, None).await.unwrap();
    assert_eq!(list.iter().map(|member| member.is_bot).collect::<Vec<_>>(), [false]);
    axle_app::identities::undo(workspace, merged.change_id, None, later).await.unwrap();
    assert!(!find("Acme").await.is_bot && find("Claire Talbot").await.is_bot);
    people::say_bot(workspace, &acme.member_id, Word::Auto, None, later).await.unwrap();
    assert!(find("Acme").await.is_bot);
}

#[tokio::test]
async fn teammates_by_domain_begin_with_the_address_and_not_before_the_day_given() {
    let community = of(&[
        commit(1, "2025-01-10", "ada@home.example.org", "Ada Byron"),
        commit(2, "2025-06-10", "ada@fernlicht.io", "Ada Byron"),
        commit(3, "2025-02-10", "bob@fernlicht.io", "Bob Moss"),
        commit(4, "2025-09-10", "bob@fernlicht.io", "Bob Moss"),
        r#"{"type":"link","identities":[{"platform":"git","email":"ada@home.example.org"},{"platform":"git","email":"ada@fernlicht.io"}],"verified":true}"#.into(),
    ])
    .await;
    let workspace = &community.workspace;
    let settings = Settings {
        own_domains: vec![OwnDomain { domain: "fernlicht.io".into(), from: Some(date(2025, 3, 1)), department: None }],
        personal_domains: Vec::new(),
    };
    let preview = people::preview(workspace, &settings, clock()).await.unwrap();
    let names: Vec<&str> = preview.become_teammates.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Ada Byron", "Bob Moss"]);
    assert!(preview.become_members.is_empty());
    people::set_settings(workspace, &settings, None, clock()).await.unwrap();
    let since = |directory: &Directory, name: &str| {
        directory.members.iter().find(|member| member.name == name).unwrap().teammate.clone()
    };
    let found = directory(&community).await;
    assert_eq!(since(&found, "Ada Byron"), [(day_of_date(date(2025, 6, 10)), i32::MAX)]);
    assert_eq!(since(&found, "Bob Moss"), [(day_of_date(date(2025, 3, 1)), i32::MAX)]);
    // A person's word outranks the domain on the days that it is about.
    refresh::refresh(workspace).await.unwrap();
    let list = members::list(workspace, members::Sort::Name, clock(), None).await.unwrap();
    let (ada, bob) = (list[0].member_id.clone(), list[1].member_id.clone());
    assert!(list[0].is_teammate);
    people::say_teammate(workspace, &ada, (Word::No, None), None, clock()).await.unwrap();
    people::say_teammate(
        workspace,
        &bob,
        (Word::Yes(Some(date(2025, 1, 1)), Some(date(2025, 2, 1))), None),
        None,
        clock(),
    )
    .await
    .unwrap();
    let found = directory(&community).await;
    assert!(since(&found, "Ada Byron").is_empty());
    let (jan, feb) = (day_of_date(date(2025, 1, 1)), day_of_date(date(2025, 2, 1)));
    assert_eq!(since(&found, "Bob Moss"), [(jan, feb), (day_of_date(date(2025, 3, 1)), i32::MAX)]);
    people::say_teammate(workspace, &ada, (Word::Auto, None), None, clock()).await.unwrap();
    assert_eq!(since(&directory(&community).await, "Ada Byron").len(), 1);
}

/// Words on programs and teammates are changes of the history: each is undone by itself, in any order.
#[tokio::test]
async fn what_was_said_of_a_member_is_listed_and_undone_in_any_order() {
    let community = of(&[commit(1, "2026-01-10", "bob@acme.io", "Bob Moss")]).await;
    let workspace = &community.workspace;
    let bob = {
        refresh::refresh(workspace).await.unwrap();
        members::list(workspace, members::Sort::Name, clock(), None).await.unwrap()[0].member_id.clone()
    };
    let standing = async || members::show(workspace, &bob, clock(), None).await.unwrap();
    let one = people::say_bot(workspace, &bob, Word::Yes(None, None), Some("Ines"), clock()).await.unwrap();
    let other = people::say_bot(workspace, &bob, Word::No, Some("Ines"), clock()).await.unwrap();
    assert!(!standing().await.member.is_bot);
    // The last word goes: the one before it holds again. Both are gone: what is found counts.
    undo(workspace, other.change_id, None, clock()).await.unwrap();
    assert!(standing().await.member.is_bot);
    undo(workspace, one.change_id, None, clock()).await.unwrap();
    let found = standing().await;
    assert!(!found.member.is_bot && !found.standing.is_bot_said);
    let (from, to) = (date(2025, 1, 1), date(2025, 2, 1));
    let days =
        people::say_teammate(workspace, &bob, (Word::Yes(Some(from), Some(to)), None), None, clock()).await.unwrap();
    let auto = people::say_teammate(workspace, &bob, (Word::Auto, None), None, clock()).await.unwrap();
    assert!(standing().await.standing.teammate.is_empty());
    undo(workspace, auto.change_id, None, clock()).await.unwrap();
    let found = standing().await.standing;
    assert_eq!((found.teammate, found.is_teammate_said), (vec![(Some(from), Some(to))], true));
    undo(workspace, days.change_id, None, clock()).await.unwrap();
    assert!(standing().await.standing.teammate.is_empty());
    let told: Vec<(String, String, bool)> = people::words(workspace, &bob)
        .await
        .unwrap()
        .into_iter()
        .map(|change| (change.kind, change.summary, change.undone_at.is_some()))
        .collect();
    let expected = [
        ("auto", "Bob Moss: a teammate or not, as Axle finds"),
        ("yes", "Bob Moss: a teammate from 2025-01-01 to 2025-02-01"),
        ("no", "Bob Moss: no program"),
        ("yes", "Bob Moss: a program"),
    ];
    assert_eq!(told, expected.map(|(kind, summary)| (kind.to_owned(), summary.to_owned(), true)));
}

/// One id at two sources is two organizations, and each has its own deals.
#[tokio::test]
async fn facts_are_counted_for_the_organization_that_their_source_means() {
    let line = |kind: &str, source: &str, rest: &str| format!(r#"{{"type":"{kind}","source":"{source}",{rest}}}"#);
    let deal = |source: &str, id: &str| {
        line("deal", source, &format!(r#""id":"{id}","organization":"a1","created_at":"2026-02-01""#))
    };
    let community = of(&[
        line("organization", "crm", r#""id":"a1","name":"Acme""#),
        line("organization", "books", r#""id":"a1","name":"Globex""#),
        deal("crm", "d1"),
        deal("books", "d2"),
        deal("books", "d3"),
    ])
    .await;
    let workspace = &community.workspace;
    let lines = organizations::list(workspace, clock(), None).await.unwrap();
    let deals = async |name: &str| {
        let facts = organizations::show(workspace, &lines, name, clock()).await.unwrap().facts;
        facts.iter().filter(|count| count.kind == "deal").map(|count| count.count).sum::<u64>()
    };
    assert_eq!((deals("Acme").await, deals("Globex").await), (1, 2));
}

#[tokio::test]
async fn a_domain_that_tells_nothing_here_makes_no_organization() {
    let community = of(&[
        commit(1, "2026-01-10", "bob@stadtnetz.de", "Bob Moss"),
        commit(2, "2026-01-11", "cyd@stadtnetz.de", "Cyd Vane"),
    ])
    .await;
    let settings = Settings::parse("", " @Stadtnetz.DE \n").unwrap();
    assert_eq!(settings.lines(), (String::new(), "stadtnetz.de".into()));
    let preview = people::preview(&community.workspace, &settings, clock()).await.unwrap();
    assert_eq!(preview.organizations_gone, ["stadtnetz.de"]);
    people::set_settings(&community.workspace, &settings, None, clock()).await.unwrap();
    assert!(directory(&community).await.organizations.is_empty());
    assert!(Settings::parse("acme", "").is_err() && Settings::parse("acme.io 2026-02-30", "").is_err());
}

#[tokio::test]
async fn who_writes_at_constant_intervals_is_a_program_until_a_person_says_otherwise() {
    let message = |at: u32, uid: &str, seconds: u32| {
        let instant = jiff::Timestamp::from_second(1_767_225_607 + i64::from(seconds)).unwrap();
        format!(
            r#"{{"type":"activity","source":"s","id":"{uid}{at}","activity":"chat:message:sent","at":"{instant}","channel":"general","actor":{{"platform":"chat","uid":"{uid}","username":"{uid}"}},"text":"hello"}}"#
        )
    };
    // Every hour, some seconds late at times; and somebody who writes when they feel like it.
    let clockwork = (0..120).map(|at| message(at, "wren", at * 3_600 + at % 3));
    let person = (0..120).map(|at| message(at, "robin", at * 3_600 + at * at * 977 % 3_000));
    let community = of(&clockwork.chain(person).collect::<Vec<_>>()).await;
    let workspace = &community.workspace;
    axle_app::score::rescore(workspace, clock()).await.unwrap();
    let list = members::list(workspace, members::Sort::Name, clock(), None).await.unwrap();
    let told: Vec<(&str, bool)> = list.iter().map(|member| (member.name.as_str(), member.is_bot)).collect();
    assert_eq!(told, [("robin", false), ("wren", true)]);
    let wren = &list[1].member_id;
    let why = members::show(workspace, wren, clock(), None).await.unwrap().standing;
    assert_eq!(why.bot_reasons, ["chat wren: active at constant intervals"]);
    people::say_bot(workspace, wren, Word::No, Some("Ines"), clock()).await.unwrap();
    assert!(!members::show(workspace, wren, clock(), None).await.unwrap().member.is_bot);
}
