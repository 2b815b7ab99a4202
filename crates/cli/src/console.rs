//! Standard output and standard error, and whether they want colour.
//!
//! Results go to standard output, everything that is said about them to standard error, so that a pipe carries data
//! only. All commands write through here, which keeps the environment (`NO_COLOR`, `TERM`) in one place.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Stderr, StdoutLock, Write};

/// The two streams of the program.
pub(crate) struct Console {
    out: BufWriter<StdoutLock<'static>>,
    err: Stderr,
    colour: bool,
    colour_out: bool,
    interactive: bool,
    width: usize,
}

/// Columns that are assumed where nothing tells the width of the terminal.
const DEFAULT_WIDTH: usize = 100;

impl Console {
    /// The streams of this process.
    pub(crate) fn new() -> Console {
        let interactive = io::stderr().is_terminal();
        let width = env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok())
            .filter(|&columns| columns >= 40)
            .unwrap_or(DEFAULT_WIDTH);
        Console {
            out: BufWriter::new(io::stdout().lock()),
            err: io::stderr(),
            colour: wants_colour(interactive, |name| env::var(name).ok()),
            colour_out: wants_colour(io::stdout().is_terminal(), |name| env::var(name).ok()),
            interactive,
            width,
        }
    }

    /// Where results go.
    pub(crate) fn out(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Writes text for the user to standard output at once. Somebody who has stopped reading misses it.
    pub(crate) fn print(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    /// Brings everything written so far to standard output.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Says something about the run. Nothing can be done about a standard error that is closed.
    pub(crate) fn say(&mut self, text: &str) {
        // What was printed before has to appear before, also when both streams are one terminal.
        let _ = self.out.flush();
        let _ = self.err.write_all(text.as_bytes());
    }

    /// Whether messages may be coloured.
    pub(crate) fn colour(&self) -> bool {
        self.colour
    }

    /// Whether results may be coloured.
    pub(crate) fn colour_out(&self) -> bool {
        self.colour_out
    }

    /// Whether somebody watches standard error.
    pub(crate) fn interactive(&self) -> bool {
        self.interactive
    }

    /// Columns of the terminal.
    pub(crate) fn width(&self) -> usize {
        self.width
    }
}

/// Follows <https://no-color.org> and <https://bixense.com/clicolors>.
fn wants_colour(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    if variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") {
        return true;
    }
    terminal && variable("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_wins_over_everything() {
        let with = |pairs: &'static [(&'static str, &'static str)]| {
            move |name: &str| {
                let found = pairs.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            }
        };
        assert!(wants_colour(true, with(&[])));
        assert!(!wants_colour(false, with(&[])));
        assert!(!wants_colour(true, with(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")])));
        assert!(wants_colour(true, with(&[("NO_COLOR", "")])));
        assert!(wants_colour(false, with(&[("CLICOLOR_FORCE", "1")])));
        assert!(!wants_colour(true, with(&[("TERM", "dumb")])));
    }
}
