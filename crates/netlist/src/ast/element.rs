//! Element lines: one type per shape of card.
//!
//! Letters whose node count depends on the model (D, Q, J, M, Z, N, X, A, U, Y) keep their words in order; elaboration
//! splits them into nodes, model and flags.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Argument, Expr, Name, Param, Word};
use crate::source::{Span, Spanned};

/// One element line.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The full instance name in lower case, letter included: `r1`. Xyce's `YKIND name` becomes `ykind!name`.
    pub name: Name,
    /// The whole card.
    pub span: Span,
    /// What follows the name.
    pub body: ElementBody,
}

impl Element {
    /// The lower-case letter that says what kind of element this is.
    #[must_use]
    pub fn letter(&self) -> char {
        self.name.node.chars().next().unwrap_or(' ')
    }
}

/// What an element line says after the name.
#[derive(Clone, Debug, PartialEq)]
pub enum ElementBody {
    /// R: `nodes [value] [model] [key=value …]`.
    Resistor(Passive),
    /// C: `nodes [value] [model] [key=value …]`.
    Capacitor(Passive),
    /// L: `nodes [value] [model] [key=value …]`.
    Inductor(Passive),
    /// K: `inductors… coefficient`.
    Coupling(Coupling),
    /// V.
    VoltageSource(IndependentSource),
    /// I.
    CurrentSource(IndependentSource),
    /// E: voltage controlled by voltages.
    VoltageControlledVoltage(ControlledSource<[Name; 2]>),
    /// G: current controlled by voltages.
    VoltageControlledCurrent(ControlledSource<[Name; 2]>),
    /// F: current controlled by currents.
    CurrentControlledCurrent(ControlledSource<Name>),
    /// H: voltage controlled by currents.
    CurrentControlledVoltage(ControlledSource<Name>),
    /// B.
    Behavioral(Behavioral),
    /// S: switch controlled by a voltage.
    VoltageSwitch(Switch<[Name; 2]>),
    /// W: switch controlled by the current of a source.
    CurrentSwitch(Switch<Name>),
    /// T: lossless line.
    Line(Line),
    /// O: lossy line with a model.
    LossyLine(ModelledLine),
    /// D, Q, J, M, Z, N, X, A, U: words in order, then parameters.
    Instance(Instance),
    /// Y: `YKIND name words… key=value …`.
    Kinded(Kinded),
    /// `.crossbar name lines… cell key=value …`.
    Crossbar(Crossbar),
}

/// R, C or L.
#[derive(Clone, Debug, PartialEq)]
pub struct Passive {
    /// The two terminals.
    pub nodes: [Name; 2],
    /// What stands between the nodes and the first `key=`: a value, a model, either or both, in any order.
    pub words: Vec<Spanned<Word>>,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
}

/// K.
#[derive(Clone, Debug, PartialEq)]
pub struct Coupling {
    /// The coupled inductors, two or more.
    pub inductors: Vec<Name>,
    /// The coupling coefficient.
    pub coefficient: Argument,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
}

/// V or I.
#[derive(Clone, Debug, PartialEq)]
pub struct IndependentSource {
    /// Positive and negative terminal.
    pub nodes: [Name; 2],
    /// The dc value, in V or A; if absent, the waveform at time zero counts.
    pub dc: Option<Argument>,
    /// The small-signal stimulus.
    pub ac: Option<AcStimulus>,
    /// The waveform in time.
    pub waveform: Option<Box<Spanned<Waveform>>>,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
}

/// `AC [magnitude [phase]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct AcStimulus {
    /// The keyword and its values.
    pub span: Span,
    /// The magnitude; 1 if absent.
    pub magnitude: Option<Argument>,
    /// The phase in degrees; 0 if absent.
    pub phase: Option<Argument>,
}

/// A waveform of V or I. Absent arguments have defaults that depend on the analysis.
#[derive(Clone, Debug, PartialEq)]
pub enum Waveform {
    /// `PULSE(v1 v2 td tr tf pw per np)`.
    Pulse(Pulse),
    /// `SIN(vo va freq td theta phase)`.
    Sine(Sine),
    /// `EXP(v1 v2 td1 tau1 td2 tau2)`.
    Exponential(Exponential),
    /// `PWL(t1 v1 t2 v2 …) [r=…] [td=…]`.
    PiecewiseLinear(PiecewiseLinear),
    /// `SFFM(vo va fc mdi fs phasec phases)`.
    FrequencyModulated(FrequencyModulated),
    /// `AM(va vo mf fc td phase)`.
    AmplitudeModulated(AmplitudeModulated),
    /// A waveform that is known by name only (`TRNOISE`, `TRRANDOM`, `EXTERNAL`).
    Other {
        /// The lower-case keyword.
        keyword: Name,
        /// Its arguments.
        args: Vec<Argument>,
    },
}

/// Arguments of `PULSE`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulse {
    /// v1.
    pub initial: Option<Argument>,
    /// v2.
    pub pulsed: Option<Argument>,
    /// td in s.
    pub delay: Option<Argument>,
    /// tr in s.
    pub rise: Option<Argument>,
    /// tf in s.
    pub fall: Option<Argument>,
    /// pw in s.
    pub width: Option<Argument>,
    /// per in s.
    pub period: Option<Argument>,
    /// np: the number of pulses; unlimited if absent.
    pub count: Option<Argument>,
}

/// Arguments of `SIN`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sine {
    /// vo.
    pub offset: Option<Argument>,
    /// va.
    pub amplitude: Option<Argument>,
    /// freq in Hz.
    pub frequency: Option<Argument>,
    /// td in s.
    pub delay: Option<Argument>,
    /// theta in 1/s.
    pub damping: Option<Argument>,
    /// phase in degrees.
    pub phase: Option<Argument>,
    /// The number of cycles (LTspice); unlimited if absent.
    pub cycles: Option<Argument>,
}

