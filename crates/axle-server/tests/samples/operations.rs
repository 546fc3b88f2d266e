//! Sample pages about running Axle: sources, imports, settings.

use axle_app::reconcile::{Counts, Differing};
use axle_model::business_hours::DAYS;
use axle_server::pages::import::{ImportPage, ImportProgress, ImportReceipt, Reject};
use axle_server::pages::layout::{Notice, Section};
use axle_server::pages::parts::Level;
use axle_server::pages::settings::{
    ChannelLine, ChannelsPage, LevelShift, MemberShift, ScoringPage, ScoringPreview, UserLine, UsersPage, WeightLine,
};
use axle_server::pages::settings_calendar::{CalendarPage, HoursForm};
use axle_server::pages::settings_currencies::CurrenciesPage;
use axle_server::pages::source::{FieldsPage, SourcePage, TypeOfLine};
use axle_server::pages::sources::{ImportLine, ImportState, SourceLine, SourcesPage, UploadForm};

use super::{Kit, Sample};

pub(super) fn imports(kit: &Kit) -> Vec<ImportLine> {
    let line = |id, source: &str, file: &str, state, counts: (u64, u64, u64), hours| ImportLine {
        link: kit.link("imports").below(id),
        source: kit.text(source),
        file: kit.text(file),
        state,
        read: counts.0,
        stored: counts.1,
        rejected: counts.2,
        at: kit.ago(hours),
    };
    vec![
        line("running", "chat", "chat-2026-03.zip", ImportState::Running, (84_120, 0, 0), 0),
        line(
            "done",
            "forum",
            "forum-backup-2026-03-01-030501-v20260210.tar.gz",
            ImportState::Done,
            (20_418, 1_204, 4),
            20,
        ),
        line("failed", "mailing list", "users@lists.fernlicht.example.mbox", ImportState::Failed, (311, 0, 0), 50),
    ]
}

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    let mut samples = source_pages(kit);
    samples.extend(import_pages(kit));
    samples.extend(setting_pages(kit));
    samples
}

fn source_pages(kit: &Kit) -> Vec<Sample> {
    let mut latest = imports(kit).into_iter().map(Some);
    let mut source = |name: &str, format: &str, records, activities, members| SourceLine {
        link: kit.link("sources").below(name).below("counts"),
        name: kit.text(name),
        format: kit.text(format),
        reconciled: (name == "forum").then(|| "98.7 %".into()),
        latest: latest.next().flatten(),
        records,
        activities,
        members,
        covers: Some((kit.ago(24 * 1_400), kit.ago(24))),
    };
    let sources = vec![
        source("chat", "Zulip export", 841_202, 822_119, 912),
        source("forum", "Discourse backup", 120_418, 119_004, 703),
        source("mailing list", "mbox", 311, 290, 41),
        SourceLine { covers: None, ..source("code", "Git repository", 0, 0, 0) },
    ];
    let formats = [("zulip", "Zulip export"), ("discourse", "Discourse backup"), ("mbox", "Mailing list (mbox)")];
    let upload = UploadForm {
        formats: formats.map(|(value, label)| (value.into(), label.into())).into(),
        limit: 20_000_000_000,
        ..UploadForm::default()
    };
    let page = SourcesPage { layout: kit.layout(Section::Sources, "Sources"), sources, imports: imports(kit), upload };
    let mut refused = page.clone();
    refused.upload.problem = Some(
        kit.text("notes.docx is none of the formats that Axle reads. Choose an export, or pick its format by hand."),
    );
    refused.upload.source = kit.text("forum");
    refused.upload.format = "zulip".into();
    let mut empty = refused.clone();
    (empty.sources, empty.imports, empty.upload.problem) = (vec![], vec![], None);
    vec![
        kit.page("fernlicht/sources", &page),
        kit.page("fernlicht/sources/refused", &refused),
        kit.page("fernlicht/sources/empty", &empty),
        kit.page("fernlicht/sources/fields", &fields(kit)),
        kit.page("fernlicht/sources/forum/counts", &counted(kit)),
        kit.page("fernlicht/sources/code/counts", &uncounted(kit)),
    ]
}

fn fields(kit: &Kit) -> FieldsPage {
    let fields = vec![("id", true, "text".into()), ("won", false, "true or false".into())];
    let deal = TypeOfLine { name: "deal", key: "id".into(), fields };
    FieldsPage { layout: kit.layout(Section::Sources, "Lines that Axle reads"), types: vec![deal] }
}

