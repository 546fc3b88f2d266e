//! What is read in words at import, what people correct, and that corrections hold for every later reading.

mod support;

use axle_app::reading;
use axle_model::label::{Label, Sentiment, labels_of, sentiment_of};
use axle_store::reading::Wanted;
use axle_store::{activity, reading as stored, text_vector};
use uuid::Uuid;

use crate::support::{Community, clock};

const ASKED: &str = r#"{"type":"activity","source":"s","id":"1","activity":"chat:message:sent","at":"2026-01-01T00:00:00Z","channel":"general","actor":{"platform":"s","uid":"ada"},"text":"How do I rotate the signing key without downtime?"}"#;
const THANKED: &str = r#"{"type":"activity","source":"s","id":"2","activity":"chat:message:sent","at":"2026-01-02T00:00:00Z","channel":"general","actor":{"platform":"s","uid":"ada"},"text":"Thank you so much, that worked perfectly!"}"#;
const WORDLESS: &str = r#"{"type":"activity","source":"s","id":"3","activity":"chat:reaction:added","at":"2026-01-03T00:00:00Z","channel":"general","actor":{"platform":"s","uid":"bob"}}"#;

/// Seq, public id and reading of every activity, in their order.
async fn readings(community: &Community) -> Vec<(i64, String, Option<u32>)> {
    let (rows, ..) = activity::since(community.workspace.db(), 0, 100).await.unwrap();
    let ids = rows.activity_id.iter().map(|id| Uuid::from_bytes(*id).to_string());
    rows.seq.iter().copied().zip(ids).zip(rows.reading).map(|((seq, id), reading)| (seq, id, reading)).collect()
}

#[tokio::test]
async fn words_are_read_at_import() {
    let community = Community::new().await;
    community.lines(&[ASKED, THANKED, WORDLESS]).await;
    let found: Vec<Option<u32>> = readings(&community).await.into_iter().map(|(.., reading)| reading).collect();
    let has = |label| found.iter().flatten().filter(|code| labels_of(**code).has(label)).count();
    assert_eq!(found.iter().flatten().count(), 2, "what has no words has no reading");
    assert_eq!((has(Label::Question), has(Label::Thanks)), (1, 1));
    assert!(found.iter().flatten().any(|code| sentiment_of(*code) == Sentiment::Positive));
    assert_eq!(reading::waiting(&community.workspace).await.unwrap().unread, 0);
    assert_eq!(reading::read_anew(&community.workspace, &|_, _| {}).await.unwrap(), 0);
}

