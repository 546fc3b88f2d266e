//! Sample pages about people: home, members, a member, questions, search.

use axle_app::sources::Newest;
use axle_model::time::Grain;
use axle_server::chart::{Chart, Mark, Point, Series};
use axle_server::format::Unit;
use axle_server::link::WebUrl;
use axle_server::pages::absences::Absences;
use axle_server::pages::decided::{AffiliationWords, ChangeLine, Changes};
use axle_server::pages::hand_offs::Consents;
use axle_server::pages::home::{HomePage, MemberChange, Move};
use axle_server::pages::layout::{Layout, Section};
use axle_server::pages::member::{
    Affiliation, Connection, Evidence, IdentityLine, LevelReason, MemberPage, Note, RunOf, SaidGroup, SaidLine,
    SimilarNeed, TimelineDay, TimelineItem, TimelineKind,
};
use axle_server::pages::members::{Gauge, MemberRow, MembersPage, Segment, TagChosen};
use axle_server::pages::parts::{Exports, Level, MemberKind, Pager, Person};
use axle_server::pages::people::TeammateWord;
use axle_server::pages::questions::{
    AgeGroup, Answerer, HelperLine, MissingQuestions, OpenQuestion, QuestionsPage, SimilarQuestion, ThanksLine,
};
use axle_server::pages::roles::{RoleLine, Roles};
use axle_server::pages::search::{Hit, HitGroup, SearchPage};
use axle_server::pages::tags::{TagLine, Tags};
use axle_server::pages::typed::Typed;

use super::figures::{figure, home_figures};
use super::{Kit, Sample, champions, duplicates, hand_offs, operations, organizations, reading, today};

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    let mut samples = vec![kit.page("fernlicht", &home(kit)), kit.page("new", &new_home(kit))];
    samples.extend(member_lists(kit));
    samples.push(kit.page("fernlicht/members/0195-0001", &member(kit)));
    samples.push(kit.page("fernlicht/members/newcomer", &newcomer(kit)));
    for form in ["affiliation", "teammate", "absence", "consent", "note", "role", "end-role", "tag", "merge"] {
        samples.push(kit.page(&format!("fernlicht/members/refused-{form}"), &refused(kit, form)));
    }
    samples.extend(question_pages(kit));
    samples.extend(searches(kit));
    samples
}

fn home(kit: &Kit) -> HomePage {
    let change = |name, handle, change, what: &str, why: &str, hours| MemberChange {
        person: kit.person(name, handle),
        change,
        what: kit.text(what),
        why: kit.text(why),
        at: kit.ago(hours),
    };
    let newest = Newest { source: kit.text("forum"), at: kit.ago(24 * 101) };
    HomePage {
        layout: Layout { still: Some(newest), ..kit.layout(Section::Home, "Home") },
        figures: home_figures(kit),
        changes_period: "last 7 days".into(),
        changes: vec![
            change(
                "Tomasz Wiśniewski",
                "Nordhafen Logistics",
                Move::Quiet,
                "from 11 active days a month to none",
                "Usually active every third day; last seen in #deployments.",
                24 * 31,
            ),
            change(
                "Léa Fontaine",
                "@lea-f",
                Move::Up,
                "Participating I to Contributing III",
                "Opened her first pull request, weight 8.",
                9,
            ),
            change(
                "Bartholomew Oluwaseun-Featherstonehaugh",
                "Institute for Applied Lighting",
                Move::Up,
                "Exploring I to Participating III",
                "Active on two days in the week of 23 Feb.",
                40,
            ),
            change(
                "Mei-Ling Zhao",
                "@meiling",
                Move::New,
                "Exploring III",
                "Joined the forum and asked how to pair a second lamp.",
                26,
            ),
            change("דנה לוי", "@dana", Move::New, "Exploring II", "Reacted to the release notes of 4.2.", 52),
            change(
                "Jonas Brandt",
                "Stadtwerke Ulm",
                Move::Down,
                "Contributing II to Participating II",
                "The pull request that held the level is a year old.",
                24 * 4,
            ),
        ],
        questions: open_questions(kit).into_iter().take(4).collect(),
        questions_open: 17,
        imports: operations::imports(kit),
    }
}

fn new_home(kit: &Kit) -> HomePage {
    HomePage {
        layout: kit.layout(Section::Home, "Home"),
        figures: vec![],
        changes_period: "last 7 days".into(),
        changes: vec![],
        questions: vec![],
        questions_open: 0,
        imports: vec![],
    }
}

