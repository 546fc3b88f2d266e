//! What rows of evidence say for themselves, in words: an id is for programs.

use std::collections::HashMap;

use axle_flywheel::EvidenceRow;
use jiff::Timestamp;
use serde_json::Value;

use super::Runs;
use crate::{AppResult, Workspace};

/// What a row of evidence says for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doing {
    /// Its type, of an activity.
    pub activity_type: Option<String>,
    /// Where.
    pub channel: Option<String>,
    /// Title, else text.
    pub words: Option<String>,
    /// Where it can be read.
    pub url: Option<String>,
    /// Public id of who did it or to whom, when that is not only the member themselves.
    pub member_id: Option<String>,
    /// Public id of the organization that it is about.
    pub organization_id: Option<String>,
    /// Id of the hand-off that it is about.
    pub hand_off_id: Option<String>,
    /// The day says all that there is to say.
    pub is_told_by_day: bool,
}

/// Where words of evidence are.
struct Place {
    /// Kinds of facts that it tells of.
    kinds: &'static [&'static str],
    /// Gives `id` and `words`.
    query: &'static str,
    /// What else it gives, of [`MORE`].
    more: &'static [&'static str],
}

const MORE: [&str; 3] = ["member_id", "channel", "url"];

const fn place(kinds: &'static [&'static str], query: &'static str, more: &'static [&'static str]) -> Place {
    Place { kinds, query, more }
}

