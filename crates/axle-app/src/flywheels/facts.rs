//! Facts of the flywheels' vocabulary, from queries over the public tables: `facts.toml` has one or more for each kind.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use axle_flywheel::vocabulary::attribute_of;
use axle_flywheel::{Fact, Gathered, Origin};
use axle_model::analytics::{Changes, TypedTable};
use axle_model::time::{Grain, Period, start_of_day};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::asked::Asked;
use crate::directory::{Numbers, id_text};
use crate::settings::{self, Leads};
use crate::{AppError, AppResult, Workspace};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fact: Vec<Query>,
}

/// The rows that are facts of one kind. Its place among all is the part of their origin.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    kind: String,
    /// From which activities, or from whose places, a fact follows; `None`: from none, or from many.
    pub by: Option<By>,
    pub rows: String,
    /// The tables that it names.
    #[serde(skip)]
    pub tables: BTreeSet<String>,
}

impl Query {
    /// Whether they follow from what is set of leads.
    pub(super) fn follows_settings(&self) -> bool {
        self.rows.contains("$points_") || self.rows.contains("$days_")
    }

    /// Whether rows that were there before somebody came may turn out to be about them.
    pub(super) fn finds_people(&self) -> bool {
        self.rows.contains("member_named")
    }

    /// Whether facts follow from who is where, and so from no activity.
    pub(super) fn is_of_places(&self) -> bool {
        self.tables.contains("stays")
    }
}

/// See `facts.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    Member,
    Thread,
}

pub(super) static QUERIES: LazyLock<Vec<Query>> = LazyLock::new(|| {
    let mut file: File =
        toml::from_str(include_str!("facts.toml")).expect("the queries that come with Axle are checked by tests");
    for query in &mut file.fact {
        query.tables = tables(&query.rows);
        // What the engine makes of other tables has their news.
        for (made, of) in [("held_roles", "roles"), ("teammate_spans", "teammates")] {
            if query.tables.contains(made) {
                query.tables.insert(of.to_owned());
            }
        }
    }
    file.fact
});

/// Names after `from` and `join`. What a query names itself is among them, and does no harm.
fn tables(rows: &str) -> BTreeSet<String> {
    let words: Vec<&str> = rows.split(|letter: char| letter.is_whitespace() || "(,)".contains(letter)).collect();
    let named = words.windows(2).filter(|pair| ["from", "join"].contains(&pair[0]) && !pair[1].is_empty());
    named.map(|pair| pair[1].to_owned()).collect()
}

/// What queries are told of the whole record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Instant of the first activity, and of the first that counts.
    pub first: Option<Timestamp>,
    first_counted: Option<Timestamp>,
    /// The complete local months from the first activity that counts on, as table functions name periods.
    months: String,
    /// When the last of them ended.
    pub months_until: Option<Timestamp>,
    /// What inferred signals count, and how long hand-offs hold.
    pub leads: Leads,
}

impl Bounds {
    /// Looked up in the record.
    pub(super) async fn read(workspace: &Workspace, as_of: Timestamp, zone: &TimeZone) -> AppResult<Self> {
        let text = |value: Value| value.as_str().map(str::to_owned);
        let query =
            "select min(occurred_at) as first, min(occurred_at) filter (where weight >= 1) as counted from activities";
        let mut row = workspace.analytics().sql(query, 1, as_of).await?.rows.into_iter().flatten();
        let mut next = || row.next().and_then(text).and_then(|text| text.parse().ok());
        let (first, first_counted) = (next(), next());
        let leads = settings::leads(workspace).await?;
        Ok(Self { first, first_counted, leads, ..Self::default() }.at(as_of, zone))
    }

    /// Whether both span the same time, whatever is set of leads.
    pub(super) fn spans_as(&self, other: &Self) -> bool {
        Self { leads: other.leads, ..self.clone() } == *other
    }

    /// The same with what is set of leads now.
    pub(super) async fn with_leads(self, workspace: &Workspace) -> AppResult<Self> {
        Ok(Self { leads: settings::leads(workspace).await?, ..self })
    }

