//! Who answers whom, and so which message begins each thread.
//!
//! A message's parent is the first of the messages that it may answer that is in the archive; a thread is what is
//! joined so, named after its first message. Ids are kept as hashes; as text only those that may begin a thread.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use sha2::{Digest, Sha256};

/// Gathers messages in any order.
#[derive(Default)]
pub(super) struct Links {
    /// Each message and where in `answered` the messages stand that it may answer.
    messages: HashMap<u64, Range<usize>>,
    answered: Vec<u64>,
    names: HashMap<u64, String>,
}

impl Links {
    /// A message and the messages that it may answer, the likeliest first. The first of two with one key counts.
    pub(super) fn add(&mut self, key: &str, answered: &[String]) {
        let start = self.answered.len();
        let message = hash(key);
        if self.messages.contains_key(&message) {
            return;
        }
        self.answered.extend(answered.iter().map(|id| hash(id)));
        // A first message answers nothing in the archive, so what it names first is never seen before it.
        if self.answered.get(start).is_none_or(|likeliest| !self.messages.contains_key(likeliest)) {
            self.names.insert(message, key.to_owned());
        }
        self.messages.insert(message, start..self.answered.len());
    }

    /// Finds every message's first message.
    pub(super) fn settle(mut self) -> Threads {
        let mut roots = HashMap::with_capacity(self.messages.len());
        let mut path = Vec::new();
        let mut on_path = HashSet::new();
        for message in self.messages.keys() {
            let mut at = *message;
            let root = loop {
                if let Some(root) = roots.get(&at) {
                    break *root;
                }
                if !on_path.insert(at) {
                    // Messages that answer each other in a circle begin with none of them: no name, whatever the order.
                    let circle = path.iter().rev().take_while(|member| **member != at).copied();
                    let least = circle.chain([at]).min().unwrap_or(at);
                    self.names.remove(&least);
                    break least;
                }
                path.push(at);
                match self.parent(at) {
                    Some(parent) => at = parent,
                    None => break at,
                }
            };
            roots.extend(path.drain(..).map(|member| (member, root)));
            on_path.clear();
        }
        Threads { roots, names: self.names }
    }

    fn parent(&self, message: u64) -> Option<u64> {
        let answered = self.messages.get(&message)?.clone();
        self.answered[answered].iter().copied().find(|id| *id != message && self.messages.contains_key(id))
    }
}

/// Knows every message's parent and first message.
pub(super) struct Threads {
    roots: HashMap<u64, u64>,
    names: HashMap<u64, String>,
}

impl Threads {
    /// The id of the first message of the thread: its own for one that begins a thread.
    pub(super) fn root(&self, key: &str) -> String {
        let own = hash(key);
        match self.roots.get(&own) {
            None => key.to_owned(),
            Some(root) => self.names.get(root).cloned().unwrap_or_else(|| format!("circle:{root:016x}")),
        }
    }

    /// The message that it answers, of those that are in the archive.
    pub(super) fn parent<'a>(&self, key: &str, answered: &'a [String]) -> Option<&'a str> {
        answered.iter().map(String::as_str).find(|id| *id != key && self.roots.contains_key(&hash(id)))
    }
}

fn hash(id: &str) -> u64 {
    let digest = Sha256::digest(id);
    digest[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(messages: &[(&str, &[&str])]) -> Vec<String> {
        let mut links = Links::default();
        for (key, answered) in messages {
            links.add(key, &answered.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        }
        let threads = links.settle();
        messages.iter().map(|(key, _)| threads.root(key)).collect()
    }

    #[test]
    fn threads_join_over_missing_messages_and_any_order() {
        assert_eq!(threads(&[("a", &[]), ("b", &["a"]), ("c", &["b"])]), ["a", "a", "a"]);
        assert_eq!(threads(&[("c", &["b"]), ("b", &["a"]), ("a", &[])]), ["a", "a", "a"]);
        assert_eq!(threads(&[("a", &[]), ("c", &["lost", "a"]), ("d", &["lost"])]), ["a", "a", "d"]);
    }

    #[test]
    fn circles_end_and_are_one_thread() {
        for messages in
            [[("a", &["b"][..]), ("b", &["a"]), ("c", &["b"])], [("c", &["b"][..]), ("b", &["a"]), ("a", &["b"])]]
        {
            let mut found = threads(&messages);
            found.dedup();
            assert_eq!(found.len(), 1);
        }
        assert_eq!(threads(&[("a", &["a"])]), ["a"]);
    }
}
