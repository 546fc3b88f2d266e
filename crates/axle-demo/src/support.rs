//! The support desk: tickets, some of them after a question in the community, and satisfaction surveys.

use std::io;

use crate::clock::{DAY, HOUR};
use crate::line::{Line, Out};
use crate::people::{Person, Platform, Venue};
use crate::random::{Stream, chance, clumped, exponential, lognormal, pick, weighted, whole};
use crate::texts::{BUGS, CONCERNS, PRAISE, QUESTIONS, Topic};

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    let line = Line::of("channel", "zendesk").put("id", "desk").put("name", "Support desk").put("kind", "support");
    out.state(line.put("ownership", "owned").put("department", "support"))?;
    let world = out.world;
    for person in world.crowd() {
        let rng = &mut world.stream_of("support", person.number);
        if let Some(since) = person.since(Platform::Zendesk) {
            for number in 0..clumped(rng, 2.4).min(25) {
                let Some(at) = world.calendar.moment_between(since, person.until() + 60 * DAY, person.zone(), rng)
                else {
                    break;
                };
                ticket(out, person, number, at, rng)?;
            }
        }
    }
    surveys(out)
}

fn ticket(out: &mut Out, person: &Person, number: u32, at: i64, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let Some(requester) = person.account_at(Platform::Zendesk, at) else { return Ok(()) };
    let topic = Topic::draw(world, at, rng);
    let (subject, text) = topic.titled(if chance(rng, 0.6) { &QUESTIONS } else { &BUGS }, rng);
    let id = format!("tk-{}-{number}", person.number);
    // One in eight asked in the forum first, in vain.
    let asked_before = at - whole(rng, DAY, 5 * DAY);
    let thread = format!("esc-{id}");
    let escalated = chance(rng, 0.12)
        && out.act(person, Platform::Discourse, "question:asked", &thread, asked_before, |line| {
            let line = line.put("channel", "4").put("thread", thread.as_str());
            line.put("title", subject.as_str()).put("text", text.as_str())
        })?;
    let first_reply_at = at + (lognormal(rng, 2.5, 1.1) * HOUR as f64) as i64;
    let solved_at = first_reply_at + (lognormal(rng, 14.0, 1.3) * HOUR as f64) as i64;
    let solved = chance(rng, 0.93).then_some(solved_at).and_then(|at| world.calendar.known(at));
    let reopened = solved.filter(|_| chance(rng, 0.06)).map(|at| at + DAY).and_then(|at| world.calendar.known(at));
    let csat =
        solved.filter(|_| chance(rng, 0.35)).map(|_| [5, 4, 3, 2, 1][weighted(rng, &[50.0, 28.0, 10.0, 6.0, 6.0])]);
    let level = ["low", "normal", "high"][weighted(rng, &[55.0, 35.0, 10.0])];
    let organization = person.organization_at(at).map(|number| world.organizations[number].id());
    let line =
        Line::of("ticket", "zendesk").put("id", id.as_str()).at("opened_at", at).put("requester", requester.clone());
    let line = line
        .maybe("organization", organization.clone())
        .put("subject", subject)
        .put("text", text)
        .put("level", level)
        .put("topics", vec![topic.feature])
        .maybe_at("first_reply_at", world.calendar.known(first_reply_at))
        .maybe_at("solved_at", solved)
        .maybe_at("reopened_at", reopened)
        .maybe("csat", csat)
        .maybe("linked_thread", escalated.then_some(thread));
    out.fact(at, line)?;
    if let (Some(score), Some(solved)) = (csat, solved) {
        let at = solved + whole(rng, HOUR, DAY);
        let Some(respondent) = person.account_at(Platform::Zendesk, at) else { return Ok(()) };
        let line =
            Line::of("survey_response", "zendesk").put("id", format!("csat-{id}")).put("kind", "csat").at("at", at);
        let line = line.put("respondent", respondent.clone()).maybe("organization", organization);
        out.fact(at, line.put("score", score))?;
    }
    Ok(())
}

/// A satisfaction survey every quarter, answered by one in six of those around.
fn surveys(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("support/surveys");
    for quarter in 0..world.calendar.days() / 91 {
        let sent = world.calendar.start_of(quarter * 91 + 60) + 10 * HOUR;
        for person in world.crowd().filter(|person| person.is_around(Venue::Chat, sent)) {
            let at = sent + (exponential(&mut rng, 2.0) * DAY as f64) as i64;
            if !chance(&mut rng, 0.16) || person.is_teammate(at) {
                continue;
            }
            let Some(respondent) = person.account_at(Platform::Slack, at) else { continue };
            let score = pick(&mut rng, &[10, 10, 10, 9, 9, 9, 9, 8, 8, 8, 7, 7, 6, 5, 3, 0]);
            let topic = Topic::draw(world, at, &mut rng);
            let comment = chance(&mut rng, 0.4)
                .then(|| topic.say(if score < 7 { &CONCERNS[..] } else { &PRAISE[..] }, "all", &mut rng));
            let id = format!("nps-{quarter}-{}", person.number);
            let organization = person.organization_at(at).map(|number| world.organizations[number].id());
            let line = Line::of("survey_response", "slack").put("id", id.as_str()).put("kind", "nps").at("at", at);
            let line = line.put("respondent", respondent.clone()).maybe("organization", organization);
            out.fact(at, line.put("score", score).maybe("comment", comment))?;
        }
    }
    Ok(())
}
