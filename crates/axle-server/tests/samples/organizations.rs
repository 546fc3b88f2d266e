//! Sample pages about where members work, and the settings of who counts as one.

use axle_server::link::WebUrl;
use axle_server::pages::decided::{
    Changes, OrganizationDuplicatesPage, OrganizationPair, OrganizationSide, SightingLine,
};
use axle_server::pages::layout::Section;
use axle_server::pages::organizations::{
    AccountCard, ActivityLine, AffiliateLine, DealLine, KeyLine, KeyMemberLine, LevelGroup, ListedBy, OrganizationPage,
    OrganizationRow, OrganizationsPage, StepLine,
};
use axle_server::pages::parts::{Exports, Level, Pager, Person};
use axle_server::pages::people::{BotWord, PeoplePage, PeoplePreview, TeammateWord};
use axle_server::pages::typed::Typed;

use super::{Kit, Sample};

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    let mut samples = lists(kit);
    samples.push(kit.page("fernlicht/organizations/a1", &organization(kit)));
    samples.push(kit.page("fernlicht/organizations/new", &bare(kit)));
    samples.extend(duplicates(kit));
    samples.extend(settings(kit));
    samples
}

fn rows(kit: &Kit) -> Vec<OrganizationRow> {
    let row = |name: &str, lifecycle: &str, figures: [u64; 3], step: u8, domains: &[&str]| OrganizationRow {
        link: kit.link("organizations").below(name),
        name: kit.text(name),
        lifecycle: (!lifecycle.is_empty()).then(|| kit.text(lifecycle)),
        members: figures[0],
        active: figures[1],
        activities: figures[2],
        level: (figures[0] > 0).then(|| Level::of_step(step)),
        domains: domains.iter().map(|domain| kit.text(domain)).collect(),
    };
    vec![
        row(
            "Nordhafen Logistics",
            "Customer",
            [41, 18, 1_204],
            12,
            &["nordhafen.example", "nordhafen-logistics.example"],
        ),
        row(
            "Institute for Applied Lighting and Human Factors",
            "",
            [17, 3, 22],
            8,
            &["ialhf.example", "a.example", "b.example"],
        ),
        row("Stadtwerke Ulm", "Opportunity", [4, 0, 0], 0, &["swu.example"]),
        row("Acme", "Churned", [0, 0, 0], 0, &[]),
    ]
}

fn lists(kit: &Kit) -> Vec<Sample> {
    let here = kit.link("organizations").with("q", "").with("lifecycle", "").with("sort", "");
    let page = OrganizationsPage {
        layout: kit.layout(Section::Organizations, "Organizations"),
        lifecycles: vec![("customer".into(), "Customer".into()), ("churned".into(), "Churned".into())],
        problem: None,
        organizations: rows(kit),
        pager: Pager {
            shown: 4,
            total: 312,
            noun: "organization",
            first: Some(here.clone()),
            next: Some(here.with("cursor", "acme.io")),
        },
        exports: Exports { link: here.clone(), what: "312 organizations".into() },
        here: here.clone(),
    };
    let empty = OrganizationsPage {
        lifecycles: Vec::new(),
        organizations: Vec::new(),
        pager: Pager { shown: 0, total: 0, noun: "organization", first: None, next: None },
        ..page.clone()
    };
    let none = OrganizationsPage {
        layout: kit.layout(Section::Organizations, "Organizations"),
        here: here.with("q", kit.text("zeppelin")).with("sort", "shoe size"),
        problem: Some(format!("The list cannot be sorted by “{}”.", kit.text("shoe size"))),
        ..empty.clone()
    };
    vec![
        kit.page("fernlicht/organizations", &page),
        kit.page("fernlicht/organizations/none", &none),
        kit.page("new/organizations", &empty),
    ]
}

fn line(person: Person, period: &str, known: &str) -> AffiliateLine {
    AffiliateLine { person, period: period.into(), known: known.into() }
}

