//! Which texts are alike: questions and their answered ones, feedback said before, members with the same need. By words and
//! the small models' vectors, and by the large ones' where those have read the texts.

use std::collections::HashMap;

use axle_store::text_vector;
use axle_text::Text;
use axle_text::similar::{Document, Hit, Index, Ranking, STATIC_TITLE_WEIGHT, title_and_text};
use uuid::Uuid;

use crate::{AppResult, Workspace, reading};

/// Of so many texts in a hundred the large models' vectors must be there: those of the others are compared by other means,
/// whose scores are of another size.
const WITH_VECTOR: usize = 90;
const SHOWN_CHARACTERS: usize = 120;

/// A text as it is compared with others.
pub(crate) struct Words {
    title: String,
    body: String,
    vector: Vec<f32>,
    second: Vec<f32>,
}

impl Words {
    /// `vector`: the large models', if there is one.
    pub(crate) fn of(title: Option<&str>, text: Option<&str>, vector: Option<Vec<f32>>) -> Self {
        let title = title.unwrap_or_default().to_owned();
        let body = axle_text::clean::clean(text.unwrap_or_default()).into_owned();
        let small = |words: &str| reading::reader().vector(&Text { title: None, body: words });
        let both = format!("{title}\n{body}");
        let small = title_and_text(&small(&title), &small(&both), STATIC_TITLE_WEIGHT);
        Self { title, body, vector: small, second: vector.unwrap_or_default() }
    }

    fn document(&self) -> Document<'_> {
        Document { title: &self.title, body: &self.body, vector: &self.vector, second: &self.second }
    }

    /// Its title or first words, for a list.
    pub(crate) fn shown(&self) -> String {
        let words = if self.title.trim().is_empty() { &self.body } else { &self.title };
        words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_CHARACTERS).collect()
    }
}

/// Texts that can be asked for those like another.
pub(crate) struct Alike {
    index: Index,
    ranking: Ranking,
}

impl Alike {
    /// Each text is known by its place.
    pub(crate) fn of(texts: &[Words]) -> Self {
        let mut alike = Self::none_of(texts);
        for (place, words) in (0u32..).zip(texts) {
            alike.put(place, words);
        }
        alike
    }

    /// None yet of these texts.
    pub(crate) fn none_of(texts: &[Words]) -> Self {
        let with_vector = texts.iter().filter(|words| !words.second.is_empty()).count();
        let is_large = !texts.is_empty() && with_vector * 100 >= texts.len() * WITH_VECTOR;
        Self { index: Index::new(), ranking: if is_large { Ranking::LARGE } else { Ranking::SMALL } }
    }

    /// Adds a text, known by its place.
    pub(crate) fn put(&mut self, place: u32, words: &Words) {
        self.index.put(place, &words.document());
    }

    /// Places of at most `most` texts that are like one for sure, the most alike first. `own` is its place, if it is one of
    /// them.
    pub(crate) fn like(&self, words: &Words, own: Option<u32>, most: usize) -> Vec<Hit<'_>> {
        let mut hits = self.index.search(&words.document(), &self.ranking, own, most);
        hits.retain(|hit| hit.is_sure);
        hits
    }
}

/// The large models' vectors of activities, by their public ids, as far as there are any.
pub(crate) async fn vectors<'a>(
    workspace: &Workspace,
    ids: impl Iterator<Item = &'a str>,
) -> AppResult<HashMap<String, Vec<f32>>> {
    let ids: Vec<[u8; 16]> = ids.filter_map(|id| Some(*id.parse::<Uuid>().ok()?.as_bytes())).collect();
    let found = text_vector::of(workspace.db(), &ids).await?;
    Ok(found.into_iter().map(|(id, vector)| (Uuid::from_bytes(id).to_string(), vector)).collect())
}
