//! Cutting an mbox file into messages, and a message's headers.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::input::unreadable;
use crate::read::LONGEST_RECORD;
use crate::{Member, SourceError};

/// One message as it stands in the file, its `From ` line included.
pub(super) struct Cut {
    /// Counted from 1.
    pub(super) position: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) broken: Option<String>,
}

/// Whether a `From ` line begins a message: headers must follow, since bodies hold such lines, too. Pipermail writes
/// the `From:` header first; elsewhere the line holds a time and stands after a blank one.
fn begins(line: &[u8], next: &[u8], after_blank: bool) -> bool {
    let has_time = || {
        let is_time = |part: &[u8]| part.contains(&b':') && part.iter().all(|b| b.is_ascii_digit() || *b == b':');
        line.split(u8::is_ascii_whitespace).any(is_time)
    };
    let is_header = || {
        let name = next.iter().position(|byte| *byte == b':').map_or(&[][..], |colon| &next[..colon]);
        !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic())
    };
    next.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"from:")) || (after_blank && has_time() && is_header())
}

/// Whether a file's beginning holds the beginning of a message.
pub(super) fn holds_a_message(head: &[u8]) -> bool {
    let lines: Vec<&[u8]> = head.split(|byte| *byte == b'\n').collect();
    (1..lines.len()).any(|next| {
        let line = lines[next - 1].strip_prefix(b"\xef\xbb\xbf").unwrap_or(lines[next - 1]);
        let after_blank = next < 2 || lines[next - 2].trim_ascii().is_empty();
        line.starts_with(b"From ") && begins(line, lines[next], after_blank)
    })
}

/// Hands each message to `on_message`. Text that belongs to none comes as a broken one. A file that does not seem to
/// hold messages is passed over unless it is the whole input.
pub(super) fn cut(
    member: Member<'_>,
    alone: bool,
    on_message: &mut dyn FnMut(Cut) -> Result<(), SourceError>,
) -> Result<(), SourceError> {
    let read = |cause| unreadable(member.path, cause);
    if !alone && !holds_a_message(member.bytes.fill_buf().map_err(read)?) {
        return Ok(());
    }
    let mut cutter = Cutter { position: 0, bytes: Vec::new(), started: false, is_too_long: false, on_message };
    let mut held: Option<(Vec<u8>, bool)> = None;
    let mut after_blank = true;
    loop {
        let mut line = Vec::new();
        let count = (&mut *member.bytes).take(LONGEST_RECORD as u64).read_until(b'\n', &mut line).map_err(read)?;
        if let Some((from, after_blank)) = held.take() {
            if begins(&from, &line, after_blank) {
                cutter.flush()?;
                cutter.started = true;
            }
            cutter.add(&from);
        }
        if count == 0 {
            return cutter.flush();
        }
        if line.starts_with(b"From ") || (cutter.bytes.is_empty() && line.starts_with(b"\xef\xbb\xbfFrom ")) {
            held = Some((line, after_blank));
            after_blank = false;
        } else {
            after_blank = line.trim_ascii().is_empty();
            cutter.add(&line);
        }
    }
}

struct Cutter<'f> {
    position: u64,
    bytes: Vec<u8>,
    started: bool,
    is_too_long: bool,
    on_message: &'f mut dyn FnMut(Cut) -> Result<(), SourceError>,
}

impl Cutter<'_> {
    fn add(&mut self, line: &[u8]) {
        if self.bytes.len() + line.len() > LONGEST_RECORD {
            self.is_too_long = true;
        } else {
            self.bytes.extend_from_slice(line);
        }
    }

    fn flush(&mut self) -> Result<(), SourceError> {
        let bytes = std::mem::take(&mut self.bytes);
        let reason = match (std::mem::take(&mut self.is_too_long), self.started) {
            (true, _) => Some("a message longer than 64 MiB"),
            (false, true) => None,
            (false, false) if bytes.trim_ascii().is_empty() => return Ok(()),
            (false, false) => Some("text before the first `From ` line that begins a message"),
        };
        self.position += 1;
        (self.on_message)(Cut { position: self.position, bytes, broken: reason.map(str::to_owned) })
    }
}

/// The message without its `From ` line and the blank line after it, with `>From ` unescaped. Old messages that name
/// no encoding and are not UTF-8 are read as Windows-1252, so that no letter is lost.
pub(super) fn plain<'m>(message: &'m [u8], headers: &Headers) -> Cow<'m, [u8]> {
    let mut message = after_from_line(message);
    for (end, surplus) in [(&b"\r\n\r\n"[..], 2), (&b"\n\n"[..], 1)] {
        if message.ends_with(end) {
            message = &message[..message.len() - surplus];
            break;
        }
    }
    let is_escaped = |line: &[u8]| {
        let arrows = line.iter().take_while(|byte| **byte == b'>').count();
        arrows > 0 && line[arrows..].starts_with(b"From ")
    };
    let mut plain = Cow::Borrowed(message);
    if message.windows(6).any(|window| window == b">From ") {
        let lines = message.split_inclusive(|byte| *byte == b'\n');
        plain = lines.flat_map(|line| if is_escaped(line) { &line[1..] } else { line }).copied().collect();
    }
    if headers.get("content-type").is_none() && std::str::from_utf8(&plain).is_err() {
        plain = text(&plain).into_owned().into_bytes().into();
    }
    plain
}

fn after_from_line(message: &[u8]) -> &[u8] {
    let is_from_line = message.strip_prefix(b"\xef\xbb\xbf").unwrap_or(message).starts_with(b"From ");
    match message.iter().position(|byte| *byte == b'\n') {
        Some(end) if is_from_line => &message[end + 1..],
        _ => message,
    }
}

