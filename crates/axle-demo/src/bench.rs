//! The benchmark's community: plain, large, and written as fast as a disk takes it.
//!
//! Five years that end with 2025-12-31. Members come over time, stay for a while and do more or less (a tenth of them
//! does most of everything). Each has one account, every fifth a second one with the same verified address.
//! Lines come in the order of time, formatted by hand into one buffer.

use std::io;

use rand::{Rng, RngCore};

use crate::clock::{DAY, HOUR, push_date, push_instant};
use crate::random::{Stream, mix, stream};

/// Which community to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenchSettings {
    /// How many members. Each does something only when there are a good deal more activities than members.
    pub members: u32,
    /// Exactly how many activity lines, joins included. Other lines come on top.
    pub activities: u64,
    /// Everything is drawn from it.
    pub seed: u64,
}

/// What an activity does to a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Join,
    Open,
    Reply,
    Alone,
}

use Act::{Alone, Join, Open, Reply};

struct Source {
    name: &'static str,
    kind: &'static str,
    /// How many of a hundred members have their first account here.
    share: u64,
    /// The first type is the join. A type comes as often as its number says.
    types: &'static [(&'static str, Act, u32)],
}

const SOURCES: [Source; 8] = [
    Source {
        name: "slack",
        kind: "chat",
        share: 32,
        types: &[
            ("slack:space:joined", Join, 0),
            ("chat:message:sent", Open, 25),
            ("chat:message:sent", Reply, 32),
            ("chat:reaction:added", Reply, 28),
            ("question:asked", Open, 5),
            ("question:answered", Reply, 9),
            ("slack:huddle:joined", Alone, 1),
        ],
    },
    Source {
        name: "discourse",
        kind: "forum",
        share: 24,
        types: &[
            ("discourse:space:joined", Join, 0),
            ("question:asked", Open, 10),
            ("question:answered", Reply, 16),
            ("answer:accepted", Reply, 5),
            ("forum:topic:opened", Open, 6),
            ("forum:post:replied", Reply, 22),
            ("forum:post:liked", Reply, 24),
            ("discourse:topic:read", Reply, 15),
            ("discourse:poll:voted", Reply, 2),
        ],
    },
    Source {
        name: "github",
        kind: "code",
        share: 18,
        types: &[
            ("github:repo:starred", Join, 0),
            ("github:issue:opened", Open, 14),
            ("github:issue:commented", Reply, 44),
            ("github:pull_request:opened", Open, 9),
            ("github:pull_request:reviewed", Reply, 14),
            ("github:pull_request:merged", Reply, 7),
            ("github:repo:forked", Alone, 3),
            ("github:discussion:opened", Open, 3),
            ("github:discussion:commented", Reply, 5),
            ("github:wiki:edited", Alone, 1),
        ],
    },
    Source {
        name: "stackexchange",
        kind: "qa",
        share: 8,
        types: &[
            ("forum:space:joined", Join, 0),
            ("question:asked", Open, 30),
            ("question:answered", Reply, 42),
            ("question:commented", Reply, 26),
            ("qa:badge:earned", Alone, 2),
        ],
    },
    Source {
        name: "meetup",
        kind: "event",
        share: 6,
        types: &[
            ("event:session:registered", Join, 0),
            ("event:session:attended", Alone, 30),
            ("webinar:session:registered", Alone, 20),
            ("webinar:session:attended", Alone, 14),
            ("talk:given", Alone, 1),
            ("event:session:organized", Alone, 1),
        ],
    },
    Source {
        name: "mail",
        kind: "mail",
        share: 5,
        types: &[("mail:list:joined", Join, 0), ("mail:thread:opened", Open, 30), ("mail:message:replied", Reply, 70)],
    },
    Source {
        name: "newsletter",
        kind: "newsletter",
        share: 4,
        types: &[
            ("newsletter:list:joined", Join, 0),
            ("newsletter:issue:read", Alone, 20),
            ("survey:nps:answered", Alone, 1),
        ],
    },
    Source {
        name: "mastodon",
        kind: "social",
        share: 3,
        types: &[
            ("social:account:followed", Join, 0),
            ("social:post:liked", Alone, 40),
            ("social:post:shared", Alone, 12),
            ("social:post:commented", Alone, 10),
        ],
    },
];