const PLACES: [Place; 17] = [
    place(&["signal"], "select signal_id as id, quote as words from signals", &[]),
    place(
        &["signal"],
        "select visit_id as id, concat('visited ', landing) as words from visits
         union all select concat(visit_id, ':docs'), concat('visited ', landing) from visits",
        &[],
    ),
    place(
        &["attended", "kickoff", "met", "touched", "depth", "taught"],
        "select concat(source, '/', event_id) as id, name as words from events",
        &[],
    ),
    place(
        &["deal"],
        "select concat(source, '/', deal_id, ':open') as id, concat(name, ': opened') as words from deals
         union all
         select concat(source, '/', deal_id, ':closed'), concat(name, case when won then ': won' else ': lost' end) from deals",
        &[],
    ),
    place(
        &["used", "activated", "signal"],
        "select product_event_id as id, concat(replace(name, '_', ' '), coalesce(', ' || feature, '')) as words
         from product_events",
        &[],
    ),
    place(
        &["signed_up", "colleague_signed_up"],
        "select concat('product_user:', u.identity_id) as id, 'plan ' || p.plan as words, u.member_id
         from product_users u
         left join product_plans p on p.identity_id = u.identity_id and p.source = u.source and p.number = 1",
        &["member_id"],
    ),
    place(
        &["plan"],
        "select concat('plan:', source, ':', identity_id, ':', number) as id, concat('plan ', plan) as words from product_plans",
        &[],
    ),
    place(
        &["concern", "feedback"],
        "select feedback_id as id, text as words from feedback
         union all select concat(feedback_id, ':decided'),
                concat(state, coalesce(': ' || text, ''), coalesce(' (' || reason || ')', '')) from feedback
         union all select concat(feedback_id, ':told'), concat('told what became of it', coalesce(': ' || text, '')) from feedback",
        &[],
    ),
    place(
        &["consent"],
        "select consent_id as id, replace(kind, '_', ' ') as words, channel from consents
         union all select concat(consent_id, ':revoked'), concat(replace(kind, '_', ' '), ', taken back'), channel from consents",
        &["channel"],
    ),
    place(
        &[
            "decided",
            "introduced",
            "contacted",
            "met",
            "kickoff",
            "touched",
            "taught",
            "invited",
            "thanked",
            "answer_signal",
            "concern",
        ],
        "select task_id as id,
                concat(replace(outcome, '_', ' '), case when reason <> outcome then concat(': ', replace(reason, '_', ' ')) else '' end)
                as words
         from tasks where outcome is not null",
        &[],
    ),
    place(
        &["contacted", "touched", "invited", "depth"],
        "select push_id as id, case kind when 'cs_touch' then 'by customer success' else replace(kind, '_', ' ') end as words,
                channel
         from pushes where subjects is not null",
        &["channel"],
    ),
    place(
        &["role", "decided"],
        "with stated as (
           select *, concat(role, ':', coalesce(organization_id, ''), ':', coalesce(deal, '')) as key, replace(role, '_', ' ') as name
           from held_roles
         )
         select concat(key, ':held:', \"from\") as id, concat(name, coalesce(': ' || reason, '')) as words from stated
         union all select concat(key, ':ended:', \"to\"), concat(name, case when has_left then ': left the organization' else ': ended' end)
           from stated where \"to\" is not null
         union all select concat(key, ':appointed:', \"from\"), concat('appointed ', name) from stated
         union all select concat(key, ':named:', \"from\"), concat('named ', name) from stated",
        &[],
    ),
    place(&["referral"], "select invite_id as id, replace(kind, '_', ' ') as words, channel from referrals", &["channel"]),
    place(&["signpost"], "select signpost_id as id, concat(signpost, ', ', kind) as words from signposts", &[]),
    place(
        &["escalated"],
        "select concat(source, '/', ticket_id) as id, subject as words from tickets
         union all select task_id, concat('by ', assignee) from tasks where kind = 'escalate'",
        &[],
    ),
    // An answer in its words: of a question of theirs with who gave it, or one that they gave with who had asked.
    place(
        &["was_answered", "answer_signal", "thanked"],
        "select concat(q.activity_id, ending) as id, a.text as words, q.answered_by as member_id, q.channel, a.url
         from questions q
         join activities a on a.source = q.source and a.thread_id = q.thread_id and a.occurred_at = q.answered_at
         cross join (select ':answer' as ending union all select ':settled') endings",
        &MORE,
    ),
    place(
        &["answered", "value"],
        "select concat('reply:', r.thread, ':', r.at) as id, a.text as words, q.member_id, q.channel, a.url
         from replies r join questions q on q.thread = r.thread
         join activities a on a.source = q.source and a.thread_id = q.thread_id and a.occurred_at = r.at",
        &MORE,
    ),
];

/// What became of a hand-off says the end of the evidence's id: `lead-1:sent`.
const HAND_OFF: [(&str, &str); 6] = [
    (":sent", "sent to sales"),
    (":opened", "opened by sales"),
    (":accepted", "accepted by sales"),
    (":returned", "given back"),
    (":expired", "its last day was over"),
    (":told", "the member knows who will write to them"),
];

impl Runs {
    /// What each of these rows of evidence says for itself, in their order.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn doings(
        &self,
        workspace: &Workspace,
        member_id: &str,
        evidence: &[EvidenceRow],
    ) -> AppResult<Vec<Doing>> {
        let found = if evidence.is_empty() { HashMap::new() } else { asked(workspace, evidence, self.as_of).await? };
        let doing = |row: &EvidenceRow| {
            let taken = |place: usize| found.get(&(place, row.evidence_id.clone())).cloned();
            let of_kind = (0..PLACES.len()).filter(|place| PLACES[*place].kinds.contains(&row.kind.as_str()));
            let mut known = std::iter::once(ACTIVITY).chain(of_kind).find_map(taken).unwrap_or_default();
            self.tell(member_id, row, &mut known);
            known.member_id = known.member_id.filter(|other| other != member_id);
            known
        };
        Ok(evidence.iter().map(doing).collect())
    }

    /// What no table has to be asked for: it is in the id, or among what the champions' rhythm told.
    fn tell(&self, member_id: &str, row: &EvidenceRow, doing: &mut Doing) {
        let id = row.evidence_id.as_str();
        let head = |marks: &[&str]| marks.iter().find_map(|mark| Some(id.split_once(mark)?.0.to_owned()));
        match row.kind.as_str() {
            "hand_off" | "introduced" => {
                if let Some((end, words)) = HAND_OFF.iter().find(|(end, _)| id.ends_with(end)) {
                    doing.words = Some((*words).to_owned());
                    doing.hand_off_id = id.strip_suffix(end).map(str::to_owned);
                }
            }
            "affiliation" | "key_account" | "account_named" => {
                doing.organization_id = head(&[":key:", ":began:", ":ended:", ":named:"])
            }
            "lifecycle" => doing.words = id.rsplit(':').next().map(|word| word.replace('_', " ")),
            "run" => doing.words = Some(id.replace('_', " ").replace('/', ": ")),
            "enrolled" => doing.words = id.split_once(':').map(|(program, _)| program.replace('_', " ")),
            "drop" => {
                let alert = self.alerts().iter().find(|alert| {
                    alert.member_id == member_id && id.strip_prefix("drop:") == Some(&alert.as_of.to_string())
                });
                doing.words = alert.and_then(|alert| alert.judgement.texts().into_iter().next());
            }
            "answer_signal" | "thanked" if id.contains("signal:") => doing.words = Some("by our team".into()),
            "active" | "joined" | "score" => doing.is_told_by_day = true,
            _ => {}
        }
    }
}

/// Where activities are found; other places are numbers of [`PLACES`].
const ACTIVITY: usize = PLACES.len();

/// What is found, by place and id. An id alone does not tell: a form's signal and its consent share theirs.
async fn asked(
    workspace: &Workspace,
    evidence: &[EvidenceRow],
    as_of: Timestamp,
) -> AppResult<HashMap<(usize, String), Doing>> {
    let quoted: Vec<String> = evidence.iter().map(|row| format!("'{}'", row.evidence_id.replace('\'', "''"))).collect();
    let ids = quoted.join(", ");
    let mut query = format!(
        "select {ACTIVITY} as place, activity_id as id, coalesce(title, text) as words, null as member_id, channel, url,
                activity_type
         from activities where activity_id in ({ids})"
    );
    for (number, place) in PLACES.iter().enumerate() {
        if evidence.iter().any(|row| place.kinds.contains(&row.kind.as_str())) {
            let more =
                MORE.map(|name| if place.more.contains(&name) { name.to_owned() } else { format!("null as {name}") });
            query.push_str(&format!(
                " union all select {number}, id, words, {}, null from ({}) told where id in ({ids})",
                more.join(", "),
                place.query
            ));
        }
    }
    let table = workspace.analytics().sql(&query, 4 * evidence.len(), as_of).await?;
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let doing = |row: Vec<Value>| {
        let [place, id, words, member_id, channel, url, activity_type] = &row[..] else { return None };
        let doing = Doing {
            activity_type: text(activity_type),
            channel: text(channel),
            words: text(words),
            url: text(url),
            member_id: text(member_id),
            ..Doing::default()
        };
        Some(((usize::try_from(place.as_u64()?).ok()?, text(id)?), doing))
    };
    Ok(table.rows.into_iter().filter_map(doing).collect())
}
