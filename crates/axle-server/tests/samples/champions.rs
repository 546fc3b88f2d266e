//! Sample pages about champions and accounts.

use axle_server::pages::absences::{AbsenceLine, Absences};
use axle_server::pages::accounts::{AccountLine, AccountsPage};
use axle_server::pages::champions::{Brief, BriefLine, ChampionLine, ChampionsPage};
use axle_server::pages::layout::Section;
use axle_server::pages::parts::Level;
use axle_server::pages::settings_champions::{ChampionSettingsPage, NumberLine};
use axle_server::pages::typed::Typed;

use super::{Kit, Sample};

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    let (champions, accounts) = (champions(kit), accounts(kit));
    let nobody = ChampionsPage { silent: vec![], others: vec![], any: false, ..champions.clone() };
    let well = ChampionsPage { silent: vec![], ..champions.clone() };
    let none = AccountsPage { accounts: vec![], more: 0, any: false, ..accounts.clone() };
    vec![
        kit.page("fernlicht/champions", &champions),
        kit.page("fernlicht/settings/champions", &rule(kit)),
        kit.page("fernlicht/champions/well", &well),
        kit.page("new/champions", &nobody),
        kit.page("fernlicht/accounts", &accounts),
        kit.page("new/accounts", &none),
    ]
}

fn rule(kit: &Kit) -> ChampionSettingsPage {
    let line = |name: &str, label: &str, value: &str| NumberLine {
        name: name.into(),
        label: label.into(),
        hint: "the surest and weightiest first; others are listed, not pushed; shipped: 5".into(),
        value: kit.text(value),
    };
    ChampionSettingsPage {
        layout: kit.layout(Section::Settings, "Settings"),
        numbers: vec![
            line("budget_per_week", "Alerts pushed to a builder in a week", "5"),
            line("weight-deal_champion", "Weight of Deal champion", "a lot"),
        ],
        flywheel: kit.link("settings/flywheels").below("champion_health"),
        busy_days: 45,
        problem: Some("the weight of `deal_champion` is \"a lot\": use a number from 0 to 10".into()),
        preview: Vec::new(),
    }
}

pub(super) fn absences(kit: &Kit) -> Absences {
    let line = |days: &str, why: &str, is_past, off: Option<&str>| AbsenceLine {
        days: days.into(),
        why: kit.text(why),
        is_past,
        off: off.map(str::to_owned),
    };
    Absences {
        lines: vec![
            line("6 Jul 2026 to 24 Jul 2026", "Parental leave, said by Buzz", false, Some("2026-07-06")),
            line("1 Aug 2025 to 14 Aug 2025", "from people", true, None),
        ],
        say: Some(kit.link("members").below("1").below("absences")),
        csrf: "sample".into(),
        typed: Typed::default(),
    }
}

pub(super) fn brief(kit: &Kit) -> Brief {
    let line = |text: &str, hours| BriefLine { text: kit.text(text), at: Some(kit.ago(hours)) };
    let topics = vec![line("Dimming curves for old fixtures", 900), line("Who else runs the bridge on a ship?", 1_400)];
    Brief {
        parts: vec![
            ("Last topics", topics),
            ("Open tickets", vec![]),
            ("Last notes", vec![line("Tired of asking.", 700)]),
        ],
        clock: kit.clock(),
    }
}

fn champions(kit: &Kit) -> ChampionsPage {
    let line = |name: &str, roles: &[&str], rhythm, alert: &[&str], hours, feedback| ChampionLine {
        person: kit.person(name, ""),
        roles: roles.iter().map(|role| kit.text(role)).collect(),
        level: Level::of_step(11),
        rhythm,
        alert: alert.iter().map(|text| (*text).to_owned()).collect(),
        is_listed: hours < 24,
        brief: (!alert.is_empty()).then(|| brief(kit)),
        since: Some(kit.ago(hours)),
        is_late: hours > 120,
        state: kit.text("Healthy rhythm"),
        run: Some(kit.link("flywheels").below("champion_health").below("runs").below("1")),
        feedback,
        said: kit.link("feedback"),
    };
    let dropped = "1 active day in the last 30 days, against 9.6 expected from 60 in the 180 days before, for all champions \
                   12 % quieter than usual. So few or fewer by chance: 0.7 %.";
    ChampionsPage {
        layout: kit.layout(Section::Champions, "Champions"),
        here: kit.link("champions").with("role", ""),
        roles: vec![("champion".into(), "Champion".into(), 14), ("moderator".into(), kit.text("Moderator"), 3)],
        silent: vec![
            line("Rosa Delgado", &["Champion", "Moderator"], Some((1, 9.6)), &[dropped], 200, (3, 2)),
            line("Mei-Ling Zhao", &["Deal champion at Stadtwerke Ulm"], Some((0, 4.0)), &[dropped], 20, (0, 0)),
        ],
        others: vec![
            line(
                "Bartholomew Oluwaseun-Featherstonehaugh",
                &["Champion", "Deal champion at the Institute for Applied Lighting and Human Factors"],
                Some((14, 12.25)),
                &[],
                3_000,
                (12, 0),
            ),
            line("Ada Okafor", &["Key member at Nordhafen Logistics"], None, &[], 30, (0, 0)),
        ],
        any: true,
    }
}

fn accounts(kit: &Kit) -> AccountsPage {
    let line = |name: &str, key, people: &[&str], risks: &[&str], renews: Option<(&str, bool)>| AccountLine {
        link: kit.link("organizations").below(name),
        name: kit.text(name),
        what: kit.text("Customer · enterprise"),
        key,
        people: people.iter().map(|person| kit.person(person, "")).collect(),
        members: (41, 18),
        key_members: (1, 2),
        renews: renews.map(|(on, is_near)| (on.to_owned(), is_near)),
        risks: risks.iter().map(|risk| (*risk).to_owned()).collect(),
    };
    AccountsPage {
        layout: kit.layout(Section::Accounts, "Accounts"),
        here: kit.link("accounts").with("show", ""),
        choices: vec![("", "All", 52), ("key", "Key accounts", 2), ("risk", "At risk", 9)],
        accounts: vec![
            line(
                "Nordhafen Logistics",
                Some((Some(3), Some(kit.text("Cleo Anand")))),
                &["Rosa Delgado", "Mei-Ling Zhao"],
                &["1 champion fell silent", "Hangs on one key member", "12 tickets open"],
                Some(("14 Mar 2026", true)),
            ),
            line(
                "Institute for Applied Lighting and Human Factors",
                Some((None, None)),
                &[],
                &[],
                Some(("1 Feb 2027", false)),
            ),
            line("Stadtwerke Ulm", None, &[], &[], None),
        ],
        more: 49,
        any: true,
    }
}
