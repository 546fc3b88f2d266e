//! Programmes and who is enrolled, feedback and what was shipped for it, invitations, pushes, costs.

use std::io;

use crate::clock::{DAY, HOUR};
use crate::crm::some_account;
use crate::line::{Line, Out};
use crate::people::{Platform, Venue};
use crate::random::{Stream, chance, exponential, lognormal, pick, weighted, whole};
use crate::texts::{BUGS, CONCERNS, PRAISE, REQUESTS, Topic};

/// Programmes: id, name, kind, day of the start before the end.
const PROGRAMMES: [(&str, &str, &str, i64); 6] = [
    ("beta", "Early tide (beta)", "beta", 700),
    ("advocates", "Tidemakers", "advocate", 640),
    ("usergroups", "User groups", "user_group", 690),
    ("peers", "Ask a neighbour", "peer_support", 520),
    ("stories", "Customer stories", "success_story", 400),
    ("referrals", "Bring a friend", "referral", 360),
];

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    programmes(out)?;
    feedback(out)?;
    invites(out)?;
    pushes(out)?;
    stories_and_reviews(out)
}

fn programmes(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("programmes");
    let end = world.calendar.end;
    for (id, name, kind, before) in PROGRAMMES {
        let from = end - before * DAY;
        let owner = world.teammate(from, &["community", "product"], &mut rng).map(|person| person.name.as_str());
        let line = Line::of("program", "axle").put("id", id).put("name", name).put("kind", kind).maybe("owner", owner);
        let last = end - whole(&mut rng, 5, 70) * DAY;
        out.fact(from, line.on("starts_at", from).on("last_session_at", last))?;
        let mut enrolled = Vec::new();
        for _ in 0..world.per_member(0.016) as usize {
            let at = from + whole(&mut rng, 0, before * DAY - DAY);
            let Some(person) = world.someone_else(Venue::Chat, at, &enrolled, &mut rng) else { continue };
            let Some(identity) = person.account_at(Platform::Slack, at) else { continue };
            enrolled.push(person.number);
            let state = ["enrolled", "active", "completed", "left"][weighted(&mut rng, &[2.0, 5.0, 3.0, 1.0])];
            let line = Line::of("enrollment", "axle").put("program", id).put("identity", identity.clone());
            out.fact(at, line.put("state", state).at("at", at))?;
        }
        for month in 0..before / 30 {
            let at = from + month * 30 * DAY;
            let line = Line::of("cost", "finance").put("id", format!("cost-{id}-{month}")).on("at", at);
            let line = line.put("amount", whole(&mut rng, 20, 300) * 1000).put("currency", "EUR");
            out.fact(at, line.put("hours", whole(&mut rng, 4, 60)).put("program", id))?;
        }
    }
    Ok(())
}

struct Shipping {
    title: String,
    feedback: Vec<String>,
}

/// Feedback is decided on, some of it is shipped with the next launch, and most of those who asked are told.
fn feedback(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("feedback");
    let mut shipped: Vec<Vec<Shipping>> = world.calendar.launches.iter().map(|_| Vec::new()).collect();
    let days = world.calendar.spread(world.per_member(0.14), world.presence(Venue::Forum), &mut rng);
    let mut count = 0;
    for (day, items) in days.into_iter().enumerate() {
        for _ in 0..items {
            count += 1;
            item(out, day, count, &mut shipped, &mut rng)?;
        }
    }
    for (launch, items) in world.calendar.launches.iter().zip(shipped) {
        let at = world.calendar.start_of(launch.day) + 10 * HOUR;
        let author = world.teammate(at, &["engineering", "product"], &mut rng);
        for (number, item) in items.into_iter().enumerate() {
            let line = Line::of("shipped_item", "github").put("id", format!("ship-{}-{number}", launch.version));
            let line = line.at("shipped_at", at).put("title", item.title).put("feedback", item.feedback);
            out.fact(
                at,
                line.maybe("author", author.and_then(|author| author.account_at(Platform::Github, at)).cloned()),
            )?;
        }
        for number in 0..3 {
            let line = Line::of("shipped_item", "github").put("id", format!("ship-{}-own-{number}", launch.version));
            out.fact(at, line.at("shipped_at", at).put("title", format!("Maintenance of {}", launch.version)))?;
        }
    }
    Ok(())
}

