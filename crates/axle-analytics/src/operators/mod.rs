//! Aggregate functions of ours: each sees the pairs `(id, when)` of a group once, sorted, and gives a list of numbers.
//!
//! Rows may arrive in any order and in any number of partitions: pairs are collected, and sorted only when they did not
//! arrive sorted, which they do when they come from `member_days` (it lies by member, then day). Ids that pack two numbers
//! often come by the first of them: then each stretch is sorted by itself as it ends. Sorted, a pair takes 4 bytes, and an
//! id 16; unsorted, a pair takes 16.
//! So the cost of an operator is one pass over the rows that are asked for, whatever the window or the number of points.

pub(crate) mod cohorts;
pub(crate) mod engaged;
pub(crate) mod engaged_again;
pub(crate) mod kaplan_meier;
pub(crate) mod lifecycle;
pub(crate) mod restricted_mean;
pub(crate) mod rolling;
pub(crate) mod smallest_set;

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int32Array, ListArray, UInt64Array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int32Type, UInt64Type};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use datafusion::scalar::ScalarValue;
use rayon::prelude::*;

/// What an operator makes of a group's pairs.
pub(crate) trait PairFold: Debug + Send + Sync {
    /// Name of the aggregate function.
    fn name(&self) -> &'static str;

    /// What it is told beside the pairs; null where that is nothing.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code, reason = "what a cluster is told"))]
    fn told(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// Whether equal pairs are one pair.
    fn distinct(&self) -> bool {
        true
    }

    /// About how many numbers it holds when it has seen so many pairs, where they can be many: those of its result, and what it needs to
    /// make them. What queries may take of memory covers them.
    fn numbers(&self, _pairs: usize) -> usize {
        0
    }

    /// Numbers from the pairs.
    fn finish(&self, pairs: &Pairs) -> Vec<f64>;
}

/// Pairs sorted by id, then by when.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    /// Each id, and where its whens end.
    ids: Vec<(u64, usize)>,
    whens: Vec<i32>,
}

impl Pairs {
    /// How many pairs.
    pub(crate) fn len(&self) -> usize {
        self.whens.len()
    }

    /// Each id with its whens.
    pub(crate) fn by_id(&self) -> impl Iterator<Item = (u64, &[i32])> {
        let mut start = 0;
        self.ids.iter().map(move |(id, end)| {
            let whens = &self.whens[start..*end];
            start = *end;
            (*id, whens)
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, i32)> {
        self.by_id().flat_map(|(id, whens)| whens.iter().map(move |when| (id, *when)))
    }

    fn last(&self) -> Option<(u64, i32)> {
        Some((self.ids.last()?.0, *self.whens.last()?))
    }

    /// Takes the pairs of the last stretch out.
    fn pop_stretch(&mut self) -> Vec<(u64, i32)> {
        let mut taken = Vec::new();
        while let Some((id, when)) = self.last()
            && taken.first().is_none_or(|(first, _)| stretch_of(*first) == stretch_of(id))
        {
            taken.push((id, when));
            self.whens.pop();
            let start = self.ids.len().checked_sub(2).map_or(0, |before| self.ids[before].1);
            match self.ids.last_mut() {
                Some((_, end)) if *end - 1 > start => *end -= 1,
                _ => drop(self.ids.pop()),
            }
        }
        taken.reverse();
        taken
    }

    /// Adds pairs of an id, one or more, that none comes after.
    fn extend(&mut self, id: u64, whens: impl IntoIterator<Item = i32>) {
        self.whens.extend(whens);
        match self.ids.last_mut() {
            Some((last, end)) if *last == id => *end = self.whens.len(),
            _ => self.ids.push((id, self.whens.len())),
        }
    }

    fn push(&mut self, (id, when): (u64, i32)) {
        self.extend(id, [when]);
    }

    fn bytes(&self) -> usize {
        self.ids.capacity() * size_of::<(u64, usize)>() + self.whens.capacity() * size_of::<i32>()
    }
}

/// Of sorted pairs.
impl FromIterator<(u64, i32)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (u64, i32)>>(pairs: I) -> Self {
        let mut all = Self::default();
        pairs.into_iter().for_each(|pair| all.push(pair));
        all
    }
}

/// The aggregate function `name(id, when) -> list of numbers` of a fold. Two are equal when they are the same.
#[derive(Debug)]
pub(crate) struct PairAggregate {
    pub fold: Arc<dyn PairFold>,
    signature: Signature,
}

impl PartialEq for PairAggregate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.fold, &other.fold)
    }
}

impl Eq for PairAggregate {}

impl Hash for PairAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fold.name().hash(state);
    }
}

