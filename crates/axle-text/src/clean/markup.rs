//! Reads the marks within a text in one pass: code, tags, entities, links, mentions, invisible characters.

use super::code::{self, Span};
use super::{Strictness, chat, entities, html, links};
use std::borrow::Cow;

/// What stands in the place of code.
pub(super) const CODE: &str = "`code`";

pub(super) struct Markup<'a> {
    pub text: &'a str,
    /// How far the text is read, in bytes.
    pub at: usize,
    pub out: String,
    pub html: html::State<'a>,
    pub strictness: Strictness,
    spans: std::vec::IntoIter<Span>,
    next_span: Option<Span>,
    /// `[quote]` tags that are open, and where the last `[/quote]` stands.
    open_quotes: usize,
    last_quote_end: usize,
}

/// The text without its marks; quotes within tags become a line `>`, which goes with the other quote lines.
pub(super) fn read(text: &str, strictness: Strictness) -> Cow<'_, str> {
    let Some(first) = text.bytes().position(is_special) else { return Cow::Borrowed(text) };
    let is_html = html::is_document(text);
    let spans = if is_html { Vec::new() } else { code::spans(text, strictness) };
    let mut markup = Markup::new(text, spans, strictness);
    markup.push(&text[..first]);
    markup.at = first;
    markup.run(is_html);
    if markup.out == text { Cow::Borrowed(text) } else { Cow::Owned(markup.out) }
}

impl<'a> Markup<'a> {
    fn new(text: &'a str, spans: Vec<Span>, strictness: Strictness) -> Self {
        let mut spans = spans.into_iter();
        let next_span = spans.next();
        Self {
            text,
            at: 0,
            out: String::with_capacity(text.len() + CODE.len()),
            html: html::State::new(text),
            strictness,
            spans,
            next_span,
            open_quotes: 0,
            last_quote_end: text.rfind("[/quote]").unwrap_or(0),
        }
    }

    fn run(&mut self, is_html: bool) {
        let text = self.text;
        while self.at < text.len() {
            let rest = &text[self.at..];
            let plain = rest.bytes().position(is_special).unwrap_or(rest.len());
            if plain > 0 {
                self.push(&rest[..plain]);
                self.at += plain;
                continue;
            }
            let read = match rest.as_bytes()[0] {
                b'`' | b'~' => self.code(),
                b'<' => html::read(self) || chat::read_angle(self),
                b'&' => self.entity(rest),
                b'@' | b'#' => chat::read_zulip(self),
                b'[' => self.bracket(rest, is_html),
                _ => self.odd(rest),
            };
            if !read {
                let len = rest.chars().next().map_or(1, char::len_utf8);
                self.push(&rest[..len]);
                self.at += len;
            }
        }
    }

    /// Within a quote nothing is written.
    pub fn is_quoted(&self) -> bool {
        self.open_quotes > 0 || self.html.is_quoted()
    }

    pub fn push(&mut self, text: &str) {
        if !self.is_quoted() {
            self.out.push_str(text);
        }
    }

    /// As [`Markup::push`], without what cannot be seen: for what stood between marks.
    pub fn push_visible(&mut self, text: &str) {
        if !self.is_quoted() {
            self.out.extend(text.chars().filter_map(visible));
        }
    }

    /// Ends the line, unless it is at its beginning.
    pub fn end_line(&mut self) {
        if !self.is_quoted() && !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Leaves a line that will be taken for a quote.
    pub fn push_quote_line(&mut self) {
        self.end_line();
        self.push(">\n");
    }

    fn code(&mut self) -> bool {
        while self.next_span.is_some_and(|span| span.start < self.at) {
            self.next_span = self.spans.next();
        }
        let Some(span) = self.next_span.filter(|span| span.start == self.at) else { return false };
        match span.kind {
            code::Kind::Block => self.push(CODE),
            code::Kind::Quote => self.push_quote_line(),
            code::Kind::Inline => {
                let inline: String = self.text[span.start..span.end]
                    .chars()
                    .map(|c| if c == '\n' { ' ' } else { c })
                    .flat_map(visible)
                    .collect();
                self.push(&inline);
            }
        }
        self.at = span.end;
        true
    }

    fn entity(&mut self, rest: &str) -> bool {
        let mut decoded = String::new();
        let Some(len) = entities::read(rest, &mut decoded) else { return false };
        self.push(&decoded);
        self.at += len;
        true
    }

    /// A link, or one of the quotes that Discourse writes as `[quote="name"]`.
    fn bracket(&mut self, rest: &str, is_html: bool) -> bool {
        if rest.starts_with("[/quote]") && self.open_quotes > 0 {
            self.open_quotes -= 1;
            self.at += "[/quote]".len();
            return true;
        }
        if rest.starts_with("[quote") && self.at < self.last_quote_end {
            let tag = rest[1..].bytes().position(|byte| matches!(byte, b']' | b'[' | b'\n')).map(|at| at + 1);
            if let Some(end) = tag.filter(|&end| rest.as_bytes()[end] == b']') {
                self.push_quote_line();
                self.open_quotes += 1;
                self.at += end + 1;
                return true;
            }
        }
        !is_html && links::read(self)
    }

    /// A carriage return, a control character or a character that may be invisible.
    fn odd(&mut self, rest: &str) -> bool {
        let Some(c) = rest.chars().next() else { return false };
        if c == '\r' && rest[1..].starts_with('\n') {
            self.at += 1;
            return true;
        }
        if !self.is_quoted() {
            self.out.extend(visible(c));
        }
        self.at += c.len_utf8();
        true
    }
}

/// The character itself, its plain form, or nothing when it cannot be seen.
pub(super) fn visible(c: char) -> Option<char> {
    match c {
        '\r' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{a0}' => Some(' '),
        '\n' | '\t' => Some(c),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// Bytes that begin a mark or a character that `visible` changes.
fn is_special(byte: u8) -> bool {
    matches!(
        byte,
        b'`' | b'~' | b'<' | b'&' | b'@' | b'#' | b'[' | 0x7f | 0xc2 | 0xcd | 0xd8 | 0xe1..=0xe3 | 0xef | 0xf3
    ) || (byte < b' ' && byte != b'\n' && byte != b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character that is changed begins with a byte at which the reader stops.
    #[test]
    fn every_changed_character_is_met() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|&c| visible(c) != Some(c)) {
            assert!(is_special(c.to_string().as_bytes()[0]), "{:x}", u32::from(c));
        }
    }
}
