//! Whom a command is about that is about several members.

use axle_app::Workspace;
use axle_app::members::{self, Member, Sort, Who};
use clap::Args;
use jiff::Timestamp;

use crate::wiring::now;

/// Several members: by their ids, or as `members list --filter` finds them.
#[derive(Debug, Args)]
pub(crate) struct Whom {
    /// Their ids, as in the list
    #[arg(required_unless_present = "filter", conflicts_with = "filter")]
    ids: Vec<String>,
    /// Those for whom a SQL condition over the columns of the table `members` holds, as in the list
    #[arg(long, value_name = "EXPR")]
    filter: Option<String>,
    /// Of these programs, too
    #[arg(long, requires = "filter")]
    all: bool,
}

impl Whom {
    /// Ids of the members.
    pub(super) async fn chosen(&self, workspace: &Workspace) -> anyhow::Result<Vec<String>> {
        let Some(filter) = &self.filter else { return Ok(self.ids.clone()) };
        let who = if self.all { Who::All } else { Who::People };
        let list = found(workspace, who, Sort::Love, Some(filter), None).await?;
        Ok(list.into_iter().map(|member| member.member_id).collect())
    }
}

/// Those of the list for whom a condition holds.
pub(super) async fn found(
    workspace: &Workspace,
    who: Who,
    sort: Sort,
    filter: Option<&String>,
    as_of: Option<Timestamp>,
) -> anyhow::Result<Vec<Member>> {
    let mut list = members::listed(workspace, who, sort, now(), as_of).await?;
    if let Some(filter) = filter {
        let chosen = members::matching(workspace, filter, as_of.unwrap_or_else(now)).await?;
        list.retain(|member| chosen.contains(&member.member_id));
    }
    Ok(list)
}
