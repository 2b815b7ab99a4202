//! [`Instances`]: the one implementation of [`Group`] for every model of fixed size.

use crate::contributions::{Contributions, DelayedTerm, Side, Trace};
use crate::environment::{Environment, Iterate, Time};
use crate::group::{
    Binding, DelayedEntry, Group, Jacobian, LoadContext, LoadTarget, LocalJacobian, LocalResidual,
    Structure, push_delayed,
};
use crate::limits::{Limiting, Limits};
use crate::model::Model;
use crate::noise::{NoiseSource, NoiseSources};
use crate::params::{AnyParams, ParamError};
use crate::unknown::{Retention, Role, Tie, Unknown};
use num_complex::Complex64;
use ovonic_numerics::scalar::{Dual, Tracer};
use std::ops::Range;

/// A Jacobian entry: local position, and slot.
#[derive(Clone, Copy)]
struct Entry {
    row: u16,
    column: u16,
    slot: u32,
}

/// Where one instance's memory starts, and where its entries end.
#[derive(Clone, Copy, Default)]
struct Place {
    entries: (u32, u32),
    stored: (u32, u32),
    limits: u32,
    latches: u32,
    signals: (u32, u32),
}

/// The solver's vectors that an evaluation fills beside the residuals.
struct Room<'a> {
    stored: &'a mut [f64],
    capacitances: &'a mut [f64],
    signals: &'a mut [f64],
}

/// All instances of model `M` with `N` local unknowns.
pub struct Instances<M, const N: usize> {
    models: Vec<M>,
    multiplicity: Vec<f64>,
    unknowns: Vec<[usize; N]>,
    places: Vec<Place>,
    entries: Vec<Entry>,
}

impl<M, const N: usize> Default for Instances<M, N> {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            multiplicity: Vec::new(),
            unknowns: Vec::new(),
            places: Vec::new(),
            entries: Vec::new(),
        }
    }
}

impl<M: Model<N>, const N: usize> Instances<M, N> {
    const RETAINED: u64 = {
        let (mut mask, mut i) = (0, 0);
        while i < N {
            if let Role::State(Retention::Retained) = M::UNKNOWNS[i].role {
                mask |= 1 << i;
            }
            i += 1;
        }
        mask
    };

    // Plain loops here and below: `array::from_fn` is not reliably inlined.
    #[inline(always)]
    fn gather(&self, index: usize, x: &[f64]) -> [f64; N] {
        let unknowns = &self.unknowns[index];
        let mut local = [0.0; N];
        let mut i = 0;
        while i < N {
            local[i] = x[unknowns[i]];
            i += 1;
        }
        local
    }

    /// The local unknowns as duals.
    #[inline(always)]
    fn duals(&self, index: usize, x: &[f64]) -> [Dual<N>; N] {
        let local = self.gather(index, x);
        let mut duals = [Dual { value: 0.0, gradient: [0.0; N], shift: 0.0 }; N];
        let mut i = 0;
        while i < N {
            duals[i].value = local[i];
            duals[i].gradient[i] = 1.0;
            i += 1;
        }
        duals
    }

