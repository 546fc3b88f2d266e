//! Sample figures, the catalogue, and single KPIs.

use axle_model::kpi::TableRows;
use axle_model::time::Grain;
use axle_server::chart::{Chart, Mark, Point, Series};
use axle_server::format::Unit;
use axle_server::pages::kpi::{
    Asked, Breakdown, BreakdownRow, Growth, KpiPage, KpiReceipt, KpiRowsPage, Missing, PublishedLine, Why, WhyRow,
};
use axle_server::pages::kpi_editor::{EXAMPLE, KpiEditorPage, TrialView};
use axle_server::pages::kpis::{KpiGroup, KpiLine, KpisPage, Team};
use axle_server::pages::layout::Section;
use axle_server::pages::parts::{
    Exports, Figure, Listing, ListingCell, ListingColumn, Matrix, MatrixCell, MatrixRow, Pager,
};
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
        year_before: Some(values[0]),
        period: period.into(),
        previous_period: "the 30 days before".into(),
        population: None,
        series: values.iter().copied().map(Some).collect(),
        partial: false,
        low_n: false,
        few: false,
        range: None,
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
        kit.page("fernlicht/kpis/calls", &unmeasured(kit)),
        kit.page("fernlicht/kpis/activities/rows", &rows(kit)),
        kit.page("fernlicht/kpis/new", &editor(kit)),
        kit.page("fernlicht/kpis/nights/edit", &refused(kit)),
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
        teams: teams(kit),
        new: Some(kit.link("kpis/new")),
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

fn teams(kit: &Kit) -> Vec<Team> {
    let team = |(name, count, is_current)| Team {
        name: kit.text(name),
        link: kit.link("kpis").with("team", name),
        count,
        is_current,
    };
    [("Members and activity", 42, true), ("Questions and answers", 11, false), ("Calls", 9, false)].map(team).to_vec()
}

