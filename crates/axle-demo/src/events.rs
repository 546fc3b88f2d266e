//! Events: meetups, webinars, office hours, a yearly conference; who registers, comes, speaks and organizes.

use std::io;

use crate::clock::{self, DAY, HOUR};
use crate::line::{Line, Out};
use crate::names::{CITIES, FEATURES};
use crate::people::{Person, Platform, Venue};
use crate::random::{Stream, chance, exponential, pareto, pick, whole};

/// One event to be held.
struct Plan {
    id: String,
    name: String,
    kind: &'static str,
    starts_at: i64,
    hours: i64,
    /// Guests per member of the whole community.
    guests: f64,
}

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    let line = Line::of("channel", "meetup").put("id", "events").put("name", "Events").put("kind", "event");
    out.state(line.put("ownership", "owned").put("department", "community"))?;
    let mut rng = out.world.stream("events");
    for plan in plans(out, &mut rng) {
        hold(out, &plan, &mut rng)?;
    }
    Ok(())
}

/// Office hours every second Thursday, a meetup or two and a webinar a month, a conference a year.
fn plans(out: &Out, rng: &mut Stream) -> Vec<Plan> {
    let calendar = &out.world.calendar;
    let mut plans = Vec::new();
    for day in 0..calendar.days() {
        let at = calendar.start_of(day) + 16 * HOUR;
        let weekday = (at / DAY + 3).rem_euclid(7);
        let feature = pick(rng, &FEATURES);
        let city = CITIES[whole(rng, 0, CITIES.len() as i64 - 1) as usize].0.split(',').next().unwrap_or("town");
        let mut add = |kind, name: String, hours, guests| {
            plans.push(Plan { id: format!("ev-{day}-{kind}"), name, kind, starts_at: at, hours, guests });
        };
        if calendar.busy[day] < 0.5 {
            continue;
        }
        match (weekday, day % 14 < 7) {
            (3, true) => add("office_hours", format!("Office hours: {feature}"), 1, 0.01),
            (1, true) if day % 28 < 14 => add("webinar", format!("Webinar: {feature} in practice"), 1, 0.03),
            (2, _) if chance(rng, 0.4) => add("meetup", format!("Data meetup {city}"), 3, 0.016),
            _ => {}
        }
        if day % 365 == 290 {
            add("conference", format!("Tidewheel Days {}", clock::date(at).split('-').next().unwrap_or("")), 9, 0.14);
        }
    }
    plans
}

fn hold(out: &mut Out, plan: &Plan, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let at = plan.starts_at;
    let around = world.presence(Venue::Events)[world.calendar.day_of(at)];
    let most = world.presence(Venue::Events).iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let host = world.teammate(at, &["community", "marketing"], rng);
    let line = Line::of("event", "meetup").put("id", plan.id.as_str()).put("name", plan.name.as_str());
    let line = line.at("starts_at", at).at("ends_at", at + plan.hours * HOUR).put("kind", plan.kind);
    if !out.fact(at, line.maybe("host", host.map(|host| host.name.as_str())))? {
        return Ok(());
    }
    let mean = (world.per_member(plan.guests) * around / most).max(1.0);
    let guests = (mean * pareto(rng, 0.6, 2.5, 3.0)).ceil() as usize;
    let mut seen = Vec::new();
    for _ in 0..guests {
        let registered_at = at - 600 - (exponential(rng, 6.0) * DAY as f64) as i64;
        let Some(guest) = world.someone_else(Venue::Events, registered_at, &seen, rng) else { continue };
        seen.push(guest.number);
        let came = guest.is_around(Venue::Events, at + HOUR) && chance(rng, 0.64);
        let role = match seen.len() {
            1 if plan.kind == "meetup" => "host",
            1 | 2 if plan.kind != "office_hours" => "speaker",
            _ => "guest",
        };
        visit(out, plan, guest, registered_at, came, role, rng)?;
    }
    Ok(())
}

fn visit(
    out: &mut Out,
    plan: &Plan,
    guest: &Person,
    registered_at: i64,
    came: bool,
    role: &str,
    rng: &mut Stream,
) -> io::Result<()> {
    let Some(identity) = guest.account_at(Platform::Meetup, registered_at) else { return Ok(()) };
    let end = out.world.calendar.end;
    let at = plan.starts_at;
    let over = at < end;
    let state = match (over, came) {
        (false, _) => "registered",
        (true, true) => "attended",
        (true, false) => "no_show",
    };
    let minutes = came.then(|| whole(rng, 15, plan.hours * 60));
    let line = Line::of("attendance", "meetup").put("event", plan.id.as_str()).put("identity", identity.clone());
    let line = line.put("state", state).at("at", if came { at } else { registered_at }).put("role", role);
    out.fact(registered_at, line.maybe("minutes", minutes).put("channel", "events"))?;
    // An attendance says what became of a registration; that there was one is said here.
    if over {
        let id = format!("{}:{}:r", plan.id, guest.number);
        let registered = if plan.kind == "webinar" { "webinar:session:registered" } else { "event:session:registered" };
        out.act(guest, Platform::Meetup, registered, &id, registered_at, |line| {
            line.put("channel", "events").put("thread", format!("event:{}", plan.id))
        })?;
    }
    Ok(())
}
