//! `layer_moves` and the table function `layer_flow(periods)`: everybody's layer from day to day (S9 to S13), and who went
//! from which to which in each period.
//!
//! `member_moves` follows members. Here are also those whom activity alone does not show: teammates who never took part,
//! people who only speak of us elsewhere, and people who allow us to write to them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use axle_model::activity::Flags;
use axle_model::interchange::FactKind;
use axle_model::layer::{LOOK_BACK_DAYS, LastDays, Layer};
use axle_model::time::LocalDay;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::datatypes::Date32Type;
use datafusion::error::Result;

use super::days::batch;
use crate::columns::{column, i64s, micros, u8s, u32s};
use crate::directory::{DirectoryIndex, NONE};
use crate::rollup::DayClock;
use crate::view::Tables;

/// Who did something within so many days is active (S11).
const ACTIVE_DAYS: LocalDay = 30;

/// What somebody did on a day.
#[derive(Debug, Clone, Copy)]
struct Doing {
    day: LocalDay,
    weight: u8,
    is_ours: bool,
    is_join: bool,
    /// A mention outside, which is no activity that counts.
    is_mention: bool,
}

/// Where somebody stands at the end of a day: their layer, and whether they belong to the audience that can be reached.
type Place = (Option<Layer>, bool);

/// The table: a row of `change` 1 where somebody comes into a layer (or into none), and one of -1 where they leave it, by
/// member, then day. `is_reached`: in the audience, and either active within 30 days or reachable.
pub(crate) fn layer_moves(tables: &Tables) -> Result<RecordBatch> {
    let directory = &*tables.known.directory;
    let reachable = reachable(tables)?;
    let days = tables.must("all_days")?;
    let doings = Doings::new(&days, directory);
    let (mut member, mut day, mut change) = (Vec::new(), Vec::new(), Vec::new());
    let (mut layer, mut is_reached) = (Vec::new(), Vec::new());
    let mut row = 0;
    for number in 0..directory.directory.members.len() as u32 {
        let done = doings.of(number, &mut row);
        let consents = reachable.get(&number).map_or(&[][..], Vec::as_slice);
        let known = directory.member(number).filter(|known| !known.is_bot);
        let Some(known) = known else { continue };
        let mut put = |at: LocalDay, value: i64, place: Place| {
            member.push(number);
            day.push(at);
            change.push(value);
            layer.push(place.0.map(|layer| layer as u32));
            is_reached.push(place.1);
        };
        for (at, was, is) in moves(&done, consents, &known.teammate) {
            was.into_iter().for_each(|was| put(at, -1, was));
            put(at, 1, is);
        }
    }
    batch(vec![
        ("member", Arc::new(UInt32Array::from(member))),
        ("day", Arc::new(Date32Array::from(day))),
        ("change", Arc::new(Int64Array::from(change))),
        ("layer", Arc::new(UInt32Array::from(layer))),
        ("is_reached", Arc::new(BooleanArray::from(is_reached))),
    ])
}

/// Rows of `all_days`, which lie by member, then day.
struct Doings<'a> {
    member: &'a UInt32Array,
    rows: Vec<Option<Doing>>,
}

impl<'a> Doings<'a> {
    fn new(days: &'a RecordBatch, directory: &DirectoryIndex) -> Self {
        let day = column(days, "day").as_primitive::<Date32Type>();
        let (channel, kind, weight) = (u32s(days, "channel"), u32s(days, "activity_type"), u8s(days, "weight"));
        let flag = |name: &str| column(days, name).as_boolean();
        let (counted, teammate) = (flag("is_counted"), flag("is_teammate"));
        let doing = |row: usize| {
            let kind = directory.activity_type(kind.value(row));
            let is_mention = kind.flags.has(Flags::MENTION) && !teammate.value(row);
            (counted.value(row) || is_mention).then(|| Doing {
                day: day.value(row),
                weight: weight.value(row),
                is_ours: directory.is_ours(channel.value(row)) && !is_mention,
                is_join: kind.flags.has(Flags::JOIN),
                is_mention,
            })
        };
        Self { member: u32s(days, "member"), rows: (0..days.num_rows()).map(doing).collect() }
    }

