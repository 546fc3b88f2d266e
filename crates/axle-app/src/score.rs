//! Scores: where every member stands, written down for lists and pages after each change.
//!
//! A score follows from the member's own days, but for two of its columns: the gauge is read against the members of
//! the same level, and reach follows from whom they met. So after a change the touched members are scored anew, those
//! whose activity or whose accounts changed, and the two shared columns are compared for everybody. A new day and new
//! settings touch everybody.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axle_model::analytics::Touched;
use axle_model::settings::ScoreSettings;
use axle_model::time::{LocalDay, local_day, start_of_day};
use axle_store::score::{self, Basis, ScoreRow, SharedRow};
use jiff::{SignedDuration, Timestamp};

use self::standing::{Gauges, Rates, Standing, standings};
use crate::directory::Numbers;
use crate::{AppResult, Workspace, refresh};

mod standing;

/// Another version may score otherwise.
const MADE_BY: &str = env!("CARGO_PKG_VERSION");

/// The stored scores as this process made them last: what the next scoring starts from. It is kept in memory only: a
/// process that has not scored yet scores everybody once.
#[derive(Debug)]
pub(crate) struct Scored {
    /// Another process that scores raises it.
    generation: i64,
    as_of_day: LocalDay,
    settings_version: i64,
    time_zone: Option<String>,
    numbers: Arc<Numbers>,
    members: HashMap<u32, Kept>,
    rates: Rates,
}

/// Of one member's score what others' scores depend on, and what depends on others'.
#[derive(Debug, Clone, Copy)]
struct Kept {
    standing: Standing,
    presence: &'static str,
    reach: f64,
}

/// What is scored now: equal states of the record on one day give equal scores and pages.
pub async fn basis(workspace: &Workspace, now: Timestamp) -> AppResult<Basis> {
    let day = local_day(now, &workspace.time_zone().await?) + 1;
    Ok(score::basis(workspace.db(), MADE_BY, day).await?)
}

/// Brings the stored scores to what they are as of the start of the local day after `now`, so that today counts.
/// Quick when nothing changed. Gives how many members have a score.
pub async fn rescore(workspace: &Workspace, now: Timestamp) -> AppResult<u64> {
    let db = workspace.db();
    let mut kept = workspace.scored().lock().await;
    let zone = workspace.time_zone().await?;
    let day = local_day(now, &zone) + 1;
    // Read before anything is computed: what is stored meanwhile makes the scores outdated, as it must.
    let basis = basis(workspace, now).await?;
    let stored = score::stored_basis(db).await?;
    if stored.as_ref().is_some_and(|(stored, _)| *stored == basis) {
        return Ok(score::count(db).await?);
    }
    let _stay = refresh::refresh_and_stay(workspace).await?;
    let (settings, settings_version) = refresh::settings(workspace).await?;
    let numbers = workspace.numbers().read().await.clone();
    let generation = stored.map_or(0, |(_, generation)| generation);
    let time_zone = zone.iana_name().map(str::to_owned);
    let continues = |before: &Scored| {
        let now = (generation, day, settings_version, &time_zone);
        (before.generation, before.as_of_day, before.settings_version, &before.time_zone) == now
    };
    // Taken, and put back at the end only: after a failure everybody is scored.
    let before = kept.take().filter(continues);
    let mut next = Scored {
        generation,
        as_of_day: day,
        settings_version,
        time_zone,
        numbers,
        members: HashMap::new(),
        rates: Rates::default(),
    };
    let touched = workspace.analytics().touched().await?;
    let until = start_of_day(day, &zone) - SignedDuration::from_micros(1);
    next.generation = match (before, touched) {
        (Some(before), Touched::Identities(identities)) => {
            let touched = before.touched(&next.numbers, &identities);
            (next.members, next.rates) = (before.members, before.rates);
            next.score_some(workspace, until, &settings, &touched, &basis).await?
        }
        _ => next.score_everybody(workspace, until, &settings, &basis).await?,
    };
    let members = next.members.len() as u64;
    *kept = Some(next);
    Ok(members)
}

