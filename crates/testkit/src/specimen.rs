//! One device, or a few in parallel, bound to a small dense system of their own.

use num_complex::Complex64;
use ovonic_device::{
    AnyParams, Binding, DelayedEntry, Environment, Group, Jacobian, Kind, Limiting, LoadContext,
    LoadTarget, LocalResidual, NoiseSource, ParamError, Rates, Structure, Tie, Time, Unknown,
};

/// Devices of one kind whose unknowns coincide, one by one: a single device, or several in parallel that also share
/// what is private.
pub struct Specimen {
    group: Box<dyn Group>,
    structure: Structure,
    /// Row of each local unknown; that of ground is the last one.
    locals: Vec<usize>,
    /// The unknowns that have a row.
    unknowns: Vec<Unknown>,
    n_stored: usize,
    n_signals: usize,
    latches: Vec<f64>,
}

/// What an evaluation gave, without ground. Matrices are row by row, `n × n`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Resistive residual; length `n`.
    pub f: Vec<f64>,
    /// Stored residual; length `n`.
    pub q: Vec<f64>,
    /// `∂f/∂x`; empty where only values were asked for.
    pub df_dx: Vec<f64>,
    /// `∂q/∂x`; empty where only values were asked for.
    pub dq_dx: Vec<f64>,
    /// Stored quantities.
    pub stored: Vec<f64>,
    /// Delayed signals.
    pub signals: Vec<f64>,
}

/// Circumstances of an evaluation.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Simulated time.
    pub time: Option<Time>,
    /// Latches of all devices.
    pub latches: Vec<f64>,
    /// Conductance across junctions, S.
    pub gmin: f64,
    /// Factor on independent sources.
    pub source_scale: f64,
    /// Rates of voltages across varying capacitances as a formula gives them: coefficient, and history by stored quantity.
    /// Absent at rest.
    pub formula: Option<(f64, Vec<f64>)>,
}

impl Specimen {
    /// A single device with every terminal connected.
    ///
    /// # Errors
    /// When the parameters make no device.
    pub fn new(kind: &Kind, params: &dyn AnyParams, env: &Environment) -> Result<Self, ParamError> {
        Self::parallel(kind, params, env, &[1.0])
    }

    /// Devices in parallel, with their multiplicities.
    ///
    /// # Errors
    /// When the parameters make no device.
    pub fn parallel(
        kind: &Kind,
        params: &dyn AnyParams,
        env: &Environment,
        multiplicities: &[f64],
    ) -> Result<Self, ParamError> {
        let mut group = (kind.new_group)();
        for &multiplicity in multiplicities {
            group.add(params, env, multiplicity)?;
        }
        let structure = group.structure(0);
        let (locals, unknowns) = rows(group.unknowns(0), &group.collapse(0, u64::MAX));
        let n = unknowns.len();
        let n_latches = group.n_latches();
        let (n_stored, n_signals) = (structure.trace.stored.len(), structure.trace.delayed.len());
        let slot = |row: usize, column: usize| locals[row] * (n + 1) + locals[column];
        for index in 0..multiplicities.len() {
            let binding = Binding {
                unknowns: &locals,
                slot: &slot,
                stored: index * n_stored,
                limits: index * group.n_limits(),
                latches: index * n_latches,
                signals: index * n_signals,
            };
            group.bind(index, &structure, &binding);
        }
        let count = multiplicities.len();
        let mut latches = vec![0.0; count * n_latches];
        for index in 0..count {
            group.initial_latches(index, &mut latches);
        }
        Ok(Self {
            group,
            structure,
            locals,
            unknowns,
            n_stored: count * n_stored,
            n_signals: count * n_signals,
            latches,
        })
    }

    /// Number of unknowns that have a row.
    pub fn n(&self) -> usize {
        self.unknowns.len()
    }

    /// The unknowns that have a row.
    pub fn unknowns(&self) -> &[Unknown] {
        &self.unknowns
    }

