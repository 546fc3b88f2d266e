//! Packets: what one person hands another about a member. Each flywheel's packet is a list of parts; what a part tells is
//! found in one place, whoever reads it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::parts;
use super::sources::Sources;
use crate::AppResult;

/// One statement and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What it is about: `Time zone`.
    pub label: Option<String>,
    /// The statement.
    pub text: String,
    /// Ids of the record: `activity:…`, `note:…`, `signal:…`. Never none.
    pub evidence: Vec<String>,
    /// Where it can be read.
    pub url: Option<String>,
    /// When it was.
    pub at: Option<Timestamp>,
}

impl Line {
    pub(super) fn new(text: impl Into<String>, evidence: impl IntoIterator<Item = String>) -> Self {
        Self { label: None, text: text.into(), evidence: evidence.into_iter().collect(), url: None, at: None }
    }

    pub(super) fn labelled(label: &str, text: impl Into<String>, evidence: impl IntoIterator<Item = String>) -> Self {
        Self { label: Some(label.to_owned()), ..Self::new(text, evidence) }
    }

    pub(super) fn at(self, at: Option<Timestamp>) -> Self {
        Self { at, ..self }
    }
}

/// A part of a packet.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// Its word in addresses and for programs.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What is said.
    pub lines: Vec<Line>,
    /// What is said when there is nothing.
    pub none: &'static str,
    /// What should be known here and is not, each with how to find out.
    pub unknown: Vec<&'static str>,
}

impl Section {
    /// Whether a line is about that.
    pub(super) fn says(&self, label: &str) -> bool {
        self.lines.iter().any(|line| line.label.as_deref() == Some(label))
    }
}

/// What can be told of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Who,
    WhyNow,
    Why,
    Goals,
    Boundaries,
    Uses,
    Flags,
    Topics,
    Standing,
    History,
    Events,
    Next,
    Open,
    Answered,
    Concerns,
    Praise,
    Feedback,
    Product,
    Value,
    Tried,
    Contacts,
    Renewal,
    Risks,
    People,
    Map,
    Notes,
}

use Part::{
    Answered, Boundaries, Concerns, Contacts, Events, Feedback, Flags, Goals, History, Map, Next, Notes, Open, People,
    Praise, Product, Renewal, Risks, Standing, Topics, Tried, Uses, Value, Who, Why, WhyNow,
};

/// What is handed over in a flywheel, and to whom.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) flywheel: &'static str,
    /// `sales`, or who of the colleagues that see members.
    pub(super) to: &'static str,
    pub(super) parts: &'static [Part],
}

/// The packet of leads; any hand-off to sales that names no other flywheel is one.
pub(super) const LEAD: &[Part] =
    &[Who, WhyNow, History, Events, Open, Answered, Concerns, Praise, Product, Contacts, People, Boundaries, Notes];

/// Every packet, in the order of the flywheels.
pub(super) const PACKETS: [Packet; 5] = [
    Packet { flywheel: "community_qualified_leads", to: "sales", parts: LEAD },
    Packet {
        flywheel: "deal_champions",
        to: "sales",
        parts: &[
            Who, WhyNow, Uses, Flags, Map, Topics, History, Events, Open, Answered, Concerns, Praise, Product,
            Contacts, People, Boundaries, Notes,
        ],
    },
    Packet {
        flywheel: "onboarding_customers",
        to: "customer success",
        parts: &[Who, Product, Open, Answered, Value, Tried, Concerns, Contacts, Boundaries, Notes],
    },
    Packet {
        flywheel: "key_account_champions",
        to: "community",
        parts: &[Who, Why, Goals, Boundaries, Renewal, Risks, Notes],
    },
    Packet {
        flywheel: "key_account_champions",
        to: "customer success",
        parts: &[Standing, Topics, Feedback, Next, Concerns],
    },
];

/// What is handed to sales in a flywheel.
pub(super) fn to_sales(flywheel: Option<&str>) -> &'static [Part] {
    let known = PACKETS.iter().find(|packet| packet.to == "sales" && Some(packet.flywheel) == flywheel);
    known.map_or(LEAD, |packet| packet.parts)
}

