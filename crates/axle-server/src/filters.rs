//! Template filters: `{{ member.name|person }}`. They only wrap `format`; askama finds them by the name of this module.
#![expect(missing_docs, reason = "the macro turns each function into a type that carries no comment")]

use std::borrow::Cow;

use askama::filters::Safe;
use askama::{Result, Values};
use jiff::Timestamp;

use crate::format::{self, Clock};

/// A whole number, however often a template has borrowed it.
pub trait Whole {
    fn whole(&self) -> i64;
}

macro_rules! whole {
    ($($type:ty),*) => { $(impl Whole for $type { fn whole(&self) -> i64 { i64::try_from(*self).unwrap_or(i64::MAX) } })* };
}
whole!(u8, u16, u32, u64, usize, i64);

impl<T: Whole + ?Sized> Whole for &T {
    fn whole(&self) -> i64 {
        (**self).whole()
    }
}

/// An instant, however often a template has borrowed it.
pub trait Instant {
    fn instant(&self) -> Timestamp;
}

impl Instant for Timestamp {
    fn instant(&self) -> Timestamp {
        *self
    }
}

impl<T: Instant + ?Sized> Instant for &T {
    fn instant(&self) -> Timestamp {
        (**self).instant()
    }
}

fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped.into()
}

/// `1,234`
#[askama::filter_fn]
pub fn count(value: impl Whole, _: &dyn Values) -> Result<String> {
    Ok(format::count(value.whole()))
}

/// `1 day`, `2 days`
#[askama::filter_fn]
pub fn plural(value: impl Whole, _: &dyn Values, noun: &str) -> Result<String> {
    Ok(format::plural(value.whole().unsigned_abs(), noun))
}

/// `1.5 MB`
#[askama::filter_fn]
pub fn bytes(value: impl Whole, _: &dyn Values) -> Result<String> {
    Ok(format::bytes(value.whole().unsigned_abs()))
}

/// Text that someone else wrote, isolated from the direction of the text around it.
#[askama::filter_fn]
pub fn person(text: impl AsRef<str>, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(format!("<bdi>{}</bdi>", escape(&format::clean(text.as_ref())))))
}

/// A sentence of a definition or a refusal: as [`person`], with what stands in backticks as code.
#[askama::filter_fn]
pub fn prose(text: impl AsRef<str>, _: &dyn Values) -> Result<Safe<String>> {
    let text = format::clean(text.as_ref());
    let piece = |(piece, is_code): (&str, bool)| match is_code {
        true => format!("<code>{}</code>", escape(piece)),
        false => escape(piece).into_owned(),
    };
    Ok(Safe(format!("<bdi>{}</bdi>", format::pieces(&text).into_iter().map(piece).collect::<String>())))
}

/// Such a text for an attribute: cleaned; askama escapes it.
#[askama::filter_fn]
pub fn plain(text: impl AsRef<str>, _: &dyn Values) -> Result<String> {
    Ok(format::clean(text.as_ref()))
}

/// Several lines for a `<pre>`: each cleaned; askama escapes them.
#[askama::filter_fn]
pub fn plain_lines(text: impl AsRef<str>, _: &dyn Values) -> Result<String> {
    let lines: Vec<String> = text.as_ref().lines().map(format::clean).collect();
    Ok(lines.join("\n"))
}

/// `<time>` that reads `5 min ago` and has the exact instant as its title.
#[askama::filter_fn]
pub fn ago(at: impl Instant, _: &dyn Values, clock: &Clock) -> Result<Safe<String>> {
    let at = at.instant();
    Ok(Safe(format!("<time datetime=\"{at:.0}\" title=\"{}\">{}</time>", clock.exact(at), clock.relative(at))))
}

/// `<time>` that reads `3 days`, for a column headed "age".
#[askama::filter_fn]
pub fn age(at: impl Instant, _: &dyn Values, clock: &Clock) -> Result<Safe<String>> {
    let at = at.instant();
    Ok(Safe(format!("<time datetime=\"{at:.0}\" title=\"{}\">{}</time>", clock.exact(at), clock.age(at))))
}

/// `3 Mar 2026, 09:12 CET`
#[askama::filter_fn]
pub fn exact(at: impl Instant, _: &dyn Values, clock: &Clock) -> Result<String> {
    Ok(clock.exact(at.instant()))
}

/// `3 Mar 2026`, with the exact instant as its title.
#[askama::filter_fn]
pub fn day(at: impl Instant, _: &dyn Values, clock: &Clock) -> Result<Safe<String>> {
    let at = at.instant();
    Ok(Safe(format!("<time datetime=\"{at:.0}\" title=\"{}\">{}</time>", clock.exact(at), clock.day(at))))
}

/// `09:12`, with the exact instant as its title.
#[askama::filter_fn]
pub fn time(at: impl Instant, _: &dyn Values, clock: &Clock) -> Result<Safe<String>> {
    let at = at.instant();
    Ok(Safe(format!("<time datetime=\"{at:.0}\" title=\"{}\">{}</time>", clock.exact(at), clock.time(at))))
}

/// A decorative icon of the sprite; the text beside it carries the meaning.
#[askama::filter_fn]
pub fn icon(name: impl AsRef<str>, _: &dyn Values) -> Result<Safe<String>> {
    let sprite = crate::assets::url("icons.svg");
    Ok(Safe(format!(
        "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sprite}#{}\"/></svg>",
        escape(name.as_ref())
    )))
}