impl Scored {
    /// Numbers of the members who have other activity or accounts than before: these identities' members then and
    /// now, members who came, left or became programs, and those between whom an identity moved.
    fn touched(&self, numbers: &Arc<Numbers>, identities: &HashSet<u32>) -> HashSet<u32> {
        let mut touched = HashSet::new();
        for identity in identities {
            touched.extend(self.numbers.member_of(*identity));
            touched.extend(numbers.member_of(*identity));
        }
        if Arc::ptr_eq(&self.numbers, numbers) {
            return touched;
        }
        for (one, other) in [(&*self.numbers, &**numbers), (numbers, &self.numbers)] {
            for (index, number) in one.number_at.iter().enumerate() {
                let is_same = other.index(*number).is_some_and(|at| {
                    let at = at as usize;
                    (other.id_at[at], other.is_bot_at[at]) == (one.id_at[index], one.is_bot_at[index])
                });
                if !is_same {
                    touched.insert(*number);
                }
            }
            for identity in (0..).take(one.by_identity.len()) {
                let (here, there) = (one.member_of(identity), other.member_of(identity));
                if here != there {
                    touched.extend(here.into_iter().chain(there));
                }
            }
        }
        touched
    }

    /// Scores everybody; writes the scores that differ from the stored ones. Gives their generation.
    async fn score_everybody(
        &mut self,
        workspace: &Workspace,
        until: Timestamp,
        settings: &ScoreSettings,
        basis: &Basis,
    ) -> AppResult<i64> {
        let everybody = everybody(&self.numbers);
        let fresh = standings(workspace, &everybody, until, self.as_of_day, settings, None).await?;
        let mut rows = Vec::with_capacity(fresh.len());
        for (standing, mut row) in fresh {
            row.settings_version = self.settings_version;
            self.members.insert(row.member_number, Kept { standing, presence: "", reach: 0.0 });
            rows.push(row);
        }
        self.compare(workspace, until, settings, &mut rows, |_| true).await?;
        let held: HashMap<u32, ScoreRow> =
            score::all(workspace.db()).await?.into_iter().map(|row| (row.member_number, row)).collect();
        let gone: Vec<u32> = held.keys().copied().filter(|number| !self.members.contains_key(number)).collect();
        rows.retain(|row| held.get(&row.member_number) != Some(row));
        write(workspace, &rows, &[], &gone, basis).await
    }

    /// Scores these members, compares the shared columns of all, and writes what differs. Gives the generation.
    async fn score_some(
        &mut self,
        workspace: &Workspace,
        until: Timestamp,
        settings: &ScoreSettings,
        touched: &HashSet<u32>,
        basis: &Basis,
    ) -> AppResult<i64> {
        let mut indices: Vec<u32> = touched.iter().filter_map(|number| self.numbers.index(*number)).collect();
        indices.sort_unstable();
        let fresh = standings(workspace, &indices, until, self.as_of_day, settings, None).await?;
        let mut gone = touched.clone();
        let mut rows = Vec::with_capacity(fresh.len());
        for (standing, mut row) in fresh {
            gone.remove(&row.member_number);
            row.settings_version = self.settings_version;
            self.members.insert(row.member_number, Kept { standing, presence: "", reach: 0.0 });
            rows.push(row);
        }
        let mut gone: Vec<u32> = gone.into_iter().collect();
        gone.retain(|number| self.members.remove(number).is_some());
        let shared = self.compare(workspace, until, settings, &mut rows, |number| touched.contains(&number)).await?;
        write(workspace, &rows, &shared, &gone, basis).await
    }

