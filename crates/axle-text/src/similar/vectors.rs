//! Vectors of documents, a byte a number, compared around the mean of all: what every text of a community shares (its
//! product, its tone) says nothing about which two belong together.

/// Parts of one that the sums count in, so that taking a vector away leaves exactly what was there before.
const FINE: f32 = 16_777_216.0;

/// Largest number of a query's vector; times 127 and the widest vector it stays within 32 bits.
const QUERY_LIMIT: f32 = 2_047.0;

/// One kind of vectors, a row for each slot of the index. The first vector sets the width; vectors of another width, and
/// those without direction, count as absent.
#[derive(Default)]
pub(super) struct Vectors {
    width: usize,
    rows: Vec<i8>,
    /// What a row is multiplied with; 0 for an absent vector.
    scales: Vec<f32>,
    sums: Vec<i64>,
    present: usize,
}

impl Vectors {
    /// Puts a vector at a slot, which must be empty.
    pub(super) fn put(&mut self, slot: usize, vector: &[f32]) {
        if self.scales.len() <= slot {
            self.scales.resize(slot + 1, 0.0);
            self.rows.resize(self.scales.len() * self.width, 0);
        }
        let Some(unit) = unit(vector) else { return };
        if self.present == 0 && self.width != unit.len() {
            self.width = unit.len();
            self.rows = vec![0; self.scales.len() * self.width];
            self.sums = vec![0; self.width];
        }
        if self.width != unit.len() {
            return;
        }
        let scale = largest(&unit) / 127.0;
        for (row, value) in self.rows[slot * self.width..].iter_mut().zip(&unit) {
            *row = (value / scale).round() as i8;
        }
        self.scales[slot] = scale;
        self.present += 1;
        self.count(slot, 1);
    }

    pub(super) fn remove(&mut self, slot: usize) {
        if self.has(slot) {
            self.count(slot, -1);
            self.scales[slot] = 0.0;
            self.present -= 1;
        }
    }

    pub(super) fn has(&self, slot: usize) -> bool {
        self.scales.get(slot).is_some_and(|scale| *scale > 0.0)
    }

    /// Bytes held for each slot.
    pub(super) fn bytes_per_slot(&self) -> usize {
        self.width + size_of::<f32>()
    }

    /// The stored vector as numbers.
    pub(super) fn vector(&self, slot: usize) -> Vec<f32> {
        if !self.has(slot) {
            return Vec::new();
        }
        self.row(slot).iter().map(|value| f32::from(*value) * self.scales[slot]).collect()
    }

    fn row(&self, slot: usize) -> &[i8] {
        &self.rows[slot * self.width..(slot + 1) * self.width]
    }

    fn count(&mut self, slot: usize, sign: i64) {
        let scale = self.scales[slot];
        for (sum, value) in self.sums.iter_mut().zip(&self.rows[slot * self.width..]) {
            *sum += sign * (f32::from(*value) * scale * FINE) as i64;
        }
    }

    /// The mean and what it does to each row: made once after changes, for many searches.
    pub(super) fn centre(&self) -> Centre {
        let count = self.present.max(1) as f64 * f64::from(FINE);
        let mean: Vec<f32> = self.sums.iter().map(|sum| (*sum as f64 / count) as f32).collect();
        let square: f32 = mean.iter().map(|value| value * value).sum();
        let query = Query::new(&mean);
        let rows = (0..self.scales.len())
            .map(|slot| {
                if !self.has(slot) {
                    return Row::default();
                }
                let on_mean = query.product(self.row(slot)) * self.scales[slot];
                let own = self.row(slot).iter().map(|value| i32::from(*value).pow(2)).sum::<i32>() as f32;
                let length = (own * self.scales[slot].powi(2) - 2.0 * on_mean + square).max(0.0).sqrt();
                Row { on_mean, factor: inverse(length) }
            })
            .collect();
        Centre { mean, square, rows }
    }

    /// Whether a query's vector can be compared.
    pub(super) fn accepts(&self, vector: &[f32]) -> bool {
        self.present > 0 && vector.len() == self.width && unit(vector).is_some()
    }

    /// Cosines of `vector` with the rows of `slots`, around the mean or plain; 0 where either has no direction.
    pub(super) fn compare(
        &self,
        centre: &Centre,
        centred: bool,
        vector: &[f32],
        slots: impl Iterator<Item = usize>,
        mut take: impl FnMut(usize, f32),
    ) {
        let Some(unit) = unit(vector).filter(|unit| unit.len() == self.width) else { return };
        let (mut on_mean, mut square) = (0.0, 0.0);
        if centred {
            on_mean = unit.iter().zip(&centre.mean).map(|(a, b)| a * b).sum();
            square = centre.square;
        }
        let factor = inverse((1.0 - 2.0 * on_mean + square).max(0.0).sqrt());
        let query = Query::new(&unit);
        for slot in slots.filter(|slot| self.has(*slot)) {
            let product = query.product(self.row(slot)) * self.scales[slot];
            if centred {
                let row = centre.rows[slot];
                take(slot, (product - on_mean - row.on_mean + square) * factor * row.factor);
            } else {
                take(slot, product);
            }
        }
    }
}

/// The mean of the vectors, and each row's place around it.
pub(super) struct Centre {
    mean: Vec<f32>,
    square: f32,
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Default)]
struct Row {
    on_mean: f32,
    /// 1 / distance from the mean; 0 for no direction.
    factor: f32,
}

/// A vector in whole numbers, for quick products.
struct Query {
    values: Vec<i16>,
    scale: f32,
}

impl Query {
    fn new(vector: &[f32]) -> Self {
        let scale = (largest(vector) / QUERY_LIMIT).max(f32::MIN_POSITIVE);
        Self { values: vector.iter().map(|value| (value / scale).round() as i16).collect(), scale }
    }

    fn product(&self, row: &[i8]) -> f32 {
        let sum: i32 = self.values.iter().zip(row).map(|(a, b)| i32::from(*a) * i32::from(i16::from(*b))).sum();
        sum as f32 * self.scale
    }
}

/// 1 / distance from the mean; 0 where that is no direction.
fn inverse(length: f32) -> f32 {
    if length > 1e-3 { 1.0 / length } else { 0.0 }
}

fn largest(vector: &[f32]) -> f32 {
    vector.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

/// The vector at length 1; `None` without direction.
pub(super) fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    (length.is_finite() && length > 1e-9).then(|| vector.iter().map(|value| value / length).collect())
}