    #[inline]
    fn iterate<'a>(&self, index: usize, context: &LoadContext<'a>) -> Iterate<'a> {
        let start = self.places[index].latches as usize;
        Iterate {
            time: context.time,
            source_scale: context.source_scale,
            gmin: context.gmin,
            latches: &context.latches[start..start + M::LATCHES],
        }
    }

    /// The side room of one instance in the target's vectors.
    #[inline(always)]
    fn side<'b, S>(
        &self,
        index: usize,
        context: &LoadContext<'b>,
        held: &'b [f64; N],
        room: Room<'b>,
    ) -> Side<'b, S> {
        let place = &self.places[index];
        let own = place.stored.0 as usize..place.stored.1 as usize;
        let Room { stored, capacitances, signals } = room;
        Side {
            stored: &mut stored[own.clone()],
            capacitances: capacitances.get_mut(own.clone()).unwrap_or(&mut []),
            rates: context.rates.within(own),
            signals: &mut signals[place.signals.0 as usize..place.signals.1 as usize],
            delayed: context
                .delayed
                .map(|d| &d[place.signals.0 as usize..place.signals.1 as usize]),
            terms: None,
            held: context.held.is_some().then_some(held.as_slice()),
            retained: Self::RETAINED,
            trace: None,
        }
    }

    #[inline(always)]
    fn held(&self, index: usize, context: &LoadContext<'_>) -> [f64; N] {
        match context.held {
            Some(held) if Self::RETAINED != 0 => self.gather(index, held),
            _ => [0.0; N],
        }
    }

    /// Evaluates one instance with duals; returns its residuals.
    #[inline(always)]
    fn differentiate(
        &self,
        index: usize,
        context: &LoadContext<'_>,
        target: &mut LoadTarget<'_>,
    ) -> ([Dual<N>; N], [Dual<N>; N]) {
        let held = self.held(index, context);
        let at = self.iterate(index, context);
        let start = self.places[index].limits as usize;
        let mut limits = match context.limiting {
            Limiting::Off => Limits::off(),
            mode => Limits::new(
                mode,
                &context.limits[start..start + M::LIMITS],
                &mut target.limits[start..start + M::LIMITS],
            ),
        };
        let room = Room {
            stored: target.stored,
            capacitances: target.capacitances,
            signals: target.signals,
        };
        let side = self.side(index, context, &held, room);
        let mut out = Contributions::<Dual<N>, N>::new(side);
        let local = self.duals(index, context.x);
        self.models[index].eval(local, &at, &mut limits, &mut out);
        *target.limited += usize::from(limits.limited());
        (out.f, out.q)
    }

    /// Evaluates one instance with duals, limiting off and delayed terms apart; the residuals come without
    /// multiplicity, the terms with it.
    fn linearise(
        &self,
        index: usize,
        context: &LoadContext<'_>,
        held: &[f64; N],
        terms: &mut Vec<DelayedTerm<Dual<N>>>,
    ) -> ([Dual<N>; N], [Dual<N>; N]) {
        let (first, last) = self.places[index].stored;
        let side = Side {
            rates: context.rates.within(first as usize..last as usize),
            terms: Some(terms),
            held: context.held.is_some().then_some(held.as_slice()),
            retained: Self::RETAINED,
            ..Side::default()
        };
        let mut sums = Contributions::<Dual<N>, N>::new(side);
        let at = self.iterate(index, context);
        let local = self.duals(index, context.x);
        self.models[index].eval(local, &at, &mut Limits::off(), &mut sums);
        let residuals = (sums.f, sums.q);
        for term in terms {
            term.signal = term.signal * self.multiplicity[index];
        }
        residuals
    }

    /// Evaluates one instance with plain numbers and gives its residuals, without multiplicity.
    #[inline(always)]
    fn evaluate(
        &self,
        index: usize,
        x: [f64; N],
        context: &LoadContext<'_>,
        room: Room<'_>,
        limits: &mut Limits<'_>,
    ) -> ([f64; N], [f64; N]) {
        let held = self.held(index, context);
        let at = self.iterate(index, context);
        let side = self.side(index, context, &held, room);
        let mut out = Contributions::<f64, N>::new(side);
        self.models[index].eval(x, &at, limits, &mut out);
        (out.f, out.q)
    }
}

fn prepared<M: Model<N>, const N: usize>(
    params: &dyn AnyParams,
    env: &Environment,
) -> Result<M, ParamError> {
    let params = params
        .as_any()
        .downcast_ref::<M::Params>()
        .expect("a group takes the parameters of its own kind");
    M::prepare(params, env)
}

impl<M: Model<N>, const N: usize> Group for Instances<M, N> {
    fn len(&self) -> usize {
        self.models.len()
    }

    fn unknowns(&self, _index: usize) -> &[Unknown] {
        const { &M::UNKNOWNS }
    }

    fn n_limits(&self) -> usize {
        M::LIMITS
    }

    fn n_latches(&self) -> usize {
        M::LATCHES
    }

    fn add(
        &mut self,
        params: &dyn AnyParams,
        env: &Environment,
        multiplicity: f64,
    ) -> Result<usize, ParamError> {
        self.models.push(prepared(params, env)?);
        self.multiplicity.push(multiplicity);
        self.unknowns.push([0; N]);
        self.places.push(Place::default());
        Ok(self.models.len() - 1)
    }

    fn update(
        &mut self,
        index: usize,
        params: &dyn AnyParams,
        env: &Environment,
    ) -> Result<(), ParamError> {
        self.models[index] = prepared(params, env)?;
        Ok(())
    }

    fn collapse(&self, index: usize, connected: u64) -> Vec<Tie> {
        self.models[index].collapse(connected).to_vec()
    }

    fn structure(&self, index: usize) -> Structure {
        let mut trace = Trace::default();
        let mut latches = vec![0.0; M::LATCHES];
        self.models[index].initial_latches(&mut latches);
        let side = Side { trace: Some(&mut trace), retained: Self::RETAINED, ..Side::default() };
        let mut out = Contributions::<Tracer, N>::new(side);
        let x = std::array::from_fn(|i| Tracer::unknown(M::UNKNOWNS[i].nominal, i));
        // A product with zero is no dependence, and gmin is not always zero.
        let at = Iterate { latches: &latches, gmin: 1.0, ..Iterate::dc() };
        self.models[index].eval(x, &at, &mut Limits::off(), &mut out);
        let (f, q) = (out.f, out.q);
        let mut resistive: Vec<u64> = f.iter().map(Tracer::depends).collect();
        // A held state's row says that the state stays where it is.
        for (row, mask) in resistive.iter_mut().enumerate() {
            if Self::RETAINED >> row & 1 == 1 {
                *mask |= 1 << row;
            }
        }
        Structure {
            resistive,
            reactive: q.iter().map(Tracer::depends).collect(),
            linear: f.iter().chain(&q).all(Tracer::is_linear) && Self::RETAINED == 0,
            trace,
        }
    }

