//! Which identities are programs: what speaks for it, how surely, and a person's word, which outranks all of it.

use crate::Identity;

mod behaviour;
mod services;

pub use behaviour::Behaviour;

/// From this probability on an identity is a bot.
pub const THRESHOLD: f64 = 0.7;

/// One thing that speaks for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// Somebody said so in Axle.
    Person,
    /// The platform says so.
    Platform,
    /// A handle, name or address ends in `[bot]`, which platforms reserve.
    Marked,
    /// The handle or name is that of a known service, or the address.
    Service,
    /// The handle or name is that of a coding agent, with its model where people have that name too.
    Agent,
    /// A word of the handle or name is `bot`.
    Word,
    /// The handle merely ends in `bot`, as many surnames do.
    Ending,
    /// The handle or name is that of a task, such as `ci` or `deploy`.
    Task,
    /// The address takes no reply.
    NoReply,
    /// The address is one to which nobody listens.
    Address,
    /// The gaps between its activities are all alike.
    Constant,
    /// It never sleeps.
    RoundTheClock,
}

impl Sign {
    /// What it is, for people.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Person => "said by a person",
            Self::Platform => "the platform says so",
            Self::Marked => "marked with [bot]",
            Self::Service => "name of a known service",
            Self::Agent => "name of a coding agent",
            Self::Word => "the word bot in the name",
            Self::Ending => "the handle ends in bot",
            Self::Task => "named after a task",
            Self::NoReply => "an address that takes no reply",
            Self::Address => "an address that nobody reads",
            Self::Constant => "active at constant intervals",
            Self::RoundTheClock => "active around the clock",
        }
    }

    /// The probability of a program by this sign alone: judged, not measured.
    pub fn probability(self) -> f64 {
        match self {
            Self::Person => 1.0,
            Self::Platform | Self::Marked => 0.99,
            Self::Service => 0.95,
            Self::Agent | Self::Constant => 0.9,
            Self::Word => 0.85,
            Self::Task | Self::NoReply => 0.75,
            Self::RoundTheClock => 0.6,
            Self::Address => 0.4,
            Self::Ending => 0.3,
        }
    }
}

/// Whether an identity is a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether it is taken for one.
    pub is_bot: bool,
    /// The probability that it is one, 0 to 1.
    pub probability: f64,
    /// What speaks for it, the strongest first; empty when nothing does.
    pub signs: Vec<Sign>,
}

/// Whether nobody reads what is sent to an address: `noreply`, `mailer-daemon`. It tells nothing of where somebody works. `local` is
/// what stands before the at sign, in lower case.
pub fn is_silent(local: &str) -> bool {
    takes_no_reply(local)
        || matches!(
            local,
            "mailer-daemon" | "postmaster" | "notifications" | "bounce" | "bounces" | "daemon" | "www-data" | "nobody"
        )
}

/// `noreply`, `no-reply-7`, `do_not_reply+x`.
fn takes_no_reply(local: &str) -> bool {
    let letters: String = local.chars().filter(|letter| !matches!(letter, '-' | '_' | '.')).collect();
    letters.starts_with("noreply") || letters.starts_with("donotreply")
}

/// Judges an identity by what it says of itself, by what it does, where that is known, and by a person's word on it.
pub fn judge(identity: &Identity, behaviour: Option<&Behaviour>, decision: Option<bool>) -> Verdict {
    if let Some(is_bot) = decision {
        return Verdict { is_bot, probability: f64::from(u8::from(is_bot)), signs: vec![Sign::Person] };
    }
    let mut signs = signs_of(identity);
    signs.extend(behaviour.into_iter().flat_map(Behaviour::signs));
    signs.sort_unstable();
    signs.dedup();
    signs.sort_by(|a, b| b.probability().total_cmp(&a.probability()));
    // A platform that knows its programs and says that this is none is a reason to doubt names, not behaviour.
    let doubt = if identity.bot == Some(false) { 0.7 } else { 1.0 };
    let against = |sign: &Sign| {
        let is_doubted =
            matches!(sign, Sign::Agent | Sign::Word | Sign::Ending | Sign::Task | Sign::NoReply | Sign::Address);
        1.0 - sign.probability() * if is_doubted { doubt } else { 1.0 }
    };
    let probability = 1.0 - signs.iter().map(against).product::<f64>();
    Verdict { is_bot: probability >= THRESHOLD, probability, signs }
}

