//! The forum and a questions site that is not ours: topics, questions, answers, acceptance, likes, reads.

use std::io;

use crate::clock::{DAY, HOUR};
use crate::line::{Line, Out};
use crate::people::{Person, Platform, Venue};
use crate::random::{Stream, chance, clumped, exponential, lognormal, poisson, weighted};
use crate::texts::{CHAT, PRAISE, PRICING, QUESTIONS, REPLIES, THANKS, Topic};

/// Categories: id, name, whether it is for questions, and how much is written there.
const CATEGORIES: [(&str, &str, bool, f64); 5] = [
    ("4", "Questions & Answers", true, 60.0),
    ("5", "Show your pipelines", false, 12.0),
    ("6", "Ideas", false, 12.0),
    ("7", "Plans and licences", true, 6.0),
    ("8", "News", false, 10.0),
];

/// A place where questions are asked, and how.
struct Site {
    platform: Platform,
    venue: Venue,
    /// Before every id.
    prefix: &'static str,
    /// Share of the topics that are never answered.
    silent: f64,
    /// Median hours until the first answer.
    median_hours: f64,
}

const FORUM: Site =
    Site { platform: Platform::Discourse, venue: Venue::Forum, prefix: "t", silent: 0.14, median_hours: 3.5 };
const STACK: Site =
    Site { platform: Platform::StackExchange, venue: Venue::Stack, prefix: "q", silent: 0.3, median_hours: 9.0 };

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    for (id, name, is_qa, _) in CATEGORIES {
        let line = Line::of("channel", "discourse").put("id", id).put("name", name).put("kind", "forum");
        out.state(line.put("ownership", "owned").put("is_qa", is_qa).put("department", "support"))?;
    }
    let line = Line::of("channel", "stackexchange").put("id", "tidewheel").put("name", "Questions tagged tidewheel");
    out.state(line.put("kind", "qa").put("ownership", "external").put("is_qa", true))?;
    join(out)?;
    for (site, per_member) in [(&FORUM, 1.9), (&STACK, 0.3)] {
        let world = out.world;
        let mut rng = world.stream(site.prefix);
        let days = world.calendar.spread(world.per_member(per_member), world.presence(site.venue), &mut rng);
        let mut count = 0;
        for (day, topics) in days.into_iter().enumerate() {
            for _ in 0..topics {
                count += 1;
                topic(out, site, day, count, &mut rng)?;
            }
        }
    }
    Ok(())
}

fn join(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    for person in world.crowd() {
        if let Some(since) = person.since(Platform::Discourse) {
            let id = format!("join-{}", person.number);
            out.act(person, Platform::Discourse, "forum:space:joined", &id, since, |line| line)?;
        }
    }
    Ok(())
}

struct Asked<'a> {
    site: &'a Site,
    id: String,
    channel: &'a str,
    author: &'a Person,
    topic: Topic,
    at: i64,
}

fn topic(out: &mut Out, site: &Site, day: usize, number: u32, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let Some(author) = world.someone(site.venue, world.calendar.start_of(day) + DAY / 2, rng) else { return Ok(()) };
    let at = world.calendar.moment(day, author.zone(), rng);
    let topic = Topic::draw(world, at, rng);
    let (channel, _, mut is_qa, _) = match site.platform {
        Platform::Discourse => CATEGORIES[weighted(rng, &CATEGORIES.map(|category| category.3))],
        _ => ("tidewheel", "", true, 0.0),
    };
    is_qa &= !author.is_teammate(at);
    let (title, text) = match (is_qa, channel) {
        (true, "7") => topic.titled(&PRICING, rng),
        (true, _) => topic.titled(&QUESTIONS, rng),
        (false, "5") => (format!("How we use {}", topic.feature), topic.say(&PRAISE, "everyone", rng)),
        _ => (format!("Thoughts on {}", topic.feature), topic.say(&CHAT, author.first, rng)),
    };
    let id = format!("{}{number}", site.prefix);
    let kind = if is_qa { "question:asked" } else { "forum:topic:opened" };
    let written = out.act(author, site.platform, kind, &id, at, |line| {
        let line = line.put("channel", channel).put("thread", id.as_str()).put("title", title).put("text", text);
        line.put("url", format!("https://{}.example/t/{id}", site.platform.source()))
    })?;
    if !written {
        return Ok(());
    }
    let asked = Asked { site, id, channel, author, topic, at };
    read(out, &asked, rng)?;
    like(out, &asked, &asked.id, author, at, 0.7, rng)?;
    if chance(rng, site.silent) {
        return Ok(());
    }
    if is_qa { answer(out, &asked, rng) } else { discuss(out, &asked, rng) }
}

fn answer(out: &mut Out, asked: &Asked, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let Asked { site, id: thread, channel, author, topic, at } = asked;
    let (mut when, mut answered) = (*at, vec![author.number]);
    let mut answers = Vec::new();
    for number in 1..=1 + poisson(rng, 0.7) {
        when += 120 + (lognormal(rng, site.median_hours, 1.6) * HOUR as f64) as i64;
        let staff = number == 1 && chance(rng, 0.16);
        let other = match staff.then(|| world.teammate(when, &["support", "community"], rng)).flatten() {
            Some(teammate) => Some(teammate),
            None => world.someone_else(site.venue, when, &answered, rng),
        };
        let Some(other) = other.filter(|other| !answered.contains(&other.number)) else { continue };
        when = world.calendar.awake(when, other.zone(), rng);
        let id = format!("{thread}.{number}");
        let text = topic.answer(author.first, rng);
        let to = author.identity(site.platform).cloned();
        let written = out.act(other, site.platform, "question:answered", &id, when, |line| {
            let line = line.put("channel", *channel).put("thread", thread.as_str()).put("parent", thread.as_str());
            line.put("text", text).maybe("counterparts", to.map(|to| vec![to]))
        })?;
        if written {
            answered.push(other.number);
            like(out, asked, &id, other, when, 0.8, rng)?;
            answers.push((id, other, when));
        }
    }
    if let Some((id, other, answered_at)) = answers.first() {
        thank(out, asked, id, other, *answered_at, rng)?;
    }
    let best = weighted(rng, &vec![1.0; answers.len()]);
    match answers.get(best) {
        Some((id, other, answered_at)) if chance(rng, 0.55) => accept(out, asked, id, other, *answered_at, rng),
        _ => Ok(()),
    }
}

