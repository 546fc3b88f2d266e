//! Questions where people talk without threads. By what names them: replies of the platform alone. By the words: also what
//! follows in the channel of a chat.

use std::collections::{HashMap, HashSet};

use axle_model::conversation::{
    Message, Names, callable, names_replies, questions, read_channel, read_replies, word_hashes,
};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::UInt32Type;
use datafusion::error::{DataFusionError, Result};

use super::thread_walk::{Event, Object, asks, cues};
use crate::columns::{column, i64s};
use crate::directory::{DirectoryIndex, NONE};
use crate::known::Known;

/// Posts without a thread: those that ask, each with the replies that name it or a reply to it. All in the order of time.
pub(super) fn named(loose: &[Event], directory: &DirectoryIndex) -> Vec<Vec<Event>> {
    let mut of: HashMap<Object, usize> = HashMap::new();
    let mut conversations: Vec<Vec<Event>> = Vec::new();
    for event in loose {
        let replied = event.parent.and_then(|parent| of.get(&parent).copied());
        let place = match replied {
            Some(place) => place,
            None if event.parent.is_none() && asks(event, directory) => {
                conversations.push(Vec::new());
                conversations.len() - 1
            }
            None => continue,
        };
        of.insert(event.object, place);
        conversations[place].push(*event);
    }
    conversations
}

/// As [`named`], of the messages of chats, with what follows in the channel by its words. Only of people's, in channels of
/// which questions are listed. Acceptances go where what they name is.
pub(super) fn followed(known: &Known, mut posts: Vec<Event>, acceptances: &[Event]) -> Result<Vec<Vec<Event>>> {
    let directory = &*known.directory;
    posts.retain(|post| {
        let is_heard = directory.is_ours(post.channel) || directory.is_qa(post.channel);
        is_heard && directory.member(directory.member_of(post.identity)).is_some_and(|member| !member.is_bot)
    });
    // Within a channel they stay in the order of time.
    posts.sort_by_key(|post| post.channel);
    let names = names(directory, &posts);
    let mut heard = hear(known, &posts)?;
    let mut conversations = Vec::new();
    let mut rest = heard.as_mut_slice();
    for channel in posts.chunk_by(|a, b| a.channel == b.channel) {
        let (of_channel, later) = rest.split_at_mut(channel.len());
        rest = later;
        conversations.extend(asked_in(channel, of_channel, directory, &names));
    }
    Ok(with_acceptances(conversations, acceptances))
}

/// What is heard of a post beside what an [`Event`] knows. The text itself is not kept.
#[derive(Debug, Clone, Default)]
struct Heard {
    /// Members whom it mentions; later also those whom it calls by name.
    speaks_to: Vec<u32>,
    /// The part of its text in which names may be called.
    callable: String,
    words: Vec<u32>,
}

/// What is heard of each of the posts.
fn hear(known: &Known, posts: &[Event]) -> Result<Vec<Heard>> {
    let mut heard = vec![Heard::default(); posts.len()];
    let mut places: Vec<(i64, usize)> = posts.iter().enumerate().map(|(place, post)| (post.seq, place)).collect();
    places.sort_unstable();
    if posts.is_empty() {
        return Ok(heard);
    }
    let listen = |batch: &RecordBatch| {
        let (seq, text) = (i64s(batch, "seq"), column(batch, "text").as_string::<i32>());
        let counterparts = column(batch, "counterparts").as_list::<i32>();
        for row in 0..batch.num_rows() {
            let Ok(found) = places.binary_search_by_key(&seq.value(row), |(seq, _)| *seq) else { continue };
            let one = &mut heard[places[found].1];
            if text.is_valid(row) {
                one.callable = callable(text.value(row));
                one.words = word_hashes(text.value(row));
            }
            if counterparts.is_valid(row) {
                let people = counterparts.value(row);
                let member = |identity: &u32| known.directory.member_of(*identity);
                one.speaks_to = people.as_primitive::<UInt32Type>().values().iter().map(member).collect();
            }
        }
    };
    let read = known.rows.read_where(&["seq", "text", "counterparts"], "thread", |thread| thread.is_none(), listen);
    read.map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok(heard)
}

/// Under which name whoever wrote a post speaks.
fn names<'a>(directory: &'a DirectoryIndex, posts: &[Event]) -> HashMap<u32, &'a str> {
    let heard: HashSet<u32> = posts.iter().map(|post| post.identity).collect();
    let rows = directory.directory.identities.iter().filter(|row| heard.contains(&row.identity_id));
    rows.filter_map(|row| Some((row.identity_id, row.username.as_deref().or(row.name.as_deref())?))).collect()
}

