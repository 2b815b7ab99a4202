//! The tape: forward for the value, backward for the gradient.

use super::operation::{Binary, Unary};
use super::table::Table;

/// One operation; operands are indices of earlier steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    Constant(f64),
    Input(u32),
    Time,
    Temperature,
    Unary(Unary, u32),
    Binary(Binary, u32, u32),
    Select(u32, u32, u32),
    Table(u32, u32),
}

impl Step {
    fn operands(self) -> impl Iterator<Item = u32> {
        let operands = match self {
            Step::Unary(_, a) | Step::Table(_, a) => [Some(a), None, None],
            Step::Binary(_, a, b) => [Some(a), Some(b), None],
            Step::Select(a, b, c) => [Some(a), Some(b), Some(c)],
            _ => [None; 3],
        };
        operands.into_iter().flatten()
    }

    fn renumbered(self, new: impl Fn(u32) -> u32) -> Step {
        match self {
            Step::Unary(operation, a) => Step::Unary(operation, new(a)),
            Step::Table(table, a) => Step::Table(table, new(a)),
            Step::Binary(operation, a, b) => Step::Binary(operation, new(a), new(b)),
            Step::Select(a, b, c) => Step::Select(new(a), new(b), new(c)),
            leaf => leaf,
        }
    }
}

/// What an expression may depend on beside its unknowns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surroundings {
    /// Time, s; zero where there is none.
    pub time: f64,
    /// Temperature, K.
    pub temperature: f64,
}

impl Default for Surroundings {
    /// Time zero at 27 °C.
    fn default() -> Self {
        Self { time: 0.0, temperature: 300.15 }
    }
}

/// Buffers of evaluations, reused from call to call and from expression to expression.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    values: Vec<f64>,
    adjoints: Vec<f64>,
}

/// How a part of an expression depends on unknowns and time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Dependence {
    Constant,
    Time,
    Affine,
    Nonlinear,
}

/// An expression over unknowns, time and temperature. Immutable and shared freely between threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Never empty; the last step is the value.
    steps: Vec<Step>,
    tables: Vec<Table>,
}

impl Expression {
    /// The expression that is always `value`.
    #[must_use]
    pub fn constant(value: f64) -> Self {
        Self { steps: vec![Step::Constant(value)], tables: Vec::new() }
    }

    /// Keeps what `root` needs, in order.
    pub(super) fn compact(steps: &[Step], tables: Vec<Table>, root: u32) -> Self {
        let root = root as usize;
        let mut needed = vec![false; root + 1];
        needed[root] = true;
        for index in (0..=root).rev() {
            if needed[index] {
                for operand in steps[index].operands() {
                    needed[operand as usize] = true;
                }
            }
        }
        let mut place = vec![0u32; root + 1];
        let mut kept = Vec::new();
        for index in (0..=root).filter(|&i| needed[i]) {
            place[index] = kept.len() as u32;
            kept.push(steps[index].renumbered(|operand| place[operand as usize]));
        }
        Self { steps: kept, tables }
    }

    /// The value, if the expression depends on nothing.
    #[must_use]
    pub fn as_constant(&self) -> Option<f64> {
        match self.steps.last() {
            Some(Step::Constant(value)) => Some(*value),
            _ => None,
        }
    }

    /// The indices of the unknowns that occur, in increasing order.
    #[must_use]
    pub fn inputs(&self) -> Vec<usize> {
        let inputs = self.steps.iter().filter_map(|step| match step {
            Step::Input(index) => Some(*index as usize),
            _ => None,
        });
        let mut inputs: Vec<usize> = inputs.collect();
        inputs.sort_unstable();
        inputs
    }

    /// Whether time occurs.
    #[must_use]
    pub fn depends_on_time(&self) -> bool {
        self.steps.contains(&Step::Time)
    }

    /// Whether temperature occurs.
    #[must_use]
    pub fn depends_on_temperature(&self) -> bool {
        self.steps.contains(&Step::Temperature)
    }

