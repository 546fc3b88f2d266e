//! Flywheels kept up to date change by change are those that turning everybody from the beginning gives, whatever happened
//! before: the same rows, visits, evidence, tasks and alerts.

use axle_app::accounts::{self, Mark};
use axle_app::cached::Cached;
use axle_app::feedback::{self, State};
use axle_app::flywheels::physics::{self, Around};
use axle_app::flywheels::{self, Runs};
use axle_app::{AppError, organizations, said, tasks};
use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use serde_json::{Value, json};

use crate::community::{Community, account, open};

const SEEDS: std::ops::Range<u64> = 0..2;
const STEPS: u32 = 30;
const TYPES: [&str; 9] = [
    "chat:message:sent",
    "question:asked",
    "question:answered",
    "forum:topic:opened",
    "forum:post:replied",
    "answer:accepted",
    "story:testimonial:given",
    "champion:intro:made",
    "forum:post:liked",
];

/// An instant of the last year, or, one in eight, of the next hours.
fn instant(community: &mut Community) -> Timestamp {
    let hours = if community.chance(50) {
        community.random.random_range(-6..48)
    } else {
        community.random.random_range(0..24 * 400)
    };
    community.now - SignedDuration::from_hours(hours)
}

/// An activity of anybody, on time or late.
fn activity(community: &mut Community, number: u32) -> Value {
    let at = instant(community);
    let kind = TYPES[number as usize % TYPES.len()];
    let text = ["How do I mount a share?", "Thanks, that works!", "Use mount.cifs", "We need a higher plan"];
    let mut line = json!({"type": "activity", "id": format!("a{number}"), "activity": kind, "at": at,
        "actor": community.somebody(), "channel": community.pick(&["help", "dev"]),
        "text": text[community.below(4) as usize]});
    if community.chance(70) {
        line["thread"] = json!(format!("t{}", community.below(12)));
    }
    if community.chance(40) && number > 0 {
        line["parent"] = json!(format!("a{}", community.below(number)));
    }
    line
}

/// A fact about somebody, which one or other of the flywheels waits for.
fn fact(community: &mut Community) -> Value {
    let (at, who) = (instant(community), community.somebody());
    let id = format!("f{}", community.below(120));
    let organization = community.pick(&["bank", "mill"]);
    let (outcome, flywheel, step) = [
        ("qualified", "community_qualified_leads", "signals_need"),
        ("dismissed", "community_qualified_leads", "signals_need"),
        ("appointed", "deal_champions", "prospect"),
        ("busy", "champion_health", "contacted"),
        ("done", "knowledge_sharing", "asks"),
    ][community.below(5) as usize];
    match community.below(20) {
        0 => json!({"type": "signal", "id": id, "at": at, "member": who, "kind": "explicit"}),
        1..=2 => json!({"type": "task", "id": id, "kind": community.pick(&["thank", "check_in", "invite"]),
            "identity": who, "flywheel": flywheel, "step": step, "outcome": outcome, "state": "done",
            "done_at": at, "assignee": "buzz"}),
        3 => json!({"type": "consent", "id": id, "identity": who, "kind": "hand_off", "at": at,
            "revoked_at": community.chance(30).then_some(at + SignedDuration::from_hours(60))}),
        4 => {
            json!({"type": "role", "identity": who, "role": community.pick(&["champion", "deal_champion", "key_member"]),
            "from": at, "organization": organization, "by": "buzz",
            "to": community.chance(30).then_some(at + SignedDuration::from_hours(900))})
        }
        5 => {
            json!({"type": "product_user", "user": who, "signup_at": at, "plan": "free", "organization": organization})
        }
        6..=7 => json!({"type": "product_event", "id": id, "user": who, "at": at, "name": "exported",
            "feature": community.pick(&["a", "b", "c"])}),
        8 => json!({"type": "organization", "id": organization, "name": organization.to_uppercase(),
            "domains": [format!("{organization}.example")],
            "lifecycle": community.pick(&["prospect", "customer"]), "lifecycle_at": at}),
        9 => {
            json!({"type": "deal", "id": format!("d{}", community.below(4)), "organization": organization, "name": "A deal",
            "created_at": at, "motion": "high_touch", "contacts": [{"identity": who}],
            "closed_at": at + SignedDuration::from_hours(700), "won": community.chance(50)})
        }
        10 => json!({"type": "push", "id": id, "at": at, "kind": "outreach", "subjects": [who]}),
        11 => json!({"type": "ticket", "id": id, "opened_at": at, "requester": who,
            "linked_thread": format!("t{}", community.below(12))}),
        12 => {
            json!({"type": "invite", "id": id, "inviter": who, "recipient": "a friend", "sent_at": at, "kind": "sales_intro",
            "accepted_at": community.chance(50).then_some(at + SignedDuration::from_hours(20))})
        }
        13 => {
            json!({"type": "feedback", "id": id, "at": at, "author": who, "kind": community.pick(&["bug", "concern"]),
            "decided_at": community.chance(50).then_some(at + SignedDuration::from_hours(80))})
        }
        14 => json!({"type": "event", "id": community.pick(&["e1", "e2"]), "name": "An evening", "starts_at": at,
            "kind": community.pick(&["kickoff", "training", "tutorial"])}),
        15 => {
            json!({"type": "attendance", "event": community.pick(&["e1", "e2"]), "identity": who, "state": "attended",
            "role": community.pick(&["guest", "speaker"]), "at": community.chance(50).then_some(at)})
        }
        16 => json!({"type": "enrollment", "program": "champions", "identity": who, "state": "accepted", "at": at}),
        17 => json!({"type": "call", "id": id, "called_at": at, "caller": who, "kind": "sales", "status": "answered",
            "organization": organization, "direction": community.pick(&["inbound", "outbound"])}),
        18 => json!({"type": "absence", "identity": who, "from": at, "to": at + SignedDuration::from_hours(500),
            "told_at": community.chance(50).then_some(at + SignedDuration::from_hours(120))}),
        _ => json!({"type": "affiliation", "identity": who, "organization": organization, "from": at}),
    }
}

