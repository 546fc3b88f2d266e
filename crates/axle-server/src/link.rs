//! Links inside Axle and out of it. The state of a list lives in its address, so a page builds its links from where it is.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A path with query parameters, in the order in which they were set. Displays percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    path: String,
    query: Vec<(String, String)>,
}

impl Link {
    /// A link to `/segment/segment…`; each segment is encoded, so that an id with a slash stays one segment.
    pub fn to(segments: &[&str]) -> Self {
        let mut path = String::new();
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, COMPONENT));
        }
        Self { path, query: Vec::new() }
    }

    /// The same link with `key` set to `value`, in place of any earlier value. An empty value removes the key.
    /// The cursor is dropped, since another filter or order starts at the first page.
    pub fn with(&self, key: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let (key, value) = (key.as_ref(), value.as_ref());
        let mut link = self.without(key).without("cursor");
        if !value.is_empty() {
            link.query.push((key.to_owned(), value.to_owned()));
        }
        link
    }

    /// The same list from a later page on.
    pub fn at(&self, cursor: impl Into<String>) -> Self {
        let mut link = self.without("cursor");
        link.query.push(("cursor".to_owned(), cursor.into()));
        link
    }

    /// The same link without `key`.
    pub fn without(&self, key: impl AsRef<str>) -> Self {
        let query = self.query.iter().filter(|(name, _)| name != key.as_ref()).cloned().collect();
        Self { path: self.path.clone(), query }
    }

    /// The same parameters on a path one segment deeper.
    pub fn below(&self, segment: impl AsRef<str>) -> Self {
        let path = format!("{}/{}", self.path, utf8_percent_encode(segment.as_ref(), COMPONENT));
        Self { path, query: self.query.clone() }
    }

    /// The path alone, encoded.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of `key`, or `""`.
    pub fn get(&self, key: impl AsRef<str>) -> &str {
        self.query.iter().find(|(name, _)| name == key.as_ref()).map_or("", |(_, value)| value)
    }

    /// Whether `key` has exactly this value; an unset key has the value `""`.
    pub fn is(&self, key: impl AsRef<str>, value: impl AsRef<str>) -> bool {
        self.get(key) == value.as_ref()
    }

    /// The parameters other than `keys`, for the hidden fields of a form that sets those keys itself.
    pub fn others(&self, keys: &[&str]) -> Vec<(&str, &str)> {
        let kept = self.query.iter().filter(|(name, _)| name != "cursor" && !keys.contains(&name.as_str()));
        kept.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        for (index, (key, value)) in self.query.iter().enumerate() {
            f.write_str(if index == 0 { "?" } else { "&" })?;
            write!(f, "{}={}", utf8_percent_encode(key, COMPONENT), utf8_percent_encode(value, COMPONENT))?;
        }
        Ok(())
    }
}

/// An address on the web that a source gave us. Only `http` and `https` pass, so that `javascript:` never becomes a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebUrl(String);

impl WebUrl {
    /// `None` for any other scheme, and for text with spaces or control characters.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let web = lower.starts_with("https://") || lower.starts_with("http://");
        let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        (web && plain).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_replaces_its_own_value_and_returns_to_the_first_page() {
        let here = Link::to(&["acme", "members"]).with("level", "leading").with("q", "a&b=c");
        let mut paged = here.clone();
        paged.query.push(("cursor".into(), "xyz".into()));
        assert_eq!(paged.with("level", "exploring").to_string(), "/acme/members?q=a%26b%3Dc&level=exploring");
        assert_eq!(paged.with("level", "").to_string(), "/acme/members?q=a%26b%3Dc");
        assert_eq!(paged.others(&["q"]), [("level", "leading")]);
        assert!(here.is("level", "leading") && here.is("source", ""));
    }

    #[test]
    fn a_segment_stays_one_segment() {
        assert_eq!(Link::to(&["acme", "a/b c"]).to_string(), "/acme/a%2Fb%20c");
        assert_eq!(Link::to(&["acme", "kpis"]).with("q", "x").below("é").to_string(), "/acme/kpis/%C3%A9?q=x");
    }

    #[test]
    fn only_the_web_becomes_a_link() {
        assert!(WebUrl::parse("https://forum.example/t/1").is_some());
        for text in ["javascript:alert(1)", " https://x", "data:text/html,x", "https://x\u{0}y", "//x", ""] {
            assert_eq!(WebUrl::parse(text), None, "{text}");
        }
    }
}
