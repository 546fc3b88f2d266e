//! The default activity catalogue: every activity type that Axle knows, with its default weight.
//! Weights marked "doc" in the Orbit model are kept; a workspace may change any of them.

use crate::activity::Connection::{Direct, Indirect, None};
use crate::activity::{ActivityType, Flags};

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $weight:literal, $connection:expr, $flags:expr;)*) => {
        $($(#[$doc])* pub const $name: ActivityType = ActivityType::new($key, $weight, $connection, $flags);)*
        /// Every type of the catalogue, by falling closeness to the order of the orbit: light ones first.
        pub const CATALOGUE: &[ActivityType] = &[$($name),*];
    };
}

catalogue! {
    /// Read an issue of a newsletter (doc).
    NEWSLETTER_READ = "newsletter:issue:read", 1, None, Flags::NONE;
    /// Followed an account of ours.
    ACCOUNT_FOLLOWED = "social:account:followed", 1, None, Flags::NONE;
    /// Starred a repository.
    REPO_STARRED = "github:repo:starred", 1, None, Flags::NONE;
    /// Visited a page, as a known person.
    PAGE_VISITED = "web:page:visited", 1, None, Flags::VISIT;
    /// Liked a post.
    POST_LIKED = "social:post:liked", 1, Direct, Flags::LIKE;
    /// Read a topic or message, where the source reports it.
    TOPIC_READ = "forum:topic:read", 1, None, Flags::NONE;
    /// Earned a badge.
    BADGE_EARNED = "qa:badge:earned", 0, None, Flags::NONE;
    /// Joined a chat space.
    SPACE_JOINED = "chat:space:joined", 2, None, Flags::JOIN;
    /// Joined a forum or Q&A site: the account was made.
    FORUM_JOINED = "forum:space:joined", 2, None, Flags::JOIN;
    /// Reacted to a message.
    REACTION_ADDED = "chat:reaction:added", 2, Direct, Flags::LIKE;
    /// Liked a forum post or voted for it, where the source names the voter.
    FORUM_POST_LIKED = "forum:post:liked", 2, Direct, Flags::LIKE;
    /// Registered for an event.
    EVENT_REGISTERED = "event:session:registered", 2, None, Flags::NONE;
    /// Registered for a webinar.
    WEBINAR_REGISTERED = "webinar:session:registered", 2, None, Flags::NONE;
    /// Shared a post.
    POST_SHARED = "social:post:shared", 3, Direct, Flags::SHARE.and(Flags::ADVOCACY);
    /// Forked a repository.
    REPO_FORKED = "github:repo:forked", 3, None, Flags::NONE;
    /// Attended a webinar.
    WEBINAR_ATTENDED = "webinar:session:attended", 3, Indirect, Flags::ATTENDANCE;
    /// Wrote a chat message.
    MESSAGE_SENT = "chat:message:sent", 4, Indirect, Flags::NONE;
    /// Commented on a social post.
    POST_COMMENTED = "social:post:commented", 4, Direct, Flags::COMMENT;
    /// Asked in a Q&A space.
    QUESTION_ASKED = "question:asked", 4, None, Flags::QUESTION;
    /// Opened a forum topic.
    TOPIC_OPENED = "forum:topic:opened", 4, Indirect, Flags::NONE;
    /// Opened a thread on a mailing list.
    MAIL_THREAD_OPENED = "mail:thread:opened", 4, Indirect, Flags::NONE;
    /// Commented on a question or an answer.
    QUESTION_COMMENTED = "question:commented", 4, Direct, Flags::NONE;
    /// Replied in a forum topic.
    POST_REPLIED = "forum:post:replied", 5, Direct, Flags::NONE;
    /// Replied on a mailing list.
    MAIL_REPLIED = "mail:message:replied", 5, Direct, Flags::NONE;
    /// Opened an issue.
    ISSUE_OPENED = "github:issue:opened", 5, None, Flags::FEEDBACK;
    /// Commented on an issue or pull request.
    ISSUE_COMMENTED = "github:issue:commented", 5, Direct, Flags::NONE;
    /// Opened a discussion.
    DISCUSSION_OPENED = "github:discussion:opened", 4, None, Flags::NONE;
    /// Commented in a discussion.
    DISCUSSION_COMMENTED = "github:discussion:commented", 5, Direct, Flags::NONE;
    /// Attended an event (doc: a conference).
    EVENT_ATTENDED = "event:session:attended", 5, Indirect, Flags::ATTENDANCE;
    /// Answered a satisfaction survey.
    SURVEY_ANSWERED = "survey:answered", 5, None, Flags::FEEDBACK;
    /// Tested a change (git trailer).
    COMMIT_TESTED = "git:commit:tested", 5, Direct, Flags::CONTRIBUTION;
    /// Reported what a change mends (git trailer).
    COMMIT_REPORTED = "git:commit:reported", 5, Direct, Flags::FEEDBACK;
    /// Answered a question (doc).
    QUESTION_ANSWERED = "question:answered", 6, Direct, Flags::ANSWER.and(Flags::CONTRIBUTION);
    /// Gave feedback.
    FEEDBACK_SUBMITTED = "feedback:submitted", 6, None, Flags::FEEDBACK;
    /// Reviewed a change (git trailers Reviewed-by and Acked-by).
    COMMIT_REVIEWED = "git:commit:reviewed", 6, Direct, Flags::CONTRIBUTION;
    /// Reviewed a pull request.
    PULL_REQUEST_REVIEWED = "github:pull_request:reviewed", 6, Direct, Flags::CONTRIBUTION;
    /// Wrote an answer that was accepted.
    ANSWER_ACCEPTED = "answer:accepted", 7, Direct, Flags::CONTRIBUTION;
    /// Told their story.
    STORY_GIVEN = "story:testimonial:given", 7, None, Flags::ADVOCACY;
    /// Published a review of the product.
    REVIEW_PUBLISHED = "review:published", 7, None, Flags::ADVOCACY;
    /// Invited somebody.
    REFERRAL_SENT = "referral:sent", 7, Direct, Flags::REFERRAL.and(Flags::ADVOCACY);
    /// Brought somebody who came.
    REFERRAL_ACCEPTED = "referral:accepted", 8, Direct, Flags::REFERRAL.and(Flags::ADVOCACY);
    /// Wrote a change.
    COMMIT_AUTHORED = "git:commit:authored", 8, None, Flags::CONTRIBUTION;
    /// Opened a pull request (doc).
    PULL_REQUEST_OPENED = "github:pull_request:opened", 8, None, Flags::CONTRIBUTION;
    /// Published an article.
    ARTICLE_PUBLISHED = "article:published", 8, None, Flags::CONTRIBUTION.and(Flags::ADVOCACY);
    /// Published a video.
    VIDEO_PUBLISHED = "video:published", 8, None, Flags::CONTRIBUTION.and(Flags::ADVOCACY);
    /// Took part in a beta programme.
    BETA_PARTICIPATED = "program:beta:participated", 8, Indirect, Flags::NONE;
    /// Had a pull request merged.
    PULL_REQUEST_MERGED = "github:pull_request:merged", 9, Direct, Flags::CONTRIBUTION;
    /// Spoke for us inside their organization.
    INTERNAL_ADVOCACY = "champion:internal_advocacy:done", 9, Direct, Flags::ADVOCACY;
    /// Introduced us to somebody.
    INTRO_MADE = "champion:intro:made", 9, Direct, Flags::ADVOCACY;
    /// Gave a talk.
    TALK_GIVEN = "talk:given", 10, Indirect, Flags::CONTRIBUTION.and(Flags::ADVOCACY);
    /// Organized a meetup (doc).
    EVENT_ORGANIZED = "event:session:organized", 11, Indirect, Flags::CONTRIBUTION;
    /// Moderated a space for a month.
    SPACE_MODERATED = "space:moderated", 12, Indirect, Flags::CONTRIBUTION;
    /// Maintained a repository for a month.
    REPO_MAINTAINED = "repo:maintained", 12, Indirect, Flags::CONTRIBUTION;
    /// Took a star back.
    REPO_UNSTARRED = "github:repo:unstarred", 0, None, Flags::NONE;
    /// Left a chat space.
    SPACE_LEFT = "chat:space:left", 0, None, Flags::NONE;
    /// A sales call.
    SALES_CALL = "call:sales:held", 0, Direct, Flags::CALL;
    /// A support call.
    SUPPORT_CALL = "call:support:held", 0, Direct, Flags::CALL;
    /// Any other call.
    OTHER_CALL = "call:other:held", 0, Direct, Flags::CALL;
    /// Named us in a space that is not ours.
    BRAND_MENTIONED = "mention:brand", 0, None, Flags::MENTION;
    /// Used the product.
    PRODUCT_USED = "product:event:tracked", 0, None, Flags::PRODUCT;
}

/// The type of that key. Accepts the aliases of [`ALIASES`]. `None` for a type that the catalogue does not know.
pub fn activity_type(key: &str) -> Option<&'static ActivityType> {
    let key = canonical_key(key);
    CATALOGUE.iter().find(|known| known.key == key)
}

