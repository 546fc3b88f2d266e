//! Who met whom in which month, week or day. By month it is kept from state to state: a change costs the threads that it
//! lies in and one pass over what is kept. Each meeting counts the threads and addresses that show it, so that what stops
//! holding can be taken off.

mod replies;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axle_model::analytics::{AnalyticsError, Segment, Seq};
use axle_model::calendar::{MonthNumber, first_day_of_month, first_day_of_week, month_of_day, week_of_day};
use axle_model::reach::{Pair, Strength, indirect_pairs};
use axle_model::settings::ConnectionSettings;
use axle_model::time::LocalDay;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::UInt32Type;
use rayon::prelude::*;
use roaring::RoaringTreemap;

use crate::columns::{column, i64s, micros, u32s};
use crate::directory::DirectoryIndex;
use crate::known::Known;
use crate::rollup::{DayClock, is_gone};
use crate::sorted;
use crate::tables::thread_walk::{Event, Object, events_of_threads, parts_of};
use replies::Replies;

/// What of a meeting's day is told: who takes part in one thread meets within it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Span {
    /// A local day.
    Day,
    /// An ISO week.
    Week,
    /// A calendar month.
    #[default]
    Month,
}

impl Span {
    /// The span of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            _ => None,
        }
    }

    /// The number of the span that holds a day.
    fn of_day(self, day: LocalDay) -> i32 {
        match self {
            Self::Day => day,
            Self::Week => week_of_day(day),
            Self::Month => month_of_day(day),
        }
    }

    /// The first day of the span of that number.
    pub(crate) fn first_day(self, number: i32) -> LocalDay {
        match self {
            Self::Day => number,
            Self::Week => first_day_of_week(number),
            Self::Month => first_day_of_month(number),
        }
    }
}

/// Two members, `member < other`, who met in a span of the workspace's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meeting {
    pub member: u32,
    pub other: u32,
    /// Number of the [`Span`].
    pub when: i32,
    /// Threads and addresses that show it; in a change those that came, less those that went.
    shown: i32,
    /// Those of them in which they met directly.
    directly: i32,
}

impl Meeting {
    fn key(&self) -> (u32, u32, i32) {
        (self.member, self.other, self.when)
    }

    /// Whether a change of it changes anything.
    fn says_something(&self) -> bool {
        (self.shown, self.directly) != (0, 0)
    }

    /// What takes it off again.
    fn taken_off(&self) -> Self {
        Self { shown: -self.shown, directly: -self.directly, ..*self }
    }

    fn add(&mut self, other: &Self) {
        self.shown += other.shown;
        self.directly += other.directly;
    }

    /// Whether they met by a reply, a mention or a conversation of two.
    pub(crate) fn is_direct(&self) -> bool {
        self.directly > 0
    }
}

/// The meetings of one state.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Of teammates, in place of members.
    is_internal: bool,
    span: Span,
    directory: Option<Arc<DirectoryIndex>>,
    watermark: Seq,
    gone: Arc<RoaringTreemap>,
    /// Whether something was done by nobody's identity, or of an unknown type. What they turn out to be touches it.
    has_unknown: bool,
    /// By pair, then span.
    meetings: Arc<Vec<Meeting>>,
    replies: Replies,
    /// By member: their reach, what it was summed up for, and whose meetings changed since.
    reach: Vec<f64>,
    reach_basis: Option<(MonthNumber, u64, ConnectionSettings)>,
    moved: HashSet<u32>,
}

impl Network {
    /// The meetings of teammates: read anew, but only the threads in which one of them did something.
    pub(crate) fn of_teammates(known: &Known) -> Result<Arc<Vec<Meeting>>, AnalyticsError> {
        let mut network = Self { is_internal: true, ..Self::default() };
        network.of(known)
    }

    /// The meetings of members within such spans, read anew.
    pub(crate) fn within(span: Span, known: &Known) -> Result<Arc<Vec<Meeting>>, AnalyticsError> {
        let mut network = Self { span, ..Self::default() };
        network.of(known)
    }

