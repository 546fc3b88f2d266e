//! Markdown's links and pictures.

use super::entities;
use super::markup::Markup;

struct Link<'a> {
    label: &'a str,
    url: &'a str,
    /// Bytes from `[` to behind `)`.
    len: usize,
}

/// Reads `[label](url)` as `label url`, and a picture as its description; false when there is neither at `[`.
pub(super) fn read(markup: &mut Markup) -> bool {
    let text = markup.text;
    let rest = &text[markup.at..];
    if let Some(picture) = rest.strip_prefix("[!") {
        return read_badge(markup, picture);
    }
    let Some(link) = Link::read(rest) else { return false };
    if !markup.is_quoted() && markup.out.ends_with('!') {
        markup.out.pop();
        push_description(markup, link.label);
    } else {
        push_link(markup, &link);
    }
    markup.at += link.len;
    true
}

/// `[![description](picture)](url)`
fn read_badge(markup: &mut Markup, picture: &str) -> bool {
    let Some(link) = Link::read(picture) else { return false };
    let after = &picture[link.len..];
    let Some(outer) = end_of_url(after) else { return false };
    push_description(markup, link.label);
    markup.at += 2 + link.len + outer.1;
    true
}

impl<'a> Link<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix('[')?;
        let label_len = inner.bytes().position(|byte| matches!(byte, b'[' | b']' | b'\n'))?;
        let (url, after) = end_of_url(&inner[label_len..])?;
        Some(Self { label: &inner[..label_len], url, len: 1 + label_len + after })
    }
}

/// The URL in `](url "title")` and the bytes up to behind the bracket. A `[` ends the search, which keeps it linear.
fn end_of_url(text: &str) -> Option<(&str, usize)> {
    let inner = text.strip_prefix("](")?;
    let end = inner.bytes().position(|byte| matches!(byte, b')' | b'[' | b'\n'))?;
    if inner.as_bytes()[end] != b')' {
        return None;
    }
    let target = inner[..end].trim();
    let (url, title) = target.split_once(' ').map_or((target, ""), |(url, title)| (url, title.trim()));
    let is_title = title.is_empty() || title.starts_with(['"', '\'']);
    is_title.then_some((url.trim_matches(['<', '>']), 2 + end + 1))
}

fn push_link(markup: &mut Markup, link: &Link) {
    let label = entities::decode(link.label);
    let is_web = link.url.starts_with("http://") || link.url.starts_with("https://");
    if label != link.url {
        markup.push_visible(&label);
    }
    if is_web {
        let needs_space = label != link.url && !label.is_empty();
        markup.push(if needs_space { " " } else { "" });
        markup.push_visible(link.url);
    }
}

/// The description without the size that Discourse writes behind it; the usual `image` says nothing.
fn push_description(markup: &mut Markup, label: &str) {
    let description = label.split('|').next().unwrap_or_default().trim();
    if !description.eq_ignore_ascii_case("image") {
        markup.push_visible(&entities::decode(description));
    }
}