/// As of an instant before it was deleted, a question is a question: also where what says that it was deleted says no more.
#[tokio::test]
async fn what_was_deleted_keeps_what_was_read_in_it() {
    let asked = ASKED.replace(r#""channel""#, r#""thread":"t1","channel""#);
    let deleted = r#"{"type":"activity","source":"s","id":"1","activity":"chat:message:sent","at":"2026-01-01T00:00:00Z","channel":"general","actor":{"platform":"s","uid":"nobody"},"deleted_at":"2026-01-04T00:00:00Z"}"#;
    let one_by_one = Community::new().await;
    one_by_one.lines(&[asked.as_str()]).await;
    let (.., code) = readings(&one_by_one).await.remove(0);
    one_by_one.lines(&[deleted]).await;
    let at_once = Community::new().await;
    at_once.lines(&[asked.as_str(), deleted]).await;
    for community in [one_by_one, at_once] {
        let (rows, ..) = activity::since(community.workspace.db(), 0, 100).await.unwrap();
        assert_eq!((rows.seq.len(), rows.deleted_at[0].is_some()), (1, true));
        assert!(code.is_some() && rows.reading[0] == code);
        assert!(rows.thread[0].is_some() && rows.text[0].is_some());
        let is_hers = |line: &String| line.starts_with("activity ") && line.contains("uid:ada");
        assert!(community.state().await.iter().any(is_hers), "whoever the deletion names");
        assert_eq!(community.lines(&[deleted]).await.activities, 0, "it is known");
    }
}

const CALLED: &str = r#"{"type":"call","source":"s","id":"c1","called_at":"2026-01-04T00:00:00Z","caller":{"platform":"phone","phone":"+15550001"},"turns":[{"speaker":"agent","text":"Do you want to buy our enterprise plan?"},{"speaker":"prospect","text":"No."},{"speaker":"prospect","text":"how do i rotate the signing key"},{"speaker":"prospect","text":"that is the worst bug I have ever seen in a release"}]}"#;

#[tokio::test]
async fn what_a_caller_says_is_read_sentence_by_sentence() {
    let community = Community::new().await;
    community.lines(&[CALLED]).await;
    let rows = readings(&community).await;
    let [(.., Some(code))] = rows[..] else { panic!("one activity with words: {rows:?}") };
    assert!(labels_of(code).has(Label::Question), "a question among other sentences, without a mark");
    assert!(!labels_of(code).has(Label::HandRaise), "what the agent says is not the caller's");
    assert_eq!(sentiment_of(code), Sentiment::Negative);
    // Read anew, it is a transcript again.
    let unread = stored::waiting(community.workspace.db(), Wanted::Unread, 4_000, i64::MAX, 10).await.unwrap();
    assert_eq!(unread[0].activity_type, "call:other:held");
}

#[tokio::test]
async fn a_persons_word_stands_above_the_models() {
    let community = Community::new().await;
    community.lines(&[ASKED]).await;
    let (before, id, _) = readings(&community).await.remove(0);
    let correct =
        async |label, value| reading::correct(&community.workspace, &id, label, value, Some("Ines"), clock()).await;
    correct("question", "false").await.unwrap();
    correct("sentiment", "negative").await.unwrap();
    let (after, _, code) = readings(&community).await.remove(0);
    let code = code.unwrap();
    assert!(after > before, "figures follow only what moves");
    assert!(!labels_of(code).has(Label::Question));
    assert_eq!(sentiment_of(code), Sentiment::Negative);
    // An edit is read anew, and so is everything by a newer model: the correction holds for both.
    let edited = ASKED
        .replace("without downtime", "without any downtime")
        .replace(r#""id":"1""#, r#""id":"1","updated_at":"2026-01-05T00:00:00Z""#);
    community.lines(&[&edited]).await;
    let code = readings(&community).await.remove(0).2.unwrap();
    assert_eq!((labels_of(code).has(Label::Question), sentiment_of(code)), (false, Sentiment::Negative));
    let unread = stored::waiting(community.workspace.db(), Wanted::Unread, 4_000, i64::MAX, 10).await.unwrap();
    let words =
        reading::reader().read(&axle_text::Text { title: None, body: &unread[0].text }, axle_text::Lexicon::known());
    assert!(words.labels.has(Label::Question));
    let mut tx = community.workspace.db().begin().await.unwrap();
    stored::write(&mut tx, vec![(unread[0].clone(), words)]).await.unwrap();
    tx.commit().await.unwrap();
    let code = readings(&community).await.remove(0).2.unwrap();
    assert!(!labels_of(code).has(Label::Question));
    let lines = reading::corrections(&community.workspace).await.unwrap();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].text.as_deref().unwrap().contains("any downtime"));
}

#[tokio::test]
async fn what_cannot_be_corrected_is_told() {
    let community = Community::new().await;
    community.lines(&[ASKED, WORDLESS]).await;
    let rows = readings(&community).await;
    let id_of = |has_words: bool| &rows.iter().find(|(.., reading)| reading.is_some() == has_words).unwrap().1;
    let (with_words, without) = (id_of(true), id_of(false));
    let correct = async |id: &str, label, value| {
        reading::correct(&community.workspace, id, label, value, None, clock()).await.unwrap_err().to_string()
    };
    assert_eq!(correct("x", "question", "true").await, "`x` is no activity's id");
    assert!(
        correct(with_words, "joke", "true").await.starts_with("`joke` is no label: use one of question, hand_raise")
    );
    assert!(
        correct(with_words, "sentiment", "true").await.ends_with("use one of negative, neutral, positive, unknown")
    );
    let wordless = correct(without, "question", "true").await;
    let asked = correct(with_words, "question", "perhaps").await;
    assert!(wordless.ends_with("with words that were read"), "{wordless}");
    assert!(asked.ends_with("use one of true, false"));
}

