//! The sets that are tables: deals, answers to invitations, and use of a product.

use super::Set;
use super::figure::{Ask, by_first, cell, figure, instant, kpi, receipt, rows, sql, value};

pub(super) fn deals() -> Set {
    let share_won = "select avg(case when won then 1.0 else 0.0 end) from deals where won is not null";
    let days = "cast(cast(closed_at as date) as int) - cast(cast(created_at as date) as int)";
    let top = "select organization_id, sum(amount) / 100.0 as value from deals
               where won group by organization_id order by value desc limit 10";
    Set {
        name: "crm",
        files: &["crm"],
        window: ["2016-01-01", "2018-01-01"],
        weights: "{}",
        is_all_questions: false,
        figures: vec![
            figure("opportunities", sql("select count(*) from deals"), cell),
            figure("stages", sql("select stage, count(*) from deals group by stage"), by_first),
            figure("win_rate", sql(share_won), cell),
            figure("won_value", sql("select sum(amount) / 100.0 from deals where won"), cell),
            figure("median_cycle_days_won", sql(format!("select median({days}) from deals where won")), cell),
            figure("accounts_named", sql("select count(*) from organizations"), cell),
            figure("without_account", sql("select count(*) from deals where organization_id = '(none)'"), cell),
            figure("top_accounts_by_won_value", sql(top), rows),
        ],
    }
}

pub(super) fn rsvps() -> Set {
    let often = "select count(*) from (select member_id from attendances group by member_id having count(*) >= 2)";
    let ends = "select min(occurred_at) as first, max(occurred_at) as last from activities";
    Set {
        name: "events/meetup-la-rsvps.csv.gz",
        files: &["events/meetup-la-rsvps.csv.gz"],
        window: ["2008-01-01", "2017-01-01"],
        weights: "{}",
        is_all_questions: false,
        figures: vec![
            figure("rows", Ask::Receipt, receipt("/read")),
            figure("responses/yes", kpi("activities", "total"), value),
            figure("responses/yes", sql("select count(*) from attendances"), cell),
            figure("members", sql("select count(*) from identities"), cell),
            figure("members", kpi("members_total", "total"), value),
            figure("events", sql("select count(distinct event) from attendances"), cell),
            figure("members_with_2_or_more_yes", sql(often), cell),
            figure("first_created", sql(ends), instant("first")),
            figure("last_created", sql(ends), instant("last")),
        ],
    }
}

pub(super) fn usage() -> Set {
    // The source's months count from 1; the first is read as January 2020.
    let month = |at: &str| format!("cast((date_part('year', {at}) - 2020) * 12 + date_part('month', {at}) as int)");
    let active =
        format!("select {} as month, count(distinct member_id) from product_events group by month", month("at"));
    let registered = format!("select {} as month, count(*) from product_users group by month", month("signup_at"));
    let retention = format!(
        "select month, avg(back) from (
           select u.member_id, {} as month, max(case when e.at is null then 0.0 else 1.0 end) as back
           from product_users u
           left join product_events e on e.member_id = u.member_id and e.at = signup_at + interval '1 month'
           group by u.member_id, month)
         where month < (select max({}) from product_users) group by month",
        month("signup_at"),
        month("signup_at")
    );
    Set {
        name: "usage",
        files: &["usage"],
        window: ["2020-01-01", "2022-01-01"],
        weights: "{}",
        is_all_questions: false,
        figures: vec![
            figure("registrations", sql("select count(*) from product_users"), cell),
            figure("activity_rows", sql("select count(*) from product_events"), cell),
            figure("active_users_per_month", sql(active), by_first),
            figure("registrations_per_month", sql(registered), by_first),
            figure("month1_retention_per_cohort", sql(retention), by_first),
        ],
    }
}
