//! What to know before a check-in: what a member was last about, which of their tickets are open, and what colleagues noted.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppResult, Workspace, figures};

/// So many of each are shown.
const MOST: usize = 3;

/// One line, with when it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Title, subject or text.
    pub text: String,
    /// When.
    pub at: Option<Timestamp>,
}

/// See the module; the newest of each first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Brief {
    /// Titles of the threads in which they took part last, else their words.
    pub topics: Vec<Line>,
    /// Subjects of their tickets that nobody has solved.
    pub tickets: Vec<Line>,
    /// Notes that the team may read.
    pub notes: Vec<Line>,
}

/// Where the lines of a query go.
type Part = fn(&mut Brief) -> &mut Vec<Line>;

#[derive(Deserialize)]
struct Row {
    member_id: String,
    text: Option<String>,
    at: Option<Timestamp>,
}

/// What to know of some members, by their public ids; of whom nothing is known, nothing.
///
/// # Errors
/// When the record cannot be read.
pub async fn briefs(workspace: &Workspace, member_ids: &[&str], now: Timestamp) -> AppResult<HashMap<String, Brief>> {
    let mut briefs: HashMap<String, Brief> = HashMap::new();
    if member_ids.is_empty() {
        return Ok(briefs);
    }
    let quoted: Vec<String> = member_ids.iter().map(|id| format!("'{}'", id.replace('\'', "''"))).collect();
    let among = format!("member_id in ({})", quoted.join(", "));
    let topics = format!(
        "select member_id, text, max(at) as at from (
           select a.member_id, coalesce(t.title, a.title, substr(a.text, 1, 120)) as text, a.occurred_at as at
           from (select member_id, source, channel, thread_id, title, text, occurred_at from activities
                 where {among} and weight >= 1 and occurred_at <= timestamp '{now:.0}') a
           left join threads t on t.source = a.source and t.channel = a.channel and t.thread_id = a.thread_id)
         where text is not null group by member_id, text order by at desc, text"
    );
    let tickets = format!(
        "select member_id, coalesce(subject, ticket_id) as text, opened_at as at from tickets
         where {among} and opened_at <= '{now}' and (solved_at is null or solved_at > '{now}') order by opened_at desc, ticket_id"
    );
    let notes = format!(
        "select member_id, text, at from notes
         where {among} and coalesce(visibility, 'team') = 'team' order by at desc nulls last, text"
    );
    let parts: [(String, Part); 3] =
        [(topics, |brief| &mut brief.topics), (tickets, |brief| &mut brief.tickets), (notes, |brief| &mut brief.notes)];
    for (query, part) in parts {
        for row in figures::records::<Row>(workspace, &query, now).await? {
            let text = row.text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
            let lines = part(briefs.entry(row.member_id).or_default());
            lines.extend(text.filter(|_| lines.len() < MOST).map(|text| Line { text, at: row.at }));
        }
    }
    Ok(briefs)
}
