//! `axle settings`: what a workspace may set, with a preview of what a change would do.

use std::path::PathBuf;

use axle_app::flywheels::own::NumbersPreview;
use axle_app::{AppError, drop_rule, identities, people, raised, refresh, settings};
use axle_model::currency::rates_of_csv;
use clap::{Subcommand, ValueEnum};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Arguments;
use crate::output::{Format, Listing, print, print_fields, print_json};
use crate::wiring::now;

/// Weights, milestones, decay, time zone, business hours, currencies, the drop rule, identities and domains
#[derive(Debug, Subcommand)]
pub(crate) enum Settings {
    /// What is set now
    Show,
    /// Says in which time zone days begin (an IANA name such as Europe/Berlin)
    TimeZone {
        /// IANA name
        zone: String,
    },
    /// Shows when somebody is at work, or sets it: working days, hours and holidays
    BusinessHours {
        /// JSON, or a path to a JSON file; what it leaves out is as shipped
        hours: Option<String>,
        /// Shows what they would have made of the last twelve months, and changes nothing
        #[arg(long, requires = "hours")]
        preview: bool,
    },
    /// Shows the currency that figures tell amounts in and the rates, or sets them
    Currencies {
        /// The currency, such as EUR; `none`: each amount in its own
        #[arg(long, value_name = "CODE")]
        reporting: Option<String>,
        /// A table of rates to add, its lines `date,from,to,rate` such as 2026-01-31,USD,EUR,0.92; one of a day that is known is replaced
        #[arg(long, value_name = "FILE")]
        rates: Option<PathBuf>,
    },
    /// Shows what score settings would change, member by member, and changes nothing
    Preview {
        /// JSON, or a path to a JSON file; what it leaves out stays at its default
        score: String,
    },
    /// Opens or closes the form in which anybody can raise a hand
    RaiseHand {
        /// Whether it is open
        #[arg(value_enum)]
        word: Switch,
    },
    /// Shows when a champion's silence is an alert and how many are pushed, or sets it
    DropRule {
        /// JSON, or a path to a JSON file; what it leaves out is as shipped
        rule: Option<String>,
        /// Shows what it would have made of the last twelve months, and changes nothing
        #[arg(long, requires = "rule")]
        preview: bool,
    },
    /// Sets what inferred signals count, and how many days hand-offs hold
    Leads {
        /// JSON, or a path to a JSON file; what it leaves out stays at its default
        leads: String,
        /// Shows what they would have made of the last twelve months, and changes nothing
        #[arg(long)]
        preview: bool,
    },
    /// Shows when members are joined without a person and how right reviewers found suggestions, or sets it
    Identities {
        /// JSON, or a path to a JSON file: threshold (a probability from 0.5 to 1, null for never) and largest_member; what it leaves
        /// out is as shipped
        identities: Option<String>,
        /// Shows whom it would join and part, and changes nothing
        #[arg(long, requires = "identities")]
        preview: bool,
    },
    /// Shows which domains make teammates and which tell no organization, or sets them
    People {
        /// JSON, or a path to a JSON file: own_domains (each a domain, with from and department where they matter) and personal_domains;
        /// what it leaves out is empty
        people: Option<String>,
        /// Shows who would become a teammate or a member, and changes nothing
        #[arg(long, requires = "people")]
        preview: bool,
    },
    /// Sets the score settings
    Score {
        /// JSON, or a path to a JSON file; what it leaves out stays at its default
        score: String,
    },
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Open
    On,
    /// Closed
    Off,
}