#[tokio::test]
async fn a_correction_can_be_taken_back() {
    let community = Community::new().await;
    community.lines(&[ASKED]).await;
    let (_, id, before) = readings(&community).await.remove(0);
    let workspace = &community.workspace;
    reading::correct(workspace, &id, "question", "false", None, clock()).await.unwrap();
    assert_ne!(readings(&community).await.remove(0).2, before);
    reading::withdraw(workspace, &id, "question").await.unwrap();
    assert_eq!(readings(&community).await.remove(0).2, before);
    assert!(reading::corrections(workspace).await.unwrap().is_empty());
    let again = reading::withdraw(workspace, &id, "question").await.unwrap_err();
    assert!(again.to_string().contains("a correction of question"), "{again}");
}

const NAMED: &str = r#"{"type":"activity","source":"s","id":"4","activity":"chat:message:sent","at":"2026-01-04T00:00:00Z","channel":"general","actor":{"platform":"s","uid":"ada"},"text":"We moved from Quuxboard to Zorbl last week, and nobody misses it."}"#;

async fn mentions(community: &Community) -> Vec<String> {
    let named = reading::named(&community.workspace).await.unwrap();
    named.into_iter().inspect(|(_, texts)| assert_eq!(*texts, 1)).map(|(name, _)| name).collect()
}

