//! What two lines say together does not depend on which of them is read first.

mod support;

use crate::support::Community;

/// Every order of these lines.
fn orders<'a>(lines: &[&'a str]) -> Vec<Vec<&'a str>> {
    let Some((first, rest)) = lines.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(rest) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, first);
            all.push(order);
        }
    }
    all
}

/// What the record holds after reading, without former versions; the lines in one export, and one export each.
async fn states(order: &[&str]) -> [Vec<String>; 2] {
    let (at_once, one_by_one) = (Community::new().await, Community::new().await);
    at_once.lines(order).await;
    for line in order {
        one_by_one.lines(&[line]).await;
    }
    let mut states = [at_once.state().await, one_by_one.state().await];
    states.iter_mut().for_each(|state| state.retain(|line| !line.starts_with("version ")));
    states
}

async fn all_agree(lines: &[&str]) -> Vec<String> {
    let [expected, _] = states(lines).await;
    for order in orders(lines) {
        for state in states(&order).await {
            assert_eq!(state, expected, "{order:#?}");
        }
    }
    expected
}

const EVENT: &str = r#"{"type":"event","id":"fair","name":"Fair","starts_at":"2024-05-01T17:00:00Z"}"#;
const ADA_CAME: &str = r#"{"type":"attendance","event":"fair","identity":{"platform":"x","uid":"ada"},"state":"attended","role":"speaker"}"#;
const BO_CAME: &str =
    r#"{"type":"attendance","event":"fair","identity":{"platform":"x","uid":"bo"},"state":"attended"}"#;
const CY_CAME_LATE: &str = r#"{"type":"attendance","event":"fair","identity":{"platform":"x","uid":"cy"},"state":"attended","at":"2024-05-01T18:00:00Z"}"#;
const DEE_DID_NOT: &str =
    r#"{"type":"attendance","event":"fair","identity":{"platform":"x","uid":"dee"},"state":"no_show"}"#;
const OTHER_EVENT: &str =
    r#"{"type":"attendance","event":"fairy","identity":{"platform":"x","uid":"ada"},"state":"attended"}"#;

fn activities(state: &[String]) -> Vec<&String> {
    state.iter().filter(|line| line.starts_with("activity ")).collect()
}

#[tokio::test]
async fn attendance_without_a_time_was_when_the_event_started() {
    let others = all_agree(&[EVENT, ADA_CAME, OTHER_EVENT, DEE_DID_NOT]).await;
    assert_eq!(activities(&others).len(), 1, "{others:#?}");
    let state = all_agree(&[EVENT, ADA_CAME, BO_CAME, CY_CAME_LATE]).await;
    let (starts_at, late) = ("1714582800000000", "1714586400000000");
    let found = activities(&state);
    assert_eq!(found.len(), 3, "{found:#?}");
    for (who, what, at) in [
        ("ada", "talk:given", starts_at),
        ("bo", "event:session:attended", starts_at),
        ("cy", "event:session:attended", late),
    ] {
        let is = |line: &&String| [&format!("uid:{who}"), what, at].into_iter().all(|part| line.contains(part));
        assert!(found.iter().any(is), "{who}: {found:#?}");
    }
}

