//! Who is on for which role, and which web hooks are told.

use axle_app::alerts::{self, Hook, HookKind};
use axle_app::rota::{self, Order, Rota, Turn};
use axle_app::{AppError, users};
use axum::Form;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::settings::{Pairs, done, value};
use super::today::label;
use crate::failure::{Answer, Failure, html};
use crate::pages::layout::Section;
use crate::pages::settings_tasks::{RotaLine, TaskSettingsPage};
use crate::visit::Visit;

/// `GET /{workspace}/settings/tasks`
pub(crate) async fn page(visit: Visit) -> Answer {
    visit.must_administer()?;
    let rota = rota::of(&visit.opened.workspace).await?;
    let hooks = alerts::hooks(&visit.opened.workspace).await?;
    html(&page_of(&visit, &rota, &written(&hooks), None))
}

fn page_of(visit: &Visit, rota: &Rota, hooks: &str, problem: Option<String>) -> TaskSettingsPage {
    let today = visit.clock.now.to_zoned(visit.clock.zone.clone()).date();
    let line = |(role, _): &(&'static str, &str)| {
        let turn = rota.0.get(*role).cloned().unwrap_or_default();
        RotaLine {
            role,
            label: label(role),
            people: turn.people.join(", "),
            is_first: turn.order == Order::First,
            on: rota.on(role, today).map(str::to_owned),
        }
    };
    TaskSettingsPage {
        layout: visit.layout("Settings", Section::Settings),
        roles: rota::ROLES.iter().map(line).collect(),
        hooks: hooks.to_owned(),
        problem,
    }
}

/// Hooks as they are typed: an address a line, with `json` behind it where it gets every part by name.
fn written(hooks: &[Hook]) -> String {
    let line = |hook: &Hook| match hook.kind {
        HookKind::Slack => hook.url.clone(),
        HookKind::Json => format!("{} json", hook.url),
    };
    hooks.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn read(text: &str) -> Vec<Hook> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let hook = |line: &str| match line.strip_suffix(" json") {
        Some(url) => Hook { url: url.trim().to_owned(), kind: HookKind::Json },
        None => Hook { url: line.to_owned(), kind: HookKind::Slack },
    };
    lines.map(hook).collect()
}

/// `POST /{workspace}/settings/tasks`
pub(crate) async fn set(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    let turn = |role: &str| Turn {
        people: value(&pairs, &format!("people:{role}")).split(',').map(|one| one.trim().to_lowercase()).collect(),
        order: if value(&pairs, &format!("order:{role}")) == "first" { Order::First } else { Order::Weekly },
    };
    let mut typed = Rota::default();
    for (role, _) in rota::ROLES {
        let turn = Turn { people: turn(role).people.into_iter().filter(|one| !one.is_empty()).collect(), ..turn(role) };
        typed.0.insert(role.to_owned(), turn);
    }
    let hooks = value(&pairs, "hooks");
    let users = users::list(visit.state.server()).await?;
    if let Some(error) = typed.0.values().find_map(|turn| rota::must_be_users(turn, &users).err()) {
        return refused(&visit, &typed, hooks, error.to_string());
    }
    match alerts::set_hooks(workspace, &read(hooks), &visit.user.email, now).await {
        Ok(()) => {}
        Err(AppError::Invalid(problem)) => return refused(&visit, &typed, hooks, problem),
        Err(error) => return Err(Failure::from(error)),
    }
    for (role, turn) in typed.0 {
        rota::set(workspace, &role, turn, &visit.user.email, now).await?;
    }
    done(&visit, "settings/tasks", "tasks")
}

fn refused(visit: &Visit, typed: &Rota, hooks: &str, problem: String) -> Answer {
    let page = html(&page_of(visit, typed, hooks, Some(problem)))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_read_as_they_are_written() {
        let text = "https://hooks.example/a\nhttps://hooks.example/b json";
        let hooks = read(&format!("\n  {text}\n\n"));
        assert_eq!([hooks[0].kind, hooks[1].kind], [HookKind::Slack, HookKind::Json]);
        assert_eq!(written(&hooks), text);
    }
}
