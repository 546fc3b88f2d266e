//! Today with everything on it, and with nothing; the form to raise a hand, and its settings.

use axle_server::pages::layout::Section;
use axle_server::pages::raise_hand::{RaiseHandPage, RaiseHandSettingsPage};
use axle_server::pages::settings_leads::{LeadSettingsPage, NumberField};
use axle_server::pages::settings_tasks::{RotaLine, TaskSettingsPage};
use axle_server::pages::today::{
    ConsentAsked, HandRaised, HandRow, Introduction, IntroductionAnswer, MemberRow, TaskGroup, TaskRow, TodayPage,
    Whose,
};

use super::{Kit, Sample, community};

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    vec![
        kit.page("fernlicht/today", &today(kit)),
        kit.page("fernlicht/today-clear", &clear(kit)),
        kit.page(
            "fernlicht/today-old",
            &TodayPage { stale: (3, kit.link("today").with("due", "stale")), questions_older: 1_178, ..clear(kit) },
        ),
        kit.page("fernlicht/raise-hand", &form(kit, None)),
        kit.page("fernlicht/raise-hand-wrong", &form(kit, Some("This is no e-mail address.".into()))),
        kit.page("fernlicht/raise-hand-taken", &RaiseHandPage { is_taken: true, ..form(kit, None) }),
        kit.page("fernlicht/settings/raise-hand", &settings(kit)),
        kit.page("fernlicht/settings/tasks", &rota(kit)),
        kit.page("fernlicht/settings/leads", &leads(kit)),
    ]
}

pub(super) fn raised(kit: &Kit) -> HandRaised {
    HandRaised {
        link: kit.link("signals"),
        csrf: "sample".into(),
        member_id: "0195-0001".into(),
        activity_id: "0195-a".into(),
        quote: kit.text("We need single sign-on"),
        back: "questions".into(),
    }
}

fn words(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(word, label)| ((*word).to_owned(), (*label).to_owned())).collect()
}

pub(super) fn task(kit: &Kit, id: &str, title: &str, name: &str, late: bool) -> TaskRow {
    TaskRow {
        stranger: (id == "t1").then(|| (Some(kit.person(name, "forum")), kit.link("duplicates"))),
        link: kit.link("today"),
        csrf: "sample".into(),
        back: kit.link("today").to_string(),
        task_id: id.into(),
        may_answer: true,
        title: kit.text(title),
        person: Some(kit.person(name, "")),
        organization: late.then(|| kit.text("Nordhafen Logistics")),
        run: late.then(|| kit.link("flywheels/key_account_champions/runs/1")),
        packet: late.then(|| kit.link("flywheels/key_account_champions/runs/1/packet")),
        dossier: (id == "t3").then(|| kit.link("hand-offs/1")),
        step: "Community-qualified leads, Signals a need".into(),
        why: kit.text("showed interest in buying on 3 Mar 2026: “We need single sign-on before we can roll it out”"),
        due_at: if late { kit.ago(20) } else { kit.ago(-6) },
        is_late: late,
        is_listed: id == "t3",
        assignee: kit.text("ines@fernlicht.example"),
        quick: words(&[("qualified", "Qualified")]),
        more: words(&[("dismissed", "Dismissed"), ("snooze", "Snooze")]),
        reasons: words(&[("no_need", "No need"), ("no_budget", "No budget")]),
        may_rest: true,
        consent: late.then(|| ConsentAsked::of("introduced", "Introduced".into())),
        clock: kit.clock(),
    }
}

fn member(kit: &Kit, name: &str, why: &str) -> MemberRow {
    let person = kit.person(name, "");
    MemberRow { person, member_id: "0195-0009".into(), why: kit.text(why), at: kit.ago(30) }
}

