//! How many there are after a number of days, on the page of the coefficient of virality.

use axle_app::growth;
use axle_model::kpi::KpiAnswer;
use axle_model::virality::customers_after;

use super::kpi::Parameters;
use crate::failure::Failure;
use crate::format;
use crate::pages::kpi::Growth;
use crate::visit::Visit;

/// What is asked unless somebody types other numbers.
const CUSTOMERS: &str = "100";
const DAYS: &str = "90";

/// More than these are told in powers of ten.
const MANY: f64 = 1e15;

/// The growth that follows from an answer of the coefficient, `None` of other figures. What is typed stands in place of what was measured.
pub(super) async fn of(visit: &Visit, answer: &KpiAnswer, query: &Parameters) -> Result<Option<Growth>, Failure> {
    if answer.kpi != growth::COEFFICIENT {
        return Ok(None);
    }
    let (coefficient, cycle) = growth::known(&visit.opened.workspace, answer, visit.clock.now).await?;
    let measured =
        |value: Option<f64>| value.map(|value| ((value * 1e4).round() / 1e4).to_string()).unwrap_or_default();
    let typed = |key: &str, usual: String| {
        let text = query.get(key).map_or("", |text| text.trim());
        if text.is_empty() { usual } else { text.to_owned() }
    };
    let mut growth = Growth {
        customers: typed("customers", CUSTOMERS.to_owned()),
        days: typed("days", DAYS.to_owned()),
        coefficient: typed("coefficient", measured(coefficient)),
        cycle: typed("cycle", measured(cycle)),
        ..Growth::default()
    };
    match worked_out(&growth) {
        Ok(written) => growth.result = written,
        Err(problem) => growth.problem = Some(problem),
    }
    Ok(Some(growth))
}

/// The formula with the numbers in it, and what it comes to; `None` while a number is missing.
fn worked_out(growth: &Growth) -> Result<Option<String>, String> {
    let Growth { customers, days, coefficient, cycle, .. } = growth;
    if [customers, days, coefficient, cycle].into_iter().any(String::is_empty) {
        return Ok(None);
    }
    let number = |text: &String| {
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| format!("“{text}” is no number: write it as 2 or 0.25."))
    };
    let (initial, after, k, cycle_days) = (number(customers)?, number(days)?, number(coefficient)?, number(cycle)?);
    let Some(many) = customers_after(initial, k, after, cycle_days) else {
        return Err("Nothing may be below 0, and a cycle must take some time.".to_owned());
    };
    let written = match many {
        few if few < MANY => format::count(few.round() as i64),
        many if many.is_finite() => format!("{many:.1e}"),
        _ => "more than can be counted".to_owned(),
    };
    // As the formula itself takes them for one.
    let is_one = (k - 1.0).abs() < 1e-9;
    Ok(Some(match is_one {
        true => format!("{customers} × ({days} / {cycle} + 1) = {written}"),
        false => format!("{customers} × ({coefficient}^({days} / {cycle} + 1) − 1) / ({coefficient} − 1) = {written}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(numbers: [&str; 4]) -> Result<Option<String>, String> {
        let [customers, days, coefficient, cycle] = numbers.map(str::to_owned);
        worked_out(&Growth { customers, days, coefficient, cycle, ..Growth::default() })
    }

    #[test]
    fn the_formula_is_told_with_its_numbers() {
        let count = format::count;
        let grown = |cycle: &str, many| format!("10 × (2^(20 / {cycle} + 1) − 1) / (2 − 1) = {}", count(many));
        assert_eq!(told(["10", "20", "2", "2"]), Ok(Some(grown("2", 20_470))));
        assert_eq!(told(["10", "20", "2", "1"]), Ok(Some(grown("1", 20_971_510))));
        assert_eq!(told(["10", "20", "1", "5"]), Ok(Some("10 × (20 / 5 + 1) = 50".into())));
        assert!(told(["10", "3650", "20", "1"]).unwrap().unwrap().ends_with("= more than can be counted"));
    }

    #[test]
    fn what_is_missing_or_wrong_gives_no_number() {
        assert_eq!(told(["10", "20", "2", ""]), Ok(None));
        assert!(told(["10", "20", "two", "2"]).unwrap_err().contains("“two” is no number"));
        assert!(told(["10", "20", "2", "0"]).unwrap_err().contains("a cycle must take some time"));
        assert!(told(["-1", "20", "2", "2"]).unwrap_err().contains("Nothing may be below 0"));
    }
}
