//! Who is where though their account says nothing, or the organization is listed nowhere; in which department teammates are.

use axle_app::identities::undo;
use axle_app::people::{self, OwnDomain, Settings, Word};
use axle_app::{members, organizations};
use axle_model::analytics::Directory;
use axle_model::time::day_of_date;
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::support::clock;
use crate::{commit, directory, of, organization_on};

#[tokio::test]
async fn an_address_of_a_silent_account_is_the_members_wherever_they_write() {
    let post = |id: u32, day: &str| {
        format!(
            r#"{{"type":"activity","source":"s","id":"p{id}","activity":"forum:topic:opened","at":"{day}T12:00:00Z","channel":"help","actor":{{"platform":"forum","uid":"7","name":"Ada Moss"}},"text":"hello"}}"#
        )
    };
    let profile = r#"{"type":"person","identity":{"platform":"slack","uid":"U1","email":"ada@acme.io","email_verified":true},"name":"Ada Moss"}"#;
    let link = r#"{"type":"link","identities":[{"platform":"slack","uid":"U1"},{"platform":"forum","uid":"7"}],"verified":true}"#;
    let said = [profile.to_owned(), link.to_owned(), post(1, "2026-01-10"), post(2, "2026-02-10")];
    let on = |directory: &Directory, day| organization_on(directory, "Ada Moss", day);
    let community = of(&said).await;
    let own = OwnDomain { domain: "acme.io".into(), from: None, department: None };
    let settings = Settings { own_domains: vec![own], ..Settings::default() };
    people::set_settings(&community.workspace, &settings, None, clock()).await.unwrap();
    let found = directory(&community).await;
    for day in [date(2026, 1, 10), date(2026, 2, 10)] {
        assert_eq!(on(&found, day).as_deref(), Some("acme.io"), "{day}");
    }
    assert_eq!(on(&found, date(2026, 1, 9)), None, "nothing is known of before");
    let ada = found.members.iter().find(|member| member.name == "Ada Moss").unwrap();
    let read_on = clock().to_zoned(TimeZone::UTC).date();
    assert_eq!(ada.teammate[0].0, day_of_date(read_on), "a colleague since the profile was read: before, a member");

    // Believed for 180 days after the last day, which a further day of the other account moves.
    let until = async || {
        let list = organizations::list(&community.workspace, clock(), None).await.unwrap();
        let acme = organizations::show(&community.workspace, &list, "acme.io", clock()).await.unwrap();
        acme.people.iter().filter_map(|one| one.to).max()
    };
    assert_eq!(until().await, Some(date(2026, 8, 10)));
    community.lines(&[&post(3, "2026-03-01")]).await;
    assert_eq!(until().await, Some(date(2026, 8, 29)));

    // An address of another organization that was in use before keeps its days.
    let old = r#"{"type":"link","identities":[{"platform":"git","email":"ada@zeta.dev"},{"platform":"forum","uid":"7"}],"verified":true}"#;
    let before =
        [commit(8, "2026-01-01", "ada@zeta.dev", "Ada Moss"), commit(9, "2026-01-20", "ada@zeta.dev", "Ada Moss")];
    let community = of(&[&said[..], &before[..], &[old.to_owned()][..]].concat()).await;
    let found = directory(&community).await;
    assert_eq!(on(&found, date(2026, 1, 10)).as_deref(), Some("zeta.dev"));
    assert_eq!(on(&found, date(2026, 2, 10)).as_deref(), Some("acme.io"));
}

