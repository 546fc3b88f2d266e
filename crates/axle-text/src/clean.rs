//! Text as people sent it (Markdown, HTML, chat marks, mail) made into text that can be analysed.
//!
//! First the marks of a text are read (`markup`), then its lines (`lines`). Both take time that grows with the length,
//! whatever the text is.

mod chat;
mod code;
mod entities;
mod html;
mod lines;
mod links;
mod mail;
mod markup;
mod tags;
mod trace;

use std::borrow::Cow;

/// How much may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// Everything that is not the author's own prose.
    Full,
    /// Quotes, code and traces only: for texts of which nothing else would stay.
    QuotesAndCode,
}

/// The author's own words in a text.
///
/// - Code blocks (fences, `<pre>`) become `` `code` ``; inline code stays, in backticks, on one line. URLs stay. What
///   comes later can put marks in their place.
/// - Quotes go: `>` lines, `<blockquote>`, `[quote]`, what follows `On … wrote:` or `-----Original Message-----`.
///   So do signatures, stack traces, log lines, table rows and rules.
/// - Tags go, entities are decoded. `[label](url)`, `<url|label>` and links in HTML become `label url`; mentions become
///   `@name`, or `@user` where only an id is known; emojis of a server become `:name:`.
/// - Control characters and characters without width go.
///
/// A text with words outside of quotes and code never becomes empty. At most 16 bytes longer than the text; borrowed
/// when only white space around it went.
pub fn clean(text: &str) -> Cow<'_, str> {
    let cleaned = clean_as(text, Strictness::Full);
    if has_words(&cleaned) {
        return cleaned;
    }
    let kept = clean_as(text, Strictness::QuotesAndCode);
    if has_words(&kept) { kept } else { cleaned }
}

/// The number of words: what white space separates and what has a letter or digit in it.
pub fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| has_words(word)).count()
}

fn clean_as(text: &str, strictness: Strictness) -> Cow<'_, str> {
    match markup::read(text, strictness) {
        Cow::Borrowed(text) => lines::keep(text, strictness),
        Cow::Owned(read) => Cow::Owned(lines::keep(&read, strictness).into_owned()),
    }
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}
