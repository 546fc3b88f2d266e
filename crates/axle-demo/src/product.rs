//! The product: who signs up, what they use, milestones, limits, and the signposts that point to the community.

use std::io;

use crate::clock::DAY;
use crate::line::{Line, Out};
use crate::names::FEATURES;
use crate::people::{Person, Platform};
use crate::random::{Stream, chance, exponential, poisson, weighted, whole};

/// Places in the product that point to the community.
const SIGNPOSTS: [(&str, f64); 4] =
    [("empty-state", 0.25), ("help-menu", 0.4), ("error-page", 0.15), ("welcome-mail", 0.2)];

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    let line = Line::of("channel", "product").put("id", "app").put("name", "Tidewheel Cloud").put("kind", "product");
    out.state(line.put("ownership", "owned").put("department", "product"))?;
    let world = out.world;
    for person in world.crowd() {
        if person.hired.is_none() && person.since(Platform::Product).is_some() {
            user(out, person, &mut world.stream_of("product", person.number))?;
        }
    }
    Ok(())
}

fn user(out: &mut Out, person: &Person, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let (Some(since), Some(user)) = (person.since(Platform::Product), person.identity(Platform::Product)) else {
        return Ok(());
    };
    let organization = person.organization_at(since).map(|number| &world.organizations[number]);
    let plan = match organization.filter(|organization| organization.is_customer(since)) {
        Some(organization) => organization.plan.unwrap_or("team"),
        None => "free",
    };
    let line = Line::of("product_user", "product").put("user", user.clone()).at("signup_at", since).put("plan", plan);
    if !out.fact(since, line.maybe("organization", organization.map(|organization| organization.id())))? {
        return Ok(());
    }
    let mut usage = Usage { person, count: 0 };
    usage.signposts(out, since, rng)?;
    let activated = chance(rng, if person.since(Platform::Slack).is_some() { 0.66 } else { 0.5 });
    usage.event(out, since + 60, "signed_up", None, Some("account_created"))?;
    if activated {
        let first = since + (exponential(rng, 1.5) * DAY as f64) as i64 + 600;
        usage.event(out, first, "connection_made", Some("environments"), Some("source_connected"))?;
        usage.event(out, first + whole(rng, 600, 4 * DAY), "run_finished", Some("schedules"), Some("first_run"))?;
    }
    let days = exponential(rng, if activated { 220.0 } else { 12.0 });
    let until = (since + (days * DAY as f64) as i64).min(person.erased_at.unwrap_or(i64::MAX));
    let breadth = 1 + poisson(rng, if activated { 4.0 } else { 0.7 }) as usize;
    let total = poisson(rng, (days * 0.42).min(220.0));
    for _ in 0..total {
        let Some(at) = world.calendar.moment_between(since + 120, until, person.zone(), rng) else { break };
        // What people use grows with the time that they have been there.
        let known = 1 + (breadth * (at - since) as usize / (90 * DAY) as usize).min(breadth);
        let first = person.number % FEATURES.len();
        let feature = FEATURES[(first + whole(rng, 0, known as i64) as usize) % FEATURES.len()];
        let name =
            ["run_finished", "pipeline_saved", "page_viewed", "run_started"][weighted(rng, &[5.0, 2.0, 3.0, 2.0])];
        usage.event(out, at, name, Some(feature), None)?;
    }
    if plan == "free" && total > 60 {
        usage.event(out, until - DAY, "limit_reached", None, None)?;
    }
    Ok(())
}

struct Usage<'a> {
    person: &'a Person,
    count: u32,
}

impl Usage<'_> {
    fn event(
        &mut self,
        out: &mut Out,
        at: i64,
        name: &str,
        feature: Option<&str>,
        milestone: Option<&str>,
    ) -> io::Result<()> {
        let Some(user) = self.person.account_at(Platform::Product, at) else { return Ok(()) };
        self.count += 1;
        let line = Line::of("product_event", "product").put("id", format!("pe-{}-{}", self.person.number, self.count));
        let line = line.put("user", user.clone()).at("at", at).put("name", name);
        out.fact(at, line.maybe("feature", feature).maybe("milestone", milestone)).map(|_| ())
    }

    /// Some see a signpost before they join the community, and some of them click it.
    fn signposts(&mut self, out: &mut Out, since: i64, rng: &mut Stream) -> io::Result<()> {
        for shown in 0..1 + poisson(rng, 1.2) {
            let at = since + 300 + (exponential(rng, 12.0) * DAY as f64) as i64;
            let (signpost, rate) = SIGNPOSTS[whole(rng, 0, 3) as usize];
            let clicked = chance(rng, rate);
            for (kind, at) in [("shown", at), ("clicked", at + whole(rng, 5, 90))] {
                let Some(user) = self.person.account_at(Platform::Product, at).filter(|_| kind == "shown" || clicked)
                else {
                    continue;
                };
                let line =
                    Line::of("signpost", "product").put("id", format!("sp-{}-{shown}-{kind}", self.person.number));
                let line = line.put("signpost", signpost).put("kind", kind).at("at", at).put("user", user.clone());
                out.fact(at, line)?;
            }
        }
        Ok(())
    }
}
