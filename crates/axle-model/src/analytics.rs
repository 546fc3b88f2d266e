//! What the rest of Axle knows of the query engine: this trait, in our own types.
//!
//! The SQL database is the record; the engine holds columns made from it. The application hands over what is new
//! ([`Analytics::append`], [`Analytics::set_directory`]), keeps the manifest of the files that the engine writes, and asks.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::affiliation::{CARRIED_CONFIDENCE, CARRY_DAYS, Origin};
use crate::business_hours::BusinessHours;
use crate::currency::Currencies;
use crate::interchange::FactKind;
use crate::kpi::{KpiAnswer, KpiDefinition, KpiRequest, RowCounts};
use crate::settings::ScoreSettings;
use crate::tag::Tag;
use crate::time::LocalDay;

/// Position of a state of an activity in the record; a changed activity gets a new one.
pub type Seq = i64;

/// Where a member is, by rank: of those that hold on a day the first gets the activity. Each organization holds once on a day.
pub type Places = Vec<Place>;

/// That a member is at an organization on these days, and how that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Index into [`Directory::organizations`].
    pub organization: u32,
    /// First local day; `i32::MIN`: since ever.
    pub from: LocalDay,
    /// First local day after; `i32::MAX`: without end.
    pub to: LocalDay,
    /// How it is known.
    pub origin: Origin,
    /// How surely, 0 to 1.
    pub confidence: f32,
    /// What they do there.
    pub title: Option<String>,
}

impl Place {
    /// As a CRM states it.
    pub fn stated(organization: u32, from: LocalDay, to: LocalDay) -> Self {
        Self { organization, from, to, origin: Origin::Crm, confidence: 1.0, title: None }
    }

    /// Whether it is over because an address was not used any more, and for no other reason: nobody says that they left.
    pub fn ends_in_silence(&self) -> bool {
        self.confidence == CARRIED_CONFIDENCE && self.to.saturating_sub(self.from) == CARRY_DAYS
    }

    /// Whether it holds on a local day.
    pub fn holds_on(&self, day: LocalDay) -> bool {
        (self.from..self.to).contains(&day)
    }
}

/// Failure of the engine.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AnalyticsError {
    /// The request names something that does not exist or cannot be: tell the caller.
    #[error("{0}")]
    Invalid(String),
    /// A file of the cache is missing or damaged: `axle segments rebuild` makes it anew.
    #[error("segment {path}: {reason}: run `axle segments rebuild`")]
    Damaged {
        /// File name.
        path: String,
        /// What was found.
        reason: String,
    },
    /// A query met a limit of what queries may take: the text says which, and what to do.
    #[error("{0}")]
    Limit(String),
    /// The machines that were to answer do not, or not in time. The same question may be answered later.
    #[error("the cluster is unavailable: {0}")]
    Unavailable(String),
    /// Anything else.
    #[error("query engine: {0}")]
    Internal(String),
}

/// Activities as columns of equal length. Ids are the record's small numbers.
#[derive(Debug, Clone, Default)]
pub struct ActivityColumns {
    /// Rising, unique.
    pub seq: Vec<Seq>,
    /// Public id.
    pub activity_id: Vec<[u8; 16]>,
    /// Who did it.
    pub identity: Vec<u32>,
    /// Where; its source follows from it.
    pub channel: Vec<u32>,
    /// Index into [`Directory::activity_types`].
    pub activity_type: Vec<u32>,
    /// Microseconds since 1970, UTC.
    pub occurred_at: Vec<i64>,
    /// Microseconds since 1970, UTC.
    pub ingested_at: Vec<i64>,
    /// Weight of this one activity, overriding its type's.
    pub weight: Vec<Option<u8>>,
    /// Thread.
    pub thread: Vec<Option<u32>>,
    /// The activity answered: the first 12 bytes are those of its public id, the rest says nothing.
    pub parent: Vec<Option<[u8; 16]>>,
    /// Subject.
    pub title: Vec<Option<String>>,
    /// Words.
    pub text: Vec<Option<String>>,
    /// Where to read it.
    pub url: Vec<Option<String>>,
    /// ISO 639-1: what the source says, else what was read.
    pub language: Vec<Option<String>>,
    /// What was read in the words: see [`crate::label::Reading::code`].
    pub reading: Vec<Option<u32>>,
    /// -1 to 1.
    pub sentiment_score: Vec<Option<f32>>,
    /// JSON object.
    pub properties: Vec<Option<String>>,
    /// People addressed: identities, for reach.
    pub counterparts: Vec<Vec<u32>>,
    /// When it was deleted, microseconds since 1970, UTC: it holds as of instants before. [`Self::ingested_at`] is when that was read.
    pub deleted_at: Vec<Option<i64>>,
}

