//! Customer relations: deals with stages and contacts, champions and their consents, signals, subscriptions, notes, tasks.

use std::io;

use serde_json::{Value, json};

use crate::clock::{self, DAY, HOUR};
use crate::hand_offs::{self, Lead};
use crate::line::{Line, Out};
use crate::organizations::Organization;
use crate::people::{Person, Platform, Venue};
use crate::random::{Stream, chance, exponential, lognormal, pick, poisson, weighted, whole};
use crate::roles::Role;
use crate::texts::{PRICING, Topic};

const STAGES: [&str; 5] = ["qualification", "discovery", "evaluation", "negotiation", "closing"];

/// Writes the part.
pub fn write(out: &mut Out) -> io::Result<()> {
    let line = Line::of("channel", "crm").put("id", "crm").put("name", "Sales").put("kind", "crm");
    out.state(line.put("ownership", "owned").put("department", "sales"))?;
    let world = out.world;
    for organization in world.organizations.iter().filter(|organization| !organization.scripted) {
        let rng = &mut world.stream_of("crm", organization.number);
        deals(out, organization, rng)?;
        subscription(out, organization, rng)?;
    }
    advocates(out)?;
    contacts(out)?;
    signals(out)
}

/// People who have accounts and work there at that instant, the keenest first.
pub fn staff<'a>(out: &Out<'a>, organization: &Organization, at: i64) -> Vec<&'a Person> {
    let world = out.world;
    let works = |person: &&Person| person.organization_at(at) == Some(organization.number) && at < person.until();
    let mut staff: Vec<_> = world.crowd().filter(works).filter(|person| person.joined_at <= at).collect();
    staff.sort_by(|a, b| b.intensity.total_cmp(&a.intensity));
    staff
}

/// The first account that they have at that instant.
pub fn some_account(person: &Person, at: i64) -> Option<&Value> {
    let platforms = [Platform::Crm, Platform::Slack, Platform::Discourse, Platform::Github, Platform::Meetup];
    platforms.iter().find_map(|&platform| person.account_at(platform, at))
}

fn deals(out: &mut Out, organization: &Organization, rng: &mut Stream) -> io::Result<()> {
    let count = match organization.lifecycle {
        "none" | "partner" => 0,
        "prospect" => poisson(rng, 0.3),
        _ => 1 + poisson(rng, 0.6),
    };
    for number in 0..count {
        deal(out, organization, number, rng)?;
    }
    Ok(())
}

