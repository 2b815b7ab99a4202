//! Bytes to text: decks come as UTF-8, Latin-1 and (from Windows programs) UTF-16.

/// A decoded file.
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// True if the bytes were no UTF-8 and were read as Latin-1.
    pub(crate) is_latin1: bool,
    /// True if a NUL byte ended the text early.
    pub(crate) is_cut: bool,
}

/// Decodes a file. A byte order mark is dropped; text ends at the first NUL, which no deck contains.
pub(crate) fn decode(bytes: Vec<u8>) -> Decoded {
    if let Some(text) = decode_utf16(&bytes) {
        return cut(text, false);
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            cut(text, false)
        }
        // A Latin-1 byte is the code point of the same number.
        Err(error) => cut(error.as_bytes().iter().map(|&byte| char::from(byte)).collect(), true),
    }
}

fn decode_utf16(bytes: &[u8]) -> Option<String> {
    let read: fn([u8; 2]) -> u16 = match bytes.get(..2)? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes[2..].chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
    Some(
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
    )
}

fn cut(mut text: String, is_latin1: bool) -> Decoded {
    let end = text.find('\0');
    if let Some(end) = end {
        text.truncate(end);
    }
    if text.contains('\r') && !text.contains('\n') {
        text = text.replace('\r', "\n");
    }
    Decoded { text, is_latin1, is_cut: end.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_recognised() {
        let text = |bytes: &[u8]| decode(bytes.to_vec()).text;
        assert_eq!(text(b"abc"), "abc");
        assert_eq!(text(b"\xef\xbb\xbfabc"), "abc");
        assert_eq!(text("1\u{b5}".as_bytes()), "1\u{b5}");
        assert_eq!(text(b"1\xb5F"), "1\u{b5}F");
        assert!(decode(b"1\xb5F".to_vec()).is_latin1);
        assert_eq!(text(b"\xff\xfea\0b\0"), "ab");
        assert_eq!(text(b"\xfe\xff\0a\0b"), "ab");
        assert_eq!(text(b"a\rb"), "a\nb");
        assert_eq!(text(b"a\r\nb"), "a\r\nb");
    }

    #[test]
    fn text_ends_at_the_first_nul() {
        let decoded = decode(b"abc\0def".to_vec());
        assert_eq!(decoded.text, "abc");
        assert!(decoded.is_cut);
    }
}
