//! `axle alerts`: where alerts go, and sending them.

use std::sync::Arc;

use axle_app::alerts::{self, Hook, HookKind, Http, Outgoing};
use axle_app::tasks;
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::Arguments;
use super::digest::MailArguments;
use crate::output::{Listing, print, print_fields};
use crate::wiring::now;

/// Where alerts go: raised hands, and champions gone quiet
#[derive(Debug, Subcommand)]
pub(crate) enum Alerts {
    /// The web hooks that get them
    List,
    /// Adds a web hook
    Add {
        /// Its address
        url: String,
        /// In which shape it gets them
        #[arg(long, value_enum, default_value = "slack")]
        kind: Shape,
    },
    /// Removes a web hook
    Remove {
        /// Its address
        url: String,
    },
    /// Sends what is news now; the server does so by itself
    Send {
        #[command(flatten)]
        mail: MailArguments,
    },
}

/// The shape of an alert.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Shape {
    /// A text, as Slack and many others take it
    Slack,
    /// Every part of it by name
    Json,
}

impl Alerts {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let mut hooks = alerts::hooks(&workspace).await?;
        match self {
            Self::List => {}
            Self::Add { url, kind } => {
                let kind = match kind {
                    Shape::Slack => HookKind::Slack,
                    Shape::Json => HookKind::Json,
                };
                hooks.retain(|hook| hook.url != *url);
                hooks.push(Hook { url: url.clone(), kind });
                alerts::set_hooks(&workspace, &hooks, arguments.by(), now()).await?;
            }
            Self::Remove { url } => {
                hooks.retain(|hook| hook.url != *url);
                alerts::set_hooks(&workspace, &hooks, arguments.by(), now()).await?;
            }
            Self::Send { mail } => {
                let outgoing: Arc<dyn Outgoing> = Arc::new(Http::default());
                let tasks = tasks::list(&workspace, &arguments.users().await?, now()).await?;
                let address = mail.address("http://127.0.0.1:8080");
                let sent = alerts::send(&workspace, &tasks, &outgoing, &address, now()).await?;
                return print_fields(arguments.format, &json!({"arrived": sent.arrived, "failed": sent.failed}));
            }
        }
        let mut listing = Listing::new(&["url", "kind"]);
        hooks.iter().for_each(|hook| listing.row([json!(hook.url), json!(hook.kind)]));
        print(arguments.format, &listing, &hooks)
    }
}