fn signs_of(identity: &Identity) -> Vec<Sign> {
    let mut signs = Vec::new();
    if identity.bot == Some(true) {
        signs.push(Sign::Platform);
    }
    for (text, is_handle) in [(&identity.username, true), (&identity.name, false)] {
        if let Some(text) = text {
            signs.extend(sign_of_name(text, is_handle));
        }
    }
    if let Some((local, domain)) = identity.email.as_deref().and_then(|email| email.trim().rsplit_once('@')) {
        signs.extend(sign_of_address(&local.to_lowercase(), &domain.to_lowercase()));
    }
    signs
}

/// `text` in words: at anything but letters and digits, and where a capital follows a small letter.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for letter in text.chars() {
        if !letter.is_alphanumeric() || (before.is_lowercase() && letter.is_uppercase()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is a first word").extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `text` in lower case with `-` between its words, capitals inside of words left alone: `github-actions`.
fn plain_words(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}

fn sign_of_name(text: &str, is_handle: bool) -> Option<Sign> {
    let text = text.trim();
    if text.to_lowercase().ends_with("[bot]") {
        return Some(Sign::Marked);
    }
    let words = words(text);
    let joined = plain_words(text);
    if services::is_service(&joined) {
        Some(Sign::Service)
    } else if services::is_agent(&joined) {
        Some(Sign::Agent)
    } else if words.iter().any(|word| matches!(word.as_str(), "bot" | "bots" | "chatbot" | "buildbot")) {
        Some(Sign::Word)
    } else if services::is_task(&joined) || words.last().is_some_and(|last| last == "ci" && words.len() > 1) {
        Some(Sign::Task)
    } else {
        (is_handle && words.len() == 1 && joined.len() > 3 && joined.ends_with("bot")).then_some(Sign::Ending)
    }
}

/// The address at which a code host hides a person's own is no sign.
fn sign_of_address(local: &str, domain: &str) -> Option<Sign> {
    let account = local.split_once('+').map_or(local, |(_, account)| account);
    if local.ends_with("[bot]") {
        Some(Sign::Marked)
    } else if matches!(local, "mailer-daemon" | "dependabot") || services::is_address(local, domain) {
        Some(Sign::Service)
    } else if local == "bot"
        || (words(account).last().is_some_and(|last| last == "bot") && account.contains(['-', '_', '.']))
    {
        Some(Sign::Word)
    } else if takes_no_reply(local) && !domain.split('.').any(|part| part == "noreply") {
        Some(Sign::NoReply)
    } else {
        (is_silent(local) || local == "root").then_some(Sign::Address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(username: &str, name: &str) -> Verdict {
        judge(&Identity::username("github", username).named(name), None, None)
    }

    #[test]
    fn people_are_people() {
        for (username, name) in [
            ("abbott", "Tony Abbott"),
            ("ctalbot", "Claire Talbot"),
            ("talbot", "Talbot"),
            ("botond", "Botond Dénes"),
            ("cabot", ""),
            ("bottyan", "Bottyán Németh"),
            ("robotnik", "Ivo Robotnik"),
            ("SebotLee", "Se-Bo Tlee"),
            ("aCIdburn", "Luci"),
            ("release-me", "Ada"),
            ("stale", "Ståle Holm"),
            ("claude", "Claude"),
            ("claude75", "Claude Moreau"),
            ("jules", "Jules"),
            ("devin", "Devin Ray"),
            ("amp", "Amp"),
            ("gemini", ""),
        ] {
            assert!(!named(username, name).is_bot, "{username} {name}: {:?}", named(username, name));
        }
    }

    #[test]
    fn programs_are_programs() {
        for (username, name) in [
            ("dependabot[bot]", ""),
            ("dependabot-preview", ""),
            ("k8s-ci-robot", ""),
            ("acme-bot", "Acme"),
            ("acme_bot", ""),
            ("bot-acme", ""),
            ("", "Notification Bot"),
            ("StatBot", ""),
            ("renovate", "Renovate"),
            ("acme-ci", ""),
            ("github-actions", ""),
            ("jenkins", ""),
            ("x", "GitHub Actions"),
            ("", "Claude Code"),
            ("", "Claude Opus 4.5"),
            ("", "claude-sonnet-4"),
            ("", "Codex"),
            ("", "Cursor Agent"),
            ("", "GitHub Copilot"),
            ("", "aider (gpt-4o)"),
            ("opencode", ""),
            ("", "Gemini CLI"),
            ("", "The Gitter Badger"),
            ("", "Mend Renovate"),
        ] {
            assert!(named(username, name).is_bot, "{username} {name}: {:?}", named(username, name));
        }
    }

    #[test]
    fn hidden_addresses_are_people_unless_marked() {
        let by = |email: &str| {
            judge(&Identity { platform: "git".into(), email: Some(email.into()), ..Identity::default() }, None, None)
        };
        assert!(by("49699333+dependabot[bot]@users.noreply.github.com").is_bot);
        assert!(!by("12345+ada@users.noreply.github.com").is_bot);
        assert!(by("noreply@github.com").is_bot);
        assert!(!by("noreply@users.noreply.github.com").is_bot);
        for silent in
            ["noreply@acme.example", "no-reply-7@acme.example", "do_not_reply@acme.example", "bot@acme.example"]
        {
            assert!(by(silent).is_bot, "{silent}");
        }
        assert!(!by("postmaster@ada.example").is_bot && !by("root@ada.example").is_bot);
        assert_eq!(by("noreply@anthropic.com").signs, [Sign::Service]);
        assert!(by("release-bot@acme.example").is_bot);
        assert!(!by("abbot@acme.example").is_bot);
    }

    #[test]
    fn a_person_has_the_last_word() {
        let identity = Identity { bot: Some(true), ..Identity::username("slack", "acme-bot") };
        assert_eq!(judge(&identity, None, None).signs, [Sign::Platform, Sign::Word]);
        let said = judge(&identity, None, Some(false));
        assert_eq!((said.is_bot, said.probability, said.signs), (false, 0.0, vec![Sign::Person]));
        assert!(judge(&Identity::username("slack", "ada"), None, Some(true)).is_bot);
    }

    #[test]
    fn a_platform_that_denies_it_is_a_reason_to_doubt_a_name() {
        let with = |username: &str, bot| judge(&Identity { bot, ..Identity::username("slack", username) }, None, None);
        assert!(with("ben-bot", None).is_bot && !with("ben-bot", Some(false)).is_bot);
        assert!(with("ada", Some(true)).is_bot);
        assert!(with("codex", None).is_bot && !with("codex", Some(false)).is_bot);
        let silent = Identity { email: Some("noreply@acme.example".into()), ..Identity::username("slack", "ada") };
        let denied = Identity { bot: Some(false), ..silent.clone() };
        assert!(judge(&silent, None, None).is_bot && !judge(&denied, None, None).is_bot);
    }

    /// Who bears the name of an agent is a person until the address says otherwise.
    #[test]
    fn an_agent_with_a_persons_name_is_known_by_its_address() {
        let named = |email: &str| {
            let identity = Identity { platform: "git".into(), name: Some("Claude".into()), ..Identity::default() };
            judge(&Identity { email: Some(email.into()), ..identity }, None, None).is_bot
        };
        assert!(named("noreply@anthropic.com") && !named("claude@anthropic.com") && !named("claude@gmail.com"));
    }

    #[test]
    fn weak_signs_add_up() {
        let every_hour = Behaviour::of(&(0..100).map(|hour| hour * 3_600_000_000 + 7_000_000).collect::<Vec<i64>>());
        let verdict = judge(&Identity::username("github", "acmebot"), Some(&every_hour), None);
        // 1 - (1 - 0.9)(1 - 0.3)
        assert!((verdict.probability - 0.93).abs() < 1e-9);
        assert_eq!(verdict.signs, [Sign::Constant, Sign::Ending]);
    }
}