fn item(out: &mut Out, day: usize, number: u32, shipped: &mut [Vec<Shipping>], rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let Some(author) = world.someone(Venue::Forum, world.calendar.start_of(day) + DAY / 2, rng) else { return Ok(()) };
    let at = world.calendar.moment(day, author.zone(), rng);
    let Some(identity) = author.account_at(Platform::Discourse, at).filter(|_| !author.is_teammate(at)) else {
        return Ok(());
    };
    let topic = Topic::draw(world, at, rng);
    let kind = ["bug", "request", "praise", "concern"][weighted(rng, &[3.0, 4.5, 1.5, 1.0])];
    let text = match kind {
        "bug" => topic.titled(&BUGS, rng).1,
        "request" => topic.say(&REQUESTS, "", rng),
        "praise" => topic.say(&PRAISE, "all", rng),
        _ => topic.say(&CONCERNS, "all", rng),
    };
    let id = format!("fb-{number}");
    let wish = matches!(kind, "bug" | "request");
    let decided_at = at + (lognormal(rng, 18.0, 0.9) * DAY as f64) as i64;
    let decided_at = (wish && chance(rng, 0.7)).then_some(decided_at).and_then(|at| world.calendar.known(at));
    let next = decided_at.and_then(|decided| {
        world.calendar.launches.iter().position(|launch| world.calendar.start_of(launch.day) > decided)
    });
    let mut state =
        if decided_at.is_some() { pick(rng, &["planned", "declined", "planned", "ship", "ship"]) } else { "open" };
    let mut item = None;
    let mut told_from = decided_at;
    if state == "ship" {
        state = "planned";
        if let Some(next) = next {
            let launch = &world.calendar.launches[next];
            state = "shipped";
            item = Some(format!("ship-{}-{}", launch.version, shipped[next].len()));
            told_from = Some(world.calendar.start_of(launch.day) + 12 * HOUR);
            let title = format!("{}: {}", topic.feature, text.split('.').next().unwrap_or_default());
            shipped[next].push(Shipping { title, feedback: vec![id.clone()] });
        }
    }
    let told = told_from.filter(|_| chance(rng, 0.62)).map(|from| from + (exponential(rng, 6.0) * DAY as f64) as i64);
    out.act(author, Platform::Discourse, "feedback:submitted", &id, at, |line| {
        line.put("channel", "6").put("text", text.as_str())
    })?;
    let line = Line::of("feedback", "discourse").put("id", id.as_str()).at("at", at).put("author", identity.clone());
    let line = line.put("kind", kind).put("topic", topic.feature).put("text", text).put("activity", id.as_str());
    let line = line.put("state", state).maybe_at("decided_at", decided_at).maybe("shipped_item", item);
    out.fact(at, line.maybe_at("communicated_at", told.and_then(|at| world.calendar.known(at)))).map(|_| ())
}

/// Members invite others; one in five of those comes. Whom they brought is somebody who joined then.
fn invites(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("invites");
    let mut count = 0;
    for person in world.crowd().filter(|person| person.hired.is_none()) {
        let joined = person.joined_at;
        let brought = chance(&mut rng, 0.05);
        for attempt in 0..if brought { 1 + whole(&mut rng, 0, 3) } else { 0 } {
            count += 1;
            let at = joined - (exponential(&mut rng, 5.0) * DAY as f64) as i64 - 600;
            let Some(inviter) = world.someone_else(Venue::Chat, at, &[person.number], &mut rng) else { continue };
            let Some(identity) = inviter.account_at(Platform::Slack, at) else { continue };
            let id = format!("invite-{count}");
            let accepted = (attempt == 0).then(|| some_account(person, joined)).flatten();
            let kind = ["member", "customer", "sales_intro"][weighted(&mut rng, &[80.0, 14.0, 6.0])];
            let bought = accepted.is_some() && kind == "customer" && chance(&mut rng, 0.3);
            let line = Line::of("invite", "axle").put("id", id.as_str()).put("inviter", identity.clone());
            let line = line.put("recipient", format!("r-{count:06}")).at("sent_at", at).put("kind", kind);
            let line = line.maybe_at("accepted_at", accepted.map(|_| joined)).maybe("accepted_by", accepted.cloned());
            let bought_at = bought.then_some(joined + 30 * DAY).and_then(|at| world.calendar.known(at));
            out.fact(at, line.maybe_at("purchased_at", bought_at))?;
        }
    }
    Ok(())
}

