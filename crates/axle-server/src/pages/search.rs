//! What the search box finds.

use askama::Template;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::parts::{Level, Person};

/// `GET /{workspace}/search?q=`; what was searched for is in the layout.
#[derive(Debug, Clone, Template)]
#[template(path = "search.html")]
pub struct SearchPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Members with their levels, best match first.
    pub members: Vec<(Person, Level)>,
    /// How many members match in all.
    pub members_total: u64,
    /// KPIs, pages, organizations.
    pub groups: Vec<HitGroup>,
}

/// Hits of one kind.
#[derive(Debug, Clone)]
pub struct HitGroup {
    /// `KPIs`
    pub label: String,
    /// The icon of the kind.
    pub icon: &'static str,
    /// Best match first; at least one.
    pub hits: Vec<Hit>,
}

/// One hit.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Where it leads.
    pub link: Link,
    /// Its name.
    pub name: String,
    /// What it is.
    pub detail: String,
}

impl SearchPage {
    fn has_more(&self) -> bool {
        (self.members.len() as u64) < self.members_total
    }

    fn is_empty(&self) -> bool {
        self.members.is_empty() && self.groups.is_empty()
    }
}