/// How a part is told: its word, its heading, what is said when there is nothing, and which lines it should have, each with
/// how to find out.
struct Told(&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const WHO: &[(&str, &str)] = &[
    ("Prefers", "how they like to be reached: ask them, and add it on their page as a tag, such as “prefers mail”"),
    ("Time zone", "their time zone: ask where they work"),
    ("Pronouns", "their pronouns: they have not told us"),
    ("Role", "what they do: ask them for their role"),
    ("Organization", "their organization: ask them, and say on their page where they work"),
    ("Size", "the size of their organization: ask sales, or look it up"),
    ("Its plan", "the plan of their organization: ask who looks after the account"),
];

impl Part {
    const fn told(self) -> Told {
        match self {
            Who => Told("who", "Who", "Nothing is known.", WHO),
            WhyNow => Told("why_now", "Why now", "No signal is on record.", &[]),
            Why => {
                Told("why", "Why they matter", "Nothing is known.", &[("Named", "why they were named: ask who did")])
            }
            Goals => Told("goals", "Goals", "Not known: ask them what they want to reach, and note it.", &[]),
            Boundaries => Told("boundaries", "What not to do", "No boundary is known.", &[]),
            Uses => Told(
                "uses",
                "What not to use them for",
                "Nothing is known.",
                &[("In public", "whether we may name them in public: ask them, and record their consent")],
            ),
            Flags => Told(
                "flags",
                "What people say of their weight there",
                "Nobody has said: until somebody does, they are a coach and no champion.",
                &[
                    ("Power", "whether they have power there: ask them who decides"),
                    ("Sells inside", "whether they speak for us when we are not there: ask them"),
                    ("Interest", "what they gain when we win: ask them"),
                ],
            ),
            Topics => Told("topics", "What they talk about", "Too little was said to tell.", &[]),
            Standing => Told("standing", "Where they stand with us", "No activity is on record.", &[]),
            History => Told("history", "History", "No activity is on record.", &[]),
            Events => Told("events", "Events", "Attended none.", &[]),
            Next => Told("next", "Next events", "None is planned.", &[]),
            Open => Told("questions", "Open questions", "None is open.", &[]),
            Answered => Told("answered", "Answered questions", "None was answered.", &[]),
            Concerns => Told("concerns", "Concerns", "None known.", &[]),
            Praise => Told("praise", "Praise", "None known.", &[]),
            Feedback => Told("feedback", "Feedback", "They gave none.", &[]),
            Product => Told(
                "product",
                "Product use",
                "No use of the product is on record.",
                &[
                    ("Plan", "which plan they use: ask them, or look it up in the product"),
                    ("Activated", "whether they came to a first result: ask them"),
                ],
            ),
            Value => Told("value", "What they got out of it", "Nothing yet.", &[]),
            Tried => Told("tried", "What was tried", "Nothing is on record: ask who welcomed them.", &[]),
            Contacts => Told("tickets_calls", "Tickets and calls", "None.", &[]),
            Renewal => {
                Told("renewal", "Renewal", "Not known: no subscription is on record. Ask who looks after it.", &[])
            }
            Risks => Told("risks", "Open risks", "None known.", &[]),
            People => Told("people", "People", "Nobody else of their organization is known here.", &[]),
            Map => Told("map", "Who else of their organization is here", "Nobody else is known here.", &[]),
            Notes => Told("notes", "Notes of colleagues", "None.", &[]),
        }
    }
}

/// Parts as text, to be read or sent where there are no pages.
pub fn text(title: &str, sections: &[Section], zone: &TimeZone) -> String {
    let mut text = format!("{title}\n");
    for section in sections {
        text.push_str(&format!("\n{}\n", section.title));
        if section.lines.is_empty() {
            text.push_str(&format!("- {}\n", section.none));
        }
        for line in &section.lines {
            let label = line.label.as_ref().map(|label| format!("{label}: ")).unwrap_or_default();
            let at =
                line.at.map(|at| at.to_zoned(zone.clone()).strftime(" (%-d %b %Y)").to_string()).unwrap_or_default();
            let url = line.url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
            text.push_str(&format!("- {label}{}{at}{url}\n", line.text));
        }
        section.unknown.iter().for_each(|what| text.push_str(&format!("- Not known: {what}\n")));
    }
    text
}

/// The parts as they stand.
pub(super) async fn sections(read: &Sources<'_>, parts: &[Part]) -> AppResult<Vec<Section>> {
    let mut sections = Vec::with_capacity(parts.len());
    for part in parts {
        let Told(id, title, none, wanted) = part.told();
        let mut section = Section { id, title, lines: parts::lines(read, *part).await?, none, unknown: Vec::new() };
        section.unknown = wanted.iter().filter(|(label, _)| !section.says(label)).map(|(_, what)| *what).collect();
        sections.push(section);
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_has_its_parts_once() {
        for packet in &PACKETS {
            let mut ids: Vec<&str> = packet.parts.iter().map(|part| part.told().0).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), packet.parts.len(), "{}", packet.flywheel);
        }
        assert_eq!(to_sales(Some("onboarding_customers")), LEAD, "what is for colleagues is not handed to sales");
        assert!(
            to_sales(Some("deal_champions")).contains(&Part::Map)
                && LEAD.iter().all(|part| { to_sales(Some("deal_champions")).contains(part) })
        );
    }
}
