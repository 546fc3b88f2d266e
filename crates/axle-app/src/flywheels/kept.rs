//! Everybody's runs, kept while the record changes: only whose facts may differ are asked for again, and only whose facts differ
//! or whom time moves are turned. The end is that of turning everybody from the beginning.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use axle_flywheel::{Fact, Gathered, Machine, MemberRuns, Origin};
use axle_model::analytics::News;
use axle_model::time::{LocalDay, local_day};
use axle_store::score::Basis;
use jiff::Timestamp;
use rayon::prelude::*;

use super::asked::{Asked, first_at};
use super::drops::{self, Drops};
use super::facts::{self, Bounds, ByMember};
use super::{Runs, handed};
use crate::directory::{Numbers, id_text};
use crate::drop_rule::DropRule;
use crate::settings::Leads;
use crate::{AppError, AppResult, Workspace, drop_rule, members};

impl Kept {
    /// Whether it is of that state of the record and made by such a machine, and nothing happened since.
    pub(super) fn is_of(&self, basis: &Basis, machine: &Machine, now: Timestamp) -> bool {
        self.basis == *basis
            && self.runs.machine.fingerprint() == machine.fingerprint()
            && self.next_at.is_none_or(|next_at| now < next_at)
    }
}

/// The part of facts that alerts give.
const DROPS: u16 = u16::MAX;

/// Everybody's runs, and what they were made from.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(super) basis: Basis,
    pub(super) runs: Arc<Runs>,
    bounds: Bounds,
    numbers: Arc<Numbers>,
    people: Arc<HashSet<String>>,
    /// Parts of the tables whose rows may differ from those handed over before.
    pub(super) outdated: HashSet<u32>,
    /// See [`Runs::next_at`].
    next_at: Option<Timestamp>,
}

/// Turns everybody from the beginning, with these numbers; `None`: with those that are set.
pub(super) async fn from_scratch(
    workspace: &Workspace,
    machine: Machine,
    (leads, drop_rule): (Option<Leads>, Option<DropRule>),
    as_of: Timestamp,
) -> AppResult<Runs> {
    let mut bounds = Bounds::read(workspace, as_of, machine.calendar().zone()).await?;
    bounds.leads = leads.unwrap_or(bounds.leads);
    let drop_rule = match drop_rule {
        Some(drop_rule) => drop_rule,
        None => drop_rule::of(workspace).await?,
    };
    let rule = drops::Rule::new(drop_rule, machine.definitions());
    let today = local_day(as_of, machine.calendar().zone());
    let people = Arc::new(people(&*workspace.numbers().read().await, today));
    let empty = nobody(machine, Arc::new(members::former_ids(workspace).await?), as_of);
    turn(workspace, (empty, rule), None, Asked::everything(), &bounds, (people, false)).await.map(|(runs, _)| runs)
}

/// Brings what was kept to what the record says now. To be called while the engine stays as it is.
pub(super) async fn bring_up(
    workspace: &Workspace,
    before: Option<Kept>,
    (machine, basis): (Machine, Basis),
    now: Timestamp,
) -> AppResult<Kept> {
    let news = workspace.analytics().news().await?;
    let numbers = workspace.numbers().read().await.clone();
    let zone = machine.calendar().zone().clone();
    let rule = drops::Rule::new(drop_rule::of(workspace).await?, machine.definitions());
    let today = local_day(now, &zone);
    // Other definitions may ask for other facts.
    let is_of_use = |before: &Kept| {
        before.runs.as_of <= now
            && before.runs.machine.fingerprint() == machine.fingerprint()
            && !some_turned(&numbers, local_day(before.runs.as_of, &zone), today)
    };
    let (News::Changes(changes), Some(before)) = (&news, before.filter(is_of_use)) else {
        let bounds = Bounds::read(workspace, now, &zone).await?;
        let people = Arc::new(people(&numbers, today));
        let empty = nobody(machine, Arc::new(members::former_ids(workspace).await?), now);
        let (runs, _) =
            turn(workspace, (empty, rule), None, Asked::everything(), &bounds, (Arc::clone(&people), false)).await?;
        let outdated = (0..handed::PARTS).collect();
        facts::prepare(workspace, &bounds).await?;
        let next_at = runs.next_at();
        return Ok(Kept { basis, runs: Arc::new(runs), bounds, numbers, people, outdated, next_at });
    };
    let bounds = match before.bounds.move_with(first_at(changes)) {
        true => Bounds::read(workspace, now, &zone).await?,
        false => before.bounds.clone().at(now, &zone).with_leads(workspace).await?,
    };
    let are_same_people = changes.moves_only || Arc::ptr_eq(&before.numbers, &numbers);
    let people = match are_same_people {
        true => before.people,
        false => Arc::new(people(&numbers, today)),
    };
    let asked = Asked::after(news, &before.bounds, &bounds, &numbers);
    let mut runs = Arc::unwrap_or_clone(before.runs);
    let was_at = std::mem::replace(&mut runs.as_of, now);
    runs.machine = machine;
    // Ids change with the people alone.
    if !are_same_people {
        runs.former = Arc::new(members::former_ids(workspace).await?);
    }
    let (runs, turned) =
        turn(workspace, (runs, rule), Some(was_at), asked, &bounds, (Arc::clone(&people), !are_same_people)).await?;
    let outdated = turned.iter().map(|id| handed::part_of(id)).collect();
    let next_at = runs.next_at();
    Ok(Kept { basis, runs: Arc::new(runs), bounds, numbers, people, outdated, next_at })
}