#[tokio::test]
async fn attendance_is_joined_with_events_of_the_source_that_its_line_names() {
    let of_forum = |line: &str| line.replacen('{', r#"{"source":"forum","#, 1);
    let state = all_agree(&[&of_forum(EVENT), &of_forum(ADA_CAME), BO_CAME]).await;
    let [only] = activities(&state)[..] else { panic!("{state:#?}") };
    assert!(only.starts_with("activity [\"forum\"") && only.contains("uid:ada"), "{only}");
}

/// An event that moves takes those with it who came when it started, forth and back in time; reading it again changes
/// nothing.
#[tokio::test]
async fn an_event_that_moves_takes_its_attendance_with_it() {
    let moved = |to: &str| EVENT.replace("2024-05-01T17", to);
    let community = Community::new().await;
    for start in ["2024-05-01T17", "2024-05-08T17", "2024-04-24T17"] {
        community.lines(&[&moved(start), ADA_CAME, CY_CAME_LATE]).await;
        let fresh = Community::new().await;
        fresh.lines(&[ADA_CAME, CY_CAME_LATE]).await;
        fresh.lines(&[&moved(start)]).await;
        let (moved, fresh) = (community.state().await, fresh.state().await);
        assert_eq!(activities(&moved), activities(&fresh), "{start}");
    }
    let state = community.state().await;
    let again = community.lines(&[&moved("2024-04-24T17"), ADA_CAME, CY_CAME_LATE]).await;
    assert_eq!((again.stored, again.activities), (0, 0));
    assert_eq!(community.state().await, state);
}

const OPENED: &str = r#"{"type":"activity","id":"q","activity":"question:asked","at":"2024-05-01T12:00:00Z","actor":{"platform":"x","uid":"ada"},"channel":"c","thread":"t","title":"How?"}"#;

fn thread_line(id: &str, at: &str, properties: &str) -> String {
    format!(
        r#"{{"type":"activity","id":"{id}","activity":"question:commented","at":"{at}","actor":{{"platform":"x","uid":"bo"}},"channel":"c","thread":"t","parent":"q","properties":{{{properties}}}}}"#
    )
}

#[tokio::test]
async fn a_reopened_thread_is_open_in_every_order() {
    let closed = thread_line("a", "2024-05-02T12:00:00Z", r#""closed_at":"2024-05-02T12:00:00Z""#);
    let reopened = thread_line("b", "2024-05-03T12:00:00Z", r#""thread_state":"open""#);
    let closed_again = thread_line("c", "2024-05-04T12:00:00Z", r#""thread_state":"resolved""#);
    let both = thread_line(
        "d",
        "2024-05-01T13:00:00Z",
        r#""closed_at":"2024-05-05T12:00:00Z","reopened_at":"2024-05-06T12:00:00Z""#,
    );
    let ends = |state: &[String]| {
        let thread = state.iter().find(|line| line.starts_with("thread ")).unwrap();
        thread.rsplit_once("\"How?\",").unwrap().1.to_owned()
    };
    assert_eq!(ends(&all_agree(&[OPENED, &closed]).await), "1,1714651200000000]");
    assert_eq!(ends(&all_agree(&[OPENED, &closed, &reopened, &closed_again]).await), "1,null]");
    assert_eq!(ends(&all_agree(&[OPENED, &closed_again, &both]).await), "0,null]");
}

/// GitHub tells an issue's state with each event, newest by `updated_at`.
#[tokio::test]
async fn a_reopened_issue_is_open_in_every_order() {
    let event = |action: &str, updated: &str, state: &str, closed_at: &str| {
        format!(
            r#"{{"action":"{action}","issue":{{"id":9,"number":4,"title":"Loom","user":{{"id":7,"login":"ada","node_id":"U_7"}},"state":"{state}","closed_at":{closed_at},"created_at":"2024-05-01T12:00:00Z","updated_at":"{updated}","html_url":"https://github.com/mill/loom/issues/4"}},"repository":{{"id":500,"node_id":"R_500","name":"loom","full_name":"mill/loom"}},"sender":{{"id":7,"login":"ada","node_id":"U_7"}}}}"#
        )
    };
    let opened = event("opened", "2024-05-01T12:00:00Z", "open", "null");
    let closed = event("closed", "2024-05-02T12:00:00Z", "closed", "\"2024-05-02T12:00:00Z\"");
    let reopened = event("reopened", "2024-05-03T12:00:00Z", "open", "null");
    for order in orders(&[&opened, &closed, &reopened]) {
        let community = Community::new().await;
        for (number, line) in order.iter().enumerate() {
            let path = community.folder.path().join(format!("{number}.json"));
            std::fs::write(&path, line).unwrap();
            community.read_as(&path, Some("github")).await;
        }
        let state = community.state().await;
        let thread = state.iter().find(|line| line.starts_with("thread ")).unwrap();
        assert!(thread.ends_with("\"Loom\",0,null]"), "{order:#?}: {thread}");
    }
}
