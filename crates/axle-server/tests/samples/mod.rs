//! Every page with sample data about an invented company, Fernlicht, and its community. The gallery writes them as
//! files, the tests render them as they are, emptied, and with every name replaced by a hostile one.

mod boards;
mod champions;
mod community;
mod duplicates;
mod figures;
mod flywheel_settings;
mod flywheels;
mod hand_offs;
mod operations;
mod organizations;
mod reading;
mod today;

use std::cell::Cell;

use askama::Template;
use axle_server::format::Clock;
use axle_server::link::Link;
use axle_server::pages::errors::ErrorPage;
use axle_server::pages::layout::{Layout, Section, Workspace, workspace_link};
use axle_server::pages::parts::{MemberKind, Person};
use axle_server::pages::sign_in::SignInPage;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// One page as it would be served.
#[derive(Clone)]
pub struct Sample {
    /// Its address; the gallery writes it there.
    pub path: String,
    /// The page.
    pub html: String,
}

/// What comes after a name in the hostile samples.
pub const HOSTILE: &str =
    "\"><script>alert(1)</script><img src=x onerror=alert(2)>' onmouseover='alert(3)\u{202e}\u{0}\u{2066}";

/// Where the samples get their text and time from.
pub struct Kit {
    hostile: bool,
    people: Cell<u32>,
}

impl Kit {
    /// Samples as a reader would see them, or with [`HOSTILE`] behind all that others wrote.
    pub fn new(hostile: bool) -> Self {
        Self { hostile, people: Cell::new(0) }
    }

    /// Text that someone else wrote.
    pub fn text(&self, text: &str) -> String {
        if self.hostile { format!("{text}{HOSTILE}") } else { text.to_owned() }
    }

    /// The instant of every sample.
    pub fn now(&self) -> Timestamp {
        "2026-03-04T08:20:00Z".parse().expect("a valid instant")
    }

    /// So long before now.
    pub fn ago(&self, hours: i64) -> Timestamp {
        self.now() - hours.hours()
    }

    /// A page's clock.
    pub fn clock(&self) -> Clock {
        Clock { now: self.now(), zone: TimeZone::get("Europe/Berlin").expect("the zone database has Berlin") }
    }

    /// A link in the sample's workspace.
    pub fn link(&self, path: &str) -> Link {
        workspace_link("fernlicht", path)
    }

    /// A member.
    pub fn person(&self, name: &str, detail: &str) -> Person {
        self.people.set(self.people.get() + 1);
        let id = format!("0195-{:04}", self.people.get());
        let detail = (!detail.is_empty()).then(|| self.text(detail));
        Person { detail, ..Person::member("fernlicht", &id, self.text(name)) }
    }

    /// A teammate.
    pub fn teammate(&self, name: &str, detail: &str) -> Person {
        Person { kind: MemberKind::Teammate, ..self.person(name, detail) }
    }

    /// What surrounds a page.
    pub fn layout(&self, section: Section, title: &str) -> Layout {
        Layout {
            title: title.to_owned(),
            workspace: Workspace { slug: "fernlicht".into(), name: self.text("Fernlicht") },
            other_workspaces: vec![Workspace { slug: "archive".into(), name: self.text("Archive 2019") }],
            user: self.text("Ines Okafor"),
            section,
            clock: self.clock(),
            csrf: "sample".into(),
            search: String::new(),
            notice: None,
            closed: Vec::new(),
            still: None,
        }
    }

    fn page(&self, path: &str, page: &impl Template) -> Sample {
        let html = page.render().expect("writing to memory cannot fail");
        Sample { path: path.to_owned(), html }
    }
}

/// Every page, each in the states that look different.
pub fn all(hostile: bool) -> Vec<Sample> {
    let kit = Kit::new(hostile);
    let mut samples = vec![kit.page("index", &start())];
    samples.extend(plain_pages(&kit));
    samples.extend(champions::samples(&kit));
    samples.extend(community::samples(&kit));
    samples.extend(duplicates::samples(&kit));
    samples.extend(figures::samples(&kit));
    samples.extend(boards::samples(&kit));
    samples.extend(operations::samples(&kit));
    samples.extend(reading::samples(&kit));
    samples.extend(organizations::samples(&kit));
    samples.extend(today::samples(&kit));
    samples.extend(flywheels::samples(&kit));
    samples.extend(flywheel_settings::samples(&kit));
    samples.extend(hand_offs::samples(&kit));
    samples
}

/// The gallery's first page: the way in that an administrator sees first.
fn start() -> SignInPage {
    SignInPage { name: String::new(), problem: None, first_run: true, next: "/fernlicht".into(), csrf: "sample".into() }
}

/// The parts that htmx fetches; not pages of their own.
#[allow(dead_code, reason = "only the gallery writes them")]
pub fn fragments() -> Vec<Sample> {
    let kit = Kit::new(false);
    [duplicates::fragments(&kit), operations::fragments(&kit), reading::fragments(&kit)].concat()
}

fn plain_pages(kit: &Kit) -> Vec<Sample> {
    let refused = SignInPage {
        name: kit.text("ines@fernlicht.example"),
        problem: Some("Name and password do not match. Check both and try again.".into()),
        first_run: false,
        ..start()
    };
    vec![
        kit.page("sign-in", &refused),
        kit.page("errors/404", &ErrorPage::not_found()),
        kit.page("errors/403", &ErrorPage::forbidden()),
        kit.page("errors/500", &ErrorPage::failed("0195-6c1e-77aa")),
    ]
}
