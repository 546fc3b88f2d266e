//! Axle over HTTP: the pages that people open. A page is a view struct and a template; it holds no rules.

pub mod assets;
pub mod chart;
pub mod filters;
pub mod format;
pub mod headers;
pub mod link;
pub mod pages;
