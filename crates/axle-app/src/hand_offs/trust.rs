//! Trust incidents: sales turned to a member who had not allowed it. The same rows as those of the KPI.

use axle_store::member;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::directory::id_text;
use crate::{AppResult, Workspace, figures};

/// Incidents that are listed.
const MOST: usize = 200;

/// The newest first; `member` is the engine's number.
const INCIDENTS: &str = "
select member, at, way from sales_asks where not is_allowed order by at desc limit 200";

/// One time that sales turned to a member who had not allowed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// Public id of the member.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// `call`, `outreach`.
    pub way: String,
}

/// Trust incidents up to an instant, the newest first: at most 200.
pub async fn incidents(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Incident>> {
    let table = figures::sql(workspace, INCIDENTS, MOST, now).await?;
    let numbers = workspace.numbers().read().await.clone();
    let read = |row: &Vec<Value>| {
        let [member, at, way] = row.as_slice() else { return None };
        let index = usize::try_from(member.as_u64()?).ok()?;
        let at: Timestamp = at.as_str()?.parse().ok()?;
        Some((index, at, way.as_str()?.to_owned()))
    };
    let rows: Vec<(usize, Timestamp, String)> =
        table.rows.iter().filter_map(read).filter(|(_, at, _)| *at <= now).collect();
    let ids: Vec<u32> = rows.iter().filter_map(|(index, ..)| numbers.number_at.get(*index).copied()).collect();
    let named = member::named(workspace.db(), &ids).await?;
    let incident = |(index, at, way): (usize, Timestamp, String)| {
        let number = numbers.number_at.get(index)?;
        let (_, name, _) = named.iter().find(|(known, ..)| known == number)?;
        Some(Incident { member_id: id_text(numbers.id_at.get(index)?), name: name.clone(), at, way })
    };
    let mut incidents: Vec<Incident> = rows.into_iter().filter_map(incident).collect();
    incidents.sort_by(|a, b| (b.at, &a.member_id, &a.way).cmp(&(a.at, &b.member_id, &b.way)));
    Ok(incidents)
}
