//! The table `connections`: which two members met in which calendar month, and whether directly (S17, S18).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use axle_model::activity::Connection;
use axle_model::analytics::Connected;
use axle_model::calendar::{MonthNumber, first_day_of_month, month_of_day};
use axle_model::catalogue;
use axle_model::reach::{Pair, Strength, indirect_pairs};
use axle_model::time::local_day;
use datafusion::arrow::array::{Array, AsArray, BooleanArray, Date32Array, RecordBatch, UInt32Array};
use datafusion::arrow::datatypes::{Date32Type, UInt32Type};
use datafusion::error::{DataFusionError, Result};
use jiff::Timestamp;

use super::days::batch;
use super::thread_walk::{Event, Object, events};
use crate::columns::{column, i64s, micros, u32s};
use crate::rollup::{is_gone, timestamp};
use crate::state::Known;
use crate::view::Tables;

/// Pairs by month; `true` when they met directly.
type Meetings = BTreeMap<(Pair<u32>, MonthNumber), bool>;

/// The table `connections`. Months are calendar months of the workspace's zone; `day` is the first of the month.
pub(crate) fn connections(tables: &Tables) -> Result<RecordBatch> {
    let known = &tables.known;
    let mut meetings = Meetings::new();
    let mut of_threads = events(known, |_, thread| thread.is_some())?;
    of_threads.sort_unstable_by_key(|event| (event.thread, event.at, event.seq));
    for thread in of_threads.chunk_by(|a, b| a.thread == b.thread) {
        meet_in_thread(known, thread, &mut meetings);
    }
    meet_counterparts(known, &mut meetings)?;
    let pairs = || meetings.keys().map(|(pair, _)| pair.members());
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(pairs().map(|(a, _)| *a)))),
        ("other", Arc::new(UInt32Array::from_iter_values(pairs().map(|(_, b)| *b)))),
        ("day", Arc::new(Date32Array::from_iter_values(meetings.keys().map(|(_, month)| first_day_of_month(*month))))),
        ("is_direct", Arc::new(meetings.values().map(|direct| Some(*direct)).collect::<BooleanArray>())),
    ])
}

/// Everybody's reach in the month of an instant, by member number.
pub(crate) fn reach(tables: &Tables, as_of: Timestamp) -> Result<HashMap<u32, f64>> {
    let mut reach = HashMap::new();
    each_pair(tables, as_of, |pair, strength, _| {
        *reach.entry(pair.0).or_default() += strength;
        *reach.entry(pair.1).or_default() += strength;
    })?;
    Ok(reach)
}

/// Whom a member met by the month of an instant, strongest first.
pub(crate) fn of_member(tables: &Tables, member: u32, as_of: Timestamp) -> Result<Vec<Connected>> {
    let mut met = Vec::new();
    each_pair(tables, as_of, |pair, strength, last| {
        if pair.0 == member || pair.1 == member {
            let other = if pair.0 == member { pair.1 } else { pair.0 };
            met.push(Connected { member: other, strength, last_month: first_day_of_month(last) });
        }
    })?;
    met.sort_by(|a, b| b.strength.total_cmp(&a.strength).then_with(|| a.member.cmp(&b.member)));
    Ok(met)
}

/// Hands each pair that met to `take`, with its strength in the month of an instant and the month of the last meeting.
fn each_pair(tables: &Tables, as_of: Timestamp, mut take: impl FnMut((u32, u32), f64, MonthNumber)) -> Result<()> {
    let directory = &tables.known.directory;
    let settings = &directory.directory.score;
    let month = month_of_day(local_day(as_of, &directory.zone));
    let connections = tables.must("connections")?;
    let (member, other) = (u32s(&connections, "member"), u32s(&connections, "other"));
    let (day, direct) =
        (column(&connections, "day").as_primitive::<Date32Type>(), column(&connections, "is_direct").as_boolean());
    let mut row = 0;
    // Rows come by pair, then month.
    while row < connections.num_rows() {
        let pair = (member.value(row), other.value(row));
        let mut strength = Strength::first(month_of_day(day.value(row)), direct.value(row), settings);
        row += 1;
        while row < connections.num_rows() && (member.value(row), other.value(row)) == pair {
            strength.meet(month_of_day(day.value(row)), direct.value(row), settings);
            row += 1;
        }
        take(pair, strength.as_of(month, settings), strength.last_month());
    }
    Ok(())
}

/// The member and month of somebody's doing, unless they are a bot or a teammate then, or nobody.
fn member_of(known: &Known, identity: u32, at: i64) -> Option<(u32, MonthNumber)> {
    let directory = &known.directory;
    let member = directory.member_of(identity);
    let day = local_day(timestamp(at), &directory.zone);
    directory.member(member)?;
    (directory.kind(member, day) == "member").then(|| (member, month_of_day(day)))
}

fn meet(meetings: &mut Meetings, a: u32, b: u32, month: MonthNumber, direct: bool) {
    if let Some(pair) = Pair::new(a, b) {
        *meetings.entry((pair, month)).or_default() |= direct;
    }
}

/// Who answers meets whom they answer: the author of the parent, or who opened the thread. Who posts in the same month
/// in the same thread meets indirectly.
fn meet_in_thread(known: &Known, thread: &[Event], meetings: &mut Meetings) {
    let directory = &known.directory;
    let author: BTreeMap<Object, u32> = thread.iter().map(|event| (event.object, event.identity)).collect();
    let opener = thread.iter().find(|event| directory.activity_type(event.activity_type).is_post);
    let mut people: BTreeMap<MonthNumber, BTreeSet<u32>> = BTreeMap::new();
    for event in thread {
        let Some((member, month)) = member_of(known, event.identity, event.at) else { continue };
        let kind = directory.activity_type(event.activity_type);
        let is_direct = catalogue::activity_type(&kind.key).is_some_and(|kind| kind.connection == Connection::Direct);
        let parent = event.parent.and_then(|parent| author.get(&parent).copied());
        let answered = parent.or(opener.map(|opener| opener.identity).filter(|_| is_direct));
        if let Some((other, _)) = answered.and_then(|identity| member_of(known, identity, event.at)) {
            meet(meetings, member, other, month, true);
        }
        if kind.is_post {
            people.entry(month).or_default().insert(member);
        }
    }
    for (month, people) in people {
        let people: Vec<u32> = people.into_iter().collect();
        for pair in indirect_pairs(&people, &directory.directory.score) {
            meetings.entry((pair, month)).or_default();
        }
    }
}

/// Whom an activity addresses, its member meets directly.
fn meet_counterparts(known: &Known, meetings: &mut Meetings) -> Result<()> {
    let columns = ["seq", "identity", "occurred_at", "counterparts"];
    let read = known.rows.read(
        &columns,
        |segment| segment.min_at <= known.as_of,
        |batch| {
            let (seq, identity, at) = (i64s(batch, "seq"), u32s(batch, "identity"), micros(batch, "occurred_at"));
            let people = column(batch, "counterparts").as_list::<i32>();
            for row in 0..batch.num_rows() {
                let is_known = at.value(row) <= known.as_of && !is_gone(&known.rows.gone, seq.value(row));
                if !is_known || people.is_null(row) || people.value_length(row) == 0 {
                    continue;
                }
                let Some((member, month)) = member_of(known, identity.value(row), at.value(row)) else { continue };
                for other in people.value(row).as_primitive::<UInt32Type>().values() {
                    if let Some((other, _)) = member_of(known, *other, at.value(row)) {
                        meet(meetings, member, other, month, true);
                    }
                }
            }
        },
    );
    read.map_err(|error| DataFusionError::External(Box::new(error)))
}
