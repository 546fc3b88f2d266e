//! Small tables of where and what: activity types, channels, threads, organizations.

use std::sync::Arc;

use axle_model::activity::Flags;
use axle_model::catalogue;
use datafusion::arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, UInt8Array, UInt32Array};
use datafusion::error::Result;

use super::days::batch;
use crate::columns::instants;
use crate::directory::DirectoryIndex;
use crate::names::names;

fn text<T: Into<String>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.map(|value| value.map(Into::into)).collect::<StringArray>())
}

/// The table `activity_types`: `activity_type` is the number that other tables carry; what a type says stands in
/// columns `is_question`, `is_answer`, `is_contribution`, … `is_value`: who does it has got something of value (S42).
pub(crate) fn activity_types(directory: &DirectoryIndex) -> Result<RecordBatch> {
    let rows = &directory.directory.activity_types;
    let flag = |flag: Flags| -> ArrayRef {
        let has = |key: &str| catalogue::activity_type(key).is_some_and(|known| known.flags.has(flag));
        Arc::new(rows.iter().map(|row| Some(has(&row.key))).collect::<BooleanArray>())
    };
    let is_value = rows.iter().map(|row| Some(catalogue::is_value(&row.key))).collect::<BooleanArray>();
    batch(vec![
        ("activity_type", Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.activity_type_id)))),
        ("key", text(rows.iter().map(|row| Some(row.key.clone())))),
        ("weight", Arc::new(UInt8Array::from_iter_values(rows.iter().map(|row| row.weight)))),
        ("is_question", flag(Flags::QUESTION)),
        ("is_answer", flag(Flags::ANSWER)),
        ("is_contribution", flag(Flags::CONTRIBUTION)),
        ("is_advocacy", flag(Flags::ADVOCACY)),
        ("is_feedback", flag(Flags::FEEDBACK)),
        ("is_join", flag(Flags::JOIN)),
        ("is_like", flag(Flags::LIKE)),
        ("is_share", flag(Flags::SHARE)),
        ("is_comment", flag(Flags::COMMENT)),
        ("is_attendance", flag(Flags::ATTENDANCE)),
        ("is_referral", flag(Flags::REFERRAL)),
        ("is_value", Arc::new(is_value)),
    ])
}

/// The table `channels`.
pub(crate) fn channels(directory: &DirectoryIndex) -> Result<RecordBatch> {
    let rows = &directory.directory.channels;
    let sources = names(&directory.directory, "source");
    let source = |id: u32| sources.get(id as usize).cloned().flatten();
    batch(vec![
        ("channel", text(rows.iter().map(|row| Some(row.name.clone())))),
        ("source", text(rows.iter().map(|row| source(row.source_id)))),
        ("kind", text(rows.iter().map(|row| Some(row.kind.clone())))),
        ("is_qa", Arc::new(rows.iter().map(|row| Some(row.is_qa)).collect::<BooleanArray>())),
    ])
}

/// The table `threads`.
pub(crate) fn threads(directory: &DirectoryIndex) -> Result<RecordBatch> {
    let rows = &directory.directory.threads;
    let channels = names(&directory.directory, "channel");
    let sources = names(&directory.directory, "source");
    let name = |names: &[Option<String>], id: u32| names.get(id as usize).cloned().flatten();
    batch(vec![
        ("thread_id", text(rows.iter().map(|row| Some(row.external_id.clone())))),
        ("source", text(rows.iter().map(|row| name(&sources, directory.source_of(row.channel_id))))),
        ("channel", text(rows.iter().map(|row| name(&channels, row.channel_id)))),
        ("title", text(rows.iter().map(|row| row.title.clone()))),
        ("is_closed", Arc::new(rows.iter().map(|row| Some(row.closed_at.is_some())).collect::<BooleanArray>())),
        ("closed_at", Arc::new(instants(rows.iter().map(|row| row.closed_at.flatten())))),
    ])
}

/// The table `thread_names`: what threads are called, by the number that other tables carry.
pub(crate) fn thread_names(directory: &DirectoryIndex) -> Result<RecordBatch> {
    let rows = &directory.directory.threads;
    batch(vec![
        ("thread", Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| row.thread_id)))),
        ("thread_id", text(rows.iter().map(|row| Some(row.external_id.clone())))),
        ("title", text(rows.iter().map(|row| row.title.clone()))),
    ])
}

/// The table `organizations`, where the application hands over none of its own.
pub(crate) fn organizations(directory: &DirectoryIndex) -> Result<RecordBatch> {
    let rows = &directory.directory.organizations;
    batch(vec![
        ("organization_id", text(rows.iter().map(|row| Some(row.organization_id.clone())))),
        ("name", text(rows.iter().map(|row| Some(row.name.clone())))),
        ("lifecycle", text(rows.iter().map(|row| row.lifecycle.clone()))),
    ])
}
