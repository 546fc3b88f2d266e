//! A community in which one member allowed nothing, one was handed to sales, and one took that back. Each has a word in everything
//! that is theirs: name, address, handle, texts, links, what colleagues wrote.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Who allowed nothing, who was handed over, who took it back.
const NOBODY: &str = "zarquonia";
pub(super) const HANDED: &str = "vogonesse";
const REVOKED: &str = "magratheos";
pub(super) const WORDS: [&str; 3] = [NOBODY, HANDED, REVOKED];
/// Stands in what builders wrote for sales: it is read by opening a dossier, and not in a list.
pub(super) const OPENED: &str = "slartibarts";
/// Stands in what was said in private, which no consent covers.
pub(super) const PRIVATE: &str = "krikkiters";

/// What is known of one member: everything holds their word.
fn lines_of(word: &str, other: &str, place: usize, now: Timestamp) -> Vec<Value> {
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let identity = json!({"platform": "forum", "uid": word, "username": format!("{word}_handle"), "name": format!("{word} person"),
                          "email": format!("{word}@corp.example")});
    let id = |kind: &str| format!("{word}-{kind}");
    let act = |kind: &str, activity: &str, channel: &str, thread: &str, text: &str, hours: i64| {
        json!({"type": "activity", "id": id(kind), "activity": activity, "at": ago(hours), "channel": channel, "thread": thread,
               "title": format!("{word} {text}"), "text": format!("{word}: {text} {word}"), "actor": identity,
               "url": format!("https://forum.example/{word}/{kind}")})
    };
    vec![
        act("question", "forum:topic:opened", "help", &format!("t-{word}"), "How do I export my data? It fails.", 200),
        act("open", "forum:topic:opened", "help", &format!("o-{word}"), "How can I change the colour of a chart?", 60),
        act(
            "answer",
            "forum:post:replied",
            "help",
            &format!("t-{other}"),
            "You can export it under settings, that works.",
            150,
        ),
        act("hand", "chat:message:sent", "C1", "", "Can we get a quote for the enterprise plan with SSO?", 100),
        act("praise", "chat:message:sent", "C1", "", "I love this, it is really great, thank you!", 99),
        act("bug", "chat:message:sent", "C1", "", "The import crashes with an error every time, it is broken.", 98),
        act(
            "concern",
            "chat:message:sent",
            "C1",
            "",
            "I am worried that the price will rise, this is frustrating.",
            97,
        ),
        act("story", "story:testimonial:given", "C1", "", "How we use it", 96),
        act("champion", "champion:internal_advocacy:done", "crm", "", "Ran a demo", 95),
        json!({"type": "person", "identity": identity, "name": format!("{word} person"), "bio": word, "tags": [word], "title": word}),
        json!({"type": "affiliation", "identity": identity, "organization": "corp", "from": ago(4000), "title": word}),
        json!({"type": "product_user", "user": identity, "signup_at": ago(3000), "plan": "free", "organization": "corp"}),
        json!({"type": "product_event", "id": id("e"), "user": identity, "at": ago(50), "name": "opened", "feature": "export"}),
        json!({"type": "ticket", "id": id("t"), "opened_at": ago(70), "requester": identity, "subject": word, "text": word, "topics": ["export"]}),
        json!({"type": "call", "id": id("c"), "called_at": ago(40), "caller": identity, "direction": "outbound", "kind": "sales", "agent": "Al",
               "status": "answered", "turns": [{"speaker": "caller", "text": word}]}),
        json!({"type": "feedback", "id": id("f"), "at": ago(65), "author": identity, "kind": "bug", "topic": "export", "text": word}),
        json!({"type": "survey_response", "id": id("s"), "kind": "nps", "at": ago(66), "respondent": identity, "score": 9, "comment": word}),
        json!({"type": "mention", "id": id("m"), "at": ago(67), "channel": "news", "author": identity, "text": word, "url": format!("https://n.example/{word}")}),
        json!({"type": "content", "id": id("p"), "published_at": ago(68), "title": word, "author": identity, "impressions": 9}),
        json!({"type": "reaction", "id": id("r"), "kind": "comment", "at": ago(67), "actor": identity, "text": word, "content": id("p")}),
        json!({"type": "invite", "id": id("i"), "inviter": identity, "recipient": format!("{word}@else.example"), "sent_at": ago(69)}),
        json!({"type": "attendance", "event": "e1", "identity": identity, "state": "attended", "at": ago(90)}),
        json!({"type": "note", "id": id("n"), "identity": identity, "text": word, "author": "Buzz", "visibility": "team", "at": ago(64)}),
        json!({"type": "role", "identity": identity, "role": "champion", "from": ago(2000), "organization": "corp", "reason": word}),
        json!({"type": "signal", "id": id("g"), "at": ago(63), "member": identity, "kind": "explicit", "quote": word}),
        json!({"type": "task", "id": id("k"), "kind": "qualify", "assignee": "Buzz", "state": "done", "outcome": "qualified", "reason": word,
               "identity": identity, "flywheel": "community_qualified_leads", "step": "signals_need", "done_at": ago(62)}),
        json!({"type": "deal", "id": format!("deal-{place}"), "organization": "corp", "name": "Corp", "created_at": ago(61), "stage": "open",
               "contacts": [{"identity": identity, "role": "champion"}]}),
    ]
}

