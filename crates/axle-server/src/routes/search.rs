//! Search: members, KPIs and pages by a few letters.

use std::collections::HashMap;

use axle_app::search as app;
use axum::extract::Query;

use crate::failure::{Answer, html};
use crate::format;
use crate::pages::layout::Section;
use crate::pages::search::{Hit, HitGroup, SearchPage};
use crate::visit::{Visit, level};

/// Hits of a kind.
const HITS: usize = 10;

/// `GET /{workspace}/search?q=`
pub(crate) async fn page(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    let text = query.get("q").map_or("", |text| text.trim());
    let mut page = SearchPage {
        layout: visit.layout("Search", Section::Home),
        members: Vec::new(),
        members_total: 0,
        groups: Vec::new(),
    };
    page.layout.search = text.to_owned();
    if text.is_empty() {
        return html(&page);
    }
    if visit.user.may_see_members() {
        let roster = visit.opened.roster(visit.clock.now).await?;
        let (found, total) = app::members(&roster, text, HITS);
        page.members = found
            .into_iter()
            .map(|person| (visit.person(person), level(person.member.step, &roster.level_names)))
            .collect();
        page.members_total = total as u64;
    }
    let kpis = visit.link("kpis");
    let found = app::kpis(&visit.opened.workspace, text).into_iter().take(HITS);
    let hits: Vec<Hit> = found
        .map(|kpi| Hit { link: kpis.below(&kpi.id), name: kpi.title.clone(), detail: format::unmarked(&kpi.question) })
        .collect();
    page.groups.extend(group("KPIs", "chart-line", hits));
    page.groups.extend(group("Pages", "link", pages(&visit, text)));
    html(&page)
}

fn group(label: &str, icon: &'static str, hits: Vec<Hit>) -> Option<HitGroup> {
    (!hits.is_empty()).then(|| HitGroup { label: label.to_owned(), icon, hits })
}

/// Pages of the navigation and the settings whose name holds the text.
fn pages(visit: &Visit, text: &str) -> Vec<Hit> {
    let layout = visit.layout("", Section::Home);
    let groups = layout.navigation();
    let items = groups.iter().flat_map(|group| {
        group.items.iter().map(|item| (item.label.to_owned(), item.link(&layout), group.label.to_owned()))
    });
    let tabs = layout.settings_tabs().into_iter().skip(1);
    let tabs = tabs.map(|(path, label)| (label.to_owned(), layout.link(path), "Settings".to_owned()));
    let text = text.to_lowercase();
    items
        .chain(tabs)
        .filter(|(name, _, _)| name.to_lowercase().contains(&text))
        .map(|(name, link, detail)| Hit { link, name, detail })
        .collect()
}
