//! Who is equal in everything, name included: told in one order, whoever was read first.

use axle_model::analytics::Analytics;
use axle_model::kpi::KpiDefinition;

use super::{asked, data, engine, kpi, values};
use crate::golden_data::GoldenData;

/// Members who answer ada's question once each: the first after an hour, the next after two. All are called Sam, and the
/// last has the least public id.
fn namesakes(is_turned: bool) -> GoldenData {
    let answer = |(hour, name): (usize, &str)| format!("{name} answered 2026-01-03T0{hour}:00 thread=t1");
    let mut answers: Vec<String> = (1..).zip(["bob", "cyd", "dee", "eve", "fay", "gus"]).map(answer).collect();
    if is_turned {
        answers.reverse();
    }
    let asked = "ada asked 2026-01-03T00:00 thread=t1";
    let lines: Vec<&str> = std::iter::once(asked).chain(answers.iter().map(String::as_str)).collect();
    let mut data = data(&lines);
    for member in &mut data.directory.members {
        member.member_id = [u8::MAX - member.name.as_bytes()[0]; 16];
        member.name = "Sam".into();
    }
    data
}

#[tokio::test]
async fn namesakes_rank_by_their_public_ids_in_every_order_of_reading() {
    for is_turned in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (engine, _) = engine(folder.path(), &namesakes(is_turned), 0).await;
        let answer = kpi(&engine, "top_answerers", None, None).await.unwrap();
        let seconds = answer.points.iter().map(|point| point.dimensions["median_response_seconds"].as_str());
        let expected = ["21600", "18000", "14400", "10800", "7200", "3600"];
        assert_eq!(seconds.collect::<Vec<_>>(), expected, "turned: {is_turned}");
    }
}

#[tokio::test]
async fn namesakes_of_a_breakdown_come_by_size() {
    let text = "group = 'g'\ntitle = 't'\nquestion = 'q?'\nunit = 'count'\nvalue = 'sum'\ndimensions = ['member']\n\
        rows = \"select day, member, date_part('hour', first_at) as value from member_days\"";
    let hours: KpiDefinition = toml::from_str(text).unwrap();
    for is_turned in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (engine, _) = engine(folder.path(), &namesakes(is_turned), 0).await;
        let answer = engine.evaluate(&hours, &asked(Some("member"), None)).await.unwrap();
        // In the months after it all of that name did nothing.
        assert_eq!(values(&answer)[..7], [6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0].map(Some), "turned: {is_turned}");
    }
}
