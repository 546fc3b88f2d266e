//! Names by which services and their accounts are known, from general knowledge: words joined with `-`, lower case.

/// Whether it is the name of a service that writes by itself.
pub(super) fn is_service(name: &str) -> bool {
    SERVICES.binary_search(&name).is_ok()
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
    "copilot",
    "coveralls",
    "crowdin",
    "deepsource-autofix",
    "deepsource-io",
    "dependabot",
    "dependabot-preview",
    "depfu",
    "discobot",
    "dosubot",
    "dyno",
    "fossabot",
    "github-actions",
    "github-classroom",
    "github-merge-queue",
    "github-pages",
    "gitlab-ci",
    "gitter-badger",
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
    "thelounge",
    "transifex",
    "travis-ci",
    "travisci",
    "vercel",
    "weblate",
    "zapier",
    "zuul",
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
    }
}
