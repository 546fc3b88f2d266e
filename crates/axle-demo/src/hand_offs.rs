//! Leads of the community on their way to sales: qualified by a builder, sent once they consent, and accepted, given back
//! or left lying there; then won or lost, and after that some close the loop.

use std::io;

use serde_json::{Value, json};

use crate::clock::{DAY, HOUR};
use crate::crm::{consent, some_account};
use crate::line::{Line, Out};
use crate::people::{Person, Platform};
use crate::random::{Stream, chance, exponential, lognormal, pick, weighted, whole};
use crate::texts::{PRAISE, Topic};

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
}

/// So many hours after an instant, mostly: half of the time sooner, and now and then much later.
fn after(at: i64, hours: f64, rng: &mut Stream) -> i64 {
    at + (lognormal(rng, hours, 0.9) * HOUR as f64) as i64
}

/// Writes what became of a lead.
pub fn write(out: &mut Out, lead: &Lead) -> io::Result<()> {
    let rng = &mut out.world.stream_of("crm/hand_offs", lead.number);
    let builder = out.world.teammate(lead.at, &["community"], rng).map(|person| person.name.as_str());
    let qualified_at = after(lead.at, 22.0, rng);
    if chance(rng, 0.08) {
        return decide(out, lead, ("qualify", "dismissed"), qualified_at, builder).map(|_| ());
    }
    if !decide(out, lead, ("qualify", "qualified"), qualified_at, builder)? {
        return Ok(());
    }
    let (consent_id, consented_at) = (format!("consent-signal-{}", lead.number), after(qualified_at, 12.0, rng));
    if !chance(rng, 0.78) || !consent(out, lead.member, "hand_off", consented_at, &consent_id)? {
        if chance(rng, 0.5) {
            decide(out, lead, ("ask_consent", "no_consent"), qualified_at + 4 * DAY, builder)?;
        }
        return Ok(());
    }
    let sent_at = after(consented_at, 3.0, rng);
    if some_account(lead.member, sent_at).is_none() {
        return Ok(());
    }
    let line = Line::of("hand_off", "axle").put("id", format!("lead-{}", lead.number));
    let line = line.put("identity", lead.identity.clone()).put("flywheel", "community_qualified_leads");
    let line = line.at("qualified_at", qualified_at).maybe("from", builder).put("consent", consent_id);
    if out.world.calendar.known(sent_at).is_none() {
        return out.fact(qualified_at, line).map(|_| ());
    }
    let (line, accepted_at) = sent(out, lead, line, sent_at, rng);
    out.fact(sent_at, line)?;
    match accepted_at {
        Some(at) => sell(out, lead, at, rng),
        None => Ok(()),
    }
}

/// What sales makes of a lead that it took: a deal that is won or lost, and after a won one some tell their story or bring somebody.
fn sell(out: &mut Out, lead: &Lead, accepted_at: i64, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let contacted_at = after(accepted_at, 14.0, rng);
    if some_account(lead.member, contacted_at).is_none() {
        return Ok(());
    }
    let line = Line::of("push", "crm").put("id", format!("lead-{}-contact", lead.number)).at("at", contacted_at);
    let line = line.put("kind", "outreach").put("department", "sales");
    out.fact(contacted_at, line.put("subjects", vec![lead.identity.clone()]))?;
    say_how_it_was(out, lead, contacted_at + 3 * DAY)?;
    let closed_at = contacted_at + (lognormal(rng, 40.0, 0.7) * DAY as f64) as i64;
    let outcome = ["won", "lost", "open"][weighted(rng, &[55.0, 33.0, 12.0])];
    let Some(organization) = lead.member.organization_at(contacted_at).filter(|_| outcome != "open") else {
        // Without an organization there is nobody to sell to.
        let by = world.teammate(contacted_at, &["sales"], rng).map(|person| person.name.as_str());
        let is_given_up = outcome != "open" && chance(rng, 0.7);
        return if is_given_up { decide(out, lead, ("follow_up", "lost"), closed_at, by).map(|_| ()) } else { Ok(()) };
    };
    let organization = &world.organizations[organization];
    let known = world.calendar.known(closed_at);
    let stage = known.map_or("evaluation", |_| if outcome == "won" { "closed_won" } else { "closed_lost" });
    let contact = json!({"identity": lead.identity, "role": "user"});
    let line = Line::of("deal", "crm").put("id", format!("deal-lead-{}", lead.number));
    let line = line.put("organization", organization.id()).put("name", format!("{} seats", organization.name));
    let line = line.put("amount", whole(rng, 30, 180) * 10_000).put("currency", "EUR").put("motion", "self_serve");
    let line = line.at("created_at", contacted_at).put("stage", stage).maybe_at("closed_at", known);
    let line = line.maybe("won", known.map(|_| outcome == "won")).put("contacts", vec![contact]);
    if out.fact(contacted_at, line.put("owner", organization.owner.as_str()))? && outcome == "won" {
        close_the_loop(out, lead, closed_at, rng)?;
    }
    Ok(())
}

