//! The six flywheels as machines: definitions as data, facts in, runs, tasks and their physics out. Pure.

pub mod calendar;
mod condition;
pub mod definition;
pub mod drop;
mod evaluate;
mod fact;
mod machine;
pub mod physics;
mod rows;
mod run;
pub mod scenario;
mod tasks;
mod timeline;
pub mod vocabulary;

pub use calendar::{BusinessCalendar, Service};
pub use definition::{Definition, DefinitionError};
pub use fact::Fact;
pub use machine::{Machine, MachineError};
pub use rows::{EvidenceRow, RunRow};
pub use run::{Change, Evidence, How, Left, MemberRuns, Run, RunKey, State, Visit};
pub use tasks::Task;
