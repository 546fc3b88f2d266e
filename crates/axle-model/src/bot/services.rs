//! Names by which services and their accounts are known, from general knowledge: words joined with `-`, lower case.

/// Whether it is the name of a service that writes by itself.
pub(super) fn is_service(name: &str) -> bool {
    SERVICES.binary_search(&name).is_ok()
}

/// Whether it is the name of a coding agent: one that nobody bears, or one with words that only agents have, such as the model's, and
/// with no others.
pub(super) fn is_agent(name: &str) -> bool {
    let (first, rest) = name.split_once('-').unwrap_or((name, ""));
    let is_word = |word: &str| AGENT_WORDS.contains(&word) || word.starts_with("gpt");
    let is_version = |word: &str| word.starts_with(|letter: char| letter.is_ascii_digit());
    matches!(name, "aider" | "codex" | "cursoragent" | "openai-codex" | "opencode")
        || (AGENTS.contains(&first)
            && rest.split('-').any(is_word)
            && rest.split('-').all(|word| is_word(word) || is_version(word)))
}

/// Whether programs alone write from that address. What stands before the at sign and the domain are in lower case.
pub(super) fn is_address(local: &str, domain: &str) -> bool {
    ADDRESSES.contains(&(local, domain))
}

/// Whether it is the name of a task that machines do.
pub(super) fn is_task(name: &str) -> bool {
    TASKS.binary_search(&name).is_ok()
}

const SERVICES: &[&str] = &[
    "all-contributors",
    "allcontributors",
    "appveyor",
    "asf-ci",
    "auto-merge",
    "bors",
    "circle-ci",
    "circleci",
    "cla-assistant",
    "clabot",
    "code-climate",
    "codeclimate",
    "codecov",
    "codecov-commenter",
    "codecov-io",
    "coderabbit",
    "coderabbitai",
    "copilot",
    "copilot-swe-agent",
    "coveralls",
    "crowdin",
    "deepsource-autofix",
    "deepsource-io",
    "dependabot",
    "dependabot-preview",
    "depfu",
    "devin-ai-integration",
    "discobot",
    "dosubot",
    "dyno",
    "fossabot",
    "gemini-code-assist",
    "github-actions",
    "github-classroom",
    "github-copilot",
    "github-merge-queue",
    "github-pages",
    "gitlab-ci",
    "gitter-badger",
    "google-labs-jules",
    "greenkeeper",
    "greenkeeper-keeper",
    "greenkeeperio-bot",
    "highfive",
    "homu",
    "hosted-weblate",
    "houndci",
    "hubot",
    "ifttt",
    "imgbot",
    "jira-cloud",
    "k8s-ci-robot",
    "k8s-merge-robot",
    "k8s-triage-robot",
    "lgtm-com",
    "mailer-daemon",
    "mee6",
    "mend-renovate",
    "mergify",
    "mergify-io",
    "netlify",
    "pre-commit-ci",
    "probot",
    "pull-request-size",
    "pyup",
    "readthedocs",
    "release-drafter",
    "release-please",
    "renovate",
    "rust-highfive",
    "rust-log-analyzer",
    "rust-timer",
    "rustbot",
    "semantic-release",
    "semaphore-ci",
    "sentry-io",
    "slackbot",
    "snyk",
    "snyk-io",
    "sonarcloud",
    "sonarqubecloud",
    "stackbot",
    "step-security",
    "the-gitter-badger",
    "thelounge",
    "transifex",
    "travis-ci",
    "travisci",
    "vercel",
    "weblate",
    "whitesource-renovate",
    "zapier",
    "zuul",
];

/// First words of coding agents' names, many of which people bear.
const AGENTS: &[&str] = &["aider", "amp", "claude", "codex", "cursor", "devin", "gemini", "jules", "opencode", "qwen"];

const AGENT_WORDS: &[&str] = &["agent", "cli", "code", "coder", "haiku", "opus", "sonnet"];

const ADDRESSES: &[(&str, &str)] = &[
    ("aider", "aider.chat"),
    ("amp", "ampcode.com"),
    ("codex", "openai.com"),
    ("cursoragent", "cursor.com"),
    ("noreply", "aider.chat"),
    ("noreply", "anthropic.com"),
    ("noreply", "github.com"),
    ("noreply", "openai.com"),
    ("noreply", "opencode.ai"),
];

const TASKS: &[&str] = &[
    "auto-build",
    "autobuild",
    "automation",
    "build",
    "builder",
    "buildmaster",
    "buildserver",
    "ci",
    "continuous-integration",
    "cron",
    "daemon",
    "deploy",
    "deployer",
    "deployment",
    "jenkins",
    "postmaster",
    "webhook",
    "webhooks",
    "www-data",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_can_be_searched() {
        assert!(SERVICES.is_sorted() && TASKS.is_sorted());
        assert!(is_service("renovate") && is_task("ci") && !is_service("ada"));
        assert!(
            is_agent("claude-opus-4-5")
                && is_agent("aider-gpt-4o")
                && !is_agent("claude")
                && !is_agent("claude-code-fan")
        );
    }
}
