//! Hosts as they are compared and shown: in their own alphabet, whichever way they were written, and without what only
//! routes mail.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Hosts below which a company that rents mail has a name of its own. The name may be the company's; the host is no
/// website.
const TENANTS: &[&str] = &["onmicrosoft.com", "onmicrosoft.de", "onmicrosoft.us", "partner.onmschina.cn"];

/// A host in lower case as it is compared and shown: `münchen.example` of `xn--mnchen-3ya.example`, and of the same in
/// letters with accents apart; `acme.onmicrosoft.com` of `acme.mail.onmicrosoft.com`. A label that mixes alphabets
/// stays in `xn--`, since it looks like another.
pub fn readable(host: &str) -> Cow<'_, str> {
    if is_plain(host) { Cow::Borrowed(host) } else { Cow::Owned(rewritten(host)) }
}

/// An address with its host as [`readable`] has it.
pub fn readable_address(address: &str) -> Cow<'_, str> {
    match address.rsplit_once('@') {
        Some((local, host)) if !is_plain(host) => Cow::Owned(format!("{local}@{}", rewritten(&host.to_lowercase()))),
        _ => Cow::Borrowed(address),
    }
}

/// Whether the host is as it should be.
pub(crate) fn is_plain(host: &str) -> bool {
    host.is_ascii() && !has_encoded_label(host) && routed(host).is_none()
}

pub(crate) fn rewritten(host: &str) -> String {
    let labels: Vec<String> = host.split(['.', '\u{3002}', '\u{ff0e}']).map(label).collect();
    let host = labels.join(".");
    routed(&host).unwrap_or(host)
}

fn has_encoded_label(host: &str) -> bool {
    host.split('.').any(|label| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--")))
}

/// The tenant's host of one that only routes its mail.
fn routed(host: &str) -> Option<String> {
    TENANTS.iter().find_map(|owner| {
        let tenant = host.strip_suffix(owner)?.strip_suffix(".mail.")?;
        (!tenant.is_empty()).then(|| format!("{tenant}.{owner}"))
    })
}

fn label(text: &str) -> String {
    let text: String = text.nfkc().collect::<String>().to_lowercase().nfc().collect();
    decoded(&text).filter(|label| !mixes_alphabets(label)).unwrap_or(text)
}

/// Whether Latin letters stand among Greek or Cyrillic ones, many of which look the same.
fn mixes_alphabets(label: &str) -> bool {
    label.bytes().any(|byte| byte.is_ascii_lowercase())
        && label.chars().any(|letter| matches!(letter, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}'))
}

/// The most bytes that a label can have.
const LONGEST_LABEL: usize = 63;

/// The letters of a label in Punycode (RFC 3492). `None` when it is in none, or is damaged.
fn decoded(label: &str) -> Option<String> {
    const BASE: u32 = 36;
    let rest = label.strip_prefix("xn--").filter(|_| label.len() <= LONGEST_LABEL && label.is_ascii())?;
    let (basic, extended) = rest.rsplit_once('-').unwrap_or(("", rest));
    let mut letters: Vec<char> = basic.chars().collect();
    let (mut code, mut at, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = extended.bytes().peekable();
    while digits.peek().is_some() {
        let before = at;
        let (mut weight, mut place) = (1_u32, BASE);
        loop {
            let digit = match digits.next()? {
                byte @ b'a'..=b'z' => u32::from(byte - b'a'),
                byte @ b'0'..=b'9' => u32::from(byte - b'0') + 26,
                _ => return None,
            };
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = place.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            place += BASE;
        }
        let length = u32::try_from(letters.len()).ok()? + 1;
        bias = adapted(at - before, length, before == 0);
        code = code.checked_add(at / length)?;
        at %= length;
        letters.insert(usize::try_from(at).ok()?, char::from_u32(code)?);
        at += 1;
    }
    let is_letter = |letter: &char| letter.is_alphanumeric() || *letter == '-' || is_combining_mark(*letter);
    let is_name = !letters.iter().all(char::is_ascii) && letters.iter().all(is_letter);
    is_name.then(|| letters.into_iter().nfc().collect())
}

/// How the thresholds follow the distance to the letter before.
fn adapted(distance: u32, letters: u32, is_first: bool) -> u32 {
    let mut distance = if is_first { distance / 700 } else { distance / 2 };
    distance += distance / letters;
    let mut bias = 0;
    while distance > 455 {
        distance /= 35;
        bias += 36;
    }
    bias + 36 * distance / (distance + 38)
}

/// The tenant of a host that rents mail to companies: `acme.onmicrosoft.com` of itself and of names below it.
pub(crate) fn tenant(host: &str) -> Option<&str> {
    TENANTS.iter().find_map(|owner| {
        let before = host.strip_suffix(owner)?.strip_suffix('.')?;
        let start = before.rfind('.').map_or(0, |dot| dot + 1);
        (start < before.len()).then(|| &host[start..])
    })
}

/// Whether a host rents mail to companies, and is nobody's itself.
pub(crate) fn rents_to_tenants(host: &str) -> bool {
    TENANTS.contains(&host) || host == "onmschina.cn"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_one_in_either_writing() {
        // By RFC 3492, section 6.2, and the registries' own lists of their names.
        for (written, expected) in [
            ("xn--mnchen-3ya.example", "münchen.example"),
            ("XN--Mnchen-3ya.example", "münchen.example"),
            ("mail.xn--bcher-kva.example", "mail.bücher.example"),
            ("mu\u{308}nchen.example", "münchen.example"),
            ("MÜNCHEN.example", "münchen.example"),
            ("xn--fiqs8s", "中国"),
            ("xn--e1afmkfd.xn--p1ai", "пример.рф"),
            ("acme.example", "acme.example"),
            ("acme.mail.onmicrosoft.com", "acme.onmicrosoft.com"),
        ] {
            assert_eq!(readable(written), expected, "{written}");
            assert_eq!(readable(expected), expected, "once is enough");
        }
        assert_eq!(readable_address("ada@xn--mnchen-3ya.example"), "ada@münchen.example");
        assert_eq!(readable_address("ada"), "ada");
    }

    #[test]
    fn what_is_no_name_or_looks_like_another_stays() {
        // `pple` with a Cyrillic first letter; digits that end too soon; a label that stands for plain letters.
        for written in ["xn--pple-43d.example", "xn--99999999.example", "xn--", "xn--abc-.example"] {
            assert_eq!(readable(written), written, "{written}");
        }
    }

    #[test]
    fn tenants() {
        assert_eq!(tenant("acme.onmicrosoft.com"), Some("acme.onmicrosoft.com"));
        assert_eq!(tenant("a.acme.onmicrosoft.com"), Some("acme.onmicrosoft.com"));
        assert_eq!(tenant("onmicrosoft.com"), None);
        assert_eq!(tenant("notonmicrosoft.com"), None);
        assert!(rents_to_tenants("onmicrosoft.com") && rents_to_tenants("onmschina.cn") && !rents_to_tenants("com"));
    }
}
