//! What a member is and was to us: a part of their page, with the forms that give a role and end one.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::filters;
use crate::link::Link;
use crate::pages::typed::Typed;

/// The roles of a member, and the form that gives another.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/roles.html")]
pub struct Roles {
    /// Today's first.
    pub lines: Vec<RoleLine>,
    /// Where the forms go; `None` for who may not say.
    pub say: Option<Link>,
    /// The token that the forms send back.
    pub csrf: String,
    /// What can be given: in the form, and its name.
    pub known: Vec<(String, String)>,
    /// What was sent and cannot be, to be mended.
    pub typed: Typed,
}

impl HtmlSafe for Roles {}

/// One role.
#[derive(Debug, Clone)]
pub struct RoleLine {
    /// For ending it.
    pub role_id: String,
    /// `Champion`
    pub name: String,
    /// Why.
    pub reason: Option<String>,
    /// Who gave it.
    pub by: Option<String>,
    /// `since 3 Mar 2024`
    pub period: String,
    /// Whether it is held today.
    pub is_current: bool,
    /// Whether it ended when they left its organization.
    pub has_left: bool,
    /// Whether nobody has said that it ended.
    pub may_be_ended: bool,
    /// Whether what was said last of it can be taken back.
    pub may_be_undone: bool,
}
