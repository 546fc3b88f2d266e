//! The invariants of ARCHITECTURE.md that can be read off manifests and source text: most are about what is absent.

use crate::manifest::{Section, dependencies};
use crate::workspace::Workspace;

/// Dependencies (by the beginning of their names) and the one crate that may have them.
const WALL: &[(&str, &str)] = &[
    ("datafusion", "axle-analytics"),
    ("arrow", "axle-analytics"),
    ("parquet", "axle-analytics"),
    ("object_store", "axle-analytics"),
    ("ballista", "axle-analytics"),
    ("rusqlite", "axle-store"),
    ("sqlx", "axle-store"),
    ("axum", "axle-server"),
    ("askama", "axle-server"),
    ("reqwest", "axle-connectors"),
    ("ureq", "axle-connectors"),
    ("lettre", "axle-connectors"),
    // Serving: asking other servers is reqwest's, and the connectors'.
    ("hyper", "axle-server"),
];

/// Which of our crates a crate may use. A new arrow is a decision record.
const ARROWS: &[(&str, &[&str])] = &[
    ("axle-model", &[]),
    ("axle-store", &["axle-model"]),
    ("axle-text", &["axle-model"]),
    ("axle-connectors", &["axle-model"]),
    ("axle-analytics", &["axle-model"]),
    ("axle-demo", &["axle-model"]),
    ("axle-identity", &["axle-organization"]),
    ("axle-organization", &["axle-model"]),
    ("axle-flywheel", &["axle-model"]),
    (
        "axle-app",
        &[
            "axle-model",
            "axle-store",
            "axle-connectors",
            "axle-flywheel",
            "axle-identity",
            "axle-organization",
            "axle-text",
        ],
    ),
    ("axle-server", &["axle-model", "axle-app"]),
    (
        "axle",
        &["axle-model", "axle-store", "axle-connectors", "axle-analytics", "axle-demo", "axle-app", "axle-server"],
    ),
    ("xtask", &[]),
];

/// What a crate reads that can differ from one run to the next.
const OUTER_WORLD: &[&str] = &[
    "Timestamp::now",
    "Zoned::now",
    "SystemTime",
    "Instant::now",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "rand::",
    "getrandom",
    "now_v7",
    "new_v4",
];

/// How statements to the database begin.
const SQL: &[&str] = &[
    "insert into ",
    "insert or ",
    "update ",
    "delete from ",
    "create table ",
    "create index ",
    "alter table ",
    "drop table ",
    "pragma ",
    "begin immediate",
];

/// The file with the only clock.
const CLOCK: &str = "crates/axle/src/wiring.rs";

/// Everything that is wrong: `path:line: what`.
pub(crate) fn faults(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for path in workspace.files("crates", &["toml"])? {
        if let Some(name) = crate_of(&path).filter(|_| path.ends_with("/Cargo.toml")) {
            faults.extend(of_manifest(name, &path, &workspace.read(&path)?));
        }
    }
    faults.extend(of_manifest("xtask", "xtask/Cargo.toml", &workspace.read("xtask/Cargo.toml")?));
    for path in workspace.files("crates", &["rs"])?.into_iter().chain(workspace.files("xtask", &["rs"])?) {
        faults.extend(of_code(&path, &workspace.read(&path)?));
    }
    for path in workspace.files("crates/axle-server/templates", &["html"])? {
        faults.extend(of_template(&path, &workspace.read(&path)?));
    }
    for path in workspace.files("kpis", &["toml"])? {
        faults.extend(of_kpi(&path, &workspace.read(&path)?));
    }
    for path in workspace.files("flywheels", &["toml"])? {
        faults.extend(of_flywheel(&path, &workspace.read(&path)?));
    }
    faults.extend(of_sources(workspace)?);
    Ok(faults)
}

/// The crate that a path under `crates/` belongs to.
fn crate_of(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.split('/').next()
}

