//! The calendar: where days begin, and when somebody is at work.

use axle_app::{AppError, settings as app};
use axle_model::business_hours::{BusinessHours, DAYS, Written};
use axum::Form;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;

use super::settings::{Pairs, done, is_preview, value};
use crate::failure::{Answer, Failure, html};
use crate::pages::layout::Section;
use crate::pages::settings_calendar::{CalendarPage, HoursForm};
use crate::visit::Visit;

/// `GET /{workspace}/settings/calendar`
pub(crate) async fn page(visit: Visit) -> Answer {
    visit.must_administer()?;
    let zone = visit.clock.zone_name();
    html(&page_of(&visit, zone, None, held(&visit).await?))
}

fn page_of(visit: &Visit, time_zone: String, problem: Option<String>, hours: HoursForm) -> CalendarPage {
    let mut time_zones: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    time_zones.sort();
    CalendarPage { layout: visit.layout("Settings", Section::Settings), time_zone, time_zones, problem, hours }
}

async fn held(visit: &Visit) -> Result<HoursForm, Failure> {
    Ok(form_of(&app::business_hours(&visit.opened.workspace).await?.into(), None))
}

fn form_of(written: &Written, problem: Option<String>) -> HoursForm {
    let works = |name: &str| written.days.iter().any(|day| day.eq_ignore_ascii_case(name));
    HoursForm {
        days: DAYS.map(|name| (name, works(name))).into(),
        from: written.from.clone(),
        to: written.to.clone(),
        holidays: written.holidays.join("\n"),
        problem,
        preview: Vec::new(),
    }
}

/// `POST /{workspace}/settings/calendar`: the time zone.
pub(crate) async fn set(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let zone = value(&pairs, "time_zone").trim();
    if zone == visit.clock.zone_name() {
        return done(&visit, "settings/calendar", "nothing");
    }
    match app::set_time_zone(&visit.opened.workspace, zone, Some(&visit.user.email), visit.clock.now).await {
        Ok(()) => done(&visit, "settings/calendar", "calendar"),
        Err(AppError::Invalid(problem)) => {
            let page = html(&page_of(&visit, zone.to_owned(), Some(problem), held(&visit).await?))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /{workspace}/settings/business-hours`
pub(crate) async fn set_hours(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let workspace = &visit.opened.workspace;
    let typed = typed(&pairs);
    let held = app::business_hours(workspace).await?;
    let is_preview = is_preview(&pairs);
    if !is_preview && BusinessHours::try_from(typed.clone()).is_ok_and(|wanted| wanted == held) {
        return done(&visit, "settings/calendar", "nothing");
    }
    let (hours, now) = (json!(typed).to_string(), visit.clock.now);
    let answer = match is_preview {
        true => app::preview_business_hours(workspace, &hours, now).await.map(Some),
        false => app::set_business_hours(workspace, &hours, &visit.user.email, now).await.map(|_| None),
    };
    match answer {
        Ok(None) => done(&visit, "settings/calendar", "business-hours"),
        Ok(Some(preview)) => {
            let form = HoursForm { preview: preview.sentences(), ..form_of(&typed, None) };
            html(&page_of(&visit, visit.clock.zone_name(), None, form))
        }
        Err(AppError::Invalid(problem)) => {
            let page = page_of(&visit, visit.clock.zone_name(), None, form_of(&typed, Some(problem)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn typed(pairs: &[(String, String)]) -> Written {
    let holidays = value(pairs, "holidays").split(|letter: char| letter == ',' || letter.is_whitespace());
    Written {
        days: pairs.iter().filter(|(name, _)| name == "day").map(|(_, day)| day.clone()).collect(),
        from: value(pairs, "from").trim().to_owned(),
        to: value(pairs, "to").trim().to_owned(),
        holidays: holidays.filter(|date| !date.is_empty()).map(str::to_owned).collect(),
    }
}
