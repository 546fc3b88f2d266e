//! Sample pages about who is one person.

use axle_server::pages::decided::{AboutSide, ChangeLine, Changes};
use axle_server::pages::duplicates::{
    AccountLine, DuplicateLine, DuplicatesOf, DuplicatesPage, IdentitiesPage, PairCard, Preview, SideCard,
};
use axle_server::pages::layout::Section;
use axle_server::pages::parts::Pager;

use super::{Kit, Sample};

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    let page = page(kit);
    let history = Changes { lines: vec![], pager: None, ..page.history.clone() };
    let only =
        DuplicatesPage { only: Some(kit.person("Conrad Winslow", "")), member_id: "0195-0001".into(), ..page.clone() };
    let none_of_one = DuplicatesPage { pairs: vec![], ..only.clone() };
    let none = DuplicatesPage { pairs: vec![], waiting: 0, decided: 0, precision: None, history, ..page.clone() };
    let settings = settings(kit);
    let refused = IdentitiesPage {
        preview: None,
        threshold: kit.text("often"),
        problem: Some(kit.text("“often” is no percentage: write a number from 50 to 100, or nothing for never")),
        ..settings.clone()
    };
    vec![
        kit.page("fernlicht/duplicates", &page),
        kit.page("fernlicht/duplicates/one", &only),
        kit.page("fernlicht/duplicates/none", &none_of_one),
        kit.page("new/duplicates", &none),
        kit.page("fernlicht/settings/identities", &settings),
        kit.page("fernlicht/settings/identities/refused", &refused),
    ]
}

pub(super) fn fragments(kit: &Kit) -> Vec<Sample> {
    let of = DuplicatesOf {
        judge: kit.link("duplicates").with("member", "0195-0001"),
        lines: vec![DuplicateLine {
            person: kit.person("rosad", ""),
            percent: "93 %".into(),
            reasons: kit.text("same rare handle on two platforms: rosad, but they took part in one conversation"),
        }],
    };
    vec![kit.page("fernlicht/members/0195-0001/duplicates", &of)]
}

fn account(kit: &Kit, platform: &str, handle: &str, more: &[&str]) -> AccountLine {
    AccountLine {
        platform: kit.text(platform),
        handle: kit.text(handle),
        more: more.iter().map(|more| kit.text(more)).collect(),
    }
}

fn page(kit: &Kit) -> DuplicatesPage {
    let side = |name: &str, accounts: Vec<AccountLine>| SideCard { person: kit.person(name, ""), accounts };
    let pair = |id: &str, probability, sides, is_skipped| PairCard {
        suggestion_id: id.into(),
        probability,
        reasons: vec![kit.text("same rare handle on two platforms: cwinslow"), kit.text("same name")],
        against: if is_skipped { vec![kit.text("but they took part in one conversation")] } else { vec![] },
        sides,
        is_skipped,
    };
    DuplicatesPage {
        layout: kit.layout(Section::Duplicates, "Duplicates"),
        pairs: vec![
            pair(
                "0195-a",
                99.8,
                [
                    side("Conrad Winslow", vec![account(kit, "forum", "cwinslow", &["conrad@fernlicht.example"])]),
                    side(
                        "C. Winslow",
                        vec![
                            account(kit, "github", "cwinslow", &[]),
                            account(kit, "git", "conrad@home.example", &["Conrad Winslow"]),
                        ],
                    ),
                ],
                false,
            ),
            pair(
                "0195-b",
                41.0,
                [
                    side("Bartholomew Oluwaseun-Featherstonehaugh", vec![account(kit, "chat", "bart", &[])]),
                    side("bart", vec![account(kit, "discord", "bartholomew.oluwaseun.featherstonehaugh", &[])]),
                ],
                true,
            ),
        ],
        only: None,
        member_id: String::new(),
        waiting: 38,
        decided: 112,
        precision: Some((91.2, 84.0, 95.4)),
        history: Changes {
            pager: Some(Pager {
                shown: 2,
                total: 64,
                noun: "change",
                first: Some(kit.link("duplicates")),
                next: Some(kit.link("duplicates").with("before", "6")),
            }),
            ..changes(kit, "")
        },
    }
}

/// What people changed.
pub(super) fn changes(kit: &Kit, back: &str) -> Changes {
    let line = |change_id, summary: &str, by: Option<&str>, hours, is_undone| ChangeLine {
        change_id,
        summary: kit.text(summary),
        by: by.map(|by| kit.text(by)),
        at: Some(kit.ago(hours)),
        is_undone,
        about: Vec::new(),
        more: 0,
    };
    let side = |name: &str, platform: &str, handle: &str, more: &[&str]| AboutSide {
        link: kit.link("members").below("0195-0001"),
        name: kit.text(name),
        accounts: vec![account(kit, platform, handle, more)],
    };
    let pair = vec![
        side("Conrad Winslow", "discord", "conradx", &[]),
        side("Conrad Winslow", "discourse", "conrad", &["C. Winslow"]),
    ];
    Changes {
        undo: kit.link("duplicates/undo"),
        csrf: "token".into(),
        back: back.into(),
        clock: kit.clock(),
        lines: vec![
            line(7, "Ada Byron (chat ada) and chat ada_b are one person", Some("Ines Okafor"), 2, false),
            ChangeLine {
                about: vec![pair],
                more: 37,
                ..line(8, "Import of forum: 38 pairs joined", Some("Axle"), 3, false)
            },
            line(6, "1 identity of bart split off", None, 30, true),
        ],
        pager: None,
    }
}

fn settings(kit: &Kit) -> IdentitiesPage {
    IdentitiesPage {
        layout: kit.layout(Section::Settings, "Settings"),
        threshold: "99.9".into(),
        largest: "12".into(),
        problem: None,
        precision: Some("Of 58 suggestions as probable that were decided, 57 accepted and still standing: 98 % right (95 % certain: 91 to 100 %).".into()),
        preview: Some([
            Preview {
                title: "14 pairs would be joined".into(),
                shown: "the 1 least probable".into(),
                sample: vec![(
                    account(kit, "forum", "cwinslow", &["Conrad Winslow"]),
                    account(kit, "github", "cwinslow", &[]),
                    "above 99 %".into(),
                    vec![kit.text("same rare handle on two platforms: cwinslow")],
                )],
            },
            Preview { title: "Nobody would be parted again".into(), shown: String::new(), sample: Vec::new() },
        ]),
        duplicates: kit.link("duplicates"),
    }
}