    /// All local unknowns of the first device.
    pub fn local_unknowns(&self) -> &[Unknown] {
        self.group.unknowns(0)
    }

    /// Row of each local unknown; [`Specimen::n`] where it is tied to ground.
    pub fn rows(&self) -> &[usize] {
        &self.locals
    }

    /// Structure of one device.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// Initial latches, no time, no conductance across junctions, sources on.
    pub fn setting(&self) -> Setting {
        let latches = self.latches.clone();
        Setting { time: None, latches, gmin: 0.0, source_scale: 1.0, formula: None }
    }

    /// Evaluates with derivatives at `x`, of length `n`; limiting is off.
    pub fn load(&self, x: &[f64], setting: &Setting) -> Evaluation {
        self.load_limited(x, setting, Limiting::Off, &mut Vec::new()).0
    }

    /// Evaluates with derivatives and limiting; `limits` holds the lanes from one call to the next. Also gives the
    /// number of devices whose limiting moved a value.
    pub fn load_limited(
        &self,
        x: &[f64],
        setting: &Setting,
        limiting: Limiting,
        limits: &mut Vec<f64>,
    ) -> (Evaluation, usize) {
        let n = self.n();
        let mut out = Evaluation {
            df_dx: vec![0.0; (n + 1) * (n + 1)],
            dq_dx: vec![0.0; (n + 1) * (n + 1)],
            ..Evaluation::default()
        };
        let (mut resistive, mut reactive) =
            (std::mem::take(&mut out.df_dx), std::mem::take(&mut out.dq_dx));
        limits.resize(self.group.len() * self.group.n_limits(), 0.0);
        let limited = self.evaluate(x, setting, limiting, limits, &mut out, |context, target| {
            let mut jacobian =
                Jacobian::Split { resistive: &mut resistive, reactive: &mut reactive };
            self.group.load(0..self.group.len(), context, target, &mut jacobian);
        });
        let inner = |matrix: &[f64]| -> Vec<f64> {
            matrix.chunks(n + 1).take(n).flat_map(|row| row[..n].to_vec()).collect()
        };
        out.df_dx = inner(&resistive);
        out.dq_dx = inner(&reactive);
        (out, limited)
    }

    /// Evaluates without derivatives at `x`, of length `n`.
    pub fn residual(&self, x: &[f64], setting: &Setting) -> Evaluation {
        let mut out = Evaluation::default();
        self.evaluate(x, setting, Limiting::Off, &mut Vec::new(), &mut out, |context, target| {
            self.group.residual(0..self.group.len(), context, target);
        });
        out
    }

    /// Prepares the vectors of an evaluation, runs it and keeps what it gave.
    fn evaluate(
        &self,
        x: &[f64],
        setting: &Setting,
        limiting: Limiting,
        limits: &mut Vec<f64>,
        out: &mut Evaluation,
        run: impl FnOnce(&LoadContext<'_>, &mut LoadTarget<'_>),
    ) -> usize {
        let n = self.n();
        let (previous, grounded) = (limits.clone(), grounded(x));
        let mut limited = 0;
        out.f = vec![0.0; n + 1];
        out.q = vec![0.0; n + 1];
        out.stored = vec![0.0; self.n_stored];
        out.signals = vec![0.0; self.n_signals];
        let context = LoadContext { limiting, limits: &previous, ..context(&grounded, setting) };
        let mut target = LoadTarget {
            resistive: &mut out.f,
            reactive: &mut out.q,
            magnitude: &mut vec![0.0; n + 1],
            stored: &mut out.stored,
            capacitances: &mut [],
            signals: &mut out.signals,
            limits,
            limited: &mut limited,
        };
        run(&context, &mut target);
        out.f.truncate(n);
        out.q.truncate(n);
        limited
    }

