//! Telephone calls: where they came from, who spoke, what was said, how they were scored.

use std::io;

use serde_json::{Value, json};

use crate::clock::DAY;
use crate::line::{Line, Out};
use crate::names::COMPANY;
use crate::people::{Person, Platform};
use crate::random::{Stream, chance, clumped, lognormal, pick, weighted, whole};
use crate::texts::Topic;

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    let line = Line::of("channel", "calls").put("id", "phone").put("name", "Telephone").put("kind", "call");
    out.state(line.put("ownership", "owned").put("department", "sales"))?;
    let world = out.world;
    for person in world.crowd() {
        let Some(since) = person.since(Platform::Calls) else { continue };
        let rng = &mut world.stream_of("calls", person.number);
        for number in 0..1 + clumped(rng, 1.5) {
            let to = person.until() + 90 * DAY;
            let Some(at) = world.calendar.moment_between(since, to, person.zone(), rng) else { break };
            call(out, person, number, at, rng)?;
        }
    }
    Ok(())
}

fn call(out: &mut Out, person: &Person, number: u32, at: i64, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let Some(caller) = person.account_at(Platform::Calls, at) else { return Ok(()) };
    let id = format!("call-{}-{number}", person.number);
    let kind = ["sales", "support", "other"][weighted(rng, &[60.0, 32.0, 8.0])];
    let inbound = chance(rng, 0.7);
    let status = match inbound {
        true => ["answered", "missed", "abandoned", "voicemail"][weighted(rng, &[74.0, 12.0, 7.0, 7.0])],
        false => ["answered", "voicemail"][weighted(rng, &[75.0, 25.0])],
    };
    let answered = status == "answered";
    let agent = world.teammate(at, if kind == "support" { &["support"] } else { &["sales"] }, rng);
    let talk = answered.then(|| lognormal(rng, 300.0, 0.8).round());
    let topic = Topic::draw(world, at, rng);
    let turns = talk.map(|talk| turns(person, &topic, talk, rng));
    let score =
        answered.then(|| [5, 4, 3, 2, 1][weighted(rng, &[25.0, 35.0, 22.0, 12.0, 6.0])]).filter(|_| chance(rng, 0.7));
    let source = inbound.then(|| pick(rng, &["organic", "paid_search", "website", "newsletter", "event"]));
    let scored_at = at + talk.unwrap_or_default() as i64 + whole(rng, 60, 4000);
    let score = score.filter(|_| scored_at < world.calendar.end);
    let conversion = answered && kind == "sales" && chance(rng, 0.2);
    let tags: Vec<&str> = [(conversion, "qualified"), (score == Some(1), "complaint")]
        .iter()
        .filter(|tag| tag.0)
        .map(|tag| tag.1)
        .collect();
    let organization = person.organization_at(at).map(|number| world.organizations[number].id());
    let line = Line::of("call", "calls").put("id", id.as_str()).at("called_at", at);
    let line = line
        .put("direction", if inbound { "inbound" } else { "outbound" })
        .put("kind", kind)
        .put("caller", caller.clone())
        .maybe("organization", organization)
        .maybe("agent", agent.filter(|_| answered).map(|agent| agent.name.as_str()))
        .put("tracking_number", format!("+1555000{}", whole(rng, 1000, 1005)))
        .maybe("call_source", source)
        .maybe("medium", source.map(|source| if source == "paid_search" { "cpc" } else { "none" }))
        .maybe("landing", source.filter(|_| chance(rng, 0.5)).map(|_| "/pricing"))
        .put("status", status)
        .put("ring_seconds", whole(rng, 2, 40))
        .put("talk_seconds", talk.unwrap_or(0.0))
        .maybe("score", score)
        .maybe_at("scored_at", score.map(|_| scored_at))
        .put("tags", tags)
        .maybe("conversion", answered.then_some(conversion))
        .maybe("value", conversion.then(|| whole(rng, 20, 400) * 10_000))
        .maybe("currency", conversion.then_some("EUR"))
        .maybe("turns", turns);
    out.fact(at, line.put("channel", "phone"))?;
    Ok(())
}

/// A conversation; in one of four the prospect names us before the agent does.
fn turns(person: &Person, topic: &Topic, talk: f64, rng: &mut Stream) -> Value {
    let greeting =
        if chance(rng, 0.6) { format!("{COMPANY}, good morning.") } else { "Good morning, how can I help?".into() };
    let said = topic.fill(
        pick(
            rng,
            &[
                "Hi, this is {name}. We run {connector} loads with scripts and want something better.",
                "A colleague told me about {company}, and I have a question on {feature}.",
                "We looked at {rival} and at {company}. What would {number} pipelines cost?",
                "I read in your community that {feature} work on {place}. Is that so?",
                "Our trial of {company} ends next week. What happens to our pipelines?",
                "I have \"{error}\" on every run since yesterday.",
            ],
        ),
        person.first,
    );
    let reply = pick(
        rng,
        &[
            "Gladly. How many people would use it?",
            "Let me look that up for you.",
            "Yes. Shall I show it to you in ten minutes?",
            "I will ask an engineer and call you back today.",
        ],
    );
    let end = pick(
        rng,
        &[
            "That sounds good, thank you.",
            "I have to ask my manager first.",
            "Please send me that in writing.",
            "Great, let us do that.",
        ],
    );
    let texts =
        [("agent", greeting), ("prospect", said), ("agent", (*reply).to_owned()), ("prospect", (*end).to_owned())];
    let quarter = talk / texts.len() as f64;
    texts
        .into_iter()
        .enumerate()
        .map(|(index, (speaker, text))| {
            let start = (quarter * index as f64).round();
            json!({"speaker": speaker, "start": start, "end": (quarter * (index + 1) as f64).round(), "text": text})
        })
        .collect()
}
