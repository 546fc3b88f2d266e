//! Customers (S71, S72): `customer_spells`, from when to when each first was one, and `renewals`, what was due when.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::interchange::{FactKind, when};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use datafusion::error::Result;
use serde_json::Value;

use super::days::batch;
use crate::columns::{column, instants, micros, u32s};
use crate::directory::NONE;
use crate::view::Tables;

const DAY: i64 = 24 * 3600 * 1_000_000;
/// A gap between subscriptions that is no gap, and how late a renewal may come.
const GRACE: i64 = 30 * DAY;
/// Who has not used the product for so long, and has no subscription that would say, is a customer no more.
const SILENCE: i64 = 90 * DAY;

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Payer {
    Organization(u32),
    /// An organization that only this source knows by this id.
    Called(String, String),
    Member(u32),
}

/// A subscription, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Subscription {
    started: i64,
    ended: Option<i64>,
    /// When renewals were due, and when they came.
    renewals: Vec<(i64, Option<i64>)>,
}

/// What is known of a customer.
#[derive(Debug, Default)]
struct Customer {
    subscriptions: Vec<Subscription>,
    /// When deals were won.
    won: Vec<i64>,
    since: Option<i64>,
    churned: Option<i64>,
    /// When they used the product.
    used: Vec<i64>,
}

/// The first time as a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spell {
    started: i64,
    ended: Option<i64>,
    /// When the end is certain: a renewal may still come for a while.
    known: Option<i64>,
}

/// Who customers are: `organization` or `member`, else `account`: a source, and what it calls them.
fn named(payers: &[&Payer]) -> Vec<(&'static str, ArrayRef)> {
    let number = |of: fn(&Payer) -> Option<u32>| -> ArrayRef {
        Arc::new(payers.iter().map(|payer| of(payer)).collect::<UInt32Array>())
    };
    let account = |payer: &&Payer| match payer {
        Payer::Called(source, id) => Some(format!("{source}/{id}")),
        _ => None,
    };
    vec![
        ("organization", number(|payer| if let Payer::Organization(number) = payer { Some(*number) } else { None })),
        ("member", number(|payer| if let Payer::Member(number) = payer { Some(*number) } else { None })),
        ("account", Arc::new(payers.iter().map(account).collect::<StringArray>())),
    ]
}

/// The table `customer_spells`: `customer` is a number of its own.
pub(crate) fn customer_spells(tables: &Tables) -> Result<RecordBatch> {
    let customers = customers(tables)?;
    let spells: Vec<(u32, &Payer, Spell)> = (0..)
        .zip(&customers)
        .filter_map(|(number, (payer, customer))| Some((number, payer, customer.spell()?)))
        .collect();
    let at =
        |of: fn(&Spell) -> Option<i64>| -> ArrayRef { Arc::new(instants(spells.iter().map(|(.., spell)| of(spell)))) };
    let numbers = UInt32Array::from_iter_values(spells.iter().map(|(number, ..)| *number));
    let mut columns: Vec<(&str, ArrayRef)> = vec![("customer", Arc::new(numbers))];
    columns.extend(named(&spells.iter().map(|(_, payer, _)| *payer).collect::<Vec<_>>()));
    columns.extend([
        ("started_at", at(|spell| Some(spell.started))),
        ("ended_at", at(|spell| spell.ended)),
        ("known_at", at(|spell| spell.known)),
    ]);
    batch(columns)
}

/// The table `renewals`: of each customer, what was due, and when it was renewed, at most 30 days late. A new
/// subscription or a deal won within 30 days of the day is a renewal too.
pub(crate) fn renewals(tables: &Tables) -> Result<RecordBatch> {
    let customers = customers(tables)?;
    let mut rows: Vec<(u32, &Payer, i64, Option<i64>)> = Vec::new();
    for (number, (payer, customer)) in (0..).zip(&customers) {
        for (index, subscription) in customer.subscriptions.iter().enumerate() {
            for (due, renewed) in &subscription.renewals {
                let others = customer.subscriptions.iter().enumerate().filter(|(other, _)| *other != index);
                let bought = others.map(|(_, other)| other.started).chain(customer.won.iter().copied());
                let near = bought.filter(|at| (at - due).abs() <= GRACE && *at > subscription.started);
                rows.push((number, payer, *due, renewed.filter(|at| at - due <= GRACE).into_iter().chain(near).min()));
            }
        }
    }
    let numbers = UInt32Array::from_iter_values(rows.iter().map(|row| row.0));
    let mut columns: Vec<(&str, ArrayRef)> = vec![("customer", Arc::new(numbers))];
    columns.extend(named(&rows.iter().map(|row| row.1).collect::<Vec<_>>()));
    columns.push(("due_at", Arc::new(instants(rows.iter().map(|row| Some(row.2))))));
    columns.push(("renewed_at", Arc::new(instants(rows.iter().map(|row| row.3)))));
    batch(columns)
}

