//! Bytes of a raw file, taken as lines of text or as blocks.
//!
//! Text may be UTF-8, Latin-1 or UTF-16 (LTspice), and binary data follow it at once, so that buffering has to be
//! shared between both views.

use std::io::{self, Read};

use crate::WaveformError;

/// Bytes that are read at a time.
const BLOCK: usize = 64 * 1024;
/// A longer line means that the file is not text.
const LONGEST_LINE: usize = 1 << 20;

pub(super) struct Source<R> {
    input: R,
    buffer: Vec<u8>,
    position: usize,
    ended: bool,
    wide: Option<bool>,
    /// Number of text lines so far.
    pub(super) line: usize,
}

impl<R: Read> Source<R> {
    pub(super) fn new(input: R) -> Source<R> {
        Source { input, buffer: Vec::new(), position: 0, ended: false, wide: None, line: 0 }
    }

    /// The next bytes without taking them: `count`, or fewer at the end of the input.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.buffer.len() - self.position < count && !self.ended {
            self.buffer.drain(..self.position);
            self.position = 0;
            let start = self.buffer.len();
            self.buffer.resize(start + BLOCK, 0);
            let read = match self.input.read(&mut self.buffer[start..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                Err(error) => return Err(error),
                Ok(0) => {
                    self.ended = true;
                    0
                }
                Ok(read) => read,
            };
            self.buffer.truncate(start + read);
        }
        let end = self.buffer.len().min(self.position + count);
        Ok(&self.buffer[self.position..end])
    }

    /// Takes `count` bytes, or nothing if fewer are left.
    pub(super) fn take(&mut self, count: usize) -> io::Result<Option<&[u8]>> {
        if self.peek(count)?.len() < count {
            return Ok(None);
        }
        let start = self.position;
        self.position += count;
        Ok(Some(&self.buffer[start..start + count]))
    }

    /// Whether text is UTF-16, which the first two bytes of the file show.
    pub(super) fn is_wide(&mut self) -> io::Result<bool> {
        if let Some(wide) = self.wide {
            return Ok(wide);
        }
        let (mark, wide) = match self.peek(2)? {
            [0xff, 0xfe] => (true, true),
            [first, 0] if *first != 0 => (false, true),
            _ => (false, false),
        };
        if mark {
            self.position += 2;
        }
        self.wide = Some(wide);
        Ok(wide)
    }

    /// The next line without its end; nothing at the end of the input.
    ///
    /// # Errors
    /// When reading fails, or no line ends within a mebibyte.
    pub(super) fn line(&mut self) -> Result<Option<String>, WaveformError> {
        let unit = if self.is_wide()? { 2 } else { 1 };
        if self.peek(unit)?.is_empty() {
            return Ok(None);
        }
        let mut wanted = BLOCK;
        let (end, next) = loop {
            let bytes = self.peek(wanted)?;
            let found = bytes
                .chunks_exact(unit)
                .position(|c| c[0] == b'\n' && c.iter().skip(1).all(|b| *b == 0));
            if let Some(index) = found {
                break (index * unit, (index + 1) * unit);
            }
            if bytes.len() < wanted {
                break (bytes.len(), bytes.len());
            }
            if wanted >= LONGEST_LINE {
                return Err(WaveformError::RawFormat {
                    line: self.line + 1,
                    found: "more than a mebibyte without a line end".to_owned(),
                    expected: "a line of text",
                });
            }
            wanted *= 2;
        };
        let text = decode(&self.buffer[self.position..self.position + end], unit == 2);
        self.position += next;
        self.line += 1;
        Ok(Some(text.trim_end_matches(['\r', '\0']).to_owned()))
    }

    /// Whether a new header, or nothing, follows.
    pub(super) fn at_header(&mut self) -> Result<bool, WaveformError> {
        let wide = self.is_wide()?;
        let head = decode(self.peek(if wide { 16 } else { 8 })?, wide);
        let head = head.trim_start();
        let next = head.get(..6.min(head.len())).unwrap_or_default();
        Ok(next.is_empty() || next.eq_ignore_ascii_case("title:"))
    }

    /// What is left after the last whole block, at most `count` bytes.
    pub(super) fn rest_is_blank(&mut self, count: usize) -> io::Result<bool> {
        Ok(self.peek(count)?.iter().all(|b| b.is_ascii_whitespace() || *b == 0))
    }
}

fn decode(bytes: &[u8], wide: bool) -> String {
    if wide {
        let units: Vec<u16> =
            bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
        return String::from_utf16_lossy(&units);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // Older programs write `µ` and `°` as single Latin-1 bytes.
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}