/// Safe inside a JSON string as they stand.
const SENTENCES: [&str; 16] = [
    "Has anybody tried this with the new version?",
    "Works for me since the last update, thank you.",
    "How do I load only what is new?",
    "The run ends with a timeout after ten minutes, any idea why?",
    "Set a primary key on the target and it goes away.",
    "Great release, the whole team is happy.",
    "I wrote down how we did it, happy to share.",
    "Could you post the log?",
    "That is documented, look under schedules.",
    "We had the same last week. It was the certificate.",
    "What does it cost for fifty seats?",
    "I opened an issue for that.",
    "Please test it and tell us.",
    "This is the third upgrade that breaks our setup, I am disappointed.",
    "See you at the meetup on Thursday!",
    "Is there a way to see who changed it?",
];

const CHANNELS: u64 = 6;
/// 2021-01-01 and the number of days up to and including 2025-12-31.
const FIRST_DAY: i64 = 18_628;
const DAYS: usize = 1826;
/// Open threads that a reply may go to, for each source.
const OPEN_THREADS: usize = 64;
/// Draws for somebody who is around; then an old hand does it.
const DRAWS: usize = 24;

#[derive(Debug, Clone, Copy, Default)]
struct Thread {
    id: u64,
    starter: u32,
    channel: u64,
    /// The last answer and who gave it; 0 when there is none.
    answer: (u64, u32),
}

/// Hands the community to `write` in blocks of whole lines. Equal settings give equal bytes.
pub fn write_benchmark(settings: &BenchSettings, write: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut writer = Writer::new(settings);
    writer.places();
    let (mut done, mut weight) = (0, 0.0);
    let total: f64 = (0..DAYS).map(busy).sum();
    for day in 0..DAYS {
        weight += busy(day);
        let until = if day + 1 == DAYS {
            settings.activities
        } else {
            ((settings.activities as f64 * weight / total) as u64).clamp(done, settings.activities)
        };
        for number in done..until {
            let at = moment(day, number - done, until - done);
            writer.activity(number + 1, day, at);
            if writer.line.len() > 1 << 16 {
                write(&writer.line)?;
                writer.line.clear();
            }
        }
        done = until;
    }
    write(&writer.line)
}

/// Three times as much at the end as at the beginning, little on weekends.
fn busy(day: usize) -> f64 {
    let weekday = (FIRST_DAY + day as i64 + 3).rem_euclid(7);
    (1.0 + 2.0 * day as f64 / DAYS as f64) * if weekday >= 5 { 0.35 } else { 1.0 }
}

/// The instant of one of `count` activities of a day, oldest first: three quarters between 7 and 19 o'clock UTC.
fn moment(day: usize, index: u64, count: u64) -> i64 {
    let part = (index * 86_400 / count) as i64;
    let (morning, evening) = (10_800, 75_600);
    let second = if part < morning {
        part * 7 * HOUR / morning
    } else if part < evening {
        7 * HOUR + (part - morning) * 12 * HOUR / (evening - morning)
    } else {
        19 * HOUR + (part - evening) * 5 * HOUR / (DAY - evening)
    };
    (FIRST_DAY + day as i64) * DAY + second
}

struct Writer {
    seed: u64,
    organizations: u64,
    rng: Stream,
    /// First and last day of each member.
    stays: Vec<(u16, u16)>,
    /// Whether the first and the second account have appeared.
    seen: Vec<[bool; 2]>,
    /// Ranks at equal steps of the cumulative share of activity.
    ranks: Vec<u32>,
    threads: Vec<[Thread; OPEN_THREADS]>,
    opened: [usize; SOURCES.len()],
    line: Vec<u8>,
}