impl Customer {
    /// The first spell; `None` of somebody who never was one.
    fn spell(&self) -> Option<Spell> {
        let paid = self.subscriptions.iter().map(|subscription| subscription.started);
        let started = paid.chain(self.won.iter().copied()).chain(self.since).min()?;
        let ended = if self.subscriptions.is_empty() {
            self.churned.map(|at| (at, at)).or_else(|| self.silent_from(started).map(|at| (at, at + SILENCE)))
        } else {
            self.subscribed_until().map(|at| (at, at + GRACE))
        };
        let ended = ended.filter(|(at, _)| *at >= started);
        Some(Spell { started, ended: ended.map(|ended| ended.0), known: ended.map(|ended| ended.1) })
    }

    /// When the first subscriptions ended of which each goes on where the last one ends; `None` while one goes on.
    fn subscribed_until(&self) -> Option<i64> {
        let mut subscriptions: Vec<(i64, Option<i64>)> =
            self.subscriptions.iter().map(|subscription| (subscription.started, subscription.until())).collect();
        subscriptions.sort_unstable();
        let mut until = subscriptions.first()?.1?;
        for (started, ended) in subscriptions {
            if started > until + GRACE {
                break;
            }
            until = until.max(ended?);
        }
        Some(until)
    }

    /// The last use of the product before a silence; `None` of who never used it. The silence may still be going on.
    fn silent_from(&self, started: i64) -> Option<i64> {
        let mut used: Vec<i64> = self.used.iter().copied().filter(|at| *at >= started).collect();
        used.sort_unstable();
        let pause = used.windows(2).find(|pair| pair[1] - pair[0] > SILENCE).map(|pair| pair[0]);
        pause.or(used.last().copied())
    }
}

impl Subscription {
    /// When it ended: said, or when a renewal was due that did not come in time. Whether one may still come is for
    /// whoever asks as of an instant.
    fn until(&self) -> Option<i64> {
        let is_late = |(due, renewed): &&(i64, Option<i64>)| renewed.is_none_or(|at| at - due > GRACE);
        let lapsed = self.renewals.iter().filter(is_late).map(|(due, _)| *due);
        lapsed.chain(self.ended).min()
    }
}

fn customers(tables: &Tables) -> Result<BTreeMap<Payer, Customer>> {
    let mut customers: BTreeMap<Payer, Customer> = BTreeMap::new();
    subscriptions(tables, &mut customers)?;
    deals(tables, &mut customers)?;
    accounts(tables, &mut customers)?;
    uses(tables, &mut customers)?;
    Ok(customers)
}

/// The organization of each row, as its source calls it.
fn payers(tables: &Tables, rows: &RecordBatch) -> Vec<Option<Payer>> {
    let (source, id) = (column(rows, "source").as_string::<i32>(), column(rows, "organization_id").as_string::<i32>());
    let payer = |row: usize| {
        let (source, id) = (source.value(row), id.is_valid(row).then(|| id.value(row))?);
        let known = tables.known.directory.organization_called(source, id);
        Some(known.map_or_else(|| Payer::Called(source.to_owned(), id.to_owned()), Payer::Organization))
    };
    (0..rows.num_rows()).map(payer).collect()
}

fn at(rows: &RecordBatch, name: &str, row: usize) -> Option<i64> {
    let times = micros(rows, name);
    times.is_valid(row).then(|| times.value(row))
}

fn subscriptions(tables: &Tables, customers: &mut BTreeMap<Payer, Customer>) -> Result<()> {
    let columns = &["organization_id", "started_at", "ended_at", "renewals"];
    for rows in tables.facts(FactKind::SUBSCRIPTION, columns)? {
        let (identity, renewals) = (u32s(&rows, "identity"), column(&rows, "renewals").as_string::<i32>());
        for (row, payer) in payers(tables, &rows).into_iter().enumerate() {
            let member =
                if identity.is_valid(row) { tables.known.directory.member_of(identity.value(row)) } else { NONE };
            let person = (member != NONE).then_some(Payer::Member(member));
            let (Some(payer), Some(started)) = (payer.or(person), at(&rows, "started_at", row)) else { continue };
            let renewals = if renewals.is_valid(row) { dates(renewals.value(row)) } else { Vec::new() };
            let subscription = Subscription { started, ended: at(&rows, "ended_at", row), renewals };
            customers.entry(payer).or_default().subscriptions.push(subscription);
        }
    }
    customers.values_mut().for_each(|customer| customer.subscriptions.sort());
    Ok(())
}

