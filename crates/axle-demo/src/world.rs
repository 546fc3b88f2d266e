//! The world that all parts share: calendar, organizations, people, and who is likely to act where.

use rand::Rng;

use crate::CompanySettings;
use crate::calendar::Calendar;
use crate::organizations::{self, Organization};
use crate::people::{self, Person, Venue};
use crate::random::{self, Stream};
use crate::roles::{self, Role};

/// Everything that is fixed before the first line is written.
#[derive(Debug)]
pub struct World {
    /// As asked for.
    pub settings: CompanySettings,
    /// Days, seasons, launches.
    pub calendar: Calendar,
    /// Companies around the community.
    pub organizations: Vec<Organization>,
    /// Everybody: the cast of the stories first, then teammates and members, bots last.
    pub people: Vec<Person>,
    /// Roles of the community, of those who do most first.
    pub roles: Vec<Role>,
    staff: Vec<usize>,
    crowds: Vec<Crowd>,
}

/// Who acts at a venue, by how much they do there.
#[derive(Debug)]
struct Crowd {
    /// Those around during each fortnight, with the running sum of their weights.
    fortnights: Vec<Vec<(f64, usize)>>,
    /// Sum of the weights of those around, for each day.
    by_day: Vec<f64>,
}

const FORTNIGHT: usize = 14;

impl World {
    /// Makes the world of these settings.
    pub fn new(settings: &CompanySettings) -> Self {
        let calendar = Calendar::new(settings);
        let mut organizations = organizations::make(settings, &calendar);
        let mut people = people::make(settings, &calendar, &organizations);
        let roles = roles::give(settings, &people);
        roles::rest(settings, &calendar, &roles, &mut people);
        organizations::appoint_owners(&mut organizations, &people, settings.seed);
        let crowds = Venue::ALL.iter().map(|&venue| Crowd::new(venue, &people, &calendar)).collect();
        let staff = people.iter().filter(|person| person.hired.is_some()).map(|person| person.number).collect();
        Self { settings: settings.clone(), calendar, organizations, people, roles, staff, crowds }
    }

    /// The stream of a part.
    pub fn stream(&self, part: &str) -> Stream {
        random::stream(self.settings.seed, part, 0)
    }

    /// The stream of one thing inside a part, such as one person.
    pub fn stream_of(&self, part: &str, number: usize) -> Stream {
        random::stream(self.settings.seed, part, number as u64)
    }

    /// So many things for each member.
    pub fn per_member(&self, count: f64) -> f64 {
        f64::from(self.settings.members) * count
    }

    /// How busy a venue is on each day, by who is around.
    pub fn presence(&self, venue: Venue) -> &[f64] {
        &self.crowds[venue as usize].by_day
    }

    /// Somebody who is around at the venue then, by how much they do there. `None` when hardly anybody is.
    pub fn someone(&self, venue: Venue, at: i64, rng: &mut Stream) -> Option<&Person> {
        let crowd = &self.crowds[venue as usize].fortnights[self.calendar.day_of(at) / FORTNIGHT];
        let total = crowd.last()?.0;
        for _ in 0..20 {
            let mark = rng.random::<f64>() * total;
            let index = crowd.partition_point(|&(sum, _)| sum <= mark).min(crowd.len() - 1);
            let person = &self.people[crowd[index].1];
            if person.is_around(venue, at) {
                return Some(person);
            }
        }
        None
    }

    /// Somebody as [`World::someone`], but none of `others`.
    pub fn someone_else(&self, venue: Venue, at: i64, others: &[usize], rng: &mut Stream) -> Option<&Person> {
        (0..8).find_map(|_| self.someone(venue, at, rng).filter(|person| !others.contains(&person.number)))
    }

    /// Everybody who works for the company at that instant, in one of the departments, or in any when none is named.
    pub fn teammates(&self, at: i64, departments: &[&str]) -> Vec<&Person> {
        let fits = |person: &&Person| {
            person.is_teammate(at)
                && person.hired.as_ref().is_some_and(|h| departments.is_empty() || departments.contains(&h.department))
        };
        self.staff.iter().map(|&number| &self.people[number]).filter(fits).collect()
    }

    /// One of [`World::teammates`].
    pub fn teammate(&self, at: i64, departments: &[&str], rng: &mut Stream) -> Option<&Person> {
        let staff = self.teammates(at, departments);
        (!staff.is_empty()).then(|| random::pick(rng, &staff))
    }

    /// The version that is current then.
    pub fn version(&self, at: i64) -> &str {
        let day = self.calendar.day_of(at);
        self.calendar.launches.iter().rev().find(|launch| launch.day <= day).map_or("0.9", |launch| &launch.version)
    }

    /// People who are neither bots nor in the cast.
    pub fn crowd(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| !person.bot && !person.scripted)
    }
}

impl Crowd {
    fn new(venue: Venue, people: &[Person], calendar: &Calendar) -> Self {
        let mut fortnights: Vec<Vec<(f64, usize)>> = vec![Vec::new(); calendar.days() / FORTNIGHT + 1];
        let mut by_day = vec![0.0; calendar.days() + 1];
        for person in people {
            let weight = person.weight(venue);
            let Some(since) = person.since(venue.platform()).filter(|_| weight > 0.0) else { continue };
            let (from, to) = (since, person.until().min(calendar.end));
            if from >= to {
                continue;
            }
            let (first, last) = (calendar.day_of(from), calendar.day_of(to - 1));
            by_day[first] += weight;
            by_day[last + 1] -= weight;
            for crowd in &mut fortnights[first / FORTNIGHT..=last / FORTNIGHT] {
                let sum = crowd.last().map_or(0.0, |before| before.0);
                crowd.push((sum + weight, person.number));
            }
        }
        let mut around = 0.0;
        for day in &mut by_day {
            around += *day;
            *day = around;
        }
        Self { fortnights, by_day }
    }
}
