//! What a text says, as far as the record keeps it: language, sentiment, and labels. How that is found out is not told
//! here; a person's word stands above it.

use serde::{Deserialize, Serialize};

use crate::thread::Cues;

/// The mood of a text (S82).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sentiment {
    /// Displeased, sad, angry.
    Negative,
    /// Neither.
    Neutral,
    /// Pleased, thankful, praising.
    Positive,
    /// Too short, or in a language that is not read.
    Unknown,
}

impl Sentiment {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Negative, Self::Neutral, Self::Positive, Self::Unknown];

    /// As commands and tables write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that a text can say; several may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Asks for help or an answer.
    Question,
    /// Shows interest in buying: a higher plan, prices, procurement, limits, features for companies.
    HandRaise,
    /// Answers somebody's question.
    Answer,
    /// Thanks somebody.
    Thanks,
    /// Says that what was asked for works now.
    Resolution,
    /// Reports something broken.
    Bug,
    /// Asks for or proposes something new.
    Feature,
    /// Says that something is good.
    Praise,
    /// Says a worry, a doubt, a complaint that is no report of a defect.
    Concern,
}

impl Label {
    /// How many there are.
    pub const COUNT: usize = 9;
    /// All, in the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Question,
        Self::HandRaise,
        Self::Answer,
        Self::Thanks,
        Self::Resolution,
        Self::Bug,
        Self::Feature,
        Self::Praise,
        Self::Concern,
    ];

    /// As commands and tables write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::HandRaise => "hand_raise",
            Self::Answer => "answer",
            Self::Thanks => "thanks",
            Self::Resolution => "resolution",
            Self::Bug => "bug",
            Self::Feature => "feature",
            Self::Praise => "praise",
            Self::Concern => "concern",
        }
    }

    /// The label of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.name() == name)
    }
}

/// A set of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Labels(u16);

impl Labels {
    /// The set of these bits; bits beyond the labels are dropped.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & ((1 << Label::COUNT) - 1))
    }

    /// Label number n is bit n.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether the label is in the set.
    pub const fn has(self, label: Label) -> bool {
        self.0 & (1 << label as u16) != 0
    }

    /// The set with the label, or without it.
    pub const fn with(self, label: Label, holds: bool) -> Self {
        let bit = 1 << label as u16;
        Self(if holds { self.0 | bit } else { self.0 & !bit })
    }

    /// The labels of the set, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Label> {
        Label::ALL.into_iter().filter(move |label| self.has(*label))
    }
}

impl FromIterator<Label> for Labels {
    fn from_iter<I: IntoIterator<Item = Label>>(labels: I) -> Self {
        labels.into_iter().fold(Self::default(), |set, label| set.with(label, true))
    }
}

/// What was read in one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// ISO 639-1; `None` when it could not be told.
    pub language: Option<String>,
    /// The mood.
    pub sentiment: Sentiment,
    /// -1 to 1: probability of positive less that of negative; 0 when unknown.
    pub sentiment_score: f32,
    /// Probability of each label, 0 to 1, by its number.
    pub scores: [f32; Label::COUNT],
    /// The labels that hold.
    pub labels: Labels,
    /// What the words do in a thread.
    pub cues: Cues,
    /// Names of brands and products, each once, in the order of the text.
    pub mentions: Vec<String>,
    /// The version of the model that read it.
    pub model: u16,
}

impl Reading {
    /// Everything but the probabilities as one number: [`Labels::bits`]; the sentiment's number from bit 9 on;
    /// [`Cues::bits`] from bit 11 on; the model's version from bit [`MODEL_SHIFT`] on, of which 13 bits are kept.
    pub const fn code(&self) -> u32 {
        self.labels.bits() as u32
            | (self.sentiment as u32) << 9
            | (self.cues.bits() as u32) << 11
            | (self.model as u32) << MODEL_SHIFT
    }

    /// The probabilities in steps of 1/255, a byte each, and the sentiment's score in steps of 1/127.
    pub fn score_bytes(&self) -> [u8; Label::COUNT + 1] {
        let mut bytes = [0; Label::COUNT + 1];
        for (byte, score) in bytes.iter_mut().zip(self.scores) {
            *byte = (score.clamp(0.0, 1.0) * 255.0).round() as u8;
        }
        bytes[Label::COUNT] = ((self.sentiment_score.clamp(-1.0, 1.0) * 127.0).round() as i8).cast_unsigned();
        bytes
    }
}

/// The sentiment's score in [`Reading::score_bytes`]; 0 where they are cut off.
pub fn sentiment_score_of(bytes: &[u8]) -> f32 {
    bytes.get(Label::COUNT).map_or(0.0, |byte| f32::from(byte.cast_signed()) / 127.0)
}

/// The probability of a label in [`Reading::score_bytes`]; 0 where they are cut off.
pub fn score_of(bytes: &[u8], label: Label) -> f32 {
    bytes.get(label as usize).map_or(0.0, |byte| f32::from(*byte) / 255.0)
}

/// Added to the number of the models where the large ones were asked as well; numbers of models are below it.
pub const LARGE_MODEL: u16 = 1 << 12;

/// Where the model's version begins in [`Reading::code`].
pub const MODEL_SHIFT: u32 = 19;

/// The labels of [`Reading::code`].
pub const fn labels_of(code: u32) -> Labels {
    Labels::from_bits((code & 0x1ff) as u16)
}

/// The mood of [`Reading::code`].
pub fn sentiment_of(code: u32) -> Sentiment {
    Sentiment::ALL[(code >> 9 & 3) as usize]
}

/// The cues of [`Reading::code`].
pub const fn cues_of(code: u32) -> Cues {
    Cues::from_bits((code >> 11 & 0xff) as u8)
}

/// A code with other labels, mood and cues.
pub const fn code_with(code: u32, labels: Labels, sentiment: Sentiment, cues: Cues) -> u32 {
    let model = code >> MODEL_SHIFT << MODEL_SHIFT;
    model | labels.bits() as u32 | (sentiment as u32) << 9 | (cues.bits() as u32) << 11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_holds_labels_and_mood() {
        for (number, label) in Label::ALL.into_iter().enumerate() {
            assert_eq!(label as usize, number);
            assert_eq!(Label::named(label.name()), Some(label));
            for sentiment in Sentiment::ALL {
                let labels = Labels::default().with(label, true);
                let reading = Reading {
                    language: None,
                    sentiment,
                    sentiment_score: -0.5,
                    scores: [0.25; Label::COUNT],
                    labels,
                    cues: Cues::FITS,
                    mentions: Vec::new(),
                    model: 1,
                };
                assert_eq!((labels_of(reading.code()), sentiment_of(reading.code())), (labels, sentiment));
                assert_eq!(labels.iter().collect::<Vec<_>>(), [label]);
                assert_eq!((reading.code() >> MODEL_SHIFT, cues_of(reading.code())), (1, Cues::FITS));
                assert_eq!(code_with(reading.code(), labels, sentiment, Cues::FITS), reading.code());
                let bytes = reading.score_bytes();
                assert!((score_of(&bytes, label) - 0.25).abs() < 0.01);
                assert!((sentiment_score_of(&bytes) + 0.5).abs() < 0.01);
            }
        }
        assert_eq!(Labels::from_bits(u16::MAX).iter().count(), Label::COUNT);
        assert!(Labels::default().with(Label::Bug, true).with(Label::Bug, false).iter().next().is_none());
    }
}
