//! Folds: how the rows of a definition become values. A definition names one in `value` and sets its `options`.

mod cells;
mod compared;
mod each;
mod grouped;
mod matrix;
mod series;
mod values;

use std::ops::Range;

use axle_model::kpi::toml_value::Value;
use axle_model::kpi::{BEGINNING, KpiDefinition, Unit};
use axle_model::time::{LocalDay, day_of_date};
use datafusion::error::Result;

use cells::few_points;
pub(crate) use cells::{Cell, MOST_POINTS};
pub(crate) use grouped::Rows;

use crate::operators::lifecycle::Measure;
use crate::periods::Periods;

/// A fold with its options, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fold {
    /// Rows, or the sum of `value`.
    Sum { of_rows: bool },
    /// The sum of `value` of all rows up to the period's end.
    Stock,
    /// `sum(numerator) / sum(denominator)`; `is_share` when the numerator is part of the denominator. `once_per_id`
    /// takes an id's greatest numerator and denominator of the period first.
    Ratio { is_percent: bool, is_share: bool, once_per_id: bool },
    /// As a share; broken down by `part`, each part's share of the denominators of all, or of the column `size`.
    PartOf { part: String },
    /// Distinct `id`s by lifecycle; `is_share` divides by those of the period before.
    Lifecycle { measure: Measure, is_share: bool },
    /// Ids by the period of their first row and age; `cumulative` counts who comes again at any later time.
    Cohorts { cumulative: bool },
    /// Distinct `id`s of a trailing window.
    Rolling { window: i32 },
    /// Distinct `(id, item)` by distinct `id` of a trailing window; `of_window` divides by its days as well.
    RollingRatio { window: i32, of_window: bool },
    /// Ids with a row where `is_engaged`, of those with a row before the period.
    Engaged,
    /// Kaplan-Meier percentile of `seconds`, ended where `event`; 50 is the median.
    Percentile { percent: u8 },
    /// Mean of `value`, with its interval.
    Average,
    /// The middle `value`.
    Middle,
    /// Least number of `id`s that make up half of the sum of `value`.
    SmallestSet,
    /// Of the rows of a group, the share of each part: points have the dimensions `of` and `part`.
    Shares { of: String, part: String },
    /// The sum of `value` of each pair of texts: points have the dimensions `of` and `part`.
    Matrix { of: String, part: String },
    /// The change of the sum of `value` from the period before.
    Growth,
    /// Whether there are more rows of late than chance explains.
    Trend,
    /// The share that the `top` ids have of the sum of `value`.
    TopShare { top: usize },
    /// Of distinct `id`s, the share with at least so many rows.
    Repeats { at_least: i64 },
    /// Of distinct `id`s, the share with a row before the period.
    CameBefore,
    /// Of `id`s with a row before the period, the share with one in it.
    EngagedAgain { lapsed_days: i32 },
    /// Restricted mean of `seconds`, ended where `event`, in months.
    RestrictedMean { horizon_months: i64 },
    /// Distinct pairs `(member, other)` by all pairs of those who took part; a row with `other = member` says that
    /// somebody did.
    Density,
    /// Ids ranked by distinct `item`s, then by the sums of `columns`; `subject` is what an id is called. Beside them stand the
    /// medians of other columns.
    Table { subject: String, columns: Vec<String>, medians: Vec<String>, limit: usize },
}

/// Every fold, with the options that it takes beside the common ones.
const FOLDS: &[(&str, &[&str])] = &[
    ("count", &[]),
    ("sum", &[]),
    ("stock", &[]),
    ("ratio", &["is_share", "once_per_id"]),
    ("part_of", &["part"]),
    ("growth", &[]),
    ("trend", &[]),
    ("top_share", &["top"]),
    ("repeats", &["at_least"]),
    ("came_before", &[]),
    ("engaged_again", &["lapsed_days"]),
    ("restricted_mean", &["horizon_months"]),
    ("mean", &[]),
    ("distinct", &[]),
    ("cumulative", &[]),
    ("returning", &[]),
    ("resurrected", &[]),
    ("lost", &[]),
    ("retention", &[]),
    ("cohorts", &["cumulative"]),
    ("rolling", &["window_days"]),
    ("rolling_ratio", &["window_days"]),
    ("stickiness", &["window_days"]),
    ("engaged", &[]),
    ("km_median", &[]),
    ("km_percentile", &["percent"]),
    ("average", &[]),
    ("median", &[]),
    ("smallest_set", &[]),
    ("density", &[]),
    ("shares", &["of", "part"]),
    ("matrix", &["of", "part"]),
    ("table", &["columns", "medians", "limit", "subject"]),
];

