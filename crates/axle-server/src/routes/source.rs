//! One source, and what lines that people write themselves may hold.

use axle_app::reconcile;
use axle_model::interchange::{ACTIVITY_FIELDS, Field, TYPES};
use axum::extract::Path;

use crate::failure::{Answer, html};
use crate::pages::layout::Section;
use crate::pages::source::{FieldsPage, SourcePage, TypeOfLine};
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

/// `GET /{workspace}/sources/fields`
pub(crate) async fn fields(visit: Visit) -> Answer {
    let line = |name, key: &[&str], fields: &[Field]| {
        let field = |field: &Field| (field.name, field.required, field.kind.words().replace('`', ""));
        TypeOfLine { name, key: key.join(", "), fields: fields.iter().map(field).collect() }
    };
    let activity = line("activity", &["id", "activity"], ACTIVITY_FIELDS);
    let others = TYPES.iter().map(|known| line(known.name, known.key, known.fields));
    let types = std::iter::once(activity).chain(others).collect();
    html(&FieldsPage { layout: visit.layout("Lines that Axle reads", Section::Sources), types })
}