fn deal(out: &mut Out, organization: &Organization, number: u32, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let length = (lognormal(rng, 62.0, 0.6) * DAY as f64) as i64;
    let first = number == 0;
    let created_at = match organization.customer_since {
        Some(since) if first => (since - length).max(world.calendar.start),
        _ if organization.lifecycle == "opportunity" && first => world.calendar.end - whole(rng, 5 * DAY, 70 * DAY),
        _ => world.calendar.start + whole(rng, 0, world.calendar.end - world.calendar.start - DAY),
    };
    let open = organization.lifecycle == "opportunity" && first;
    let ended_at =
        organization.customer_since.filter(|_| first).unwrap_or(created_at + length).max(created_at + 5 * DAY);
    let closed_at = world.calendar.known(ended_at).filter(|_| !open);
    let won = first && organization.customer_since.is_some() || chance(rng, 0.32);
    let reached = if closed_at.is_some() { STAGES.len() } else { 1 + whole(rng, 0, 3) as usize };
    let step = (closed_at.unwrap_or(world.calendar.end) - created_at) / (reached as i64 + 1);
    let mut stages: Vec<_> = (0..reached)
        .map(|index| json!({"stage": STAGES[index], "at": clock::instant(created_at + step * index as i64)}))
        .collect();
    let last = if won { "closed_won" } else { "closed_lost" };
    if let Some(closed_at) = closed_at {
        stages.push(json!({"stage": last, "at": clock::instant(closed_at)}));
    }
    let people = staff(out, organization, created_at);
    let contacts: Vec<_> = people
        .iter()
        .filter(|person| person.erased_at.is_none())
        .take(3)
        .filter_map(|person| some_account(person, created_at))
        .zip(["champion", "decision_maker", "user"])
        .map(|(identity, role)| json!({"identity": identity, "role": role}))
        .collect();
    let amount = [480_000, 1_500_000, 6_000_000][weighted(rng, &[5.0, 3.0, 1.5])] * whole(rng, 60, 180) / 100;
    let motion = if amount > 1_000_000 { "high_touch" } else { "self_serve" };
    let id = format!("deal-{}-{number}", organization.number);
    let campaign = chance(rng, 0.3).then(|| format!("launch-{}", world.version(created_at)));
    let line = Line::of("deal", "crm").put("id", id.as_str()).put("organization", organization.id());
    let line = line
        .put("name", format!("{} {}", organization.name, if first { "new business" } else { "expansion" }))
        .put("amount", amount)
        .put("currency", "EUR")
        .at("created_at", created_at)
        .put("stage", if closed_at.is_some() { last } else { STAGES[reached - 1] })
        .put("stages", stages)
        .maybe_at("closed_at", closed_at)
        .maybe("won", closed_at.map(|_| won))
        .put("motion", motion)
        .put("owner", organization.owner.as_str())
        .put("contacts", contacts)
        .maybe("primary_campaign", campaign.as_deref());
    out.fact(created_at, line)?;
    if let Some(campaign) = campaign {
        webinar(out, &people, &id, created_at + 2 * DAY, &campaign)?;
    }
    let task = Line::of("task", "crm").put("id", format!("task-{id}")).put("kind", "first_contact");
    let task = task.put("assignee", organization.owner.as_str()).on("due_at", created_at + HOUR).put("state", "done");
    out.fact(created_at + HOUR, task.put("outcome", "talked"))?;
    let acts_until = closed_at.unwrap_or(world.calendar.end);
    let champions = people.iter().filter(|person| person.account_at(Platform::Crm, created_at).is_some());
    for champion in champions.take(if motion == "high_touch" { 2 } else { 1 }) {
        if chance(rng, 0.85) {
            let kickoff = closed_at.filter(|_| won).map(|at| at + whole(rng, 1, 12) * DAY);
            let deal =
                ChampionedDeal { organization, id: &id, from: created_at + step / 2, until: acts_until, kickoff };
            deal_champion(out, champion, &deal, rng)?;
        }
    }
    Ok(())
}

/// Two of those who may buy come to the webinar of a campaign.
fn webinar(out: &mut Out, people: &[&Person], deal: &str, at: i64, campaign: &str) -> io::Result<()> {
    let Some(at) = out.world.calendar.known(at) else { return Ok(()) };
    for person in people.iter().filter(|person| person.erased_at.is_none()).take(2) {
        let platforms = [Platform::Crm, Platform::Slack, Platform::Discourse, Platform::Meetup];
        let account = platforms.into_iter().find(|platform| person.account_at(*platform, at).is_some());
        let Some(platform) = account else { continue };
        let id = format!("{deal}:w{}", person.number);
        out.act(person, platform, "webinar:session:attended", &id, at, |line| line.put("campaign", campaign))?;
    }
    Ok(())
}

/// A deal that champions help with.
struct ChampionedDeal<'a> {
    organization: &'a Organization,
    id: &'a str,
    from: i64,
    until: i64,
    /// When the customer starts, if the deal is won.
    kickoff: Option<i64>,
}