impl Writer {
    fn new(settings: &BenchSettings) -> Self {
        let members = settings.members.max(1);
        Self {
            seed: settings.seed,
            organizations: u64::from(members / 100).clamp(1, 20_000),
            rng: stream(settings.seed, "bench", 0),
            stays: (0..members).map(|member| stay(settings.seed, member)).collect(),
            seen: vec![[false; 2]; members as usize],
            ranks: ranks(members),
            threads: vec![[Thread::default(); OPEN_THREADS]; SOURCES.len()],
            opened: [0; SOURCES.len()],
            line: Vec::with_capacity((1 << 16) + 4096),
        }
    }

    /// Organizations and channels.
    fn places(&mut self) {
        for number in 0..self.organizations {
            self.text("{\"type\":\"organization\",\"source\":\"crm\",\"id\":\"org-").number(number);
            self.text("\",\"name\":\"Organization ").number(number).text("\",\"domains\":[\"org").number(number);
            let lifecycle = ["none", "prospect", "customer", "customer", "churned"][(number % 5) as usize];
            self.text(".example\"],\"lifecycle\":\"").text(lifecycle).text("\"}\n");
        }
        for source in &SOURCES {
            for number in 0..CHANNELS {
                self.text("{\"type\":\"channel\",\"source\":\"").text(source.name).text("\",\"id\":\"c").number(number);
                self.text("\",\"name\":\"").text(source.name).text(" ").number(number).text("\",\"kind\":\"");
                self.text(source.kind).text("\",\"is_qa\":").text(if number == 0 { "true" } else { "false" });
                self.text("}\n");
            }
        }
    }

    fn activity(&mut self, id: u64, day: usize, at: i64) {
        let member = self.somebody(day as u16);
        let (sources, accounts) = accounts(self.seed, member);
        let account = usize::from(accounts == 2 && self.rng.next_u32().is_multiple_of(4));
        let source = sources[account];
        let joins = !std::mem::replace(&mut self.seen[member as usize][account], true);
        if joins && account == 0 && mix(self.seed ^ u64::from(member)) % 10 < 3 {
            self.affiliation(member, source, day);
        }
        let types = SOURCES[source].types;
        let (kind, act) = if joins { (types[0].0, Join) } else { self.kind(types) };
        self.text("{\"type\":\"activity\",\"source\":\"").text(SOURCES[source].name).text("\",\"id\":\"").number(id);
        self.text("\",\"activity\":\"").text(kind).text("\",\"at\":\"");
        push_instant(at, &mut self.line);
        self.text("\",\"actor\":").identity(member, source, accounts == 2);
        match act {
            Join | Alone => {
                let channel = self.rng.next_u64() % CHANNELS;
                self.text(",\"channel\":\"c").number(channel).text("\"");
            }
            Open => self.open(id, member, source),
            Reply => self.reply(id, member, source, kind),
        }
        self.text("}\n");
    }

    fn open(&mut self, id: u64, member: u32, source: usize) {
        let thread = Thread { id, starter: member, channel: self.rng.next_u64() % CHANNELS, answer: (0, 0) };
        let place = self.opened[source] % OPEN_THREADS;
        self.opened[source] += 1;
        self.threads[source][place] = thread;
        self.place(&thread).text(",\"title\":\"Topic ").number(id).text("\",\"text\":\"").sentence().text("\"");
    }

    fn reply(&mut self, id: u64, member: u32, source: usize, kind: &str) {
        let open = self.opened[source].min(OPEN_THREADS);
        if open == 0 {
            return;
        }
        let place = self.rng.next_u32() as usize % open;
        let thread = self.threads[source][place];
        let answers = kind == "question:answered";
        let to =
            if kind == "answer:accepted" && thread.answer.0 != 0 { thread.answer } else { (thread.id, thread.starter) };
        if answers && member != thread.starter {
            self.threads[source][place].answer = (id, member);
        }
        self.place(&thread).text(",\"parent\":\"").number(to.0).text("\"");
        if to.1 != member {
            let two = accounts(self.seed, to.1).1 == 2;
            self.text(",\"counterparts\":[").identity(to.1, source, two).text("]");
        }
        if answers || kind.ends_with("sent") || kind.ends_with("replied") || kind.ends_with("commented") {
            self.text(",\"text\":\"").sentence().text("\"");
        }
    }

