//! Sources, and the upload of an export.

use std::collections::HashMap;
use std::path::{Path as FilePath, PathBuf};

use axle_app::background::{discard_upload, place_for_upload};
use axle_app::import::ImportOptions;
use axle_app::reconcile::Counts;
use axle_app::{AppError, AppResult, Workspace, by_hand, figures, reconcile, sources};
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use jiff::Timestamp;
use tokio::io::AsyncWriteExt;

use super::imports;
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::pages::layout::Section;
use crate::pages::source::share;
use crate::pages::sources::{SourceLine, SourcesPage, UploadForm};
use crate::visit::Visit;

/// The largest export that is taken over HTTP; `axle import` reads larger ones.
pub(super) const UPLOAD_BYTES: usize = 2 << 30;

/// Imports on the page.
const IMPORTS: u32 = 20;
/// Imports that a source's records are summed over.
const ALL_IMPORTS: u32 = 10_000;

/// What a source holds, and what it counts itself.
#[derive(Debug)]
pub(crate) struct Coverage {
    source: String,
    activities: u64,
    members: u64,
    covers: Option<(Timestamp, Timestamp)>,
    counts: Counts,
}

/// What each source holds, from the public tables.
pub(crate) async fn coverage(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Coverage>> {
    let query = "select source, count(*) as activities, count(distinct member_id) as members,
                        min(occurred_at) as first, max(occurred_at) as last from activities group by source";
    let table = figures::sql(workspace, query, 10_000, now).await?;
    let own = reconcile::all(workspace).await?;
    let at = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse().ok());
    let read = |row: &Vec<serde_json::Value>| match row.as_slice() {
        [source, activities, members, first, last] => Some(Coverage {
            source: source.as_str()?.to_owned(),
            activities: activities.as_u64().unwrap_or(0),
            members: members.as_u64().unwrap_or(0),
            covers: at(first).zip(at(last)),
            counts: own.source(source.as_str()?),
        }),
        _ => None,
    };
    Ok(table.rows.iter().filter_map(read).collect())
}

/// `GET /{workspace}/sources`
pub(crate) async fn page(visit: Visit) -> Answer {
    shown(&visit, form(String::new(), String::new(), None), StatusCode::OK).await
}

fn form(format: String, source: String, problem: Option<String>) -> UploadForm {
    let formats = sources::formats().into_iter().map(|format| (format.format.to_owned(), format.title.to_owned()));
    UploadForm { formats: formats.collect(), format, source, limit: UPLOAD_BYTES as u64, problem }
}

async fn shown(visit: &Visit, upload: UploadForm, status: StatusCode) -> Answer {
    let workspace = &visit.opened.workspace;
    let runs = sources::runs(workspace, ALL_IMPORTS, visit.clock.now).await?;
    let mut stored: HashMap<i64, u64> = HashMap::new();
    for run in &runs {
        let receipt = run.receipt.as_deref().and_then(|json| serde_json::from_str::<serde_json::Value>(json).ok());
        let records = receipt.and_then(|receipt| receipt["stored"].as_u64()).unwrap_or(0);
        *stored.entry(run.source_id.unwrap_or_default()).or_default() += records;
    }
    let covered = visit.opened.coverage(visit.clock.now).await?;
    let lines = imports::lines(visit, runs).await?;
    let known = sources::list(workspace).await?;
    let line = |source: sources::SourceSummary| {
        let covered = covered.iter().find(|covered| covered.source == source.name);
        SourceLine {
            latest: lines.iter().find(|line| line.source == source.name).cloned(),
            records: stored.get(&i64::from(source.source_id)).copied().unwrap_or(0),
            activities: covered.map_or(0, |covered| covered.activities),
            members: covered.map_or(0, |covered| covered.members),
            covers: covered.and_then(|covered| covered.covers),
            reconciled: covered.filter(|covered| covered.counts.counted > 0).map(|covered| share(&covered.counts)),
            link: visit.link("sources").below(&source.name).below("counts"),
            name: source.name,
            format: source.format,
        }
    };
    let mut sources: Vec<SourceLine> = known.into_iter().map(line).collect();
    // What people say here is no source to care for.
    let is_by_hand = |source: &SourceLine| source.name == by_hand::SOURCE && source.latest.is_none();
    sources.retain(|source| !is_by_hand(source) || source.activities > 0);
    // Those whose latest import failed need a person.
    sources.sort_by_key(|source| {
        source.latest.as_ref().is_none_or(|import| import.state != crate::pages::sources::ImportState::Failed)
    });
    let mut imports = lines;
    imports.truncate(IMPORTS as usize);
    let page = SourcesPage { layout: visit.layout("Sources", Section::Sources), sources, imports, upload };
    Ok((status, html(&page)?).into_response())
}

