//! Which activities were deleted at their source, because a newer export of their place lacks them.
//!
//! The answer is a function of the views in `covered`, taken in the order in which the exports were made, so that the
//! order in which they were read does not matter. Exports of one instant count as one.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringTreemap;
use sqlx::Row;

use crate::activity::move_to;
use crate::covered::{self, Place, View, number};
use crate::{StoreResult, Tx, activity, bulk, revision};

/// What the exports of a source say of each other after a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Activities found deleted by this run.
    pub deleted: u64,
    /// Activities found to be there after all: an even newer export has them.
    pub restored: u64,
    /// Exports that lack too much, of those that the run could change.
    pub filtered: Vec<Filtered>,
}

/// An export that lacks more than half of what was known: it was filtered, and nothing is taken for deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filtered {
    /// When it was made, microseconds since 1970.
    pub as_of: i64,
    /// Activities that it lacks, where it lacks too much.
    pub lacked: u64,
    /// Of how many that were known there.
    pub known: u64,
}

/// Fewer may be deleted at once, whatever their share.
const FEW: u64 = 20;

/// Brings the tombstones of a source in line with its exports. `since` is the instant of the oldest export that the run
/// read, `began_at` when it began and `now` when it did.
pub(crate) async fn settle(
    tx: &mut Tx,
    source_id: i64,
    since: i64,
    (began_at, now): (i64, i64),
) -> StoreResult<Settled> {
    let exports = covered::exports(tx, source_id).await?;
    if exports.len() < 2 {
        return Ok(Settled::default());
    }
    let moved = Moved::load(tx).await?;
    let mut judge = Judge::default();
    for as_of in exports {
        let views = covered::of_export(tx, source_id, as_of).await?;
        let views: Vec<_> = views.into_iter().map(|(view, seen)| (view, moved.now(seen))).collect();
        let times = times(tx, &judge.unsure(&views)).await?;
        judge.export(as_of, &views, &times);
    }
    judge.filtered.retain(|filtered| filtered.as_of >= since);
    let (deleted, restored) = apply(tx, source_id, judge.missing, (began_at, now)).await?;
    Ok(Settled { deleted, restored, filtered: judge.filtered })
}

/// What is known of a source after some of its exports.
#[derive(Default)]
struct Judge {
    /// The activities of each place that were there when last seen.
    present: HashMap<Place, Vec<Layer>>,
    /// All of them.
    everywhere: RoaringTreemap,
    /// The others, with the instant of the first export that lacks them.
    missing: BTreeMap<u64, i64>,
    filtered: Vec<Filtered>,
}

/// Activities that one export saw last, and the range in which they happened.
struct Layer {
    from: i64,
    to: i64,
    seen: RoaringTreemap,
}

/// What a view lacks, and how much of what was known it has.
struct Lack {
    gone: RoaringTreemap,
    kept: u64,
}

impl Lack {
    fn is_filtered(gone: u64, kept: u64) -> bool {
        gone >= FEW && gone > kept
    }
}

impl View {
    fn shows(&self, at: i64) -> bool {
        self.from <= at && at <= self.to
    }

    fn shows_all_of(&self, layer: &Layer) -> bool {
        self.from <= layer.from && layer.to <= self.to
    }

    fn meets(&self, layer: &Layer) -> bool {
        self.from <= layer.to && layer.from <= self.to && self.from <= self.to
    }
}

impl Judge {
    /// Activities that the next export's views lack, of which the instant must be known to tell whether they lie in the
    /// range of a view.
    fn unsure(&self, views: &[(View, RoaringTreemap)]) -> RoaringTreemap {
        let seen = all(views);
        let mut unsure = RoaringTreemap::new();
        for (view, _) in views {
            for layer in self.layers(&view.place) {
                if view.meets(layer) && !view.shows_all_of(layer) {
                    unsure |= &layer.seen - &seen;
                }
            }
        }
        unsure
    }

    fn layers(&self, place: &Place) -> &[Layer] {
        self.present.get(place).map_or(&[], Vec::as_slice)
    }

