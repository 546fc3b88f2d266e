//! The directory, indexed: which member an identity is, and what a member, a type or a channel is.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axle_model::activity::{Connection, Flags};
use axle_model::analytics::{AnalyticsError, Directory, KnownPeople, MemberRow, Place, Places};
use axle_model::catalogue;
use axle_model::time::LocalDay;
use datafusion::arrow::array::StringArray;
use jiff::tz::TimeZone;

use crate::names::names;
use crate::rollup::TYPE_WEIGHT;

/// Stands for "nobody" and "nothing" among small numbers.
pub(crate) const NONE: u32 = u32::MAX;

/// What the engine needs to know of an activity type.
#[derive(Debug, Clone, Default)]
pub(crate) struct TypeInfo {
    pub key: String,
    pub weight: u8,
    pub flags: Flags,
    pub is_product: bool,
    /// Doing it in somebody's thread is meeting them.
    pub is_direct: bool,
    /// A message of its own that others can answer: neither a like, a visit, a join nor a mark such as an acceptance, and
    /// neither feedback in a form, a survey, a call nor a talk.
    pub is_post: bool,
    /// A post by which one may ask others: no article, review or change.
    pub is_message: bool,
    /// It connects whom it answers, or mentions; a type that the catalogue does not know connects if it is a post.
    pub connects: bool,
    /// Whoever does it in a thread is there with the others: a post, or coming to an event.
    pub is_present: bool,
    /// A post of a chat, where what follows may answer it without naming it.
    pub is_chat: bool,
    /// A post that only ever answers something: such a post opens no thread.
    pub is_reply: bool,
    /// A remark on a question or answer, which does not itself answer.
    pub is_remark: bool,
    pub is_acceptance: bool,
}

impl TypeInfo {
    fn new(key: &str, weight: u8) -> Self {
        let known = catalogue::activity_type(key);
        let flags = known.map_or(Flags::NONE, |known| known.flags);
        let is_product = key.starts_with("product:") || flags.has(Flags::PRODUCT);
        let is_acceptance = key == catalogue::ANSWER_ACCEPTED.key;
        let marks = [Flags::LIKE, Flags::SHARE, Flags::JOIN, Flags::VISIT, Flags::PRODUCT, Flags::ATTENDANCE];
        let ends =
            [":read", ":left", ":earned", ":registered", ":starred", ":unstarred", ":merged", ":followed", ":saved"];
        let is_mark =
            is_acceptance || marks.iter().any(|flag| flags.has(*flag)) || ends.iter().any(|end| key.ends_with(end));
        let posts = [
            ":message:sent",
            ":opened",
            "question:asked",
            "question:answered",
            ":replied",
            ":commented",
            ":reviewed",
            ":authored",
            ":tested",
            ":reported",
            ":published",
        ];
        // Of a type that the catalogue does not know, whatever is no mark is taken for a post.
        let is_post = !is_mark && (known.is_none() || posts.iter().any(|end| key.ends_with(end)));
        let is_answer = flags.has(Flags::ANSWER);
        Self {
            key: key.to_owned(),
            weight,
            flags,
            is_product,
            is_direct: known.is_some_and(|known| known.connection == Connection::Direct),
            is_post,
            is_message: is_post
                && ![":published", ":authored", ":tested", ":reported"].iter().any(|end| key.ends_with(end)),
            connects: known.map_or(is_post, |known| known.connection != Connection::None),
            is_present: is_post || known.is_some_and(|known| known.connection == Connection::Indirect),
            is_chat: is_post && key.starts_with("chat:"),
            is_reply: is_post
                && (is_answer
                    || key.ends_with(":replied")
                    || key.ends_with(":commented")
                    || key.ends_with(":reviewed")),
            is_remark: key == catalogue::QUESTION_COMMENTED.key,
            is_acceptance,
        }
    }
}

/// The directory and its indexes. Immutable: a new one replaces it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct DirectoryIndex {
    all: Arc<Indexed>,
    /// Where members are, by number, of whom the directory says otherwise.
    moved: HashMap<u32, Places>,
}

impl Deref for DirectoryIndex {
    type Target = Indexed;

    fn deref(&self) -> &Indexed {
        &self.all
    }
}

/// See [`DirectoryIndex`]. What its members' rows say of organizations may no longer hold: see
/// [`DirectoryIndex::affiliations`].
#[derive(Debug)]
pub(crate) struct Indexed {
    pub directory: Directory,
    pub zone: TimeZone,
    /// Member of an identity, [`NONE`] where there is no such identity.
    member_of: Vec<u32>,
    /// `(member, identity)`, sorted.
    identities_of: Vec<(u32, u32)>,
    /// Members by their public id, made when first needed.
    by_id: OnceLock<HashMap<[u8; 16], u32>>,
    /// By activity type id.
    types: Vec<TypeInfo>,
    /// Source, whether its threads are questions, and whether it is ours, by channel id.
    channels: Vec<(u32, bool, bool)>,
    /// Number of an organization by source and id there.
    accounts: HashMap<(String, String), u32>,
    /// Number of an organization by its public id.
    organizations: HashMap<String, u32>,
    /// Names by dimension, made when first needed.
    names: Mutex<HashMap<String, StringArray>>,
    /// Threads that were closed, with the instant if it is known; made when first needed.
    closed: OnceLock<HashMap<u32, Option<i64>>>,
}

