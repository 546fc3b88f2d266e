//! Whether what was learnt is better on texts that it was not learnt from, and by more than luck.

use serde::{Deserialize, Serialize};

/// So many texts of each of two kinds (yes and no, or two moods) at least, and so many that people said something of: fewer
/// say nothing.
pub const LEAST_EXAMPLES: usize = 10;

/// Standard errors that the gain must reach: by luck alone one head in 160 does.
const LEAST_MARGIN: f64 = 2.5;

/// A text read by a head that did not learn from it: as it was before, and with what was learnt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    /// 0 for no and 1 for yes, or a mood's number. Where nobody said anything, it is what was read before.
    pub(super) truth: usize,
    pub(super) is_said: bool,
    pub(super) read: [usize; 2],
    /// Minus the logarithm of the truth's probability.
    pub(super) loss: [f32; 2],
}

/// How well held texts are read.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Score {
    /// Of yes at the head's threshold; for moods the mean over those with examples enough. 0 to 1.
    pub f1: f64,
    /// Mean of minus the natural logarithm of the truth's probability, yes and no (or moods) counting the same.
    pub log_loss: f64,
}

/// One head before and after, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// A label's name, or `sentiment`.
    pub head: String,
    /// Texts with a person's word: no and yes, or negative, neutral and positive. Each was held out once.
    pub examples: Vec<usize>,
    /// The shipped head on held texts.
    pub before: Score,
    /// The refitted head on the same texts.
    pub after: Score,
    /// The gain in mean accuracy of yes and no (or of moods) on held texts, in standard errors.
    pub margin: f64,
    /// Share of the texts without a person's word that would be read otherwise, 0 to 1.
    pub moved: f64,
    /// Whether the refitted head takes the place of the shipped one.
    pub taken: bool,
}

impl Report {
    /// A head with too few examples to be refitted.
    pub(super) fn too_few(head: &str, examples: Vec<usize>) -> Self {
        let unknown = Score::default();
        Self { head: head.to_owned(), examples, before: unknown, after: unknown, margin: 0.0, moved: 0.0, taken: false }
    }

    /// Compares on held cases, of which those that nobody said anything of count as read right before. A head is taken
    /// when two kinds have [`LEAST_EXAMPLES`] and people said as many, F1 is higher, log loss is lower, and the margin is
    /// at least 2.5.
    pub(super) fn of(head: &str, kinds: usize, cases: &[Case]) -> Self {
        let count = |holds: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| holds(case)).count();
        let said = |kind| count(&|case| case.truth == kind && case.is_said);
        let judged: Vec<usize> =
            (0..kinds).filter(|kind| count(&|case| case.truth == *kind) >= LEAST_EXAMPLES).collect();
        let unsaid = count(&|case| !case.is_said);
        let moved = count(&|case| !case.is_said && case.read[0] != case.read[1]);
        let mut report = Self {
            examples: (0..kinds).map(said).collect(),
            before: score(cases, kinds, &judged, 0),
            after: score(cases, kinds, &judged, 1),
            margin: margin(cases, &judged),
            moved: moved as f64 / unsaid.max(1) as f64,
            ..Self::too_few(head, Vec::new())
        };
        report.taken = judged.len() >= 2
            && report.examples.iter().sum::<usize>() >= LEAST_EXAMPLES
            && report.after.f1 > report.before.f1
            && report.after.log_loss < report.before.log_loss
            && report.margin >= LEAST_MARGIN;
        report
    }
}

fn score(cases: &[Case], kinds: usize, judged: &[usize], which: usize) -> Score {
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let f1 = |kind: &usize| {
        let count = |holds: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| holds(case)).count() as f64;
        let hits = count(&|case| case.truth == *kind && case.read[which] == *kind);
        let all = count(&|case| case.truth == *kind) + count(&|case| case.read[which] == *kind);
        if all == 0.0 { 0.0 } else { 2.0 * hits / all }
    };
    let loss = |kind: &usize| {
        mean(cases.iter().filter(|case| case.truth == *kind).map(|case| f64::from(case.loss[which])).collect())
    };
    let f1 = if kinds == 2 { f1(&1) } else { mean(judged.iter().map(f1).collect()) };
    Score { f1, log_loss: mean(judged.iter().map(loss).collect()) }
}

