//! What surrounds every page: navigation, workspace, search, and the instant at which the page was made.

use axle_app::sources::Newest;

use crate::format::Clock;
use crate::link::Link;

/// The navigation item that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What waits for people.
    Today,
    /// What changed, and the figures.
    Home,
    /// People.
    Members,
    /// Where members work.
    Organizations,
    /// Members who may be one person.
    Duplicates,
    /// Questions and answers.
    Questions,
    /// The loops that turn.
    Flywheels,
    /// Members on their way to sales.
    HandOffs,
    /// Bugs, wishes, praise and concerns.
    Feedback,
    /// Who holds a role, and how they are.
    Champions,
    /// Who buys, and what is at risk.
    Accounts,
    /// What the figures say, on one page.
    Report,
    /// Who is around us, and who comes closer.
    Audience,
    /// What a department looks at.
    Board(&'static str),
    /// The catalogue of figures.
    Kpis,
    /// Where activities come from.
    Sources,
    /// How this workspace works.
    Settings,
    /// None: the page that was asked for is not there, or not for this user.
    Nowhere,
}

/// One line of the navigation.
#[derive(Debug)]
pub struct NavItem {
    /// The section it opens.
    pub section: Section,
    /// Its text.
    pub label: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// The key that opens it, after `g`.
    pub key: char,
    segment: &'static str,
}

/// Items under a common heading.
#[derive(Debug)]
struct NavGroup {
    label: &'static str,
    items: &'static [NavItem],
}

/// Those of a group that the user's role opens.
#[derive(Debug)]
pub struct OpenGroup {
    /// The heading.
    pub label: &'static str,
    /// Its items.
    pub items: Vec<&'static NavItem>,
}

const NAVIGATION: [NavGroup; 4] = [
    NavGroup {
        label: "Community",
        items: &[
            NavItem { section: Section::Today, label: "Today", icon: "calendar", key: 't', segment: "today" },
            NavItem { section: Section::Home, label: "Home", icon: "home", key: 'h', segment: "" },
            NavItem { section: Section::Members, label: "Members", icon: "users", key: 'm', segment: "members" },
            NavItem {
                section: Section::Organizations,
                label: "Organizations",
                icon: "building",
                key: 'o',
                segment: "organizations",
            },
            NavItem {
                section: Section::Duplicates,
                label: "Duplicates",
                icon: "copy",
                key: 'd',
                segment: "duplicates",
            },
            NavItem {
                section: Section::Questions,
                label: "Questions",
                icon: "help-circle",
                key: 'q',
                segment: "questions",
            },
            NavItem {
                section: Section::Flywheels,
                label: "Flywheels",
                icon: "refresh",
                key: 'w',
                segment: "flywheels",
            },
            NavItem {
                section: Section::Feedback,
                label: "Feedback",
                icon: "message-circle",
                key: 'f',
                segment: "feedback",
            },
            NavItem { section: Section::Champions, label: "Champions", icon: "award", key: 'c', segment: "champions" },
            NavItem {
                section: Section::Accounts,
                label: "Accounts",
                icon: "heart-handshake",
                key: 'b',
                segment: "accounts",
            },
            NavItem {
                section: Section::HandOffs,
                label: "Hand-offs",
                icon: "user-plus",
                key: 'l',
                segment: "hand-offs",
            },
        ],
    },
    NavGroup {
        label: "Figures",
        items: &[
            NavItem { section: Section::Report, label: "Report", icon: "notes", key: 'r', segment: "report" },
            NavItem {
                section: Section::Audience,
                label: "Audience",
                icon: "circle-dashed",
                key: 'a',
                segment: "audience",
            },
            NavItem { section: Section::Kpis, label: "KPIs", icon: "chart-line", key: 'k', segment: "kpis" },
        ],
    },
    NavGroup {
        label: "Boards",
        items: &[
            board("marketing", "Marketing", "world", '1', "boards/marketing"),
            board("sales", "Sales", "briefcase", '2', "boards/sales"),
            board("success", "Success", "heart-handshake", '3', "boards/success"),
            board("support", "Support", "message-question", '4', "boards/support"),
            board("product", "Product", "code", '5', "boards/product"),
            board("executives", "Executives", "scale", '6', "boards/executives"),
        ],
    },
    NavGroup {
        label: "Administration",
        items: &[
            NavItem { section: Section::Sources, label: "Sources", icon: "database", key: 'i', segment: "sources" },
            NavItem { section: Section::Settings, label: "Settings", icon: "settings", key: 's', segment: "settings" },
        ],
    },
];

