//! The SQL database: the record of what happened, and one module of queries per table.
//!
//! Portable SQL between SQLite (here) and PostgreSQL: `$1` placeholders, BIGINT microseconds, BLOB ids, TEXT JSON.
//! Nothing outside this crate knows SQL of the database.

pub mod activity;
pub mod activity_index;
pub mod affiliation_word;
pub mod api_token;
mod attendance;
pub mod audit;
pub mod backup;
pub mod batch;
pub mod behaviour;
pub mod bulk;
pub mod channel;
pub mod correction;
mod covered;
pub mod db;
pub mod doctor;
pub mod dump;
pub mod error;
pub mod export;
pub mod fact;
pub mod flywheel_definition;
pub mod identity;
pub mod identity_change;
pub mod import_run;
mod known_ids;
pub mod member;
pub mod member_word;
pub mod missing;
pub mod organization_edge;
pub mod published;
pub mod raw;
pub mod reading;
pub mod revision;
mod scan;
pub mod score;
pub mod segment;
pub mod sent;
pub mod session;
pub mod setting;
pub mod source;
pub mod source_count;
pub mod text_vector;
pub mod thread;
pub mod user;
pub mod whereabouts;
pub mod worked_out;
pub mod write;

pub use db::{Db, ServerDb, Tx};
pub use error::{StoreError, StoreResult};
