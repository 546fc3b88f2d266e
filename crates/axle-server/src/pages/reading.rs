//! How words are read: how well, how far, what people corrected, and which names are looked for.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::settings::Tab;

/// `GET /{workspace}/settings/reading`: how well words are read.
#[derive(Debug, Clone, Template)]
#[template(path = "settings_reading.html")]
pub struct ReadingPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// How far the reading is.
    pub progress: ReadingProgress,
    /// By label.
    pub labels: Vec<LabelLine>,
    /// Languages of what members write, most first.
    pub languages: Vec<LanguageLine>,
    /// What people corrected, newest first.
    pub corrections: Vec<CorrectionLine>,
    /// Corrections in all.
    pub corrections_total: u64,
    /// What was learnt from them, by label or mood; only heads with examples enough.
    pub learnt: Vec<LearntLine>,
    /// Whether the user may take corrections back.
    pub may_correct: bool,
}

impl Tab for ReadingPage {
    fn tab(&self) -> &'static str {
        "Reading"
    }
}

/// How far the reading is; replaces itself while texts are read: `GET …/settings/reading/progress`.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/reading_progress.html")]
pub struct ReadingProgress {
    /// Where this part is fetched from.
    pub link: Link,
    /// What is read now: done and in all, and whether by the large models.
    pub now: Option<(u64, u64, bool)>,
    /// Texts that wait for the models as they are now.
    pub waiting: u64,
    /// Texts that wait for the large models.
    pub second_opinion: u64,
    /// Whether the large models are there.
    pub has_large: bool,
}

impl HtmlSafe for ReadingProgress {}

/// How well one label is read.
#[derive(Debug, Clone)]
pub struct LabelLine {
    /// `Hand raise`
    pub label: String,
    /// What a text says that has it.
    pub meaning: &'static str,
    /// Of the models in the program.
    pub small: LabelQuality,
    /// Of the large models.
    pub large: LabelQuality,
}

/// Shares in percent.
#[derive(Debug, Clone, Copy, Default)]
pub struct LabelQuality {
    /// Of those that were given the label, how many have it.
    pub precision: f64,
    /// Of those that have it, how many were given it.
    pub recall: f64,
}

impl LabelQuality {
    fn shares(&self) -> String {
        format!("{:.0} % · {:.0} %", self.precision, self.recall)
    }
}

/// A language, and how well it is read.
#[derive(Debug, Clone)]
pub struct LanguageLine {
    /// `German`, or its code; `Not told` where it could not be.
    pub language: String,
    /// Texts in it.
    pub texts: u64,
    /// Of texts in it, how many are told to be so from their first 25 characters, percent; `None` where that was not
    /// measured.
    pub recognized: Option<f64>,
    /// Whether labels and mood are read in it.
    pub is_read: bool,
}

/// What somebody corrected.
#[derive(Debug, Clone)]
pub struct CorrectionLine {
    /// Public id of the activity.
    pub activity_id: String,
    /// Of the text.
    pub excerpt: String,
    /// The label, or `sentiment`.
    pub label: String,
    /// `not a question`, `negative`
    pub said: String,
    /// Who.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// What corrections changed in the reading of a label, or of the mood.
#[derive(Debug, Clone)]
pub struct LearntLine {
    /// `Question`, `Mood`
    pub head: String,
    /// Corrections of it.
    pub corrections: u64,
    /// F1 on held-out texts as shipped, percent.
    pub before: f64,
    /// F1 on the same texts with what was learnt.
    pub after: f64,
    /// Whether what was learnt reads now.
    pub taken: bool,
}

/// A button by which somebody says that a text does not say what Axle read in it.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/wrong.html")]
pub struct Wrong {
    /// Where it is sent.
    pub link: Link,
    /// The form's token.
    pub csrf: String,
    /// Public id of the activity.
    pub activity_id: String,
    /// The label that it does not have.
    pub label: &'static str,
    /// `Not a question`
    pub text: String,
    /// The page to come back to, inside the workspace.
    pub back: String,
}

impl HtmlSafe for Wrong {}

/// `GET /{workspace}/settings/brands`: names of products that are looked for.
#[derive(Debug, Clone, Template)]
#[template(path = "settings_brands.html")]
pub struct BrandsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The company's own, a line each: name, then other spellings after a colon.
    pub own: Vec<String>,
    /// Competitors' in the same way.
    pub competitors: Vec<String>,
    /// Brands that sources state: name, and whether it is the company's own.
    pub stated: Vec<(String, bool)>,
    /// Products that are known everywhere.
    pub known: u64,
    /// What texts name most, with how many texts do.
    pub named: Vec<(String, u64)>,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
}

impl Tab for BrandsPage {
    fn tab(&self) -> &'static str {
        "Brands"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}
