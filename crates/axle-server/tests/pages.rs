//! Every page rendered with its samples: complete, escaped, without inline script or style, and light enough.

mod samples;

use axle_server::assets;
use samples::Sample;

fn each(hostile: bool, check: impl Fn(&Sample)) {
    let all = samples::all(hostile);
    assert!(all.len() > 30, "samples are missing");
    all.iter().for_each(check);
}

/// The tags of a page, from `<` to `>`, with quoted values kept whole. Script and style content is not looked at.
fn tags(html: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let mut quote = None;
        let end = rest[start..].char_indices().find(|&(_, c)| match (quote, c) {
            (None, '"' | '\'') => {
                quote = Some(c);
                false
            }
            (Some(open), c) if c == open => {
                quote = None;
                false
            }
            (None, '>') => true,
            _ => false,
        });
        let end = start + end.expect("every tag ends").0;
        tags.push(&rest[start..=end]);
        rest = &rest[end + 1..];
        if tags.last().is_some_and(|tag| tag.starts_with("<script")) {
            rest = &rest[rest.find("</script>").expect("every script ends")..];
        }
    }
    tags
}

#[test]
fn what_others_wrote_stays_text() {
    each(true, |page| {
        for bad in ["<script>alert", "<img src=x", "\"><script", "\u{202e}", "\u{2066}", "\u{0}"] {
            assert!(!page.html.contains(bad), "{} holds {bad:?}", page.path);
        }
        for tag in tags(&page.html) {
            assert!(!tag.contains("alert(") || tag.contains("&#"), "{}: {tag}", page.path);
        }
    });
}

#[test]
fn hostile_names_reach_the_pages_at_all() {
    let shown = samples::all(true).iter().filter(|page| page.html.contains("alert(1)")).count();
    assert!(shown > 25, "only {shown} pages show what others wrote");
}

#[test]
fn a_hostile_page_has_the_tags_of_a_harmless_one() {
    for (hostile, harmless) in samples::all(true).iter().zip(samples::all(false)) {
        let names = |html: &str| -> Vec<String> {
            tags(html).iter().map(|tag| tag.split([' ', '>']).next().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(names(&hostile.html), names(&harmless.html), "{}", harmless.path);
    }
}

#[test]
fn nothing_is_undefined_or_inline() {
    each(false, |page| {
        for bad in ["NaN", "undefined", "None", "Some(", "{{", "{%", "javascript:", "inf "] {
            assert!(!page.html.contains(bad), "{} holds {bad}", page.path);
        }
        for tag in tags(&page.html) {
            assert!(!tag.contains(" style="), "{}: {tag}", page.path);
            assert!(!tag.contains(" on"), "{}: {tag}", page.path);
            let data = tag.contains("type=\"application/json\"");
            assert!(!tag.starts_with("<script") || tag.contains(" src=") || data, "{}: {tag}", page.path);
        }
    });
}

#[test]
fn every_label_and_reference_finds_its_element_and_ids_are_unique() {
    each(false, |page| {
        let tags = tags(&page.html);
        let attribute = |tag: &str, name: &str| {
            let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
            Some(tag[start..start + tag[start..].find('"')?].to_owned())
        };
        let mut ids: Vec<String> = tags.iter().filter_map(|tag| attribute(tag, "id")).collect();
        for tag in &tags {
            for name in ["for", "aria-labelledby", "aria-describedby", "aria-controls", "list"] {
                for id in attribute(tag, name).unwrap_or_default().split_whitespace() {
                    assert!(ids.iter().any(|known| known == id), "{}: {tag} refers to no element", page.path);
                }
            }
        }
        let number = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), number, "{} has an id twice", page.path);
        assert_eq!(tags.iter().filter(|tag| tag.starts_with("<h1")).count(), 1, "{}", page.path);
    });
}

