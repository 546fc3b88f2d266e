//! The engine as the application uses it: files, tail, superseded states, merges, instants, and what SQL may do.

use std::collections::BTreeMap;
use std::path::Path;

use axle_model::analytics::{
    ActivityColumns, Analytics, AnalyticsError, Directory, FactRows, Knowledge, Segment, Table, Touched,
};
use axle_model::interchange::FactKind;
use axle_model::kpi::{KpiAnswer, KpiRequest, Receipt, TableRows};
use axle_model::time::Grain;
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::golden_data::{GoldenData, read};
use crate::{DataFusionAnalytics, QueryLimits};

mod behind;
mod conditions;
mod deleted;
mod numbers;
mod sizes;
mod tags;
mod ties;
mod today;

const LINES: &[&str] = &[
    "organization acme ada",
    "ada asked 2026-01-03T10:00 thread=t1 source=forum channel=help",
    "bob answered 2026-01-03T12:00 thread=t1 source=forum channel=help",
    "ada messaged 2026-02-01T23:30 source=slack",
    "cyd messaged 2026-02-02T00:30 source=slack",
    "bob messaged 2026-03-05 source=slack",
];

fn data(lines: &[&str]) -> GoldenData {
    read(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>(), &TimeZone::UTC).unwrap()
}

/// Rows `[from, to)` of columns.
pub(crate) fn cut(rows: &ActivityColumns, from: usize, to: usize) -> ActivityColumns {
    fn part<T: Clone>(list: &[T], from: usize, to: usize) -> Vec<T> {
        list[from..to].to_vec()
    }
    ActivityColumns {
        seq: part(&rows.seq, from, to),
        activity_id: part(&rows.activity_id, from, to),
        identity: part(&rows.identity, from, to),
        channel: part(&rows.channel, from, to),
        activity_type: part(&rows.activity_type, from, to),
        occurred_at: part(&rows.occurred_at, from, to),
        ingested_at: part(&rows.ingested_at, from, to),
        weight: part(&rows.weight, from, to),
        thread: part(&rows.thread, from, to),
        parent: part(&rows.parent, from, to),
        title: part(&rows.title, from, to),
        text: part(&rows.text, from, to),
        url: part(&rows.url, from, to),
        language: part(&rows.language, from, to),
        reading: part(&rows.reading, from, to),
        sentiment_score: part(&rows.sentiment_score, from, to),
        properties: part(&rows.properties, from, to),
        counterparts: part(&rows.counterparts, from, to),
        deleted_at: part(&rows.deleted_at, from, to),
    }
}

/// An engine with everything of `data`, `first` rows of which lie in a segment and the others in the tail.
async fn engine(folder: &Path, data: &GoldenData, first: usize) -> (DataFusionAnalytics, Vec<Segment>) {
    let engine = DataFusionAnalytics::new(folder.to_owned(), QueryLimits::default());
    engine.set_directory(data.directory.clone()).await.unwrap();
    engine.append(cut(&data.rows, 0, first), &[]).await.unwrap();
    let segments = engine.compact(1).await.unwrap().into_iter().collect();
    engine.append(cut(&data.rows, first, data.rows.seq.len()), &data.deleted).await.unwrap();
    (engine, segments)
}

const DAYS: &str = "select member, identity, day, channel, activity_type, weight, count, first_at, last_at, is_counted
    from all_days order by 1, 2, 3, 4, 5, 6";

/// After everything.
fn now() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

async fn rows(engine: &DataFusionAnalytics, query: &str) -> Table {
    engine.sql(query, 10_000, now()).await.unwrap()
}

async fn kpi(
    engine: &DataFusionAnalytics,
    id: &str,
    by: Option<&str>,
    filter: Option<&str>,
) -> Result<KpiAnswer, AnalyticsError> {
    let definitions = crate::catalogue(None).unwrap();
    let definition = definitions.iter().find(|definition| definition.id == id).unwrap();
    engine.evaluate(definition, &asked(by, filter)).await
}

/// The first three months of 2026, as of their end.
fn asked(by: Option<&str>, filter: Option<&str>) -> KpiRequest {
    KpiRequest {
        from: date(2026, 1, 1),
        to: date(2026, 4, 1),
        grain: Grain::Month,
        by: by.map(str::to_owned),
        filter: filter.map(str::to_owned),
        as_of: "2026-04-01T00:00:00Z".parse().unwrap(),
    }
}

fn values(answer: &KpiAnswer) -> Vec<Option<f64>> {
    answer.points.iter().map(|point| point.value).collect()
}

