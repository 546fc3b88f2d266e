//! Members' days for scoring, read off the rollup.

use axle_model::analytics::MemberDay;
use axle_model::settings::ScoreSettings;

use crate::directory::DirectoryIndex;
use crate::known::Known;
use crate::rollup::{DayRow, TYPE_WEIGHT};

/// Counted activity by member, day and weight; with teammates' own when asked for. The rollup lies by identity, so that
/// a few members cost what they did, not what everybody did.
///
/// `settings`: weights to use in place of the directory's.
pub(crate) fn member_days(
    known: &Known,
    members: Option<&[u32]>,
    teammates: bool,
    settings: Option<&ScoreSettings>,
) -> Vec<MemberDay> {
    let directory = &known.directory;
    let weights = weights(directory, settings);
    let numbers: Vec<u32> = match members {
        Some(members) => {
            let mut members = members.to_vec();
            members.sort_unstable();
            members.dedup();
            members
        }
        None => (0..directory.directory.members.len() as u32).collect(),
    };
    let days = ByIdentity::new(&known.days, numbers.len());
    let mut found: Vec<MemberDay> = Vec::new();
    let mut one = |member: u32| {
        let is_bot = directory.member(member).is_none_or(|row| row.is_bot);
        if is_bot {
            return;
        }
        let first = found.len();
        for identity in directory.identities_of(member) {
            found.extend(days.of(identity).iter().filter_map(|row| {
                let weight = match row.weight {
                    TYPE_WEIGHT => weights.get(row.activity_type as usize).copied().unwrap_or(0),
                    own => own,
                };
                let counts = weight >= 1
                    && !directory.activity_type(row.activity_type).is_product
                    && (teammates || !directory.is_teammate(member, row.day));
                counts.then_some(MemberDay {
                    member,
                    day: row.day,
                    weight,
                    count: row.count,
                    first_at: row.first,
                    last_at: row.last,
                })
            }));
        }
        found[first..].sort_unstable_by_key(|row| (row.day, row.weight));
    };
    numbers.into_iter().for_each(&mut one);
    found.dedup_by(|later, kept| {
        let same = (later.member, later.day, later.weight) == (kept.member, kept.day, kept.weight);
        if same {
            kept.count += later.count;
            kept.first_at = kept.first_at.min(later.first_at);
            kept.last_at = kept.last_at.max(later.last_at);
        }
        same
    });
    found
}

/// The weight of each activity type, by its number.
fn weights(directory: &DirectoryIndex, settings: Option<&ScoreSettings>) -> Vec<u8> {
    let types = &directory.directory.activity_types;
    let mut weights = vec![0; types.iter().map(|row| row.activity_type_id as usize + 1).max().unwrap_or(0)];
    for row in types {
        weights[row.activity_type_id as usize] = settings.map_or(row.weight, |settings| settings.weight_of(&row.key));
    }
    weights
}

/// More members than these are looked up in a table of where each identity's rows begin.
const FEW: usize = 2_000;

/// The rollup, by identity.
struct ByIdentity<'a> {
    days: &'a [DayRow],
    /// By identity: where its rows begin. Empty where a search for each is cheaper.
    starts: Vec<usize>,
}

impl<'a> ByIdentity<'a> {
    fn new(days: &'a [DayRow], members: usize) -> Self {
        let mut starts = Vec::new();
        if members > FEW {
            for (at, row) in days.iter().enumerate() {
                while starts.len() <= row.identity as usize {
                    starts.push(at);
                }
            }
        }
        Self { days, starts }
    }

    fn of(&self, identity: u32) -> &'a [DayRow] {
        let from = if self.starts.is_empty() {
            self.days.partition_point(|row| row.identity < identity)
        } else {
            self.starts.get(identity as usize).copied().unwrap_or(self.days.len())
        };
        let rows = &self.days[from..];
        &rows[..rows.iter().take_while(|row| row.identity == identity).count()]
    }
}
