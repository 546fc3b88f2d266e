//! Lines that a machine wrote: stack traces and logs. The line that names the error is not among them: it tells which
//! problem somebody has.

/// Python's first line; the indented lines behind it belong to it.
pub(super) fn begins_traceback(body: &str) -> bool {
    body.starts_with("Traceback (most recent call last)")
}

/// A line of a stack trace of Python, Java, C#, JavaScript, Rust, Go, Ruby, PHP or a debugger.
pub(super) fn is_frame(body: &str) -> bool {
    match body.as_bytes()[0] {
        b'a' => body.strip_prefix("at ").is_some_and(is_place),
        b'F' => body.starts_with("File \"") && body.contains("\", line "),
        b'D' => body.starts_with("During handling of the above exception, another"),
        b'T' => body.starts_with("The above exception was the direct cause of"),
        b'.' => body.starts_with("... ") && body.ends_with(" more"),
        b's' if body == "stack backtrace:" => true,
        b'n' if body.starts_with("note: run with `RUST_BACKTRACE") => true,
        b'g' if body.starts_with("goroutine ") => body.ends_with("]:"),
        b'#' => is_numbered_frame(body),
        b'0'..=b'9' => is_rust_frame(body),
        b'/' => body.contains(".go:") || is_ruby_place(body),
        _ => is_go_call(body) || is_ruby_place(body),
    }
}

/// What stands behind `at`: `a.b.C.d(D.java:1)`, `f (x.js:1:2)`, `/src/main.rs:1:2`, `A.B(String s) in C:\x.cs:line 3`.
fn is_place(place: &str) -> bool {
    let place = place.strip_prefix("async ").or_else(|| place.strip_prefix("new ")).unwrap_or(place);
    if ends_with_position(place.trim_end_matches(')')) {
        return true;
    }
    let Some((call, arguments)) = place.split_once('(') else { return false };
    let call = call.trim_end();
    let is_call = call.contains('.') && !call.contains(char::is_whitespace) && !call.ends_with('.');
    is_call && (arguments.ends_with(')') || arguments.contains(":line "))
}

/// `:12:3` at the end.
fn ends_with_position(text: &str) -> bool {
    let mut parts = text.rsplitn(3, ':');
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.len() < 8 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    is_number(parts.next())
        && is_number(parts.next())
        && parts.next().is_some_and(|place| place.contains(['/', '.', '\\']))
}

/// `#0 /src/a.php(12): f()` and `#1  0x00 in f () from /lib`.
fn is_numbered_frame(body: &str) -> bool {
    let rest = body[1..].trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = rest.len() + 1 < body.len() && rest.starts_with(' ');
    is_numbered && (rest.trim_start().starts_with("0x") || rest.contains("): ") || rest.ends_with("{main}"))
}

/// `4: core::panicking::panic` or `4: 0x55 - core::panicking::panic`.
fn is_rust_frame(body: &str) -> bool {
    let rest = body.trim_start_matches(|c: char| c.is_ascii_digit());
    let Some(rest) = rest.strip_prefix(": ").map(str::trim_start) else { return false };
    let name = rest.split(' ').next().unwrap_or_default();
    rest.starts_with("0x") || (name.contains("::") && !name.ends_with("::"))
}

/// `main.run(0xc000, 0x1)` and `main.main()` with its place on the next line are Go's; only the first is sure.
fn is_go_call(body: &str) -> bool {
    if !body.ends_with(')') || !body.as_bytes()[0].is_ascii_alphabetic() {
        return false;
    }
    body.split_once('(').is_some_and(|(name, arguments)| {
        name.contains('.')
            && !name.contains(' ')
            && (arguments.starts_with("0x") || arguments.starts_with("{0x") || arguments == "...)")
    })
}

/// ``from app.rb:3:in `run'``
fn is_ruby_place(body: &str) -> bool {
    body.split_once(".rb:")
        .is_some_and(|(file, rest)| rest.contains(":in ") && !file.trim_start_matches("from ").contains(' '))
}

