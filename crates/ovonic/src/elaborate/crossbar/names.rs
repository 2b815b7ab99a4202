//! Finding instances of arrays by name: `n.xb.c[3][5]`, or `xb.c[3][5]` whatever stands there.
//!
//! An array of a million cells does not keep a million names twice: its instances are found by their place.

use super::super::scope::ScopeId;
use super::{Block, Crossbar, Part};
use ovonic_circuit::InstanceId;
use std::collections::HashMap;
use std::sync::Arc;

/// The instances of all arrays.
#[derive(Default)]
pub(crate) struct Arrays {
    /// By what the names of their parts begin with: `xb.`.
    arrays: HashMap<String, Placed>,
}

struct Placed {
    array: Arc<Crossbar>,
    scope: ScopeId,
    /// Instances with their places, in the order of places.
    instances: Vec<(u32, InstanceId)>,
}

impl Arrays {
    /// Notes an array, before its instances.
    pub(crate) fn open(&mut self, prefix: &str, array: &Arc<Crossbar>, scope: ScopeId) {
        let placed = Placed { array: array.clone(), scope, instances: Vec::new() };
        self.arrays.insert(prefix.to_owned(), placed);
    }

    /// Notes an instance at a place.
    pub(crate) fn add(&mut self, prefix: &str, place: usize, id: InstanceId) {
        if let Some(placed) = self.arrays.get_mut(prefix) {
            placed.instances.push((place as u32, id));
        }
    }

    /// All arrays, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Crossbar> {
        self.arrays.values().map(|placed| &*placed.array)
    }

    /// The node at a crossing by the name that it has where lines have resistance: `xb.w[3][5]`. With the scope that knows
    /// it by the name that it really has.
    pub(crate) fn node(&self, name: &str) -> Option<(ScopeId, String)> {
        let (path, local) = name.split_at(name.rfind('.')? + 1);
        let placed = self.arrays.get(path)?;
        let array = &placed.array;
        let (letter, indices) = local.split_once('[')?;
        let (row, col) = indices.strip_suffix(']')?.split_once("][")?;
        let (row, col): (u32, u32) = (row.parse().ok()?, col.parse().ok()?);
        let is_inside =
            |row: u32, col: u32, rows: u32, cols: u32| (1..=rows).contains(&row) && col <= cols;
        let node = match letter {
            "w" if is_inside(row, col, array.rows, array.cols + 1) => array.word.node(row, col),
            "b" if is_inside(col, row, array.cols, array.rows + 1) => array.bit.node(col, row),
            _ => return None,
        };
        Some((placed.scope, node.node))
    }

    /// The instance that a name stands for.
    pub(crate) fn find(&self, name: &str) -> Option<InstanceId> {
        let (name, offset) = match name.strip_suffix(".ts") {
            Some(upper) => (upper, 1),
            None => (name, 0),
        };
        let (path, local) = name.split_at(name.rfind('.')? + 1);
        let (letter, placed) = match self.arrays.get(path) {
            Some(placed) => (None, placed),
            None => {
                let (letter, path) = path.split_once('.')?;
                (Some(letter), self.arrays.get(path)?)
            }
        };
        let part = part(local, letter)?;
        let place = placed.array.place(part)? as u32;
        let first = placed.instances.partition_point(|(at, _)| *at < place);
        let (at, id) = placed.instances.get(first + offset)?;
        (*at == place).then_some(*id)
    }
}

/// The part that `c[3][5]` names, of a device with this letter.
fn part(local: &str, letter: Option<&str>) -> Option<Part> {
    let (word, indices) = local.split_once('[')?;
    let (row, col) = indices.strip_suffix(']')?.split_once("][")?;
    let is_capacitor = letter == Some("c");
    let block = match word {
        "drive" => Block::WordEnd,
        "sense" => Block::BitEnd,
        "w" if is_capacitor => Block::WordCapacitance,
        "w" => Block::WordSegment,
        "b" if is_capacitor => Block::BitCapacitance,
        "b" => Block::BitSegment,
        "via" => Block::Via,
        "s" => Block::Selector,
        "c" => Block::Cell,
        "p" => Block::CellCapacitance,
        _ => return None,
    };
    Some(Part { block, row: row.parse().ok()?, col: col.parse().ok()? })
}