    /// The same activities, at another instant.
    pub(super) fn at(self, as_of: Timestamp, zone: &TimeZone) -> Self {
        let date = |at: Timestamp| Grain::Month.floor(at.to_zoned(zone.clone()).date());
        let span = self.first_counted.and_then(|first| Period::new(date(first), date(as_of)));
        let months: Vec<_> = span.map(|span| span.split(Grain::Month)).unwrap_or_default();
        let days: Vec<_> = months.iter().map(|month| month.days()).collect();
        let named: Vec<String> = days.iter().map(|days| format!("{}:{}", days.start, days.end)).collect();
        let months_until = days.last().map(|days| start_of_day(days.end, zone));
        Self { months: named.join(","), months_until, ..self }
    }

    /// Whether what changed from an instant on may move them.
    pub(super) fn move_with(&self, changed_from: Option<Timestamp>) -> bool {
        let known = self.first.zip(self.first_counted).map(|(first, counted)| first.max(counted));
        changed_from.is_some_and(|at| known.is_none_or(|known| at <= known))
    }

    fn put_into(&self, rows: &str) -> String {
        let first = self.first.map_or("null".to_owned(), |first| {
            format!("arrow_cast('{first}', 'Timestamp(Microsecond, Some(\"UTC\"))')")
        });
        let rows = rows.replace("$months", &self.months).replace("$first", &first);
        let days = self.leads.hand_off_days;
        let rows = rows.replace("$days_offered", &days.offered.to_string());
        let rows = rows.replace("$days_accepted", &days.accepted.to_string());
        let points = self.leads.points.named();
        points.iter().fold(rows, |rows, (name, points)| rows.replace(&format!("$points_{name}"), &points.to_string()))
    }
}

/// Facts of people by their public id.
pub(super) type ByMember = HashMap<String, Gathered>;

/// Asks the queries, and keeps what is about people and wanted. What was asked before `as_of` is kept as it was, so no query may
/// follow from what holds on its day, such as the table `members`.
///
/// # Errors
/// When the tables cannot be read.
pub(super) async fn ask(
    workspace: &Workspace,
    asked: &Asked,
    people: &HashSet<String>,
    bounds: &Bounds,
    as_of: Timestamp,
) -> AppResult<ByMember> {
    let numbers = workspace.numbers().read().await.clone();
    let mut found = ByMember::new();
    let mut take = |part: usize, table: TypedTable| {
        for (member_id, mut fact) in facts(&QUERIES[part].kind, table, &numbers) {
            fact.origin.part = part as u16;
            if people.contains(&member_id) && asked.of(&member_id)(fact.origin) {
                found.entry(member_id).or_default().push(&fact);
            }
        }
    };
    let failed = |part: usize, error: axle_model::analytics::AnalyticsError| {
        AppError::Internal(format!("facts of the kind {} cannot be read: {error}", QUERIES[part].kind))
    };
    let engine = workspace.analytics();
    for part in asked.whole() {
        let rows = bounds.put_into(&QUERIES[part].rows);
        engine.sql_each(&rows, as_of, &mut |table| take(part, table)).await.map_err(|error| failed(part, error))?;
    }
    if let Some((changes, parts)) = asked.among() {
        for (part, table) in among(workspace, changes, parts, bounds).await? {
            take(part, table);
        }
    }
    Ok(found)
}

/// Lets the engine prepare for what is asked after changes.
pub(super) async fn prepare(workspace: &Workspace, bounds: &Bounds) -> AppResult<()> {
    let parts = (0..QUERIES.len()).filter(|part| QUERIES[*part].by.is_some()).collect();
    among(workspace, &Changes::default(), parts, bounds).await.map(drop)
}

async fn among(
    workspace: &Workspace,
    changes: &Changes,
    parts: Vec<usize>,
    bounds: &Bounds,
) -> AppResult<Vec<(usize, TypedTable)>> {
    let queries: Vec<String> = parts.iter().map(|part| bounds.put_into(&QUERIES[*part].rows)).collect();
    let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
    let tables = workspace.analytics().sql_among(changes, &queries).await?;
    Ok(parts.into_iter().zip(tables).collect())
}