/// Each kind's mean gain (1 for a text that is read right now and was not before, -1 the other way), averaged, over the
/// standard error that it has when gains and losses are equally likely: McNemar's test, each kind with the same weight,
/// so that saying yes more often gains nothing by itself.
fn margin(cases: &[Case], judged: &[usize]) -> f64 {
    let (mut gain, mut variance) = (0.0, 0.0);
    for kind in judged {
        let right = |case: &Case, which: usize| i32::from(case.read[which] == case.truth);
        let gains: Vec<f64> = cases
            .iter()
            .filter(|case| case.truth == *kind)
            .map(|case| f64::from(right(case, 1) - right(case, 0)))
            .collect();
        let count = gains.len() as f64;
        gain += gains.iter().sum::<f64>() / count;
        variance += gains.iter().map(|gain| gain * gain).sum::<f64>() / (count * count);
    }
    if variance == 0.0 { 0.0 } else { gain / variance.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(truth: usize, read: [usize; 2], count: usize) -> Vec<Case> {
        let loss = [0, 1].map(|which| if read[which] == truth { 0.1 } else { 2.0 });
        vec![Case { truth, is_said: true, read, loss }; count]
    }

    /// Ten of yes mended, ten of no untouched: the gain is (1 + 0) / 2, its standard error is root(10 / 100) / 2, so the
    /// margin is root 10. Before, nothing is said yes; after, all is right.
    #[test]
    fn what_is_mended_is_taken() {
        let held = [cases(1, [0, 1], 10), cases(0, [0, 0], 10)].concat();
        let report = Report::of("praise", 2, &held);
        assert!((report.margin - 10_f64.sqrt()).abs() < 1e-9 && report.taken);
        assert_eq!((report.before.f1, report.after.f1, report.examples.clone()), (0.0, 1.0, vec![10, 10]));
        assert!((report.before.log_loss - 1.05).abs() < 1e-6 && (report.after.log_loss - 0.1).abs() < 1e-6);
        assert!(!Report::of("praise", 2, &held[1..]).taken, "nine are too few");
        let few = [cases(1, [0, 1], 6), cases(1, [0, 0], 4), cases(0, [0, 0], 10)].concat();
        assert!(!Report::of("praise", 2, &few).taken, "six of ten can be luck: root 6 is below 2.5");
    }

    /// Forty mended, and thirty of a hundred unsaid ones moved: gains 1 and -0.3, root(1 / 40 + 0.3 / 100) = 0.1673.
    #[test]
    fn what_nobody_complained_of_counts_as_right() {
        let unsaid = |read, count| {
            let all = cases(0, read, count);
            all.into_iter().map(|case| Case { is_said: false, ..case }).collect::<Vec<_>>()
        };
        let held = [cases(1, [0, 1], 40), unsaid([0, 1], 30), unsaid([0, 0], 70)].concat();
        let report = Report::of("praise", 2, &held);
        assert!((report.margin - 0.7 / 0.1673).abs() < 0.01 && (report.moved - 0.3).abs() < 1e-9 && report.taken);
        assert_eq!(report.examples, [0, 40]);
        let none_said: Vec<Case> = held.into_iter().map(|case| Case { is_said: false, ..case }).collect();
        assert!(!Report::of("praise", 2, &none_said).taken, "no word of a person");
    }

    /// Yes to everything mends every yes and spoils every no.
    #[test]
    fn saying_yes_more_often_is_no_gain() {
        let held = [cases(1, [0, 1], 90), cases(0, [0, 1], 30)].concat();
        let report = Report::of("bug", 2, &held);
        assert!(report.after.f1 > report.before.f1 && report.margin.abs() < 1e-9 && !report.taken);
    }

    #[test]
    fn nothing_is_judged_by_nothing() {
        let report = Report::of("sentiment", 3, &[]);
        assert_eq!((report.margin, report.taken, report.after), (0.0, false, Score::default()));
    }
}