    /// The meetings of what is known, by pair, then span.
    pub(crate) fn of(&mut self, known: &Known) -> Result<Arc<Vec<Meeting>>, AnalyticsError> {
        if !self.leads_to(known) {
            *self = Self { is_internal: self.is_internal, span: self.span, ..Self::default() };
        }
        let mut replies = std::mem::take(&mut self.replies);
        let change = Change { before: self, known, has_unknown: AtomicBool::new(self.has_unknown) };
        replies.read(known, self.watermark, &change.has_unknown)?;
        let changes = [change.meetings()?, replies.change(&change)];
        self.has_unknown = change.has_unknown.load(Ordering::Relaxed);
        self.replies = replies;
        self.directory = Some(known.directory.clone());
        self.watermark = known.watermark;
        self.gone = known.rows.gone.clone();
        for met in changes.into_iter().filter(|met| !met.is_empty()) {
            if self.reach_basis.is_some() {
                self.moved.extend(met.iter().flat_map(|meeting| [meeting.member, meeting.other]));
            }
            apply(Arc::make_mut(&mut self.meetings), met);
        }
        Ok(self.meetings.clone())
    }

    /// Everybody's reach in a month, by member number; 0 of who met nobody. Summed up anew for those whose meetings
    /// changed since the last call, in the order of pairs, so that it is always the same sum.
    pub(crate) fn reach(&mut self, known: &Known, month: MonthNumber) -> Result<Vec<f64>, AnalyticsError> {
        let meetings = self.of(known)?;
        let directory = &known.directory.directory;
        let settings = &directory.score;
        let basis = (month, settings.decay.to_bits(), settings.connections);
        let mut is_moved = vec![self.reach_basis != Some(basis); directory.members.len()];
        self.moved.drain().for_each(|member| is_moved[member as usize] = true);
        self.reach_basis = Some(basis);
        self.reach.resize(is_moved.len(), 0.0);
        self.reach.iter_mut().zip(&is_moved).filter(|(_, moved)| **moved).for_each(|(reach, _)| *reach = 0.0);
        for pair in meetings.chunk_by(|a, b| (a.member, a.other) == (b.member, b.other)) {
            let both = [pair[0].member as usize, pair[0].other as usize];
            if !both.iter().any(|member| is_moved[*member]) {
                continue;
            }
            let mut strength = Strength::first(pair[0].when, pair[0].is_direct(), settings);
            pair[1..].iter().for_each(|meeting| strength.meet(meeting.when, meeting.is_direct(), settings));
            let strength = strength.as_of(month, settings);
            both.into_iter().filter(|member| is_moved[*member]).for_each(|member| self.reach[member] += strength);
        }
        Ok(self.reach.clone())
    }

    /// Whether all that differs since is what was added and what no longer holds.
    fn leads_to(&self, known: &Known) -> bool {
        let Some(directory) = &self.directory else { return false };
        let is_same = Arc::ptr_eq(directory, &known.directory);
        let is_later = self.watermark <= known.watermark && self.gone.is_subset(&known.rows.gone);
        is_later && (is_same || (!self.has_unknown && directory.grows_to(&known.directory)))
    }
}

/// What lies between a network and what is known now.
struct Change<'a> {
    before: &'a Network,
    known: &'a Known,
    has_unknown: AtomicBool,
}

/// Whether a state of an activity counted before and counts now.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Holds {
    before: bool,
    now: bool,
}

