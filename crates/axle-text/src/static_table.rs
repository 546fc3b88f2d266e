//! Vectors of texts from a static table: a row for each piece of a word; a text is the sum of its rows, at unit length.

use crate::tensors::{Bytes, ModelError, Slice, Tensors};
use crate::tokens::Vocabulary;

/// Numbers of a vector.
pub const WIDTH: usize = 256;

/// Pieces of a text that are read.
const MOST_PIECES: usize = 256;

/// The table and its vocabulary.
pub struct StaticTable {
    vocabulary: Vocabulary,
    scales: Vec<f32>,
    rows: Slice,
}

/// A text's vector, of length 1; all zeros where no piece is known.
pub type Vector = [f32; WIDTH];

impl StaticTable {
    /// The table that is compiled in.
    pub fn built_in() -> Self {
        let bytes = Bytes::Static(include_bytes!("../models/static-256.safetensors"));
        Self::new(bytes, include_str!("../models/static-vocab.txt"))
            .expect("the built-in table is whole: a test reads it")
    }

    /// Reads a table. Fails when the file has not the vocabulary's number of rows, 256 wide.
    pub fn new(file: Bytes, vocabulary: &str) -> Result<Self, ModelError> {
        let rows = vocabulary.lines().count();
        let tensors = Tensors::new(file)?;
        Ok(Self {
            vocabulary: Vocabulary::new(vocabulary),
            scales: tensors.floats("scales", &[rows])?,
            rows: tensors.slice("embeddings", "I8", &[rows, WIDTH])?,
        })
    }

    /// The vector of a text: its first 256 known pieces.
    pub fn vector(&self, text: &str) -> Vector {
        let (rows, _) = self.rows.get().as_chunks::<WIDTH>();
        let mut sum = [0.0; WIDTH];
        let mut read = 0;
        self.vocabulary.pieces(text, |piece| {
            if let Some(id) = piece {
                let scale = self.scales[id as usize];
                for (sum, value) in sum.iter_mut().zip(&rows[id as usize]) {
                    *sum += scale * f32::from(value.cast_signed());
                }
                read += 1;
            }
            read < MOST_PIECES
        });
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            sum.iter_mut().for_each(|value| *value /= length);
        }
        sum
    }

    /// How much a word weighs in a text's vector, 0 and more: rare words weigh most. 0 for an unknown word.
    pub(crate) fn weight(&self, word: &str) -> f32 {
        let (rows, _) = self.rows.get().as_chunks::<WIDTH>();
        let mut weight = 0.0_f32;
        self.vocabulary.pieces(word, |piece| {
            if let Some(id) = piece {
                let squares: i32 = rows[id as usize].iter().map(|value| i32::from(value.cast_signed()).pow(2)).sum();
                weight = weight.max(self.scales[id as usize] * (squares as f32).sqrt());
            }
            true
        });
        weight
    }

    #[cfg(test)]
    fn ids(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.vocabulary.pieces(text, |piece| {
            ids.extend(piece);
            ids.len() < MOST_PIECES
        });
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_vectors::vectors;

    #[test]
    fn texts_have_the_vectors_of_the_reference() {
        let table = StaticTable::built_in();
        for expected in vectors() {
            assert_eq!(table.ids(&expected.text), expected.static_ids, "{}", expected.text);
            let vector = table.vector(&expected.text);
            for (value, expected) in vector.iter().zip(&expected.static_first8) {
                assert!((value - expected).abs() < 2e-5, "{value} {expected}");
            }
        }
    }

    #[test]
    fn nothing_known_is_no_direction() {
        assert_eq!(StaticTable::built_in().vector("\u{1f9ff}"), [0.0; WIDTH]);
    }
}
