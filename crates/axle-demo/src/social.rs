//! Social posts, content and its reactions, mentions of the brand and of two competitors.

use std::io;

use serde_json::json;

use crate::clock::{DAY, HOUR};
use crate::line::{Line, Out};
use crate::names::{COMPANY, COMPETITORS, FEATURES};
use crate::people::{Person, Platform, Venue};
use crate::random::{Stream, chance, clumped, exponential, pareto, pick, weighted};
use crate::texts::{PRAISE, RIVALS, SOCIAL, Topic};

/// Where people speak of us: channel and share.
const OUTSIDE: [(&str, f64); 4] = [("mastodon", 45.0), ("reddit", 30.0), ("hackernews", 15.0), ("linkedin", 10.0)];

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    let start = out.world.calendar.start;
    let own = ["tidewheel", "tide wheel", "@tidewheel"];
    let brands = [(COMPANY, true, &own[..])].into_iter().chain(COMPETITORS.map(|(name, terms)| (name, false, terms)));
    for (name, own, terms) in brands {
        let line = Line::of("brand", "axle").put("name", name).put("own", own).put("terms", terms.to_vec());
        out.state(line.on("from", start))?;
    }
    let line = Line::of("channel", "mastodon").put("id", "account").put("name", "@tidewheel").put("kind", "social");
    out.state(line.put("ownership", "owned").put("department", "marketing"))?;
    for (channel, _) in OUTSIDE {
        let line = Line::of("channel", "mentions").put("id", channel).put("name", channel).put("kind", "social");
        out.state(line.put("ownership", "external"))?;
    }
    follow(out)?;
    posts(out)?;
    articles(out)?;
    mentions(out)
}

fn follow(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    for person in world.crowd() {
        if let Some(since) = person.since(Platform::Mastodon) {
            let id = format!("follow-{}", person.number);
            out.act(person, Platform::Mastodon, "social:account:followed", &id, since, |line| {
                line.put("channel", "account")
            })?;
        }
    }
    Ok(())
}

/// About four posts a week by the company.
fn posts(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("social");
    let weeks = world.calendar.days() as f64 / 7.0;
    let flat = vec![1.0; world.calendar.days()];
    let mut count = 0;
    for (day, posts) in world.calendar.spread(weeks * 4.0, &flat, &mut rng).into_iter().enumerate() {
        for _ in 0..posts {
            count += 1;
            let at = world.calendar.moment(day, 0, &mut rng);
            let id = format!("post-{count}");
            let feature = pick(&mut rng, &FEATURES);
            let reach = pareto(&mut rng, 150.0, 1.2, 40_000.0) * world.per_member(0.001).max(0.1);
            let line =
                Line::of("content", "mastodon").put("id", id.as_str()).at("published_at", at).put("kind", "post");
            let line = line.put("title", format!("How {feature} work")).put("channel", "account").put("by_team", true);
            out.fact(
                at,
                line.put("impressions", reach as i64).put("campaign", format!("launch-{}", world.version(at))),
            )?;
            let shape = world.presence(Venue::Social);
            let around = shape[day] / shape.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
            engage(out, &id, at, world.per_member(0.004) * around, &mut rng)?;
        }
    }
    Ok(())
}

fn engage(out: &mut Out, content: &str, at: i64, mean: f64, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let mut seen = Vec::new();
    for number in 0..clumped(rng, mean) {
        let when = at + 60 + (exponential(rng, 14.0) * HOUR as f64) as i64;
        let Some(actor) = world.someone_else(Venue::Social, when, &seen, rng) else { continue };
        seen.push(actor.number);
        let kind = ["like", "share", "comment"][weighted(rng, &[72.0, 14.0, 14.0])];
        let topic = Topic::draw(world, when, rng);
        let text = (kind == "comment").then(|| topic.say(&PRAISE, "all", rng));
        if let Some(identity) = actor.account_at(Platform::Mastodon, when) {
            let removed = (kind == "like" && chance(rng, 0.02)).then_some(when + DAY);
            let id = format!("{content}:{number}");
            let line = Line::of("reaction", "mastodon").put("id", id).put("content", content).put("kind", kind);
            let line = line.at("at", when).put("actor", identity.clone()).put("channel", "account").maybe("text", text);
            out.fact(when, line.maybe_at("removed_at", removed.and_then(|at| world.calendar.known(at))))?;
        }
    }
    Ok(())
}

