//! Whole arrays: `.crossbar name words bits cell key=value …` becomes ordinary elements.
//!
//! ```text
//!                    bit line c                            positions along a line of n crossings
//!                       │
//!  end ─[driver]─ 0 ─[segment 0]─ 1 ─[segment 1]─ 2 … n ─[segment n]─ n+1 ─[driver]─ end
//!                                 │ via, selector, cell
//! ```
//!
//! Word lines run along rows and their first end is left; bit lines run along columns and their first end is at the top.
//! Everything is named by its place, from 1: node `xb.w[3][5]` is word line 3 at its crossing with bit line 5, `xb.c[3][5]`
//! the cell there, `xb.w[3][5]` as a resistor the segment of the line behind that crossing.
//!
//! An array of a million cells is not a million lines of text: elements are made one by one when they are needed, from
//! what the card says, and forgotten again. A record keeps the array and a number, from which the element can be made
//! once more when a parameter changes.

mod cell;
mod devices;
mod ends;
mod faults;
mod lines;
mod matrices;
mod names;
mod read;
mod templates;
mod text;
mod values;
mod variation;

pub(crate) use names::Arrays;
pub(crate) use templates::Templates;

use cell::Device;
use faults::Fault;
use lines::Lines;
use ovonic_netlist::Span;
use ovonic_netlist::ast::{
    Argument, Element, ElementBody, IndependentSource, Instance, Name, Param, Passive, Value, Word,
};
use std::collections::HashMap;
use values::Values;

/// Word lines run along rows, bit lines along columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Direction {
    Word,
    Bit,
}

/// What a part of an array is, in the order in which parts are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Block {
    /// The resistance at an end of a word line; the second index is 0 for the first end and 1 for the last.
    WordEnd,
    BitEnd,
    /// The segment of a word line behind a position; the second index counts from 0.
    WordSegment,
    /// The segment of a bit line; the first index counts from 0.
    BitSegment,
    WordCapacitance,
    BitCapacitance,
    Via,
    Selector,
    Cell,
    CellCapacitance,
}

const BLOCKS: [Block; 10] = [
    Block::WordEnd,
    Block::BitEnd,
    Block::WordSegment,
    Block::BitSegment,
    Block::WordCapacitance,
    Block::BitCapacitance,
    Block::Via,
    Block::Selector,
    Block::Cell,
    Block::CellCapacitance,
];

/// One part of an array; indices as in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) block: Block,
    pub(crate) row: u32,
    pub(crate) col: u32,
}

/// An array as its card describes it.
pub(crate) struct Crossbar {
    pub(crate) span: Span,
    /// What its card calls it.
    name: String,
    rows: u32,
    cols: u32,
    word: Lines,
    bit: Lines,
    /// Nodes of gate lines, and whether there is one for each row or for each column.
    gates: Option<(Direction, Vec<Name>)>,
    via: Option<Argument>,
    selector: Option<Device>,
    cell: Device,
    capacitance: Option<Values>,
    faults: HashMap<(u32, u32), Fault>,
}

impl Crossbar {
    /// Number of places where a part may be, the blocks one after the other.
    pub(crate) fn n_places(&self) -> usize {
        BLOCKS.iter().map(|block| self.n_of(*block)).sum()
    }

    fn n_of(&self, block: Block) -> usize {
        let (rows, cols) = (self.rows as usize, self.cols as usize);
        let cells = |wanted: bool| if wanted { rows * cols } else { 0 };
        match block {
            Block::WordEnd => 2 * rows,
            Block::BitEnd => 2 * cols,
            Block::WordSegment => rows * (cols + 1),
            Block::BitSegment => (rows + 1) * cols,
            Block::WordCapacitance => cells(self.word.capacitance.is_some()),
            Block::BitCapacitance => cells(self.bit.capacitance.is_some()),
            Block::Via => cells(self.via.is_some()),
            Block::Selector => cells(self.selector.is_some()),
            Block::Cell => cells(true),
            Block::CellCapacitance => cells(self.capacitance.is_some()),
        }
    }

    /// The part at a place.
    pub(crate) fn part(&self, place: usize) -> Option<Part> {
        let mut index = place;
        for block in BLOCKS {
            let count = self.n_of(block);
            if index >= count {
                index -= count;
                continue;
            }
            let (width, first_row, first_col) = self.grid(block);
            return Some(Part {
                block,
                row: (index / width) as u32 + first_row,
                col: (index % width) as u32 + first_col,
            });
        }
        None
    }

