//! Sample figures, the catalogue, and single KPIs.

use axle_model::time::Grain;
use axle_server::chart::{Chart, Mark, Point, Series};
use axle_server::format::Unit;
use axle_server::pages::kpi::{KpiPage, KpiReceipt, Matrix, MatrixRow, Ranked};
use axle_server::pages::kpis::{KpiGroup, KpiLine, KpisPage};
use axle_server::pages::layout::Section;
use axle_server::pages::parts::{Exports, Figure};
use jiff::ToSpan;
use jiff::civil::date;

use super::{Kit, Sample};

/// A KPI whose last value is the current one.
pub(super) fn figure(kit: &Kit, id: &str, name: &str, unit: Unit, values: &[f64], period: &str) -> Figure {
    let last = values.len() - 1;
    Figure {
        link: kit.link("kpis").below(id),
        name: name.into(),
        unit,
        value: Some(values[last]),
        previous: Some(values[last - 1]),
        period: period.into(),
        previous_period: "the 30 days before".into(),
        population: None,
        series: values.iter().copied().map(Some).collect(),
        partial: false,
        low_n: false,
    }
}

pub(super) fn home_figures(kit: &Kit) -> Vec<Figure> {
    let days = "last 30 days";
    let undefined = Figure {
        value: None,
        previous: None,
        series: vec![Some(20.0), None, Some(35.0), None],
        ..figure(kit, "closure_ratio", "Issues closed", Unit::Percent, &[0.0, 0.0], days)
    };
    vec![
        Figure {
            population: Some("of 1,284 members".into()),
            ..figure(
                kit,
                "monthly_active_members",
                "Active members",
                Unit::Count,
                &[171.0, 168.0, 183.0, 177.0, 190.0, 191.0, 214.0],
                days,
            )
        },
        figure(kit, "members_new", "New members", Unit::Count, &[31.0, 44.0, 29.0, 52.0, 60.0, 57.0], days),
        Figure {
            population: Some("of 191 active before".into()),
            ..figure(
                kit,
                "member_retention",
                "Members who came back",
                Unit::Percent,
                &[61.0, 64.4, 63.0, 66.2, 71.2, 68.1],
                days,
            )
        },
        figure(
            kit,
            "time_to_community_answer",
            "Time to an answer, median",
            Unit::Seconds,
            &[20_100.0, 18_000.0, 14_200.0, 12_900.0, 13_300.0, 11_520.0],
            days,
        ),
        Figure {
            low_n: true,
            partial: true,
            period: "March 2026".into(),
            previous_period: "February".into(),
            ..figure(kit, "gravity", "Gravity", Unit::Number, &[2.1, 5.4, 4.8, 6.02], days)
        },
        undefined,
    ]
}

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    let catalogue = catalogue(kit);
    let nothing = KpisPage { query: kit.text("velocity"), groups: vec![], ..catalogue.clone() };
    vec![
        kit.page("fernlicht/kpis", &catalogue),
        kit.page("fernlicht/kpis/none", &nothing),
        kit.page("fernlicht/kpis/monthly_active_members", &single(kit)),
        kit.page("fernlicht/kpis/activities", &broken_down(kit)),
        kit.page("fernlicht/kpis/time_to_community_answer", &durations(kit)),
        kit.page("fernlicht/kpis/member_retention_cohorts", &cohorts(kit)),
        kit.page("fernlicht/kpis/top_answerers", &ranking(kit)),
        kit.page("fernlicht/kpis/nothing", &undefined(kit)),
    ]
}

