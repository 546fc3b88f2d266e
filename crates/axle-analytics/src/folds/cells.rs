//! The values that folds make, and how many an answer may have.

use axle_model::analytics::AnalyticsError;
use datafusion::error::{DataFusionError, Result};

/// One value in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    pub period: usize,
    pub dimensions: Vec<(String, String)>,
    pub value: Option<f64>,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    /// The numerator is part of the denominator, so that an interval makes sense.
    pub is_share: bool,
    /// 95 % interval of a value that is no share.
    pub interval: Option<(f64, f64)>,
}

impl Cell {
    /// `numerator / denominator * scale`, not defined over nothing (convention C7).
    pub(super) fn ratio(period: usize, numerator: f64, denominator: f64, scale: f64) -> Self {
        let value = (denominator > 0.0).then(|| numerator / denominator * scale);
        Self { period, value, numerator: Some(numerator), denominator: Some(denominator), ..Self::default() }
    }

    pub(super) fn value(period: usize, value: Option<f64>) -> Self {
        Self { period, value, ..Self::default() }
    }

    pub(super) fn share(self) -> Self {
        Self { is_share: true, ..self }
    }

    pub(super) fn of(self, dimensions: Vec<(String, String)>) -> Self {
        Self { dimensions, ..self }
    }
}

/// Points that an answer may have: periods by parts, or cohorts by ages. They are about 200 MB.
pub(crate) const MOST_POINTS: usize = 200_000;

/// Numbers that a fold may hold for them at once, of all parts and periods. They are 160 MB.
const MOST_NUMBERS: usize = 20_000_000;

/// The values in the making, no more than an answer may have.
#[derive(Debug, Default)]
pub(super) struct Cells(pub Vec<Cell>);

impl Cells {
    pub(super) fn push(&mut self, cell: Cell) -> Result<()> {
        few_points(self.0.len() + 1)?;
        self.0.push(cell);
        Ok(())
    }
}

/// Fails where an answer has more points than it may have.
pub(super) fn few_points(points: usize) -> Result<()> {
    if points <= MOST_POINTS { Ok(()) } else { Err(too_many()) }
}

/// Fails where a fold holds more numbers than it may.
pub(super) fn few_numbers(numbers: usize) -> Result<()> {
    if numbers <= MOST_NUMBERS { Ok(()) } else { Err(too_many()) }
}

fn too_many() -> DataFusionError {
    let ways = "ask by a coarser grain, for a shorter window, or only for a part";
    let message = format!("an answer has at most {MOST_POINTS} values, and this one would have more: {ways}");
    DataFusionError::External(Box::new(AnalyticsError::Invalid(message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_too_many_values_says_how_to_ask() {
        let mut cells = Cells::default();
        for period in 0..MOST_POINTS {
            cells.push(Cell::value(period, None)).unwrap();
        }
        let refused = crate::sql::invalid(cells.push(Cell::default()).unwrap_err()).to_string();
        assert!(refused.contains("at most 200000 values") && refused.contains("by a coarser grain"), "{refused}");
    }
}
