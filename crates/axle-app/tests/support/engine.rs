//! A query engine for tests: it keeps what it is given, scores from it, and answers the SQL that the pages send.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use axle_model::analytics::{
    ActivityColumns, Analytics, AnalyticsError, Changes, Connected, Directory, FactRows, FactTable, FigureRows,
    GoldenOutcome, Knowledge, MemberDay, Places, Segment, Seq, Table, TypedTable,
};
use axle_model::interchange::FactKind;
use axle_model::kpi::{GoldenCase, KpiAnswer, KpiDefinition, KpiPoint, KpiRequest, Receipt};
use axle_model::settings::ScoreSettings;
use axle_model::time::{Period, local_day};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// One activity: its instant, identity, type, thread and words.
#[derive(Clone)]
struct Row {
    at: i64,
    identity: u32,
    channel: u32,
    activity_type: u32,
    title: Option<String>,
    url: Option<String>,
}

#[derive(Default)]
struct Held {
    directory: Directory,
    rows: Vec<Row>,
    watermark: Seq,
    /// How often members were scored, facts asked for, and the newest activity looked for.
    worked: usize,
    fails: bool,
}

#[derive(Default)]
pub struct Engine(Mutex<Held>);

impl Engine {
    /// How often members were scored, facts of the flywheels asked for, or the newest activity looked for.
    pub fn worked(&self) -> usize {
        self.held().worked
    }

    /// From now on members cannot be scored and no figure is broken down, or both can be again.
    pub fn fail(&self, fails: bool) {
        self.held().fails = fails;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap()
    }
}

impl Held {
    fn member(&self, identity: u32) -> Option<u32> {
        let row = self.directory.identities.iter().find(|row| row.identity_id == identity)?;
        Some(row.member).filter(|member| *member != u32::MAX)
    }

    fn type_key(&self, id: u32) -> &str {
        let row = self.directory.activity_types.iter().find(|row| row.activity_type_id == id);
        row.map_or("", |row| row.key.as_str())
    }

    fn opened(&self) -> Table {
        let rows = self.rows.iter().filter(|row| self.type_key(row.activity_type).ends_with(":opened"));
        let rows = rows.filter_map(|row| {
            let member = &self.directory.members[self.member(row.identity)? as usize];
            let channel = self.directory.channels.iter().find(|channel| channel.channel_id == row.channel)?;
            let id = uuid_text(&member.member_id);
            let at = Timestamp::from_microsecond(row.at).ok()?.to_string();
            let activity = format!("activity-{}", row.at);
            Some(vec![
                json!(activity),
                json!(id),
                json!(member.name),
                json!("interchange"),
                json!(channel.name),
                json!(row.title),
                Value::Null,
                json!(row.url),
                json!(at),
                json!(0),
            ])
        });
        Table { columns: vec!["open".into(); 10], rows: rows.collect(), truncated: false }
    }
}