/// A file of activities made from the record, and of what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// File name inside the workspace's segment folder.
    pub path: String,
    /// Hex.
    pub sha256: String,
    /// Activities.
    pub rows: u64,
    /// Least sequence number.
    pub min_seq: Seq,
    /// Greatest sequence number.
    pub max_seq: Seq,
    /// Microseconds since 1970.
    pub min_at: i64,
    /// Microseconds since 1970.
    pub max_at: i64,
}

/// Who and where: the small tables, handed over whole.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Directory {
    /// IANA name of the workspace's zone.
    pub time_zone: String,
    /// When somebody is at work.
    pub business_hours: BusinessHours,
    /// The currency that amounts are told in, and rates.
    #[serde(default)]
    pub currencies: Currencies,
    /// What the workspace set about scoring.
    pub score: ScoreSettings,
    /// `(id, name, format)`.
    pub sources: Vec<SourceRow>,
    /// Channels by id.
    pub channels: Vec<ChannelRow>,
    /// Keys and weights by index.
    pub activity_types: Vec<ActivityTypeRow>,
    /// Identities by id.
    pub identities: Vec<IdentityRow>,
    /// Members; the index is the member's number.
    pub members: Vec<MemberRow>,
    /// Organizations; the index is the organization's number.
    pub organizations: Vec<OrganizationRow>,
    /// Ids by which facts call organizations that have another public id: source (empty: any), id, the organization's
    /// number. In order.
    pub organization_ids: Vec<(String, String, u32)>,
    /// Threads by id.
    pub threads: Vec<ThreadRow>,
}

/// See [`Directory::sources`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// Small number.
    pub source_id: u32,
    /// As named at import: `slack`, `our-forum`.
    pub name: String,
    /// `slack`, `interchange`, …
    pub format: String,
}

/// See [`Directory::channels`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRow {
    /// Small number.
    pub channel_id: u32,
    /// Its source.
    pub source_id: u32,
    /// Name for people.
    pub name: String,
    /// `chat`, `forum`, `qa`, …
    pub kind: String,
    /// Whether its threads are questions.
    pub is_qa: bool,
    /// Whether it is our own, or shared with others: not a place of somebody else.
    pub is_ours: bool,
}

/// See [`Directory::activity_types`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityTypeRow {
    /// Small number.
    pub activity_type_id: u32,
    /// Key.
    pub key: String,
    /// Weight that the workspace gives it now.
    pub weight: u8,
}

/// See [`Directory::identities`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IdentityRow {
    /// Small number.
    pub identity_id: u32,
    /// Index into [`Directory::members`].
    pub member: u32,
    /// `slack`, `github`, …
    pub platform: String,
    /// Platform's id.
    pub uid: Option<String>,
    /// Handle.
    pub username: Option<String>,
    /// Address.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
}

/// See [`Directory::members`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MemberRow {
    /// Public id.
    pub member_id: [u8; 16],
    /// Name for people.
    pub name: String,
    /// Whether it is a program.
    pub is_bot: bool,
    /// Local days `[from, to)` as a teammate; `i32::MAX` for no end.
    pub teammate: Vec<(LocalDay, LocalDay)>,
    /// Where they work with us, by people's word and by their addresses; lists of teammates are facts.
    pub departments: Vec<Department>,
    /// Where they are, by rank.
    pub affiliations: Places,
    /// What sources and people tag them with.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// The department of a teammate on local days `[from, to)`; `i32::MIN` and `i32::MAX` for open ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// First local day.
    pub from: LocalDay,
    /// First local day after.
    pub to: LocalDay,
    /// Its name.
    pub name: String,
    /// A person said so: it stands above lists, of two the later; else it follows from an address and stands below them.
    pub is_said: bool,
}

/// See [`Directory::organizations`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OrganizationRow {
    /// Public id.
    pub organization_id: String,
    /// Name.
    pub name: String,
    /// `customer`, `prospect`, …
    pub lifecycle: Option<String>,
    /// What sources call it: source and id there.
    pub accounts: Vec<(String, String)>,
}

/// See [`Directory::threads`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ThreadRow {
    /// Small number.
    pub thread_id: u32,
    /// Its channel.
    pub channel_id: u32,
    /// The source's id.
    pub external_id: String,
    /// Title.
    pub title: Option<String>,
    /// When it was closed, resolved or solved, microseconds since 1970; `Some(None)`: it is closed, when is not known.
    #[serde(with = "if_closed")]
    pub closed_at: Option<Option<i64>>,
}

