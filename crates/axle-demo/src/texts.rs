//! What people write. Templates stand in `texts/*.txt`, one a line; words in braces are filled from the thread's topic,
//! so that an answer speaks of the same things as its question. To add a sentence, add a line.

use std::sync::LazyLock;

use crate::names::{COMPANY, COMPETITORS, CONNECTORS, ERRORS, FEATURES, FILES, PLACES};
use crate::random::{Stream, chance, pick, whole};
use crate::world::World;

macro_rules! lists {
    ($($name:ident = $file:literal;)*) => {
        $(
            #[doc = concat!("The lines of `texts/", $file, ".txt`.")]
            pub static $name: LazyLock<Vec<&'static str>> =
                LazyLock::new(|| include_str!(concat!("texts/", $file, ".txt")).lines().filter(|l| !l.is_empty()).collect());
        )*
    };
}

lists! {
    QUESTIONS = "questions"; ANSWERS = "answers"; ANSWER_ENDS = "answer_ends"; THANKS = "thanks"; BUGS = "bugs";
    PRAISE = "praise"; PRICING = "pricing"; CHAT = "chat"; REPLIES = "replies"; COMMENTS = "comments"; PULLS = "pulls";
    SOCIAL = "social"; RIVALS = "rivals"; CONCERNS = "concerns"; REQUESTS = "requests"; FOREIGN = "foreign";
    OPENERS = "openers"; CLOSERS = "closers";
}

/// What a thread is about.
#[derive(Debug, Clone)]
pub struct Topic {
    /// A feature of the product.
    pub feature: &'static str,
    connector: &'static str,
    connector2: &'static str,
    version: String,
    oldversion: String,
    error: &'static str,
    number: i64,
    place: &'static str,
    file: &'static str,
    language: &'static str,
    rival: &'static str,
}

impl Topic {
    /// A topic of that time.
    pub fn draw(world: &World, at: i64, rng: &mut Stream) -> Self {
        let first = whole(rng, 0, CONNECTORS.len() as i64 - 1) as usize;
        let second = (first + whole(rng, 1, CONNECTORS.len() as i64 - 1) as usize) % CONNECTORS.len();
        Self {
            feature: pick(rng, &FEATURES),
            connector: CONNECTORS[first],
            connector2: CONNECTORS[second],
            version: world.version(at).to_owned(),
            oldversion: world.version(at - 200 * crate::clock::DAY).to_owned(),
            error: pick(rng, &ERRORS),
            number: pick(rng, &[3, 5, 7, 8, 10, 12, 14, 15, 20, 25, 30, 40, 45, 60, 80, 90, 120, 150, 200, 300]),
            place: pick(rng, &PLACES),
            file: pick(rng, &FILES),
            language: pick(rng, &["Python", "Rust", "Go", "TypeScript", "Java", "Kotlin", "Elixir"]),
            rival: pick(rng, &COMPETITORS).0,
        }
    }

    /// Fills the braces of a template; `name` is the person spoken to.
    pub fn fill(&self, template: &str, name: &str) -> String {
        let mut text = String::with_capacity(template.len() + 40);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let Some((slot, after)) = after.split_once('}') else { break };
            match slot {
                "feature" => text.push_str(self.feature),
                "connector" => text.push_str(self.connector),
                "connector2" => text.push_str(self.connector2),
                "version" => text.push_str(&self.version),
                "oldversion" => text.push_str(&self.oldversion),
                "error" => text.push_str(self.error),
                "number" => text.push_str(&self.number.to_string()),
                "small" => text.push_str(&(2 + self.number % 7).to_string()),
                "place" => text.push_str(self.place),
                "file" => text.push_str(self.file),
                "language" => text.push_str(self.language),
                "rival" => text.push_str(self.rival),
                "company" => text.push_str(COMPANY),
                "name" => text.push_str(name),
                _ => {}
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// One filled template of the list.
    pub fn say(&self, list: &[&'static str], name: &str, rng: &mut Stream) -> String {
        self.fill(pick(rng, list), name)
    }

    /// A title and a text of a list whose lines are `title | text`, sometimes with a greeting and a closing word.
    pub fn titled(&self, list: &[&'static str], rng: &mut Stream) -> (String, String) {
        let template = pick(rng, list);
        let (title, body) = template.split_once(" | ").unwrap_or((template, template));
        let mut text = String::new();
        if chance(rng, 0.45) {
            text.push_str(pick(rng, &OPENERS));
            text.push_str(if chance(rng, 0.5) { "\n\n" } else { " " });
        }
        text.push_str(&self.fill(body, ""));
        if chance(rng, 0.5) {
            text.push(' ');
            text.push_str(&self.say(&CLOSERS, "", rng));
        }
        (capital(self.fill(title, "")), text)
    }

    /// An answer.
    pub fn answer(&self, name: &str, rng: &mut Stream) -> String {
        let mut text = String::new();
        if chance(rng, 0.3) {
            text.push_str(&format!("Hi {name}, "));
        }
        text.push_str(&self.say(&ANSWERS, name, rng));
        if chance(rng, 0.2) {
            text.push_str("\n\n");
            text.push_str(&self.say(&ANSWERS, name, rng));
        }
        if chance(rng, 0.4) {
            text.push(' ');
            text.push_str(&self.say(&ANSWER_ENDS, name, rng));
        }
        text
    }

    /// A message in that language, if there is one.
    pub fn foreign(&self, language: &str, rng: &mut Stream) -> Option<String> {
        let fits: Vec<_> =
            FOREIGN.iter().filter_map(|line| line.split_once(" | ")).filter(|l| l.0 == language).collect();
        (!fits.is_empty()).then(|| self.fill(pick(rng, &fits).1, ""))
    }
}

fn capital(mut text: String) -> String {
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CompanySettings;

    #[test]
    fn every_brace_of_every_template_is_filled() {
        let end_on = jiff::civil::date(2025, 6, 30);
        let world = World::new(&CompanySettings { seed: 1, members: 50, end_on, years: 2 });
        let topic = Topic::draw(&world, world.calendar.end - 1, &mut world.stream("test"));
        let lists: [&[&str]; 18] = [
            &QUESTIONS,
            &ANSWERS,
            &ANSWER_ENDS,
            &THANKS,
            &BUGS,
            &PRAISE,
            &PRICING,
            &CHAT,
            &REPLIES,
            &COMMENTS,
            &PULLS,
            &SOCIAL,
            &RIVALS,
            &CONCERNS,
            &REQUESTS,
            &FOREIGN,
            &OPENERS,
            &CLOSERS,
        ];
        for template in lists.into_iter().flatten() {
            let slots = template.matches('{').count();
            let filled = topic.fill(template, "Ada");
            assert!(!filled.contains(['{', '}']), "{template}");
            assert!(slots == 0 || filled != *template);
            for slot in template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|part| part.0) {
                assert_ne!(topic.fill(&format!("{{{slot}}}"), "Ada"), "", "{template}: {slot}");
            }
        }
    }
}
