//! Text in UTF-16, as some spreadsheets and systems write it, read as UTF-8. A byte order mark announces it.

use std::io::{self, BufReader, Read};

/// Which of its two forms a file is in; `None` for any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The lesser byte of a unit comes first.
    Little,
    /// The greater one does.
    Big,
}

impl Order {
    /// What the first bytes of a file announce.
    pub(crate) fn announced(head: &[u8]) -> Option<Self> {
        match head {
            // The same mark with two zeros behind it would be UTF-32.
            [0xff, 0xfe, 0, 0, ..] => None,
            [0xff, 0xfe, ..] => Some(Self::Little),
            [0xfe, 0xff, ..] => Some(Self::Big),
            _ => None,
        }
    }
}

/// Reads UTF-16 as UTF-8; what is no text becomes U+FFFD.
pub(crate) struct Utf16<R> {
    inner: R,
    order: Order,
    /// A unit's first byte, and the first half of a character, whose second parts are still to come.
    half: Option<u8>,
    high: Option<u16>,
    text: Vec<u8>,
    given: usize,
}

impl<R: Read> Utf16<R> {
    pub(crate) fn new(inner: R, order: Order) -> BufReader<Self> {
        BufReader::new(Self { inner, order, half: None, high: None, text: Vec::new(), given: 0 })
    }

    fn fill(&mut self, bytes: &[u8]) {
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        for byte in bytes {
            match (self.half.take(), self.order) {
                (None, _) => self.half = Some(*byte),
                (Some(first), Order::Little) => units.push(u16::from_le_bytes([first, *byte])),
                (Some(first), Order::Big) => units.push(u16::from_be_bytes([first, *byte])),
            }
        }
        let is_high = |unit: &u16| (0xd800..0xdc00).contains(unit);
        if !bytes.is_empty() && units.last().is_some_and(is_high) {
            self.high = units.pop();
        }
        self.given = 0;
        self.text.clear();
        let characters = char::decode_utf16(units).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER));
        let text: String = characters.filter(|character| *character != '\u{feff}').collect();
        self.text.extend_from_slice(text.as_bytes());
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut bytes = [0; 8 << 10];
        while self.given == self.text.len() {
            let count = self.inner.read(&mut bytes)?;
            if count == 0 && self.high.is_none() {
                return Ok(0);
            }
            self.fill(&bytes[..count]);
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that units and characters are cut anywhere.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            (buffer[0], self.0) = (*first, rest);
            Ok(1)
        }
    }

    fn read(bytes: &[u8]) -> String {
        let mut text = String::new();
        let order = Order::announced(bytes).unwrap();
        Utf16::new(Slow(bytes), order).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn both_orders_are_read_wherever_they_are_cut() {
        let text = "Name\tÄda 🚀\r\n";
        let little: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&little), text);
        assert_eq!(read(&big), text);
    }

    #[test]
    fn half_a_character_at_the_end_is_replaced() {
        assert_eq!(read(&[0xff, 0xfe, b'a', 0, 0x3d, 0xd8]), "a\u{fffd}");
        assert_eq!(Order::announced(b"Name,Email"), None);
        assert_eq!(Order::announced(&[0xff, 0xfe, 0, 0]), None);
    }
}