fn member_rows(kit: &Kit) -> Vec<MemberRow> {
    let row =
        |person: Person, step, love, presence, organization: &str, sources: &[&str], activities, hours| MemberRow {
            member_id: format!("0195-{activities}"),
            is_chosen: false,
            person,
            level: Level::of_step(step),
            love,
            presence,
            organization: (!organization.is_empty())
                .then(|| (kit.text(organization), kit.link("organizations").below("1"))),
            sources: sources.iter().map(|source| kit.text(source)).collect(),
            activities,
            last_activity_at: Some(kit.ago(hours)),
        };
    vec![
        row(
            kit.person("Rosa Delgado", "@rosad"),
            12,
            412.6,
            Gauge::Neutral,
            "Nordhafen Logistics",
            &["forum", "code", "chat"],
            3_418,
            2,
        ),
        row(kit.person("Samuel Adeyemi", "@sam.a"), 10, 287.1, Gauge::High, "", &["chat", "code"], 1_204, 5),
        row(
            kit.teammate("Ines Okafor", "community lead"),
            9,
            198.4,
            Gauge::Neutral,
            "Fernlicht",
            &["forum", "chat"],
            2_733,
            1,
        ),
        row(kit.person("Léa Fontaine", "@lea-f"), 7, 64.9, Gauge::High, "", &["code", "forum"], 118, 9),
        row(
            kit.person("Bartholomew Oluwaseun-Featherstonehaugh", "@bart"),
            4,
            21.5,
            Gauge::NoBaseline,
            "Institute for Applied Lighting",
            &["mailing list"],
            42,
            40,
        ),
        row(
            kit.person("Tomasz Wiśniewski", "@twis"),
            6,
            18.2,
            Gauge::Low,
            "Nordhafen Logistics",
            &["chat"],
            377,
            24 * 31,
        ),
        row(kit.person("דנה לוי", "@dana"), 2, 3.4, Gauge::NoBaseline, "", &["forum"], 4, 52),
        row(
            Person { kind: MemberKind::Bot, ..kit.person("release-bot", "") },
            0,
            0.0,
            Gauge::Neutral,
            "",
            &["code"],
            9_112,
            3,
        ),
        MemberRow {
            last_activity_at: None,
            ..row(kit.person("Mei-Ling Zhao", "@meiling"), 1, 1.0, Gauge::NoBaseline, "", &[], 1, 26)
        },
    ]
}

fn member_lists(kit: &Kit) -> Vec<Sample> {
    let here = kit.link("members");
    let segment = |name: &str, query: (&str, &str), members, current| Segment {
        name: kit.text(name),
        link: here.with(query.0, query.1),
        current,
        members,
    };
    let members = member_rows(kit);
    let page = MembersPage {
        layout: kit.layout(Section::Members, "Members"),
        segments: vec![
            segment("Contributors", ("level", "contributing"), 38, false),
            segment("Gone quiet", ("segment", "quiet"), 12, false),
            segment("New this month", ("segment", "new"), 57, false),
        ],
        levels: ["Exploring", "Participating", "Contributing", "Leading"]
            .map(|name| (name.to_lowercase(), name.into()))
            .into(),
        sources: vec![kit.text("forum"), kit.text("chat"), kit.text("code"), kit.text("mailing list")],
        problem: None,
        pager: Pager {
            shown: members.len() as u64,
            total: 1_284,
            noun: "member",
            first: None,
            next: Some(here.with("after", "b2Zmc2V0")),
        },
        exports: Exports { link: here.clone(), what: "1,284 members".into() },
        members,
        tag: Some(TagChosen {
            send: kit.link("members").below("tags"),
            back: here.with("sort", "name"),
            typed: Typed::default(),
        }),
        has_not_taken_part: 64,
        here,
    };
    let filtered =
        kit.link("members").with("q", kit.text("lamp")).with("level", "leading").with("columns", "level,love");
    let mut none = MembersPage { here: filtered.clone(), members: vec![], ..page.clone() };
    none.problem = Some(kit.text("“since” is not a date. Write it as 2026-03-04."));
    let some = MembersPage { here: filtered, members: member_rows(kit).into_iter().take(2).collect(), ..page.clone() };
    let nobody = MembersPage { here: kit.link("members"), members: vec![], segments: vec![], ..page.clone() };
    let mut refused = page.clone();
    refused.members.iter_mut().take(2).for_each(|member| member.is_chosen = true);
    let fields = vec![("tag".to_owned(), kit.text("a tag that is too long")), ("whom".to_owned(), "all".to_owned())];
    let problem = kit.text("the tag has 62 characters: 50 are the most, choose a shorter one");
    refused.tag.as_mut().expect("the form is there").typed = Typed { form: "tag", problem, fields };
    vec![
        kit.page("fernlicht/members/refused", &refused),
        kit.page("fernlicht/members", &page),
        kit.page("fernlicht/members/nobody", &nobody),
        kit.page("fernlicht/members/none", &none),
        kit.page("fernlicht/members/filtered", &some),
    ]
}