    /// The place of a part; `None` outside the array.
    fn place(&self, part: Part) -> Option<usize> {
        let (width, first_row, first_col) = self.grid(part.block);
        let row = part.row.checked_sub(first_row)? as usize;
        let col = part.col.checked_sub(first_col)? as usize;
        let index = row * width + col;
        if col >= width || index >= self.n_of(part.block) {
            return None;
        }
        Some(self.first_place(part.block) + index)
    }

    fn first_place(&self, block: Block) -> usize {
        BLOCKS.iter().take_while(|other| **other != block).map(|other| self.n_of(*other)).sum()
    }

    /// The first place behind those of the block that a place belongs to.
    pub(crate) fn end_of_block(&self, place: usize) -> usize {
        let block = self.part(place).map(|part| part.block);
        block.map_or(place + 1, |block| self.first_place(block) + self.n_of(block))
    }

    /// Parts of a block in a row, and what its indices start from.
    fn grid(&self, block: Block) -> (usize, u32, u32) {
        let cols = self.cols as usize;
        match block {
            Block::WordEnd | Block::BitEnd => (2, 1, 0),
            Block::WordSegment => (cols + 1, 1, 0),
            Block::BitSegment => (cols, 0, 1),
            _ => (cols, 1, 1),
        }
    }

    /// The element at a place, in the scope of the array; `None` where there is none.
    pub(crate) fn element(&self, place: usize) -> Option<Element> {
        let part = self.part(place)?;
        let Part { block, row, col } = part;
        match block {
            Block::WordEnd => self.word.driver(part, row, col),
            Block::BitEnd => self.bit.driver(part, row, col),
            Block::WordSegment => self.word.segment(part, row, col, self.span),
            Block::BitSegment => self.bit.segment(part, col, row, self.span),
            Block::WordCapacitance => self.word.capacitor(part, row, col),
            Block::BitCapacitance => self.bit.capacitor(part, col, row),
            _ if self.fault(row, col) == Some(&Fault::Open) => None,
            Block::Via => self.via_element(part),
            Block::Selector => self.selector_element(part),
            Block::Cell => self.cell_element(part),
            Block::CellCapacitance => self.cell_capacitor(part),
        }
    }

    fn fault(&self, row: u32, col: u32) -> Option<&Fault> {
        if self.faults.is_empty() { None } else { self.faults.get(&(row, col)) }
    }

    fn word_node(&self, row: u32, col: u32) -> Name {
        self.word.node(row, col)
    }

    fn bit_node(&self, row: u32, col: u32) -> Name {
        self.bit.node(col, row)
    }

    /// The upper node of what stands behind the via.
    fn top_node(&self, row: u32, col: u32) -> Name {
        match self.via {
            Some(_) => self.inner("t", row, col),
            None => self.word_node(row, col),
        }
    }

    /// The upper node of the cell itself.
    fn cell_node(&self, row: u32, col: u32) -> Name {
        match self.selector {
            Some(_) => self.inner("m", row, col),
            None => self.top_node(row, col),
        }
    }

    fn inner(&self, letter: &str, row: u32, col: u32) -> Name {
        Name::new(format!("{letter}[{row}][{col}]"), self.span)
    }

    fn via_element(&self, part: Part) -> Option<Element> {
        let Part { row, col, .. } = part;
        let nodes = [self.word_node(row, col), self.inner("t", row, col)];
        Some(passive('r', part, nodes, self.via.clone()?))
    }

    fn selector_element(&self, part: Part) -> Option<Element> {
        let Part { row, col, .. } = part;
        // A short bridges the whole stack.
        if self.fault(row, col) == Some(&Fault::Short) || self.cell.is_absent(row, col) {
            return None;
        }
        let nodes = vec![self.top_node(row, col), self.inner("m", row, col)];
        Some(self.selector.as_ref()?.element(part, nodes, self.span))
    }

    fn cell_element(&self, part: Part) -> Option<Element> {
        let Part { row, col, .. } = part;
        let (top, bottom) = (self.cell_node(row, col), self.bit_node(row, col));
        match self.fault(row, col) {
            Some(Fault::Short) => {
                return Some(short(part, [self.top_node(row, col), bottom], self.span));
            }
            Some(Fault::Stuck(value)) => {
                return Some(passive('r', part, [top, bottom], value.clone()));
            }
            Some(Fault::Open) | None => {}
        }
        if self.cell.is_absent(row, col) {
            return None;
        }
        if self.cell.is_short(row, col) {
            return Some(short(part, [top, bottom], self.span));
        }
        let mut nodes = vec![top, bottom];
        if let Some((direction, gates)) = &self.gates {
            let line = if *direction == Direction::Word { row } else { col };
            nodes.push(gates[line as usize - 1].clone());
        }
        Some(self.cell.element(part, nodes, self.span))
    }