/// What somebody says of the oldest feedback, of an organization, and of who was at one; of nothing, while there is none.
async fn word(community: &mut Community) {
    let (workspace, now) = (&community.workspace, community.now);
    let all = feedback::list(workspace, &said::load(workspace, now).await.unwrap(), now).await.unwrap();
    if let Some(one) = all.iter().rev().find(|one| one.asks() && one.told_at.is_none()) {
        let id = &one.feedback_id;
        if one.state == State::Open {
            feedback::decide(workspace, &all, id, (State::Planned, ""), "Margaret", now).await.unwrap();
        } else {
            feedback::tell(workspace, &all, id, now).await.unwrap();
        }
    }
    let key = Mark::Key { owner: "Cleo".into(), target: Some(1), reason: String::new() };
    let words = [Mark::Prospect { motion: "high_touch".into() }, key, Mark::NotKey];
    let word = &words[community.random.random_range(0..words.len())];
    match accounts::mark(workspace, "bank", word, "Alfred", now).await {
        Ok(()) | Err(AppError::NotFound(_) | AppError::Invalid(_)) => {}
        Err(error) => panic!("{error}"),
    }
    let people =
        workspace.analytics().sql("select member_id from members order by member_id", 40, now).await.unwrap().rows;
    if !people.is_empty() {
        let who = people[community.random.random_range(0..people.len())][0].as_str().unwrap();
        let from = Some((now - SignedDuration::from_hours(24 * 20)).to_zoned(jiff::tz::TimeZone::UTC).date());
        let is_there = community.random.random_bool(0.5);
        let word = organizations::Word { is_there, from, ..organizations::Word::default() };
        match organizations::say_affiliation(workspace, who, "mill", word, Some("Alfred"), now).await {
            Ok(_) | Err(AppError::NotFound(_) | AppError::Invalid(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn step(community: &mut Community) -> &'static str {
    match community.below(20) {
        0..=5 => {
            let many = if community.activities < 60 { 40 } else { 1 + community.below(3) };
            community.act(many, activity).await;
            "activities"
        }
        6..=7 if community.activities > 0 => {
            community.edit(activity).await;
            "an edit or deletion"
        }
        12 => {
            word(community).await;
            "a word on feedback and an account"
        }
        8..=11 => {
            let lines: Vec<Value> = (0..=community.below(4)).map(|_| without_nulls(fact(community))).collect();
            community.read(&lines).await;
            "facts"
        }
        13 => {
            community.link().await;
            "a merge or split"
        }
        14 => {
            community.bot_or_teammate().await;
            "a bot or teammate"
        }
        15..=16 => {
            // Within a day nobody is looked at anew for the time alone.
            community.pass(25..24 * 12);
            "the passing of time"
        }
        17 => {
            community.compact().await;
            "a file of the tail"
        }
        18 if community.chance(30) => {
            community.another_time_zone().await;
            "another time zone"
        }
        19 if community.chance(30) => {
            community.other_business_hours().await;
            "other business hours"
        }
        _ => {
            community.reopen().await;
            "another process"
        }
    }
}

/// What the engine tells of the runs that were handed over.
async fn rows(community: &Community, table: &str) -> Vec<Vec<Value>> {
    let query = format!("select count(*), count(distinct run_id), min(run_id), max(run_id) from {table}");
    community.workspace.analytics().sql(&query, 1, community.now).await.unwrap().rows
}

fn without_nulls(mut line: Value) -> Value {
    line.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    line
}

/// Everything that runs tell.
fn told(runs: &Runs) -> Vec<String> {
    let mut told: Vec<String> = runs.rows(None).map(|row| format!("{row:?}")).collect();
    told.extend(runs.visits(None).map(|visit| format!("{visit:?}")));
    told.extend(runs.rows(None).map(|row| format!("{:?}", runs.run(&row.run_id).unwrap().evidence)));
    told.extend(runs.tasks().into_iter().map(|task| format!("{task:?}")));
    told.extend(runs.alerts().iter().map(|alert| format!("{alert:?}")));
    told.sort();
    told
}

#[tokio::test]
async fn flywheels_kept_up_to_date_equal_flywheels_turned_anew() {
    let mut runs_seen = 0;
    for seed in SEEDS {
        let mut community = Community::new(seed).await;
        let mut happened = Vec::new();
        for _ in 0..STEPS {
            happened.push(step(&mut community).await);
            if community.chance(25) {
                // Nobody looks: the next to look finds several changes at once, perhaps in another process.
                continue;
            }
            let kept = flywheels::current(&community.workspace, community.now).await.unwrap();
            let fresh = flywheels::evaluate(&open(community.folder.path()).await, community.now).await.unwrap();
            let (kept_told, fresh_told) = (told(&kept), told(&fresh));
            let missing: Vec<_> = fresh_told.iter().filter(|line| kept_told.binary_search(line).is_err()).collect();
            let extra: Vec<_> = kept_told.iter().filter(|line| fresh_told.binary_search(line).is_err()).collect();
            assert!(
                missing.is_empty() && extra.is_empty(),
                "seed {seed}, after {happened:?}: lacks {missing:#?}, has {extra:#?}"
            );
            assert_eq!(kept_told.len(), fresh_told.len());
            let (runs, visits) = (kept.rows(None).count(), kept.visits(None).count());
            assert_eq!(rows(&community, "flywheel_runs").await[0][0], json!(runs), "after {happened:?}");
            assert_eq!(rows(&community, "flywheel_visits").await[0][0], json!(visits), "after {happened:?}");
            runs_seen += runs;
        }
    }
    assert!(runs_seen > 100, "{runs_seen}");
}

/// Of whom nothing is new is not turned, however many there are.
#[tokio::test]
async fn after_one_activity_only_its_member_is_turned() {
    const MANY: usize = 1_200;
    let community = Community::new(0).await;
    let (workspace, now) = (&community.workspace, community.now);
    let who =
        |number: usize| json!({"platform": "forum", "uid": format!("m{number}"), "name": format!("Member {number}")});
    let post = |number: usize, id: &str, days: i64| {
        json!({"type": "activity", "id": format!("{id}{number}"), "activity": "forum:post:replied", "channel": "dev",
            "thread": format!("t{number}"), "actor": who(number), "text": "Here is how we do it.",
            "at": now - SignedDuration::from_hours(24 * days)})
    };
    let at = now - SignedDuration::from_hours(24 * 9);
    let signed_up =
        |number: usize| json!({"type": "product_user", "user": who(number), "plan": "free", "signup_at": at});
    let lines: Vec<Value> = (0..MANY).flat_map(|number| [signed_up(number), post(number, "a", 8)]).collect();
    community.read(&lines).await;
    let all = flywheels::current(workspace, now).await.unwrap();
    assert!(all.turned() >= MANY && all.rows(Some("onboarding_customers")).count() == MANY, "{}", all.turned());
    drop(all);
    community.read(&[post(5, "b", 1)]).await;
    let after = flywheels::current(workspace, now).await.unwrap();
    assert_eq!(after.turned(), 1);
    assert_eq!(told(&after), told(&flywheels::evaluate(workspace, now).await.unwrap()));
}

/// What somebody pays for since says nothing of the day on which they signed up.
#[tokio::test]
async fn a_plan_that_is_read_later_changes_no_past_day() {
    let community = Community::new(0).await;
    let (workspace, now) = (&community.workspace, community.now);
    let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
    let user = |plan: &str| json!({"type": "product_user", "user": account(0), "plan": plan, "signup_at": ago(9)});
    let used = json!({"type": "product_event", "id": "e1", "user": account(0), "at": ago(1), "name": "exported",
        "feature": "a"});
    let opened = json!({"type": "activity", "id": "a1", "activity": "forum:topic:opened", "at": ago(1),
        "actor": account(0), "channel": "dev", "text": "Here is how we do it."});
    community.read(&[user("free"), used, opened]).await;
    let then = told(&flywheels::evaluate(workspace, now).await.unwrap());
    assert!(then.iter().any(|line| line.contains("uses_product")), "{then:#?}");
    // The community's lines are read long after `now`.
    community.read(&[user("team")]).await;
    assert_eq!(told(&flywheels::evaluate(workspace, now).await.unwrap()), then);
}

/// Nothing is read meanwhile, and no midnight passes.
#[tokio::test]
async fn a_hand_off_that_ends_in_the_middle_of_a_day_ends_then() {
    let community = Community::new(0).await;
    let at = |time: &str| format!("2025-11-20T{time}:00Z").parse::<Timestamp>().unwrap();
    community.read(&crate::hand_offs::sent(at("09:00"), &json!({"expires_at": at("12:00")}))).await;
    let steps = async |now: Timestamp| {
        let runs = flywheels::current(&community.workspace, now).await.unwrap();
        runs.rows(Some("community_qualified_leads")).map(|row| row.step).collect::<Vec<_>>()
    };
    assert_eq!(steps(at("09:00")).await, ["dossier"]);
    assert_eq!(steps(at("11:59")).await, ["dossier"]);
    assert_eq!(steps(at("12:00")).await, ["signals_need"]);
}

/// Nothing is read meanwhile, no midnight passes, and pages keep what they show.
#[tokio::test]
async fn a_task_that_begins_in_the_middle_of_a_day_is_shown_then() {
    let community = Community::new(0).await;
    let workspace = &community.workspace;
    let at = |time: &str| format!("2025-11-{time}:00Z").parse::<Timestamp>().unwrap();
    let act = |id: &str, kind: &str, at: Timestamp, text: &str| {
        json!({"type": "activity", "id": id, "activity": kind, "at": at, "actor": account(0), "channel": "help",
            "thread": id, "text": text})
    };
    let signed_up = json!({"type": "product_user", "user": account(0), "plan": "free", "signup_at": at("17T09:00")});
    let hello = act("a1", "chat:message:sent", at("18T10:00"), "Good morning.");
    let asked = act("a2", "question:asked", at("19T12:00"), "How do I mount a share?");
    community.read(&[signed_up, hello, asked]).await;
    let kept = Cached::default();
    let is_wanted = async |now: Timestamp| {
        let make = async {
            let tasks = tasks::list(workspace, &[], now).await?;
            let until = tasks.until();
            Ok((tasks, until))
        };
        let tasks = kept.get_until(workspace, now, false, make).await.unwrap();
        tasks.list.iter().any(|task| task.template() == "newcomer_question")
    };
    assert!(!is_wanted(at("20T09:00")).await);
    assert!(!is_wanted(at("20T11:59")).await);
    assert!(is_wanted(at("20T12:00")).await, "they have waited for a day");
}

/// The same of a unit that becomes late: a question has a day for its first answer.
#[tokio::test]
async fn what_becomes_late_in_the_middle_of_a_day_is_late_then() {
    let community = Community::new(0).await;
    let workspace = &community.workspace;
    let at = |time: &str| format!("2025-11-{time}:00Z").parse::<Timestamp>().unwrap();
    let asked = json!({"type": "activity", "id": "a1", "activity": "question:asked", "at": at("19T12:00"), "actor": account(0),
        "channel": "help", "thread": "a1", "text": "How do I mount a share?"});
    community.read(&[asked]).await;
    let late = async |now: Timestamp| {
        let runs = flywheels::current(workspace, now).await.unwrap();
        let overview = physics::overview(&runs, &Around::default(), now);
        let wheel = overview.wheels.into_iter().find(|one| one.wheel.flywheel == "knowledge_sharing").unwrap();
        (wheel.wheel.steps.iter().map(|step| step.late).sum::<usize>(), runs.until(now))
    };
    let (before, until) = late(at("20T09:00")).await;
    assert_eq!(before, 0);
    let until = until.unwrap();
    assert!(until > at("20T12:00") && until < at("20T12:01"), "{until}");
    assert_eq!(late(until).await.0, 1, "pages are made anew then");
}

/// A like is something that a newcomer got, as figures have it.
#[tokio::test]
async fn a_like_is_value_received() {
    let community = Community::new(0).await;
    let (workspace, now) = (&community.workspace, community.now);
    let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
    let actor = account(0);
    let act = |id: &str, kind: &str, at: Timestamp| {
        json!({"type": "activity", "id": id, "activity": kind, "at": at, "actor": actor,
            "channel": "dev"})
    };
    let signed_up = json!({"type": "product_user", "user": account(0), "plan": "free", "signup_at": ago(9)});
    community.read(&[signed_up, act("a1", "forum:topic:opened", ago(8))]).await;
    let step = async || {
        let runs = flywheels::current(workspace, now).await.unwrap();
        runs.rows(Some("onboarding_customers")).map(|row| row.step).collect::<Vec<_>>()
    };
    assert_eq!(step().await, ["joined"]);
    community.read(&[act("a2", "forum:post:liked", ago(7))]).await;
    assert_eq!(step().await, ["value_received"]);
}