/// A monthly chart that ends in the running month.
fn monthly(id: &str, title: &str, unit: Unit, mark: Mark, values: &[f64]) -> Chart {
    let points = values.iter().enumerate().map(|(index, value)| {
        let start = jiff::civil::date(2025, 4, 1).saturating_add(jiff::Span::new().months(index as i64));
        Point { partial: index + 1 == values.len(), ..Point::new(start, Some(*value)) }
    });
    let series = vec![Series { name: title.into(), points: points.collect() }];
    Chart { id: id.into(), title: title.into(), unit, grain: Grain::Month, mark, series, more: 0 }
}

fn member(kit: &Kit) -> MemberPage {
    let url = WebUrl::parse("https://code.fernlicht.example/lamp/pulls/482");
    let here = kit.link("members").below("0195-0001");
    let kind = |key: &str, label: &str, activities| TimelineKind { key: key.into(), label: label.into(), activities };
    MemberPage {
        layout: kit.layout(Section::Members, "Rosa Delgado"),
        name: kit.text("Rosa Delgado"),
        kind: MemberKind::Member,
        level: Level::of_step(8),
        reason: LevelReason {
            sentence: kit.text("Seven active days in each of two months within the last year. Her weightiest activity, a merged pull request, would give Contributing III."),
            evidence: vec![
                Evidence { text: "January 2026: 9 active days".into(), url: None, at: None },
                Evidence { text: "February 2026: 14 active days".into(), url: None, at: None },
                Evidence { text: kit.text("Pull request “Dim without flicker” merged, weight 7"), url: url.clone(), at: Some(kit.ago(24 * 12)) },
            ],
            held_until: Some(kit.now() + jiff::ToSpan::hours(24 * 28)),
            next: Some("Seven active days in one more month make it Contributing I.".into()),
        },
        love: 412.6,
        reach: 86.3,
        presence: Gauge::Neutral,
        active: Some((kit.ago(24 * 900), kit.ago(2))),
        active_days: [11, 29, 97],
        activities: 3_418,
        identities: vec![
            identity(kit, "Forum", "rosad", "first account"),
            identity(kit, "Code", "rosa-delgado", "same verified e-mail address as the forum account"),
            identity(kit, "Chat", "Rosa D.", "merged by Ines Okafor on 3 Feb 2026"),
        ],
        organizations: vec![
            Affiliation { organization_id: kit.text("a1"), name: kit.text("Nordhafen Logistics"), link: kit.link("organizations").below("1"), title: Some(kit.text("Building automation")), known: "since 1 Jun 2024, listed by a source; 3 Jun 2024 to 20 Mar 2026, by a verified address".into(), is_current: true },
            Affiliation { organization_id: kit.text("k1"), name: kit.text("Kiel University"), link: kit.link("organizations").below("2"), title: None, known: "until 31 May 2024, listed by a source".into(), is_current: false },
        ],
        affiliations: AffiliationWords {
            say: Some(kit.link("members").below("0195-0001").below("affiliations")),
            words: duplicates::changes(kit, "").lines.into_iter().take(1).map(|line| ChangeLine { summary: kit.text("Not at Kiel University since 1 Jun 2024"), ..line }).collect(),
            ..AffiliationWords::default()
        },
        roles: Some(roles(kit)),
        tags: Some(tags(kit)),
        runs: vec![run(kit, "Healthy rhythm", "Champion health", false), run(kit, "Graduates", "Onboarding customers", true)],
        connections: vec![
            Connection { person: kit.person("Samuel Adeyemi", "@sam.a"), strength: 38.2, last: "Mar 2026".into() },
            Connection { person: kit.person("Léa Fontaine", "@lea-f"), strength: 21.0, last: "Mar 2026".into() },
            Connection { person: kit.teammate("Ines Okafor", "community lead"), strength: 17.4, last: "Feb 2026".into() },
        ],
        connections_total: 61,
        note_down: Some(kit.link("members/0195-0001/notes")),
        typed: Typed::default(),
        notes: vec![Note { author: Some(kit.text("Ines Okafor")), text: kit.text("Would like to speak at the autumn meetup; ask in June."), at: Some(kit.ago(24 * 20)), take_back: Some(kit.text("note:1")) }],
        notes_link: kit.link("members/0195-0001/notes"),
        consents: hand_offs::consents(kit),
        absences: Some(champions::absences(kit)),
        bot: organizations::bot_word(kit, true),
        raised: None,
        teammate: organizations::teammate_word(kit, &["1 Mar 2024 to 31 May 2024", "since 1 Feb 2026"]),
        words: duplicates::changes(kit, "0195-0001"),
        split: Some(kit.link("members").below("0195-0001").below("split")),
        merge: Some(kit.link("members").below("0195-0001").below("merge")),
        duplicates: Some(kit.link("members").below("0195-0001").below("duplicates")),
        said: vec![
            SaidGroup {
                title: "Questions",
                icon: "help-circle",
                lines: vec![SaidLine {
                    words: kit.text("How do we rotate the signing key without a restart?"),
                    url: None,
                    channel: kit.text("help"),
                    at: kit.ago(24 * 3),
                    evidence: vec![kit.text("how do we")],
                    wrong: Some(reading::wrong(kit, "question", "Not a question")),
                }],
            },
            SaidGroup {
                title: "Concerns",
                icon: "alert-triangle",
                lines: vec![SaidLine {
                    words: kit.text("I worry that the old importer goes away before the new one reads our archive."),
                    url: None,
                    channel: kit.text("general"),
                    at: kit.ago(24 * 12),
                    evidence: vec![],
                    wrong: None,
                }],
            },
        ],
        similar_needs: vec![SimilarNeed {
            person: kit.person("Mei-Ling Zhao", "@meiling"),
            own: kit.text("How do we rotate the signing key without a restart?"),
            words: kit.text("Is there a way to change keys while the gateway runs?"),
            url: WebUrl::parse("https://forum.fernlicht.example/t/8121"),
            at: kit.ago(24 * 6),
        }],
        charts: vec![
            monthly("love", "Love at the end of each month", Unit::Number, Mark::Line, &[210.0, 224.5, 260.1, 255.0, 301.7, 322.0, 318.4, 340.2, 371.9, 388.0, 402.3, 412.6]),
            monthly("days", "Active days in each month", Unit::Count, Mark::Bar, &[6.0, 4.0, 8.0, 5.0, 9.0, 11.0, 7.0, 6.0, 10.0, 9.0, 14.0, 3.0]),
        ],
        kinds: vec![kind("", "All", 3_418), kind("answer", "Answers", 912), kind("question", "Questions", 44), kind("contribution", "Contributions", 187), kind("message", "Messages", 2_275)],
        timeline: timeline(kit),
        pager: Pager { shown: 50, total: 3_418, noun: "activity", first: None, next: Some(here.with("after", "x")) },
        here,
    }
}

