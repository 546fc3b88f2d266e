//! Signposts in the product that point nobody to the community: shown, and never clicked.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AppResult, Workspace, figures};

/// One that was first shown later may still be clicked.
const LEAST_AGE_DAYS: i64 = 7;

/// A signpost that nobody ever clicked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signpost {
    /// As the product calls it.
    pub signpost: String,
    /// To how many people it was shown.
    pub people: u64,
    /// Since when it is shown.
    pub first_shown_at: Timestamp,
    /// When it was shown last.
    pub last_shown_at: Timestamp,
}

/// Signposts that nobody ever clicked, first shown seven days ago or earlier; those shown to the most people first.
///
/// # Errors
/// When the record cannot be read.
pub async fn never_clicked(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Signpost>> {
    let oldest = now - SignedDuration::from_hours(24 * LEAST_AGE_DAYS);
    let query = format!(
        "select signpost, count(distinct member_of(identity_id)) as people, min(at) as first_shown_at, max(at) as last_shown_at
         from signposts where at <= timestamp '{now:.0}' group by signpost
         having count(*) filter (where kind = 'clicked') = 0 and min(at) <= timestamp '{oldest:.0}'
         order by people desc, signpost"
    );
    figures::records(workspace, &query, now).await
}
