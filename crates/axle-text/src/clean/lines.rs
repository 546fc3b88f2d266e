//! Reads a text line by line and keeps what its author wrote: no quotes, traces, log lines, tables, rules, signatures.

use super::{Strictness, mail, trace};
use std::borrow::Cow;

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
enum Verdict<'a> {
    Keep(&'a str),
    Drop,
    /// This line and all behind it go.
    Cut,
}

struct State {
    strictness: Strictness,
    /// A word was kept.
    has_words: bool,
    /// The line before was kept and is blank, or nothing was kept yet.
    after_blank: bool,
    in_traceback: bool,
}

/// The kept lines, without white space around them.
pub(super) fn keep(text: &str, strictness: Strictness) -> Cow<'_, str> {
    let mut state = State { strictness, has_words: false, after_blank: true, in_traceback: false };
    // Written from the first line on that does not stay as it is.
    let mut changed: Option<String> = None;
    let mut at = 0;
    while at < text.len() {
        let (line, rest) = text[at..].split_once('\n').unwrap_or((&text[at..], ""));
        let next = (at + line.len() + 1).min(text.len());
        match state.verdict(line, rest) {
            Verdict::Cut => {
                changed.get_or_insert_with(|| text[..at].to_owned());
                break;
            }
            Verdict::Drop => {
                changed.get_or_insert_with(|| text[..at].to_owned());
            }
            Verdict::Keep(kept) => {
                if kept.len() != line.len() && changed.is_none() {
                    changed = Some(text[..at].to_owned());
                }
                if let Some(out) = &mut changed {
                    out.push_str(kept);
                    out.push('\n');
                }
                state.after_blank = kept.is_empty();
                state.has_words = state.has_words || super::has_words(kept);
            }
        }
        at = next;
    }
    match changed {
        None => Cow::Borrowed(text.trim()),
        Some(out) if out.trim() == text.trim() => Cow::Borrowed(text.trim()),
        Some(out) => Cow::Owned(out.trim().to_owned()),
    }
}

impl State {
    /// `rest` is what follows the line.
    fn verdict<'a>(&mut self, line: &'a str, rest: &str) -> Verdict<'a> {
        let trimmed = line.trim_end();
        let body = trimmed.trim_start();
        let Some(&first) = body.as_bytes().first() else {
            self.in_traceback = false;
            return if self.after_blank { Verdict::Drop } else { Verdict::Keep("") };
        };
        self.in_traceback &= line.starts_with([' ', '\t']);
        if trace::begins_traceback(body) {
            self.in_traceback = true;
        }
        if self.in_traceback || is_quote(body) || trace::is_frame(body) {
            return Verdict::Drop;
        }
        if mail::introduces_quote(body, rest) {
            return Verdict::Drop;
        }
        if self.strictness == Strictness::Full {
            if is_rule(body) || is_table_row(body) || trace::is_log(body) || mail::is_device_note(body) {
                return Verdict::Drop;
            }
            if mail::ends_text(line, rest) {
                return if self.has_words { Verdict::Cut } else { Verdict::Drop };
            }
        }
        if first == b'#' { heading(body) } else { Verdict::Keep(trimmed) }
    }
}

/// `> text`, but not `>= 3`.
fn is_quote(body: &str) -> bool {
    body.strip_prefix('>').is_some_and(|rest| !rest.starts_with('='))
}

/// A heading without its `#`.
fn heading(body: &str) -> Verdict<'_> {
    let mut title = body;
    loop {
        let inner = title.trim_start_matches('#');
        let marks = title.len() - inner.len();
        if marks == 0 || marks > 6 || !inner.starts_with([' ', '\t']) {
            return Verdict::Keep(title);
        }
        title = inner.trim_start();
    }
}

/// `---`, `* * *`, `====`, `| --- | --- |`, `+----+`.
fn is_rule(body: &str) -> bool {
    let mut marks = 0;
    for byte in body.bytes() {
        match byte {
            b'-' | b'*' | b'_' | b'=' | b'~' => marks += 1,
            b'|' | b'+' | b':' | b' ' | b'\t' => {}
            _ => return false,
        }
    }
    marks >= 3
}

fn is_table_row(body: &str) -> bool {
    body.len() > 1 && body.starts_with('|') && body.ends_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_borrowed() {
        for text in ["one line", "two\nlines", " a list:\n- x\n- y\n\nand more "] {
            assert!(matches!(keep(text, Strictness::Full), Cow::Borrowed(kept) if kept == text.trim()), "{text}");
        }
    }

    #[test]
    fn rules_and_tables_go() {
        let text = "# Title #1\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\nx >= 3\n>= 4\n* * *\na || b";
        assert_eq!(keep(text, Strictness::Full), "Title #1\n\nx >= 3\n>= 4\na || b");
    }
}
