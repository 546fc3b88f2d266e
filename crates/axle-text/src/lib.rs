//! What a text says: language, sentiment, question, intent, mentions, similarity. Pure: texts and models in, labels out.

pub mod clean;
mod cues;
pub mod features;
pub mod heads;
pub mod language;
pub mod large;
pub mod mentions;
pub mod minilm;
pub mod quality;
pub mod reader;
pub mod refit;
pub mod similar;
pub mod static_table;
pub mod tensors;
#[cfg(test)]
mod test_vectors;
pub mod tokens;
pub mod transcript;
pub mod vader;

pub use large::LargeReader;
pub use mentions::Lexicon;
pub use reader::{LARGE_MODEL_NAME, MODEL_NAME, Reader, Text};
pub use tensors::{Bytes, ModelError};