/// Articles and videos by members.
fn articles(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("articles");
    let days = world.calendar.spread(world.per_member(0.03), world.presence(Venue::Forum), &mut rng);
    let mut count = 0;
    for (day, articles) in days.into_iter().enumerate() {
        for _ in 0..articles {
            count += 1;
            let Some(author) = world.someone(Venue::Forum, world.calendar.start_of(day), &mut rng) else { continue };
            article(out, author, world.calendar.moment(day, author.zone(), &mut rng), count, &mut rng)?;
        }
    }
    Ok(())
}

fn article(out: &mut Out, author: &Person, at: i64, number: u32, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let (kind, activity) =
        if chance(rng, 0.75) { ("article", "article:published") } else { ("video", "video:published") };
    let id = format!("{kind}-{number}");
    let topic = Topic::draw(world, at, rng);
    let title = topic.fill("{feature} with {connector} on {place}: what we learned in {number} days", "");
    let fill = |line: Line| line.put("title", title.as_str()).put("url", format!("https://blog.example/{id}"));
    if !out.act(author, Platform::Discourse, activity, &id, at, fill)? {
        return Ok(());
    }
    let identity = author.identity(Platform::Discourse).cloned();
    let line = Line::of("content", "discourse").put("id", id.as_str()).at("published_at", at).put("kind", kind);
    let line = line.put("title", title.as_str()).maybe("author", identity).put("by_team", author.is_teammate(at));
    out.fact(at, line.put("impressions", pareto(rng, 60.0, 1.1, 30_000.0) as i64))?;
    engage(out, &id, at, world.per_member(0.0012), rng)
}

fn mentions(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("mentions");
    let growth: Vec<f64> = (0..world.calendar.days()).map(|day| 400.0 + day as f64).collect();
    let mut count = 0;
    for (day, mentions) in world.calendar.spread(world.per_member(0.5), &growth, &mut rng).into_iter().enumerate() {
        for _ in 0..mentions {
            count += 1;
            mention(out, world.calendar.moment(day, 0, &mut rng), count, &mut rng)?;
        }
    }
    Ok(())
}

fn mention(out: &mut Out, at: i64, number: u32, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let topic = Topic::draw(world, at, rng);
    let ours = chance(rng, 0.5);
    let text = if ours { topic.say(&SOCIAL, "all", rng) } else { topic.say(&RIVALS, "all", rng) };
    let channel = OUTSIDE[weighted(rng, &OUTSIDE.map(|outside| outside.1))].0;
    let member = (ours && channel == "mastodon").then(|| world.someone(Venue::Social, at, rng)).flatten();
    let id = format!("men-{number}");
    let author = match member.and_then(|member| member.account_at(Platform::Mastodon, at)) {
        Some(identity) => identity.clone(),
        None => json!({"platform": channel, "username": format!("passer{}", number * 7 % 4001)}),
    };
    let reach = pareto(rng, 20.0, 0.9, 80_000.0) as i64;
    let line = Line::of("mention", "mentions").put("id", id.as_str()).at("at", at).put("channel", channel);
    let line = line.put("author", author).put("text", text.as_str()).put("reach", reach);
    let line = line.put("url", format!("https://{channel}.example/{id}"));
    let repost = (number > 30 && chance(rng, 0.04)).then(|| format!("men-{}", number - 20));
    out.fact(at, line.maybe("paid", chance(rng, 0.03).then_some(true)).maybe("repost_of", repost))?;
    Ok(())
}