#[tokio::test]
async fn an_address_of_two_accounts_is_in_use_between_them() {
    let wrote = |platform: &str, day: &str, rest: &str| {
        format!(
            r#"{{"type":"activity","source":"s","id":"{platform}-{day}","activity":"chat:message:sent","at":"{day}T12:00:00Z","channel":"general","actor":{{"platform":"{platform}","uid":"{platform}-1","name":"Conrad Moss"{rest}}},"text":"hello"}}"#
        )
    };
    let proven = r#","email":"conrad@acme.io","email_verified":true"#;
    let link = r#"{"type":"link","identities":[{"platform":"forum","uid":"forum-1"},{"platform":"chat","uid":"chat-1"}],"verified":true}"#;
    let lines = [
        wrote("forum", "2025-02-03", proven),
        wrote("zulip", "2026-04-05", proven),
        wrote("chat", "2025-12-01", ""),
        link.to_owned(),
    ];
    let community = of(&lines).await;
    let found = directory(&community).await;
    let on = |day| organization_on(&found, "Conrad Moss", day);
    // 3 February 2025 and 180 days are over on 3 August.
    for day in [date(2025, 2, 3), date(2025, 12, 1), date(2026, 4, 5)] {
        assert_eq!(on(day).as_deref(), Some("acme.io"), "{day}");
    }
    assert_eq!(on(date(2025, 2, 2)), None);
    let list = organizations::list(&community.workspace, clock(), None).await.unwrap();
    let acme = organizations::show(&community.workspace, &list, "acme.io", clock()).await.unwrap();
    let days: Vec<_> = acme.people.iter().map(|one| (one.from, one.to)).collect();
    assert!(days.contains(&(Some(date(2025, 2, 3)), Some(date(2026, 4, 6)))), "one use, as proven: {days:?}");
}

#[tokio::test]
async fn teammates_by_word_and_by_domain_have_departments() {
    let community = of(&[
        commit(1, "2026-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2026-01-11", "bob@home.example.org", "Bob Moss"),
    ])
    .await;
    let workspace = &community.workspace;
    let settings = Settings::parse("acme.io support", "").unwrap();
    people::set_settings(workspace, &settings, None, clock()).await.unwrap();
    let list = members::list(workspace, members::Sort::Name, clock(), None).await.unwrap();
    let bob = list.iter().find(|member| member.name == "Bob Moss").unwrap().member_id.clone();
    let from = date(2026, 1, 1);
    let word = (Word::Yes(Some(from), None), Some(" sales "));
    let said = people::say_teammate(workspace, &bob, word, None, clock()).await.unwrap();
    assert_eq!(said.summary, "Bob Moss: a teammate from 2026-01-01 on, sales");
    let told = |found: &Directory| -> Vec<(String, String, bool, i32)> {
        let all =
            found.members.iter().flat_map(|member| member.departments.iter().map(|one| (member.name.clone(), one)));
        let mut all: Vec<_> = all.map(|(who, one)| (who, one.name.clone(), one.is_said, one.from)).collect();
        all.sort();
        all
    };
    let of_ada = ("Ada Byron".to_owned(), "support".to_owned(), false, day_of_date(date(2026, 1, 10)));
    let of_bob = ("Bob Moss".to_owned(), "sales".to_owned(), true, day_of_date(from));
    assert_eq!(told(&directory(&community).await), [of_ada.clone(), of_bob]);
    undo(workspace, said.change_id, None, clock()).await.unwrap();
    assert_eq!(told(&directory(&community).await), [of_ada]);
}

#[tokio::test]
async fn of_two_own_domains_with_a_department_the_later_address_comes_last() {
    // The address that came later belongs to the account that the record lists first.
    let link = r#"{"type":"link","identities":[{"platform":"git","email":"ada@zeta.dev"},{"platform":"git","email":"ada@acme.io"}],"verified":true}"#;
    let community = of(&[
        commit(1, "2026-01-10", "ada@zeta.dev", "Ada Byron"),
        commit(2, "2026-02-10", "ada@acme.io", "Ada Byron"),
        link.into(),
    ])
    .await;
    let settings = Settings::parse("acme.io sales\nzeta.dev support", "").unwrap();
    people::set_settings(&community.workspace, &settings, None, clock()).await.unwrap();
    let found = directory(&community).await;
    let ada = found.members.iter().find(|member| member.name == "Ada Byron").unwrap();
    let departments: Vec<&str> = ada.departments.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(departments, ["support", "sales"]);
}

#[tokio::test]
async fn an_organization_that_a_source_names_and_does_not_list_is_one() {
    let community = of(&[
        commit(1, "2026-01-10", "ada@home.example.org", "Ada Byron"),
        r#"{"type":"affiliation","source":"crm","identity":{"platform":"git","email":"ada@home.example.org"},"organization":"bank","from":"2026-01-01","title":"CTO"}"#.into(),
    ])
    .await;
    let directory = directory(&community).await;
    assert_eq!(organization_on(&directory, "Ada Byron", date(2026, 1, 10)).as_deref(), Some("bank"));
    let ada = directory.members.iter().find(|member| member.name == "Ada Byron").unwrap();
    assert_eq!(ada.affiliations[0].title.as_deref(), Some("CTO"));
}
