//! What a device contributes to the circuit's equations: currents, charges, varying capacitances, equations, stored
//! quantities, delayed terms. Nothing else.
//!
//! ```text
//! f(x, t) + d/dt q(x) + Σ c(x)·d/dt v(x) + delayed terms = 0
//! ```

use crate::unknown::Nature;
use ovonic_numerics::scalar::Scalar;
use std::ops::Range;

/// A stored quantity of a device, as the truncation error sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stored {
    /// Row that the quantity's derivative is added to.
    pub row: usize,
    /// Row that it is taken from; `None` for a branch's flux or a state.
    pub from: Option<usize>,
    /// Whether the quantity is the voltage from `row` to `from`, across a capacitance that varies: its derivative is
    /// multiplied by the capacitance, in the evaluation itself.
    pub is_voltage: bool,
}

/// What stands for `d/dt v` of the voltages across varying capacitances.
#[derive(Clone, Copy, Debug, Default)]
pub enum Rates<'a> {
    /// Nothing moves. The capacitances count in `∂q/∂x` alone.
    #[default]
    Rest,
    /// The formula of an integrator, `d/dt v = alpha·v + history`.
    Formula {
        /// Coefficient, 1/s.
        alpha: f64,
        /// History by stored quantity, V/s.
        history: &'a [f64],
    },
    /// Known rates by stored quantity, V/s: for currents and linearisations at a solved point. The capacitances count
    /// in `∂q/∂x`, their own derivatives times the rates in `∂f/∂x`.
    Known(&'a [f64]),
}

impl<'a> Rates<'a> {
    /// Those of the stored quantities in a range.
    #[inline(always)]
    pub fn within(self, range: Range<usize>) -> Rates<'a> {
        match self {
            Rates::Rest => Rates::Rest,
            Rates::Formula { alpha, history } => Rates::Formula { alpha, history: &history[range] },
            Rates::Known(rates) => Rates::Known(&rates[range]),
        }
    }
}

/// A delayed signal of a device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delayed {
    /// Row that the delayed signal is added to.
    pub row: usize,
    /// Delay, s.
    pub delay: f64,
    /// Factor.
    pub gain: f64,
}

/// What a dependency trace records beside the residuals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Stored quantities in the order of the calls.
    pub stored: Vec<Stored>,
    /// Delayed signals in the order of the calls.
    pub delayed: Vec<Delayed>,
}

/// A delayed term's derivatives, for small-signal analysis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DelayedTerm<S> {
    /// Row that it is added to.
    pub row: usize,
    /// Delay, s.
    pub delay: f64,
    /// The signal times its gain.
    pub signal: S,
}

/// The room that an evaluation writes to beside the residuals. All slices may be empty: what has no room is
/// not kept.
pub struct Side<'a, S> {
    /// Values of the stored quantities, in the order of the calls.
    pub stored: &'a mut [f64],
    /// Varying capacitances, at the places of the voltages across them.
    pub capacitances: &'a mut [f64],
    /// What stands for the derivatives of those voltages.
    pub rates: Rates<'a>,
    /// Values of the delayed signals now.
    pub signals: &'a mut [f64],
    /// Values of the delayed signals a delay ago; absent where nothing has a history (an operating point).
    pub delayed: Option<&'a [f64]>,
    /// Where small-signal analysis collects delayed terms instead of adding them.
    pub terms: Option<&'a mut Vec<DelayedTerm<S>>>,
    /// Values at which retained states are held; absent where their rates count.
    pub held: Option<&'a [f64]>,
    /// Bit per local unknown that is a retained state.
    pub retained: u64,
    /// Dependency trace.
    pub trace: Option<&'a mut Trace>,
}

impl<S> Default for Side<'_, S> {
    #[inline]
    fn default() -> Self {
        Self {
            stored: &mut [],
            capacitances: &mut [],
            rates: Rates::Rest,
            signals: &mut [],
            delayed: None,
            terms: None,
            held: None,
            retained: 0,
            trace: None,
        }
    }
}

/// Collects one instance's contributions to `f(x, t) + d/dt q(x) + Σ c(x)·d/dt v(x) = 0`.
pub struct Contributions<'a, S, const N: usize> {
    /// Resistive residual by local row.
    pub f: [S; N],
    /// Stored (reactive) residual by local row.
    pub q: [S; N],
    side: Side<'a, S>,
    n_stored: usize,
    n_signals: usize,
}