impl AggregateUDFImpl for PairAggregate {
    fn name(&self) -> &str {
        self.fold.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(DataType::Float64))
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Collector {
            fold: self.fold.clone(),
            sorted: Pairs::default(),
            stretch: Vec::new(),
            loose: Vec::new(),
        }))
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let list = |of: &str, item| {
            let name = format!("{}[{of}]", arguments.name);
            Arc::new(Field::new(name, list_of(item), true))
        };
        Ok(vec![list("ids", DataType::UInt64), list("whens", DataType::Int32)])
    }
}

/// The aggregate function of a fold.
pub(crate) fn aggregate(fold: impl PairFold + 'static) -> AggregateUDF {
    aggregate_of(Arc::new(fold))
}

pub(crate) fn aggregate_of(fold: Arc<dyn PairFold>) -> AggregateUDF {
    let signature = Signature::exact(vec![DataType::UInt64, DataType::Int32], Volatility::Immutable);
    AggregateUDF::new_from_impl(PairAggregate { fold, signature })
}

/// What a fold is told, as its fields.
fn told(fold: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(fold).expect("folds hold numbers only")
}

/// All values of an array as one list.
fn list(values: ArrayRef) -> ScalarValue {
    let offsets = OffsetBuffer::from_lengths([values.len()]);
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    ScalarValue::List(Arc::new(ListArray::new(field, offsets, values, None)))
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

#[derive(Debug)]
struct Collector {
    fold: Arc<dyn PairFold>,
    /// All pairs, as long as they arrive sorted.
    sorted: Pairs,
    /// Those of the last stretch, where they did not. It is sorted when it ends.
    stretch: Vec<(u64, i32)>,
    /// All pairs, once stretches do not arrive sorted.
    loose: Vec<(u64, i32)>,
}

impl Collector {
    fn push(&mut self, pair: (u64, i32)) {
        if !self.loose.is_empty() {
            return self.loose.push(pair);
        }
        match self.stretch.first() {
            Some((first, _)) if stretch_of(*first) == stretch_of(pair.0) => return self.stretch.push(pair),
            Some(_) => {
                self.end_stretch();
                return self.push(pair);
            }
            None => {}
        }
        match self.sorted.last() {
            Some(last) if last == pair && self.fold.distinct() => {}
            Some(last) if last > pair && stretch_of(last.0) == stretch_of(pair.0) => {
                self.stretch = self.sorted.pop_stretch();
                self.stretch.push(pair);
            }
            Some(last) if last > pair => self.loosen([pair]),
            _ => self.sorted.push(pair),
        }
    }

    /// Sorts the last stretch.
    fn end_stretch(&mut self) {
        let mut stretch = std::mem::take(&mut self.stretch);
        stretch.sort_unstable();
        if self.fold.distinct() {
            stretch.dedup();
        }
        if self.sorted.last().as_ref() > stretch.first() && !stretch.is_empty() {
            return self.loosen(stretch);
        }
        stretch.iter().for_each(|pair| self.sorted.push(*pair));
        stretch.clear();
        self.stretch = stretch;
    }

    fn loosen(&mut self, pairs: impl IntoIterator<Item = (u64, i32)>) {
        self.loose = std::mem::take(&mut self.sorted).iter().collect();
        self.loose.extend(pairs);
    }

    /// All pairs, in the order in which they arrived.
    fn pairs(&self) -> impl Iterator<Item = (u64, i32)> {
        self.sorted.iter().chain(self.stretch.iter().copied()).chain(self.loose.iter().copied())
    }

    /// Adds what comes sorted after sorted pairs, as nearly all do; gives whether it was that.
    fn extend_sorted(&mut self, id: u64, whens: &[i32]) -> bool {
        let is_after = self.sorted.last() <= whens.first().map(|first| (id, *first));
        if !is_after || !self.stretch.is_empty() || !self.loose.is_empty() || !whens.is_sorted() {
            return false;
        }
        let (mut last, all) =
            (self.sorted.last().filter(|last| last.0 == id).map(|last| last.1), !self.fold.distinct());
        self.sorted.extend(id, whens.iter().copied().filter(|when| all || last.replace(*when) != Some(*when)));
        true
    }

    fn extend(&mut self, ids: &UInt64Array, whens: &Int32Array) {
        if ids.null_count() + whens.null_count() == 0 {
            let mut whens: &[i32] = whens.values();
            for same in ids.values().chunk_by(|a, b| a == b) {
                let (of_id, rest) = whens.split_at(same.len());
                whens = rest;
                if !self.extend_sorted(same[0], of_id) {
                    of_id.iter().for_each(|when| self.push((same[0], *when)));
                }
            }
            return;
        }
        for row in 0..ids.len() {
            if ids.is_valid(row) && whens.is_valid(row) {
                self.push((ids.value(row), whens.value(row)));
            }
        }
    }
}

impl Accumulator for Collector {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.extend(values[0].as_primitive::<UInt64Type>(), values[1].as_primitive::<Int32Type>());
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.end_stretch();
        if !self.loose.is_empty() {
            self.loose.par_sort_unstable();
            if self.fold.distinct() {
                self.loose.dedup();
            }
            self.sorted = self.loose.drain(..).collect();
        }
        Ok(list(Arc::new(Float64Array::from(self.fold.finish(&self.sorted)))))
    }

    fn size(&self) -> usize {
        let numbers = self.fold.numbers(self.sorted.len() + self.stretch.len() + self.loose.len()) * size_of::<f64>();
        let unsorted = (self.stretch.capacity() + self.loose.capacity()) * size_of::<(u64, i32)>();
        // What is loose is sorted in its place, and then held once more.
        let again = self.loose.len() * (size_of::<(u64, usize)>() + size_of::<i32>());
        size_of_val(self) + self.sorted.bytes() + unsorted + again + numbers
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let (ids, whens): (Vec<u64>, Vec<i32>) = self.pairs().unzip();
        Ok(vec![list(Arc::new(UInt64Array::from(ids))), list(Arc::new(Int32Array::from(whens)))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (ids, whens) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        for row in 0..ids.len() {
            let (ids, whens) = (ids.value(row), whens.value(row));
            self.extend(ids.as_primitive::<UInt64Type>(), whens.as_primitive::<Int32Type>());
        }
        Ok(())
    }
}

/// What the ids of a stretch share: the first of two packed numbers, or an id by itself.
fn stretch_of(id: u64) -> u64 {
    if id >> 32 == 0 { id } else { id >> 32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug)]
    struct Echo;
    impl PairFold for Echo {
        fn name(&self) -> &'static str {
            "echo"
        }
        fn finish(&self, pairs: &Pairs) -> Vec<f64> {
            pairs.iter().flat_map(|(id, when)| [id as f64, f64::from(when)]).collect()
        }
    }

    fn collector() -> Collector {
        Collector { fold: Arc::new(Echo), sorted: Pairs::default(), stretch: Vec::new(), loose: Vec::new() }
    }

    fn arrays(pairs: &[(u64, i32)]) -> [ArrayRef; 2] {
        let (ids, whens): (Vec<u64>, Vec<i32>) = pairs.iter().copied().unzip();
        [Arc::new(UInt64Array::from(ids)), Arc::new(Int32Array::from(whens))]
    }

    proptest! {
        /// Ids that pack two numbers are sorted, whether they come by the first of them or not.
        #[test]
        fn packed_ids_are_sorted(
            pairs in prop::collection::vec((0..4_u64, 0..4_u64, 0..4_i32), 0..40),
            by_first: bool,
            plain in 0..2_u64,
        ) {
            let mut pairs: Vec<_> = pairs.into_iter().map(|(a, b, when)| (((a + plain) << 32) + b, when)).collect();
            if by_first {
                pairs.sort_by_key(|pair| pair.0 >> 32);
            }
            let mut expected = pairs.clone();
            expected.sort_unstable();
            expected.dedup();
            let mut all = collector();
            all.update_batch(&arrays(&pairs)).unwrap();
            prop_assert!(all.loose.is_empty() || !by_first || plain == 0, "stretches are sorted as they end");
            all.evaluate().unwrap();
            prop_assert_eq!(all.sorted.iter().collect::<Vec<_>>(), expected);
        }

        /// Neither order nor partitions change what an operator sees.
        #[test]
        fn order_and_partitions_do_not_matter(
            pairs in prop::collection::vec((0..9_u64, 0..9_i32), 0..60),
            cut in 0..60_usize,
        ) {
            let mut expected = pairs.clone();
            expected.sort_unstable();
            expected.dedup();
            let (left, right) = pairs.split_at(cut.min(pairs.len()));
            let (mut one, mut other) = (collector(), collector());
            one.update_batch(&arrays(left)).unwrap();
            other.update_batch(&arrays(right)).unwrap();
            let states: Vec<ArrayRef> = other.state().unwrap().iter().map(|state| state.to_array().unwrap()).collect();
            one.merge_batch(&states).unwrap();
            one.evaluate().unwrap();
            prop_assert_eq!(one.sorted.iter().collect::<Vec<_>>(), expected);
        }
    }
}
