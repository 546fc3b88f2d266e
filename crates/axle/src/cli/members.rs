//! `axle members`: the list, and one member with the reasons.

use axle_app::audit::Actor;
use axle_app::changes::Change;
use axle_app::introductions::{self, Outcome};
use axle_app::members::{self, Sort, Who};
use axle_app::people::{self, Word};
use axle_app::roles::{self, Given};
use axle_app::{AppError, Workspace, consents, notes, organizations, said, tags};
use axle_model::tag;
use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Arguments, identities};
use crate::output::{Format, Listing, print, print_json};
use crate::wiring::now;

mod whom;

use whom::{Whom, found};

/// Who your members are
#[derive(Debug, Subcommand)]
pub(crate) enum Members {
    /// Everybody but programs, also who did nothing yet that counts; as of an instant, those with counted activity by then
    List {
        /// love, level, last_activity or name
        #[arg(long, default_value = "love")]
        sort: String,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// SQL condition over the columns of the table `members`, such as "level = 'Leading' and love > 10"
        #[arg(long, value_name = "EXPR")]
        filter: Option<String>,
        /// Those with this tag, however it is spelt
        #[arg(long)]
        tag: Option<String>,
        /// Only those with counted activity, as figures count them
        #[arg(long, conflicts_with = "all")]
        counted: bool,
        /// Programs, too
        #[arg(long)]
        all: bool,
    },
    /// One member: accounts, step and why, latest activities
    Show {
        /// As in the list
        id: String,
    },
    /// Says whether a member is a program
    Bot {
        /// As in the list
        id: String,
        /// auto takes the word back: what Axle finds counts again
        #[arg(value_enum)]
        word: BotWord,
    },
    /// Tags a member, to find them by
    Tag {
        /// As in the list
        id: String,
        /// At most 50 characters; case does not matter
        tag: String,
    },
    /// Takes a tag away from a member, also one that a source states: it stays away
    Untag {
        /// As in the list
        id: String,
        /// As `members show` lists it; case does not matter
        tag: String,
    },
    /// Tags several members at once: one change, which `axle identities undo` takes back
    TagAll {
        /// At most 50 characters; case does not matter
        tag: String,
        #[command(flatten)]
        whom: Whom,
    },
    /// Takes a tag away from several members at once: one change, which `axle identities undo` takes back
    UntagAll {
        /// As `members show` lists it; case does not matter
        tag: String,
        #[command(flatten)]
        whom: Whom,
    },
    /// Says on which days a member is or was a teammate
    Teammate {
        /// As in the list
        id: String,
        /// never: on no day; auto takes all back that was said: lists and domains count again
        #[arg(value_enum, required_unless_present = "from", conflicts_with_all = ["from", "to"])]
        word: Option<TeammateWord>,
        /// First day as a teammate
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// First day after
        #[arg(long, value_name = "DATE", requires = "from")]
        to: Option<Date>,
        /// Where they work with us
        #[arg(long, value_name = "NAME", requires = "from")]
        department: Option<String>,
    },
    /// Says that a member was at an organization on these days, or was not: it stands above what Axle finds
    Affiliation {
        /// As in the list
        id: String,
        /// Id, domain or name of the organization; one that is not known yet is made
        organization: String,
        /// They were not there: with --from it ends what was found, without it denies it
        #[arg(long)]
        not: bool,
        /// First day that it is about
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// First day after
        #[arg(long, value_name = "DATE")]
        to: Option<Date>,
        /// What they did there
        #[arg(long, conflicts_with = "not")]
        title: Option<String>,
    },
    /// Writes a note about a member, for the team
    Note {
        /// As in the list
        id: String,
        /// What the team should know
        text: String,
        /// They showed interest in buying: it is a raised hand too
        #[arg(long)]
        raised_hand: bool,
        /// What they said of it, in their own words: sales may read it once they agreed to a hand-off, unlike the note
        #[arg(long, value_name = "WORDS", requires = "raised_hand", default_value = "")]
        quote: String,
    },
    /// Notes about a member that are for the team, the newest first
    Notes {
        /// As in the list
        id: String,
    },
    /// Takes a note back: nobody reads it any more. A raised hand that was said with it stays
    TakeNoteBack {
        /// As in the list
        id: String,
        /// As `members notes` lists it
        note: String,
    },
    /// The roles that a member holds and held, the latest first
    Roles {
        /// As in the list
        id: String,
    },
    /// Gives a member a role. Who speaks for us has agreed before to be contacted or handed to sales
    GiveRole {
        /// As in the list
        id: String,
        /// champion, deal_champion, advocate, key_member, moderator, beta_tester or influencer
        role: String,
        /// At which organization: its id, domain or name; deal champions and key members need one
        #[arg(long, default_value = "", value_name = "ORGANIZATION")]
        at: String,
        /// The first day; now unless given
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// Why
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
    /// Ends a role of a member
    EndRole {
        /// As in the list
        id: String,
        /// As `members roles` lists it
        role: String,
        /// The last day; it ends now unless given
        #[arg(long, value_name = "DATE")]
        last: Option<Date>,
    },
    /// Takes back what was said last of a role here: that it ended, or that it was given
    UndoRole {
        /// As in the list
        id: String,
        /// As `members roles` lists it
        role: String,
    },
    /// Members who need the like and both agreed to be contacted
    Introductions {
        /// At most so many pairs
        #[arg(long, default_value_t = 10)]
        limit: usize,
    },
    /// Writes down that two members were introduced to each other: they are suggested no more
    Introduce {
        /// One of the two, as in the list
        id: String,
        /// The other
        with: String,
        /// They would gain nothing of it, and were not
        #[arg(long)]
        not_a_fit: bool,
    },
    /// What was said of a member's organizations; `axle identities undo` takes a change back
    Affiliations {
        /// As in the list
        id: String,
    },
    /// What was said of a member as a program or a teammate, and of their tags; `axle identities undo` takes a change back
    Words {
        /// As in the list
        id: String,
    },
}

/// What is said of a program.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum BotWord {
    On,
    Off,
    Auto,
}

