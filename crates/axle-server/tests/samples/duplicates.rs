//! Sample pages about who is one person.

use axle_server::pages::duplicates::{
    AccountLine, ChangeLine, DuplicatesPage, IdentitiesPage, JoinPreview, PairCard, SideCard,
};
use axle_server::pages::layout::Section;

use super::{Kit, Sample};

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    let page = page(kit);
    let none =
        DuplicatesPage { pairs: vec![], waiting: 0, decided: 0, precision: None, history: vec![], ..page.clone() };
    let settings = settings(kit);
    let refused = IdentitiesPage {
        preview: None,
        threshold: kit.text("often"),
        problem: Some(kit.text("“often” is no percentage: write a number from 50 to 100, or nothing for never")),
        ..settings.clone()
    };
    vec![
        kit.page("fernlicht/duplicates", &page),
        kit.page("new/duplicates", &none),
        kit.page("fernlicht/settings/identities", &settings),
        kit.page("fernlicht/settings/identities/refused", &refused),
    ]
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
        waiting: 38,
        decided: 112,
        precision: Some((91.2, 84.0, 95.4)),
        history: vec![
            ChangeLine {
                change_id: 7,
                summary: kit.text("Ada Byron and ada_b are one person"),
                by: Some(kit.text("Ines Okafor")),
                at: Some(kit.ago(2)),
                is_undone: false,
            },
            ChangeLine {
                change_id: 6,
                summary: kit.text("1 identity of bart split off"),
                by: None,
                at: Some(kit.ago(30)),
                is_undone: true,
            },
        ],
    }
}

fn settings(kit: &Kit) -> IdentitiesPage {
    IdentitiesPage {
        layout: kit.layout(Section::Settings, "Settings"),
        threshold: "99.9".into(),
        largest: "12".into(),
        problem: None,
        preview: Some(JoinPreview {
            joins: 14,
            sample: vec![(
                account(kit, "forum", "cwinslow", &["Conrad Winslow"]),
                account(kit, "github", "cwinslow", &[]),
                99.91,
                vec![kit.text("same rare handle on two platforms: cwinslow")],
            )],
        }),
        duplicates: kit.link("duplicates"),
    }
}
