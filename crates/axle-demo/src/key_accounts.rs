//! Key members of key accounts: named, given something of value, taught in depth, asked into the beta, until they teach their
//! colleagues themselves; some fall off at each step.

use std::io;

use crate::clock::{DAY, HOUR};
use crate::crm::{some_account, staff};
use crate::line::{Line, Out};
use crate::organizations::Organization;
use crate::people::{Person, Platform};
use crate::random::{Stream, chance, exponential, pick, whole};

/// Id of the programme for key members.
const BETA: &str = "beta-accounts";

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let line =
        Line::of("program", "crm").put("id", BETA).put("name", "Early tide for key accounts").put("kind", "beta");
    out.state(line.on("starts_at", world.calendar.start))?;
    for organization in world.organizations.iter().filter(|organization| !organization.scripted) {
        let Some(since) = organization.key_since else { continue };
        let mut rng = world.stream_of("key_accounts", organization.number);
        let by = world.teammate(since, &["success"], &mut rng).map(|person| person.name.as_str());
        let count = whole(&mut rng, 1, 5) as usize;
        for person in staff(out, organization, since).into_iter().take(count) {
            let rng = &mut world.stream_of("key_accounts/member", person.number);
            // The list waits at customer success for a while.
            let named_at = since + (exponential(rng, 15.0) * DAY as f64) as i64;
            let mut way = Way { out, organization, person, count: 0 };
            if way.name(named_at, by)? {
                way.go(named_at, rng)?;
            }
        }
    }
    Ok(())
}

/// One key member on the way.
struct Way<'o, 'w> {
    out: &'o mut Out<'w>,
    organization: &'w Organization,
    person: &'w Person,
    count: u32,
}

impl Way<'_, '_> {
    fn id(&mut self, what: &str) -> String {
        self.count += 1;
        format!("key-{}-{what}-{}", self.person.number, self.count)
    }

    fn name(&mut self, at: i64, by: Option<&str>) -> io::Result<bool> {
        let Some(identity) = some_account(self.person, at) else { return Ok(false) };
        let line = Line::of("role", "crm").put("identity", identity.clone()).put("role", "key_member").on("from", at);
        let line = line.put("organization", self.organization.id()).maybe("by", by);
        self.out.fact(at, line.put("reason", "Runs the platform that everybody there depends on"))
    }

    /// As far as they get.
    fn go(&mut self, named_at: i64, rng: &mut Stream) -> io::Result<()> {
        let after = |at: i64, mean: f64, rng: &mut Stream| at + 2 * DAY + (exponential(rng, mean) * DAY as f64) as i64;
        let touched_at = after(named_at, 16.0, rng);
        if !chance(rng, 0.9) {
            return Ok(());
        }
        self.touch(touched_at)?;
        let tutorial_at = after(touched_at, 25.0, rng);
        if !chance(rng, 0.85) {
            return Ok(());
        }
        self.attend(tutorial_at, "In-depth tutorial: lineage", "tutorial", "guest")?;
        let talk_at = after(tutorial_at, 20.0, rng);
        self.touch(talk_at)?;
        let enrolled_at = after(talk_at, 25.0, rng);
        if !chance(rng, 0.8) {
            return Ok(());
        }
        self.try_beta(enrolled_at, after(enrolled_at, 12.0, rng))?;
        let ready_at = after(enrolled_at, 45.0, rng);
        if !chance(rng, 0.8) {
            return Ok(());
        }
        // Mostly when somebody new is about to begin.
        let taught_at = match self.newcomer(ready_at).filter(|_| chance(rng, 0.85)) {
            Some(at) => (at - whole(rng, 1, 20) * DAY).max(ready_at),
            None => ready_at,
        };
        let topic = pick(rng, &["lineage", "backfills", "alerts"]);
        let name = format!("{}: {} teaches {topic}", self.organization.name, self.person.first);
        self.attend(taught_at, &name, "teaching", "host")
    }

    fn touch(&mut self, at: i64) -> io::Result<()> {
        let Some(identity) = some_account(self.person, at).cloned() else { return Ok(()) };
        let line = Line::of("push", "crm").put("id", self.id("touch")).at("at", at).put("kind", "cs_touch");
        self.out.fact(at, line.put("channel", "crm").put("subjects", vec![identity])).map(|_| ())
    }

    /// An event of their own.
    fn attend(&mut self, at: i64, name: &str, kind: &str, role: &str) -> io::Result<()> {
        let id = self.id("event");
        let Some(identity) = some_account(self.person, at).cloned() else { return Ok(()) };
        let line = Line::of("event", "meetup").put("id", id.as_str()).put("name", name).put("kind", kind);
        if !self.out.fact(at, line.at("starts_at", at).at("ends_at", at + HOUR))? {
            return Ok(());
        }
        let line = Line::of("attendance", "meetup").put("event", id).put("identity", identity).put("state", "attended");
        self.out.fact(at, line.at("at", at).put("role", role).put("minutes", 55).put("channel", "events")).map(|_| ())
    }

    fn try_beta(&mut self, at: i64, said_at: i64) -> io::Result<()> {
        let Some(identity) = some_account(self.person, at).cloned() else { return Ok(()) };
        let line = Line::of("enrollment", "crm").put("program", BETA).put("identity", identity);
        self.out.fact(at, line.put("state", "active").at("at", at))?;
        let Some(author) = some_account(self.person, said_at).cloned() else { return Ok(()) };
        let line = Line::of("feedback", "crm").put("id", self.id("feedback")).at("at", said_at).put("author", author);
        let line = line.put("kind", "request").put("topic", "lineage").put("state", "open");
        self.out.fact(said_at, line.put("text", "In the beta, please show who owns a column.")).map(|_| ())
    }

    /// When the next of their colleagues signs up.
    fn newcomer(&self, from: i64) -> Option<i64> {
        let world = self.out.world;
        let begins = |person: &Person| {
            let at = person.since(Platform::Product).filter(|at| *at > from && *at < world.calendar.end)?;
            (person.organization_at(at) == Some(self.organization.number)).then_some(at)
        };
        world.crowd().filter(|person| person.number != self.person.number).filter_map(begins).min()
    }
}
