//! Who counts as a member: own domains that make teammates, domains that tell nothing, and people's word on members.

use std::collections::HashMap;

use axle_model::teammate;
use axle_model::time::{LocalDay, date_of_day, day_of_date, local_day};
use axle_organization::{DomainKind, Rules, domain_kind, readable, readable_address};
use axle_store::identity_change::{self, About, PROGRAM};
use axle_store::member::MemberRow;
use axle_store::member_word::{self, BOT, MemberWord, TEAMMATE};
use axle_store::{Db, identity, setting};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::changes::{self, Change, Record};
use crate::directory::{People, id_text, people_under};
use crate::members::member_of;
use crate::{AppError, AppResult, Workspace, bots, score};

/// The setting's name.
const SETTING: &str = "people";

/// Domains with a meaning of their own in this workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whoever has an address there is a teammate.
    pub own_domains: Vec<OwnDomain>,
    /// Addresses there do not tell where somebody works, whatever the lists of free-mail domains lack.
    pub personal_domains: Vec<String>,
}

/// A domain of our own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = r#"an object such as {"domain": "acme.example", "from": "2024-01-01"}"#)]
pub struct OwnDomain {
    /// In lower case.
    pub domain: String,
    /// First date on which an address there made a teammate; `None`: from its first use on.
    #[serde(default)]
    pub from: Option<Date>,
    /// Where whoever has an address there works, unless somebody says otherwise.
    #[serde(default)]
    pub department: Option<String>,
}

impl Settings {
    /// What was typed: a domain a line, an own one with the first date and the department behind it where they matter.
    ///
    /// # Errors
    /// A line that is no domain, or an own one at which others have addresses too, named with what is wrong.
    pub fn parse(own: &str, personal: &str) -> AppResult<Self> {
        fn lines(text: &str) -> impl Iterator<Item = &str> {
            text.lines().map(str::trim).filter(|line| !line.is_empty())
        }
        let own_domains = lines(own).map(own_domain).collect::<AppResult<Vec<_>>>()?;
        Self { own_domains, personal_domains: lines(personal).map(str::to_owned).collect() }.checked()
    }

    /// The same as JSON, as it is shown; what is left out is empty.
    ///
    /// # Errors
    /// As of [`Settings::parse`].
    pub fn parse_json(json: &str) -> AppResult<Self> {
        let settings: Self = serde_json::from_str(json)
            .map_err(|error| AppError::Invalid(format!("these are no settings of people: {error}")))?;
        settings.checked()
    }

    /// The domains as they are compared, in order, each once.
    fn checked(mut self) -> AppResult<Self> {
        for own in &mut self.own_domains {
            own.domain = of_ours(&own.domain)?;
            own.department = own.department.take().filter(|name| !name.trim().is_empty());
        }
        for name in &mut self.personal_domains {
            *name = domain(name)?;
        }
        self.own_domains.sort_by(|a, b| a.domain.cmp(&b.domain));
        self.own_domains.dedup_by(|a, b| a.domain == b.domain);
        self.personal_domains.sort_unstable();
        self.personal_domains.dedup();
        Ok(self)
    }

    /// As typed: own domains and personal ones, a line each.
    pub fn lines(&self) -> (String, String) {
        let own = self.own_domains.iter().map(|own| {
            let from = own.from.map(|from| from.to_string());
            let words = [Some(own.domain.clone()), from, own.department.clone()];
            words.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        (own.collect::<Vec<_>>().join("\n"), self.personal_domains.join("\n"))
    }

    pub(crate) fn rules(&self) -> Rules {
        Rules { personal: self.personal_domains.iter().cloned().collect(), ..Rules::default() }
    }

    /// The first local day on which an address makes a teammate. `first_use`: when it was first seen; an address that
    /// was never in use counts only where the domain has a date.
    pub(crate) fn teammate_from(&self, email: &str, first_use: Option<LocalDay>) -> Option<LocalDay> {
        let email: &str = &readable_address(email);
        let days = self.own_domains.iter().filter(|own| teammate::is_at(email, &own.domain)).filter_map(|own| {
            let stated = own.from.map(day_of_date);
            match (stated, first_use) {
                (Some(stated), Some(first)) => Some(stated.max(first)),
                (one, other) => one.or(other),
            }
        });
        days.min()
    }

    /// The department of whoever has an address at an own domain.
    pub(crate) fn department_of(&self, email: &str) -> Option<&str> {
        let email: &str = &readable_address(email);
        let own = self.own_domains.iter().filter(|own| teammate::is_at(email, &own.domain));
        own.max_by_key(|own| own.domain.len()).and_then(|own| own.department.as_deref())
    }
}

fn own_domain(line: &str) -> AppResult<OwnDomain> {
    let mut words = line.split_whitespace().peekable();
    let name = words.next().unwrap_or_default();
    let from = match words.next_if(|word| word.starts_with(|letter: char| letter.is_ascii_digit())) {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| AppError::Invalid(format!("`{text}` behind {name} is no date: write it as 2026-03-01")))?,
        ),
    };
    let department = words.collect::<Vec<_>>().join(" ");
    Ok(OwnDomain { domain: name.to_owned(), from, department: Some(department) })
}

