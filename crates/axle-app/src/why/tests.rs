//! Of steps between two states, causes that add up, and where a change begins.

use axle_model::kpi::{KpiPoint, Receipt, Unit};
use jiff::civil::date;

use super::*;

fn answer(value: Option<f64>) -> KpiAnswer {
    let (from, to, at) = (date(2026, 1, 1), date(2026, 2, 1), Timestamp::UNIX_EPOCH);
    KpiAnswer {
        kpi: "x".into(),
        version: 1,
        unit: Unit::Count,
        measured_in: None,
        grain: Grain::Month,
        time_zone: "UTC".into(),
        as_of: at,
        from,
        to,
        points: vec![KpiPoint {
            start: from,
            end: to,
            dimensions: BTreeMap::new(),
            value,
            numerator: None,
            denominator: None,
            interval: None,
            low_n: false,
            partial: false,
        }],
        receipt: Receipt {
            definition: String::new(),
            fold: String::new(),
            sql: String::new(),
            rows_command: String::new(),
            from,
            to,
            as_of: at,
            time_zone: "UTC".into(),
            business_hours: None,
            rates: Vec::new(),
            revisions: Vec::new(),
            bases: Vec::new(),
            included: None,
            excluded: BTreeMap::new(),
            reads: Vec::new(),
            tables: Vec::new(),
            caveats: Vec::new(),
        },
    }
}

fn told(first: Option<f64>, steps: &[(Cause, Option<f64>)]) -> Vec<Option<f64>> {
    let steps = steps.iter().map(|(cause, value)| (*cause, answer(*value))).collect();
    let change = changes(Some(answer(first)), steps, None).remove(0);
    assert_eq!(change.moves.last().unwrap().cause, Cause::Remainder);
    change.moves.iter().map(|one| one.by).collect()
}

#[test]
fn causes_add_up_to_the_change_exactly() {
    use Cause::{LateArrivals, Merges, NewActivity};
    // 4 becomes 7: three read late (7), two new (9), two people who are one twice (7): 3 + 2 - 2 = 3, and nothing is left.
    let moves = told(Some(4.0), &[(LateArrivals, Some(7.0)), (NewActivity, Some(9.0)), (Merges, Some(7.0))]);
    assert_eq!(moves, [Some(3.0), Some(2.0), Some(-2.0), Some(0.0)]);
    // Tenths do not add up in binary; that is no cause.
    let moves = told(Some(0.1), &[(LateArrivals, Some(0.3)), (NewActivity, Some(0.7)), (Merges, Some(0.4))]);
    assert_eq!(moves[3], Some(0.0));
}

fn by_source(values: &[(&str, f64)]) -> KpiAnswer {
    let whole = answer(None);
    let point = |(source, value): &(&str, f64)| KpiPoint {
        dimensions: BTreeMap::from([("source".to_owned(), (*source).to_owned())]),
        value: Some(*value),
        ..whole.points[0].clone()
    };
    KpiAnswer { points: values.iter().map(point).collect(), ..whole.clone() }
}