    /// What a member did, from a row on that is moved past it.
    fn of(&self, number: u32, row: &mut usize) -> Vec<Doing> {
        let from = *row;
        *row += self.member.values()[from..].partition_point(|member| *member <= number);
        self.rows[from..*row].iter().copied().flatten().collect()
    }
}

/// From when to when people allow us to write to them, in local days, by member.
fn reachable(tables: &Tables) -> Result<HashMap<u32, Vec<Range<LocalDay>>>> {
    let directory = &*tables.known.directory;
    let mut clock = DayClock::new(&directory.zone);
    let mut found: HashMap<u32, Vec<Range<LocalDay>>> = HashMap::new();
    for rows in tables.facts(FactKind::CONSENT, &["kind", "at", "revoked_at"])? {
        let (kind, identity) = (column(&rows, "kind").as_string::<i32>(), u32s(&rows, "identity"));
        let (at, revoked) = (micros(&rows, "at"), micros(&rows, "revoked_at"));
        for row in 0..rows.num_rows() {
            let member = if identity.is_valid(row) { directory.member_of(identity.value(row)) } else { NONE };
            if member != NONE && at.is_valid(row) && kind.is_valid(row) && kind.value(row) == "contact" {
                let until = if revoked.is_valid(row) { clock.day(revoked.value(row)) } else { LocalDay::MAX };
                found.entry(member).or_default().push(clock.day(at.value(row))..until);
            }
        }
    }
    Ok(found)
}

/// Days on which somebody's place changes, with what it was and is.
fn moves(
    done: &[Doing],
    consents: &[Range<LocalDay>],
    teammate: &[(LocalDay, LocalDay)],
) -> Vec<(LocalDay, Option<Place>, Place)> {
    let within = |days: &[(LocalDay, LocalDay)], at: LocalDay| days.iter().any(|(from, to)| (*from..*to).contains(&at));
    let mut moves = Vec::new();
    let mut was: Option<Place> = None;
    let (mut last, mut last_active) = (LastDays::default(), None);
    let mut doing = 0;
    for at in days_of_change(done, consents, teammate) {
        while doing < done.len() && done[doing].day <= at {
            let one = done[doing];
            last.take(one.day, one.weight, one.is_ours, one.is_join);
            last_active = if one.is_mention { last_active } else { Some(one.day) };
            doing += 1;
        }
        let is_reachable = consents.iter().any(|days| days.contains(&at));
        let layer = match last.layer(at, within(teammate, at)) {
            None | Some(Layer::Market) if is_reachable => Some(Layer::Audience),
            layer => layer,
        };
        let is_active = last_active.is_some_and(|day| at - day < ACTIVE_DAYS);
        let is = (layer, layer == Some(Layer::Audience) && (is_reachable || is_active));
        if was != Some(is) && (was.is_some() || layer.is_some()) {
            moves.push((at, was, is));
            was = Some(is);
        }
    }
    moves
}

/// Days on which a place may change, rising.
fn days_of_change(done: &[Doing], consents: &[Range<LocalDay>], teammate: &[(LocalDay, LocalDay)]) -> Vec<LocalDay> {
    let mut days = Vec::with_capacity(done.len());
    for (index, doing) in done.iter().enumerate() {
        days.push(doing.day);
        // Who speaks of us elsewhere is not active for that.
        let next = done[index + 1..].iter().find(|next| !next.is_mention).map_or(LocalDay::MAX, |next| next.day);
        if !doing.is_mention && next > doing.day.saturating_add(ACTIVE_DAYS) {
            days.push(doing.day + ACTIVE_DAYS);
        }
        // What is heavy may be followed by what is light: each leaves the look-back on a day of its own.
        days.push(doing.day + LOOK_BACK_DAYS);
    }
    days.extend(consents.iter().flat_map(|days| [days.start, days.end]));
    days.extend(teammate.iter().flat_map(|(from, to)| [*from, *to]));
    // An end that is open is no day.
    days.retain(|day| *day < LocalDay::MAX);
    days.sort_unstable();
    days.dedup();
    days
}

