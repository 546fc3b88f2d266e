//! Conditions over the dimensions of a figure.

/// A figure of activities by channel, its value divided into moods, of January under a condition; `expect` is the value, or what
/// is wrong with the condition.
async fn differences(figure: &str, condition: &str, expect: &str) -> Vec<String> {
    let text = format!(
        r#"
        group = "x"
        title = "x"
        question = "x"
        {figure}
        [[golden]]
        name = "two messages in a channel, one in none"
        data = ["ada messaged 2026-01-03 channel=help", "bob messaged 2026-01-04 channel=help", "ada messaged 2026-01-05 channel=dev"]
        where = "{condition}"
        expect = {{ "2026-01" = {expect} }}
        "#
    );
    let definition = crate::definitions::parse("x", "x.toml", &text).unwrap();
    crate::golden::check(&[definition]).await.remove(0).differences
}

const COUNT: &str = r#"
    unit = "count"
    value = "count"
    dimensions = ["source", "channel", "mood"]
    rows = "select day, source, channel, case when count > 9 then 'good' end as mood from member_days""#;

/// Nobody's mood is known: it is called `(none)` at points, and so it is in conditions.
#[tokio::test]
async fn what_has_no_value_is_called_none() {
    for (condition, expect) in [
        ("channel = 'help'", "2"),
        ("channel in ('help', 'dev')", "3"),
        ("mood = '(none)'", "3"),
        ("mood is null and channel = 'dev'", "1"),
        ("mood is not null", "0"),
        ("mood <> 'good' and not channel = 'help'", "1"),
        ("channel is null or mood = 'good'", "0"),
        ("lower(channel) like 'h%' and (mood is null) = true", "2"),
    ] {
        assert_eq!(differences(COUNT, condition, expect).await, Vec::<String>::new(), "{condition}");
    }
}

/// Of the positive words all are positive: a part alone says nothing of its share.
#[tokio::test]
async fn what_divides_a_figure_takes_no_condition() {
    let share = r#"
        unit = "percent"
        value = "part_of"
        options = { part = "mood" }
        dimensions = ["channel", "mood"]
        rows = "select day, channel, 'good' as mood, 1 as numerator, 1 as denominator from member_days""#;
    assert_eq!(differences(share, "channel = 'help'", "100").await, Vec::<String>::new());
    let refused = differences(share, "channel = 'help' and mood = 'good'", "100").await;
    assert_eq!(refused, ["x takes no condition over mood: break it down by mood to see each"]);
}

/// A condition is over dimensions of the definition, whatever other columns its rows have.
#[tokio::test]
async fn a_condition_is_over_dimensions() {
    let refused = differences(COUNT, "day is null", "0").await;
    assert!(refused[0].contains("No field named day"), "{refused:?}");
}
