//! Why a figure changed: what was learnt since, split by cause. Each cause is what the figure moves by when it alone is let in,
//! after those before it, so that the causes add up to the whole change.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::analytics::{Knowledge, KnownPeople};
use axle_model::groups::Groups;
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiRequest};
use axle_store::{identity, member, member_word};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::bots::{self, Bots};
use crate::directory::{Membership, by_number, with_places};
use crate::figures::{self, Question};
use crate::{AppError, AppResult, Workspace, people, published};

/// What may move a figure without its period changing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Activity that was edited or deleted since, facts such as deals that came or changed, and changed settings: what is left
    /// between a published value and the same question asked of what was known then.
    Edits,
    /// Activity that had happened by then, and was read only later.
    LateArrivals,
    /// Activity that happened since.
    NewActivity,
    /// Accounts that were found to be one person, or two.
    Merges,
    /// People who were found to be programs or teammates, or not to be.
    Reclassified,
    /// Another version of the definition.
    Redefined,
}

impl Cause {
    /// What it is, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edits => "edits, deletions and changed facts",
            Self::LateArrivals => "late arrivals",
            Self::NewActivity => "new activity",
            Self::Merges => "merges and splits",
            Self::Reclassified => "bots and teammates",
            Self::Redefined => "another definition",
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
    /// What makes the difference; adds up to it.
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
    let (first, steps) = steps(workspace, &definition, &request, then).await?;
    let caveats = [
        "Deals, visits, calls and other facts, and weights, are taken as they are now.",
        "An activity that was edited or deleted since is taken as it is now.",
    ];
    Ok(Why {
        kpi: id.to_owned(),
        since: then,
        now: request.as_of,
        changes: changes(first, steps),
        caveats: caveats.map(str::to_owned).to_vec(),
    })
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
    let (first, mut then) = steps(workspace, &published.definition, &request, published.published_at).await?;
    then.insert(0, (Cause::Edits, first));
    then.push((Cause::Redefined, workspace.analytics().evaluate(&definition, &request).await?));
    Ok(Why {
        kpi: definition.id.clone(),
        since: published.published_at,
        now,
        changes: changes(published.answer, then),
        caveats: Vec::new(),
    })
}

/// Period and dimensions of a point.
type Place = (Date, Date, BTreeMap<String, String>);
/// Values of each point, step by step.
type Points = BTreeMap<Place, Vec<Option<f64>>>;

fn changes(first: KpiAnswer, steps: Vec<(Cause, KpiAnswer)>) -> Vec<Change> {
    let (causes, answers): (Vec<Cause>, Vec<KpiAnswer>) = steps.into_iter().unzip();
    let count = answers.len() + 1;
    let mut points = Points::new();
    for (step, answer) in std::iter::once(first).chain(answers).enumerate() {
        for point in answer.points {
            let values = points.entry((point.start, point.end, point.dimensions)).or_insert_with(|| vec![None; count]);
            values[step] = point.value;
        }
    }
    let change = |((start, end, dimensions), values): (Place, Vec<Option<f64>>)| {
        let by = |pair: &[Option<f64>]| Some(pair[1]? - pair[0]?);
        let moves = causes.iter().zip(values.windows(2)).map(|(cause, pair)| Move { cause: *cause, by: by(pair) });
        Change { start, end, dimensions, then: values[0], now: values[count - 1], moves: moves.collect() }
    };
    points.into_iter().filter(|(_, values)| values.iter().any(Option::is_some)).map(change).collect()
}

/// The answer from what was known then, and those for which one thing more is known each.
async fn steps(
    workspace: &Workspace,
    definition: &KpiDefinition,
    request: &KpiRequest,
    then: Timestamp,
) -> AppResult<(KpiAnswer, Vec<(Cause, KpiAnswer)>)> {
    let before = Arc::new(people_as_of(workspace, then, then).await?);
    let merged = Arc::new(people_as_of(workspace, request.as_of, then).await?);
    let at_the_time = KpiRequest { as_of: then, ..request.clone() };
    let knowing = async |request: &KpiRequest, read_until: Option<Timestamp>, people: &Arc<KnownPeople>| {
        let knowledge = Knowledge { read_until, people: Some(people.clone()) };
        workspace.analytics().evaluate_knowing(definition, request, &knowledge).await
    };
    let steps = vec![
        (Cause::LateArrivals, knowing(&at_the_time, None, &before).await?),
        (Cause::NewActivity, knowing(request, None, &before).await?),
        (Cause::Merges, knowing(request, None, &merged).await?),
        (Cause::Reclassified, workspace.analytics().evaluate(definition, request).await?),
    ];
    Ok((knowing(&at_the_time, Some(then), &before).await?, steps))
}

/// Members by the edges that held at `merged`; programs and teammates by what was said by `said`.
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
    let found = with_places(db, &zone, &settings, identities, membership, &words).await?;
    Ok(KnownPeople { member_of, members: found.members })
}