/// Two of three say how satisfied they were with being handed over.
fn say_how_it_was(out: &mut Out, lead: &Lead, at: i64) -> io::Result<()> {
    const SCORES: [u8; 7] = [5, 4, 5, 3, 5, 2, 4];
    if lead.number.is_multiple_of(3) || some_account(lead.member, at).is_none() {
        return Ok(());
    }
    let line = Line::of("survey_response", "axle").put("id", format!("lead-{}-how", lead.number)).put("kind", "csat");
    let line = line.at("at", at).put("respondent", lead.identity.clone()).put("channel", "hand_off");
    out.fact(at, line.put("score", SCORES[lead.number % SCORES.len()])).map(drop)
}

fn close_the_loop(out: &mut Out, lead: &Lead, won_at: i64, rng: &mut Stream) -> io::Result<()> {
    let at = won_at + DAY + (exponential(rng, 55.0) * DAY as f64) as i64;
    let id = format!("lead-{}-story", lead.number);
    match weighted(rng, &[40.0, 32.0, 28.0]) {
        0 => {
            let platforms = [Platform::Slack, Platform::Discourse, Platform::Crm];
            let platform = platforms.into_iter().find(|&platform| lead.member.account_at(platform, at).is_some());
            let Some(platform) = platform else { return Ok(()) };
            let text = Topic::draw(out.world, at, rng).say(&PRAISE, "all", rng);
            out.act(lead.member, platform, "story:testimonial:given", &id, at, |line| line.put("text", text)).map(drop)
        }
        1 => {
            let line = Line::of("invite", "axle").put("id", id.as_str()).put("inviter", lead.identity.clone());
            let line = line.put("recipient", format!("r-{id}")).at("sent_at", at).put("kind", "sales_intro");
            if some_account(lead.member, at).is_none() { Ok(()) } else { out.fact(at, line).map(drop) }
        }
        _ => Ok(()),
    }
}

/// Fills in to whom it went and what they did; says when it was accepted.
fn sent(out: &Out, lead: &Lead, line: Line, sent_at: i64, rng: &mut Stream) -> (Line, Option<i64>) {
    let world = out.world;
    let organization = lead
        .member
        .organization_at(sent_at)
        .and_then(|number| world.organizations.iter().find(|organization| organization.number == number));
    let seller = world.teammate(sent_at, &["sales"], rng).map(|person| person.name.as_str());
    let to = organization.map(|organization| organization.owner.as_str()).or(seller);
    let opened_at = chance(rng, 0.9).then(|| after(sent_at, 5.0, rng));
    let decided_at = opened_at.map(|at| at + whole(rng, 1, 4) * HOUR);
    let is_accepted = chance(rng, 0.8);
    let accepted_at = decided_at.filter(|_| is_accepted).and_then(|at| world.calendar.known(at));
    let returned_at = decided_at.filter(|_| !is_accepted).map(|at| at + whole(rng, 1, 5) * DAY);
    let returned_at = returned_at.and_then(|at| world.calendar.known(at));
    let reason = pick(rng, &REASONS);
    let line = line.at("sent_at", sent_at).at("told_at", sent_at - HOUR).put("to", to.unwrap_or("sales"));
    let line = line.maybe("organization", organization.map(|organization| organization.id()));
    let line = line.put("complete", chance(rng, 0.92)).put("note", pick(rng, &NOTES));
    let line = line.maybe_at("opened_at", opened_at.and_then(|at| world.calendar.known(at)));
    let line = line.maybe_at("accepted_at", accepted_at).maybe_at("returned_at", returned_at);
    let line = line.maybe("reason", returned_at.map(|_| reason));
    (line.at("expires_at", accepted_at.map_or(sent_at + 30 * DAY, |at| at + 90 * DAY)), accepted_at)
}

/// A builder's decision on the lead; says whether it was made before the simulation ends.
fn decide(out: &mut Out, lead: &Lead, (kind, outcome): (&str, &str), at: i64, by: Option<&str>) -> io::Result<bool> {
    let step = match kind {
        "qualify" => "signals_need",
        "ask_consent" => "introduction",
        _ => "sales_helps",
    };
    if some_account(lead.member, at).is_none() {
        return Ok(false);
    }
    let line = Line::of("task", "axle").put("id", format!("lead-{}-{kind}", lead.number)).put("kind", kind);
    let line = line.maybe("assignee", by).put("state", "done").put("outcome", outcome);
    let line = line.put("identity", lead.identity.clone()).put("flywheel", "community_qualified_leads");
    out.fact(at, line.put("step", step).on("due_at", at).at("done_at", at))
}
