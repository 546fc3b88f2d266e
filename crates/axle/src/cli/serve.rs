//! `axle serve`: the web application.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use axle_app::users::User;
use axle_server::{AppState, Outside, ServeOptions};
use axle_store::ServerDb;
use clap::Args;

use super::Arguments;
use super::demo;
use super::digest::MailArguments;
use crate::wiring::{self, now};

/// The web application. Stop it with Ctrl-C
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// Browsers come over HTTPS, through a proxy that ends it
    #[arg(long)]
    pub(crate) https: bool,
    #[command(flatten)]
    pub(crate) mail: MailArguments,
}

/// What to do before anybody can sign in: nothing where somebody can, whom the demo did not add.
fn first_user(users: &[User], data: &Path) -> Option<String> {
    let is_of_demo = |user: &User| demo::USERS.iter().any(|(email, ..)| *email == user.email);
    if !users.iter().all(is_of_demo) {
        return None;
    }
    let who = if users.is_empty() { "Nobody can sign in yet" } else { "Only the demo's users can sign in" };
    Some(format!("{who}: `axle --data {} user add you@example.com` adds somebody.", data.display()))
}

impl Serve {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        // Makes the workspace on first use, so that there is something to open.
        if arguments.others().is_none() {
            arguments.open_or_make().await?;
        }
        let step = first_user(&arguments.users().await?, &arguments.data);
        let tell = move |address: SocketAddr| {
            step.iter().for_each(|step| eprintln!("{step}"));
            eprintln!("Axle is at http://{address}");
        };
        self.serve(arguments, tell).await
    }

    pub(crate) async fn serve(
        &self,
        arguments: &Arguments,
        tell: impl FnOnce(SocketAddr) + Send + 'static,
    ) -> anyhow::Result<()> {
        let server = ServerDb::open(&arguments.data).await?;
        let (data, limits) = (arguments.data.clone(), arguments.query_limits());
        let open = Arc::new(move |slug: String| {
            let (data, limits) = (data.clone(), limits.clone());
            let opening: axle_server::Open = Box::pin(async move { wiring::open(&data, &slug, limits).await });
            opening
        });
        let state = AppState::new(server, &arguments.data, open, now);
        let address = self.mail.address(&format!("http://{}", self.listen));
        let outside = Outside { address, mail: self.mail.mail() };
        let options = ServeOptions { listen: self.listen, is_https: self.https, outside, on_listening: Box::new(tell) };
        axle_server::serve(options, state).await.with_context(|| format!("cannot listen on {}", self.listen))
    }
}
