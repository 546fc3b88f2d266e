//! Why a figure changed: what was learnt since, or from one period to the next, split by cause. Each cause is what the figure
//! moves by when it alone is let in, after those before it, so that the causes add up to the whole change.

mod split;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use axle_model::analytics::{Knowledge, KnownPeople};
use axle_model::groups::Groups;
use axle_model::interchange::FactKind;
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiRequest};
use axle_model::time::{Grain, Period, day_of_date, start_of_day};
use axle_store::{activity, fact, identity, member, member_word};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

pub use self::split::{Part, Split};
use crate::bots::{self, Bots};
use crate::directory::{Membership, by_number, with_places};
use crate::figures::{self, Question};
use crate::{AppError, AppResult, Workspace, compare, people, published};

/// What may move a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Activity that was edited since, and changed settings: what is left between a published value and the same question asked
    /// of what was known then.
    Edits,
    /// Activity and facts that had happened by then, and were read or corrected only later.
    LateArrivals,
    /// Activity and facts that happened since.
    NewActivity,
    /// Activity that was deleted since, or of which that was read since.
    Deletions,
    /// Accounts that were found to be one person, or two.
    Merges,
    /// People who were found to be programs or teammates, or not to be.
    Reclassified,
    /// Another version of the definition.
    Redefined,
    /// What the later of two periods has in place of the earlier one; [`Change::split`] has its parts.
    LaterPeriod,
    /// What cannot be told apart, because the figure was not defined at a step between.
    Remainder,
}

impl Cause {
    /// What it is, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edits => "edits and settings",
            Self::LateArrivals => "late arrivals",
            Self::NewActivity => "new activity and facts",
            Self::Deletions => "deletions",
            Self::Merges => "merges and splits",
            Self::Reclassified => "bots and teammates",
            Self::Redefined => "another definition",
            Self::LaterPeriod => "what happened in the later period",
            Self::Remainder => "not told apart",
        }
    }
}

/// By how much a cause moved a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Move {
    /// What moved it.
    pub cause: Cause,
    /// In the figure's unit, may be negative; `None` where the figure was not defined before or after that step.
    pub by: Option<f64>,
}

/// What moved one value of a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// First local date of the period.
    pub start: Date,
    /// First local date after it.
    pub end: Date,
    /// Dimension values; empty when not broken down.
    pub dimensions: BTreeMap<String, String>,
    /// The value as it was known, or published, then.
    pub then: Option<f64>,
    /// Where two periods are compared: the earlier one's value as it is known now. `now` less this is what the later period
    /// moves; where `then` is not known, the split starts here.
    pub earlier: Option<f64>,
    /// The value now.
    pub now: Option<f64>,
    /// What makes the difference; adds up to it, with what cannot be told apart at the end.
    pub moves: Vec<Move>,
    /// Where two periods are compared: what happened in the later one, part by part; `None` where nothing adds up to it.
    pub split: Option<Split>,
}

impl Change {
    /// What the moves are added to: `then`, or the earlier period as it is known now where nothing was known of it then.
    pub fn start(&self) -> Option<f64> {
        self.then.or(self.earlier)
    }
}

/// Why a figure is not what it was, point by point.
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    /// Id of the KPI.
    pub kpi: String,
    /// What is compared with now: what was known at this instant, as of this instant.
    pub since: Timestamp,
    /// The instant that now is.
    pub now: Timestamp,
    /// The earlier period, first date and first date after, where two periods are compared; what was known of it is as of its end.
    pub earlier: Option<(Date, Date)>,
    /// Points that have a value then or now.
    pub changes: Vec<Change>,
    /// What the split does not see.
    pub caveats: Vec<String>,
}

/// What a figure's change since an instant comes from.
///
/// # Errors
/// [`AppError::Invalid`] when the instant does not lie before the question's, or as [`figures::evaluate`].
pub async fn since(
    workspace: &Workspace,
    id: &str,
    question: &Question,
    then: Timestamp,
    now: Timestamp,
) -> AppResult<Why> {
    let definition = figures::kpi(workspace, id)?;
    let request = figures::request(workspace, question, now).await?;
    if then >= request.as_of {
        return Err(AppError::Invalid(format!("{then} is not before {}: ask since an earlier instant", request.as_of)));
    }
    figures::ready(workspace, &definition.rows, now).await?;
    let (first, steps) = steps(workspace, &definition, &request, then, then).await?;
    let mut caveats = caveats(&first);
    caveats.push("The definition is that of today: what an earlier one gave is known of published figures.".to_owned());
    Ok(Why {
        kpi: id.to_owned(),
        since: then,
        now: request.as_of,
        earlier: None,
        changes: changes(Some(first), steps, definition.of_nothing()),
        caveats,
    })
}

