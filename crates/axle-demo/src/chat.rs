//! Chat: channels, threads with replies, reactions, joining and leaving.

use std::io;

use crate::clock::{DAY, HOUR};
use crate::line::{Line, Out};
use crate::names::CITIES;
use crate::people::{Person, Platform, Venue};
use crate::random::{Stream, chance, clumped, exponential, lognormal, weighted};
use crate::texts::{CHAT, PRAISE, QUESTIONS, REPLIES, THANKS, Topic};

/// Channels: id, name, whether questions are asked there, and how much is written there.
const CHANNELS: [(&str, &str, bool, f64); 7] = [
    ("C01GENERAL", "general", false, 30.0),
    ("C02HELP", "help", true, 38.0),
    ("C03SHOW", "show-and-tell", false, 8.0),
    ("C04CONN", "connectors", true, 12.0),
    ("C05RANDOM", "random", false, 8.0),
    ("C06JOBS", "jobs", false, 2.0),
    ("C07EVENTS", "events", false, 2.0),
];

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    for (id, name, is_qa, _) in CHANNELS {
        let line = Line::of("channel", "slack").put("id", id).put("name", name).put("kind", "chat");
        out.state(line.put("ownership", "owned").put("is_qa", is_qa).put("department", "community"))?;
    }
    come_and_go(out)?;
    let world = out.world;
    let mut rng = world.stream("chat");
    let days = world.calendar.spread(world.per_member(3.6), world.presence(Venue::Chat), &mut rng);
    let mut count = 0;
    for (day, threads) in days.into_iter().enumerate() {
        for _ in 0..threads {
            count += 1;
            thread(out, day, count, &mut rng)?;
        }
    }
    Ok(())
}

fn come_and_go(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    for person in world.crowd() {
        let Some(since) = person.since(Platform::Slack) else { continue };
        let id = format!("join-{}", person.number);
        out.act(person, Platform::Slack, "slack:space:joined", &id, since, |line| line.put("channel", CHANNELS[0].0))?;
        let rng = &mut world.stream_of("chat/leave", person.number);
        let left = person.quiet_from + DAY;
        if left < world.calendar.end && chance(rng, 0.08) {
            let id = format!("leave-{}", person.number);
            out.act(person, Platform::Slack, "chat:space:left", &id, left, |line| line.put("channel", CHANNELS[0].0))?;
        }
    }
    Ok(())
}

fn thread(out: &mut Out, day: usize, number: u32, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let Some(author) = world.someone(Venue::Chat, world.calendar.start_of(day) + DAY / 2, rng) else { return Ok(()) };
    let at = world.calendar.moment(day, author.zone(), rng);
    let topic = Topic::draw(world, at, rng);
    let (channel, _, is_qa, _) = CHANNELS[weighted(rng, &CHANNELS.map(|channel| channel.3))];
    let language = CITIES[author.city].3;
    let foreign = if author.polyglot && chance(rng, 0.08) { topic.foreign(language, rng) } else { None };
    let spoken = if foreign.is_some() { language } else { "en" };
    let text = match foreign {
        Some(text) => text,
        None if is_qa && !author.is_teammate(at) => topic.titled(&QUESTIONS, rng).1,
        None if chance(rng, 0.12) => topic.say(&PRAISE, "everyone", rng),
        None => topic.say(&CHAT, author.first, rng),
    };
    let id = format!("m{number}");
    let kind = if is_qa && text.contains('?') { "question:asked" } else { "chat:message:sent" };
    let fill =
        |line: Line| line.put("channel", channel).put("thread", id.as_str()).put("text", text).put("language", spoken);
    if !out.act(author, Platform::Slack, kind, &id, at, fill)? {
        return Ok(());
    }
    let silent = if is_qa { 0.12 } else { 0.3 };
    let replies = if chance(rng, silent) { 0 } else { 1 + clumped(rng, 2.2).min(25) };
    react(out, &id, channel, author, at, 1.0, rng)?;
    reply(out, &Thread { id: &id, channel, author, is_qa, topic: &topic }, at, replies, rng)
}

struct Thread<'a> {
    id: &'a str,
    channel: &'a str,
    author: &'a Person,
    is_qa: bool,
    topic: &'a Topic,
}

fn reply(out: &mut Out, thread: &Thread, mut at: i64, replies: u32, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let Thread { id: thread_id, channel, author, is_qa, topic } = *thread;
    let mut last = author;
    for number in 1..=replies {
        at += 20 + lognormal(rng, if number == 1 { 1500.0 } else { 420.0 }, 1.7) as i64;
        let back = last.number != author.number && chance(rng, 0.35);
        let other = if back { Some(author) } else { world.someone_else(Venue::Chat, at, &[last.number], rng) };
        let Some(other) = other else { continue };
        at = world.calendar.awake(at, other.zone(), rng);
        let answers = is_qa && other.number != author.number && chance(rng, 0.6);
        let text = match (answers, back) {
            (true, _) => topic.answer(author.first, rng),
            (_, true) if is_qa => topic.say(&THANKS, last.first, rng),
            _ => topic.say(&REPLIES, last.first, rng),
        };
        let kind = if answers { "question:answered" } else { "chat:message:sent" };
        let id = format!("{thread_id}.{number}");
        let to = last.identity(Platform::Slack).cloned();
        let written = out.act(other, Platform::Slack, kind, &id, at, |line| {
            let line = line.put("channel", channel).put("thread", thread_id).put("parent", thread_id);
            line.put("text", text).maybe("counterparts", to.map(|to| vec![to]))
        })?;
        if written {
            react(out, &id, channel, other, at, 0.45, rng)?;
            last = other;
        }
    }
    Ok(())
}

fn react(
    out: &mut Out,
    message: &str,
    channel: &str,
    author: &Person,
    at: i64,
    mean: f64,
    rng: &mut Stream,
) -> io::Result<()> {
    let world = out.world;
    let mut done = vec![author.number];
    for number in 0..clumped(rng, mean) {
        let when = at + 5 + exponential(rng, 3.0 * HOUR as f64) as i64;
        let Some(other) = world.someone_else(Venue::Chat, when, &done, rng) else { continue };
        done.push(other.number);
        let emoji =
            ["+1", "heart", "tada", "eyes", "raised_hands", "joy"][weighted(rng, &[5.0, 3.0, 2.0, 1.0, 1.0, 1.0])];
        let to = author.identity(Platform::Slack).cloned();
        let id = format!("{message}:r{number}");
        out.act(other, Platform::Slack, "chat:reaction:added", &id, when, |line| {
            let line = line.put("channel", channel).put("parent", message).maybe("counterparts", to.map(|to| vec![to]));
            line.put("properties", serde_json::json!({"emoji": emoji}))
        })?;
    }
    Ok(())
}