/// A domain at which whoever has an address works for us; none at which others have addresses.
fn of_ours(text: &str) -> AppResult<String> {
    let name = domain(text)?;
    let (_, kind) = domain_kind(&name, &Rules::default());
    let why = match kind {
        DomainKind::Registered | DomainKind::Unknown => return Ok(name),
        DomainKind::FreeMail => "anybody can have an address there",
        DomainKind::Disposable => "its addresses are thrown away after use",
        DomainKind::Shared => "its addresses do not tell whose they are",
    };
    Err(AppError::Invalid(format!(
        "`{name}` makes nobody a teammate: {why}. Take it out of your domains; of one person it is said on their page"
    )))
}

fn domain(text: &str) -> AppResult<String> {
    let name = text.trim().to_lowercase();
    let name = name.trim_start_matches('@').trim_start_matches("*.").trim_end_matches('.');
    let name = readable(name);
    let is_part = |part: &str| {
        !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_')
    };
    if name.contains('.') && name.split('.').all(is_part) {
        return Ok(name.into_owned());
    }
    Err(AppError::Invalid(format!("`{text}` is no domain: write one a line, such as acme.io")))
}

pub(crate) async fn stored(db: &Db) -> AppResult<Settings> {
    parsed(setting::get(db, SETTING).await?.map(|(value, _)| value))
}

/// As they were at an instant in microseconds.
pub(crate) async fn stored_at(db: &Db, at: i64) -> AppResult<Settings> {
    parsed(setting::at(db, SETTING, at).await?)
}

fn parsed(value: Option<String>) -> AppResult<Settings> {
    let Some(value) = value else { return Ok(Settings::default()) };
    let mut settings: Settings = serde_json::from_str(&value)
        .map_err(|error| AppError::Internal(format!("the stored settings of people are damaged: {error}")))?;
    // Kept from when domains were compared as they were typed.
    let own = settings.own_domains.iter_mut().map(|own| &mut own.domain);
    own.chain(&mut settings.personal_domains).for_each(|domain| *domain = readable(domain).into_owned());
    Ok(settings)
}

/// The workspace's settings.
pub async fn settings(workspace: &Workspace) -> AppResult<Settings> {
    stored(workspace.db()).await
}

/// Changes them; every figure follows at once.
pub async fn set_settings(
    workspace: &Workspace,
    settings: &Settings,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<()> {
    let value = serde_json::to_string(settings).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, by, now.as_microsecond()).await?;
    tx.commit().await?;
    score::rescore(workspace, now).await?;
    Ok(())
}

/// A member by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Public id.
    pub member_id: String,
    /// Name.
    pub name: String,
}

/// What other settings would change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Members who would be teammates today, by name.
    pub become_teammates: Vec<Named>,
    /// Teammates who would be members today, by name.
    pub become_members: Vec<Named>,
    /// Names of organizations that would be gone.
    pub organizations_gone: Vec<String>,
    /// Names of organizations that would appear.
    pub organizations_new: Vec<String>,
}

/// What other settings would change, without changing anything.
pub async fn preview(workspace: &Workspace, settings: &Settings, now: Timestamp) -> AppResult<Preview> {
    let (db, zone) = (workspace.db(), workspace.time_zone().await?);
    let today = local_day(now, &zone);
    let before = people_under(db, &zone, &stored(db).await?).await?;
    let after = people_under(db, &zone, settings).await?;
    let moved = |from: &People, to: &People| {
        let became = (0u32..).zip(&to.members).filter(|(index, row)| {
            !row.is_bot && to.numbers.is_teammate(*index, today) && !from.numbers.is_teammate(*index, today)
        });
        let mut named: Vec<Named> =
            became.map(|(_, row)| Named { member_id: id_text(&row.member_id), name: row.name.clone() }).collect();
        let by_name = |one: &Named| (one.name.to_lowercase(), one.member_id.clone());
        named.sort_by_cached_key(by_name);
        named
    };
    let lacking = |these: &People, those: &People| {
        let names = these.numbers.found.organizations.iter();
        let gone = names.filter(|known| those.numbers.found.find(&known.organization_id).is_none());
        gone.map(|known| known.name.clone()).collect()
    };
    Ok(Preview {
        become_teammates: moved(&before, &after),
        become_members: moved(&after, &before),
        organizations_gone: lacking(&before, &after),
        organizations_new: lacking(&after, &before),
    })
}