/// What the member who was handed over said in a private channel, by mail and by phone: marked as raised hands, and as feedback. A
/// public channel of another source has the private one's name.
fn in_private(identity: &Value, now: Timestamp) -> Vec<Value> {
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let mut lines = vec![
        json!({"type": "channel", "id": "G1", "name": "backroom", "kind": "chat", "is_qa": true, "is_private": true}),
        json!({"type": "channel", "id": "box", "name": "inbox", "kind": "mail"}),
        json!({"type": "channel", "source": "elsewhere", "id": "B1", "name": "backroom", "kind": "chat"}),
        json!({"type": "call", "id": "between-us", "called_at": ago(64), "caller": identity, "direction": "inbound", "kind": "sales",
               "status": "answered", "turns": [{"speaker": "prospect", "text": format!("I am worried about the {PRIVATE} price.")}]}),
    ];
    for (id, activity, channel) in [("room", "forum:topic:opened", "G1"), ("mail", "mail:thread:opened", "box")] {
        let text =
            format!("How much is the enterprise plan for the {PRIVATE}? I am worried about the price, it is awful.");
        lines.extend([
            json!({"type": "activity", "id": id, "activity": activity, "at": ago(64), "channel": channel, "thread": id,
                   "title": PRIVATE, "text": text, "actor": identity}),
            json!({"type": "signal", "id": format!("{id}-s"), "at": ago(63), "member": identity, "kind": "explicit", "quote": PRIVATE,
                   "activity": id}),
            json!({"type": "feedback", "id": format!("{id}-f"), "at": ago(63), "author": identity, "kind": "concern", "topic": "price",
                   "text": PRIVATE, "activity": id}),
        ]);
    }
    lines
}

pub(super) fn lines(now: Timestamp) -> Vec<Value> {
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let who = |word: &str| json!({"platform": "forum", "uid": word});
    let consent = |word: &str, revoked: Value| {
        json!({"type": "consent", "id": format!("{word}-y"), "identity": who(word), "kind": "hand_off", "at": ago(61),
               "revoked_at": revoked, "text_version": "1", "channel": "chat", "covers": "public"})
    };
    let hand_off = |word: &str| {
        json!({"type": "hand_off", "id": format!("{word}-h"), "identity": who(word), "organization": "corp", "qualified_at": ago(62),
               "flywheel": "community_qualified_leads", "sent_at": ago(60), "from": "Buzz", "to": "sales", "complete": true,
               "opened_at": ago(59), "first_sentence": format!("{word} {OPENED}"), "note": format!("{word} {OPENED}"),
               "reason": OPENED, "consent": format!("{OPENED}-{word}")})
    };
    let mut lines = vec![
        json!({"type": "channel", "id": "C1", "name": "general", "kind": "chat"}),
        json!({"type": "channel", "id": "help", "name": "help", "kind": "forum", "is_qa": true}),
        json!({"type": "channel", "id": "crm", "name": "crm", "kind": "crm"}),
        json!({"type": "organization", "id": "corp", "name": "Corp", "domains": ["corp.example"], "lifecycle": "prospect"}),
        json!({"type": "event", "id": "e1", "name": "Meetup", "starts_at": ago(90)}),
        consent(HANDED, Value::Null),
        consent(REVOKED, json!(ago(30))),
        hand_off(HANDED),
        hand_off(REVOKED),
    ];
    lines.extend(in_private(&who(HANDED), now));
    for (place, word) in WORDS.into_iter().enumerate() {
        lines.extend(lines_of(word, WORDS[(place + 1) % 3], place, now));
    }
    // A field without a value is left out.
    for line in &mut lines {
        line.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    }
    lines
}