/// Options that any fold takes.
const COMMON_OPTIONS: &[&str] = &["needs", "wants", "each"];

impl Fold {
    /// The fold that a definition names. The error says which key is wrong.
    pub(crate) fn of(kpi: &KpiDefinition) -> Result<Self, String> {
        let lifecycle = |measure| Self::Lifecycle { measure, is_share: false };
        let is_percent = kpi.unit == Unit::Percent;
        let no_fold = || format!("`value` names no fold: {}", kpi.value);
        let (_, known) = FOLDS.iter().find(|(name, _)| *name == kpi.value).ok_or_else(no_fold)?;
        let fold = match kpi.value.as_str() {
            "count" => Self::Sum { of_rows: true },
            "sum" => Self::Sum { of_rows: false },
            "stock" => Self::Stock,
            "ratio" => {
                let is_share = is_percent && flag(kpi, "is_share", true)?;
                Self::Ratio { is_percent, is_share, once_per_id: flag(kpi, "once_per_id", false)? }
            }
            "part_of" => Self::PartOf { part: text(kpi, "part")?.ok_or("`options.part` is missing")? },
            "growth" => Self::Growth,
            "trend" => Self::Trend,
            "top_share" => Self::TopShare { top: number(kpi, "top")?.ok_or("`options.top` is missing")? as usize },
            "repeats" => Self::Repeats { at_least: number(kpi, "at_least")?.unwrap_or(2) },
            "came_before" => Self::CameBefore,
            "engaged_again" => Self::EngagedAgain { lapsed_days: number(kpi, "lapsed_days")?.unwrap_or(0) as i32 },
            "restricted_mean" => {
                let horizon = number(kpi, "horizon_months")?.ok_or("`options.horizon_months` is missing")?;
                Self::RestrictedMean { horizon_months: horizon }
            }
            "mean" => Self::Ratio { is_percent: false, is_share: false, once_per_id: false },
            "distinct" => lifecycle(Measure::Active),
            "cumulative" => lifecycle(Measure::Cumulative),
            "returning" => lifecycle(Measure::Returning),
            "resurrected" => lifecycle(Measure::Resurrected),
            "lost" => lifecycle(Measure::Lost),
            "retention" => Self::Lifecycle { measure: Measure::Returning, is_share: true },
            "cohorts" => Self::Cohorts { cumulative: flag(kpi, "cumulative", false)? },
            "rolling" => Self::Rolling { window: window(kpi)? },
            "rolling_ratio" => Self::RollingRatio { window: window(kpi)?, of_window: false },
            "stickiness" => Self::RollingRatio { window: window(kpi)?, of_window: true },
            "engaged" => Self::Engaged,
            "km_median" => Self::Percentile { percent: 50 },
            "km_percentile" => {
                let percent = number(kpi, "percent")?.and_then(|percent| u8::try_from(percent).ok());
                let percent = percent.filter(|percent| *percent < 100);
                Self::Percentile { percent: percent.ok_or("`options.percent` is a whole number from 1 to 99")? }
            }
            "average" => Self::Average,
            "median" => Self::Middle,
            "smallest_set" => Self::SmallestSet,
            "density" => Self::Density,
            value @ ("shares" | "matrix") => {
                let name = |key| text(kpi, key)?.ok_or_else(|| format!("`options.{key}` is missing"));
                let (of, part) = (name("of")?, name("part")?);
                if value == "shares" { Self::Shares { of, part } } else { Self::Matrix { of, part } }
            }
            "table" => {
                let columns = |key| {
                    let names = text(kpi, key)?.unwrap_or_default();
                    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
                    Ok::<Vec<String>, String>(names.collect())
                };
                let subject = text(kpi, "subject")?.unwrap_or_else(|| "member".into());
                let limit = number(kpi, "limit")?.unwrap_or(50) as usize;
                Self::Table { subject, columns: columns("columns")?, medians: columns("medians")?, limit }
            }
            _ => return Err(no_fold()),
        };
        match kpi.options.keys().find(|key| !known.contains(&key.as_str()) && !COMMON_OPTIONS.contains(&key.as_str())) {
            Some(key) => Err(format!("`options.{key}` means nothing to the fold {}", kpi.value)),
            None => Ok(fold),
        }
    }

