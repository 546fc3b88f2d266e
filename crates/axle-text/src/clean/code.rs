//! Finds code in Markdown: fences, and runs of backticks within a paragraph.

use super::Strictness;
use std::collections::HashMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One or two backticks around it: stays.
    Inline,
    Block,
    /// A fence that says `quote`, as Zulip writes quotes.
    Quote,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
}

/// Backticks or tildes in a row.
#[derive(Debug, Clone, Copy)]
struct Run {
    mark: u8,
    start: usize,
    len: usize,
    paragraph: usize,
    line: usize,
    /// Only white space, quote marks and list marks stand before it on its line.
    may_open: bool,
    /// Only white space and quote marks stand before it.
    may_close: bool,
}

impl Run {
    fn end(&self) -> usize {
        self.start + self.len
    }
}

/// The code spans of a text, in order, none within another.
pub(super) fn spans(text: &str, strictness: Strictness) -> Vec<Span> {
    let runs = runs(text);
    let next_alike = next_alike(&runs);
    let mut spans = Vec::new();
    // Once no fence of a length was closed, no later one of at least that length is: nothing is searched twice.
    let mut unclosed = [usize::MAX; 2];
    let mut at = 0;
    while at < runs.len() {
        let run = runs[at];
        let fence_len = run.len.min(8);
        let searched = &mut unclosed[usize::from(run.mark == b'~')];
        if is_fence(&runs, at) && fence_len < *searched {
            if let Some(close) = closing(text, &runs, at, fence_len) {
                spans.push(Span { start: run.start, end: runs[close].end(), kind: block_kind(text, run) });
                at = close + 1;
                continue;
            }
            *searched = fence_len;
            if run.mark == b'`' && strictness == Strictness::Full && text[run.end()..].contains('\n') {
                spans.push(Span { start: run.start, end: text.len(), kind: block_kind(text, run) });
                break;
            }
        }
        at = match next_alike[at] {
            Some(close) if run.mark == b'`' && (run.len >= 3 || run.paragraph == runs[close].paragraph) => {
                let kind = if run.len >= 3 { Kind::Block } else { Kind::Inline };
                spans.push(Span { start: run.start, end: runs[close].end(), kind });
                close + 1
            }
            _ => at + 1,
        };
    }
    spans
}

fn runs(text: &str) -> Vec<Run> {
    let bytes = text.as_bytes();
    let mut runs = Vec::new();
    let (mut at, mut line, mut paragraph) = (0, 0, 0);
    let (mut may_open, mut may_close, mut is_blank) = (true, true, true);
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'\n' {
            line += 1;
            paragraph += usize::from(is_blank);
            (may_open, may_close, is_blank) = (true, true, true);
            at += 1;
            continue;
        }
        if matches!(byte, b'`' | b'~') {
            let len = bytes[at..].iter().take_while(|&&other| other == byte).count();
            if byte == b'`' || (len >= 3 && may_open) {
                runs.push(Run { mark: byte, start: at, len, paragraph, line, may_open, may_close });
            }
            at += len;
            (may_open, may_close, is_blank) = (false, false, false);
            continue;
        }
        let is_space = matches!(byte, b' ' | b'\t' | b'\r');
        is_blank &= is_space;
        may_close &= is_space || byte == b'>';
        may_open &= is_space || matches!(byte, b'>' | b'-' | b'*' | b'+' | b'.' | b')' | b'0'..=b'9');
        at += 1;
    }
    runs
}

/// For each run of backticks the next one of the same length.
fn next_alike(runs: &[Run]) -> Vec<Option<usize>> {
    let mut next = vec![None; runs.len()];
    let mut latest = HashMap::new();
    for (at, run) in runs.iter().enumerate().rev().filter(|(_, run)| run.mark == b'`') {
        next[at] = latest.insert(run.len, at);
    }
    next
}

fn is_fence(runs: &[Run], at: usize) -> bool {
    let run = runs[at];
    let is_alone = runs.get(at + 1).is_none_or(|next| next.line != run.line);
    run.len >= 3 && run.may_open && is_alone
}

/// The run that ends a fence: at least as long, and first on its line, or last, as Slack allows.
fn closing(text: &str, runs: &[Run], open: usize, len: usize) -> Option<usize> {
    let rest = runs.iter().enumerate().skip(open + 1);
    let mut candidates = rest.filter(|(_, run)| run.mark == runs[open].mark && run.len >= len);
    candidates.find(|(_, run)| run.may_close || ends_line(text, run.end())).map(|(at, _)| at)
}

fn ends_line(text: &str, at: usize) -> bool {
    let after = text.as_bytes()[at..].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
    matches!(after, None | Some(b'\n'))
}

fn block_kind(text: &str, run: Run) -> Kind {
    let info = text[run.end()..].trim_start_matches([' ', '\t']);
    let is_quote = info.strip_prefix("quote").is_some_and(|rest| rest.starts_with(['\n', '\r', ' ']));
    if is_quote { Kind::Quote } else { Kind::Block }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, Kind)> {
        spans(text, Strictness::Full).iter().map(|span| (&text[span.start..span.end], span.kind)).collect()
    }

    #[test]
    fn fences_end_on_their_own_line_or_at_the_end_of_one() {
        assert_eq!(found("a\n```rust\nlet x;\n```\nb"), [("```rust\nlet x;\n```", Kind::Block)]);
        assert_eq!(found("```\nx\ny```\nb"), [("```\nx\ny```", Kind::Block)]);
        assert_eq!(found("~~~\nx\n~~~~\nb"), [("~~~\nx\n~~~~", Kind::Block)]);
        assert_eq!(found("```quote\nx\n```"), [("```quote\nx\n```", Kind::Quote)]);
    }

    #[test]
    fn an_open_fence_runs_to_the_end() {
        assert_eq!(found("a\n```\nx\n\ny"), [("```\nx\n\ny", Kind::Block)]);
        assert_eq!(found("a\n~~~\nx"), []);
    }

    #[test]
    fn inline_code_stays_within_its_paragraph() {
        assert_eq!(found("a `b` ``c`d`` e"), [("`b`", Kind::Inline), ("``c`d``", Kind::Inline)]);
        assert_eq!(found("it`s\n\nit`s"), []);
        assert_eq!(found("see ```x\ny``` now"), [("```x\ny```", Kind::Block)]);
    }
}