fn counted(kit: &Kit) -> SourcePage {
    let counts = |counted, stored, missing, surplus| Counts { counted, stored, missing, surplus };
    let month = |name: &str, kind: &str, counts| (name.to_owned(), kind.to_owned(), counts);
    let place = |of: &str, counted, stored| Differing {
        source: kit.text("forum"),
        activity_type: "forum:post:replied".into(),
        of: kit.text(of),
        at: kit.ago(2_000),
        counted,
        stored,
    };
    SourcePage {
        layout: kit.layout(Section::Sources, "forum"),
        name: kit.text("forum"),
        types: vec![
            ("forum:post:liked".into(), counts(12_004, 0, 12_004, 0)),
            ("forum:post:replied".into(), counts(98_400, 98_394, 7, 1)),
        ],
        months: 96,
        disagreeing: vec![
            month("March 2026", "forum:post:replied", counts(812, 806, 7, 1)),
            month("March 2026", "forum:post:liked", counts(104, 0, 104, 0)),
        ],
        places: vec![place("4711", 31, 24), place("4712", 2, 3)],
    }
}

fn uncounted(kit: &Kit) -> SourcePage {
    let page = counted(kit);
    SourcePage { name: kit.text("code"), types: vec![], disagreeing: vec![], places: vec![], ..page }
}

fn progress(kit: &Kit, state: ImportState) -> ImportProgress {
    ImportProgress {
        link: kit.link("imports/running/progress"),
        source: kit.text("forum"),
        file: kit.text("forum-backup-2026-03-01-030501-v20260210.tar.gz"),
        state,
        phase: "Reading records".into(),
        bytes_read: 412_000_000,
        bytes_total: Some(1_204_000_000),
        read: if state == ImportState::Done { 20_418 } else { 9_120 },
        started_at: kit.now() - jiff::ToSpan::seconds(72),
        finished_at: (state != ImportState::Running).then(|| kit.now()),
        problem: (state == ImportState::Failed).then(|| {
            kit.text("The archive ends in the middle of posts.json. Export it again and import the new file.")
        }),
        clock: kit.clock(),
    }
}

pub(super) fn fragments(kit: &Kit) -> Vec<Sample> {
    let later = ImportProgress { read: 10_480, bytes_read: 630_000_000, ..progress(kit, ImportState::Running) };
    vec![kit.page("fernlicht/imports/running/progress", &later)]
}