    /// Takes in the next export.
    fn export(&mut self, as_of: i64, views: &[(View, RoaringTreemap)], times: &HashMap<u64, i64>) {
        let seen = all(views);
        let lacks: Vec<Lack> = views.iter().map(|(view, has)| self.lack(view, has, &seen, times)).collect();
        let mut of_type: HashMap<&str, (u64, u64)> = HashMap::new();
        for ((view, _), lack) in views.iter().zip(&lacks) {
            let (gone, kept) = of_type.entry(&view.place.activity_type).or_default();
            *gone += lack.gone.len();
            *kept += lack.kept;
        }
        let mut filtered = Filtered { as_of, lacked: 0, known: 0 };
        for ((view, _), lack) in views.iter().zip(lacks) {
            let (gone, kept) = of_type[view.place.activity_type.as_str()];
            if Lack::is_filtered(lack.gone.len(), lack.kept) || Lack::is_filtered(gone, kept) {
                filtered.lacked += lack.gone.len();
                filtered.known += lack.gone.len() + lack.kept;
            } else {
                self.lose(&view.place, &lack.gone, as_of);
            }
        }
        if filtered.lacked > 0 {
            self.filtered.push(filtered);
        }
        self.see(views, &seen, times);
    }

    fn lack(&self, view: &View, has: &RoaringTreemap, seen: &RoaringTreemap, times: &HashMap<u64, i64>) -> Lack {
        let mut lack = Lack { gone: RoaringTreemap::new(), kept: 0 };
        for layer in self.layers(&view.place) {
            lack.kept += layer.seen.intersection_len(has);
            if !view.meets(layer) {
                continue;
            }
            let mut absent = &layer.seen - seen;
            if !view.shows_all_of(layer) {
                absent.retain(|seq| times.get(&seq).is_some_and(|at| view.shows(*at)));
            }
            lack.gone |= absent;
        }
        lack
    }

    fn lose(&mut self, place: &Place, gone: &RoaringTreemap, as_of: i64) {
        for layer in self.present.get_mut(place).into_iter().flatten() {
            layer.seen -= gone;
        }
        self.everywhere -= gone;
        self.missing.extend(gone.iter().map(|seq| (seq, as_of)));
    }

    /// What an export has was there when it was made, in its views' places and in no other.
    fn see(&mut self, views: &[(View, RoaringTreemap)], seen: &RoaringTreemap, times: &HashMap<u64, i64>) {
        let mut found = RoaringTreemap::new();
        for (view, _) in views {
            let Some(layers) = self.present.get_mut(&view.place) else { continue };
            for layer in &mut *layers {
                found |= &layer.seen & seen;
                layer.seen -= seen;
                layer.narrow(times);
            }
            layers.retain(|layer| !layer.seen.is_empty());
        }
        let elsewhere = (&self.everywhere & seen) - found;
        if !elsewhere.is_empty() {
            for layer in self.present.values_mut().flatten() {
                layer.seen -= &elsewhere;
            }
        }
        self.everywhere |= seen;
        self.missing.retain(|seq, _| !seen.contains(*seq));
        for (view, has) in views.iter().filter(|(_, has)| !has.is_empty()) {
            let (from, to) = if view.from <= view.to { (view.from, view.to) } else { (i64::MIN, i64::MAX) };
            self.present.entry(view.place.clone()).or_default().push(Layer { from, to, seen: has.clone() });
        }
    }
}

impl Layer {
    /// What is left was looked up: the range is that of these. So what fell out of a sliding window is looked up once.
    fn narrow(&mut self, times: &HashMap<u64, i64>) {
        if self.seen.len() > times.len() as u64 {
            return;
        }
        let known: Option<Vec<i64>> = self.seen.iter().map(|seq| times.get(&seq).copied()).collect();
        if let Some((from, to)) = known.and_then(|known| Some((*known.iter().min()?, *known.iter().max()?))) {
            (self.from, self.to) = (from, to);
        }
    }
}

fn all(views: &[(View, RoaringTreemap)]) -> RoaringTreemap {
    let mut all = RoaringTreemap::new();
    views.iter().for_each(|(_, seen)| all |= seen);
    all
}

/// Where activities moved to that changed since an export was read.
struct Moved {
    before: RoaringTreemap,
    /// `(former seq, present seq)`, in the order of the former.
    pairs: Vec<(u64, u64)>,
}

