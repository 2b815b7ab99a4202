//! Parameters: stated once beside the field, read by the netlist checker, the manual and calibration.
//!
//! `#[derive(Params)]` writes the implementation; see [`crate::Params`] for what one field's attribute says.

use std::any::Any;
use std::fmt;

/// What kind of value a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// A real number.
    Real,
    /// A whole number.
    Integer,
    /// A flag, true when it is named or not zero.
    Flag,
}

/// Where a parameter may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// On a `.model` card and, to override it, on an instance line.
    Model,
    /// On an instance line alone.
    Instance,
}

/// A number for people: as many digits as it needs, in exponential form where that is shorter to read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Readable(pub f64);

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Readable(value) = *self;
        if value == 0.0 {
            write!(f, "0")
        } else if !value.is_finite() || (1e-3..1e6).contains(&value.abs()) {
            write!(f, "{value}")
        } else {
            write!(f, "{value:e}")
        }
    }
}

/// The values that a parameter may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
    /// Whether the lower bound itself is allowed.
    pub includes_low: bool,
    /// Whether the upper bound itself is allowed.
    pub includes_high: bool,
}

impl Range {
    /// Every finite number.
    pub const ANY: Range = Range {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
        includes_low: false,
        includes_high: false,
    };

    /// Whether `value` lies within. NaN never does.
    pub fn contains(&self, value: f64) -> bool {
        (value > self.low || (self.includes_low && value == self.low))
            && (value < self.high || (self.includes_high && value == self.high))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = if self.includes_low { '[' } else { '(' };
        let close = if self.includes_high { ']' } else { ')' };
        write!(f, "{open}{}, {}{close}", Readable(self.low), Readable(self.high))
    }
}

/// One parameter's description.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamInfo {
    /// SPICE name, lower case.
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// One sentence, from the field's doc comment.
    pub description: &'static str,
    /// SI unit, empty for a pure number.
    pub unit: &'static str,
    /// Default; absent means that leaving it out has a meaning of its own (or that it is required).
    pub default: Option<f64>,
    /// Kind of value.
    pub kind: ParamKind,
    /// Allowed values.
    pub range: Range,
    /// Where it may stand.
    pub scope: Scope,
    /// Whether the quantity scales with the instance's area.
    pub area: bool,
    /// Whether an instance is meaningless without it.
    pub required: bool,
}

/// Why parameters cannot make a device.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParamError {
    /// A value outside its range.
    #[error("{name} = {} is outside {range}", Readable(*value))]
    OutOfRange {
        /// Parameter's name.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What is allowed.
        range: Range,
    },
    /// A value that is not a whole number where one is needed.
    #[error("{name} = {} is not a whole number", Readable(*value))]
    NotWhole {
        /// Parameter's name.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// A parameter that is needed and absent.
    #[error("{name} is missing")]
    Missing {
        /// Parameter's name.
        name: &'static str,
    },
    /// Parameters that contradict each other.
    #[error("{name} = {}: {reason}", Readable(*value))]
    Inconsistent {
        /// Parameter's name.
        name: &'static str,
        /// What was given.
        value: f64,
        /// With what it clashes.
        reason: &'static str,
    },
}

/// A set of parameters. Derived:
///
/// ```
/// use ovonic_device::{Params, ParamError};
///
/// /// Parameters of a resistor.
/// #[derive(Clone, Debug, Params)]
/// pub struct ResistorParams {
///     /// Resistance at the nominal temperature.
///     #[param(name = "r", aliases = "resistance", unit = "Ohm", default = 1e3, range = "(-inf, inf)")]
///     pub resistance: f64,
///     /// First-order temperature coefficient.
///     #[param(name = "tc1", unit = "1/K", default = 0.0)]
///     pub tc1: f64,
///     /// Noiseless; absent means noisy.
///     #[param(name = "noiseless", flag, default = false, instance)]
///     pub noiseless: bool,
/// }
///
/// let mut params = ResistorParams::default();
/// params.assign(0, 50.0)?;
/// assert_eq!(params.resistance, 50.0);
/// assert_eq!(ResistorParams::TABLE[0].aliases, ["resistance"]);
/// # Ok::<(), ParamError>(())
/// ```
///
/// Fields may be `f64`, `Option<f64>`, `bool` or `i32`. A field without `#[param(…)]` is no parameter; it takes
/// its type's default.
pub trait Params: Clone + Default + Send + Sync + 'static {
    /// The descriptions, in the fields' order; an index into it names a parameter.
    const TABLE: &'static [ParamInfo];

    /// A parameter's value; absent when it was left out and has no default. Flags are 0 or 1.
    fn value(&self, index: usize) -> Option<f64>;

    /// Sets a parameter without looking at its range.
    fn set(&mut self, index: usize, value: f64);

    /// Sets a parameter.
    ///
    /// # Errors
    /// When the value is outside the parameter's range or not of its kind.
    fn assign(&mut self, index: usize, value: f64) -> Result<(), ParamError> {
        let info = &Self::TABLE[index];
        if info.kind == ParamKind::Integer && value.fract() != 0.0 {
            return Err(ParamError::NotWhole { name: info.name, value });
        }
        if !info.range.contains(value) {
            return Err(ParamError::OutOfRange { name: info.name, value, range: info.range });
        }
        self.set(index, value);
        Ok(())
    }
}

/// [`Params`] of any device, behind a pointer.
pub trait AnyParams: Send + Sync + 'static {
    /// See [`Params::TABLE`].
    fn table(&self) -> &'static [ParamInfo];
    /// See [`Params::value`].
    fn value(&self, index: usize) -> Option<f64>;
    /// See [`Params::assign`].
    ///
    /// # Errors
    /// When the value is outside the parameter's range or not of its kind.
    fn assign(&mut self, index: usize, value: f64) -> Result<(), ParamError>;
    /// A copy.
    fn boxed(&self) -> Box<dyn AnyParams>;
    /// For a caller that knows the concrete type.
    fn as_any(&self) -> &dyn Any;
    /// For a caller that knows the concrete type.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<P: Params> AnyParams for P {
    fn table(&self) -> &'static [ParamInfo] {
        P::TABLE
    }
    fn value(&self, index: usize) -> Option<f64> {
        Params::value(self, index)
    }
    fn assign(&mut self, index: usize, value: f64) -> Result<(), ParamError> {
        Params::assign(self, index, value)
    }
    fn boxed(&self) -> Box<dyn AnyParams> {
        Box::new(self.clone())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The index of the parameter called `name` (any case, aliases included).
pub fn find_param(table: &[ParamInfo], name: &str) -> Option<usize> {
    table.iter().position(|info| {
        info.name.eq_ignore_ascii_case(name)
            || info.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    })
}