/// Arguments of `EXP`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exponential {
    /// v1.
    pub initial: Option<Argument>,
    /// v2.
    pub pulsed: Option<Argument>,
    /// td1 in s.
    pub rise_delay: Option<Argument>,
    /// tau1 in s.
    pub rise_time_constant: Option<Argument>,
    /// td2 in s.
    pub fall_delay: Option<Argument>,
    /// tau2 in s.
    pub fall_time_constant: Option<Argument>,
}

/// Arguments of `PWL`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PiecewiseLinear {
    /// Times in s and values; already read if they came from a file.
    pub points: Vec<[Argument; 2]>,
    /// `r=`: the time from which the waveform repeats.
    pub repeat_from: Option<Argument>,
    /// `td=`: a delay of everything, in s.
    pub delay: Option<Argument>,
    /// `file=`: where the points came from, as written.
    pub file: Option<Spanned<String>>,
}

/// Arguments of `SFFM`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrequencyModulated {
    /// vo.
    pub offset: Option<Argument>,
    /// va.
    pub amplitude: Option<Argument>,
    /// fc in Hz.
    pub carrier_frequency: Option<Argument>,
    /// mdi.
    pub modulation_index: Option<Argument>,
    /// fs in Hz.
    pub signal_frequency: Option<Argument>,
    /// Phase of the carrier in degrees.
    pub carrier_phase: Option<Argument>,
    /// Phase of the signal in degrees.
    pub signal_phase: Option<Argument>,
}

/// Arguments of `AM`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AmplitudeModulated {
    /// va.
    pub amplitude: Option<Argument>,
    /// vo.
    pub offset: Option<Argument>,
    /// mf in Hz.
    pub modulation_frequency: Option<Argument>,
    /// fc in Hz.
    pub carrier_frequency: Option<Argument>,
    /// td in s.
    pub delay: Option<Argument>,
    /// Phase in degrees.
    pub phase: Option<Argument>,
}

/// E, F, G or H; `C` is what controls it: a node pair or a source.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlledSource<C> {
    /// Positive and negative terminal.
    pub nodes: [Name; 2],
    /// How the output follows the controls.
    pub transfer: Transfer<C>,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
}

/// How a controlled source follows its controls.
#[derive(Clone, Debug, PartialEq)]
pub enum Transfer<C> {
    /// `control gain`.
    Linear {
        /// What controls it.
        control: C,
        /// The gain, in the unit that the letter implies.
        gain: Argument,
    },
    /// `POLY(n) controls… coefficients…`.
    Polynomial {
        /// The controls, `n` of them.
        controls: Vec<C>,
        /// The coefficients, constant term first.
        coefficients: Vec<Argument>,
    },
    /// `VALUE={…}`, `VOL='…'` or `CUR='…'`.
    Expression(Expr),
    /// `TABLE {input} = (x, y) …`.
    Table {
        /// The argument of the table.
        input: Expr,
        /// Points in the order written.
        points: Vec<[Argument; 2]>,
    },
}

/// B.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavioral {
    /// Positive and negative terminal.
    pub nodes: [Name; 2],
    /// What the expression gives.
    pub quantity: Spanned<BehavioralQuantity>,
    /// The expression.
    pub expression: Expr,
    /// `key=value` pairs in order (`tc1`, `tc2`, `m`, …).
    pub params: Vec<Param>,
}

/// What the expression of a B element gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BehavioralQuantity {
    /// `V=`, in V.
    Voltage,
    /// `I=`, in A.
    Current,
    /// `R=`, in Ω.
    Resistance,
    /// `C=`, in F.
    Capacitance,
    /// `Q=`, in C.
    Charge,
    /// `L=`, in H.
    Inductance,
}

/// S or W; `C` is what controls it: a node pair or a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch<C> {
    /// The switched terminals.
    pub nodes: [Name; 2],
    /// What controls it.
    pub control: C,
    /// The model.
    pub model: Name,
    /// `on` or `off`: the state to start from.
    pub initially_on: Option<Spanned<bool>>,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
}

/// T.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Port 1 positive and negative, port 2 positive and negative.
    pub nodes: [Name; 4],
    /// `z0=`, `td=`, `f=`, `nl=`, `ic=`, in order.
    pub params: Vec<Param>,
}

/// O.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelledLine {
    /// Port 1 positive and negative, port 2 positive and negative.
    pub nodes: [Name; 4],
    /// The model.
    pub model: Name,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
}

/// D, Q, J, M, Z, N, X, A or U.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Nodes, model or subcircuit, positional values and flags, in the order written.
    pub words: Vec<Spanned<Word>>,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
}

/// A whole array of devices, one at each crossing of word lines and bit lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossbar {
    /// Vectors of nodes and the cell, in the order written.
    pub words: Vec<Spanned<Word>>,
    /// `key=value` pairs in order; a text is the path of a file with a matrix, or a list of lines or faults.
    pub params: Vec<Param>,
    /// The files that texts name, as they were read.
    pub files: Vec<DataFile>,
}

/// A file with numbers that an element names.
#[derive(Clone, PartialEq)]
pub struct DataFile {
    /// The key that names it.
    pub key: String,
    /// Where it was found.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for DataFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={} ({} bytes)", self.key, self.path.display(), self.bytes.len())
    }
}

/// Y.
#[derive(Clone, Debug, PartialEq)]
pub struct Kinded {
    /// The kind without its Y: `memristor`.
    pub kind: Name,
    /// Nodes, model and flags, in the order written.
    pub words: Vec<Spanned<Word>>,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
}