#[test]
fn groups_that_come_and_go_have_causes() {
    use Cause::{LateArrivals, Merges, NewActivity};
    let steps = || {
        vec![
            (LateArrivals, by_source(&[("chat", 3.0), ("forum", 2.0)])),
            (NewActivity, by_source(&[("forum", 2.0)])),
            (Merges, by_source(&[])),
        ]
    };
    let told = |of_nothing| {
        let found = changes(Some(by_source(&[("chat", 3.0)])), steps(), of_nothing);
        found.iter().map(|one| one.moves.iter().map(|one| one.by).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    // Chat: 3, 3, gone and so 0, and 0. Forum: missing and so 0, 2, 2, gone and so 0.
    let (chat, forum) = ([Some(0.0), Some(-3.0), Some(0.0), Some(0.0)], [Some(2.0), Some(0.0), Some(-2.0), Some(0.0)]);
    assert_eq!(told(Some(0.0)), [chat, forum]);
    // What of nothing is not defined has no causes there.
    assert_eq!(told(None), [[Some(0.0), None, None, None], [None, Some(0.0), None, None]]);
}

#[test]
fn the_later_period_is_split_where_its_parts_add_up() {
    let whole = |earlier, now| Change {
        start: date(2026, 2, 1),
        end: date(2026, 3, 1),
        dimensions: BTreeMap::new(),
        then: None,
        earlier: Some(earlier),
        now: Some(now),
        moves: Vec::new(),
        split: None,
    };
    let told = |change: &Change, before: &[(&str, f64)], now: &[(&str, f64)]| {
        let found = split::split("source", change, &by_source(before), &by_source(now))?;
        Some(found.parts.into_iter().map(|part| (part.value.unwrap_or_default(), part.by)).collect::<Vec<_>>())
    };
    let part = |value: &str, by| (value.to_owned(), by);
    // Chat 5 to 9, forum 2 to 0, mail stays: 7 + 1 becomes 9 + 1.
    let (before, now) = ([("chat", 5.0), ("forum", 2.0), ("mail", 1.0)], [("chat", 9.0), ("mail", 1.0)]);
    assert_eq!(told(&whole(8.0, 10.0), &before, &now), Some(vec![part("chat", 4.0), part("forum", -2.0)]));
    // Whoever is in both counts once in the whole: the parts say nothing of it.
    assert_eq!(told(&whole(7.0, 10.0), &before, &now), None);
    // What adding up fractions loses moved nothing.
    let halves = ([("chat", 0.1 + 0.2), ("forum", 1.0)], [("chat", 0.3), ("forum", 2.0)]);
    assert_eq!(told(&whole(1.3, 2.3), &halves.0, &halves.1), Some(vec![part("forum", 1.0)]));
    // One part is the whole.
    assert_eq!(told(&whole(5.0, 9.0), &before[..1], &now[..1]), None);
    // Those after the fifth are one: 6 + 5 + 4 + 3 + 2 and 1 + 1.
    let now = [("a", 6.0), ("b", 5.0), ("c", 4.0), ("d", 3.0), ("e", 2.0), ("f", 1.0), ("g", 1.0)];
    let parts = told(&whole(0.0, 22.0), &[], &now).unwrap();
    assert_eq!((parts.len(), &parts[5]), (6, &part("", 2.0)));
    assert_eq!(parts.iter().map(|(_, by)| by).sum::<f64>(), 22.0);
}
#[test]
fn what_is_not_told_apart_is_named() {
    use Cause::{LateArrivals, Merges, NewActivity};
    // Undefined in the middle: from 5 to nothing to 8 to 9 is 4 in all, of which only the last 1 has a cause: 3 are left.
    let moves = told(Some(5.0), &[(LateArrivals, None), (NewActivity, Some(8.0)), (Merges, Some(9.0))]);
    assert_eq!(moves, [None, None, Some(1.0), Some(3.0)]);
    // From not defined to 2 is no difference that could be split.
    assert_eq!(told(None, &[(LateArrivals, Some(2.0))]), [None, None]);
}

#[test]
fn a_change_starts_with_what_is_known_now_where_nothing_was() {
    use Cause::{LateArrivals, LaterPeriod, Merges};
    // Of the earlier period 5 is known with what came late and 6 with merges, the later has 8: 2 more than 6.
    let steps = || vec![(LateArrivals, by_source(&[("chat", 5.0)])), (Merges, by_source(&[("chat", 6.0)]))];
    let steps = || [steps(), vec![(LaterPeriod, by_source(&[("chat", 8.0)]))]].concat();
    let told = |first| {
        let change = changes(first, steps(), Some(0.0)).remove(0);
        let moves: Vec<Option<f64>> = change.moves.iter().map(|one| one.by).collect();
        (change.then, change.earlier, change.start(), moves)
    };
    let nothing = (None, Some(6.0), Some(6.0), vec![None, None, Some(2.0), Some(0.0)]);
    assert_eq!(told(None), nothing);
    // So where the figure was not defined by what was known.
    let chat = answer(None).points[0].clone();
    let chat = KpiPoint { dimensions: by_source(&[("chat", 0.0)]).points[0].dimensions.clone(), ..chat };
    assert_eq!(told(Some(KpiAnswer { points: vec![chat], ..answer(None) })), nothing);
    // Where 4 were known, they are what it starts with: 4 + 1 + 1 + 2 = 8.
    let moves = vec![Some(1.0), Some(1.0), Some(2.0), Some(0.0)];
    assert_eq!(told(Some(by_source(&[("chat", 4.0)]))), (Some(4.0), Some(6.0), Some(4.0), moves));
}