fn run(kit: &Kit, step: &str, flywheel: &str, is_past: bool) -> RunOf {
    RunOf {
        link: kit.link("flywheels").below("champion_health").below("runs").below("1"),
        flywheel: kit.text(flywheel),
        step: kit.text(step),
        state: if is_past { "Completed".into() } else { "Active".into() },
        at: kit.ago(24 * 9),
        is_past,
    }
}

fn identity(kit: &Kit, platform: &str, handle: &str, reason: &str) -> IdentityLine {
    let url = WebUrl::parse("https://forum.fernlicht.example/u/rosad");
    IdentityLine {
        identity_id: 7,
        is_chosen: false,
        platform: kit.text(platform),
        handle: kit.text(handle),
        more: vec![kit.text("Rosa Delgado"), kit.text("rosa@nordhafen.example")],
        reason: kit.text(reason),
        url,
    }
}

fn timeline(kit: &Kit) -> Vec<TimelineDay> {
    let url = || WebUrl::parse("https://forum.fernlicht.example/t/8121");
    let item =
        |hours, icon, what: &str, channel: &str, source: &str, title: &str, excerpt: &str, weight| TimelineItem {
            at: kit.ago(hours),
            icon,
            what: what.into(),
            channel: (!channel.is_empty()).then(|| kit.text(channel)),
            source: kit.text(source),
            title: (!title.is_empty()).then(|| kit.text(title)),
            excerpt: (!excerpt.is_empty()).then(|| kit.text(excerpt)),
            url: url(),
            weight,
            raised: (icon == "message-circle").then(|| super::today::raised(kit)),
        };
    vec![
        TimelineDay {
            day: kit.ago(2),
            items: vec![
                item(
                    2,
                    "message-circle",
                    "Answered a question",
                    "Help",
                    "forum",
                    "Second lamp does not pair after the update",
                    "Hold the button until it blinks twice, then open the app. It only looks for new lamps for thirty seconds, so start the search first.",
                    6,
                ),
                item(
                    3,
                    "message-circle",
                    "Wrote a message",
                    "#deployments",
                    "chat",
                    "",
                    "Rolled 4.2 out to two halls, no complaints so far.",
                    4,
                ),
            ],
        },
        TimelineDay {
            day: kit.ago(30),
            items: vec![
                item(
                    30,
                    "code",
                    "Opened a pull request",
                    "lamp/firmware",
                    "code",
                    "Dim without flicker below five percent",
                    "",
                    8,
                ),
                item(33, "heart-handshake", "Thanked someone", "Show and tell", "forum", "", "", 2),
            ],
        },
    ]
}

