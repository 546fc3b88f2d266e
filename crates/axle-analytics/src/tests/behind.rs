//! Rows behind a figure: whom they name, and that they are those that the figure is made of.

use axle_model::analytics::{Analytics, FigureRows};
use axle_model::kpi::KpiRequest;
use axle_model::time::Grain;
use jiff::civil::date;
use serde_json::Value;

use super::{asked, data, engine, reasons, values};
use crate::DataFusionAnalytics;

async fn listed(engine: &DataFusionAnalytics, id: &str, request: &KpiRequest) -> FigureRows {
    let definitions = crate::catalogue(None).unwrap();
    let definition = definitions.iter().find(|definition| definition.id == id).unwrap();
    engine.rows(definition, request, 0, 100).await.unwrap()
}

fn column<'a>(rows: &'a FigureRows, name: &str) -> Vec<&'a str> {
    let at = rows.table.columns.iter().position(|column| column == name).unwrap();
    rows.table.rows.iter().map(|row| row[at].as_str().unwrap()).collect()
}

#[tokio::test]
async fn namesakes_are_told_apart_by_their_public_ids() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = data(&["organization acme ada", "ada messaged 2026-02-01", "bob messaged 2026-02-01"]);
    data.directory.members.iter_mut().for_each(|member| member.name = "Ada".into());
    let (engine, _) = engine(folder.path(), &data, 0).await;
    let rows = listed(&engine, "members_active", &asked(None, None)).await;
    assert_eq!(column(&rows, "id"), ["Ada", "Ada"]);
    let known = data.directory.members.iter().map(|member| uuid::Uuid::from_bytes(member.member_id).to_string());
    let mut known: Vec<String> = known.collect();
    known.sort();
    let mut told = column(&rows, "member_id");
    told.sort_unstable();
    assert_eq!(told, known);
    let rows = listed(&engine, "elephant_factor", &asked(None, None)).await;
    let acme = &data.directory.organizations[0];
    assert_eq!(
        (column(&rows, "id"), column(&rows, "organization_id")),
        (vec![acme.name.as_str()], vec![acme.organization_id.as_str()])
    );
}

#[tokio::test]
async fn what_lies_behind_the_last_row_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(&["ada messaged 2026-02-01", "bob messaged 2026-02-01"]), 0).await;
    let definitions = crate::catalogue(None).unwrap();
    let definition = definitions.iter().find(|definition| definition.id == "members_active").unwrap();
    let request = asked(None, None);
    for (skip, shown) in [(0, 2), (1, 1), (2, 0)] {
        let rows = engine.rows(definition, &request, skip, usize::MAX).await.unwrap();
        assert_eq!((rows.table.rows.len(), rows.total), (shown, 2));
    }
    for skip in [3, usize::MAX] {
        let told = engine.rows(definition, &request, skip, 100).await.unwrap_err().to_string();
        assert!(told.contains("there are 2 rows") && told.contains("begin with the first"), "{told}");
    }
}

/// A visitor whom nobody knows has no name, and no number in place of one.
#[tokio::test]
async fn what_has_no_name_has_no_number() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&[
        "fact visit id=v1 visitor=b1 at=2026-02-01T10:00:00Z identity=ada",
        "fact visit id=v2 visitor=b2 at=2026-02-01T10:00:00Z",
    ]);
    let (engine, _) = engine(folder.path(), &data, 0).await;
    for (_, facts) in data.facts.rows {
        engine.append_facts(facts, usize::MAX).await.unwrap();
    }
    let rows = listed(&engine, "returning_visitors", &asked(None, None)).await.table;
    assert_eq!(rows.columns, ["id", "member_id", "day", "at"]);
    assert_eq!(rows.rows.iter().filter(|row| row[0] == "ada" && row[1].is_string()).count(), 1, "{rows:?}");
    assert_eq!(rows.rows.iter().filter(|row| row[..2] == [Value::Null, Value::Null]).count(), 1, "{rows:?}");
}

/// Of daily active members the rows are those of the last day of each period.
#[tokio::test]
async fn rows_of_a_trailing_window_lie_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let lines = ["cyd messaged 2026-01-31", "ada messaged 2026-03-30", "bob messaged 2026-03-31"];
    let (engine, _) = engine(folder.path(), &data(&lines), 0).await;
    let definitions = crate::catalogue(None).unwrap();
    let daily = definitions.iter().find(|definition| definition.id == "daily_active_members").unwrap();
    for (grain, value, rows, from) in [
        (Grain::Total, vec![Some(1.0)], vec!["bob"], date(2026, 3, 31)),
        (Grain::Month, vec![Some(1.0), Some(0.0), Some(1.0)], vec!["bob", "cyd"], date(2026, 1, 31)),
        (Grain::Day, Vec::new(), vec!["bob", "ada", "cyd"], date(2026, 1, 1)),
    ] {
        let request = KpiRequest { grain, ..asked(None, None) };
        let answer = engine.evaluate(daily, &request).await.unwrap();
        if grain != Grain::Day {
            assert_eq!(values(&answer), value);
        }
        assert_eq!((answer.receipt.from, answer.receipt.to), (from, date(2026, 4, 1)));
        let found = listed(&engine, "daily_active_members", &request).await;
        assert_eq!(column(&found, "id"), rows);
        let counts = engine.count_rows(daily, &request).await.unwrap();
        assert_eq!(counts.included, rows.len() as u64);
        assert_eq!(counts.tables[0].included, rows.len() as u64, "activities of the same days");
        let outside = 3 - counts.included;
        let left_out = if outside > 0 { reasons(&[("outside the window", outside)]) } else { reasons(&[]) };
        assert_eq!(counts.excluded, left_out);
    }
}

/// Columns that say which one a row is of, beside those that end with `_id`.
const KEYS: [&str; 9] = ["deal", "thread", "ticket", "mention", "inquiry", "cost", "campaign", "item", "counted"];

#[tokio::test]
async fn every_row_says_which_one_it_is_of_or_the_definition_why_it_is_of_none() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(&["ada messaged 2026-02-01"]), 0).await;
    for kpi in crate::catalogue(None).unwrap() {
        let columns = engine.rows(&kpi, &asked(None, None), 0, 1).await.unwrap().table.columns;
        let has_key = columns.iter().any(|column| column.ends_with("_id") || KEYS.contains(&column.as_str()));
        let is_told = kpi.caveats.iter().any(|caveat| caveat.starts_with("Behind it, a row is a"));
        assert!(has_key != is_told, "{}: {columns:?}", kpi.id);
    }
}
