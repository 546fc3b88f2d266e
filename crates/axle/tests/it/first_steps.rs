//! What a newcomer is told on the way: the next step wherever there is nothing yet.

use crate::Axle;
use crate::web::{Web, add_user};

#[test]
fn serving_names_the_step_to_a_first_user() {
    let axle = Axle::new();
    let said = Web::of(&axle).said.clone();
    assert!(said.contains("Nobody can sign in yet") && said.contains("user add you@example.com"), "{said}");
    add_user(&axle, "builder");
    let said = Web::of(&axle).said.clone();
    assert!(!said.contains("user add"), "{said}");
}