fn today(kit: &Kit) -> TodayPage {
    let here = kit.link("today").with("who", "mine");
    let whose = [("mine", "Mine", 4), ("all", "Everybody's", 9), ("account_executive", "Account executive", 2)];
    TodayPage {
        layout: kit.layout(Section::Today, "Today"),
        whose: whose.map(|(key, label, tasks)| Whose { key: key.into(), label: label.into(), tasks }).to_vec(),
        maybe: vec![HandRow {
            person: kit.person("Otto Brandt", ""),
            text: kit.text("Is there a plan with audit logs?"),
            url: None,
            channel: kit.text("#help"),
            at: kit.ago(5),
            raised: Some(raised(kit)),
        }],
        groups: vec![
            TaskGroup {
                label: "Raised hands",
                key: "hands",
                noun: "decision",
                total: 32,
                rows: vec![task(kit, "t1", "Qualify this signal", "Sunita Rao", false)],
                more: Some((31, here.with("due", "hands"))),
            },
            TaskGroup {
                label: "Late",
                key: "late",
                noun: "task",
                total: 12,
                rows: vec![task(kit, "t2", "Welcome", "Jerry Lund", true)],
                more: Some((11, here.with("due", "late"))),
            },
            TaskGroup {
                label: "Today",
                key: "due-today",
                noun: "task",
                total: 1,
                rows: vec![TaskRow {
                    quick: words(&[("done", "Done")]),
                    more: Vec::new(),
                    reasons: Vec::new(),
                    may_rest: false,
                    person: None,
                    ..task(kit, "t3", "Invite to the next event", "Mei Tan", false)
                }],
                more: None,
            },
        ],
        stale: (31, here.with("due", "stale")),
        questions: community::open_questions(kit).into_iter().take(2).collect(),
        questions_total: 3,
        questions_older: 1_178,
        waiting_days: 30,
        thanks: vec![TaskRow { title: "Thank".into(), ..task(kit, "t4", "Thank", "Kathryn Moss", false) }],
        thanks_total: 7,
        champions: vec![member(kit, "Peggy Olsen", "Champion: no active day in the last 30 days, 9 in the 30 before")],
        newcomers: vec![member(kit, "Ada Quist", "new at forum")],
        introductions: vec![Introduction {
            one: kit.person("Conrad Weiss", ""),
            other: kit.person("Quentin Ford", ""),
            need: kit.text("How do I run backfills in parallel?"),
            like: kit.text("Parallel backfills keep failing"),
            answer: Some(IntroductionAnswer {
                link: kit.link("introductions"),
                csrf: "sample".into(),
                members: ["0195-0004".into(), "0195-0005".into()],
            }),
        }],
        sees: true,
        here,
    }
}

fn clear(kit: &Kit) -> TodayPage {
    TodayPage {
        maybe: Vec::new(),
        groups: Vec::new(),
        stale: (0, kit.link("today")),
        questions: Vec::new(),
        questions_total: 0,
        questions_older: 0,
        thanks: Vec::new(),
        thanks_total: 0,
        champions: Vec::new(),
        newcomers: Vec::new(),
        introductions: Vec::new(),
        ..today(kit)
    }
}

fn form(kit: &Kit, problem: Option<String>) -> RaiseHandPage {
    RaiseHandPage {
        link: kit.link("raise-hand").to_string(),
        community: kit.text("Fernlicht"),
        heading: kit.text("How can we help?"),
        text: kit.text("Tell us what you need, and a person of our team gets back to you."),
        consent: kit.text("You may contact me about this, and keep what I wrote."),
        csrf: "sample".into(),
        name: kit.text("Sunita Rao"),
        email: kit.text("sunita"),
        need: kit.text("We need single sign-on."),
        has_consented: problem.is_some(),
        is_live: problem.is_some(),
        problem,
        is_taken: false,
    }
}

fn settings(kit: &Kit) -> RaiseHandSettingsPage {
    RaiseHandSettingsPage {
        layout: kit.layout(Section::Settings, "Settings"),
        is_open: true,
        heading: kit.text("How can we help?"),
        text: kit.text("Tell us what you need."),
        consent: kit.text("You may contact me about this."),
        consent_version: 2,
        sites: kit.text("https://fernlicht.example"),
        token: "0f1e2d3c4b5a".into(),
        form: kit.link("raise-hand").to_string(),
        hook: "/hooks/fernlicht/raise-hand".into(),
        problem: None,
    }
}

fn leads(kit: &Kit) -> LeadSettingsPage {
    let field = |name: &str, label, value: &str, default| NumberField {
        name: name.into(),
        label,
        value: value.into(),
        default,
    };
    LeadSettingsPage {
        layout: kit.layout(Section::Settings, "Settings"),
        points: vec![
            field("words", "A day with words that ask for more", "6", 4),
            field("elsewhere", "Inferred by another system", "10", 10),
        ],
        days: vec![field("offered", "After it was sent", "30", 30)],
        problem: None,
        preview: vec!["Community-qualified leads: 3 tasks would appear.".into()],
    }
}

fn rota(kit: &Kit) -> TaskSettingsPage {
    let line = |role, label: &str, people: &str, is_first| RotaLine {
        role,
        label: label.into(),
        people: kit.text(people),
        is_first,
        on: (!people.is_empty()).then(|| kit.text("ines@fernlicht.example")),
    };
    TaskSettingsPage {
        layout: kit.layout(Section::Settings, "Settings"),
        roles: vec![
            line("community_builder", "Community builder", "ines@fernlicht.example, sam@fernlicht.example", false),
            line("account_executive", "Account executive", "", true),
        ],
        hooks: kit.text("https://hooks.example/services/T1 json"),
        problem: None,
    }
}
