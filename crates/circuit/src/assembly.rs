//! Buffers of an evaluation, and the evaluation itself.
//!
//! ```text
//! load:  values ← cached stamps of the linear groups for this alpha
//!        residuals of the linear groups, values and residuals of the others
//!        conductances from nodes to ground that a homotopy asked for
//! ```

use crate::circuit::Circuit;
use num_complex::Complex64;
use ovonic_device::{DelayedEntry, Jacobian, Limiting, LoadContext, LoadTarget, Rates, Time};

/// Where a circuit is evaluated.
#[derive(Clone, Copy)]
pub struct Point<'a> {
    /// Unknowns, ground last; length `n + 1`.
    pub x: &'a [f64],
    /// Simulated time; absent where sources take their dc value.
    pub time: Option<Time>,
    /// Factor on independent sources.
    pub source_scale: f64,
    /// Conductance across junctions, S.
    pub gmin: f64,
    /// Conductance from each node to ground that a homotopy adds, S.
    pub node_conductance: f64,
    /// Latches; length [`Circuit::n_latches`].
    pub latches: &'a [f64],
    /// Values at which retained states are held (length `n + 1`); absent where their rates count.
    pub held: Option<&'a [f64]>,
    /// Delayed signals a delay ago; absent where nothing has a history.
    pub delayed: Option<&'a [f64]>,
    /// What stands for the derivatives of voltages across varying capacitances, by stored quantity.
    pub rates: Rates<'a>,
}

impl<'a> Point<'a> {
    /// A dc point with nothing special about it.
    pub fn dc(x: &'a [f64], latches: &'a [f64]) -> Self {
        Self {
            x,
            time: None,
            source_scale: 1.0,
            gmin: 0.0,
            node_conductance: 0.0,
            latches,
            held: None,
            delayed: None,
            rates: Rates::Rest,
        }
    }

    pub(crate) fn context<'b>(&self, limiting: Limiting, limits: &'b [f64]) -> LoadContext<'b>
    where
        'a: 'b,
    {
        LoadContext {
            x: self.x,
            time: self.time,
            source_scale: self.source_scale,
            gmin: self.gmin,
            latches: self.latches,
            held: self.held,
            delayed: self.delayed,
            rates: self.rates,
            limiting,
            limits,
        }
    }
}

/// Residuals, Jacobian values and memory of one evaluation. Vectors by unknown have length `n + 1`, ground
/// last.
#[derive(Clone, Debug)]
pub struct Assembly {
    /// Values of `∂f/∂x + alpha·∂q/∂x`: pattern, clusters' blocks, bin.
    pub values: Vec<f64>,
    /// `f`, linearised over limiting to the true point.
    pub resistive: Vec<f64>,
    /// `q`, likewise.
    pub reactive: Vec<f64>,
    /// Largest single contribution to each row of `f`.
    pub magnitude: Vec<f64>,
    /// Values of all stored quantities.
    pub stored: Vec<f64>,
    /// Varying capacitances at the places of their voltages among the stored quantities, F; nothing elsewhere. Empty
    /// where the circuit has none.
    pub capacitances: Vec<f64>,
    /// Values of all delayed signals.
    pub signals: Vec<f64>,
    /// Number of instances whose limiting moved a value.
    pub limited: usize,
    /// Number of evaluations with derivatives.
    pub n_loads: usize,
    limits: Vec<f64>,
    next_limits: Vec<f64>,
    linear: Vec<f64>,
    /// What the cached stamps of the linear groups were made with.
    linear_key: Option<LinearKey>,
}

/// What the stamps of linear groups depend on beside the parameters.
#[derive(Clone, Debug, PartialEq)]
struct LinearKey {
    alpha: f64,
    latches: Vec<f64>,
    has_history: bool,
}

impl Assembly {
    pub(crate) fn new(circuit: &Circuit) -> Self {
        let n = circuit.n() + 1;
        Self {
            values: vec![0.0; circuit.n_values()],
            resistive: vec![0.0; n],
            reactive: vec![0.0; n],
            magnitude: vec![0.0; n],
            stored: vec![0.0; circuit.stored().len()],
            capacitances: circuit.no_capacitances(),
            signals: vec![0.0; circuit.delays().len()],
            limited: 0,
            n_loads: 0,
            limits: vec![0.0; circuit.n_limits],
            next_limits: vec![0.0; circuit.n_limits],
            linear: vec![0.0; circuit.n_values()],
            linear_key: None,
        }
    }