    /// Tables of facts without which a definition says nothing; of those parted by `/`, any one will do.
    pub(crate) fn needs(kpi: &KpiDefinition) -> Vec<&str> {
        list(kpi, "needs")
    }

    /// Tables of facts without which a part of a figure is not measured.
    pub(crate) fn wants(kpi: &KpiDefinition) -> Vec<&str> {
        list(kpi, "wants")
    }

    /// The value of a period without rows.
    pub(crate) fn of_nothing(&self) -> Option<f64> {
        matches!(self, Self::Sum { .. } | Self::Stock | Self::Lifecycle { is_share: false, .. } | Self::Rolling { .. })
            .then_some(0.0)
    }

    /// Whether points come with dimensions of the fold's own, which nobody asked for.
    pub(crate) fn has_own_dimensions(&self) -> bool {
        matches!(self, Self::Cohorts { .. } | Self::Table { .. } | Self::Shares { .. } | Self::Matrix { .. })
    }

    /// The local days whose rows the points are made of: ranges that rise and do not touch.
    pub(crate) fn days(&self, periods: &Periods) -> Vec<Range<LocalDay>> {
        let first = match self {
            Self::Rolling { window } | Self::RollingRatio { window, .. } => return windows(periods, *window),
            Self::Trend => periods.days.start - 63,
            Self::Growth | Self::Lifecycle { measure: Measure::Returning | Measure::Lost | Measure::Before, .. } => {
                periods.before
            }
            Self::Stock
            | Self::Lifecycle { measure: Measure::Resurrected | Measure::Cumulative, .. }
            | Self::Cohorts { .. }
            | Self::Engaged
            | Self::EngagedAgain { .. }
            | Self::CameBefore => day_of_date(BEGINNING),
            _ => periods.days.start,
        };
        let days = first..periods.days.end;
        vec![days]
    }