#[tokio::test]
async fn brands_of_the_workspace_are_looked_for() {
    let community = Community::new().await;
    community.lines(&[NAMED]).await;
    assert!(mentions(&community).await.is_empty());
    // A source states one: what was read before is read anew.
    community.lines(&[r#"{"type":"brand","source":"s","name":"Quuxboard","own":false}"#]).await;
    assert_eq!(mentions(&community).await, ["Quuxboard"]);
    let own = reading::Brand { name: "Zorbl".into(), own: true, terms: vec![] };
    reading::set_brands(&community.workspace, vec![own.clone()], Some("Ines"), clock()).await.unwrap();
    assert_eq!(reading::waiting(&community.workspace).await.unwrap().unread, 1);
    assert_eq!(reading::read_anew(&community.workspace, &|_, _| {}).await.unwrap(), 1);
    assert_eq!(mentions(&community).await, ["Quuxboard", "Zorbl"]);
    let twice = reading::set_brands(&community.workspace, vec![own.clone(), own], None, clock()).await.unwrap_err();
    assert!(twice.to_string().contains("Zorbl is listed twice"), "{twice}");
    let empty = reading::Brand { name: "-".into(), own: true, terms: vec![] };
    let empty = reading::set_brands(&community.workspace, vec![empty], None, clock()).await.unwrap_err();
    assert!(empty.to_string().contains("no name to look for"), "{empty}");
}

fn models() -> Vec<std::path::PathBuf> {
    vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")]
}

#[tokio::test]
async fn the_large_models_give_a_second_opinion_once() {
    let community = Community::new().await;
    community.lines(&[ASKED, WORDLESS]).await;
    let workspace = &community.workspace;
    assert_eq!(reading::waiting(workspace).await.unwrap(), reading::Waiting { unread: 0, second_opinion: 1 });
    let (_, id, small) = readings(&community).await.into_iter().find(|(.., code)| asks(*code)).unwrap();
    let large = reading::large(&models()).unwrap().expect("the models are kept with the sources");
    assert_eq!(reading::second_opinions(workspace, large.clone(), &|_, _| {}).await.unwrap(), 1);
    assert_eq!(reading::waiting(workspace).await.unwrap(), reading::Waiting::default());
    let code = readings(&community).await.into_iter().find(|(_, other, _)| *other == id).unwrap().2;
    assert!(asks(code) && code != small, "the large models are noted");
    let key = *id.parse::<Uuid>().unwrap().as_bytes();
    let vectors = text_vector::of(workspace.db(), &[key, [0; 16]]).await.unwrap();
    let length: f32 = vectors[&key].iter().map(|number| number * number).sum();
    assert!(vectors.len() == 1 && (length - 1.0).abs() < 0.05, "{length}");
    // Another version of what is said is read by the small models, and waits again.
    let edited = ASKED
        .replace("without downtime", "without any downtime")
        .replace(r#""id":"1""#, r#""id":"1","updated_at":"2026-01-05T00:00:00Z""#);
    community.lines(&[&edited]).await;
    assert_eq!(reading::second_opinions(workspace, large.clone(), &|_, _| {}).await.unwrap(), 1);
    // What is deleted keeps no vector.
    let deleted =
        edited.replace("2026-01-05T00:00:00Z\"", "2026-01-06T00:00:00Z\",\"deleted_at\":\"2026-01-06T00:00:00Z\"");
    community.lines(&[&deleted]).await;
    assert_eq!(reading::second_opinions(workspace, large, &|_, _| {}).await.unwrap(), 0);
    assert!(text_vector::of(workspace.db(), &[key]).await.unwrap().is_empty());
}

fn asks(code: Option<u32>) -> bool {
    code.is_some_and(|code| labels_of(code).has(Label::Question))
}

/// Messages of a community that praises in a word of its own.
fn zorps() -> Vec<String> {
    let things =
        ["index", "importer", "sidebar", "release", "parser", "banner", "editor", "gateway", "report", "cache"];
    let message = |(at, (thing, says)): (usize, (&str, &str))| {
        let minute = at % 60;
        format!(
            r#"{{"type":"activity","source":"s","id":"z{at}","activity":"chat:message:sent","at":"2026-02-01T00:{minute:02}:00Z","channel":"general","actor":{{"platform":"s","uid":"ada"}},"text":"{says} the {thing} of this week"}}"#
        )
    };
    let of = |says| things.iter().map(move |thing| (*thing, says));
    of("zorp zorp,")
        .chain(of("big zorp for"))
        .chain(of("we moved"))
        .chain(of("who reads"))
        .enumerate()
        .map(message)
        .collect()
}

#[tokio::test]
async fn corrections_change_the_heads_where_that_reads_better() {
    let community = Community::new().await;
    let lines = zorps();
    community.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let workspace = &community.workspace;
    assert!(!reading::refit_if_due(workspace, clock()).await.unwrap(), "nobody corrected anything");
    let zorp = r#"{"type":"activity","source":"s","id":"new","activity":"chat:message:sent","at":"2026-02-02T00:00:00Z","channel":"general","actor":{"platform":"s","uid":"bob"},"text":"zorp zorp, the catalogue of this week"}"#;
    community.lines(&[zorp]).await;
    let new = Uuid::from_bytes(activity::activity_id("s", "new", "chat:message:sent")).to_string();
    let praised = async |community: &Community| {
        let code = readings(community).await.into_iter().find(|(_, id, _)| *id == new).unwrap().2;
        labels_of(code.unwrap()).has(Label::Praise)
    };
    assert!(!praised(&community).await);
    for at in 0..lines.len() {
        let id = Uuid::from_bytes(activity::activity_id("s", &format!("z{at}"), "chat:message:sent")).to_string();
        let value = if at < 20 { "true" } else { "false" };
        reading::correct(workspace, &id, "praise", value, Some("Ines"), clock()).await.unwrap();
    }
    assert!(reading::refit_if_due(workspace, clock()).await.unwrap());
    assert!(!reading::refit_if_due(workspace, clock()).await.unwrap(), "nothing new was corrected");
    let learnt = reading::learnt(workspace).await.unwrap().unwrap();
    let praise = learnt.reports.iter().find(|report| report.head == "praise").unwrap();
    assert!(praise.taken && praise.after.f1 > praise.before.f1, "{praise:?}");
    assert_eq!(learnt.corrections, 40);
    assert_eq!(reading::read_anew(workspace, &|_, _| {}).await.unwrap(), 41);
    assert!(praised(&community).await, "what nobody corrected is read by what was learnt");
}
