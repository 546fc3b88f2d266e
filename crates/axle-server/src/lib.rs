//! Axle over HTTP: the pages that people open. A page is a view struct and a template; it holds no rules.

mod api;
pub mod assets;
pub mod chart;
mod export;
mod failure;
pub mod filters;
pub mod format;
mod guard;
pub mod headers;
mod jobs;
mod limiter;
pub mod link;
pub mod pages;
mod routes;
mod serve;
mod state;
mod visit;

pub use jobs::{NewDays, Outside};
pub use routes::router;
pub use serve::{ServeOptions, serve};
pub use state::{AppState, Open, Opener};