/// Runs before anybody is turned.
fn nobody(machine: Machine, former: Arc<HashMap<String, String>>, as_of: Timestamp) -> Runs {
    Runs { machine, members: BTreeMap::new(), former, drops: Drops::default(), as_of, turned: 0 }
}

/// Public ids of everybody who is neither a program nor, on that day, a teammate.
fn people(numbers: &Numbers, today: LocalDay) -> HashSet<String> {
    let is_person = |at: u32| !numbers.is_bot_at[at as usize] && !numbers.is_teammate(at, today);
    let all = (0..).zip(&numbers.id_at);
    all.filter(|(at, _)| is_person(*at)).map(|(_, id)| id_text(id)).collect()
}

/// Whether somebody's time as a teammate began or ended between two days. Nothing of the record tells it, and all that they did counts
/// otherwise.
fn some_turned(numbers: &Numbers, was: LocalDay, is: LocalDay) -> bool {
    numbers.teammates.keys().any(|at| numbers.is_teammate(*at, was) != numbers.is_teammate(*at, is))
}

/// Asks for facts and turns whoever is touched. Gives who was: whose rows may differ. `some_may_go`: the people may be others than
/// before.
async fn turn(
    workspace: &Workspace,
    (runs, rule): (Runs, drops::Rule),
    was_at: Option<Timestamp>,
    asked: Asked,
    bounds: &Bounds,
    (people, some_may_go): (Arc<HashSet<String>>, bool),
) -> AppResult<(Runs, HashSet<String>)> {
    let given = facts::ask(workspace, &asked, &people, bounds, runs.as_of).await?;
    let turn = move || {
        let people = some_may_go.then_some(&*people);
        Turning { runs, was_at, asked: &asked, people, rule }.turn(given)
    };
    tokio::task::spawn_blocking(turn).await.map_err(|error| AppError::Internal(error.to_string()))
}

struct Turning<'a> {
    runs: Runs,
    was_at: Option<Timestamp>,
    asked: &'a Asked,
    /// Everybody who is there now, if it may be others than before.
    people: Option<&'a HashSet<String>>,
    rule: drops::Rule,
}