#[tokio::test]
async fn answers_stay_when_the_tail_becomes_a_file_and_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(LINES);
    let (tail_only, none) = engine(&folder.path().join("a"), &data, 0).await;
    assert!(none.is_empty());
    let folder = folder.path().join("b");
    let (engine, mut segments) = engine(&folder, &data, 3).await;
    segments.extend(engine.compact(1).await.unwrap());
    assert_eq!(segments.iter().map(|segment| segment.rows).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(engine.compact(1).await.unwrap(), None);
    let opened = DataFusionAnalytics::new(folder, QueryLimits::default());
    opened.set_directory(data.directory.clone()).await.unwrap();
    opened.open(segments).await.unwrap();
    assert_eq!(opened.watermark(), 5);
    let public = "select activity_id, source, channel, activity_type, occurred_at, member_id, organization_id, weight,
        thread_id, is_question, is_answer from activities order by occurred_at";
    for query in
        [DAYS, public, "select * from thread_facts", "select * from members order by name", "select * from connections"]
    {
        let expected = rows(&tail_only, query).await.rows;
        assert!(!expected.is_empty());
        assert_eq!(rows(&engine, query).await.rows, expected, "{query}");
        assert_eq!(rows(&opened, query).await.rows, expected, "{query}");
    }
    let expected = values(&kpi(&tail_only, "members_active", None, None).await.unwrap());
    assert_eq!(expected, [Some(2.0), Some(2.0), Some(1.0)]);
    assert_eq!(values(&kpi(&opened, "members_active", None, None).await.unwrap()), expected);
}

#[tokio::test]
async fn a_rollup_that_was_damaged_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(LINES);
    let (engine, mut segments) = engine(folder.path(), &data, 3).await;
    segments.extend(engine.compact(1).await.unwrap());
    let before = rows(&engine, DAYS).await.rows;
    let rollup = folder.path().join(crate::segment::rollup_name(&segments[1].path));
    let whole = std::fs::read(&rollup).unwrap();
    // What it says of itself stands at its end, and stays.
    let damaged = [&[0xff; 64], &whole[64..]].concat();
    std::fs::write(&rollup, damaged).unwrap();
    let opened = DataFusionAnalytics::new(folder.path().to_owned(), QueryLimits::default());
    opened.open(segments).await.unwrap();
    opened.set_directory(data.directory.clone()).await.unwrap();
    assert_eq!(rows(&opened, DAYS).await.rows, before);
    assert_eq!(std::fs::read(&rollup).unwrap(), whole);
}

#[tokio::test]
async fn files_opened_again_know_what_no_longer_holds() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(LINES);
    let (engine, mut segments) = engine(folder.path(), &data, 3).await;
    engine.append(ActivityColumns::default(), &[1, 4]).await.unwrap();
    segments.extend(engine.compact(1).await.unwrap());
    let expected = rows(&engine, DAYS).await.rows;
    assert_eq!(expected.len(), 3);
    let opened = DataFusionAnalytics::new(folder.path().to_owned(), QueryLimits::default());
    opened.set_directory(data.directory).await.unwrap();
    opened.open(segments.clone()).await.unwrap();
    assert_eq!(rows(&opened, DAYS).await.rows, expected);
    opened.append(ActivityColumns::default(), &[1, 5]).await.unwrap();
    assert_eq!(rows(&opened, DAYS).await.rows.len(), 2);
    assert_eq!(opened.verify(&segments).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn whose_activity_changed_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(LINES);
    let (engine, _) = engine(folder.path(), &data, 3).await;
    assert_eq!(engine.touched().await.unwrap(), Touched::Everybody);
    let nobody = Touched::Identities([].into());
    assert_eq!(engine.touched().await.unwrap(), nobody);
    // Sequence numbers count from 1.
    let [first, last] = [data.rows.identity[0], data.rows.identity[4]];
    engine.append(ActivityColumns::default(), &[1]).await.unwrap();
    assert_eq!(engine.touched().await.unwrap(), Touched::Identities([first].into()));
    let mut again = cut(&data.rows, 4, 5);
    again.seq = vec![6];
    engine.append(again, &[]).await.unwrap();
    engine.compact(1).await.unwrap();
    assert_eq!(engine.touched().await.unwrap(), Touched::Identities([last].into()));
    engine.append(ActivityColumns::default(), &[1]).await.unwrap();
    assert_eq!(engine.touched().await.unwrap(), nobody, "it stopped holding before");
}

#[tokio::test]
async fn another_time_zone_moves_days_and_a_merge_joins_members() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = data(LINES);
    let (engine, _) = engine(folder.path(), &data, 3).await;
    assert_eq!(values(&kpi(&engine, "members_new", None, None).await.unwrap()), [Some(2.0), Some(1.0), Some(0.0)]);
    data.directory.time_zone = "America/New_York".into();
    engine.set_directory(data.directory.clone()).await.unwrap();
    let days = "select distinct day from member_days order by 1";
    let moved = rows(&engine, days).await.rows.concat();
    assert_eq!(moved, ["2026-01-03", "2026-02-01", "2026-03-05"]);
    let ada = data.directory.identities[0].member;
    data.directory.identities[2].member = ada;
    engine.set_directory(data.directory).await.unwrap();
    assert_eq!(values(&kpi(&engine, "members_new", None, None).await.unwrap()), [Some(2.0), Some(0.0), Some(0.0)]);
}

