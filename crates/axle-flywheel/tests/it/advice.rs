//! Where to push next, in made-up companies: the bottleneck that was planted is named.

use super::definitions;
use super::seeded::Dice;
use super::seeded::company::{Company, USUAL, named};

#[test]
fn a_planted_bottleneck_is_named_in_nine_of_ten_companies() {
    let definitions = definitions();
    assert_eq!(definitions.len(), 6);
    let found = named(&definitions, &USUAL, 0, 100);
    assert!(found >= 90, "{found} of 100");
}

/// What is planted is what costs most, in every wheel at times.
#[test]
fn bottlenecks_are_planted_everywhere_and_cost_most() {
    let definitions = definitions();
    let mut wheels = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let company = Company::new(&definitions, &USUAL, &mut Dice::new(seed, 0));
        assert!(company.margin() >= USUAL.margin);
        wheels.insert(company.bottleneck().0.to_owned());
    }
    assert_eq!(wheels.len(), 6, "{wheels:?}");
}
