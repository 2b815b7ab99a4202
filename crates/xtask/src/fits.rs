//! Fits to synthetic data of every kind of device: experiments, and what they determine.
//!
//! Each case is an experiment that people do with the device, and the parameters that they would fit. Data are what the
//! deck itself predicts at the truth, with noise or without.

use ovonic::calibrate::{
    DataFile, DataSet, Experiment, FitOptions, FitReport, Mapping, Measure, Objective, Parameter,
    Preparation, Problem, Trace, Unwatched, fit, traces,
};
use ovonic::{Deck, DeckExperiment, ExperimentOptions, ExperimentTarget, LoadOptions, Sweeping};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// A parameter of a case.
pub(crate) struct Free {
    pub(crate) name: &'static str,
    pub(crate) truth: f64,
    /// Bounds, as factors on the truth: `1/span` and `span`.
    pub(crate) span: f64,
    /// Whether the experiment determines it.
    pub(crate) known: bool,
}

/// What is swept, and where it is measured.
#[derive(Clone, Copy)]
pub(crate) enum Sweep {
    /// Drive voltage: first, last, points.
    Volts(f64, f64, usize),
    /// The same up and down again at a rate, V/s.
    Loop(f64, usize, f64),
    /// Frequency: first, last, points, by their logarithm.
    Hertz(f64, f64, usize),
    /// Time under the deck's own stimulus: last, points.
    Seconds(f64, usize),
}

/// An experiment on one kind of device.
pub(crate) struct Case {
    /// The kind, with a word where it has several.
    pub(crate) name: &'static str,
    pub(crate) deck: &'static str,
    pub(crate) sweep: Sweep,
    pub(crate) observe: Option<&'static str>,
    pub(crate) parameters: Vec<Free>,
    pub(crate) measure: Measure,
}

const fn known(name: &'static str, truth: f64) -> Free {
    Free { name, truth, span: 2.0, known: true }
}

/// What an experiment leaves open, alone or together with another parameter.
const fn open(name: &'static str, truth: f64) -> Free {
    Free { name, truth, span: 2.0, known: false }
}

fn case(
    name: &'static str,
    deck: &'static str,
    sweep: Sweep,
    observe: Option<&'static str>,
    measure: Measure,
    parameters: Vec<Free>,
) -> Case {
    Case { name, deck, sweep, observe, parameters, measure }
}

const LOG: Measure = Measure::Log { floor: 0.0 };

