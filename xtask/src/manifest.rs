//! The dependencies that a `Cargo.toml` names, read line by line.

/// Where a dependency stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Normal,
    Dev,
    Build,
}

/// A dependency and its line, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) section: Section,
    pub(crate) line: usize,
}

/// Every dependency of a package's manifest, those of one platform included.
pub(crate) fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut section = None;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let (kind, name) = of_header(header);
            section = kind;
            if let (Some(section), Some(name)) = (kind, name) {
                found.push(Dependency { name, section, line: index + 1 });
            }
            // The lines of a table of its own are no dependencies.
            section = section.filter(|_| of_header(header).1.is_none());
        } else if let (Some(section), Some((key, _))) = (section, line.split_once('=')) {
            let name = key.split('.').next().unwrap_or_default().trim().trim_matches('"');
            found.push(Dependency { name: name.to_owned(), section, line: index + 1 });
        }
    }
    found
}

/// `dependencies`, `target.'cfg(unix)'.dev-dependencies`, `dependencies.tokio`.
fn of_header(header: &str) -> (Option<Section>, Option<String>) {
    for (word, section) in
        [("dev-dependencies", Section::Dev), ("build-dependencies", Section::Build), ("dependencies", Section::Normal)]
    {
        if header == word || header.ends_with(&format!(".{word}")) {
            return (Some(section), None);
        }
        let begin = format!("{word}.");
        let at = if header.starts_with(&begin) { Some(0) } else { header.find(&format!(".{begin}")).map(|at| at + 1) };
        if let Some(at) = at {
            return (Some(section), Some(header[at + begin.len()..].trim_matches('"').to_owned()));
        }
    }
    (None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_dependency_is_read() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\nserde.workspace = true # why\nsqlx = { version = \"1\" }\n\
                        [dependencies.axum]\nversion = \"0.8\"\n[dev-dependencies]\ninsta = \"1\"\n\
                        [target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n[lints]\nworkspace = true\n";
        let found: Vec<_> = dependencies(manifest).into_iter().map(|found| (found.name, found.section)).collect();
        let expected = [
            ("serde", Section::Normal),
            ("sqlx", Section::Normal),
            ("axum", Section::Normal),
            ("insta", Section::Dev),
            ("libc", Section::Normal),
        ];
        assert_eq!(found, expected.map(|(name, section)| (name.to_owned(), section)));
    }
}
