//! Parquet files and DataFusion: the only crate that compiles them. Implements the trait `Analytics` of axle-model.

mod behind;
#[cfg(feature = "cluster")]
pub mod cluster;
mod columns;
mod complaint;
mod conditions;
mod counts;
mod definitions;
mod deleted;
mod directory;
mod engine;
mod fact_functions;
mod fact_rows;
mod filter;
mod folds;
mod functions;
mod golden;
mod golden_data;
mod golden_facts;
mod golden_rows;
mod known;
mod known_since;
mod limits;
mod names;
mod network;
mod news;
mod operators;
mod origin;
mod periods;
mod plans;
mod receipt;
mod rollup;
mod rollup_file;
mod rows;
mod runner;
mod scoring;
mod segment;
mod sorted;
mod sql;
mod state;
mod tables;
mod view;

pub use definitions::{CatalogueError, catalogue, definition_of};
pub use engine::DataFusionAnalytics;
pub use golden::check;
pub use limits::QueryLimits;

#[cfg(test)]
mod tests;
