//! HTML's tags by name. Only known names count, so that `Vec<u8>` and `a < b` stay text.

/// What a tag means for the text in and around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ends the line.
    Block,
    /// Separates words.
    Cell,
    Code,
    Div,
    /// What is within is no text.
    Hidden,
    Image,
    Inline,
    /// A name of one letter, which may also be a type: counts only where its end occurs too.
    Letter,
    Link,
    Pre,
    Quote,
}

/// Bytes of the longest name.
const LONGEST: usize = 10;

#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'a> {
    pub kind: Kind,
    /// As written.
    pub name: &'a str,
    pub is_end: bool,
    pub attributes: &'a str,
    /// Bytes from `<` to `>`, both included.
    pub len: usize,
}

impl<'a> Tag<'a> {
    /// Reads the tag that `text` begins with.
    pub fn read(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix('<')?;
        let is_end = inner.starts_with('/');
        let inner = &inner[usize::from(is_end)..];
        let name_len = inner.bytes().take(LONGEST + 1).take_while(u8::is_ascii_alphanumeric).count();
        let name = &inner[..name_len];
        let kind = kind(name)?;
        let attributes_len = end_of_attributes(&inner[name_len..])?;
        let attributes = &inner[name_len..name_len + attributes_len];
        let tag = Self { kind, name, is_end, attributes, len: 1 + usize::from(is_end) + name_len + attributes_len + 1 };
        tag.is_plausible().then_some(tag)
    }

    /// The value of an attribute, still with its entities.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.attributes;
        loop {
            let equals = rest.find('=')?;
            let key = rest[..equals].trim_end();
            let key = &key[key.rfind([' ', '\t', '\n', '"', '\'']).map_or(0, |at| at + 1)..];
            let value = rest[equals + 1..].trim_start();
            let (value, after) = match value.as_bytes().first() {
                Some(quote @ (b'"' | b'\'')) => {
                    let inner = &value[1..];
                    inner.split_once(char::from(*quote)).unwrap_or((inner, ""))
                }
                _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
            };
            if key.eq_ignore_ascii_case(name) {
                return Some(value);
            }
            rest = after;
        }
    }

    pub fn has_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split_whitespace().any(|found| found == class))
    }

    /// `a <b and c> d` has a known name but nothing that looks like attributes.
    fn is_plausible(&self) -> bool {
        let attributes = self.attributes.trim_end_matches('/').trim();
        let is_separate = self.attributes.starts_with([' ', '\t', '\n', '\r', '/']) || self.attributes.is_empty();
        is_separate && (attributes.is_empty() || attributes.contains('=') || attributes == "open")
    }
}

fn kind(name: &str) -> Option<Kind> {
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    Some(match std::str::from_utf8(lower).ok()? {
        "article" | "audio" | "body" | "br" | "center" | "dd" | "details" | "dl" | "dt" | "fieldset" | "figcaption"
        | "figure" | "footer" | "form" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "head" | "header" | "hr"
        | "html" | "iframe" | "li" | "main" | "nav" | "ol" | "p" | "section" | "summary" | "table" | "tbody"
        | "tfoot" | "thead" | "tr" | "ul" | "video" => Kind::Block,
        "td" | "th" => Kind::Cell,
        "code" | "kbd" | "samp" | "tt" => Kind::Code,
        "div" => Kind::Div,
        "math" | "noscript" | "script" | "style" | "svg" | "title" => Kind::Hidden,
        "img" => Kind::Image,
        "abbr" | "big" | "button" | "caption" | "cite" | "col" | "colgroup" | "del" | "dfn" | "em" | "font"
        | "input" | "ins" | "label" | "link" | "mark" | "meta" | "picture" | "small" | "source" | "span" | "strike"
        | "strong" | "sub" | "sup" | "time" | "var" | "wbr" => Kind::Inline,
        "b" | "i" | "q" | "s" | "u" => Kind::Letter,
        "a" => Kind::Link,
        "pre" => Kind::Pre,
        "aside" | "blockquote" => Kind::Quote,
        _ => return None,
    })
}

/// Bytes before the `>` outside of quotes. A `<` outside of quotes ends the search, which keeps it linear.
fn end_of_attributes(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(at),
            (None, b'<') => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_tags() {
        for text in ["<u8>", "< b>", "<b and c>", "<foo>", "<b, c>", "<a <b>", "<p", "<>", "<é>"] {
            assert!(Tag::read(text).is_none(), "{text}");
        }
        for text in ["<p>", "</P>", "<br/>", "<br />", "<details open>", "<a href='x>y'>"] {
            assert_eq!(Tag::read(text).map(|tag| tag.len), Some(text.len()), "{text}");
        }
    }

    #[test]
    fn attributes_are_found_by_name() {
        let tag = Tag::read("<a class=\"mention big\" data-href='no' href=https://x.org/ >").unwrap();
        assert_eq!(tag.attribute("href"), Some("https://x.org/"));
        assert!(tag.has_class("mention"));
        assert_eq!(tag.attribute("title"), None);
    }
}