    fn place(&mut self, thread: &Thread) -> &mut Self {
        self.text(",\"channel\":\"c").number(thread.channel).text("\",\"thread\":\"").number(thread.id).text("\"")
    }

    fn affiliation(&mut self, member: u32, source: usize, day: usize) {
        let two = accounts(self.seed, member).1 == 2;
        // Large organizations send more people: the smaller of two draws.
        let draw = mix(u64::from(member) ^ self.seed.rotate_left(17));
        let organization = (draw as u32 as u64 % self.organizations).min((draw >> 32) % self.organizations);
        self.text("{\"type\":\"affiliation\",\"source\":\"crm\",\"identity\":").identity(member, source, two);
        self.text(",\"organization\":\"org-").number(organization).text("\",\"from\":\"");
        push_date(FIRST_DAY + day as i64, &mut self.line);
        self.text("\",\"origin\":\"crm\"}\n");
    }

    /// Somebody who is around that day.
    fn somebody(&mut self, day: u16) -> u32 {
        let mut old_hand = 0;
        for _ in 0..DRAWS {
            let bits = self.rng.next_u64();
            let step = bits as usize % (self.ranks.len() - 1);
            let (low, high) = (self.ranks[step], self.ranks[step + 1]);
            let member = low + (bits >> 32) as u32 % (high - low).max(1);
            let (first, last) = self.stays[member as usize];
            if first <= day && day <= last {
                return member;
            }
            old_hand = member;
        }
        // Every sixty-fourth member stays from the first day to the last.
        old_hand / 64 * 64
    }

