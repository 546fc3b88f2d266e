//! What people see, page by page: a view struct with the page's facts, and a template of the same name.
//!
//! Numbers and instants arrive raw; templates write them with `filters`. Text that members wrote passes `person` or
//! `plain`, which strip what could turn or break the line around it.

pub mod absences;
pub mod accounts;
pub mod boards;
pub mod champions;
pub mod decided;
pub mod duplicates;
pub mod errors;
pub mod feedback;
pub mod flywheel_editor;
pub mod flywheels;
pub mod hand_offs;
pub mod home;
pub mod import;
pub mod kpi;
pub mod kpi_editor;
pub mod kpis;
pub mod layout;
pub mod member;
pub mod members;
pub mod organizations;
pub mod packets;
pub mod parts;
pub mod people;
pub mod questions;
pub mod raise_hand;
pub mod reading;
pub mod roles;
pub mod search;
pub mod settings;
pub mod settings_calendar;
pub mod settings_champions;
pub mod settings_currencies;
pub mod settings_leads;
pub mod settings_tasks;
pub mod sign_in;
pub mod source;
pub mod sources;
pub mod tags;
pub mod today;
pub mod typed;