    /// Forgets cached stamps, after a parameter changed.
    pub fn invalidate(&mut self) {
        self.linear_key = None;
    }

    /// Limiting lanes of the last evaluation, to be kept with an accepted point and restored with
    /// [`Assembly::set_limits`] when a step is rejected.
    pub fn limits(&self) -> &[f64] {
        &self.limits
    }

    /// Restores limiting lanes.
    ///
    /// # Panics
    /// When the length is not that of [`Assembly::limits`].
    pub fn set_limits(&mut self, limits: &[f64]) {
        self.limits.copy_from_slice(limits);
    }

    fn reset(&mut self) {
        self.resistive.fill(0.0);
        self.reactive.fill(0.0);
        self.magnitude.fill(0.0);
        self.limited = 0;
    }

    /// Brings the cached stamps of the linear groups up to date.
    fn refresh_linear(&mut self, circuit: &Circuit, point: &Point<'_>, alpha: f64) {
        let standing = self.linear_key.as_ref().is_some_and(|key| {
            key.alpha == alpha
                && key.latches == point.latches
                && key.has_history == point.delayed.is_some()
        });
        if standing {
            return;
        }
        self.linear.fill(0.0);
        let context = point.context(Limiting::Off, &[]);
        let mut jacobian = Jacobian::Combined { alpha, values: &mut self.linear };
        let mut target = LoadTarget {
            resistive: &mut self.resistive,
            reactive: &mut self.reactive,
            magnitude: &mut self.magnitude,
            stored: &mut self.stored,
            capacitances: &mut self.capacitances,
            signals: &mut self.signals,
            limits: &mut [],
            limited: &mut self.limited,
        };
        for (group, _) in groups(circuit, true) {
            group.load(0..group.len(), &context, &mut target, &mut jacobian);
        }
        self.linear_key = Some(LinearKey {
            alpha,
            latches: point.latches.to_vec(),
            has_history: point.delayed.is_some(),
        });
    }

    pub(crate) fn load(
        &mut self,
        circuit: &Circuit,
        point: &Point<'_>,
        alpha: f64,
        limiting: Limiting,
    ) {
        self.n_loads += 1;
        self.refresh_linear(circuit, point, alpha);
        self.values.copy_from_slice(&self.linear);
        self.reset();
        let context = point.context(limiting, &self.limits);
        let mut target = LoadTarget {
            resistive: &mut self.resistive,
            reactive: &mut self.reactive,
            magnitude: &mut self.magnitude,
            stored: &mut self.stored,
            capacitances: &mut self.capacitances,
            signals: &mut self.signals,
            limits: &mut self.next_limits,
            limited: &mut self.limited,
        };
        let mut jacobian = Jacobian::Combined { alpha, values: &mut self.values };
        for (group, linear) in circuit.groups.iter().zip(&circuit.linear_groups) {
            if *linear {
                group.residual(0..group.len(), &context, &mut target);
            } else {
                group.load(0..group.len(), &context, &mut target, &mut jacobian);
            }
        }
        if limiting != Limiting::Off {
            std::mem::swap(&mut self.limits, &mut self.next_limits);
        }
        if point.node_conductance != 0.0 {
            for (row, slot) in circuit.diagonal[..circuit.n_public()].iter().enumerate() {
                if let (Some(slot), true) = (slot, circuit.entries[row].is_flow_row()) {
                    self.values[*slot] += point.node_conductance;
                }
            }
        }
        self.add_node_conductance(circuit, point);
    }

    /// Takes over the limiting lanes of the last [`Circuit::follow`], whose point was accepted.
    pub fn adopt_limits(&mut self) {
        std::mem::swap(&mut self.limits, &mut self.next_limits);
    }

