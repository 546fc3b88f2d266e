//! `axle text label`: what texts say that are not in the record.

use std::path::PathBuf;
use std::sync::Arc;

use axle_model::label::{Label, Reading, Sentiment};
use axle_text::transcript::Utterance;
use axle_text::{LargeReader, Lexicon, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::models::{must_have_large, reader};
use crate::AppResult;

/// A text to label, as a line of JSON gives it; other fields are ignored.
#[derive(Debug, Clone, Deserialize)]
pub struct AskedText {
    /// The words.
    pub text: String,
    /// Subject or title.
    #[serde(default)]
    pub title: Option<String>,
    /// Whether it is speech that was written down, with little or no punctuation.
    #[serde(default)]
    pub transcript: bool,
}

/// A labelled text (contract: "A labelled text").
#[derive(Debug, Clone, Serialize)]
pub struct LabelledText {
    /// ISO 639-1.
    pub language: Option<String>,
    /// The mood.
    pub sentiment: Sentiment,
    /// -1 to 1.
    pub sentiment_score: f64,
    /// Probability of each label.
    pub labels: Map<String, Value>,
    /// Those that hold.
    pub decided: Vec<Label>,
    /// Brands and products named.
    pub mentions: Vec<String>,
    /// `small` or `large`.
    pub tier: &'static str,
    /// The models' version.
    pub model: String,
    /// Of a transcript, what was said one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentences: Option<Vec<Sentence>>,
}

/// A sentence of a transcript.
#[derive(Debug, Clone, Serialize)]
pub struct Sentence {
    /// Who speaks, where the transcript says so.
    pub speaker: Option<String>,
    /// The words.
    pub text: String,
    /// The mood.
    pub sentiment: Sentiment,
    /// The labels that hold.
    pub decided: Vec<Label>,
}

/// The models that a text is read with.
pub enum Tier {
    /// Those that are compiled in.
    Small,
    /// With a second opinion of larger ones.
    Large(Arc<LargeReader>),
}

impl Tier {
    /// The large models of the first folder that has them.
    pub fn large(folders: &[PathBuf]) -> AppResult<Self> {
        Ok(Self::Large(must_have_large(folders)?))
    }

    /// Labels a text.
    pub fn label(&self, asked: &AskedText) -> LabelledText {
        let lexicon = Lexicon::known();
        let (large, tier, model) = match self {
            Self::Small => (None, "small", axle_text::MODEL_NAME),
            Self::Large(large) => (Some(large), "large", axle_text::LARGE_MODEL_NAME),
        };
        if asked.transcript {
            let (whole, utterances) = reader().read_transcript(large.map(Arc::as_ref), &asked.text, lexicon);
            let sentence = |(utterance, reading): &(Utterance, Reading)| Sentence {
                speaker: utterance.speaker.clone().map(|range| asked.text[range].to_owned()),
                text: asked.text[utterance.range.clone()].to_owned(),
                sentiment: reading.sentiment,
                decided: reading.labels.iter().collect(),
            };
            let sentences = utterances.iter().map(sentence).collect();
            return LabelledText { sentences: Some(sentences), ..labelled(whole, tier, model) };
        }
        let text = Text { title: asked.title.as_deref(), body: &asked.text };
        let reading = match large {
            None => reader().read(&text, lexicon),
            Some(large) => reader().read_with(large, &text, lexicon),
        };
        labelled(reading, tier, model)
    }
}

fn labelled(reading: Reading, tier: &'static str, model: &str) -> LabelledText {
    let rounded = |score: f32| (f64::from(score) * 10_000.0).round() / 10_000.0;
    let score = |label: Label| (label.name().to_owned(), rounded(reading.scores[label as usize]).into());
    LabelledText {
        language: reading.language,
        sentiment: reading.sentiment,
        sentiment_score: rounded(reading.sentiment_score),
        labels: Label::ALL.into_iter().map(score).collect(),
        decided: reading.labels.iter().collect(),
        mentions: reading.mentions,
        tier,
        model: model.to_owned(),
        sentences: None,
    }
}
