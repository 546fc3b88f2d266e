//! People: who they are, which accounts they have, when they are around, where they work, and how much they do.

use std::io;

use axle_model::{Identity, IdentityKey};
use serde_json::{Value, json};

use crate::calendar::Calendar;
use crate::clock::DAY;
use crate::line::{Line, Out};
use crate::names::{CITIES, COMPANY_DOMAIN, FIRST, LAST, TITLES};
use crate::organizations::Organization;
use crate::random::{Stream, between, chance, exponential, mix, pareto, pick, stream, weighted, whole};
use crate::{CompanySettings, stories};

macro_rules! platforms {
    ($($(#[$doc:meta])* $name:ident = $source:literal;)*) => {
        /// Where accounts live. Its name is both the line's source and the identity's platform.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Platform { $($(#[$doc])* $name),* }
        impl Platform {
            /// Every platform.
            pub const ALL: &[Self] = &[$(Self::$name),*];
            /// Its name in lines.
            pub fn source(self) -> &'static str {
                match self { $(Self::$name => $source),* }
            }
        }
    };
}

platforms! {
    /// Chat.
    Slack = "slack";
    /// The forum, with its questions.
    Discourse = "discourse";
    /// Code.
    Github = "github";
    /// Questions on a site that is not ours.
    StackExchange = "stackexchange";
    /// Events.
    Meetup = "meetup";
    /// The newsletter, by address.
    Newsletter = "newsletter";
    /// The product.
    Product = "product";
    /// Customer relations.
    Crm = "crm";
    /// Support desk.
    Zendesk = "zendesk";
    /// Telephone.
    Calls = "calls";
    /// The website, by visitor id.
    Web = "web";
    /// Social network.
    Mastodon = "mastodon";
}

macro_rules! venues {
    ($($name:ident on $platform:ident;)*) => {
        /// Where people take part.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Venue { $(#[doc = stringify!($name)] $name),* }
        impl Venue {
            /// Every venue.
            pub const ALL: &[Self] = &[$(Self::$name),*];
            /// The platform whose account one needs there.
            pub fn platform(self) -> Platform {
                match self { $(Self::$name => Platform::$platform),* }
            }
        }
    };
}

venues! { Chat on Slack; Forum on Discourse; Stack on StackExchange; Code on Github; Events on Meetup; Social on Mastodon; }

/// One account: since when, and the identity as its platform shows it.
#[derive(Debug, Clone)]
pub struct Account {
    /// First instant.
    pub since: i64,
    /// The identity object.
    pub identity: Value,
}

/// Working for an organization.
#[derive(Debug, Clone)]
pub struct Job {
    /// Index into [`crate::World::organizations`].
    pub organization: usize,
    /// First instant.
    pub from: i64,
    /// First instant after, when it ended.
    pub to: Option<i64>,
    /// Job title and department.
    pub title: (&'static str, &'static str),
    /// How it is known.
    pub origin: &'static str,
}

/// Working for the demo company.
#[derive(Debug, Clone)]
pub struct Hired {
    /// First instant.
    pub from: i64,
    /// First instant after, when it ended.
    pub to: Option<i64>,
    /// `community`, `support`, `engineering`, `product`, `sales`, `success` or `marketing`.
    pub department: &'static str,
}

/// Somebody, or a bot.
#[derive(Debug, Clone)]
pub struct Person {
    /// Place in [`crate::World::people`].
    pub number: usize,
    /// First name.
    pub first: &'static str,
    /// Full name.
    pub name: String,
    /// Handle, where the platform has handles.
    pub handle: String,
    /// Address for private things.
    pub email: String,
    /// Address at work.
    pub work_email: Option<String>,
    /// Index into [`CITIES`].
    pub city: usize,
    /// Whether they sometimes write in their own language.
    pub polyglot: bool,
    /// First instant at which anything is known of them (a visit, a sign-up).
    pub seen_at: i64,
    /// When they joined the community: the first of their community accounts.
    pub joined_at: i64,
    /// From when on they no longer turn up.
    pub quiet_from: i64,
    /// Stretches on which they are nowhere to be seen, oldest first: first instant, and first instant after.
    pub rests: Vec<(i64, i64)>,
    /// When they asked to be forgotten.
    pub erased_at: Option<i64>,
    /// How much they do, compared with others: heavy-tailed.
    pub intensity: f64,
    /// How that is divided among the venues, in the order of [`Venue::ALL`].
    pub interests: [f64; Venue::ALL.len()],
    /// Where they work.
    pub jobs: Vec<Job>,
    /// When they are (or were) of the company.
    pub hired: Option<Hired>,
    /// Whether it is a program.
    pub bot: bool,
    /// Whether a story tells what they do: then the parts leave them alone.
    pub scripted: bool,
    /// Accounts in the order of [`Platform::ALL`].
    pub accounts: Vec<Option<Account>>,
}

impl Person {
    /// First instant at which they no longer do anything.
    pub fn until(&self) -> i64 {
        self.erased_at.map_or(self.quiet_from, |erased| erased.min(self.quiet_from))
    }

    /// Their weight at a venue. 0 for bots and the cast of the stories.
    pub fn weight(&self, venue: Venue) -> f64 {
        if self.bot || self.scripted { 0.0 } else { self.intensity * self.interests[venue as usize] }
    }

    /// Since when they have an account there.
    pub fn since(&self, platform: Platform) -> Option<i64> {
        self.accounts[platform as usize].as_ref().map(|account| account.since)
    }

    /// The identity there, whenever it was made.
    pub fn identity(&self, platform: Platform) -> Option<&Value> {
        self.accounts[platform as usize].as_ref().map(|account| &account.identity)
    }

    /// The identity there, if the account exists at that instant and they are not erased.
    pub fn account_at(&self, platform: Platform, at: i64) -> Option<&Value> {
        let account = self.accounts[platform as usize].as_ref()?;
        (account.since <= at && self.erased_at.is_none_or(|erased| at < erased)).then_some(&account.identity)
    }

    /// Whether they may turn up at the venue then.
    pub fn is_around(&self, venue: Venue, at: i64) -> bool {
        let rests = self.rests.iter().any(|&(from, to)| (from..to).contains(&at));
        self.since(venue.platform()).is_some_and(|since| since <= at) && at < self.until() && !rests
    }

    /// Whether they are of the company then.
    pub fn is_teammate(&self, at: i64) -> bool {
        self.hired.as_ref().is_some_and(|hired| hired.from <= at && hired.to.is_none_or(|to| at < to))
    }

    /// Their organization then.
    pub fn organization_at(&self, at: i64) -> Option<usize> {
        self.jobs.iter().find(|job| job.from <= at && job.to.is_none_or(|to| at < to)).map(|job| job.organization)
    }

    /// Seconds east of UTC.
    pub fn zone(&self) -> i64 {
        (CITIES[self.city].2 * 3600.0) as i64
    }

    /// The keys of all their identities.
    pub fn keys(&self) -> Vec<IdentityKey> {
        let identity = |account: &Account| serde_json::from_value::<Identity>(account.identity.clone()).ok()?.key();
        self.accounts.iter().flatten().filter_map(identity).collect()
    }

    /// Gives them an account.
    pub fn open(&mut self, platform: Platform, since: i64, verified: bool) {
        let uid = |prefix: &str, salt: u64| {
            json!(format!("{prefix}{:04X}{:05}", mix(self.number as u64 ^ salt << 40) as u16, self.number))
        };
        let work = self.work_email.as_ref().unwrap_or(&self.email);
        let name = self.platform_name(platform);
        let identity = match platform {
            Platform::Slack => {
                json!({"platform": "slack", "uid": uid("U", 1), "username": self.handle, "email": work, "email_verified": verified, "name": name})
            }
            Platform::Discourse => {
                json!({"platform": "discourse", "uid": (1000 + self.number).to_string(), "username": self.handle, "email": self.email, "email_verified": verified, "name": name})
            }
            Platform::Github => {
                json!({"platform": "github", "uid": (700_000 + 13 * self.number).to_string(), "username": self.handle, "name": name})
            }
            Platform::StackExchange => {
                json!({"platform": "stackexchange", "uid": (90_000 + 7 * self.number).to_string(), "name": name})
            }
            Platform::Meetup => json!({"platform": "meetup", "email": work, "name": name}),
            Platform::Newsletter => json!({"platform": "newsletter", "email": self.email, "email_verified": verified}),
            Platform::Product => {
                json!({"platform": "product", "uid": uid("usr_", 2), "email": work, "email_verified": true, "name": name})
            }
            Platform::Crm => json!({"platform": "crm", "uid": uid("003", 3), "email": work, "name": name}),
            Platform::Zendesk => json!({"platform": "zendesk", "uid": uid("", 4), "email": work, "name": name}),
            Platform::Calls => {
                json!({"platform": "calls", "phone": format!("+1555{:07}", 1_000_000 + self.number), "name": name})
            }
            Platform::Web => json!({"platform": "web", "visitor": uid("v-", 5)}),
            Platform::Mastodon => {
                json!({"platform": "mastodon", "username": format!("{}@social.example", self.handle), "name": name})
            }
        };
        self.accounts[platform as usize] = Some(Account { since, identity });
    }

    /// People write their names in different ways on different platforms.
    fn platform_name(&self, platform: Platform) -> String {
        let last = self.name.strip_prefix(self.first).unwrap_or_default().trim();
        match (mix(self.number as u64) % 4, platform) {
            (1, Platform::Slack | Platform::StackExchange) => self.first.to_owned(),
            (2, Platform::Github | Platform::Discourse) => self.handle.clone(),
            (3, Platform::Calls | Platform::Meetup) => {
                format!("{} {}.", self.first, last.chars().next().unwrap_or('X'))
            }
            _ => self.name.clone(),
        }
    }

    /// Somebody of that name without accounts, around from `joined_at` to the end.
    pub fn blank(number: usize, first: &'static str, last: &str, joined_at: i64, end: i64) -> Self {
        let plain = |text: &str| text.to_lowercase().replace([' ', '&'], "");
        let handle = match mix(number as u64 ^ 0xabc) % 4 {
            0 => format!("{}{}", plain(first), number),
            1 => format!("{}.{}{number}", plain(first), plain(last)),
            2 => format!("{}{}{}", &plain(first)[..1], plain(last), number),
            _ => format!("{}_{}", plain(last), number),
        };
        Self {
            number,
            first,
            name: format!("{first} {last}"),
            email: format!("{}.{}{number}@mail.example", plain(first), plain(last)),
            handle,
            work_email: None,
            city: 4,
            polyglot: false,
            seen_at: joined_at,
            joined_at,
            quiet_from: end,
            rests: Vec::new(),
            erased_at: None,
            intensity: 0.0,
            interests: [0.0; Venue::ALL.len()],
            jobs: Vec::new(),
            hired: None,
            bot: false,
            scripted: false,
            accounts: vec![None; Platform::ALL.len()],
        }
    }
}

/// Departments in the order in which teammates are hired, over and over.
const DEPARTMENTS: [&str; 10] = [
    "community",
    "engineering",
    "sales",
    "support",
    "success",
    "engineering",
    "product",
    "marketing",
    "sales",
    "support",
];

/// Makes everybody: the cast of the stories, teammates, members, bots.
pub fn make(settings: &CompanySettings, calendar: &Calendar, organizations: &[Organization]) -> Vec<Person> {
    let mut people = stories::cast(calendar);
    let members = settings.members as usize;
    let staff = people.len() + (members / 125).clamp(10, 200);
    let sizes: Vec<f64> = organizations.iter().map(|o| if o.scripted { 0.0 } else { o.size }).collect();
    // In a small community, too, many hands do the work.
    let most = (f64::from(settings.members) * 0.2).clamp(50.0, 500.0);
    for number in people.len()..members.max(staff) {
        let mut rng = stream(settings.seed, "person", number as u64);
        let mut person = newcomer(number, most, calendar, &mut rng);
        if number < staff {
            hire(&mut person, most, calendar, &mut rng);
        } else {
            employ(&mut person, &sizes, organizations, calendar, &mut rng);
        }
        open_accounts(&mut person, calendar, &mut rng);
        seat(&mut person, organizations, calendar, settings.seed);
        people.push(person);
    }
    for name in ["release-bot", "welcome-bot", "ci-bot", "translate-bot"] {
        people.push(bot(people.len(), name, calendar));
    }
    people
}

/// How fast the community grows: at the end it gains e^GROWTH times as many people a day as at the start.
const GROWTH: f64 = 2.2;

/// Nobody does more than `most`, compared with others.
fn newcomer(number: usize, most: f64, calendar: &Calendar, rng: &mut Stream) -> Person {
    let (first, last) = (pick(rng, &FIRST), pick(rng, &LAST));
    let span = (calendar.end - calendar.start) as f64;
    // One in twelve was there when the records begin; the others come ever faster, many with a launch.
    let joined = if chance(rng, 0.08) {
        between(rng, 0.0, 20.0) * DAY as f64
    } else {
        (1.0 + rand::Rng::random::<f64>(rng) * GROWTH.exp_m1()).ln() / GROWTH * span
    };
    let mut day = calendar.day_of(calendar.start + joined as i64);
    if chance(rng, 0.18)
        && let Some(launch) = calendar.launches.iter().rfind(|launch| launch.day <= day)
    {
        day = (launch.day + whole(rng, 0, 9) as usize).min(day);
    }
    let city = whole(rng, 0, CITIES.len() as i64 - 1) as usize;
    let joined_at = calendar.moment(day, (CITIES[city].2 * 3600.0) as i64, rng);
    let mut person = Person::blank(number, first, last, joined_at, calendar.end);
    person.city = city;
    person.polyglot = CITIES[city].3 != "en" && chance(rng, 0.5);
    person.intensity = pareto(rng, 2.5, 0.8, most);
    let stay = exponential(rng, 25.0 + 9.0 * person.intensity.min(120.0));
    person.quiet_from = joined_at + ((2.0 + stay) * DAY as f64) as i64;
    if chance(rng, 0.006) {
        person.erased_at = Some(joined_at + (exponential(rng, 200.0) * DAY as f64) as i64 + DAY);
    }
    for interest in &mut person.interests {
        *interest = pareto(rng, 0.05, 0.9, 1.0);
    }
    person
}

fn hire(person: &mut Person, most: f64, calendar: &Calendar, rng: &mut Stream) {
    let number = person.number;
    let department = DEPARTMENTS[number % DEPARTMENTS.len()];
    let span = calendar.end - calendar.start;
    let order = number % 7;
    // Two in seven were members before.
    let was_member = order < 2;
    let founder = order == 2 || order == 3;
    if was_member {
        person.joined_at = calendar.start + whole(rng, DAY, span / 3);
        person.seen_at = person.joined_at;
        person.intensity = person.intensity.max(60.0);
    }
    let from = if was_member {
        person.joined_at + whole(rng, 90 * DAY, span / 3)
    } else if founder {
        calendar.start
    } else {
        calendar.start + whole(rng, 0, span * 4 / 5)
    };
    if !was_member {
        person.joined_at = from;
        person.seen_at = from;
    }
    let leaves = !founder && chance(rng, 0.2);
    let to = leaves.then(|| from + whole(rng, 150 * DAY, 500 * DAY)).filter(|&to| to < calendar.end);
    person.intensity = person.intensity.clamp(0.04 * most, 0.4 * most) * if department == "sales" { 0.2 } else { 1.0 };
    person.quiet_from = to.unwrap_or(calendar.end);
    person.erased_at = None;
    person.work_email = Some(format!("{}{number}@{COMPANY_DOMAIN}", person.first.to_lowercase()));
    person.hired = Some(Hired { from, to, department });
}

fn employ(person: &mut Person, sizes: &[f64], organizations: &[Organization], calendar: &Calendar, rng: &mut Stream) {
    if !chance(rng, 0.5) {
        return;
    }
    let organization = weighted(rng, sizes);
    if sizes[organization] == 0.0 {
        return;
    }
    let origin = ["crm", "email", "profile", "inferred"][weighted(rng, &[25.0, 40.0, 30.0, 5.0])];
    let from = (person.joined_at - whole(rng, 0, 700) * DAY).max(calendar.start - 900 * DAY);
    let mut job = Job { organization, from, to: None, title: pick(rng, &TITLES), origin };
    person.work_email = Some(format!("{}@{}", person.handle, organizations[organization].domain));
    let changed = person.joined_at + (exponential(rng, 500.0) * DAY as f64) as i64 + 40 * DAY;
    let next = weighted(rng, sizes);
    if chance(rng, 0.3) && changed < calendar.end && next != organization {
        job.to = Some(changed);
        let later = Job { organization: next, from: changed, to: None, title: pick(rng, &TITLES), origin: "profile" };
        person.jobs = vec![job, later];
    } else {
        person.jobs = vec![job];
    }
}

/// How many of the people have an account at each platform, in the order of [`Platform::ALL`].
const SHARES: [f64; 12] = [0.55, 0.42, 0.5, 0.14, 0.3, 0.38, 0.5, 0.0, 0.0, 0.0, 0.35, 0.16];

fn open_accounts(person: &mut Person, calendar: &Calendar, rng: &mut Stream) {
    let first = match weighted(rng, &[45.0, 28.0, 20.0, 5.0, 2.0]) {
        0 => Platform::Slack,
        1 => Platform::Discourse,
        2 => Platform::Github,
        3 => Platform::StackExchange,
        _ => Platform::Meetup,
    };
    let keen = (person.intensity / 300.0).min(0.4);
    for (&platform, share) in Platform::ALL.iter().zip(SHARES) {
        let later = person.joined_at + (exponential(rng, 45.0) * DAY as f64) as i64 + 60;
        let wanted = chance(rng, if share > 0.0 { share * 0.8 + keen } else { 0.0 });
        let verified = chance(rng, 0.7);
        if platform == first {
            person.open(platform, person.joined_at, verified);
        } else if person.hired.is_some() && matches!(platform, Platform::Slack | Platform::Discourse | Platform::Github)
        {
            person.open(platform, person.joined_at + 60, true);
        } else if platform == Platform::Web && wanted {
            // Most look around before they join.
            let before = person.joined_at - (exponential(rng, 9.0) * DAY as f64) as i64;
            person.seen_at = before.max(calendar.start).min(person.joined_at);
            person.open(platform, person.seen_at, false);
        } else if matches!(platform, Platform::Product | Platform::Newsletter) {
            // One can be quiet in the community and still use the product or read the newsletter.
            if wanted && later < person.erased_at.unwrap_or(calendar.end).min(calendar.end) {
                person.open(platform, later, verified);
            }
        } else if wanted && later < person.until() {
            person.open(platform, later, verified);
        }
    }
    let employed = !person.jobs.is_empty() && person.hired.is_none();
    if employed && chance(rng, 0.6) {
        person.open(Platform::Crm, person.joined_at, false);
        if chance(rng, 0.3) {
            person.open(Platform::Calls, person.joined_at, false);
        }
    }
    if person.hired.is_none() && person.since(Platform::Product).is_some() && chance(rng, 0.5) {
        person.open(Platform::Zendesk, person.joined_at, false);
    }
}

/// When an organization becomes a customer, its people get seats: some of those who would have signed up at another time do so in
/// the weeks after.
fn seat(person: &mut Person, organizations: &[Organization], calendar: &Calendar, seed: u64) {
    let mut rng = stream(seed, "seat", person.number as u64);
    let bought = |job: &Job| Some((job.clone(), organizations[job.organization].customer_since?));
    let Some((job, since)) = person.jobs.first().and_then(bought) else { return };
    let at = since + whole(&mut rng, 3, 38) * DAY;
    let works = job.from <= at && job.to.is_none_or(|to| at < to);
    if works && person.joined_at < at && at < calendar.end && chance(&mut rng, 0.5) {
        let is_there = person.erased_at.is_none_or(|erased| at < erased);
        if let Some(account) = person.accounts[Platform::Product as usize].as_mut().filter(|_| is_there) {
            account.since = at;
        }
    }
}

fn bot(number: usize, name: &'static str, calendar: &Calendar) -> Person {
    let mut bot = Person::blank(number, name, "", calendar.start, calendar.end);
    bot.name = name.to_owned();
    bot.handle = name.to_owned();
    bot.bot = true;
    for platform in [Platform::Slack, Platform::Discourse, Platform::Github] {
        let identity =
            json!({"platform": platform.source(), "uid": format!("B{number}"), "username": name, "bot": true});
        bot.accounts[platform as usize] = Some(Account { since: calendar.start, identity });
    }
    bot
}

/// Writes profiles, links, affiliations and the intervals of teammates.
pub fn write(out: &mut Out) -> io::Result<()> {
    let world = out.world;
    for person in &world.people {
        profiles(out, person)?;
        links(out, person)?;
        jobs(out, person)?;
        if let (Some(hired), Some(identity)) = (&person.hired, person.identity(Platform::Slack)) {
            let line = Line::of("teammate", "slack")
                .put("identity", identity.clone())
                .on("from", hired.from)
                .maybe_on("to", hired.to.and_then(|to| world.calendar.known(to)))
                .put("department", hired.department);
            out.fact(hired.from, line)?;
        }
    }
    Ok(())
}

fn profiles(out: &mut Out, person: &Person) -> io::Result<()> {
    let title = person.jobs.last().map(|job| job.title.0);
    let (city, zone, ..) = CITIES[person.city];
    for &platform in Platform::ALL {
        let Some(identity) = person.identity(platform) else { continue };
        let social = matches!(platform, Platform::Slack | Platform::Github | Platform::Discourse);
        let profile = social && !person.bot;
        let since = person.since(platform).unwrap_or(person.joined_at);
        let line = Line::of("person", platform.source())
            .put("identity", identity.clone())
            .put("name", identity.get("name").and_then(Value::as_str).unwrap_or(&person.handle))
            .maybe("title", title.filter(|_| platform == Platform::Crm || platform == Platform::Slack))
            .maybe("location", profile.then_some(city))
            .maybe("location_time_zone", (profile && platform == Platform::Slack).then_some(zone))
            .maybe("bot", person.bot.then_some(true));
        out.fact(since, line)?;
    }
    Ok(())
}

/// The company knows which accounts its own people have, and somebody has told the same of a third of the others; the rest is to
/// be found out.
fn links(out: &mut Out, person: &Person) -> io::Result<()> {
    let accounts: Vec<_> = person.accounts.iter().flatten().collect();
    let known = mix(person.number as u64 ^ out.world.settings.seed) % 100;
    let is_known = person.scripted || person.hired.is_some();
    if accounts.len() < 2 || person.bot || known >= 40 && !is_known {
        return Ok(());
    }
    let verified = known < 34 || is_known;
    let count = if known.is_multiple_of(2) || is_known { accounts.len() } else { 2 };
    let at = accounts.iter().take(count).map(|account| account.since).max().unwrap_or(person.joined_at);
    let identities: Vec<_> = accounts.iter().take(count).map(|account| account.identity.clone()).collect();
    let reason = if verified { "signed in with both" } else { "same name and city" };
    let line = Line::of("link", "axle").put("identities", identities).put("verified", verified).put("reason", reason);
    out.fact(at, line).map(|_| ())
}

fn jobs(out: &mut Out, person: &Person) -> io::Result<()> {
    let world = out.world;
    let Some(identity) = person.accounts.iter().flatten().map(|account| &account.identity).next() else {
        return Ok(());
    };
    for job in &person.jobs {
        let line = Line::of("affiliation", "crm")
            .put("identity", identity.clone())
            .put("organization", world.organizations[job.organization].id())
            .on("from", job.from)
            .maybe_on("to", job.to.and_then(|to| world.calendar.known(to)))
            .put("title", job.title.0)
            .put("department", job.title.1)
            .put("origin", job.origin);
        out.fact(job.from, line)?;
    }
    Ok(())
}
