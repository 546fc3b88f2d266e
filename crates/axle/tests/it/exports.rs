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
        ("slack-events", slack_events(&folder.join("events.jsonl"))),
        ("discord-csv", discord_csv(&folder.join("general.csv"))),
        ("github", github(&folder.join("archive.jsonl"))),
        ("icalendar", icalendar(&folder.join("calls.ics"))),
        ("attendance", attendance(&folder.join("guests.csv"))),
        ("table", table(&folder.join("crm"))),
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

/// Three batches of the import, so that one can be stored and the next not.
fn interchange(path: &Path) -> PathBuf {
    let line = |n: usize| {
        json!({"type":"activity","id":format!("m{n}"),"activity":"chat:message:sent","at":instant(n),"channel":format!("c{}", n % 9),
            "actor":{"platform":"chat","uid":who(n),"name":who(n)},"thread":format!("t{}", n / 5),"text":"words ".repeat(n % 40)})
        .to_string()
    };
    fs::write(path, (0..4 * RECORDS).map(line).collect::<Vec<_>>().join("\n")).unwrap();
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

fn slack_events(path: &Path) -> PathBuf {
    let line = |n: usize| {
        json!({"type":"message","channel":"C1","channel_type":"channel","user":who(n),"text":format!("message {n}"),
            "ts":format!("{}.000100", second(n)),"event_ts":format!("{}.000100", second(n))})
        .to_string()
    };
    fs::write(path, (0..RECORDS).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    path.to_owned()
}

fn discord_csv(path: &Path) -> PathBuf {
    let row = |n: usize| {
        let at = instant(n).replace('Z', ".0000000+00:00");
        format!("\"{}\",\"{who}\",\"{at}\",\"message {n}, in\ntwo lines\",\"\",\"\"", n * 7 % 150 + 1, who = who(n))
    };
    let rows: Vec<String> = (0..RECORDS).map(row).collect();
    fs::write(path, format!("AuthorID,Author,Date,Content,Attachments,Reactions\n{}\n", rows.join("\n"))).unwrap();
    path.to_owned()
}

fn github(path: &Path) -> PathBuf {
    let line = |n: usize| {
        let (id, at) = (n * 7 % 150 + 1, instant(n));
        let url = format!("https://github.com/mill/loom/issues/{n}");
        json!({"id":format!("{n}"),"type":"IssuesEvent","actor":{"id":id,"login":who(n)},"repo":{"id":500,"name":"mill/loom"},
            "payload":{"action":"opened","issue":{"id":n + 1,"number":n + 1,"title":format!("Issue {n}"),"user":{"id":id,"login":who(n)},
                "state":"open","created_at":at,"updated_at":at,"closed_at":null,"html_url":url,"body":"words"}},
            "created_at":at})
        .to_string()
    };
    fs::write(path, (0..RECORDS).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    path.to_owned()
}

fn icalendar(path: &Path) -> PathBuf {
    let event = |n: usize| {
        let at = jiff::Timestamp::from_second(second(n)).unwrap().strftime("%Y%m%dT%H%M%SZ").to_string();
        format!(
            "BEGIN:VEVENT\r\nUID:call-{n}@x.example\r\nDTSTAMP:{at}\r\nDTSTART:{at}\r\nSUMMARY:Call {n}\r\n\
             ORGANIZER;CN={who}:mailto:{who}@x.example\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{}@x.example\r\nEND:VEVENT\r\n",
            who(n + 1),
            who = who(n),
        )
    };
    let events: String = (0..RECORDS).map(event).collect();
    fs::write(path, format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")).unwrap();
    path.to_owned()
}

fn attendance(path: &Path) -> PathBuf {
    let row = |n: usize| {
        let (event, who) = (n / 150, who(n));
        format!("Evening {event},{event},{},{who},{who}@x.example,Yes,{}", instant(event * 150), instant(n))
    };
    let rows: Vec<String> = (0..RECORDS).map(row).collect();
    let header = "Event Name,Event ID,Event Start,Name,Email,Attended,Join Time";
    fs::write(path, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    path.to_owned()
}

fn table(folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let teams: Vec<String> = (0..150).map(|n| format!("person-{n},Boss {},Central", n % 9)).collect();
    fs::write(folder.join("sales_teams.csv"), format!("sales_agent,manager,regional_office\n{}\n", teams.join("\n")))
        .unwrap();
    fs::write(folder.join("products.csv"), "product,series,sales_price\nLoom,L,550\n").unwrap();
    let row = |n: usize| format!("D{n},{},Loom,Company {},Won,2016-10-25,2017-03-11,{n}", who(n), n % 85);
    let rows: Vec<String> = (0..RECORDS).map(row).collect();
    let header = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value";
    fs::write(folder.join("sales_pipeline.csv"), format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    folder.to_owned()
}
