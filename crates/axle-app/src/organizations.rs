//! Organizations: which there are, who was there on which days, and what they did.

mod found;
mod list;
mod show;

pub(crate) use found::{Evidence, stretches};
pub use found::{Found, Organization};
pub use list::{Filter, Line, Order, list, select};
pub use show::{Affiliate, Count, Detail, Done, show};