impl Turning<'_> {
    fn turn(mut self, mut given: ByMember) -> (Runs, HashSet<String>) {
        let mut turned = HashSet::new();
        if let Some(people) = self.people {
            let gone = self.runs.members.keys().filter(|id| !people.contains(*id));
            for id in gone.cloned().collect::<Vec<String>>() {
                self.runs.members.remove(&id);
                turned.insert(id);
            }
        }
        let asked = self.asked;
        let mut touched: HashSet<String> = given.keys().cloned().collect();
        // Of most nothing goes.
        let (machine, as_of, none) = (&self.runs.machine, self.runs.as_of, Gathered::default());
        let loses = |(id, member): &(&String, &Arc<MemberRuns>)| {
            !given.contains_key(*id)
                && asked.may_be_of(id, member)
                && !machine.is_settled(member, asked.of(id), &none, as_of)
        };
        let losing: Vec<String> = self.runs.members.par_iter().filter(loses).map(|(id, _)| id.clone()).collect();
        touched.extend(losing);
        let given = touched.into_iter().map(|id| {
            let facts = given.remove(&id).unwrap_or_default();
            (id, facts)
        });
        let given: Vec<(String, Gathered)> = given.collect();
        self.put(given, |id| asked.of(id), &mut turned);
        self.wake(&mut turned);
        self.watch(&mut turned);
        self.runs.turned = turned.len();
        (self.runs, turned)
    }

    /// Puts facts in the place of those that go, and turns whom that changes.
    fn put<G: Fn(Origin) -> bool>(
        &mut self,
        given: Vec<(String, Gathered)>,
        goes: impl Fn(&str) -> G + Sync,
        turned: &mut HashSet<String>,
    ) {
        let (machine, as_of) = (&self.runs.machine, self.runs.as_of);
        let members = &self.runs.members;
        let differs = |(id, facts): &(String, Gathered)| {
            members.get(id).is_none_or(|member| !machine.is_settled(member, goes(id), facts, as_of))
        };
        let differing: Vec<(String, Gathered)> = given.into_par_iter().filter(differs).collect();
        let take = |(id, facts): (String, Gathered)| {
            let member = self.runs.members.remove(&id).unwrap_or_default();
            (id, member, facts)
        };
        let mut work: Vec<(String, Arc<MemberRuns>, Gathered)> = differing.into_iter().map(take).collect();
        work.par_iter_mut().for_each(|(id, member, facts)| {
            machine.replace(Arc::make_mut(member), goes(id), std::mem::take(facts), as_of);
        });
        for (id, member, _) in work {
            turned.insert(id.clone());
            self.runs.members.insert(id, member);
        }
    }

    /// Asks the drop rule anew, of all champions at once, since the season is that of all: on a new day, when what it looks at
    /// differs, and when the rule does.
    fn watch(&mut self, turned: &mut HashSet<String>) {
        let (zone, as_of) = (self.runs.machine.calendar().zone().clone(), self.runs.as_of);
        let heard = |id: &String| self.runs.members.get(id).and_then(|member| drops::heard(member, as_of, &zone));
        let is_same_day = self.was_at.is_some_and(|was| local_day(was, &zone) == local_day(as_of, &zone));
        let is_same = is_same_day && self.runs.drops.rule.as_ref() == Some(&self.rule);
        if is_same && turned.iter().all(|id| heard(id).as_ref() == self.runs.drops.heard.get(id)) {
            return;
        }
        let heard: BTreeMap<String, Vec<Fact>> =
            self.runs.members.keys().filter_map(|id| Some((id.clone(), heard(id)?))).collect();
        self.runs.drops = drops::of_champions(&heard, as_of, &zone, &self.rule);
        let mut given: HashMap<String, Gathered> = HashMap::new();
        let had = self.runs.members.iter().filter(|(_, member)| member.has("drop"));
        given.extend(had.map(|(id, _)| (id.clone(), Gathered::default())));
        for alert in &self.runs.drops.alerts {
            let facts = given.entry(alert.member_id.clone()).or_default();
            for mut fact in drops::facts(alert, &zone) {
                fact.origin.part = DROPS;
                facts.push(&fact);
            }
        }
        self.runs.drops.heard = heard;
        self.runs.drops.rule = Some(self.rule.clone());
        self.put(given.into_iter().collect(), |_| |origin: Origin| origin.part == DROPS, turned);
    }

    /// Turns those whom time alone moves, and notes whose waits are over.
    fn wake(&mut self, turned: &mut HashSet<String>) {
        let (machine, as_of) = (&self.runs.machine, self.runs.as_of);
        let wakes = |(id, member): (&String, &mut Arc<MemberRuns>)| {
            if !machine.is_quiet(member, as_of) {
                machine.replace(Arc::make_mut(member), |_| false, Gathered::default(), as_of);
                return Some(id.clone());
            }
            machine.became_due(member, self.was_at?, as_of).then(|| id.clone())
        };
        turned.par_extend(self.runs.members.par_iter_mut().filter_map(wakes));
    }
}
