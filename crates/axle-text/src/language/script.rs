//! Scripts by ranges of Unicode: each letter's script, and the scripts that only one language is commonly written in.

use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfc_quick};

/// A script as far as it matters here. Kana stand with Han.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Cyrillic,
    Arabic,
    Devanagari,
    Han,
    Hangul,
    Greek,
    Hebrew,
    Thai,
    Georgian,
    Armenian,
    Bengali,
    Gurmukhi,
    Gujarati,
    Tamil,
    Telugu,
    Kannada,
    Malayalam,
    Sinhala,
    Lao,
    Tibetan,
    Burmese,
    Ethiopic,
    Khmer,
}

/// How the language of a script is found.
pub(super) enum Kind {
    /// It is nearly always this one.
    One(&'static str),
    /// A group of the model tells them apart.
    Several,
}

impl Script {
    pub(super) const ALL: [Self; 24] = [
        Self::Latin,
        Self::Cyrillic,
        Self::Arabic,
        Self::Devanagari,
        Self::Han,
        Self::Hangul,
        Self::Greek,
        Self::Hebrew,
        Self::Thai,
        Self::Georgian,
        Self::Armenian,
        Self::Bengali,
        Self::Gurmukhi,
        Self::Gujarati,
        Self::Tamil,
        Self::Telugu,
        Self::Kannada,
        Self::Malayalam,
        Self::Sinhala,
        Self::Lao,
        Self::Tibetan,
        Self::Burmese,
        Self::Ethiopic,
        Self::Khmer,
    ];
    pub(super) const COUNT: usize = Self::ALL.len();

    /// The script of a letter or mark, or `None` for one that several scripts share or that is not known here.
    pub(super) fn of(c: char) -> Option<Self> {
        Some(match u32::from(c) {
            0x41..=0x5A | 0x61..=0x7A | 0xAA..=0x24F | 0x1E00..=0x1EFF | 0xFF21..=0xFF5A => Self::Latin,
            0x370..=0x3FF | 0x1F00..=0x1FFF => Self::Greek,
            0x400..=0x52F => Self::Cyrillic,
            0x531..=0x587 => Self::Armenian,
            0x590..=0x5FF => Self::Hebrew,
            0x600..=0x6FF | 0x750..=0x77F | 0xFB50..=0xFDFF | 0xFE70..=0xFEFF => Self::Arabic,
            0x900..=0x97F => Self::Devanagari,
            0x980..=0x9FF => Self::Bengali,
            0xA00..=0xA7F => Self::Gurmukhi,
            0xA80..=0xAFF => Self::Gujarati,
            0xB80..=0xBFF => Self::Tamil,
            0xC00..=0xC7F => Self::Telugu,
            0xC80..=0xCFF => Self::Kannada,
            0xD00..=0xD7F => Self::Malayalam,
            0xD80..=0xDFF => Self::Sinhala,
            0xE00..=0xE7F => Self::Thai,
            0xE80..=0xEFF => Self::Lao,
            0xF00..=0xFFF => Self::Tibetan,
            0x1000..=0x109F => Self::Burmese,
            0x10A0..=0x10FF | 0x1C90..=0x1CBF => Self::Georgian,
            0x1200..=0x139F => Self::Ethiopic,
            0x1780..=0x17FF => Self::Khmer,
            0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7AF => Self::Hangul,
            0x3005 | 0x3041..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xFF66..=0xFF9F => Self::Han,
            _ => return None,
        })
    }

    pub(super) fn kind(self) -> Kind {
        Kind::One(match self {
            Self::Latin | Self::Cyrillic | Self::Arabic | Self::Devanagari | Self::Han => return Kind::Several,
            Self::Hangul => "ko",
            Self::Greek => "el",
            Self::Hebrew => "he",
            Self::Thai => "th",
            Self::Georgian => "ka",
            Self::Armenian => "hy",
            Self::Bengali => "bn",
            Self::Gurmukhi => "pa",
            Self::Gujarati => "gu",
            Self::Tamil => "ta",
            Self::Telugu => "te",
            Self::Kannada => "kn",
            Self::Malayalam => "ml",
            Self::Sinhala => "si",
            Self::Lao => "lo",
            Self::Tibetan => "bo",
            Self::Burmese => "my",
            Self::Ethiopic => "am",
            Self::Khmer => "km",
        })
    }

    /// What one letter counts beside a Latin one: a character that is a syllable or a word says more, and Latin product
    /// names stand in texts of every script.
    pub(super) fn weight(self) -> usize {
        match self {
            Self::Latin => 1,
            Self::Han | Self::Hangul => 3,
            _ => 2,
        }
    }
}

/// Letters and the marks on them.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphabetic() || is_combining_mark(c)
}

pub(super) fn is_kana(c: char) -> bool {
    matches!(u32::from(c), 0x3041..=0x30FA | 0x30FD..=0x30FF | 0xFF66..=0xFF9F)
}

/// The characters, composed (NFC); nothing is kept where they already are.
pub(crate) fn composed(text: &str) -> impl Iterator<Item = char> {
    let is_composed = is_nfc_quick(text.chars()) == IsNormalized::Yes;
    let (plain, changed) = if is_composed { (Some(text.chars()), None) } else { (None, Some(text.nfc())) };
    plain.into_iter().flatten().chain(changed.into_iter().flatten())
}
