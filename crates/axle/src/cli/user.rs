//! `axle user`: who may sign in.

use std::io::{BufRead, Read};

use axle_app::tokens;
use axle_app::users::{self, NewUser};
use axle_store::ServerDb;
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// Who may sign in
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Adds a user, or gives one a new password and role. The password is read from standard input
    Add {
        /// Address to sign in with
        email: String,
        /// Name; the address unless given
        #[arg(long)]
        name: Option<String>,
        /// admin, builder, success, support, product, marketing, sales, executive or internal_viewer
        #[arg(long, default_value = "admin")]
        role: String,
    },
    /// Every user
    List,
    /// Makes a token by which a program may what a user may; it is shown this once
    Token {
        /// Address of the user
        email: String,
        /// What it is for
        #[arg(long, default_value = "unnamed")]
        name: String,
    },
    /// Every token that holds, without its secret
    Tokens,
    /// Ends a token
    Revoke {
        /// As in the list of tokens
        token: String,
    },
}

impl User {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let server = ServerDb::open(&arguments.data).await?;
        if let Self::Add { email, name, role } = self {
            let mut password = String::new();
            eprintln!("password (at least 8 characters):");
            std::io::stdin().lock().take(1024).read_line(&mut password)?;
            let user = NewUser {
                email: email.clone(),
                name: name.clone().unwrap_or_else(|| email.clone()),
                password: password.trim_end_matches(['\n', '\r']).to_owned(),
                role: role.clone(),
            };
            users::add(&server, user, now()).await?;
        }
        match self {
            Self::Token { email, name } => {
                let token = tokens::create(&server, email, name, now()).await?;
                let mut listing = Listing::new(&["token"]);
                listing.row([json!(token)]);
                return print(arguments.format, &listing, &json!({ "token": token }));
            }
            Self::Tokens => return list_tokens(&server, arguments).await,
            Self::Revoke { token } => {
                tokens::revoke(&server, token, now()).await?;
                return list_tokens(&server, arguments).await;
            }
            Self::Add { .. } | Self::List => {}
        }
        let list = users::list(&server).await?;
        if list.is_empty() {
            eprintln!("axle: nobody can sign in yet: `axle user add EMAIL` adds somebody");
        }
        let mut listing = Listing::new(&["email", "name", "role"]);
        for user in &list {
            listing.row([json!(user.email), json!(user.name), json!(user.role)]);
        }
        print(arguments.format, &listing, &list)
    }
}

async fn list_tokens(server: &ServerDb, arguments: &Arguments) -> anyhow::Result<()> {
    let list = tokens::list(server).await?;
    let mut listing = Listing::new(&["token", "name", "user", "made", "last used"]);
    for token in &list {
        listing.row([
            json!(token.token_id),
            json!(token.name),
            json!(token.email),
            json!(token.created_at),
            json!(token.last_used_at),
        ]);
    }
    print(arguments.format, &listing, &list)
}
