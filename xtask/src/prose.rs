//! The invariants of prose: links lead somewhere, decisions and changelog fragments have their form.

use std::path::Path;

use crate::workspace::Workspace;

/// The parts of a decision record.
const PARTS: [&str; 4] = ["## Context", "## Decision", "## Rejected", "## Consequences"];

/// How a changelog fragment may end, before `.md`.
const CHANGES: [&str; 6] = ["added", "changed", "fixed", "removed", "security", "breaking"];

/// Everything that is wrong: `path: what`.
pub(crate) fn faults(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for path in workspace.files("", &["md"])? {
        let text = workspace.read(&path)?;
        let folder = Path::new(&path).parent().unwrap_or(Path::new(""));
        for link in links(&text) {
            if !workspace.root.join(folder).join(link).exists() {
                faults.push(format!("{path}: the link to {link} leads nowhere"));
            }
        }
    }
    let records = workspace.files("docs/adr", &["md"])?;
    let numbers = records.iter().filter_map(|path| number(path));
    faults.extend(
        (1..)
            .zip(numbers)
            .filter(|(due, number)| due != number)
            .map(|(due, number)| format!("docs/adr: {due:04} was due, {number:04} came")),
    );
    for path in records.iter().filter(|path| number(path).is_some()) {
        let text = workspace.read(path)?;
        faults.extend(
            PARTS.iter().filter(|part| !text.contains(**part)).map(|part| format!("{path}: `{part}` is missing")),
        );
    }
    for path in workspace.files("changelog.d", &["md"])? {
        faults.extend(of_fragment(&path));
    }
    Ok(faults)
}

/// Files that a text links to, images aside.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let found = text.match_indices("](").filter(|(at, _)| !is_image(&text[..*at]));
    let targets = found.filter_map(|(at, _)| text[at + 2..].split([')', ' ']).next());
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    inside.map(|target| target.split('#').next().unwrap_or_default()).filter(|target| !target.is_empty())
}

fn is_image(before: &str) -> bool {
    before.rfind('[').is_some_and(|open| before[..open].ends_with('!'))
}

/// The number of a decision record: `docs/adr/0003-raw-first.md` is 3.
fn number(path: &str) -> Option<u32> {
    path.rsplit('/').next()?.split_once('-')?.0.parse().ok()
}

fn of_fragment(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?.strip_suffix(".md")?;
    let is_good = name == "README" || name.rsplit_once('.').is_some_and(|(_, change)| CHANGES.contains(&change));
    (!is_good).then(|| format!("{path}: the name ends in one of {} before `.md`", CHANGES.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_prose_is_whole() {
        assert_eq!(faults(&Workspace::find().unwrap()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn links_to_files_are_found() {
        let text = "[a](b.md) ![shot](c.png) [web](https://example.org) [part](d.md#part) [here](#x)";
        assert_eq!(links(text).collect::<Vec<_>>(), ["b.md", "d.md"]);
    }

    #[test]
    fn names_are_read() {
        assert_eq!(number("docs/adr/0012-folds.md"), Some(12));
        assert_eq!(number("docs/adr/README.md"), None);
        assert_eq!(of_fragment("changelog.d/demo.added.md"), None);
        assert!(of_fragment("changelog.d/demo.md").is_some());
    }
}
