//! Prints a page of `docs/reference/`: `interchange` or `activities`.

use std::io::{self, Write};

use axle_model::activity::{Connection, Flags};
use axle_model::catalogue::{ALIASES, CATALOGUE};
use axle_model::interchange::{ACTIVITY_FIELDS, Field, TYPES};

fn main() -> io::Result<()> {
    let page = std::env::args().nth(1).unwrap_or_default();
    let mut out = io::stdout().lock();
    match page.as_str() {
        "interchange" => interchange(&mut out),
        "activities" => activities(&mut out),
        _ => Err(io::Error::other("say which page: interchange or activities")),
    }
}

fn interchange(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "# Interchange\n\nJSON Lines: one object a line, UTF-8. `type` says what it is, `source` (optional) where it is from. Fields in \
         **bold** must be there; a line without one is rejected with its reason. Fields that a type does not know are kept under \
         `properties`. Of two lines with the same source, type and key the later one counts.\n\n\
         An *identity* is an object with `platform` and at least one of `uid`, `username`, `email`, `phone`, `visitor`; `name`, \
         `email_verified` and `bot` may stand beside them. A telephone number is the same everywhere when it begins with its country, \
         behind `+` or `00`; another only on its platform. An *instant* is RFC 3339 with an offset; *when* is an instant or a date.\n"
    )?;
    writeln!(out, "## `activity`\n\nSomebody did something. Key: `id`, with the source and the activity type.\n")?;
    fields(out, ACTIVITY_FIELDS)?;
    for line_type in TYPES {
        let key: Vec<String> = line_type.key.iter().map(|field| format!("`{field}`")).collect();
        writeln!(out, "\n## `{}`\n\nKey: {}.\n", line_type.name, key.join(", "))?;
        fields(out, line_type.fields)?;
    }
    Ok(())
}

fn fields(out: &mut impl Write, fields: &[Field]) -> io::Result<()> {
    writeln!(out, "| field | holds |\n|---|---|")?;
    for field in fields {
        let name = if field.required { format!("**`{}`**", field.name) } else { format!("`{}`", field.name) };
        writeln!(out, "| {name} | {} |", field.kind.words())?;
    }
    Ok(())
}

const FLAGS: &[(Flags, &str)] = &[
    (Flags::QUESTION, "question"),
    (Flags::ANSWER, "answer"),
    (Flags::CONTRIBUTION, "contribution"),
    (Flags::ADVOCACY, "advocacy"),
    (Flags::FEEDBACK, "feedback"),
    (Flags::JOIN, "join"),
    (Flags::LIKE, "like"),
    (Flags::SHARE, "share"),
    (Flags::COMMENT, "comment"),
    (Flags::ATTENDANCE, "attendance"),
    (Flags::PRODUCT, "product"),
    (Flags::VISIT, "visit"),
    (Flags::REFERRAL, "referral"),
    (Flags::MENTION, "mention"),
    (Flags::CALL, "call"),
];

fn activities(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "# Activity types\n\nThe catalogue with its default weights, 0 to 12; `axle settings score` gives a type another weight. A type of \
         weight 0 is kept and counts in no figure of what members do; whom it addresses has been met all the same. A \
         type that is not listed weighs 1, and 0 when it begins with `product:`. Types marked (doc) have the weight that the Orbit model's documentation gives.\n\n\
         | type | what the member did | weight | connects | says |\n|---|---|---|---|---|"
    )?;
    for known in CATALOGUE {
        let connects = match known.connection {
            Connection::None => "",
            Connection::Indirect => "indirectly",
            Connection::Direct => "directly",
        };
        let says: Vec<&str> = FLAGS.iter().filter(|(flag, _)| known.flags.has(*flag)).map(|(_, name)| *name).collect();
        writeln!(
            out,
            "| `{}` | {} | {} | {connects} | {} |",
            known.key,
            meaning(known.key),
            known.weight.get(),
            says.join(", ")
        )?;
    }
    writeln!(out, "\n## Other spellings\n\n| read as | type |\n|---|---|")?;
    for (alias, key) in ALIASES {
        writeln!(out, "| `{alias}` | `{key}` |")?;
    }
    Ok(())
}

/// The comment above a type in the catalogue's own source.
fn meaning(key: &str) -> &'static str {
    let lines: Vec<&str> = include_str!("../src/catalogue.rs").lines().map(str::trim).collect();
    let at = lines.iter().position(|line| line.contains(&format!("= \"{key}\",")));
    let comment = at.and_then(|at| lines[..at].last()?.strip_prefix("/// "));
    comment.unwrap_or_default().trim_end_matches('.')
}
