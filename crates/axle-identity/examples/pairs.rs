//! Reads identities as JSON Lines on the standard input and writes pairs that may be one person, the likeliest first,
//! as `id_a id_b probability`. With `--explain` the reasons follow; with `--automatic` only what is joined by itself.

use std::io::{BufRead, BufWriter, Write};

use axle_identity::{AUTOMATIC, Identity, Resolver, Settings};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    #[serde(default)]
    platform: String,
    uid: Option<serde_json::Value>,
    username: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    company: Option<String>,
    #[serde(default)]
    links: Vec<String>,
    avatar: Option<u64>,
    #[serde(default)]
    bot: bool,
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| options.iter().any(|given| given == option);
    let lines: Vec<Line> = std::io::stdin()
        .lock()
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<Result<_, Box<dyn std::error::Error>>>()?;
    let uids: Vec<Option<String>> = lines.iter().map(|line| line.uid.as_ref().map(plain)).collect();
    let links: Vec<Vec<&str>> = lines.iter().map(|line| line.links.iter().map(String::as_str).collect()).collect();
    let identities: Vec<Identity<'_>> = lines
        .iter()
        .enumerate()
        .map(|(place, line)| Identity {
            platform: &line.platform,
            uid: uids[place].as_deref(),
            username: line.username.as_deref(),
            email: line.email.as_deref(),
            email_verified: line.email_verified,
            name: line.name.as_deref(),
            organization: line.company.as_deref(),
            links: &links[place],
            avatar: line.avatar,
            bot: line.bot,
            member: place as u32,
        })
        .collect();
    let mut resolver = Resolver::new(&identities, Settings::default());
    // It holds all that it needs: only ids are told.
    drop(identities);
    drop((uids, links));
    let ids: Vec<String> = lines.into_iter().map(|line| plain(&line.id)).collect();
    if !has("--defaults") {
        resolver.estimate();
    }
    let mut pairs = resolver.pairs();
    if has("--automatic") {
        pairs = resolver.automatic(&pairs, AUTOMATIC).joined;
    }
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
