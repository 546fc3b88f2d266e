//! Figures that most sets have: who wrote when, and how threads were answered.

use serde_json::{Value, json};

use super::figure::{
    Ask, Figure, by_first, by_period, column, count_of_periods, figure, greatest, instant, kpi, last_twelve, median,
    percent_as_share, rest, rest_of_percent_as_share, rows, seconds_as_minutes, share_after_one_period, sql, value,
};

/// What authors are called, and what breaks ties among them: columns of the identity `i`.
#[derive(Clone, Copy)]
pub(super) struct Author {
    pub name: &'static str,
    pub key: &'static str,
}

impl Author {
    pub(super) const UID: Self = Self { name: "i.uid", key: "i.uid" };
    pub(super) const USERNAME: Self = Self { name: "i.username", key: "i.username" };
}

/// Messages, authors and their months and weeks.
pub(super) fn activity(author: Author) -> Vec<Figure> {
    let Author { name, key } = author;
    let top_authors = format!(
        "select {name} as author, sum(count) as messages
         from member_days join identities i on i.identity_id = cast(identity as varchar)
         group by author, {key} order by messages desc, {key} limit 10"
    );
    let ends = "select min(first_at) as first, max(last_at) as last from member_days";
    vec![
        figure("messages", kpi("activities", "total"), value),
        figure("messages_per_month", kpi("activities", "month"), by_period),
        figure("authors", kpi("members_active", "total"), value),
        figure("authors", kpi("members_total", "total"), value),
        figure("active_authors_per_month", kpi("members_active", "month"), by_period),
        figure("new_authors_per_month", kpi("members_new", "month"), by_period),
        figure("weekly_active_authors/last12", kpi("members_active", "week"), last_twelve),
        figure("weekly_active_authors/median", kpi("members_active", "week"), median),
        figure("weekly_active_authors/max", kpi("members_active", "week"), greatest),
        figure("weekly_active_authors/weeks_with_messages", kpi("members_active", "week"), count_of_periods),
        figure("month1_retention", kpi("member_retention_cohorts", "month"), share_after_one_period),
        figure("first", sql(ends), instant("first")),
        figure("last", sql(ends), instant("last")),
        figure("top_authors", sql(top_authors), rows),
    ]
}

/// Threads as the KPIs about questions see them.
pub(super) fn questions() -> Vec<Figure> {
    vec![
        figure("threads", kpi("questions", "total"), value),
        figure("unanswered", kpi("questions_answered_by_community", "total"), rest),
        figure("unanswered_share", kpi("questions_answered_by_community", "total"), rest_of_percent_as_share),
        figure("replied_within_24h", kpi("answered_within_24h", "total"), percent_as_share),
        figure("first_reply_minutes/median", kpi("time_to_first_response", "total"), seconds_as_minutes),
    ]
}

/// Threads as the independent figures see them, out of the public table `activities`. `thread`: what makes
/// messages a thread; `messages`: which messages count.
pub(super) fn threads(prefix: &str, thread: &str, author: Author, messages: &str) -> Vec<Figure> {
    let Author { name, key } = author;
    let ask = |query: &str| {
        sql(format!(
            "with posts as (
               select {thread} as thread, a.member_id as author, {name} as name, {key} as key,
                      occurred_at as at, activity_id as tie
               from activities a
               join members m on m.member_id = a.member_id
               join identities i on i.identity_id = a.identity_id
               where thread_id is not null and not m.is_bot and {messages}),
             asked as (
               select thread, author as asker, at as asked_at
               from (select *, row_number() over (partition by thread order by at, tie) as place from posts)
               where place = 1),
             waits as (
               select a.thread, asked_at, (cast(min(at) as bigint) - cast(asked_at as bigint)) / 6e7 as minutes
               from asked a left join posts p on p.thread = a.thread and author <> asker
               group by a.thread, asked_at)
             {query}"
        ))
    };
    let place = |name: &str| format!("{prefix}{name}");
    let counts = || {
        ask("select count(*) as threads, count(*) - count(minutes) as unanswered,
               (count(*) - count(minutes)) / cast(count(*) as double) as unanswered_share,
               median(minutes) as median, avg(minutes) as mean, percentile_cont(minutes, 0.9) as p90,
               avg(case when minutes <= 60 then 1.0 else 0.0 end) as within_1h,
               avg(case when minutes <= 1440 then 1.0 else 0.0 end) as within_24h from waits")
    };
    let per_year = "select date_part('year', asked_at), count(*), count(*) - count(minutes) from waits group by 1";
    let helpers = "select name, count(distinct thread) as helped from posts join asked using (thread)
                   where author <> asker group by author, name, key order by helped desc, key limit 10";
    vec![
        figure(place("threads"), counts(), column("threads")),
        figure(place("unanswered"), counts(), column("unanswered")),
        figure(place("unanswered_share"), counts(), column("unanswered_share")),
        figure(place("first_reply_minutes/median"), counts(), column("median")),
        figure(place("first_reply_minutes/mean"), counts(), column("mean")),
        figure(place("first_reply_minutes/p90"), counts(), column("p90")),
        figure(place("replied_within_1h"), counts(), column("within_1h")),
        figure(place("replied_within_24h"), counts(), column("within_24h")),
        figure(place("threads_and_unanswered_per_start_year"), ask(per_year), by_first),
        figure(place("top_helpers"), ask(helpers), rows),
    ]
}

/// Activities by type.
pub(super) fn types() -> Ask {
    sql("select activity_type, count(*) from activities group by activity_type")
}

/// How many activities of a type there are, in the answer to [`types`].
pub(super) fn count_of(activity_type: &'static str) -> impl Fn(&Value) -> Value {
    move |answer| by_first(answer).get(activity_type).cloned().unwrap_or_else(|| json!(0))
}

/// A whole number among an activity's properties.
pub(super) fn property(name: &str) -> String {
    format!(r#"cast(regexp_replace(properties, '^.*"{name}":(-?[0-9]+).*$', '\1') as bigint)"#)
}
