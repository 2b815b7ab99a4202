//! Faults: `fault="open@3,4 short@5,6 stuck@2,2=10k word@3,4 bit@0,7"`.

use ovonic_netlist::ast::{Argument, Value};
use ovonic_netlist::{Span, parse_number};
use std::collections::{HashMap, HashSet};

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    /// There is nothing between the lines.
    Open,
    /// The lines are connected, past a selector, but not past a via.
    Short,
    /// The cell is a resistor of this value, Ω; a selector is still there.
    Stuck(Argument),
}

/// The faults of an array.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// By row and column.
    pub(super) cells: HashMap<(u32, u32), Fault>,
    /// Broken segments of word lines, by row and the column in front of them.
    pub(super) word: HashSet<(u32, u32)>,
    /// Broken segments of bit lines, by column and the row in front of them.
    pub(super) bit: HashSet<(u32, u32)>,
}

const FORM: &str = "open@ROW,COL, short@ROW,COL, stuck@ROW,COL=OHMS, word@ROW,COL or bit@ROW,COL";

impl Faults {
    /// Reads a list of faults.
    ///
    /// # Errors
    /// A sentence about the first one that is none.
    pub(super) fn read(text: &str, rows: u32, cols: u32, span: Span) -> Result<Faults, String> {
        let mut faults = Faults::default();
        for word in text.split([' ', ';', '\t']).filter(|word| !word.is_empty()) {
            faults.add(word, rows, cols, span)?;
        }
        Ok(faults)
    }

    fn add(&mut self, word: &str, rows: u32, cols: u32, span: Span) -> Result<(), String> {
        let malformed = || format!("\"{word}\" is no fault: expected {FORM}");
        let (kind, place) = word.split_once('@').ok_or_else(malformed)?;
        let (place, value) = match place.split_once('=') {
            Some((place, value)) => (place, Some(value)),
            None => (place, None),
        };
        let (row, col) = place.split_once(',').ok_or_else(malformed)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| malformed());
        let (row, col) = (number(row)?, number(col)?);
        // The segment in front of the first crossing stands behind position 0.
        let (first_row, first_col) = match kind {
            "word" => (1, 0),
            "bit" => (0, 1),
            _ => (1, 1),
        };
        if !(first_row..=rows).contains(&row) || !(first_col..=cols).contains(&col) {
            return Err(format!("\"{word}\" is outside the array of {rows} x {cols}"));
        }
        let fault = match (kind, value) {
            ("open", None) => Fault::Open,
            ("short", None) => Fault::Short,
            ("stuck", Some(value)) => {
                let ohms = parse_number(value).map_err(|error| format!("\"{word}\": {error}"))?;
                if ohms <= 0.0 {
                    return Err(format!("\"{word}\": a stuck cell has a positive resistance"));
                }
                Fault::Stuck(Argument::new(Value::Number(ohms), span))
            }
            ("word", None) => {
                self.word.insert((row, col));
                return Ok(());
            }
            ("bit", None) => {
                self.bit.insert((col, row));
                return Ok(());
            }
            _ => return Err(malformed()),
        };
        match self.cells.insert((row, col), fault) {
            None => Ok(()),
            Some(_) => Err(format!("\"{word}\": the cell has another fault already")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Faults, String> {
        Faults::read(text, 4, 6, Span::default())
    }

    #[test]
    fn faults_are_read() {
        let faults = read("open@1,2 short@4,6;stuck@2,2=10k word@3,0 bit@0,6").unwrap();
        assert_eq!(faults.cells[&(1, 2)], Fault::Open);
        assert_eq!(faults.cells[&(4, 6)], Fault::Short);
        let Fault::Stuck(value) = &faults.cells[&(2, 2)] else { panic!("the cell is stuck") };
        assert_eq!(value.node, Value::Number(1e4));
        assert!(faults.word.contains(&(3, 0)) && faults.bit.contains(&(6, 0)));
    }

    #[test]
    fn what_is_no_fault_is_said() {
        let said = |text| read(text).unwrap_err();
        assert!(
            said("broken@1,2").starts_with("\"broken@1,2\" is no fault: expected open@ROW,COL")
        );
        assert!(said("open@1,2=5").starts_with("\"open@1,2=5\" is no fault"));
        assert!(said("stuck@1,2").starts_with("\"stuck@1,2\" is no fault"));
        assert_eq!(said("open@5,1"), "\"open@5,1\" is outside the array of 4 x 6");
        assert_eq!(said("open@1,0"), "\"open@1,0\" is outside the array of 4 x 6");
        assert_eq!(said("open@1,1 short@1,1"), "\"short@1,1\": the cell has another fault already");
        assert_eq!(
            said("stuck@1,1=-5"),
            "\"stuck@1,1=-5\": a stuck cell has a positive resistance"
        );
    }
}
