//! The histories of two repositories, each with its mailmap.

use serde_json::{Value, json};

use super::Set;
use super::figure::{Ask, Figure, by_first, cell, column, figure, instant, kpi, receipt, rows, sql, value};

/// Activities of the commits' own authors: who is named as co-author in a trailer wrote it, too, and answers it.
const COMMITS: &str = "from activities where activity_type = 'git:commit:authored' and parent_activity_id is null";

const NO_MERGE: &str = "and coalesce(properties, '') not like '%\"merge\":true%'";

const WEIGHTS: &str = r#"{"git:commit:reviewed":0,"git:commit:reported":0,"git:commit:tested":0}"#;

pub(super) fn atuin() -> Set {
    Set {
        name: "git/atuin-hollow.bundle",
        files: &["git/atuin-hollow.bundle"],
        window: ["2020-01-01", "2027-01-01"],
        weights: WEIGHTS,
        is_all_questions: false,
        figures: figures(),
    }
}

pub(super) fn git() -> Set {
    Set {
        name: "git/git-git-log.jsonl.zst",
        files: &["git/git-git-log.jsonl.zst", "git/git-git.mailmap"],
        window: ["2005-01-01", "2027-01-01"],
        weights: WEIGHTS,
        is_all_questions: false,
        figures: figures(),
    }
}

fn figures() -> Vec<Figure> {
    [commits(), people(), years(), identities()].into_iter().flatten().collect()
}

fn commits() -> Vec<Figure> {
    let counts = || {
        sql(format!(
            "select count(*) as commits, count(distinct member_id) as people, max(occurred_at) as newest,
               sum(case when properties like '%\"merge\":true%' then 1 else 0 end) as merges {COMMITS}"
        ))
    };
    let per_month = format!(
        "select left(cast(occurred_at as varchar), 7) as month, count(*) {COMMITS}
         group by month order by month desc limit 24"
    );
    vec![
        figure("commits", Ask::Receipt, receipt("/read")),
        figure("commits", counts(), column("commits")),
        figure("merges", counts(), column("merges")),
        figure("people", counts(), column("people")),
        figure("newest_author_date", counts(), instant("newest")),
        figure("commits_per_month_last24", sql(per_month), by_first),
    ]
}

fn people() -> Vec<Figure> {
    let last_year =
        format!("{COMMITS} {NO_MERGE} and occurred_at >= (select max(occurred_at) {COMMITS}) - interval '365 days'");
    let bus_factor = format!(
        "with people as (select member_id, count(*) as n {last_year} group by member_id),
         ranked as (select n, sum(n) over (order by n desc, member_id) as so_far, sum(n) over () as everything from people)
         select count(*) from ranked where (so_far - n) * 2 < everything"
    );
    let top = format!(
        "select name, count(*) as commits from (select member_id {COMMITS} {NO_MERGE}) join members using (member_id)
         group by member_id, name order by commits desc, name limit 10"
    );
    vec![
        figure(
            "people_with_non_merge_commits",
            sql(format!("select count(distinct member_id) {COMMITS} {NO_MERGE}")),
            cell,
        ),
        figure("people_with_non_merge_commits", kpi("members_active", "total"), value),
        figure("non_merge_commits_365d", sql(format!("select count(*) {last_year}")), cell),
        figure("bus_factor_365d", sql(bus_factor), cell),
        figure("top_contributors", sql(top), rows).adapt(names),
    ]
}

/// `Ada <ada@axle.example>` is called Ada.
fn names(theirs: &Value) -> Value {
    let name = |person: &Value| person.as_str().unwrap().split_once(" <").unwrap().0.to_owned();
    theirs.as_array().unwrap().iter().map(|row| json!([name(&row[0]), row[1]])).collect()
}

fn years() -> Vec<Figure> {
    let ask = |query: &str| {
        sql(format!(
            "with years as (
               select distinct member_id, cast(date_part('year', occurred_at) as int) as year {COMMITS} {NO_MERGE}),
             firsts as (select member_id, min(year) as first from years group by member_id)
             {query}"
        ))
    };
    let retention = "select first, avg(case when year is null then 0.0 else 1.0 end)
         from firsts f left join years y on y.member_id = f.member_id and year = first + 1
         where first < (select max(year) from years) group by first";
    vec![
        figure("contributors_per_year", ask("select year, count(*) from years group by year"), by_first),
        figure("new_contributors_per_year", ask("select first, count(*) from firsts group by first"), by_first),
        figure("next_year_retention", ask(retention), by_first),
    ]
}

/// Who is who by the mailmap.
fn identities() -> Vec<Figure> {
    let raw = || {
        sql(format!(
            "select count(distinct uid) as identities, count(distinct email) as emails, count(distinct name) as names
             from identities where identity_id in (select identity_id {COMMITS})"
        ))
    };
    let members = || {
        sql(format!(
            "select sum(n * (n - 1) / 2) as pairs, max(n) as largest, sum(case when n > 1 then 1 else 0 end) as several
             from (select count(distinct identity_id) as n {COMMITS} group by member_id)"
        ))
    };
    vec![
        figure("raw_identities", raw(), column("identities")),
        figure("distinct_raw_emails", raw(), column("emails")),
        figure("distinct_raw_names", raw(), column("names")),
        figure("pairs", members(), column("pairs")),
        figure("largest_cluster", members(), column("largest")),
        figure("clusters_of_two_or_more", members(), column("several")),
    ]
}