fn roles(kit: &Kit) -> Roles {
    let line = |id: &str, name: &str, period: &str, is_current: bool| RoleLine {
        role_id: id.into(),
        name: kit.text(name),
        reason: is_current.then(|| kit.text("Helps others week after week")),
        by: is_current.then(|| kit.text("Ines Okafor")),
        period: period.into(),
        is_current,
        has_left: !is_current,
        may_be_ended: is_current,
        may_be_undone: true,
    };
    Roles {
        lines: vec![
            line("17", "Champion", "since 16 Aug 2025", true),
            line("18", "Deal champion, Nordhafen Logistics", "3 Mar 2024 to 1 Feb 2025", false),
        ],
        say: Some(kit.link("members/0195-0001/roles")),
        csrf: "sample".into(),
        known: vec![("champion".into(), "Champion".into()), ("key_member".into(), "Key member".into())],
        typed: Typed::default(),
    }
}

fn tags(kit: &Kit) -> Tags {
    let line = |tag: &str, known: &str| TagLine {
        tag: kit.text(tag),
        link: kit.link("members").with("tag", kit.text(tag)),
        known: kit.text(known),
    };
    Tags {
        lines: vec![line("speaker", "said by a person"), line("VIP", "said by a person, stated by crm, forum")],
        say: Some(kit.link("members/0195-0001/tags")),
        csrf: "sample".into(),
        typed: Typed::default(),
    }
}

/// What was sent from a form and cannot be.
fn refused(kit: &Kit, form: &'static str) -> MemberPage {
    let fields = [
        ("word", "there"),
        ("organization", "Nordhafen Labs"),
        ("from", "2026-13-01"),
        ("last", "soon"),
        ("back", "2026-13-09"),
        ("reason", "Holidays"),
        ("channel", "A call"),
        ("day", "2026-13-01"),
        ("covers", "private"),
        ("hand", "yes"),
        ("role", "key_member"),
        ("end", "17"),
        ("text", "Asked for a quote."),
        ("with", "rosa"),
        ("tag", "Speaker at the autumn meetup, and at all the others before it"),
    ];
    // What is chosen from a list is one of its values, whoever sends it.
    let chosen = ["word", "covers", "hand", "role", "end"];
    let sent = |name: &str, value: &str| if chosen.contains(&name) { value.to_owned() } else { kit.text(value) };
    let fields = fields.map(|(name, value)| (name.to_owned(), sent(name, value))).to_vec();
    let typed = Typed { form, problem: kit.text("“2026-13-01” is no date: write it as 2026-03-01"), fields };
    let page = member(kit);
    MemberPage {
        affiliations: AffiliationWords { typed: typed.clone(), ..page.affiliations },
        teammate: TeammateWord { typed: typed.clone(), ..page.teammate },
        absences: page.absences.map(|absences| Absences { typed: typed.clone(), ..absences }),
        consents: Consents { typed: typed.clone(), ..page.consents },
        roles: page.roles.map(|roles| Roles { typed: typed.clone(), ..roles }),
        tags: page.tags.map(|tags| Tags { typed: typed.clone(), ..tags }),
        typed,
        ..page
    }
}

