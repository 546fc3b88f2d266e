//! The arithmetic of the encoder that must be quick: products of whole numbers, and functions of every number of a row.
//!
//! Each is written once without any instruction set in mind; products have variants for AVX2 and AVX-512 (VNNI), chosen
//! when the program runs. Whole numbers add up the same in any order, and nothing else is reordered, so all variants give
//! the same bits. The only file of the crate with `unsafe`.
#![allow(unsafe_code)]

/// Outputs that lie side by side in packed weights.
pub(crate) const LANES: usize = 16;

/// Inputs are rounded to -STEPS..=STEPS. 1,536 products of them with an 8-bit weight stay within 32 bits.
const STEPS: f32 = 8191.0;

/// Which instructions are used. Only [`Kernel::all`] makes one, so that it is never one that the processor lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Level);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// What every processor has.
    Portable,
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86-64 with AVX-512 and its instructions for neural networks.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// A matrix of 8-bit weights with a scale and a constant for each output. `packed` has, for each 16 outputs and each two
/// inputs, 16 pairs of weights: what one instruction needs lies together.
pub(crate) struct Weights {
    packed: Vec<i8>,
    scales: Vec<f32>,
    biases: Vec<f32>,
    inputs: usize,
}

/// Rows of numbers, rounded to whole ones, and the size of a step in each row.
#[derive(Default)]
pub(crate) struct Rounded {
    numbers: Vec<i16>,
    steps: Vec<f32>,
}

impl Weights {
    /// Packs `rows`, a row of `inputs` weights for each output. Outputs come in sixteens, inputs in pairs, and are not more
    /// than 1,536.
    pub(crate) fn pack(rows: &[u8], inputs: usize, scales: Vec<f32>, biases: Vec<f32>) -> Self {
        let outputs = scales.len();
        assert!(outputs.is_multiple_of(LANES) && inputs.is_multiple_of(2) && inputs <= 1536 && biases.len() == outputs);
        assert_eq!(rows.len(), inputs * outputs);
        let mut packed = Vec::with_capacity(rows.len());
        for block in rows.chunks_exact(LANES * inputs) {
            for pair in 0..inputs / 2 {
                for row in block.chunks_exact(inputs) {
                    packed.extend([row[2 * pair].cast_signed(), row[2 * pair + 1].cast_signed()]);
                }
            }
        }
        Self { packed, scales, biases, inputs }
    }

    pub(crate) fn outputs(&self) -> usize {
        self.scales.len()
    }
}

/// Runs a function with AVX2 where it is there: the compiler then works on eight numbers at once.
macro_rules! widened {
    ($(#[$doc:meta])* $name:ident = $plain:ident($($argument:ident: $kind:ty),*)) => {
        $(#[$doc])*
        pub(crate) fn $name(self, $($argument: $kind),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn widened($($argument: $kind),*) {
                    $plain($($argument),*);
                }
                if self.0 != Level::Portable {
                    // SAFETY: a kernel other than the portable one is made only by `Kernel::all`, where the processor
                    // said that it has AVX2.
                    return unsafe { widened($($argument),*) };
                }
            }
            $plain($($argument),*);
        }
    };
}

impl Kernel {
    /// The quickest that this processor has.
    pub fn best() -> Self {
        Self::all().pop().unwrap_or(Self(Level::Portable))
    }

    /// All that this processor has, the quickest last.
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut, reason = "only x86-64 has more")]
        let mut all = vec![Self(Level::Portable)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            all.push(Self(Level::Avx2));
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni")
            {
                all.push(Self(Level::Avx512));
            }
        }
        all
    }

    /// Multiplies rows with weights: `out` gets a row of outputs for each row.
    pub(crate) fn multiply(self, rows: &Rounded, weights: &Weights, out: &mut [f32]) {
        let (inputs, outputs) = (weights.inputs, weights.outputs());
        assert_eq!(rows.numbers.len(), rows.steps.len() * inputs);
        assert_eq!(out.len(), rows.steps.len() * outputs);
        let mut plain = Vec::new();
        for (block, packed) in weights.packed.chunks_exact(LANES * inputs).enumerate() {
            let first = block * LANES;
            if self.0 == Level::Portable {
                unpack(packed, &mut plain);
            }
            let scales = weights.scales[first..].first_chunk::<LANES>().expect("outputs come in sixteens");
            let biases = weights.biases[first..].first_chunk::<LANES>().expect("outputs come in sixteens");
            let mut at = 0;
            while at < rows.steps.len() {
                let many = (rows.steps.len() - at).min(8);
                let numbers = &rows.numbers[at * inputs..(at + many) * inputs];
                let mut sums = [[0; LANES]; 8];
                self.sums(numbers, packed, &plain, &mut sums[..many]);
                for (row, sums) in sums[..many].iter().enumerate() {
                    let out = &mut out[(at + row) * outputs + first..][..LANES];
                    let step = rows.steps[at + row];
                    for (((out, sum), scale), bias) in out.iter_mut().zip(sums).zip(scales).zip(biases) {
                        *out = *sum as f32 * (step * scale) + bias;
                    }
                }
                at += many;
            }
        }
    }

    /// For each row the sums of its numbers times the weights of sixteen outputs.
    fn sums(self, rows: &[i16], packed: &[i8], plain: &[i16], sums: &mut [[i32; LANES]]) {
        match self.0 {
            Level::Portable => sums_portable(rows, plain, sums),
            // SAFETY: `Kernel::all` made this kernel, since the processor said that it has AVX2.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { x86::sums_avx2(rows, packed, sums) },
            // SAFETY: `Kernel::all` made this kernel, since the processor said that it has AVX-512 F, BW and VNNI.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { x86::sums_avx512(rows, packed, sums) },
        }
    }

    widened! {
        /// Rounds rows of this width to whole numbers.
        round = round(rows: &[f32], width: usize, rounded: &mut Rounded)
    }
    widened! {
        /// Each number times the share of the normal distribution that lies below it (GELU with the error function).
        gelu = gelu(numbers: &mut [f32])
    }
    widened! {
        /// Adds `more` to `rows`, then gives each row the mean 0 and the variance 1, times `scales` plus `biases`.
        add_and_normalise = add_and_normalise(rows: &mut [f32], more: &[f32], scales: &[f32], biases: &[f32])
    }
    widened! {
        /// Attention of all heads: `mixed` rows of queries, keys and values, into rows of values.
        attend = attend(mixed: &[f32], width: usize, out: &mut [f32])
    }
}

