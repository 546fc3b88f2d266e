//! Repositories: stars, forks, issues, pull requests, reviews, comments, and the month's maintainers.

use std::io;

use crate::clock::{DAY, HOUR};
use crate::line::{Line, Out};
use crate::names::COMPANY;
use crate::people::{Person, Platform, Venue};
use crate::random::{Stream, chance, clumped, exponential, lognormal, poisson, weighted, whole};
use crate::texts::{BUGS, COMMENTS, PULLS, REQUESTS, Topic};

const REPOSITORIES: [(&str, f64); 4] =
    [("tidewheel/tidewheel", 6.0), ("tidewheel/connectors", 3.0), ("tidewheel/docs", 1.0), ("tidewheel/helm", 0.6)];

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    for (repository, _) in REPOSITORIES {
        let line = Line::of("channel", "github").put("id", repository).put("name", repository).put("kind", "code");
        out.state(line.put("ownership", "owned").put("is_qa", false).put("department", "engineering"))?;
    }
    star(out)?;
    let world = out.world;
    let mut rng = world.stream("code");
    let days = world.calendar.spread(world.per_member(1.25), world.presence(Venue::Code), &mut rng);
    let mut count = 0;
    for (day, items) in days.into_iter().enumerate() {
        for _ in 0..items {
            count += 1;
            item(out, day, count, &mut rng)?;
        }
    }
    maintain(out)
}

fn star(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    for person in world.crowd() {
        let Some(since) = person.since(Platform::Github) else { continue };
        let rng = &mut world.stream_of("code/star", person.number);
        for (index, share) in [(0, 0.7), (1, 0.2)] {
            let at = since + (exponential(rng, 2.0) * DAY as f64) as i64;
            let (repository, id) = (REPOSITORIES[index].0, format!("{}:{index}", person.number));
            if chance(rng, share) {
                out.act(person, Platform::Github, "github:repo:starred", &id, at, |line| {
                    line.put("channel", repository)
                })?;
            }
            let later = at + whole(rng, DAY, 300 * DAY);
            if chance(rng, share * 0.03) {
                out.act(person, Platform::Github, "github:repo:unstarred", &id, later, |l| {
                    l.put("channel", repository)
                })?;
            } else if chance(rng, share * 0.25) {
                out.act(person, Platform::Github, "github:repo:forked", &id, later, |l| l.put("channel", repository))?;
            }
        }
    }
    Ok(())
}

struct Item<'a> {
    id: String,
    repository: &'a str,
    author: &'a Person,
    topic: Topic,
    at: i64,
}

fn item(out: &mut Out, day: usize, number: u32, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let Some(author) = world.someone(Venue::Code, world.calendar.start_of(day) + DAY / 2, rng) else { return Ok(()) };
    let at = world.calendar.moment(day, author.zone(), rng);
    let topic = Topic::draw(world, at, rng);
    let repository = REPOSITORIES[weighted(rng, &REPOSITORIES.map(|repository| repository.1))].0;
    let staff = author.is_teammate(at);
    let pull = chance(rng, if staff { 0.7 } else { 0.3 });
    let id = format!("{repository}#{number}");
    let (kind, (title, text)) = if pull {
        let title = topic.say(&PULLS, "", rng);
        (
            "github:pull_request:opened",
            (title.clone(), format!("{title}. Tested with {COMPANY} {}.", world.version(at))),
        )
    } else if chance(rng, 0.3) {
        ("github:issue:opened", (format!("Idea: {}", topic.feature), topic.say(&REQUESTS, "", rng)))
    } else {
        ("github:issue:opened", topic.titled(&BUGS, rng))
    };
    let done_after = (lognormal(rng, if pull { 60.0 } else { 300.0 }, 1.5) * HOUR as f64) as i64;
    let closed = chance(rng, 0.7).then_some(at + done_after).and_then(|at| world.calendar.known(at));
    let written = out.act(author, Platform::Github, kind, &id, at, |line| {
        let line = line.put("channel", repository).put("thread", id.as_str()).put("title", title).put("text", text);
        line.maybe_at("updated_at", closed).maybe(
            "properties",
            closed.map(|at| serde_json::json!({"state": "closed", "closed_at": crate::clock::instant(at)})),
        )
    })?;
    if !written {
        return Ok(());
    }
    let item = Item { id, repository, author, topic, at };
    comment(out, &item, rng)?;
    if pull { review(out, &item, closed, rng) } else { Ok(()) }
}

