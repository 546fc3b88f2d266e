//! What is handed from one person to another: champions to sales, users to customer success, key members both ways, and
//! questions to support.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;
use crate::web::{Web, add_user};

fn ago(hours: i64) -> String {
    (Timestamp::now() - SignedDuration::from_hours(hours)).to_string()
}

fn who(uid: &str) -> Value {
    json!({"platform": "forum", "uid": uid, "name": format!("{uid} Person")})
}

fn said(id: &str, uid: &str, thread: &str, text: &str, hours: i64) -> Value {
    let kind = if id.starts_with("re") { "forum:post:replied" } else { "forum:topic:opened" };
    json!({"type": "activity", "id": id, "activity": kind, "at": ago(hours), "channel": "help", "thread": thread, "actor": who(uid),
           "text": text, "url": format!("https://forum.example/{thread}/{id}")})
}

fn help() -> Value {
    json!({"type": "channel", "id": "help", "name": "help", "kind": "forum", "is_qa": true})
}

/// The lines of a part, each with its label.
fn part(sections: &Value, id: &str) -> Vec<String> {
    let section = sections.as_array().unwrap().iter().find(|section| section["id"] == id);
    let section = section.unwrap_or_else(|| panic!("there is no part {id}: {sections}"));
    let line = |line: &Value| match line["label"].as_str() {
        Some(label) => format!("{label}: {}", line["text"].as_str().unwrap()),
        None => line["text"].as_str().unwrap().to_owned(),
    };
    section["lines"].as_array().unwrap().iter().map(line).collect()
}

fn unknown(sections: &Value, id: &str) -> String {
    let section = sections.as_array().unwrap().iter().find(|section| section["id"] == id).unwrap();
    section["unknown"].to_string()
}

fn all_rest_on_something(sections: &Value) {
    for line in sections.as_array().unwrap().iter().flat_map(|section| section["lines"].as_array().unwrap()) {
        assert!(!line["evidence"].as_array().unwrap().is_empty(), "nothing is said without evidence: {line}");
    }
}

/// Peggy, who speaks for us at Corp, where Quill and two others work.
fn champions() -> Vec<Value> {
    let mut lines = vec![
        help(),
        json!({"type": "organization", "id": "corp", "name": "Corp", "domains": ["corp.example"], "lifecycle": "prospect",
               "employees": 250}),
        json!({"type": "person", "identity": who("peggy"), "tags": ["prefers-mail", "she/her", "topic:pricing"],
               "location_time_zone": "Europe/Berlin"}),
        said("q-open", "peggy", "t1", "How do I rotate the keys of the vault?", 90),
        said("q-done", "peggy", "t2", "How can I export a dashboard as a file?", 200),
        said("re-done", "kathryn", "t2", "You can export it under settings, that works.", 190),
        json!({"type": "note", "id": "n1", "identity": who("peggy"), "text": "Please do not quote her in public.", "author": "Buzz",
               "visibility": "team", "at": ago(60)}),
        json!({"type": "task", "id": "k1", "kind": "ask", "assignee": "Buzz", "state": "done", "outcome": "appointed",
               "identity": who("peggy"), "flywheel": "deal_champions", "step": "candidate", "organization": "corp",
               "done_at": ago(30)}),
        json!({"type": "role", "identity": who("quill"), "role": "champion", "from": ago(900), "organization": "corp"}),
        // What they were for an organization that they left they are no longer.
        json!({"type": "organization", "id": "old", "name": "Old Mill"}),
        json!({"type": "affiliation", "identity": who("rhett"), "organization": "old", "from": ago(4000), "to": ago(100)}),
        json!({"type": "role", "identity": who("rhett"), "role": "deal_champion", "from": ago(900), "organization": "old"}),
        json!({"type": "affiliation", "identity": who("peggy"), "organization": "old", "from": ago(4000), "to": ago(100)}),
        json!({"type": "role", "identity": who("peggy"), "role": "key_member", "from": ago(900), "organization": "old"}),
        // Of what others said in private no mood is told, whatever Peggy's consent covers.
        json!({"type": "channel", "id": "G1", "name": "backroom", "kind": "chat", "is_private": true}),
        json!({"type": "activity", "id": "g1", "activity": "chat:message:sent", "at": ago(40), "channel": "G1", "actor": who("quill"),
               "text": "I hate this, it is awful and useless, I am very disappointed."}),
        json!({"type": "activity", "id": "g2", "activity": "mail:thread:opened", "at": ago(40), "actor": who("sal"),
               "text": "I hate this, it is awful and useless, I am very disappointed."}),
    ];
    for (place, uid) in ["peggy", "quill", "rhett", "sal"].into_iter().enumerate() {
        lines.push(json!({"type": "affiliation", "identity": who(uid), "organization": "corp", "from": ago(4000)}));
        lines.push(said(
            &format!("p{place}"),
            uid,
            &format!("p{place}"),
            "I love this, it is great, thank you all!",
            40,
        ));
    }
    lines
}

