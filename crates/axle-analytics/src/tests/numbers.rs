//! Numbers are numbers, of whatever type the engine makes them.

use serde_json::{Value, json};

use super::{LINES, data, engine, rows};

#[tokio::test]
async fn decimals_are_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(LINES), 0).await;
    let query = "select coalesce(sum(weight), 0) as weights, cast(1.5 as decimal(5, 2)) as part,
        cast(null as decimal(5, 2)) as nothing, cast(18446744073709551615 as decimal(38, 0)) as large from activities";
    let told = rows(&engine, query).await.rows;
    assert!(told[0][0].as_i64().is_some_and(|weights| weights > 0), "{told:?}");
    assert_eq!(told[0][1..], [json!(1.5), Value::Null, json!(18_446_744_073_709_551_615.0)]);
    let none =
        rows(&engine, "select coalesce(sum(weight), 0) as n from activities where source = 'nowhere'").await.rows;
    assert_eq!(none, [[json!(0)]]);
}