/// Renewals as sources state them: when they were due, and when they came.
fn dates(text: &str) -> Vec<(i64, Option<i64>)> {
    let items: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let instant = |item: &Value, name: &str| when(item[name].as_str()?).map(|at| at.as_microsecond());
    items.iter().filter_map(|item| Some((instant(item, "due_at")?, instant(item, "renewed_at")))).collect()
}

fn deals(tables: &Tables, customers: &mut BTreeMap<Payer, Customer>) -> Result<()> {
    for rows in tables.facts(FactKind::DEAL, &["organization_id", "closed_at", "won"])? {
        let won = column(&rows, "won").as_boolean();
        for (row, payer) in payers(tables, &rows).into_iter().enumerate() {
            if let (true, Some(payer), Some(closed)) =
                (won.is_valid(row) && won.value(row), payer, at(&rows, "closed_at", row))
            {
                customers.entry(payer).or_default().won.push(closed);
            }
        }
    }
    Ok(())
}

/// What sources say of organizations: the earliest beginning and end.
fn accounts(tables: &Tables, customers: &mut BTreeMap<Payer, Customer>) -> Result<()> {
    let earlier = |known: Option<i64>, said: Option<i64>| known.into_iter().chain(said).min();
    for rows in tables.facts(FactKind::ORGANIZATION, &["organization_id", "customer_since", "churned_at"])? {
        for (row, payer) in payers(tables, &rows).into_iter().enumerate() {
            let (since, churned) = (at(&rows, "customer_since", row), at(&rows, "churned_at", row));
            let Some(payer) = payer.filter(|payer| since.is_some() || customers.contains_key(payer)) else { continue };
            let customer = customers.entry(payer).or_default();
            customer.since = earlier(customer.since, since);
            customer.churned = earlier(customer.churned, churned);
        }
    }
    Ok(())
}

/// Use of the product, of customers without a subscription.
fn uses(tables: &Tables, customers: &mut BTreeMap<Payer, Customer>) -> Result<()> {
    let directory = &*tables.known.directory;
    let mut users: HashMap<u32, Payer> = HashMap::new();
    for rows in tables.facts(FactKind::PRODUCT_USER, &["organization_id"])? {
        let identity = u32s(&rows, "identity");
        for (row, payer) in payers(tables, &rows).into_iter().enumerate() {
            let member = if identity.is_valid(row) { directory.member_of(identity.value(row)) } else { NONE };
            if let Some(payer) =
                payer.filter(|payer| customers.get(payer).is_some_and(|one| one.subscriptions.is_empty()))
            {
                users.insert(member, payer);
            }
        }
    }
    let days = tables.must("product_days")?;
    let (member, first) = (u32s(&days, "member"), micros(&days, "first_at"));
    for row in 0..days.num_rows() {
        let payer = users.get(&member.value(row));
        if let Some(customer) = payer.and_then(|payer| customers.get_mut(payer)) {
            customer.used.push(first.value(row));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spell(customer: &Customer) -> (i64, Option<i64>, Option<i64>) {
        let spell = customer.spell().unwrap();
        (spell.started / DAY, spell.ended.map(|at| at / DAY), spell.known.map(|at| at / DAY))
    }

    fn subscription(started: i64, ended: Option<i64>, renewals: &[(i64, Option<i64>)]) -> Subscription {
        let days = |(due, renewed): &(i64, Option<i64>)| (due * DAY, renewed.map(|at| at * DAY));
        Subscription {
            started: started * DAY,
            ended: ended.map(|at| at * DAY),
            renewals: renewals.iter().map(days).collect(),
        }
    }

    #[test]
    fn gaps_of_thirty_days_are_bridged_and_second_spells_left_out() {
        let of = |subscriptions: Vec<Subscription>| Customer { subscriptions, ..Customer::default() };
        let bridged = of(vec![subscription(0, Some(100), &[]), subscription(130, Some(200), &[])]);
        assert_eq!(spell(&bridged), (0, Some(200), Some(230)));
        let second = of(vec![subscription(0, Some(100), &[]), subscription(131, None, &[])]);
        assert_eq!(spell(&second), (0, Some(100), Some(130)));
        assert_eq!(spell(&of(vec![subscription(0, None, &[(365, Some(380))])])), (0, None, None));
        assert_eq!(spell(&of(vec![subscription(0, None, &[(365, None)])])), (0, Some(365), Some(395)));
    }

    #[test]
    fn without_a_subscription_it_is_the_last_use_before_ninety_days_of_silence() {
        let used = |days: &[i64]| Customer {
            won: vec![0],
            used: days.iter().map(|day| day * DAY).collect(),
            ..Customer::default()
        };
        assert_eq!(spell(&used(&[5, 50, 141, 160])), (0, Some(50), Some(140)));
        assert_eq!(spell(&used(&[5, 95])), (0, Some(95), Some(185)));
        assert_eq!(spell(&used(&[])), (0, None, None));
        assert!(Customer::default().spell().is_none());
    }
}
