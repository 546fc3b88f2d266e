//! Mentions, links and emojis as Slack, Discord and Zulip store them.

use super::entities;
use super::markup::Markup;

/// Slack's and Discord's forms in angle brackets; false when there is none at the place reached.
pub(super) fn read_angle(markup: &mut Markup) -> bool {
    let text = markup.text;
    let inner = &text[markup.at + 1..];
    if !inner.starts_with(['@', '#', '!', ':', 'a', 't', 'h', 'm']) {
        return false;
    }
    let Some(end) = inner.bytes().position(|byte| matches!(byte, b'<' | b'>' | b'\n')) else { return false };
    if inner.as_bytes()[end] != b'>' {
        return false;
    }
    let Some(plain) = plain_form(&inner[..end]) else { return false };
    let plain = entities::decode(&plain);
    markup.push_visible(&plain);
    markup.at += end + 2;
    true
}

/// The text for what stands between the brackets.
fn plain_form(inner: &str) -> Option<String> {
    let (target, label) = inner.split_once('|').map_or((inner, None), |(target, label)| (target, Some(label)));
    let label = label.filter(|label| !label.trim().is_empty());
    let is_id = |id: &str| id.len() >= 2 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let (first, rest) = (target.bytes().next()?, target.get(1..).unwrap_or_default());
    match first {
        b'@' => is_id(rest.trim_start_matches(['!', '&']))
            .then(|| format!("@{}", label.unwrap_or("user").trim_start_matches('@'))),
        b'#' => {
            (is_id(rest) && (rest.len() >= 5 || label.is_some())).then(|| format!("#{}", label.unwrap_or("channel")))
        }
        b'!' => special_mention(rest, label),
        b':' | b'a' => {
            let (name, id) = target.trim_start_matches('a').strip_prefix(':')?.split_once(':')?;
            (is_id(id) && is_name(name)).then(|| format!(":{name}:"))
        }
        b't' if target.starts_with("t:") => {
            target[2..].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b':').then(String::new)
        }
        b'h' | b'm' | b't' => link(target, label),
        _ => None,
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// `<!here>`, `<!subteam^S1|@team>`, `<!date^…|tomorrow>`.
fn special_mention(target: &str, label: Option<&str>) -> Option<String> {
    match target {
        "here" | "channel" | "everyone" => Some(format!("@{target}")),
        _ if target.starts_with("subteam^") => Some(format!("@{}", label.unwrap_or("team").trim_start_matches('@'))),
        _ if target.starts_with("date^") => label.map(str::to_owned),
        _ => None,
    }
}

fn link(target: &str, label: Option<&str>) -> Option<String> {
    let scheme = ["https://", "http://", "mailto:", "tel:"].into_iter().find(|scheme| target.starts_with(scheme))?;
    let address = &target[scheme.len()..];
    if address.is_empty() || target.contains(char::is_whitespace) {
        return None;
    }
    let is_web = scheme.starts_with("http");
    Some(match label {
        Some(label) if !is_web => label.to_owned(),
        None if !is_web => address.to_owned(),
        Some(label)
            if label.trim_end_matches('/') != target
                && label.trim_end_matches('/') != address.trim_end_matches('/') =>
        {
            format!("{label} {target}")
        }
        _ => target.to_owned(),
    })
}

/// Zulip's `@**Full Name**`, `@_**Full Name|12**`, `@*group*` and `#**stream>topic**`: the first word of a name is
/// enough, and a name of one word is what other marks are read by.
pub(super) fn read_zulip(markup: &mut Markup) -> bool {
    let text = markup.text;
    let rest = &text[markup.at..];
    let sign = &rest[..1];
    let after = &rest[1..];
    let marks = after.strip_prefix('_').unwrap_or(after);
    let stars = if marks.starts_with("**") { "**" } else { "*" };
    let Some(inner) = marks.strip_prefix(stars).filter(|_| sign == "@" || stars == "**") else { return false };
    let star = inner.bytes().take(150).position(|byte| matches!(byte, b'*' | b'\n' | b'@'));
    let Some(end) = star.filter(|&end| end > 0 && inner[end..].starts_with(stars)) else { return false };
    let name = inner[..end].split(['|', '>']).next().unwrap_or_default();
    let name = if sign == "@" { name.split_whitespace().next() } else { Some(name.trim()) };
    let Some(name) = name.filter(|name| !name.is_empty()) else { return false };
    markup.push(sign);
    markup.push_visible(name);
    markup.at += rest.len() - inner.len() + end + stars.len();
    true
}