#[test]
fn every_icon_is_in_the_sprite() {
    let sprite = include_str!("../assets/icons.svg");
    each(false, |page| {
        for part in page.html.split("icons.svg#").skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            assert!(sprite.contains(&format!("id=\"{name}\"")), "{}: no icon {name}", page.path);
        }
    });
}

#[test]
fn every_asset_that_a_page_names_exists() {
    each(false, |page| {
        for part in page.html.split("\"/assets/").skip(1) {
            let url = format!("/assets/{}", part.split(['"', '#']).next().unwrap_or_default());
            assert!(assets::all().iter().any(|asset| asset.url == url), "{}: {url}", page.path);
        }
    });
}

/// The sample of a path, with plain spaces.
fn sample(path: &str) -> String {
    let page = samples::all(false).into_iter().find(|page| page.path == path).expect("a sample of that path");
    page.html.replace('\u{a0}', " ")
}

#[test]
fn what_waits_on_today_is_true_together() {
    let clear = sample("fernlicht/today-clear");
    assert!(clear.contains("Nothing waits") && clear.contains("No question waits longer than was promised."));
    let old = sample("fernlicht/today-old");
    for said in ["Nothing waits", "Every task is answered", "No question waits"] {
        assert!(!old.contains(said), "{said}");
    }
    for said in ["Nothing new waits", "3 tasks", "No question of the last 30 days waits", "1,178 older questions"] {
        assert!(old.contains(said), "{said}");
    }
}

#[test]
fn home_labels_the_day_of_who_went_quiet() {
    let home = sample("fernlicht");
    assert_eq!(home.matches("last active <time").count(), 1, "the others stand beside the day of their change");
    let times: Vec<&str> = home.split("class=\"row-time\">").skip(1).collect();
    let of = |change: &str| {
        let mut rows = home.split("class=\"move\">").skip(1);
        let at = rows.position(|row| row.contains(&format!("{change}</span>"))).expect("a row of that change");
        times[at].split("</span>").next().unwrap()
    };
    assert!(of("New").contains(" ago<"), "{}", of("New"));
    for moved in ["Moved up", "Moved down"] {
        assert!(!of(moved).contains(" ago<"), "hours since the day began are none since the change: {}", of(moved));
    }
    assert!(home.contains("from <bdi>forum</bdi>. Figures of activity stand still since then"));
}

#[test]
fn layers_say_which_days_they_are_made_of() {
    assert!(sample("fernlicht/report").contains("each in one by what they did in the last 365 days"));
}

#[test]
fn what_to_connect_leads_to_the_fields_of_its_lines() {
    let board = sample("fernlicht/boards/support");
    assert!(board.contains("/fernlicht/sources/fields#type-ticket\">Fields of “ticket”</a>"), "{board}");
}

#[test]
fn commands_in_what_to_connect_are_code() {
    assert!(sample("fernlicht/boards/support").contains("<code>axle questions duplicates</code> compares."));
    assert!(sample("fernlicht/kpis/calls").contains("<code>axle import</code> reads both."));
}

/// Where there is no room for columns, each value stands below its heading.
#[test]
fn tables_of_a_figure_are_stacked_on_small_screens() {
    let pages = samples::all(false);
    for (table, label) in
        [("breakdown table-mobile-md", "Change since "), ("table-sm table-mobile-md", "Last period then")]
    {
        let page = pages.iter().find(|page| page.html.contains(table)).expect(table);
        assert!(page.html.contains(&format!("data-label=\"{label}")), "{}", page.path);
    }
}

#[test]
fn pages_stay_light() {
    each(false, |page| {
        let named = |asset: &&assets::Asset| page.html.contains(&asset.url);
        let weight: usize = assets::all().iter().filter(named).map(|asset| asset.gzipped().len()).sum();
        let weight = weight + assets::gzip(page.html.as_bytes()).len();
        let budget = if page.html.contains("echarts.min.js") { 700_000 } else { 350_000 };
        assert!(weight < budget, "{} weighs {weight} bytes compressed", page.path);
    });
}
