//! Sample pages of the flywheels: all, one, one run, and each with nothing in it.

use axle_server::chart::wheel::{Arc, Wheel, company, owner_color, single};
use axle_server::link::WebUrl;
use axle_server::pages::flywheels::{
    Advice, DepartmentRow, EvidenceLine, FlywheelPage, FlywheelsPage, Kept, RunLine, RunPage, StepRow, VisitLine,
    WheelFigure, WheelRow,
};
use axle_server::pages::layout::Section;
use axle_server::pages::parts::Pager;

use super::{Kit, Sample, today};

/// Name, turns a week, and for each step who answers for it, units inside, late ones, and friction in percent.
type Told = (&'static str, f64, &'static [(&'static str, u64, u64, Option<u8>)]);

const WHEELS: [Told; 6] = [
    (
        "Onboarding customers",
        2.4,
        &[
            ("product", 38, 6, Some(30)),
            ("product", 61, 22, Some(55)),
            ("community", 44, 3, Some(12)),
            ("success", 20, 0, None),
            ("community", 9, 0, Some(5)),
        ],
    ),
    (
        "Questions and knowledge sharing",
        6.1,
        &[
            ("support", 12, 5, Some(41)),
            ("community", 8, 0, Some(8)),
            ("community", 15, 2, Some(20)),
            ("community", 31, 0, Some(25)),
            ("community", 6, 0, None),
            ("community", 2, 0, Some(0)),
        ],
    ),
    (
        "Community-qualified leads",
        0.5,
        &[
            ("product", 120, 0, None),
            ("community", 54, 0, None),
            ("community", 7, 3, Some(22)),
            ("community", 4, 1, Some(35)),
            ("community", 2, 1, Some(60)),
            ("sales", 6, 2, Some(44)),
            ("community", 3, 0, Some(10)),
        ],
    ),
    ("Deal champions", 0.2, &[("product", 20, 0, None), ("community", 12, 1, Some(15)), ("sales", 0, 0, Some(100))]),
    ("Champions in key accounts", 0.0, &[("success", 5, 5, Some(80)), ("community", 0, 0, None)]),
    ("Champion health", 1.0, &[("community", 26, 0, None), ("community", 2, 1, Some(33)), ("product", 1, 0, None)]),
];

fn wheel(kit: &Kit, (title, turns, steps): &Told) -> Wheel {
    let arc = |(place, (owner, inside, late, friction)): (usize, &(&str, u64, u64, Option<u8>))| Arc {
        words: kit.text(&format!("Step {} ({owner}): {inside} inside, {late} late", place + 1)),
        link: kit.link("flywheels").below("onboarding_customers").with("step", format!("step-{place}")),
        color: owner_color(owner),
        inside: *inside,
        late: *late,
        friction: friction.map(|percent| f64::from(percent) / 100.0),
        is_next: *title == "Onboarding customers" && place == 1,
    };
    Wheel {
        title: (*title).to_owned(),
        link: kit.link("flywheels").below("onboarding_customers"),
        inside: steps.iter().map(|(_, inside, ..)| inside).sum(),
        notes: [format!("{turns} turns a week"), "friction 62.4 %".into()],
        turns_per_week: *turns,
        arcs: steps.iter().enumerate().map(arc).collect(),
    }
}

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    vec![
        kit.page("fernlicht/flywheels", &all(kit)),
        kit.page(
            "fernlicht/flywheels-empty",
            &FlywheelsPage {
                summary: "0 units go round, 0 wait too long. 0 came through in the last 90 days.".into(),
                picture: company(&[]),
                next: None,
                before: None,
                owners: Vec::new(),
                wheels: Vec::new(),
                departments: Vec::new(),
                ..all(kit)
            },
        ),
        kit.page("fernlicht/flywheels/onboarding_customers", &one(kit)),
        kit.page("fernlicht/flywheels/counts", &FlywheelPage { runs: None, ..one(kit) }),
        kit.page("fernlicht/flywheels/empty", &FlywheelPage { runs: Some(Vec::new()), step: None, ..one(kit) }),
        kit.page("fernlicht/flywheels/onboarding_customers/runs/1", &run(kit)),
    ]
}

fn all(kit: &Kit) -> FlywheelsPage {
    let wheels: Vec<Wheel> = WHEELS.iter().map(|told| wheel(kit, told)).collect();
    let row = |wheel: &Wheel| WheelRow {
        link: wheel.link.clone(),
        title: wheel.title.clone(),
        question: kit.text("What is it for?"),
        inside: wheel.inside,
        late: wheel.arcs.iter().map(|arc| arc.late).sum(),
        turns: "2.4".into(),
        friction: "62.4 %".into(),
        momentum: "12.3".into(),
        turn_time: "21 d 4 h".into(),
        loop_back: "0.8".into(),
    };
    FlywheelsPage {
        layout: kit.layout(Section::Flywheels, "Flywheels"),
        summary: "508 units go round, 52 wait too long. 131 came through in the last 90 days.".into(),
        picture: company(&wheels),
        owners: ["community", "sales", "product", "success", "support"]
            .map(|owner| (kit.text(owner), owner_color(owner)))
            .to_vec(),
        next: Some(Advice {
            step: kit.text("Pointed to the community"),
            link: kit.link("flywheels").below("onboarding_customers").with("step", "signposted"),
            flywheel: kit.text("Onboarding customers"),
            owner: (kit.text("product"), 3),
            sentence: kit.text("Of 118 units due in the last 90 days, 65 did not go on in time. From the next step on 74.2 % get through, told by 212 units or more at each step, so this costs 48.2 completions: more than any other step."),
            parts: vec![
                ("Went on in time", 53, "44.9 %".into()),
                ("Late", 31, "26.3 %".into()),
                ("Still there", 22, "18.6 %".into()),
                ("Lost", 12, "10.2 %".into()),
            ],
        }),
        departments: [("product", 118, 65, "55.1 %", "412.5"), ("community", 96, 31, "32.3 %", "88"), ("sales", 12, 0, "0 %", "0")]
            .map(|(owner, due, not_in_time, friction, days)| DepartmentRow {
                owner: (kit.text(owner), owner_color(owner)),
                due,
                not_in_time,
                friction: friction.into(),
                days: days.into(),
            })
            .to_vec(),
        before: Some(Kept {
            at: kit.ago(24 * 30),
            step: kit.text("Dossier handed over"),
            link: kit.link("flywheels").below("community_qualified_leads"),
            flywheel: kit.text("Community-qualified leads"),
            sentence: "It helped: friction was 71.4 % of 14 units due then, and is 60 % of 10 units due since: 11.4 points less.".into(),
        }),
        wheels: wheels.iter().map(row).collect(),
    }
}

fn one(kit: &Kit) -> FlywheelPage {
    let told = &WHEELS[0];
    let here = kit.link("flywheels").below("onboarding_customers").with("step", "signposted");
    let titles = ["Signs up", "Pointed to the community", "Receives value", "Use increases", "Graduates"];
    let came = [412, 380, 211, 130, 77];
    let step = |(place, (owner, inside, late, friction)): (usize, &(&str, u64, u64, Option<u8>))| StepRow {
        number: place + 1,
        title: kit.text(titles[place]),
        link: here.with("step", titles[place]),
        owner: (kit.text(owner), owner_color(owner)),
        entered: came[place],
        width: (100 * came[place] / came[0]) as u8,
        inside: *inside,
        late: *late,
        passed: came[place] / 2,
        lost: 12,
        returned: u64::from(place == 2),
        time: "3 d 4 h".into(),
        friction: friction.map_or_else(|| "–".into(), |percent| format!("{percent} %")),
        split: friction.map_or_else(String::new, |_| "31 late, 22 still there, 12 lost of 118 due".into()),
        is_next: place == 1,
    };
    let line = |name: &str, about: Option<&str>, state: &str, hours: i64, due: Option<i64>| RunLine {
        link: kit.link("flywheels").below("onboarding_customers").below("runs").below("1"),
        person: kit.person(name, "forum"),
        about: about.map(|about| kit.text(about)),
        step: kit.text("Pointed to the community"),
        state: state.into(),
        entered_at: kit.ago(hours),
        ended_at: (state == "Completed").then(|| kit.ago(hours)),
        due_at: due.map(|hours| kit.ago(hours)),
        is_late: due.is_some_and(|hours| hours > 0),
    };
    let figure = |name, value: &str, note: &str| WheelFigure {
        name,
        value: value.into(),
        note: note.into(),
        link: kit.link("kpis").below("flywheel_speed"),
    };
    FlywheelPage {
        layout: kit.layout(Section::Flywheels, "Onboarding customers"),
        question: kit.text("Do new customers find the community, value in it, and more use of the product?"),
        settings: Some(kit.link("settings/flywheels").below("onboarding_customers")),
        picture: single(&wheel(kit, told)),
        figures: vec![
            figure("Turns a week", "2.4", "31 turns in the last 90 days"),
            figure("Friction of the whole way", "78.2 %", "of what was due in the last 90 days"),
            figure("Weight", "64", "still with us of 77 who reached delight"),
            figure("Momentum", "12.3", "up from 10.8 in the 28 days before"),
            figure("Self-propelled", "61.5 %", "80 of 130 advances without a push of ours"),
            figure("Loop-back", "0.82", "31 new units by 38 completed ones"),
            figure("Turn time", "63 d 2 h", "until half are through"),
        ],
        steps: told.2.iter().enumerate().map(step).collect(),
        never_clicked: vec![
            (kit.text("settings-footer"), 212, kit.ago(20)),
            (kit.text("empty-state"), 1, kit.ago(400)),
        ],
        states: [("", "All", 412), ("active", "Active", 172), ("completed", "Completed", 77), ("lost", "Lost", 163)]
            .map(|(value, label, count)| (value.to_owned(), label.to_owned(), count))
            .to_vec(),
        step: Some(kit.text("Pointed to the community")),
        runs: Some(vec![
            line("Jerry Albrecht", None, "Active", 60, Some(12)),
            line("Ada Lindqvist-Santamaría", Some("at Nordhafen Logistics"), "Active", 40, Some(-30)),
            line("Bo", None, "Completed", 900, None),
        ]),
        pager: Pager { shown: 3, total: 61, noun: "run", first: None, next: Some(here.at("1")) },
        here,
    }
}

fn run(kit: &Kit) -> RunPage {
    let visit = |step: &str, owner: &str, hours, became: &str, evidence| VisitLine {
        step: kit.text(step),
        owner: (kit.text(owner), owner_color(owner)),
        entered_at: kit.ago(hours),
        became: became.into(),
        is_late: became.starts_with("is still"),
        is_implied: became.starts_with("passed over"),
        evidence,
    };
    let organization = || (kit.link("organizations").below("nordhafen"), kit.text("Nordhafen Logistics"));
    let row = |kind: &str, words: Option<&str>, by: Option<&str>| EvidenceLine {
        kind: kit.text(kind),
        person: (kind == "Colleague signed up").then(|| (kit.link("members").below("2"), kit.text("Ada Lindqvist"))),
        at: kit.ago(50),
        decided_by: by.map(|by| kit.text(by)),
        words: words.map(|words| kit.text(words)),
        channel: words.map(|_| kit.text("help")),
        url: words.and_then(|_| WebUrl::parse("https://forum.example/t/1")),
        subject: (kind == "Works there").then(organization),
        id: (kind == "Signed up").then(|| kit.text("crm:product_user/17")),
    };
    RunPage {
        layout: kit.layout(Section::Flywheels, "Jerry Albrecht"),
        flywheel: (kit.link("flywheels").below("onboarding_customers"), kit.text("Onboarding customers")),
        packet: Some(kit.link("flywheels/onboarding_customers/runs/1/packet")),
        person: kit.person("Jerry Albrecht", "forum"),
        about: Some(("at", Some(organization()))),
        brief: Some(super::champions::brief(kit)),
        state: "Active at Receives value, since 1 Mar 2026".into(),
        visits: vec![
            visit(
                "Signs up",
                "product",
                300,
                "went on in time after 2 d",
                vec![
                    row("Signed up", None, None),
                    row("Works there", None, None),
                    row("Colleague signed up", None, None),
                ],
            ),
            visit(
                "Pointed to the community",
                "product",
                250,
                "passed over: what comes later was there first",
                Vec::new(),
            ),
            visit(
                "Receives value",
                "community",
                80,
                "is still there, due 2 days ago",
                vec![
                    row("Message sent", Some("Thanks, that solved it: the relay wants a pause."), None),
                    row("Decided", None, Some("Buzz Calloway")),
                ],
            ),
        ],
        tasks: vec![today::task(kit, "t9", "Welcome and point to one thing", "Jerry Albrecht", true)],
        previous: Some(kit.link("flywheels").below("onboarding_customers").below("runs").below("0")),
    }
}