const fn board(id: &'static str, label: &'static str, icon: &'static str, key: char, segment: &'static str) -> NavItem {
    NavItem { section: Section::Board(id), label, icon, key, segment }
}

/// A workspace that the user may open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// As in its address.
    pub slug: String,
    /// As people call it.
    pub name: String,
}

/// What the last action did, said once at the top of the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// One sentence.
    pub text: String,
    /// It did not work and needs a person.
    pub problem: bool,
}

/// What surrounds a page.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The page's own title.
    pub title: String,
    /// The workspace on view.
    pub workspace: Workspace,
    /// The others that this user may open.
    pub other_workspaces: Vec<Workspace>,
    /// The name of the signed-in user.
    pub user: String,
    /// The navigation item to mark.
    pub section: Section,
    /// The page's instant and zone.
    pub clock: Clock,
    /// The token that every form sends back.
    pub csrf: String,
    /// What the search box holds.
    pub search: String,
    /// What the last action did.
    pub notice: Option<Notice>,
    /// Paths of the navigation and the settings that the user's role does not open.
    pub closed: Vec<&'static str>,
    /// On pages of figures that stand still: the newest activity of all sources.
    pub still: Option<Newest>,
}

impl Layout {
    /// A link inside this workspace: `link("settings/users")`.
    pub fn link(&self, path: &str) -> Link {
        workspace_link(&self.workspace.slug, path)
    }

    /// The navigation, in groups: what the user's role opens.
    pub fn navigation(&self) -> Vec<OpenGroup> {
        let open = |item: &&'static NavItem| !item.path(self).is_empty() || item.section == Section::Home;
        let group = |group: &'static NavGroup| OpenGroup {
            label: group.label,
            items: group.items.iter().filter(open).collect(),
        };
        NAVIGATION.iter().map(group).filter(|group| !group.items.is_empty()).collect()
    }

    /// Whether the user's role opens a path.
    pub(crate) fn is_open(&self, path: &str) -> bool {
        !self.closed.contains(&path)
    }
}

impl NavItem {
    /// Where it leads in the layout's workspace.
    pub fn link(&self, layout: &Layout) -> Link {
        layout.link(self.path(layout))
    }

    /// Its path; of the settings the first page that the user's role opens. Empty when it opens none.
    fn path(&self, layout: &Layout) -> &'static str {
        match self.section {
            Section::Settings => layout.settings_tabs().first().map_or("", |(path, _)| *path),
            _ if layout.is_open(self.segment) => self.segment,
            _ => "",
        }
    }

    /// Whether the page belongs to it.
    pub fn is_current(&self, layout: &Layout) -> bool {
        self.section == layout.section
    }
}

/// A link inside a workspace.
pub fn workspace_link(slug: &str, path: &str) -> Link {
    let segments: Vec<&str> = std::iter::once(slug).chain(path.split('/').filter(|part| !part.is_empty())).collect();
    Link::to(&segments)
}

/// The dialog that lists the keys; on every page.
#[derive(askama::Template)]
#[template(path = "parts/keys.html")]
pub struct Keys {
    items: Vec<&'static NavItem>,
}

impl askama::filters::HtmlSafe for Keys {}

impl Layout {
    /// The dialog that lists the keys.
    pub fn keys(&self) -> Keys {
        Keys { items: self.navigation().into_iter().flat_map(|group| group.items).collect() }
    }
}

impl Keys {
    fn navigation(&self) -> &[&'static NavItem] {
        &self.items
    }
}
