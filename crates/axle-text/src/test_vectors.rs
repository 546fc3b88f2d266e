//! What the models give for a few texts, computed by their makers.

use std::collections::BTreeMap;

/// One text with everything that is known of it.
#[derive(serde::Deserialize)]
pub(crate) struct Expected {
    pub(crate) text: String,
    pub(crate) static_ids: Vec<u32>,
    pub(crate) static_first8: Vec<f32>,
    pub(crate) feature_slots: Vec<u16>,
    pub(crate) vader: BTreeMap<String, f64>,
    pub(crate) heads_v1: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    pub(crate) minilm_ids: Vec<u32>,
    #[serde(default)]
    pub(crate) minilm_first8: Vec<f32>,
    #[serde(default)]
    pub(crate) heads_minilm_v1: BTreeMap<String, f32>,
    #[serde(default)]
    pub(crate) sentiment_minilm: [f32; 3],
}

pub(crate) fn vectors() -> Vec<Expected> {
    serde_json::from_str(include_str!("../tests/test-vectors.json")).expect("the file beside is whole")
}

/// What the heads that ship say of a text, computed from their files by `training/heads.py`.
#[derive(serde::Deserialize)]
pub(crate) struct Shipped {
    pub(crate) text: String,
    #[serde(rename = "heads-v2")]
    pub(crate) small: BTreeMap<String, serde_json::Value>,
    #[serde(rename = "heads-minilm-v2")]
    pub(crate) large: BTreeMap<String, serde_json::Value>,
}

pub(crate) fn shipped() -> Vec<Shipped> {
    serde_json::from_str(include_str!("../tests/heads-v2-vectors.json")).expect("the file beside is whole")
}
