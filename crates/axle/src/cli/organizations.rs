//! `axle organizations`: the list, one organization with who is there, and which are one.

use axle_app::organizations::{self, Detail, Filter, Order, Person, Standing, Whole};
use axle_app::{AppError, changes};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Arguments, identities};
use crate::output::{Listing, print};
use crate::wiring::now;

/// Where your members work
#[derive(Debug, Subcommand)]
pub(crate) enum Organizations {
    /// Organizations of members: from CRM accounts, domains of addresses and profiles
    List {
        /// members, active, activities, level or name
        #[arg(long, default_value = "members")]
        sort: String,
        /// Part of a name, a domain or an id
        #[arg(long, default_value = "", value_name = "TEXT")]
        find: String,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// One organization: who is and was there and how that is known, deals with their champions, key members, latest activities
    Show {
        /// As in the list, or one of its domains
        id: String,
    },
    /// Organizations that may be one, the most probable first, with reasons
    Suggestions {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Says that two organizations are one
    Merge {
        /// Id, domain or name
        a: String,
        /// Of the other
        b: String,
    },
    /// Says to which organization another one belongs
    Parent {
        /// Id, domain or name
        id: String,
        /// Of the one that it belongs to; none unless given
        parent: Option<String>,
    },
    /// Says that parts of an organization are another one
    Split {
        /// Id, domain or name
        id: String,
        /// The parts: keys or texts of `sightings` as `show` lists them
        #[arg(required = true)]
        sightings: Vec<String>,
    },
    /// Accepts suggestions: the two are one organization
    Accept {
        /// Ids of suggestions
        #[arg(required = true)]
        suggestions: Vec<String>,
    },
    /// Rejects suggestions: the two are two organizations, whatever is suggested later
    Reject {
        /// Ids of suggestions
        #[arg(required = true)]
        suggestions: Vec<String>,
    },
    /// Undoes a change of the history
    Undo {
        /// Its number
        change: i64,
    },
    /// What people changed, the newest first
    History {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

/// People that a table names.
const PEOPLE: usize = 30;
/// Activities that a table tells of.
const LATEST: usize = 15;

impl Organizations {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let by = Some(arguments.by());
        let as_of = arguments.as_of(&workspace).await?;
        let at = as_of.unwrap_or_else(now);
        match self {
            Self::List { sort, find, limit } => {
                let order = Order::from_name(sort).ok_or_else(|| {
                    AppError::Invalid(format!("`{sort}` is no order: use members, active, activities, level or name"))
                })?;
                arguments.hint_import(&workspace).await?;
                let all = organizations::list(&workspace, now(), as_of).await?;
                let filter = Filter { text: find.clone(), ..Filter::default() };
                let mut lines = organizations::select(&all, &filter, order);
                lines.truncate(*limit);
                let mut listing = Listing::new(&[
                    "organization_id",
                    "name",
                    "members",
                    "active 30 days",
                    "activities 30 days",
                    "highest level",
                    "domains",
                ]);
                for line in &lines {
                    listing.row([
                        json!(line.organization_id),
                        json!(line.name),
                        json!(line.members),
                        json!(line.active_members),
                        json!(line.activities),
                        json!(line.step_name),
                        json!(line.domains.join(", ")),
                    ]);
                }
                print(arguments.format, &listing, &lines)
            }
            Self::Show { id } => {
                let all = organizations::list(&workspace, now(), as_of).await?;
                let detail = organizations::show(&workspace, &all, id, at).await?;
                let standing = organizations::standing(&workspace, &detail.line.organization_id, at).await?;
                let listing = told(&detail, &standing);
                print(arguments.format, &listing, &Whole { detail, standing })
            }
            Self::Suggestions { limit } => {
                let mut found = organizations::suggestions(&workspace).await?;
                found.truncate(*limit);
                let mut listing = Listing::new(&["suggestion", "probability", "one", "other", "reasons"]);
                for suggestion in &found {
                    listing.row([
                        json!(suggestion.suggestion_id),
                        json!(suggestion.probability),
                        json!(format!("{} ({})", suggestion.sides[0].name, suggestion.a)),
                        json!(format!("{} ({})", suggestion.sides[1].name, suggestion.b)),
                        json!(suggestion.reasons.join("; ")),
                    ]);
                }
                print(arguments.format, &listing, &found)
            }
            Self::History { limit } => {
                let history = organizations::history(&workspace, *limit).await?;
                print(arguments.format, &identities::listing(&history), &history)
            }
            Self::Merge { a, b } => tell(arguments, organizations::merge(&workspace, a, b, by, at).await?),
            Self::Parent { id, parent } => {
                tell(arguments, organizations::set_parent(&workspace, id, parent.as_deref(), by, at).await?)
            }
            Self::Split { id, sightings } => {
                tell(arguments, organizations::split(&workspace, id, sightings, by, at).await?)
            }
            Self::Accept { suggestions } => {
                tell(arguments, organizations::accept(&workspace, suggestions, by, at).await?)
            }
            Self::Reject { suggestions } => {
                tell(arguments, organizations::reject(&workspace, suggestions, by, at).await?)
            }
            Self::Undo { change } => tell(arguments, changes::undo(&workspace, *change, by, at).await?),
        }
    }
}

fn tell(arguments: &Arguments, change: changes::Change) -> anyhow::Result<()> {
    print(arguments.format, &identities::listing(std::slice::from_ref(&change)), &change)
}

fn told(detail: &Detail, standing: &Standing) -> Listing {
    let mut listing = Listing::new(&["organization", ""]);
    let mut put = |name: &str, value: Value| listing.row([json!(name), value]);
    put("name", json!(detail.line.name));
    put("lifecycle", json!(detail.line.lifecycle));
    put("domains", json!(detail.line.domains.join(", ")));
    put("also called", json!(detail.line.aliases.join(", ")));
    put("belongs to", json!(detail.parent.as_ref().map(|(_, name)| name)));
    put("members", json!(detail.line.members));
    put("active in 30 days", json!(detail.line.active_members));
    put("activities in 30 days", json!(detail.line.activities));
    for fact in &detail.facts {
        put(&format!("facts of kind {}", fact.kind), json!(fact.count));
    }
    let names = |people: &[Person]| people.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    for deal in &standing.deals {
        let stated = &deal.stated;
        let state = match (stated.closed_at, stated.won) {
            (None, _) => stated.stage.as_deref().unwrap_or("open"),
            (_, Some(true)) => "won",
            (_, Some(false)) => "lost",
            (_, None) => "closed",
        };
        let lost: Vec<String> =
            deal.lost.iter().map(|lost| format!("{} on {}", lost.person.name, lost.at.strftime("%Y-%m-%d"))).collect();
        let champions = if deal.champions.is_empty() { "none".to_owned() } else { names(&deal.champions) };
        let lost = if lost.is_empty() { String::new() } else { format!("; lost: {}", lost.join(", ")) };
        let name = format!("deal {}", stated.name.as_deref().unwrap_or(&stated.deal_id));
        put(&name, json!(format!("{state}; champions: {champions}{lost}")));
    }
    if !standing.key_members.is_empty() {
        let people: Vec<Person> = standing.key_members.iter().map(|one| one.person.clone()).collect();
        put("key members", json!(names(&people)));
    }
    for step in &standing.steps {
        put(&format!("{}: {}", step.flywheel_title, step.title), json!(format!("{}, {} late", step.runs, step.late)));
    }
    for sighting in &detail.sightings {
        let why = sighting.reason.as_deref().unwrap_or("leads");
        put(&format!("{} {}", sighting.kind, sighting.key), json!(format!("{}: {why}", sighting.text)));
    }
    for person in detail.people.iter().take(PEOPLE) {
        let date = |date: Option<jiff::civil::Date>| date.map_or_else(|| "…".to_owned(), |date| date.to_string());
        let days = format!(
            "{} to {}, known by {}, {} % sure",
            date(person.from),
            date(person.to),
            person.origin,
            person.percent
        );
        put(&person.name, json!(days));
    }
    for item in detail.timeline.iter().take(LATEST) {
        let what = item.title.as_deref().or(item.text.as_deref()).unwrap_or("");
        let what: String = what.chars().take(70).collect();
        let told = format!("{}: {} in {}: {what}", item.name, item.activity_type, item.channel);
        put(&item.at.strftime("%Y-%m-%d %H:%M").to_string(), json!(told));
    }
    listing
}