/// Null says open, `[null]` closed at an unknown instant.
mod if_closed {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Option<Option<i64>>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(|at| (at,)).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
        Ok(Option::<(Option<i64>,)>::deserialize(deserializer)?.map(|(at,)| at))
    }
}

/// A member's activity of one day and weight, for scoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberDay {
    /// Member number.
    pub member: u32,
    /// Local day.
    pub day: LocalDay,
    /// 1 to 12.
    pub weight: u8,
    /// Activities.
    pub count: u32,
    /// Instants of the first and the last of them, microseconds since 1970.
    pub first_at: i64,
    /// See `first_at`.
    pub last_at: i64,
}

/// Whose activity is not what it was when the engine was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched {
    /// Anybody's, for all the engine knows.
    Everybody,
    /// That of these identities at most.
    Identities(HashSet<u32>),
}

/// What is not what it was when the engine was last asked, as far as facts about members follow from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Anything, for all the engine knows.
    Everything,
    /// This at most.
    Changes(Changes),
}

/// See [`News`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// All accounts of whoever did activities that came or hold no longer, and of `members`.
    pub identities: HashSet<u32>,
    /// Threads with such activities, or closed otherwise than before.
    pub threads: HashSet<u32>,
    /// Whether such an activity was said outside of threads.
    pub is_loose: bool,
    /// The least instant of such an activity, in microseconds since 1970.
    pub first_at: Option<i64>,
    /// Public ids of members who came or went, or whose accounts, organizations, time or department as a teammate differ.
    pub members: HashSet<[u8; 16]>,
    /// Whether whoever was known has the same accounts and counts as before: `members` are new, with new accounts, or their
    /// organizations alone differ.
    pub keeps_people: bool,
    /// Whether of all `members` nothing but their organizations differs.
    pub moves_only: bool,
    /// Tables of facts that differ.
    pub tables: BTreeSet<String>,
}

/// Somebody whom a member met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Connected {
    /// Who: the index into [`Directory::members`].
    pub member: u32,
    /// See [`crate::reach::Strength`].
    pub strength: f64,
    /// First local day of the month in which they met last.
    pub last_month: LocalDay,
}

/// Rows and columns, for `axle sql` and exports.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Table {
    /// Names.
    pub columns: Vec<String>,
    /// Values in the columns' order: null, bool, number or string.
    pub rows: Vec<Vec<Value>>,
    /// Whether rows were left out because of the limit.
    pub truncated: bool,
}

/// Rows as columns of one kind each, for whoever moves many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedTable {
    /// Names and values; all are equally long.
    pub columns: Vec<(String, Cells)>,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cells {
    /// Whole numbers.
    Numbers(Vec<Option<i64>>),
    /// Microseconds since 1970, UTC.
    Instants(Vec<Option<i64>>),
    /// Texts, and whatever else as text.
    Texts(Vec<Option<String>>),
}

impl TypedTable {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, cells)| match cells {
            Cells::Numbers(values) | Cells::Instants(values) => values.len(),
            Cells::Texts(values) => values.len(),
        })
    }
}

impl Cells {
    /// The number in a row; `None` for anything else.
    pub fn number(&self, row: usize) -> Option<i64> {
        if let Self::Numbers(values) = self { values[row] } else { None }
    }

    /// The instant in a row, also one that stands as text (RFC 3339); `None` for anything else.
    pub fn instant(&self, row: usize) -> Option<Timestamp> {
        match self {
            Self::Numbers(_) => None,
            Self::Instants(values) => Timestamp::from_microsecond(values[row]?).ok(),
            Self::Texts(values) => values[row].as_deref()?.parse().ok(),
        }
    }

    /// What stands in a row, as text. A text is taken out: ask once.
    pub fn take_text(&mut self, row: usize) -> Option<String> {
        match self {
            Self::Numbers(values) => values[row].map(|number| number.to_string()),
            Self::Instants(_) => self.instant(row).map(|at| at.to_string()),
            Self::Texts(values) => values[row].take(),
        }
    }
}

/// Rows behind a figure.
#[derive(Debug, Clone, Default)]
pub struct FigureRows {
    /// Those asked for.
    pub table: Table,
    /// How many there are in all.
    pub total: u64,
}

/// A table of facts for `axle sql`: all its columns are named in [`crate::interchange::TYPES`] or stand here.
#[derive(Debug, Clone, Default)]
pub struct FactTable {
    /// `deals`, `tickets`, …
    pub name: String,
    /// Column names and the JSON values below.
    pub columns: Vec<(String, Vec<Value>)>,
}

