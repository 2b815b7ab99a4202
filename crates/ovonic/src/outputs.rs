//! The vectors of a plot: what was asked for, or everything, evaluated at each point.

use crate::elaborate::{Request, Wanted};
use crate::formula::Formula;
use num_complex::Complex64;
use ovonic_analysis::{Probe, ProbeContext, ProbeSet, SmallSignalProbes, default_outputs};
use ovonic_circuit::{Circuit, Point};
use ovonic_netlist::ast::OutputKind;
use ovonic_waveforms::Variable;
use std::collections::{HashMap, HashSet};

/// The vectors of one plot, without its scale.
pub(crate) struct Outputs {
    vectors: Vec<(Variable, Source)>,
    names: HashSet<String>,
    probes: Vec<Probe>,
    /// The place of each probe.
    places: HashMap<Probe, usize>,
    set: ProbeSet,
    raw: Vec<f64>,
}

/// Where a vector's values come from.
enum Source {
    /// The probe in this place.
    Probe(usize),
    Formula(Formula),
}

impl Outputs {
    /// What `.save` and the output cards for `analysis` ask for; without `.save`, all nodes and branch currents and
    /// what the other cards add to them.
    pub(crate) fn of(circuit: &Circuit, requests: &[Request], analysis: &str) -> Outputs {
        let fitting: Vec<&Request> = requests
            .iter()
            .filter(|request| request.analysis.as_deref().is_none_or(|name| name == analysis))
            .collect();
        let mut saves =
            fitting.iter().filter(|request| request.kind == OutputKind::Save).peekable();
        let everything = saves.peek().is_none() || saves.any(|request| request.all);
        let mut outputs = Outputs {
            vectors: Vec::new(),
            names: HashSet::new(),
            probes: Vec::new(),
            places: HashMap::new(),
            set: ProbeSet::default(),
            raw: Vec::new(),
        };
        if everything {
            for output in default_outputs(circuit) {
                outputs.add(output.variable, Formula::Probe(output.probe));
            }
        }
        for request in fitting {
            for wanted in request.outputs.iter().chain(&request.axes.wanted) {
                let Wanted { name, quantity, formula } = wanted;
                outputs.add(Variable::new(name.clone(), *quantity), formula.clone());
            }
        }
        outputs.set = ProbeSet::new(outputs.probes.iter().copied());
        outputs
    }

    fn add(&mut self, variable: Variable, formula: Formula) {
        if !self.names.insert(variable.name.clone()) {
            return;
        }
        let mut needed = Vec::new();
        formula.collect(&mut needed);
        for probe in needed {
            let next = self.probes.len();
            if *self.places.entry(probe).or_insert(next) == next {
                self.probes.push(probe);
            }
        }
        let source = match formula.as_probe() {
            Some(probe) => Source::Probe(self.places[&probe]),
            None => Source::Formula(formula),
        };
        self.vectors.push((variable, source));
    }

    /// Names and quantities.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.vectors.iter().map(|(variable, _)| variable)
    }

    /// Appends the values at a solved point; `rates` of the stored quantities where there is time.
    pub(crate) fn append(
        &mut self,
        circuit: &Circuit,
        point: Point<'_>,
        rates: Option<&[f64]>,
        values: &mut Vec<f64>,
    ) {
        let context = ProbeContext { circuit, point, rates };
        self.raw.clear();
        self.set.append(&context, &mut self.raw);
        for (_, source) in &self.vectors {
            values.push(match source {
                Source::Probe(place) => self.raw[*place],
                Source::Formula(formula) => {
                    formula.value(&|probe| Complex64::new(self.raw[self.place(probe)], 0.0)).re
                }
            });
        }
    }

    /// The probes, linearised at an operating point.
    pub(crate) fn small_signal(&self, circuit: &Circuit, point: Point<'_>) -> SmallSignalProbes {
        let context = ProbeContext { circuit, point, rates: None };
        SmallSignalProbes::new(self.probes.iter().copied(), &context)
    }

    /// Appends the values that follow from the phasors of the probes.
    pub(crate) fn append_complex(&self, raw: &[Complex64], values: &mut Vec<Complex64>) {
        for (_, source) in &self.vectors {
            values.push(match source {
                Source::Probe(place) => raw[*place],
                Source::Formula(formula) => formula.value(&|probe| raw[self.place(probe)]),
            });
        }
    }

    fn place(&self, probe: Probe) -> usize {
        self.places[&probe]
    }
}
