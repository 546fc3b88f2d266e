//! Settings: weights with a preview, channels that take questions or are private, and who may sign in.

use std::collections::{BTreeMap, HashMap, HashSet};

use axle_app::audit::Actor;
use axle_app::roster::Roster;
use axle_app::users::{self, NewUser, ROLES};
use axle_app::{AppError, figures, refresh, settings as app, sources};
use axle_model::catalogue::{self, CATALOGUE};
use axle_model::settings::ScoreSettings;
use axum::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use jiff::SignedDuration;
use rand::RngCore;
use serde::Deserialize;

use crate::failure::{Answer, Failure, hex, html};
use crate::pages::layout::{Notice, Section};
use crate::pages::parts::{Level, Person};
use crate::pages::settings::{
    ChannelLine, ChannelsPage, LevelShift, MemberShift, ScoringPage, ScoringPreview, UserLine, UsersPage, WeightLine,
};
use crate::visit::{Visit, level};

/// Members whose moves a preview names.
const MOVES: usize = 12;

/// A form as pairs: fields may come more than once, or have names of their own.
pub(super) type Pairs = Form<Vec<(String, String)>>;

pub(super) fn value<'a>(pairs: &'a [(String, String)], key: &str) -> &'a str {
    pairs.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.as_str())
}

/// Whether what was typed shall be tried on the past, and not saved.
pub(super) fn is_preview(pairs: &[(String, String)]) -> bool {
    value(pairs, "action") == "preview"
}

pub(super) fn done(visit: &Visit, path: &str, what: &str) -> Answer {
    Ok(Redirect::to(&visit.link(path).with("done", what).to_string()).into_response())
}

/// `GET /{workspace}/settings`
pub(crate) async fn scoring(visit: Visit) -> Answer {
    if !visit.user.may_administer() && visit.user.may_manage_sources() {
        return Ok(Redirect::to(&visit.link("settings/channels").to_string()).into_response());
    }
    visit.must_administer()?;
    let (held, _) = refresh::settings(&visit.opened.workspace).await?;
    html(&scoring_page(&visit, &held, &HashMap::new(), held.decay.to_string(), None).await?)
}

async fn scoring_page(
    visit: &Visit,
    held: &ScoreSettings,
    typed: &HashMap<String, String>,
    decay: String,
    problem: Option<String>,
) -> Result<ScoringPage, Failure> {
    let counts = activities_by(visit, "activity_type", 365).await?;
    let weight = |key: &str| WeightLine {
        activity_type: key.to_owned(),
        default: catalogue::default_weight(key),
        value: typed.get(key).cloned().unwrap_or_else(|| held.weight_of(key).to_string()),
        activities: counts.get(key).copied().unwrap_or(0),
    };
    let mut keys: Vec<&str> = CATALOGUE.iter().map(|known| known.key).collect();
    keys.extend(counts.keys().map(String::as_str).filter(|key| catalogue::activity_type(key).is_none()));
    let mut weights: Vec<WeightLine> = keys.into_iter().map(weight).collect();
    // Those in use come first.
    weights.sort_by(|a, b| b.activities.cmp(&a.activities).then_with(|| a.activity_type.cmp(&b.activity_type)));
    Ok(ScoringPage { layout: visit.layout("Settings", Section::Settings), decay, weights, problem, preview: None })
}

/// Activities of the last days by a column of the public table.
async fn activities_by(visit: &Visit, column: &'static str, days: i64) -> Result<HashMap<String, u64>, Failure> {
    let since = visit.clock.now - SignedDuration::from_hours(24 * days);
    let query = format!(
        "select {column}, count(*) as activities from activities
         where occurred_at >= timestamp '{since:.0}' group by {column}"
    );
    let table = figures::sql(&visit.opened.workspace, &query, 100_000, visit.clock.now).await?;
    let read = |row: &Vec<serde_json::Value>| match row.as_slice() {
        [key, count] => Some((key.as_str()?.to_owned(), count.as_u64()?)),
        _ => None,
    };
    Ok(table.rows.iter().filter_map(read).collect())
}