/// What a figure's change from one period to a later one comes from: what was learnt of the earlier period after it was over,
/// and what the later one has in its place. The later is the last of the question's periods that is over; the earlier that in
/// which the day `against` lies, or the one directly before when it is `None`. Where nothing had been read of the earlier period
/// when it was over, the change starts with what is known of it now.
///
/// # Errors
/// [`AppError::Invalid`] when there are no two periods, or as [`figures::evaluate`].
pub async fn between(
    workspace: &Workspace,
    id: &str,
    question: &Question,
    against: Option<Date>,
    now: Timestamp,
) -> AppResult<Why> {
    let later = figures::evaluate(workspace, id, question, now).await?;
    let definition = figures::kpi(workspace, id)?;
    let none = || AppError::Invalid("there is no period with one before that is over: ask for a longer window".into());
    let period = compare::last_period(&later).ok_or_else(none)?;
    // A period that is not over has less than a whole one. A window as one period was asked for as it is.
    let is_running = later.points.iter().any(|point| point.start == period.start && point.partial);
    if is_running && later.grain != Grain::Total {
        return Err(none());
    }
    let before = match against {
        None => compare::period_before(period, later.grain),
        Some(day) => compare::period_with(day, period, later.grain),
    };
    if before.end > period.start {
        let (day, start) = (before.start, period.start);
        return Err(AppError::Invalid(format!("the period of {day} is not over before {start}: name an earlier day")));
    }
    let then = start_of_day(day_of_date(before.end), &workspace.time_zone().await?);
    if before.start >= before.end || then >= later.as_of {
        return Err(none());
    }
    let of = |period: Period| {
        let (by, filter) = (question.by.clone(), question.filter.clone());
        KpiRequest { from: period.start, to: period.end, grain: later.grain, by, filter, as_of: later.as_of }
    };
    let (first, mut steps) = steps(workspace, &definition, &of(before), then, then).await?;
    steps.push((Cause::LaterPeriod, workspace.analytics().evaluate(&definition, &of(period)).await?));
    let mut caveats = caveats(&first);
    let first = was_known(workspace, &first, then).await?.then_some(first);
    // Both periods are told as one place.
    let at_one_place = |mut answer: KpiAnswer| {
        answer.points.iter_mut().for_each(|point| (point.start, point.end) = (period.start, period.end));
        answer
    };
    let steps = steps.into_iter().map(|(cause, answer)| (cause, at_one_place(answer))).collect();
    let mut changes = changes(first.map(at_one_place), steps, definition.of_nothing());
    caveats.extend(split::tell(workspace, &definition, [&of(before), &of(period)], &mut changes).await);
    if changes.iter().any(|change| change.then.is_none() && change.earlier.is_some()) {
        let nothing = "Nothing, or too little, of the earlier period had been read when it was over";
        caveats.insert(0, format!("{nothing}: the change starts with what is known of it now."));
    }
    Ok(Why {
        kpi: id.to_owned(),
        since: then,
        now: later.as_of,
        earlier: Some((before.start, before.end)),
        changes,
        caveats,
    })
}