fn comment(out: &mut Out, item: &Item, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let (mut at, mut last) = (item.at, item.author);
    if chance(rng, 0.1) {
        let bot = world.people.iter().rfind(|person| person.bot && person.first == "ci-bot");
        let text = "All checks passed.";
        if let Some(bot) = bot {
            let id = format!("{}-ci", item.id);
            remark(out, item, bot, &id, at + 240, text.into(), item.author)?;
        }
    }
    for number in 1..=clumped(rng, 2.2).min(30) {
        at += 60 + (lognormal(rng, 9.0, 1.7) * HOUR as f64) as i64;
        let staff = chance(rng, 0.25);
        let other = match staff.then(|| world.teammate(at, &["engineering", "product"], rng)).flatten() {
            Some(teammate) => Some(teammate),
            None => world.someone_else(Venue::Code, at, &[last.number], rng),
        };
        let Some(other) = other.filter(|other| other.number != last.number) else { continue };
        at = world.calendar.awake(at, other.zone(), rng);
        let text = item.topic.say(&COMMENTS, last.first, rng);
        if remark(out, item, other, &format!("{}-{number}", item.id), at, text, last)? {
            last = other;
        }
    }
    Ok(())
}

fn remark(out: &mut Out, item: &Item, by: &Person, id: &str, at: i64, text: String, to: &Person) -> io::Result<bool> {
    let to = to.identity(Platform::Github).cloned();
    out.act(by, Platform::Github, "github:issue:commented", id, at, |line| about(line, item, to).put("text", text))
}

fn about(line: Line, item: &Item, to: Option<serde_json::Value>) -> Line {
    let line = line.put("channel", item.repository).put("thread", item.id.as_str()).put("parent", item.id.as_str());
    line.maybe("counterparts", to.map(|to| vec![to]))
}

fn review(out: &mut Out, item: &Item, closed: Option<i64>, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    for number in 1..=1 + poisson(rng, 0.5) {
        let at = item.at + 600 + (lognormal(rng, 14.0, 1.3) * HOUR as f64) as i64;
        if closed.is_some_and(|closed| at >= closed) {
            continue;
        }
        let other = match chance(rng, 0.6).then(|| world.teammate(at, &["engineering"], rng)).flatten() {
            Some(teammate) => Some(teammate),
            None => world.someone_else(Venue::Code, at, &[item.author.number], rng),
        };
        let Some(other) = other.filter(|other| other.number != item.author.number) else { continue };
        let text = item.topic.say(&COMMENTS, item.author.first, rng);
        let to = item.author.identity(Platform::Github).cloned();
        let id = format!("{}-r{number}", item.id);
        out.act(other, Platform::Github, "github:pull_request:reviewed", &id, at, |line| {
            about(line, item, to).put("text", text)
        })?;
    }
    if let Some(closed) = closed {
        let id = format!("{}-m", item.id);
        out.act(item.author, Platform::Github, "github:pull_request:merged", &id, closed, |line| {
            about(line, item, None)
        })?;
    }
    Ok(())
}

/// Who maintains a repository gets one activity a month: a few engineers, and the keenest member.
fn maintain(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    for month in 0..world.calendar.days() / 30 {
        let at = world.calendar.start_of(month * 30 + 29) + 18 * HOUR;
        let member = world
            .crowd()
            .filter(|person| person.hired.is_none() && person.is_around(Venue::Code, at))
            .max_by(|a, b| a.weight(Venue::Code).total_cmp(&b.weight(Venue::Code)));
        for (index, person) in world.teammates(at, &["engineering"]).into_iter().take(2).chain(member).enumerate() {
            let id = format!("maintained-{month}-{index}");
            out.act(person, Platform::Github, "repo:maintained", &id, at, |line| {
                line.put("channel", REPOSITORIES[0].0)
            })?;
        }
    }
    Ok(())
}
