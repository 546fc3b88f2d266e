//! Names of brands in words: ours and those of others, whole words only, in the days in which each name holds.

use std::collections::BTreeMap;

use axle_model::interchange::FactKind;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::error::Result;

use crate::columns::{column, micros};
use crate::view::Tables;

/// A brand and the words that name it.
#[derive(Debug, Clone)]
pub(crate) struct Brand {
    pub name: String,
    pub is_own: bool,
    /// Lower case, its name among them.
    terms: Vec<String>,
    /// Microseconds since 1970, `[from, to)`.
    holds: (i64, i64),
}

impl Brand {
    /// Whether lower-case words name it at an instant.
    pub(crate) fn is_named(&self, words: &str, at: i64) -> bool {
        (self.holds.0..self.holds.1).contains(&at) && self.terms.iter().any(|term| has_word(words, term))
    }
}

/// All brands, by name.
pub(crate) fn brands(tables: &Tables) -> Result<Vec<Brand>> {
    let mut brands: BTreeMap<String, Brand> = BTreeMap::new();
    for rows in tables.facts(FactKind::BRAND, &["name", "own", "terms", "from", "to"])? {
        let (name, own) = (column(&rows, "name").as_string::<i32>(), column(&rows, "own").as_boolean());
        let terms = column(&rows, "terms").as_string::<i32>();
        let (from, to) = (micros(&rows, "from"), micros(&rows, "to"));
        for row in (0..rows.num_rows()).filter(|row| name.is_valid(*row)) {
            let listed =
                terms.is_valid(row).then(|| serde_json::from_str::<Vec<String>>(terms.value(row)).ok()).flatten();
            let words = listed.into_iter().flatten().chain([name.value(row).to_owned()]);
            let mut words: Vec<String> =
                words.map(|term| term.trim().to_lowercase()).filter(|term| !term.is_empty()).collect();
            words.sort();
            words.dedup();
            let brand = Brand {
                name: name.value(row).to_owned(),
                is_own: own.is_valid(row) && own.value(row),
                terms: words,
                holds: (
                    if from.is_valid(row) { from.value(row) } else { i64::MIN },
                    if to.is_valid(row) { to.value(row) } else { i64::MAX },
                ),
            };
            brands.insert(brand.name.clone(), brand);
        }
    }
    Ok(brands.into_values().collect())
}

/// Whether a term stands in the words with no letter or digit right beside it.
pub(crate) fn has_word(words: &str, term: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    words.match_indices(term).any(|(at, found)| {
        !is_part(words[..at].chars().next_back()) && !is_part(words[at + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_only() {
        assert!(
            has_word("i like axle.", "axle") && has_word("@axle hub rocks", "axle hub") && has_word("axle-2", "axle")
        );
        assert!(!has_word("the axles", "axle") && !has_word("my_axle", "axle") && !has_word("", "axle"));
        assert!(has_word("axles and axle", "axle"), "a later place counts too");
    }
}