    /// What the fold does, in words.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Sum { of_rows: true } => "rows in the period".into(),
            Self::Sum { of_rows: false } => "sum of `value` in the period".into(),
            Self::Stock => "sum of `value` up to the end of the period".into(),
            Self::Ratio { is_percent, once_per_id, .. } => {
                let scale = if *is_percent { "100 * " } else { "" };
                let each = if *once_per_id { "of each id's greatest numerator and denominator " } else { "" };
                format!("{scale}sum(numerator) / sum(denominator) {each}in the period")
            }
            Self::Lifecycle { is_share: true, .. } => "100 * ids of the period before that came again / all of the period before".into(),
            Self::Lifecycle { measure, .. } => match measure {
                Measure::Active => "distinct ids in the period",
                Measure::Returning => "distinct ids in the period and in the one before",
                Measure::Resurrected => "distinct ids in the period, not in the one before, but earlier",
                Measure::Lost => "distinct ids in the period before that are not in this one",
                Measure::Before => "distinct ids in the period before",
                Measure::Cumulative => "distinct ids up to the end of the period",
            }
            .into(),
            Self::Cohorts { cumulative: true } => "100 * ids of the cohort active at that age or later in the window / ids of the cohort; the cohort is the period of an id's first row".into(),
            Self::Cohorts { cumulative: false } => "100 * ids of the cohort active at that age / ids of the cohort; the cohort is the period of an id's first row".into(),
            Self::Rolling { window: 1 } => "distinct ids on the period's last complete day".into(),
            Self::Rolling { window } => format!("distinct ids on the {window} complete days that end with the period's last complete day"),
            Self::RollingRatio { window, of_window: false } => {
                format!("distinct (id, item) / distinct ids on the {window} complete days that end with the period's last complete day")
            }
            Self::RollingRatio { window, of_window: true } => format!(
                "100 * mean distinct ids a day / distinct ids, over the {window} complete days that end with the period's last complete day"
            ),
            Self::Engaged => "100 * ids engaged in the period / ids known when it began".into(),
            Self::Percentile { percent: 50 } => "Kaplan-Meier median of `seconds` of the rows in the period; what has not ended is censored".into(),
            Self::Percentile { percent } => format!("Kaplan-Meier estimate of the `seconds` within which {percent} % of the rows in the period end; what has not ended is censored; not defined where fewer end"),
            Self::Average => "mean of `value` of the rows in the period; the interval is 1.96 standard errors each way".into(),
            Self::Middle => "middle `value` of the rows in the period".into(),
            Self::SmallestSet => "least number of ids that make up half of the sum of `value` in the period".into(),
            Self::Shares { of, part } => format!("100 * rows of each {part} / rows of the {of}, in the period"),
            Self::PartOf { part } => format!("100 * sum(numerator) / sum(denominator) in the period; by {part}, 100 * the {part}'s `size`, else its denominators, / those of all"),
            Self::Matrix { of, part } => format!("sum of `value` of each {of} and {part} in the period"),
            Self::Growth => "100 * (sum of `value` in the period - that of the period before) / that of the period before; a period that is not over has none".into(),
            Self::Trend => "1 where 10 and more rows lie on the seven complete days that end with the period's last one and chance (Poisson, the mean of the eight weeks before) gives as many with less than 1 %, else 0".into(),
            Self::TopShare { top } => format!("100 * sum of `value` of the {top} ids with most / that of all, in the period"),
            Self::Repeats { at_least } => format!("100 * ids with {at_least} and more rows in the period / distinct ids in the period"),
            Self::CameBefore => "100 * ids of the period with a row before it / distinct ids in the period".into(),
            Self::EngagedAgain { lapsed_days: 0 } => "100 * ids with a row in the period / ids with a row before it, of these".into(),
            Self::EngagedAgain { lapsed_days } => format!("100 * ids with a row in the period / ids with a row before it, but none within the {lapsed_days} days before it, of these"),
            Self::RestrictedMean { horizon_months } => format!("area under the Kaplan-Meier curve of `seconds` up to {horizon_months} months, or to where a tenth is still watched, in months of 30.4375 days"),
            Self::Density => "distinct pairs that met / (n * (n - 1) / 2), n being those who took part".into(),
            Self::Table { .. } => "ids ranked by distinct items in the period".into(),
        }
    }

    /// The values of all periods, for each value of the dimensions over which nothing is added up.
    pub(crate) async fn cells_of_each(&self, rows: Rows<'_>, each: &[&str]) -> Result<Vec<Cell>> {
        if each.is_empty() { self.cells(rows).await } else { each::cells(self, rows, each).await }
    }

    /// The values of all periods, no more than an answer may have.
    async fn cells(&self, rows: Rows<'_>) -> Result<Vec<Cell>> {
        let cells = self.folded(rows).await?;
        few_points(cells.len())?;
        Ok(cells)
    }

    async fn folded(&self, rows: Rows<'_>) -> Result<Vec<Cell>> {
        match self {
            Self::Sum { of_rows } => grouped::sum(rows, *of_rows).await,
            Self::Stock => grouped::stock(rows).await,
            Self::Ratio { is_percent, is_share, once_per_id } => {
                grouped::ratio(rows, *is_percent, *is_share, *once_per_id).await
            }
            Self::PartOf { part } => grouped::part_of(rows, part).await,
            Self::Matrix { of, part } => matrix::matrix(rows, of, part).await,
            Self::Growth => compared::growth(rows).await,
            Self::Trend => compared::trend(rows).await,
            Self::TopShare { top } => compared::top_share(rows, *top).await,
            Self::Repeats { at_least } => compared::repeats(rows, *at_least as f64).await,
            Self::CameBefore => compared::came_before(rows).await,
            Self::EngagedAgain { lapsed_days } => compared::engaged_again(rows, *lapsed_days).await,
            Self::RestrictedMean { horizon_months } => compared::restricted_mean(rows, *horizon_months).await,
            Self::Percentile { percent } => grouped::percentile(rows, *percent).await,
            Self::Average => values::average(rows).await,
            Self::Middle => grouped::middle(rows).await,
            Self::SmallestSet => grouped::smallest(rows).await,
            Self::Lifecycle { measure, is_share } => series::lifecycle(rows, *measure, *is_share).await,
            Self::Rolling { window } => series::rolling(rows, *window).await,
            Self::RollingRatio { window, of_window } => series::rolling_ratio(rows, *window, *of_window).await,
            Self::Engaged => series::engaged(rows).await,
            Self::Cohorts { cumulative } => matrix::cohorts(rows, *cumulative).await,
            Self::Shares { of, part } => matrix::shares(rows, of, part).await,
            Self::Density => series::density(rows).await,
            Self::Table { subject, columns, medians, limit } => {
                matrix::table(rows, subject, columns, medians, *limit).await
            }
        }
    }
}

