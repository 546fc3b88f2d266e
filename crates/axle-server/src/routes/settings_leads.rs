//! What inferred signals count, and how long hand-offs hold.

use axle_app::AppError;
use axle_app::settings::{self as app, HandOffDays, Leads, SignalPoints};
use axum::Form;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::settings::{Pairs, done, is_preview, value};
use crate::failure::{Answer, html};
use crate::pages::layout::Section;
use crate::pages::settings_leads::{LeadSettingsPage, NumberField};
use crate::visit::Visit;

const POINTS: [&str; 5] = [
    "A day with words that ask for more",
    "A day at a limit of the product",
    "A day with a look at prices",
    "A day with a look at what large organizations need",
    "Inferred by another system",
];
const DAYS: [&str; 2] = ["After it was sent", "After sales accepted"];

/// `GET /{workspace}/settings/leads`
pub(crate) async fn page(visit: Visit) -> Answer {
    visit.must_administer()?;
    let held = app::leads(&visit.opened.workspace).await?;
    html(&page_of(&visit, &|_, held: u32| held.to_string(), &held, None))
}

fn page_of(
    visit: &Visit,
    shown: &dyn Fn(&str, u32) -> String,
    held: &Leads,
    problem: Option<String>,
) -> LeadSettingsPage {
    let field = |label, (name, held): (&str, u32), default| NumberField {
        name: name.to_owned(),
        label,
        value: shown(name, held),
        default,
    };
    let all = |labels: &[&'static str], held: Vec<(&'static str, u32)>, defaults: Vec<(&'static str, u32)>| {
        let numbers = held.into_iter().zip(defaults);
        labels.iter().zip(numbers).map(|(label, (held, (_, default)))| field(label, held, default)).collect()
    };
    LeadSettingsPage {
        layout: visit.layout("Settings", Section::Settings),
        points: all(&POINTS, held.points.named().to_vec(), SignalPoints::default().named().to_vec()),
        days: all(&DAYS, days(held.hand_off_days), days(HandOffDays::default())),
        problem,
        preview: Vec::new(),
    }
}

fn days(days: HandOffDays) -> Vec<(&'static str, u32)> {
    vec![("offered", days.offered), ("accepted", days.accepted)]
}

/// `POST /{workspace}/settings/leads`
pub(crate) async fn set(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    let held = app::leads(workspace).await?;
    let typed = |name: &str, _| value(&pairs, name).to_owned();
    let problem = match wanted(&pairs) {
        Ok(wanted) if is_preview(&pairs) => match app::preview_leads(workspace, &wanted, now).await {
            Ok(preview) => {
                let page = page_of(&visit, &typed, &held, None);
                return html(&LeadSettingsPage { preview: preview.sentences(), ..page });
            }
            Err(AppError::Invalid(problem)) => problem,
            Err(error) => return Err(error.into()),
        },
        Ok(wanted) if wanted == held => return done(&visit, "settings/leads", "nothing"),
        Ok(wanted) => match app::set_leads(workspace, &wanted, &visit.user.email, now).await {
            Ok(()) => return done(&visit, "settings/leads", "leads"),
            Err(AppError::Invalid(problem)) => problem,
            Err(error) => return Err(error.into()),
        },
        Err(problem) => problem,
    };
    let page = html(&page_of(&visit, &typed, &held, Some(problem)))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn wanted(pairs: &[(String, String)]) -> Result<Leads, String> {
    let number = |name: &str| -> Result<u32, String> {
        let typed = value(pairs, name).trim();
        typed.parse().map_err(|_| format!("“{typed}” is no number: write it in digits, such as 4"))
    };
    let points = SignalPoints {
        words: number("words")?,
        limit_reached: number("limit_reached")?,
        pricing_page: number("pricing_page")?,
        enterprise_docs: number("enterprise_docs")?,
        elsewhere: number("elsewhere")?,
    };
    Ok(Leads { points, hand_off_days: HandOffDays { offered: number("offered")?, accepted: number("accepted")? } })
}
