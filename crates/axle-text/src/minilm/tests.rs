//! MiniLM against what its makers, and another implementation, compute.

use std::fs;

use super::*;
use crate::test_vectors::vectors;

fn path(name: &str) -> String {
    format!("{}/../../models/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn bytes(name: &str) -> Bytes {
    Bytes::Shared(fs::read(path(name)).unwrap().into())
}

pub(crate) fn vocabulary() -> String {
    fs::read_to_string(path("minilm-vocab.txt")).unwrap()
}

fn model(kernel: Kernel) -> MiniLm {
    MiniLm::with_kernel(bytes("minilm-l6-q8.safetensors"), &vocabulary(), kernel).unwrap()
}

/// The expected numbers are rounded to four or five digits.
#[test]
fn texts_have_the_vectors_of_the_reference() {
    let model = model(Kernel::best());
    for expected in vectors().iter().filter(|expected| !expected.text.is_empty()) {
        assert_eq!(pieces(&model.vocabulary, &expected.text, MOST_PIECES), expected.minilm_ids);
        let vector = model.embed(&expected.text);
        for (value, expected) in vector.iter().zip(&expected.minilm_first8) {
            assert!((value - expected).abs() < 5e-4, "{value} {expected}");
        }
        let length: f32 = vector.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-5);
    }
}

/// A text with all that `training/minilm.py` worked out for it.
#[derive(serde::Deserialize)]
struct ByTheBook {
    text: String,
    ids: Vec<u32>,
    vector: Vec<f32>,
    mood: [f32; 3],
}

/// Pieces, vectors and moods are those of another tokenizer and of 64-bit numbers, for texts that are cut as well.
#[test]
fn texts_have_what_was_worked_out_by_the_book() {
    let model = model(Kernel::best());
    let mood = MoodCopy::load(bytes("sentiment-minilm-q8.safetensors"), &model).unwrap();
    let expected: Vec<ByTheBook> = serde_json::from_str(include_str!("../../tests/minilm-vectors.json")).unwrap();
    for expected in expected {
        assert_eq!(pieces(&model.vocabulary, &expected.text, MOST_PIECES), expected.ids, "{}", expected.text);
        let vector = model.embed(&expected.text);
        let furthest = vector.iter().zip(&expected.vector).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
        let cosine = crate::heads::dot(&vector, &expected.vector);
        assert!(furthest < 5e-4 && cosine > 0.99999, "{}: {furthest} {cosine}", expected.text);
        for (found, expected) in mood.mood(&expected.text).iter().zip(expected.mood) {
            assert!((found - expected).abs() < 1e-3, "{found} {expected}");
        }
    }
}

#[test]
fn kernels_give_the_same_vectors() {
    let models: Vec<MiniLm> = Kernel::all().into_iter().map(model).collect();
    let text = "The import stops at 40 % with 'database is locked', how do I resume it?";
    for model in &models[1..] {
        assert_eq!(model.embed(text), models[0].embed(text));
    }
}

#[test]
fn texts_are_cut_and_empty_ones_have_a_vector() {
    let model = model(Kernel::best());
    let long = "word ".repeat(126);
    assert_eq!(model.embed(&long), model.embed(&format!("{long} and more that nobody reads")));
    assert_eq!(pieces(&model.vocabulary, &long, MOST_PIECES).len(), 128);
    assert_eq!(pieces(&model.vocabulary, "", MOST_PIECES), [BEGIN, END]);
    assert_eq!(model.embed("a short text"), model.embed_document("a short text"));
    assert_ne!(model.embed(&long.repeat(2)), model.embed_document(&long.repeat(2)));
    let document = "word ".repeat(254);
    assert_eq!(model.embed_document(&document), model.embed_document(&format!("{document} and more")));
    assert!(model.embed("").iter().all(|value| value.is_finite()));
}

#[test]
fn what_is_wrong_with_a_file_is_told() {
    let error = |file: Bytes, vocabulary: &str| MiniLm::load(file, vocabulary).err().unwrap().to_string();
    assert_eq!(
        error(bytes("minilm-l6-q8.safetensors"), &"x\n".repeat(300)),
        "tensor embeddings.word_embeddings.weight.q4 of the model file: expected U8 [300, 192], found U8 [30522, 192]"
    );
    assert_eq!(
        error(bytes("minilm-l6-q8.safetensors"), "x"),
        "the model file is damaged: its vocabulary has only 1 lines"
    );
    let other = error(bytes("sentiment-minilm-q8.safetensors"), &vocabulary());
    assert!(other.ends_with("expected U8 [30522, 192], found nothing"), "{other}");
}

/// Cut and changed files are refused or read as they are, and never stop the program.
#[test]
fn damaged_files_do_no_harm() {
    let whole = fs::read(path("minilm-l6-q8.safetensors")).unwrap();
    let vocabulary = vocabulary();
    for end in [0, 7, 8, 100, 15_000, 1_000_000, whole.len() - 1] {
        assert!(MiniLm::load(Bytes::Shared(whole[..end].into()), &vocabulary).is_err(), "cut at {end}");
    }
    // Only the header, since the rest is numbers.
    let header = 8 + u64::from_le_bytes(*whole.first_chunk().unwrap()) as usize;
    let mut refused = 0;
    for at in (0..header).step_by(1_021) {
        let mut changed = whole.clone();
        changed[at] ^= 0x15;
        if let Ok(model) = MiniLm::load(Bytes::Shared(changed.into()), &vocabulary) {
            model.embed("any text");
        } else {
            refused += 1;
        }
    }
    assert!(refused > 0);
}

/// A scale that is no number is found when the file is read.
#[test]
fn what_is_no_number_is_told() {
    let mut whole = fs::read(path("minilm-l6-q8.safetensors")).unwrap();
    let header = 8 + u64::from_le_bytes(*whole.first_chunk().unwrap()) as usize;
    // The first tensor is the constants of the first normalisation.
    whole[header..header + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let error = MiniLm::load(Bytes::Shared(whole.into()), &vocabulary()).err().unwrap().to_string();
    assert_eq!(error, "the model file is damaged: tensor embeddings.LayerNorm.bias holds what is no number");
}