/// States of facts of one kind, for the table of [`FactKind::table`].
#[derive(Debug, Clone)]
pub struct FactRows {
    /// What they are.
    pub kind: FactKind,
    /// Rising, unique within the kind.
    pub seq: Vec<Seq>,
    /// Which fact it is: one that comes again replaces what it was.
    pub fact_id: Vec<i64>,
    /// Name of the source that states it.
    pub source: Vec<String>,
    /// Its subject.
    pub identity: Vec<Option<u32>>,
    /// When this state was read, microseconds since 1970, UTC.
    pub ingested_at: Vec<i64>,
    /// The values of [`FactKind::columns`], column by column.
    pub columns: Vec<Vec<Value>>,
}

/// A golden case that was run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoldenOutcome {
    /// KPI.
    pub kpi: String,
    /// Case.
    pub case: String,
    /// What differs; empty when all is equal.
    pub differences: Vec<String>,
}

/// What was known at an earlier moment, to ask for a figure as it was then.
#[derive(Debug, Clone, Default)]
pub struct Knowledge {
    /// Activities and facts that were read after this instant are not known, and facts say what they said then; `None`: all
    /// are, as they stand.
    pub read_until: Option<Timestamp>,
    /// States of activities that were read later in place of states known then: they are taken as known, as they stand.
    pub replaced: Arc<Vec<Seq>>,
    /// Deletions are known that were made by the first instant and read by the second, and of these only such as were made by
    /// the instant asked as of; `None`: all of the latter.
    pub deletions: Option<(Timestamp, Timestamp)>,
    /// Who was taken for whom, in place of the directory's identities and members; `None`: as now.
    pub people: Option<Arc<KnownPeople>>,
}

/// Identities and members in place of a directory's, see [`Directory`].
#[derive(Debug, Clone, Default)]
pub struct KnownPeople {
    /// Member of each identity, by the identity's number; an identity that is missing is nobody.
    pub member_of: HashMap<u32, u32>,
    /// Members; the index is the member's number.
    pub members: Vec<MemberRow>,
}

/// The query engine of one workspace.
#[async_trait]
pub trait Analytics: Send + Sync {
    /// Opens the files of the manifest. The last sequence number they and the tail hold is [`Analytics::watermark`].
    async fn open(&self, segments: Vec<Segment>) -> Result<(), AnalyticsError>;

    /// The greatest sequence number handed over; 0 when empty.
    fn watermark(&self) -> Seq;

    /// Reads what figures by the local days of that zone are made from, while the directory with that zone is still being made.
    async fn read_ahead(&self, zone: TimeZone) -> Result<(), AnalyticsError>;

    /// Replaces the directory. Cheap when little changed is not promised: call it when something did.
    async fn set_directory(&self, directory: Directory) -> Result<(), AnalyticsError>;

    /// Puts members, by their index in the directory, at these organizations, as [`MemberRow::affiliations`] has them. Nothing
    /// else differs from the directory handed over last.
    async fn move_members(&self, moves: Vec<(u32, Places)>) -> Result<(), AnalyticsError>;

    /// Replaces a small table of facts for `axle sql` and KPIs.
    async fn set_facts(&self, table: FactTable) -> Result<(), AnalyticsError>;

    /// Replaces the rows of a part of such a table, which is then made of all its parts. Parts with rows have the same columns.
    async fn set_part(&self, name: &str, part: u32, rows: TypedTable) -> Result<(), AnalyticsError>;

    /// The greatest sequence number of facts of a kind handed over; 0 when there are none.
    async fn facts_watermark(&self, kind: FactKind) -> Result<Seq, AnalyticsError>;

    /// Adds facts after the watermark of their kind. Once there are `compact_at` that lie in no file they are written
    /// to one, whose manifest row is given.
    async fn append_facts(&self, rows: FactRows, compact_at: usize) -> Result<Option<Segment>, AnalyticsError>;

    /// Adds activities after the watermark to the tail. `superseded`: sequence numbers, anywhere, that no longer hold. What was
    /// deleted holds as of instants before its deletion alone.
    async fn append(&self, rows: ActivityColumns, superseded: &[Seq]) -> Result<(), AnalyticsError>;

    /// Writes the tail to a new segment when it holds at least `at_least` activities, and gives its manifest row.
    /// The tail stays until then; a crash loses nothing, since the record has it.
    async fn compact(&self, at_least: u64) -> Result<Option<Segment>, AnalyticsError>;

    /// Checks hash and row count of the files of the manifest; gives one line for each that is wrong.
    async fn verify(&self, segments: &[Segment]) -> Result<Vec<String>, AnalyticsError>;

