//! Writes every account of the demo company's people as JSON Lines, with the number of the person behind it: a truth to
//! judge identity matching by. Arguments: people, seed.

use std::io::{BufWriter, Write};

use axle_demo::{CompanySettings, World};
use jiff::civil::date;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers = std::env::args().skip(1).map(|argument| argument.parse()).collect::<Result<Vec<u32>, _>>()?;
    let mut settings = CompanySettings::new(numbers.get(1).copied().unwrap_or(1).into(), date(2026, 6, 30));
    settings.members = numbers.first().copied().unwrap_or(settings.members);
    let world = World::new(&settings);
    let mut out = BufWriter::new(std::io::stdout().lock());
    for person in &world.people {
        for account in person.accounts.iter().flatten() {
            let shown = |field: &str| account.identity.get(field).cloned().unwrap_or(Value::Null);
            let verified = account.identity.get("email_verified").and_then(Value::as_bool).unwrap_or(false);
            let line = json!({
                "platform": shown("platform"), "uid": shown("uid"), "username": shown("username"), "email": shown("email"),
                "email_verified": verified, "name": shown("name"), "company": null, "person": format!("p{}", person.number),
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
