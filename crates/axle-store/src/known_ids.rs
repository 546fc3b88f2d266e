//! The ids of all activities in memory, for as long as a large import does without their index: see [`crate::activity_index`].

use futures::TryStreamExt;
use sqlx::Row;

use crate::activity::id_of;
use crate::{StoreResult, Tx};

/// Where activities may stand, by a part of their id. Whatever is not in it is not in the record; what is in it may have
/// moved or be another, so that the row is to be looked at. Eight bytes each.
pub(crate) struct KnownIds {
    /// Some bits of the id above the seq.
    buckets: Vec<Vec<u64>>,
    /// All activities up to this seq are in it.
    reached: i64,
}

const BUCKET_BITS: u32 = 18;
const SEQ_BITS: u32 = 40;
const SEQ: u64 = (1 << SEQ_BITS) - 1;

impl KnownIds {
    /// Nothing yet: see [`KnownIds::catch_up`].
    pub(crate) fn new() -> Self {
        Self { buckets: vec![Vec::new(); 1 << BUCKET_BITS], reached: 0 }
    }

    /// Takes what was stored since it was last asked to, by whomever.
    pub(crate) async fn catch_up(&mut self, tx: &mut Tx) -> StoreResult<()> {
        let query = sqlx::query("select seq, activity_id from activity where seq > $1 order by seq").bind(self.reached);
        let mut rows = query.fetch(tx.connection());
        while let Some(row) = rows.try_next().await? {
            self.note(&id_of(row.try_get(1)?), row.try_get(0)?);
        }
        Ok(())
    }

    /// Takes the activity that stands at a seq above all others.
    pub(crate) fn note(&mut self, id: &[u8; 16], seq: i64) {
        let (bucket, part) = place(id);
        let bucket = &mut self.buckets[bucket];
        if bucket.len() == bucket.capacity() {
            // Twice as much would leave a third of the memory unused.
            bucket.reserve_exact(bucket.len() / 4 + 4);
        }
        bucket.push(part | u64::try_from(seq).expect("seqs begin with 1") & SEQ);
        self.reached = seq;
    }

    /// The seqs at which the activity of that id may stand.
    pub(crate) fn seqs(&self, id: &[u8; 16]) -> impl Iterator<Item = i64> {
        let (bucket, part) = place(id);
        let here = self.buckets[bucket].iter().filter(move |entry| *entry & !SEQ == part);
        here.map(|entry| i64::try_from(entry & SEQ).expect("40 bits fit"))
    }
}

/// The bucket of an id, and those of its other bits that are kept. Ids of one object differ in their last bytes alone.
fn place(id: &[u8; 16]) -> (usize, u64) {
    let (object, _) = id.split_at(8);
    let object = u64::from_be_bytes(object.try_into().expect("it was cut to eight bytes"));
    let of_type = u32::from_le_bytes([id[12], id[13], id[14], id[15]]);
    let bucket = object >> (u64::BITS - BUCKET_BITS);
    let part = (object << BUCKET_BITS) ^ (u64::from(of_type) << SEQ_BITS);
    (usize::try_from(bucket).expect("18 bits fit"), part & !SEQ)
}

#[cfg(test)]
mod tests {
    use super::KnownIds;
    use crate::activity::activity_id;

    #[test]
    fn what_was_noted_is_found_and_hardly_anything_else() {
        let id = |number: i64, kind: &str| activity_id("forum", &number.to_string(), kind);
        let mut known = KnownIds::new();
        for seq in 1..=100_000 {
            known.note(&id(seq, "sent"), seq);
        }
        for seq in 1..=100_000 {
            assert!(known.seqs(&id(seq, "sent")).any(|found| found == seq));
        }
        let others = (1..=100_000).flat_map(|seq| [id(seq, "edited"), id(-seq, "sent")]);
        let mistaken: usize = others.map(|id| known.seqs(&id).count()).sum();
        assert!(mistaken < 10, "{mistaken} of 200,000 look known");
    }

    #[test]
    fn an_activity_that_moved_is_at_both_seqs() {
        let id = activity_id("forum", "1", "sent");
        let mut known = KnownIds::new();
        known.note(&id, 1);
        known.note(&id, (1 << 40) - 1);
        assert_eq!(known.seqs(&id).collect::<Vec<_>>(), [1, (1 << 40) - 1]);
    }
}
