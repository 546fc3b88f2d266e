//! Exports made up for tests, large enough to be interrupted: a folder or file for each format.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

const RECORDS: usize = 6_000;

/// Writes one export of each format into `folder`; gives format and path.
pub(crate) fn all(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    vec![
        ("interchange", interchange(&folder.join("interchange.jsonl"))),
        ("slack", slack(&folder.join("slack"))),
        ("discord", discord(&folder.join("discord.json"))),
        ("zulip", zulip(&folder.join("zulip"))),
        ("discourse", discourse(&folder.join("discourse"))),
        ("stack-exchange", stack_exchange(&folder.join("stack"))),
        ("mail", mail(&folder.join("list.mbox"))),
        ("git", git_log(&folder.join("log.jsonl"))),
    ]
}

fn who(n: usize) -> String {
    format!("person-{}", n * 7 % 150)
}

/// An instant of January 2024, later for larger numbers.
fn second(n: usize) -> i64 {
    1_704_067_200 + i64::try_from(n).unwrap() * 600
}

fn instant(n: usize) -> String {
    jiff::Timestamp::from_second(second(n)).unwrap().to_string()
}

fn interchange(path: &Path) -> PathBuf {
    let line = |n: usize| {
        json!({"type":"activity","id":format!("m{n}"),"activity":"chat:message:sent","at":instant(n),"channel":format!("c{}", n % 9),
            "actor":{"platform":"chat","uid":who(n),"name":who(n)},"thread":format!("t{}", n / 5),"text":"words ".repeat(n % 40)})
        .to_string()
    };
    fs::write(path, (0..RECORDS).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    path.to_owned()
}

fn slack(folder: &Path) -> PathBuf {
    slack_of(folder, RECORDS / 100, |_| true)
}

/// An older export, and a newer one that lacks every tenth message.
pub(crate) fn overlapping(folder: &Path) -> [PathBuf; 2] {
    [slack_of(&folder.join("older"), 50, |_| true), slack_of(&folder.join("newer"), 60, |n| n % 10 != 3)]
}

fn slack_of(folder: &Path, days: usize, is_there: fn(&usize) -> bool) -> PathBuf {
    fs::create_dir_all(folder.join("general")).unwrap();
    fs::write(folder.join("channels.json"), json!([{"id":"C1","name":"general"}]).to_string()).unwrap();
    let users: Vec<Value> = (0..150)
        .map(|n| json!({"id":format!("person-{n}"),"name":format!("p{n}"),"profile":{"real_name":format!("P {n}")}}))
        .collect();
    fs::write(folder.join("users.json"), Value::from(users).to_string()).unwrap();
    for day in 0..days {
        let messages: Vec<Value> = (day * 100..day * 100 + 100)
            .filter(is_there)
            .map(|n| json!({"type":"message","user":who(n),"text":format!("message {n}"),"ts":format!("{}.000100", second(n))}))
            .collect();
        let date =
            jiff::civil::date(2024, 1, 1).checked_add(jiff::Span::new().days(i64::try_from(day).unwrap())).unwrap();
        fs::write(folder.join("general").join(format!("{date}.json")), Value::from(messages).to_string()).unwrap();
    }
    folder.to_owned()
}

fn discord(path: &Path) -> PathBuf {
    let messages: Vec<Value> = (0..RECORDS)
        .map(|n| {
            json!({"id":format!("{}", 1_000_000_000_000_000_000u64 + n as u64),"type":"Default","timestamp":instant(n),"timestampEdited":null,
                "content":format!("message {n}"),"author":{"id":who(n),"name":who(n),"discriminator":"0000","isBot":false},
                "attachments":[],"embeds":[],"reactions":[],"mentions":[]})
        })
        .collect();
    let export = json!({"guild":{"id":"1","name":"Guild"},"channel":{"id":"2","type":"GuildTextChat","name":"general"},
        "dateRange":{"after":null,"before":null},"messages":messages,"messageCount":RECORDS});
    fs::write(path, export.to_string()).unwrap();
    path.to_owned()
}

fn zulip(folder: &Path) -> PathBuf {
    let stream = folder.join("zulip_json").join("12-general");
    fs::create_dir_all(&stream).unwrap();
    for topic in 0..RECORDS / 50 {
        let messages: Vec<Value> = (topic * 50..topic * 50 + 50)
            .map(|n| json!({"id":n + 1,"sender_full_name":who(n),"timestamp":second(n),"content":format!("<p>message {n}</p>")}))
            .collect();
        fs::write(stream.join(format!("topic.20{topic}.json")), Value::from(messages).to_string()).unwrap();
    }
    folder.to_owned()
}

fn discourse(folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    for topic in 0..RECORDS / 20 {
        let posts: Vec<Value> = (0..20)
            .map(|post| {
                let n = topic * 20 + post;
                json!({"id":n + 1,"topic_id":topic + 1,"username":who(n),"user_id":n * 7 % 150 + 1,"created_at":instant(n),"updated_at":instant(n),
                    "version":1,"post_number":post + 1,"post_type":1,"cooked":format!("<p>post {n}</p>"),"reply_to_post_number":null,"actions_summary":[]})
            })
            .collect();
        let topic_file = json!({"id":topic + 1,"title":format!("Topic {topic}"),"slug":"t","category_id":3,"posts_count":20,
            "post_stream":{"posts":posts,"stream":[]}});
        fs::write(folder.join(format!("{}.json", topic + 1)), topic_file.to_string()).unwrap();
    }
    folder.to_owned()
}

fn stack_exchange(folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let at = |n: usize| instant(n).trim_end_matches('Z').to_owned() + ".000";
    let row = |n: usize| match n % 3 {
        0 => format!(
            "  <row Id=\"{}\" PostTypeId=\"1\" CreationDate=\"{}\" OwnerUserId=\"{}\" Title=\"Q {n}\" Body=\"b\" Tags=\"|a|\" />",
            n + 1,
            at(n),
            n % 150 + 1
        ),
        _ => format!(
            "  <row Id=\"{}\" PostTypeId=\"2\" ParentId=\"{}\" CreationDate=\"{}\" OwnerUserId=\"{}\" Body=\"b\" />",
            n + 1,
            n - n % 3 + 1,
            at(n),
            n % 150 + 1
        ),
    };
    let rows: Vec<String> = (0..RECORDS).map(row).collect();
    fs::write(
        folder.join("Posts.xml"),
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<posts>\n{}\n</posts>\n", rows.join("\n")),
    )
    .unwrap();
    folder.to_owned()
}

fn mail(path: &Path) -> PathBuf {
    let message = |n: usize| {
        let at = jiff::Timestamp::from_second(second(n)).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let reply =
            if n.is_multiple_of(5) { String::new() } else { format!("In-Reply-To: <m{}@list.example>\n", n - n % 5) };
        format!(
            "From {who}@x.example {}\nFrom: {who} <{who}@x.example>\nDate: {}\nSubject: thread {}\nMessage-ID: <m{n}@list.example>\n{reply}\nHello {n}\n\n",
            at.strftime("%a %b %e %H:%M:%S %Y"),
            at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            n / 5,
            who = who(n),
        )
    };
    fs::write(path, (0..RECORDS).map(message).collect::<String>()).unwrap();
    path.to_owned()
}

fn git_log(path: &Path) -> PathBuf {
    let line = |n: usize| {
        json!({"hash":format!("{n:040x}"),"parents":[],"author":{"name":who(n),"email":format!("{}@x.example", who(n)),"date":instant(n)},
            "committer":{"name":who(n),"email":format!("{}@x.example", who(n)),"date":instant(n)},"subject":format!("Change {n}")})
        .to_string()
    };
    fs::write(path, (0..RECORDS).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    path.to_owned()
}
