//! When a champion's silence is an alert, and how many are pushed.

use axle_app::drop_rule::{self, DropRule, MOST_WEIGHT, NUMBERS, ROLES};
use axle_app::{AppError, flywheels};
use axum::Form;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::settings::{Pairs, done, is_preview, value};
use super::today::label;
use crate::failure::{Answer, Failure, html};
use crate::pages::layout::Section;
use crate::pages::settings_champions::{ChampionSettingsPage, NumberLine};
use crate::visit::Visit;

/// `GET /{workspace}/settings/champions`
pub(crate) async fn page(visit: Visit) -> Answer {
    visit.must_administer()?;
    let held = json!(drop_rule::of(&visit.opened.workspace).await?);
    html(&page_of(&visit, |name| written(&held, name), None).await?)
}

async fn page_of(
    visit: &Visit,
    typed: impl Fn(&str) -> String,
    problem: Option<String>,
) -> Result<ChampionSettingsPage, Failure> {
    let shipped = json!(DropRule::default());
    let line = |name: String, label: String, hint: &str| NumberLine {
        hint: format!("{hint}; shipped: {}", written(&shipped, &name)),
        value: typed(&name),
        name,
        label,
    };
    let mut numbers: Vec<NumberLine> =
        NUMBERS.iter().map(|number| line(number.name.into(), number.label.into(), number.hint)).collect();
    let hint = format!("0 to {MOST_WEIGHT}: whose alerts come first");
    let weights = ROLES.iter().map(|(role, _)| line(weight_of(role), format!("Weight of {}", label(role)), &hint));
    numbers.extend(weights);
    Ok(ChampionSettingsPage {
        layout: visit.layout("Settings", Section::Settings),
        numbers,
        flywheel: visit.link("settings/flywheels").below("champion_health"),
        busy_days: flywheels::busy_days(&visit.opened.workspace).await?,
        problem,
        preview: Vec::new(),
    })
}

/// The name of a role's weight in the form.
fn weight_of(role: &str) -> String {
    format!("weight-{role}")
}

/// A number of a rule, as it is typed.
fn written(rule: &Value, name: &str) -> String {
    let value = name.strip_prefix("weight-").map_or(&rule[name], |role| &rule["role_weights"][role]);
    if value.is_null() { String::new() } else { value.to_string() }
}

/// `POST /{workspace}/settings/champions`
pub(crate) async fn set(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let rule = read(|name| value(&pairs, name)).to_string();
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    let typed = |name: &str| value(&pairs, name).to_owned();
    let answer = match is_preview(&pairs) {
        true => drop_rule::preview(workspace, &rule, now).await.map(Some),
        false => drop_rule::set(workspace, &rule, &visit.user.email, now).await.map(|_| None),
    };
    match answer {
        Ok(None) => done(&visit, "settings/champions", "drop-rule"),
        Ok(Some(preview)) => {
            let page = page_of(&visit, typed, None).await?;
            html(&ChampionSettingsPage { preview: preview.sentences(), ..page })
        }
        Err(AppError::Invalid(problem)) => {
            let page = page_of(&visit, typed, Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// What was typed, as the setting is written; an empty field is as shipped. A number may have a comma.
fn read<'a>(typed: impl Fn(&str) -> &'a str) -> Value {
    let number = |name: &str| {
        let text = typed(name).trim().replace(',', ".");
        (!text.is_empty()).then(|| serde_json::from_str(&text).ok().filter(Value::is_number).unwrap_or(json!(text)))
    };
    let mut rule = Map::new();
    rule.extend(NUMBERS.iter().filter_map(|known| Some((known.name.to_owned(), number(known.name)?))));
    let weights: Map<String, Value> =
        ROLES.iter().filter_map(|(role, _)| Some(((*role).to_owned(), number(&weight_of(role))?))).collect();
    rule.insert("role_weights".into(), Value::Object(weights));
    Value::Object(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_as_it_is_written() {
        let rule = json!(DropRule::default());
        let typed: Vec<(String, String)> = NUMBERS
            .iter()
            .map(|number| number.name.to_owned())
            .chain(ROLES.iter().map(|(role, _)| weight_of(role)))
            .map(|name| (name.clone(), written(&rule, &name)))
            .collect();
        assert_eq!(read(|name| value(&typed, name)), rule);
        let odd = read(|name| if name == "lasts_least" { "0,5" } else { "often" });
        assert_eq!((&odd["lasts_least"], &odd["p_days"]), (&json!(0.5), &json!("often")));
    }
}