fn catalogue(kit: &Kit) -> KpisPage {
    let line = |figure: Figure, question: &str| KpiLine { figure, question: question.into(), needs: None };
    let month = "Feb 2026";
    let mut answered = line(
        figure(
            kit,
            "questions_answered_by_community",
            "Answered by the community",
            Unit::Percent,
            &[58.0, 61.4, 60.2, 66.0, 64.9, 68.1],
            month,
        ),
        "Of the questions asked, how many did a member answer first?",
    );
    answered.figure.low_n = true;
    let missing = KpiLine {
        needs: Some("Needs calls: import a calendar or recordings.".into()),
        ..line(
            figure(kit, "call_hours", "Hours in calls", Unit::Number, &[0.0, 0.0], month),
            "How long did we talk with customers?",
        )
    };
    let undefined = line(
        Figure {
            value: None,
            series: vec![None, None],
            ..figure(kit, "closure_ratio", "Issues closed", Unit::Percent, &[0.0, 0.0], month)
        },
        "Of the issues opened, how many were closed?",
    );
    KpisPage {
        layout: kit.layout(Section::Kpis, "KPIs"),
        period: month.into(),
        query: String::new(),
        groups: vec![
            KpiGroup {
                id: "group-members".into(),
                name: "Members and activity".into(),
                kpis: vec![
                    line(
                        figure(
                            kit,
                            "activities",
                            "Activities",
                            Unit::Count,
                            &[9_120.0, 10_233.0, 9_874.0, 11_092.0, 12_481.0, 12_904.0],
                            month,
                        ),
                        "How much happened?",
                    ),
                    line(
                        figure(
                            kit,
                            "monthly_active_members",
                            "Active members, monthly",
                            Unit::Count,
                            &[171.0, 168.0, 183.0, 177.0, 190.0, 214.0],
                            month,
                        ),
                        "How many members took part in the last 30 complete days?",
                    ),
                    line(
                        figure(
                            kit,
                            "member_retention",
                            "Members who came back",
                            Unit::Percent,
                            &[61.0, 64.4, 63.0, 66.2, 71.2, 68.1],
                            month,
                        ),
                        "Of those active in the period before, how many are active in this one?",
                    ),
                    line(
                        figure(kit, "gravity", "Gravity", Unit::Number, &[2.1, 5.4, 4.8, 6.02], month),
                        "How strongly does the community pull its members inwards?",
                    ),
                    undefined,
                ],
            },
            KpiGroup {
                id: "group-questions".into(),
                name: "Questions and answers".into(),
                kpis: vec![
                    line(
                        figure(
                            kit,
                            "questions",
                            "Questions",
                            Unit::Count,
                            &[88.0, 92.0, 71.0, 97.0, 104.0, 118.0],
                            month,
                        ),
                        "How many questions were asked?",
                    ),
                    answered,
                    line(
                        figure(
                            kit,
                            "time_to_community_answer",
                            "Time to an answer, median",
                            Unit::Seconds,
                            &[20_100.0, 18_000.0, 14_200.0, 12_900.0, 13_300.0, 11_520.0],
                            month,
                        ),
                        "How long does half of the askers wait for an answer?",
                    ),
                    missing,
                ],
            },
        ],
    }
}

fn series(name: String, values: &[Option<f64>]) -> Series {
    let points = values.iter().enumerate().map(|(index, value)| Point {
        start: date(2025, 4, 1).saturating_add((index as i64).months()),
        value: *value,
        low_n: index == 2,
        partial: index + 1 == values.len(),
    });
    Series { name, points: points.collect() }
}

fn page(kit: &Kit, figure: Figure, question: &str, mark: Mark, series: Vec<Series>) -> KpiPage {
    let id = "monthly_active_members";
    let here = kit.link("kpis").below(id).with("from", "2025-04-01").with("to", "2026-04-01").with("grain", "month");
    let chart = Chart {
        id: "course".into(),
        title: figure.name.clone(),
        unit: figure.unit.clone(),
        grain: Grain::Month,
        mark,
        series,
    };
    KpiPage {
        layout: kit.layout(Section::Kpis, &figure.name),
        id: id.into(),
        question: question.into(),
        figure,
        chart: Some(chart),
        matrix: None,
        ranking: vec![],
        window: (date(2025, 4, 1), date(2026, 4, 1)),
        grain: Grain::Month,
        by: String::new(),
        dimensions: vec!["source".into(), "channel".into()],
        problem: None,
        definition: "Distinct members with at least one counted activity on the trailing 30 complete local days; at grains above a day, the value on the period's last day.".into(),
        caveats: vec!["Bots and teammates do not count.".into(), "A merge of two members lowers the value of every period in which both were active.".into()],
        command: format!("axle kpi show {id} --from 2025-04-01 --to 2026-04-01 --grain month"),
        receipt: KpiReceipt {
            version: 1,
            as_of: kit.now(),
            time_zone: "Europe/Berlin".into(),
            sql: "select activity.occurred_at as at, activity.source, activity.member_id\nfrom activities activity\njoin members member using (member_id)\nwhere not member.is_bot\n  and not member.is_teammate\n  and activity.weight >= 1\n  and activity.occurred_at < timestamp '2026-03-04T08:20:00Z'".into(),
            included: 118_204,
            excluded: vec![("written by teammates".into(), 9_481), ("written by bots".into(), 31_877), ("weight below 1".into(), 204)],
            rows: here.below("rows"),
        },
        exports: Exports { link: here.clone(), what: "12 periods".into() },
        here,
    }
}

