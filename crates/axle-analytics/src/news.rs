//! What changed since somebody asked, so that only what may follow from it is asked again: whose activities, in which threads,
//! who is who, and which facts. And the part of the activities that such questions need.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use axle_model::activity::Flags;
use axle_model::analytics::{AnalyticsError, Changes, IdentityRow, News, Seq};
use datafusion::arrow::array::{Array, BooleanArray, BooleanBufferBuilder, RecordBatch, new_null_array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::FieldRef;

use crate::columns::{ACTIVITY_SCHEMA, id_at, ids, internal, u32s};
use crate::directory::{DirectoryIndex, NONE};
use crate::rows::{Rows, short};
use crate::segment;
use crate::tables::thread_walk::{COLUMNS, Event, Object, collect, object};

/// After more activities than these everything is asked again, which costs about as much.
const MANY: usize = 50_000;

/// What changed since somebody asked.
#[derive(Debug)]
pub(crate) struct Noted {
    events: Vec<Event>,
    /// States of activities that hold no longer.
    pub stale: Vec<Seq>,
    /// Tables of facts.
    pub tables: BTreeSet<String>,
    /// As it was then, but for those who have moved.
    directory: Arc<DirectoryIndex>,
    /// Members whose organizations alone differ, by number.
    moved: HashSet<u32>,
}

impl Noted {
    pub(crate) fn new(directory: &Arc<DirectoryIndex>) -> Self {
        let (tables, moved) = (BTreeSet::new(), HashSet::new());
        Self { events: Vec::new(), stale: Vec::new(), tables, directory: directory.clone(), moved }
    }

    /// Notes that members moved, which is all that a directory differs from another in.
    pub(crate) fn move_members(&mut self, members: &[u32], before: &Arc<DirectoryIndex>, after: &Arc<DirectoryIndex>) {
        // Otherwise the directories are compared anyway.
        if Arc::ptr_eq(&self.directory, before) {
            self.directory = after.clone();
            self.moved.extend(members);
        }
    }

    /// Notes activities that came.
    pub(crate) fn add(&mut self, batch: &RecordBatch) {
        if self.events.len() <= MANY {
            collect(batch, &mut self.events, |_, _, _, _| true);
        }
    }

    /// What all of it may have changed.
    pub(crate) fn told(mut self, rows: &Rows, now: &DirectoryIndex) -> Result<News, AnalyticsError> {
        if self.events.len() + self.stale.len() > MANY {
            return Ok(News::Everything);
        }
        let tables = std::mem::take(&mut self.tables);
        let mut changes = Changes { keeps_people: true, moves_only: true, tables, ..Changes::default() };
        if !std::ptr::eq(&*self.directory, now) && !compare(&self.directory, now, &mut changes) {
            return Ok(News::Everything);
        }
        for member in &self.moved {
            changes.members.extend(now.member(*member).map(|row| row.member_id));
            changes.identities.extend(now.identities_of(*member));
        }
        let stale: HashSet<Seq> = self.stale.into_iter().collect();
        if !stale.is_empty() {
            let has_some = |seqs: std::ops::RangeInclusive<Seq>| stale.iter().any(|seq| seqs.contains(seq));
            let takes = |seq, _, _, _| stale.contains(&seq);
            let wanted = |segment: &axle_model::analytics::Segment| has_some(segment.min_seq..=segment.max_seq);
            rows.read(COLUMNS, wanted, |batch| collect(batch, &mut self.events, takes))?;
        }
        // What is said in a thread is the same wherever people work.
        let old = if changes.moves_only { HashSet::new() } else { changes.identities.clone() };
        let mut liked: HashSet<Object> = HashSet::new();
        for event in &self.events {
            let kind = now.activity_type(event.activity_type);
            changes.identities.insert(event.identity);
            changes.first_at = Some(changes.first_at.map_or(event.at, |first| first.min(event.at)));
            match event.thread {
                NONE if kind.flags.has(Flags::LIKE) => liked.extend(event.parent),
                NONE => changes.is_loose |= kind.is_post || kind.is_acceptance,
                thread => drop(changes.threads.insert(thread)),
            }
        }
        threads_of(rows, &old, &liked, now, &mut changes)?;
        // What follows from somebody's activities follows from those of all their accounts.
        let members: HashSet<u32> = changes.identities.iter().map(|identity| now.member_of(*identity)).collect();
        let known = members.into_iter().filter(|member| *member != NONE);
        changes.identities.extend(known.flat_map(|member| now.identities_of(member)));
        Ok(News::Changes(changes))
    }
}

/// Adds the threads in which these identities did something and those of the objects that were liked.
fn threads_of(
    rows: &Rows,
    identities: &HashSet<u32>,
    liked: &HashSet<Object>,
    directory: &DirectoryIndex,
    changes: &mut Changes,
) -> Result<(), AnalyticsError> {
    if identities.is_empty() && liked.is_empty() {
        return Ok(());
    }
    let is_theirs = marks(identities);
    let mut note = |batch: &RecordBatch, objects: Option<&RecordBatch>| {
        let (identity, kind, thread) = (u32s(batch, "identity"), u32s(batch, "activity_type"), u32s(batch, "thread"));
        let objects = objects.map(|batch| ids(batch, "activity_id"));
        let liked_at = |row: usize| objects.and_then(|ids| id_at(ids, row)).map(object);
        for row in 0..batch.num_rows() {
            if !is_theirs(identity.value(row)) && !liked_at(row).is_some_and(|id| liked.contains(&id)) {
                continue;
            }
            if thread.is_valid(row) {
                changes.threads.insert(thread.value(row));
            } else {
                let kind = directory.activity_type(kind.value(row));
                changes.is_loose |= kind.is_post || kind.is_acceptance;
            }
        }
    };
    for one in &rows.segments {
        let objects = match liked.is_empty() {
            true => Vec::new(),
            false => segment::read(&rows.folder, &one.path, &["activity_id"])?,
        };
        let keys = rows.keys(one)?;
        keys.rows.iter().enumerate().for_each(|(number, batch)| note(batch, objects.get(number)));
    }
    rows.tail.iter().for_each(|batch| note(batch, (!liked.is_empty()).then_some(batch)));
    Ok(())
}

/// Whether a number is among some.
fn marks(numbers: &HashSet<u32>) -> impl Fn(u32) -> bool + use<> {
    let mut marked = vec![false; numbers.iter().max().map_or(0, |greatest| *greatest as usize + 1)];
    numbers.iter().for_each(|number| marked[*number as usize] = true);
    move |number| marked.get(number as usize).copied().unwrap_or(false)
}

/// Notes members who differ, their accounts, and threads that were closed. `false`: too much differs to say what.
fn compare(before: &DirectoryIndex, now: &DirectoryIndex, changes: &mut Changes) -> bool {
    let (old, new) = (&before.directory, &now.directory);
    let is_same_place = before.zone == now.zone
        && old.score == new.score
        && old.sources.len() <= new.sources.len()
        && old.sources.iter().zip(&new.sources).all(|(a, b)| a == b)
        && old.channels.len() <= new.channels.len()
        && old.channels.iter().zip(&new.channels).all(|(a, b)| a == b)
        && old.activity_types.len() <= new.activity_types.len()
        && old.activity_types.iter().zip(&new.activity_types).all(|(a, b)| a == b)
        && old.organization_ids == new.organization_ids;
    if !is_same_place || old.members.is_empty() {
        return false;
    }
    people(before, now, changes);
    let closed: HashMap<u32, (Option<Option<i64>>, &str)> =
        old.threads.iter().map(|row| (row.thread_id, (row.closed_at, row.external_id.as_str()))).collect();
    let differs = new.threads.iter().filter(|row| {
        let is_now = (row.closed_at, row.external_id.as_str());
        closed.get(&row.thread_id).map_or(row.closed_at.is_some(), |was| *was != is_now)
    });
    changes.threads.extend(differs.map(|row| row.thread_id));
    true
}

/// Members who are not what they were, with all accounts that they had or have.
fn people(before: &DirectoryIndex, now: &DirectoryIndex, changes: &mut Changes) {
    fn member_of(directory: &DirectoryIndex, identity: u32) -> Option<[u8; 16]> {
        directory.member(directory.member_of(identity)).map(|member| member.member_id)
    }
    fn named(row: &IdentityRow) -> [Option<&str>; 4] {
        [Some(row.platform.as_str()), row.uid.as_deref(), row.username.as_deref(), row.email.as_deref()]
    }
    let (old, new) = (&before.directory, &now.directory);
    let was: HashMap<u32, &IdentityRow> = old.identities.iter().map(|row| (row.identity_id, row)).collect();
    for row in &new.identities {
        let (then, is) = (member_of(before, row.identity_id), member_of(now, row.identity_id));
        let was = was.get(&row.identity_id);
        if then != is || was.is_none_or(|was| named(was) != named(row)) {
            changes.members.extend(then.into_iter().chain(is));
            changes.keeps_people &= then.is_none();
        }
        // In chats people are called by their names.
        changes.is_loose |= was.is_some_and(|was| (&was.username, &was.name) != (&row.username, &row.name));
    }
    for row in old.identities.iter().filter(|row| now.member_of(row.identity_id) == NONE) {
        changes.members.extend(member_of(before, row.identity_id));
        changes.keeps_people = false;
    }
    let known: HashMap<[u8; 16], usize> =
        old.members.iter().enumerate().map(|(number, row)| (row.member_id, number)).collect();
    let places = |directory: &DirectoryIndex, number: usize| -> Vec<_> {
        let organizations = &directory.directory.organizations;
        let id = |number: u32| organizations.get(number as usize).map(|row| row.organization_id.clone());
        let places = directory.affiliations(number as u32).iter();
        places.map(|place| (id(place.organization), place.from, place.to)).collect()
    };
    let (mut still, mut moved) = (HashSet::new(), 0);
    for (number, row) in new.members.iter().enumerate() {
        let Some(then) = known.get(&row.member_id) else {
            changes.members.insert(row.member_id);
            continue;
        };
        still.insert(row.member_id);
        let was = &old.members[*then];
        // Whoever has other accounts is among them already.
        let counts_alike = (was.is_bot, &was.teammate, &was.departments)
            == (row.is_bot, &row.teammate, &row.departments)
            && !changes.members.contains(&row.member_id);
        changes.keeps_people &= counts_alike;
        if !counts_alike || places(before, *then) != places(now, number) {
            changes.members.insert(row.member_id);
            moved += usize::from(counts_alike);
        }
    }
    changes.members.extend(old.members.iter().map(|row| row.member_id).filter(|id| !still.contains(id)));
    changes.moves_only = moved == changes.members.len();
    let mut identities = HashSet::new();
    for directory in [before, now] {
        let theirs = directory.directory.identities.iter().map(|row| row.identity_id);
        identities
            .extend(theirs.filter(|id| member_of(directory, *id).is_some_and(|id| changes.members.contains(&id))));
    }
    changes.identities.extend(identities);
}

/// Columns of [`among`] that are read only where something was said outside of threads.
const WORDS: [&str; 7] = ["title", "text", "url", "language", "sentiment_score", "properties", "counterparts"];

/// With nulls for the columns that were not read.
fn whole(batch: &RecordBatch) -> Result<RecordBatch, AnalyticsError> {
    let column = |field: &FieldRef| match batch.column_by_name(field.name()) {
        Some(column) => column.clone(),
        None => new_null_array(field.data_type(), batch.num_rows()),
    };
    let columns = ACTIVITY_SCHEMA.fields().iter().map(column).collect();
    RecordBatch::try_new(ACTIVITY_SCHEMA.clone(), columns).map_err(internal)
}

/// The activities that answer questions about what changed: see [`axle_model::analytics::Analytics::sql_among`].
pub(crate) fn among(rows: &Rows, directory: &DirectoryIndex, about: &Changes) -> Result<Rows, AnalyticsError> {
    let (is_theirs, is_there) = (marks(&about.identities), marks(&about.threads));
    let choose = |batch: &RecordBatch| -> BooleanArray {
        let (identity, thread, kind) = (u32s(batch, "identity"), u32s(batch, "thread"), u32s(batch, "activity_type"));
        let is_wanted = |row: usize| {
            if is_theirs(identity.value(row)) {
                return true;
            }
            if thread.is_valid(row) {
                return is_there(thread.value(row));
            }
            let kind = directory.activity_type(kind.value(row));
            about.is_loose && (kind.is_post || kind.is_acceptance)
        };
        BooleanBuffer::collect_bool(batch.num_rows(), is_wanted).into()
    };
    // Words take most of the time, and are looked at where they tell what a message answers.
    let is_read = |name: &&str| about.is_loose || !WORDS.contains(name);
    let names = ACTIVITY_SCHEMA.fields().iter().map(|field| field.name().as_str());
    let columns: Vec<&str> = names.filter(is_read).collect();
    let mut read = Vec::new();
    for one in &rows.segments {
        let chosen: Vec<BooleanArray> = rows.keys(one)?.rows.iter().map(choose).collect();
        segment::read_chosen(&rows.folder, &one.path, &columns, &chosen, |batch| read.push(batch.clone()))?;
    }
    for batch in &rows.tail {
        read.push(filter_record_batch(batch, &choose(batch)).map_err(internal)?);
    }
    read_likes(rows, directory, &is_theirs, &is_there, &columns, &mut read)?;
    read.retain(|batch| batch.num_rows() > 0);
    Ok(rows.few(read.iter().map(whole).collect::<Result<Vec<_>, _>>()?))
}

/// Adds likes that name no thread, of what lies in such a thread among the rows that were read, and perhaps a few others.
fn read_likes(
    rows: &Rows,
    directory: &DirectoryIndex,
    is_theirs: &impl Fn(u32) -> bool,
    is_there: &impl Fn(u32) -> bool,
    columns: &[&str],
    read: &mut Vec<RecordBatch>,
) -> Result<(), AnalyticsError> {
    let mut objects: HashSet<u32> = HashSet::new();
    for batch in read.iter() {
        let (thread, id) = (u32s(batch, "thread"), ids(batch, "activity_id"));
        let there = (0..batch.num_rows()).filter(|row| thread.is_valid(*row) && is_there(thread.value(*row)));
        objects.extend(there.filter_map(|row| id_at(id, row)).map(|id| short(object(id))));
    }
    if objects.is_empty() {
        return Ok(());
    }
    let is_like = |batch: &RecordBatch, row: usize| {
        let (identity, kind) = (u32s(batch, "identity").value(row), u32s(batch, "activity_type").value(row));
        !is_theirs(identity) && directory.activity_type(kind).flags.has(Flags::LIKE)
    };
    for one in &rows.segments {
        let keys = rows.keys(one)?;
        let likes = |(batch, about): (&RecordBatch, &Vec<(u32, u32)>)| {
            let mut chosen = BooleanBufferBuilder::new(batch.num_rows());
            chosen.append_n(batch.num_rows(), false);
            let theirs = about.iter().filter(|(_, about)| objects.contains(about)).map(|(row, _)| *row as usize);
            theirs.filter(|row| is_like(batch, *row)).for_each(|row| chosen.set_bit(row, true));
            BooleanArray::from(chosen.finish())
        };
        let chosen: Vec<BooleanArray> = keys.rows.iter().zip(&keys.about).map(likes).collect();
        segment::read_chosen(&rows.folder, &one.path, columns, &chosen, |batch| read.push(batch.clone()))?;
    }
    for batch in &rows.tail {
        let (thread, parent) = (u32s(batch, "thread"), ids(batch, "parent"));
        let is_about = |row: usize| id_at(parent, row).is_some_and(|id| objects.contains(&short(object(id))));
        let is_wanted = |row: usize| thread.is_null(row) && is_about(row) && is_like(batch, row);
        let chosen = BooleanArray::from(BooleanBuffer::collect_bool(batch.num_rows(), is_wanted));
        read.push(filter_record_batch(batch, &chosen).map_err(internal)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axle_model::analytics::{Department, Directory, MemberRow};
    use axle_model::time::LocalDay;

    use super::*;

    /// One teammate, whose department is known, or not.
    fn teammate(department: Option<&str>) -> DirectoryIndex {
        let days = (0, LocalDay::MAX);
        let known = |name: &str| Department { from: days.0, to: days.1, name: name.into(), is_said: true };
        let identity = IdentityRow {
            identity_id: 1,
            member: 0,
            platform: "forum".into(),
            uid: None,
            username: None,
            email: None,
            name: None,
        };
        let member = MemberRow {
            member_id: [1; 16],
            name: "ada".into(),
            is_bot: false,
            teammate: vec![days],
            departments: department.map(known).into_iter().collect(),
            affiliations: Vec::new(),
            tags: Vec::new(),
        };
        let directory = Directory { identities: vec![identity], members: vec![member], ..Directory::default() };
        DirectoryIndex::new(directory).unwrap()
    }

    #[test]
    fn another_department_is_news_of_a_teammate() {
        let told = |was: Option<&str>, is: Option<&str>| {
            let mut changes = Changes { keeps_people: true, moves_only: true, ..Changes::default() };
            people(&teammate(was), &teammate(is), &mut changes);
            (changes.keeps_people, changes.members.len())
        };
        assert_eq!(told(None, Some("success")), (false, 1));
        assert_eq!(told(Some("success"), Some("success")), (true, 0));
    }
}