    /// Reads gauges and reach as they are among all members now: into `rows`, which are those of the members who
    /// `is_fresh`; gives those of the others that differ from before.
    async fn compare(
        &mut self,
        workspace: &Workspace,
        until: Timestamp,
        settings: &ScoreSettings,
        rows: &mut [ScoreRow],
        is_fresh: impl Fn(u32) -> bool,
    ) -> AppResult<Vec<SharedRow>> {
        let reach = workspace.analytics().reach(until).await?;
        let before = std::mem::replace(&mut self.rates, Rates::of(self.members.values().map(|kept| kept.standing)));
        let mut gauges = Gauges::new(&self.rates, settings);
        let mut shared = Vec::new();
        for (number, kept) in &mut self.members {
            let (fresh, level) = (is_fresh(*number), kept.standing.level);
            let reach = self.numbers.index(*number).and_then(|at| reach.get(&at)).copied().unwrap_or(0.0);
            let is_usual = !fresh && before.bits(level) == self.rates.bits(level);
            let presence = if is_usual { kept.presence } else { gauges.word(&kept.standing) };
            if !fresh && (presence != kept.presence || reach.to_bits() != kept.reach.to_bits()) {
                shared.push(SharedRow { member_number: *number, presence, reach });
            }
            (kept.presence, kept.reach) = (presence, reach);
        }
        for row in rows {
            if let Some(kept) = self.members.get(&row.member_number) {
                kept.presence.clone_into(&mut row.presence);
                row.reach = kept.reach;
            }
        }
        Ok(shared)
    }
}

fn everybody(numbers: &Numbers) -> Vec<u32> {
    (0..).zip(&numbers.number_at).map(|(index, _)| index).collect()
}

/// Writes changed scores and what they were made from in one transaction: a process that is killed before leaves the
/// old ones with what those were made from, so that the next scoring finds them outdated.
async fn write(
    workspace: &Workspace,
    rows: &[ScoreRow],
    shared: &[SharedRow],
    gone: &[u32],
    basis: &Basis,
) -> AppResult<i64> {
    let mut tx = workspace.db().begin().await?;
    score::forget(&mut tx, gone).await?;
    score::store(&mut tx, rows).await?;
    score::store_shared(&mut tx, shared).await?;
    let generation = score::note_basis(&mut tx, basis).await?;
    tx.commit().await?;
    Ok(generation)
}

/// Everybody's score as of an instant, under the workspace's settings or under others (for a preview); members without
/// counted activity, and so bots, are left out.
pub async fn rows_as_of(
    workspace: &Workspace,
    as_of: Timestamp,
    settings: Option<&ScoreSettings>,
) -> AppResult<Vec<ScoreRow>> {
    let _stay = refresh::refresh_and_stay(workspace).await?;
    let mut rows = rows_without_reach(workspace, as_of, settings).await?;
    let reach = workspace.analytics().reach(as_of).await?;
    let numbers = workspace.numbers().read().await.clone();
    for row in &mut rows {
        let index = numbers.index(row.member_number);
        row.reach = index.and_then(|index| reach.get(&index)).copied().unwrap_or(0.0);
    }
    Ok(rows)
}

/// As [`rows_as_of`] with a reach of 0, for those who do not look at it: it costs more than all the rest. To be called
/// while the engine stays.
pub(crate) async fn rows_without_reach(
    workspace: &Workspace,
    as_of: Timestamp,
    settings: Option<&ScoreSettings>,
) -> AppResult<Vec<ScoreRow>> {
    let (held, version) = refresh::settings(workspace).await?;
    let day = local_day(as_of, &workspace.time_zone().await?) + 1;
    let used = settings.unwrap_or(&held);
    let everybody = everybody(&*workspace.numbers().read().await);
    let fresh = standings(workspace, &everybody, as_of, day, used, settings).await?;
    let rates = Rates::of(fresh.iter().map(|(standing, _)| *standing));
    let mut gauges = Gauges::new(&rates, used);
    let row = |(standing, row): (Standing, ScoreRow)| ScoreRow {
        presence: gauges.word(&standing).to_owned(),
        settings_version: version,
        ..row
    };
    Ok(fresh.into_iter().map(row).collect())
}
