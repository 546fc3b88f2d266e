//! What the three words before a word do to its valence: boosters, negations, `no`, `least` and fixed phrases.

use super::words::{Role, Word};

/// What capitals add.
const SHOUT: f64 = 0.733;
/// What a negation multiplies with.
const NEGATED: f64 = -0.74;
/// What `never so` multiplies with.
const NEVER_SO: f64 = 1.25;

/// One valence for each word; 0 for words that say nothing by themselves.
pub(super) fn valences(words: &[Word]) -> Vec<f64> {
    (0..words.len()).map(|at| valence(words, at)).collect()
}

fn valence(words: &[Word], at: usize) -> f64 {
    let word = words[at];
    let Some(listed) = word.valence else { return 0.0 };
    let next = words.get(at + 1);
    let is_kind_of = word.role == Role::Kind && next.is_some_and(|next| next.role == Role::Of);
    if word.boost != 0.0 || is_kind_of {
        return 0.0;
    }
    let mut valence = listed;
    if word.role == Role::No && next.is_some_and(|next| next.valence.is_some()) {
        valence = 0.0;
    }
    if follows_no(words, at) {
        valence = listed * NEGATED;
    }
    if word.shouts {
        valence += if valence > 0.0 { SHOUT } else { -SHOUT };
    }
    for distance in 1..=3.min(at) {
        let before = words[at - distance];
        if before.valence.is_some() {
            continue;
        }
        valence += boost(before, valence) * [1.0, 0.95, 0.9][distance - 1];
        valence *= negation(words, at, distance);
        if distance == 3 {
            valence = phrases(valence, words, at);
        }
    }
    if is_least(words, at) { valence * NEGATED } else { valence }
}

/// Whether the word stands after `no`, as in `no good`, `no real good`, `no fun or good`.
fn follows_no(words: &[Word], at: usize) -> bool {
    let role = |distance: usize| at.checked_sub(distance).map(|index| words[index].role);
    role(1) == Some(Role::No)
        || role(2) == Some(Role::No)
        || (role(3) == Some(Role::No) && matches!(role(1), Some(Role::Or | Role::Nor)))
}

fn boost(before: Word, valence: f64) -> f64 {
    if before.boost == 0.0 {
        return 0.0;
    }
    let boost = if valence < 0.0 { -before.boost } else { before.boost };
    match before.shouts {
        false => boost,
        true if valence > 0.0 => boost + SHOUT,
        true => boost - SHOUT,
    }
}

/// The factor for a negation that stands `distance` words before.
fn negation(words: &[Word], at: usize, distance: usize) -> f64 {
    let role = |distance: usize| words[at - distance].role;
    let is_so = |distance: usize| matches!(role(distance), Role::So | Role::This);
    let (is_never_so, is_without_doubt) = match distance {
        1 => (false, false),
        2 => (role(2) == Role::Never && is_so(1), role(2) == Role::Without && role(1) == Role::Doubt),
        // `so` or `this` right before the word counts here without any `never`: the published code binds that way.
        _ => (
            (role(3) == Role::Never && is_so(2)) || is_so(1),
            role(3) == Role::Without && (role(2) == Role::Doubt || role(1) == Role::Doubt),
        ),
    };
    if is_never_so {
        NEVER_SO
    } else if !is_without_doubt && words[at - distance].negates {
        NEGATED
    } else {
        1.0
    }
}

/// `least` negates the word after it, but for `at least` and `very least`.
fn is_least(words: &[Word], at: usize) -> bool {
    let Some(least) = at.checked_sub(1).filter(|&index| words[index].role == Role::Least) else { return false };
    words[least].valence.is_none()
        && !least.checked_sub(1).is_some_and(|index| matches!(words[index].role, Role::At | Role::Very))
}

/// Fixed phrases that hold the word or end right before it. `at` is 3 or more.
fn phrases(valence: f64, words: &[Word], at: usize) -> f64 {
    let role = |index: usize| words.get(index).map_or(Role::Other, |word| word.role);
    let (three, two, one, zero) = (role(at - 3), role(at - 2), role(at - 1), role(at));
    let (next, second) = (role(at + 1), role(at + 2));
    let before = pair(one, zero)
        .or_else(|| triple(two, one, zero))
        .or_else(|| pair(two, one))
        .or_else(|| triple(three, two, one))
        .or_else(|| pair(three, two));
    let ahead = triple(zero, next, second).or_else(|| pair(zero, next));
    let mut valence = ahead.or(before).unwrap_or(valence);
    for (first, last) in [(three, two), (two, one)] {
        if matches!((first, last), (Role::Kind | Role::Sort, Role::Of) | (Role::Just, Role::Enough)) {
            valence -= 0.293;
        }
    }
    valence
}

fn pair(first: Role, last: Role) -> Option<f64> {
    match (first, last) {
        (Role::The, Role::Shit | Role::Bomb) => Some(3.0),
        (Role::Bad, Role::Ass) => Some(1.5),
        (Role::Bus, Role::Stop) => Some(0.0),
        (Role::Yeah, Role::Right) => Some(-2.0),
        (Role::Beating, Role::Heart) => Some(3.5),
        _ => None,
    }
}

fn triple(first: Role, middle: Role, last: Role) -> Option<f64> {
    match (first, middle, last) {
        (Role::Kiss, Role::Of, Role::Death) => Some(-1.5),
        (Role::To, Role::Die, Role::For) => Some(3.0),
        _ => None,
    }
}
