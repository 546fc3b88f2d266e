//! MiniLM-L6 (sentence-transformers/all-MiniLM-L6-v2): a vector of 384 numbers for a text, such that texts that mean the
//! same point the same way; and its copy that was trained on further to tell the mood.
//!
//! Weights have 8 bits. Inputs of products are rounded to 14 bits row by row, which costs less than the fifth digit of a
//! vector; what the model's makers computed is reproduced within 0.0005.

mod encoder;
mod kernels;
mod words;

use std::sync::Arc;

use crate::heads::softmax;
use crate::tensors::{Bytes, ModelError, Tensors};
use crate::tokens::Vocabulary;
pub use encoder::WIDTH;
use encoder::{Encoder, floats};
pub use kernels::Kernel;
use words::Words;

/// Pieces of a text that are read, with those that begin and end it.
const MOST_PIECES: usize = 128;
/// The same for a document: as many as there are places.
const MOST_PIECES_OF_DOCUMENT: usize = encoder::PLACES;
/// The same for the mood.
const MOST_PIECES_FOR_MOOD: usize = 80;
const UNKNOWN: u32 = 100;
const BEGIN: u32 = 101;
const END: u32 = 102;

/// A text's vector, of length 1.
pub type Vector = [f32; WIDTH];

/// The model and its vocabulary; about 17 MB.
pub struct MiniLm {
    vocabulary: Arc<Vocabulary>,
    words: Arc<Words>,
    encoder: Encoder,
}

/// The copy that tells the mood; about 11 MB, since it shares vocabulary and table of words with [`MiniLm`].
pub struct MoodCopy {
    vocabulary: Arc<Vocabulary>,
    words: Arc<Words>,
    encoder: Encoder,
    weights: Vec<f32>,
    biases: [f32; 3],
}

impl MiniLm {
    /// Reads `minilm-l6-q8.safetensors` and its vocabulary. Fails when a tensor is missing or not of the shape that the
    /// model has, and when the vocabulary has not a line for each row of the table of words.
    pub fn load(file: Bytes, vocabulary: &str) -> Result<Self, ModelError> {
        Self::with_kernel(file, vocabulary, Kernel::best())
    }

    /// The same with a certain kernel; all give the same vectors.
    pub fn with_kernel(file: Bytes, vocabulary: &str, kernel: Kernel) -> Result<Self, ModelError> {
        let tensors = Tensors::new(file)?;
        let count = vocabulary.lines().count();
        if count <= END as usize {
            return Err(ModelError::Damaged(format!("its vocabulary has only {count} lines")));
        }
        Ok(Self {
            words: Arc::new(Words::new(&tensors, count)?),
            encoder: Encoder::new(&tensors, kernel)?,
            vocabulary: Arc::new(Vocabulary::new(vocabulary)),
        })
    }

    /// The vector of a text: of its first 126 pieces, which are about 100 words.
    pub fn embed(&self, text: &str) -> Vector {
        self.embed_pieces(&pieces(&self.vocabulary, text, MOST_PIECES))
    }

    /// The vector of a document, for finding others like it: of its first 254 pieces, which are about 200 words.
    pub fn embed_document(&self, text: &str) -> Vector {
        self.embed_pieces(&pieces(&self.vocabulary, text, MOST_PIECES_OF_DOCUMENT))
    }

    fn embed_pieces(&self, pieces: &[u32]) -> Vector {
        let mut vector = self.encoder.mean(pieces, &self.words);
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
        vector.iter_mut().for_each(|value| *value /= length);
        vector
    }
}

impl MoodCopy {
    /// Reads `sentiment-minilm-q8.safetensors`, which goes with `base`.
    pub fn load(file: Bytes, base: &MiniLm) -> Result<Self, ModelError> {
        Self::with_kernel(file, base, Kernel::best())
    }

    /// The same with a certain kernel.
    pub fn with_kernel(file: Bytes, base: &MiniLm, kernel: Kernel) -> Result<Self, ModelError> {
        let tensors = Tensors::new(file)?;
        let biases = floats(&tensors, "head.bias", &[3])?;
        Ok(Self {
            encoder: Encoder::new(&tensors, kernel)?,
            weights: floats(&tensors, "head.weight", &[3, WIDTH])?,
            biases: [biases[0], biases[1], biases[2]],
            vocabulary: base.vocabulary.clone(),
            words: base.words.clone(),
        })
    }

    /// The probabilities of negative, neutral and positive, from the first 78 pieces of a text.
    pub fn mood(&self, text: &str) -> [f32; 3] {
        let mean = self.encoder.mean(&pieces(&self.vocabulary, text, MOST_PIECES_FOR_MOOD), &self.words);
        let mut scores = self.biases;
        for (score, weights) in scores.iter_mut().zip(self.weights.chunks_exact(WIDTH)) {
            *score += crate::heads::dot(&mean, weights);
        }
        softmax(scores)
    }
}

/// The numbers of a text's pieces, `most` at most, between those of beginning and end.
fn pieces(vocabulary: &Vocabulary, text: &str, most: usize) -> Vec<u32> {
    let mut pieces = Vec::with_capacity(most);
    pieces.push(BEGIN);
    vocabulary.pieces(text, |piece| {
        pieces.push(piece.unwrap_or(UNKNOWN));
        pieces.len() < most - 1
    });
    pieces.push(END);
    pieces
}

#[cfg(test)]
pub(crate) mod tests;
