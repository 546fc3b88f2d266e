//! HTML in a text, or a text that is HTML: what each tag does.

use super::markup::{CODE, Markup, visible};
use super::tags::{Kind, Tag};
use super::{Strictness, entities};
use std::borrow::Cow;

/// What is open while a text is read.
pub(super) struct State<'a> {
    quotes: usize,
    divs: usize,
    /// The depth of the `<div>` that holds the mail before, in Gmail's and Outlook's HTML, or a signature.
    quote_div: Option<usize>,
    link: Option<OpenLink<'a>>,
    /// Names of one letter whose end tag occurs: bits from `a`.
    letters: u32,
    /// Ends that do not occur in the rest of the text, so that nothing is searched twice.
    missing: Vec<&'static str>,
}

struct OpenLink<'a> {
    url: &'a str,
    /// Where its label begins in the output.
    label: usize,
}

impl<'a> State<'a> {
    pub fn new(text: &'a str) -> Self {
        let ends = text.match_indices("</").filter_map(|(at, _)| text.get(at + 2..at + 4));
        let letters = ends.filter(|end| end.ends_with('>')).filter_map(|end| letter_bit(&end[..1]));
        let letters = letters.fold(0, |bits, bit| bits | bit);
        Self { quotes: 0, divs: 0, quote_div: None, link: None, letters, missing: Vec::new() }
    }

    pub fn is_quoted(&self) -> bool {
        self.quotes > 0 || self.quote_div.is_some()
    }
}

/// Whether the text as a whole is HTML, in which backticks and brackets mean nothing.
pub(super) fn is_document(text: &str) -> bool {
    let start = text.trim_start();
    if !start.starts_with('<') {
        return false;
    }
    let is_start = Tag::read(start).is_some_and(|tag| {
        !tag.is_end && matches!(tag.kind, Kind::Block | Kind::Div | Kind::Quote | Kind::Pre) && tag.name != "details"
    });
    let has_end = ["</p>", "</div>", "</body>", "</ul>", "</ol>", "</blockquote>"].iter().any(|end| text.contains(end));
    (is_start && has_end && !text.contains("\n```")) || starts_with_any_case(start, "<!doctype html")
}

/// Reads a tag or a comment at the place reached; false when there is none.
pub(super) fn read(markup: &mut Markup) -> bool {
    let rest = &markup.text[markup.at..];
    if rest.starts_with("<!--") {
        return match end_of(markup, 4, "-->") {
            Some(end) => skip(markup, end),
            None => false,
        };
    }
    if starts_with_any_case(rest, "<!doctype") {
        return rest[1..].bytes().position(|byte| matches!(byte, b'>' | b'<')).is_some_and(|end| skip(markup, end + 2));
    }
    let Some(tag) = Tag::read(rest) else { return false };
    if is_type_parameter(markup, &tag) {
        return false;
    }
    if !tag.is_end && read_element(markup, &tag) {
        return true;
    }
    match tag.kind {
        Kind::Block | Kind::Pre => markup.end_line(),
        Kind::Cell => markup.push(" "),
        Kind::Quote => quote(markup, &tag),
        Kind::Div => div(markup, &tag),
        Kind::Link => link(markup, &tag),
        Kind::Image if tag.has_class("emoji") => {
            let name = tag.attribute("alt").map(entities::decode);
            markup.push_visible(name.as_deref().unwrap_or_default());
        }
        Kind::Image | Kind::Code | Kind::Hidden | Kind::Inline | Kind::Letter => {}
    }
    skip(markup, tag.len)
}

fn skip(markup: &mut Markup, len: usize) -> bool {
    markup.at += len;
    true
}

/// Elements that are read up to their end at once: code, what is no text, mentions.
fn read_element(markup: &mut Markup, tag: &Tag) -> bool {
    let text = markup.text;
    let rest = &text[markup.at..];
    match tag.kind {
        Kind::Hidden => {
            let end = ["</script", "</style", "</title", "</noscript", "</svg", "</math"]
                .into_iter()
                .find(|end| end[2..].eq_ignore_ascii_case(tag.name))
                .and_then(|end| end_of(markup, tag.len, end));
            end.is_some_and(|end| skip(markup, end))
        }
        Kind::Pre => {
            let end = end_of(markup, tag.len, "</pre");
            if end.is_none() && markup.strictness == Strictness::QuotesAndCode {
                return false;
            }
            markup.end_line();
            markup.push(CODE);
            skip(markup, end.unwrap_or(rest.len()));
            markup.at += text[markup.at..].starts_with('>') as usize;
            markup.end_line();
            true
        }
        Kind::Code => {
            let Some(end) = ["</code", "</tt", "</kbd", "</samp"]
                .into_iter()
                .find(|end| end[2..].eq_ignore_ascii_case(tag.name))
                .and_then(|end| end_of(markup, tag.len, end))
            else {
                return false;
            };
            let inner = &rest[tag.len..end - tag.name.len() - 2];
            let code = without_tags(inner);
            match code.trim() {
                "" => {}
                code if code.contains('\n') => markup.push(CODE),
                code => {
                    markup.push("`");
                    markup.push_visible(&code.replace('`', "'"));
                    markup.push("`");
                }
            }
            skip(markup, end);
            markup.at += text[markup.at..].starts_with('>') as usize;
            true
        }
        Kind::Inline if tag.has_class("user-mention") => {
            let inner = &rest[tag.len..];
            let Some(end) = inner.bytes().take(200).position(|byte| byte == b'<') else { return false };
            let name: String = entities::decode(&inner[..end]).chars().filter_map(visible).collect();
            let first = name.trim_start_matches('@').split_whitespace().next().unwrap_or_default();
            markup.push("@");
            markup.push_visible(first);
            skip(markup, tag.len + end)
        }
        _ => false,
    }
}

