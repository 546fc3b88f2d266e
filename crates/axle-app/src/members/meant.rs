//! Whom people mean when they name a member.

use axle_store::member::MemberRow;
use axle_store::{identity, member};
use uuid::Uuid;

use super::member_of;
use crate::directory::id_text;
use crate::identities::Account;
use crate::{AppError, AppResult, Workspace};

/// The member whom people mean: by an id, by the address of their page, or by a name, handle or e-mail address that only one has.
pub(crate) async fn meant(workspace: &Workspace, text: &str) -> AppResult<MemberRow> {
    let text = text.trim();
    let id = text.split_once("/members/").map_or(text, |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    if Uuid::parse_str(id).is_ok() {
        return member_of(workspace, id).await;
    }
    let mut found = member::called(workspace.db(), text).await?;
    match (found.len(), found.pop()) {
        (1, Some(one)) => Ok(one),
        (_, Some(last)) => Err(several(workspace, text, found.into_iter().chain([last])).await?),
        (_, None) => Err(AppError::NotFound(format!(
            "no member is called `{text}`: give a name, handle or e-mail address as their page shows it, or its address"
        ))),
    }
}

/// That a text means nobody in particular, with the ids of those whom it may mean.
async fn several(workspace: &Workspace, text: &str, found: impl Iterator<Item = MemberRow>) -> AppResult<AppError> {
    let mut named = Vec::new();
    for row in found {
        let accounts = identity::of_member(workspace.db(), row.member_number).await?;
        let account = accounts.first().map(Account::of);
        let called = account.map_or_else(|| row.name.clone(), |account| account.of_member(&row.name));
        named.push(format!("{} of {called}", id_text(&row.member_id.as_slice().try_into().unwrap_or([0; 16]))));
    }
    Ok(AppError::Invalid(format!(
        "several members are called `{text}`: give the id of the one that is meant, or the address of their page: {}",
        named.join(", ")
    )))
}
