//! The outside world: sources that read what platforms export.
//!
//! A source turns an export into raw records (I/O, streaming, bounded) and each raw record into entries (pure, so
//! that a better reading can be replayed over what is stored). It knows neither the database nor the clock.

mod avatar;
mod counted;
pub mod csv_rows;
pub mod error;
pub mod input;
pub mod json;
pub mod outgoing;
pub mod read;
pub mod rows;
pub mod source;
pub mod sources;
mod utf16;
pub mod when;

pub use error::{RecordError, SourceError};
pub use input::{Input, Limits, Member, Probe};
pub use source::{Confidence, RawRecord, Source};
