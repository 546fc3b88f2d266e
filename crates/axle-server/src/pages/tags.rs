//! What a member is tagged with: a part of their page, with the forms that add a tag and take one away.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::filters;
use crate::link::Link;
use crate::pages::typed::Typed;

/// The tags of a member, and the form that adds another.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/tags.html")]
pub struct Tags {
    /// In order.
    pub lines: Vec<TagLine>,
    /// Where the forms go; `None` for who may not say.
    pub say: Option<Link>,
    /// The token that the forms send back.
    pub csrf: String,
    /// What was sent and cannot be, to be mended.
    pub typed: Typed,
}

impl HtmlSafe for Tags {}

/// One tag.
#[derive(Debug, Clone)]
pub struct TagLine {
    /// As it is shown, and sent back when it is taken away.
    pub tag: String,
    /// The list of members who have it.
    pub link: Link,
    /// Who says so: `said by a person, stated by crm`.
    pub known: String,
}
