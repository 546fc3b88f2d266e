//! Mailmaps: git's own list of who is who among authors, with git's exact rules for looking somebody up.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::interchange::LineError;
use crate::{Fact, FactKind};

/// One line of a mailmap: who stands behind a commit's e-mail, or behind a commit's name and e-mail together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailmapEntry {
    /// The e-mail in commits. Compared without regard to ASCII case.
    pub commit_email: String,
    /// When set, the line is about this name with that e-mail only.
    pub commit_name: Option<String>,
    /// The name to use instead; `None` keeps the commit's.
    pub proper_name: Option<String>,
    /// The e-mail to use instead; `None` keeps the commit's.
    pub proper_email: Option<String>,
}

impl MailmapEntry {
    /// Reads a line in one of the four forms. `None` for comments, blank lines, and what git passes over.
    ///
    /// `Name <commit@x>`, `<proper@x> <commit@x>`, `Name <proper@x> <commit@x>`, `Name <proper@x> Commit Name <commit@x>`
    pub fn from_line(line: &str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let (proper_name, first_email, rest) = name_and_email(line)?;
        if first_email.is_empty() {
            return None;
        }
        Some(match name_and_email(rest) {
            Some((commit_name, commit_email, _)) => Self {
                commit_email: commit_email.to_owned(),
                commit_name,
                proper_name,
                proper_email: Some(first_email.to_owned()),
            },
            None => Self { commit_email: first_email.to_owned(), commit_name: None, proper_name, proper_email: None },
        })
    }

    /// Reads a fact of kind [`FactKind::MAILMAP`]; `None` for any other.
    pub fn from_fact(fact: &Fact) -> Option<Self> {
        let text = |field: &str| fact.text(field).map(str::to_owned);
        (fact.kind == FactKind::MAILMAP).then_some(())?;
        Some(Self {
            commit_email: text("commit_email")?,
            commit_name: text("commit_name"),
            proper_name: text("proper_name"),
            proper_email: text("proper_email"),
        })
    }

    /// The entry as a fact. An entry for the empty e-mail, which git allows, cannot be one.
    pub fn to_fact(&self) -> Result<Fact, LineError> {
        let mut body = Map::new();
        body.insert("commit_email".into(), self.commit_email.clone().into());
        for (field, value) in [
            ("commit_name", &self.commit_name),
            ("proper_name", &self.proper_name),
            ("proper_email", &self.proper_email),
        ] {
            body.extend(value.clone().map(|value| (field.to_owned(), Value::String(value))));
        }
        Fact::new(FactKind::MAILMAP, body)
    }

    /// What two lines must share to be about the same commits.
    pub fn key(&self) -> (String, Option<String>) {
        (self.commit_email.to_ascii_lowercase(), self.commit_name.as_ref().map(|name| name.to_ascii_lowercase()))
    }

    /// Adds a later line about the same commits: git takes a line with a commit's name whole, and of the others
    /// the fields that the later one has.
    pub fn overlay(&mut self, later: Self) {
        if self.commit_name.is_some() {
            self.proper_name = later.proper_name;
            self.proper_email = later.proper_email;
        } else {
            self.proper_name = later.proper_name.or(self.proper_name.take());
            self.proper_email = later.proper_email.or(self.proper_email.take());
        }
    }
}

/// `Name <email>` at the start of `text`: the trimmed name if any, the e-mail, and what follows.
fn name_and_email(text: &str) -> Option<(Option<String>, &str, &str)> {
    let (name, rest) = text.split_once('<')?;
    let (email, rest) = rest.split_once('>')?;
    let name = name.trim_matches(|c: char| c.is_ascii_whitespace());
    Some(((!name.is_empty()).then(|| name.to_owned()), email, rest))
}

/// A mailmap ready for looking people up.
#[derive(Debug, Clone, Default)]
pub struct Mailmap {
    entries: HashMap<(String, Option<String>), MailmapEntry>,
}