#[tokio::test]
async fn files_are_verified() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, segments) = engine(folder.path(), &data(LINES), 3).await;
    assert_eq!(engine.verify(&segments).await.unwrap(), Vec::<String>::new());
    let path = folder.path().join(&segments[0].path);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let wrong = engine.verify(&segments).await.unwrap();
    assert!(wrong.len() == 1 && wrong[0].contains("hash"), "{wrong:?}");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(engine.verify(&segments).await.unwrap().len(), 1);
    let refused = engine.open(segments).await.unwrap_err();
    assert!(refused.to_string().contains("axle segments rebuild"), "{refused}");
    engine.clear().await.unwrap();
    assert_eq!(engine.watermark(), 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(rows(&engine, DAYS).await.rows.is_empty());
}

#[tokio::test]
async fn sql_reads_and_never_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(LINES), 3).await;
    let out = folder.path().join("out.csv");
    let refused = [
        "insert into members select * from members".to_owned(),
        "delete from activities".to_owned(),
        "update members set name = 'x'".to_owned(),
        "create table mine as select 1".to_owned(),
        "drop table members".to_owned(),
        "create external table files stored as csv location '/'".to_owned(),
        format!("copy members to '{}'", out.display()),
        "set datafusion.execution.batch_size = 1".to_owned(),
        "select 1; select 2".to_owned(),
        format!("select * from '{}'", folder.path().join("x.parquet").display()),
        "select * from nowhere".to_owned(),
    ];
    for query in refused {
        let answer = engine.sql(&query, 10, now()).await;
        assert!(matches!(answer, Err(AnalyticsError::Invalid(_))), "{query}: {answer:?}");
    }
    assert!(!out.exists());
    let query = "with a as (select name from members) select name from a order by name";
    let table = engine.sql(query, 2, now()).await.unwrap();
    assert_eq!(table.columns, ["name"]);
    assert_eq!(table.rows.concat(), ["ada", "bob"]);
    assert!(table.truncated);
    assert!(!rows(&engine, "show tables").await.rows.is_empty());
    assert!(!rows(&engine, "explain select * from activities").await.rows.is_empty());
}

#[tokio::test]
async fn a_request_is_filtered_and_broken_down_by_names() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(LINES), 3).await;
    let answer = kpi(&engine, "activities", None, Some("source = 'slack' and channel <> 'help'")).await.unwrap();
    assert_eq!(values(&answer), [Some(0.0), Some(2.0), Some(1.0)]);
    let answer = kpi(&engine, "activities", Some("channel"), Some("source in ('forum')")).await.unwrap();
    assert_eq!(values(&answer), [Some(2.0), Some(0.0), Some(0.0)], "a part that occurs is 0 where it has no rows");
    assert!(answer.points.iter().all(|point| point.dimensions["channel"] == "help"));
    for (by, filter) in
        [(Some("weather"), None), (None, Some("weather = 1")), (None, Some("source = (select 'slack')"))]
    {
        let refused = kpi(&engine, "activities", by, filter).await;
        assert!(matches!(refused, Err(AnalyticsError::Invalid(_))), "{by:?} {filter:?}");
    }
    let names = "Dimensions of activities: source, channel, activity_type, layer; an example: `source = 'slack'`";
    let said = [
        ("channel", "condition `channel`: expected something that holds or not, such as a comparison"),
        (
            "count(channel) > 1",
            "condition `count(channel) > 1`: a condition is asked of each row: it can neither count nor sum",
        ),
        (
            "chanel = 'help'",
            "condition `→chanel = 'help'`: at the arrow, there is no dimension `chanel`: did you mean `channel`?",
        ),
    ];
    for (filter, said) in said {
        let refused = kpi(&engine, "activities", None, Some(filter)).await.unwrap_err();
        assert_eq!(refused.to_string(), format!("{said}. {names}"));
    }
}

#[tokio::test]
async fn a_statement_that_cannot_be_read_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(LINES), 3).await;
    let said = [
        (
            "select name form members",
            "statement `select name form →members`: at the arrow, expected end of statement, not `members`",
        ),
        (
            "select nam from members",
            "statement `select →nam from members`: at the arrow, there is no column `nam`: did you mean `name`?",
        ),
        (
            "select 1 from membrs",
            "statement `select 1 from →membrs`: at the arrow, there is no table `membrs`: did you mean `members`?",
        ),
    ];
    for (statement, said) in said {
        let refused = engine.sql(statement, 10, now()).await.unwrap_err().to_string();
        assert!(refused.starts_with(said), "{refused}");
    }
}

/// The receipt of a figure from January to March 2026, with its rows counted.
async fn receipt(engine: &DataFusionAnalytics, id: &str, filter: Option<&str>) -> Receipt {
    let definitions = crate::catalogue(None).unwrap();
    let definition = definitions.iter().find(|definition| definition.id == id).unwrap();
    let mut receipt = kpi(engine, id, None, filter).await.unwrap().receipt;
    assert_eq!(receipt.included, None, "nobody counted");
    receipt.count(engine.count_rows(definition, &asked(None, filter)).await.unwrap());
    for table in &receipt.tables {
        assert_eq!(table.rows, table.included + table.excluded.values().sum::<u64>(), "{table:?}");
    }
    receipt
}