/// What the team does to set things in motion, and what campaigns cost.
fn pushes(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("pushes");
    for launch in &world.calendar.launches {
        let at = world.calendar.start_of(launch.day) + 9 * HOUR;
        let campaign = format!("launch-{}", launch.version);
        for channel in ["mastodon", "newsletter", "C01GENERAL", "8"] {
            let line = Line::of("push", "axle").put("id", format!("push-{campaign}-{channel}")).at("at", at);
            out.fact(at, line.put("kind", "campaign").put("channel", channel).put("campaign", campaign.as_str()))?;
        }
        let line = Line::of("cost", "finance").put("id", format!("cost-{campaign}")).on("at", at);
        let line = line.put("amount", whole(&mut rng, 20, 120) * 10_000).put("currency", "EUR").put("hours", 80);
        out.fact(at, line.put("campaign", campaign))?;
    }
    // In percent, and in cents.
    for (name, amount, currency) in [("gross_margin", 78, None), ("cost_per_ticket", 2_400, Some("EUR"))] {
        let line = Line::of("assumption", "finance").put("id", name).put("name", name);
        let line = line.on("at", world.calendar.start).put("amount", amount).maybe("currency", currency);
        out.fact(world.calendar.start, line)?;
    }
    let weeks = world.calendar.days() / 7;
    for week in 0..weeks {
        for kind in ["outreach", "invitation", "team_answer"] {
            let at = world.calendar.start_of(week * 7 + 1) + whole(&mut rng, 8, 90) * HOUR;
            let Some(subject) = world.someone(Venue::Chat, at, &mut rng) else { continue };
            let Some(identity) = subject.account_at(Platform::Slack, at) else { continue };
            let line = Line::of("push", "axle").put("id", format!("push-{kind}-{week}")).at("at", at).put("kind", kind);
            out.fact(at, line.put("channel", "C01GENERAL").put("subjects", vec![identity.clone()]))?;
            if kind == "outreach" {
                let task = Line::of("task", "axle").put("id", format!("task-outreach-{week}")).put("kind", "check_in");
                let owner = world.teammate(at, &["community"], &mut rng).map(|person| person.name.as_str());
                let state = if chance(&mut rng, 0.8) { "done" } else { "open" };
                let outcome =
                    (state == "done").then(|| pick(&mut rng, &["busy", "product_feedback", "no_reply", "false_alarm"]));
                let task = task.maybe("assignee", owner).on("due_at", at).put("state", state);
                out.fact(at, task.maybe("outcome", outcome))?;
            }
        }
    }
    Ok(())
}

fn stories_and_reviews(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("stories");
    for number in 0..world.per_member(0.018) as usize {
        let from = world.calendar.start + 60 * DAY;
        let Some(at) = world.calendar.moment_between(from, world.calendar.end, 0, &mut rng) else { continue };
        let Some(person) = world.someone(Venue::Chat, at, &mut rng).filter(|person| !person.is_teammate(at)) else {
            continue;
        };
        let kind = if chance(&mut rng, 0.6) { "review:published" } else { "story:testimonial:given" };
        let text = Topic::draw(world, at, &mut rng).say(&PRAISE, "all", &mut rng);
        out.act(person, Platform::Slack, kind, &format!("story-{number}"), at, |line| line.put("text", text))?;
    }
    for person in world.people.iter() {
        if let Some(erased_at) = person.erased_at {
            let line =
                Line::of("task", "axle").put("id", format!("task-erase-{}", person.number)).put("kind", "erasure");
            out.fact(erased_at, line.on("due_at", erased_at).put("state", "done").put("outcome", "erased"))?;
        }
    }
    Ok(())
}