fn series(name: String, values: &[Option<f64>]) -> Series {
    let points = values.iter().enumerate().map(|(index, value)| Point {
        start: date(2025, 4, 1).saturating_add((index as i64).months()),
        value: *value,
        low_n: index == 2,
        partial: index + 1 == values.len(),
        of: None,
        interval: None,
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
        more: 0,
    };
    KpiPage {
        layout: kit.layout(Section::Kpis, &figure.name),
        id: id.into(),
        question: question.into(),
        year_period: Some("Mar 2025".into()),
        year_why: Some(kit.link("kpis/activities").with("against", "2025-03-01")),
        parts: None,
        interval: None,
        figure: Some(figure),
        charts: vec![chart],
        matrices: vec![],
        listing: None,
        breakdown: None,
        asked: Asked {
            window: (date(2025, 4, 1), date(2026, 4, 1)),
            grain: Grain::Month,
            by: String::new(),
            condition: String::new(),
            as_of: String::new(),
        },
        dimensions: vec!["source".into(), "channel".into()],
        conditional: vec!["source".into(), "channel".into()],
        growth: None,
        why: Why::default(),
        problem: None,
        missing: vec![],
        fold: "Distinct members with at least one counted activity on the trailing 30 complete local days; at grains above a day, the value on the period's last day.".into(),
        caveats: vec!["Bots and teammates do not count.".into(), "A merge of two members lowers the value of every period in which both were active.".into()],
        command: format!("axle kpi show {id} --from 2025-04-01 --to 2026-04-01 --grain month"),
        receipt: KpiReceipt {
            version: 1,
            window: (Some(date(2025, 4, 1)), date(2026, 4, 1)),
            as_of: kit.now(),
            time_zone: "Europe/Berlin".into(),
            business_hours: Some("Monday to Friday, 09:00 to 17:00, but for 2 holidays".into()),
            rates: vec!["1 USD = 0.92 EUR on 2026-01-31".into()],
            revisions: vec![("Feb 2026".into(), 2, Some(kit.ago(30)))],
            sql: "select activity.occurred_at as at, activity.source, activity.member_id\nfrom activities activity\njoin members member using (member_id)\nwhere not member.is_bot\n  and not member.is_teammate\n  and activity.weight >= 1\n  and activity.occurred_at < timestamp '2026-03-04T08:20:00Z'".into(),
            included: Some(118_204),
            excluded: vec![("outside the window".into(), 8_204)],
            reads: vec!["activities".into(), "members".into()],
            tables: vec![TableRows {
                table: "activities".into(),
                rows: 167_970,
                included: 126_408,
                excluded: [("teammate", 9_481), ("bot", 31_877), ("weight 0", 204)]
                    .map(|(reason, rows)| (reason.to_owned(), rows))
                    .into(),
            }],
            rows: Some(here.below("rows")),
        },
        exports: Exports { link: here.clone(), what: "12 periods".into() },
        may_publish: true,
        published: Vec::new(),
        edit: None,
        permalink: here.with("as_of", "2026-03-04T08:20:00Z"),
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
    let page = page(
        kit,
        figure,
        "How many members took part in the last 30 complete days?",
        Mark::Line,
        vec![series("Members".into(), &course)],
    );
    let cells = [Some("+6"), None, Some("-2"), Some("-1")].map(|moved| moved.map(str::to_owned)).to_vec();
    let row = WhyRow { period: "Feb 2026".into(), parts: String::new(), then: "204".into(), now: "207".into(), cells };
    let caveats = vec!["An activity that was edited since is taken as it reads now.".into()];
    let columns =
        ["Late arrivals", "New activity and facts", "Merges and splits", "Bots and teammates"].map(Into::into);
    let published = vec![PublishedLine {
        number: 3,
        window: "1 Apr 2025 to 31 Mar 2026".into(),
        value: "Feb 2026: 204".into(),
        by: kit.text("Ines"),
        at: kit.now(),
        why: page.here.with("published", "3"),
    }];
    let why = Why {
        since: "2026-02-01".into(),
        against: "2025-03-01".into(),
        is_asked: true,
        problem: None,
        then: "Then".into(),
        columns: columns.to_vec(),
        rows: vec![row],
        splits: vec![("source".into(), kit.text("Feb 2026 by source: Slack +5, mail −2."))],
        unchanged: 11,
        caveats,
    };
    let growth = Growth {
        customers: kit.text("10"),
        days: kit.text("20"),
        coefficient: kit.text("2"),
        cycle: kit.text("two"),
        result: None,
        problem: Some(kit.text("“two” is no number: write it as 2 or 0.25.")),
    };
    KpiPage { why, published, growth: Some(growth), ..page }
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
    page.asked.by = "source".into();
    page.asked.condition = kit.text("channel = 'help'");
    page.edit = Some(kit.link("kpis/activities/edit"));
    let row = |(name, value, previous): (&str, f64, f64)| BreakdownRow {
        figure: Figure {
            name: kit.text(name),
            link: kit.link("kpis/activities").with("where", "source = 'chat'"),
            previous: Some(previous),
            ..self::figure(kit, "activities", name, Unit::Count, &[previous * 0.8, value], "Feb 2026")
        },
        parts: "7,120 of 12,904".into(),
        largest: 7_120.0,
    };
    page.breakdown = Some(Breakdown {
        by: "Source".into(),
        period: "Feb 2026".into(),
        previous_period: "Jan 2026".into(),
        year_period: Some("Feb 2025".into()),
        rows: vec![row(("chat", 7_120.0, 6_902.0)), row(("forum", 4_110.0, 4_390.0)), row(("code", 1_674.0, 1_200.0))],
        more: 3,
        leads: true,
    });
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
    let cell = |row: i64, age: i64| {
        let value = 100.0 / (1.0 + 0.55 * age as f64) - row as f64;
        (age + row < 6).then(|| MatrixCell::new(value, 100.0, format!("{value:.0}")))
    };
    let rows = (0..6i64).map(|row| MatrixRow {
        label: date(2025, 10, 1).saturating_add(row.months()).strftime("%b %Y").to_string(),
        size: (40 + 7 * row).to_string(),
        cells: (0..6).map(|age| cell(row, age)).collect(),
    });
    let matrix = Matrix {
        caption: "Months since first activity, percent".into(),
        corner: "First active".into(),
        size: Some("Members".into()),
        columns: (0..6).map(|age| age.to_string()).collect(),
        rows: rows.collect(),
    };
    KpiPage {
        matrices: vec![matrix],
        charts: vec![],
        ..page(kit, figure, "Of those who began together, how many are still active?", Mark::Line, vec![])
    }
}

fn ranking(kit: &Kit) -> KpiPage {
    let figure = figure(kit, "top_answerers", "People helped", Unit::Count, &[38.0, 41.0], "last 30 days");
    let line = |name: &str, handle: &str, helped: &str, answers: &str| {
        let texts = [helped, answers].map(|text| ListingCell::Text(text.into()));
        std::iter::once(ListingCell::Person(kit.person(name, handle))).chain(texts).collect()
    };
    let column = |name: &str, is_number| ListingColumn { name: name.into(), is_number };
    let listing = Listing {
        caption: "Top answerers, Feb 2026".into(),
        columns: vec![column("Member", false), column("People helped", true), column("Answers", true)],
        rows: vec![line("Rosa Delgado", "@rosad", "41", "86"), line("Samuel Adeyemi", "@sam.a", "29", "1,031")],
    };
    let page = page(kit, figure, "Who helps most people?", Mark::Bar, vec![]);
    KpiPage { listing: Some(listing), charts: vec![], figure: None, dimensions: vec![], conditional: vec![], ..page }
}

fn undefined(kit: &Kit) -> KpiPage {
    let figure = Figure {
        value: None,
        previous: None,
        series: vec![],
        ..figure(kit, "closure_ratio", "Issues closed", Unit::Percent, &[0.0, 0.0], "March 2026")
    };
    KpiPage {
        charts: vec![],
        dimensions: vec![],
        conditional: vec![],
        caveats: vec![],
        ..page(kit, figure, "Of the issues opened, how many were closed?", Mark::Line, vec![])
    }
}

fn unmeasured(kit: &Kit) -> KpiPage {
    let calls = Missing {
        name: "calls".into(),
        how: "Import calls and their transcripts as a table, or lines of the type “call”; `axle import` reads both."
            .into(),
        fields: Some("call"),
        kpis: vec!["Calls".into()],
    };
    KpiPage { missing: vec![calls], figure: None, ..undefined(kit) }
}

fn rows(kit: &Kit) -> KpiRowsPage {
    let column = |name: &str, is_number| ListingColumn { name: name.into(), is_number };
    let line = |day: &str, channel: &str, count: &str| {
        vec![
            ListingCell::Text(day.into()),
            ListingCell::Person(kit.person("Rosa Delgado", "@rosad")),
            ListingCell::Text(kit.text(channel)),
            ListingCell::Text(count.into()),
        ]
    };
    let here = kit.link("kpis/activities/rows").with("grain", "month");
    KpiRowsPage {
        layout: kit.layout(Section::Kpis, "Rows behind Activities"),
        name: "Activities".into(),
        kpi: kit.link("kpis/activities"),
        window: "1 Apr 2025 to 31 Mar 2026, as of 4 Mar 2026, 09:20 CET".into(),
        listing: Listing {
            caption: "Rows behind Activities".into(),
            columns: vec![column("Day", false), column("Id", false), column("Channel", false), column("Count", true)],
            rows: vec![line("2026-03-03", "help", "4"), line("2026-03-02", "integrations", "12")],
        },
        pager: Pager { shown: 100, total: 118_204, noun: "row", first: None, next: Some(here.at("100")) },
        exports: Exports { link: here, what: "100,000 rows".into() },
    }
}

fn editor(kit: &Kit) -> KpiEditorPage {
    let trial = TrialView {
        problem: None,
        cases: vec![(kit.text("two contributions count once"), vec![])],
        values: vec![
            ("Mar 2026".into(), "14 so far".into()),
            ("Feb 2026".into(), "31".into()),
            ("Jan 2026".into(), "28".into()),
        ],
    };
    KpiEditorPage {
        layout: kit.layout(Section::Kpis, "New KPI"),
        action: kit.link("kpis/new"),
        id: kit.text("contributors"),
        is_new: true,
        text: EXAMPLE.into(),
        trial: Some(trial),
    }
}

fn refused(kit: &Kit) -> KpiEditorPage {
    let trial = TrialView {
        problem: Some(kit.text(
            "nights.toml: TOML parse error at line 3, column 9\n  |\n3 | unit = \"counts\"\n  |        ^^^^^^^^",
        )),
        cases: vec![
            (kit.text("a night over midnight"), vec!["2026-01: expected 2, got 1".into()]),
            (kit.text("a day without any"), vec![]),
        ],
        values: vec![],
    };
    KpiEditorPage {
        layout: kit.layout(Section::Kpis, "Change nights"),
        action: kit.link("kpis/nights/edit"),
        id: "nights".into(),
        is_new: false,
        text: kit.text(EXAMPLE),
        trial: Some(trial),
    }
}