    fn bind(&mut self, index: usize, structure: &Structure, binding: &Binding<'_>) {
        self.unknowns[index] = std::array::from_fn(|i| binding.unknowns[i]);
        let start = self.entries.len() as u32;
        for row in 0..N {
            let mask = structure.resistive[row] | structure.reactive[row];
            for column in (0..N).filter(|c| mask >> c & 1 == 1) {
                self.entries.push(Entry {
                    row: row as u16,
                    column: column as u16,
                    slot: (binding.slot)(row, column) as u32,
                });
            }
        }
        let (stored, signals) = (structure.trace.stored.len(), structure.trace.delayed.len());
        self.places[index] = Place {
            entries: (start, self.entries.len() as u32),
            stored: (binding.stored as u32, (binding.stored + stored) as u32),
            limits: binding.limits as u32,
            latches: binding.latches as u32,
            signals: (binding.signals as u32, (binding.signals + signals) as u32),
        };
    }

    fn load(
        &self,
        range: Range<usize>,
        context: &LoadContext<'_>,
        target: &mut LoadTarget<'_>,
        jacobian: &mut Jacobian<'_>,
    ) {
        for index in range {
            let (f, q) = self.differentiate(index, context, target);
            let m = self.multiplicity[index];
            for (row, &global) in self.unknowns[index].iter().enumerate() {
                let value = m * f[row].shifted();
                target.resistive[global] += value;
                target.reactive[global] += m * q[row].shifted();
                target.magnitude[global] = target.magnitude[global].max(value.abs());
            }
            let (first, last) = self.places[index].entries;
            let entries = &self.entries[first as usize..last as usize];
            match jacobian {
                Jacobian::Combined { alpha, values } => {
                    for entry in entries {
                        let (row, column) = (entry.row as usize, entry.column as usize);
                        values[entry.slot as usize] +=
                            m * (f[row].gradient[column] + *alpha * q[row].gradient[column]);
                    }
                }
                Jacobian::Split { resistive, reactive } => {
                    for entry in entries {
                        let (row, column) = (entry.row as usize, entry.column as usize);
                        resistive[entry.slot as usize] += m * f[row].gradient[column];
                        reactive[entry.slot as usize] += m * q[row].gradient[column];
                    }
                }
            }
        }
    }

    fn residual(
        &self,
        range: Range<usize>,
        context: &LoadContext<'_>,
        target: &mut LoadTarget<'_>,
    ) {
        for index in range {
            let x = self.gather(index, context.x);
            let start = self.places[index].limits as usize;
            let mut limits = match context.limiting {
                Limiting::Follow => {
                    let lanes = &mut target.limits[start..start + M::LIMITS];
                    Limits::new(Limiting::Follow, &[], lanes)
                }
                _ => Limits::off(),
            };
            let room = Room {
                stored: target.stored,
                capacitances: target.capacitances,
                signals: target.signals,
            };
            let (f, q) = self.evaluate(index, x, context, room, &mut limits);
            let m = self.multiplicity[index];
            for (row, &global) in self.unknowns[index].iter().enumerate() {
                let value = m * f[row];
                target.resistive[global] += value;
                target.reactive[global] += m * q[row];
                target.magnitude[global] = target.magnitude[global].max(value.abs());
            }
        }
    }

    fn local(&self, index: usize, context: &LoadContext<'_>, out: &mut LocalResidual) {
        let x = self.gather(index, context.x);
        let held = self.held(index, context);
        let at = self.iterate(index, context);
        let place = &self.places[index];
        let (first, last) = place.signals;
        let side = Side {
            rates: context.rates.within(place.stored.0 as usize..place.stored.1 as usize),
            delayed: context.delayed.map(|d| &d[first as usize..last as usize]),
            held: context.held.is_some().then_some(held.as_slice()),
            retained: Self::RETAINED,
            ..Side::default()
        };
        let mut sums = Contributions::<f64, N>::new(side);
        self.models[index].eval(x, &at, &mut Limits::off(), &mut sums);
        let m = self.multiplicity[index];
        out.resistive.clear();
        out.resistive.extend(sums.f.iter().map(|f| m * f));
        out.reactive.clear();
        out.reactive.extend(sums.q.iter().map(|q| m * q));
    }