impl Change<'_> {
    fn holds(&self, seq: Seq, at: i64) -> Holds {
        Holds {
            before: seq <= self.before.watermark && !is_gone(&self.before.gone, seq),
            now: at <= self.known.as_of && !is_gone(&self.known.rows.gone, seq),
        }
    }

    /// What came, counted up, and what went, counted down.
    fn meetings(&self) -> Result<Vec<Meeting>, AnalyticsError> {
        let mut met = Sum::default();
        let threads = self.addresses(&mut met)?;
        // From nothing, all threads are new.
        let is_all = self.before.watermark == 0 && !self.before.is_internal;
        let wanted = |thread: u32| is_all || threads.contains(&thread);
        if threads.is_empty() {
            return Ok(met.finish());
        }
        let mut said = events_of_threads(&self.known.rows, wanted, |seq, at| {
            let holds = self.holds(seq, at);
            holds.before || holds.now
        })?;
        // What answers comes after what is answered, also at the same instant.
        let is_reply = |event: &Event| self.known.directory.activity_type(event.activity_type).is_reply;
        said.par_sort_unstable_by_key(|event| (event.thread, event.at, is_reply(event), event.seq));
        let of_threads = parts_of(&said).into_par_iter().map(|part| self.threads(part));
        let mut parts: Vec<Vec<Meeting>> = of_threads.collect();
        parts.push(met.finish());
        let mut all = sorted::all_of(parts, Meeting::key, Meeting::add);
        all.retain(Meeting::says_something);
        Ok(all)
    }

    /// What came and went of the meetings in some threads.
    fn threads(&self, events: &[Event]) -> Vec<Meeting> {
        let mut met = Sum::default();
        let mut clock = DayClock::new(&self.known.directory.zone);
        for thread in events.chunk_by(|a, b| a.thread == b.thread) {
            for (sign, counts) in [(-1, |holds: Holds| holds.before), (1, |holds: Holds| holds.now)] as [Side; 2] {
                let then = thread.iter().filter(|event| counts(self.holds(event.seq, event.at)));
                self.thread(&then.collect::<Vec<_>>(), sign, &mut clock, &mut met);
            }
        }
        met.finish()
    }

    /// Whom an activity addresses, its member meets directly. Gives the threads in which something came or went.
    fn addresses(&self, met: &mut Sum) -> Result<HashSet<u32>, AnalyticsError> {
        let went = &*self.known.rows.gone - &*self.before.gone;
        let inside = |one: &Segment| {
            let [first, last] = [one.min_seq, one.max_seq].map(|seq| u64::try_from(seq).unwrap_or(0));
            let ended = went.rank(last) > first.checked_sub(1).map_or(0, |before| went.rank(before));
            one.min_at <= self.known.as_of && (one.max_seq > self.before.watermark || ended)
        };
        let mut threads = HashSet::new();
        let mut clock = DayClock::new(&self.known.directory.zone);
        self.known.rows.read(&["seq", "identity", "occurred_at", "thread", "counterparts"], inside, |batch| {
            let (seq, identity, at) = (i64s(batch, "seq"), u32s(batch, "identity"), micros(batch, "occurred_at"));
            let thread = u32s(batch, "thread");
            let people = column(batch, "counterparts").as_list::<i32>();
            for row in 0..batch.num_rows() {
                let holds = self.holds(seq.value(row), at.value(row));
                if holds.before == holds.now {
                    continue;
                }
                let mut is_theirs = || self.member(identity.value(row), at.value(row), &mut clock).is_some();
                if thread.is_valid(row) && (!self.before.is_internal || is_theirs()) {
                    threads.insert(thread.value(row));
                }
                if people.is_null(row) || people.value_length(row) == 0 {
                    continue;
                }
                let Some((member, when)) = self.member(identity.value(row), at.value(row), &mut clock) else {
                    continue;
                };
                let mut addressed = BTreeSet::new();
                for other in people.value(row).as_primitive::<UInt32Type>().values() {
                    addressed.extend(self.member(*other, at.value(row), &mut clock).map(|(other, _)| other));
                }
                let sign = if holds.now { 1 } else { -1 };
                addressed.into_iter().filter_map(|other| Pair::new(member, other)).for_each(|pair| {
                    met.add(pair, when, true, sign);
                });
            }
        })?;
        Ok(threads)
    }

    /// Who answers meets whom they answer: the author of the parent, or who opened the thread. Who posts in the same
    /// span in the same thread, or comes to the same event, meets indirectly.
    fn thread(&self, thread: &[&Event], sign: i32, clock: &mut DayClock<'_>, met: &mut Sum) {
        let directory = &self.known.directory;
        let author: BTreeMap<Object, u32> = thread.iter().map(|event| (event.object, event.identity)).collect();
        let opener = thread.iter().find(|event| directory.activity_type(event.activity_type).is_post);
        let mut people: BTreeMap<i32, BTreeSet<u32>> = BTreeMap::new();
        let mut here: BTreeMap<(Pair<u32>, i32), bool> = BTreeMap::new();
        for event in thread {
            let kind = directory.activity_type(event.activity_type);
            if kind.key.is_empty() {
                self.has_unknown.store(true, Ordering::Relaxed);
            }
            let Some((member, when)) = self.member(event.identity, event.at, clock) else { continue };
            let parent = event.parent.filter(|_| kind.connects).and_then(|parent| author.get(&parent).copied());
            let answered = parent.or(opener.map(|opener| opener.identity).filter(|_| kind.is_direct));
            let other = answered.and_then(|identity| self.member(identity, event.at, clock));
            if let Some(pair) = other.and_then(|(other, _)| Pair::new(member, other)) {
                here.insert((pair, when), true);
            }
            if kind.is_present {
                people.entry(when).or_default().insert(member);
            }
        }
        for (when, people) in people {
            let people: Vec<u32> = people.into_iter().collect();
            for pair in indirect_pairs(&people, &directory.directory.score) {
                here.entry((pair, when)).or_default();
            }
        }
        here.into_iter().for_each(|((pair, when), direct)| met.add(pair, when, direct, sign));
    }

    /// The member and span of somebody's doing, unless they are nobody, or not of those looked at.
    fn member(&self, identity: u32, at: i64, clock: &mut DayClock<'_>) -> Option<(u32, i32)> {
        let directory = &self.known.directory;
        let member = directory.member_of(identity);
        if directory.member(member).is_none() {
            self.has_unknown.store(true, Ordering::Relaxed);
            return None;
        }
        let day = clock.day(at);
        let wanted = if self.before.is_internal { "teammate" } else { "member" };
        (directory.kind(member, day) == wanted).then(|| (member, self.before.span.of_day(day)))
    }
}

