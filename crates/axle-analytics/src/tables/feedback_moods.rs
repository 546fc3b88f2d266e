//! `feedback_moods`: in which mood recorded feedback was written (S70, S82). A record keeps no reading of its own: its words are
//! those of the activity that it names, else of the one that it is itself.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::activity::object_id;
use axle_model::interchange::FactKind;
use axle_model::label::{Sentiment, sentiment_of};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::error::{DataFusionError, Result};

use super::days::batch;
use super::thread_walk::{Object, object};
use crate::columns::{column, i64s, id_at, ids, micros, u32s};
use crate::rollup::is_gone;
use crate::view::Tables;

/// The table: `source`, `feedback_id` and `mood` of feedback whose words were read. Made by reading two columns of the activities.
pub(crate) fn feedback_moods(tables: &Tables) -> Result<RecordBatch> {
    let records = records(tables)?;
    let moods = moods(tables, &records)?;
    let word_of = |record: &Record| record.objects.iter().flatten().find_map(|object| moods.get(object)?.as_ref());
    let rows: Vec<(&Record, &Word)> = records.iter().filter_map(|record| Some((record, word_of(record)?))).collect();
    let texts = |text: &dyn Fn(&Record, &Word) -> String| -> ArrayRef {
        Arc::new(rows.iter().map(|(record, word)| Some(text(record, word))).collect::<StringArray>())
    };
    batch(vec![
        ("source", texts(&|record, _| record.source.clone())),
        ("feedback_id", texts(&|record, _| record.feedback_id.clone())),
        ("mood", texts(&|_, word| word.mood.name().to_owned())),
    ])
}

/// A record of feedback, and what it may be about: what it names as a public id, and as an id of its source.
struct Record {
    source: String,
    feedback_id: String,
    objects: [Option<Object>; 2],
}

fn records(tables: &Tables) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for rows in tables.facts(FactKind::FEEDBACK, &["feedback_id", "activity"])? {
        let text = |name: &str| column(&rows, name).as_string::<i32>();
        let (source, id, activity) = (text("source"), text("feedback_id"), text("activity"));
        for row in 0..rows.num_rows() {
            let (source, feedback_id) = (source.value(row).to_owned(), id.value(row).to_owned());
            let named = match activity.is_valid(row) {
                true => activity.value(row).to_owned(),
                // Feedback that names no activity is one itself.
                false => format!("{}:{feedback_id}", FactKind::FEEDBACK.name()),
            };
            let public = named.parse::<uuid::Uuid>().ok().map(|id| object(*id.as_bytes()));
            let objects = [public, Some(object(object_id(&source, &named)))];
            records.push(Record { source, feedback_id, objects });
        }
    }
    Ok(records)
}

/// What was read in the words of an activity.
struct Word {
    at: i64,
    seq: i64,
    mood: Sentiment,
}

/// The moods of the words on what records are about; of several activities on one thing the first that was read.
fn moods(tables: &Tables, records: &[Record]) -> Result<HashMap<Object, Option<Word>>> {
    let mut found: HashMap<Object, Option<Word>> =
        records.iter().flat_map(|record| record.objects).flatten().map(|object| (object, None)).collect();
    if found.is_empty() {
        return Ok(found);
    }
    let known = &tables.known;
    let read = known.rows.pick(
        &["seq", "activity_id", "occurred_at", "reading"],
        |segment| segment.min_at <= known.as_of,
        |rows, words: &mut Vec<(Object, Word)>| {
            let (seq, id, at) = (i64s(rows, "seq"), ids(rows, "activity_id"), micros(rows, "occurred_at"));
            let reading = u32s(rows, "reading");
            for row in (0..rows.num_rows()).filter(|row| reading.is_valid(*row) && at.value(*row) <= known.as_of) {
                let about = id_at(id, row).map(object).filter(|about| found.contains_key(about));
                if let Some(about) = about.filter(|_| !is_gone(&known.rows.gone, seq.value(row))) {
                    let mood = sentiment_of(reading.value(row));
                    words.push((about, Word { at: at.value(row), seq: seq.value(row), mood }));
                }
            }
        },
    );
    for (about, word) in read.map_err(|error| DataFusionError::External(Box::new(error)))? {
        let first = found.entry(about).or_default();
        if first.as_ref().is_none_or(|first| (word.at, word.seq) < (first.at, first.seq)) {
            *first = Some(word);
        }
    }
    Ok(found)
}