/// A champion is asked, says yes, is introduced, and helps until the deal is closed and the customer starts. Some never meet
/// anybody, and some do nothing.
fn deal_champion(out: &mut Out, champion: &Person, deal: &ChampionedDeal, rng: &mut Stream) -> io::Result<()> {
    let world = out.world;
    let ChampionedDeal { organization, id, from, until, kickoff } = *deal;
    let by = world.teammate(from, &["community"], rng).map(|person| person.name.as_str());
    let consent_id = format!("consent-{id}-{}", champion.number);
    if !consent(out, champion, "hand_off", from - DAY, &consent_id)? {
        return Ok(());
    }
    let Some(identity) = some_account(champion, from) else { return Ok(()) };
    let line = Line::of("role", "crm").put("identity", identity.clone()).put("role", "deal_champion").on("from", from);
    let line = line.maybe_on("to", world.calendar.known(until + 180 * DAY)).put("organization", organization.id());
    let line = line.put("deal", id).maybe("by", by).put("reason", "Asked, knows the team, wants it to happen");
    out.fact(from, line.put("consent", consent_id))?;
    let met_at = from + (lognormal(rng, 2.0, 0.9) * DAY as f64) as i64;
    if !chance(rng, 0.88) || met_at >= until {
        return Ok(());
    }
    let line = Line::of("task", "crm").put("id", format!("met-{id}-{}", champion.number)).put("kind", "introduce");
    let line = line.put("flywheel", "deal_champions").put("step", "introduced").put("organization", organization.id());
    let line = line.maybe("assignee", by).on("due_at", met_at).put("state", "done").put("outcome", "meeting held");
    let Some(identity) = some_account(champion, met_at) else { return Ok(()) };
    out.fact(met_at, line.put("identity", identity.clone()).at("done_at", met_at))?;
    let mut at = met_at;
    for number in 0..whole(rng, 0, 5) {
        at += DAY + (exponential(rng, 14.0) * DAY as f64) as i64;
        if at >= until {
            break;
        }
        let kind = if chance(rng, 0.4) { "champion:intro:made" } else { "champion:internal_advocacy:done" };
        let done =
            if kind.contains("intro") { "Introduced us to the head of data" } else { "Ran a demo for colleagues" };
        let act = format!("{id}:{}:c{number}", champion.number);
        out.act(champion, Platform::Crm, kind, &act, at, |line| {
            line.put("channel", "crm").put("text", done).put("object", json!({"kind": "deal", "id": id}))
        })?;
    }
    let Some((at, identity)) = kickoff.and_then(|at| Some((at, some_account(champion, at)?))) else { return Ok(()) };
    let event = format!("kickoff-{id}-{}", champion.number);
    let line = Line::of("event", "crm").put("id", event.as_str()).put("kind", "kickoff").at("starts_at", at);
    if !out.fact(at, line.put("name", format!("Kickoff with {}", organization.name)))? {
        return Ok(());
    }
    let line = Line::of("attendance", "crm").put("event", event).put("identity", identity.clone());
    out.fact(at, line.put("state", "attended").at("at", at).put("role", "guest").put("minutes", 55)).map(|_| ())
}

/// A consent given at that instant. Says whether there was an account to give it with.
pub fn consent(out: &mut Out, person: &Person, kind: &str, at: i64, id: &str) -> io::Result<bool> {
    let Some(identity) = some_account(person, at) else { return Ok(false) };
    let line = Line::of("consent", "axle").put("id", id).put("identity", identity.clone()).put("kind", kind);
    out.fact(at, line.at("at", at).put("text_version", "2").put("channel", "chat"))
}

fn subscription(out: &mut Out, organization: &Organization, rng: &mut Stream) -> io::Result<()> {
    let Some(since) = organization.customer_since else { return Ok(()) };
    let world = out.world;
    let ended_at = organization.churned_at.and_then(|at| world.calendar.known(at));
    let renewals: Vec<_> = (1..20)
        .map(|year| since + year * 365 * DAY)
        .take_while(|&due| due < ended_at.unwrap_or(world.calendar.end))
        .map(|due| {
            let renewed_at = due - whole(rng, 0, 20) * DAY;
            json!({"due_at": clock::date(due), "renewed_at": clock::date(renewed_at)})
        })
        .collect();
    let mrr = match organization.plan {
        Some("enterprise") => 400_000,
        Some("business") => 90_000,
        _ => 30_000,
    };
    let line = Line::of("subscription", "crm").put("id", format!("sub-{}", organization.number));
    let line = line.put("organization", organization.id()).on("started_at", since).put("renewals", renewals);
    let line = line.maybe_on("ended_at", ended_at).maybe("plan", organization.plan);
    out.fact(since, line.put("mrr", mrr * whole(rng, 70, 150) / 100).put("currency", "EUR"))?;
    let note = Line::of("note", "crm").put("id", format!("note-sub-{}", organization.number));
    let note = note.put("organization", organization.id()).put("author", organization.owner.as_str());
    let text = pick(
        rng,
        &[
            "Kickoff held with the data team. They want to be live before the end of the quarter.",
            "Procurement was slow, the team itself is eager. Keep the champion informed.",
            "They plan to move three more teams over next year.",
        ],
    );
    out.fact(since + DAY, note.put("text", text).put("visibility", "team").at("at", since + DAY)).map(|_| ())
}

