//! Reads identities as JSON Lines on the standard input and writes pairs that may be one person, the likeliest first,
//! as `id_a id_b probability`. With `--explain` the reasons follow; with `--automatic` only what is joined by itself; with
//! `--all` also pairs that were compared and are too unlikely for the list.
//! The last line on the standard error says how many seconds it took from accounts in memory to pairs in memory.

use std::collections::HashMap;
use std::io::{BufRead, BufWriter, Write};
use std::time::Instant;

use axle_identity::{AUTOMATIC, Identity, Resolver, Settings};
use serde::{Deserialize, Deserializer};

// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
struct Line {
    #[serde(deserialize_with = "plain")]
    id: Option<Box<str>>,
    #[serde(default)]
    platform: Box<str>,
    #[serde(default, deserialize_with = "plain")]
    uid: Option<Box<str>>,
    username: Option<Box<str>>,
    email: Option<Box<str>>,
    #[serde(default)]
    email_verified: bool,
    name: Option<Box<str>>,
    company: Option<Box<str>>,
    #[serde(default)]
    links: Box<[String]>,
    avatar: Option<u64>,
    #[serde(default)]
    bot: bool,
}

/// A text, or a number as one.
fn plain<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<str>>, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.into()),
        other => Some(other.to_string().into()),
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| options.iter().any(|given| given == option);
    let lines: Vec<Line> = std::io::stdin()
        .lock()
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<Result<_, Box<dyn std::error::Error>>>()?;
    let linking = lines.iter().enumerate().filter(|(_, line)| !line.links.is_empty());
    let links: HashMap<usize, Vec<&str>> =
        linking.map(|(place, line)| (place, line.links.iter().map(String::as_str).collect())).collect();
    let identities: Vec<Identity<'_>> = lines
        .iter()
        .enumerate()
        .map(|(place, line)| Identity {
            platform: &line.platform,
            uid: line.uid.as_deref(),
            username: line.username.as_deref(),
            email: line.email.as_deref(),
            email_verified: line.email_verified,
            name: line.name.as_deref(),
            organization: line.company.as_deref(),
            links: links.get(&place).map_or(&[], Vec::as_slice),
            avatar: line.avatar,
            phone: None,
            visitor: None,
            bot: line.bot,
            person: false,
            member: place as u32,
        })
        .collect();
    let started = Instant::now();
    let mut settings = Settings::default();
    if has("--all") {
        settings.least_probability = 0.0;
    }
    let mut resolver = Resolver::new(&identities, settings);
    // It holds all that it needs: only ids are told.
    drop(identities);
    drop(links);
    let ids: Vec<Box<str>> = lines.into_iter().map(|line| line.id.unwrap_or_default()).collect();
    let mut pairs = if has("--defaults") { resolver.pairs() } else { resolver.estimate_and_pairs() };
    if has("--automatic") {
        pairs = resolver.automatic(&pairs, AUTOMATIC).joined;
    }
    eprintln!("{:.2}", started.elapsed().as_secs_f64());
    let mut out = BufWriter::new(std::io::stdout().lock());
    for pair in pairs {
        let (a, b) = (&ids[pair.a as usize], &ids[pair.b as usize]);
        write!(out, "{a} {b} {:.6}", pair.probability)?;
        if has("--explain") {
            let reasons = resolver.explain(pair.a, pair.b);
            let texts = reasons.iter().map(|reason| format!("{} ({:+.1})", reason.text, reason.weight));
            write!(out, "\t{}", texts.collect::<Vec<_>>().join("; "))?;
        }
        writeln!(out)?;
    }
    Ok(())
}
