//! Moods beside VADER's, and labels that developers' comments are given.

use std::path::Path;

use axle_model::label::{Label, Reading, Sentiment};
use axle_text::vader::Vader;
use serde_json::Value;

use super::{
    Failure, Readers,
    page::{Page, three},
    scores::{macro_f1, share},
    sets::{self, MOODS},
};

const GENERAL: [(&str, &str); 4] =
    [("tweets", "tweets"), ("amazon", "product reviews"), ("nyt", "editorials"), ("movie", "film reviews")];

/// Reads the test parts of the sets of moods.
pub fn moods(
    page: &mut Page,
    readers: &Readers,
    data: &Path,
    measured: &Value,
    measured_large: &Value,
) -> Result<(), Failure> {
    page.section(
        "Mood",
        &format!(
            "Macro-F1. A mood that the program leaves unknown, in texts of one or two words and in other languages, \
             counts as neutral.\nAt most {} texts of a general kind, drawn with a fixed seed.",
            sets::SAMPLE
        ),
    );
    let mut sets = vec![
        ("stackoverflow", "Stack Overflow (test part of Senti4SD)", sets::stack_overflow(data)?),
        ("github", "GitHub comments (one in five)", sets::github(data)?),
    ];
    for (key, name) in GENERAL {
        sets.push((key, name, sets::general(data, key)?));
    }
    let vader = Vader::new();
    let (mut rows, mut comments, mut over, mut over_large) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (key, name, set) in sets {
        let unseeing = if key == "github" { readers.large_for_github.as_ref() } else { Some(&readers.large) };
        let large = unseeing.unwrap_or(&readers.large);
        let read: Vec<[Reading; 2]> = set.iter().map(|(text, _)| readers.both_with(large, text)).collect();
        let [small, large] = [0, 1].map(|tier| {
            let said = read.iter().map(|both| told(both[tier].sentiment));
            macro_f1(&MOODS, &said.zip(set.iter().map(|(_, mood)| *mood)).collect::<Vec<_>>())
        });
        let known = read.iter().zip(&set).filter(|(both, _)| both[0].sentiment != Sentiment::Unknown);
        let known = macro_f1(&MOODS, &known.map(|(both, (_, mood))| (both[0].sentiment, *mood)).collect::<Vec<_>>());
        let unknown = read.iter().filter(|both| both[0].sentiment == Sentiment::Unknown).count();
        let base =
            macro_f1(&MOODS, &set.iter().map(|(text, mood)| (by_vader(&vader, text), *mood)).collect::<Vec<_>>());
        let figures = &measured["sentiment"][key];
        let figure = |name: &str| figures[name].as_f64().ok_or("no figure of a platform never seen");
        let unseen = figure("head_without_this_platform")?;
        over.push(100.0 * (unseen - figure("vader")?));
        let figure = |name: &str| measured_large[key][name].as_f64().ok_or("no figure of a platform never seen");
        let unseen_large = figure("voices_chosen_elsewhere")?;
        over_large.push(100.0 * (unseen_large - figure("vader")?));
        let large_cell = unseeing.map_or_else(|| "learnt from them".to_owned(), |_| three(large));
        let unknown = three(share(unknown, set.len()));
        let cells = [name.to_owned(), set.len().to_string(), three(base), three(small), large_cell];
        rows.push([cells.to_vec(), vec![three(unseen), three(unseen_large), unknown, three(known)]].concat());
        match key {
            "stackoverflow" => {
                page.goal("mood, Stack Overflow, macro-F1", "small", small, [0.85, 0.90]);
                page.goal("mood, Stack Overflow, macro-F1", "large", large, [0.85, 0.90]);
            }
            "github" => {
                page.goal("mood, GitHub comments, macro-F1", "small", small, [0.85, 0.92]);
                if unseeing.is_some() {
                    page.goal("mood, GitHub comments, macro-F1", "large", large, [0.85, 0.92]);
                }
            }
            "movie" => {
                let what = "mood, film reviews, never trained on, points over VADER";
                page.points(what, "small", 100.0 * (small - base), [8.0, 15.0]);
                page.points(what, "large", 100.0 * (large - base), [8.0, 15.0]);
            }
            _ => {}
        }
        if matches!(key, "stackoverflow" | "github") {
            comments.extend(read);
        }
    }
    for (tier, over) in [("small", &over), ("large", &over_large)] {
        let mean = |some: &[f64]| some.iter().sum::<f64>() / some.len() as f64;
        let what = "mood, developers' platform left out *, points over VADER, mean of two";
        page.points(what, tier, mean(&over[..2]), [8.0, 15.0]);
        page.points("mood, platform left out *, points over VADER, mean of six", tier, mean(over), [8.0, 15.0]);
    }
    let head =
        ["texts", "count", "VADER", "small", "large", "small, platform left out *", "large, platform left out *"];
    page.table(&[&head[..], &["unknown", "small, of those told"]].concat(), &rows);
    page.words(
        "The large tier's model of moods that ships has learnt from all visible GitHub comments: they are read by one that was made in the \
         same way\nwithout these (`training/finetune.py`). The small tier's heads learn from what the model that ships says of other texts too, so the figures of GitHub\n\
         may be too high: by 0.01, by training's count. No model has seen film reviews.\n2.4 % of the Stack Overflow texts repeat a text that the large tier's model has learnt from; the small tier's heads were kept from them.\nOf the large tier each platform is read by a model of moods and a head that were made without it, and what these and VADER weigh was chosen on\nthe other platforms (`training/voices.py`); unknown moods are none there.",
    );
    alarms(page, &comments);
    Ok(())
}

fn alarms(page: &mut Page, comments: &[[Reading; 2]]) {
    page.section(
        "Labels of developers' comments",
        &format!(
            "How many of 1,000 are given the label, of the {} comments of the first two sets above. Hardly anybody wants to buy there, so each hand\nraise counts as a false alarm; the other labels often hold.",
            comments.len()
        ),
    );
    let rate = |tier: usize, label: Label| {
        1_000.0 * share(comments.iter().filter(|both| both[tier].labels.has(label)).count(), comments.len())
    };
    let row = |label: Label| {
        vec![label.name().replace('_', " "), format!("{:.1}", rate(0, label)), format!("{:.1}", rate(1, label))]
    };
    page.table(&["label", "small", "large"], &Label::ALL.map(row));
    for (tier, name) in [(0, "small"), (1, "large")] {
        let what = "hand raise, false alarms in 1,000 developers' comments";
        page.at_most(what, name, rate(tier, Label::HandRaise), [2.0, 1.0]);
    }
}

fn told(mood: Sentiment) -> Sentiment {
    if mood == Sentiment::Unknown { Sentiment::Neutral } else { mood }
}

fn by_vader(vader: &Vader, text: &str) -> Sentiment {
    match vader.scores(text).compound {
        compound if compound >= 0.05 => Sentiment::Positive,
        compound if compound <= -0.05 => Sentiment::Negative,
        _ => Sentiment::Neutral,
    }
}
