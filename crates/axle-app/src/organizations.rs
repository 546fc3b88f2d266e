//! Organizations: which there are, who was there on which days, what they did, and people's word on all of it.

mod decide;
mod evidence;
mod found;
mod list;
mod naming;
mod show;
mod standing;
mod suggest;
mod words;

pub use decide::{Shown, accept, decided, history, history_page, merge, reject, set_parent, skip, split};
pub(crate) use evidence::Evidence;
pub(crate) use found::called;
pub use found::{Found, Organization};
pub use list::{Filter, Line, Order, list, select};
pub use show::{Affiliate, Count, Detail, Done, StatedLifecycle, show};
pub use standing::{Deal, KeyMember, Lost, Person, Standing, Stated, StepThere, Whole, standing};
pub use suggest::{Side, Suggestion, suggestions};
pub use words::{Said, Word, said, say_affiliation};