/// Other spellings under which the same types appear, each with its catalogue key.
pub const ALIASES: &[(&str, &str)] = &[
    ("meetup:event:attended", "event:session:attended"),
    ("conference:event:attended", "event:session:attended"),
    ("meetup:event:organized", "event:session:organized"),
    ("survey:nps:answered", "survey:answered"),
    ("survey:csat:answered", "survey:answered"),
    ("discourse:topic:read", "forum:topic:read"),
    ("zulip:message:read", "forum:topic:read"),
    ("discord:space:joined", "chat:space:joined"),
    ("slack:space:joined", "chat:space:joined"),
    ("zulip:space:joined", "chat:space:joined"),
    ("discourse:space:joined", "forum:space:joined"),
];

/// The catalogue's spelling of a type.
pub fn canonical_key(key: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == key).map_or(key, |(_, canonical)| canonical)
}

/// Weight of a type that neither the catalogue nor the workspace knows: 1, the least that counts; `product:*`
/// never counts as community activity (convention C13).
pub fn default_weight(key: &str) -> u8 {
    match activity_type(key) {
        Some(known) => known.weight.get(),
        Option::None if key.starts_with("product:") => 0,
        Option::None => 1,
    }
}

/// Whether somebody who does it has got something of value (S42): an event, or an idea that they liked, commented on or saved.
pub fn is_value(key: &str) -> bool {
    is_idea(key) || activity_type(key).is_some_and(|known| known.flags.has(Flags::ATTENDANCE))
}