    pub(crate) fn residual(&mut self, circuit: &Circuit, point: &Point<'_>, limiting: Limiting) {
        self.reset();
        let context = point.context(limiting, &[]);
        let mut target = LoadTarget {
            resistive: &mut self.resistive,
            reactive: &mut self.reactive,
            magnitude: &mut self.magnitude,
            stored: &mut self.stored,
            capacitances: &mut self.capacitances,
            signals: &mut self.signals,
            limits: &mut self.next_limits,
            limited: &mut self.limited,
        };
        for group in &circuit.groups {
            group.residual(0..group.len(), &context, &mut target);
        }
        self.add_node_conductance(circuit, point);
    }

    fn add_node_conductance(&mut self, circuit: &Circuit, point: &Point<'_>) {
        if point.node_conductance == 0.0 {
            return;
        }
        for row in 0..circuit.n_public() {
            if circuit.entries[row].is_flow_row() {
                let current = point.node_conductance * point.x[row];
                self.resistive[row] += current;
                self.magnitude[row] = self.magnitude[row].max(current.abs());
            }
        }
    }
}

fn groups(
    circuit: &Circuit,
    linear: bool,
) -> impl Iterator<Item = (&dyn ovonic_device::Group, bool)> {
    let groups = circuit.groups.iter().map(|group| &**group);
    groups.zip(circuit.linear_groups.iter().copied()).filter(move |(_, l)| *l == linear)
}

/// The circuit linearised at a solved point: `(∂f/∂x + jω·∂q/∂x + delayed)·x = stimulus`.
#[derive(Clone, Debug)]
pub struct SmallSignal {
    /// `∂f/∂x`; length [`Circuit::n_values`].
    pub resistive: Vec<f64>,
    /// `∂q/∂x`; length [`Circuit::n_values`].
    pub reactive: Vec<f64>,
    /// Right-hand side of the devices' stimuli; length `n + 1`.
    pub stimulus: Vec<Complex64>,
    /// Varying capacitances, as [`Assembly::capacitances`] has them.
    pub capacitances: Vec<f64>,
    /// Delayed terms with public rows and columns, and their slots.
    delayed: Vec<(usize, DelayedEntry)>,
}

impl SmallSignal {
    pub(crate) fn new(circuit: &Circuit, point: &Point<'_>) -> Self {
        let n = circuit.n() + 1;
        // Delayed signals are terms of their own here, so that their present values must not count.
        let still = vec![0.0; circuit.delays().len()];
        let context = Point { delayed: Some(&still), ..*point }.context(Limiting::Off, &[]);
        let (mut resistive, mut reactive) =
            (vec![0.0; circuit.n_values()], vec![0.0; circuit.n_values()]);
        let (mut f, mut q, mut magnitude) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let mut stored = vec![0.0; circuit.stored().len()];
        let mut capacitances = circuit.no_capacitances();
        let mut signals = still.clone();
        let mut limited = 0;
        let mut target = LoadTarget {
            resistive: &mut f,
            reactive: &mut q,
            magnitude: &mut magnitude,
            stored: &mut stored,
            capacitances: &mut capacitances,
            signals: &mut signals,
            limits: &mut [],
            limited: &mut limited,
        };
        let mut jacobian = Jacobian::Split { resistive: &mut resistive, reactive: &mut reactive };
        let mut stimulus = vec![Complex64::ZERO; n];
        for group in &circuit.groups {
            group.load(0..group.len(), &context, &mut target, &mut jacobian);
            group.stimulus(&mut stimulus);
        }
        stimulus[n - 1] = Complex64::ZERO;
        let bin = circuit.n_values() - 1;
        let slot = |entry: &DelayedEntry| circuit.pattern.slot(entry.row, entry.column);
        let delayed = circuit.delayed_entries(point).into_iter();
        let delayed = delayed.map(|entry| (slot(&entry).unwrap_or(bin), entry)).collect();
        Self { resistive, reactive, stimulus, capacitances, delayed }
    }

    /// Writes `∂f/∂x + jω·∂q/∂x` and the delayed terms at angular frequency `omega` (rad/s) into `values`
    /// (length [`Circuit::n_values`]).
    pub fn assemble(&self, omega: f64, values: &mut [Complex64]) {
        for ((value, &g), &c) in values.iter_mut().zip(&self.resistive).zip(&self.reactive) {
            *value = Complex64::new(g, omega * c);
        }
        for (slot, entry) in &self.delayed {
            values[*slot] += Complex64::from_polar(entry.value, -omega * entry.delay);
        }
    }
}
