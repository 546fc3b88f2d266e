//! Sample pages about what words say: feedback, how well they are read, brands.

use axle_server::link::WebUrl;
use axle_server::pages::feedback::{Became, Decide, FeedbackLine, FeedbackPage, Kind, Other};
use axle_server::pages::layout::Section;
use axle_server::pages::parts::{Exports, Pager};
use axle_server::pages::reading::{
    BrandsPage, CorrectionLine, LabelLine, LabelQuality, LanguageLine, LearntLine, ReadingPage, ReadingProgress, Wrong,
};

use super::{Kit, Sample};

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    [feedback_pages(kit), settings(kit)].concat()
}

pub(super) fn fragments(kit: &Kit) -> Vec<Sample> {
    vec![kit.page("fernlicht/settings/reading/progress", &progress(kit))]
}

pub(super) fn wrong(kit: &Kit, label: &'static str, text: &str) -> Wrong {
    Wrong {
        link: kit.link("corrections"),
        csrf: "token".into(),
        activity_id: "0195-9001".into(),
        label,
        text: text.into(),
        back: "questions".into(),
    }
}

fn feedback_pages(kit: &Kit) -> Vec<Sample> {
    let here = kit.link("feedback").with("kind", "").with("channel", "");
    let url = || WebUrl::parse("https://forum.fernlicht.example/t/8204");
    let line = |words: &str, name: &str, channel: &str, kinds: Vec<&'static str>, hours, alike: bool| FeedbackLine {
        words: kit.text(words),
        url: url(),
        person: Some(kit.person(name, "")),
        channel: kit.text(channel),
        at: kit.ago(hours),
        wrong: kinds.iter().map(|_| wrong(kit, "bug", "Not a bug")).collect(),
        kinds,
        topics: vec![kit.text("dimmer"), kit.text("schedule")],
        others: alike
            .then(|| Other {
                person: kit.person("Mei-Ling Zhao", ""),
                words: kit.text("Schedules drift after the clock change"),
                url: url(),
            })
            .into_iter()
            .collect(),
        became: (!alike).then(|| Became {
            word: "Declined",
            by: Some(kit.text("Margaret Okonkwo")),
            at: Some(kit.ago(hours - 4)),
            reason: Some(kit.text("Groups of rooms come first; floors follow once they exist.")),
            told_at: None,
        }),
        decide: Some(Decide { form: kit.link("feedback/x"), is_open: alike, is_to_tell: !alike }),
    };
    let kind = |key, label, lines| Kind { key, label, lines };
    let page = FeedbackPage {
        layout: kit.layout(Section::Feedback, "Feedback"),
        kinds: vec![
            kind("", "All", 212),
            kind("bug", "Bugs", 61),
            kind("feature", "Feature requests", 48),
            kind("concern", "Concerns", 40),
            kind("praise", "Praise", 79),
        ],
        states: vec![
            kind("", "Any state", 212),
            kind("open", "To decide", 118),
            kind("planned", "Planned", 40),
            kind("declined", "Declined", 31),
            kind("shipped", "Shipped", 23),
            kind("to_tell", "To tell", 17),
        ],
        of_member: None,
        channels: vec![kit.text("general"), kit.text("help")],
        lines: vec![
            line(
                "The dimmer forgets its schedule after every update of the firmware.",
                "Rosa Delgado",
                "help",
                vec!["Bug"],
                3,
                true,
            ),
            line(
                "It would be lovely to group lamps by floor and not only by room, since our warehouse has forty rooms on one floor and we choose each of them by hand every evening.",
                "Bartholomew Oluwaseun-Featherstonehaugh",
                "general",
                vec!["Feature request", "Praise"],
                30,
                false,
            ),
        ],
        pager: Pager { shown: 30, total: 212, noun: "item", first: None, next: Some(here.with("cursor", "x")) },
        exports: Exports { link: here.clone(), what: "212 items".into() },
        any: true,
        here,
    };
    let none = FeedbackPage { lines: vec![], channels: vec![], any: false, ..page.clone() };
    let filtered = FeedbackPage {
        lines: vec![],
        here: kit.link("feedback").with("kind", "bug"),
        of_member: Some(kit.text("Rosa Delgado")),
        ..page.clone()
    };
    vec![
        kit.page("fernlicht/feedback", &page),
        kit.page("new/feedback", &none),
        kit.page("fernlicht/feedback/filtered", &filtered),
    ]
}

fn progress(kit: &Kit) -> ReadingProgress {
    ReadingProgress {
        link: kit.link("settings/reading/progress"),
        now: Some((12_000, 84_120, true)),
        waiting: 0,
        second_opinion: 0,
        has_large: true,
    }
}

fn settings(kit: &Kit) -> Vec<Sample> {
    let quality = |precision, recall| LabelQuality { precision, recall };
    let language = |language: &str, texts, recognized| LanguageLine {
        language: language.into(),
        texts,
        recognized,
        is_read: language == "English",
    };
    let reading = ReadingPage {
        layout: kit.layout(Section::Settings, "Settings"),
        progress: progress(kit),
        labels: vec![
            LabelLine {
                label: "Question".into(),
                meaning: "asks for help or an answer",
                small: quality(98.9, 92.5),
                large: quality(100.0, 91.4),
            },
            LabelLine {
                label: "Concern".into(),
                meaning: "says a worry or a doubt",
                small: quality(70.4, 82.6),
                large: quality(74.1, 87.0),
            },
        ],
        languages: vec![
            language("English", 81_204, Some(100.0)),
            language("German", 2_101, Some(94.6)),
            language("Not told", 815, None),
        ],
        corrections: vec![CorrectionLine {
            activity_id: "0195-9001".into(),
            excerpt: kit.text("How we light forty rooms from one laptop"),
            label: "question".into(),
            said: "Not a question".into(),
            by: Some(kit.text("Ines Okafor")),
            at: Some(kit.ago(5)),
        }],
        corrections_total: 12,
        learnt: vec![LearntLine { head: "Question".into(), corrections: 12, before: 71.4, after: 88.2, taken: true }],
        may_correct: true,
    };
    let waiting = ReadingProgress { now: None, waiting: 1_204, has_large: false, ..progress(kit) };
    let fresh = ReadingPage {
        progress: waiting,
        languages: vec![],
        corrections: vec![],
        corrections_total: 0,
        ..reading.clone()
    };
    let brands = BrandsPage {
        layout: kit.layout(Section::Settings, "Settings"),
        own: vec![kit.text("Fernlicht: fern licht, fernlicht.example")],
        competitors: vec![kit.text("Nachtlampe"), kit.text("Glühwurm: gluehwurm")],
        stated: vec![(kit.text("Leuchtturm"), false)],
        known: 412,
        named: vec![(kit.text("Nachtlampe"), 1_204), (kit.text("Fernlicht"), 812)],
        problem: Some(kit.text("Nachtlampe is listed twice: put its names on one line")),
    };
    vec![
        kit.page("fernlicht/settings/reading", &reading),
        kit.page("fernlicht/settings/reading/fresh", &fresh),
        kit.page("fernlicht/settings/brands", &brands),
    ]
}