fn of_manifest(package: &str, path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let arrows = ARROWS.iter().find(|(name, _)| *name == package).map(|(_, arrows)| *arrows);
    if arrows.is_none() {
        faults.push(format!("{path}: {package} has no place among the crates: ARROWS in xtask says who may use whom"));
    }
    for found in dependencies(text) {
        let place = format!("{path}:{}", found.line);
        let name = found.name.as_str();
        if let Some((wall, owner)) =
            WALL.iter().find(|(begin, _)| begins(name, begin)).filter(|(_, owner)| *owner != package)
        {
            faults.push(format!("{place}: {package} depends on {name}, but {wall} stays in {owner}"));
        }
        let is_ours = ARROWS.iter().any(|(ours, _)| *ours == name);
        if is_ours && found.section != Section::Dev && arrows.is_some_and(|arrows| !arrows.contains(&name)) {
            faults.push(format!("{place}: {package} may not use {name}: a new arrow is a decision record"));
        }
        // Tests may read the clock or a seed, but a crate that links the query engine is slow to test, whatever for.
        if is_ours && found.section == Section::Dev && name == "axle-analytics" && package != "axle" {
            faults.push(format!("{place}: the tests of {package} may not link the query engine"));
        }
    }
    faults
}

/// `arrow` and `arrow-array`, but not `arrowhead`.
fn begins(name: &str, begin: &str) -> bool {
    name.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

fn of_code(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.trim_start_matches("#!").starts_with("//!") {
        faults.push(format!("{path}:1: a file opens with `//!` and says what lives here"));
    }
    faults.extend(of_examples(path, text));
    let Some(package) = crate_of(path).filter(|_| is_product(path)) else { return faults };
    for (index, line) in product_lines(text) {
        let place = format!("{path}:{}", index + 1);
        let mut fault = |what: String| faults.push(format!("{place}: {what}"));
        if package == "axle-model" {
            for word in OUTER_WORLD.iter().filter(|word| line.contains(**word)) {
                fault(format!("axle-model takes `{word}` as a parameter, or leaves it to others"));
            }
        }
        if path != CLOCK && ["Timestamp::now", "Zoned::now", "SystemTime::now"].iter().any(|clock| line.contains(clock))
        {
            fault(format!("the only clock is in {CLOCK}: take `now` as a parameter"));
        }
        if package != "axle-store"
            && let Some(begin) = sql_in(line)
        {
            fault(format!("`{}` is for the database: SQL of the database stays in axle-store", begin.trim()));
        }
        if line.contains(".unwrap()") {
            fault("`unwrap` is for tests".into());
        }
        if package != "axle-analytics"
            && ["datafusion::", "arrow::", "parquet::"].iter().any(|path| is_path(line, path))
        {
            fault("Arrow's types stay in axle-analytics".into());
        }
    }
    faults
}

fn is_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Code that ships, not tests and examples.
fn is_product(path: &str) -> bool {
    path.contains("/src/") && !path.ends_with("/tests.rs") && !path.ends_with("_tests.rs") && !path.contains("/tests/")
}

/// Lines before the tests, without comments.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let before_tests = text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    before_tests.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// A string of the line that begins like a statement. `update` alone is a word of prose: a statement goes on with `set`.
fn sql_in(line: &str) -> Option<&'static str> {
    let strings = line.split('"').skip(1).step_by(2).chain([line]).map(|text| text.trim_start().to_lowercase());
    strings.into_iter().find_map(|text| {
        let begin = SQL.iter().find(|begin| text.starts_with(**begin))?;
        (*begin != "update " || text.contains(" set ")).then_some(*begin)
    })
}

/// Examples in documentation would have to be run by a second test runner, one program each.
fn of_examples(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut is_open = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let Some(comment) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else { continue };
        let Some(language) = comment.trim().strip_prefix("```") else { continue };
        is_open = !is_open;
        if is_open && matches!(language.trim(), "" | "rust" | "no_run" | "ignore" | "should_panic") {
            faults.push(format!(
                "{path}:{}: say what the block is (`text`, `sql`): examples of code are tests",
                index + 1
            ));
        }
    }
    faults
}

fn of_template(path: &str, text: &str) -> Vec<String> {
    let is_foreign = |line: &str| {
        let loads = ["<script", "<link", "<img", "<iframe", "@import", "url("].iter().any(|tag| line.contains(tag));
        loads && (line.contains("http://") || line.contains("https://") || line.contains("\"//"))
    };
    let lines = text.lines().enumerate().filter(|(_, line)| is_foreign(line));
    lines.map(|(index, _)| format!("{path}:{}: pages load nothing from elsewhere", index + 1)).collect()
}

fn of_kpi(path: &str, text: &str) -> Option<String> {
    let has_case = text.lines().any(|line| line.trim() == "[[golden]]");
    (!has_case).then(|| format!("{path}: a KPI has at least one case counted by hand, `[[golden]]`"))
}

fn of_flywheel(path: &str, text: &str) -> Option<String> {
    let has_case = text.lines().any(|line| line.trim() == "[[scenario]]");
    (!has_case).then(|| format!("{path}: a flywheel has at least one case worked out by hand, `[[scenario]]`"))
}