fn reasons(reasons: &[(&str, u64)]) -> BTreeMap<String, u64> {
    reasons.iter().map(|(reason, rows)| ((*reason).to_owned(), *rows)).collect()
}

fn table(name: &str, rows: u64, included: u64, excluded: &[(&str, u64)]) -> TableRows {
    TableRows { table: name.to_owned(), rows, included, excluded: reasons(excluded) }
}

/// Figures of facts count the facts: by reason, and the same rows that are listed.
#[tokio::test]
async fn a_receipt_of_facts_counts_facts() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        "bot rex",
        "teammate tim",
        "fact call id=c1 called_at=2026-01-04 caller=ada call_source=web",
        "fact call id=c1 called_at=2026-01-05 caller=ada call_source=web",
        "fact call id=c2 called_at=2026-02-05 caller=bob call_source=ads",
        "fact call id=c3 called_at=2026-01-06 caller=tim",
        "fact call id=c4 called_at=2026-01-07 caller=rex",
        "fact call id=c5 called_at=2025-12-30 caller=cyd call_source=ads",
        "fact call id=c6 called_at=2026-04-05 caller=cyd",
    ];
    let (engine, all) = (DataFusionAnalytics::new(folder.path().to_owned(), QueryLimits::default()), data(&lines));
    engine.set_directory(all.directory.clone()).await.unwrap();
    engine.append(all.rows.clone(), &all.deleted).await.unwrap();
    for (_, rows) in all.facts.rows {
        engine.append_facts(rows, usize::MAX).await.unwrap();
    }
    let receipt = receipt(&engine, "calls", None).await;
    // Of seven states one was replaced; of six calls one is a teammate's and one a program's. Of the other four one is later
    // than 1 April, and one before January. Ada and Bob are left.
    let of_calls = [("superseded", 1), ("bots and teammates", 2)];
    let of_log = [("not by the instant asked as of", 1)];
    assert_eq!(receipt.tables, [table("calls", 7, 4, &of_calls), table("call_log", 4, 3, &of_log)]);
    assert_eq!(receipt.included, Some(2));
    assert_eq!(receipt.excluded_at_last().collect::<Vec<_>>(), [("outside the window", 1)]);
    assert_eq!(receipt.reads, ["calls"]);
    // Where the source is `ads`, one of the three by then is another's, and one of the two is of December: Bob is left.
    let receipt = self::receipt(&engine, "calls", Some("call_source = 'ads'")).await;
    let last = [("outside the window", 1), ("where the condition does not hold", 1)];
    assert_eq!((receipt.included, receipt.excluded_at_last().collect::<Vec<_>>()), (Some(1), last.to_vec()));
    let definitions = crate::catalogue(None).unwrap();
    let calls = definitions.iter().find(|definition| definition.id == "calls").unwrap();
    let listed = engine.rows(calls, &asked(None, None), 0, 100).await.unwrap();
    assert_eq!((listed.total, listed.table.rows.len()), (2, 2));
}

/// What a stock is made of lies before the window as well, and what is not defined is made of nothing.
#[tokio::test]
async fn a_receipt_counts_what_the_value_is_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(&["ada messaged 2025-06-01", "bob messaged 2026-02-10"]), 1).await;
    let stock = |options: &str| {
        let text = format!(
            r#"
            group = "x"
            title = "x"
            question = "x"
            unit = "count"
            value = "stock"
            options = {options}
            rows = "select day, 1 as value from member_days"
            "#
        );
        crate::definitions::parse("x", "x.toml", &text).unwrap()
    };
    let (defined, undefined) = (stock("{}"), stock(r#"{ needs = "tickets" }"#));
    // Ada's row of June 2025 is in January's 1, and both in the 2 of February and March.
    let answer = engine.evaluate(&defined, &asked(None, None)).await.unwrap();
    assert_eq!(values(&answer), [Some(1.0), Some(2.0), Some(2.0)]);
    let counts = engine.count_rows(&defined, &asked(None, None)).await.unwrap();
    assert_eq!((counts.included, counts.excluded), (2, BTreeMap::new()));
    assert_eq!(engine.rows(&defined, &asked(None, None), 0, 10).await.unwrap().total, 2);
    let command = "axle kpi rows x --from 2026-01-01 --to 2026-04-01 --grain month --as-of ";
    assert!(answer.receipt.rows_command.starts_with(command), "{}", answer.receipt.rows_command);
    // No ticket was read: the same two rows are in no figure.
    let counts = engine.count_rows(&undefined, &asked(None, None)).await.unwrap();
    assert_eq!((counts.included, counts.excluded), (0, reasons(&[("data that is needed is not there", 2)])));
    assert_eq!(engine.rows(&undefined, &asked(None, None), 0, 10).await.unwrap().total, 0);
}

/// Every figure of the catalogue has a receipt: over a record of nothing all is 0, and what tables have adds up.
#[tokio::test]
async fn every_figure_has_a_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(LINES), 3).await;
    for definition in crate::catalogue(None).unwrap() {
        let counts = engine.count_rows(&definition, &asked(None, None)).await;
        let counts = counts.unwrap_or_else(|error| panic!("{}: {error}", definition.id));
        for table in &counts.tables {
            let all = table.included + table.excluded.values().sum::<u64>();
            assert_eq!(table.rows, all, "{}: {table:?}", definition.id);
        }
        let listed = engine.rows(&definition, &asked(None, None), 0, 1).await.unwrap();
        assert_eq!(counts.included, listed.total, "{}: the rows that are listed are those counted", definition.id);
        assert!(!counts.tables.is_empty(), "{} is made from nothing", definition.id);
    }
}

