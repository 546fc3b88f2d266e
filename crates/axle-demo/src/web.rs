//! The website: visits with referrers and campaigns, pages read by known people, and the newsletter.

use std::io;

use serde_json::json;

use crate::clock::{DAY, HOUR};
use crate::line::{Line, Out};
use crate::names::FEATURES;
use crate::people::{Person, Platform};
use crate::random::{Stream, chance, clumped, exponential, mix, pick, poisson, weighted};

/// Pages of the website and the docs.
const PAGES: [&str; 12] = [
    "/",
    "/docs",
    "/docs/start",
    "/docs/schedules",
    "/docs/connectors",
    "/docs/backfills",
    "/pricing",
    "/blog",
    "/docs/sso",
    "/docs/audit-log",
    "/customers",
    "/community",
];
const REFERRERS: [(&str, f64); 7] = [
    ("", 34.0),
    ("https://search.example/", 34.0),
    ("https://github.com/tidewheel/tidewheel", 10.0),
    ("https://discourse.example/", 9.0),
    ("https://social.example/", 7.0),
    ("https://news.example/", 4.0),
    ("https://stackexchange.example/", 5.0),
];

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    for (id, name, kind) in [("site", "Website and docs", "web"), ("newsletter", "The Tide", "newsletter")] {
        let source = if kind == "web" { "web" } else { "newsletter" };
        let line = Line::of("channel", source).put("id", id).put("name", name).put("kind", kind);
        out.state(line.put("ownership", "owned").put("department", "marketing"))?;
    }
    let world = out.world;
    for person in world.crowd() {
        if person.since(Platform::Web).is_some() {
            known(out, person, &mut world.stream_of("web", person.number))?;
        }
    }
    strangers(out)?;
    newsletter(out)
}

fn known(out: &mut Out, person: &Person, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let Some(since) = person.since(Platform::Web) else { return Ok(()) };
    let visits = 1 + clumped(rng, 5.0).min(60);
    for number in 0..visits {
        let at = match number {
            0 => since,
            _ => match world.calendar.moment_between(since, person.until(), person.zone(), rng) {
                Some(at) => at,
                None => break,
            },
        };
        let Some(identity) = person.account_at(Platform::Web, at) else { break };
        let visitor = identity["visitor"].as_str().unwrap_or_default();
        let signed_in = at >= person.joined_at && chance(rng, 0.5);
        let id = format!("vi-{}-{number}", person.number);
        visit(out, &id, visitor, at, signed_in.then(|| identity.clone()), rng)?;
    }
    Ok(())
}

fn strangers(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("web/strangers");
    let growth: Vec<f64> = (0..world.calendar.days()).map(|day| 300.0 + day as f64).collect();
    let mut count = 0u64;
    for (day, visits) in world.calendar.spread(world.per_member(2.2), &growth, &mut rng).into_iter().enumerate() {
        for _ in 0..visits {
            count += 1;
            // Each third visit is by somebody who was here before.
            let back = if count.is_multiple_of(3) { 1 + count % 40 } else { 0 };
            let visitor = format!("w-{:08x}", mix(count.saturating_sub(back)) as u32);
            let at = world.calendar.moment(day, 0, &mut rng);
            visit(out, &format!("vs-{count}"), &visitor, at, None, &mut rng)?;
        }
    }
    Ok(())
}

fn visit(
    out: &mut Out,
    id: &str,
    visitor: &str,
    at: i64,
    identity: Option<serde_json::Value>,
    rng: &mut Stream,
) -> io::Result<()> {
    let referrer = REFERRERS[weighted(rng, &REFERRERS.map(|referrer| referrer.1))].0;
    let utm = chance(rng, 0.16).then(|| {
        let launch = out.world.version(at);
        let (source, medium) =
            pick(rng, &[("newsletter", "email"), ("social", "post"), ("search", "cpc"), ("partner", "link")]);
        json!({"source": source, "medium": medium, "campaign": format!("launch-{launch}")})
    });
    let click = utm.as_ref().is_some_and(|utm| utm["medium"] == "cpc");
    let landing = PAGES[weighted(rng, &[30.0, 12.0, 9.0, 6.0, 8.0, 4.0, 7.0, 10.0, 2.0, 1.0, 4.0, 5.0])];
    let pages: Vec<_> = (0..poisson(rng, 1.3)).map(|_| pick(rng, &PAGES)).collect();
    let line = Line::of("visit", "web")
        .put("id", id)
        .put("channel", "site")
        .put("visitor", visitor)
        .at("at", at)
        .maybe("identity", identity);
    let line = line.maybe("referrer", (!referrer.is_empty()).then_some(referrer)).maybe("utm", utm);
    let line = line.maybe("click_id", click.then(|| format!("gclid-{id}"))).put("landing", landing).put("pages", pages);
    let line =
        line.maybe("bot", chance(rng, 0.03).then_some(true)).maybe("app_link", chance(rng, 0.02).then_some(true));
    out.fact(at, line).map(|_| ())
}

/// An issue every fortnight, read by a third of those who get it.
fn newsletter(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("newsletter");
    let readers: Vec<_> = world.crowd().filter(|person| person.since(Platform::Newsletter).is_some()).collect();
    for issue in 0..world.calendar.days() / 14 {
        let sent = world.calendar.start_of(issue * 14 + 2) + 9 * HOUR;
        let feature = pick(&mut rng, &FEATURES);
        let id = format!("issue-{issue}");
        let title = format!("The Tide #{}: {feature}", issue + 1);
        let sent_to = readers.iter().filter(|reader| reader.account_at(Platform::Newsletter, sent).is_some()).count();
        let line = Line::of("content", "newsletter").put("id", id.as_str()).at("published_at", sent);
        let line = line.put("kind", "newsletter").put("title", title.as_str()).put("channel", "newsletter");
        out.fact(sent, line.put("by_team", true).put("impressions", sent_to))?;
        let push = Line::of("push", "newsletter").put("id", format!("push-{id}")).at("at", sent).put("kind", "content");
        out.fact(sent, push.put("channel", "newsletter"))?;
        for reader in &readers {
            // Some open nearly every issue, some hardly any.
            let habit = (mix(reader.number as u64) % 100) as f64 / 150.0;
            let at = sent + (exponential(&mut rng, 0.6) * DAY as f64) as i64;
            if at < reader.quiet_from + 300 * DAY && chance(&mut rng, habit) {
                let read = format!("{id}:{}", reader.number);
                out.act(reader, Platform::Newsletter, "newsletter:issue:read", &read, at, |line| {
                    line.put("channel", "newsletter").put("object", json!({"kind": "content", "id": id}))
                })?;
            }
        }
    }
    Ok(())
}
