//! What people write where a profile asks for their company: handles, links, titles, several at once, and jokes.

use std::collections::HashMap;

use crate::domain::{DomainKind, Rules, domain_kind, registrable};
use crate::host::readable;
use crate::name::{self, Name};
use crate::sighting::Sighting;
use crate::vocabulary::{FILLING, List, NOBODY, NOBODY_FAR, TITLES};
use crate::{lists, words};

/// The organizations that a profile's company field names, in its order, each once: none for "freelance", "student" or
/// "ex-Acme", two for "@acme / Other".
pub fn names_in(field: &str) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for part in parts(field) {
        for name in names_of_part(&part) {
            if names.iter().all(|known| known.key != name.key) {
                names.push(name);
            }
        }
    }
    names
}

/// What somebody wrote where a profile asks for their company.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The field as written.
    pub field: &'a str,
    /// Number of the member, so that nobody counts twice.
    pub member: u32,
    /// When first seen, in microseconds since 1970.
    pub at: i64,
}

/// The organizations that people name, sorted, with how many people do. Give everybody's fields at once: what many
/// wrote alike is understood once.
pub fn names_of<'a>(said: impl IntoIterator<Item = Said<'a>>) -> Vec<Sighting> {
    let mut known: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut place: HashMap<String, usize> = HashMap::new();
    let mut sightings: Vec<Sighting> = Vec::new();
    let mut people: Vec<(usize, u32)> = Vec::new();
    for one in said {
        let places = known.entry(one.field).or_insert_with(|| {
            let place_of = |name: Name| {
                let sighting = Sighting::name(&name, 0, one.at);
                let at = *place.entry(sighting.key.clone()).or_insert(sightings.len());
                if at == sightings.len() {
                    sightings.push(sighting);
                }
                at
            };
            names_in(one.field).into_iter().map(place_of).collect()
        });
        for at in places {
            let sighting = &mut sightings[*at];
            sighting.since = sighting.since.min(one.at);
            people.push((*at, one.member));
        }
    }
    people.sort_unstable();
    people.dedup();
    people.iter().for_each(|(at, _)| sightings[*at].people += 1);
    sightings.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    sightings
}

/// The host that a text is or links to, in lower case and without `www.`: when it is one word with a dot in it.
pub(crate) fn host_in(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.contains('.') || text.contains(char::is_whitespace) || text.contains('@') {
        return None;
    }
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?', '#']).next()?.trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let host = readable(host);
    let is_host = registrable(&host).is_some() && !host.split('.').any(str::is_empty);
    is_host.then(|| host.into_owned())
}

/// Cuts a list. Slashes inside of links and after handles (`@acme/team`) cut nothing.
fn parts(field: &str) -> Vec<String> {
    let mut text = String::new();
    for word in without_asides(field).split_whitespace() {
        let is_form = word.len() == 3 && word.as_bytes()[1] == b'/' && word.is_ascii();
        let bare = word.trim_matches(['(', ')', ',']);
        if is_form {
            text.push_str(&word.replace('/', ""));
        } else if host_in(bare).is_some() {
            text.push_str(bare);
        } else if let Some((handle, rest)) =
            word.split_once('/').filter(|(handle, rest)| handle.starts_with('@') && !rest.starts_with('@'))
        {
            text.push_str(handle);
            if rest.ends_with(',') {
                text.push(',');
            }
        } else {
            text.push_str(&word.replace('/', " | "));
        }
        text.push(' ');
    }
    text.split(['|', ';', '\u{2022}']).map(str::to_owned).collect()
}