/// What is said of somebody who is no teammate.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TeammateWord {
    Never,
    Auto,
}

impl Members {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let by = Some(arguments.by());
        match self {
            Self::List { sort, limit, filter, tag, counted, all } => {
                let sort = Sort::from_name(sort).ok_or_else(|| {
                    AppError::Invalid(format!("`{sort}` is no order: use love, level, last_activity or name"))
                })?;
                let as_of = arguments.as_of(&workspace).await?;
                let who = match (*counted, *all) {
                    (true, _) => Who::Counted,
                    (_, true) => Who::All,
                    _ => Who::People,
                };
                let mut list = found(&workspace, who, sort, filter.as_ref(), as_of).await?;
                list.retain(|member| tag.as_ref().is_none_or(|tag| tag::find(&member.tags, tag).is_some()));
                list.truncate(*limit);
                arguments.hint_import(&workspace).await?;
                let mut listing = Listing::new(&[
                    "member_id",
                    "name",
                    "step",
                    "love",
                    "presence",
                    "reach",
                    "activities",
                    "last activity",
                    "platforms",
                ]);
                for member in &list {
                    listing.row([
                        json!(member.member_id),
                        json!(member.name),
                        json!(member.step_name),
                        json!((member.love * 100.0).round() / 100.0),
                        json!(member.presence),
                        json!((member.reach * 10.0).round() / 10.0),
                        json!(member.activities),
                        json!(member.last_activity_on),
                        json!(member.platforms),
                    ]);
                }
                print(arguments.format, &listing, &list)
            }
            Self::Bot { id, word } => {
                let word = match word {
                    BotWord::On => Word::Yes(None, None),
                    BotWord::Off => Word::No,
                    BotWord::Auto => Word::Auto,
                };
                people::say_bot(&workspace, id, word, by, now()).await?;
                self.tell(arguments, &workspace, id).await
            }
            Self::Tag { id, tag } => {
                tags::add(&workspace, id, tag, by, now()).await?;
                tell_tags(arguments, &workspace, id).await
            }
            Self::Untag { id, tag } => {
                tags::take_away(&workspace, id, tag, by, now()).await?;
                tell_tags(arguments, &workspace, id).await
            }
            Self::TagAll { tag, whom } => {
                let change = tags::add_to_all(&workspace, &whom.chosen(&workspace).await?, tag, by, now()).await?;
                tell_change(arguments, &change)
            }
            Self::UntagAll { tag, whom } => {
                let chosen = whom.chosen(&workspace).await?;
                let change = tags::take_away_from_all(&workspace, &chosen, tag, by, now()).await?;
                tell_change(arguments, &change)
            }
            Self::Teammate { id, word, from, to, department } => {
                let word = match word {
                    Some(TeammateWord::Never) => Word::No,
                    Some(TeammateWord::Auto) => Word::Auto,
                    None => Word::Yes(*from, *to),
                };
                people::say_teammate(&workspace, id, (word, department.as_deref()), by, now()).await?;
                self.tell(arguments, &workspace, id).await
            }
            Self::Affiliation { id, organization, not, from, to, title } => {
                let word = organizations::Word { is_there: !not, from: *from, to: *to, title: title.clone() };
                let change = organizations::say_affiliation(&workspace, id, organization, word, by, now()).await?;
                tell_change(arguments, &change)
            }
            Self::Affiliations { id } => {
                let said = organizations::said(&workspace, id).await?;
                let mut listing = Listing::new(&["change", "organization", "there", "from", "to", "title", "by", "at"]);
                for word in &said {
                    listing.row([
                        json!(word.change_id),
                        json!(word.name),
                        json!(word.is_there),
                        json!(word.from),
                        json!(word.to),
                        json!(word.title),
                        json!(word.by),
                        json!(word.at),
                    ]);
                }
                print(arguments.format, &listing, &said)
            }
            Self::Words { id } => {
                let words = people::words(&workspace, id).await?;
                print(arguments.format, &identities::listing(&words), &words)
            }
            Self::Note { id, text, raised_hand, quote } => {
                let written = notes::Written { text: text.clone(), is_raised_hand: *raised_hand, quote: quote.clone() };
                let note = notes::write(&workspace, id, &written, arguments.by(), now()).await?;
                let mut listing = Listing::new(&["note_id", "member_id"]);
                listing.row([json!(note), json!(id)]);
                print(arguments.format, &listing, &json!({"note_id": note, "member_id": id}))
            }
            Self::Notes { id } => tell_notes(arguments, &workspace, id).await,
            Self::TakeNoteBack { id, note } => {
                notes::take_back(&workspace, id, note, &arguments.user, now()).await?;
                tell_notes(arguments, &workspace, id).await
            }
            Self::Roles { id } => tell_roles(arguments, &workspace, id).await,
            Self::GiveRole { id, role, at, from, reason } => {
                let given = Given { role: role.clone(), organization: at.clone(), from: *from, reason: reason.clone() };
                roles::give(&workspace, id, &given, Actor::of(&arguments.user), now()).await?;
                tell_roles(arguments, &workspace, id).await
            }
            Self::EndRole { id, role, last } => {
                roles::end(&workspace, id, role, *last, Actor::of(&arguments.user), now()).await?;
                tell_roles(arguments, &workspace, id).await
            }
            Self::UndoRole { id, role } => {
                roles::undo(&workspace, id, role, Actor::of(&arguments.user), now()).await?;
                tell_roles(arguments, &workspace, id).await
            }
            Self::Introductions { limit } => {
                let contacts = consents::who_allow(&workspace, "contact", now()).await?;
                let answered = introductions::answered(&workspace, now()).await?;
                let pairs = introductions::pairs(&said::load(&workspace, now()).await?, &contacts, &answered, *limit);
                let mut listing = Listing::new(&["one", "needs", "other", "needs"]);
                for pair in &pairs {
                    let side =
                        |side: &introductions::Side| [format!("{} {}", side.member_id, side.name), side.need.clone()];
                    let ([one, need], [other, like]) = (side(&pair.one), side(&pair.other));
                    listing.row([json!(one), json!(need), json!(other), json!(like)]);
                }
                print(arguments.format, &listing, &pairs)
            }
            Self::Introduce { id, with, not_a_fit } => {
                let outcome = if *not_a_fit { Outcome::NotAFit } else { Outcome::Introduced };
                introductions::answer(&workspace, [id, with], outcome, arguments.by(), now()).await?;
                let mut listing = Listing::new(&["member_id", "with", "outcome"]);
                listing.row([json!(id), json!(with), json!(outcome)]);
                print(arguments.format, &listing, &json!({"member_id": id, "with": with, "outcome": outcome}))
            }
            Self::Show { id } => {
                let member = members::show(&workspace, id, now(), arguments.as_of(&workspace).await?).await?;
                if arguments.format == Format::Json {
                    return print_json(&member);
                }
                let mut listing = Listing::new(&["member", ""]);
                let mut put = |name: &str, value: Value| listing.row([json!(name), value]);
                put("name", json!(member.member.name));
                put("why", json!(member.why));
                for reason in &member.standing.bot_reasons {
                    put("program", json!(reason));
                }
                for (from, to) in &member.standing.teammate {
                    put("teammate from, to", json!([from, to]));
                }
                for tag in &member.member.tags {
                    put("tag", json!(tag.tag));
                }
                put("love", json!((member.member.love * 100.0).round() / 100.0));
                put("presence", json!(member.member.presence));
                put("reach", json!((member.member.reach * 10.0).round() / 10.0));
                put("active days of 30, 90, 365", json!(member.active_days));
                put("activities", json!(member.member.activities));
                put("first, last", json!([member.member.first_activity_on, member.member.last_activity_on]));
                for account in &member.identities {
                    let number = format!("#{}", account.identity_id);
                    let parts = [&account.username, &account.name, &account.email, &account.uid];
                    let called = parts.into_iter().flatten().chain([&number]).map(String::as_str);
                    put(&format!("on {}", account.platform), json!(called.collect::<Vec<_>>().join(" · ")));
                    for because in &account.because {
                        put("because", json!(because));
                    }
                }
                for item in member.timeline.iter().take(15) {
                    let what = item.title.as_deref().or(item.text.as_deref()).unwrap_or("");
                    let what: String = what.chars().take(70).collect();
                    put(
                        &item.at.strftime("%Y-%m-%d %H:%M").to_string(),
                        json!(format!("{} in {}: {what}", item.activity_type, item.channel)),
                    );
                }
                print(arguments.format, &listing, &member)
            }
        }
    }

    /// What holds of the member after a word was said.
    async fn tell(&self, arguments: &Arguments, workspace: &Workspace, id: &str) -> anyhow::Result<()> {
        let member = members::show(workspace, id, now(), None).await?;
        let mut listing = Listing::new(&["member_id", "name", "bot", "teammate", "because", "teammate from, to"]);
        listing.row([
            json!(member.member.member_id),
            json!(member.member.name),
            json!(member.member.is_bot),
            json!(member.member.is_teammate),
            json!(member.standing.bot_reasons.join("; ")),
            json!(member.standing.teammate),
        ]);
        print(arguments.format, &listing, &member)
    }
}

