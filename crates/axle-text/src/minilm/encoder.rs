//! The layers of MiniLM-L6: six times attention and a layer twice as wide as deep, after BERT, over the vectors of the
//! pieces of a text.

use crate::minilm::kernels::{Kernel, Rounded, Weights};
use crate::minilm::words::{Words, half};
use crate::tensors::{ModelError, Tensors};

/// Numbers of a vector.
pub const WIDTH: usize = 384;
/// Numbers between the two products of a layer.
const INNER: usize = 4 * WIDTH;
const LAYERS: usize = 6;
/// Places of pieces that the file has vectors for.
pub(crate) const PLACES: usize = 256;

/// The weights of one copy of the model, but for its table of words.
pub(crate) struct Encoder {
    kernel: Kernel,
    /// For each place in the text, the vector that is added there.
    places: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    /// Queries, keys and values at once.
    mixed: Weights,
    attended: Weights,
    attended_norm: Norm,
    inner: Weights,
    outer: Weights,
    norm: Norm,
}

struct Norm {
    scales: Vec<f32>,
    biases: Vec<f32>,
}

impl Encoder {
    /// Reads the weights. Fails at the first tensor that is missing, of another shape, or holds what is no number.
    pub(crate) fn new(tensors: &Tensors, kernel: Kernel) -> Result<Self, ModelError> {
        let kinds = floats(tensors, "embeddings.token_type_embeddings.weight", &[2, WIDTH])?;
        let mut places = places(tensors)?;
        for place in places.chunks_exact_mut(WIDTH) {
            place.iter_mut().zip(&kinds).for_each(|(value, kind)| *value += kind);
        }
        let layers = (0..LAYERS).map(|number| Layer::new(tensors, &format!("encoder.layer.{number}")));
        Ok(Self {
            kernel,
            places,
            norm: Norm::new(tensors, "embeddings.LayerNorm")?,
            layers: layers.collect::<Result<_, _>>()?,
        })
    }

    /// The mean of the vectors of these pieces, not at unit length. There must be a piece, and at most 256.
    pub(crate) fn mean(&self, pieces: &[u32], words: &Words) -> [f32; WIDTH] {
        let count = pieces.len();
        let mut rows = vec![0.0; count * WIDTH];
        for (row, piece) in rows.chunks_exact_mut(WIDTH).zip(pieces) {
            words.read(*piece, row);
        }
        let Norm { scales, biases } = &self.norm;
        self.kernel.add_and_normalise(&mut rows, &self.places[..count * WIDTH], scales, biases);
        let mut work = Work {
            rounded: Rounded::default(),
            wide: vec![0.0; count * INNER],
            mixed: vec![0.0; count * 3 * WIDTH],
            more: vec![0.0; count * WIDTH],
        };
        for layer in &self.layers {
            layer.apply(self.kernel, &mut rows, &mut work);
        }
        let mut mean = [0.0; WIDTH];
        for row in rows.chunks_exact(WIDTH) {
            mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        mean.map(|sum| sum / count as f32)
    }
}

/// Room for what lies between the products.
struct Work {
    rounded: Rounded,
    wide: Vec<f32>,
    mixed: Vec<f32>,
    more: Vec<f32>,
}

impl Layer {
    fn new(tensors: &Tensors, name: &str) -> Result<Self, ModelError> {
        let parts = ["query", "key", "value"].map(|part| format!("{name}.attention.self.{part}"));
        Ok(Self {
            mixed: weights(tensors, &parts.each_ref().map(String::as_str), WIDTH, WIDTH)?,
            attended: weights(tensors, &[&format!("{name}.attention.output.dense")], WIDTH, WIDTH)?,
            attended_norm: Norm::new(tensors, &format!("{name}.attention.output.LayerNorm"))?,
            inner: weights(tensors, &[&format!("{name}.intermediate.dense")], INNER, WIDTH)?,
            outer: weights(tensors, &[&format!("{name}.output.dense")], WIDTH, INNER)?,
            norm: Norm::new(tensors, &format!("{name}.output.LayerNorm"))?,
        })
    }

    fn apply(&self, kernel: Kernel, rows: &mut [f32], work: &mut Work) {
        let Work { rounded, wide, mixed, more } = work;
        kernel.round(rows, WIDTH, rounded);
        kernel.multiply(rounded, &self.mixed, mixed);
        kernel.attend(mixed, WIDTH, more);
        kernel.round(more, WIDTH, rounded);
        kernel.multiply(rounded, &self.attended, more);
        kernel.add_and_normalise(rows, more, &self.attended_norm.scales, &self.attended_norm.biases);
        kernel.round(rows, WIDTH, rounded);
        kernel.multiply(rounded, &self.inner, wide);
        kernel.gelu(wide);
        kernel.round(wide, INNER, rounded);
        kernel.multiply(rounded, &self.outer, more);
        kernel.add_and_normalise(rows, more, &self.norm.scales, &self.norm.biases);
    }
}

impl Norm {
    fn new(tensors: &Tensors, name: &str) -> Result<Self, ModelError> {
        Ok(Self {
            scales: floats(tensors, &format!("{name}.weight"), &[WIDTH])?,
            biases: floats(tensors, &format!("{name}.bias"), &[WIDTH])?,
        })
    }
}

/// The weights of products with the same input, side by side.
fn weights(tensors: &Tensors, names: &[&str], outputs: usize, inputs: usize) -> Result<Weights, ModelError> {
    let (mut rows, mut scales, mut biases) = (Vec::new(), Vec::new(), Vec::new());
    for name in names {
        rows.extend_from_slice(tensors.slice(&format!("{name}.weight.q8"), "I8", &[outputs, inputs])?.get());
        scales.extend(floats(tensors, &format!("{name}.weight.s"), &[outputs])?);
        biases.extend(floats(tensors, &format!("{name}.bias"), &[outputs])?);
    }
    Ok(Weights::pack(&rows, inputs, scales, biases))
}

/// The table of places; the sentiment copy has it with 16 bits.
fn places(tensors: &Tensors) -> Result<Vec<f32>, ModelError> {
    let name = "embeddings.position_embeddings.weight";
    match tensors.slice(name, "F16", &[PLACES, WIDTH]) {
        Ok(slice) => finite(name, slice.get().as_chunks::<2>().0.iter().map(|bytes| half(*bytes)).collect()),
        Err(_) => floats(tensors, name, &[PLACES, WIDTH]),
    }
}

/// The numbers of a tensor, all of them finite.
pub(crate) fn floats(tensors: &Tensors, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
    finite(name, tensors.floats(name, shape)?)
}

pub(crate) fn finite(name: &str, numbers: Vec<f32>) -> Result<Vec<f32>, ModelError> {
    if numbers.iter().all(|number| number.is_finite()) {
        return Ok(numbers);
    }
    Err(ModelError::Damaged(format!("tensor {name} holds what is no number")))
}
