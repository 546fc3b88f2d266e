//! What members want, like and worry about, in their own words: the newest, and which of it is alike.

use axle_model::analytics::Table;
use axle_model::label::{Label, Labels};
use axle_text::Text;
use jiff::Timestamp;
use serde_json::Value;

use crate::alike::{Alike, Words, vectors};
use crate::{AppError, AppResult, Workspace, figures, reading};

/// At most so many are compared, the newest.
const MOST: usize = 5_000;
/// So many like it are looked for.
const MOST_ALIKE: usize = 20;

/// What members said they want, like or worry about, newest first. Bots and teammates are left out.
const SAID: &str = "
select said.activity_id, said.member_id, members.name, said.labels, said.source, said.channel, said.occurred_at,
       words.title, substr(words.text, 1, 2000) as text, words.url
from (select activity_id, member_id, labels, source, channel, occurred_at from activities
      where labels like '%bug%' or labels like '%feature%' or labels like '%praise%' or labels like '%concern%'
         or labels like '%question%' or labels like '%hand_raise%'
      order by occurred_at desc, activity_id limit 5000) said
join members on members.member_id = said.member_id
join (select activity_id, title, text, url from activities) words on words.activity_id = said.activity_id
where not members.is_bot and not members.is_teammate
order by said.occurred_at desc, said.activity_id";

/// What members said, newest first, and what of it is alike.
pub struct Said {
    /// The items, in the order of their places.
    pub items: Vec<Item>,
    words: Vec<Words>,
    alike: Alike,
}

/// Something that a member said.
#[derive(Debug, Clone)]
pub struct Item {
    /// Public id of the activity.
    pub activity_id: String,
    /// Who said it.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// What was read in it.
    pub labels: Labels,
    /// Name of the source.
    pub source: String,
    /// Name of the channel.
    pub channel: String,
    /// When.
    pub at: Timestamp,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// Its first words.
    pub text: String,
    /// Where it stands.
    pub url: Option<String>,
}

impl Item {
    /// Its title, or its words without quotes and code.
    pub fn words(&self) -> String {
        self.title.clone().unwrap_or_else(|| axle_text::clean::clean(&self.text).trim().to_owned())
    }

    /// The words that a label was read from, at most three, those that say most first.
    pub fn evidence(&self, label: Label) -> Vec<String> {
        reading::reader().evidence(&self.read(), label, 3)
    }

    /// The words that it is about, at most three; none of a text of a few words, which is short enough itself.
    pub fn topics(&self) -> Vec<String> {
        /// Words of a text that is worth summing up.
        const FEWEST: usize = 12;
        if self.words().split_whitespace().nth(FEWEST).is_none() {
            return Vec::new();
        }
        reading::reader().topics(&self.read(), 3)
    }

    fn read(&self) -> Text<'_> {
        Text { title: self.title.as_deref(), body: &self.text }
    }
}

/// Reads what those said who are members at `now`.
pub async fn load(workspace: &Workspace, now: Timestamp) -> AppResult<Said> {
    let table = figures::sql(workspace, SAID, MOST, now).await?;
    let items = items_of(&table);
    let mut vectors = vectors(workspace, items.iter().map(|item| item.activity_id.as_str())).await?;
    let make = move || {
        let mut words =
            |item: &Item| Words::of(item.title.as_deref(), Some(&item.text), vectors.remove(&item.activity_id));
        let words: Vec<Words> = items.iter().map(&mut words).collect();
        let alike = Alike::of(&words);
        Said { items, words, alike }
    };
    tokio::task::spawn_blocking(make).await.map_err(|error| AppError::Internal(error.to_string()))
}

pub(crate) fn items_of(table: &Table) -> Vec<Item> {
    let text = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let read = |row: &Vec<Value>| match row.as_slice() {
        [id, member, name, labels, source, channel, at, title, words, url] => Some(Item {
            activity_id: text(id)?,
            member_id: text(member)?,
            name: text(name).unwrap_or_default(),
            labels: labels.as_str()?.split(',').filter_map(Label::named).collect(),
            source: text(source).unwrap_or_default(),
            channel: text(channel).unwrap_or_default(),
            at: at.as_str()?.parse().ok()?,
            title: text(title),
            text: text(words)?,
            url: text(url),
        }),
        _ => None,
    };
    table.rows.iter().filter_map(read).collect()
}

impl Said {
    /// Places of what others said that is like one thing and is wanted, the most alike first; each other person once.
    pub fn by_others(&self, place: usize, wanted: impl Fn(&Item) -> bool) -> Vec<usize> {
        let own = u32::try_from(place).ok();
        let mut people = vec![self.items[place].member_id.as_str()];
        let mut found = Vec::new();
        for hit in self.alike.like(&self.words[place], own, MOST_ALIKE) {
            let item = &self.items[hit.id as usize];
            if wanted(item) && !people.contains(&item.member_id.as_str()) {
                people.push(&item.member_id);
                found.push(hit.id as usize);
            }
        }
        found
    }

    /// Members who need what one needs: who, with the place of the member's words and of theirs, at most `most`. Needs are
    /// questions and worries, and no answers, which often ask something back.
    pub fn with_similar_needs(&self, member_id: &str, most: usize) -> Vec<(usize, usize)> {
        /// A member's latest needs that are compared.
        const LATEST: usize = 5;
        let needs = |item: &Item| {
            let has = |label| item.labels.has(label);
            (has(Label::Question) || has(Label::Concern)) && !has(Label::Answer)
        };
        let own = self.items.iter().enumerate().filter(|(_, item)| item.member_id == member_id && needs(item));
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (place, _) in own.take(LATEST) {
            for other in self.by_others(place, needs) {
                let is_known =
                    |(_, known): &(usize, usize)| self.items[*known].member_id == self.items[other].member_id;
                if !found.iter().any(is_known) {
                    found.push((place, other));
                }
            }
        }
        found.truncate(most);
        found
    }
}
