//! What exports show whole, and which activities each has: gathered while a run reads, stored when it ends.
//!
//! Nothing is written per activity: a place is one row with a bitmap, and equal rows are left as they are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::{ActivityType, Extent, InPart, Part};
use roaring::RoaringTreemap;
use sqlx::Row;

use crate::activity::{Incoming, Places};
use crate::batch::Record;
use crate::{StoreError, StoreResult, Tx, bulk};

/// What a run has seen of the parts of its exports.
#[derive(Default)]
pub(crate) struct Coverage {
    parts: Vec<SeenPart>,
    numbers: HashMap<(String, String), usize>,
    /// The part of each record of the batch at hand; empty when none stands in one.
    batch: Vec<Option<usize>>,
}

struct SeenPart {
    part: Arc<Part>,
    /// The types that all of its records tell of.
    types: Vec<&'static str>,
    told: &'static [ActivityType],
    newest: i64,
    places: HashMap<i64, SeenPlace>,
}

struct SeenPlace {
    from: i64,
    to: i64,
    by_type: BTreeMap<i64, RoaringTreemap>,
}

/// An activity of a batch, before it is known which number it has.
pub(crate) struct Sighting {
    row: usize,
    part: usize,
    place: i64,
    activity_type_id: i64,
    at: i64,
    newest: i64,
}

/// Where activities of one type stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) extent: i64,
    pub(crate) id: i64,
    pub(crate) activity_type: String,
}

/// One export's view of a place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct View {
    pub(crate) as_of: i64,
    pub(crate) place: Place,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// The range of a view that shows nothing whole.
const NOTHING: (i64, i64) = (0, -1);

impl Coverage {
    /// Takes in which parts the records of a batch stand in. A record that was not understood tells of nothing, so that
    /// what its part lacks may be what it held.
    pub(crate) fn begin(&mut self, records: &[Record]) {
        self.batch.clear();
        if records.iter().all(|record| record.part.is_none()) {
            return;
        }
        for record in records {
            let number = record.part.as_ref().map(|part| self.number(part));
            if let (Some(number), Err(_)) = (number, &record.entries) {
                self.parts[number].types.clear();
            }
            self.batch.push(number);
        }
    }

    fn number(&mut self, record: &InPart) -> usize {
        let is_last = |last: &Option<usize>| last.is_some_and(|last| Arc::ptr_eq(&self.parts[last].part, &record.part));
        let number = match self.batch.last().filter(|last| is_last(last)) {
            Some(Some(last)) => *last,
            _ => {
                let key = (record.part.export.clone(), record.part.name.clone());
                *self.numbers.entry(key).or_insert_with(|| {
                    self.parts.push(SeenPart::new(record));
                    self.parts.len() - 1
                })
            }
        };
        let seen = &mut self.parts[number];
        if !std::ptr::eq(seen.told, record.types) {
            seen.told = record.types;
            seen.types.retain(|key| record.types.iter().any(|told| told.key == *key));
        }
        number
    }

    /// Where the activities of the batch stand.
    pub(crate) fn sightings(&self, rows: &[Incoming], places: &Places) -> Vec<Sighting> {
        if self.batch.is_empty() {
            return Vec::new();
        }
        let mut sightings = Vec::with_capacity(rows.len());
        for (number, incoming) in rows.iter().enumerate() {
            let row = incoming.row();
            for part in incoming.records().filter_map(|record| self.batch[record]) {
                let place = match self.parts[part].part.extent {
                    Extent::Channel | Extent::OutsideThreads => Some(places.channels[row.channel as usize]),
                    Extent::Thread => row.thread.map(|thread| places.threads[thread as usize]),
                };
                sightings.extend(place.map(|place| Sighting {
                    row: number,
                    part,
                    place,
                    activity_type_id: places.types[row.activity_type as usize],
                    at: row.occurred_at,
                    newest: row.version_at.unwrap_or(row.occurred_at).max(row.occurred_at),
                }));
            }
        }
        sightings
    }

    /// Notes the activities with the numbers that they have now, one for each row of the batch.
    pub(crate) fn saw(&mut self, sightings: &[Sighting], seqs: &[i64]) {
        for sighting in sightings {
            let part = &mut self.parts[sighting.part];
            part.newest = part.newest.max(sighting.newest);
            let place = part.places.entry(sighting.place).or_insert_with(|| SeenPlace {
                from: sighting.at,
                to: sighting.at,
                by_type: BTreeMap::new(),
            });
            place.from = place.from.min(sighting.at);
            place.to = place.to.max(sighting.at);
            place.by_type.entry(sighting.activity_type_id).or_default().insert(number(seqs[sighting.row]));
        }
    }

