//! A demo company and its community: believable, seeded, and written as interchange lines.
//!
//! Tidewheel makes a data-pipeline product with an open-source core. [`write_company`] tells three years of it: people
//! who come and go, chat, forum, code, events, product, website, sales, support, calls, social posts and programmes.
//! Everything follows from [`CompanySettings`]; no clock is read. [`truth`] tells who is who.
//!
//! # How it is built
//! 1. [`World::new`] makes what all parts share: the calendar (seasons, launches), organizations, people with their
//!    accounts, and for each [`people::Venue`] the crowd that takes part there.
//! 2. Each part (`chat`, `forum`, `crm`, …) has a `write(&mut Out)`. It draws from streams of its own
//!    ([`World::stream`], [`World::stream_of`]), so that a new or changed part leaves all others byte for byte as they were.
//! 3. All lines leave through `line::Out`, which holds back what cannot be: acts before an account exists or after an
//!    erasure, anything after the last day. `Out::act` says whether the line was written; ask before you write an answer to it.
//!
//! # How to add a story
//! Put its people into `stories::CAST` (at the end: their place is their number), its organizations into
//! `stories::ORGANIZATIONS`, and write a method of `Story` that says what happens on which day, counted back from the
//! end; call it from `stories::write`. The crowd leaves the cast alone, so what you script is all that happens to them.
//! Stories reach back at most two years, the least length of a simulation.
//!
//! # How to add a part
//! A new module with `write(&mut Out)`, one line in the table of parts below. To add sentences, add lines to `texts/*.txt`.

pub mod bench;
pub mod calendar;
mod calls;
mod chat;
mod check_ins;
pub mod clock;
mod code;
mod crm;
mod events;
mod forum;
pub mod hand_offs;
mod key_accounts;
mod line;
pub mod names;
pub mod organizations;
pub mod people;
mod product;
mod programmes;
pub mod random;
pub mod roles;
mod social;
pub mod stories;
mod support;
pub mod texts;
mod web;
pub mod world;

use std::io;

use axle_model::IdentityKey;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

pub use bench::{BenchSettings, write_benchmark};
pub use world::World;

use line::Out;

/// Which company to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanySettings {
    /// Everything is drawn from it.
    pub seed: u64,
    /// People, teammates included and bots not; at least as many as the stories and the team need.
    pub members: u32,
    /// The last day.
    pub end_on: Date,
    /// How many years, two at least.
    pub years: u32,
}

impl CompanySettings {
    /// 5,000 members over three years.
    pub fn new(seed: u64, end_on: Date) -> Self {
        Self { seed, members: 5000, end_on, years: 3 }
    }
}

/// The parts, in the order in which their lines come.
const PARTS: &[fn(&mut Out) -> io::Result<()>] = &[
    organizations::write,
    people::write,
    chat::write,
    forum::write,
    code::write,
    events::write,
    product::write,
    web::write,
    social::write,
    crm::write,
    support::write,
    calls::write,
    programmes::write,
    key_accounts::write,
    check_ins::write,
    stories::write,
];

/// Hands every line of the company to `write`, in an order that is always the same but not that of time.
pub fn write_company(settings: &CompanySettings, write: &mut dyn FnMut(Value) -> io::Result<()>) -> io::Result<()> {
    let world = World::new(settings);
    let mut out = Out::new(&world, write);
    PARTS.iter().try_for_each(|part| part(&mut out))
}

/// Who is who: one entry for each person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruePerson {
    /// Full name.
    pub name: String,
    /// Every identity under which they appear.
    pub keys: Vec<IdentityKey>,
    /// First trace of them.
    pub seen_at: Timestamp,
    /// When they joined the community.
    pub joined_at: Timestamp,
    /// From then on nothing of them is told.
    pub erased_at: Option<Timestamp>,
    /// When they began to work for the company, and when they stopped.
    pub hired: Option<(Timestamp, Option<Timestamp>)>,
    /// Whether they are a program.
    pub bot: bool,
}

/// The truth about the people of [`write_company`] with the same settings: what identity resolution should find.
/// Passers-by on other sites, of whom only a mention or a visit is known, are not among them.
pub fn truth(settings: &CompanySettings) -> Vec<TruePerson> {
    let instant = |at: i64| Timestamp::from_second(at).unwrap_or(Timestamp::MAX);
    let person = |person: &people::Person| TruePerson {
        name: person.name.clone(),
        keys: person.keys(),
        seen_at: instant(person.seen_at),
        joined_at: instant(person.joined_at),
        erased_at: person.erased_at.map(instant),
        hired: person.hired.as_ref().map(|hired| (instant(hired.from), hired.to.map(instant))),
        bot: person.bot,
    };
    World::new(settings).people.iter().map(person).collect()
}

#[cfg(test)]
mod tests;
