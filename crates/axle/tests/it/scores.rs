//! Scores kept up to date change by change are those that scoring from nothing gives, whatever happened before.

use axle_app::{score, settings};
use axle_model::settings::{DemoteEvery, ScoreSettings};
use axle_model::time::{local_day, start_of_day};
use axle_store::score::ScoreRow;
use jiff::SignedDuration;
use rand::Rng;
use serde_json::{Value, json};

use crate::community::{ACCOUNTS, Community, account, open};

const SEEDS: std::ops::Range<u64> = 0..4;
const STEPS: u32 = 30;
const TYPES: [&str; 5] =
    ["chat:message:sent", "question:asked", "question:answered", "github:pull_request:opened", "product:report:made"];

/// An activity of anybody; most lie in the past of now, a few ahead of it.
fn activity(community: &mut Community, number: u32) -> Value {
    let at = community.now - SignedDuration::from_hours(community.random.random_range(-40..24 * 420));
    let kind = TYPES[number as usize % TYPES.len()];
    let mut line = json!({"type": "activity", "id": format!("a{number}"), "activity": kind, "at": at,
        "actor": community.somebody(), "channel": "help"});
    if community.chance(70) {
        line["thread"] = json!(format!("t{}", community.below(8)));
    }
    if community.chance(20) && number > 0 {
        line["parent"] = json!(format!("a{}", community.below(number)));
    }
    if community.chance(15) {
        line["counterparts"] = json!([account(community.below(ACCOUNTS))]);
    }
    if community.chance(10) {
        line["weight"] = json!(community.below(13));
    }
    line
}

async fn step(community: &mut Community) -> &'static str {
    match community.below(14) {
        0..=4 => {
            let most = if community.activities < 60 { 59 } else { 5 };
            let many = 1 + community.below(most);
            community.act(many, activity).await;
            "activities"
        }
        5..=6 if community.activities > 0 => {
            community.edit(activity).await;
            "an edit or deletion"
        }
        7 => {
            community.link().await;
            "a link"
        }
        8 => {
            community.bot_or_teammate().await;
            "a bot or teammate"
        }
        9 => {
            let decay = f64::from(50 + community.below(51)) / 100.0;
            let demote_every = [DemoteEvery::Month, DemoteEvery::Quarter][community.below(2) as usize];
            let weights = [("chat:message:sent".to_owned(), community.random.random_range(0..=12))].into();
            let new = ScoreSettings { decay, demote_every, weights, ..ScoreSettings::default() };
            settings::set_score(&community.workspace, &new, None, community.now).await.unwrap();
            "other settings"
        }
        10 if community.chance(30) => {
            community.another_time_zone().await;
            "another time zone"
        }
        10..=11 => {
            community.pass(1..24 * 20);
            "the passing of time"
        }
        12 => {
            community.compact().await;
            "a file of the tail"
        }
        _ => {
            community.reopen().await;
            "another process"
        }
    }
}

/// Everybody's scores from nothing, by an engine that has just begun.
async fn scored_anew(community: &Community) -> Vec<ScoreRow> {
    let fresh = open(community.folder.path()).await;
    let zone = fresh.time_zone().await.unwrap();
    let until = start_of_day(local_day(community.now, &zone) + 1, &zone) - SignedDuration::from_micros(1);
    score::rows_as_of(&fresh, until, None).await.unwrap()
}

async fn stored(community: &Community) -> Vec<ScoreRow> {
    axle_store::score::all(community.workspace.db()).await.unwrap()
}

#[tokio::test]
async fn scores_kept_up_to_date_equal_scores_scored_anew() {
    for seed in SEEDS {
        let mut community = Community::new(seed).await;
        let mut happened = Vec::new();
        for _ in 0..STEPS {
            happened.push(step(&mut community).await);
            if community.chance(25) {
                // Nobody looks: the next scoring finds several changes at once, perhaps in another process.
                continue;
            }
            let members = score::rescore(&community.workspace, community.now).await.unwrap();
            let (kept, expected) = (stored(&community).await, scored_anew(&community).await);
            assert_eq!(members, kept.len() as u64);
            let differs = kept.iter().zip(&expected).find(|(stored, expected)| stored != expected);
            assert_eq!(differs, None, "seed {seed}, after {happened:?}");
            assert_eq!(kept.len(), expected.len(), "seed {seed}, after {happened:?}");
        }
        assert!(stored(&community).await.len() > 3);
    }
}