/// Every kind but the line, whose delays have no derivatives.
#[rustfmt::skip] // One line a case: a table.
pub(crate) fn cases() -> Vec<Case> {
    use Measure::Linear;
    use Sweep::{Hertz, Loop, Seconds, Volts};
    let above = |floor: f64| Measure::Log { floor };
    let ac = Hertz(1e3, 1e7, 25);
    let across = Volts(-1.0, 1.0, 21);
    vec![
        case("resistor", "r\nV1 a 0 0\nR1 a 0 1k\n.end\n", across, None, Linear, vec![known("r1", 1.3e3)]),
        case("resistors in series", "r\nV1 a 0 0\nR1 a b 1k\nR2 b 0 1k\n.end\n", across, None, Linear, vec![open("r1", 1.3e3), open("r2", 700.0)]),
        case("capacitor", "c\nV1 in 0 0 ac 1\nR1 in out 1k\nC1 out 0 1n\nR2 out 0 10k\n.end\n", ac, Some("mag(v(out))"), LOG, vec![known("c1", 2e-9), known("r2", 5e3)]),
        case("inductor", "l\nV1 in 0 0 ac 1\nR1 in out 1k\nL1 out 0 1m\n.end\n", ac, Some("mag(v(out))"), LOG, vec![known("l1", 2e-3)]),
        case("coupling", "k\nV1 in 0 0 ac 1\nR1 in a 50\nL1 a 0 1m\nL2 b 0 2m\nR2 b 0 1k\nK1 L1 L2 0.8\n.end\n", ac, Some("mag(v(b))"), LOG, vec![Free { span: 1.2, ..known("k1", 0.7) }, known("r2", 800.0)]),
        case("voltage_source", "v\nV1 a 0 0\nV2 a b 0.5\nR1 b 0 1k\n.end\n", across, Some("v(b)"), Linear, vec![known("v2", 0.3)]),
        case("current_source", "i\nV1 a 0 0\nR1 a b 1k\nI1 0 b 1m\nR2 b 0 1k\n.end\n", across, Some("v(b)"), Linear, vec![known("i1", 0.7e-3), known("r2", 1.2e3)]),
        case("vcvs", "e\nV1 a 0 0\nE1 b 0 a 0 2\nR1 b 0 1k\n.end\n", across, Some("v(b)"), Linear, vec![known("e1", 3.0)]),
        case("vccs", "g\nV1 a 0 0\nG1 0 b a 0 1m\nR1 b 0 1k\n.end\n", across, Some("v(b)"), Linear, vec![known("g1", 1.5e-3)]),
        case("cccs", "f\nV1 a 0 0\nR1 a 0 1k\nF1 0 b V1 2\nR2 b 0 1k\n.end\n", across, Some("v(b)"), Linear, vec![known("f1", 3.0)]),
        case("ccvs", "h\nV1 a 0 0\nR1 a 0 1k\nH1 b 0 V1 100\nR2 b 0 1k\n.end\n", across, Some("v(b)"), Linear, vec![known("h1", 150.0)]),
        case("voltage_switch", "s\nV1 a 0 0\nR1 a b 100\nS1 b 0 a 0 sm\n.model sm sw(ron=10 roff=10k vt=0.51 vh=0)\n.end\n", Volts(0.0, 1.0, 21), None, LOG, vec![known("sm.ron", 20.0), known("sm.roff", 15e3)]),
        case("current_switch", "w\nV1 a 0 0\nR1 a 0 1k\nW1 b 0 V1 wm\nV2 c 0 1\nR2 c b 100\n.model wm csw(ron=10 roff=10k it=-0.51m ih=0)\n.end\n", Volts(0.0, 1.0, 21), Some("v(b)"), LOG, vec![known("wm.ron", 20.0), known("wm.roff", 15e3)]),
        case("behavioural", "b\n.param g=1m v=0.3\nV1 a 0 0\nB1 a 0 I={g*tanh(v(a)/v)}\n.end\n", across, None, Linear, vec![known("g", 1.4e-3), known("v", 0.25)]),
        case("diode", "d\nV1 a 0 0\nD1 a 0 dm\n.model dm d(is=1e-14 n=1 rs=1)\n.end\n", Volts(0.3, 1.2, 46), None, LOG, vec![Free { span: 100.0, ..known("dm.is", 3e-14) }, known("dm.n", 1.35), Free { span: 30.0, ..known("dm.rs", 12.0) }]),
        case("diode below its knee", "d\nV1 a 0 0\nD1 a 0 dm\n.model dm d(is=1e-14 n=1 rs=1)\n.end\n", Volts(0.1, 0.4, 20), None, LOG, vec![known("dm.is", 3e-14), open("dm.rs", 0.01)]),
        case("bipolar", "q\nV1 b 0 0\nVC c 0 1\nQ1 c b 0 qm\n.model qm npn(is=1e-16 bf=100 ise=1e-14 ne=2 ikf=10m)\n.end\n", Volts(0.4, 0.9, 26), Some("-i(v1)"), LOG, vec![known("qm.bf", 150.0), known("qm.ise", 2e-14), known("qm.ne", 1.8)]),
        case("jfet", "j\nV1 g 0 0\nVD d 0 2\nJ1 d g 0 jm\n.model jm njf(vto=-2 beta=1m lambda=0.01)\n.end\n", Volts(-1.8, 0.0, 19), Some("-i(vd)"), Linear, vec![Free { span: 1.3, ..known("jm.beta", 1.2e-3) }, Free { span: 1.3, ..known("jm.vto", -2.2) }]),
        case("mos1", "m\nV1 g 0 0\nVD d 0 2\nM1 d g 0 0 mm w=10u l=1u\n.model mm nmos(vto=0.7 kp=100u lambda=0.02)\n.end\n", Volts(0.8, 2.5, 18), Some("-i(vd)"), Linear, vec![known("mm.vto", 0.6), known("mm.kp", 120e-6)]),
        case("ag_selector", "s\nV1 a 0 0\nN1 a 0 sel\n.model sel ag_selector\n.end\n", Loop(0.5, 41, 100.0), None, above(1e-15), vec![known("sel.ron_p", 900.0), known("sel.i_lk", 2e-12)]),
        case("ots", "o\nV1 in 0 PWL(0 0 2u 3 4u 0)\nR1 in a 20k\nN1 a 0 om\n.model om ots\n.tran 20n 4u\n.end\n", Seconds(4e-6, 120), Some("-i(v1)"), above(1e-7), vec![Free { span: 1.2, ..known("om.h", 52e-9) }, Free { span: 1.3, ..known("om.r_th", 3.2e6) }, open("om.c_th", 1.2e-16)]),
        case("pcm", "p\nV1 a 0 0\nN1 a 0 pm\n.model pm pcm\n.end\n", Loop(0.5, 31, 1e4), None, LOG, vec![known("pm.sigma_a", 3.5e3), Free { span: 1.4, ..known("pm.dz", 4.5e-9) }]),
        case("ag_diffusive", "a\nV1 in 0 PULSE(20m 0.5 0.2m 1u 1u 2.8m)\nN1 in 0 am\n.model am ag_diffusive(tau_s=1.5e-4 tau_r=4e-4 b=1.2 e=0.01)\n.tran 20u 8m\n.end\n", Seconds(8e-3, 100), Some("-i(v1)"), above(1e-9), vec![known("am.g_off", 1.2e-8), known("am.g_on", 7e-4), known("am.tau_s", 1.6e-4), known("am.tau_r", 4.5e-4)]),
        case("vo2", "v\nV1 in 0 PWL(0 0 20u 6 40u 0)\nR1 in a 8k\nN1 a 0 vm\n.model vm vo2\n.tran 0.2u 40u\n.end\n", Seconds(40e-6, 100), Some("-i(v1)"), above(1e-7), vec![Free { span: 1.4, ..known("vm.rm", 1400.0) }, Free { span: 1.1, ..known("vm.s_th", 2.1e-4) }]),
        case("nbo2", "n\nV1 in 0 PWL(0 0 1u 1.5 2u 0)\nR1 in a 2k\nN1 a 0 nm\n.model nm nbo2\n.tran 10n 2u\n.end\n", Seconds(2e-6, 100), Some("-i(v1)"), above(1e-7), vec![Free { span: 1.2, ..known("nm.kappa", 1.55) }, Free { span: 1.2, ..known("nm.rho_ins", 1.05e-2) }]),
        case("hp", "h\nV1 a 0 sin(0 1.2 0.5)\nN1 a 0 hm\n.model hm hp(window=1)\n.tran 5m 4 uic\n.end\n", Seconds(4.0, 80), Some("-i(v1)"), Linear, vec![Free { span: 1.3, ..known("hm.uv", 1.1e-14) }, Free { span: 1.3, ..known("hm.roff", 15e3) }]),
        case("team", "t\nV1 a 0 sin(0 0.3 20)\nN1 a 0 tm\n.model tm team(ron=50 roff=1k kon=-8e-13 koff=8e-13 alphaon=3 alphaoff=3 xon=0 xoff=3n ion=-8.9e-6 ioff=1.15e-4)\n.tran 0.5m 100m uic\n.end\n", Seconds(0.1, 80), Some("-i(v1)"), Linear, vec![Free { span: 1.3, ..known("tm.ron", 60.0) }, Free { span: 1.3, ..known("tm.roff", 1.1e3) }]),
        case("vteam", "t\nV1 a 0 sin(0 0.5 1meg)\nN1 a 0 tm\n.model tm vteam(ron=50 roff=1k kon=-10 koff=5e-4 alphaon=3 alphaoff=1 xon=0 xoff=3n von=-0.2 voff=0.02)\n.tran 10n 2u uic\n.end\n", Seconds(2e-6, 80), Some("-i(v1)"), Linear, vec![Free { span: 1.3, ..known("tm.ron", 60.0) }, Free { span: 1.3, ..known("tm.roff", 1.1e3) }]),
        case("yakopcic", "y\nV1 a 0 sin(0 0.45 100)\nN1 a 0 ym\n.model ym yakopcic(a1=0.17 a2=0.17 b=0.05 vp=0.16 vn=0.15 ap=4000 an=4000 xp=0.3 xn=0.5 alphap=1 alphan=5 x0=0.11)\n.tran 0.1m 20m uic\n.end\n", Seconds(20e-3, 80), Some("-i(v1)"), Linear, vec![Free { span: 1.3, ..known("ym.ap", 3800.0) }, Free { span: 1.3, ..known("ym.an", 4200.0) }, known("ym.a1", 0.18), known("ym.b", 0.05)]),
        case("stanford_rram", "s\nV1 a 0 sin(0 1.6 1k)\nR1 a b 1k\nN1 b 0 sm\n.model sm stanford_rram\n.tran 10u 1m uic\n.end\n", Seconds(1e-3, 80), Some("-i(v1)"), Linear, vec![Free { span: 1.3, ..known("sm.i0", 1.1e-3) }, Free { span: 1.3, ..known("sm.v0", 0.26) }]),
        case("sky130_reram", "s\nV1 in 0 sin(0 2.8 10k)\nR1 in a 1k\nN1 a 0 sm\n.model sm sky130_reram\n.tran 1u 100u uic\n.end\n", Seconds(1e-4, 80), Some("-i(v1)"), Linear, vec![Free { span: 1.2, ..known("sm.i0", 6.5e-5) }, Free { span: 1.2, ..known("r1", 1.1e3) }]),
        case("knowm", "k\nV1 a 0 sin(0 0.6 100)\nN1 a 0 km\n.model km knowm(ron=500 roff=1500 von=0.27 voff=0.27 tau=1e-4)\n.tran 0.1m 20m uic\n.end\n", Seconds(20e-3, 80), Some("-i(v1)"), Linear, vec![Free { span: 1.3, ..known("km.ron", 550.0) }, Free { span: 1.3, ..known("km.roff", 1600.0) }, Free { span: 1.3, ..known("km.von", 0.25) }, Free { span: 1.5, ..known("km.tau", 1.2e-4) }]),
        case("ts_pcm", "t\nV1 in 0 PULSE(0.2 2.4 10n 10n 10n 60n)\nR1 in a 5k\nN1 a 0 tm\n.model tm ts_pcm(ts=om pcm=pm)\n.model om ots\n.model pm pcm(ua0=5n)\n.tran 1n 120n\n.end\n", Seconds(120e-9, 60), Some("-i(v1)"), above(1e-7), vec![known("r1", 5.5e3)]),
    ]
}