/// The time in the `From ` line, which is when the list received the message: `Mon Jan  2 19:20:11 2023`, the zone
/// passed over. `None` when there is none.
pub(super) fn arrived_at(message: &[u8]) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let line = String::from_utf8_lossy(message.split(|byte| *byte == b'\n').next()?).into_owned();
    let parts: Vec<&str> = line.split_whitespace().collect();
    let at = parts.iter().rposition(|part| MONTHS.contains(part))?;
    let month = MONTHS.iter().position(|month| *month == parts[at])? + 1;
    let day = parts.get(at + 1)?.parse().ok()?;
    let rest = &parts[at + 2..];
    let time: Time = rest.iter().find(|part| part.contains(':'))?.parse().ok()?;
    let year = rest.iter().find(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    let date = Date::new(year, i8::try_from(month).ok()?, day).ok()?;
    date.to_datetime(time).to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

/// The headers of a message: names in lower case, values unfolded and otherwise as sent.
pub(super) struct Headers(Vec<(String, String)>);

/// More headers than any message has.
const MOST_HEADERS: usize = 1000;
/// The nearest of a reply's references: more are not needed to find its thread.
const MOST_REFERENCES: usize = 32;

impl Headers {
    pub(super) fn of(message: &[u8]) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in after_from_line(message).split(|byte| *byte == b'\n') {
            let line = text(line.trim_ascii_end());
            if line.is_empty() || headers.len() > MOST_HEADERS {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((name.trim_end().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self(headers)
    }

    /// The first header of that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The Message-ID without its brackets.
    pub(super) fn message_id(&self) -> Option<String> {
        ids(self.get("message-id")?).into_iter().next()
    }

    /// A stand-in for a missing Message-ID: the same for every copy of the message.
    pub(super) fn fingerprint(&self, message: &[u8]) -> String {
        let mut hash = Sha256::new();
        for name in ["from", "date", "subject"] {
            hash.update(self.get(name).unwrap_or_default());
            hash.update([0]);
        }
        let message = after_from_line(message);
        let body = message.windows(2).position(|pair| pair == b"\n\n").map_or(&[][..], |at| &message[at + 2..]);
        hash.update(&body[..body.len().min(1024)]);
        hash.finalize()[..16].iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    }

    /// The messages that it may answer, the likeliest first: those of In-Reply-To, then the References from the last
    /// to the first.
    pub(super) fn answered(&self) -> Vec<String> {
        let own = self.message_id();
        let mut answered = self.get("in-reply-to").map(ids).unwrap_or_default();
        answered.extend(self.get("references").map(ids).unwrap_or_default().into_iter().rev());
        answered.retain(|id| Some(id) != own.as_ref());
        answered.truncate(MOST_REFERENCES);
        answered
    }
}

/// Bytes as text; those that are not UTF-8 as Windows-1252, which gives every byte a letter.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| encoding_rs::WINDOWS_1252.decode(bytes).0, Cow::Borrowed)
}

/// The message ids in a header: what stands in angle brackets, or else words that look like ids.
fn ids(value: &str) -> Vec<String> {
    let in_brackets: Vec<String> = value
        .split('<')
        .skip(1)
        .filter_map(|part| part.split_once('>'))
        .map(|(id, _)| id.split_whitespace().collect::<String>())
        .filter(|id| !id.is_empty())
        .collect();
    if !in_brackets.is_empty() {
        return in_brackets;
    }
    value
        .split_whitespace()
        .map(|word| word.trim_matches(['<', '>']))
        .filter(|word| word.contains('@'))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_may_hold_from_lines() {
        let file = b"From ada at x.io  Mon Jan  2 19:20:11 2023\nFrom: ada at x.io (Ada)\n\nHi\n\nFrom the docs:\n\nFrom here\nNote: this\n\n\
            From bob@x.io Mon Jan  2 20:20:11 2023\nReturn-Path: <bob@x.io>\n\nYes\n";
        let mut cuts = Vec::new();
        let mut bytes = &file[..];
        cut(Member { path: "x.mbox", bytes: &mut bytes }, true, &mut |cut| {
            cuts.push((cut.position, cut.broken, cut.bytes.len()));
            Ok(())
        })
        .unwrap();
        assert_eq!(
            cuts.iter().map(|(position, broken, _)| (*position, broken.clone())).collect::<Vec<_>>(),
            [(1, None), (2, None)]
        );
        assert_eq!(cuts.iter().map(|(.., length)| length).sum::<usize>(), file.len());
    }

    #[test]
    fn arrival_times_are_read() {
        let at = |line: &str| arrived_at(line.as_bytes()).map(|at| at.to_string());
        assert_eq!(at("From ada@x.io  Mon Jan  2 19:20:11 2023\nrest").as_deref(), Some("2023-01-02T19:20:11Z"));
        assert_eq!(at("From 12@xxx Mon Jan 02 19:20:11 +0000 2023").as_deref(), Some("2023-01-02T19:20:11Z"));
        assert_eq!(at("From nowhere"), None);
    }

    #[test]
    fn ids_are_found_with_and_without_brackets() {
        assert_eq!(ids("<a@x> <b@y>"), ["a@x", "b@y"]);
        assert_eq!(ids("Your message of Monday <a@x>"), ["a@x"]);
        assert_eq!(ids("a@x"), ["a@x"]);
        assert_eq!(ids("none"), Vec::<String>::new());
    }
}