/// Facts as they were known: what was read later is not, and what was corrected later says what it said.
#[tokio::test]
async fn facts_are_known_as_they_were_at_an_instant() {
    let folder = tempfile::tempdir().unwrap();
    let engine = DataFusionAnalytics::new(folder.path().to_owned(), QueryLimits::default());
    let kind = FactKind::CALL;
    // Call, when it was, and when that was read. The third was moved from February to March.
    let states = [
        (1, "2026-01-05T12:00:00Z", "2026-01-06T00:00:00Z"),
        (3, "2026-02-10T12:00:00Z", "2026-02-11T00:00:00Z"),
        (2, "2026-01-20T12:00:00Z", "2026-03-01T00:00:00Z"),
        (3, "2026-03-12T12:00:00Z", "2026-03-20T00:00:00Z"),
    ];
    let value = |column: &str, (id, at, _): (i64, &str, &str)| match column {
        "call_id" => format!("c{id}").into(),
        "called_at" => at.into(),
        _ => serde_json::Value::Null,
    };
    let facts = |states: &[(i64, &str, &str)], from: i64| FactRows {
        kind,
        seq: (from..).take(states.len()).collect(),
        fact_id: states.iter().map(|(id, ..)| *id).collect(),
        source: vec!["phone".into(); states.len()],
        identity: vec![None; states.len()],
        ingested_at: states
            .iter()
            .map(|(.., read)| read.parse::<jiff::Timestamp>().unwrap().as_microsecond())
            .collect(),
        columns: kind
            .columns()
            .map(|column| states.iter().map(|state| value(&column.name, *state)).collect())
            .collect(),
    };
    // Two states lie in a file and two in the tail.
    assert!(engine.append_facts(facts(&states[..2], 1), 2).await.unwrap().is_some());
    engine.append_facts(facts(&states[2..], 3), usize::MAX).await.unwrap();
    let definitions = crate::catalogue(None).unwrap();
    let calls = definitions.iter().find(|definition| definition.id == "calls").unwrap();
    let known = async |until: &str| {
        let knowledge = Knowledge { read_until: Some(until.parse().unwrap()), ..Knowledge::default() };
        values(&engine.evaluate_knowing(calls, &asked(None, None), &knowledge).await.unwrap())
    };
    // Now: both of January, and the third in March.
    assert_eq!(values(&kpi(&engine, "calls", None, None).await.unwrap()), [Some(2.0), Some(0.0), Some(1.0)]);
    assert_eq!(known("2026-04-01T00:00:00Z").await, [Some(2.0), Some(0.0), Some(1.0)]);
    // In the middle of March the third was still one of February; in the middle of February the second was not known.
    assert_eq!(known("2026-03-15T00:00:00Z").await, [Some(2.0), Some(1.0), Some(0.0)]);
    assert_eq!(known("2026-02-15T00:00:00Z").await, [Some(1.0), Some(1.0), Some(0.0)]);
    assert_eq!(known("2026-01-10T00:00:00Z").await, [Some(1.0), Some(0.0), Some(0.0)]);
}

