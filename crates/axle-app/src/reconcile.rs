//! What a source counts itself, held against the record: by activity type and month.

use std::collections::{BTreeMap, HashSet};

use axle_store::source_count;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Serialize;

use crate::{AppError, AppResult, Workspace, sources};

/// Places that are listed because they differ most.
const DIFFERING: usize = 50;

/// Two counts of the same. What is missing in one thread does not make up for what is too much in another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As the source says.
    pub counted: u64,
    /// Activities in the record there.
    pub stored: u64,
    /// Counted by the source and not stored, over the threads and activities where that is so.
    pub missing: u64,
    /// Stored and not counted by the source, likewise.
    pub surplus: u64,
}

/// Counts of one activity type in one month: that in which the threads or activities began that are counted in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthCounts {
    /// Name of the source.
    pub source: String,
    /// Key of the type.
    pub activity_type: String,
    /// The month's first day, in the workspace's time zone.
    pub month: Date,
    /// The counts.
    #[serde(flatten)]
    pub counts: Counts,
}

/// A thread or an activity of which source and record count differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// Name of the source.
    pub source: String,
    /// Key of the type.
    pub activity_type: String,
    /// The source's id of the thread or of the activity.
    pub of: String,
    /// When it began.
    pub at: Timestamp,
    /// As the source says.
    pub counted: u64,
    /// Activities in the record.
    pub stored: u64,
}

/// Sources that count something themselves, beside the record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// By source and type, months in their order.
    pub months: Vec<MonthCounts>,
    /// Where they differ most: at most 50 of each source, the greatest difference first. Types of which nothing is stored are left
    /// out: such counts name nobody.
    pub differing: Vec<Differing>,
}

impl Counts {
    fn add(&mut self, counted: u64, stored: u64) {
        self.counted += counted;
        self.stored += stored;
        self.missing += counted.saturating_sub(stored);
        self.surplus += stored.saturating_sub(counted);
    }

    fn join(&mut self, other: &Self) {
        self.counted += other.counted;
        self.stored += other.stored;
        self.missing += other.missing;
        self.surplus += other.surplus;
    }

    /// Of what the source counts, the share that is stored, 0 to 1; `None` when it counts nothing.
    pub fn share(&self) -> Option<f64> {
        (self.counted > 0).then(|| (self.counted - self.missing) as f64 / self.counted as f64)
    }
}

impl Reconciliation {
    /// The counts of each activity type of a source, by its key.
    pub fn types(&self, source: &str) -> BTreeMap<&str, Counts> {
        let mut types: BTreeMap<&str, Counts> = BTreeMap::new();
        for month in self.months.iter().filter(|month| month.source == source) {
            types.entry(&month.activity_type).or_default().join(&month.counts);
        }
        types
    }

    /// The counts of a source over all types of which something is stored: likes that name nobody are no gap.
    pub fn source(&self, source: &str) -> Counts {
        let mut sum = Counts::default();
        self.types(source).values().filter(|counts| counts.stored > 0).for_each(|counts| sum.join(counts));
        sum
    }
}

/// Every source that counts something itself.
pub async fn all(workspace: &Workspace) -> AppResult<Reconciliation> {
    let zone = workspace.time_zone().await?;
    Ok(of(source_count::all(workspace.db()).await?, &zone))
}

/// One source.
///
/// # Errors
/// [`AppError::NotFound`] when there is none of that name.
pub async fn one(workspace: &Workspace, source: &str) -> AppResult<Reconciliation> {
    if sources::list(workspace).await?.iter().all(|known| known.name != source) {
        return Err(AppError::NotFound(format!("there is no source `{source}`: `axle source list` shows all")));
    }
    let mut all = all(workspace).await?;
    all.months.retain(|month| month.source == source);
    all.differing.retain(|place| place.source == source);
    Ok(all)
}

fn of(rows: Vec<source_count::SourceCount>, zone: &TimeZone) -> Reconciliation {
    let mut months: BTreeMap<(String, String, Date), Counts> = BTreeMap::new();
    let mut differing: BTreeMap<String, Vec<Differing>> = BTreeMap::new();
    let named: HashSet<(String, String)> =
        rows.iter().filter(|row| row.stored > 0).map(|row| (row.source.clone(), row.activity_type.clone())).collect();
    for row in rows {
        let Ok(at) = Timestamp::from_microsecond(row.at) else { continue };
        let month = Zoned::new(at, zone.clone()).date().first_of_month();
        let key = (row.source.clone(), row.activity_type.clone());
        if row.counted != row.stored && named.contains(&key) {
            let (source, activity_type) = key.clone();
            let place = Differing { source, activity_type, of: row.of, at, counted: row.counted, stored: row.stored };
            differing.entry(row.source).or_default().push(place);
        }
        months.entry((key.0, key.1, month)).or_default().add(row.counted, row.stored);
    }
    let months = months.into_iter().map(|((source, activity_type, month), counts)| MonthCounts {
        source,
        activity_type,
        month,
        counts,
    });
    let most = |mut places: Vec<Differing>| {
        places.sort_by_key(|place| (std::cmp::Reverse(place.counted.abs_diff(place.stored)), place.at));
        places.truncate(DIFFERING);
        places
    };
    Reconciliation { months: months.collect(), differing: differing.into_values().flat_map(most).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(of: &str, at: &str, counted: u64, stored: u64) -> source_count::SourceCount {
        let at: Timestamp = at.parse().unwrap();
        source_count::SourceCount {
            source: "forum".into(),
            activity_type: "forum:post:replied".into(),
            of: of.into(),
            at: at.as_microsecond(),
            counted,
            stored,
        }
    }

    #[test]
    fn months_are_local_and_what_is_too_much_makes_up_for_nothing() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let rows = vec![
            row("1", "2026-01-31T23:30:00Z", 10, 7),
            row("2", "2026-02-10T12:00:00Z", 4, 6),
            row("3", "2026-01-31T22:30:00Z", 5, 5),
        ];
        let reconciliation = of(rows, &zone);
        let months: Vec<_> = reconciliation.months.iter().map(|row| (row.month.to_string(), row.counts)).collect();
        let january = Counts { counted: 5, stored: 5, missing: 0, surplus: 0 };
        let february = Counts { counted: 14, stored: 13, missing: 3, surplus: 2 };
        assert_eq!(months, [("2026-01-01".to_owned(), january), ("2026-02-01".to_owned(), february)]);
        assert_eq!(february.share(), Some(11.0 / 14.0));
        assert_eq!(Counts::default().share(), None);
        let places: Vec<_> = reconciliation.differing.iter().map(|place| place.of.as_str()).collect();
        assert_eq!(places, ["1", "2"]);
        assert_eq!(reconciliation.types("forum")["forum:post:replied"].missing, 3);
        let liked = source_count::SourceCount {
            activity_type: "forum:post:liked".into(),
            ..row("1", "2026-02-01T00:00:00Z", 9, 0)
        };
        let all = vec![row("1", "2026-02-01T00:00:00Z", 4, 4), liked];
        assert_eq!(of(all, &zone).source("forum").share(), Some(1.0), "likes that name nobody are no gap");
    }
}