    fn local_jacobian(&self, index: usize, context: &LoadContext<'_>, out: &mut LocalJacobian) {
        let mut terms = Vec::new();
        let held = self.held(index, context);
        let (f, q) = self.linearise(index, context, &held, &mut terms);
        let m = self.multiplicity[index];
        let scaled = |rows: &[Dual<N>; N]| {
            let entries = rows.iter().flat_map(|row| row.gradient);
            entries.map(|slope| m * slope).collect()
        };
        out.resistive = scaled(&f);
        out.reactive = scaled(&q);
        out.delayed.clear();
        let local: [usize; N] = std::array::from_fn(|i| i);
        push_delayed(&terms, &local, |dual| &dual.gradient, &mut out.delayed);
        let mut stimulus = [Complex64::ZERO; N];
        self.models[index].stimulus(&mut stimulus);
        out.stimulus = stimulus.iter().map(|value| value * m).collect();
    }

    fn delayed_entries(
        &self,
        index: usize,
        context: &LoadContext<'_>,
        out: &mut Vec<DelayedEntry>,
    ) {
        let place = &self.places[index];
        if place.signals.0 == place.signals.1 {
            return;
        }
        let mut terms = Vec::new();
        let held = self.held(index, context);
        self.linearise(index, context, &held, &mut terms);
        push_delayed(&terms, &self.unknowns[index], |dual| &dual.gradient, out);
    }

    fn bound(&self, index: usize) -> &[usize] {
        &self.unknowns[index]
    }

    fn initial(&self, index: usize, x: &[f64]) -> Vec<f64> {
        let mut local = self.gather(index, x);
        self.models[index].initial(&mut local);
        local.to_vec()
    }

    fn stored_at(
        &self,
        index: usize,
        local: &[f64],
        context: &LoadContext<'_>,
        stored: &mut [f64],
    ) -> Vec<f64> {
        let x = std::array::from_fn(|i| local[i]);
        let place = &self.places[index];
        let mut signals = vec![0.0; place.signals.1 as usize];
        let room = Room { stored, capacitances: &mut [], signals: &mut signals };
        let (_, q) = self.evaluate(index, x, context, room, &mut Limits::off());
        q.iter().map(|q| q * self.multiplicity[index]).collect()
    }

    fn initial_latches(&self, index: usize, latches: &mut [f64]) {
        let start = self.places[index].latches as usize;
        self.models[index].initial_latches(&mut latches[start..start + M::LATCHES]);
    }

    fn crossings(&self, index: usize, context: &LoadContext<'_>, values: &mut [f64]) {
        let x = self.gather(index, context.x);
        self.models[index].crossings(&x, &self.iterate(index, context), values);
    }

    fn flip(&self, index: usize, latch: usize, x: &[f64], latches: &mut [f64]) {
        let start = self.places[index].latches as usize;
        let x = self.gather(index, x);
        self.models[index].flip(latch, &x, &mut latches[start..start + M::LATCHES]);
    }

    fn accept(&self, context: &LoadContext<'_>, latches: &mut [f64]) {
        for (index, model) in self.models.iter().enumerate() {
            let start = self.places[index].latches as usize;
            let x = self.gather(index, context.x);
            let at = self.iterate(index, context);
            model.accept(&x, &at, &mut latches[start..start + M::LATCHES]);
        }
    }

    fn noise(
        &self,
        index: usize,
        context: &LoadContext<'_>,
    ) -> Vec<(NoiseSource, usize, Option<usize>)> {
        let x = self.gather(index, context.x);
        let mut out = NoiseSources::default();
        self.models[index].noise(&x, &self.iterate(index, context), &mut out);
        let (unknowns, m) = (&self.unknowns[index], self.multiplicity[index]);
        let global = |mut source: NoiseSource| {
            source.white *= m;
            source.flicker *= m;
            (source, unknowns[source.from], source.to.map(|to| unknowns[to]))
        };
        out.sources.into_iter().map(global).collect()
    }

    fn stimulus(&self, rhs: &mut [Complex64]) {
        for (index, model) in self.models.iter().enumerate() {
            let mut local = [Complex64::ZERO; N];
            model.stimulus(&mut local);
            for (row, &global) in self.unknowns[index].iter().enumerate() {
                rhs[global] += local[row] * self.multiplicity[index];
            }
        }
    }

    fn next_event(&self, after: Time) -> Option<Time> {
        let events = self.models.iter().filter_map(|model| model.next_event(after));
        events.min_by(|a, b| a.minus(*b).total_cmp(&0.0))
    }

    fn outputs(&self, index: usize, context: &LoadContext<'_>, values: &mut [f64]) {
        let x = self.gather(index, context.x);
        self.models[index].outputs(&x, &self.iterate(index, context), values);
    }
}