fn single(kit: &Kit) -> KpiPage {
    let values = [148.0, 152.0, 161.0, 149.0, 0.0, 171.0, 168.0, 183.0, 177.0, 190.0, 207.0, 214.0];
    let mut course: Vec<Option<f64>> = values.into_iter().map(Some).collect();
    course[4] = None;
    let mut figure =
        figure(kit, "monthly_active_members", "Active members, monthly", Unit::Count, &values, "March 2026");
    (figure.partial, figure.previous_period, figure.population) =
        (true, "February".into(), Some("of 1,284 members".into()));
    page(
        kit,
        figure,
        "How many members took part in the last 30 complete days?",
        Mark::Line,
        vec![series("Members".into(), &course)],
    )
}

fn broken_down(kit: &Kit) -> KpiPage {
    let values = |scale: f64| {
        (1..=12).map(|month| Some((scale * (40.0 + f64::from(month * month % 17))).round())).collect::<Vec<_>>()
    };
    let figure = figure(kit, "activities", "Activities", Unit::Count, &[12_481.0, 12_904.0], "March 2026");
    let series = vec![
        series(kit.text("forum"), &values(60.0)),
        series(kit.text("chat"), &values(110.0)),
        series(kit.text("code"), &values(25.0)),
    ];
    let mut page = page(kit, figure, "How much happened?", Mark::Bar, series);
    page.by = "source".into();
    page.problem = Some(kit.text("“to” lies before “from”. The last twelve months are shown instead."));
    page
}

fn durations(kit: &Kit) -> KpiPage {
    let figure = Figure {
        partial: true,
        low_n: true,
        ..figure(
            kit,
            "time_to_community_answer",
            "Time to an answer, median",
            Unit::Seconds,
            &[13_300.0, 11_520.0],
            "March 2026",
        )
    };
    let help = [
        20_100.0, 18_000.0, 14_200.0, 15_900.0, 13_300.0, 12_100.0, 11_900.0, 12_600.0, 10_300.0, 9_900.0, 9_000.0,
        8_100.0,
    ];
    let integrations = help.map(|value| value * 1.9 + 4_000.0);
    let course = |values: [f64; 12]| values.into_iter().map(Some).collect::<Vec<_>>();
    page(
        kit,
        figure,
        "How long does half of the askers wait for an answer?",
        Mark::Line,
        vec![series(kit.text("Help"), &course(help)), series(kit.text("Integrations"), &course(integrations))],
    )
}

fn cohorts(kit: &Kit) -> KpiPage {
    let figure =
        figure(kit, "member_retention_cohorts", "Retention by cohort", Unit::Percent, &[66.2, 68.1], "March 2026");
    let rows = (0..6i64).map(|row| MatrixRow {
        label: date(2025, 10, 1).saturating_add(row.months()).strftime("%b %Y").to_string(),
        size: 40 + 7 * row as u64,
        cells: (0..6).map(|age| (age + row < 6).then(|| 100.0 / (1.0 + 0.55 * age as f64) - row as f64)).collect(),
    });
    let matrix = Matrix {
        across: "Months since the first activity".into(),
        columns: (0..6).map(|age| age.to_string()).collect(),
        rows: rows.collect(),
    };
    KpiPage {
        matrix: Some(matrix),
        chart: None,
        ..page(kit, figure, "Of those who began together, how many are still active?", Mark::Line, vec![])
    }
}

fn ranking(kit: &Kit) -> KpiPage {
    let figure = figure(kit, "top_answerers", "People helped", Unit::Count, &[38.0, 41.0], "last 30 days");
    let ranking = vec![
        Ranked { person: kit.person("Rosa Delgado", "@rosad"), value: 41.0 },
        Ranked { person: kit.person("Samuel Adeyemi", "@sam.a"), value: 29.0 },
    ];
    KpiPage { ranking, chart: None, ..page(kit, figure, "Who helps most people?", Mark::Bar, vec![]) }
}

fn undefined(kit: &Kit) -> KpiPage {
    let figure = Figure {
        value: None,
        previous: None,
        series: vec![],
        ..figure(kit, "closure_ratio", "Issues closed", Unit::Percent, &[0.0, 0.0], "March 2026")
    };
    KpiPage {
        chart: None,
        dimensions: vec![],
        caveats: vec![],
        ..page(kit, figure, "Of the issues opened, how many were closed?", Mark::Line, vec![])
    }
}
