//! How long it takes to find who is who among many: `million [IDENTITIES] [SEED]` makes a community of people with
//! common and rare names and handles, a third of them with several accounts, and prints times, memory and quality.

use std::collections::HashMap;
use std::time::Instant;

use axle_identity::{AUTOMATIC, Identity, Resolver, Settings};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One account, and who is behind it.
struct Account {
    person: u32,
    platform: &'static str,
    uid: Option<String>,
    username: Option<String>,
    email: Option<String>,
    name: Option<String>,
    company: Option<String>,
}

const SYLLABLES: &[&str] = &[
    "al", "an", "ar", "be", "bra", "car", "chi", "da", "del", "do", "el", "em", "fa", "fe", "gar", "gi", "ha", "hen",
    "il", "jo", "ka", "ken", "kri", "la", "len", "lu", "ma", "mar", "mi", "na", "nor", "ol", "pe", "po", "ra", "ric",
    "ro", "sa", "sch", "ste", "su", "ta", "ter", "to", "ul", "va", "ver", "vi", "wa", "wen", "wil", "ya", "yu", "za",
    "zhe",
];
const ENDINGS: &[&str] =
    &["n", "s", "son", "ov", "ez", "ic", "mann", "ski", "ini", "ers", "er", "a", "o", "i", "es", "ton", "ley", "sen"];
const FREE_MAIL: &[&str] =
    &["gmail.com", "outlook.com", "yahoo.com", "qq.com", "gmx.de", "protonmail.com", "hotmail.com"];

struct Generator {
    random: ChaCha8Rng,
    given: Vec<String>,
    surnames: Vec<String>,
    companies: Vec<String>,
    /// Who has an address or a platform's username: nobody else gets it.
    taken: HashMap<String, u32>,
}

impl Generator {
    fn new(seed: u64, people: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut words = |count: usize, parts: usize| -> Vec<String> {
            let mut word = |_| {
                let parts = random.random_range(1..=parts);
                let mut word: String = (0..parts).map(|_| *SYLLABLES.choose(&mut random).expect("syllables")).collect();
                word.push_str(ENDINGS.choose(&mut random).expect("endings"));
                word
            };
            (0..count).map(&mut word).collect()
        };
        let given = words(4_000, 2);
        let surnames = words(60_000.max(people / 10), 4);
        let companies = words(1_000.max(people / 50), 3);
        Self { random, given, surnames, companies, taken: HashMap::new() }
    }

    /// A place in a list whose first entries are the most common, as names are (Zipf and Mandelbrot: the share of the
    /// nth falls as 1 / (n + 20), which gives the commonest given name and surname just under one in a hundred).
    fn common(&mut self, length: usize) -> usize {
        const SHIFT: f64 = 20.0;
        let share: f64 = self.random.random();
        let place = SHIFT * ((length as f64 + SHIFT) / SHIFT).powf(share) - SHIFT;
        (place as usize).min(length - 1)
    }

    fn chance(&mut self, share: f64) -> bool {
        self.random.random_bool(share)
    }

    fn person(&mut self, person: u32, accounts: &mut Vec<Account>) {
        let (given, surname) = (self.common(self.given.len()), self.common(self.surnames.len()));
        let (given, surname) = (self.given[given].clone(), self.surnames[surname].clone());
        let handle = self.handle(&given, &surname);
        let place = self.common(self.companies.len());
        let company = self.chance(0.4).then(|| self.companies[place].clone());
        let count = match self.random.random_range(0..100) {
            0..60 => 1,
            60..82 => 2,
            82..94 => 3,
            _ => 5,
        };
        for nth in 0..count {
            let platform =
                ["github", "discord", "slack", "forum", "git", "git", "git", "mail"][(person as usize + nth) % 8];
            let name = self.name(&given, &surname, &handle);
            let by_mail = matches!(platform, "git" | "mail");
            let username = if self.chance(0.7) { handle.clone() } else { self.handle(&given, &surname) };
            let username = self.free(person, &username, platform);
            let email = (by_mail || self.chance(0.3)).then(|| {
                let (local, domain) = self.email(person, &given, &surname, &username, company.as_deref());
                let local = self.free(person, &local, &domain);
                format!("{local}@{domain}")
            });
            accounts.push(Account {
                person,
                platform,
                uid: (!by_mail).then(|| format!("{}", accounts.len())),
                username: (!by_mail).then_some(username),
                email,
                name: (by_mail || self.chance(0.6)).then_some(name),
                company: company.clone().filter(|_| nth == 0),
            });
        }
    }

    fn handle(&mut self, given: &str, surname: &str) -> String {
        let number = self.random.random_range(1..100);
        match self.random.random_range(0..10) {
            0 => format!("{given}{surname}"),
            1 => format!("{given}.{surname}"),
            2 => format!("{}{surname}", &given[..1]),
            3 => format!("{given}{number}"),
            4 => given.to_owned(),
            5 => format!("{surname}{}", &given[..1]),
            _ => {
                let parts: Vec<&str> = (0..self.random.random_range(2..=5))
                    .map(|_| *SYLLABLES.choose(&mut self.random).expect("syllables"))
                    .collect();
                format!("{}{}", parts.concat(), if number < 30 { number.to_string() } else { String::new() })
            }
        }
    }