impl Case {
    /// The abscissa as the rows of a file, and what its columns are.
    fn blank(&self) -> Result<Vec<Trace>, String> {
        let line = |low: f64, high: f64, n: usize| -> Vec<f64> {
            (0..n).map(|k| low + (high - low) * k as f64 / (n - 1) as f64).collect()
        };
        let (x, map): (Vec<f64>, &str) = match self.sweep {
            Sweep::Volts(low, high, n) => (line(low, high, n), "V=1"),
            Sweep::Loop(top, n, _) => {
                let up = line(0.0, top, n);
                let down = up.iter().rev().skip(1).copied();
                (up.iter().copied().chain(down).collect(), "V=1")
            }
            Sweep::Hertz(low, high, n) => {
                (line(low.ln(), high.ln(), n).iter().map(|x| x.exp()).collect(), "f=1")
            }
            Sweep::Seconds(last, n) => (line(last / n as f64, last, n), "t=1"),
        };
        let role = if self.observe.is_some() { "Y=2" } else { "I=2" };
        let rows: String = x.iter().map(|x| format!("{x:e},0\n")).collect();
        let file = DataFile::from_text(self.name, &rows).map_err(|error| error.to_string())?;
        let mapping = Mapping::parse(&format!("{map} {role}")).map_err(|e| e.to_string())?;
        traces(&file, &mapping, &Preparation::default()).map_err(|error| error.to_string())
    }

