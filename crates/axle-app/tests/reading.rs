//! What is read in words at import, what people correct, and that corrections hold for every later reading.

mod support;

use axle_app::reading;
use axle_model::label::{Label, Sentiment, labels_of, sentiment_of};
use axle_store::{activity, reading as stored};
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
    assert_eq!(reading::waiting(&community.workspace).await.unwrap(), 0);
    assert_eq!(reading::read_anew(&community.workspace, &|_, _| {}).await.unwrap(), 0);
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
    let unread = stored::unread(community.workspace.db(), u16::MAX >> 3, 0, 10).await.unwrap();
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