    fn name(&mut self, given: &str, surname: &str, handle: &str) -> String {
        match self.random.random_range(0..20) {
            0 => handle.to_owned(),
            1 => format!("{surname}, {given}"),
            2 => given.to_owned(),
            3 => format!("{}. {surname}", &given[..1]),
            4 => format!("{given} {}", surname.replacen('e', "ee", 1)),
            _ => format!("{given} {surname}"),
        }
    }

    fn email(
        &mut self,
        person: u32,
        given: &str,
        surname: &str,
        handle: &str,
        company: Option<&str>,
    ) -> (String, String) {
        match (self.random.random_range(0..10), company) {
            (0..5, Some(company)) => (format!("{given}.{surname}"), format!("{company}.com")),
            (0..2, None) => {
                (handle.to_owned(), format!("{}.net", self.free(person, &format!("{surname}{given}"), "net")))
            }
            _ => (handle.to_owned(), (*FREE_MAIL.choose(&mut self.random).expect("domains")).to_owned()),
        }
    }

    /// The handle, with a number behind it when another person has it at the place already.
    fn free(&mut self, person: u32, handle: &str, place: &str) -> String {
        let mut handle = handle.to_owned();
        while *self.taken.entry(format!("{handle}@{place}")).or_insert(person) != person {
            handle.push_str(&self.random.random_range(1..100).to_string());
        }
        handle
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().map_or(1_000_000, |text| text.parse().expect("a number of identities"));
    let seed: u64 = arguments.next().map_or(1, |text| text.parse().expect("a seed"));
    let mut generator = Generator::new(seed, count / 2);
    let mut accounts = Vec::with_capacity(count + 8);
    for person in 0.. {
        if accounts.len() >= count {
            break;
        }
        generator.person(person, &mut accounts);
    }
    accounts.truncate(count);
    drop(generator);
    let identities: Vec<Identity<'_>> =
        accounts.iter().enumerate().map(|(place, account)| view(account, place as u32)).collect();
    report(&accounts, &identities);
}

fn view(account: &Account, member: u32) -> Identity<'_> {
    Identity {
        platform: account.platform,
        uid: account.uid.as_deref(),
        username: account.username.as_deref(),
        email: account.email.as_deref(),
        name: account.name.as_deref(),
        organization: account.company.as_deref(),
        member,
        ..Identity::default()
    }
}

#[expect(clippy::print_stdout, reason = "an example that prints what it measured")]
fn report(accounts: &[Account], identities: &[Identity<'_>]) {
    let before = peak_megabytes();
    let cpu_before = cpu_seconds();
    let started = Instant::now();
    let mut resolver = Resolver::new(identities, Settings::default());
    let taken_in = started.elapsed();
    let (cpu_in, peak_in) = (cpu_seconds(), peak_megabytes());
    let pairs = resolver.pairs();
    let found = started.elapsed();
    println!("processor time {:.2} s to take in, {:.2} s to find pairs", cpu_in - cpu_before, cpu_seconds() - cpu_in);
    println!("{} identities: taken in after {taken_in:.2?}, {} pairs after {found:.2?}", identities.len(), pairs.len());
    println!("peak memory {} MB, {peak_in} MB once taken in, of which the accounts {before} MB", peak_megabytes());
    let is_true = |a: u32, b: u32| accounts[a as usize].person == accounts[b as usize].person;
    for threshold in [0.05, 0.5, 0.9, 0.99, AUTOMATIC] {
        let above: Vec<_> = pairs.iter().take_while(|pair| pair.probability >= threshold).collect();
        let right = above.iter().filter(|pair| is_true(pair.a, pair.b)).count();
        println!(
            "  at least {threshold}: {} pairs, {:.4} of them true",
            above.len(),
            right as f64 / above.len() as f64
        );
    }
    if std::env::args().any(|argument| argument == "--errors") {
        let wrong = pairs.iter().filter(|pair| !is_true(pair.a, pair.b));
        for pair in wrong.step_by(997).take(60) {
            let reasons: Vec<String> = resolver.explain(pair.a, pair.b).into_iter().map(|reason| reason.text).collect();
            let [a, b] = [pair.a, pair.b].map(|place| &identities[place as usize]);
            println!("{:.4} {a:?}\n       {b:?}\n       {}", pair.probability, reasons.join("; "));
        }
    }
    let started = Instant::now();
    let joins = resolver.automatic(&pairs, AUTOMATIC);
    println!(
        "{} joins without a person, {} held back, in {:.2?}",
        joins.joined.len(),
        joins.held.len(),
        started.elapsed()
    );
    let mut slowest = std::time::Duration::ZERO;
    let started = Instant::now();
    let some = identities.len().min(1000);
    for identity in &identities[..some] {
        let one = Instant::now();
        let position = resolver.add(identity);
        std::hint::black_box(resolver.pairs_of(position));
        slowest = slowest.max(one.elapsed());
    }
    println!("one more: {:.3?} on average, {slowest:.3?} at most, of {some}", started.elapsed() / some as u32);
    let started = Instant::now();
    resolver.estimate();
    println!("weights estimated in {:.2?}: {:?}", started.elapsed(), resolver.settings().weights);
}

/// The most memory that the process had, by Linux; 0 elsewhere.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Processor time of the process so far, by Linux (ticks of 10 ms); 0 elsewhere.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2)).into_iter().flatten();
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