    /// What the deck itself predicts at the truth.
    pub(crate) fn clean(&self) -> Result<Trace, String> {
        let blank = self.blank()?.remove(0);
        let truth: Vec<f64> = self.parameters.iter().map(|parameter| parameter.truth).collect();
        let mut source = self.experiment(blank.clone())?;
        let curves = source.predict(&truth, false, &|| false).map_err(|e| e.to_string())?;
        Ok(Trace { response: curves[0].values.clone(), ..blank })
    }

    fn experiment(&self, data: Trace) -> Result<DeckExperiment, String> {
        let rate = match self.sweep {
            Sweep::Loop(.., rate) => Some(Sweeping::Rate(rate)),
            _ => None,
        };
        let options = ExperimentOptions {
            observe: self.observe.map(str::to_owned),
            sweeping: rate,
            drive: matches!(self.sweep, Sweep::Volts(..) | Sweep::Loop(..))
                .then(|| "v1".to_owned()),
            ..ExperimentOptions::default()
        };
        let targets = self.parameters.iter().map(|free| {
            let (low, high) = free.bounds();
            ExperimentTarget::new(free.name, low, high)
        });
        let deck = Deck::from_text(self.deck, &LoadOptions::default());
        DeckExperiment::new(deck, vec![data], targets.collect(), options)
            .map_err(|error| error.to_string())
    }

