//! How words are read: how well, how far, what people correct, and which names are looked for.

use axle_app::AppError;
use axle_app::reading::{self as app, Brand};
use axle_model::label::Label;
use axum::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::member::{excerpt, sentence_case};
use super::settings::{Pairs, done, value};
use crate::failure::{Answer, Failure, html};
use crate::pages::layout::Section;
use crate::pages::reading::{
    BrandsPage, CorrectionLine, LabelLine, LabelQuality, LanguageLine, LearntLine, ReadingPage, ReadingProgress, Wrong,
};
use crate::visit::Visit;

/// Corrections that are listed.
const CORRECTIONS: usize = 50;
/// Brands that are shown with how often they are named.
const NAMED: usize = 20;
/// Languages that are listed.
const LANGUAGES: usize = 12;

/// `GET /{workspace}/settings/reading`
pub(crate) async fn page(visit: Visit) -> Answer {
    let workspace = &visit.opened.workspace;
    let corrections = app::corrections(workspace).await?;
    let sees = visit.user.may_see_members();
    html(&ReadingPage {
        layout: visit.layout("Settings", Section::Settings),
        progress: progress_of(&visit).await?,
        labels: Label::ALL.into_iter().map(label_line).collect(),
        languages: app::languages(workspace).await?.into_iter().take(LANGUAGES).map(language_line).collect(),
        corrections_total: corrections.len() as u64,
        corrections: corrections.into_iter().rev().filter(|_| sees).take(CORRECTIONS).map(correction_line).collect(),
        learnt: app::learnt(workspace).await?.map_or_else(Vec::new, |learnt| learnt_lines(&learnt)),
        may_correct: visit.user.may_correct(),
    })
}

fn learnt_lines(learnt: &app::Learnt) -> Vec<LearntLine> {
    let judged = learnt.reports.iter().filter(|report| report.before.log_loss > 0.0);
    let line = |report: &app::Report| LearntLine {
        head: Label::named(&report.head).map_or_else(|| "Mood".into(), named),
        corrections: report.examples.iter().sum::<usize>() as u64,
        before: report.before.f1 * 100.0,
        after: report.after.f1 * 100.0,
        taken: report.taken,
    };
    judged.map(line).collect()
}

fn label_line(label: Label) -> LabelLine {
    let shares = |tier: &str| {
        let found = app::quality().into_iter().find(|line| line.label == label.name() && line.tier == tier);
        found.map_or_else(LabelQuality::default, |line| LabelQuality {
            precision: f64::from(line.precision) * 100.0,
            recall: f64::from(line.recall) * 100.0,
        })
    };
    LabelLine { label: named(label), meaning: meaning(label), small: shares("small"), large: shares("large") }
}

fn named(label: Label) -> String {
    sentence_case(&label.name().replace('_', " "))
}

fn meaning(label: Label) -> &'static str {
    match label {
        Label::Question => "asks for help or an answer",
        Label::HandRaise => "shows interest in buying",
        Label::Answer => "answers a question",
        Label::Thanks => "thanks somebody",
        Label::Resolution => "says that it works now",
        Label::Bug => "reports something broken",
        Label::Feature => "asks for something new",
        Label::Praise => "says that something is good",
        Label::Concern => "says a worry or a doubt",
    }
}

fn language_line(language: app::Language) -> LanguageLine {
    LanguageLine {
        is_read: language.code.as_deref() == Some("en"),
        language: language.name.or(language.code).unwrap_or_else(|| "Not told".into()),
        texts: language.texts,
        recognized: language.recognized.map(|share| f64::from(share) * 100.0),
    }
}

fn correction_line(line: app::CorrectionLine) -> CorrectionLine {
    let name = |label: &str| label.replace('_', " ");
    let said = match line.value.as_str() {
        "true" => sentence_case(&name(&line.label)),
        "false" => format!("Not {}", with_article(&name(&line.label))),
        mood => format!("Mood: {mood}"),
    };
    let words = line.title.or(line.text).unwrap_or_else(|| "A text that is gone".into());
    CorrectionLine {
        activity_id: line.activity_id,
        excerpt: excerpt(&words, 160),
        label: line.label,
        said,
        by: line.corrected_by,
        at: line.corrected_at,
    }
}

fn with_article(label: &str) -> String {
    match label {
        "thanks" | "praise" => label.to_owned(),
        "answer" => format!("an {label}"),
        "feature" => "a feature request".to_owned(),
        _ => format!("a {label}"),
    }
}

/// The button that says that an activity's words do not have a label; `None` for who may not say so.
pub(super) fn wrong(visit: &Visit, activity_id: &str, label: Label, back: &str) -> Option<Wrong> {
    visit.user.may_correct().then(|| Wrong {
        link: visit.link("corrections"),
        csrf: visit.token().to_owned(),
        activity_id: activity_id.to_owned(),
        label: label.name(),
        text: format!("Not {}", with_article(&label.name().replace('_', " "))),
        back: back.to_owned(),
    })
}

/// `GET /{workspace}/settings/reading/progress`
pub(crate) async fn progress(visit: Visit) -> Answer {
    html(&progress_of(&visit).await?)
}