fn tell_change(arguments: &Arguments, change: &Change) -> anyhow::Result<()> {
    if !change.left_out.is_empty() {
        eprintln!("{} left as they are: it was so already", change.left_out.len());
    }
    print(arguments.format, &identities::listing(std::slice::from_ref(change)), change)
}

async fn tell_notes(arguments: &Arguments, workspace: &Workspace, id: &str) -> anyhow::Result<()> {
    let all = notes::of_member(workspace, id).await?;
    let mut listing = Listing::new(&["note_id", "text", "author", "at", "source"]);
    for note in &all {
        listing.row([json!(note.note_id), json!(note.text), json!(note.author), json!(note.at), json!(note.source)]);
    }
    print(arguments.format, &listing, &all)
}

async fn tell_tags(arguments: &Arguments, workspace: &Workspace, id: &str) -> anyhow::Result<()> {
    let all = tags::of_member(workspace, id).await?;
    let mut listing = Listing::new(&["tag", "stated by", "said by a person"]);
    for tag in &all {
        listing.row([json!(tag.tag), json!(tag.sources), json!(tag.is_said)]);
    }
    print(arguments.format, &listing, &all)
}

async fn tell_roles(arguments: &Arguments, workspace: &Workspace, id: &str) -> anyhow::Result<()> {
    let all = roles::of_member(workspace, id, now()).await?;
    let mut listing =
        Listing::new(&["role_id", "role", "organization", "from", "to", "left", "by", "reason", "source"]);
    for held in &all {
        listing.row([
            json!(held.role_id),
            json!(held.role),
            json!(held.organization),
            json!(held.from),
            json!(held.to),
            json!(held.left),
            json!(held.by),
            json!(held.reason),
            json!(held.source),
        ]);
    }
    print(arguments.format, &listing, &all)
}
