//! Tests of the index. Expected figures are worked out with Python from the formulas.

use proptest::prelude::*;

use super::*;

const TITLES: [&str; 3] = ["Mount drives", "WiFi driver", "The drive noise"];
const BODIES: [&str; 3] = ["mount exfat drive, drive", "Driver crash after all update", "loud noise drive noise noise"];
const VECTORS: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 1.2, 1.6]];
const QUERY: Document = Document { title: "exfat drive", body: "mount a zebra", vector: &[0.8, 0.6, 0.0], second: &[] };

fn document(at: usize) -> Document<'static> {
    Document { title: TITLES[at], body: BODIES[at], vector: &VECTORS[at], second: &[] }
}

fn three() -> Index {
    let mut index = Index::new();
    (0..3).for_each(|at| index.put(at as u32 + 10, &document(at)));
    index
}

fn scores(index: &Index, ranking: &Ranking) -> Vec<(u32, f32)> {
    let mut hits: Vec<_> = index.search(&QUERY, ranking, None, 10).iter().map(|hit| (hit.id, hit.score)).collect();
    hits.sort_by_key(|(id, _)| *id);
    hits
}

fn assert_scores(index: &Index, ranking: &Ranking, expected: [f32; 3], off: f32) {
    for ((id, score), (at, expected)) in scores(index, ranking).into_iter().zip(expected.into_iter().enumerate()) {
        assert_eq!(id, at as u32 + 10);
        assert!((score - expected).abs() <= off, "{id}: {score}, not {expected}");
    }
}

#[test]
fn words_are_scored_by_the_formulas() {
    assert_scores(&three(), &Ranking::WORDS, [0.77502, 0.0, 0.11688], 1e-5);
    assert_scores(&three(), &Ranking::BM25, [1.0, 0.0, 0.4], 1e-5);
}

#[test]
fn vectors_are_scored_around_their_mean() {
    assert_scores(&three(), &Ranking::VECTOR, [0.8, 0.96, 0.36], 4e-3);
    let centred = Ranking { centred: true, ..Ranking::VECTOR };
    assert_scores(&three(), &centred, [0.4683, 0.7715, -0.8704], 1e-2);
    let crowded = Ranking { crowd: 0.5, ..centred };
    assert_scores(&three(), &crowded, [0.4683 + 0.1005, 0.7715 + 0.0576, -0.8704 + 0.1234], 1e-2);
}

#[test]
fn a_document_without_second_vector_is_compared_by_its_first() {
    let mut index = three();
    index.put(10, &Document { second: &[0.0, 1.0], ..document(0) });
    let query = Document { second: &[0.6, 0.8], ..QUERY };
    let ranking = Ranking::SECOND;
    let hits = index.search(&query, &ranking, None, 10);
    let found: Vec<_> = hits.iter().map(|hit| (hit.id, (hit.score * 100.0).round())).collect();
    assert_eq!(found, [(11, 96.0), (10, 80.0), (12, 36.0)]);
    // A query without one: all by the first.
    assert_scores(&index, &ranking, [0.8, 0.96, 0.36], 4e-3);
}

#[test]
fn hits_name_what_is_shared() {
    let index = three();
    let hits = index.search(&QUERY, &Ranking::SMALL, None, 2);
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[0].id, 10);
    assert_eq!(hits[0].shared, ["exfat", "mount", "drive"]);
    assert!(index.search(&QUERY, &Ranking::SMALL, Some(10), 9).iter().all(|hit| hit.id != 10));
}

#[test]
fn leads_are_over_the_sixth_to_fifteenth() {
    let of = |scores: &[f32]| background(&scores.iter().map(|score| (*score, 0, 0)).collect::<Vec<_>>());
    assert!((of(&[0.9; 5]) - BACKGROUND_OF_FEW).abs() < 1e-6);
    let mut scores = [0.9_f32; 20];
    scores[5..15].fill(0.3);
    assert!((of(&scores) - 0.3).abs() < 1e-6);
    assert!((of(&scores[..10]) - 0.25).abs() < 1e-6);
}

#[test]
fn equals_stand_in_the_order_of_ids() {
    let mut index = Index::new();
    for id in [5, 3, 9, 1] {
        index.put(id, &document(0));
    }
    let ids: Vec<_> = index.search(&QUERY, &Ranking::SMALL, None, 3).iter().map(|hit| hit.id).collect();
    assert_eq!(ids, [1, 3, 5]);
}

#[test]
fn a_document_takes_the_place_of_its_predecessor() {
    let mut index = three();
    index.put(10, &Document { title: "Sound", body: "no sound at all", ..Document::default() });
    assert_eq!(index.len(), 3);
    assert_eq!(index.search(&QUERY, &Ranking::WORDS, None, 9)[0].id, 12);
    assert!(index.remove(10) && !index.remove(10) && !index.contains(10));
    assert_eq!(index.vectors(10), None);
    assert!(index.remove(11) && index.remove(12) && index.is_empty());
    assert!(index.search(&QUERY, &Ranking::SMALL, None, 9).is_empty());
}