/// A line of a log: it begins with a time and names a level, or is long.
pub(super) fn is_log(body: &str) -> bool {
    let bytes = body.as_bytes();
    match bytes[0] {
        b'[' | b'0'..=b'9' => {
            let start = body.trim_start_matches('[');
            let has_date = matches(start, "dddd-dd-dd?dd:dd") || matches(start, "dddd/dd/dd?dd:dd");
            (has_date && (has_level(body) || body.len() >= 120)) || (matches(start, "dd:dd:dd") && has_level(body))
        }
        b'I' | b'W' | b'E' => matches(&body[1..], "dddd dd:dd:dd."),
        b'J' | b'F' | b'M' | b'A' | b'S' | b'O' | b'N' | b'D' => {
            matches(body.get(3..).unwrap_or_default(), " dd dd:dd:dd ") && body.contains("]:")
        }
        b'{' => body.starts_with("{\"") && body.contains("\"level\"") && body.contains("\"msg\""),
        b't' => body.starts_with("time=") && body.contains(" level="),
        _ => false,
    }
}

/// Whether the text begins with the pattern: `d` is a digit, `?` any byte.
fn matches(text: &str, pattern: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= pattern.len()
        && pattern.bytes().zip(bytes).all(|(expected, &byte)| match expected {
            b'd' => byte.is_ascii_digit(),
            b'?' => true,
            _ => byte == expected,
        })
}

fn has_level(body: &str) -> bool {
    const LEVELS: [&str; 12] = [
        "TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "ERROR", "FATAL", "CRITICAL", "SEVERE", "level=", "[error]",
        "[info]",
    ];
    let start = &body.as_bytes()[..body.len().min(120)];
    LEVELS.iter().any(|level| start.windows(level.len()).any(|window| window == level.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_many_languages() {
        for line in [
            "File \"/usr/lib/python3/site.py\", line 12, in <module>",
            "at com.example.Main.run(Main.java:12)",
            "at java.base/java.lang.Thread.run(Native Method)",
            "... 23 more",
            "at Object.<anonymous> (/app/index.js:3:7)",
            "at async handler (node:internal/x.js:10:2)",
            "at file:///app/index.mjs:3:7",
            "at Shop.Cart.Add(Item item) in C:\\src\\Cart.cs:line 42",
            "at /rustc/abc/library/std/src/panicking.rs:697:5",
            "0: rust_begin_unwind::run",
            "12:     0x55d0 - std::backtrace::print",
            "goroutine 1 [running]:",
            "main.run(0xc0000b4000, 0x1)",
            "/app/main.go:12 +0x1d",
            "#0 /var/www/index.php(12): run()",
            "#1  0x00007f in raise () from /lib/libc.so.6",
            "from app.rb:3:in `run'",
        ] {
            assert!(is_frame(line), "{line}");
        }
    }

    #[test]
    fn prose_is_no_frame() {
        for line in [
            "at home (finally)",
            "at 10:30:00 it stopped",
            "1: first do this",
            "#12 is the same problem (see there)",
            "see README.md (the second part)",
            "File \"a.txt\" is missing",
            "call f.g(x)",
            "at least (e.g.) two",
        ] {
            assert!(!is_frame(line) && !is_log(line), "{line}");
        }
    }

    #[test]
    fn logs_have_a_time_and_a_level() {
        assert!(is_log("2024-06-03T10:00:01.123Z  INFO axle::sync: read 10 records"));
        assert!(is_log("[2024-06-03 10:00:01] production.ERROR: no route"));
        assert!(is_log("E0603 10:00:01.123456    1 reflector.go:138] failed"));
        assert!(is_log("Jun 03 10:00:01 host app[12]: started"));
        assert!(!is_log("2024-06-03 10:00 works for me"));
        assert!(!is_log("10:30:00 is when it began"));
    }
}