    fn cell_capacitor(&self, part: Part) -> Option<Element> {
        let Part { row, col, .. } = part;
        if self.fault(row, col) == Some(&Fault::Short) {
            return None;
        }
        let value = self.capacitance.as_ref()?.at(row, col);
        let nodes = [self.top_node(row, col), self.bit_node(row, col)];
        (value.node != Value::Number(0.0)).then(|| passive('c', part, nodes, value))
    }

    /// The block whose parts all say the same, if that of a place is one and the place has no fault: they share their
    /// parameters.
    pub(crate) fn uniform_block(&self, place: usize) -> Option<Block> {
        let Part { block, row, col } = self.part(place)?;
        let all = |device: &Device| device.params.iter().all(|(_, values)| values.is_uniform());
        let optional = |values: &Option<Values>| values.as_ref().is_some_and(Values::is_uniform);
        let is_uniform = match block {
            Block::WordEnd | Block::BitEnd | Block::Via => true,
            Block::WordSegment => self.word.resistance.is_uniform() && self.word.joined.is_empty(),
            Block::BitSegment => self.bit.resistance.is_uniform() && self.bit.joined.is_empty(),
            Block::WordCapacitance => optional(&self.word.capacitance),
            Block::BitCapacitance => optional(&self.bit.capacitance),
            Block::CellCapacitance => optional(&self.capacitance),
            Block::Selector => self.selector.as_ref().is_some_and(all),
            Block::Cell => all(&self.cell) && self.fault(row, col).is_none(),
        };
        is_uniform.then_some(block)
    }

    /// The node that a selector and its cell share, where both are devices that may be condensed together.
    pub(crate) fn middle(&self, place: usize) -> Option<String> {
        let part = self.part(place)?;
        let selector = self.selector.as_ref()?;
        let together = matches!(part.block, Block::Selector | Block::Cell)
            && selector.letter == 'n'
            && self.cell.letter == 'n'
            && !selector.is_cell
            && !self.cell.is_cell
            && self.fault(part.row, part.col).is_none();
        together.then(|| format!("m[{}][{}]", part.row, part.col))
    }
}

/// An element's name in the scope of its array: the letter of its kind, then its place.
fn element_name(letter: char, part: Part, span: Span) -> Name {
    let Part { block, row, col } = part;
    let word = match block {
        Block::WordEnd => "drive",
        Block::BitEnd => "sense",
        Block::WordSegment | Block::WordCapacitance => "w",
        Block::BitSegment | Block::BitCapacitance => "b",
        Block::Via => "via",
        Block::Selector => "s",
        Block::Cell => "c",
        Block::CellCapacitance => "p",
    };
    Name::new(format!("{letter}{word}[{row}][{col}]"), span)
}

/// A resistor or a capacitor.
fn passive(letter: char, part: Part, nodes: [Name; 2], value: Argument) -> Element {
    let span = value.span;
    let key = Name::new(letter.to_string(), span);
    let body = Passive { nodes, words: Vec::new(), params: vec![Param { key, value }] };
    Element {
        name: element_name(letter, part, span),
        span,
        body: if letter == 'r' {
            ElementBody::Resistor(body)
        } else {
            ElementBody::Capacitor(body)
        },
    }
}

/// An exact connection, which every simulator knows as a source of 0 V.
fn short(part: Part, nodes: [Name; 2], span: Span) -> Element {
    let dc = Some(Argument::new(Value::Number(0.0), span));
    let body = IndependentSource { nodes, dc, ac: None, waveform: None, params: Vec::new() };
    Element { name: element_name('v', part, span), span, body: ElementBody::VoltageSource(body) }
}

/// An element with a model or a subcircuit.
fn worded(
    letter: char,
    part: Part,
    nodes: Vec<Name>,
    model: &Name,
    params: Vec<Param>,
    span: Span,
) -> Element {
    let plain = |name: Name| ovonic_netlist::Spanned::new(Word::Plain(name.node), name.span);
    let mut words: Vec<_> = nodes.into_iter().map(plain).collect();
    words.push(plain(model.clone()));
    let body = ElementBody::Instance(Instance { words, params });
    Element { name: element_name(letter, part, span), span, body }
}
