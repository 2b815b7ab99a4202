//! The periphery of a crossbar: everything of a circuit that is neither line nor cell.
//!
//! With the array's nodes first, the circuit's matrix is
//!
//! ```text
//! ⎡ A   B ⎤      S = A − B·C⁻¹·D
//! ⎣ D   C ⎦
//! ```
//!
//! The array is solved with `S`, which differs from `A` where lines end. `C` is factored by the general sparse solver: a driver
//! or a source falls into blocks of one row there and costs nothing.

use std::sync::Arc;

use ovonic_numerics::sparse::{LinearSolver, Pattern, SolverError, SparseLu};

use super::links::Graph;
use super::place::{Layout, PASSED};
use crate::array::Direction;
use crate::network::{Magnitude, Nodes};

/// Ports of one part of the periphery whose own effect on the lines goes into the preconditioner.
const PROBED: usize = 4;
/// Entries of a matrix that differ by less, relative to the larger one, are those of a symmetric matrix.
pub(super) const SYMMETRIC: f64 = 1e-8;

/// A node of the array that the periphery is coupled to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Port {
    pub(super) direction: Direction,
    pub(super) row: u32,
    pub(super) col: u32,
}

impl Port {
    fn of<T: Copy + Default>(self, x: &Nodes<T>) -> T {
        x.layer(self.direction).at(self.row as usize, self.col as usize)
    }

    fn add(self, value: f64, x: &mut Nodes<f64>) {
        let sum = self.of(x) + value;
        x.layer_mut(self.direction).set(self.row as usize, self.col as usize, sum);
    }
}

/// An unknown of the array and one of the periphery that are coupled.
#[derive(Clone, Copy, Debug)]
struct Coupling {
    place: Port,
    /// Position in the periphery.
    at: u32,
    /// Slots of the entry in the array's row, and of that in the periphery's row.
    slots: [Option<u32>; 2],
    values: [f64; 2],
}

/// The periphery with its factors.
#[derive(Debug)]
pub(super) struct Border {
    pub(super) unknowns: Vec<u32>,
    slots: Vec<u32>,
    values: Vec<f64>,
    couplings: Vec<Coupling>,
    factors: Option<SparseLu<f64>>,
    /// For each of a few turns, one coupling of each part of the periphery.
    turns: Vec<Vec<u32>>,
    probed: Vec<(Port, f64)>,
    ports: Vec<Port>,
    pub(super) is_symmetric: bool,
}

impl Border {
    /// The periphery of a layout.
    ///
    /// # Errors
    /// When the periphery by itself is structurally singular.
    pub(super) fn new(graph: &Graph<'_>, layout: &Layout) -> Result<Border, SolverError> {
        let pattern = graph.pattern;
        let unknowns = layout.periphery.clone();
        let position = |k: u32| unknowns.binary_search(&k).ok();
        let mut entries = Vec::new();
        for (at, &column) in unknowns.iter().enumerate() {
            let rows = pattern.column(column as usize).iter().enumerate();
            for (offset, row) in rows.filter_map(|(o, &row)| Some((o, position(row)?))) {
                let slot = pattern.column_slots(column as usize).start + offset;
                entries.push(((row, at), slot as u32));
            }
        }
        let own = Pattern::new(unknowns.len(), entries.iter().map(|(place, _)| *place))?;
        // Both run down the columns with rising rows.
        let slots = entries.into_iter().map(|(_, slot)| slot).collect::<Vec<u32>>();
        let values = vec![0.0; slots.len()];
        let couplings = couplings(graph, layout, &position);
        let turns = turns(&own, &couplings);
        let factors = match unknowns.is_empty() {
            true => None,
            false => Some(SparseLu::new(Arc::new(own))?),
        };
        let mut ports: Vec<Port> = couplings.iter().map(|coupling| coupling.place).collect();
        // Couplings come node by node.
        ports.dedup();
        Ok(Border {
            unknowns,
            slots,
            values,
            couplings,
            factors,
            turns,
            probed: Vec::new(),
            ports,
            is_symmetric: true,
        })
    }

    /// Takes new values of the circuit's matrix.
    ///
    /// # Errors
    /// As [`LinearSolver::factor`].
    pub(super) fn update(&mut self, values: &[f64]) -> Result<(), SolverError> {
        self.is_symmetric = true;
        for coupling in &mut self.couplings {
            coupling.values = coupling.slots.map(|slot| slot.map_or(0.0, |s| values[s as usize]));
            self.is_symmetric &= alike(coupling.values[0], coupling.values[1]);
        }
        for (value, &slot) in self.values.iter_mut().zip(&self.slots) {
            *value = values[slot as usize];
        }
        if let Some(factors) = &mut self.factors {
            factors.update(&self.values)?;
            let pattern = factors.pattern();
            self.is_symmetric &= pattern.entries().enumerate().all(|(slot, (row, column))| {
                let back = pattern.slot(column, row).map_or(0.0, |slot| self.values[slot]);
                alike(self.values[slot], back)
            });
        }
        self.probe()
    }

