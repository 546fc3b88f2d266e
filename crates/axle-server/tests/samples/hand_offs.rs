//! Sample pages about hand-offs and consents.

use axle_app::consents::{KINDS, TEXT_VERSION};
use axle_app::hand_offs::{FLAGS, REASONS};
use axle_server::link::WebUrl;
use axle_server::pages::hand_offs::{
    AuditLine, ClosedPage, ConsentLine, Consents, DossierEvidence, DossierLine, DossierPage, DossierSection, EditForm,
    HandOffRow, HandOffsPage, IncidentLine, StateChip,
};
use axle_server::pages::layout::Section;
use axle_server::pages::packets::{EscalationPage, PacketPage, PacketSide};
use axle_server::pages::parts::Exports;
use axle_server::pages::typed::Typed;

use super::{Kit, Sample};

pub(super) fn samples(kit: &Kit) -> Vec<Sample> {
    let list = list(kit);
    let here = list.here.clone();
    let empty = HandOffsPage { rows: vec![], incidents: Some(vec![]), ..list.clone() };
    let sales = HandOffsPage {
        is_for_sales: true,
        prospect: Some(kit.link("accounts")),
        incidents: None,
        here,
        ..list.clone()
    };
    let dossier = dossier(kit);
    let received = DossierPage {
        form: None,
        member: None,
        missing: vec![],
        problem: None,
        reasons: REASONS.to_vec(),
        state: "Opened",
        ..dossier.clone()
    };
    let bare = DossierPage {
        consent: None,
        closed: Some("The member has not allowed it".into()),
        problem: Some(kit.text("it cannot be sent: the member has not allowed a hand-off to sales")),
        ..dossier.clone()
    };
    let why = "The member took their consent back on 1 Mar 2026".to_owned();
    let closed = ClosedPage { layout: kit.layout(Section::HandOffs, "Hand-off"), why };
    let run = kit.link("flywheels/key_account_champions/runs/1");
    let packet = PacketPage {
        layout: kit.layout(Section::Flywheels, "Rosa Delgado"),
        file: run.clone().below("packet").with("format", "text"),
        run: (run, "Champions in key accounts".into()),
        member: kit.link("members").below("0195-0001"),
        sides: vec![PacketSide { to: "community", sections: dossier.sections.clone() }],
    };
    let question = kit.link("questions").below("0195-0001");
    let escalation = EscalationPage {
        layout: kit.layout(Section::Questions, "Bridge loses its address after a power cut"),
        file: question.with("format", "text"),
        here: question,
        url: WebUrl::parse("https://forum.fernlicht.example/t/8099"),
        escalated: Some((kit.ago(5), kit.text("Ines Okafor"))),
        may_say: true,
        tried: kit.text("Reset, new cable"),
        environment: kit.text("Firmware 4.2"),
        sections: dossier.sections.clone(),
        text: kit.text("Question for support: Bridge loses its address after a power cut"),
        problem: None,
    };
    vec![
        kit.page("fernlicht/hand-offs/packet", &packet),
        kit.page("fernlicht/questions/0195-0001", &escalation),
        kit.page("fernlicht/hand-offs", &list),
        kit.page("new/hand-offs", &empty),
        kit.page("fernlicht/hand-offs/sales", &sales),
        kit.page("fernlicht/hand-offs/dossier", &dossier),
        kit.page("fernlicht/hand-offs/received", &received),
        kit.page("fernlicht/hand-offs/without-consent", &bare),
        kit.page("fernlicht/hand-offs/closed", &closed),
    ]
}

