//! How scores are made of words and vectors.

/// What goes into a score, and with how much weight. The constants are what was found best on duplicates of questions,
/// and the plain methods beside which they are measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranking {
    /// Weight of the words, and how they are compared.
    pub words: f32,
    /// How words are compared.
    pub compare_words: CompareWords,
    /// Weight of the first vector's cosine.
    pub vector: f32,
    /// Weight of the second vector's cosine. A document without one, or all when the query has none, is compared by its
    /// first vector instead.
    pub second: f32,
    /// Whether cosines are taken around the mean of all documents.
    pub centred: bool,
    /// How much of the likeness between a found document and its own nearest neighbours is taken off: what lies in a
    /// crowd is near to everything (cross-domain similarity local scaling, Conneau et al. 2018, on the found side only).
    pub crowd: f32,
    /// The lead from which a hit is sure: where, of the best hits of 1,000 questions with one known duplicate each among
    /// 1,803 others, at least 0.8 are that duplicate (thresholds taken on half of the pairs held on the other half within
    /// 0.05 to 0.07). About one question in eight has so sure a hit in the small tier, one in six in the large. Infinite:
    /// not measured, so never sure.
    pub sure: f32,
}

/// How the words of two documents are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareWords {
    /// The cosine of words weighted by logarithmic count and rarity, a word of the title counting twice: 0 to 1.
    Cosine,
    /// Okapi BM25 of the title and of the body, each divided by its best in the collection, 0.4 : 0.6.
    Bm25,
}

impl Ranking {
    /// Words and the static vector: without a large model. Rarer weights, parts of words, pairs of words, and titles
    /// compared with bodies were tried and found no more.
    pub const SMALL: Self = Self {
        words: 0.5,
        compare_words: CompareWords::Cosine,
        vector: 0.5,
        second: 0.0,
        centred: true,
        crowd: 0.25,
        sure: 0.31,
    };

    /// Words and the vector of a sentence model. The static vector adds nothing to it.
    pub const LARGE: Self = Self { words: 0.3, vector: 0.0, second: 0.7, sure: 0.32, ..Self::SMALL };

    /// BM25 alone.
    pub const BM25: Self = Self {
        words: 1.0,
        compare_words: CompareWords::Bm25,
        vector: 0.0,
        second: 0.0,
        centred: false,
        crowd: 0.0,
        sure: f32::INFINITY,
    };

    /// The words of [`Ranking::SMALL`] alone.
    pub const WORDS: Self = Self { compare_words: CompareWords::Cosine, ..Self::BM25 };

    /// The cosine of the first vector alone.
    pub const VECTOR: Self = Self { words: 0.0, vector: 1.0, ..Self::BM25 };

    /// The cosine of the second vector alone.
    pub const SECOND: Self = Self { words: 0.0, second: 1.0, ..Self::BM25 };

    /// BM25 and the first vector, 0.3 : 0.7.
    pub const BM25_AND_VECTOR: Self = Self { words: 0.3, vector: 0.7, ..Self::BM25 };
}
