//! The sets of a forum, a question-and-answer site and a mailing list.

use super::Set;
use super::common::{Author, activity, count_of, property, questions, threads, types};
use super::figure::{Ask, all_and_rest_by_period, cell, figure, kpi, receipt, rows, sql, summed, value};

pub(super) fn forum() -> Set {
    // Moderators' notes are posts here and left out of the independent figures.
    let posts = "a.activity_type like 'forum:%' and coalesce(properties, '') not like '%\"moderator_note\"%'";
    let count = |condition: &str| sql(format!("select count(*) from activities a where {condition}"));
    let likes = format!(
        "select sum({}) from activities a join members using (member_id)
         where not is_bot and properties like '%\"likes\":%' and {posts}",
        property("likes")
    );
    let accepted = "select count(distinct thread_id) from activities where activity_type = 'answer:accepted'";
    let accepted_share = format!(
        "select cast(accepted as double) / topics
         from ({accepted}) a(accepted), (select count(*) from threads) t(topics)"
    );
    let own = vec![
        figure(
            "threads_and_unanswered_per_start_year",
            kpi("questions_answered_by_community", "year"),
            all_and_rest_by_period,
        ),
        figure("topic_files", sql("select count(*) from threads"), cell),
        figure("posts_by_type", Ask::Receipt, receipt("/read")).adapt(summed),
        figure("posts_by_type/1", count(posts), cell),
        figure("posts_by_type/2", count("properties like '%\"moderator_note\"%'"), cell),
        figure("likes", sql(likes), cell),
        figure("topics_with_accepted_answer", sql(accepted), cell),
        figure("accepted_rate", sql(accepted_share), cell),
    ];
    Set {
        name: "forum/discourse-urho3d.tar.zst",
        files: &["forum/discourse-urho3d.tar.zst"],
        window: ["2014-01-01", "2022-12-01"],
        weights: r#"{"answer:accepted":0}"#,
        is_all_questions: true,
        figures: [activity(Author::USERNAME), questions(), threads("", "thread_id", Author::USERNAME, posts), own]
            .into_iter()
            .flatten()
            .collect(),
    }
}

pub(super) fn question_site() -> Set {
    let posts = "a.activity_type in ('question:asked', 'question:answered')";
    let author = Author { name: "coalesce(i.name, i.username)", key: "concat('u', i.uid)" };
    let answers =
        Ask::Kpi { id: "activities", grain: "total", more: &["--where", "activity_type = 'question:answered'"] };
    let self_accepted = "select count(*) from activities accepted
         join activities asked on asked.thread_id = accepted.thread_id and asked.activity_type = 'question:asked'
         where accepted.activity_type = 'answer:accepted' and asked.member_id = accepted.member_id";
    let accepted_answerers = format!(
        "select {} as answerer, count(*) as accepted from activities a join identities i using (identity_id)
         where activity_type = 'answer:accepted' group by answerer, uid order by accepted desc, concat('u', uid) limit 10",
        author.name
    );
    let score = format!("select sum({}) from activities a where {posts}", property("score"));
    let own = vec![
        figure(
            "threads_and_unanswered_per_start_year",
            kpi("questions_answered_by_community", "year"),
            all_and_rest_by_period,
        ),
        figure("rows", Ask::Receipt, receipt("/read")).adapt(summed),
        figure("rows/Badges", types(), count_of("qa:badge:earned")),
        figure("rows/Comments", types(), count_of("question:commented")),
        figure("rows/Users", types(), count_of("forum:space:joined")),
        figure("questions", kpi("questions", "total"), value),
        figure("answers", answers, value),
        figure("accepted", sql("select count(accepted_at) from thread_facts"), cell),
        figure("accepted_rate", sql("select cast(count(accepted_at) as double) / count(*) from thread_facts"), cell),
        figure(
            "questions_without_answers",
            sql("select count(*) from threads where thread_id not in (
                   select thread_id from activities where activity_type = 'question:answered')"),
            cell,
        ),
        figure("self_accepted", sql(self_accepted), cell),
        figure("top_accepted_answerers", sql(accepted_answerers), rows),
        figure("comments", types(), count_of("question:commented")),
        figure(
            "distinct_commenters",
            sql("select count(distinct member_id) from activities where activity_type = 'question:commented'"),
            cell,
        ),
        figure("sum_of_scores", sql(score), cell),
    ];
    Set {
        name: "qa/stackexchange-cardano.zip",
        files: &["qa/stackexchange-cardano.zip"],
        window: ["2021-01-01", "2022-01-01"],
        weights: r#"{"answer:accepted":0,"forum:space:joined":0,"question:commented":0}"#,
        is_all_questions: false,
        figures: [activity(author), questions(), threads("", "thread_id", author, posts), own]
            .into_iter()
            .flatten()
            .collect(),
    }
}

pub(super) fn mailing_list() -> Set {
    let own = vec![
        figure("raw_messages", Ask::Receipt, receipt("/read")),
        figure("unreadable_dates", Ask::Receipt, receipt("/rejected")),
        figure("duplicates_dropped", Ask::Receipt, |receipts| {
            let count = |name: &str| receipts[0][name].as_u64().unwrap();
            (count("read") - count("activities")).into()
        }),
    ];
    Set {
        name: "mail/r-package-devel.tar.zst",
        files: &["mail/r-package-devel.tar.zst"],
        window: ["2020-01-01", "2026-08-01"],
        weights: "{}",
        is_all_questions: true,
        figures: [
            activity(Author::UID),
            questions(),
            threads("", "thread_id", Author::UID, "a.activity_type like 'mail:%'"),
            own,
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}
