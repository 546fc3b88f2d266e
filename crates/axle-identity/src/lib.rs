//! Who may be one person among a community's accounts: pairs with calibrated probabilities and reasons, guards for
//! joins without a person, and where to cut a member in two. Pure: it reads nothing and decides nothing.
//!
//! ```text
//! let mut resolver = Resolver::new(&identities, Settings::default());   // identities: &[Identity], by position
//! resolver.forbid(3, 9);                                                // two people, said a person
//! let pairs = resolver.estimate_and_pairs();                            // by weights as seen here; or by the defaults:
//! for pair in resolver.pairs() {                                        // likeliest first, one per pair of members
//!     let reasons = resolver.explain(pair.a, pair.b);                   // "same rare name: conrad winslow", …
//! }
//! let joins = resolver.automatic(&resolver.pairs(), AUTOMATIC);         // what may be joined by itself
//! let position = resolver.add(&identity);                               // one more, later
//! let pairs = resolver.pairs_of(position);
//! let objections = resolver.guard(&[1, 2], &[7]);                       // empty: no person needed
//! resolver.settings_mut().calibration = recalibrate(&decisions);        // learn from reviewers
//! let revoke = smallest_cut(&edges, &[1], &[7]);                        // edges that part 1 from 7
//! ```
//!
//! The model is Fellegi and Sunter's (1969): each agreement adds the logarithm of how much likelier it is between two
//! accounts of one person than between strangers. How likely strangers agree depends on how rare the name, handle or
//! organization is here. Only identities that share a key are compared, so that the work grows with their number.

mod address;
mod blocks;
mod calibration;
mod compare;
mod cut;
mod derive;
mod estimate;
mod fold;
mod handles;
mod join;
mod keys;
mod letters;
mod lists;
mod names;
mod parse;
mod pieces;
mod rarity;
mod reasons;
mod register;
mod resolver;
mod similar;
mod view;
mod weights;
mod words;

pub use address::is_personal_address;
pub use calibration::{Calibration, Decision, Precision, precision, recalibrate};
pub use cut::{CutEdge, smallest_cut};
pub use join::{Joins, Objection, names_of_two};
pub use reasons::{Reason, ReasonKind};
pub use resolver::{Pair, Resolver, Settings};
pub use view::Identity;
pub use weights::Weights;

/// The probability from which pairs may be joined without a person, unless an administrator says otherwise. One rare
/// name or one rare handle alone never comes so far: it takes a second agreement. Of pairs above it fewer than one in
/// a thousand are expected to be two people.
pub const AUTOMATIC: f64 = 0.999;
