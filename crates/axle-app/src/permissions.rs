//! What users may, by their role: the words in which pages, the API and commands ask for it.

use crate::users::User;
use crate::{AppError, AppResult};

/// Something that not every role may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See people by name.
    SeeMembers,
    /// Keep figures as published.
    Publish,
    /// Import, and mark channels.
    ManageSources,
    /// Say who is one person, and what is one organization.
    DecideIdentities,
    /// Say what texts really say, and that a hand was raised.
    Correct,
    /// Answer tasks of others.
    AnswerTasks,
    /// Say which organizations are prospects, and which are key accounts.
    MarkAccounts,
    /// Prepare hand-offs, send them, and record what members allow.
    HandOff,
    /// Change settings and users.
    Administer,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::SeeMembers,
        Self::Publish,
        Self::ManageSources,
        Self::DecideIdentities,
        Self::Correct,
        Self::AnswerTasks,
        Self::MarkAccounts,
        Self::HandOff,
        Self::Administer,
    ];

    /// As it goes on behind *may*.
    const fn words(self) -> &'static str {
        match self {
            Self::SeeMembers => "see members",
            Self::Publish => "publish figures",
            Self::ManageSources => "import or mark channels",
            Self::DecideIdentities => "decide who is one person",
            Self::Correct => "say what members really said",
            Self::AnswerTasks => "answer this task",
            Self::MarkAccounts => "say which accounts are prospects or key",
            Self::HandOff => "prepare hand-offs or record consents",
            Self::Administer => "change settings and users",
        }
    }
}

impl User {
    /// Whether their role includes it.
    pub fn may(&self, permission: Permission) -> bool {
        match permission {
            Permission::SeeMembers => self.may_see_members(),
            Permission::Publish => self.may_publish(),
            Permission::ManageSources => self.may_manage_sources(),
            Permission::DecideIdentities => self.may_decide_identities(),
            Permission::Correct => self.may_correct(),
            Permission::AnswerTasks => self.may_answer_tasks(),
            Permission::MarkAccounts => self.may_mark_accounts(),
            Permission::HandOff => self.may_hand_off(),
            Permission::Administer => self.may_administer(),
        }
    }

    /// Refuses what their role does not include.
    ///
    /// # Errors
    /// [`AppError::Forbidden`].
    pub fn must(&self, permission: Permission) -> AppResult<()> {
        if self.may(permission) {
            return Ok(());
        }
        let (role, words) = (self.role.replace('_', " "), permission.words());
        Err(AppError::Forbidden(format!("the role {role} may not {words}: an administrator can give another role")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::ROLES;

    #[test]
    fn roles_may_what_the_boundary_says() {
        let roles = |permission: Permission| -> Vec<&str> {
            let user = |role: &str| User { email: String::new(), name: String::new(), role: role.into() };
            ROLES.into_iter().filter(|role| user(role).may(permission)).collect()
        };
        let all_but =
            |left_out: &[&str]| -> Vec<&str> { ROLES.into_iter().filter(|role| !left_out.contains(role)).collect() };
        assert_eq!(roles(Permission::SeeMembers), all_but(&["sales", "executive"]));
        assert_eq!(roles(Permission::Publish), all_but(&["internal_viewer"]));
        assert_eq!(roles(Permission::AnswerTasks), all_but(&["sales", "executive", "internal_viewer"]));
        assert_eq!(roles(Permission::Correct), ["admin", "builder", "success", "support", "product"]);
        assert_eq!(roles(Permission::MarkAccounts), ["admin", "builder", "success", "sales"]);
        for permission in [Permission::ManageSources, Permission::DecideIdentities, Permission::HandOff] {
            assert_eq!(roles(permission), ["admin", "builder"]);
        }
        assert_eq!(roles(Permission::Administer), ["admin"]);
    }

    #[test]
    fn a_refusal_names_the_role_and_what_it_may_not() {
        let viewer = User { email: String::new(), name: "Vi".into(), role: "internal_viewer".into() };
        let told = viewer.must(Permission::Publish).unwrap_err().to_string();
        assert_eq!(told, "the role internal viewer may not publish figures: an administrator can give another role");
    }
}
