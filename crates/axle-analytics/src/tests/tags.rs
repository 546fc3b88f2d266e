//! Tags as a table: what `axle sql`, filters and figures of a workspace's own read.

use serde_json::json;

use super::{data, engine, rows};

#[tokio::test]
async fn figures_can_be_broken_down_by_tag() {
    let folder = tempfile::tempdir().unwrap();
    let data = data(&[
        "tag ada VIP",
        "tag ada \"early adopter\"",
        "tag bob vip",
        "ada messaged 2026-02-01",
        "ada messaged 2026-02-02",
        "bob messaged 2026-02-01",
        "cyd messaged 2026-02-01",
    ]);
    let (engine, _) = engine(folder.path(), &data, 0).await;
    let by_tag = "select tag, count(distinct member) as members, sum(count) as activities
        from member_tags join member_days using (member) group by tag order by tag";
    assert_eq!(json!(rows(&engine, by_tag).await.rows), json!([["early adopter", 1, 2], ["vip", 2, 3]]));
    let chosen = "select name, is_said from members join member_tags using (member_id) where tag = 'vip' order by name";
    assert_eq!(json!(rows(&engine, chosen).await.rows), json!([["ada", true], ["bob", true]]));
}