async fn progress_of(visit: &Visit) -> Result<ReadingProgress, Failure> {
    let workspace = &visit.opened.workspace;
    let now = visit.opened.imports.words().progress();
    // Counting goes over all texts, and is not needed while they are being read.
    let waiting = if now.is_some() { app::Waiting::default() } else { app::waiting(workspace).await? };
    Ok(ReadingProgress {
        link: visit.link("settings/reading/progress"),
        now: now.map(|now| (now.done, now.total, now.is_large)),
        waiting: waiting.unread,
        second_opinion: waiting.second_opinion,
        has_large: app::has_large(&app::model_folders(workspace.data_folder())),
    })
}

#[derive(Deserialize)]
pub(crate) struct Correction {
    csrf: String,
    activity: String,
    label: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    back: String,
}

/// `POST /{workspace}/corrections`
pub(crate) async fn correct(visit: Visit, Form(form): Form<Correction>) -> Answer {
    visit.check_form(&form.csrf)?;
    visit.must_correct()?;
    let (workspace, by) = (&visit.opened.workspace, Some(visit.user.name.as_str()));
    app::correct(workspace, &form.activity, &form.label, &form.value, by, visit.clock.now).await?;
    visit.opened.imports.words().start(workspace, visit.state.clock()).await;
    // Where it leads is one of our own pages: no address, no way out of the workspace.
    let is_page = |path: &str| {
        path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/')) && !path.contains("//")
    };
    let back = if is_page(&form.back) { form.back.trim_start_matches('/') } else { "" };
    Ok(Redirect::to(&visit.link(back).with("done", "corrected").to_string()).into_response())
}

/// `POST /{workspace}/corrections/withdraw`
pub(crate) async fn withdraw(visit: Visit, Form(form): Form<Correction>) -> Answer {
    visit.check_form(&form.csrf)?;
    visit.must_correct()?;
    app::withdraw(&visit.opened.workspace, &form.activity, &form.label).await?;
    done(&visit, "settings/reading", "withdrawn")
}

/// `GET /{workspace}/settings/brands`
pub(crate) async fn brands(visit: Visit) -> Answer {
    visit.must_administer()?;
    let listed = app::listed_brands(&visit.opened.workspace).await?;
    html(&brands_page(&visit, lines(&listed, true), lines(&listed, false), None).await?)
}

async fn brands_page(
    visit: &Visit,
    own: Vec<String>,
    competitors: Vec<String>,
    problem: Option<String>,
) -> Result<BrandsPage, Failure> {
    let workspace = &visit.opened.workspace;
    let listed = app::listed_brands(workspace).await?;
    let is_listed = |brand: &Brand| listed.iter().any(|known| known.name.eq_ignore_ascii_case(&brand.name));
    let stated = app::brands(workspace).await?.into_iter().filter(|brand| !is_listed(brand));
    Ok(BrandsPage {
        layout: visit.layout("Settings", Section::Settings),
        own,
        competitors,
        stated: stated.map(|brand| (brand.name, brand.own)).collect(),
        known: app::known_products() as u64,
        named: app::named(workspace).await?.into_iter().take(NAMED).collect(),
        problem,
    })
}

/// A line for each brand: `Name: spelling, spelling`.
fn lines(brands: &[Brand], own: bool) -> Vec<String> {
    let line = |brand: &Brand| match brand.terms.as_slice() {
        [] => brand.name.clone(),
        terms => format!("{}: {}", brand.name, terms.join(", ")),
    };
    brands.iter().filter(|brand| brand.own == own).map(line).collect()
}

/// What was typed, line by line.
fn typed(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn brands_of(text: &str, own: bool) -> Vec<Brand> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (name, terms) = line.split_once(':').unwrap_or((line, ""));
            let terms = terms.split(',').map(str::trim).filter(|term| !term.is_empty());
            Brand { name: name.trim().to_owned(), own, terms: terms.map(str::to_owned).collect() }
        })
        .collect()
}

/// `POST /{workspace}/settings/brands`
pub(crate) async fn set_brands(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let workspace = &visit.opened.workspace;
    let (own, competitors) = (value(&pairs, "own"), value(&pairs, "competitors"));
    let mut brands = brands_of(own, true);
    brands.extend(brands_of(competitors, false));
    match app::set_brands(workspace, brands, Some(&visit.user.email), visit.clock.now).await {
        Ok(()) => {
            visit.opened.imports.words().start(workspace, visit.state.clock()).await;
            done(&visit, "settings/brands", "brands")
        }
        Err(AppError::Invalid(problem)) => {
            let page = brands_page(&visit, typed(own), typed(competitors), Some(problem)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_are_written_as_they_are_read() {
        let typed = "Tidewheel: tide wheel, tidewheel.dev\n\n  Fjord  \nAqua:\n";
        let brands = brands_of(typed, true);
        assert_eq!(lines(&brands, true), ["Tidewheel: tide wheel, tidewheel.dev", "Fjord", "Aqua"]);
        assert!(lines(&brands, false).is_empty());
    }
}
