//! Amounts in the reporting currency: set once, told by figures and receipts.

use serde_json::{Value, json};

use crate::Axle;

const ASKED: [&str; 6] = ["--from", "2025-01-01", "--to", "2025-02-01", "--by", "currency"];

fn with_deals() -> Axle {
    let axle = Axle::new();
    let deal = |id: &str, amount: u32, currency: &str| {
        json!({"type": "deal", "id": id, "organization": "acme", "created_at": "2025-01-02T12:00:00Z", "closed_at": "2025-01-20T12:00:00Z",
               "won": true, "amount": amount, "currency": currency})
    };
    let lines = [deal("d1", 100_000, "EUR"), deal("d2", 50_000, "USD"), deal("d3", 700, "GBP")];
    let path = axle.data().join("crm.jsonl");
    std::fs::write(&path, lines.map(|line| line.to_string()).join("\n")).unwrap();
    axle.run(&["import", path.to_str().unwrap()]);
    axle
}

fn sizes(axle: &Axle) -> Vec<(String, f64)> {
    let answer = axle.json(&[&["kpi", "show", "won_deal_amount"][..], &ASKED].concat());
    let point = |point: &Value| {
        let currency = point["dimensions"]["currency"].as_str().unwrap().to_owned();
        (currency, point["value"].as_f64().unwrap())
    };
    answer["points"].as_array().unwrap().iter().map(point).collect()
}

#[test]
fn amounts_are_told_in_the_reporting_currency_and_receipts_name_the_rate() {
    let axle = with_deals();
    let apart = [("EUR".to_owned(), 100_000.0), ("GBP".to_owned(), 700.0), ("USD".to_owned(), 50_000.0)];
    assert_eq!(axle.json(&["settings", "currencies"]), json!({"reporting": null, "rates": []}));
    assert_eq!(sizes(&axle), apart);

    let rates = axle.data().join("rates.csv");
    std::fs::write(&rates, "date,from,to,rate\n2025-01-06,USD,EUR,0.9\n").unwrap();
    let set = axle.json(&["settings", "currencies", "--reporting", "eur", "--rates", rates.to_str().unwrap()]);
    let known = json!([{"date": "2025-01-06", "from": "USD", "to": "EUR", "rate": 0.9}]);
    assert_eq!(set, json!({"reporting": "EUR", "rates": known}));
    // (100,000 + 45,000) / 2
    assert_eq!(sizes(&axle), [("EUR".to_owned(), 72_500.0), ("GBP".to_owned(), 700.0)]);
    let receipt = axle.json(&[&["kpi", "receipt", "won_deal_amount"][..], &ASKED].concat());
    assert_eq!(receipt["rates"], json!(["1 USD = 0.9 EUR on 2025-01-06"]));

    // More rates are added to those known.
    std::fs::write(&rates, "2025-01-20,GBP,EUR,1.2\n2025-01-20,USD,EUR,zero\n").unwrap();
    let refused = axle.try_run(&["settings", "currencies", "--rates", rates.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("line 2 of the rates is no rate"));
    std::fs::write(&rates, "2025-01-20,GBP,EUR,1.2\n").unwrap();
    axle.json(&["settings", "currencies", "--rates", rates.to_str().unwrap()]);
    // (100,000 + 45,000 + 840) / 3
    assert_eq!(sizes(&axle), [("EUR".to_owned(), 145_840.0 / 3.0)]);
    axle.json(&["settings", "currencies", "--reporting", "none"]);
    assert_eq!(sizes(&axle), apart);
}

#[test]
fn amounts_are_printed_for_people_in_whole_units_and_for_programs_in_minor_ones() {
    let axle = with_deals();
    let printed = |format: &str| {
        let asked = [&["kpi", "show", "won_deal_amount"][..], &ASKED, &["--format", format]].concat();
        axle.run(&asked).replace('\u{a0}', " ")
    };
    let table = printed("table");
    for amount in ["1,000.00 EUR", "500.00 USD", "7.00 GBP"] {
        assert!(table.contains(amount), "{table}");
    }
    assert!(!table.contains("100000"), "{table}");
    // With the columns of the page's files.
    let csv = printed("csv");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("start,end,currency,value,numerator,denominator,low,high,low_n,partial"));
    assert!(lines.any(|line| line == "2025-01-01,2025-02-01,EUR,100000,100000,1,,,false,false"), "{csv}");
}
