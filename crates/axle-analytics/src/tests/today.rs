//! What holds on days holds in the table `members` on the day that is asked for, whatever is known of later days.

use serde_json::{Value, json};

use super::*;

/// Ada works for Acme to the end of May, Tim is a teammate as long, Tia from June on. Nothing happens after February.
async fn members(engine: &DataFusionAnalytics, now: &str) -> Value {
    let query = "select name, organization_id is not null as is_placed, is_teammate from members order by name";
    json!(engine.sql(query, 10, now.parse().unwrap()).await.unwrap().rows)
}

#[tokio::test]
async fn who_is_where_holds_on_the_day_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&[
        "organization acme ada from=2026-01-01 to=2026-06-01",
        "teammate tim from=2026-01-01 to=2026-06-01",
        "teammate tia from=2026-06-01",
        "ada messaged 2026-02-01",
        "tia messaged 2026-02-01",
        "tim messaged 2026-02-01",
    ]);
    let (engine, _) = engine(folder.path(), &data, 0).await;
    let in_may = json!([["ada", true, false], ["tia", false, false], ["tim", false, true]]);
    let in_june = json!([["ada", false, false], ["tia", false, true], ["tim", false, false]]);
    assert_eq!(members(&engine, "2026-05-31T23:59:59Z").await, in_may);
    assert_eq!(members(&engine, "2026-06-01T00:00:00Z").await, in_june);
    assert_eq!(members(&engine, "2026-05-31T00:00:00Z").await, in_may, "asked again of a day before");
    // One day is one view: what was made of it is not made again.
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (morning, evening) =
        (engine.view(at("2026-07-01T08:00:00Z")).await, engine.view(at("2026-07-01T20:00:00Z")).await);
    assert!(std::sync::Arc::ptr_eq(&morning.unwrap(), &evening.unwrap()));
}