/// The weights of sixteen outputs one output after the other, and in the width of the rounded inputs: compilers know how to
/// multiply two such rows at once on every processor.
fn unpack(packed: &[i8], plain: &mut Vec<i16>) {
    let inputs = packed.len() / LANES;
    plain.resize(packed.len(), 0);
    for (output, row) in plain.chunks_exact_mut(inputs).enumerate() {
        let pairs = packed.as_chunks::<{ 2 * LANES }>().0;
        for (to, from) in row.as_chunks_mut::<2>().0.iter_mut().zip(pairs) {
            *to = [i16::from(from[2 * output]), i16::from(from[2 * output + 1])];
        }
    }
}

fn sums_portable(rows: &[i16], plain: &[i16], sums: &mut [[i32; LANES]]) {
    let inputs = plain.len() / LANES;
    for (row, sums) in rows.chunks_exact(inputs).zip(sums) {
        for (sum, weights) in sums.iter_mut().zip(plain.chunks_exact(inputs)) {
            let products = row.iter().zip(weights).map(|(number, weight)| i32::from(*number) * i32::from(*weight));
            *sum = products.fold(0, i32::wrapping_add);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, __m256i, __m512i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_loadu_si256,
        _mm256_madd_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_storeu_si256, _mm512_cvtepi8_epi16,
        _mm512_dpwssd_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_storeu_si512,
    };

    use super::LANES;

    /// The two numbers of a pair side by side in 32 bits, the first in the lower half.
    ///
    /// # Safety
    /// The row must have more than `at` pairs.
    #[inline(always)]
    unsafe fn pair(row: &[[i16; 2]], at: usize) -> i32 {
        debug_assert!(at < row.len());
        // SAFETY: the caller says that there are more than `at` pairs, each as long as 32 bits.
        unsafe { row.as_ptr().add(at).cast::<i32>().read_unaligned() }
    }

    /// The rows, each of as many pairs as `packed` has weights for.
    #[inline(always)]
    fn pairs<'a, const ROWS: usize>(rows: &'a [i16], packed: &[i8]) -> [&'a [[i16; 2]]; ROWS] {
        let pairs = packed.len() / (2 * LANES);
        let rows = rows.as_chunks::<2>().0;
        std::array::from_fn(|row| &rows[row * pairs..(row + 1) * pairs])
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn sums_avx2(rows: &[i16], packed: &[i8], sums: &mut [[i32; LANES]]) {
        let inputs = rows.len() / sums.len().max(1);
        let mut rows = rows;
        for sums in sums.chunks_mut(4) {
            let (these, rest) = rows.split_at(sums.len() * inputs);
            rows = rest;
            match sums.len() {
                4 => block_avx2::<4>(these, packed, sums),
                3 => block_avx2::<3>(these, packed, sums),
                2 => block_avx2::<2>(these, packed, sums),
                _ => block_avx2::<1>(these, packed, sums),
            }
        }
    }

    #[target_feature(enable = "avx2")]
    fn block_avx2<const ROWS: usize>(rows: &[i16], packed: &[i8], sums: &mut [[i32; LANES]]) {
        let rows = pairs::<ROWS>(rows, packed);
        let mut lanes = [[_mm256_setzero_si256(); 2]; ROWS];
        for (at, weights) in packed.as_chunks::<{ 2 * LANES }>().0.iter().enumerate() {
            let halves = weights.as_chunks::<16>().0;
            // SAFETY: each half is an array of 16 bytes, which the unaligned load reads.
            let halves = unsafe {
                [
                    _mm_loadu_si128(halves[0].as_ptr().cast::<__m128i>()),
                    _mm_loadu_si128(halves[1].as_ptr().cast::<__m128i>()),
                ]
            };
            let halves = [_mm256_cvtepi8_epi16(halves[0]), _mm256_cvtepi8_epi16(halves[1])];
            for (lanes, row) in lanes.iter_mut().zip(rows) {
                // SAFETY: `pairs` made rows with a pair for each of the weights, and `at` counts those.
                let pair = _mm256_set1_epi32(unsafe { pair(row, at) });
                lanes[0] = _mm256_add_epi32(lanes[0], _mm256_madd_epi16(halves[0], pair));
                lanes[1] = _mm256_add_epi32(lanes[1], _mm256_madd_epi16(halves[1], pair));
            }
        }
        for (sums, lanes) in sums.iter_mut().zip(lanes) {
            for (sums, lanes) in sums.as_chunks_mut::<8>().0.iter_mut().zip(lanes) {
                // SAFETY: `sums` is an array of eight 32-bit numbers, which the unaligned store writes.
                unsafe { _mm256_storeu_si256(sums.as_mut_ptr().cast::<__m256i>(), lanes) };
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn sums_avx512(rows: &[i16], packed: &[i8], sums: &mut [[i32; LANES]]) {
        match sums.len() {
            8 => block_avx512::<8>(rows, packed, sums),
            7 => block_avx512::<7>(rows, packed, sums),
            6 => block_avx512::<6>(rows, packed, sums),
            5 => block_avx512::<5>(rows, packed, sums),
            4 => block_avx512::<4>(rows, packed, sums),
            3 => block_avx512::<3>(rows, packed, sums),
            2 => block_avx512::<2>(rows, packed, sums),
            _ => block_avx512::<1>(rows, packed, sums),
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn block_avx512<const ROWS: usize>(rows: &[i16], packed: &[i8], sums: &mut [[i32; LANES]]) {
        let rows = pairs::<ROWS>(rows, packed);
        let mut lanes = [_mm512_setzero_si512(); ROWS];
        for (at, weights) in packed.as_chunks::<{ 2 * LANES }>().0.iter().enumerate() {
            // SAFETY: `weights` is an array of 32 bytes, which the unaligned load reads.
            let weights = unsafe { _mm256_loadu_si256(weights.as_ptr().cast::<__m256i>()) };
            let weights = _mm512_cvtepi8_epi16(weights);
            for (lanes, row) in lanes.iter_mut().zip(rows) {
                // SAFETY: `pairs` made rows with a pair for each of the weights, and `at` counts those.
                let pair = _mm512_set1_epi32(unsafe { pair(row, at) });
                *lanes = _mm512_dpwssd_epi32(*lanes, weights, pair);
            }
        }
        for (sums, lanes) in sums.iter_mut().zip(lanes) {
            // SAFETY: `sums` is an array of sixteen 32-bit numbers, which the unaligned store writes.
            unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast::<__m512i>(), lanes) };
        }
    }
}

#[inline(always)]
fn round(rows: &[f32], width: usize, rounded: &mut Rounded) {
    /// Added to a small number, it pushes all behind the point out of the mantissa, whose low bits are then the number.
    const PUSH: f32 = 12_582_912.0;
    rounded.numbers.clear();
    rounded.steps.clear();
    for row in rows.chunks_exact(width) {
        let mut greatest = [0.0_f32; 8];
        for chunk in row.as_chunks::<8>().0 {
            for (greatest, number) in greatest.iter_mut().zip(chunk) {
                *greatest = if number.abs() > *greatest { number.abs() } else { *greatest };
            }
        }
        let greatest = greatest.into_iter().fold(f32::MIN_POSITIVE * STEPS, f32::max);
        let share = STEPS / greatest;
        rounded.numbers.extend(row.iter().map(|number| (number * share + PUSH).to_bits() as i16));
        rounded.steps.push(greatest / STEPS);
    }
}

#[inline(always)]
fn gelu(numbers: &mut [f32]) {
    for number in numbers {
        *number *= 0.5 + 0.5 * erf(*number * std::f32::consts::FRAC_1_SQRT_2);
    }
}

/// The error function, as a fraction of two polynomials (the coefficients that Eigen uses); within 5e-7.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let y = x * x;
    let mut above = -2.726_142_3e-10;
    for coefficient in [2.770_681_4e-8, -2.101_024e-6, -5.692_506_4e-5, -7.349_906_3e-4, -2.954_6e-3, -1.609_603_3e-2] {
        above = above * y + coefficient;
    }
    let mut below = -1.456_607_2e-5;
    for coefficient in [-2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2] {
        below = below * y + coefficient;
    }
    x * above / below
}

/// e to the power of a number that is not positive; within 2e-7 of the whole.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const PUSH: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let pushed = x * std::f32::consts::LOG2_E + PUSH;
    let whole = pushed - PUSH;
    let rest = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut sum = 1.987_569_2e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5.0e-1, 1.0, 1.0] {
        sum = sum * rest + coefficient;
    }
    // The low bits of `pushed` are the whole power of two, at least -126, which becomes the exponent of a number.
    let power = f32::from_bits((pushed.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    sum * power
}

#[inline(always)]
fn add_and_normalise(rows: &mut [f32], more: &[f32], scales: &[f32], biases: &[f32]) {
    let width = scales.len();
    let share = 1.0 / width as f32;
    for (row, more) in rows.chunks_exact_mut(width).zip(more.chunks_exact(width)) {
        let mut sums = [0.0; 8];
        for (numbers, more) in row.as_chunks_mut::<8>().0.iter_mut().zip(more.as_chunks::<8>().0) {
            for ((number, more), sum) in numbers.iter_mut().zip(more).zip(&mut sums) {
                *number += more;
                *sum += *number;
            }
        }
        let mean = sums.iter().sum::<f32>() * share;
        let mut squares = [0.0; 8];
        for numbers in row.as_chunks::<8>().0 {
            for (number, square) in numbers.iter().zip(&mut squares) {
                *square += (number - mean) * (number - mean);
            }
        }
        let shrink = 1.0 / (squares.iter().sum::<f32>() * share + 1e-12).sqrt();
        for ((number, scale), bias) in row.iter_mut().zip(scales).zip(biases) {
            *number = (*number - mean) * shrink * scale + bias;
        }
    }
}

/// Numbers of one head of attention.
pub(crate) const HEAD: usize = 32;

#[inline(always)]
fn attend(mixed: &[f32], width: usize, out: &mut [f32]) {
    const TILE: usize = 16;
    let rows = out.len() / width;
    let padded = rows.next_multiple_of(TILE);
    let (mut keys, mut shares) = (vec![0.0; HEAD * padded], vec![0.0; padded]);
    let root = 1.0 / (HEAD as f32).sqrt();
    for head in (0..width).step_by(HEAD) {
        let part = |row: usize, kind: usize| &mixed[row * 3 * width + kind * width + head..][..HEAD];
        for row in 0..rows {
            for (place, key) in part(row, 1).iter().enumerate() {
                keys[place * padded + row] = *key;
            }
        }
        for row in 0..rows {
            let query = part(row, 0);
            for (tile, shares) in shares.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
                let mut sums = [0.0; TILE];
                for (query, keys) in query.iter().zip(keys.chunks_exact(padded)) {
                    for (sum, key) in sums.iter_mut().zip(&keys[tile * TILE..][..TILE]) {
                        *sum += query * key;
                    }
                }
                *shares = sums.map(|sum| sum * root);
            }
            let greatest = shares[..rows].iter().fold(f32::NEG_INFINITY, |greatest, share| greatest.max(*share));
            shares.iter_mut().for_each(|share| *share = exp(*share - greatest));
            let sum: f32 = shares[..rows].iter().sum();
            let mut values = [0.0; HEAD];
            for (share, row) in shares[..rows].iter().zip(0..) {
                for (sum, value) in values.iter_mut().zip(part(row, 2)) {
                    *sum += share * value;
                }
            }
            out[row * width + head..][..HEAD].copy_from_slice(&values.map(|value| value / sum));
        }
    }
}

#[cfg(test)]
mod tests;
