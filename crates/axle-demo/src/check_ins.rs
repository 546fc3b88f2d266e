//! What a builder hears who asks champions why they are silent, and what becomes of it.

use std::io;

use crate::clock::{DAY, HOUR};
use crate::crm::some_account;
use crate::line::{Line, Out};
use crate::people::Person;
use crate::random::{Stream, chance, exponential, lognormal, whole};
use crate::texts::{CONCERNS, Topic};

/// What they say, over and over.
const ANSWERS: [&str; 8] = ["concern", "busy", "concern", "concern", "no_reply", "concern", "false_alarm", "concern"];

/// One silence of one champion.
struct Silence<'a> {
    person: &'a Person,
    id: String,
    /// When they are back.
    until: i64,
    by: Option<&'a str>,
}

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut count = 0;
    for person in &world.people {
        for (number, &(from, until)) in person.rests.iter().enumerate() {
            let rng = &mut world.stream_of("check_ins", person.number * 100 + number);
            // By then the rule has noticed, mostly.
            let asked_at = from + whole(rng, 24, 36) * DAY + 10 * HOUR;
            let by = world.teammate(asked_at, &["community"], rng).map(|teammate| teammate.name.as_str());
            let silence = Silence { person, id: format!("{}-{number}", person.number), until, by };
            ask(out, &silence, asked_at, ANSWERS[count % ANSWERS.len()], rng)?;
            count += 1;
        }
    }
    Ok(())
}

fn ask(out: &mut Out, silence: &Silence, at: i64, answer: &str, rng: &mut Stream) -> io::Result<()> {
    let Some(identity) = some_account(silence.person, at) else { return Ok(()) };
    let line = Line::of("push", "axle").put("id", format!("push-silence-{}", silence.id)).at("at", at);
    if !out.fact(at, line.put("kind", "outreach").put("subjects", vec![identity.clone()]))? {
        return Ok(());
    }
    // Some answer at once, some only when asked again.
    let answered_at = at + HOUR + (lognormal(rng, 3.0, 0.9) * DAY as f64) as i64;
    let said = |line: Line| match answer {
        "busy" => line.on("until", silence.until),
        "concern" => line.put("reason", "feedback"),
        _ => line,
    };
    let line = Line::of("task", "axle").put("id", format!("silence-{}", silence.id)).put("kind", "check_in");
    let line = line.put("flywheel", "champion_health").put("step", "watch").maybe("assignee", silence.by);
    let line = line.on("due_at", answered_at).put("state", "done").put("outcome", answer).at("done_at", answered_at);
    let is_told = out.fact(answered_at, said(line.put("identity", identity.clone())))?;
    if is_told && answer == "concern" { concern(out, silence, answered_at, rng) } else { Ok(()) }
}

/// What they worry about is decided on within weeks, mostly, and most of them are told.
fn concern(out: &mut Out, silence: &Silence, at: i64, rng: &mut Stream) -> io::Result<()> {
    let Some(author) = some_account(silence.person, at) else { return Ok(()) };
    let topic = Topic::draw(out.world, at, rng);
    let text = topic.say(&CONCERNS, "all", rng);
    let known = |at: i64| out.world.calendar.known(at);
    let decided_at = chance(rng, 0.9).then_some(at + (lognormal(rng, 14.0, 0.7) * DAY as f64) as i64).and_then(known);
    let told_at = decided_at.filter(|_| chance(rng, 0.85)).map(|at| at + (exponential(rng, 1.5) * DAY as f64) as i64);
    let line = Line::of("feedback", "axle").put("id", format!("fb-silence-{}", silence.id)).at("at", at);
    let line = line.put("author", author.clone()).put("kind", "concern").put("topic", topic.feature).put("text", text);
    let line = line.put("state", if decided_at.is_some() { "planned" } else { "open" });
    let line = line.maybe_at("decided_at", decided_at).maybe_at("communicated_at", told_at.and_then(known));
    out.fact(at, line).map(|_| ())
}
