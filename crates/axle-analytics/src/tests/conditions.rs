//! Conditions over dimensions: they ask of the rows that a breakdown counts, or say why they cannot.

use super::*;

/// An engine with everything of these lines, facts too.
async fn told(folder: &Path, lines: &[&str]) -> DataFusionAnalytics {
    let data = data(lines);
    let (engine, _) = engine(folder, &data, 0).await;
    for (_, facts) in data.facts.rows {
        engine.append_facts(facts, usize::MAX).await.unwrap();
    }
    engine
}

/// The number of January, of the rows behind it, and of the rows that the receipt's statement gives.
async fn counted(engine: &DataFusionAnalytics, id: &str, filter: &str) -> (Option<f64>, u64, usize) {
    let definitions = crate::catalogue(None).unwrap();
    let definition = definitions.iter().find(|definition| definition.id == id).unwrap();
    let answer = kpi(engine, id, None, Some(filter)).await.unwrap_or_else(|error| panic!("{filter}: {error}"));
    let behind = engine.rows(definition, &asked(None, Some(filter)), 0, 100).await.unwrap();
    let counts = engine.count_rows(definition, &asked(None, Some(filter))).await.unwrap();
    assert_eq!(counts.included, behind.total, "{filter}");
    (answer.points[0].value, behind.total, rows(engine, &answer.receipt.sql).await.rows.len())
}

#[tokio::test]
async fn what_has_no_value_is_called_none() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        "fact call id=c1 caller=ada called_at=2026-01-03T10:00 call_source=organic",
        "fact call id=c2 caller=bob called_at=2026-01-04T10:00 call_source=event",
        "fact call id=c3 caller=cyd called_at=2026-01-05T10:00",
        "fact call id=c4 caller=dee called_at=2026-01-06T10:00",
    ];
    let engine = told(folder.path(), &lines).await;
    for (filter, calls) in [
        ("call_source = '(none)'", 2),
        ("call_source is null", 2),
        ("call_source is not null", 2),
        ("call_source <> 'organic'", 3),
        ("not (Call_Source = 'organic')", 3),
        ("call_source not in ('organic', '(none)')", 1),
        ("call_source in ('(none)', 'event')", 3),
        ("\"call_source\" = '(none)' and campaign = '(none)'", 2),
        ("call_source like '(%' and campaign is null", 2),
        ("coalesce(call_source, 'nobody knows') = 'nobody knows'", 2),
        ("campaign is distinct from 'spring'", 4),
    ] {
        assert_eq!(counted(&engine, "calls", filter).await, (Some(calls as f64), calls, calls as usize), "{filter}");
    }
}

/// Pages lead to conditions without quotes around the name.
#[tokio::test]
async fn a_dimension_may_have_a_name_that_sql_knows() {
    let folder = tempfile::tempdir().unwrap();
    let engine = told(folder.path(), &["ada messaged 2025-12-10", "bob liked 2026-01-12"]).await;
    for (filter, pairs) in [("from = 'members'", 3), ("to = 'audience'", 3), ("from = 'new' and to = 'audience'", 1)] {
        let answer = kpi(&engine, "layer_flow", None, Some(filter)).await.unwrap();
        assert_eq!(answer.points.len(), pairs, "{filter}: {:?}", answer.points);
        assert_eq!(rows(&engine, &answer.receipt.sql).await.rows.len(), pairs, "{filter}");
    }
}

/// Organizations, sources and layers are small numbers in the rows, and are compared by name.
#[tokio::test]
async fn who_is_nowhere_is_called_none() {
    let folder = tempfile::tempdir().unwrap();
    let engine = told(
        folder.path(),
        &["organization acme ada", "ada messaged 2026-01-03", "bob messaged 2026-01-03", "cyd messaged 2026-01-04"],
    )
    .await;
    for (filter, members) in [
        ("organization = '(none)'", 2.0),
        ("organization is null", 2.0),
        ("organization <> '(none)'", 1.0),
        ("organization in ('acme', '(none)')", 3.0),
        ("layer <> '(none)' and organization = 'acme'", 1.0),
    ] {
        let answer = kpi(&engine, "members_total", None, Some(filter)).await.unwrap();
        assert_eq!(answer.points[0].value, Some(members), "{filter}");
        assert!(!rows(&engine, &answer.receipt.sql).await.rows.is_empty(), "{filter}");
    }
}

