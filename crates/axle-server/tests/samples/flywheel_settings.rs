//! Sample pages of the settings of flywheels: the list, one, one with a preview, one that is refused, and a new one.

use axle_server::pages::flywheel_editor::{
    FlywheelEditorPage, FlywheelLine, FlywheelSettingsPage, FlywheelTrial, HappensView, NumberField, NumberGroup,
    Otherwise, PreviewView, StepShift, VersionLine,
};
use axle_server::pages::layout::Section;

use super::{Kit, Sample};

const TEXT: &str = include_str!("../../../../flywheels/onboarding_customers.toml");

pub fn samples(kit: &Kit) -> Vec<Sample> {
    let at = "fernlicht/settings/flywheels";
    vec![
        kit.page(at, &list(kit)),
        kit.page(&format!("{at}/onboarding_customers"), &editor(kit, None)),
        kit.page(&format!("{at}/onboarding_customers/previewed"), &editor(kit, Some(good(kit)))),
        kit.page(&format!("{at}/onboarding_customers/refused"), &editor(kit, Some(bad(kit)))),
        kit.page(&format!("{at}/new"), &new(kit)),
    ]
}

fn list(kit: &Kit) -> FlywheelSettingsPage {
    let line = |id: &str, title: &str, question: &str, steps, version, origin| FlywheelLine {
        link: kit.link("settings/flywheels").below(id),
        title: kit.text(title),
        question: kit.text(question),
        steps,
        version,
        origin,
        saved: (version > 1).then(|| (kit.ago(50), kit.text("ines@fernlicht.example"))),
        problem: None,
    };
    let health = "Whose rhythm broke, and did somebody ask why?";
    FlywheelSettingsPage {
        layout: kit.layout(Section::Settings, "Settings"),
        flywheels: vec![
            FlywheelLine {
                saved: Some((kit.ago(400), kit.text("ines@fernlicht.example"))),
                problem: Some(kit.text(
                    "flywheels/champion_health.toml: step `watch`, enter.fact: there are no facts of the kind `quiet`",
                )),
                ..line("champion_health", "Champion health", health, 6, 1, Some("changed here"))
            },
            line(
                "community_qualified_leads",
                "Community-qualified leads",
                "Who wants more than the free plan?",
                7,
                1,
                None,
            ),
            line(
                "onboarding_customers",
                "Onboarding customers",
                "Do new users find the community?",
                5,
                4,
                Some("changed here"),
            ),
            line("welcome", "Welcome", "Who comes, and comes back?", 2, 2, Some("made here")),
        ],
    }
}

fn editor(kit: &Kit, trial: Option<FlywheelTrial>) -> FlywheelEditorPage {
    let number = |path: &str, label: &str, value: &str| NumberField {
        path: path.into(),
        label: kit.text(label),
        value: kit.text(value),
        was: kit.text(value),
    };
    let joined = vec![
        number("step.2.owner", "Owner", "community"),
        NumberField { was: "30 days".into(), ..number("step.2.within", "Service time", "45 days") },
        number("step.2.task.0.within", "Welcome and point to one thing: due within", "2 days"),
        number("step.2.exit.any.0.within_days", "Goes on, was answered or attended: within days", "30"),
    ];
    let signs_up = vec![number("step.0.owner", "Owner", "product"), number("step.0.within", "Service time", "")];
    let group =
        |title: &str, note: &str, numbers| NumberGroup { title: kit.text(title), note: kit.text(note), numbers };
    let here = kit.link("settings/flywheels").below("onboarding_customers");
    let version = |version: i64, what, hours| VersionLine {
        version,
        what,
        saved_at: kit.ago(hours),
        saved_by: kit.text("ines@fernlicht.example"),
        link: Some(here.with("version", version.to_string())),
    };
    FlywheelEditorPage {
        layout: kit.layout(Section::Settings, "Onboarding customers"),
        action: here.clone(),
        id: "onboarding_customers".into(),
        is_new: false,
        made_from: 4,
        text: kit.text(TEXT),
        groups: vec![group("Signs up", "product", signs_up), group("Receives value", "community · 30 days", joined)],
        trial,
        history: vec![
            version(4, "saved", 50),
            version(3, "put back to what comes with Axle", 300),
            version(2, "saved", 900),
        ],
        reset: Some("Put back to what comes with Axle"),
        problem: None,
    }
}

fn good(kit: &Kit) -> FlywheelTrial {
    let same = |text: &str| (text.to_owned(), text.to_owned());
    let to = |now: &str, then: &str| (now.to_owned(), then.to_owned());
    let shift = |title: &str, state, figures| StepShift { title: kit.text(title), state, figures };
    let due = "Receives value, due 12 Feb 2026, 09:12 → 27 Feb 2026, 09:12";
    let happens = |sentence: &str, what: &str, further| HappensView {
        sentence: sentence.into(),
        examples: ["Jerry Albrecht", "Sunita Rao"].map(|name| (kit.person(name, "forum"), kit.text(what))).to_vec(),
        further,
    };
    FlywheelTrial {
        problems: Vec::new(),
        scenarios: vec![
            (kit.text("Jerry joins and is answered"), Vec::new()),
            (
                kit.text("Nobody answers in time"),
                vec![Otherwise {
                    expected: kit.text("2026-01-06 ada joined due=2026-02-05T10:00"),
                    comes_out: kit.text("2026-01-06 ada joined due=2026-02-20T10:00"),
                }],
            ),
        ],
        notes: Vec::new(),
        can_take_over: true,
        preview: Some(PreviewView {
            states: vec![("Active".into(), 172, 172), ("Completed".into(), 64, 64), ("Lost".into(), 90, 71)],
            steps: vec![
                shift("Signs up", None, [same("210"), same("38"), same("6"), same("30 %")]),
                shift("Receives value", None, [same("140"), to("44", "63"), to("22", "3"), to("55 %", "31 %")]),
                shift("Graduates", None, [same("64"), same("9"), same("0"), same("–")]),
            ],
            happens: vec![
                happens("19 runs would be open again", "Receives value, lost → Receives value", 17),
                happens("19 runs would be in time instead of late", due, 17),
                happens("4 tasks would appear", "Welcome and point to one thing, due 6 Mar 2026, 09:12", 2),
            ],
            elsewhere: vec![(kit.text("Deal champions"), 2)],
        }),
    }
}

fn bad(kit: &Kit) -> FlywheelTrial {
    FlywheelTrial {
        problems: vec![
            kit.text("line 12, step `joined`, within: `45 dayz` is no length of time. write \"2 business days\" or \"14 days\""),
            kit.text("line 31, step `graduates`, enter.fact: there are no facts of the kind `uzed`. did you mean `used`?"),
        ],
        scenarios: Vec::new(),
        notes: Vec::new(),
        can_take_over: false,
        preview: None,
    }
}

fn new(kit: &Kit) -> FlywheelEditorPage {
    FlywheelEditorPage {
        layout: kit.layout(Section::Settings, "New flywheel"),
        action: kit.link("settings/flywheels/new"),
        id: kit.text("welcome"),
        is_new: true,
        made_from: 0,
        text: kit.text("title = \"Welcome\"\n"),
        groups: Vec::new(),
        trial: None,
        history: Vec::new(),
        reset: None,
        problem: Some(kit.text("There is a flywheel `welcome` already: choose another id.")),
    }
}
