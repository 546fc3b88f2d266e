//! `axle demo`: a company and its community, made from a seed, to look around in.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use axle_app::import::{self, ImportOptions};
use axle_app::users::{self, NewUser};
use axle_app::{AppError, score, settings};
use axle_demo::CompanySettings;
use axle_store::ServerDb;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Arguments;
use super::digest::MailArguments;
use super::serve::Serve;
use crate::wiring::{self, now};

/// Fills the workspace `demo`, or the one that is named, with a made-up company and its community, and serves it
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// People
    #[arg(long, default_value_t = 5_000)]
    members: u32,
    /// Another seed is another company
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Last day of the story; yesterday unless given
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// Fill only
    #[arg(long)]
    no_serve: bool,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: std::net::SocketAddr,
    #[command(flatten)]
    mail: MailArguments,
}

/// The workspace, unless another is named.
pub(super) const WORKSPACE: &str = "demo";
/// The source of everything in it.
const SOURCE: &str = "tidewheel";
const EMAIL: &str = "demo@axle.example";
/// Who looks through the eyes of sales: the Alfred of the stories.
const SALES: &str = "alfred@axle.example";
/// Everybody whom the demo lets sign in: address, name and role.
pub(super) const USERS: [(&str, &str, &str); 2] = [(EMAIL, "Demo", "admin"), (SALES, "Alfred Lowe", "sales")];
const PASSWORD: &str = "round-and-round";
/// Whom to look for; `docs/guide/demo.md` says what there is to see.
const STORIES: &str = "\
  Six stories to follow. Search for a name, then choose a line under “In the flywheels” on their page:
    Sunita Rao     is qualified, handed to sales with her consent, and refers Marguerite Stein to Alfred
    Peggy Marsh    becomes a deal champion, and her teammates come; falls silent twice, and is asked why
    Jerry Voss     signs up, is pointed to the community, gets an answer, and asks for more
    Conrad Ekholm  asks, is answered by Kathryn, and answers Quentin Abara
    Kathryn Oduya  is named in a key account, teaches her teammates, and becomes a champion";

impl Demo {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let slug = arguments.workspace.clone();
        let workspace = wiring::open(&arguments.data, &slug, arguments.query_limits()).await?;
        let sources = axle_app::sources::list(&workspace).await?;
        if sources.is_empty() {
            self.fill(arguments, &workspace).await?;
        } else if sources.iter().any(|source| source.name == SOURCE) {
            eprintln!(
                "The workspace `{slug}` is there already; delete {} to make it anew.",
                workspace.folder().display()
            );
        } else {
            let told = format!("the workspace `{slug}` has a community of its own: name a new one with --workspace");
            return Err(AppError::Invalid(told).into());
        }
        let server = ServerDb::open(&arguments.data).await?;
        for (email, name, role) in USERS {
            let user = NewUser { email: email.into(), name: name.into(), password: PASSWORD.into(), role: role.into() };
            users::add(&server, user, now()).await?;
        }
        drop(server);
        drop(workspace);
        if self.no_serve {
            eprintln!(
                "\nIt is in the workspace `{slug}`. Look at it:\n  axle --data {data} --workspace {slug} serve          \
                 sign in as {EMAIL}, or as {SALES} to see what sales sees; password {PASSWORD}\n  axle --data {data} --workspace {slug} members list\n  \
                 axle --data {data} --workspace {slug} kpi show monthly_active_members\n\n{STORIES}",
                data = arguments.data.display()
            );
            return Ok(());
        }
        let serve = Serve { listen: self.listen, https: false, mail: self.mail.clone() };
        serve
            .serve(arguments, move |address| {
                eprintln!(
                    "\n  Axle is at  http://{address}/{slug}\n  sign in as  {EMAIL}, or as {SALES} to see what sales sees\n  password    {PASSWORD}\n\n{STORIES}\n\nStop with Ctrl-C."
                );
            })
            .await
    }

    async fn fill(&self, arguments: &Arguments, workspace: &axle_app::Workspace) -> anyhow::Result<()> {
        let yesterday = now().to_zoned(TimeZone::UTC).date().yesterday().context("today is the first day of time")?;
        let mut company = CompanySettings::new(self.seed, self.until.unwrap_or(yesterday));
        company.members = self.members;
        let path = arguments.data.join("demo.jsonl");
        eprintln!("Making up a company and a community of {} people: some minutes.", self.members);
        let bar = ProgressBar::new_spinner().with_message("making up a company");
        bar.enable_steady_tick(Duration::from_millis(120));
        write(&company, &path).with_context(|| format!("cannot write {}", path.display()))?;
        bar.finish_and_clear();
        eprintln!("Reading it as an export would be read.");
        let bar = ProgressBar::new(0).with_message("reading it");
        bar.set_style(
            ProgressStyle::with_template("{msg} [{bar:30}] {percent} %")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let mut inputs = import::recognize(&path, Some("interchange"))?;
        let on_progress = |done: u64, total: u64| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let options = ImportOptions { source: Some(SOURCE.into()), ..ImportOptions::default() };
        let receipt = import::import(workspace, inputs.remove(0), &options, now, &on_progress).await?;
        bar.finish_and_clear();
        let _ = std::fs::remove_file(&path);
        eprintln!("Scoring its members.");
        score::rescore(workspace, now()).await?;
        settings::set_name(workspace, "Tidewheel", now()).await?;
        eprintln!(
            "{} activities of {} people, {} to {}",
            receipt.activities,
            self.members,
            receipt.from.unwrap_or_default(),
            receipt.to.unwrap_or_default()
        );
        Ok(())
    }
}

fn write(company: &CompanySettings, path: &Path) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    axle_demo::write_company(company, &mut |line| {
        serde_json::to_writer(&mut file, &line)?;
        file.write_all(b"\n")
    })?;
    file.flush()
}
