//! Leads of the community on their way to sales: qualified by a builder, sent once they consent, and accepted, given back
//! or left lying there.

use std::io;

use serde_json::Value;

use crate::clock::{DAY, HOUR};
use crate::line::{Line, Out};
use crate::people::Person;
use crate::random::{Stream, chance, pick, whole};

const NOTES: [&str; 4] = [
    "Decides together with the head of data. Likes short messages.",
    "Runs the trial for three teams and wants to know about limits first.",
    "Has been with us for a while and helps others. Be patient.",
    "Asked about single sign-on twice; send the security page.",
];
const REASONS: [&str; 4] = ["no_budget", "no_need", "no_reply", "wrong_organization"];

/// A member who raised their hand at an instant.
pub struct Lead<'a> {
    /// Who.
    pub member: &'a Person,
    /// As lines name them.
    pub identity: &'a Value,
    /// Tells leads apart.
    pub number: usize,
    /// When.
    pub at: i64,
    /// Id and instant of their consent, if they gave one.
    pub consent: Option<(String, i64)>,
}

/// Writes what became of a lead.
pub fn write(out: &mut Out, lead: &Lead) -> io::Result<()> {
    let rng = &mut out.world.stream_of("crm/hand_offs", lead.number);
    let builder = out.world.teammate(lead.at, &["community"], rng).map(|person| person.name.as_str());
    let qualified_at = lead.at + DAY;
    if !decide(out, lead, "qualify", "qualified", qualified_at, builder)? {
        return Ok(());
    }
    let Some((consent, consented_at)) = &lead.consent else {
        if chance(rng, 0.5) {
            decide(out, lead, "ask_consent", "no_consent", qualified_at + 4 * DAY, builder)?;
        }
        return Ok(());
    };
    let sent_at = consented_at + 3 * HOUR;
    let line = Line::of("hand_off", "axle").put("id", format!("lead-{}", lead.number));
    let line = line.put("identity", lead.identity.clone()).put("flywheel", "community_qualified_leads");
    let line = line.at("qualified_at", qualified_at).maybe("from", builder).put("consent", consent.as_str());
    if out.world.calendar.known(sent_at).is_none() {
        return out.fact(qualified_at, line).map(|_| ());
    }
    let line = sent(out, lead, line, sent_at, rng);
    out.fact(sent_at, line).map(|_| ())
}

/// Fills in to whom it went and what they did.
fn sent(out: &Out, lead: &Lead, line: Line, sent_at: i64, rng: &mut Stream) -> Line {
    let world = out.world;
    let organization = lead
        .member
        .organization_at(sent_at)
        .and_then(|number| world.organizations.iter().find(|organization| organization.number == number));
    let seller = world.teammate(sent_at, &["sales"], rng).map(|person| person.name.as_str());
    let to = organization.map(|organization| organization.owner.as_str()).or(seller);
    let opened_at = chance(rng, 0.85).then(|| sent_at + whole(rng, 1, 20) * HOUR);
    let decided_at = opened_at.map(|at| at + whole(rng, 1, 4) * HOUR);
    let is_accepted = chance(rng, 0.8);
    let accepted_at = decided_at.filter(|_| is_accepted).and_then(|at| world.calendar.known(at));
    let returned_at = decided_at.filter(|_| !is_accepted).map(|at| at + whole(rng, 1, 5) * DAY);
    let returned_at = returned_at.and_then(|at| world.calendar.known(at));
    let reason = pick(rng, &REASONS);
    let line = line.at("sent_at", sent_at).at("told_at", sent_at - HOUR).put("to", to.unwrap_or("sales"));
    let line = line.maybe("organization", organization.map(|organization| organization.id()));
    let line = line.put("complete", chance(rng, 0.85)).put("note", pick(rng, &NOTES));
    let line = line.maybe_at("opened_at", opened_at.and_then(|at| world.calendar.known(at)));
    let line = line.maybe_at("accepted_at", accepted_at).maybe_at("returned_at", returned_at);
    let line = line.maybe("reason", returned_at.map(|_| reason));
    line.at("expires_at", accepted_at.map_or(sent_at + 30 * DAY, |at| at + 90 * DAY))
}

/// A builder's decision on the lead; says whether it was made before the simulation ends.
fn decide(out: &mut Out, lead: &Lead, kind: &str, outcome: &str, at: i64, by: Option<&str>) -> io::Result<bool> {
    let step = if kind == "qualify" { "signals_need" } else { "introduction" };
    let line = Line::of("task", "axle").put("id", format!("lead-{}-{kind}", lead.number)).put("kind", kind);
    let line = line.maybe("assignee", by).put("state", "done").put("outcome", outcome);
    let line = line.put("identity", lead.identity.clone()).put("flywheel", "community_qualified_leads");
    out.fact(at, line.put("step", step).on("due_at", at).at("done_at", at))
}