/// `POST /{workspace}/settings`
pub(crate) async fn set_scoring(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let workspace = &visit.opened.workspace;
    let (held, _) = refresh::settings(workspace).await?;
    let typed: HashMap<String, String> = pairs
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("weight:")?.to_owned(), value.trim().to_owned())))
        .collect();
    let decay = value(&pairs, "decay").trim().to_owned();
    let wanted = match changed(&held, &typed, &decay) {
        Ok(wanted) => wanted,
        Err(problem) => return refused(&visit, &held, &typed, decay, problem).await,
    };
    if value(&pairs, "action") == "save" {
        if wanted == held {
            return done(&visit, "settings", "nothing");
        }
        return match app::set_score(workspace, &wanted, Some(&visit.user.email), visit.clock.now).await {
            Ok(()) => done(&visit, "settings", "weights"),
            Err(AppError::Invalid(problem)) => refused(&visit, &held, &typed, decay, problem).await,
            Err(error) => Err(error.into()),
        };
    }
    let preview = match app::preview(workspace, &wanted, visit.clock.now).await {
        Ok(preview) => preview,
        Err(AppError::Invalid(problem)) => return refused(&visit, &held, &typed, decay, problem).await,
        Err(error) => return Err(error.into()),
    };
    let roster = visit.opened.roster(visit.clock.now).await?;
    let mut page = scoring_page(&visit, &held, &typed, decay, None).await?;
    page.preview = Some(preview_of(&visit, &roster, &preview, &wanted));
    html(&page)
}