    /// `x ← C⁻¹·x`.
    ///
    /// # Errors
    /// As [`LinearSolver::solve`].
    pub(super) fn solve(&self, x: &mut [f64]) -> Result<(), SolverError> {
        self.factors.as_ref().map_or(Ok(()), |factors| factors.solve(x))
    }

    /// `out += D·x`.
    pub(super) fn gather<T: Copy + Default + Into<f64>>(&self, x: &Nodes<T>, out: &mut [f64]) {
        for c in &self.couplings {
            out[c.at as usize] += c.values[1] * c.place.of(x).into();
        }
    }

    /// `out += factor·B·y`.
    pub(super) fn scatter(&self, factor: f64, y: &[f64], out: &mut Nodes<f64>) {
        for c in &self.couplings {
            c.place.add(factor * c.values[0] * y[c.at as usize], out);
        }
    }

    /// What each port's own part of the periphery takes from the diagonal of `S`.
    fn probe(&mut self) -> Result<(), SolverError> {
        self.probed.clear();
        let mut y = vec![0.0; self.unknowns.len()];
        for turn in &self.turns {
            y.fill(0.0);
            for &k in turn {
                let c = &self.couplings[k as usize];
                y[c.at as usize] += c.values[1];
            }
            self.factors.as_ref().map_or(Ok(()), |factors| factors.solve(&mut y))?;
            for &k in turn {
                let c = &self.couplings[k as usize];
                let term = c.values[0] * y[c.at as usize];
                if term != 0.0 {
                    self.probed.push((c.place, term));
                }
            }
        }
        Ok(())
    }

    /// Ports with what their own part of the periphery takes from the diagonal of `S`, as far as it is known: the array's
    /// conductances have it, so that its preconditioner knows how lines end.
    pub(super) fn probed(&self) -> &[(Port, f64)] {
        &self.probed
    }

    /// What the probed terms took from `pᵀS·p`.
    pub(super) fn probed_energy(&self, p: &Nodes<f32>) -> f64 {
        let energy = |&(port, term): &(Port, f64)| {
            let p = f64::from(port.of(p));
            term * p * p
        };
        self.probed.iter().map(energy).sum()
    }

    /// Gives `r −= factor·S·p` what the probed terms took from it.
    pub(super) fn subtract_probed(&self, factor: f64, p: &Nodes<f32>, r: &mut Nodes<f64>) {
        for &(port, term) in &self.probed {
            port.add(-factor * term * f64::from(port.of(p)), r);
        }
    }

    /// Size of a vector at the ports.
    pub(super) fn size(&self, r: &Nodes<f64>) -> Magnitude {
        self.ports.iter().fold(Magnitude::default(), |size, port| {
            let r = port.of(r);
            Magnitude { squares: size.squares + r * r, largest: size.largest.max(r.abs()) }
        })
    }
}

/// Whether two entries are those of a symmetric matrix.
pub(super) fn alike(a: f64, b: f64) -> bool {
    (a - b).abs() <= SYMMETRIC * a.abs().max(b.abs())
}

fn couplings(
    graph: &Graph<'_>,
    layout: &Layout,
    position: &impl Fn(u32) -> Option<usize>,
) -> Vec<Coupling> {
    let mut couplings = Vec::new();
    for (direction, layer) in [(Direction::Word, &layout.word), (Direction::Bit, &layout.bit)] {
        for (crossing, &node) in layer.iter().enumerate() {
            if node >= PASSED {
                continue;
            }
            for (other, _) in graph.around(node as usize) {
                let Some(at) = position(other as u32) else { continue };
                let slot = |row, column| graph.pattern.slot(row, column).map(|slot| slot as u32);
                let node = node as usize;
                couplings.push(Coupling {
                    place: Port {
                        direction,
                        row: (crossing / layout.cols) as u32,
                        col: (crossing % layout.cols) as u32,
                    },
                    at: at as u32,
                    slots: [slot(node, other), slot(other, node)],
                    values: [0.0; 2],
                });
            }
        }
    }
    couplings
}

/// The couplings in turns: in each turn at most one of each connected part of the periphery. Parts with many ports are left
/// out, since what one of these sees of the others is small.
fn turns(own: &Pattern, couplings: &[Coupling]) -> Vec<Vec<u32>> {
    let n = own.n();
    let mut parent: Vec<u32> = (0..n as u32).collect();
    fn root(parent: &mut [u32], mut k: u32) -> u32 {
        while parent[k as usize] != k {
            parent[k as usize] = parent[parent[k as usize] as usize];
            k = parent[k as usize];
        }
        k
    }
    for (row, column) in own.entries() {
        let (a, b) = (root(&mut parent, row as u32), root(&mut parent, column as u32));
        parent[a as usize] = b;
    }
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); n];
    for (index, coupling) in couplings.iter().enumerate() {
        members[root(&mut parent, coupling.at) as usize].push(index as u32);
    }
    let mut turns = vec![Vec::new(); PROBED];
    for part in members.iter().filter(|part| part.len() <= PROBED) {
        for (turn, &coupling) in turns.iter_mut().zip(part) {
            turn.push(coupling);
        }
    }
    turns.retain(|turn| !turn.is_empty());
    turns
}