/// The questions of a channel, each with its conversation, in the order of time.
fn asked_in(
    posts: &[Event],
    heard: &mut [Heard],
    directory: &DirectoryIndex,
    names: &HashMap<u32, &str>,
) -> Vec<Vec<Event>> {
    let is_asking = |post: &Event| asks(post, directory);
    if !posts.iter().any(is_asking) {
        return Vec::new();
    }
    address(posts, heard, directory, names);
    let mut number_of: HashMap<Object, usize> = HashMap::new();
    let mut messages: Vec<Message<'_>> = Vec::with_capacity(posts.len());
    let mut said: Vec<&Event> = Vec::with_capacity(posts.len());
    for (post, heard) in posts.iter().zip(&*heard) {
        let replies_to = post.parent.and_then(|parent| number_of.get(&parent).copied());
        // What it replies to is elsewhere.
        if post.parent.is_some() && replies_to.is_none() {
            continue;
        }
        number_of.insert(post.object, messages.len());
        let author = directory.member_of(post.identity);
        let (speaks_to, words) = (heard.speaks_to.as_slice(), heard.words.as_slice());
        messages.push(Message { author, at: post.at, cues: cues(post), speaks_to, words, replies_to });
        said.push(post);
    }
    let turns = if names_replies(&messages) { read_replies(&messages) } else { read_channel(&messages) };
    let asked = questions(&messages, &turns, |number| is_asking(said[number]));
    asked.into_iter().map(|numbers| numbers.into_iter().map(|number| *said[number]).collect()).collect()
}

/// Adds those whom the posts of a channel call by name, and leaves out their authors and strangers.
fn address(posts: &[Event], heard: &mut [Heard], directory: &DirectoryIndex, names: &HashMap<u32, &str>) {
    let mut known = Names::default();
    for (post, heard) in posts.iter().zip(heard) {
        let author = directory.member_of(post.identity);
        heard.speaks_to.extend(known.called(&heard.callable, author));
        heard.speaks_to.sort_unstable();
        heard.speaks_to.dedup();
        heard.speaks_to.retain(|who| *who != author && *who != NONE);
        known.spoke(names.get(&post.identity).copied().unwrap_or_default(), author);
    }
}

/// Each acceptance in the conversation of what it accepts.
fn with_acceptances(mut conversations: Vec<Vec<Event>>, acceptances: &[Event]) -> Vec<Vec<Event>> {
    if acceptances.is_empty() {
        return conversations;
    }
    let of =
        conversations.iter().enumerate().flat_map(|(place, posts)| posts.iter().map(move |post| (post.object, place)));
    let place_of: HashMap<Object, usize> = of.collect();
    for acceptance in acceptances {
        if let Some(place) = acceptance.parent.and_then(|parent| place_of.get(&parent)) {
            conversations[*place].push(*acceptance);
        }
    }
    conversations.iter_mut().for_each(|posts| posts.sort_by_key(|post| (post.at, post.seq)));
    conversations
}

#[cfg(test)]
mod tests {
    use axle_model::analytics::Analytics;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use crate::golden_data::read;
    use crate::{DataFusionAnalytics, QueryLimits};

    /// What a query of one column gives, half of the activities in a file and half in the tail. Behind a bar stands a text.
    /// Lines of no activity come first.
    async fn asked(lines: &[&str], query: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let (told, texts): (Vec<String>, Vec<Option<String>>) = lines
            .iter()
            .map(|line| match line.split_once(" | ") {
                Some((told, text)) => (told.to_owned(), Some(text.to_owned())),
                None => ((*line).to_owned(), None),
            })
            .unzip();
        let mut data = read(&told, &TimeZone::UTC).unwrap();
        let first = texts.len() - data.rows.text.len();
        data.rows.text = texts[first..].to_vec();
        let engine = DataFusionAnalytics::new(folder.path().to_owned(), QueryLimits::default());
        engine.set_directory(data.directory).await.unwrap();
        let tail = crate::tests::cut(&data.rows, data.rows.seq.len() / 2, data.rows.seq.len());
        engine.append(crate::tests::cut(&data.rows, 0, data.rows.seq.len() / 2), &[]).await.unwrap();
        engine.compact(1).await.unwrap();
        engine.append(tail, &[]).await.unwrap();
        let table = engine.sql(query, 100, Timestamp::UNIX_EPOCH).await.unwrap();
        table.rows.concat().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect()
    }

    const STATES: &str = "select concat(asker.name, ' ', state, coalesce(' by ' || helper.name, ''))
        from questions join members asker on asker.member_id = questions.member_id
        left join members helper on helper.member_id = answered_by order by asked_at";

    async fn states(lines: &[&str]) -> Vec<String> {
        asked(lines, STATES).await
    }

