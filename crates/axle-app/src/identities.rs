//! Who is who by people's word: suggestions with their reasons, merging, splitting, and undoing either.

mod changes;
mod joining;
mod matcher;
mod settings;
mod suggest;

pub use crate::changes::{Change, undo};
pub use axle_identity::Precision;
pub use changes::{accept, history, history_page, merge, proposed_split, reject, skip, split};
pub(crate) use settings::settings_of;
pub use settings::{Pair, Preview, Settings, Standing, preview, set_settings, settings, standing};
pub use suggest::{Account, Side, Suggestion, Suggestions, SuggestionsOf, suggestions, suggestions_of};
pub(crate) use suggest::{Held, all, automatic};
