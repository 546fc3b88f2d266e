//! A workspace as interchange files, and another made of them: the same people, activities and figures.

use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;

/// Answers of the same questions in two workspaces.
fn both(axle: &Axle, workspaces: [&str; 2], arguments: &[&str]) -> [Value; 2] {
    workspaces.map(|workspace| axle.json(&[arguments, &["--workspace", workspace]].concat()))
}

fn said(id: &str, actor: Value, rest: Value) -> Value {
    let mut line = json!({"type": "activity", "source": "forum", "id": id, "activity": "forum:post:replied", "channel": "help",
        "thread": "t1", "actor": actor});
    line.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    line
}

/// Ada in a forum and in a chat, who are one person by a person's word; two Bobs with one address, who are two; a teammate.
fn community() -> Vec<Value> {
    let ada = |name: &str| json!({"platform": "forum", "uid": "1", "username": "ada", "name": name});
    let bob = |platform: &str| json!({"platform": platform, "uid": "2", "name": "Bob Moss", "email": "bob@corp.example", "email_verified": true});
    let at = |day: u8| format!("2026-03-{day:02}T09:00:00Z");
    vec![
        json!({"type": "activity", "source": "forum", "id": "p1", "activity": "forum:topic:opened", "at": at(1), "channel": "help",
            "thread": "t1", "title": "How do I mount a share?", "text": "It says no.", "actor": ada("Ada B")}),
        said(
            "p2",
            bob("forum"),
            json!({"at": at(2), "parent": "p1", "text": "Try it as root.", "counterparts": [ada("Ada B")]}),
        ),
        said(
            "p3",
            ada("Ada Byron"),
            json!({"at": at(3), "parent": "p2", "text": "Thanks, that works.", "properties": {"mood": "good"}}),
        ),
        said(
            "p4",
            bob("forum"),
            json!({"at": at(4), "parent": "gone", "text": "See there.", "weight": 7, "campaign": "spring"}),
        ),
        said(
            "p5",
            bob("chat"),
            json!({"at": at(5), "source": "chat", "channel": "general", "thread": "t2", "deleted_at": at(6)}),
        ),
        said(
            "p6",
            json!({"platform": "chat", "username": "ada_b"}),
            json!({"at": at(7), "source": "chat", "channel": "general", "thread": null}),
        ),
        said(
            "p7",
            json!({"platform": "chat", "uid": "9", "name": "Ines"}),
            json!({"at": at(8), "source": "chat", "channel": "general", "thread": null}),
        ),
        json!({"type": "person", "source": "crm", "identity": ada("Ada Byron"), "tags": ["VIP", "speaker"], "company": "Corp"}),
        json!({"type": "organization", "source": "crm", "id": "o1", "name": "Corp", "domains": ["corp.example"], "lifecycle": "customer"}),
        json!({"type": "survey_response", "source": "crm", "id": "s1", "kind": "nps", "at": at(9), "respondent": ada("Ada Byron"), "score": 9}),
        json!({"type": "channel", "source": "forum", "id": "help", "name": "Help", "kind": "forum"}),
    ]
}