fn thank(out: &mut Out, asked: &Asked, answer: &str, other: &Person, at: i64, rng: &mut Stream) -> io::Result<()> {
    if !chance(rng, 0.45) || !asked.author.is_around(asked.site.venue, at) {
        return Ok(());
    }
    let when = at + 300 + (lognormal(rng, 4.0, 1.2) * HOUR as f64) as i64;
    let text = asked.topic.say(&THANKS, other.first, rng);
    let to = other.identity(asked.site.platform).cloned();
    let id = format!("{answer}.t");
    let kind = if asked.site.platform == Platform::Discourse { "forum:post:replied" } else { "question:commented" };
    let fill = |line: Line| {
        let line = line.put("channel", asked.channel).put("thread", asked.id.as_str()).put("parent", answer);
        line.put("text", text).maybe("counterparts", to.map(|to| vec![to]))
    };
    out.act(asked.author, asked.site.platform, kind, &id, when, fill).map(|_| ())
}

/// The author of the answer is the one whose answer was accepted; who accepted it is the counterpart.
fn accept(out: &mut Out, asked: &Asked, answer: &str, other: &Person, at: i64, rng: &mut Stream) -> io::Result<()> {
    let when = at + 600 + (lognormal(rng, 8.0, 1.4) * HOUR as f64) as i64;
    let by = asked.author.identity(asked.site.platform).cloned();
    let id = format!("{answer}.a");
    let fill = |line: Line| {
        let line = line.put("channel", asked.channel).put("thread", asked.id.as_str()).put("parent", answer);
        line.maybe("counterparts", by.map(|by| vec![by]))
    };
    out.act(other, asked.site.platform, "answer:accepted", &id, when, fill).map(|_| ())
}

fn discuss(out: &mut Out, asked: &Asked, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let (mut when, mut last) = (asked.at, asked.author);
    for number in 1..=1 + clumped(rng, 3.5).min(40) {
        when += 60 + (lognormal(rng, 5.0, 1.5) * HOUR as f64) as i64;
        let Some(other) = world.someone_else(asked.site.venue, when, &[last.number], rng) else { continue };
        when = world.calendar.awake(when, other.zone(), rng);
        let text = asked.topic.say(&REPLIES, last.first, rng);
        let to = last.identity(asked.site.platform).cloned();
        let id = format!("{}.{number}", asked.id);
        let written = out.act(other, asked.site.platform, "forum:post:replied", &id, when, |line| {
            let line = line.put("channel", asked.channel).put("thread", asked.id.as_str());
            line.put("parent", asked.id.as_str()).put("text", text).maybe("counterparts", to.map(|to| vec![to]))
        })?;
        if written {
            like(out, asked, &id, other, when, 0.4, rng)?;
            last = other;
        }
    }
    Ok(())
}

fn like(
    out: &mut Out,
    asked: &Asked,
    post: &str,
    author: &Person,
    at: i64,
    mean: f64,
    rng: &mut Stream,
) -> io::Result<()> {
    if asked.site.platform != Platform::Discourse {
        return Ok(());
    }
    let world = out.world;
    let mut done = vec![author.number];
    for number in 0..clumped(rng, mean) {
        let when = at + 30 + (exponential(rng, 30.0) * HOUR as f64) as i64;
        let thanks = number == 0 && chance(rng, 0.25);
        let fan = match thanks.then(|| world.teammate(when, &["community", "support"], rng)).flatten() {
            Some(teammate) => Some(teammate),
            None => world.someone_else(Venue::Forum, when, &done, rng),
        };
        let Some(fan) = fan.filter(|fan| !done.contains(&fan.number)) else { continue };
        done.push(fan.number);
        let to = author.identity(Platform::Discourse).cloned();
        out.act(fan, Platform::Discourse, "forum:post:liked", &format!("{post}:l{number}"), when, |line| {
            let line = line.put("channel", asked.channel).put("thread", asked.id.as_str()).put("parent", post);
            line.maybe("counterparts", to.map(|to| vec![to]))
        })?;
    }
    Ok(())
}

fn read(out: &mut Out, asked: &Asked, rng: &mut Stream) -> io::Result<()> {
    if asked.site.platform != Platform::Discourse {
        return Ok(());
    }
    for number in 0..clumped(rng, 1.6) {
        let when = asked.at + 60 + (exponential(rng, 6.0) * DAY as f64) as i64;
        let Some(reader) = out.world.someone_else(Venue::Forum, when, &[asked.author.number], rng) else { continue };
        out.act(reader, Platform::Discourse, "forum:topic:read", &format!("{}:v{number}", asked.id), when, |line| {
            line.put("channel", asked.channel).put("thread", asked.id.as_str()).put("parent", asked.id.as_str())
        })?;
    }
    Ok(())
}