/// What a person says of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// They are, from a date on, to a date (exclusive); open where there is none.
    Yes(Option<Date>, Option<Date>),
    /// They are not, and were not.
    No,
    /// Nothing is said any more: what Axle finds counts.
    Auto,
}

impl Word {
    /// As the history calls it.
    fn kind(self) -> &'static str {
        match self {
            Self::Yes(..) => "yes",
            Self::No => "no",
            Self::Auto => "auto",
        }
    }
}

/// Says whether a member is a program. The word hangs on their identities: merges, splits and imports keep it.
pub async fn say_bot(
    workspace: &Workspace,
    member_id: &str,
    word: Word,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let sentence = match word {
        Word::Yes(..) => "a program",
        Word::No => "no program",
        Word::Auto => "a program or not, as Axle finds",
    };
    let saying = Saying { kind: BOT, subject: PROGRAM, word, sentence, department: None, tag: None };
    say(workspace, member_id, saying, by, now).await
}

/// Says on which days a member is or was a teammate, and in which department, where that is known. It holds on those days, beside
/// what was said of others.
pub async fn say_teammate(
    workspace: &Workspace,
    member_id: &str,
    (word, department): (Word, Option<&str>),
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let department = department.map(str::trim).filter(|name| !name.is_empty());
    let mut days = match word {
        Word::Yes(Some(from), Some(to)) if from >= to => {
            return Err(AppError::Invalid(format!("no day lies between: {from} must lie before {to}")));
        }
        Word::Yes(Some(from), Some(to)) => format!("a teammate from {from} to {to}"),
        Word::Yes(Some(from), None) => format!("a teammate from {from} on"),
        Word::Yes(None, Some(to)) => format!("a teammate until {to}"),
        Word::Yes(None, None) => "a teammate".to_owned(),
        Word::No => "no teammate".to_owned(),
        Word::Auto => "a teammate or not, as Axle finds".to_owned(),
    };
    let department = department.filter(|_| matches!(word, Word::Yes(..)));
    days.extend(department.map(|name| format!(", {name}")));
    let (kind, subject) = (TEAMMATE, identity_change::TEAMMATE);
    say(workspace, member_id, Saying { kind, subject, word, sentence: &days, department, tag: None }, by, now).await
}

/// What is said of a member, as the record and the history keep it.
pub(crate) struct Saying<'a> {
    /// Of the word.
    pub(crate) kind: &'a str,
    /// Of the change.
    pub(crate) subject: &'static str,
    pub(crate) word: Word,
    /// For people, behind the member's name.
    pub(crate) sentence: &'a str,
    pub(crate) department: Option<&'a str>,
    pub(crate) tag: Option<&'a str>,
}

/// Keeps a word as a change of the history.
pub(crate) async fn say(
    workspace: &Workspace,
    member_id: &str,
    saying: Saying<'_>,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let row = member_of(workspace, member_id).await?;
    say_of_all(workspace, &[row], saying, by, now).await
}

/// Keeps one word on several members as one change of the history.
pub(crate) async fn say_of_all(
    workspace: &Workspace,
    members: &[MemberRow],
    saying: Saying<'_>,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let Saying { kind, subject, word, sentence, department, tag } = saying;
    let numbers: Vec<u32> = members.iter().map(|row| row.member_number).collect();
    let identities = identity::of_members(workspace.db(), &numbers).await?;
    let mut by_member: HashMap<u32, Vec<u32>> = HashMap::new();
    identities.iter().for_each(|(identity, member)| by_member.entry(*member).or_default().push(*identity));
    let whom = numbers.iter().filter_map(|number| Some(vec![by_member.remove(number)?])).collect();
    let record = Record { whom, ..Record::default() };
    let summary = match members {
        [one] => format!("{}: {sentence}", one.name),
        many => format!("{} members: {sentence}", many.len()),
    };
    let (is_so, from, to) = match word {
        Word::Yes(from, to) => (true, from, to),
        Word::No | Word::Auto => (false, None, None),
    };
    let said = identities.into_iter().map(|(identity_id, _)| MemberWord {
        identity_id,
        kind: kind.to_owned(),
        is_so,
        from_day: from.map(day_of_date),
        to_day: to.map(day_of_date),
        department: department.map(str::to_owned),
        tag: tag.map(str::to_owned),
        said_by: by.map(str::to_owned),
        said_at: now.as_microsecond(),
    });
    let said: Vec<MemberWord> = said.collect();
    let mut tx = workspace.db().begin().await?;
    let about = About { subject, kind: word.kind(), summary: &summary };
    let change = changes::note(&mut tx, about, &record, by, now).await?;
    match word {
        Word::Auto => member_word::take_back(&mut tx, change.change_id, &said).await?,
        Word::Yes(..) | Word::No => member_word::add(&mut tx, change.change_id, &said).await?,
    }
    tx.commit().await?;
    changes::follow(workspace, subject, now).await?;
    changes::told(workspace, change, &record).await
}

