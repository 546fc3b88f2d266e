//! The kinds of facts that conditions can name: what each says, its attributes, and where the record holds it.

use std::sync::LazyLock;

/// One kind of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The word that definitions use.
    pub name: &'static str,
    /// What a fact of this kind says.
    pub says: &'static str,
    /// What may be known of it.
    pub attributes: &'static [&'static str],
    /// The tables and rows of the record that give it.
    pub from: &'static str,
}

/// Number of the kind `decided`, the only one that can confirm.
pub(crate) const DECIDED: u8 = 0;
/// Number of the kind `task_done`.
pub(crate) const TASK_DONE: u8 = 1;

/// The departments that can own a step.
pub const OWNERS: &[&str] = &["community", "marketing", "sales", "success", "support", "product", "executives"];

/// The roles that tasks can be for: a rota fills them.
pub const ROLES: &[&str] = &[
    "community_builder",
    "support_rota",
    "account_executive",
    "customer_success",
    "customer_experience",
    "product_manager",
    "moderator",
];

/// Attributes that every kind may carry: whom else it concerns.
pub const COMMON: &[&str] = &["organization", "question", "by", "deal"];

const fn kind(name: &'static str, attributes: &'static [&'static str], says: &'static str, from: &'static str) -> Kind {
    Kind { name, says, attributes, from }
}

/// Every kind.
pub const KINDS: &[Kind] = &[
    kind(
        "decided",
        &["outcome", "flywheel", "step", "reason", "until"],
        "a person (`by`) decided on the run",
        "task: outcome; decisions made on pages",
    ),
    kind("task_done", &["task"], "a task of the run was done", "task: state `done`; `task` is flywheel/step/task"),
    kind(
        "signed_up",
        &["plan"],
        "they got an account of the product, with the plan of then",
        "product_user: signup_at",
    ),
    kind("plan", &["plan"], "has a plan from then on", "product_user: plan, and when another one was read"),
    kind("used", &["feature", "name"], "used the product: one a feature and local day", "product_event"),
    kind("activated", &["milestone"], "reached a milestone of the product", "product_event: milestone"),
    kind("signpost", &["kind", "signpost"], "was shown or clicked a signpost", "signpost: kind `shown`, `clicked`"),
    kind("active", &["weight"], "took part on a local day: one a day, with the greatest weight", "member days"),
    kind("joined", &["source"], "came to the community", "activities of types that join; else the first that counts"),
    kind("attended", &["event", "kind"], "attended an event", "attendance: state `attended`"),
    kind(
        "signal",
        &["kind", "rule", "points", "live"],
        "showed interest in buying; `live`: they are waiting for an answer now",
        "signal; inferred ones by rules, with points",
    ),
    kind("consent", &["kind", "state"], "allowed something (`given`) or took it back (`revoked`)", "consent"),
    kind("introduced", &["to"], "was introduced to a colleague", "note, activity or task that introduces"),
    kind(
        "hand_off",
        &["state", "reason", "is_complete", "flywheel"],
        "a hand-off was `sent`, `opened`, `accepted` or `returned`, or ended by its day (`expired`)",
        "hand_off",
    ),
    kind(
        "contacted",
        &["channel", "purpose", "department"],
        "a teammate of a department wrote, called or met them",
        "push: `outreach`; call; tasks",
    ),
    kind("met", &["with"], "met a colleague of ours", "attendance of meetings; call: kind `sales`"),
    kind(
        "deal",
        &["state", "motion", "stage", "reason"],
        "a deal is `open`, `won` or `lost`",
        "deal: stages, won, closed_at",
    ),
    kind(
        "lifecycle",
        &["state", "motion"],
        "their organization is `prospect`, `customer`, …",
        "organization: lifecycle",
    ),
    kind("affiliation", &["state"], "belongs to an organization (`began`) or no longer (`ended`)", "affiliation"),
    kind(
        "role",
        &["role", "state", "reason"],
        "has a role (`held`) or no longer (`ended`; `left_organization`: with their time at the organization)",
        "role; affiliation",
    ),
    kind(
        "score",
        &["level", "gauge", "love_percentile"],
        "their orbit level (1 is nearest), gauge and rank of love changed",
        "members: level, presence, love; as of each month and change",
    ),
    kind("story", &["kind"], "told their story", "activities that advocate: story, review, talk, article"),
    kind("referral", &["kind"], "brought somebody", "invite: kind `sales_intro` or accepted; referral activities"),
    kind("champion_act", &["kind"], "spoke for us inside their organization", "activities champion:*"),
    kind("kickoff", &[], "the customer's start was held", "event: kind `kickoff`, with attendance"),
    kind("colleague_signed_up", &["member"], "another of their organization signed up", "product_user, affiliation"),
    kind(
        "value",
        &["kind"],
        "got an answer, an event or an idea from the community",
        "replies to questions, attendance, likes, comments, what was saved",
    ),
    kind("asked", &["topic"], "asked a question", "activities: is_question; thread"),
    kind(
        "was_answered",
        &["from", "kind"],
        "their question got an answer from a `member` or the `team`",
        "replies of the thread",
    ),
    kind(
        "answer_signal",
        &["from", "kind"],
        "an answer to their question got a sign of the `team`, the `asker` or `others`",
        "reactions, replies, acceptance, badges",
    ),
    kind("escalated", &["ticket"], "their question became a ticket", "ticket: linked_thread"),
    kind("answered", &["asker"], "answered somebody else's question", "activities: is_answer"),
    kind(
        "thanked",
        &["from", "kind"],
        "an answer of theirs got a sign of the `team`, the `asker` or `others`",
        "reactions, replies, acceptance, badges",
    ),
    kind("drop", &["p", "lasts", "expected", "observed", "what"], "the drop rule fired", "alerts of the drop rule"),
    kind("pushed", &[], "whoever looks after them was told of an alert", "alerts of the drop rule"),
    kind(
        "concern",
        &["kind", "state", "item"],
        "their concern was `raised`, `resolved` or they were `told`",
        "feedback: at, decided_at, communicated_at; ticket: solved_at; tasks; kinds `feedback`, `politics`, `trouble`, `job_change`",
    ),
    kind("feedback", &["kind", "topic", "state"], "gave feedback", "feedback"),
    kind(
        "key_account",
        &["state"],
        "their organization was made a key account (`held`) or no longer",
        "organization: key_account",
    ),
    kind(
        "account_named",
        &[],
        "the key members that are wanted at their organization were named",
        "role: `key_member`",
    ),
    kind(
        "touched",
        &["kind"],
        "attended something of value by customer success",
        "push: `cs_touch` with attendance; notes",
    ),
    kind("invited", &["kind"], "was invited to the community", "invite; push: `invitation`"),
    kind("depth", &["kind"], "went deep: tutorial, one-to-one, use case", "attendance, notes, push: `cs_touch`"),
    kind("enrolled", &["program", "state"], "takes part in a programme", "enrollment"),
    kind("taught", &["event"], "taught colleagues", "event with host; notes; activities"),
    kind("absence", &["until"], "is away until a day, that of their return", "absence"),
    kind("asked_to_stop", &[], "asked not to be a champion any more", "task: outcome asked_to_stop"),
];

/// Place of an attribute's name among [`attributes`].
pub(crate) type AttributeNumber = u8;
pub(crate) const OUTCOME: AttributeNumber = 0;
pub(crate) const FLYWHEEL: AttributeNumber = 1;
pub(crate) const TASK: AttributeNumber = 2;
pub(crate) const BY: AttributeNumber = 3;

/// The names of all attributes, those first that the machine itself reads.
fn attributes() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let mut names = vec!["outcome", "flywheel", "task", "by"];
        for name in COMMON.iter().chain(KINDS.iter().flat_map(|kind| kind.attributes)) {
            if !names.contains(name) {
                names.push(name);
            }
        }
        names
    });
    &NAMES
}

pub(crate) fn attribute_number(name: &str) -> Option<AttributeNumber> {
    attributes().iter().position(|known| *known == name).map(|number| number as AttributeNumber)
}

pub(crate) fn attribute_name(number: AttributeNumber) -> &'static str {
    attributes()[number as usize]
}

/// The attribute of that name.
pub fn attribute_of(name: &str) -> Option<&'static str> {
    attribute_number(name).map(attribute_name)
}

/// The kind of that name.
pub fn kind_of(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own() {
        for (index, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[..index].iter().all(|other| other.name != kind.name), "{}", kind.name);
            assert!(!kind.says.is_empty() && !kind.from.is_empty(), "{}", kind.name);
        }
        assert_eq!([KINDS[DECIDED as usize].name, KINDS[TASK_DONE as usize].name], ["decided", "task_done"]);
        let read = [OUTCOME, FLYWHEEL, TASK, BY].map(attribute_name);
        assert_eq!(read, ["outcome", "flywheel", "task", "by"]);
        assert!(attributes().len() <= 256, "a number of an attribute is one byte");
        assert!(KINDS.len() <= 64, "a set of kinds is one word of 64 bits");
    }
}
