//! Packets between colleagues: about the member of a run, and about a question that goes to support.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::link::{Link, WebUrl};
use crate::pages::hand_offs::DossierSection;
use crate::pages::layout::Layout;

/// `GET /{workspace}/flywheels/{flywheel}/runs/{run}/packet`
#[derive(Debug, Clone, Template)]
#[template(path = "packet.html")]
pub struct PacketPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The run's page, and the flywheel's name.
    pub run: (Link, String),
    /// The member's page.
    pub member: Link,
    /// The same as text.
    pub file: Link,
    /// One for each side that is told something.
    pub sides: Vec<PacketSide>,
}

/// What one side is told.
#[derive(Debug, Clone)]
pub struct PacketSide {
    /// `customer success`
    pub to: &'static str,
    /// The parts, in reading order.
    pub sections: Vec<DossierSection>,
}

/// `GET /{workspace}/questions/{question}`
#[derive(Debug, Clone, Template)]
#[template(path = "escalation.html")]
pub struct EscalationPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address; the form is sent to it.
    pub here: Link,
    /// The same as text.
    pub file: Link,
    /// The thread.
    pub url: Option<WebUrl>,
    /// When it went to support, and who sent it.
    pub escalated: Option<(Timestamp, String)>,
    /// The reader may send it, and it waits or went.
    pub may_say: bool,
    /// What was tried.
    pub tried: String,
    /// Where it happens.
    pub environment: String,
    /// The parts, in reading order.
    pub sections: Vec<DossierSection>,
    /// All of it as text, to be copied.
    pub text: String,
    /// What could not be done, and what to change.
    pub problem: Option<String>,
}