impl DirectoryIndex {
    /// Fails on an unknown time zone or a number that points nowhere.
    pub(crate) fn new(directory: Directory) -> Result<Self, AnalyticsError> {
        let name = if directory.time_zone.is_empty() { "UTC" } else { &directory.time_zone };
        let zone =
            TimeZone::get(name).map_err(|error| AnalyticsError::Invalid(format!("time zone {name}: {error}")))?;
        let mut member_of = Vec::new();
        for row in &directory.identities {
            if row.member as usize >= directory.members.len() {
                let message =
                    format!("identity {} belongs to member {}, who does not exist", row.identity_id, row.member);
                return Err(AnalyticsError::Invalid(message));
            }
            place(&mut member_of, row.identity_id, row.member, NONE);
        }
        let mut identities_of: Vec<(u32, u32)> =
            directory.identities.iter().map(|row| (row.member, row.identity_id)).collect();
        identities_of.sort_unstable();
        let mut types = Vec::new();
        for row in &directory.activity_types {
            place(&mut types, row.activity_type_id, TypeInfo::new(&row.key, row.weight), TypeInfo::default());
        }
        let mut channels = Vec::new();
        for row in &directory.channels {
            place(&mut channels, row.channel_id, (row.source_id, row.is_qa, row.is_ours), (NONE, false, true));
        }
        let (mut accounts, mut organizations) = (HashMap::new(), HashMap::new());
        for (number, row) in directory.organizations.iter().enumerate() {
            organizations.insert(row.organization_id.clone(), number as u32);
            accounts.extend(row.accounts.iter().map(|account| (account.clone(), number as u32)));
        }
        let (by_id, names, closed) = (OnceLock::new(), Mutex::default(), OnceLock::new());
        let all = Indexed {
            directory,
            zone,
            member_of,
            identities_of,
            by_id,
            types,
            channels,
            accounts,
            organizations,
            names,
            closed,
        };
        Ok(Self { all: Arc::new(all), moved: HashMap::new() })
    }

    /// The same, with these members elsewhere.
    pub(crate) fn moved(&self, moves: impl IntoIterator<Item = (u32, Places)>) -> Self {
        let mut moved = self.clone();
        moved.moved.extend(moves);
        moved
    }

    /// The directory with all its members where they are.
    #[cfg(feature = "cluster")]
    pub(crate) fn whole(&self) -> Directory {
        let mut directory = self.directory.clone();
        for (member, affiliations) in &self.moved {
            directory.members[*member as usize].affiliations.clone_from(affiliations);
        }
        directory
    }

    /// Where a member is from when to when, by rank.
    pub(crate) fn affiliations(&self, member: u32) -> &[Place] {
        let stated = || self.member(member).map_or(&[][..], |row| row.affiliations.as_slice());
        self.moved.get(&member).map_or_else(stated, Vec::as_slice)
    }

    /// The same places and settings with other people.
    pub(crate) fn with_people(&self, people: &KnownPeople) -> Result<Self, AnalyticsError> {
        let mut directory = self.directory.clone();
        directory.members.clone_from(&people.members);
        directory.identities.retain_mut(|row| match people.member_of.get(&row.identity_id) {
            Some(member) => {
                row.member = *member;
                true
            }
            None => false,
        });
        Self::new(directory)
    }

    /// The organization that a member belongs to on a local day: the first in the directory's order.
    pub(crate) fn organization(&self, member: u32, day: LocalDay) -> Option<u32> {
        self.organizations(member, day).next()
    }

    /// All organizations that a member belongs to on a local day.
    pub(crate) fn organizations(&self, member: u32, day: LocalDay) -> impl Iterator<Item = u32> {
        let affiliations = self.affiliations(member).iter();
        affiliations.filter(move |place| place.holds_on(day)).map(|place| place.organization)
    }
}

impl Indexed {
    /// As [`names`], kept: a view asks for all members' and threads' names many times.
    pub(crate) fn names_of(&self, dimension: &str) -> StringArray {
        let mut kept = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(dimension) {
            return known.clone();
        }
        let made = StringArray::from(names(&self.directory, dimension));
        kept.insert(dimension.to_owned(), made.clone());
        made
    }