#[tokio::test]
async fn a_receipt_says_what_was_left_out_and_lists_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        LINES,
        &[
            "bot rex",
            "rex messaged 2026-01-05",
            "ada left 2026-01-06",
            "bob messaged 2026-01-07 deleted",
            "teammate tim",
            "tim messaged 2026-01-08",
            "ada used 2026-01-09",
        ],
    ]
    .concat();
    let (engine, _) = engine(folder.path(), &data(&lines), 3).await;
    let receipt = receipt(&engine, "activities", None).await;
    // Five members' days, each of one activity, of which five more do not count.
    assert_eq!(receipt.included, Some(5));
    let left_out = [("bot", 1), ("product", 1), ("superseded", 1), ("teammate", 1), ("weight 0", 1)];
    assert_eq!(receipt.excluded, reasons(&left_out));
    assert_eq!(receipt.tables, [table("activities", 10, 5, &left_out), table("member_days", 5, 5, &[])]);
    assert_eq!(receipt.rows_command.find(" --where "), None);
    // What activity is stands once: in the definition's own words, or said of the table.
    let said = |receipt: &Receipt| receipt.caveats.iter().filter(|caveat| caveat.contains("weight 1")).count();
    assert_eq!(said(&receipt), 1, "{:?}", receipt.caveats);
    let active = self::receipt(&engine, "members_active", None).await;
    assert_eq!(said(&active), 1, "{:?}", active.caveats);
    let receipt = self::receipt(&engine, "net_promoter_score", None).await;
    assert_eq!(said(&receipt), 0, "{:?}", receipt.caveats);
    assert_eq!((receipt.included, receipt.excluded.len()), (Some(0), 0));
    assert_eq!(receipt.reads, ["survey_responses"]);
    assert_eq!(receipt.bases, ["survey_responses"]);
    assert_eq!(receipt.tables, [table("survey_responses", 0, 0, &[])], "survey answers are no activities");
    // And what it means for figures by organization that who is where is known late.
    for (id, is_told) in
        [("active_members_in_organizations", true), ("elephant_factor", true), ("members_active", false)]
    {
        let caveats = self::receipt(&engine, id, None).await.caveats;
        assert_eq!(caveats.iter().any(|caveat| caveat.contains("goes by when somebody was active")), is_told, "{id}");
    }
    let receipt = kpi(&engine, "community_roi", None, None).await.unwrap().receipt;
    assert!(receipt.reads.iter().any(|table| table == "costs") && receipt.reads.iter().any(|table| table == "deals"));
    assert!(!receipt.reads.iter().any(|table| table == "community_gains"), "{:?}", receipt.reads);
}

#[tokio::test]
async fn member_days_are_summed_by_member_day_and_weight() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        "ada messaged 2026-01-05",
        "ada messaged 2026-01-05 channel=dev",
        "ada asked 2026-01-06",
        "teammate tim",
        "tim messaged 2026-01-05",
    ];
    let (engine, _) = engine(folder.path(), &data(&lines), 2).await;
    let days = |members: Option<Vec<u32>>, as_of: &str, teammates| {
        let (engine, as_of) = (engine.clone(), as_of.parse().unwrap());
        async move { engine.member_days(members.as_deref(), as_of, teammates, None).await.unwrap() }
    };
    let all = days(None, "2026-02-01T00:00:00Z", false).await;
    assert_eq!(all.iter().map(|row| (row.member, row.weight, row.count)).collect::<Vec<_>>(), [(0, 4, 2), (0, 4, 1)]);
    assert_eq!(days(None, "2026-02-01T00:00:00Z", true).await.len(), 3);
    assert_eq!(days(None, "2026-01-05T12:00:00Z", false).await.len(), 1);
    assert!(days(Some(vec![1]), "2026-02-01T00:00:00Z", false).await.is_empty());
}

/// Something that happens to an engine.
#[derive(Debug, Clone)]
enum Change {
    /// So many activities more.
    Append(usize),
    /// A state, by its position among those handed over, no longer holds.
    Supersede(usize),
    Compact,
    /// Somebody looks, so that the rollup and the meetings catch up.
    Look,
    /// Who is who is known otherwise: see [`people`].
    Know(usize),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        (1..12_usize).prop_map(Change::Append),
        (0..80_usize).prop_map(Change::Supersede),
        Just(Change::Compact),
        Just(Change::Look),
        (0..KNOWN.len()).prop_map(Change::Know),
    ];
    prop::collection::vec(change, 1..20)
}

fn activities(count: usize) -> impl Strategy<Value = ActivityColumns> {
    // Instants of five days of three months in steps of 20 minutes, so that days and rows of the rollup collide.
    let at = (0..360_i64, 0..3_i64).prop_map(|(slot, months)| (slot + months * 30 * 72) * 1_200_000_000);
    let conversation = (prop::option::of(0..3_u32), prop::option::of(0..60_u8), prop::collection::vec(0..4_u32, 0..2));
    let one = (0..4_u32, 0..2_u32, at, prop::option::of(0..3_u8), 0..3_u32, conversation);
    prop::collection::vec(one, count).prop_map(|rows| {
        let mut columns = ActivityColumns::default();
        for (index, (identity, channel, at, weight, kind, (thread, parent, addressed))) in rows.into_iter().enumerate()
        {
            let at = 1_767_225_600_000_000 + at;
            columns.seq.push(index as i64 + 1);
            columns.activity_id.push([index as u8; 16]);
            columns.identity.push(identity);
            columns.channel.push(channel);
            columns.activity_type.push(kind);
            columns.occurred_at.push(at);
            columns.ingested_at.push(at);
            columns.weight.push(weight);
            columns.thread.push(thread);
            columns.parent.push(parent.map(|index| [index; 16]));
            columns.counterparts.push(addressed);
            columns.deleted_at.push(None);
            for texts in [
                &mut columns.title,
                &mut columns.text,
                &mut columns.url,
                &mut columns.language,
                &mut columns.properties,
            ] {
                texts.push(None);
            }
            columns.reading.push(None);
            columns.sentiment_score.push(None);
        }
        columns
    })
}

