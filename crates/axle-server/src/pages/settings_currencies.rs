//! Settings of currencies: what amounts are told in, and by which rates they are converted.

use askama::Template;

use crate::filters;
use crate::pages::layout::Layout;
use crate::pages::settings::Tab;

/// `GET /{workspace}/settings/currencies`
#[derive(Debug, Clone, Template)]
#[template(path = "settings_currencies.html")]
pub struct CurrenciesPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The reporting currency, or what was typed; empty for none.
    pub reporting: String,
    /// The rates, or what was typed: a line each.
    pub rates: String,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
}

impl Tab for CurrenciesPage {
    fn tab(&self) -> &'static str {
        "Currencies"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}
