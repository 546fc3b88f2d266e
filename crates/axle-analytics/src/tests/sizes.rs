//! Answers have a size, whatever is asked for: what is made for them is as large as what there is.

use super::*;

/// Days from 1973 to 2026.
fn by_day() -> KpiRequest {
    let as_of = "2026-12-01T00:00:00Z".parse().unwrap();
    KpiRequest { from: date(1973, 1, 1), to: date(2026, 12, 1), grain: Grain::Day, as_of, ..asked(None, None) }
}

#[tokio::test]
async fn cohorts_of_fifty_years_by_day_are_few_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let definitions = crate::catalogue(None).unwrap();
    let (few, _) =
        engine(&folder.path().join("few"), &data(&["ada messaged 2026-01-03", "ada messaged 2026-02-03"]), 0).await;
    let joined: Vec<String> = (1975..2005).map(|year| format!("u{year} messaged {year}-01-03")).collect();
    let joined: Vec<&str> = joined.iter().map(String::as_str).collect();
    let (many, _) = engine(&folder.path().join("many"), &data(&joined), 0).await;
    for (id, until_the_last) in [("member_retention_cohorts", 2), ("member_retention_cohorts_cumulative", 32)] {
        let kpi = definitions.iter().find(|kpi| kpi.id == id).unwrap();
        let answer = few.evaluate(kpi, &by_day()).await.unwrap();
        // From 3 January to 30 November.
        assert_eq!(answer.points.len(), 332, "{id}");
        let back = answer.points.iter().filter(|point| point.value == Some(100.0)).count();
        assert_eq!(back, until_the_last, "{id}");
        let refused = many.evaluate(kpi, &by_day()).await.unwrap_err().to_string();
        assert!(refused.contains("at most 200000 values") && refused.contains("by a coarser grain"), "{refused}");
    }
}

#[tokio::test]
async fn too_many_periods_say_how_to_ask() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(LINES), 0).await;
    let definitions = crate::catalogue(None).unwrap();
    let kpi = definitions.iter().find(|kpi| kpi.id == "activities").unwrap();
    for (from, says) in [
        (date(1972, 1, 1), "20058 periods are too many: ask by a coarser grain, or for a shorter window"),
        (date(-5000, 1, 1), "is too long: ask for a shorter window"),
    ] {
        let refused = engine.evaluate(kpi, &KpiRequest { from, ..by_day() }).await.unwrap_err().to_string();
        assert!(refused.ends_with(says), "{refused}");
    }
}