/// What else may be known of the four: that two are one, that one is a program or works here; or that only three are.
const KNOWN: [&str; 5] = ["same ada cyd", "same bob dee", "bot bob", "teammate ada from=2026-01-02 to=2026-02-02", ""];

fn people(known: usize) -> Directory {
    let mut lines = vec![
        "ada messaged 2026-01-01",
        "bob replied 2026-01-01 channel=dev",
        "cyd liked 2026-01-01",
        "dee messaged 2026-01-01",
        KNOWN[known],
    ];
    if KNOWN[known].is_empty() {
        lines.truncate(3);
    }
    data(&lines).directory
}

async fn looked_at(engine: &DataFusionAnalytics) -> Vec<Vec<serde_json::Value>> {
    let mut seen = rows(engine, DAYS).await.rows;
    seen.extend(rows(engine, "select * from connections").await.rows);
    seen
}

async fn replayed(
    folder: &Path,
    all: &ActivityColumns,
    changes: &[Change],
) -> (Vec<Vec<serde_json::Value>>, Vec<i64>, usize) {
    let engine = DataFusionAnalytics::new(folder.to_owned(), QueryLimits::default());
    engine.set_directory(people(0)).await.unwrap();
    let (mut appended, mut gone) = (0, Vec::new());
    for change in changes {
        match change {
            Change::Append(count) => {
                let to = (appended + count).min(all.seq.len());
                engine.append(cut(all, appended, to), &[]).await.unwrap();
                appended = to;
            }
            Change::Supersede(index) if appended > 0 => {
                let seq = all.seq[index % appended];
                engine.append(ActivityColumns::default(), &[seq]).await.unwrap();
                gone.push(seq);
            }
            Change::Supersede(_) => {}
            Change::Compact => drop(engine.compact(1).await.unwrap()),
            Change::Look => drop(looked_at(&engine).await),
            Change::Know(known) => engine.set_directory(people(*known)).await.unwrap(),
        }
    }
    (looked_at(&engine).await, gone, appended)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However the rollup and the meetings came about, they are those made from what holds and is known.
    #[test]
    fn what_is_kept_up_to_date_is_what_is_made_anew(all in activities(60), changes in changes()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (kept, gone, appended) = runtime.block_on(replayed(folder.path(), &all, &changes));
        let mut anew = ActivityColumns::default();
        let holds: Vec<usize> = (0..appended).filter(|row| !gone.contains(&all.seq[*row])).collect();
        for row in holds {
            let one = cut(&all, row, row + 1);
            anew.seq.extend(one.seq);
            anew.activity_id.extend(one.activity_id);
            anew.identity.extend(one.identity);
            anew.channel.extend(one.channel);
            anew.activity_type.extend(one.activity_type);
            anew.occurred_at.extend(one.occurred_at);
            anew.ingested_at.extend(one.ingested_at);
            anew.weight.extend(one.weight);
            anew.thread.extend(one.thread);
            anew.parent.extend(one.parent);
            anew.counterparts.extend(one.counterparts);
            anew.deleted_at.extend(one.deleted_at);
            for texts in [&mut anew.title, &mut anew.text, &mut anew.url, &mut anew.language, &mut anew.properties] {
                texts.push(None);
            }
            anew.reading.push(None);
            anew.sentiment_score.push(None);
        }
        let fresh = folder.path().join("fresh");
        let last = |change: &&Change| matches!(change, Change::Know(_));
        let known = changes.iter().rev().find(last).cloned().unwrap_or(Change::Know(0));
        let (expected, ..) = runtime.block_on(replayed(&fresh, &anew, &[known, Change::Append(anew.seq.len())]));
        prop_assert_eq!(kept, expected);
    }
}

#[tokio::test]
async fn a_members_connections_add_up_to_their_reach() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(LINES), 3).await;
    let as_of = "2026-04-10T00:00:00Z".parse().unwrap();
    let reach = engine.reach(as_of).await.unwrap();
    assert_eq!(reach.len(), 2, "only two met");
    for (member, reach) in &reach {
        let met = engine.connections(*member, as_of).await.unwrap();
        assert!((met.iter().map(|other| other.strength).sum::<f64>() - reach).abs() < 1e-12);
        for other in &met {
            let back = engine.connections(other.member, as_of).await.unwrap();
            assert!(back.iter().any(|back| back.member == *member && back.strength == other.strength), "both ways");
            assert_eq!(axle_model::time::date_of_day(other.last_month), date(2026, 1, 1));
        }
    }
}

/// Product events of these numbers, called `name`, as they stand from `seq` on.
fn events(from: i64, to: i64, seq: i64, name: &str) -> FactRows {
    let numbers: Vec<i64> = (from..to).collect();
    let kind = FactKind::PRODUCT_EVENT;
    let value = |column: &str, number: i64| match column {
        "product_event_id" => format!("e{number}").into(),
        "at" => "2026-01-03T00:00:00Z".into(),
        "name" => name.into(),
        _ => serde_json::Value::Null,
    };
    FactRows {
        kind,
        seq: (seq..).take(numbers.len()).collect(),
        fact_id: numbers.clone(),
        source: vec!["product".into(); numbers.len()],
        identity: vec![Some(0); numbers.len()],
        ingested_at: vec![0; numbers.len()],
        columns: kind
            .columns()
            .map(|column| numbers.iter().map(|number| value(&column.name, *number)).collect())
            .collect(),
    }
}