#[derive(Default)]
struct Upload {
    file: Option<PathBuf>,
    source: String,
    format: String,
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            discard_upload(&file);
        }
    }
}

/// `POST /{workspace}/sources/import`
pub(crate) async fn upload(visit: Visit, mut parts: Multipart) -> Answer {
    visit.must_manage_sources()?;
    let mut upload = Upload::default();
    let problem = match receive(&visit, &mut parts, &mut upload).await {
        Ok(()) => None,
        Err(Failure::Invalid(problem)) => Some(problem),
        Err(failure) => return Err(failure),
    };
    let (source, format) = (upload.source.trim().to_owned(), upload.format.clone());
    let problem = match (problem, upload.file.take()) {
        (Some(problem), file) => {
            upload.file = file;
            problem
        }
        (None, None) => "Choose a file first.".into(),
        (None, Some(file)) => {
            let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
            let options = ImportOptions { format: given(&format), source: given(&source), ..ImportOptions::default() };
            let opened = &visit.opened;
            match opened.imports.start(&opened.workspace, file, options, visit.state.clock()).await {
                Ok(run) => {
                    let link = visit.link("imports").below(run.to_string());
                    return Ok(Redirect::to(&link.to_string()).into_response());
                }
                Err(AppError::Invalid(problem)) => problem,
                Err(AppError::Source(error)) => error.to_string(),
                Err(error) => return Err(error.into()),
            }
        }
    };
    shown(&visit, form(format, source, Some(problem)), StatusCode::UNPROCESSABLE_ENTITY).await
}

/// Reads the form. The file is written as it comes; the token must have come before it.
async fn receive(visit: &Visit, parts: &mut Multipart, upload: &mut Upload) -> Result<(), Failure> {
    let mut is_ours = false;
    while let Some(field) = parts.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default() {
            "csrf" => {
                visit.check_form(&short(field).await?)?;
                is_ours = true;
            }
            _ if !is_ours => return Err(Failure::Forged),
            "source" => upload.source = short(field).await?,
            "format" => upload.format = short(field).await?,
            "file" if upload.file.is_none() => {
                let name = field.file_name().unwrap_or_default().to_owned();
                if name.is_empty() {
                    continue;
                }
                let path = place_for_upload(&visit.opened.workspace, &name)?;
                upload.file = Some(path.clone());
                save(field, &path).await?;
            }
            _ => {}
        }
    }
    if is_ours { Ok(()) } else { Err(Failure::Forged) }
}

fn broken(error: MultipartError) -> Failure {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let limit = format::bytes(UPLOAD_BYTES as u64);
        return Failure::Invalid(format!("The file is larger than {limit}: run `axle import` on the server instead."));
    }
    Failure::Invalid("The upload broke off. Send the file again.".into())
}

/// A field that people type.
async fn short(mut field: Field<'_>) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > 1_000 {
            return Err(Failure::Invalid("What was typed is too long.".into()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn save(mut field: Field<'_>, path: &FilePath) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Failed(format!("an upload could not be written: {error}"));
    let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
    let mut size = 0;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        size += chunk.len();
        if size > UPLOAD_BYTES {
            let limit = format::bytes(UPLOAD_BYTES as u64);
            return Err(Failure::Invalid(format!(
                "The file is larger than {limit}: run `axle import` on the server instead."
            )));
        }
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)
}
