//! `axle digest`: the day's letter to each person.

use std::path::PathBuf;
use std::sync::Arc;

use axle_app::digest::{self, Mail};
use axle_app::tasks;
use clap::Args;
use serde_json::json;

use super::Arguments;
use crate::output::print_fields;
use crate::wiring::now;

/// How letters go out.
#[derive(Debug, Clone, Args)]
pub(crate) struct MailArguments {
    /// Mail server: smtps://user:password@host; without one, letters are files in the workspace's folder `mail`
    #[arg(long, env = "AXLE_SMTP", value_name = "URL", hide_env_values = true)]
    smtp: Option<String>,
    /// Who letters are from
    #[arg(long, env = "AXLE_MAIL_FROM", value_name = "ADDRESS", default_value = "Axle <axle@localhost>")]
    mail_from: String,
    /// Where browsers reach Axle, for links in messages
    #[arg(long, env = "AXLE_ADDRESS", value_name = "URL")]
    address: Option<String>,
}

impl MailArguments {
    pub(crate) fn mail(&self) -> Mail {
        Mail { from: self.mail_from.clone(), server: self.smtp.clone() }
    }

    /// The address that was named, else that one; without a slash at its end.
    pub(crate) fn address(&self, or: &str) -> String {
        self.address.as_deref().unwrap_or(or).trim_end_matches('/').to_owned()
    }
}

/// Writes each person's own tasks to them, those late first; each person once a day
#[derive(Debug, Args)]
pub(crate) struct Digest {
    /// Folder for the letters, whoever has had theirs already
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    #[command(flatten)]
    mail: MailArguments,
}

impl Digest {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let at = now();
        let users = arguments.users().await?;
        let tasks = tasks::list(&workspace, &users, at).await?;
        let mailer = self.mail.mail().mailer(&workspace, self.to.as_deref())?;
        let address = self.mail.address("http://127.0.0.1:8080");
        if self.to.is_some() {
            let zone = workspace.time_zone().await?;
            let weekly = digest::weekly(&workspace, at).await?;
            let letter = |user| digest::letter(user, &tasks, &weekly, workspace.slug(), &address, at, &zone);
            let letters = users.iter().filter_map(letter);
            let mut written = 0;
            for letter in letters {
                mailer.send(&letter, at)?;
                written += 1;
            }
            return print_fields(arguments.format, &json!({"written": written}));
        }
        let sent = digest::send(&workspace, &users, &tasks, &Arc::new(mailer), &address, at).await?;
        print_fields(arguments.format, &json!({"arrived": sent.arrived, "failed": sent.failed}))
    }
}