fn newcomer(kit: &Kit) -> MemberPage {
    MemberPage {
        name: kit.text("Mei-Ling Zhao"),
        level: Level::of_step(0),
        reason: LevelReason {
            sentence: "No counted activity within the last year.".into(),
            evidence: vec![],
            held_until: None,
            next: Some("Any activity makes it Exploring III.".into()),
        },
        kind: MemberKind::Teammate,
        active: None,
        activities: 0,
        organizations: vec![],
        affiliations: AffiliationWords::default(),
        roles: Some(Roles { lines: vec![], ..roles(kit) }),
        tags: Some(Tags { lines: vec![], ..tags(kit) }),
        runs: vec![],
        connections: vec![],
        connections_total: 0,
        active_days: [0; 3],
        split: None,
        merge: None,
        duplicates: None,
        said: vec![],
        similar_needs: vec![],
        note_down: None,
        notes: vec![],
        consents: hand_offs::no_consents(kit),
        absences: Some(Absences { lines: vec![], ..champions::absences(kit) }),
        bot: organizations::bot_word(kit, false),
        raised: Some(today::raised(kit)),
        teammate: organizations::teammate_word(kit, &[]),
        words: Changes { lines: vec![], ..duplicates::changes(kit, "0195-0001") },
        charts: vec![],
        kinds: vec![],
        timeline: vec![],
        presence: Gauge::NoBaseline,
        love: 0.0,
        reach: 0.0,
        pager: Pager { shown: 0, total: 0, noun: "activity", first: None, next: None },
        ..member(kit)
    }
}

pub(super) fn open_questions(kit: &Kit) -> Vec<OpenQuestion> {
    let question = |title: &str, excerpt: &str, asker: &str, channel: &str, hours, replies| OpenQuestion {
        title: kit.text(title),
        excerpt: (!excerpt.is_empty()).then(|| kit.text(excerpt)),
        url: WebUrl::parse("https://forum.fernlicht.example/t/8099"),
        asker: kit.person(asker, ""),
        channel: kit.text(channel),
        asked_at: kit.ago(hours),
        replies,
        wrong: (replies > 0).then(|| reading::wrong(kit, "question", "Not a question")),
        raised: (replies > 0).then(|| today::raised(kit)),
        similar: (replies > 0)
            .then(|| SimilarQuestion {
                title: kit.text("Lamps come on an hour late since the clock change"),
                url: WebUrl::parse("https://forum.fernlicht.example/t/7731"),
            })
            .into_iter()
            .collect(),
        helpers: (0..replies)
            .map(|number| HelperLine {
                person: kit.person(["Amara Diallo", "Piotr Nowak", "Jonas Brandt"][number as usize % 3], ""),
                member_id: "0195-0002".into(),
                answered: number + 1,
                asked_at: (number == 1).then(|| kit.ago(3)),
                ask: (number != 1).then(|| kit.link("questions").below("0195-0001")),
            })
            .collect(),
        escalation: Some(kit.link("questions").below("0195-0001")),
        escalated_at: (replies > 1).then(|| kit.ago(20)),
        overdue: hours > 24 && hours < 24 * 30,
    };
    vec![
        question(
            "Can the schedule follow sunset instead of a fixed hour?",
            "We are at 54° north, so a fixed hour is either too early or too late for half of the year. Is there a way to hand in our position?",
            "Jonas Brandt",
            "Help",
            24 * 6,
            3,
        ),
        question("Bridge loses its address after a power cut", "", "Amara Diallo", "Help", 24 * 3, 0),
        question(
            "Which lamps work with the export to building automation?",
            "The table in the manual stops at 2024.",
            "Piotr Nowak",
            "Integrations",
            31,
            1,
        ),
        question(
            "Is there an interface for measuring consumption per room?",
            "",
            "Mei-Ling Zhao",
            "Integrations",
            11,
            0,
        ),
        question("How do I rename a lamp?", "", "דנה לוי", "Help", 2, 0),
    ]
}

