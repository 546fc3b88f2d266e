//! Why a figure changed: what was learnt since, or from one period to the next, split by cause. Each cause is what the figure
//! moves by when it alone is let in, after those before it, so that the causes add up to the whole change.

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
    /// What the later of two periods has in place of the earlier one.
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
            Self::LaterPeriod => "the later period",
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
    /// The value now.
    pub now: Option<f64>,
    /// What makes the difference; adds up to it, with what cannot be told apart at the end.
    pub moves: Vec<Move>,
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
        changes: changes(first, steps, definition.of_nothing()),
        caveats,
    })
}

/// What a figure's change from one period to a later one comes from: what was learnt of the earlier period after it was over,
/// and what the later one has in its place. The later is the last of the question's periods that is over; the earlier that in
/// which the day `against` lies, or the one directly before when it is `None`.
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
    let caveats = caveats(&first);
    // Both periods are told as one place.
    let at_one_place = |mut answer: KpiAnswer| {
        answer.points.iter_mut().for_each(|point| (point.start, point.end) = (period.start, period.end));
        answer
    };
    let steps = steps.into_iter().map(|(cause, answer)| (cause, at_one_place(answer))).collect();
    Ok(Why {
        kpi: id.to_owned(),
        since: then,
        now: later.as_of,
        earlier: Some((before.start, before.end)),
        changes: changes(at_one_place(first), steps, definition.of_nothing()),
        caveats,
    })
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
        changes: changes(published.answer, then, of_nothing),
        caveats,
    })
}

/// Period and dimensions of a point.
type Place = (Date, Date, BTreeMap<String, String>);
/// Values of each point, step by step.
type Points = BTreeMap<Place, Vec<Option<f64>>>;

