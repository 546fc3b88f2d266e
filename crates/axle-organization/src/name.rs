//! Names of organizations, folded so that spellings of one meet: "@acme", "Acme, Inc." and "ACME GmbH".

use std::ops::Range;

use crate::parse::host_in;
use crate::vocabulary::{COMMON_ENDINGS, FORMS_BEFORE, GENERIC, LEGAL_FORMS};
use crate::{domain, words};

/// The name of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// As written, without legal form and what surrounded it: `Acme`.
    pub text: String,
    /// What spellings of one name have in common: `acme`.
    pub key: String,
    /// The key without words that many names end in: `bigswitch` of `Big Switch Networks`. Equals the key where that
    /// would leave too little.
    pub stem: String,
    /// The domain, when the name is one: `acme.io`.
    pub domain: Option<String>,
}

impl Name {
    /// Understands a name that stands alone, as a CRM has it. `None` when it has no letter and no digit.
    pub fn of(text: &str) -> Option<Self> {
        let text = without_far_forms(text.trim().trim_start_matches('@').trim());
        if let Some(host) = host_in(text) {
            let domain = domain::registrable(&host)?;
            let label = Some(words::compact(domain::label(domain))).filter(|label| !label.is_empty())?;
            return Some(Self { domain: Some(domain.to_owned()), ..Self::plain(domain, &[label]) });
        }
        let (words, ends): (Vec<String>, Vec<usize>) = words::words_and_ends(text).into_iter().unzip();
        let bare = bare(&words);
        let end = *ends.get(bare.end.checked_sub(1)?)?;
        let shown = if bare.end == words.len() { text } else { &text[..end] };
        // What remains of "Acme.com Inc." is a domain again.
        if shown.len() < text.len() && host_in(shown).is_some() {
            return Self::of(shown);
        }
        Some(Self::plain(shown, &words[bare]))
    }

    fn plain(text: &str, words: &[String]) -> Self {
        let key = words.concat();
        let ending = words.iter().rev().take_while(|word| COMMON_ENDINGS.contains(word.as_str())).count();
        let stem = words[..words.len() - ending].concat();
        let stem = if stem.len() < 3 { key.clone() } else { stem };
        Self { text: text.to_owned(), key, stem, domain: None }
    }

    /// Whether so many are called like this that the name alone tells little.
    pub(crate) fn is_weak(&self) -> bool {
        self.key.len() < 3 || COMMON_ENDINGS.contains(self.key.as_str()) || GENERIC.contains(self.key.as_str())
    }
}

/// Which of the words are no legal form: all of them when nothing else is there.
fn bare(words: &[String]) -> Range<usize> {
    let mut bare = 0..words.len();
    if bare.len() > 1 && words[bare.start] == "the" {
        bare.start += 1;
    }
    if bare.len() > 1 && FORMS_BEFORE.contains(words[bare.start].as_str()) {
        bare.start += 1;
    }
    while let Some(length) = form_at_end(&words[bare.clone()]) {
        bare.end -= length;
    }
    bare
}

/// How many words at the end are a legal form, when something stands before.
fn form_at_end(words: &[String]) -> Option<usize> {
    (1..words.len().min(5)).rev().find(|length| {
        let ending = &words[words.len() - length..];
        LEGAL_FORMS.contains(ending.join(" ").as_str())
    })
}

/// Whether a text is nothing but legal forms: the `Inc.` of `Acme, Inc.`
pub(crate) fn is_legal_form(text: &str) -> bool {
    let mut words = vec![String::new()];
    words.extend(words::words(text));
    let count = words.len();
    count > 1 && bare(&words) == (0..1)
}

/// Forms of East Asia stand at either end without a space.
fn without_far_forms(mut text: &str) -> &str {
    loop {
        let before = text;
        for form in FAR_FORMS {
            let cut = text.strip_suffix(form).or_else(|| text.strip_prefix(form)).map(str::trim);
            text = cut.filter(|cut| !cut.is_empty()).unwrap_or(text);
        }
        if text == before {
            return text;
        }
    }
}

const FAR_FORMS: &[&str] = &[
    "股份有限公司",
    "有限责任公司",
    "有限責任公司",
    "有限公司",
    "株式会社",
    "合同会社",
    "有限会社",
    "（株）",
    "(株)",
    "㈱",
    "주식회사",
    "(주)",
    "㈜",
    "公司",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name() {
        for text in [
            "Acme",
            "@acme",
            "ACME",
            "Acme, Inc.",
            "Acme Inc",
            "ACME GmbH",
            "acme.io",
            "https://www.acme.com/about",
            "The Acme Company",
            "Acme GmbH & Co. KG",
            "Ácme S.A. de C.V.",
            "Acme Sp. z o.o.",
            "ООО Acme",
            "PT Acme Tbk",
            "Acme Pty. Ltd.",
            "Acme株式会社",
            "株式会社Acme",
            "Acme S.r.l.",
            "Acme A/S",
            "Acme Pvt Ltd",
            "Acme K.K.",
            "Acme.com, Inc.",
            "Acme Co., Ltd.",
            "Acme UG (haftungsbeschränkt)",
        ] {
            assert_eq!(Name::of(text).map(|name| name.key).as_deref(), Some("acme"), "{text}");
        }
        assert_eq!(Name::of("acme.io").unwrap().domain.as_deref(), Some("acme.io"));
        assert_eq!(Name::of("Acme.com, Inc.").unwrap().domain.as_deref(), Some("acme.com"));
        assert_eq!(Name::of("Acme, Inc.").unwrap().text, "Acme");
    }

    #[test]
    fn other_names_are_others() {
        let key = |text: &str| Name::of(text).unwrap().key;
        assert_ne!(key("Acme Bank"), key("Acme"));
        assert_eq!(key("AT&T"), "att");
        assert_eq!(key("Red Hat"), key("redhat"));
        assert_eq!(key("B<>COM"), "bcom");
        assert_eq!(key("Inc."), "inc");
        assert_eq!(key("SAP SE"), "sap");
        assert_eq!(Name::of("Node.js").unwrap().domain, None);
        assert_eq!(Name::of("…"), None);
        assert_eq!(Name::of(""), None);
    }

    #[test]
    fn stems_lose_what_many_names_end_in() {
        let stem = |text: &str| Name::of(text).unwrap().stem;
        assert_eq!(stem("Big Switch Networks"), "bigswitch");
        assert_eq!(stem("Acme Technologies Group Ltd"), "acme");
        assert_eq!(stem("HP Labs"), "hplabs");
        assert!(
            Name::of("University").unwrap().is_weak()
                && Name::of("Group").unwrap().is_weak()
                && !Name::of("Acme").unwrap().is_weak()
        );
    }

    #[test]
    fn forms_alone_are_no_names() {
        assert!(
            is_legal_form("Inc.")
                && is_legal_form("GmbH & Co. KG")
                && is_legal_form("Ltd. Co")
                && !is_legal_form("Acme Inc")
        );
    }
}