fn import_pages(kit: &Kit) -> Vec<Sample> {
    let receipt = ImportReceipt {
        format: "Discourse backup".into(),
        read: 20_418,
        stored: 1_204,
        unchanged: 19_210,
        rejected: 4,
        activities: 1_198,
        identities: 310,
        members_new: 12,
        members_joined: 3,
        members_parted: 1,
        deleted: 0,
        restored: 0,
        warnings: Vec::new(),
        covers: Some((kit.ago(24 * 1_400), kit.ago(24))),
        by_type: [("forum:reply:posted", 902), ("forum:topic:opened", 171), ("forum:like:given", 125)]
            .map(|(kind, number)| (kit.text(kind), number))
            .into(),
    };
    let reject = |place: &str, reason: &str, excerpt: &str| Reject {
        place: kit.text(place),
        reason: kit.text(reason),
        excerpt: kit.text(excerpt),
    };
    let rejects = vec![
        reject(
            "posts.json:118",
            "created_at is not an instant",
            r#"{"id":118,"created_at":"soon","raw":"Has anyone tried this with the old bridge?"#,
        ),
        reject("posts.json:902", "user_id is missing", r#"{"id":902,"created_at":"2024-05-01T10:00:00Z"#),
    ];
    let link = kit.link("imports/done/rejects");
    let page = |state, receipt: Option<ImportReceipt>, rejects: Vec<Reject>| ImportPage {
        layout: kit.layout(Section::Sources, "Import"),
        progress: progress(kit, state),
        receipt,
        rejects,
        rejects_link: link.clone(),
    };
    let clean =
        ImportReceipt { rejected: 0, stored: 0, unchanged: 20_418, by_type: vec![], covers: None, ..receipt.clone() };
    vec![
        kit.page("fernlicht/imports/running", &page(ImportState::Running, None, vec![])),
        kit.page("fernlicht/imports/done", &page(ImportState::Done, Some(receipt), rejects)),
        kit.page("fernlicht/imports/unchanged", &page(ImportState::Done, Some(clean), vec![])),
        kit.page("fernlicht/imports/failed", &page(ImportState::Failed, None, vec![])),
    ]
}

fn setting_pages(kit: &Kit) -> Vec<Sample> {
    let mut layout = kit.layout(Section::Settings, "Settings");
    layout.notice = Some(Notice {
        text: kit.text("“Europe/Berlin” is the time zone now. Every KPI is counted anew."),
        problem: false,
    });
    let weight = |kind: &str, default, value: &str, activities| WeightLine {
        activity_type: kit.text(kind),
        default,
        value: value.into(),
        activities,
    };
    let scoring = ScoringPage {
        layout: kit.layout(Section::Settings, "Settings"),
        decay: "0.9".into(),
        weights: vec![
            weight("chat:message:sent", 4, "3", 72_118),
            weight("forum:reply:posted", 6, "6", 18_902),
            weight("code:pull_request:opened", 8, "8", 911),
            weight("event:meetup:organized", 11, "11", 6),
        ],
        problem: None,
        preview: None,
    };
    let shift = |name: &str, now, after| LevelShift { name: name.into(), now, after };
    let preview = ScoringPreview {
        levels: vec![
            shift("Exploring", 902, 948),
            shift("Participating", 311, 267),
            shift("Contributing", 58, 56),
            shift("Leading", 13, 13),
        ],
        members: vec![MemberShift {
            person: kit.person("Tomasz Wiśniewski", "@twis"),
            now: Level::of_step(6),
            after: Level::of_step(3),
        }],
        moved: 46,
    };
    let refused = ScoringPage {
        problem: Some("The weight of forum:reply:posted is not a number from 1 to 12.".into()),
        ..scoring.clone()
    };
    let previewed = ScoringPage { preview: Some(preview), ..scoring.clone() };
    let channel = |id: &str, name: &str, source: &str, activities, question_share, takes_questions| ChannelLine {
        is_private: name == "Integrations",
        id: kit.text(id),
        name: kit.text(name),
        source: kit.text(source),
        activities,
        question_share,
        takes_questions,
    };
    let channels = ChannelsPage {
        layout,
        channels: vec![
            channel("1", "Help", "forum", 1_902, Some(71.4), true),
            channel("2", "#general", "chat", 8_113, Some(9.2), false),
            channel("3", "Integrations", "forum", 402, None, true),
        ],
    };
    let none = ChannelsPage { channels: vec![], ..channels.clone() };
    let calendar = CalendarPage {
        layout: kit.layout(Section::Settings, "Settings"),
        time_zone: kit.text("Europe/Berln"),
        time_zones: vec!["Europe/Berlin".into(), "Europe/Paris".into()],
        problem: Some(kit.text("There is no time zone “Europe/Berln”. Choose one of the list.")),
        hours: HoursForm {
            days: DAYS.map(|day| (day, day != "Sunday")).into(),
            from: kit.text("08:30"),
            to: kit.text("17:00"),
            holidays: kit.text("2026-12-25"),
            problem: None,
            preview: Vec::new(),
        },
    };
    let hours = CalendarPage {
        time_zone: "Europe/Berlin".into(),
        problem: None,
        hours: HoursForm {
            to: kit.text("8"),
            problem: Some(kit.text("`8` is no time of day: write it as 09:00; 24:00 is the end of the day")),
            ..calendar.hours.clone()
        },
        ..calendar.clone()
    };
    let currencies = CurrenciesPage {
        layout: kit.layout(Section::Settings, "Settings"),
        reporting: kit.text("EUR"),
        rates: kit.text("2026-01-31,USD,EUR,0.92\nyesterday"),
        problem: Some(kit.text("line 2 of the rates is no rate: write it as 2026-01-31,USD,EUR,0.92")),
    };
    let user = |name: &str, email: &str, role: &str, hours: Option<i64>| UserLine {
        name: kit.text(name),
        email: kit.text(email),
        role: role.into(),
        last_seen_at: hours.map(|hours| kit.ago(hours)),
    };
    let users = UsersPage {
        layout: kit.layout(Section::Settings, "Settings"),
        users: vec![
            user("Ines Okafor", "ines@fernlicht.example", "Administrator", Some(1)),
            user("Paul Herrmann", "paul.herrmann@fernlicht.example", "Reader", None),
        ],
        roles: vec![("reader".into(), "Reader".into()), ("admin".into(), "Administrator".into())],
        email: String::new(),
        problem: None,
    };
    vec![
        kit.page("fernlicht/settings", &scoring),
        kit.page("fernlicht/settings/previewed", &previewed),
        kit.page("fernlicht/settings/refused", &refused),
        kit.page("fernlicht/settings/channels", &channels),
        kit.page("fernlicht/settings/channels/none", &none),
        kit.page("fernlicht/settings/calendar", &calendar),
        kit.page("fernlicht/settings/business-hours", &hours),
        kit.page("fernlicht/settings/currencies", &currencies),
        kit.page("fernlicht/settings/users", &users),
    ]
}
