//! A crossbar inside of a circuit: found in the circuit's matrix, and solved with the structured solver.
//!
//! Newton's matrix of a circuit that holds an array has the array's nodes – two at each crossing – among many other unknowns:
//! drivers, sources, and whatever stands inside of cells. Nobody says which is which. The matrix of the resting circuit does:
//! segments of lines conduct more than cells, so that what they join are lines ([`links`]); lines that cells join are those of
//! two families, which puts them in order ([`place`]). From then on each matrix is read crossing by crossing ([`plan`]), cells'
//! own unknowns are eliminated ([`parts`]), and the rest of the circuit borders the array ([`border`]).
//!
//! A circuit in which no array is found is left to the general sparse solver.

mod border;
mod flexible;
mod links;
mod parts;
mod place;
mod plan;
mod solver;

use std::sync::Arc;

use num_complex::Complex64;
use ovonic_analysis::Engines;
use ovonic_circuit::{Circuit, Point};
use ovonic_device::{Limiting, Nature};
use ovonic_numerics::sparse::{Engine, LinearSolver, Pattern, SolverError};

use crate::crew::Crew;
use border::Border;
use links::Graph;
use parts::Parts;
use plan::Plan;
use solver::CrossbarSolver;

/// Unknowns from which on an array is worth looking for: below, the general solver is as fast, and time steps that keep its
/// factors are faster.
const WORTH_IT: usize = 20_000;

/// Which solver a circuit gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The structured one where an array is found that is large enough to gain by it.
    #[default]
    Auto,
    /// The structured one wherever an array is found, whatever its size; anything else is an error.
    Crossbar,
    /// The general sparse one.
    Sparse,
}

/// Linear engines that look for crossbars.
#[derive(Clone, Copy, Debug)]
pub struct CrossbarEngines {
    /// Which solver real systems get.
    pub choice: Choice,
    /// The engine of everything else.
    pub general: Engine,
    /// Threads of the structured solver; results do not depend on them.
    pub threads: usize,
}

impl Default for CrossbarEngines {
    fn default() -> CrossbarEngines {
        CrossbarEngines { choice: Choice::Auto, general: Engine::default(), threads: 1 }
    }
}

impl Engines for CrossbarEngines {
    fn real(&self, pattern: &Arc<Pattern>) -> Result<Box<dyn LinearSolver<f64>>, SolverError> {
        self.general.real(pattern)
    }

    fn complex(
        &self,
        pattern: &Arc<Pattern>,
    ) -> Result<Box<dyn LinearSolver<Complex64>>, SolverError> {
        self.general.complex(pattern)
    }

    fn real_for(&self, circuit: &Circuit) -> Result<Box<dyn LinearSolver<f64>>, SolverError> {
        let pattern = circuit.pattern();
        let looks = match self.choice {
            Choice::Auto => circuit.n_public() >= WORTH_IT,
            Choice::Crossbar => true,
            Choice::Sparse => false,
        };
        let system = if looks { System::find(circuit) } else { None };
        match (system, Crew::new(self.threads)) {
            (Some(system), Ok(crew)) => {
                Ok(Box::new(CrossbarSolver::new(pattern.clone(), system, crew)))
            }
            _ if self.choice == Choice::Crossbar => Err(SolverError::NoCrossbar),
            _ => self.real(pattern),
        }
    }
}

/// A circuit as an array, the cells' own unknowns, and a periphery.
struct System {
    plan: Plan,
    parts: Parts,
    border: Border,
}

impl System {
    /// Looks for an array in the matrix of the circuit at rest: all voltages zero, states where they start.
    fn find(circuit: &Circuit) -> Option<System> {
        let x = circuit.initial_unknowns(&vec![0.0; circuit.n() + 1]);
        let latches = circuit.initial_latches();
        let mut assembly = circuit.assembly();
        let point = Point { held: Some(&x), ..Point::dc(&x, &latches) };
        circuit.load(&point, 0.0, Limiting::Off, &mut assembly);
        let unknowns = &circuit.unknowns()[..circuit.n_public()];
        let is_node: Vec<bool> = unknowns
            .iter()
            .map(|unknown| unknown.is_flow_row() && unknown.nature == Nature::Voltage)
            .collect();
        let pattern = circuit.pattern();
        // Cells that the circuit condenses still have no entry here: weak, as they should be.
        System::of_matrix(pattern, &assembly.values[..pattern.nnz()], &is_node)
    }

    /// Looks for an array in a matrix.
    fn of_matrix(pattern: &Pattern, values: &[f64], is_node: &[bool]) -> Option<System> {
        let graph = Graph::new(pattern, values, is_node);
        links::thresholds(&graph).into_iter().find_map(|threshold| {
            let links = links::links(&graph, threshold)?;
            let mut layout = place::layout(&graph, links)?;
            let cells = std::mem::take(&mut layout.parts).into_iter();
            let nodes = |k: u32| [layout.word[k as usize], layout.bit[k as usize]];
            let parts = Parts::new(pattern, cells.map(|(k, members)| (k, members, nodes(k))));
            let border = Border::new(&graph, &layout).ok()?;
            let plan = Plan::new(&graph, layout)?;
            Some(System { plan, parts, border })
        })
    }
}