/// Without what stands in brackets, unless that is all.
fn without_asides(field: &str) -> String {
    let mut depth = 0u32;
    let outside: String = field
        .chars()
        .filter(|letter| {
            match letter {
                '(' | '[' | '（' => depth += 1,
                ')' | ']' | '）' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect();
    let is_empty = !outside.chars().any(char::is_alphanumeric);
    if is_empty { field.replace(['(', ')', '[', ']', '（', '）'], " ") } else { outside }
}

fn names_of_part(part: &str) -> Vec<Name> {
    let handles = handles(part);
    if !handles.is_empty() {
        return handles.iter().filter_map(|handle| named(handle)).collect();
    }
    // "Engineer, Acme, Berlin": the first that names somebody.
    let dashes = part.replace(" - ", ",").replace(" – ", ",").replace(" — ", ",").replace(" · ", ",");
    let pieces = dashes.split(',').map(str::trim).filter(|piece| !piece.is_empty() && !name::is_legal_form(piece));
    pieces.filter_map(|piece| named(workplace(piece)?)).take(1).collect()
}

/// The `@acme` of a text that nothing says of the past.
fn handles(part: &str) -> Vec<&str> {
    let words: Vec<&str> = part.split_whitespace().collect();
    let is_handle = |word: &&str| word.len() > 1 && word.starts_with('@');
    let mut handles = Vec::new();
    let mut is_past = false;
    for word in words {
        if !is_handle(&word) {
            is_past = is_past_word(word) || (is_past && matches!(word, "at" | "of"));
        }
        if is_handle(&word) && !is_past {
            handles.push(word.trim_matches(|letter: char| !letter.is_alphanumeric()));
        }
    }
    handles
}

fn is_past_word(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
    matches!(
        word.as_str(),
        "ex" | "former"
            | "formerly"
            | "prev"
            | "previously"
            | "past"
            | "was"
            | "late"
            | "retired"
            | "ehemals"
            | "anciennement"
    )
}

/// Where somebody works by what they say: `Acme` of `CTO at Acme`. `None` when it is over.
fn workplace(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let first = lower.split_whitespace().next().unwrap_or_default();
    if is_past_word(first) || first.starts_with("ex-") {
        return None;
    }
    if let Some(rest) = lower.strip_prefix("at ").or_else(|| lower.strip_prefix("@ ")) {
        return Some(&text[text.len() - rest.len()..]);
    }
    for link in [" at ", " @ ", " @", " bei ", " chez ", " for ", " of "] {
        if let Some((before, after)) = lower.split_once(link) {
            let after = &text[text.len() - after.len()..];
            let is_title = words::words(before).iter().any(|word| TITLES.contains(word.as_str()));
            if is_title && (link != " of " || is_nobody(before)) {
                return Some(after);
            }
        }
    }
    Some(text)
}

/// The name, unless it is nobody's, a free mail provider's, or a page on somebody else's site that is not theirs.
fn named(text: &str) -> Option<Name> {
    if let Some(page) = page_of(text) {
        return named(&page);
    }
    if text.contains('@') {
        let domain = crate::organization_domain(text, &Rules::default())?;
        return Name::of(&domain);
    }
    let name = Name::of(text)?;
    if let Some(domain) = &name.domain {
        return (domain_kind(domain, &Rules::default()).1 == DomainKind::Registered).then_some(name);
    }
    let is_letter = name.key.len() < 2 || name.key.bytes().all(|byte| byte.is_ascii_digit());
    (!is_letter && !is_nobody(text)).then_some(name)
}

/// The handle of a page on a platform: `acme` of `github.com/acme`.
fn page_of(text: &str) -> Option<String> {
    let host = host_in(text)?;
    if !lists::is_platform(registrable(&host)?) {
        return None;
    }
    let path = text.split_once("://").map_or(text, |(_, rest)| rest).split_once('/')?.1;
    let mut steps = path.split(['/', '?', '#']).filter(|step| !step.is_empty());
    let first = steps.next()?;
    let handle = if matches!(first, "company" | "in" | "orgs" | "organization" | "pages" | "school") {
        steps.next()?
    } else {
        first
    };
    Some(handle.trim_start_matches('@').to_owned())
}

/// Whether a text says that there is no organization: every word is a way to say so, a title or filling.
fn is_nobody(text: &str) -> bool {
    let words = words::words(text);
    let is = |list: &List, word: &String| list.contains(word.as_str());
    let says_so = words.iter().any(|word| is(&NOBODY, word) || is(&TITLES, word));
    let is_all = words.iter().all(|word| is(&NOBODY, word) || is(&TITLES, word) || is(&FILLING, word));
    (says_so && is_all) || NOBODY.contains(words.concat().as_str()) || NOBODY_FAR.contains(text.trim())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(field: &str) -> Vec<String> {
        names_in(field).into_iter().map(|name| name.key).collect()
    }

    #[test]
    fn one_company_in_many_words() {
        for field in [
            "@acme",
            "Acme, Inc.",
            "ACME GmbH",
            "acme.io",
            "https://acme.io/careers",
            "at Acme",
            "@ Acme",
            "CTO at Acme",
            "Software Engineer @ Acme",
            "Engineer @acme",
            "Acme (formerly Globex)",
            "Acme, Berlin",
            "Senior Developer, Acme",
            "Acme - Berlin",
            "Founder of Acme",
            "Working for Acme",
            "github.com/acme",
            "https://www.linkedin.com/company/acme/",
            "@acme/platform-team",
            "PhD student at Acme",
            "(Acme)",
            "ada@acme.io",
            "Acme A/S",
            "Acme / ex-Globex",
            "@acme, ex @globex",
            "@acme, previously at @globex",
        ] {
            assert_eq!(keys(field), ["acme"], "{field}");
        }
    }

    #[test]
    fn several_at_once() {
        for field in [
            "@acme @globex",
            "Acme / Globex",
            "Acme/Globex",
            "@acme and @globex",
            "Acme; Globex Ltd",
            "Acme | Globex",
            "@acme/@globex",
            "CTO at Acme | advisor at @globex",
        ] {
            assert_eq!(keys(field), ["acme", "globex"], "{field}");
        }
        assert_eq!(keys("Acme / ACME Inc."), ["acme"]);
    }

    #[test]
    fn nobody() {
        for field in [
            "",
            "-",
            "N/A",
            "n/a",
            "none",
            "None.",
            "Freelance",
            "freelancer",
            "Self-employed",
            "self employed",
            "Self",
            "Student",
            "Independent Contractor",
            "Freelance IT Specialist",
            "Software Engineer",
            "ex-Acme",
            "ex Acme",
            "Formerly Acme",
            "Retired",
            "无",
            "学生",
            "フリーランス",
            "нет",
            "Indépendant",
            "selbständig",
            "gmail.com",
            "unemployed",
            "my own company",
            "No company",
            "Not applicable",
            "1",
            "?",
            "🚀",
            "looking for a job",
            "Full Stack Developer",
            "me",
            "localhost",
        ] {
            assert_eq!(keys(field), [""; 0], "{field}");
        }
    }

    #[test]
    fn names_that_look_like_something_else() {
        assert_eq!(keys("University of Texas at Austin"), ["universityoftexasataustin"]);
        assert_eq!(keys("Johnson & Johnson"), ["johnsonjohnson"]);
        assert_eq!(keys("Bank of America"), ["bankofamerica"]);
        assert_eq!(keys("Exoscale"), ["exoscale"]);
        assert_eq!(keys("Freelancer.com"), ["freelancer"]);
        assert_eq!(keys("Booking.com"), ["booking"]);
        assert_eq!(keys("Alauda灵雀云").len(), 1);
        assert_eq!(keys("37signals"), ["37signals"]);
        assert_eq!(keys("\u{1e5ff}.cc."), [""; 0], "a domain of no letter");
    }

    #[test]
    fn people_are_counted_once_each() {
        let said = |field, member| Said { field, member, at: i64::from(member) };
        let found =
            names_of([said("Acme", 2), said("@acme / Globex", 1), said("Acme", 1), said("Acme Inc.", 1), said("", 3)]);
        let found: Vec<_> = found.iter().map(|one| (one.key.as_str(), one.people, one.since)).collect();
        assert_eq!(found, [("name:acme", 2, 1), ("name:globex", 1, 1)]);
    }

    proptest! {
        /// Whatever people write, nothing breaks, and no organization is named twice.
        #[test]
        fn anything_can_be_written(field in "\\PC{0,40}") {
            let mut found = keys(&field);
            let count = found.len();
            found.sort();
            found.dedup();
            prop_assert_eq!(found.len(), count);
            prop_assert!(found.iter().all(|key| !key.is_empty()));
        }
    }
}