fn list(kit: &Kit) -> HandOffsPage {
    let here = kit.link("hand-offs");
    let row = |name: &str, state, icon, detail: Option<&str>, is_waiting, hours| HandOffRow {
        link: kit.link("hand-offs").below("hand-off-1"),
        name: (!name.is_empty()).then(|| kit.text(name)),
        state,
        icon,
        way: kit.text("from Ines Okafor to Alfred Brandt"),
        detail: detail.map(|detail| kit.text(detail)),
        is_waiting,
        at: Some(kit.ago(hours)),
    };
    let chip = |key, label, count| StateChip { key, label, count };
    HandOffsPage {
        layout: kit.layout(Section::HandOffs, "Hand-offs"),
        states: vec![chip("", "All", 4), chip("prepared", "Prepared", 1), chip("accepted", "Accepted", 2)],
        rows: vec![
            row("Rosa Delgado", "Prepared", "notes", Some("The member has not allowed it"), true, 3),
            row("Sunita Rao", "Accepted", "circle-check", None, false, 40),
            row("", "Sent", "arrow-right", Some("The member took their consent back on 1 Mar 2026"), false, 72),
            row("Tomas Lindqvist", "Returned", "refresh", Some("Given back: no budget"), false, 400),
        ],
        is_for_sales: false,
        prospect: None,
        incidents: Some(vec![IncidentLine {
            person: kit.person("Noor Haddad", "noor"),
            what: "called".into(),
            at: kit.ago(30),
        }]),
        exports: Exports { link: here.clone(), what: "4 hand-offs".into() },
        here,
    }
}

fn dossier(kit: &Kit) -> DossierPage {
    let line = |label: &str, text: &str, evidence: &str| DossierLine {
        label: (!label.is_empty()).then(|| kit.text(label)),
        text: kit.text(text),
        rests_on: "an activity".into(),
        evidence: vec![DossierEvidence {
            what: "activity".into(),
            id: kit.text(evidence),
            place: Some((kit.link("members").below("0195-0001"), "#timeline")),
        }],
        url: WebUrl::parse("https://forum.fernlicht.example/t/91"),
        at: Some(kit.ago(50)),
    };
    let section = |id, title, lines| DossierSection { id, title, lines, none: "Nothing known.", unknown: vec![] };
    DossierPage {
        layout: kit.layout(Section::HandOffs, "Rosa Delgado"),
        here: kit.link("hand-offs").below("hand-off-1"),
        name: kit.text("Rosa Delgado"),
        member: Some(kit.link("members").below("0195-0001")),
        state: "Prepared",
        way: kit.text("from Ines Okafor"),
        course: vec![("Qualified", kit.ago(26))],
        consent: consents(kit).lines.into_iter().next(),
        closed: None,
        problem: None,
        missing: vec!["to whom it goes", "your note"],
        first_sentence: kit.text("Hello Rosa, Ines told me that you would like to talk about this: “we outgrow the free plan”. What would help you most?"),
        note: Some(kit.text("She decides with her manager in April.")),
        expires_at: Some(kit.now()),
        sections: vec![
            DossierSection {
                unknown: vec!["their time zone: ask where they work"],
                ..section("who", "Who", vec![line("Name", "Rosa Delgado", "member:0195-0001"), line("Writes in", "Forum, help", "activity:1")])
            },
            section("why_now", "Why now", vec![line("", "Said so (heard by Ines): “we outgrow the free plan”", "signal:s1")]),
            section("concerns", "Concerns", vec![]),
        ],
        form: Some(EditForm {
            to: kit.text("Alfred Brandt"),
            people: vec![kit.text("Alfred Brandt")],
            note: kit.text("She decides with her manager in April."),
            flags: FLAGS.map(|(flag, _, words)| (flag, words, flag == "power")).to_vec(),
            last_day: "2026-04-03".into(),
            may_send: true,
        }),
        reasons: vec![],
        is_accepted: false,
        audit: vec![AuditLine { text: kit.text("Ines Okafor (builder) looked at it"), at: kit.ago(1) }],
    }
}

pub(super) fn consents(kit: &Kit) -> Consents {
    let line = |kind: &str, covers: &str, revoked: Option<i64>| ConsentLine {
        consent_id: kit.text("consent-1"),
        kind: kit.text(kind),
        covers: covers.to_owned(),
        how: kit.text("text 1, in Slack"),
        at: kit.ago(200),
        revoked_at: revoked.map(|hours| kit.ago(hours)),
    };
    Consents {
        lines: vec![line("Hand-off to sales", "what they said in public", None), line("Recognition", "", Some(20))],
        say: Some(kit.link("members").below("0195-0001").below("consents")),
        kinds: KINDS.to_vec(),
        text_version: TEXT_VERSION,
        csrf: "sample".into(),
        clock: kit.clock(),
        typed: Typed::default(),
    }
}

pub(super) fn no_consents(kit: &Kit) -> Consents {
    Consents { lines: vec![], say: None, ..consents(kit) }
}