    fn kind(&mut self, types: &[(&'static str, Act, u32)]) -> (&'static str, Act) {
        let total: u32 = types.iter().map(|kind| kind.2).sum();
        let mut left = self.rng.random_range(0..total);
        for &(key, act, share) in types {
            if left < share {
                return (key, act);
            }
            left -= share;
        }
        (types[0].0, types[0].1)
    }

    fn identity(&mut self, member: u32, source: usize, address: bool) -> &mut Self {
        self.text("{\"platform\":\"").text(SOURCES[source].name).text("\",\"uid\":\"").number(u64::from(member));
        self.text("\",\"name\":\"Member ").number(u64::from(member));
        if address {
            self.text("\",\"email\":\"m").number(u64::from(member)).text("@people.example\",\"email_verified\":true}")
        } else {
            self.text("\"}")
        }
    }

    fn sentence(&mut self) -> &mut Self {
        let place = self.rng.next_u32() as usize % SENTENCES.len();
        self.text(SENTENCES[place])
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.line.extend_from_slice(text.as_bytes());
        self
    }

    fn number(&mut self, mut number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.line.extend_from_slice(&digits[first..]);
        self
    }
}

/// First and last day of a member. They come evenly over time; half stay for less than four months.
fn stay(seed: u64, member: u32) -> (u16, u16) {
    if member.is_multiple_of(64) {
        return (0, DAYS as u16);
    }
    let bits = mix(seed ^ u64::from(member).rotate_left(32));
    let first = (bits % DAYS as u64) as u16;
    let part = ((bits >> 32) as f64 + 1.0) / (f64::from(u32::MAX) + 1.0);
    let length = (60.0 / part).min(DAYS as f64) as u16;
    (first, (first + length).min(DAYS as u16))
}

/// The sources of a member's accounts, and how many accounts there are.
fn accounts(seed: u64, member: u32) -> ([usize; 2], usize) {
    let bits = mix(seed.wrapping_mul(31) ^ u64::from(member));
    let mut left = bits % 100;
    let mut first = 0;
    while left >= SOURCES[first].share {
        left -= SOURCES[first].share;
        first += 1;
    }
    let second = (first + 1 + (bits >> 40) as usize % (SOURCES.len() - 1)) % SOURCES.len();
    ([first, second], 1 + usize::from((bits >> 20).is_multiple_of(5)))
}

/// Zipf's law with a flat head: the member of rank r does as much as 1 / (r + members / 100).
fn ranks(members: u32) -> Vec<u32> {
    let steps = 1 << 16;
    let head = f64::from(members) / 100.0;
    let growth = 101f64.ln();
    let rank = |step: u32| (head * ((growth * f64::from(step) / f64::from(steps)).exp() - 1.0)) as u32;
    (0..=steps).map(|step| rank(step).min(members - u32::from(step < steps))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap, HashSet};

    use axle_model::{Activity, Entry};

    use super::*;

    fn lines(settings: &BenchSettings) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_benchmark(settings, &mut |block| {
            assert!(block.is_empty() || block.ends_with(b"\n"));
            bytes.extend_from_slice(block);
            Ok(())
        })
        .unwrap();
        bytes
    }

    fn activities(settings: &BenchSettings) -> Vec<Activity> {
        let bytes = lines(settings);
        let entries = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(|line| {
            Entry::from_line(line).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line))).0
        });
        entries
            .filter_map(|entry| match entry {
                Entry::Activity(activity) => Some(*activity),
                Entry::Fact(_) => None,
            })
            .collect()
    }

    const SMALL: BenchSettings = BenchSettings { members: 1000, activities: 20_000, seed: 1 };

    #[test]
    fn equal_settings_give_equal_bytes() {
        assert!(lines(&SMALL) == lines(&SMALL));
        assert!(lines(&SMALL) != lines(&BenchSettings { seed: 2, ..SMALL }));
    }

    #[test]
    fn every_line_is_an_entry_and_the_number_of_activities_is_exact() {
        for (members, activities) in [(1, 10), (7, 0), (50, 1), (1000, 20_000)] {
            let settings = BenchSettings { members, activities, seed: 9 };
            assert_eq!(super::tests::activities(&settings).len() as u64, activities);
        }
    }

    #[test]
    fn five_years_in_order_with_forty_types() {
        let activities = activities(&BenchSettings { members: 2000, activities: 60_000, seed: 4 });
        assert!(activities.is_sorted_by_key(|activity| activity.at));
        assert!(activities[0].at.to_string().starts_with("2021-01-01"));
        assert!(activities[activities.len() - 1].at.to_string().starts_with("2025-12-31"));
        let types: HashSet<_> = activities.iter().map(|activity| activity.activity_type.as_str()).collect();
        assert!(types.len() >= 40, "{} types", types.len());
        let ids: HashSet<_> = activities.iter().map(|activity| &activity.id).collect();
        assert_eq!(ids.len(), activities.len());
    }

    #[test]
    fn a_tenth_of_the_members_does_most_and_replies_have_threads() {
        let activities = activities(&SMALL);
        let mut by_member = BTreeMap::<&str, usize>::new();
        let by_id: HashMap<_, _> = activities.iter().map(|activity| (&activity.id, activity)).collect();
        let mut replies = 0;
        for activity in &activities {
            *by_member.entry(activity.actor.uid.as_deref().unwrap()).or_default() += 1;
            if let Some(parent) = &activity.parent {
                let parent = by_id[parent];
                assert_eq!(parent.thread, activity.thread);
                assert_eq!(parent.actor.platform, activity.actor.platform);
                replies += 1;
            }
        }
        let mut counts: Vec<_> = by_member.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let top: usize = counts[..100].iter().sum();
        assert!((45..85).contains(&(top * 100 / activities.len())), "{top} of {}", activities.len());
        assert!(counts.len() > 700, "{} members did something", counts.len());
        assert!(replies * 2 > activities.len(), "{replies} replies");
    }
}
