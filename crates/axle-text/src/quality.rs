//! How well labels and languages are read, as the example `quality` measured it on texts that were not trained on.

/// The figures of one label and tier, each 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// The label's name.
    pub label: &'static str,
    /// `small` or `large`.
    pub tier: &'static str,
    /// Of those that were given the label, how many have it.
    pub precision: f32,
    /// Of those that have it, how many were given it.
    pub recall: f32,
    /// The harmonic mean of the two.
    pub f1: f32,
    /// Average precision: the mean precision over all thresholds.
    pub average_precision: f32,
    /// The same for messages of writers that the heads had never seen.
    pub unseen_writers: f32,
    /// What was read for all figures but the last.
    pub set: &'static str,
    /// How many texts it has.
    pub texts: u32,
}

/// Every label, small tier first.
pub fn quality() -> Vec<Quality> {
    lines().filter(|line| !line.starts_with(LANGUAGE)).filter_map(of_line).collect()
}

/// Languages by ISO 639-1 code: of texts in them, the share that is told right from the first 25 characters, 0 to 1.
pub fn languages() -> Vec<(&'static str, f32)> {
    let figures = lines().filter_map(|line| line.strip_prefix(LANGUAGE)?.split_once('\t'));
    figures.filter_map(|(code, share)| Some((code, share.parse().ok()?))).collect()
}

const LANGUAGE: &str = "language\t";

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("../models/quality.tsv").lines().filter(|line| !line.starts_with('#'))
}

fn of_line(line: &'static str) -> Option<Quality> {
    let mut cells = line.split('\t');
    let (label, tier) = (cells.next()?, cells.next()?);
    let mut figure = || cells.next()?.parse().ok();
    Some(Quality {
        label,
        tier,
        precision: figure()?,
        recall: figure()?,
        f1: figure()?,
        average_precision: figure()?,
        unseen_writers: figure()?,
        set: cells.next()?,
        texts: cells.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use axle_model::label::Label;

    use super::*;

    #[test]
    fn every_label_has_figures_of_both_tiers() {
        let all = quality();
        assert_eq!(all.len() + languages().len(), lines().count(), "a line that is not understood");
        assert!(languages().iter().all(|(code, share)| code.len() == 2 && (0.0..=1.0).contains(share)));
        assert!(languages().iter().any(|(code, _)| *code == "en"));
        for label in Label::ALL {
            for tier in ["small", "large"] {
                let figures = all.iter().filter(|quality| (quality.label, quality.tier) == (label.name(), tier));
                let figures: Vec<_> = figures.collect();
                assert_eq!(figures.len(), 1, "{} {tier}", label.name());
                let Quality { precision, recall, f1, average_precision, unseen_writers, texts, .. } = figures[0];
                for share in [precision, recall, f1, average_precision, unseen_writers] {
                    assert!((0.0..=1.0).contains(share), "{label:?} {tier} {share}");
                }
                assert!(*texts > 0, "{label:?} {tier}");
                assert!((f1 - 2.0 * precision * recall / (precision + recall)).abs() < 0.002, "{label:?} {tier}");
            }
        }
    }
}