/// The trailing windows of the periods that have begun, joined where they touch.
fn windows(periods: &Periods, days: i32) -> Vec<Range<LocalDay>> {
    let mut joined: Vec<Range<LocalDay>> = Vec::new();
    for slot in periods.slots.iter().filter(|slot| slot.begun) {
        let window = slot.as_of_day - days..slot.as_of_day;
        match joined.last_mut() {
            Some(last) if window.start <= last.end => last.end = window.end,
            _ => joined.push(window),
        }
    }
    joined
}

fn list<'a>(kpi: &'a KpiDefinition, key: &str) -> Vec<&'a str> {
    match kpi.options.get(key) {
        Some(Value::Text(names)) => names.split(',').map(str::trim).collect(),
        _ => Vec::new(),
    }
}

fn flag(kpi: &KpiDefinition, key: &str, default: bool) -> Result<bool, String> {
    match kpi.options.get(key) {
        None => Ok(default),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(format!("`options.{key}` is true or false")),
    }
}

fn text(kpi: &KpiDefinition, key: &str) -> Result<Option<String>, String> {
    match kpi.options.get(key) {
        None => Ok(None),
        Some(Value::Text(value)) => Ok(Some(value.clone())),
        Some(_) => Err(format!("`options.{key}` is a text")),
    }
}

fn number(kpi: &KpiDefinition, key: &str) -> Result<Option<i64>, String> {
    match kpi.options.get(key) {
        None => Ok(None),
        Some(Value::Integer(value)) if (1..=3_660).contains(value) => Ok(Some(*value)),
        Some(_) => Err(format!("`options.{key}` is a whole number from 1 to 3660")),
    }
}

fn window(kpi: &KpiDefinition) -> Result<i32, String> {
    let days = number(kpi, "window_days")?.ok_or("`options.window_days` is missing")?;
    Ok(days as i32)
}

#[cfg(test)]
mod tests {
    use axle_model::kpi::KpiRequest;
    use axle_model::time::{Grain, date_of_day};
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn rows_matter_from_where_a_fold_looks() {
        let (from, to) = (date(2026, 3, 1), date(2026, 5, 1));
        let as_of = "2026-05-01T00:00:00Z".parse().unwrap();
        let request = KpiRequest { from, to, grain: Grain::Month, by: None, filter: None, as_of };
        let periods = Periods::new(&request, &TimeZone::UTC).unwrap();
        let first = |fold: Fold| date_of_day(fold.days(&periods)[0].start);
        let lifecycle = |measure, is_share| Fold::Lifecycle { measure, is_share };
        for fold in [Fold::Sum { of_rows: true }, Fold::Average, lifecycle(Measure::Active, false)] {
            assert_eq!(first(fold), date(2026, 3, 1));
        }
        // March is held against February.
        for fold in [Fold::Growth, lifecycle(Measure::Returning, true), lifecycle(Measure::Lost, false)] {
            assert_eq!(first(fold), date(2026, 2, 1));
        }
        // The window of 30 days that ends before 1 April begins on 2 March; that of 60 on 31 January.
        assert_eq!(first(Fold::Rolling { window: 30 }), date(2026, 3, 2));
        assert_eq!(first(Fold::Rolling { window: 60 }), date(2026, 1, 31));
        let cohorts = Fold::Cohorts { cumulative: false };
        let all = [Fold::Stock, cohorts, Fold::Engaged, Fold::CameBefore, Fold::EngagedAgain { lapsed_days: 0 }];
        for fold in all.into_iter().chain([Measure::Resurrected, Measure::Cumulative].map(|one| lifecycle(one, false)))
        {
            assert_eq!(first(fold), BEGINNING);
        }
    }