/// Whether an answer about what was known at an instant rests on anything: it says something, or rows that it is made from had been
/// read by then.
async fn was_known(workspace: &Workspace, answer: &KpiAnswer, then: Timestamp) -> AppResult<bool> {
    if answer.points.iter().any(|point| point.value.is_some_and(|value| value != 0.0)) {
        return Ok(true);
    }
    for table in &answer.receipt.bases {
        let first = match FactKind::of_table(table) {
            Some(kind) => fact::first_read(workspace.db(), kind).await?,
            None => activity::first_read(workspace.db()).await?,
        };
        if first.is_some_and(|first| first <= then.as_microsecond()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a split does not see of a figure that is made from these tables.
fn caveats(answer: &KpiAnswer) -> Vec<String> {
    let reads = &answer.receipt.reads;
    let mut caveats =
        vec!["Organizations, programs that sources name, weights and other settings are taken as they are now."];
    if reads.iter().any(|table| FactKind::of_table(table).is_none()) {
        caveats.push("An activity that was edited since is taken as it reads now.");
    }
    if reads.iter().any(|table| table.starts_with("flywheel_")) {
        caveats.push("Runs of flywheels are taken as they are now.");
    }
    caveats.into_iter().map(str::to_owned).collect()
}

/// Why a published figure is not what it is now.
///
/// # Errors
/// As [`published::show`] and [`figures::evaluate`]; [`AppError::NotFound`] when the KPI is no longer in the catalogue.
pub async fn since_published(workspace: &Workspace, number: i64, now: Timestamp) -> AppResult<Why> {
    let published = published::show(workspace, number).await?;
    let definition = figures::kpi(workspace, &published.definition.id)?;
    let request = KpiRequest { as_of: now, ..published.request.clone() };
    figures::ready(workspace, &definition.rows, now).await?;
    // What happened between the instant that was asked as of and publishing is new, and was no part of what was told.
    let (read_until, asked) = (published.published_at, published.request.as_of.min(published.published_at));
    let (first, mut then) = steps(workspace, &published.definition, &request, asked, read_until).await?;
    let mut caveats = caveats(&first);
    caveats.push(format!("What they moved stands under “{}”.", Cause::Edits.name()));
    then.insert(0, (Cause::Edits, first));
    then.push((Cause::Redefined, workspace.analytics().evaluate(&definition, &request).await?));
    let of_nothing = published.definition.of_nothing().and(definition.of_nothing());
    Ok(Why {
        kpi: definition.id.clone(),
        since: published.published_at,
        now,
        earlier: None,
        changes: changes(Some(published.answer), then, of_nothing),
        caveats,
    })
}

/// What adding up fractions loses is no cause, as a share of the largest of them.
const ROUNDING: f64 = 1e-9;

/// Period and dimensions of a point.
type Place = (Date, Date, BTreeMap<String, String>);
/// Values of each point, step by step.
type Points = BTreeMap<Place, Vec<Option<f64>>>;

/// A group that an answer lacks has the value of nothing there, where the answer tells anything of the period: so what comes
/// and goes has causes, and the parts add up. `first` is `None` where nothing was known.
fn changes(first: Option<KpiAnswer>, steps: Vec<(Cause, KpiAnswer)>, of_nothing: Option<f64>) -> Vec<Change> {
    let (causes, answers): (Vec<Cause>, Vec<KpiAnswer>) = steps.into_iter().unzip();
    let places = |answer: KpiAnswer| -> BTreeMap<Place, Option<f64>> {
        let points = answer.points.into_iter();
        points.map(|point| ((point.start, point.end, point.dimensions), point.value)).collect()
    };
    let is_known = first.is_some();
    let first = first.map(places).unwrap_or_default();
    let answers: Vec<BTreeMap<Place, Option<f64>>> =
        std::iter::once(first).chain(answers.into_iter().map(places)).collect();
    let all: BTreeSet<&Place> = answers.iter().flat_map(BTreeMap::keys).collect();
    let mut points = Points::new();
    for (at, values) in answers.iter().enumerate() {
        let of_nothing = of_nothing.filter(|_| is_known || at > 0);
        let periods = |is_told: bool| -> BTreeSet<(Date, Date)> {
            let points = values.iter().filter(|(_, value)| value.is_some() == is_told);
            points.map(|(place, _)| (place.0, place.1)).collect()
        };
        // Periods in which the figure is not defined; one without any point is one without rows.
        let undefined: BTreeSet<(Date, Date)> = &periods(false) - &periods(true);
        for place in &all {
            let missing = of_nothing.filter(|_| !undefined.contains(&(place.0, place.1)));
            let value = values.get(*place).copied().unwrap_or(missing);
            points.entry((*place).clone()).or_default().push(value);
        }
    }
    let later = causes.iter().position(|cause| *cause == Cause::LaterPeriod);
    let change = |((start, end, dimensions), mut values): (Place, Vec<Option<f64>>)| {
        let (then, now, earlier) = (values[0], values[values.len() - 1], later.and_then(|later| values[later]));
        if then.is_none() && earlier.is_some() {
            // What was learnt on the way there has nothing to start from.
            values.iter_mut().take(later.unwrap_or_default()).for_each(|value| *value = None);
        }
        let by = |pair: &[Option<f64>]| Some(pair[1]? - pair[0]?);
        let moves = causes.iter().zip(values.windows(2)).map(|(cause, pair)| Move { cause: *cause, by: by(pair) });
        let mut moves: Vec<Move> = moves.collect();
        moves.push(Move { cause: Cause::Remainder, by: remainder(then.or(earlier), now, &moves) });
        Change { start, end, dimensions, then, earlier, now, moves, split: None }
    };
    points.into_iter().filter(|(_, values)| values.iter().any(Option::is_some)).map(change).collect()
}

/// What causes leave of a change; `None` where there is no change to speak of, since the figure was or is not defined.
fn remainder(then: Option<f64>, now: Option<f64>, moves: &[Move]) -> Option<f64> {
    let (then, now) = (then?, now?);
    let told: f64 = moves.iter().filter_map(|one| one.by).sum();
    let left = now - then - told;
    let size = moves.iter().filter_map(|one| one.by).fold(then.abs().max(now.abs()), |size, by| size.max(by.abs()));
    Some(if left.abs() <= ROUNDING * size { 0.0 } else { left })
}

/// The answer as of an instant from what was known at another, `read_until`, and those for which one thing more is known each.
async fn steps(
    workspace: &Workspace,
    definition: &KpiDefinition,
    request: &KpiRequest,
    then: Timestamp,
    read_until: Timestamp,
) -> AppResult<(KpiAnswer, Vec<(Cause, KpiAnswer)>)> {
    let before = Arc::new(people_as_of(workspace, read_until, read_until).await?);
    // Whatever the instant asked as of, who is one person is what is known today.
    let merged = Arc::new(people_as_of(workspace, Timestamp::MAX, read_until).await?);
    let at_the_time = KpiRequest { as_of: then, ..request.clone() };
    let replaced = Arc::new(activity::replaced_since(workspace.db(), read_until.as_microsecond()).await?);
    let knowing = async |request: &KpiRequest, read_until: Option<Timestamp>, deletions, people: &Arc<KnownPeople>| {
        let knowledge = Knowledge { read_until, replaced: replaced.clone(), deletions, people: Some(people.clone()) };
        workspace.analytics().evaluate_knowing(definition, request, &knowledge).await
    };
    let deleted = Some((then, read_until));
    let steps = vec![
        (Cause::LateArrivals, knowing(&at_the_time, None, deleted, &before).await?),
        (Cause::NewActivity, knowing(request, None, deleted, &before).await?),
        (Cause::Deletions, knowing(request, None, None, &before).await?),
        (Cause::Merges, knowing(request, None, None, &merged).await?),
        (Cause::Reclassified, workspace.analytics().evaluate(definition, request).await?),
    ];
    Ok((knowing(&at_the_time, Some(read_until), deleted, &before).await?, steps))
}

/// Members by the edges that held at `merged`; programs and teammates by what people had said, and teammates by what sources had
/// stated, by `said`.
async fn people_as_of(workspace: &Workspace, merged: Timestamp, said: Timestamp) -> AppResult<KnownPeople> {
    let (db, zone) = (workspace.db(), workspace.time_zone().await?);
    let identities = identity::all(db).await?;
    let place: HashMap<u32, u32> = (0u32..).zip(&identities).map(|(at, row)| (row.identity_id, at)).collect();
    let mut groups = Groups::new(u32::try_from(identities.len()).expect("identities are numbered by u32"));
    for (a, b) in identity::joined_at(db, merged.as_microsecond()).await? {
        if let (Some(a), Some(b)) = (place.get(&a), place.get(&b)) {
            groups.join(*a, *b);
        }
    }
    let words = member_word::at(db, member_word::BOT, said.as_microsecond()).await?;
    let bots = Bots::new(&identities, &words, &bots::behaviours(db).await?);
    let known: HashMap<u32, _> = member::all(db).await?.into_iter().map(|row| (row.member_number, row)).collect();
    let mut membership = Membership::default();
    let mut member_at = vec![0; identities.len()];
    for group in groups.into_groups() {
        let row = &identities[group[0] as usize];
        // Whoever is somebody else now has the id of nobody, which no figure shows.
        let now = row.member_number.and_then(|number| known.get(&number));
        let member_id = now.and_then(|row| row.member_id.as_slice().try_into().ok()).unwrap_or([0; 16]);
        let is_bot = bots.is_bot(group.iter().map(|at| identities[*at as usize].identity_id));
        let member = membership.add(member_id, now.map_or_else(String::new, |row| row.name.clone()), is_bot);
        group.iter().for_each(|at| member_at[*at as usize] = member);
    }
    membership.numbers.number_at = (0..u32::try_from(membership.members.len()).unwrap_or(u32::MAX)).collect();
    membership.numbers.by_identity =
        by_number(&identities, |row| place.get(&row.identity_id).map(|at| member_at[*at as usize]));
    let member_of = place.iter().map(|(identity, at)| (*identity, member_at[*at as usize])).collect();
    let words = member_word::at(db, member_word::TEAMMATE, said.as_microsecond()).await?;
    let settings = people::stored_at(db, said.as_microsecond()).await?;
    let listed = fact::of_kind_at(db, FactKind::TEAMMATE, said.as_microsecond()).await?;
    let found = with_places(db, &zone, &settings, identities, membership, (&listed, &words)).await?;
    Ok(KnownPeople { member_of, members: found.members })
}

#[cfg(test)]
mod tests;