fn organization(kit: &Kit) -> OrganizationPage {
    let verified = "by a verified address";
    OrganizationPage {
        layout: kit.layout(Section::Organizations, "Nordhafen Logistics"),
        name: kit.text("Nordhafen Logistics"),
        lifecycle: Some(kit.text("Customer")),
        aliases: vec![kit.text("Nordhafen GmbH"), kit.text("NHL")],
        domains: vec![kit.text("nordhafen.example"), kit.text("nordhafen-logistics.example")],
        parent: Some((kit.text("Hanseatic Holding"), kit.link("organizations/h1"))),
        account: AccountCard {
            key: Some(KeyLine {
                since: Some("3 Mar 2026".into()),
                owner: kit.text("Cleo Marchetti"),
                target: Some(3),
                reason: kit.text("Renewal above 50 seats and a data team that writes about what it does."),
            }),
            say: Some(kit.link("accounts")),
            organization: "nordhafen".into(),
            may_be_key: true,
            may_be_prospect: false,
        },
        deals: vec![
            DealLine {
                name: kit.text("Fleet lighting"),
                state: kit.text("Negotiation"),
                detail: kit.text("€48,000 · Alfred Brandt"),
                at: kit.ago(24 * 40),
                is_past: false,
                champions: vec![kit.person("Rosa Delgado", "")],
                lost: vec![
                    (kit.person("Noor Haddad", ""), kit.ago(20), Some(kit.text("left organization"))),
                    (kit.person("Tomas Lindqvist", ""), kit.ago(24 * 9), None),
                ],
            },
            DealLine {
                name: kit.text("Pilot"),
                state: "Won".into(),
                detail: String::new(),
                at: kit.ago(24 * 300),
                is_past: true,
                champions: Vec::new(),
                lost: Vec::new(),
            },
        ],
        more_deals: 1,
        key_members: vec![
            KeyMemberLine { person: kit.person("Rosa Delgado", ""), from: kit.ago(24 * 200), last: Some(kit.ago(5)) },
            KeyMemberLine { person: kit.person("Léa Fontaine", ""), from: kit.ago(24 * 100), last: None },
        ],
        steps: vec![StepLine {
            link: kit.link("flywheels").below("deal_champions"),
            flywheel: kit.text("Deal champions"),
            step: kit.text("Helps inside the organization"),
            runs: 3,
            late: 1,
        }],
        typed: Typed::default(),
        parts: vec![(kit.text("Nordhafen Labs"), kit.link("organizations/n1"))],
        accounts: vec![ListedBy { source: kit.text("crm"), id: kit.text("a1"), lifecycle: Some(kit.text("Customer")) }],
        sightings: vec![
            sighting(kit, "account:crm/a1", "listed by crm", "Nordhafen Logistics", None),
            sighting(kit, "domain:nordhafen.example", "domain", "nordhafen.example", Some("same domain")),
            sighting(kit, "name:nhl", "name in profiles", "NHL", Some("said by a person")),
        ],
        decide: Some(kit.link("organizations/a1")),
        silent: 19,
        members: 41,
        active: 18,
        activities: 1_204,
        facts: vec![("Deals".into(), 3), ("Tickets".into(), 128), ("Calls".into(), 1)],
        levels: vec![
            LevelGroup {
                name: "Leading".into(),
                count: 1,
                people: vec![line(kit.person("Rosa Delgado", ""), "since 3 Mar 2024", verified)],
            },
            LevelGroup {
                name: "Exploring".into(),
                count: 40,
                people: vec![
                    line(
                        kit.person("Bartholomew Oluwaseun-Featherstonehaugh", ""),
                        "12 Jan 2026 to 30 Aug 2026",
                        "by an address in use",
                    ),
                    line(kit.person("דנה לוי", ""), "now", "by their profile"),
                ],
            },
        ],
        others: vec![line(kit.teammate("Ines Okafor", ""), "since 1 Feb 2026", "listed by a source")],
        past: vec![line(kit.person("Jonas Brandt", ""), "until 31 Dec 2024", "listed by a source")],
        unnamed: 37,
        timeline: vec![
            ActivityLine {
                person: kit.person("Rosa Delgado", ""),
                what: "Answered a question".into(),
                channel: kit.text("help"),
                at: kit.ago(3),
                words: Some(kit.text("Hold the button until the ring turns blue.")),
                url: WebUrl::parse("https://forum.fernlicht.example/t/8204"),
            },
            ActivityLine {
                person: kit.person("Mei-Ling Zhao", ""),
                what: "Message sent".into(),
                channel: kit.text("general"),
                at: kit.ago(30),
                words: None,
                url: None,
            },
        ],
    }
}

fn sighting(kit: &Kit, key: &str, kind: &str, text: &str, reason: Option<&str>) -> SightingLine {
    SightingLine { key: kit.text(key), kind: kit.text(kind), text: kit.text(text), reason: reason.map(str::to_owned) }
}