#[test]
fn hostile_texts_cost_little() {
    let long = "kernel panic ".repeat(80_000);
    let (one, many) = ("x".repeat(1_000_000), (0..100_000).map(|n| format!("w{n} ")).collect::<String>());
    let texts = ["", " \u{0}\u{202e}\u{fffd}", &long, &one, &many, "🧿👩‍👩‍👧‍👦", "ﷺ ß İ ǅ", "日本語のテキスト"];
    let vectors: [&[f32]; 5] = [&[], &[0.0; 3], &[f32::NAN, 1.0, 0.0], &[f32::INFINITY, 0.0, 1.0], &[1.0, 2.0, 3.0]];
    let mut index = Index::new();
    let mut id = 0;
    for text in texts {
        for vector in vectors {
            index.put(id, &Document { title: text, body: text, vector, second: vector });
            id += 1;
        }
    }
    index.put(id, &Document { vector: &[1.0; 7], ..Document::default() });
    for ranking in [Ranking::SMALL, Ranking::LARGE, Ranking::BM25, Ranking::WORDS, Ranking::VECTOR, Ranking::SECOND] {
        for vector in vectors {
            let query = Document { title: &one, body: &long, vector, second: vector };
            let hits = index.search(&query, &ranking, None, usize::MAX);
            assert_eq!(hits.len(), id as usize + 1);
            assert!(hits.iter().all(|hit| hit.score.is_finite() && hit.lead.is_finite()));
        }
    }
    assert!(index.bytes() < 1_000_000, "{}", index.bytes());
}

#[test]
fn hits_are_limited() {
    let mut index = Index::new();
    (0..200).for_each(|id| index.put(id, &document(0)));
    assert_eq!(index.search(&QUERY, &Ranking::SMALL, None, 1_000).len(), MOST_HITS);
    assert_eq!(index.search(&QUERY, &Ranking::SMALL, None, 0).len(), 0);
}

#[test]
fn vectors_come_back() {
    let index = three();
    let (first, second) = index.vectors(12).unwrap();
    assert!(second.is_empty());
    first.iter().zip([0.0, 0.6, 0.8]).for_each(|(value, expected)| assert!((value - expected).abs() < 4e-3));
}

#[test]
fn the_mean_is_a_direction() {
    let mean = mean(&[&[2.0, 0.0], &[], &[0.0, 0.5], &[0.0, 0.0], &[1.0, 1.0, 1.0]]);
    mean.iter().for_each(|value| assert!((value - 0.5_f32.sqrt()).abs() < 1e-6));
    assert!(super::mean(&[]).is_empty());
    let title = title_and_text(&[0.0, 1.0], &[1.0, 0.0], 0.75);
    title.iter().zip([0.8, 0.6]).for_each(|(value, expected)| assert!((value - expected).abs() < 1e-6));
    assert_eq!(title_and_text(&[], &[1.0, 0.0], 1.0), [1.0, 0.0]);
}

#[test]
fn models_read_the_beginning() {
    assert_eq!(model_text("A title", " one\n two "), "A title one two");
    assert_eq!(model_text("", "one"), "one");
    assert_eq!(model_text("t", &"w ".repeat(1_000)).len(), 1 + 2 * 150);
}

type Made = (String, String, Vec<f32>, Vec<f32>);

fn made() -> impl Strategy<Value = Made> {
    let text =
        || prop::collection::vec(prop::sample::select(vec!["drive", "mount", "wifi", "noise", "the", "日"]), 0..6);
    let vector =
        || prop::collection::vec(-1.0_f32..1.0, 4).prop_flat_map(|vector| prop_oneof![Just(vector), Just(Vec::new())]);
    (text(), text(), vector(), vector())
        .prop_map(|(title, body, first, second)| (title.join(" "), body.join(" "), first, second))
}

fn read((title, body, vector, second): &Made) -> Document<'_> {
    Document { title, body, vector, second }
}

proptest! {
    /// What was added and removed leaves no trace.
    #[test]
    fn removing_restores(
        kept in prop::collection::vec(made(), 1..12),
        passing in prop::collection::vec(made(), 1..8),
        query in made(),
        replaced in any::<bool>(),
    ) {
        let mut index = Index::new();
        (0..).zip(&kept).for_each(|(id, made)| index.put(id, &read(made)));
        let found = |index: &Index| -> Vec<(u32, f32, f32, Vec<String>)> {
            let hits = [Ranking::SMALL, Ranking::LARGE, Ranking::BM25].map(|ranking| {
                let hits = index.search(&read(&query), &ranking, None, 20);
                hits.into_iter()
                    .map(|hit| (hit.id, hit.score, hit.lead, hit.shared.into_iter().map(str::to_owned).collect()))
                    .collect::<Vec<_>>()
            });
            hits.concat()
        };
        let before = found(&index);
        (100..).zip(&passing).for_each(|(id, made)| index.put(id, &read(made)));
        if replaced {
            // A kept document is replaced and comes back.
            index.put(0, &read(&passing[0]));
            index.put(0, &read(&kept[0]));
        }
        let between = found(&index);
        prop_assert!(between.len() >= before.len());
        (100..).zip(&passing).for_each(|(id, _)| { index.remove(id); });
        let after = found(&index);
        prop_assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            prop_assert!((before.1 - after.1).abs() < 1e-5, "{:?} {:?}", before, after);
        }
        if !replaced {
            prop_assert_eq!(before, after);
        }
    }

    /// The order of scores is the order of hits.
    #[test]
    fn hits_fall(documents in prop::collection::vec(made(), 0..12), query in made()) {
        let mut index = Index::new();
        (0..).zip(&documents).for_each(|(id, made)| index.put(id, &read(made)));
        let hits = index.search(&read(&query), &Ranking::SMALL, None, 20);
        prop_assert!(hits.windows(2).all(|two| (-two[0].score, two[0].id) < (-two[1].score, two[1].id)));
    }
}
