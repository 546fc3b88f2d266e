//! Vectors of activities' words, by the large models: a byte for each number, so that hundreds of thousands stay small.

use std::collections::HashMap;

use crate::{Db, StoreResult, Tx, bulk};

/// Keeps vectors by the public ids of their activities, in the place of earlier ones.
pub async fn put(tx: &mut Tx, vectors: &[(Vec<u8>, Vec<f32>)]) -> StoreResult<()> {
    for run in bulk::runs(vectors.len()) {
        let run = &vectors[run];
        let mut query = bulk::values(
            "insert into text_vector (activity_id, vector)",
            run.len(),
            2,
            "on conflict (activity_id) do update set vector = excluded.vector",
        );
        for (id, vector) in run {
            query = query.bind(id.as_slice()).bind(packed(vector));
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Drops the vectors of activities that were deleted or are gone.
pub async fn forget_deleted(tx: &mut Tx) -> StoreResult<()> {
    sqlx::query(
        "delete from text_vector where activity_id not in (select activity_id from activity where deleted_at is null)",
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The vectors of these activities, as far as there are any.
pub async fn of(db: &Db, ids: &[[u8; 16]]) -> StoreResult<HashMap<[u8; 16], Vec<f32>>> {
    let mut vectors = HashMap::with_capacity(ids.len());
    for run in bulk::runs(ids.len()) {
        let run = &ids[run];
        let mut query = bulk::any_of("select activity_id, vector from text_vector where activity_id", run.len(), "");
        for id in run {
            query = query.bind(&id[..]);
        }
        for row in query.fetch_all(db.readers()).await? {
            let (id, vector): (Vec<u8>, Vec<u8>) = (sqlx::Row::try_get(&row, 0)?, sqlx::Row::try_get(&row, 1)?);
            if let Ok(id) = id.try_into() {
                vectors.insert(id, unpacked(&vector));
            }
        }
    }
    Ok(vectors)
}

/// The greatest number as four bytes, then each number in steps of 1/127 of it.
fn packed(vector: &[f32]) -> Vec<u8> {
    let scale = vector.iter().fold(0.0f32, |most, number| most.max(number.abs()));
    let step = if scale > 0.0 { 127.0 / scale } else { 0.0 };
    let steps = vector.iter().map(|number| ((number * step).round() as i8).cast_unsigned());
    scale.to_le_bytes().into_iter().chain(steps).collect()
}

fn unpacked(bytes: &[u8]) -> Vec<f32> {
    let Some((scale, steps)) = bytes.split_first_chunk::<4>() else { return Vec::new() };
    let step = f32::from_le_bytes(*scale) / 127.0;
    steps.iter().map(|byte| f32::from(byte.cast_signed()) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_comes_back_within_half_a_step() {
        let vector = [0.5, -1.0, 0.0, 0.003, 0.9999];
        for (found, told) in unpacked(&packed(&vector)).iter().zip(vector) {
            assert!((found - told).abs() <= 0.5 / 127.0 + 1e-6, "{found} {told}");
        }
        assert_eq!(unpacked(&packed(&[0.0; 3])), [0.0; 3]);
        assert!(unpacked(&[1, 2]).is_empty());
    }
}
