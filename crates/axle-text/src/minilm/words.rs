//! The table of words: a vector for each piece, with 4 bits a number and a 16-bit scale for each 32 numbers.

use crate::minilm::encoder::{WIDTH, finite};
use crate::tensors::{ModelError, Tensors};

/// Numbers that share a scale.
const GROUP: usize = 32;

/// The vectors of all pieces.
pub(crate) struct Words {
    packed: Vec<[u8; WIDTH / 2]>,
    scales: Vec<[f32; WIDTH / GROUP]>,
}

impl Words {
    /// Reads the table, which must have `count` rows. It is copied, so that the file's bytes need not be kept.
    pub(crate) fn new(tensors: &Tensors, count: usize) -> Result<Self, ModelError> {
        let name = "embeddings.word_embeddings.weight";
        let packed = tensors.slice(&format!("{name}.q4"), "U8", &[count, WIDTH / 2])?;
        let halves = tensors.slice(&format!("{name}.s"), "F16", &[count, WIDTH / GROUP])?;
        let scales = finite(name, halves.get().as_chunks::<2>().0.iter().map(|bytes| half(*bytes)).collect())?;
        Ok(Self { packed: packed.get().as_chunks().0.to_vec(), scales: scales.as_chunks().0.to_vec() })
    }

    /// Writes the vector of a piece, which must be one of the table.
    pub(crate) fn read(&self, piece: u32, out: &mut [f32]) {
        let (packed, scales) = (&self.packed[piece as usize], &self.scales[piece as usize]);
        let groups = packed.as_chunks::<{ GROUP / 2 }>().0;
        for ((out, bytes), scale) in out.as_chunks_mut::<GROUP>().0.iter_mut().zip(groups).zip(scales) {
            for (out, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
                *out = [byte & 15, byte >> 4].map(|value| (f32::from(value) - 8.0) * scale);
            }
        }
    }
}

/// A number of 16 bits (IEEE 754 binary16), little end first.
pub(crate) fn half(bytes: [u8; 2]) -> f32 {
    let bits = u32::from(u16::from_le_bytes(bytes));
    let (sign, exponent, rest) = (bits >> 15 << 31, bits >> 10 & 31, bits & 1023);
    let value = match exponent {
        0 => rest as f32 / 16_777_216.0,
        31 if rest == 0 => f32::INFINITY,
        31 => f32::NAN,
        _ => f32::from_bits((exponent + 112) << 23 | rest << 13),
    };
    f32::from_bits(sign | value.to_bits())
}

#[cfg(test)]
mod tests {
    use super::half;

    /// Expected from Python: `struct.unpack("<e", ...)`.
    #[test]
    fn halves_are_read() {
        for (bits, expected) in [
            (0x3c00_u16, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x8000, -0.0),
            (0x7bff, 65_504.0),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits.to_le_bytes()).to_bits(), f32::to_bits(expected), "{bits:x}");
        }
        assert!(half([1, 0x7c]).is_nan());
    }
}
