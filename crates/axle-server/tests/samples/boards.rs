//! Sample boards, the audience and the report.

use axle_model::time::Grain;
use axle_server::chart::{Chart, Mark, Point, Series};
use axle_server::format::Unit;
use axle_server::pages::boards::{
    AudiencePage, Bar, Board, BoardPage, BoardSection, Drawing, Headline, KeptReport, LayerLine, Layers, Panel,
    ReportPage, Verdict,
};
use axle_server::pages::kpi::Missing;
use axle_server::pages::kpis::KpiLine;
use axle_server::pages::layout::Section;
use axle_server::pages::parts::{Figure, Listing, ListingCell, ListingColumn, Matrix, MatrixCell, MatrixRow};
use jiff::ToSpan;
use jiff::civil::date;

use super::figures::figure;
use super::{Kit, Sample};

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    let here = kit.link("boards/support");
    let board =
        BoardPage { layout: kit.layout(Section::Board("support"), "Support"), here: here.clone(), board: board(kit) };
    let empty = Board { sections: vec![unmeasured(kit)], headline: missing_headline(kit), ..self::board(kit) };
    let empty = BoardPage { layout: kit.layout(Section::Board("sales"), "Sales"), here: here.clone(), board: empty };
    let audience = AudiencePage {
        layout: kit.layout(Section::Audience, "Audience"),
        here: kit.link("audience"),
        layers: Some(layers(kit)),
        board: Board { question: "How many people are around us, and do they come closer?".into(), ..self::board(kit) },
    };
    let verdict = |title: &str, text: &str| Verdict { title: title.into(), text: text.into() };
    let report = ReportPage {
        layout: kit.layout(Section::Report, "Report"),
        here: kit.link("report"),
        permalink: kit.link("report").with("published", "3"),
        kept: Some(kept(kit)),
        live: kit.link("report").with("grain", "month").with("to", "2026-03-01"),
        as_of: String::new(),
        published: vec![kept(kit)],
        may_publish: true,
        verdict: vec![
            verdict(
                "Growing",
                "5 of 7 better than a year before, 2 worse; 4 of 7 better than the period before, 1 worse.",
            ),
            verdict("Closer", "3 of 5 better than a year before; 3 of 6 better than the period before, 2 worse."),
            verdict("Returned", "1 of 1 better than a year before; 8 not measured."),
        ],
        layers: Some(layers(kit)),
        board: Board {
            question: "Is the community growing and closer, what did it return, and what is not measured?".into(),
            ..self::board(kit)
        },
    };
    vec![
        kit.page("fernlicht/boards/support", &board),
        kit.page("fernlicht/boards/sales", &empty),
        kit.page("fernlicht/audience", &audience),
        kit.page("fernlicht/report", &report),
    ]
}

fn kept(kit: &Kit) -> KeptReport {
    KeptReport {
        number: 3,
        period: "Feb 2026".into(),
        by: kit.text("Ines"),
        at: kit.now(),
        link: kit.link("report").with("published", "3"),
    }
}

const ANSWERED: [f64; 13] = [51.0, 54.2, 58.0, 61.4, 60.2, 66.0, 64.9, 68.1, 66.3, 70.0, 71.2, 69.9, 73.4];
const QUESTIONS: [f64; 13] = [96.0, 104.0, 88.0, 121.0, 99.0, 132.0, 141.0, 120.0, 118.0, 150.0, 149.0, 161.0, 158.0];

fn month(kit: &Kit, id: &str, name: &str, unit: Unit, values: &[f64]) -> Figure {
    Figure {
        previous_period: "Jan 2026".into(),
        year_before: Some(values[0]),
        ..figure(kit, id, name, unit, values, "Feb 2026")
    }
}

fn course(kit: &Kit, id: &str, name: &str, unit: Unit, mark: Mark, values: &[f64]) -> Panel {
    let points = values.iter().enumerate().map(|(at, value)| Point {
        low_n: at == 2,
        ..Point::new(date(2025, 2, 1).saturating_add((at as i64).months()), (at != 4).then_some(*value))
    });
    let figure = month(kit, id, name, unit.clone(), values);
    let chart = Chart {
        id: format!("course-{id}"),
        title: name.into(),
        unit,
        grain: Grain::Month,
        mark,
        series: vec![Series { name: name.into(), points: points.collect() }],
        more: 0,
    };
    let (link, drawing) = (figure.link.clone(), Drawing::Course(chart));
    Panel { name: kit.text(name), link, figure: Some(figure), period: None, drawing }
}

fn bars(kit: &Kit) -> Panel {
    let bar = |(name, value, part): (&str, &str, f64)| Bar {
        name: kit.text(name),
        value: value.into(),
        part,
        low_n: part < 0.1,
    };
    let bars = [
        ("help", "62", 1.0),
        ("integrations", "41", 0.66),
        ("a channel with quite a long name", "30", 0.48),
        ("beginners", "4", 0.06),
    ];
    Panel {
        figure: None,
        period: None,
        name: "Questions".into(),
        link: kit.link("kpis/questions").with("by", "channel"),
        drawing: Drawing::Bars("By channel, Feb 2026".into(), bars.map(bar).to_vec()),
    }
}