#[test]
fn a_champion_is_handed_to_sales_with_the_map_of_their_organization() {
    let axle = Axle::new();
    import(&axle, &champions());
    let members = axle.json(&["members", "list"]);
    let quill = members.as_array().unwrap().iter().find(|one| one["name"] == "quill Person").unwrap();
    let level = quill["level"].as_str().unwrap();
    let prepared = axle.json(&["hand-offs", "list"]);
    let (id, member) = (prepared[0]["hand_off_id"].as_str().unwrap(), prepared[0]["member_id"].as_str().unwrap());
    axle.json(&["consents", "give", member, "--kind", "hand_off", "--channel", "a call", "--private"]);
    let wrong = axle.try_run(&["hand-offs", "send", id, "--to", "sales", "--flags", "rich"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", String::from_utf8_lossy(&wrong.stderr));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("use power, sells, interest"));
    let shown =
        axle.json(&["hand-offs", "send", id, "--to", "sales", "--note", "ours", "--told", "--flags", "power,sells"]);
    let sections = &shown["sections"];
    all_rest_on_something(sections);
    let who = part(sections, "who");
    for line in
        ["Prefers: mail", "Time zone: Europe/Berlin", "Pronouns: she/her", "Size: 250", "Deal: none is on record"]
    {
        assert!(who.contains(&line.to_owned()), "{line}: {who:?}");
    }
    assert!(unknown(sections, "who").contains("the plan of their organization: ask"));
    assert!(!who.iter().any(|line| line.starts_with("With us")), "{who:?}");
    // What is open and what was answered stand apart.
    assert!(part(sections, "questions").iter().any(|line| line.contains("rotate the keys")));
    let answered = part(sections, "answered");
    assert_eq!(answered, ["“How can I export a dashboard as a file?” (answered by a member)"]);
    assert!(part(sections, "praise")[0].ends_with("(positive)"), "{:?}", part(sections, "praise"));
    assert_eq!(part(sections, "uses"), ["“Please do not quote her in public.” (Buzz)"]);
    assert!(unknown(sections, "uses").contains("whether we may name them in public"));
    let flags = part(sections, "flags");
    let expected = ["Power: has power or influence there", "Sells inside: speaks for us when we are not there"];
    assert_eq!(flags, expected);
    assert!(unknown(sections, "flags").contains("what they gain when we win"));
    assert!(part(sections, "topics").contains(&"Topic: pricing".to_owned()));
    // Colleagues who allowed nothing are counted with their level and role; their mood is told of all three together.
    let map = part(sections, "map");
    assert!(map.contains(&format!("Not named: 1 member, {level}, champion")), "{map:?}");
    assert!(map.contains(&format!("Not named: 2 members, {level}")), "{map:?}");
    assert!(map.contains(&"Their mood: 3 of 3 texts positive, 0 negative".to_owned()), "{map:?}");
    assert!(part(sections, "people").contains(&"Champions there: 1 other champion".to_owned()));
    let told = shown.to_string();
    assert!(!["quill", "rhett", "sal Person"].iter().any(|name| told.contains(name)), "{told}");
    assert_eq!(shown["missing"], json!([]));
    // A tag that people took away is told no more; of those that they gave, only how she likes to be reached.
    axle.json(&["members", "untag", member, "Prefers-Mail"]);
    axle.json(&["members", "tag", member, "prefers-calls"]);
    axle.json(&["members", "tag", member, "hesitant buyer"]);
    let told = axle.json(&["hand-offs", "show", id]);
    let who = part(&told["sections"], "who");
    assert!(who.contains(&"Pronouns: she/her".to_owned()), "{who:?}");
    let prefers: Vec<&String> = who.iter().filter(|line| line.starts_with("Prefers")).collect();
    assert_eq!(prefers, ["Prefers: calls"]);
    assert!(!told.to_string().contains("hesitant"), "{told}");
}

#[test]
fn a_stuck_user_is_handed_to_success_with_what_was_tried() {
    let axle = Axle::new();
    let lines = [
        help(),
        json!({"type": "product_user", "user": who("jerry"), "signup_at": ago(900), "plan": "free"}),
        json!({"type": "product_event", "id": "e1", "user": who("jerry"), "at": ago(890), "name": "report_opened", "feature": "reports"}),
        said("q1", "jerry", "t1", "How do I invite my team to a project?", 800),
        said("re1", "kathryn", "t1", "You can invite them under members, that works.", 790),
        json!({"type": "activity", "id": "l1", "activity": "forum:post:saved", "at": ago(780), "channel": "help", "actor": who("jerry")}),
        json!({"type": "task", "id": "k1", "kind": "welcome", "assignee": "Buzz", "state": "done", "outcome": "done",
               "identity": who("jerry"), "flywheel": "onboarding_customers", "step": "joined", "done_at": ago(795)}),
        json!({"type": "signpost", "id": "s1", "signpost": "empty-state", "kind": "shown", "at": ago(880), "user": who("jerry")}),
    ];
    import(&axle, &lines);
    let runs = axle.json(&["flywheel", "runs", "onboarding_customers"]);
    let run = runs[0]["run_id"].as_str().unwrap();
    let packet = axle.json(&["flywheel", "packet", run]);
    assert_eq!((&packet["name"], &packet["packets"][0]["to"]), (&json!("jerry Person"), &json!("customer success")));
    let sections = &packet["packets"][0]["sections"];
    all_rest_on_something(sections);
    assert!(part(sections, "product").contains(&"Plan: free".to_owned()));
    assert!(unknown(sections, "product").contains("whether they came to a first result"));
    let value = part(sections, "value");
    let answer = "Got an answer: “How do I invite my team to a project?” (answered by a member)";
    assert_eq!(value, ["Took up: post saved", answer]);
    let tried = part(sections, "tried");
    assert_eq!(tried, ["Task: welcome: done by Buzz", "Signpost: empty-state, shown"]);
    // Sales and executives read what was handed over, and nothing of this.
    ["success", "sales", "executive"].iter().for_each(|role| add_user(&axle, role));
    let web = Web::of(&axle);
    let page = format!("/main/flywheels/onboarding_customers/runs/{run}/packet");
    let shown = web.get(&page, &web.sign_in("success"));
    assert!(shown.status == 200 && shown.body.contains("welcome: done by Buzz"), "{}", shown.body);
    let text = web.get(&format!("{page}?format=text"), &web.sign_in("success"));
    assert!(text.body.starts_with("jerry Person, for customer success\n"), "{}", text.body);
    assert!(["sales", "executive"].iter().all(|role| web.get(&page, &web.sign_in(role)).status == 403));
}

#[test]
fn customer_success_and_the_community_tell_each_other_of_a_key_member() {
    let axle = Axle::new();
    let next = (Timestamp::now() + SignedDuration::from_hours(24 * 20)).to_string();
    let mut lines = vec![
        help(),
        json!({"type": "organization", "id": "corp", "name": "Corp", "lifecycle": "customer",
               "key_account": {"from": "2024-01-01", "reason": "Two hundred seats", "owner": "Cleo"}}),
        json!({"type": "affiliation", "identity": who("dana"), "organization": "corp", "from": ago(4000)}),
        json!({"type": "role", "identity": who("dana"), "role": "key_member", "from": ago(100), "organization": "corp", "by": "Cleo",
               "reason": "runs the data team"}),
        json!({"type": "note", "id": "n1", "identity": who("dana"), "text": "Her goal: one dashboard for all plants.", "author": "Cleo",
               "visibility": "team", "at": ago(60)}),
        json!({"type": "note", "id": "n2", "identity": who("dana"), "text": "Only by mail.", "author": "Cleo", "visibility": "team",
               "at": ago(50)}),
        json!({"type": "subscription", "id": "s1", "organization": "corp", "started_at": "2024-01-01",
               "renewals": [{"due_at": "2099-01-01"}]}),
        json!({"type": "ticket", "id": "t1", "opened_at": ago(30), "requester": who("dana"), "organization": "corp",
               "subject": "Import stalls"}),
        json!({"type": "feedback", "id": "f1", "at": ago(65), "author": who("dana"), "kind": "request", "topic": "maps",
               "text": "A map of all plants"}),
        json!({"type": "event", "id": "e9", "name": "Spring workshop", "starts_at": next}),
        json!({"type": "attendance", "event": "e9", "identity": who("dana"), "state": "registered"}),
        said("m1", "dana", "m1", "Good morning everybody.", 40),
    ];
    for day in 0..6 {
        lines.push(
            json!({"type": "product_event", "id": format!("p{day}"), "user": who("dana"), "at": ago(24 * day + 100),
                          "name": "opened", "feature": "reports"}),
        );
    }
    import(&axle, &lines);
    let runs = axle.json(&["flywheel", "runs", "key_account_champions"]);
    let packet = axle.json(&["flywheel", "packet", runs[0]["run_id"].as_str().unwrap()]);
    let to = |side: usize| packet["packets"][side]["to"].as_str().unwrap();
    assert_eq!((to(0), to(1)), ("community", "customer success"));
    let [community, success] = [0, 1].map(|side| &packet["packets"][side]["sections"]);
    all_rest_on_something(community);
    all_rest_on_something(success);
    let expected = [
        "Named: key member by Cleo: runs the data team",
        "Key account: Two hundred seats",
        "Looked after by: Cleo",
        "Uses the product: on 6 of the last 30 days",
    ];
    assert_eq!(part(community, "why"), expected);
    assert_eq!(part(community, "goals"), ["“Her goal: one dashboard for all plants.” (Cleo)"]);
    assert_eq!(part(community, "boundaries"), ["“Only by mail.” (Cleo)"]);
    assert_eq!(part(community, "renewal"), ["Renews on: 2099-01-01"]);
    let risks = part(community, "risks");
    assert!(risks.contains(&"Open ticket: “Import stalls”".to_owned()), "{risks:?}");
    assert!(risks.contains(&"Account: all depends on one active key member".to_owned()), "{risks:?}");
    assert_eq!(part(success, "feedback"), ["request: “A map of all plants” (open)"]);
    assert_eq!(part(success, "next"), ["Registered: Spring workshop"]);
    assert!(part(success, "topics").contains(&"Topic: maps".to_owned()));
    assert!(part(success, "standing").iter().any(|line| line.starts_with("Orbit level: ")));
    // A lead is handed over with consent, and not like this.
    let lead =
        json!({"type": "signal", "id": "g", "at": ago(3), "member": who("dana"), "kind": "explicit", "quote": "SSO"});
    import(&axle, &[lead]);
    let runs = axle.json(&["flywheel", "runs", "community_qualified_leads"]);
    let refused = axle.try_run(&["flywheel", "packet", runs[0]["run_id"].as_str().unwrap()]);
    assert!(
        !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("no packet between colleagues")
    );
}