#[tokio::test]
async fn what_a_condition_cannot_ask_is_told_before_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(LINES), 3).await;
    for (id, filter, says) in [
        ("activities", "source = 1", "`source` is a text and `1` is none: a text stands in single quotes"),
        ("activities", "source in (1, 2)", "`source` is a text and `1` is none"),
        ("activities", "source between 1 and 3", "`source` is a text and `1` is none"),
        ("activities", "source + 1 = 2", "`source` is a text, and `+` takes numbers"),
        ("activities", "random() > 0.5", "`random` gives another value each time it is asked"),
        ("activities", "source = cast(now() as varchar)", "`now` gives another value each time it is asked"),
        ("activities", "row_number() over () = 1", "it can neither count nor sum"),
        ("sentiment_share", "layer = 'members' and mood = 'positive'", "break down by `mood` instead"),
        ("orbit_movement", "movement = 'up'", "break down by `movement` instead"),
    ] {
        let refused = kpi(&engine, id, None, Some(filter)).await.unwrap_err();
        let AnalyticsError::Invalid(told) = &refused else { panic!("{filter}: {refused:?}") };
        assert!(told.starts_with(&format!("condition `{filter}`: ")) && told.contains(says), "{told}");
    }
    let refused = kpi(&engine, "sentiment_share", None, Some("mood = 'positive'")).await.unwrap_err().to_string();
    assert!(
        refused.ends_with("Dimensions of sentiment_share: channel, layer; an example: `channel = '…'`"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_condition_that_fails_at_a_row_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = engine(folder.path(), &data(LINES), 3).await;
    for filter in ["1/0 = 1", "cast(source as int) = 1"] {
        let failed = kpi(&engine, "activities", None, Some(filter)).await.unwrap_err();
        let AnalyticsError::Invalid(told) = &failed else { panic!("{filter}: {failed:?}") };
        assert!(told.contains(&format!("condition `{filter}`: ")) && !told.contains("Arrow"), "{told}");
        let definitions = crate::catalogue(None).unwrap();
        let activities = definitions.iter().find(|definition| definition.id == "activities").unwrap();
        let failed = engine.rows(activities, &asked(None, Some(filter)), 0, 10).await.unwrap_err().to_string();
        assert!(failed.contains(&format!("condition `{filter}`: ")) && !failed.contains("Arrow"), "{failed}");
    }
}

/// The nine weeks of mentions that a trend looks back at are those of all mentions, whichever part is asked for.
#[tokio::test]
async fn since_when_a_trend_is_known_does_not_depend_on_the_condition() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        "fact brand name=Axle own=true terms=axle",
        "fact mention at=2025-10-01 channel=linkedin text=axle",
        "each 12 fact mention at=2026-03-28 channel=mastodon text=\"axle #\"",
    ];
    let engine = told(folder.path(), &lines).await;
    let last = |answer: KpiAnswer, channel: Option<&str>| {
        let is_it = |point: &&axle_model::kpi::KpiPoint| {
            channel.is_none_or(|channel| point.dimensions.get("channel").is_some_and(|name| name == channel))
        };
        answer.points.iter().rfind(is_it).and_then(|point| point.value)
    };
    let parts = kpi(&engine, "market_topic_trend", Some("channel"), None).await.unwrap();
    let alone = kpi(&engine, "market_topic_trend", None, Some("channel = 'mastodon'")).await.unwrap();
    assert_eq!((last(parts, Some("mastodon")), last(alone, None)), (Some(1.0), Some(1.0)));
}