/// Members who do much become champions, advocates, moderators.
fn advocates(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    for Role { person, name, from } in &world.roles {
        let (person, from) = (&world.people[*person], *from);
        let rng = &mut world.stream_of("crm/advocates", person.number);
        let consent_id = format!("consent-role-{}", person.number);
        if !consent(out, person, "recognition", from - DAY, &consent_id)? {
            continue;
        }
        let Some(identity) = some_account(person, from) else { continue };
        let to = world.calendar.known(person.until() + 120 * DAY);
        let line = Line::of("role", "axle").put("identity", identity.clone()).put("role", *name).on("from", from);
        let by = world.teammate(from, &["community"], rng).map(|person| person.name.as_str());
        let line = line.maybe_on("to", to).maybe("by", by).put("reason", "Helps others week after week");
        out.fact(from, line.put("consent", consent_id))?;
        moderate(out, person, name, from)?;
    }
    Ok(())
}

fn moderate(out: &mut Out, person: &Person, role: &str, from: i64) -> io::Result<()> {
    if role != "moderator" {
        return Ok(());
    }
    let platform = if person.since(Platform::Slack).is_some() { Platform::Slack } else { Platform::Discourse };
    for month in 1.. {
        let at = from + month * 30 * DAY;
        if at >= person.until() {
            break;
        }
        let id = format!("moderated-{}-{month}", person.number);
        out.act(person, platform, "space:moderated", &id, at, |line| line)?;
    }
    Ok(())
}

/// Every sixth of those in the chat agrees to be written to, and so may be introduced to others.
fn contacts(out: &mut Out) -> io::Result<()> {
    let agrees =
        |person: &&Person| person.number.is_multiple_of(6) && person.hired.is_none() && person.erased_at.is_none();
    for person in out.world.crowd().filter(agrees) {
        let Some(since) = person.since(Platform::Slack) else { continue };
        consent(out, person, "contact", since + 10 * DAY, &format!("consent-contact-{}", person.number))?;
    }
    Ok(())
}

/// Signs that somebody might buy: most are read from what they wrote, some were said aloud. Every second is of somebody who began
/// with the product some weeks or months ago.
fn signals(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    let mut rng = world.stream("crm/signals");
    let mut users: Vec<(i64, &Person)> = world
        .crowd()
        .filter(|person| person.hired.is_none())
        .filter_map(|person| Some((person.since(Platform::Product)?, person)))
        .collect();
    users.sort_by_key(|(since, person)| (*since, person.number));
    let days = world.calendar.spread(world.per_member(0.12), world.presence(Venue::Chat), &mut rng);
    let mut count = 0;
    for (day, signals) in days.into_iter().enumerate() {
        for _ in 0..signals {
            count += 1;
            let at = world.calendar.start_of(day) + 15 * HOUR;
            let new = chance(&mut rng, 0.5).then(|| newcomer(&users, at, &mut rng)).flatten();
            let member = new.or_else(|| world.someone(Venue::Chat, at, &mut rng));
            let Some(member) = member.filter(|member| !member.is_teammate(at)) else { continue };
            let Some(identity) = some_account(member, at) else { continue };
            let topic = Topic::draw(world, at, &mut rng);
            let quote = topic.titled(&PRICING, &mut rng).0;
            let explicit = chance(&mut rng, 0.5);
            let builder = world.teammate(at, &["community"], &mut rng).map(|person| person.name.as_str());
            let line = Line::of("signal", "axle").put("id", format!("signal-{count}")).at("at", at);
            let line = line.put("member", identity.clone()).put("kind", if explicit { "explicit" } else { "inferred" });
            out.fact(at, line.put("quote", quote).maybe("recorded_by", builder.filter(|_| explicit)))?;
            if explicit {
                hand_offs::write(out, &Lead { member, identity, number: count, at })?;
            }
        }
    }
    Ok(())
}

/// Somebody who signed up for the product three weeks to five months before.
fn newcomer<'a>(users: &[(i64, &'a Person)], at: i64, rng: &mut Stream) -> Option<&'a Person> {
    let place = |at: i64| users.partition_point(|(since, _)| *since < at);
    let recent = &users[place(at - 150 * DAY)..place(at - 21 * DAY)];
    let is_there = |person: &&Person| at < person.quiet_from.max(person.joined_at + 60 * DAY) && person.joined_at <= at;
    let one = |_| Some(pick(rng, recent).1).filter(is_there);
    if recent.is_empty() { None } else { (0..6).find_map(one) }
}