    /// The number of the organization that a source calls so, else of the one with that public id.
    pub(crate) fn organization_called(&self, source: &str, id: &str) -> Option<u32> {
        let account = self.accounts.get(&(source.to_owned(), id.to_owned()));
        account.or_else(|| self.organizations.get(id)).copied()
    }

    /// When a thread was closed: `Some(None)` when only that is known.
    pub(crate) fn closing(&self, thread: u32) -> Option<Option<i64>> {
        let rows = || self.directory.threads.iter().filter_map(|row| Some((row.thread_id, row.closed_at?))).collect();
        self.closed.get_or_init(rows).get(&thread).copied()
    }

    /// Whether meetings under this directory are the same under another: who was known stays who they are.
    pub(crate) fn grows_to(&self, later: &Self) -> bool {
        let (mine, theirs) = (&self.directory, &later.directory);
        let is_same = |(a, b): (&MemberRow, &MemberRow)| {
            (a.member_id, a.is_bot, &a.teammate) == (b.member_id, b.is_bot, &b.teammate)
        };
        let stays = |(member, other): (&u32, &u32)| *member == NONE || member == other;
        self.zone == later.zone
            && mine.score.connections.group_cap == theirs.score.connections.group_cap
            && mine.members.len() <= theirs.members.len()
            && mine.members.iter().zip(&theirs.members).all(is_same)
            && self.member_of.len() <= later.member_of.len()
            && self.member_of.iter().zip(&later.member_of).all(stays)
            && self.types.iter().zip(&later.types).all(|(a, b)| a.key.is_empty() || a.key == b.key)
    }

    /// The member of an identity, or [`NONE`].
    pub(crate) fn member_of(&self, identity: u32) -> u32 {
        self.member_of.get(identity as usize).copied().unwrap_or(NONE)
    }

    /// The identities of a member, rising.
    pub(crate) fn identities_of(&self, member: u32) -> impl Iterator<Item = u32> {
        let from = self.identities_of.partition_point(|(other, _)| *other < member);
        self.identities_of[from..].iter().take_while(move |(other, _)| *other == member).map(|(_, identity)| *identity)
    }

    /// The source of a channel, or [`NONE`].
    pub(crate) fn source_of(&self, channel: u32) -> u32 {
        self.channels.get(channel as usize).map_or(NONE, |channel| channel.0)
    }

    /// Whether the threads of a channel are questions.
    pub(crate) fn is_qa(&self, channel: u32) -> bool {
        self.channels.get(channel as usize).is_some_and(|channel| channel.1)
    }

    /// Whether a channel is our own or shared, and not another's.
    pub(crate) fn is_ours(&self, channel: u32) -> bool {
        self.channels.get(channel as usize).is_none_or(|channel| channel.2)
    }

    /// What is known of a type; nothing and weight 0 for a number that is not in the directory.
    pub(crate) fn activity_type(&self, id: u32) -> &TypeInfo {
        static UNKNOWN: std::sync::LazyLock<TypeInfo> = std::sync::LazyLock::new(TypeInfo::default);
        self.types.get(id as usize).unwrap_or(&UNKNOWN)
    }

    /// Weight of an activity, given its own.
    pub(crate) fn weight(&self, activity_type: u32, own: u8) -> u8 {
        if own == TYPE_WEIGHT { self.activity_type(activity_type).weight } else { own }
    }

    /// The member of that number; `None` for [`NONE`].
    pub(crate) fn member(&self, number: u32) -> Option<&MemberRow> {
        self.directory.members.get(number as usize)
    }

    /// The number of the member of a public id.
    pub(crate) fn member_number(&self, id: [u8; 16]) -> Option<u32> {
        let rows = || self.directory.members.iter().zip(0..).map(|(row, number)| (row.member_id, number)).collect();
        self.by_id.get_or_init(rows).get(&id).copied()
    }

    /// Whether a member was a teammate on a local day (convention C5).
    pub(crate) fn is_teammate(&self, member: u32, day: LocalDay) -> bool {
        self.member(member).is_some_and(|row| within(&row.teammate, day))
    }

    /// `member`, `teammate` or `bot`: what a person is on a local day.
    pub(crate) fn kind(&self, member: u32, day: LocalDay) -> &'static str {
        match self.member(member) {
            Some(row) if row.is_bot => "bot",
            Some(row) if within(&row.teammate, day) => "teammate",
            _ => "member",
        }
    }
}

fn within(intervals: &[(LocalDay, LocalDay)], day: LocalDay) -> bool {
    intervals.iter().any(|(from, to)| (*from..*to).contains(&day))
}

/// Puts a value at an index, filling up with `empty`.
fn place<T: Clone>(list: &mut Vec<T>, index: u32, value: T, empty: T) {
    let index = index as usize;
    if list.len() <= index {
        list.resize(index + 1, empty);
    }
    list[index] = value;
}
