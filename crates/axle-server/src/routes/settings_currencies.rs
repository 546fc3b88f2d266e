//! Currencies: what amounts are told in, and by which rates they are converted.

use axle_app::{AppError, settings as app};
use axle_model::currency::{Currencies, Rate, rates_of_csv};
use axum::Form;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::settings::{Pairs, done, value};
use crate::failure::{Answer, html};
use crate::pages::layout::Section;
use crate::pages::settings_currencies::CurrenciesPage;
use crate::visit::Visit;

/// `GET /{workspace}/settings/currencies`
pub(crate) async fn page(visit: Visit) -> Answer {
    visit.must_administer()?;
    let Currencies { reporting, rates } = app::currencies(&visit.opened.workspace).await?;
    let line = |Rate { date, from, to, rate }: &Rate| format!("{date},{from},{to},{rate}");
    let rates = rates.iter().map(line).collect::<Vec<_>>().join("\n");
    html(&page_of(&visit, reporting.unwrap_or_default(), rates, None))
}

fn page_of(visit: &Visit, reporting: String, rates: String, problem: Option<String>) -> CurrenciesPage {
    CurrenciesPage { layout: visit.layout("Settings", Section::Settings), reporting, rates, problem }
}

/// `POST /{workspace}/settings/currencies`
pub(crate) async fn set(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let workspace = &visit.opened.workspace;
    let (reporting, rates) = (value(&pairs, "reporting").trim(), value(&pairs, "rates"));
    let saved = match rates_of_csv(rates) {
        Ok(rates) => {
            let wanted = Currencies { reporting: (!reporting.is_empty()).then(|| reporting.to_owned()), rates };
            app::set_currencies(workspace, wanted, &visit.user.email, visit.clock.now).await.map(|_| ())
        }
        Err(problem) => Err(AppError::Invalid(problem.to_string())),
    };
    match saved {
        Ok(()) => done(&visit, "settings/currencies", "currencies"),
        Err(AppError::Invalid(problem)) => {
            let page = page_of(&visit, reporting.to_owned(), rates.to_owned(), Some(problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