fn question_pages(kit: &Kit) -> Vec<Sample> {
    let here = kit.link("questions");
    let mut open = open_questions(kit);
    open.reverse();
    let answerer = |name, detail, helped, answers, accepted| Answerer {
        person: kit.person(name, detail),
        helped,
        answers,
        accepted,
    };
    let page = QuestionsPage {
        layout: kit.layout(Section::Questions, "Questions"),
        thanks: vec![ThanksLine {
            say: Some(kit.link("questions").below("0195-0002")),
            person: kit.person("Samuel Adeyemi", ""),
            asker: kit.person("Amara Diallo", ""),
            title: kit.text("Lamps come on an hour late since the clock change"),
            url: WebUrl::parse("https://forum.fernlicht.example/t/7731"),
            at: kit.ago(9),
        }],
        all_answerers: kit.link("kpis/top_answerers"),
        channels: vec![kit.text("Help"), kit.text("Integrations")],
        ages: [
            ("", "Any age", 17),
            ("week", "Last 7 days", 11),
            ("month", "8 to 30 days", 4),
            ("quarter", "31 to 90 days", 0),
            ("older", "Older", 2),
        ]
        .map(|(key, label, questions)| AgeGroup { key, label, questions })
        .to_vec(),
        figures: vec![
            figure(
                kit,
                "questions",
                "Questions asked",
                Unit::Count,
                &[88.0, 92.0, 71.0, 97.0, 104.0, 118.0],
                "last 30 days",
            ),
            figure(
                kit,
                "questions_answered_by_community",
                "Answered by the community",
                Unit::Percent,
                &[58.0, 61.4, 60.2, 66.0, 64.9, 68.1],
                "last 30 days",
            ),
            figure(
                kit,
                "answered_within_24h",
                "Answered within 24 hours",
                Unit::Percent,
                &[71.0, 70.0, 74.0, 77.2, 75.0, 73.9],
                "last 30 days",
            ),
            figure(
                kit,
                "time_to_community_answer",
                "Time to an answer, median",
                Unit::Seconds,
                &[20_100.0, 18_000.0, 14_200.0, 12_900.0, 13_300.0, 11_520.0],
                "last 30 days",
            ),
        ],
        promise_hours: 24,
        pager: Pager {
            shown: open.len() as u64,
            total: 17,
            noun: "question",
            first: None,
            next: Some(here.with("after", "x")),
        },
        exports: Exports { link: here.clone(), what: "17 open questions".into() },
        answerers: vec![
            answerer("Rosa Delgado", "@rosad", 41, 63, Some(37)),
            answerer("Samuel Adeyemi", "@sam.a", 29, 35, Some(22)),
            answerer("Bartholomew Oluwaseun-Featherstonehaugh", "@bart", 8, 9, None),
        ],
        period: "last 30 days".into(),
        missing: None,
        open,
        here,
    };
    let quiet = QuestionsPage { open: vec![], answerers: vec![], ..page.clone() };
    let unmarked = QuestionsPage {
        missing: Some(MissingQuestions::NoChannelMarked(vec![kit.text("#general"), kit.text("#deployments")])),
        ..page.clone()
    };
    let unconnected = QuestionsPage { missing: Some(MissingQuestions::NoSource), ..page.clone() };
    vec![
        kit.page("fernlicht/questions", &page),
        kit.page("fernlicht/questions/quiet", &quiet),
        kit.page("fernlicht/questions/unmarked", &unmarked),
        kit.page("fernlicht/questions/unconnected", &unconnected),
    ]
}

fn searches(kit: &Kit) -> Vec<Sample> {
    let mut layout = kit.layout(Section::Home, "Search");
    let nothing = SearchPage { layout: layout.clone(), members: vec![], members_total: 0, groups: vec![] };
    layout.search = kit.text("ro");
    let missed = SearchPage { layout: layout.clone(), ..nothing.clone() };
    let found = SearchPage {
        layout,
        members: vec![
            (kit.person("Rosa Delgado", "@rosad"), Level::of_step(12)),
            (kit.person("Piotr Nowak", "@pnowak"), Level::of_step(3)),
        ],
        members_total: 14,
        groups: vec![HitGroup {
            label: "KPIs".into(),
            icon: "chart-line",
            hits: vec![Hit {
                link: kit.link("kpis/members_returning"),
                name: "Members returning".into(),
                detail: "Active in this period and the one before".into(),
            }],
        }],
    };
    vec![
        kit.page("fernlicht/search", &found),
        kit.page("fernlicht/search/none", &missed),
        kit.page("fernlicht/search/empty", &nothing),
    ]
}