    /// Forgets everything and deletes its files.
    async fn clear(&self) -> Result<(), AnalyticsError>;

    /// Every definition: those that ship, and `own` ones as `(id, text)`, which replace shipped ones of the same id. By id.
    fn definitions(&self, own: &[(String, String)]) -> Result<Vec<KpiDefinition>, AnalyticsError> {
        own.iter().map(|(id, text)| self.definition(id, text)).collect()
    }

    /// Reads the text of one definition. The error names the key, and the line where there is one.
    fn definition(&self, id: &str, _text: &str) -> Result<KpiDefinition, AnalyticsError> {
        Err(AnalyticsError::Invalid(format!("{id}: this engine reads no definitions")))
    }

    /// Runs the golden cases of a definition.
    async fn golden(&self, _kpi: &KpiDefinition) -> Vec<GoldenOutcome> {
        Vec::new()
    }

    /// Evaluates a KPI.
    async fn evaluate(&self, kpi: &KpiDefinition, request: &KpiRequest) -> Result<KpiAnswer, AnalyticsError>;

    /// Evaluates a KPI as if only that were known. Slower than [`Analytics::evaluate`]: tables are made for this question alone.
    async fn evaluate_knowing(
        &self,
        kpi: &KpiDefinition,
        request: &KpiRequest,
        knowledge: &Knowledge,
    ) -> Result<KpiAnswer, AnalyticsError>;

    /// Rows behind a KPI asked for like that, with names in place of small numbers: `limit` of them after the first
    /// `skip`, in a fixed order.
    async fn rows(
        &self,
        _kpi: &KpiDefinition,
        _request: &KpiRequest,
        _skip: usize,
        _limit: usize,
    ) -> Result<FigureRows, AnalyticsError> {
        Ok(FigureRows::default())
    }

    /// How many rows a KPI asked for like that is made of, and how many are left out of the tables that it reads. It runs the
    /// definition once more, so that only what shows a receipt asks.
    async fn count_rows(&self, _kpi: &KpiDefinition, _request: &KpiRequest) -> Result<RowCounts, AnalyticsError> {
        Ok(RowCounts::default())
    }

    /// Counted activity at or before `as_of` of the members given, or of all; by member, then day, then weight
    /// (conventions C3 to C5; activity as a teammate included when asked, for teammates' own levels). `settings`: weights
    /// to use in place of the directory's, for a preview.
    async fn member_days(
        &self,
        members: Option<&[u32]>,
        as_of: Timestamp,
        teammates: bool,
        settings: Option<&ScoreSettings>,
    ) -> Result<Vec<MemberDay>, AnalyticsError>;

    /// Whose activity changed since this was last asked: somebody's was added, or holds no longer. Whoever asks is told
    /// once. Who is who, weights and the passing of time do not count. An engine that does not tell is asked for everybody.
    async fn touched(&self) -> Result<Touched, AnalyticsError> {
        Ok(Touched::Everybody)
    }

    /// What changed since this was last asked; whoever asks is told once. It does not count who is who among organizations'
    /// names. An engine that does not tell is asked for everything.
    async fn news(&self) -> Result<News, AnalyticsError> {
        Ok(News::Everything)
    }

    /// Reach of members as of an instant: the sum of their connections' strengths. Who has none is left out.
    async fn reach(&self, as_of: Timestamp) -> Result<HashMap<u32, f64>, AnalyticsError>;

    /// Whom a member met by the month of an instant, strongest first.
    async fn connections(&self, member: u32, as_of: Timestamp) -> Result<Vec<Connected>, AnalyticsError>;

    /// Runs one read-only statement over the public tables of all that is known. What holds on a day holds on that of `now`.
    async fn sql(&self, query: &str, limit: usize, now: Timestamp) -> Result<Table, AnalyticsError>;

    /// As [`Analytics::sql`] without a limit, some rows at a time.
    async fn sql_each(
        &self,
        query: &str,
        now: Timestamp,
        each: &mut (dyn FnMut(TypedTable) + Send),
    ) -> Result<(), AnalyticsError>;

    /// Runs statements over tables made of few activities: all of `identities` and all in `threads`; those said outside of
    /// threads if `is_loose`, and else without titles, texts, addresses, languages, sentiments and properties. Rows about
    /// others and about other threads are incomplete. They may be kept as they were planned, so they are few and say the
    /// same each time, and ask nothing of the directory. A small part costs little, however much there is.
    async fn sql_among(&self, about: &Changes, queries: &[&str]) -> Result<Vec<TypedTable>, AnalyticsError>;
}