fn uuid_text(id: &[u8; 16]) -> String {
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[async_trait]
impl Analytics for Engine {
    async fn open(&self, _: Vec<Segment>) -> Result<(), AnalyticsError> {
        Ok(())
    }
    fn watermark(&self) -> Seq {
        self.held().watermark
    }
    async fn read_ahead(&self, _: TimeZone) -> Result<(), AnalyticsError> {
        Ok(())
    }
    async fn set_directory(&self, directory: Directory) -> Result<(), AnalyticsError> {
        self.held().directory = directory;
        Ok(())
    }
    async fn move_members(&self, moves: Vec<(u32, Places)>) -> Result<(), AnalyticsError> {
        let mut held = self.held();
        for (member, affiliations) in moves {
            held.directory.members[member as usize].affiliations = affiliations;
        }
        Ok(())
    }
    async fn set_facts(&self, _: FactTable) -> Result<(), AnalyticsError> {
        Ok(())
    }
    async fn set_part(&self, _: &str, _: u32, _: TypedTable) -> Result<(), AnalyticsError> {
        Ok(())
    }
    async fn facts_watermark(&self, _: FactKind) -> Result<Seq, AnalyticsError> {
        Ok(0)
    }
    async fn append_facts(&self, _: FactRows, _: usize) -> Result<Option<Segment>, AnalyticsError> {
        Ok(None)
    }
    async fn append(&self, columns: ActivityColumns, _: &[Seq]) -> Result<(), AnalyticsError> {
        let mut held = self.held();
        for index in 0..columns.seq.len() {
            held.watermark = held.watermark.max(columns.seq[index]);
            if columns.deleted_at[index].is_some() {
                continue;
            }
            held.rows.push(Row {
                at: columns.occurred_at[index],
                identity: columns.identity[index],
                channel: columns.channel[index],
                activity_type: columns.activity_type[index],
                title: columns.title[index].clone(),
                url: columns.url[index].clone(),
            });
        }
        Ok(())
    }
    async fn compact(&self, _: u64) -> Result<Option<Segment>, AnalyticsError> {
        Ok(None)
    }
    async fn verify(&self, _: &[Segment]) -> Result<Vec<String>, AnalyticsError> {
        Ok(Vec::new())
    }
    async fn clear(&self) -> Result<(), AnalyticsError> {
        *self.held() = Held::default();
        Ok(())
    }
    /// Counts the activities of each period.
    async fn evaluate_knowing(
        &self,
        kpi: &KpiDefinition,
        request: &KpiRequest,
        _: &Knowledge,
    ) -> Result<KpiAnswer, AnalyticsError> {
        self.evaluate(kpi, request).await
    }
    async fn evaluate(&self, kpi: &KpiDefinition, request: &KpiRequest) -> Result<KpiAnswer, AnalyticsError> {
        let held = self.held();
        if held.fails && request.by.is_some() {
            return Err(AnalyticsError::Invalid("there are too many".into()));
        }
        let days: Vec<i32> = held
            .rows
            .iter()
            .map(|row| local_day(Timestamp::from_microsecond(row.at).unwrap(), &TimeZone::UTC))
            .collect();
        let today = local_day(request.as_of, &TimeZone::UTC);
        let points = Period::new(request.from, request.to).unwrap().split(request.grain).into_iter().map(|period| {
            let of_period = period.days();
            KpiPoint {
                start: period.start,
                end: period.end,
                dimensions: BTreeMap::new(),
                value: Some(days.iter().filter(|day| of_period.contains(day)).count() as f64),
                numerator: None,
                denominator: None,
                interval: None,
                low_n: false,
                partial: of_period.contains(&today),
            }
        });
        Ok(KpiAnswer {
            kpi: kpi.id.clone(),
            version: kpi.version,
            unit: kpi.unit,
            measured_in: kpi.measured_in.clone(),
            grain: request.grain,
            time_zone: "UTC".into(),
            as_of: request.as_of,
            from: request.from,
            to: request.to,
            points: points.collect(),
            receipt: Receipt {
                definition: kpi.question.clone(),
                fold: "counts rows".into(),
                sql: kpi.rows.clone(),
                rows_command: "axle kpi rows".into(),
                from: request.from,
                to: request.to,
                as_of: request.as_of,
                time_zone: "UTC".into(),
                business_hours: None,
                rates: Vec::new(),
                revisions: Vec::new(),
                bases: Vec::new(),
                included: Some(days.len() as u64),
                excluded: BTreeMap::new(),
                reads: Vec::new(),
                tables: Vec::new(),
                caveats: Vec::new(),
            },
        })
    }
    fn definition(&self, id: &str, text: &str) -> Result<KpiDefinition, AnalyticsError> {
        let read: Result<KpiDefinition, _> = toml::from_str(text);
        let definition = read.map_err(|error| AnalyticsError::Invalid(format!("{id}.toml: {error}")))?;
        Ok(KpiDefinition { id: id.to_owned(), ..definition })
    }
    /// A case holds unless it is called wrong.
    async fn golden(&self, kpi: &KpiDefinition) -> Vec<GoldenOutcome> {
        let outcome = |case: &GoldenCase| GoldenOutcome {
            kpi: kpi.id.clone(),
            case: case.name.clone(),
            differences: if case.name == "wrong" { vec!["expected 2, got 1".to_owned()] } else { Vec::new() },
        };
        kpi.golden.iter().map(outcome).collect()
    }
    async fn rows(
        &self,
        _: &KpiDefinition,
        _: &KpiRequest,
        skip: usize,
        limit: usize,
    ) -> Result<FigureRows, AnalyticsError> {
        let held = self.held();
        let all: Vec<Vec<Value>> = held.directory.members.iter().map(|member| vec![json!(member.name)]).collect();
        let total = all.len() as u64;
        let rows = all.into_iter().skip(skip).take(limit).collect();
        Ok(FigureRows { table: Table { columns: vec!["name".into()], rows, truncated: false }, total })
    }
    async fn member_days(
        &self,
        members: Option<&[u32]>,
        as_of: Timestamp,
        _: bool,
        _: Option<&ScoreSettings>,
    ) -> Result<Vec<MemberDay>, AnalyticsError> {
        let held = self.held();
        let mut days: BTreeMap<(u32, i32), MemberDay> = BTreeMap::new();
        for row in held.rows.iter().filter(|row| row.at <= as_of.as_microsecond()) {
            let Some(member) = held.member(row.identity) else { continue };
            if members.is_some_and(|members| !members.contains(&member)) {
                continue;
            }
            let day = local_day(Timestamp::from_microsecond(row.at).unwrap(), &TimeZone::UTC);
            let new = MemberDay { member, day, weight: 4, count: 0, first_at: row.at, last_at: row.at };
            let held = days.entry((member, day)).or_insert(new);
            held.count += 1;
            held.first_at = held.first_at.min(row.at);
            held.last_at = held.last_at.max(row.at);
        }
        Ok(days.into_values().collect())
    }
    async fn reach(&self, _: Timestamp) -> Result<HashMap<u32, f64>, AnalyticsError> {
        let mut held = self.held();
        held.worked += 1;
        if held.fails { Err(AnalyticsError::Internal("out of order".into())) } else { Ok(HashMap::new()) }
    }
    async fn connections(&self, _: u32, _: Timestamp) -> Result<Vec<Connected>, AnalyticsError> {
        Ok(Vec::new())
    }
    async fn sql_each(
        &self,
        _: &str,
        _: Timestamp,
        _: &mut (dyn FnMut(TypedTable) + Send),
    ) -> Result<(), AnalyticsError> {
        self.held().worked += 1;
        Ok(())
    }
    async fn sql_among(&self, _: &Changes, queries: &[&str]) -> Result<Vec<TypedTable>, AnalyticsError> {
        Ok(vec![TypedTable::default(); queries.len()])
    }
    async fn sql(&self, query: &str, _: usize, _: Timestamp) -> Result<Table, AnalyticsError> {
        let mut held = self.held();
        held.worked += usize::from(query.contains("from all_days"));
        if query.contains("with asked as") || query.contains("where is_question limit 1") {
            return Ok(held.opened());
        }
        Ok(Table::default())
    }
}
