//! What was deleted holds as of instants before, wherever it lies.

use super::*;

/// Ada's message is deleted on 10 March, Cyd's on 20 February; Bob's stay.
const DELETED: &[&str] = &[
    "ada messaged 2026-01-03 deleted=2026-03-10",
    "bob messaged 2026-01-03",
    "cyd messaged 2026-02-05 deleted=2026-02-20",
    "bob messaged 2026-03-20",
];

fn as_of(instant: &str) -> KpiRequest {
    KpiRequest { as_of: instant.parse().unwrap(), ..asked(None, None) }
}

async fn asked_as_of(engine: &DataFusionAnalytics, id: &str, instant: &str) -> Vec<Option<f64>> {
    let definitions = crate::catalogue(None).unwrap();
    let definition = definitions.iter().find(|definition| definition.id == id).unwrap();
    values(&engine.evaluate(definition, &as_of(instant)).await.unwrap())
}

/// In the order of the instants and against it, since views are kept.
async fn holds_until_deleted(engine: &DataFusionAnalytics) {
    let expected = [
        ("2026-02-10T00:00:00Z", [Some(2.0), Some(1.0), None]),
        ("2026-02-25T00:00:00Z", [Some(2.0), Some(0.0), None]),
        ("2026-03-15T00:00:00Z", [Some(1.0), Some(0.0), Some(0.0)]),
        ("2026-04-01T00:00:00Z", [Some(1.0), Some(0.0), Some(1.0)]),
    ];
    for (instant, values) in expected.iter().chain(expected.iter().rev()) {
        assert_eq!(asked_as_of(engine, "activities", instant).await, values, "{instant}");
        assert_eq!(asked_as_of(engine, "members_active", instant).await, values, "{instant}");
    }
    let now = rows(engine, "select name from activities join members using (member_id)").await.rows.concat();
    assert_eq!(now, ["bob", "bob"], "tables are those of now");
}

#[tokio::test]
async fn what_was_deleted_later_holds_from_the_tail_and_from_files() {
    let base = tempfile::tempdir().unwrap();
    let data = data(DELETED);
    for first in [0, 2, 4] {
        let folder = base.path().join(first.to_string());
        let (engine, mut segments) = engine(&folder, &data, first).await;
        holds_until_deleted(&engine).await;
        segments.extend(engine.compact(1).await.unwrap());
        holds_until_deleted(&engine).await;
        let opened = DataFusionAnalytics::new(folder, QueryLimits::default());
        opened.set_directory(data.directory.clone()).await.unwrap();
        opened.open(segments).await.unwrap();
        holds_until_deleted(&opened).await;
        // Days are counted anew in another time zone.
        opened
            .set_directory(Directory { time_zone: "America/New_York".into(), ..data.directory.clone() })
            .await
            .unwrap();
        holds_until_deleted(&opened).await;
    }
}

/// A message that turns out to be there after all is there once, at every instant.
#[tokio::test]
async fn what_was_deleted_and_is_there_again_holds_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(DELETED);
    let (engine, mut segments) = engine(folder.path(), &data, 4).await;
    let mut again = cut(&data.rows, 0, 1);
    (again.seq, again.deleted_at) = (vec![5], vec![None]);
    engine.append(again, &[1]).await.unwrap();
    segments.extend(engine.compact(1).await.unwrap());
    let opened = DataFusionAnalytics::new(folder.path().to_owned(), QueryLimits::default());
    opened.set_directory(data.directory).await.unwrap();
    opened.open(segments).await.unwrap();
    for engine in [engine, opened] {
        for instant in ["2026-02-25T00:00:00Z", "2026-04-01T00:00:00Z"] {
            assert_eq!(asked_as_of(&engine, "activities", instant).await[0], Some(2.0), "{instant}");
        }
        let counts = activities(&engine, "2026-04-01T00:00:00Z").await;
        assert_eq!(counts, table("activities", 5, 3, &[("deleted", 1), ("superseded", 1)]));
    }
}

/// What a receipt says of activities.
async fn activities(engine: &DataFusionAnalytics, instant: &str) -> TableRows {
    let definitions = crate::catalogue(None).unwrap();
    let definition = definitions.iter().find(|definition| definition.id == "activities").unwrap();
    engine.count_rows(definition, &as_of(instant)).await.unwrap().tables.remove(0)
}

#[tokio::test]
async fn a_receipt_counts_what_was_deleted_by_the_instant() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(DELETED), 2).await;
    // Three had happened by 10 February, and none was deleted; of all four two were by April.
    assert_eq!(activities(&engine, "2026-02-10T00:00:00Z").await, table("activities", 3, 3, &[]));
    assert_eq!(activities(&engine, "2026-02-25T00:00:00Z").await, table("activities", 3, 2, &[("deleted", 1)]));
    assert_eq!(activities(&engine, "2026-04-01T00:00:00Z").await, table("activities", 4, 2, &[("deleted", 2)]));
}

#[tokio::test]
async fn who_met_whom_follows_what_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let lines = ["ada asked 2026-01-03T10:00 thread=t1", "bob answered 2026-01-03T12:00 thread=t1 deleted=2026-03-10"];
    let (engine, _) = engine(folder.path(), &data(&lines), 1).await;
    for (instant, met) in [("2026-04-10T00:00:00Z", 0), ("2026-02-01T00:00:00Z", 2), ("2026-04-10T00:00:00Z", 0)] {
        assert_eq!(engine.reach(instant.parse().unwrap()).await.unwrap().len(), met, "{instant}");
    }
}

/// Deletions can be left out that were made, or read, after an instant of their own.
#[tokio::test]
async fn deletions_are_known_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = data(DELETED);
    let march: jiff::Timestamp = "2026-03-12T00:00:00Z".parse().unwrap();
    data.rows.ingested_at[0] = march.as_microsecond();
    data.rows.ingested_at[2] = march.as_microsecond();
    let (engine, _) = engine(folder.path(), &data, 2).await;
    let definitions = crate::catalogue(None).unwrap();
    let definition = definitions.iter().find(|definition| definition.id == "activities").unwrap();
    let known = async |made: &str, read: &str| {
        let deletions = Some((made.parse().unwrap(), read.parse().unwrap()));
        let knowledge = Knowledge { deletions, ..Knowledge::default() };
        values(&engine.evaluate_knowing(definition, &asked(None, None), &knowledge).await.unwrap())
    };
    let (february, april) = ("2026-02-25T00:00:00Z", "2026-04-01T00:00:00Z");
    assert_eq!(known(april, april).await, [Some(1.0), Some(0.0), Some(1.0)]);
    // Ada's was deleted after February, and both deletions were read in March.
    assert_eq!(known(february, april).await, [Some(2.0), Some(0.0), Some(1.0)]);
    assert_eq!(known(april, february).await, [Some(2.0), Some(1.0), Some(1.0)]);
}
