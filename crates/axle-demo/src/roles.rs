//! Who of the community holds a role, and when champions rest: for weeks they are nowhere to be seen.

use crate::CompanySettings;
use crate::calendar::Calendar;
use crate::clock::DAY;
use crate::people::Person;
use crate::random::{exponential, stream, whole};

/// Roles in the order in which they are given to those who do most, over and over.
const ROLES: [&str; 9] =
    ["champion", "advocate", "champion", "moderator", "champion", "beta_tester", "champion", "influencer", "advocate"];

/// A role that somebody holds.
#[derive(Debug, Clone)]
pub struct Role {
    /// Place in [`crate::World::people`].
    pub person: usize,
    /// Its name.
    pub name: &'static str,
    /// Since when.
    pub from: i64,
}

/// Those who do most hold roles: one in twenty-five, at least eight.
pub fn give(settings: &CompanySettings, people: &[Person]) -> Vec<Role> {
    let is_free =
        |person: &&Person| !person.bot && !person.scripted && person.hired.is_none() && person.erased_at.is_none();
    let mut keen: Vec<&Person> = people.iter().filter(is_free).collect();
    keen.sort_by(|a, b| b.intensity.total_cmp(&a.intensity));
    let count = (settings.members as usize / 25).max(8);
    let role = |(rank, person): (usize, &Person)| {
        let mut rng = stream(settings.seed, "roles", person.number as u64);
        let from = person.joined_at + whole(&mut rng, 60, 120) * DAY;
        (from < person.until()).then(|| Role { person: person.number, name: ROLES[rank % ROLES.len()], from })
    };
    keen.into_iter().take(count).enumerate().filter_map(role).collect()
}

/// Every champion falls silent now and then, for seven to eleven weeks, and is as busy as before afterwards.
pub fn rest(settings: &CompanySettings, calendar: &Calendar, roles: &[Role], people: &mut [Person]) {
    for role in roles.iter().filter(|role| role.name == "champion") {
        let person = &mut people[role.person];
        let rng = &mut stream(settings.seed, "rests", person.number as u64);
        let mut from = role.from + 75 * DAY + (exponential(rng, 30.0) * DAY as f64) as i64;
        loop {
            let to = from + whole(rng, 50, 75) * DAY;
            // Until they are seen to be back, or not.
            if to + 60 * DAY > person.until().min(calendar.end) {
                break;
            }
            person.rests.push((from, to));
            from = to + 200 * DAY + (exponential(rng, 40.0) * DAY as f64) as i64;
        }
    }
}