/// A group that an answer lacks has the value of nothing there, where the answer tells anything of the period: so what comes
/// and goes has causes, and the parts add up.
fn changes(first: KpiAnswer, steps: Vec<(Cause, KpiAnswer)>, of_nothing: Option<f64>) -> Vec<Change> {
    let (causes, answers): (Vec<Cause>, Vec<KpiAnswer>) = steps.into_iter().unzip();
    let places = |answer: KpiAnswer| -> BTreeMap<Place, Option<f64>> {
        let points = answer.points.into_iter();
        points.map(|point| ((point.start, point.end, point.dimensions), point.value)).collect()
    };
    let answers: Vec<BTreeMap<Place, Option<f64>>> = std::iter::once(first).chain(answers).map(places).collect();
    let all: BTreeSet<&Place> = answers.iter().flat_map(BTreeMap::keys).collect();
    let mut points = Points::new();
    for values in &answers {
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
    let change = |((start, end, dimensions), values): (Place, Vec<Option<f64>>)| {
        let by = |pair: &[Option<f64>]| Some(pair[1]? - pair[0]?);
        let moves = causes.iter().zip(values.windows(2)).map(|(cause, pair)| Move { cause: *cause, by: by(pair) });
        let mut moves: Vec<Move> = moves.collect();
        let (then, now) = (values[0], values[values.len() - 1]);
        moves.push(Move { cause: Cause::Remainder, by: remainder(then, now, &moves) });
        Change { start, end, dimensions, then, now, moves }
    };
    points.into_iter().filter(|(_, values)| values.iter().any(Option::is_some)).map(change).collect()
}

/// What causes leave of a change; `None` where there is no change to speak of, since the figure was or is not defined.
fn remainder(then: Option<f64>, now: Option<f64>, moves: &[Move]) -> Option<f64> {
    /// What adding up fractions loses is no cause.
    const ROUNDING: f64 = 1e-9;
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
mod tests {
    use axle_model::kpi::{KpiPoint, Receipt, Unit};
    use jiff::civil::date;

    use super::*;

    fn answer(value: Option<f64>) -> KpiAnswer {
        let (from, to, at) = (date(2026, 1, 1), date(2026, 2, 1), Timestamp::UNIX_EPOCH);
        KpiAnswer {
            kpi: "x".into(),
            version: 1,
            unit: Unit::Count,
            grain: Grain::Month,
            time_zone: "UTC".into(),
            as_of: at,
            from,
            to,
            points: vec![KpiPoint {
                start: from,
                end: to,
                dimensions: BTreeMap::new(),
                value,
                numerator: None,
                denominator: None,
                interval: None,
                low_n: false,
                partial: false,
            }],
            receipt: Receipt {
                definition: String::new(),
                fold: String::new(),
                sql: String::new(),
                rows_command: String::new(),
                from,
                to,
                as_of: at,
                time_zone: "UTC".into(),
                business_hours: None,
                rates: Vec::new(),
                revisions: Vec::new(),
                included: None,
                excluded: BTreeMap::new(),
                reads: Vec::new(),
                tables: Vec::new(),
                caveats: Vec::new(),
            },
        }
    }

    fn told(first: Option<f64>, steps: &[(Cause, Option<f64>)]) -> Vec<Option<f64>> {
        let steps = steps.iter().map(|(cause, value)| (*cause, answer(*value))).collect();
        let change = changes(answer(first), steps, None).remove(0);
        assert_eq!(change.moves.last().unwrap().cause, Cause::Remainder);
        change.moves.iter().map(|one| one.by).collect()
    }

    #[test]
    fn causes_add_up_to_the_change_exactly() {
        use Cause::{LateArrivals, Merges, NewActivity};
        // 4 becomes 7: three read late (7), two new (9), two people who are one twice (7): 3 + 2 - 2 = 3, and nothing is left.
        let moves = told(Some(4.0), &[(LateArrivals, Some(7.0)), (NewActivity, Some(9.0)), (Merges, Some(7.0))]);
        assert_eq!(moves, [Some(3.0), Some(2.0), Some(-2.0), Some(0.0)]);
        // Tenths do not add up in binary; that is no cause.
        let moves = told(Some(0.1), &[(LateArrivals, Some(0.3)), (NewActivity, Some(0.7)), (Merges, Some(0.4))]);
        assert_eq!(moves[3], Some(0.0));
    }

    fn by_source(values: &[(&str, f64)]) -> KpiAnswer {
        let whole = answer(None);
        let point = |(source, value): &(&str, f64)| KpiPoint {
            dimensions: BTreeMap::from([("source".to_owned(), (*source).to_owned())]),
            value: Some(*value),
            ..whole.points[0].clone()
        };
        KpiAnswer { points: values.iter().map(point).collect(), ..whole.clone() }
    }

    #[test]
    fn groups_that_come_and_go_have_causes() {
        use Cause::{LateArrivals, Merges, NewActivity};
        let steps = || {
            vec![
                (LateArrivals, by_source(&[("chat", 3.0), ("forum", 2.0)])),
                (NewActivity, by_source(&[("forum", 2.0)])),
                (Merges, by_source(&[])),
            ]
        };
        let told = |of_nothing| {
            let found = changes(by_source(&[("chat", 3.0)]), steps(), of_nothing);
            found.iter().map(|one| one.moves.iter().map(|one| one.by).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        // Chat: 3, 3, gone and so 0, and 0. Forum: missing and so 0, 2, 2, gone and so 0.
        let (chat, forum) =
            ([Some(0.0), Some(-3.0), Some(0.0), Some(0.0)], [Some(2.0), Some(0.0), Some(-2.0), Some(0.0)]);
        assert_eq!(told(Some(0.0)), [chat, forum]);
        // What of nothing is not defined has no causes there.
        assert_eq!(told(None), [[Some(0.0), None, None, None], [None, Some(0.0), None, None]]);
    }

    #[test]
    fn what_is_not_told_apart_is_named() {
        use Cause::{LateArrivals, Merges, NewActivity};
        // Undefined in the middle: from 5 to nothing to 8 to 9 is 4 in all, of which only the last 1 has a cause: 3 are left.
        let moves = told(Some(5.0), &[(LateArrivals, None), (NewActivity, Some(8.0)), (Merges, Some(9.0))]);
        assert_eq!(moves, [None, None, Some(1.0), Some(3.0)]);
        // From not defined to 2 is no difference that could be split.
        assert_eq!(told(None, &[(LateArrivals, Some(2.0))]), [None, None]);
    }
}