impl Moved {
    async fn load(tx: &mut Tx) -> StoreResult<Self> {
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("select seq, by_seq from superseded order by seq").fetch_all(tx.connection()).await?;
        let mut pairs: Vec<(u64, u64)> = rows.into_iter().map(|(seq, by)| (number(seq), number(by))).collect();
        // A seq gives way to a later one: from the end, each finds its successor resolved.
        for index in (0..pairs.len()).rev() {
            let by = pairs[index].1;
            if let Ok(next) = pairs[index + 1..].binary_search_by_key(&by, |(seq, _)| *seq) {
                pairs[index].1 = pairs[index + 1 + next].1;
            }
        }
        Ok(Self { before: pairs.iter().map(|(seq, _)| *seq).collect(), pairs })
    }

    fn now(&self, mut seen: RoaringTreemap) -> RoaringTreemap {
        let former = &seen & &self.before;
        seen -= &former;
        for seq in former {
            if let Ok(index) = self.pairs.binary_search_by_key(&seq, |(seq, _)| *seq) {
                seen.insert(self.pairs[index].1);
            }
        }
        seen
    }
}

async fn times(tx: &mut Tx, seqs: &RoaringTreemap) -> StoreResult<HashMap<u64, i64>> {
    let seqs: Vec<i64> = seqs.iter().map(seq).collect();
    let mut times = HashMap::with_capacity(seqs.len());
    for run in bulk::runs(seqs.len()) {
        let run = &seqs[run];
        let mut query = bulk::any_of("select seq, occurred_at from activity where seq", run.len(), "");
        for seq in run {
            query = query.bind(*seq);
        }
        for row in query.fetch_all(tx.connection()).await? {
            times.insert(number(row.try_get(0)?), row.try_get(1)?);
        }
    }
    Ok(times)
}

fn seq(number: u64) -> i64 {
    i64::try_from(number).expect("it was a seq")
}

/// Makes the stored tombstones those; gives how many came and went. What changed is a state that was read now.
async fn apply(
    tx: &mut Tx,
    source_id: i64,
    mut missing: BTreeMap<u64, i64>,
    (began_at, now): (i64, i64),
) -> StoreResult<(u64, u64)> {
    let known: Vec<(i64, i64)> = sqlx::query_as(
        "select activity.seq, missing_at from missing_activity join activity using (activity_id) where source_id = $1 order by seq",
    )
    .bind(source_id)
    .fetch_all(tx.connection())
    .await?;
    let (mut restored, mut moved) = (0, Vec::new());
    for (seq, missing_at) in known {
        match missing.remove(&number(seq)) {
            Some(at) if at == missing_at => {}
            Some(at) => {
                note(tx, seq, at).await?;
                moved.push(seq);
            }
            None => {
                sqlx::query(
                    "delete from missing_activity where activity_id = (select activity_id from activity where seq = $1)",
                )
                .bind(seq)
                .execute(tx.connection())
                .await?;
                moved.push(seq);
                restored += 1;
            }
        }
    }
    let deleted = missing.len() as u64;
    for (number, at) in missing {
        note(tx, seq(number), at).await?;
        moved.push(seq(number));
    }
    let mut instants = Vec::with_capacity(moved.len());
    for (seq, by) in moved.iter().zip(activity::next_seq(tx).await?..) {
        move_to(tx, *seq, by).await?;
        let update = "update activity set ingested_at = $1 where seq = $2 returning occurred_at";
        let instant: i64 = sqlx::query_scalar(update).bind(now).bind(by).fetch_one(tx.connection()).await?;
        instants.push(instant);
    }
    revision::note(tx, revision::ACTIVITY, instants, began_at).await?;
    if !moved.is_empty() {
        crate::setting::note_change(tx).await?;
    }
    Ok((deleted, restored))
}

async fn note(tx: &mut Tx, seq: i64, missing_at: i64) -> StoreResult<()> {
    sqlx::query(
        "insert into missing_activity (activity_id, missing_at) select activity_id, $1 from activity where seq = $2
         on conflict (activity_id) do update set missing_at = excluded.missing_at",
    )
    .bind(missing_at)
    .bind(seq)
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