/// Organizations that may be one.
fn duplicates(kit: &Kit) -> Vec<Sample> {
    let side = |name: &str, members, sightings: &[(&'static str, &str)]| OrganizationSide {
        link: kit.link("organizations").below(name),
        name: kit.text(name),
        members,
        sightings: sightings.iter().map(|(kind, text)| (*kind, kit.text(text))).collect(),
    };
    let pair = |id: &str, probability, reason: &str, against: Vec<String>, sides| OrganizationPair {
        suggestion_id: id.into(),
        probability,
        reasons: vec![kit.text(reason)],
        is_skipped: !against.is_empty(),
        against,
        sides,
    };
    let page = OrganizationDuplicatesPage {
        layout: kit.layout(Section::Duplicates, "Duplicates"),
        pairs: vec![
            pair(
                "0195-c",
                80.0,
                "domains that begin alike: nordhafen.example and nordhafen.test",
                vec![],
                [
                    side(
                        "Nordhafen Logistics",
                        41,
                        &[("account", "Nordhafen Logistics"), ("domain", "nordhafen.example")],
                    ),
                    side("nordhafen.test", 1, &[("domain", "nordhafen.test")]),
                ],
            ),
            pair(
                "0195-d",
                70.0,
                "same name: Institute for Applied Lighting and Human Factors",
                vec![kit.text("but crm lists both")],
                [
                    side("Institute for Applied Lighting and Human Factors", 17, &[("account", "IALHF")]),
                    side("Institute for Applied Lighting & Human Factors", 0, &[("account", "IALHF (old)")]),
                ],
            ),
        ],
        waiting: 14,
        decided: 6,
        history: super::duplicates::changes(kit, "organizations"),
    };
    let none = OrganizationDuplicatesPage {
        pairs: vec![],
        waiting: 0,
        decided: 0,
        history: Changes { lines: vec![], ..page.history.clone() },
        ..page.clone()
    };
    vec![kit.page("fernlicht/duplicates/organizations", &page), kit.page("new/duplicates/organizations", &none)]
}

fn bare(kit: &Kit) -> OrganizationPage {
    OrganizationPage {
        name: kit.text("acme.io"),
        lifecycle: None,
        account: AccountCard {
            key: None,
            say: Some(kit.link("accounts")),
            organization: "acme.io".into(),
            may_be_key: true,
            may_be_prospect: true,
        },
        deals: Vec::new(),
        more_deals: 0,
        key_members: Vec::new(),
        steps: Vec::new(),
        aliases: Vec::new(),
        domains: Vec::new(),
        parent: None,
        parts: Vec::new(),
        accounts: Vec::new(),
        sightings: Vec::new(),
        decide: None,
        members: 0,
        active: 0,
        activities: 0,
        facts: Vec::new(),
        levels: Vec::new(),
        others: Vec::new(),
        past: Vec::new(),
        unnamed: 0,
        timeline: Vec::new(),
        ..organization(kit)
    }
}

fn settings(kit: &Kit) -> Vec<Sample> {
    let page = PeoplePage {
        layout: kit.layout(Section::Settings, "Settings"),
        own: kit.text("fernlicht.example 2024-03-01"),
        personal: kit.text("stadtnetz.example"),
        problem: None,
        preview: None,
    };
    let preview = PeoplePage {
        preview: Some(PeoplePreview {
            teammates: (14, vec![kit.person("Samuel Adeyemi", ""), kit.person("Léa Fontaine", "")]),
            members: (1, vec![kit.person("Jonas Brandt", "")]),
            gone: (2, vec![kit.text("stadtnetz.example"), kit.text("Acme")]),
            new: (0, Vec::new()),
        }),
        ..page.clone()
    };
    let nothing = PeoplePage { preview: Some(PeoplePreview::default()), ..page.clone() };
    let problem = PeoplePage {
        problem: Some(format!("`{}` is no domain: write one a line, such as acme.io", kit.text("acme"))),
        ..page.clone()
    };
    vec![
        kit.page("fernlicht/settings/people", &page),
        kit.page("fernlicht/settings/people/preview", &preview),
        kit.page("fernlicht/settings/people/nothing", &nothing),
        kit.page("fernlicht/settings/people/problem", &problem),
    ]
}

/// What a member's page says of programs.
pub(super) fn bot_word(kit: &Kit, is_bot: bool) -> BotWord {
    BotWord {
        link: kit.link("members/0195-0001/bot"),
        csrf: "token".into(),
        is_bot,
        is_said: is_bot,
        reasons: if is_bot { vec![kit.text("chat acme-bot: the word bot in the name")] } else { Vec::new() },
        may_say: is_bot,
    }
}

/// When a member was a teammate.
pub(super) fn teammate_word(kit: &Kit, periods: &[&str]) -> TeammateWord {
    TeammateWord {
        link: kit.link("members/0195-0001/teammate"),
        csrf: "token".into(),
        periods: periods.iter().map(|period| (*period).to_owned()).collect(),
        is_said: !periods.is_empty(),
        may_say: true,
        typed: Typed::default(),
    }
}