impl<'a, S: Scalar, const N: usize> Contributions<'a, S, N> {
    /// Nothing contributed yet.
    #[inline(always)]
    pub fn new(side: Side<'a, S>) -> Self {
        Self { f: [S::constant(0.0); N], q: [S::constant(0.0); N], side, n_stored: 0, n_signals: 0 }
    }

    /// A current (A; W between thermal unknowns) that leaves `from` through the device and enters `to`.
    #[inline(always)]
    pub fn current(&mut self, from: usize, to: usize, current: S) {
        self.f[from] += current;
        self.f[to] -= current;
    }

    /// A charge (C) on the plate at `from`, its negative at `to`.
    #[inline(always)]
    pub fn charge(&mut self, from: usize, to: usize, charge: S) {
        self.q[from] += charge;
        self.q[to] -= charge;
        self.store(Stored { row: from, from: Some(to), is_voltage: false }, charge);
    }

    /// A capacitance `c` (F) between `from` and `to` that varies with the unknowns and is not the derivative of a
    /// charge: a current `c·dv/dt` leaves `from` and enters `to`. `v` is the voltage from `from` to `to`, the
    /// difference of these two unknowns.
    #[inline(always)]
    pub fn capacitance(&mut self, from: usize, to: usize, c: S, v: S) {
        let index = self.n_stored;
        self.store(Stored { row: from, from: Some(to), is_voltage: true }, v);
        if let Some(room) = self.side.capacitances.get_mut(index) {
            *room = c.linearised(0);
        }
        match self.side.rates {
            Rates::Formula { alpha, history } => {
                self.current(from, to, c * (v * alpha + history[index]));
                return;
            }
            Rates::Known(rates) => self.current(from, to, c * rates[index]),
            Rates::Rest => {}
        }
        if self.side.trace.is_some() {
            self.current(from, to, c * v);
            self.q[from] += c * v;
            self.q[to] -= c * v;
            return;
        }
        // A derivative without a value: there is no charge.
        let slope = (v - S::constant(v.linearised(0))) * c.linearised(0);
        self.q[from] += slope;
        self.q[to] -= slope;
    }

    /// A term of the equation in `row`, whose terms sum to zero.
    #[inline(always)]
    pub fn equation(&mut self, row: usize, residual: S) {
        self.f[row] += residual;
    }

    /// A quantity (flux, Wb; enthalpy, J) whose time derivative is a term of the equation in `row`.
    #[inline(always)]
    pub fn storage(&mut self, row: usize, quantity: S) {
        self.q[row] += quantity;
        self.store(Stored { row, from: None, is_voltage: false }, quantity);
    }

    /// The rate equation of a state: `d state/dt = dxdt`. Where states are held and the one in `row` is
    /// retained, the row says that it stays where it is.
    #[inline]
    pub fn rate(&mut self, row: usize, state: S, dxdt: S) {
        match self.side.held {
            Some(held) if self.side.retained >> row & 1 == 1 => {
                self.f[row] += state - held[row];
            }
            _ => self.f[row] -= dxdt,
        }
        // Held or not, the state is what a transient that starts here goes on from.
        self.q[row] += state;
        self.store(Stored { row, from: None, is_voltage: false }, state);
    }

    /// `gain · signal(t − delay)` as a term of the equation in `row`; delay in s.
    #[inline]
    pub fn delayed(&mut self, row: usize, signal: S, delay: f64, gain: f64) {
        let index = self.n_signals;
        self.n_signals += 1;
        if let Some(room) = self.side.signals.get_mut(index) {
            *room = signal.linearised(0);
        }
        if let Some(trace) = &mut self.side.trace {
            trace.delayed.push(Delayed { row, delay, gain });
        }
        if let Some(terms) = &mut self.side.terms {
            terms.push(DelayedTerm { row, delay, signal: signal * gain });
            return;
        }
        match self.side.delayed {
            Some(history) => self.f[row] += S::constant(gain * history[index]),
            None => self.f[row] += signal * gain,
        }
    }

    #[inline(always)]
    fn store(&mut self, stored: Stored, value: S) {
        if let Some(room) = self.side.stored.get_mut(self.n_stored) {
            *room = value.linearised(0);
        }
        self.n_stored += 1;
        if let Some(trace) = &mut self.side.trace {
            trace.stored.push(stored);
        }
    }
}

/// A quantity that a device reports beside its unknowns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Output {
    /// Name, as in `@d1[id]`.
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// SI unit.
    pub unit: &'static str,
    /// Nature, where it has one of the circuit's.
    pub nature: Option<Nature>,
}