impl Mailmap {
    /// Takes the entries in the file's order: later ones win over earlier ones about the same commits.
    pub fn new(entries: impl IntoIterator<Item = MailmapEntry>) -> Self {
        let mut by_key: HashMap<_, MailmapEntry> = HashMap::new();
        for entry in entries {
            match by_key.entry(entry.key()) {
                std::collections::hash_map::Entry::Occupied(mut known) => known.get_mut().overlay(entry),
                std::collections::hash_map::Entry::Vacant(free) => drop(free.insert(entry)),
            }
        }
        Self { entries: by_key }
    }

    /// Reads a whole file.
    pub fn parse(text: &str) -> Self {
        Self::new(text.lines().filter_map(MailmapEntry::from_line))
    }

    /// The proper name and e-mail of a commit's author. An entry for name and e-mail together goes before one for
    /// the e-mail alone; somebody whom no entry knows is returned as they are.
    pub fn map<'a>(&'a self, name: &'a str, email: &'a str) -> (&'a str, &'a str) {
        let email_key = email.to_ascii_lowercase();
        let by_name = self.entries.get(&(email_key.clone(), Some(name.to_ascii_lowercase())));
        match by_name.or_else(|| self.entries.get(&(email_key, None))) {
            Some(entry) => {
                (entry.proper_name.as_deref().unwrap_or(name), entry.proper_email.as_deref().unwrap_or(email))
            }
            None => (name, email),
        }
    }

    /// Whether it maps nobody.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file of git's manual, with our own people, and what `git check-mailmap` answers for it.
    const FILE: &str = "# who is who\n\
        Jane Roe <jane@axle.example>\n\
        <ada@axle.example> <ada@laptop.(none)>\n\
        Ada Byron <ada@axle.example> <Countess@Old.example>\n\
        Bo Li <bo@axle.example> Bo <shared@office.example>\n\
        Cy Mo <cy@axle.example> cy <SHARED@office.example>\n\
        Office <shared@office.example> # everybody else\n\
        \n\
        no address here\n\
        Nobody <> <lost@axle.example>\n";

    #[test]
    fn the_four_forms_are_understood() {
        let map = Mailmap::parse(FILE);
        assert_eq!(map.map("jane", "JANE@axle.example"), ("Jane Roe", "JANE@axle.example"));
        assert_eq!(map.map("Ada B.", "ada@laptop.(none)"), ("Ada B.", "ada@axle.example"));
        assert_eq!(map.map("x", "countess@old.example"), ("Ada Byron", "ada@axle.example"));
        assert_eq!(map.map("BO", "shared@office.example"), ("Bo Li", "bo@axle.example"));
    }

    #[test]
    fn an_entry_with_the_name_goes_before_one_without() {
        let map = Mailmap::parse(FILE);
        assert_eq!(map.map("Cy", "Shared@office.example"), ("Cy Mo", "cy@axle.example"));
        assert_eq!(map.map("Dee", "shared@office.example"), ("Office", "shared@office.example"));
    }

    #[test]
    fn strangers_and_bad_lines_change_nothing() {
        let map = Mailmap::parse(FILE);
        assert_eq!(map.map("Eve", "eve@axle.example"), ("Eve", "eve@axle.example"));
        assert_eq!(map.map("Lost", "lost@axle.example"), ("Lost", "lost@axle.example"));
        assert_eq!(MailmapEntry::from_line("# Jane <jane@axle.example>"), None);
    }

    #[test]
    fn later_simple_lines_add_to_earlier_ones() {
        let map = Mailmap::parse("<d@x.example> <D@y.example>\nDee <d@y.example>\n");
        assert_eq!(map.map("Q", "d@Y.example"), ("Dee", "d@x.example"));
        assert!(Mailmap::parse("").is_empty());
    }

    #[test]
    fn an_entry_survives_as_a_fact() {
        for line in FILE.lines().filter_map(MailmapEntry::from_line) {
            assert_eq!(MailmapEntry::from_fact(&line.to_fact().unwrap()), Some(line));
        }
        let empty = MailmapEntry::from_line("No Name <n@axle.example> <>").unwrap();
        assert!(empty.to_fact().is_err());
    }
}