const EVENTS: &str = "select name, count(*), count(distinct member_id), min(at), count(feature) from product_events
    group by name order by name";

#[tokio::test]
async fn facts_lie_in_files_and_are_replaced_by_what_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let all = data(LINES);
    let (engine, _) = engine(folder.path(), &all, 3).await;
    assert!(rows(&engine, EVENTS).await.rows.is_empty());
    let mut segments = Vec::new();
    segments.extend(engine.append_facts(events(0, 5_000, 1, "opened"), 5_000).await.unwrap());
    segments.extend(engine.append_facts(events(5_000, 9_000, 5_001, "opened"), 5_000).await.unwrap());
    assert_eq!((segments.len(), segments[0].rows), (1, 5_000));
    assert_eq!(engine.facts_watermark(FactKind::PRODUCT_EVENT).await.unwrap(), 9_000);
    let opened = |count: i64| serde_json::json!(["opened", count, 1, "2026-01-03T00:00:00Z", 0]);
    assert_eq!(serde_json::json!(rows(&engine, EVENTS).await.rows), serde_json::json!([opened(9_000)]));
    // Ten of the file and ten of the tail are stated anew, and some of them once more.
    engine.append_facts(events(4_990, 5_010, 9_001, "closed"), usize::MAX).await.unwrap();
    engine.append_facts(events(4_995, 5_000, 9_021, "opened"), usize::MAX).await.unwrap();
    let expected = serde_json::json!([["closed", 15, 1, "2026-01-03T00:00:00Z", 0], opened(8_985)]);
    assert_eq!(serde_json::json!(rows(&engine, EVENTS).await.rows), expected);

    // Another process opens the file and is handed what came after it.
    let opened = DataFusionAnalytics::new(folder.path().to_owned(), QueryLimits::default());
    opened.set_directory(all.directory.clone()).await.unwrap();
    opened.open(segments.clone()).await.unwrap();
    assert_eq!(opened.watermark(), 0, "facts are no activities");
    assert_eq!(opened.facts_watermark(FactKind::PRODUCT_EVENT).await.unwrap(), 5_000);
    opened.append_facts(events(5_000, 9_000, 5_001, "opened"), usize::MAX).await.unwrap();
    opened.append_facts(events(4_990, 5_010, 9_001, "closed"), usize::MAX).await.unwrap();
    opened.append_facts(events(4_995, 5_000, 9_021, "opened"), usize::MAX).await.unwrap();
    assert_eq!(serde_json::json!(rows(&opened, EVENTS).await.rows), expected);
    assert!(opened.verify(&segments).await.unwrap().is_empty());
    let again = opened.append_facts(events(0, 1, 9_025, "opened"), usize::MAX).await;
    assert!(matches!(again, Err(AnalyticsError::Invalid(_))), "{again:?}");
    opened.clear().await.unwrap();
    assert!(rows(&opened, EVENTS).await.rows.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "files stay behind");
}

/// Of two accounts that are one organization facts name either, and all of them join it; what nobody knows stays as it is.
#[tokio::test]
async fn facts_name_organizations_by_their_public_id() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = data(LINES);
    all.directory.organization_ids = vec![(String::new(), "a2".into(), 0), ("shop".into(), "9".into(), 0)];
    let (engine, _) = engine(folder.path(), &all, 3).await;
    let kind = FactKind::DEAL;
    let deals = [("crm", "acme"), ("crm", "a2"), ("shop", "9"), ("crm", "9"), ("crm", "unknown")];
    let value = |column: &str, number: usize| match column {
        "deal_id" => format!("d{number}").into(),
        "organization_id" => deals[number].1.into(),
        _ => serde_json::Value::Null,
    };
    let facts = FactRows {
        kind,
        seq: (1..6).collect(),
        fact_id: (1..6).collect(),
        source: deals.iter().map(|(source, _)| (*source).to_owned()).collect(),
        identity: vec![None; 5],
        ingested_at: vec![0; 5],
        columns: kind.columns().map(|column| (0..5).map(|number| value(&column.name, number)).collect()).collect(),
    };
    engine.append_facts(facts, 100).await.unwrap();
    let query = "select deal_id, deals.organization_id, organizations.name from deals
        left join organizations on organizations.organization_id = deals.organization_id order by deal_id";
    let found = serde_json::to_value(&rows(&engine, query).await.rows).unwrap();
    let expected = serde_json::json!([
        ["d0", "acme", "acme"],
        ["d1", "acme", "acme"],
        ["d2", "acme", "acme"],
        ["d3", "9", null],
        ["d4", "unknown", null]
    ]);
    assert_eq!(found, expected);
}
