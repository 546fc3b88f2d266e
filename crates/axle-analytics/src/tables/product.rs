//! Who uses the product, for figures that hold use against community: `sign_ups`, `feature_days` and the table
//! function `product_uses(periods)`. Use of the product itself is never community activity (convention C13).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use axle_model::interchange::FactKind;
use axle_model::time::LocalDay;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::datatypes::Date32Type;
use datafusion::error::Result;

use super::days::batch;
use super::facts;
use super::scores::few_rows;
use crate::columns::{column, instants, micros, u32s};
use crate::rollup::DayClock;
use crate::view::Tables;

/// The trailing windows in days: of use and of presence, and of being active in the community.
const WINDOW: LocalDay = 30;
const LONG_WINDOW: LocalDay = 90;

/// Microseconds after signing up until which milestones are asked of somebody: 14 days. One that is named later is for others.
const HORIZON: i64 = 14 * 86_400 * 1_000_000;

/// The platform of accounts of the product.
const PRODUCT: &str = "product";

/// The first sign-up of a person.
#[derive(Debug, Clone, Copy)]
struct SignUp {
    member: u32,
    at: i64,
    row: usize,
}

/// The table `sign_ups`: a row for each person's first account of the product, without teammates and bots.
/// `is_linked` says that they have an account elsewhere; `joined_at` is their first community activity, whenever that was; `milestones` is how
/// many milestones product events had named by the end of their first [`HORIZON`], and `activated_at` when they had reached all of those.
pub(crate) fn sign_ups(tables: &Tables) -> Result<RecordBatch> {
    let rows = facts::rows(tables, FactKind::PRODUCT_USER, &["source", "signup_at", "plan", "organization_id"])?;
    let (member, at) = (u32s(&rows, "member"), micros(&rows, "signup_at"));
    let text = |name| column(&rows, name).as_string::<i32>();
    let (source, plan, organization) = (text("source"), text("plan"), text("organization_id"));
    let directory = &*tables.known.directory;
    let mut clock = DayClock::new(&directory.zone);
    let mut first: BTreeMap<u32, SignUp> = BTreeMap::new();
    for row in (0..rows.num_rows()).filter(|row| member.is_valid(*row) && at.is_valid(*row)) {
        let sign_up = SignUp { member: member.value(row), at: at.value(row), row };
        let known = first.entry(sign_up.member).or_insert(sign_up);
        if (sign_up.at, plan.is_valid(row)) < (known.at, plan.is_valid(known.row)) {
            *known = sign_up;
        }
    }
    let found: Vec<(SignUp, LocalDay)> = first
        .into_values()
        .filter(|one| one.at <= tables.known.as_of)
        .map(|one| (one, clock.day(one.at)))
        .filter(|(one, day)| directory.kind(one.member, *day) == "member")
        .collect();
    let identities = directory.directory.identities.iter();
    let elsewhere: HashSet<u32> = identities.filter(|row| row.platform != PRODUCT).map(|row| row.member).collect();
    let is_linked: BooleanArray = found.iter().map(|(one, _)| Some(elsewhere.contains(&one.member))).collect();
    let joined = joined(tables)?;
    let events = facts::rows(tables, FactKind::PRODUCT_EVENT, &["at", "milestone"])?;
    let reached = Reached::of(&events, tables.known.as_of);
    let (milestones, activated): (Vec<i64>, Vec<Option<i64>>) =
        found.iter().map(|(one, _)| reached.by(one.member, one.at.saturating_add(HORIZON))).unzip();
    let plan_of = |row: usize| plan.is_valid(row).then(|| plan.value(row).to_owned());
    let organization_of = |row: usize| {
        let stated = organization.is_valid(row).then(|| organization.value(row))?;
        let known = directory.organization_called(source.value(row), stated);
        let known = known.and_then(|number| directory.directory.organizations.get(number as usize));
        Some(known.map_or_else(|| stated.to_owned(), |known| known.organization_id.clone()))
    };
    let texts = |of: &dyn Fn(usize) -> Option<String>| -> ArrayRef {
        Arc::new(found.iter().map(|(one, _)| of(one.row)).collect::<StringArray>())
    };
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(found.iter().map(|(one, _)| one.member)))),
        ("day", Arc::new(Date32Array::from_iter_values(found.iter().map(|(_, day)| *day)))),
        ("signup_at", Arc::new(instants(found.iter().map(|(one, _)| Some(one.at))))),
        ("plan", texts(&plan_of)),
        ("organization_id", texts(&organization_of)),
        ("is_linked", Arc::new(is_linked)),
        ("joined_at", Arc::new(instants(found.iter().map(|(one, _)| joined.get(&one.member).copied())))),
        ("milestones", Arc::new(Int64Array::from(milestones))),
        ("activated_at", Arc::new(instants(activated))),
    ])
}