async fn refused(
    visit: &Visit,
    held: &ScoreSettings,
    typed: &HashMap<String, String>,
    decay: String,
    problem: String,
) -> Answer {
    let page = scoring_page(visit, held, typed, decay, Some(problem)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

/// The settings with what was typed; weights that equal the catalogue's are not kept as the workspace's own.
fn changed(held: &ScoreSettings, typed: &HashMap<String, String>, decay: &str) -> Result<ScoreSettings, String> {
    let mut weights: BTreeMap<String, u8> = held.weights.clone();
    for (key, text) in typed {
        let weight: u8 = text
            .parse()
            .ok()
            .filter(|weight| *weight <= 12)
            .ok_or_else(|| format!("The weight of {key} is “{text}”: write a whole number from 0 to 12."))?;
        if weight == catalogue::default_weight(key) {
            weights.remove(key);
        } else {
            weights.insert(key.clone(), weight);
        }
    }
    let decay: f64 = decay
        .replace(',', ".")
        .parse()
        .map_err(|_| format!("The decay is “{decay}”: write a number above 0 and at most 1, such as 0.9."))?;
    let wanted = ScoreSettings { decay, weights, ..held.clone() };
    wanted.validate().map_err(|error| error.to_string())?;
    Ok(wanted)
}

fn preview_of(visit: &Visit, roster: &Roster, preview: &app::Preview, wanted: &ScoreSettings) -> ScoringPreview {
    let by_name: HashMap<String, u8> = (0..=12)
        .filter_map(|step| axle_model::orbit::Step::new(step).map(|known| (known.name_in(wanted), step)))
        .collect();
    let step_of = |name: &str| by_name.get(name).copied().unwrap_or(0);
    let mut now = [0u64; 5];
    for person in &roster.people {
        now[usize::from(person.member.step.div_ceil(3).min(4))] += 1;
    }
    let mut after = now;
    for change in &preview.changes {
        let (from, to) = (step_of(&change.step_now).div_ceil(3), step_of(&change.step_then).div_ceil(3));
        let counted = roster.person(&change.member_id).is_some();
        if counted && from != to {
            after[usize::from(from)] = after[usize::from(from)].saturating_sub(1);
            after[usize::from(to)] += 1;
        }
    }
    let named = |at: usize| if at == 0 { "Out of orbit".to_owned() } else { wanted.level_names[at - 1].clone() };
    let shown = |step: u8| -> Level { level(step, &wanted.level_names) };
    let moves = preview.changes.iter().filter(|change| change.step_now != change.step_then).take(MOVES);
    ScoringPreview {
        levels: (0..5).map(|at| LevelShift { name: named(at), now: now[at], after: after[at] }).collect(),
        members: moves
            .map(|change| MemberShift {
                person: Person::member(visit.slug(), &change.member_id, &change.name),
                now: shown(step_of(&change.step_now)),
                after: shown(step_of(&change.step_then)),
            })
            .collect(),
        moved: preview.moved as u64,
    }
}

/// `GET /{workspace}/settings/channels`
pub(crate) async fn channels(visit: Visit) -> Answer {
    visit.must_manage_sources()?;
    let counts = activities_by(&visit, "channel", 30).await?;
    let shares = question_shares(&visit).await?;
    let known = sources::channels(&visit.opened.workspace).await?;
    let mut channels: Vec<ChannelLine> = known
        .into_iter()
        .map(|channel| {
            // A name that several sources use stands with its source in the public tables.
            let full = format!("{}/{}", channel.source, channel.name);
            let own = |known: &HashMap<String, u64>| known.get(&full).or_else(|| known.get(&channel.name)).copied();
            ChannelLine {
                activities: own(&counts).unwrap_or(0),
                question_share: shares.get(&full).or_else(|| shares.get(&channel.name)).copied(),
                id: channel.channel_id.to_string(),
                takes_questions: channel.is_qa,
                is_private: channel.is_private,
                name: if channel.name == "(none)" { "Outside of any channel".into() } else { channel.name },
                source: channel.source,
            }
        })
        .collect();
    channels.sort_by(|a, b| b.activities.cmp(&a.activities).then_with(|| a.name.cmp(&b.name)));
    html(&ChannelsPage { layout: visit.layout("Settings", Section::Settings), channels })
}

/// How much of what opens a thread has a question mark, by channel, in percent.
async fn question_shares(visit: &Visit) -> Result<HashMap<String, f64>, Failure> {
    let since = visit.clock.now - SignedDuration::from_hours(24 * 365);
    let query = format!(
        "select channel, 100.0 * sum(case when title like '%?%' or text like '%?%' then 1 else 0 end) / count(*) as share
         from activities
         where thread_id is not null and parent_activity_id is null and occurred_at >= timestamp '{since:.0}'
               and (activity_type like '%:opened' or activity_type like '%:asked')
         group by channel"
    );
    let table = figures::sql(&visit.opened.workspace, &query, 100_000, visit.clock.now).await?;
    let read = |row: &Vec<serde_json::Value>| match row.as_slice() {
        [channel, share] => Some((channel.as_str()?.to_owned(), share.as_f64()?)),
        _ => None,
    };
    Ok(table.rows.iter().filter_map(read).collect())
}

/// `POST /{workspace}/settings/channels`
pub(crate) async fn set_channels(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_manage_sources()?;
    let workspace = &visit.opened.workspace;
    let marked: HashSet<(&str, &str)> = pairs.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
    let mut changes = 0;
    for channel in sources::channels(workspace).await? {
        let id = channel.channel_id.to_string();
        // Channels that came since the page was made are not on it: nobody said anything of them.
        if !marked.contains(&("shown", id.as_str())) {
            continue;
        }
        let is_qa = marked.contains(&("channel", id.as_str()));
        if is_qa != channel.is_qa {
            sources::set_qa(workspace, channel.channel_id, is_qa, &visit.user.email).await?;
            changes += 1;
        }
        let is_private = marked.contains(&("private", id.as_str()));
        if is_private != channel.is_private {
            let actor = Actor::of(&visit.user);
            sources::set_private(workspace, channel.channel_id, is_private, actor, visit.clock.now).await?;
            changes += 1;
        }
    }
    done(&visit, "settings/channels", if changes > 0 { "channels" } else { "nothing" })
}

/// `GET /{workspace}/settings/users`
pub(crate) async fn users(visit: Visit) -> Answer {
    visit.must_administer()?;
    html(&users_page(&visit, String::new(), None).await?)
}

async fn users_page(visit: &Visit, email: String, problem: Option<String>) -> Result<UsersPage, Failure> {
    let users = users::list(visit.state.server()).await?;
    let seen = users::last_seen(visit.state.server()).await?;
    let labelled = |role: &str| {
        let text = role.replace('_', " ");
        let mut letters = text.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    let line = |user: users::User| UserLine {
        role: labelled(&user.role),
        name: user.name,
        last_seen_at: seen.get(&user.email).copied(),
        email: user.email,
    };
    Ok(UsersPage {
        layout: visit.layout("Settings", Section::Settings),
        users: users.into_iter().map(line).collect(),
        roles: ROLES.iter().map(|role| ((*role).to_owned(), labelled(role))).collect(),
        email,
        problem,
    })
}

#[derive(Deserialize)]
pub(crate) struct AddUser {
    csrf: String,
    email: String,
    role: String,
}

/// `POST /{workspace}/settings/users`: adds a user with a password that is shown once, on the answer.
pub(crate) async fn add_user(visit: Visit, Form(form): Form<AddUser>) -> Answer {
    visit.check_form(&form.csrf)?;
    visit.must_administer()?;
    let email = form.email.trim().to_lowercase();
    let known = users::list(visit.state.server()).await?;
    let mut bytes = [0; 10];
    rand::rng().fill_bytes(&mut bytes);
    let password = hex(&bytes);
    let added = if known.iter().any(|user| user.email == email) {
        Err(AppError::Invalid(format!("{email} is a user already. `axle user add` on the server sets a new password.")))
    } else {
        let new = NewUser { email: email.clone(), name: email.clone(), password: password.clone(), role: form.role };
        users::add(visit.state.server(), new, visit.clock.now).await
    };
    match added {
        Ok(()) => {
            let mut page = users_page(&visit, String::new(), None).await?;
            let text =
                format!("{email} may sign in with the password {password}. It is shown this once: pass it on now.");
            page.layout.notice = Some(Notice { text, problem: false });
            html(&page)
        }
        Err(AppError::Invalid(problem)) => {
            let page = html(&users_page(&visit, form.email, Some(problem)).await?)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
