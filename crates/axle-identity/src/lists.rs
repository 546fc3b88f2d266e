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

/// Whether two vowels of a word are two sounds, where elsewhere they may stand for an umlaut.
pub(crate) fn has_two_sounds(word: &str) -> bool {
    matches!(
        word,
        "aaron"
            | "emanuel"
            | "emmanuel"
            | "gael"
            | "isaac"
            | "ismael"
            | "israel"
            | "joel"
            | "manuel"
            | "michael"
            | "miguel"
            | "mikael"
            | "noel"
            | "rafael"
            | "raphael"
            | "samuel"
    )
}

/// The commonest Korean family names as those who bear them write them in Latin letters: most do not follow the rules
/// of romanization.
const FAMILY_NAMES: [(char, &str); 24] = [
    ('김', "kim"),
    ('이', "lee"),
    ('박', "park"),
    ('최', "choi"),
    ('정', "jung"),
    ('강', "kang"),
    ('조', "cho"),
    ('윤', "yoon"),
    ('장', "jang"),
    ('임', "lim"),
    ('한', "han"),
    ('오', "oh"),
    ('서', "seo"),
    ('신', "shin"),
    ('권', "kwon"),
    ('황', "hwang"),
    ('안', "ahn"),
    ('송', "song"),
    ('류', "ryu"),
    ('유', "yoo"),
    ('홍', "hong"),
    ('전', "jeon"),
    ('고', "ko"),
    ('문', "moon"),
];

/// The commonest Chinese family names, in either script.
const CHINESE_FAMILY_NAMES: &str = "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林罗羅高郑鄭梁谢謝宋唐许許邓鄧冯馮韩韓曹曾彭\
    萧蕭蔡潘田董袁于余叶葉蒋蔣杜苏蘇魏程吕呂丁沈任姚卢盧傅钟鍾姜崔谭譚廖范汪陆陸金石戴贾賈韦韋夏邱方侯邹鄒熊孟秦白江阎閻薛尹段雷";

/// Family names of two letters.
const DOUBLE_FAMILY_NAMES: &[&str] = &[
    "欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "夏侯", "皇甫", "尉迟", "尉遲", "公孙", "公孫", "慕容",
    "令狐", "司徒", "东方", "東方", "남궁", "황보", "제갈", "선우", "독고",
];

/// A Korean family name in Latin letters.
pub(crate) fn family_name_in_latin(letter: char) -> Option<&'static str> {
    FAMILY_NAMES.iter().find(|(name, _)| *name == letter).map(|(_, latin)| *latin)
}

/// Whether one letter is a family name that many bear.
pub(crate) fn is_family_name(letter: char) -> bool {
    CHINESE_FAMILY_NAMES.contains(letter) || family_name_in_latin(letter).is_some()
}

/// Whether two letters are one family name.
pub(crate) fn is_double_family_name(letters: [char; 2]) -> bool {
    DOUBLE_FAMILY_NAMES.iter().any(|name| name.chars().eq(letters))
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
