//! Damages to a JSON object.

use axle_connectors::RawRecord;
use serde_json::{Value, json};

use super::{Damage, Expect, damage, rejected};

/// `structural`: what becomes of a record whose brackets or quotes do not close.
pub fn damages(format: &str, record: &RawRecord, good: &str, structural: Expect) -> Vec<Damage> {
    let kind = record.kind;
    // Interchange keeps fields that it does not know.
    let unknown = if format == "interchange" { Expect::Kept } else { Expect::Unchanged };
    // A webhook's body that is the whole file may as well be a list of one.
    let is_list = format == "github" && record.place.unit == "item" && record.context.is_empty();
    let value: Value = serde_json::from_str(good).unwrap();
    let with = |field: &str| good.replacen('{', &format!("{{{field},"), 1);
    let not_utf_8 = with("\"x\":\"?\"").into_bytes().into_iter().map(|byte| if byte == b'?' { 0xff } else { byte });
    let deep = format!("\"x\":{}{}", "[".repeat(200), "]".repeat(200));
    let mut damages = vec![
        rejected("a word where a name should stand", good.replacen('{', "{nonsense ", 1)),
        rejected("its text in place of the object", json!(good).to_string()),
        damage(
            "inside a list of its own",
            format!("[{good}]"),
            if is_list { Expect::Unchanged } else { Expect::Rejected },
        ),
        rejected("a number in its place", "7"),
        rejected("a byte that is no UTF-8", not_utf_8.collect::<Vec<u8>>()),
        rejected("a raw control character", with("\"x\":\"a\u{0}b\"")),
        rejected("half of a surrogate pair", with("\"x\":\"\\ud800\"")),
        rejected("two hundred lists inside each other", with(&deep)),
        rejected("a number beyond all numbers", with("\"x\":1e999")),
        damage("cut in half", &good.as_bytes()[..good.len() / 2], structural),
        damage("without its last bracket", good.trim_end_matches('}'), structural),
        damage("a field that nobody knows", with("\"x\":\"\\u0007\""), unknown),
        damage("ten megabytes that nobody reads", with(&format!("\"x\":\"{}\"", "a".repeat(10 << 20))), unknown),
    ];
    let pointers: Vec<&str> = essential(format, kind, &value);
    if !pointers.is_empty() {
        let (mut gone, mut odd) = (value.clone(), value.clone());
        for pointer in &pointers {
            remove(&mut gone, pointer);
            *odd.pointer_mut(pointer).unwrap() = json!({"odd": true});
        }
        damages.push(rejected("without what it must say", gone.to_string()));
        damages.push(rejected("an object in place of what it must say", odd.to_string()));
    }
    for (name, time) in times(format, kind, &value) {
        let mut at = value.clone();
        for pointer in time.0 {
            if let Some(field) = at.pointer_mut(pointer) {
                *field = time.1.clone();
            }
        }
        damages.push(rejected(name, at.to_string()));
    }
    damages
}

/// The fields without which the record means nothing.
fn essential(format: &str, kind: &str, value: &Value) -> Vec<&'static str> {
    let candidates: &[&'static str] = match (format, kind) {
        ("interchange", _) => &["/type"],
        ("slack", "message") => &["/ts"],
        ("slack" | "discord" | "zulip", _) => &["/id"],
        ("slack-events", _) if value.get("event").is_some() => &["/event/type"],
        ("slack-events", _) => &["/type"],
        ("discourse", "post") => &["/created_at"],
        ("discourse", "category") => &["/id"],
        ("discourse", _) => &["/id", "/username"],
        ("github", _) if value.get("repo").is_some() => &["/repo"],
        ("github", _) => &["/repository", "/payload/repository", "/body/repository"],
        ("git", _) => &["/hash", "/commit"],
        _ => &[],
    };
    candidates.iter().copied().filter(|pointer| value.pointer(pointer).is_some()).collect()
}

type Time = (&'static [&'static str], Value);

/// Times that cannot be: no time at all, one that was lost, and one a lifetime ahead.
fn times(format: &str, kind: &str, value: &Value) -> Vec<(&'static str, Time)> {
    let (lost, ahead) = ("1970-01-01T00:00:00Z", "2107-01-01T00:00:00Z");
    let is = |name: &str, text: &str| value.get(name).and_then(Value::as_str) == Some(text);
    let (fields, nonsense, lost, ahead): (&'static [&'static str], _, _, _) = match (format, kind) {
        ("interchange", _) if is("type", "activity") => (&["/at"], json!("someday"), json!(lost), json!(ahead)),
        ("slack", "message") => (&["/ts"], json!("someday"), json!("86400.0"), json!("4323456000.0")),
        ("discord", "message") => (&["/timestamp"], json!(["someday"]), json!(lost), json!(ahead)),
        ("zulip", "message") => (&["/date_sent"], json!("someday"), json!(86400.0), json!(4_323_456_000.0)),
        ("zulip", "archived message") => (&["/timestamp"], json!("someday"), json!(86400), json!(4_323_456_000u64)),
        ("discourse", "post") => (&["/created_at"], json!("someday"), json!(lost), json!(ahead)),
        _ => return Vec::new(),
    };
    vec![
        ("a time that is none", (fields, nonsense)),
        ("the beginning of all clocks", (fields, lost)),
        ("a time a lifetime ahead", (fields, ahead)),
    ]
}

fn remove(value: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    if let Some(Value::Object(fields)) = value.pointer_mut(parent) {
        fields.remove(name);
    }
}