fn ranking(kit: &Kit) -> Panel {
    let line =
        |name: &str, helped: &str| vec![ListingCell::Person(kit.person(name, "")), ListingCell::Text(helped.into())];
    let listing = Listing {
        caption: "Top answerers, Feb 2026".into(),
        columns: vec![
            ListingColumn { name: "Member".into(), is_number: false },
            ListingColumn { name: "People helped".into(), is_number: true },
        ],
        rows: vec![line("Rosa Delgado", "41"), line("Samuel Adeyemi", "29"), line("Wen Li", "12")],
    };
    Panel {
        figure: None,
        period: None,
        name: "Top answerers".into(),
        link: kit.link("kpis/top_answerers"),
        drawing: Drawing::Listing(listing),
    }
}

fn line(kit: &Kit, id: &str, name: &str, unit: Unit, values: &[f64], question: &str) -> KpiLine {
    KpiLine { figure: month(kit, id, name, unit, values), question: question.into(), needs: None }
}

fn board(kit: &Kit) -> Board {
    let hours = ANSWERED.map(|value| (110.0 - value) * 1_000.0);
    let answers = BoardSection {
        id: "section-1".into(),
        title: "Answers".into(),
        question: "Is everybody answered, how soon, and by whom?".into(),
        panels: vec![
            course(
                kit,
                "questions_answered_by_community",
                "Answered by the community",
                Unit::Percent,
                Mark::Line,
                &ANSWERED,
            ),
            course(kit, "questions_asked", "Questions asked", Unit::Count, Mark::Bar, &QUESTIONS),
            bars(kit),
            ranking(kit),
        ],
        lines: vec![
            line(
                kit,
                "answered_within_24h",
                "Answered within 24 hours",
                Unit::Percent,
                &ANSWERED,
                "Of the questions asked, how many were answered within a day?",
            ),
            line(
                kit,
                "time_to_first_response",
                "Time to a first response",
                Unit::Seconds,
                &hours,
                "How long does half of the askers wait for anybody?",
            ),
        ],
    };
    Board {
        question: "Do people get answers, and how much work does the community take off us?".into(),
        period: "Feb 2026".into(),
        grain: Grain::Month,
        headline: vec![
            Headline::Figure(month(kit, "questions", "Questions", Unit::Count, &QUESTIONS)),
            Headline::Figure(month(
                kit,
                "questions_answered_by_community",
                "Answered by the community",
                Unit::Percent,
                &ANSWERED,
            )),
            Headline::Figure(month(
                kit,
                "time_to_community_answer",
                "Time to an answer, median",
                Unit::Seconds,
                &hours,
            )),
            Headline::Missing(kit.text("Saved by deflection"), "Connect tickets.".into()),
        ],
        sections: vec![answers, unmeasured(kit)],
        missing: missing(kit),
    }
}

fn unmeasured(_: &Kit) -> BoardSection {
    BoardSection {
        id: "section-2".into(),
        title: "Tickets saved".into(),
        question: "How many tickets did the community answer before they were written?".into(),
        panels: vec![],
        lines: vec![],
    }
}

fn missing_headline(kit: &Kit) -> Vec<Headline> {
    let missing = |name: &str, what: &str| Headline::Missing(kit.text(name), what.into());
    vec![
        missing("Deals closed from members", "Connect deals."),
        missing("Qualified leads", "Connect hand-offs."),
        missing("Hand-off acceptance", "Connect hand-offs."),
        missing("Trust incidents", "Connect consents."),
    ]
}

fn missing(kit: &Kit) -> Vec<Missing> {
    let line = |name: &str, how: &str, kpis: &[&str]| Missing {
        name: name.into(),
        how: how.into(),
        fields: how.contains("lines of").then_some("ticket"),
        kpis: kpis.iter().map(|kpi| kit.text(kpi)).collect(),
    };
    vec![
        line(
            "tickets",
            "Import the help desk's tickets as a table, or lines of the type “ticket”.",
            &["Ticket deflection", "Saved by deflection", "Low-level tickets per 100 customers"],
        ),
        line(
            "survey answers",
            "Import the survey's answers as a table, or lines of the type “survey_response”.",
            &["Customer satisfaction"],
        ),
        line("compared questions", "`axle questions duplicates` compares.", &["Questions asked before"]),
    ]
}

fn layers(kit: &Kit) -> Layers {
    let line = |name: &str, who, value: f64, part| LayerLine {
        name: name.into(),
        who,
        figure: month(kit, "layer_members", name, Unit::Count, &[value * 0.7, value * 0.96, value]),
        part,
    };
    let row = |label: &str, cells: [u32; 4]| MatrixRow {
        label: label.into(),
        size: cells.iter().sum::<u32>().to_string(),
        cells: cells
            .iter()
            .map(|value| {
                Some(MatrixCell::new(f64::from(*value), f64::from(cells.iter().sum::<u32>()), value.to_string()))
            })
            .collect(),
    };
    Layers {
        lines: vec![
            line("Market", "Active around us in places of others only", 4_210.0, 0.655),
            line("Audience", "Follow us in our places, lightly", 1_392.0, 0.217),
            line("Members", "Take part in our places", 788.0, 0.123),
            line("Internal", "Teammates", 34.0, 0.005),
        ],
        total: "6,424".into(),
        flow: Some(Matrix {
            caption: "From the start of Feb 2026, down, to its end, across".into(),
            corner: "From \\ to".into(),
            size: Some("All".into()),
            columns: ["Market", "Audience", "Members", "Gone"].map(str::to_owned).to_vec(),
            rows: vec![
                row("Market", [4_002, 61, 12, 130]),
                row("Audience", [8, 1_260, 41, 70]),
                row("Members", [0, 22, 731, 19]),
            ],
        }),
        link: kit.link("kpis/layer_members").with("by", "layer"),
    }
}
