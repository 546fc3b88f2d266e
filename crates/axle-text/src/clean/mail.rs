//! Where a mail stops being its author's: the mail before, signatures, notes of devices and lists.

/// How mail programs begin a quote: first word and last words of the line.
const INTRODUCTIONS: [(&str, &str); 9] = [
    ("On ", "wrote:"),
    ("Am ", "schrieb"),
    ("Le ", "écrit"),
    ("El ", "escribió:"),
    ("Il ", "scritto:"),
    ("Em ", "escreveu:"),
    ("Op ", "schreef"),
    ("Den ", "skrev"),
    ("W dniu ", "pisze:"),
];

const SEPARATORS: [&str; 9] = [
    "original message",
    "forwarded message",
    "original-nachricht",
    "ursprüngliche nachricht",
    "weitergeleitete nachricht",
    "message d'origine",
    "message original",
    "mensaje original",
    "messaggio originale",
];

/// A line such as `Bob wrote:` right before quoted lines.
pub(super) fn introduces_quote(body: &str, rest: &str) -> bool {
    if !body.ends_with(':') || body.len() > 300 {
        return is_wrapped_introduction(body, rest) && next_line(rest, 1).is_some_and(|line| line.starts_with('>'));
    }
    let says = ["wrote:", "said:", "schrieb:", "écrit :", "écrit:", "escribió:", "scritto:", "escreveu:"];
    let is_said = says.iter().any(|end| body.ends_with(end)) || body.contains(" said ") || is_introduction(body);
    is_said && next_line(rest, 0).is_some_and(|line| line.starts_with('>'))
}

/// Whether everything from this line on is a signature or the mail before.
pub(super) fn ends_text(line: &str, rest: &str) -> bool {
    let body = line.trim();
    match body.as_bytes()[0] {
        b'-' | b'_' => is_separator(body) || is_signature(line, body, rest) || is_list_footer(body, rest),
        b'F' | b'V' | b'D' | b'*' => is_outlook_header(body, rest),
        _ => is_introduction(body) || is_wrapped_introduction(body, rest),
    }
}

/// `Sent from my phone`.
pub(super) fn is_device_note(body: &str) -> bool {
    body.len() < 80
        && ["Sent from my ", "Sent from Mail", "Get Outlook for ", "Von meinem iPhone", "Envoyé de mon "]
            .iter()
            .any(|start| body.starts_with(start))
}

/// `On Mon, 3 Jun 2024 at 10:00, Bob wrote:`, with a number in it, so that `On that day I wrote:` stays.
fn is_introduction(body: &str) -> bool {
    let Some((_, end)) = INTRODUCTIONS.iter().find(|(start, _)| body.starts_with(start)) else { return false };
    body.len() <= 300
        && body.ends_with(':')
        && body.get(floor(body, body.len().saturating_sub(80))..).is_some_and(|tail| tail.contains(end))
        && body.bytes().any(|byte| byte.is_ascii_digit())
}

/// The same over two lines.
fn is_wrapped_introduction(body: &str, rest: &str) -> bool {
    if body.len() > 200 || !INTRODUCTIONS.iter().any(|(start, _)| body.starts_with(start)) {
        return false;
    }
    let second = rest.split('\n').next().unwrap_or_default().trim();
    second.len() <= 200 && second.ends_with(':') && is_introduction(&format!("{body} {second}"))
}

/// A line that is not blank, after `skipped` others.
fn next_line(rest: &str, skipped: usize) -> Option<&str> {
    rest.split('\n').map(str::trim_start).filter(|line| !line.is_empty()).nth(skipped)
}

fn is_separator(body: &str) -> bool {
    let inner = body.trim_matches(['-', '_', ' ']);
    let is_framed = body.starts_with("--") && body.ends_with("--");
    is_framed && inner.len() < 40 && SEPARATORS.contains(&inner.to_lowercase().as_str())
}

/// `-- ` alone; without its space only near the end, since two dashes may be a rule.
fn is_signature(line: &str, body: &str, rest: &str) -> bool {
    body == "--" && (line.trim_end_matches('\r') == "-- " || rest.split('\n').take(10).count() < 10)
}

fn is_list_footer(body: &str, rest: &str) -> bool {
    let next = rest.split('\n').next().unwrap_or_default();
    body.len() >= 30 && body.bytes().all(|byte| byte == b'_') && next.len() < 200 && next.contains("mailing list")
}

/// Outlook's `From: … Sent: … To: … Subject:` in up to five lines.
fn is_outlook_header(body: &str, rest: &str) -> bool {
    const FIRST: [&str; 6] = ["From:", "Von:", "De:", "*From:*", "Da:", "Van:"];
    const THEN: [&str; 10] =
        ["Sent:", "Date:", "To:", "Subject:", "Gesendet:", "An:", "Betreff:", "Envoyé", "À", "Objet"];
    if !FIRST.iter().any(|start| body.starts_with(start)) {
        return false;
    }
    let next = rest.split('\n').map(|line| line.trim_start().trim_start_matches('*')).filter(|line| !line.is_empty());
    next.take(4).filter(|line| THEN.iter().any(|start| line.starts_with(start))).count() >= 2
}

/// The boundary of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