#[test]
fn what_was_imported_and_said_is_exported_and_imported_again() {
    let axle = Axle::new();
    import(&axle, &community());
    let identity = |platform: &str, uid: &str| {
        let column = if uid.starts_with("ada") { "username" } else { "uid" };
        let query = format!("select member_id from identities where platform = '{platform}' and {column} = '{uid}'");
        axle.json(&["sql", &query])[0]["member_id"].as_str().unwrap().to_owned()
    };
    let [ada, other, bob, ines] = [("forum", "1"), ("chat", "ada_b"), ("forum", "2"), ("chat", "9")]
        .map(|(platform, uid)| identity(platform, uid));
    axle.json(&["identities", "merge", &ada, &other]);
    axle.json(&["identities", "split", &bob, "chat/uid:2"]);
    axle.json(&["members", "tag", &ada, "Early adopter"]);
    axle.json(&["members", "untag", &ada, "vip"]);
    axle.json(&["members", "teammate", &ines, "--from", "2026-01-01", "--department", "Community"]);
    axle.json(&["members", "note", &ada, "Asked twice."]);
    let channel = axle.json(&["channels", "list"]);
    let help = channel.as_array().unwrap().iter().find(|one| one["name"] == "Help").unwrap()["channel_id"].to_string();
    axle.json(&["channels", "qa", help.trim_matches('"'), "on"]);

    let folder = axle.data().join("export");
    let folder = folder.to_str().unwrap();
    let receipt = axle.json(&["export", folder]);
    assert_eq!((&receipt["time_zone"], &receipt["lines"]["activity"]), (&json!("UTC"), &json!(7)));
    assert!(receipt["left_out"].to_string().contains("changes of the history"), "{receipt}");
    let again = axle.try_run(&["export", folder]);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("is not empty"));
    assert!(!axle.data().join("export.part").exists());
    // What somebody else keeps beside it is not touched.
    let kept = axle.data().join("other.part/notes.txt");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    std::fs::write(&kept, "mine").unwrap();
    let beside = axle.try_run(&["export", axle.data().join("other").to_str().unwrap()]);
    assert!(!beside.status.success() && String::from_utf8_lossy(&beside.stderr).contains("other.part is not empty"));
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "mine");
    let nameless = axle.try_run(&["export", "."]);
    assert!(!nameless.status.success() && String::from_utf8_lossy(&nameless.stderr).contains("no name of a folder"));
    let read = axle.json(&["import", folder, "--workspace", "copy"]);
    assert_eq!(read["rejected"], 0, "{read}");

    let same = |query: &str| {
        let [one, other] = both(&axle, ["main", "copy"], &["sql", query]);
        assert_eq!(other, one, "{query}");
        assert_ne!(one, json!([]), "{query}");
    };
    // What p4 answers is in neither record.
    same(
        "select activity_id, activity_type, occurred_at, source, channel, thread_id, title, text, weight, labels,
             parent_activity_id is not null as answers from activities order by activity_id",
    );
    same("select name, is_teammate from members order by name, is_teammate");
    same("select platform, uid, username, email, name from identities order by platform, uid, username");
    same("select tag from member_tags order by tag");
    for kpi in
        ["activities", "monthly_active_members", "questions", "members_total", "orbit_levels", "net_promoter_score"]
    {
        let [one, other] = both(&axle, ["main", "copy"], &["kpi", "show", kpi]);
        assert_eq!(other["points"], one["points"], "{kpi}");
    }
    // A copy of the copy says the same.
    let second = axle.data().join("second");
    // Shells put a slash behind a folder's name.
    let written = format!("{}/", second.display());
    axle.json(&["export", &written, "--workspace", "copy"]);
    let activities = |folder: &std::path::Path| {
        let text = std::fs::read_to_string(folder.join("activity.jsonl")).unwrap();
        let mut lines: Vec<String> =
            text.lines().filter(|line| !line.contains("unknown/")).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(activities(&second), activities(std::path::Path::new(folder)));
}

/// Twenty figures of a made-up company with many sources.
#[test]
fn a_company_made_of_its_files_has_equal_figures() {
    let axle = Axle::new();
    axle.run(&["demo", "--members", "120", "--no-serve"]);
    let folder = axle.data().join("export");
    let folder = folder.to_str().unwrap();
    let receipt = axle.json(&["export", folder, "--workspace", "demo"]);
    let read = axle.json(&["import", folder, "--workspace", "copy"]);
    assert_eq!(read["rejected"], 0, "{read}");
    axle.run(&["settings", "time-zone", receipt["time_zone"].as_str().unwrap(), "--workspace", "copy"]);
    let figures = [
        "activities",
        "monthly_active_members",
        "members_total",
        "members_new",
        "orbit_levels",
        "questions",
        "answered_within_24h",
        "time_to_first_response",
        "replies_per_thread",
        "network_density",
        "member_retention",
        "layer_members",
        "calls",
        "net_promoter_score",
        "deal_win_rate",
        "deal_champions",
        "active_members_in_organizations",
        "ticket_deflection_ratio",
        "feedback_given",
        "referred_purchase_share",
    ];
    for kpi in figures {
        let [one, other] = both(&axle, ["demo", "copy"], &["kpi", "show", kpi]);
        assert_eq!(other["points"], one["points"], "{kpi}");
    }
}