/// Bytes from the place reached to behind the next `end`, in any case of letters, after the first `from` bytes.
fn end_of(markup: &mut Markup, from: usize, end: &'static str) -> Option<usize> {
    if markup.html.missing.contains(&end) {
        return None;
    }
    let rest = &markup.text.as_bytes()[markup.at + from..];
    let found = rest.windows(end.len()).position(|window| window.eq_ignore_ascii_case(end.as_bytes()));
    if found.is_none() {
        markup.html.missing.push(end);
    }
    found.map(|at| from + at + end.len())
}

fn without_tags(text: &str) -> String {
    let mut stripped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        stripped.push_str(&rest[..at]);
        rest = &rest[at..];
        let len = Tag::read(rest).map_or(0, |tag| tag.len);
        if len == 0 {
            stripped.push('<');
        }
        rest = &rest[len.max(1)..];
    }
    stripped.push_str(rest);
    entities::decode(&stripped).chars().filter_map(super::markup::visible).collect()
}

fn quote(markup: &mut Markup, tag: &Tag) {
    if tag.is_end {
        markup.html.quotes = markup.html.quotes.saturating_sub(1);
        return;
    }
    if !markup.is_quoted() {
        markup.push_quote_line();
    }
    markup.html.quotes += 1;
}

fn div(markup: &mut Markup, tag: &Tag) {
    markup.end_line();
    if tag.is_end {
        if markup.html.quote_div == Some(markup.html.divs) {
            markup.html.quote_div = None;
        }
        markup.html.divs = markup.html.divs.saturating_sub(1);
        return;
    }
    markup.html.divs += 1;
    let is_other =
        ["gmail_quote", "gmail_signature", "moz-cite-prefix", "moz-signature"].iter().any(|c| tag.has_class(c))
            || matches!(tag.attribute("id"), Some("divRplyFwdMsg" | "appendonsend"));
    if is_other && markup.html.quote_div.is_none() {
        markup.html.quote_div = Some(markup.html.divs);
    }
}

/// Puts the URL behind the label, unless the label says it or nobody else would write it.
fn link<'a>(markup: &mut Markup<'a>, tag: &Tag<'a>) {
    let open = markup.html.link.take();
    if !tag.is_end {
        let is_name =
            tag.attribute("class").is_some_and(|class| class.contains("mention") || class.contains("hashtag"));
        let url = tag.attribute("href").filter(|url| url.starts_with("http") && !is_name);
        markup.html.link = url.map(|url| OpenLink { url, label: markup.out.len() });
        return;
    }
    let Some(OpenLink { url, label }) = open.filter(|_| !markup.is_quoted()) else { return };
    let url: Cow<str> = if url.contains('&') { entities::decode(url).into() } else { url.into() };
    // A quote that was opened within the link may have taken its place.
    let label = markup.out.get(label..).unwrap_or_default().trim();
    if label.contains("://") || label.starts_with("www.") || url.contains(char::is_whitespace) {
        return;
    }
    let is_empty = label.is_empty();
    markup.push(if is_empty { "" } else { " " });
    markup.push_visible(&url);
}

/// `Vec<b>`: a name of one letter without attributes, and no end tag anywhere.
fn is_type_parameter(markup: &Markup, tag: &Tag) -> bool {
    let is_letter = tag.kind == Kind::Letter || (tag.kind == Kind::Link && tag.attributes.is_empty());
    is_letter && letter_bit(tag.name).is_none_or(|bit| markup.html.letters & bit == 0)
}

fn letter_bit(letter: &str) -> Option<u32> {
    let byte = letter.bytes().next()?.to_ascii_lowercase();
    byte.is_ascii_lowercase().then(|| 1 << (byte - b'a'))
}

fn starts_with_any_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}