    /// Whether the gradient is the same at every point and instant: the expression is affine in its unknowns with
    /// coefficients that do not depend on time (the term without unknowns may).
    #[must_use]
    pub fn is_affine(&self) -> bool {
        let mut dependence: Vec<Dependence> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let of = |index: u32| dependence[index as usize];
            let dependence_here = match *step {
                Step::Constant(_) | Step::Temperature => Dependence::Constant,
                Step::Time => Dependence::Time,
                Step::Input(_) => Dependence::Affine,
                Step::Unary(Unary::Negate, a) => of(a),
                Step::Unary(_, a) | Step::Table(_, a) => curved(of(a)),
                Step::Binary(Binary::Add | Binary::Subtract, a, b) => of(a).max(of(b)),
                Step::Binary(Binary::Multiply, a, b) => product(of(a), of(b)),
                Step::Binary(Binary::Divide, a, b) => product(of(a), curved(of(b))),
                Step::Binary(_, a, b) => curved(of(a).max(of(b))),
                Step::Select(condition, a, b) => match of(condition) {
                    Dependence::Constant => of(a).max(of(b)),
                    _ => curved(of(condition).max(of(a)).max(of(b))),
                },
            };
            dependence.push(dependence_here);
        }
        dependence.last() != Some(&Dependence::Nonlinear)
    }

    /// The value at `inputs` (at least as long as the largest index demands).
    ///
    /// # Panics
    /// When `inputs` is too short.
    #[must_use]
    pub fn value(&self, inputs: &[f64], at: &Surroundings, workspace: &mut Workspace) -> f64 {
        let values = &mut workspace.values;
        values.clear();
        for step in &self.steps {
            let value = match *step {
                Step::Constant(value) => value,
                Step::Input(index) => inputs[index as usize],
                Step::Time => at.time,
                Step::Temperature => at.temperature,
                Step::Unary(operation, a) => operation.differential(values[a as usize]).0,
                Step::Binary(operation, a, b) => {
                    operation.differential(values[a as usize], values[b as usize]).0
                }
                Step::Select(condition, a, b) => {
                    values[if values[condition as usize] != 0.0 { a } else { b } as usize]
                }
                Step::Table(table, a) => {
                    self.tables[table as usize].differential(values[a as usize]).0
                }
            };
            values.push(value);
        }
        values.last().copied().unwrap_or(0.0)
    }

    /// The value at `inputs`, and into `gradient` (as long as `inputs`) the partial derivatives.
    ///
    /// # Panics
    /// When `inputs` or `gradient` is too short.
    pub fn gradient(
        &self,
        inputs: &[f64],
        at: &Surroundings,
        workspace: &mut Workspace,
        gradient: &mut [f64],
    ) -> f64 {
        let value = self.value(inputs, at, workspace);
        gradient.fill(0.0);
        let Workspace { values, adjoints } = workspace;
        adjoints.clear();
        adjoints.resize(self.steps.len(), 0.0);
        if let Some(last) = adjoints.last_mut() {
            *last = 1.0;
        }
        for (index, step) in self.steps.iter().enumerate().rev() {
            let weight = adjoints[index];
            if weight == 0.0 {
                continue;
            }
            match *step {
                Step::Constant(_) | Step::Time | Step::Temperature => {}
                Step::Input(input) => gradient[input as usize] += weight,
                Step::Unary(operation, a) => {
                    let (_, slope) = operation.differential(values[a as usize]);
                    adjoints[a as usize] += weight * slope;
                }
                Step::Binary(operation, a, b) => {
                    let (a, b) = (a as usize, b as usize);
                    let (_, along_a, along_b) = operation.differential(values[a], values[b]);
                    adjoints[a] += weight * along_a;
                    adjoints[b] += weight * along_b;
                }
                Step::Select(condition, a, b) => {
                    let taken = if values[condition as usize] != 0.0 { a } else { b };
                    adjoints[taken as usize] += weight;
                }
                Step::Table(table, a) => {
                    let (_, slope) = self.tables[table as usize].differential(values[a as usize]);
                    adjoints[a as usize] += weight * slope;
                }
            }
        }
        value
    }
}

/// A function other than an affine one.
fn curved(argument: Dependence) -> Dependence {
    match argument {
        Dependence::Affine => Dependence::Nonlinear,
        other => other,
    }
}

fn product(a: Dependence, b: Dependence) -> Dependence {
    match (a.min(b), a.max(b)) {
        (Dependence::Constant, other) => other,
        (Dependence::Time, Dependence::Time) => Dependence::Time,
        _ => Dependence::Nonlinear,
    }
}
