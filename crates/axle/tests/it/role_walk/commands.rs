//! Every command as every role. The commands are those of the reference, which is written by the program itself.

use std::collections::BTreeSet;

use axle_app::permissions::Permission::{
    Administer, AnswerTasks, Correct, DecideIdentities, HandOff, ManageSources, MarkAccounts, Publish, SeeMembers,
};

use super::places::{Values, Who};
use super::{ROLES, side_by_side};
use crate::Axle;

const REFERENCE: &str = include_str!("../../../../../docs/reference/commands.md");

/// A command, the arguments that it takes, and who may run it.
type Asked = (&'static str, &'static [&'static str], Who);

/// Commands with arguments that they take, and who may run them; `{member}` and others stand for what there is.
const COMMANDS: &[Asked] = &[
    ("demo", &["--no-serve"], Who::May(Administer)),
    ("serve", &[], Who::May(Administer)),
    ("import", &["{file}"], Who::May(ManageSources)),
    ("members list", &[], Who::May(SeeMembers)),
    ("members show", &["{member}"], Who::May(SeeMembers)),
    ("members bot", &["{member}", "auto"], Who::May(ManageSources)),
    ("members teammate", &["{member}", "auto"], Who::May(ManageSources)),
    ("members tag", &["{member}", "none"], Who::May(Correct)),
    ("members untag", &["{member}", "none"], Who::May(Correct)),
    ("members tag-all", &["none", "{member}"], Who::May(Correct)),
    ("members untag-all", &["none", "{member}"], Who::May(Correct)),
    ("members affiliation", &["{member}", "corp.example"], Who::May(DecideIdentities)),
    ("members affiliations", &["{member}"], Who::May(SeeMembers)),
    ("members words", &["{member}"], Who::May(SeeMembers)),
    ("members note", &["{member}", "none"], Who::May(Correct)),
    ("members notes", &["{member}"], Who::May(SeeMembers)),
    ("members take-note-back", &["{member}", "none"], Who::May(Correct)),
    ("members roles", &["{member}"], Who::May(SeeMembers)),
    ("members give-role", &["{member}", "moderator"], Who::May(AnswerTasks)),
    ("members end-role", &["{member}", "none"], Who::May(AnswerTasks)),
    ("members undo-role", &["{member}", "none"], Who::May(AnswerTasks)),
    ("members introductions", &[], Who::May(SeeMembers)),
    ("members introduce", &["{member}", "{member}"], Who::May(Correct)),
    ("identities suggestions", &[], Who::May(DecideIdentities)),
    ("identities merge", &["{member}", "none"], Who::May(DecideIdentities)),
    ("identities split", &["{member}", "none"], Who::May(DecideIdentities)),
    ("identities accept", &["none"], Who::May(DecideIdentities)),
    ("identities reject", &["none"], Who::May(DecideIdentities)),
    ("identities undo", &["1"], Who::May(DecideIdentities)),
    ("identities history", &[], Who::May(DecideIdentities)),
    ("organizations list", &[], Who::May(SeeMembers)),
    ("organizations show", &["{organization}"], Who::May(SeeMembers)),
    ("organizations suggestions", &[], Who::May(DecideIdentities)),
    ("organizations merge", &["{organization}", "none"], Who::May(DecideIdentities)),
    ("organizations parent", &["{organization}", "none"], Who::May(DecideIdentities)),
    ("organizations split", &["{organization}", "none"], Who::May(DecideIdentities)),
    ("organizations accept", &["none"], Who::May(DecideIdentities)),
    ("organizations reject", &["none"], Who::May(DecideIdentities)),
    ("organizations undo", &["1"], Who::May(DecideIdentities)),
    ("organizations history", &[], Who::May(DecideIdentities)),
    ("kpi list", &[], Who::Anybody),
    ("kpi show", &["activities", "--by", "source"], Who::Anybody),
    ("kpi show", &["top_answerers", "--grain", "total"], Who::May(SeeMembers)),
    ("kpi receipt", &["activities"], Who::Anybody),
    ("kpi receipt", &["top_answerers"], Who::May(SeeMembers)),
    ("kpi rows", &["activities"], Who::May(SeeMembers)),
    ("kpi why", &["activities", "--since", "2026-01-01T00:00:00Z"], Who::Anybody),
    ("kpi why", &["top_answerers", "--since", "2026-01-01T00:00:00Z"], Who::May(SeeMembers)),
    ("kpi why", &["activities", "--previous"], Who::Anybody),
    ("kpi publish", &["top_answerers"], Who::May(SeeMembers)),
    ("kpi publish", &["activities"], Who::May(Publish)),
    ("kpi published", &[], Who::Anybody),
    ("kpi check", &["{kpi_file}"], Who::Anybody),
    ("report publish", &[], Who::May(Publish)),
    ("report published", &[], Who::Anybody),
    ("flywheel list", &[], Who::Anybody),
    ("flywheel show", &["community_qualified_leads"], Who::Anybody),
    ("flywheel runs", &["community_qualified_leads"], Who::May(SeeMembers)),
    ("flywheel run", &["{run}"], Who::May(SeeMembers)),
    ("flywheel packet", &["{run}"], Who::May(SeeMembers)),
    ("flywheel figures", &[], Who::Anybody),
    ("flywheel signposts", &[], Who::Anybody),
    ("flywheel evaluate", &[], Who::Anybody),
    ("flywheel check", &["{flywheel_file}"], Who::Anybody),
    ("flywheel preview", &["{flywheel_file}"], Who::May(Administer)),
    ("flywheel save", &["{flywheel_file}"], Who::May(Administer)),
    ("flywheel reset", &["community_qualified_leads"], Who::May(Administer)),
    ("flywheel history", &["community_qualified_leads"], Who::May(Administer)),
    ("tasks list", &[], Who::Anybody),
    ("tasks done", &["{task}", "--outcome", "none"], Who::Anybody),
    ("tasks assign", &["{task}", "--to", ""], Who::Anybody),
    ("tasks rota", &[], Who::May(Administer)),
    ("alerts list", &[], Who::May(Administer)),
    ("alerts add", &["https://hooks.example/a"], Who::May(Administer)),
    ("alerts remove", &["https://hooks.example/a"], Who::May(Administer)),
    ("alerts send", &[], Who::May(Administer)),
    ("digest", &[], Who::May(Administer)),
    ("hand-offs list", &[], Who::Anybody),
    ("hand-offs show", &["{hand_off}"], Who::Anybody),
    ("hand-offs send", &["{hand_off}"], Who::Anybody),
    ("hand-offs accept", &["none"], Who::Anybody),
    ("hand-offs return", &["none", "--reason", "no_need"], Who::Anybody),
    ("consents list", &[], Who::May(SeeMembers)),
    ("consents give", &["{member}", "--kind", "contact", "--channel", "call"], Who::May(HandOff)),
    ("consents revoke", &["{member}", "none"], Who::May(HandOff)),
    ("absences list", &[], Who::May(SeeMembers)),
    ("absences add", &["{member}", "--from", "2030-01-01", "--back", "2030-01-02"], Who::May(AnswerTasks)),
    ("absences call-off", &["{member}", "2030-01-01"], Who::May(AnswerTasks)),
    ("questions list", &[], Who::May(SeeMembers)),
    ("questions thanks", &[], Who::May(SeeMembers)),
    ("questions thank", &["{question}"], Who::May(AnswerTasks)),
    ("questions ask", &["{question}", "{member}"], Who::May(AnswerTasks)),
    ("questions packet", &["{question}"], Who::May(SeeMembers)),
    ("questions escalate", &["{question}"], Who::May(AnswerTasks)),
    ("questions duplicates", &[], Who::May(ManageSources)),
    ("champions list", &[], Who::May(SeeMembers)),
    ("accounts list", &[], Who::May(SeeMembers)),
    ("accounts prospect", &["none"], Who::May(MarkAccounts)),
    ("accounts key", &["none", "--owner", "Cleo"], Who::May(MarkAccounts)),
    ("accounts not-key", &["none"], Who::May(MarkAccounts)),
    ("feedback list", &[], Who::May(SeeMembers)),
    ("feedback decide", &["{feedback}", "planned"], Who::May(AnswerTasks)),
    ("feedback told", &["{feedback}"], Who::May(AnswerTasks)),
    ("sql", &["select * from members"], Who::May(SeeMembers)),
    ("text label", &[], Who::Anybody),
    ("text read", &[], Who::May(Administer)),
    ("text correct", &["{activity}", "question", "true"], Who::May(Correct)),
    ("text withdraw", &["{activity}", "question"], Who::May(Correct)),
    ("text refit", &[], Who::May(Administer)),
    ("text corrections", &[], Who::May(SeeMembers)),
    ("source list", &[], Who::Anybody),
    ("source formats", &[], Who::Anybody),
    ("source reconcile", &[], Who::May(SeeMembers)),
    ("channels list", &[], Who::May(ManageSources)),
    ("channels qa", &["1", "on"], Who::May(ManageSources)),
    ("channels private", &["1"], Who::May(ManageSources)),
    ("channels public", &["1"], Who::May(ManageSources)),
    ("settings show", &[], Who::May(Administer)),
    ("settings time-zone", &["UTC"], Who::May(Administer)),
    ("settings business-hours", &[], Who::May(Administer)),
    ("settings currencies", &[], Who::May(Administer)),
    ("settings preview", &["{}"], Who::May(Administer)),
    ("settings raise-hand", &["off"], Who::May(Administer)),
    ("settings drop-rule", &[], Who::May(Administer)),
    ("settings identities", &[], Who::May(Administer)),
    ("settings people", &[], Who::May(Administer)),
    ("settings leads", &["{}"], Who::May(Administer)),
    ("settings score", &["{}"], Who::May(Administer)),
    ("segments verify", &[], Who::May(Administer)),
    ("segments rebuild", &[], Who::May(Administer)),
    ("segments compact", &[], Who::May(Administer)),
    ("backup", &["{nowhere}"], Who::May(Administer)),
    ("restore", &["{nowhere}"], Who::May(Administer)),
    ("export", &["{nowhere}"], Who::May(Administer)),
    ("doctor", &[], Who::May(Administer)),
    ("user add", &["none@axle.example"], Who::May(Administer)),
    ("user list", &[], Who::May(Administer)),
    ("user token", &["admin@axle.example"], Who::May(Administer)),
    ("user tokens", &[], Who::May(Administer)),
    ("user revoke", &["none"], Who::May(Administer)),
    ("bench generate", &["{nowhere}"], Who::May(Administer)),
    ("bench run", &["{nowhere}"], Who::May(Administer)),
    ("bench kpis", &[], Who::May(Administer)),
    ("bench turn", &[], Who::May(Administer)),
];

/// What a command said to a role.
pub(super) struct Said {
    pub(super) role: &'static str,
    pub(super) command: String,
    pub(super) text: String,
}

/// How many commands there are.
pub(super) fn count() -> usize {
    all().len()
}

/// The commands of the reference that have none below them.
fn all() -> BTreeSet<&'static str> {
    let parts = REFERENCE.split("\n## `axle").skip(1);
    let leaves = parts.filter(|part| !part.contains("\nCommands:\n"));
    leaves.filter_map(|part| part.split('`').next()).map(str::trim).filter(|name| !name.is_empty()).collect()
}

/// Runs everything: who may not is refused by a word on their role and told nothing else. Gives what those were told who see no
/// members and may run a command. Who sees members anyway is only refused here.
pub(super) fn walk(axle: &Axle, values: &Values) -> Vec<Said> {
    let named: BTreeSet<&str> = COMMANDS.iter().map(|(command, ..)| *command).collect();
    assert_eq!(named, all(), "commands are new or gone: say in COMMANDS of {} who may run them", file!());
    let asked = COMMANDS.iter().flat_map(|asked| ROLES.iter().map(move |role| (*role, asked)));
    let asked: Vec<_> =
        asked.filter(|(role, (_, _, who))| !who.includes(role) || ["sales", "executive"].contains(role)).collect();
    let run = |(role, asked): &(&'static str, &Asked)| run(axle, values, role, asked);
    side_by_side(&asked, run).into_iter().flatten().collect()
}

fn run(axle: &Axle, values: &Values, role: &'static str, asked: &Asked) -> Vec<Said> {
    let (command, arguments, who) = asked;
    let written = |arguments: Vec<String>| {
        let words: Vec<&str> = command.split(' ').chain(arguments.iter().map(String::as_str)).collect();
        let email = format!("{role}@axle.example");
        let run = axle.command(&words).args(["--as-user", &email, "--format", "json"]).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        if !who.includes(role) {
            let is_refused = run.status.code() == Some(1) && run.stdout.is_empty() && text.contains(" may not ");
            assert!(is_refused, "{role} runs {words:?}: {text}");
        }
        let is_known = run.status.code() != Some(2) || !text.contains("Usage:");
        assert!(is_known, "{words:?} is no command: {text}");
        Said { role, command: words.join(" "), text }
    };
    let mut ways: Vec<Vec<String>> = vec![Vec::new()];
    for argument in *arguments {
        // Who is refused before anything is looked at is refused for every value alike.
        let most = if who.includes(role) { usize::MAX } else { 1 };
        let filled: Vec<String> =
            if *argument == "{}" { vec!["{}".into()] } else { values.fill(argument).into_iter().take(most).collect() };
        ways = ways
            .iter()
            .flat_map(|way| filled.iter().map(|value| [way.as_slice(), std::slice::from_ref(value)].concat()))
            .collect();
    }
    ways.into_iter().map(written).collect()
}
