//! What each part of a packet tells, as a table of contents.

mod bounds;
mod doings;
mod organization;
mod said;
mod success;
mod who;

use super::packet::{Line, Part};
use super::sources::Sources;
use crate::AppResult;

pub(super) use bounds::sentence;

/// The lines of a part.
pub(super) async fn lines(read: &Sources<'_>, part: Part) -> AppResult<Vec<Line>> {
    match part {
        Part::Who => who::who(read).await,
        Part::WhyNow => said::why_now(read).await,
        Part::Why => success::why(read).await,
        Part::Goals => bounds::goals(read).await,
        Part::Boundaries => bounds::boundaries(read).await,
        Part::Uses => bounds::uses(read).await,
        Part::Flags => Ok(bounds::flags(read)),
        Part::Topics => said::topics(read).await,
        Part::Standing => Ok(doings::standing(read)),
        Part::History => Ok(doings::history(read)),
        Part::Events => doings::events(read).await,
        Part::Next => doings::next(read).await,
        Part::Open => said::questions(read, true).await,
        Part::Answered => said::questions(read, false).await,
        Part::Concerns => said::concerns(read).await,
        Part::Praise => said::praise(read).await,
        Part::Feedback => said::feedback(read).await,
        Part::Product => doings::product(read).await,
        Part::Value => success::value(read).await,
        Part::Tried => success::tried(read).await,
        Part::Contacts => doings::tickets_and_calls(read).await,
        Part::Renewal => success::renewal(read).await,
        Part::Risks => success::risks(read).await,
        Part::People => organization::people(read).await,
        Part::Map => organization::map(read).await,
        Part::Notes => bounds::notes(read).await,
    }
}