/// Every source stands in the register, and has fixtures.
fn of_sources(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let folder = "crates/axle-connectors/src/sources";
    let register = workspace.read(&format!("{folder}/mod.rs"))?;
    let mut faults = Vec::new();
    for path in workspace.files(folder, &["rs"])? {
        let text = workspace.read(&path)?;
        let Some(name) = text.split_once("impl Source for ").and_then(|(_, rest)| rest.split_whitespace().next())
        else {
            continue;
        };
        if !register.contains(&format!("::{name},")) {
            faults.push(format!("{path}: {name} does not stand in {folder}/mod.rs"));
        }
        let format =
            text.split_once("fn format(&self)").and_then(|(_, rest)| rest.split('"').nth(1)).unwrap_or_default();
        if !workspace.path("crates/axle-connectors/fixtures").join(format).is_dir() {
            faults.push(format!("{path}: {name} has no fixtures in crates/axle-connectors/fixtures/{format}/"));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_keeps_its_invariants() {
        assert_eq!(faults(&Workspace::find().unwrap()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn the_wall_is_seen_in_manifests() {
        let of = |package: &str, text: &str| of_manifest(package, "Cargo.toml", text);
        assert_eq!(of("axle-store", "[dependencies]\nsqlx.workspace = true\naxle-model.workspace = true\n"), [""; 0]);
        for (package, dependency) in [
            ("axle-app", "datafusion"),
            ("axle-server", "arrow-array"),
            ("axle-model", "sqlx"),
            ("axle", "axum-extra"),
            ("axle-app", "reqwest"),
            ("axle-store", "axle-connectors"),
            ("axle-server", "axle-store"),
        ] {
            let found = of(package, &format!("[dependencies]\n{dependency}.workspace = true\n"));
            assert_eq!(found.len(), 1, "{package} {dependency}: {found:?}");
        }
        assert_eq!(of("axle-app", "[dev-dependencies]\naxle-analytics.workspace = true\n").len(), 1);
        assert_eq!(of("axle-app", "[dependencies]\narrowhead = \"1\"\n"), [""; 0]);
        assert_eq!(of("axle-new", "").len(), 1);
    }

    #[test]
    fn what_must_be_absent_is_seen_in_code() {
        let of = |path: &str, code: &str| of_code(path, &format!("//! What lives here.\n{code}\n"));
        let model = "crates/axle-model/src/love.rs";
        let app = "crates/axle-app/src/score.rs";
        for (path, code) in [
            (model, "let now = Timestamp::now();"),
            (model, "use std::fs;"),
            (model, "let home = std::env::var(\"HOME\");"),
            (model, "let dice = rand::random();"),
            (app, "let now = jiff::Zoned::now();"),
            (app, "let sql = \"INSERT INTO member (name) values ($1)\";"),
            (app, "    update member set name = $1"),
            (app, "let x = y.unwrap();"),
            ("crates/axle-server/src/lib.rs", "use datafusion::prelude::*;"),
            (app, "/// ```\n/// let x = 1;\n/// ```"),
        ] {
            assert!(!of(path, code).is_empty(), "{code}");
        }
        for (path, code) in [
            (CLOCK, "let now = Timestamp::now();"),
            (app, "// once, `Timestamp::now` stood here"),
            (app, "let text = \"update your settings\";"),
            ("crates/axle-store/src/member.rs", "let sql = \"insert into member (name) values ($1)\";"),
            (app, "#[cfg(test)]\nmod tests { fn f() { g().unwrap(); } }"),
            ("crates/axle-app/tests/import.rs", "let now = Timestamp::now().unwrap();"),
            (app, "/// ```text\n/// a -> b\n/// ```"),
        ] {
            assert_eq!(of(path, code), [""; 0], "{code}");
        }
        assert_eq!(of_code(app, "use x;\n").len(), 1, "no `//!`");
    }

    #[test]
    fn pages_that_load_from_elsewhere_are_seen() {
        assert_eq!(of_template("a.html", "<script src=\"https://cdn.example/x.js\"></script>").len(), 1);
        assert_eq!(of_template("a.html", "<a href=\"https://example.org\">x</a>\n<link href=\"{{ css }}\">"), [""; 0]);
        assert!(of_kpi("kpis/x.toml", "group = \"x\"").is_some());
        assert!(of_flywheel("flywheels/x.toml", "title = \"x\"").is_some());
    }
}