/// What a column of a query says.
enum Column {
    MemberId,
    Member,
    At,
    SeenAt,
    Id,
    Thread,
    /// `None`: nothing that flywheels ask for.
    Attribute(Option<&'static str>),
}

impl Column {
    fn of(name: &str) -> Self {
        match name {
            "member_id" => Self::MemberId,
            "member" => Self::Member,
            "at" => Self::At,
            "seen_at" => Self::SeenAt,
            "id" => Self::Id,
            "thread" => Self::Thread,
            other => Self::Attribute(attribute_of(other)),
        }
    }
}

/// Each row with its member; rows that lack member, instant or id say nothing.
fn facts<'a>(
    kind: &'static str,
    mut table: TypedTable,
    numbers: &'a Numbers,
) -> impl Iterator<Item = (String, Fact)> + 'a {
    let columns: Vec<Column> = table.columns.iter().map(|(name, _)| Column::of(name)).collect();
    (0..table.rows()).filter_map(move |row| {
        let mut fact = Fact::new(Timestamp::UNIX_EPOCH, kind, "");
        fact.origin.unit = u32::MAX;
        let (mut member_id, mut at) = (None, None);
        let mut seen_at = None;
        for (column, (_, cells)) in columns.iter().zip(&mut table.columns) {
            let mut text = || cells.take_text(row).filter(|text| !text.is_empty());
            match column {
                Column::MemberId => member_id = text(),
                Column::Member => {
                    let number = usize::try_from(cells.number(row)?).ok()?;
                    member_id = numbers.id_at.get(number).map(id_text);
                }
                Column::At => at = cells.instant(row),
                Column::SeenAt => seen_at = cells.instant(row),
                Column::Id => fact.id = text()?,
                Column::Thread => {
                    let thread = cells.number(row).and_then(|thread| u32::try_from(thread).ok());
                    fact.origin = Origin { unit: thread.unwrap_or(u32::MAX), ..fact.origin };
                }
                Column::Attribute(name) => {
                    fact.attributes.extend(name.zip(text()).map(|(name, value)| (name.into(), value)));
                }
            }
        }
        fact.at = at?;
        fact.seen_at = seen_at.unwrap_or(fact.at);
        Some((member_id?, fact))
    })
}

#[cfg(test)]
mod tests {
    use axle_flywheel::vocabulary::{COMMON, kind_of};
    use axle_model::analytics::Cells;

    use super::*;

    /// What is not read of a few activities.
    const UNREAD: [&str; 6] = ["title", "text", "url", "language", "sentiment_score", "properties"];

    #[test]
    fn every_query_gives_facts_of_a_known_kind() {
        for query in QUERIES.iter() {
            assert!(kind_of(&query.kind).is_some(), "{} is no kind", query.kind);
            assert!(!query.tables.is_empty(), "{}", query.kind);
            assert_eq!(
                query.by == Some(By::Thread),
                query.rows.contains("thread\nfrom ") || query.rows.contains(", thread from "),
                "{}",
                query.rows
            );
            assert!(!query.tables.contains("members"), "it holds today alone: {}", query.rows);
            // Of a few activities these may not be read.
            let words = query.rows.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let mut unread = words.filter(|word| UNREAD.contains(word));
            assert_eq!(unread.next().filter(|_| query.by.is_some()), None, "{}", query.rows);
        }
        assert!(COMMON.contains(&"organization"));
    }

    #[test]
    fn rows_become_facts_and_what_lacks_an_instant_does_not() {
        let texts = |text: &str| Cells::Texts(vec![Some(text.to_owned()); 2]);
        let at = |date: &str| date.parse().ok().map(Timestamp::as_microsecond);
        let columns = [
            ("member_id", texts("m1")),
            ("at", Cells::Instants(vec![at("2026-01-03T00:00:00Z"), None])),
            ("seen_at", Cells::Instants(vec![at("2026-01-05T00:00:00Z"); 2])),
            ("id", texts("s1")),
            ("kind", texts("explicit")),
            ("organization", texts("")),
            ("points", Cells::Numbers(vec![Some(4), None])),
        ];
        let table = TypedTable { columns: columns.map(|(name, cells)| (name.to_owned(), cells)).into() };
        let found: Vec<(String, Fact)> = facts("signal", table, &Numbers::default()).collect();
        let [(member_id, fact)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((member_id.as_str(), fact.id.as_str()), ("m1", "s1"));
        assert_eq!(fact.attributes, [("kind".into(), "explicit".to_owned()), ("points".into(), "4".to_owned())]);
        assert!(fact.seen_at > fact.at);
    }
}
