//! One source.

use axle_app::reconcile;
use axum::extract::Path;

use crate::failure::{Answer, html};
use crate::pages::layout::Section;
use crate::pages::source::SourcePage;
use crate::visit::Visit;

/// `GET /{workspace}/sources/{source}/counts`
pub(crate) async fn page(visit: Visit, Path((_, name)): Path<(String, String)>) -> Answer {
    let found = reconcile::one(&visit.opened.workspace, &name).await?;
    let types = found.types(&name);
    let named = || found.months.iter().filter(|month| types[month.activity_type.as_str()].stored > 0);
    let differ = named().filter(|month| month.counts.missing + month.counts.surplus > 0);
    let mut disagreeing: Vec<_> = differ.collect();
    disagreeing.sort_by_key(|month| std::cmp::Reverse(month.month));
    let line = |month: &reconcile::MonthCounts| {
        (month.month.strftime("%B %Y").to_string(), month.activity_type.clone(), month.counts)
    };
    let disagreeing = disagreeing.into_iter().map(line).collect();
    html(&SourcePage {
        layout: visit.layout(&name, Section::Sources),
        months: named().count(),
        types: types.into_iter().map(|(kind, counts)| (kind.to_owned(), counts)).collect(),
        name,
        disagreeing,
        places: found.differing,
    })
}