/// Whether it says that somebody found something of use: a like, a comment on content, or a type that ends in `:saved`.
pub fn is_idea(key: &str) -> bool {
    let says = |known: &ActivityType| known.flags.has(Flags::LIKE) || known.flags.has(Flags::COMMENT);
    key.ends_with(":saved") || activity_type(key).is_some_and(says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_an_event_or_an_idea() {
        for key in ["event:session:attended", "forum:post:liked", "social:post:commented", "forum:post:saved"] {
            assert!(is_value(key), "{key}");
        }
        for key in ["event:session:registered", "social:post:shared", "forum:post:replied", "newsletter:issue:read"] {
            assert!(!is_value(key), "{key}");
        }
    }

    #[test]
    fn keys_are_unique_and_aliases_lead_to_them() {
        let mut keys: Vec<_> = CATALOGUE.iter().map(|t| t.key).collect();
        keys.sort_unstable();
        let count = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), count);
        for (alias, canonical) in ALIASES {
            assert!(keys.binary_search(canonical).is_ok(), "{alias} leads to the unknown {canonical}");
            assert!(keys.binary_search(alias).is_err(), "{alias} is a key itself");
        }
    }

    #[test]
    fn weights_of_the_orbit_model_are_kept() {
        for (key, weight) in [
            ("newsletter:issue:read", 1),
            ("conference:event:attended", 5),
            ("question:answered", 6),
            ("github:pull_request:opened", 8),
            ("meetup:event:organized", 11),
        ] {
            assert_eq!(default_weight(key), weight, "{key}");
        }
        assert_eq!(default_weight("product:report:exported"), 0);
        assert_eq!(default_weight("acme:widget:polished"), 1);
    }
}