    /// The views to store. Where the input broke off, no part was seen whole.
    fn views(&self, types: &HashMap<String, i64>, is_whole: bool) -> BTreeMap<View, RoaringTreemap> {
        let mut as_of: HashMap<&str, i64> = HashMap::new();
        for part in &self.parts {
            let stated = part.part.as_of.map_or(i64::MIN, |at| at.as_microsecond());
            let known = as_of.entry(&part.part.export).or_insert(i64::MIN);
            *known = (*known).max(stated).max(part.newest);
        }
        let mut views: BTreeMap<View, RoaringTreemap> = BTreeMap::new();
        for part in &self.parts {
            let extent = number_of(part.part.extent);
            for (id, place) in &part.places {
                let mut add = |activity_type: &str, (from, to): (i64, i64), seen: Option<&RoaringTreemap>| {
                    let place = Place { extent, id: *id, activity_type: activity_type.to_owned() };
                    let view = View { as_of: as_of[part.part.export.as_str()], place, from, to };
                    let all = views.entry(view).or_default();
                    seen.into_iter().for_each(|seen| *all |= seen);
                };
                let whole: &[&str] = if is_whole { &part.types } else { &[] };
                for key in whole {
                    add(key, (place.from, place.to), types.get(*key).and_then(|id| place.by_type.get(id)));
                }
                for (key, id) in types.iter().filter(|(key, _)| !whole.contains(&key.as_str())) {
                    if let Some(seen) = place.by_type.get(id) {
                        add(key, NOTHING, Some(seen));
                    }
                }
            }
        }
        views
    }

    /// Stores what the run saw; gives the instant of its oldest export, or `None` when it read no snapshots. `types` are
    /// the numbers of the activity types that it met.
    pub(crate) async fn store(
        self,
        tx: &mut Tx,
        source_id: i64,
        types: &HashMap<String, i64>,
        is_whole: bool,
    ) -> StoreResult<Option<i64>> {
        let views = self.views(types, is_whole);
        let Some(oldest) = views.keys().next().map(|view| view.as_of) else { return Ok(None) };
        let mut changed = Vec::new();
        let mut stored = HashMap::new();
        let mut as_of = None;
        for (view, seen) in views {
            if as_of != Some(view.as_of) {
                stored = of_export(tx, source_id, view.as_of).await?.into_iter().collect();
                as_of = Some(view.as_of);
            }
            // Two readings of one instant's export: what either of them has was there.
            match stored.remove(&view) {
                Some(known) if seen.is_subset(&known) => {}
                Some(known) => changed.push((view, seen | known)),
                None => changed.push((view, seen)),
            }
        }
        write(tx, source_id, changed).await?;
        Ok(Some(oldest))
    }
}

impl SeenPart {
    fn new(record: &InPart) -> Self {
        Self {
            part: Arc::clone(&record.part),
            types: record.types.iter().map(|told| told.key).collect(),
            told: record.types,
            newest: i64::MIN,
            places: HashMap::new(),
        }
    }
}

fn number_of(extent: Extent) -> i64 {
    match extent {
        Extent::Channel => 0,
        Extent::OutsideThreads => 1,
        Extent::Thread => 2,
    }
}

/// A seq as a bitmap holds it.
pub(crate) fn number(seq: i64) -> u64 {
    u64::try_from(seq).expect("seqs begin with 1")
}

async fn write(tx: &mut Tx, source_id: i64, views: Vec<(View, RoaringTreemap)>) -> StoreResult<()> {
    for run in bulk::runs(views.len()) {
        let run = &views[run];
        let mut query = bulk::values(
            "insert into covered (source_id, as_of, extent, place_id, activity_type, from_at, to_at, seen)",
            run.len(),
            8,
            "on conflict (source_id, as_of, extent, place_id, activity_type, from_at, to_at) do update set seen = excluded.seen",
        );
        for (view, seen) in run {
            query = query
                .bind(source_id)
                .bind(view.as_of)
                .bind(view.place.extent)
                .bind(view.place.id)
                .bind(view.place.activity_type.as_str())
                .bind(view.from)
                .bind(view.to)
                .bind(bytes(seen)?);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

fn bytes(seen: &RoaringTreemap) -> StoreResult<Vec<u8>> {
    let mut seen = seen.clone();
    seen.optimize();
    let mut bytes = Vec::with_capacity(seen.serialized_size());
    seen.serialize_into(&mut bytes).map_err(|cause| StoreError::Io { place: "what an export had".into(), cause })?;
    Ok(bytes)
}

/// The instants of a source's exports, oldest first.
pub(crate) async fn exports(tx: &mut Tx, source_id: i64) -> StoreResult<Vec<i64>> {
    Ok(sqlx::query_scalar("select distinct as_of from covered where source_id = $1 order by as_of")
        .bind(source_id)
        .fetch_all(tx.connection())
        .await?)
}

/// What the exports of an instant showed.
pub(crate) async fn of_export(tx: &mut Tx, source_id: i64, as_of: i64) -> StoreResult<Vec<(View, RoaringTreemap)>> {
    let rows = sqlx::query(
        "select extent, place_id, activity_type, from_at, to_at, seen from covered where source_id = $1 and as_of = $2",
    )
    .bind(source_id)
    .bind(as_of)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            let place = Place { extent: row.try_get(0)?, id: row.try_get(1)?, activity_type: row.try_get(2)? };
            let seen = RoaringTreemap::deserialize_from(row.try_get::<&[u8], _>(5)?)
                .map_err(|error| StoreError::Damaged(format!("what an export had: {error}")))?;
            Ok((View { as_of, place, from: row.try_get(3)?, to: row.try_get(4)? }, seen))
        })
        .collect()
}