    /// Of days between the windows nobody is counted; windows that touch or overlap are one stretch.
    #[test]
    fn a_trailing_window_holds_the_days_that_end_with_a_period() {
        let days = |window, grain, as_of: &str| {
            let (from, to) = (date(2026, 3, 1), date(2026, 5, 1));
            let request = KpiRequest { from, to, grain, by: None, filter: None, as_of: as_of.parse().unwrap() };
            let periods = Periods::new(&request, &TimeZone::UTC).unwrap();
            let ranges = Fold::RollingRatio { window, of_window: false }.days(&periods).into_iter();
            ranges.map(|days| (date_of_day(days.start), date_of_day(days.end))).collect::<Vec<_>>()
        };
        let (over, half) = ("2026-05-01T00:00:00Z", "2026-03-20T12:00:00Z");
        let (march, april) = ((date(2026, 3, 31), date(2026, 4, 1)), (date(2026, 4, 30), date(2026, 5, 1)));
        assert_eq!(days(1, Grain::Month, over), [march, april]);
        assert_eq!(days(30, Grain::Month, over), [(date(2026, 3, 2), date(2026, 5, 1))]);
        assert_eq!(days(7, Grain::Day, over), [(date(2026, 2, 23), date(2026, 5, 1))]);
        assert_eq!(days(7, Grain::Total, over), [(date(2026, 4, 24), date(2026, 5, 1))]);
        // March is not over, and April has not begun.
        assert_eq!(days(7, Grain::Month, half), [(date(2026, 3, 13), date(2026, 3, 20))]);
    }

    #[test]
    fn a_ratio_says_whether_it_takes_each_id_once() {
        let ratio = |is_percent, once_per_id| Fold::Ratio { is_percent, is_share: false, once_per_id }.describe();
        assert_eq!(ratio(true, false), "100 * sum(numerator) / sum(denominator) in the period");
        let once = "sum(numerator) / sum(denominator) of each id's greatest numerator and denominator in the period";
        assert_eq!(ratio(false, true), once);
    }

    #[test]
    fn the_guide_and_the_editor_name_every_fold_table_and_function() {
        const GUIDE: &str = include_str!("../../../../docs/guide/own-kpis.md");
        const EDITOR: &str = include_str!("../../../axle-server/templates/kpi_editor.html");
        let is_in_editor =
            |name: &str| EDITOR.contains(&format!("<code>{name}</code>")) || EDITOR.contains(&format!("<code>{name}("));
        let is_named = |name: &str| GUIDE.contains(&format!("`{name}`")) || GUIDE.contains(&format!("`{name}("));
        let text = "group = 'x'\ntitle = 'x'\nquestion = 'x'\nunit = 'count'\nvalue = 'VALUE'\nrows = 'select 1'";
        for (name, options) in FOLDS {
            assert!(is_named(name) && is_in_editor(name), "{name}");
            let kpi: KpiDefinition = toml::from_str(&text.replace("VALUE", name)).unwrap();
            let wrong = Fold::of(&kpi).err().unwrap_or_default();
            assert!(!wrong.contains("names no fold"), "{name} is read");
            for option in *options {
                let is_set = GUIDE.contains(&format!("`{option} = "));
                assert!(is_named(option) || is_set, "the option {option} of {name}");
            }
        }
        let tables = crate::tables::made().chain(crate::tables::queries::names());
        for name in tables.chain(COMMON_OPTIONS.iter().map(|name| (*name).to_owned())) {
            assert!(is_named(&name) && is_in_editor(&name), "{name}");
        }
        for (name, _) in crate::tables::scores::FUNCTIONS {
            assert!(is_named(name) && is_in_editor(name), "{name}");
        }
    }

    #[test]
    fn definitions_say_what_nothing_is_as_their_folds_do() {
        for kpi in crate::catalogue(None).unwrap() {
            assert_eq!(kpi.of_nothing(), Fold::of(&kpi).unwrap().of_nothing(), "{}", kpi.id);
        }
    }
}
