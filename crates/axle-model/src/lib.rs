//! Axle's terms and rules: members, identities, activities, orbit levels, KPIs.
//!
//! Pure: nothing here reads a clock, a file, the environment or a random number, so every figure can be
//! asked as of any instant and every rule can be tested on paper.

pub mod activity;
pub mod affiliation;
pub mod analytics;
pub mod attribution;
pub mod bot;
pub mod business_hours;
pub mod calendar;
pub mod catalogue;
pub mod conversation;
pub mod currency;
pub mod days;
pub mod derive;
pub mod fact_table;
pub mod gravity;
pub mod groups;
pub mod identity;
pub mod interchange;
pub mod km;
pub mod kpi;
pub mod label;
pub mod layer;
pub mod lifecycle;
pub mod look_back;
pub mod love;
pub mod mailmap;
pub mod nearest;
pub mod orbit;
pub mod part;
pub mod presence;
pub mod reach;
pub mod role;
pub mod score;
pub mod settings;
pub mod stats;
pub mod tag;
pub mod teammate;
pub mod thread;
pub mod tidy;
pub mod time;
pub mod virality;

pub use activity::{Activity, ActivityType, Weight};
pub use identity::{Identity, IdentityKey};
pub use interchange::{Entry, Fact, FactKind};
pub use mailmap::{Mailmap, MailmapEntry};
pub use orbit::{OrbitLevel, Step};
pub use part::{Extent, InPart, Part};
pub use settings::ScoreSettings;