/// The first counted activity of every member.
fn joined(tables: &Tables) -> Result<HashMap<u32, i64>> {
    let firsts = tables.must("member_firsts")?;
    let at = micros(&firsts, "first_at");
    Ok(u32s(&firsts, "member").values().iter().copied().zip(at.values().iter().copied()).collect())
}

/// Which milestones there are and who reached them when, in microseconds since 1970.
struct Reached {
    /// When each was first named, by its number: since then it holds.
    named: Vec<i64>,
    /// When a member first reached each, by its number; `i64::MAX`, or nothing at the end: never.
    by_member: HashMap<u32, Vec<i64>>,
}

impl Reached {
    /// By product events until an instant.
    fn of(events: &RecordBatch, until: i64) -> Self {
        let (member, at) = (u32s(events, "member"), micros(events, "at"));
        let milestone = column(events, "milestone").as_string::<i32>();
        let known = |row: &usize| milestone.is_valid(*row) && at.is_valid(*row) && at.value(*row) <= until;
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut named: Vec<i64> = Vec::new();
        let mut by_member: HashMap<u32, Vec<i64>> = HashMap::new();
        for row in (0..events.num_rows()).filter(known) {
            let number = *numbers.entry(milestone.value(row)).or_insert(named.len());
            if number == named.len() {
                named.push(i64::MAX);
            }
            named[number] = named[number].min(at.value(row));
            if member.is_valid(row) {
                let reached = by_member.entry(member.value(row)).or_default();
                reached.resize(reached.len().max(number + 1), i64::MAX);
                reached[number] = reached[number].min(at.value(row));
            }
        }
        Self { named, by_member }
    }

    /// How many milestones had been named by an instant, and when a member had reached all of those, however late; `None` while they
    /// have not, and where there are none.
    fn by(&self, member: u32, named_by: i64) -> (i64, Option<i64>) {
        let theirs = self.by_member.get(&member).map_or(&[][..], Vec::as_slice);
        let asked = self.named.iter().enumerate().filter(|(_, named)| **named <= named_by);
        let reached: Vec<i64> = asked.map(|(number, _)| theirs.get(number).copied().unwrap_or(i64::MAX)).collect();
        (reached.len() as i64, reached.into_iter().max().filter(|at| *at != i64::MAX))
    }
}

/// The table `feature_days`: which features a person used on which local day, by person, then day.
pub(crate) fn feature_days(tables: &Tables) -> Result<RecordBatch> {
    let rows = facts::rows(tables, FactKind::PRODUCT_EVENT, &["at", "feature"])?;
    let (member, at) = (u32s(&rows, "member"), micros(&rows, "at"));
    let feature = column(&rows, "feature").as_string::<i32>();
    let directory = &*tables.known.directory;
    let mut clock = DayClock::new(&directory.zone);
    let names: BTreeSet<&str> = feature.iter().flatten().collect();
    let numbers: HashMap<&str, u32> = names.iter().copied().zip(0..).collect();
    let is_known = |row: &usize| {
        member.is_valid(*row) && feature.is_valid(*row) && at.is_valid(*row) && at.value(*row) <= tables.known.as_of
    };
    let mut found: Vec<(u32, LocalDay, u32)> = (0..rows.num_rows())
        .filter(is_known)
        .map(|row| (member.value(row), clock.day(at.value(row)), numbers[feature.value(row)]))
        .filter(|(member, day, _)| directory.kind(*member, *day) == "member")
        .collect();
    found.sort_unstable();
    found.dedup();
    let names: Vec<&str> = names.into_iter().collect();
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(found.iter().map(|row| row.0)))),
        ("day", Arc::new(Date32Array::from_iter_values(found.iter().map(|row| row.1)))),
        ("feature_number", Arc::new(UInt32Array::from_iter_values(found.iter().map(|row| row.2)))),
        ("feature", Arc::new(StringArray::from_iter_values(found.iter().map(|row| names[row.2 as usize])))),
    ])
}

/// One person's days, merged: the day, product events, whether they took part in the community.
type PersonDays = Vec<(LocalDay, i64, bool)>;

/// What one person did before the end of a period.
struct Use {
    member: u32,
    period: usize,
    events: i64,
    features: i64,
    /// Whether they had ever taken part in the community.
    is_member: bool,
    community_days: i64,
    /// The same over the long window.
    community_days_90: i64,
    last_community_day: Option<LocalDay>,
}