impl Settings {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        match self {
            Self::Show => {}
            Self::TimeZone { zone } => settings::set_time_zone(&workspace, zone, Some(arguments.by()), now()).await?,
            Self::BusinessHours { hours: Some(hours), preview: true } => {
                let preview = settings::preview_business_hours(&workspace, &text(hours), now()).await?;
                return tell(arguments, &preview);
            }
            Self::BusinessHours { hours, .. } => {
                if let Some(hours) = hours {
                    settings::set_business_hours(&workspace, &text(hours), arguments.by(), now()).await?;
                }
                return print_fields(arguments.format, &settings::business_hours(&workspace).await?);
            }
            Self::Currencies { reporting, rates } => {
                let mut wanted = settings::currencies(&workspace).await?;
                if let Some(code) = reporting {
                    wanted.reporting = (code != "none").then(|| code.clone());
                }
                if let Some(file) = rates {
                    let table = std::fs::read_to_string(file).map_err(|error| {
                        AppError::Invalid(format!("{}: {error}; give a text file in UTF-8", file.display()))
                    })?;
                    wanted.rates.extend(rates_of_csv(&table).map_err(|error| AppError::Invalid(error.to_string()))?);
                }
                if reporting.is_some() || rates.is_some() {
                    wanted = settings::set_currencies(&workspace, wanted, arguments.by(), now()).await?;
                }
                return print_fields(arguments.format, &wanted);
            }
            Self::Preview { score } => {
                let preview = settings::preview(&workspace, &parse(score, "score settings")?, now()).await?;
                if arguments.format == Format::Json {
                    return print_json(&preview);
                }
                let mut listing = Listing::new(&["member", "step now", "step then", "love now", "love then"]);
                for change in &preview.changes {
                    listing.row([
                        json!(change.name),
                        json!(change.step_now),
                        json!(change.step_then),
                        json!(change.love_now),
                        json!(change.love_then),
                    ]);
                }
                print(arguments.format, &listing, &preview)?;
                eprintln!("{} of {} members would change their step", preview.moved, preview.members);
                return Ok(());
            }
            Self::RaiseHand { word } => {
                let held = raised::settings(&workspace).await?;
                let wanted = raised::Settings { is_open: *word == Switch::On, ..held };
                raised::set(&workspace, wanted, false, arguments.by(), now()).await?;
                let held = raised::settings(&workspace).await?;
                return print_fields(
                    arguments.format,
                    &json!({"is_open": held.is_open, "sites": held.sites, "token": held.token}),
                );
            }
            Self::DropRule { rule: Some(rule), preview: true } => {
                return tell(arguments, &drop_rule::preview(&workspace, &text(rule), now()).await?);
            }
            Self::DropRule { rule, .. } => {
                if let Some(rule) = rule {
                    drop_rule::set(&workspace, &text(rule), arguments.by(), now()).await?;
                }
                return print_fields(arguments.format, &drop_rule::of(&workspace).await?);
            }
            Self::Leads { leads, preview } => {
                let leads = parse(leads, "settings of leads")?;
                if *preview {
                    return tell(arguments, &settings::preview_leads(&workspace, &leads, now()).await?);
                }
                settings::set_leads(&workspace, &leads, arguments.by(), now()).await?;
            }
            Self::Identities { identities: given, preview } => {
                if let Some(given) = given {
                    let settings = identities::Settings::parse(&text(given))?;
                    if *preview {
                        return print_fields(arguments.format, &identities::preview(&workspace, &settings).await?);
                    }
                    identities::set_settings(&workspace, &settings, Some(arguments.by()), now()).await?;
                }
                return print_fields(arguments.format, &identities::standing(&workspace).await?);
            }
            Self::People { people: given, preview } => {
                if let Some(given) = given {
                    let settings = people::Settings::parse_json(&text(given))?;
                    if *preview {
                        return print_fields(arguments.format, &people::preview(&workspace, &settings, now()).await?);
                    }
                    people::set_settings(&workspace, &settings, Some(arguments.by()), now()).await?;
                }
                return print_fields(arguments.format, &people::settings(&workspace).await?);
            }
            Self::Score { score } => {
                settings::set_score(&workspace, &parse(score, "score settings")?, Some(arguments.by()), now()).await?
            }
        }
        let (score, version) = refresh::settings(&workspace).await?;
        let zone = workspace.time_zone().await?;
        let hours = settings::business_hours(&workspace).await?;
        let leads = settings::leads(&workspace).await?;
        let currencies = settings::currencies(&workspace).await?;
        print_fields(
            arguments.format,
            &json!({"time_zone": zone.iana_name(), "business_hours": hours, "currencies": currencies, "score_version": version,
                    "score": score, "leads": leads}),
        )
    }
}

/// What other numbers would have made of the past.
fn tell(arguments: &Arguments, preview: &NumbersPreview) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["in the last twelve months"]);
    preview.sentences().into_iter().for_each(|sentence| listing.row([json!(sentence)]));
    print(arguments.format, &listing, preview)
}

/// What is in the file of that name; when there is none, the words themselves.
fn text(file_or_json: &str) -> String {
    std::fs::read_to_string(file_or_json).unwrap_or_else(|_| file_or_json.to_owned())
}

fn parse<T: DeserializeOwned>(given: &str, what: &str) -> Result<T, AppError> {
    serde_json::from_str(&text(given)).map_err(|error| AppError::Invalid(format!("these are no {what}: {error}")))
}
