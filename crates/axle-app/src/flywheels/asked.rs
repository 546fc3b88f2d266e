//! Which facts may differ after a change, and so are asked again: of everybody, of some members, or of the activities of some
//! members and threads alone. What cannot be told is asked of everybody.

use std::collections::HashSet;

use axle_flywheel::{MemberRuns, Origin};
use axle_model::analytics::{Changes, News};
use jiff::Timestamp;

use super::facts::{Bounds, By, QUERIES};
use crate::directory::{Numbers, id_text};

/// How a query is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Nothing,
    /// The whole record, of everybody.
    Whole,
    /// The whole record, of members who differ.
    OfMembers,
    /// A few activities and places, of whoever did them or moved.
    OfDoers,
    /// A few activities, about their threads.
    OfThreads,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Asked {
    parts: Vec<Ask>,
    /// Whether any of them is asked of everybody, and of threads.
    has_whole: bool,
    has_threads: bool,
    changes: Changes,
    /// Public ids of members who differ.
    members: HashSet<String>,
    /// Of members whose activities differ.
    doers: HashSet<String>,
}

impl Asked {
    /// Everything, of everybody.
    pub(super) fn everything() -> Self {
        let parts = QUERIES.iter().map(|_| Ask::Whole).collect();
        let (members, doers) = (HashSet::new(), HashSet::new());
        Self { parts, has_whole: true, has_threads: false, changes: Changes::default(), members, doers }
    }

    /// What follows from the news. `was` and `is`: the bounds before and now.
    pub(super) fn after(news: News, was: &Bounds, is: &Bounds, numbers: &Numbers) -> Self {
        let News::Changes(changes) = news else { return Self::everything() };
        let changed_from = first_at(&changes);
        let scores_move = !was.spans_as(is)
            || (!changes.members.is_empty() && !changes.keeps_people)
            || changed_from.zip(is.months_until).is_some_and(|(at, until)| at < until);
        let says_nothing_of_threads = changes.threads.is_empty() && !changes.is_loose;
        let parts = QUERIES.iter().map(|query| {
            let has = |name: &str| query.tables.contains(name);
            let has_news = query.tables.iter().any(|table| changes.tables.contains(table));
            match query.by {
                _ if has_news => Ask::Whole,
                _ if was.leads != is.leads && query.follows_settings() => Ask::Whole,
                // With the first activity what has no beginning of its own begins.
                _ if was.first != is.first && query.rows.contains("$first") => Ask::Whole,
                _ if has("scores") => [Ask::Nothing, Ask::Whole][usize::from(scores_move)],
                Some(By::Member) if query.is_of_places() && changes.members.is_empty() => Ask::Nothing,
                Some(By::Member) if changes.identities.is_empty() => Ask::Nothing,
                Some(By::Member) => Ask::OfDoers,
                Some(By::Thread) if says_nothing_of_threads => Ask::Nothing,
                Some(By::Thread) => Ask::OfThreads,
                // A role at an organization ends with the stay there.
                None if has("held_roles") && !changes.members.is_empty() => Ask::OfMembers,
                // Facts say themselves which organization they are about: where members are now is not asked.
                None if changes.members.is_empty() || changes.moves_only => Ask::Nothing,
                // Rows of facts about somebody new are new themselves, unless they name people in words.
                None if changes.keeps_people && !query.finds_people() => Ask::Nothing,
                // What others came to counts by which colleague held it.
                None if has("teammates") && !changes.keeps_people => Ask::Whole,
                None => Ask::OfMembers,
            }
        });
        let member_of = |identity: &u32| numbers.index_of(*identity).and_then(|at| numbers.id_at.get(at as usize));
        let parts: Vec<Ask> = parts.collect();
        Self {
            has_whole: parts.contains(&Ask::Whole),
            has_threads: parts.contains(&Ask::OfThreads),
            parts,
            members: changes.members.iter().map(id_text).collect(),
            doers: changes.identities.iter().filter_map(member_of).map(id_text).collect(),
            changes,
        }
    }

    /// Whether facts of an origin about that member are asked again: what is found takes the place of what was.
    pub(super) fn of<'a>(&'a self, member_id: &str) -> impl Fn(Origin) -> bool + use<'a> {
        let (differs, did) = (self.members.contains(member_id), self.doers.contains(member_id));
        move |origin| match self.parts.get(usize::from(origin.part)) {
            Some(Ask::Whole) => true,
            Some(Ask::OfMembers) => differs,
            Some(Ask::OfDoers) => did,
            Some(Ask::OfThreads) => match origin.unit {
                u32::MAX => self.changes.is_loose,
                thread => self.changes.threads.contains(&thread),
            },
            Some(Ask::Nothing) | None => false,
        }
    }

    /// Parts to ask of the whole record.
    pub(super) fn whole(&self) -> impl Iterator<Item = usize> {
        self.numbered(|ask| matches!(ask, Ask::Whole | Ask::OfMembers))
    }

    /// Parts to ask of a few activities, and of which.
    pub(super) fn among(&self) -> Option<(&Changes, Vec<usize>)> {
        let parts: Vec<usize> = self.numbered(|ask| matches!(ask, Ask::OfDoers | Ask::OfThreads)).collect();
        (!parts.is_empty()).then_some((&self.changes, parts))
    }

    /// Whether facts of a member may go, at a glance.
    pub(super) fn may_be_of(&self, member_id: &str, runs: &MemberRuns) -> bool {
        self.has_whole
            || self.members.contains(member_id)
            || self.doers.contains(member_id)
            || (self.has_threads && (self.changes.is_loose || runs.is_about_any(&self.changes.threads)))
    }

    fn numbered(&self, is_meant: impl Fn(Ask) -> bool) -> impl Iterator<Item = usize> {
        self.parts.iter().enumerate().filter(move |(_, ask)| is_meant(**ask)).map(|(part, _)| part)
    }
}

/// From when on activities are not what they were.
pub(super) fn first_at(changes: &Changes) -> Option<Timestamp> {
    changes.first_at.and_then(|at| Timestamp::from_microsecond(at).ok())
}

#[cfg(test)]
mod tests {
    use axle_model::interchange::FactKind;

    use super::*;

    /// Whether the news tell of a table: facts of interchange, activities, threads, scores and who is where. Types of activities
    /// come with the first of them, plans of users with the users, contacts with the deals, and roles as they are held with
    /// roles and places.
    fn is_told(table: &str) -> bool {
        let follows = [
            "activities",
            "questions",
            "replies",
            "scores",
            "periods",
            "gauges",
            "activity_types",
            "product_plans",
            "stays",
            "deal_contacts",
            "held_roles",
        ];
        FactKind::of_table(table).is_some() || follows.contains(&table)
    }

    /// What a query names itself, and what it unpacks, needs no telling.
    #[test]
    fn all_that_queries_follow_from_is_told() {
        let own = [
            "unnest",
            "people",
            "stages",
            "spans",
            "named",
            "counted",
            "wanted",
            "placed",
            "told",
            "held",
            "stated",
            "select",
            "distinct",
            "level_before",
            "gauge_before",
            "percentile_before",
        ];
        for query in QUERIES.iter() {
            for table in query.tables.iter().filter(|table| !own.contains(&table.as_str())) {
                assert!(is_told(table), "{table}");
            }
        }
    }
}
