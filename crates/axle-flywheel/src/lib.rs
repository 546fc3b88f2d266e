//! The six flywheels as machines: definitions as data, facts in, runs, tasks and their physics out. Pure.
//!
//! ```text
//! let definitions = vec![Definition::parse("champion_health", text)?, …];      flywheels/<id>.toml, and a workspace's own
//! let machine = Machine::new(definitions, BusinessCalendar::weekdays(zone))?;
//! let mut member = MemberRuns::default();                                      or what the database has stored
//! let changes = machine.advance(&mut member, &facts, now);                     facts in any order, again or late
//! let is_new = machine.replace(&mut member, |origin| …, given, now);           or all that queries give now, for what they gave
//! let tasks = machine.tasks(&member);                                          what people should do as of `now`
//! let rows = machine.run_rows(member_id, &member);                             rows of flywheel_runs; evidence_rows
//! member.wakes_on()                                                            until that day time alone moves nothing
//! ```
//! One member's facts are what concerns them or an organization they belong to. [`vocabulary::KINDS`] says which kinds
//! there are and which rows of the record give them; the decision record 0039 lists them by flywheel. [`drop::Watch`]
//! makes the facts `drop` of all champions' days. [`physics`] reads figures off runs.

pub mod calendar;
mod condition;
pub mod definition;
pub mod drop;
mod evaluate;
mod fact;
mod machine;
pub mod outcomes;
pub mod physics;
mod rows;
mod run;
pub mod scenario;
mod tasks;
mod timeline;
pub mod vocabulary;

pub use calendar::{BusinessCalendar, Service};
pub use definition::{Definition, DefinitionError};
pub use fact::{Fact, Origin};
pub use machine::{Machine, MachineError};
pub use rows::{Became, EvidenceRow, RunRow, VisitRow};
pub use run::{Change, Evidence, How, Left, MemberRuns, Run, RunKey, State, Visit};
pub use tasks::Task;
pub use timeline::Gathered;
