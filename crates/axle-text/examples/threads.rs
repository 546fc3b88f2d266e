//! Measures thread states: JSON lines made by `training/threads/prepare.py` on standard input. Each thread is read without its
//! marks, then compared with them. `cargo run --release -p axle-text --example threads < FILE`
#![allow(clippy::print_stdout)]

use std::{collections::HashMap, io::BufRead};

use axle_model::thread::{Post, State, read_thread};
use axle_text::{Lexicon, Reader, Text};

#[derive(serde::Deserialize)]
struct Line {
    title: Option<String>,
    /// The platform's mark; `None` where the platform has none.
    resolved: Option<bool>,
    /// Id of the accepted post.
    accepted: Option<String>,
    posts: Vec<LinePost>,
}

#[derive(serde::Deserialize)]
struct LinePost {
    id: String,
    author: String,
    at: i64,
    is_bot: bool,
    text: String,
}

#[derive(Default)]
struct Marks {
    threads: u32,
    asks: u32,
    answered: u32,
    marked: u32,
    ours: u32,
    both: u32,
}

#[derive(Default)]
struct Accepted {
    threads: u32,
    first_reply: u32,
    first_fit: u32,
    answer: u32,
    same_author: u32,
    among: u32,
    none: u32,
}

fn main() -> std::io::Result<()> {
    let (reader, lexicon) = (Reader::built_in(), Lexicon::new("none", Vec::new()));
    let (mut marks, mut accepted) = (Marks::default(), Accepted::default());
    for line in std::io::stdin().lock().lines() {
        let mut line: Line = serde_json::from_str(&line?)?;
        line.posts.retain(|post| !post.is_bot);
        line.posts.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let mut authors = HashMap::new();
        let mut posts = Vec::new();
        for (index, post) in line.posts.iter().enumerate() {
            let next = authors.len() as u32;
            let author = *authors.entry(post.author.as_str()).or_insert(next);
            let title = line.title.as_deref().filter(|_| index == 0);
            let cues = reader.read(&Text { title, body: &post.text }, &lexicon).cues;
            posts.push(Post { author, is_accepted: false, cues });
        }
        let found = read_thread(&posts, false);
        marks.threads += 1;
        marks.asks += u32::from(found.asks);
        marks.answered += u32::from(found.state >= State::Answered);
        if let Some(mark) = line.resolved {
            let is_resolved = found.state == State::Resolved;
            marks.marked += u32::from(mark);
            marks.ours += u32::from(is_resolved);
            marks.both += u32::from(mark && is_resolved);
        }
        let right = line.accepted.and_then(|id| line.posts.iter().position(|post| post.id == id));
        if let Some(right) = right.filter(|&right| posts[right].author != posts[0].author) {
            let first_reply = posts.iter().position(|post| post.author != posts[0].author);
            accepted.threads += 1;
            accepted.first_reply += u32::from(first_reply == Some(right));
            accepted.first_fit += u32::from(found.answers.first() == Some(&right));
            accepted.answer += u32::from(found.answer == Some(right));
            accepted.same_author += u32::from(found.answer.is_some_and(|at| posts[at].author == posts[right].author));
            accepted.among += u32::from(found.answers.contains(&right));
            accepted.none += u32::from(found.answer.is_none());
        }
    }
    let Marks { threads, asks, answered, marked, ours, both } = marks;
    println!("{threads} threads, {asks} ask, {answered} answered or resolved");
    println!("resolved by the mark {marked}, by us {ours}, by both {both}");
    let Accepted { threads, first_reply, first_fit, answer, same_author, among, none } = accepted;
    println!("accepted of another than the asker {threads}: first reply {first_reply}, first that fits {first_fit}");
    println!("  our answer {answer}, of the same author {same_author}, among all that fit {among}, no answer {none}");
    Ok(())
}