/// One side of a change: its sign, and which states belong to it.
type Side = (i32, fn(Holds) -> bool);

/// Meetings are summed up when so many wait, or half as many as there are.
const WAITING: usize = 1 << 20;

#[derive(Default)]
struct Sum {
    waiting: Vec<Meeting>,
    summed: Vec<Meeting>,
}

impl Sum {
    fn add(&mut self, pair: Pair<u32>, when: i32, direct: bool, sign: i32) {
        let (member, other) = pair.members();
        let directly = if direct { sign } else { 0 };
        self.waiting.push(Meeting { member: *member, other: *other, when, shown: sign, directly });
        if self.waiting.len() >= WAITING.max(self.summed.len() / 2) {
            self.sum_up();
        }
    }

    fn sum_up(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_unstable_by_key(Meeting::key);
        waiting.dedup_by(|later, kept| {
            let is_same = later.key() == kept.key();
            if is_same {
                kept.add(later);
            }
            is_same
        });
        sorted::put_in(&mut self.summed, waiting, Meeting::key, Meeting::add);
    }

    /// What differs, summed up and sorted.
    fn finish(mut self) -> Vec<Meeting> {
        self.sum_up();
        self.summed.retain(Meeting::says_something);
        self.summed
    }
}

/// Adds a change to what is kept: nothing stays of a meeting that nothing shows any more.
fn apply(held: &mut Vec<Meeting>, change: Vec<Meeting>) {
    sorted::put_in(held, change, Meeting::key, Meeting::add);
    held.retain(|meeting| meeting.shown != 0);
}