/// How many went from which layer to which, from the local midnight at which a period begins to the one at which it ends;
/// of a period that is not over, to that of today. `new` is who was in no layer, `gone` who is in none.
pub(crate) fn layer_flow(tables: &Tables, periods: &[(LocalDay, LocalDay)]) -> Result<RecordBatch> {
    let moves = tables.must("layer_moves")?;
    let (member, layer, change) = (u32s(&moves, "member"), u32s(&moves, "layer"), i64s(&moves, "change"));
    let day = column(&moves, "day").as_primitive::<Date32Type>();
    const NOWHERE: usize = Layer::ALL.len();
    let mut counts = vec![[[0_i64; NOWHERE + 1]; NOWHERE + 1]; periods.len()];
    let mut places: Vec<(LocalDay, usize)> = Vec::new();
    for row in 0..moves.num_rows() {
        if change.value(row) > 0 {
            places.push((day.value(row), if layer.is_valid(row) { layer.value(row) as usize } else { NOWHERE }));
        }
        if row + 1 == moves.num_rows() || member.value(row + 1) != member.value(row) {
            let place = |at: LocalDay| match places.partition_point(|(day, _)| *day < at) {
                0 => NOWHERE,
                after => places[after - 1].1,
            };
            for (counts, (from, to)) in counts.iter_mut().zip(periods) {
                counts[place(*from)][place(*to)] += 1;
            }
            places.clear();
        }
    }
    let name = |layer: usize, none: &'static str| Layer::ALL.get(layer).map_or(none, |layer| layer.name());
    let mut rows: Vec<(LocalDay, &str, &str, i64)> = Vec::new();
    for (counts, period) in counts.iter().zip(periods) {
        for (from, counts) in counts.iter().enumerate() {
            let went = counts.iter().enumerate().filter(|(to, count)| **count > 0 && (from, *to) != (NOWHERE, NOWHERE));
            rows.extend(went.map(|(to, count)| (period.0, name(from, "new"), name(to, "gone"), *count)));
        }
    }
    batch(vec![
        ("day", Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| row.0)))),
        ("from", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1)))),
        ("to", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.2)))),
        ("value", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.3))) as ArrayRef),
    ])
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "one period, and not each of its days")]
mod tests {
    use super::*;

    fn post(day: LocalDay) -> Doing {
        Doing { day, weight: 4, is_ours: true, is_join: false, is_mention: false }
    }

    #[test]
    fn a_place_lasts_as_long_as_what_it_stands_on() {
        let like = Doing { weight: 1, ..post(10) };
        let found = moves(&[like], &[], &[]);
        let audience = |is_reached| (Some(Layer::Audience), is_reached);
        assert_eq!(
            found,
            [
                (10, None, audience(true)),
                (40, Some(audience(true)), audience(false)),
                (375, Some(audience(false)), (None, false)),
            ]
        );
        let consent = moves(&[], &[5..9], &[]);
        assert_eq!(consent, [(5, None, audience(true)), (9, Some(audience(true)), (None, false))]);
    }

    #[test]
    fn who_only_speaks_of_us_elsewhere_is_the_market() {
        let mention = Doing { weight: 0, is_ours: false, is_mention: true, ..post(10) };
        let found = moves(&[mention, post(20)], &[], &[(50, LocalDay::MAX)]);
        let layers: Vec<_> = found.iter().map(|(day, _, is)| (*day, is.0)).collect();
        assert_eq!(layers, [(10, Some(Layer::Market)), (20, Some(Layer::Members)), (50, Some(Layer::Internal))]);
    }
}