/// What people said of a member: whether they are a program, when they were a teammate, and what they are tagged with. The newest
/// first; what is undone is listed too.
pub async fn words(workspace: &Workspace, member_id: &str) -> AppResult<Vec<Change>> {
    let row = member_of(workspace, member_id).await?;
    changes::words_on_member(workspace, row.member_number).await
}

/// What is known of a member's kind, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Why they are taken for a program, or who said that they are not.
    pub bot_reasons: Vec<String>,
    /// Whether a person said whether they are a program.
    pub is_bot_said: bool,
    /// Whether a person said when they were a teammate.
    pub is_teammate_said: bool,
    /// First date and first date after of each time as a teammate; `None` is an open end.
    pub teammate: Vec<(Option<Date>, Option<Date>)>,
}

/// What is known of a member's kind.
pub async fn standing(workspace: &Workspace, member_number: u32) -> AppResult<Standing> {
    let identities = identity::of_member(workspace.db(), member_number).await?;
    let words = member_word::all(workspace.db(), BOT).await?;
    let numbers = workspace.numbers().read().await.clone();
    let days = numbers.index(member_number).and_then(|index| numbers.teammates.get(&index));
    let open = |day: LocalDay, end: LocalDay| (day != end).then(|| date_of_day(day));
    let teammate = days.into_iter().flatten().map(|(from, to)| (open(*from, LocalDay::MIN), open(*to, LocalDay::MAX)));
    let is_own = |word: &MemberWord| identities.iter().any(|row| row.identity_id == word.identity_id);
    let on_teammates = member_word::all(workspace.db(), TEAMMATE).await?;
    Ok(Standing {
        is_bot_said: words.iter().any(is_own),
        is_teammate_said: on_teammates.iter().any(is_own),
        bot_reasons: bots::reasons(&identities, &words, &bots::behaviours(workspace.db()).await?),
        teammate: teammate.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_one_in_either_writing() {
        let settings = Settings::parse("xn--mller-kva.de 2026-03-01\nmüller.de 2026-03-01", "").unwrap();
        assert_eq!(settings.lines().0, "müller.de 2026-03-01");
        let since = Some(day_of_date(jiff::civil::date(2026, 3, 1)));
        for address in ["ada@xn--mller-kva.de", "ada@Mail.XN--Mller-kva.de", "ada@müller.de"] {
            assert_eq!(settings.teammate_from(address, None), since, "{address}");
        }
        assert_eq!(settings.teammate_from("ada@muller.de", None), None);
        // A date begins with a digit; what else stands behind a domain is a department.
        let typed = "acme.io 2026-03-01 Field sales\nzeta.dev Support";
        let settings = Settings::parse(typed, "").unwrap();
        assert_eq!(settings.lines().0, typed);
        assert_eq!(settings.department_of("ada@mail.acme.io"), Some("Field sales"));
        assert_eq!(settings.department_of("ada@zeta.dev"), Some("Support"));
        assert!(Settings::parse("acme.io 2026-13-01", "").is_err());
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(Settings::parse_json(&json).unwrap(), settings, "what is shown can be set again");
        // Kept from when domains were compared as they were typed.
        let kept = r#"{"own_domains": [{"domain": "xn--mller-kva.de"}], "personal_domains": []}"#;
        assert_eq!(parsed(Some(kept.into())).unwrap().own_domains[0].domain, "müller.de");
    }

    #[test]
    fn where_others_have_addresses_nobody_is_a_teammate_by_theirs() {
        for domain in ["gmail.com", "web.de", "mailinator.com", "users.noreply.github.com", "lists.acme.io"] {
            for refused in [
                Settings::parse(&format!("acme.io\n{domain} 2026-03-01"), ""),
                Settings::parse_json(&format!(r#"{{"own_domains": [{{"domain": "{domain}"}}]}}"#)),
            ] {
                let problem = refused.unwrap_err().to_string();
                assert!(problem.contains(&format!("`{domain}` makes nobody a teammate")), "{problem}");
            }
            assert!(Settings::parse("", domain).is_ok(), "{domain} tells no organization");
        }
        assert!(Settings::parse_json(r#"{"own_domain": []}"#).unwrap_err().to_string().contains("own_domain"));
    }
}