    const TWO_AT_ONCE: [&str; 6] = [
        "ada messaged 2026-01-05T10:00 says=question | how do I mount a share?",
        "bob messaged 2026-01-05T10:01 says=question | where are the logs?",
        "cyd messaged 2026-01-05T10:02 says=answer | ada: use mount.cifs",
        "dan messaged 2026-01-05T10:03 says=answer to=bob | in /var/log",
        "ada messaged 2026-01-05T10:04 says=thanks | cyd: thanks!",
        "bob messaged 2026-01-05T10:05 says=resolution | dan: that works",
    ];

    #[tokio::test]
    async fn two_conversations_at_once_are_told_apart() {
        assert_eq!(states(&TWO_AT_ONCE[..2]).await, ["ada open", "bob open"]);
        assert_eq!(states(&TWO_AT_ONCE[..3]).await, ["ada answered by cyd", "bob open"]);
        assert_eq!(states(&TWO_AT_ONCE[..4]).await, ["ada answered by cyd", "bob answered by dan"]);
        assert_eq!(states(&TWO_AT_ONCE).await, ["ada resolved by cyd", "bob resolved by dan"]);
    }

    #[tokio::test]
    async fn figures_count_what_names_a_question() {
        let counted = "select concat(count(*), ' ', sum(replies_by_others)) from thread_facts where is_qa";
        assert_eq!(asked(&TWO_AT_ONCE, counted).await, ["2 0"]);
    }

    #[tokio::test]
    async fn a_follow_up_of_the_asker_opens_it_again() {
        let lines = [
            "ada messaged 2026-01-05T10:00 says=question | how do I mount a share?",
            "bob messaged 2026-01-05T10:01 says=answer | write it into fstab",
            "ada messaged 2026-01-05T10:02 says=question to=bob | what do I write into fstab?",
            "bob messaged 2026-01-05T10:03 says=answer to=ada | the share and where to mount it",
        ];
        assert_eq!(states(&lines[..2]).await, ["ada answered by bob"]);
        assert_eq!(states(&lines[..3]).await, ["ada open"]);
        assert_eq!(states(&lines).await, ["ada answered by bob"]);
    }

    #[tokio::test]
    async fn programs_channels_of_others_and_other_channels_answer_nothing() {
        let lines = [
            "bot rex",
            "external square",
            "ada messaged 2026-01-05T10:00 says=question",
            "cyd messaged 2026-01-05T10:00 says=question channel=square",
            "rex messaged 2026-01-05T10:01 says=answer to=ada",
            "bob messaged 2026-01-05T10:02 says=answer to=ada channel=dev",
            "bob messaged 2026-01-05T10:03 says=answer to=ada thread=t1",
        ];
        assert_eq!(states(&lines).await, ["ada open"]);
    }

    #[tokio::test]
    async fn a_reply_to_what_is_not_there_stays_out() {
        let lines = [
            "ada messaged 2026-01-05T10:00 says=question",
            "bob messaged 2026-01-05T10:01 says=answer parent=gone to=ada",
            "cyd messaged 2026-01-05T10:02 says=question parent=gone",
        ];
        assert_eq!(states(&lines).await, ["ada open"]);
    }

    #[tokio::test]
    async fn where_replies_are_named_only_they_and_names_count() {
        let lines = [
            "ada messaged 2026-01-05T10:00 says=question id=q1",
            "bob messaged 2026-01-05T10:01 says=question id=q2",
            "cyd messaged 2026-01-05T10:02 says=answer parent=q1",
            "dan messaged 2026-01-05T10:03 says=answer",
            "eve messaged 2026-01-05T10:04 says=answer to=bob",
        ];
        assert_eq!(states(&lines[..4]).await, ["ada answered by cyd", "bob open"]);
        assert_eq!(states(&lines).await, ["ada answered by cyd", "bob answered by eve"]);
    }

    #[tokio::test]
    async fn an_acceptance_settles() {
        let lines = [
            "ada messaged 2026-01-05T10:00 says=question id=q1",
            "bob messaged 2026-01-05T10:01 says=answer parent=q1 id=a1",
            "cyd messaged 2026-01-05T10:02 says=answer parent=q1 id=a2",
            "ada accepted 2026-01-05T10:03 parent=a2",
        ];
        assert_eq!(states(&lines).await, ["ada resolved by cyd"]);
    }

    #[tokio::test]
    async fn outside_of_chats_an_answer_names_its_question() {
        let lines = ["ada opened 2026-01-05T10:01 says=question id=q1", "bob replied 2026-01-05T10:02 says=answer"];
        assert_eq!(states(&lines).await, ["ada open"]);
    }
}
