//! The sets of chat.

use serde_json::Value;

use super::Set;
use super::common::{Author, activity, count_of, property, questions, threads, types};
use super::figure::{Ask, Figure, by_channel, by_first, cell, figure, receipt, sql, summed};

const SENT: &str = "a.activity_type = 'chat:message:sent'";

pub(super) fn zulip() -> Set {
    // A topic and its resolved twin are one thread, and two in the independent figures.
    let twins = "concat(thread_id, coalesce(properties, ''))";
    let topics = format!("select count(distinct {twins}) from activities");
    let resolved = format!(r#"{topics} where properties like '%"resolved":true%'"#);
    let resolved_share =
        format!("select cast(resolved as double) / topics from ({resolved}) r(resolved), ({topics}) t(topics)");
    let by_bots = "select count(*) from activities join members using (member_id) where is_bot";
    let per_stream = Ask::Kpi { id: "activities", grain: "total", more: &["--by", "channel"] };
    let own = vec![
        figure("messages_with_bots", Ask::Receipt, receipt("/activities")),
        figure("bot_messages", sql(by_bots), cell),
        figure("topic_files", sql(topics), cell),
        figure("resolved_topics", sql(resolved), cell),
        figure("resolved_topics", sql("select count(*) from threads where is_closed"), cell),
        figure("resolved_share", sql(resolved_share), cell),
        figure("messages_per_stream", per_stream, by_channel).adapt(stream_names),
    ];
    Set {
        name: "chat/zulip-lean.tar.zst",
        files: &["chat/zulip-lean.tar.zst"],
        window: ["2019-03-01", "2026-03-01"],
        weights: "{}",
        is_all_questions: true,
        figures: [activity(Author::USERNAME), questions(), threads("", twins, Author::USERNAME, SENT), own]
            .into_iter()
            .flatten()
            .collect(),
    }
}

/// `217875-Is-there-code-for-X%3F` is the folder of the stream `Is-there-code-for-X?`.
fn stream_names(theirs: &Value) -> Value {
    let name = |folder: &str| folder.split_once('-').unwrap().1.replace("%3F", "?");
    theirs.as_object().unwrap().iter().map(|(folder, count)| (name(folder), count.clone())).collect()
}

pub(super) fn slack() -> Set {
    let subtype = |name: &str| sql(format!(r#"select count(*) from activities where properties like '%"{name}"%'"#));
    let per_channel = "select name_of_channel(channel), sum(count) from member_days group by 1";
    let own = vec![
        figure("users_json", Ask::Receipt, receipt("/described/user")),
        figure("channels_json", Ask::Receipt, receipt("/described/channel")),
        figure("channels_json", sql("select count(*) from channels"), cell),
        figure("subtypes", Ask::Receipt, receipt("/read")).adapt(summed),
        figure("subtypes/channel_leave", types(), count_of("chat:space:left")),
        figure("subtypes/file_share", subtype("file_share"), cell),
        figure("subtypes/me_message", subtype("me_message"), cell),
        figure("subtypes/bot_message", subtype("bot_message"), cell),
        figure("channel_joins", types(), count_of("chat:space:joined")),
        figure(
            "bot_messages",
            sql("select count(*) from activities join members using (member_id)
                 where is_bot and activity_type = 'chat:message:sent'"),
            cell,
        ),
        figure("reactions", types(), count_of("chat:reaction:added")),
        figure("messages_per_channel", sql(per_channel), by_first),
    ];
    Set {
        name: "chat/slack-clojurians-export.zip",
        files: &["chat/slack-clojurians-export.zip"],
        window: ["2018-01-01", "2018-03-01"],
        weights: r#"{"chat:space:joined":0}"#,
        is_all_questions: false,
        figures: [activity(Author::UID), threads("slack_threads/", "thread_id", Author::UID, SENT), own]
            .into_iter()
            .flatten()
            .collect(),
    }
}

pub(super) fn discord() -> Set {
    // A parent is known as an object, which is what the first part of an activity's id names.
    let replies = "from activities r
         join activities p on left(p.activity_id, 28) = left(r.parent_activity_id, 28)
         join members replier on replier.member_id = r.member_id
         join members replied on replied.member_id = p.member_id
         where not replier.is_bot and not replied.is_bot and r.member_id <> p.member_id";
    let gap = format!("select median((cast(r.occurred_at as bigint) - cast(p.occurred_at as bigint)) / 6e7) {replies}");
    let reactions = format!(
        "select sum({}) from activities join members using (member_id)
         where not is_bot and properties like '%\"reactions\":%'",
        property("reactions")
    );
    let of_type = |parent: &str| sql(format!("select count(*) from activities where parent_activity_id is {parent}"));
    let own: Vec<Figure> = vec![
        figure("types", Ask::Receipt, receipt("/read")).adapt(summed),
        figure("types/Default", of_type("null"), cell),
        figure("types/Reply", of_type("not null"), cell),
        figure("reactions_on_counted", sql(reactions), cell),
        figure("replies_to_another_person_in_the_set", sql(format!("select count(*) {replies}")), cell),
        figure("reply_gap_minutes_median", sql(gap), cell),
    ];
    Set {
        name: "chat/discord-pyscript.zip",
        files: &["chat/discord-pyscript.zip"],
        window: ["2022-05-01", "2025-11-01"],
        weights: "{}",
        is_all_questions: false,
        figures: activity(Author::UID).into_iter().chain(own).collect(),
    }
}
