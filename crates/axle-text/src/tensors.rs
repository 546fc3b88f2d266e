//! Weights from safetensors files: eight bytes of length, a JSON header that says where each tensor lies, the data.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

/// Why a model file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The file is cut off, or no safetensors file at all.
    #[error("the model file is damaged: {0}")]
    Damaged(String),
    /// A tensor is missing, or is not of the shape that the model has.
    #[error("tensor {name} of the model file: expected {expected}, found {found}")]
    Shape {
        /// Its name.
        name: String,
        /// Type and shape that the model has.
        expected: String,
        /// Type and shape in the file, or `nothing`.
        found: String,
    },
}

/// The bytes of a file, compiled in or read.
#[derive(Clone)]
pub enum Bytes {
    /// Compiled into the program.
    Static(&'static [u8]),
    /// Read from a disk.
    Shared(Arc<[u8]>),
}

impl Bytes {
    fn all(&self) -> &[u8] {
        match self {
            Self::Static(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// A part of a file's bytes, which lives as long as it is used.
#[derive(Clone)]
pub struct Slice {
    bytes: Bytes,
    range: Range<usize>,
}

impl Slice {
    /// The bytes.
    pub fn get(&self) -> &[u8] {
        &self.bytes.all()[self.range.clone()]
    }
}

/// A safetensors file.
pub struct Tensors {
    bytes: Bytes,
    tensors: HashMap<String, Tensor>,
    metadata: HashMap<String, String>,
}

struct Tensor {
    kind: String,
    shape: Vec<usize>,
    range: Range<usize>,
}

impl Tensors {
    /// Reads the header. Fails when a tensor lies outside of the file or has not the bytes that its shape needs.
    pub fn new(bytes: Bytes) -> Result<Self, ModelError> {
        let damaged = |reason: &str| ModelError::Damaged(reason.to_owned());
        let all = bytes.all();
        let length = all.first_chunk::<8>().ok_or_else(|| damaged("it has fewer than 8 bytes"))?;
        let end = usize::try_from(u64::from_le_bytes(*length)).ok().and_then(|length| length.checked_add(8));
        let header = end.and_then(|end| all.get(8..end)).ok_or_else(|| damaged("its header is cut off"))?;
        let data = 8 + header.len();
        let header: HashMap<String, Value> =
            serde_json::from_slice(header).map_err(|error| ModelError::Damaged(format!("its header: {error}")))?;
        let (mut tensors, mut metadata) = (HashMap::new(), HashMap::new());
        for (name, value) in header {
            if name == "__metadata__" {
                let pairs = value.as_object().into_iter().flatten();
                metadata = pairs.filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned()))).collect();
                continue;
            }
            let tensor = Tensor::of(&value, data, all.len())
                .ok_or_else(|| ModelError::Damaged(format!("tensor {name} does not lie within the file")))?;
            tensors.insert(name, tensor);
        }
        Ok(Self { bytes, tensors, metadata })
    }

    /// What the file says of itself under a key.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The shape of a tensor, if there is one of that name.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|tensor| tensor.shape.as_slice())
    }

    /// The bytes of a tensor of this type (`I8`, `U8`, `F16`, `F32`) and shape.
    pub fn slice(&self, name: &str, kind: &str, shape: &[usize]) -> Result<Slice, ModelError> {
        match self.tensors.get(name) {
            Some(tensor) if tensor.kind == kind && tensor.shape == shape => {
                Ok(Slice { bytes: self.bytes.clone(), range: tensor.range.clone() })
            }
            other => Err(ModelError::Shape {
                name: name.to_owned(),
                expected: format!("{kind} {shape:?}"),
                found: other.map_or("nothing".into(), |tensor| format!("{} {:?}", tensor.kind, tensor.shape)),
            }),
        }
    }

    /// The numbers of an `F32` tensor of this shape.
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let slice = self.slice(name, "F32", shape)?;
        let (numbers, _) = slice.get().as_chunks::<4>();
        Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

impl Tensor {
    fn of(value: &Value, data: usize, file: usize) -> Option<Self> {
        let kind = value.get("dtype")?.as_str()?.to_owned();
        let numbers = |key: &str| -> Option<Vec<usize>> {
            value.get(key)?.as_array()?.iter().map(|number| usize::try_from(number.as_u64()?).ok()).collect()
        };
        let shape = numbers("shape")?;
        let offsets = numbers("data_offsets")?;
        let [from, to] = offsets.as_slice() else { return None };
        let range = data.checked_add(*from)?..data.checked_add(*to)?;
        let width = match kind.as_str() {
            "I8" | "U8" => 1,
            "F16" | "BF16" => 2,
            "F32" | "I32" => 4,
            _ => 8,
        };
        let size = shape.iter().try_fold(width, |size: usize, side| size.checked_mul(*side))?;
        let lies_within = range.start <= range.end && range.end <= file && range.len() == size;
        lies_within.then_some(Self { kind, shape, range })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
    }

    const HEADER: &str = r#"{"__metadata__":{"format":"x"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#;

    #[test]
    fn tensors_are_found() {
        let bytes = file(HEADER, &[1.5_f32.to_le_bytes(), (-2.0_f32).to_le_bytes()].concat());
        let tensors = Tensors::new(Bytes::Shared(bytes.into())).unwrap();
        assert_eq!(tensors.floats("a", &[1, 2]).unwrap(), [1.5, -2.0]);
        assert_eq!(tensors.metadata("format"), Some("x"));
        let error = tensors.floats("a", &[2, 1]).unwrap_err().to_string();
        assert_eq!(error, "tensor a of the model file: expected F32 [2, 1], found F32 [1, 2]");
        assert!(tensors.floats("b", &[1]).unwrap_err().to_string().ends_with("found nothing"));
    }

    #[test]
    fn damaged_files_are_told() {
        let whole = file(HEADER, &[0; 8]);
        for end in 0..whole.len() {
            assert!(Tensors::new(Bytes::Shared(whole[..end].into())).is_err(), "cut at {end}");
        }
        for index in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[index] ^= 0x55;
            let _ = Tensors::new(Bytes::Shared(flipped.into()));
        }
        let huge = HEADER.replace("[1,2]", "[18446744073709551615,2]");
        assert!(Tensors::new(Bytes::Shared(file(&huge, &[0; 8]).into())).is_err());
    }
}
