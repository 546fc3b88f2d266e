//! Champions: the roles that people hold, joined with who they are.

use std::collections::{BTreeMap, HashMap};

use axle_app::champions::{Attention, Champion, Role};
use axle_app::check_in;
use axle_app::tasks::Task;
use axle_model::time::start_of_day;
use axum::extract::Query;

use super::member::{excerpt, sentence_case};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::pages::champions::{Brief, BriefLine, ChampionLine, ChampionsPage};
use crate::pages::layout::Section;
use crate::pages::parts::Person;
use crate::visit::{Visit, level};

/// `GET /{workspace}/champions`
pub(crate) async fn page(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    visit.must_see_members()?;
    let asked = query.get("role").map_or("", String::as_str);
    let all = visit.opened.champions(visit.clock.now).await?;
    let roster = visit.opened.roster(visit.clock.now).await?;
    let organizations = visit.opened.organizations(visit.clock.now).await?;
    let names: HashMap<&str, &str> =
        organizations.iter().map(|line| (line.organization_id.as_str(), line.name.as_str())).collect();
    let mut roles: BTreeMap<&str, u64> = BTreeMap::new();
    for role in all.iter().flat_map(|champion| &champion.roles) {
        *roles.entry(&role.role).or_default() += 1;
    }
    let (tasks, now) = (visit.opened.tasks(visit.clock.now).await?, visit.clock.now);
    let check_ins = tasks.list.iter().filter(|task| task.template() == "check_in");
    let check_ins: HashMap<&str, &Task> = check_ins.map(|task| (task.wanted.member_id.as_str(), task)).collect();
    let need = |champion: &&Champion| champion.attention() == Attention::Silent;
    let mut briefs = briefs(&visit, all.iter().filter(need).map(|champion| champion.member_id.as_str())).await?;
    let step_of = |member_id: &str| roster.person(member_id).map_or(0, |person| person.member.step);
    let (mut silent, mut others) = (Vec::new(), Vec::new());
    for champion in all.iter() {
        if !(asked.is_empty() || champion.roles.iter().any(|role| role.role == asked)) {
            continue;
        }
        let check_in = check_ins.get(champion.member_id.as_str());
        let line = ChampionLine {
            person: Person::member(visit.slug(), &champion.member_id, roster.name_of(&champion.member_id)),
            roles: champion.roles.iter().map(|role| role_of(role, &names)).collect(),
            level: level(step_of(&champion.member_id), &roster.level_names),
            rhythm: champion.rhythm.map(|rhythm| (rhythm.days.observed, rhythm.days.expected)),
            alert: champion.alert.as_ref().map_or_else(Vec::new, |alert| {
                alert.judgement.texts(alert.as_of).iter().map(|text| format::unbroken(text)).collect()
            }),
            is_listed: check_in.is_some_and(|task| task.told_at.is_none()),
            brief: briefs.remove(&champion.member_id),
            since: champion.alert.as_ref().map(|alert| start_of_day(alert.as_of, &visit.clock.zone)),
            is_late: match check_in {
                Some(task) => task.told_at.is_some() && task.wanted.task.due_at < now,
                None => champion.health.as_ref().and_then(|health| health.run.due_at).is_some_and(|due| due < now),
            },
            state: state(champion),
            run: champion.health.as_ref().map(|health| {
                visit.link("flywheels").below(&health.run.flywheel).below("runs").below(&health.run.run_id)
            }),
            feedback: (champion.feedback, champion.feedback_waiting),
            said: visit.link("feedback").with("member", &champion.member_id),
        };
        if champion.attention() == Attention::Silent { silent.push(line) } else { others.push(line) }
    }
    html(&ChampionsPage {
        layout: visit.layout("Champions", Section::Champions),
        here: visit.link("champions").with("role", asked),
        roles: roles.into_iter().map(|(role, people)| (role.to_owned(), words(role), people)).collect(),
        silent,
        others,
        any: !all.is_empty(),
    })
}

/// What to know before somebody writes to these members, by their ids.
pub(super) async fn briefs<'a>(
    visit: &Visit,
    member_ids: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, Brief>, Failure> {
    let ids: Vec<&str> = member_ids.collect();
    let mut known = check_in::briefs(&visit.opened.workspace, &ids, visit.clock.now).await?;
    let lines = |lines: Vec<check_in::Line>| -> Vec<BriefLine> {
        let line = |line: check_in::Line| BriefLine { text: excerpt(&format::unbroken(&line.text), 120), at: line.at };
        lines.into_iter().map(line).collect()
    };
    let brief = |id: &str| {
        let check_in::Brief { topics, tickets, notes } = known.remove(id).unwrap_or_default();
        let parts =
            vec![("Last topics", lines(topics)), ("Open tickets", lines(tickets)), ("Last notes", lines(notes))];
        (id.to_owned(), Brief { parts, clock: visit.clock.clone() })
    };
    Ok(ids.into_iter().map(brief).collect())
}

/// `deal_champion` as `Deal champion`.
fn words(role: &str) -> String {
    sentence_case(&role.replace('_', " "))
}

fn role_of(role: &Role, names: &HashMap<&str, &str>) -> String {
    let at = role.organization_id.as_deref().and_then(|id| names.get(id));
    at.map_or_else(|| words(&role.role), |name| format!("{} at {name}", words(&role.role)))
}

fn state(champion: &Champion) -> String {
    let Some(health) = &champion.health else {
        return if champion.rhythm.is_some() { "New in the role" } else { "Not watched" }.into();
    };
    match champion.attention() {
        Attention::Away => "Busy, left alone for a while".into(),
        Attention::Well if health.run.ended_at.is_some() => {
            format!("Left: {}", health.run.reason.as_deref().map_or("done".into(), |reason| reason.replace('_', " ")))
        }
        _ => health.step.clone(),
    }
}
