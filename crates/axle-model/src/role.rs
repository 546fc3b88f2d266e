//! Roles at an organization: until when somebody holds one who leaves the organization.

/// Roles at an organization: whoever leaves it holds them no longer.
pub const AT_ORGANIZATION: [&str; 2] = ["deal_champion", "key_member"];

/// When somebody left the organization of a role that they have had since an instant: the first end of a stay there beyond which
/// no other goes on. `stays`: from when to when, half-open; `None` is an open end. All are microseconds since 1970. `None` while
/// they are there, and where no stay is known that ended since.
pub fn left_at(since: i64, stays: &[(Option<i64>, Option<i64>)]) -> Option<i64> {
    let goes_on = |at: i64| {
        let holds =
            |(from, to): &(Option<i64>, Option<i64>)| from.is_none_or(|from| from <= at) && to.is_none_or(|to| to > at);
        stays.iter().any(holds)
    };
    stays.iter().filter_map(|(_, to)| *to).filter(|to| *to > since && !goes_on(*to)).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_ends_with_the_stay_at_its_organization() {
        assert_eq!(left_at(10, &[(Some(0), Some(30))]), Some(30));
        assert_eq!(left_at(10, &[(None, None)]), None, "they are there");
        assert_eq!(left_at(10, &[]), None, "nobody says where they are");
        assert_eq!(left_at(30, &[(Some(0), Some(30))]), None, "they had left before");
        // Back later, they are not what they were, unless they are appointed again.
        let back = [(Some(0), Some(30)), (Some(50), Some(70))];
        assert_eq!((left_at(10, &back), left_at(55, &back)), (Some(30), Some(70)));
    }

    #[test]
    fn one_of_two_stays_that_ends_is_no_leaving() {
        let two = [(Some(0), Some(30)), (Some(20), None)];
        assert_eq!(left_at(10, &two), None);
        assert_eq!(
            left_at(10, &[(Some(0), Some(30)), (Some(30), Some(60))]),
            Some(60),
            "one goes on where the other ends"
        );
    }
}
