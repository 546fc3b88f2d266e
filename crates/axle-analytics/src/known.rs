//! What is known at an instant: what tables are made from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axle_model::analytics::Seq;
use axle_model::time::LocalDay;
use datafusion::arrow::array::RecordBatch;

use crate::deleted::Deletions;
use crate::directory::DirectoryIndex;
use crate::fact_rows::FactFiles;
use crate::network::Network;
use crate::rollup::DayRow;
use crate::rows::Rows;

/// Everything known at an instant: what tables are made from.
#[derive(Debug)]
pub(crate) struct Known {
    pub rows: Rows,
    pub directory: Arc<DirectoryIndex>,
    /// Small tables handed over whole, by name.
    pub facts: Arc<BTreeMap<String, RecordBatch>>,
    /// Facts by the name of their table.
    pub fact_files: Arc<BTreeMap<String, FactFiles>>,
    pub days: Arc<Vec<DayRow>>,
    pub gone_by_day: Arc<BTreeMap<LocalDay, u64>>,
    /// Deleted activities; those that are not gone hold as of the instant.
    pub deleted: Arc<Deletions>,
    /// Numbers of the members whom the tables of who is where are about; `None`: everybody.
    pub only: Option<BTreeSet<u32>>,
    /// Microseconds; activities after it are not known. [`i64::MAX`] where all of them are.
    pub as_of: i64,
    /// The local day of the instant that was asked as of: what holds on days holds on this one.
    pub today: LocalDay,
    /// Greatest sequence number.
    pub watermark: Seq,
    /// Who met whom, shared by all states: of whichever was asked last.
    pub network: Arc<Mutex<Network>>,
}

impl Known {
    /// Whether this is what is known until an instant, on that day.
    pub(crate) fn is_of(&self, as_of: i64, today: LocalDay) -> bool {
        (self.as_of, self.today) == (as_of, today)
    }

    /// Whether there are facts in the table of that name; of `affiliations`, whether anybody is known to be anywhere; of `teammates`,
    /// whether anybody is known to be one, by address and by people's word, too.
    pub(crate) fn has_facts(&self, table: &str) -> bool {
        self.facts.get(table).is_some_and(|rows| rows.num_rows() > 0)
            || self.fact_files.get(table).is_some_and(|files| !files.is_empty())
            || (table == "affiliations"
                && self.directory.directory.members.iter().any(|member| !member.affiliations.is_empty()))
            || (table == "teammates"
                && self.directory.directory.members.iter().any(|member| !member.teammate.is_empty()))
    }
}
