//! What everybody knows of names and addresses: which addresses are nobody's, which names are no names. Lists only for
//! what data cannot tell; how common a thing is, is counted. Whose mail is free, `axle-organization` knows.

use std::sync::LazyLock;

use hashbrown::{HashMap, HashSet};

use crate::words::BuildHashed;

type Set = HashSet<&'static str, BuildHashed>;

static PLATFORM_HOSTS: LazyLock<Set> = LazyLock::new(|| words(include_str!("../data/platform-hosts.txt")));
static ROLES: LazyLock<Set> = LazyLock::new(|| words(include_str!("../data/roles.txt")));
static GENERIC_LOCALS: LazyLock<Set> = LazyLock::new(|| words(include_str!("../data/generic-locals.txt")));
static PLACEHOLDERS: LazyLock<Set> = LazyLock::new(|| lines(include_str!("../data/placeholders.txt")).collect());
static COMMON_NAMES: LazyLock<Set> = LazyLock::new(|| words(include_str!("../data/common-names.txt")));
static NICKNAMES: LazyLock<HashMap<&'static str, &'static str, BuildHashed>> =
    LazyLock::new(|| lines(include_str!("../data/nicknames.txt")).flat_map(forms).collect());

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn words(text: &'static str) -> Set {
    lines(text).flat_map(str::split_whitespace).collect()
}

/// Short form and full form, of a line of nicknames.
fn forms(line: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (full, short) = line.split_once(' ').unwrap_or((line, ""));
    short.split(' ').map(move |short| (short, full))
}

/// Hosts of pages that belong to whoever has an account there.
pub(crate) fn is_platform_host(host: &str) -> bool {
    PLATFORM_HOSTS.contains(host)
}

/// Addresses behind which no single person stands, whatever the domain.
pub(crate) fn is_role(local: &str) -> bool {
    ROLES.contains(local) || local.starts_with("noreply") || local.starts_with("no-reply")
}

/// Local parts that people choose where the domain says who they are, as in `me@ada.example`.
pub(crate) fn is_generic_local(local: &str) -> bool {
    GENERIC_LOCALS.contains(local) || is_role(local)
}

/// Names of those who gave none. In lower case, words with one space between.
pub(crate) fn is_placeholder(name: &str) -> bool {
    PLACEHOLDERS.contains(name)
}

/// Names and handles of programs.
pub(crate) fn is_program(name: &str) -> bool {
    matches!(name, "bot" | "dependabot" | "renovate" | "greenkeeper" | "github actions" | "buildbot" | "robot")
}

/// Given names and surnames so common the world over that even a small community expects them twice.
pub(crate) fn is_common_name(word: &str) -> bool {
    COMMON_NAMES.contains(word)
}

/// The full form that a given name is short for, or the name itself.
pub(crate) fn full_form(word: &str) -> &str {
    NICKNAMES.get(word).copied().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_meet() {
        assert_eq!(full_form("bill"), full_form("will"));
        assert_eq!(full_form("misha"), "mikhail");
        assert_eq!(full_form("zaphod"), "zaphod");
        assert!(NICKNAMES.values().all(|full| full_form(full) == *full), "a full form is short for nothing");
    }

    #[test]
    fn other_lists() {
        assert!(is_common_name("smith") && is_common_name("david") && !is_common_name("zaphod"));
        assert!(is_role("noreply123") && is_role("info") && !is_role("ada"));
        assert!(is_placeholder("your name") && is_generic_local("me") && is_platform_host("github.com"));
    }
}
