//! Who is who by people's word: suggestions with their reasons, merging, splitting, and undoing either.

mod changes;
mod joining;
mod matcher;
mod suggest;

pub use crate::changes::{Change, undo};
pub use axle_identity::Precision;
pub use changes::{accept, history, history_page, merge, proposed_split, reject, skip, split};
pub use suggest::{
    Account, Preview, Settings, Side, Suggestion, Suggestions, preview, set_settings, settings, suggestions,
    suggestions_of,
};
pub(crate) use suggest::{Held, all, automatic, settings_of};