    /// The first device's own residuals, by local unknown: also what flows into ground.
    pub fn local(&self, x: &[f64], setting: &Setting) -> LocalResidual {
        let (x, mut out) = (grounded(x), LocalResidual::default());
        self.group.local(0, &context(&x, setting), &mut out);
        out
    }

    /// Noise sources of all devices, with rows.
    pub fn noise(&self, x: &[f64], setting: &Setting) -> Vec<(NoiseSource, usize, Option<usize>)> {
        let x = grounded(x);
        let context = context(&x, setting);
        (0..self.group.len()).flat_map(|index| self.group.noise(index, &context)).collect()
    }

    /// Derivatives of the delayed terms of the first device.
    pub fn delayed(&self, x: &[f64], setting: &Setting) -> Vec<DelayedEntry> {
        let (x, mut out) = (grounded(x), Vec::new());
        self.group.delayed_entries(0, &context(&x, setting), &mut out);
        out
    }

    /// Event functions of the first device's latches.
    pub fn crossings(&self, x: &[f64], setting: &Setting) -> Vec<f64> {
        let x = grounded(x);
        let mut values = vec![0.0; self.group.n_latches()];
        self.group.crossings(0, &context(&x, setting), &mut values);
        values
    }

    /// Flips a latch of the first device.
    pub fn flip(&self, latch: usize, x: &[f64], setting: &mut Setting) {
        self.group.flip(0, latch, &grounded(x), &mut setting.latches);
    }

    /// `x` with what the first device's own initial conditions fix.
    pub fn initial(&self, x: &[f64]) -> Vec<f64> {
        let local = self.group.initial(0, &grounded(x));
        let mut x = x.to_vec();
        for (&row, value) in self.locals.iter().zip(local) {
            if row < x.len() {
                x[row] = value;
            }
        }
        x
    }

    /// Small-signal stimulus; length `n`.
    pub fn stimulus(&self) -> Vec<Complex64> {
        let mut rhs = vec![Complex64::ZERO; self.n() + 1];
        self.group.stimulus(&mut rhs);
        rhs.truncate(self.n());
        rhs
    }

    /// The first corner after `after`.
    pub fn next_event(&self, after: Time) -> Option<Time> {
        self.group.next_event(after)
    }

    /// The first device's outputs.
    pub fn outputs(&self, kind: &Kind, x: &[f64], setting: &Setting) -> Vec<f64> {
        let x = grounded(x);
        let mut values = vec![0.0; kind.outputs.len()];
        self.group.outputs(0, &context(&x, setting), &mut values);
        values
    }
}

/// Rows of the local unknowns that are free, and those unknowns; ground comes last.
fn rows(unknowns: &[Unknown], ties: &[Tie]) -> (Vec<usize>, Vec<Unknown>) {
    let free: Vec<Unknown> = unknowns
        .iter()
        .zip(ties)
        .filter(|(_, tie)| **tie == Tie::Free)
        .map(|(unknown, _)| *unknown)
        .collect();
    let mut locals = vec![free.len(); unknowns.len()];
    let free_positions = (0..unknowns.len()).filter(|&i| ties[i] == Tie::Free);
    for (row, i) in free_positions.enumerate() {
        locals[i] = row;
    }
    for (i, tie) in ties.iter().enumerate() {
        if let Tie::To(target) = tie {
            locals[i] = locals[*target];
        }
    }
    (locals, free)
}

fn grounded(x: &[f64]) -> Vec<f64> {
    let mut x = x.to_vec();
    x.push(0.0);
    x
}

fn context<'a>(grounded: &'a [f64], setting: &'a Setting) -> LoadContext<'a> {
    LoadContext {
        x: grounded,
        time: setting.time,
        source_scale: setting.source_scale,
        gmin: setting.gmin,
        latches: &setting.latches,
        held: None,
        delayed: None,
        rates: match &setting.formula {
            Some((alpha, history)) => Rates::Formula { alpha: *alpha, history },
            None => Rates::Rest,
        },
        limiting: Limiting::Off,
        limits: &[],
    }
}