/// A row for each period and person who had signed up to the product or used it before its end, without those who were
/// teammates or bots then. `events` and `features` are of the last 30 complete days.
pub(super) fn product_uses(tables: &Tables, periods: &[(LocalDay, LocalDay)]) -> Result<RecordBatch> {
    let sign_ups = tables.must("sign_ups")?;
    let signed_up = column(&sign_ups, "day").as_primitive::<Date32Type>().values();
    let mut users: HashMap<u32, LocalDay> =
        u32s(&sign_ups, "member").values().iter().copied().zip(signed_up.iter().copied()).collect();
    let features = tables.must("feature_days")?;
    let mut uses = Vec::new();
    people(&tables.must("all_days")?, |member, days| {
        let signed_up = users.remove(&member);
        let first_use = days.iter().find(|(_, events, _)| *events > 0).map(|(day, ..)| *day);
        if let Some(since) = signed_up.into_iter().chain(first_use).min().filter(|_| few_rows(uses.len()).is_ok()) {
            uses.extend(uses_of(tables, member, since, days, periods));
        }
    });
    for (member, since) in users {
        few_rows(uses.len())?;
        uses.extend(uses_of(tables, member, since, &[], periods));
    }
    few_rows(uses.len())?;
    count_features(&mut uses, &features, periods);
    let numbers =
        |value: fn(&Use) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(uses.iter().map(value))) };
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(uses.iter().map(|one| one.member)))),
        ("day", Arc::new(Date32Array::from_iter_values(uses.iter().map(|one| periods[one.period].0)))),
        ("events", numbers(|one| one.events)),
        ("features", numbers(|one| one.features)),
        ("is_member", Arc::new(uses.iter().map(|one| Some(one.is_member)).collect::<BooleanArray>())),
        ("community_days", numbers(|one| one.community_days)),
        ("community_days_90", numbers(|one| one.community_days_90)),
        ("last_community_day", Arc::new(uses.iter().map(|one| one.last_community_day).collect::<Date32Array>())),
    ])
}

/// Each person's days of `all_days`; days on which they were a teammate or a bot are left out.
fn people(all_days: &RecordBatch, mut each: impl FnMut(u32, &PersonDays)) {
    let (member, count) = (u32s(all_days, "member"), u32s(all_days, "count"));
    let day = column(all_days, "day").as_primitive::<Date32Type>();
    let flag = |name| column(all_days, name).as_boolean();
    let (is_product, is_counted) = (flag("is_product"), flag("is_counted"));
    let (is_bot, is_teammate) = (flag("is_bot"), flag("is_teammate"));
    let mut days: PersonDays = Vec::new();
    for row in 0..all_days.num_rows() {
        let events = if is_product.value(row) { i64::from(count.value(row)) } else { 0 };
        let counts = is_counted.value(row) || (events > 0 && !is_bot.value(row) && !is_teammate.value(row));
        match days.last_mut() {
            _ if !counts => {}
            Some(last) if last.0 == day.value(row) => {
                last.1 += events;
                last.2 |= is_counted.value(row);
            }
            _ => days.push((day.value(row), events, is_counted.value(row))),
        }
        if row + 1 == all_days.num_rows() || member.value(row + 1) != member.value(row) {
            each(member.value(row), &days);
            days.clear();
        }
    }
}

/// One person at the end of each period; `since` is the day on which they signed up or first used the product.
fn uses_of(
    tables: &Tables,
    member: u32,
    since: LocalDay,
    days: &[(LocalDay, i64, bool)],
    periods: &[(LocalDay, LocalDay)],
) -> Vec<Use> {
    let first_community = days.iter().find(|(.., is_community)| *is_community).map(|(day, ..)| *day);
    let is_there = |to: LocalDay| since < to && tables.known.directory.kind(member, to) == "member";
    let ends = periods.iter().enumerate().filter(|(_, (_, to))| is_there(*to));
    let at_end = |(period, (_, to)): (usize, &(LocalDay, LocalDay))| {
        let from = |start: LocalDay| days.partition_point(|(day, ..)| *day < start);
        let (window, long, end) = (from(to - WINDOW), from(to - LONG_WINDOW), from(*to));
        let community = |days: &[(LocalDay, i64, bool)]| days.iter().filter(|(.., is_community)| *is_community).count();
        Use {
            member,
            period,
            events: days[window..end].iter().map(|(_, events, _)| events).sum(),
            features: 0,
            is_member: first_community.is_some_and(|first| first < *to),
            community_days: community(&days[window..end]) as i64,
            community_days_90: community(&days[long..end]) as i64,
            last_community_day: days[..end].iter().rfind(|(.., is_community)| *is_community).map(|(day, ..)| *day),
        }
    };
    ends.map(at_end).collect()
}

/// Fills in how many distinct features each used in the last 30 complete days.
fn count_features(uses: &mut [Use], features: &RecordBatch, periods: &[(LocalDay, LocalDay)]) {
    let member = u32s(features, "member").values();
    let day = column(features, "day").as_primitive::<Date32Type>().values();
    let number = u32s(features, "feature_number").values();
    let mut used: Vec<u32> = Vec::new();
    for one in uses {
        let to = periods[one.period].1;
        let start = member.partition_point(|other| *other < one.member);
        let rows = start..start + member[start..].partition_point(|other| *other == one.member);
        let inside = rows.clone().start + day[rows.clone()].partition_point(|day| *day < to - WINDOW)
            ..rows.start + day[rows].partition_point(|day| *day < to);
        used.clear();
        used.extend_from_slice(&number[inside]);
        used.sort_unstable();
        used.dedup();
        one.features = used.len() as i64;
    }
}