    /// A fit to data of the case.
    pub(crate) fn fit(
        &self,
        data: Trace,
        options: &FitOptions,
        at_truth: bool,
    ) -> Result<FitReport, String> {
        let parameters: Vec<Parameter> = self
            .parameters
            .iter()
            .map(|free| {
                let (low, high) = free.bounds();
                let start = at_truth.then_some(free.truth);
                Parameter { start, ..Parameter::log(free.name, low, high) }
            })
            .collect();
        let problem = Problem {
            data: vec![DataSet {
                name: self.name.to_owned(),
                experiment: Box::new(self.experiment(data)?),
                uses: (0..parameters.len()).collect(),
                objectives: vec![Objective::new(self.measure.clone())],
                guide: Vec::new(),
                hold_out: false,
            }],
            parameters,
        };
        fit(&problem, options, &[], &Unwatched).map_err(|error| error.to_string())
    }

    /// Data with noise: a part of each value where differences are logarithmic, otherwise of the largest.
    pub(crate) fn noisy(&self, clean: &Trace, noise: f64, rng: &mut ChaCha8Rng) -> Trace {
        let largest = clean.response.iter().fold(0.0f64, |m, value| m.max(value.abs()));
        let size = |value: f64| match self.measure {
            Measure::Log { .. } => value,
            _ => largest,
        };
        let response = clean.response.iter().map(|y| y + noise * size(*y) * normal(rng));
        Trace { response: response.collect(), ..clean.clone() }
    }
}

impl Free {
    fn bounds(&self) -> (f64, f64) {
        let (a, b) = (self.truth / self.span, self.truth * self.span);
        (a.min(b), a.max(b))
    }
}

/// A normal deviate (Box and Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}
