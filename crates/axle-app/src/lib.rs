//! What Axle does: one module per use case. Pages, API, MCP and CLI call these functions and hold no rules.

pub mod directory;
pub mod error;
pub mod figures;
pub mod import;
pub mod members;
pub mod refresh;
pub mod resolve;
pub mod score;
pub mod settings;
pub mod sources;
pub mod users;
pub mod workspace;

pub use error::{AppError, AppResult};
pub use workspace::Workspace;
