//! What Axle does: one module per use case. Pages, API, MCP and CLI call these functions and hold no rules.

mod alike;
pub mod audit;
pub mod background;
pub mod boards;
mod bots;
pub mod by_hand;
pub mod cached;
pub mod changes;
pub mod compare;
pub mod consents;

pub mod directory;
pub mod error;
pub mod figures;
pub mod flywheels;
pub mod glance;
pub mod hand_offs;
pub mod home;
pub mod identities;
pub mod import;
pub mod members;
pub mod needs;
pub mod organizations;
pub mod own_kpis;
pub mod people;
pub mod profile;
pub mod published;
pub mod questions;
pub mod reading;
pub mod refresh;
pub mod resolve;
pub mod roster;
pub mod run_lock;
pub mod said;
pub mod saved_filters;
pub mod score;
pub mod search;
pub mod settings;
pub mod sources;
pub mod tokens;
pub mod users;
pub mod why;
pub mod workspace;

pub use axle_store::ServerDb;
pub use error::{AppError, AppResult};
pub use workspace::Workspace;
