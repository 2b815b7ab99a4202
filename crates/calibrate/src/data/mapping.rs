//! What the columns of a file mean: `V=col1:V I=col2:uA t=time:ms`.
//!
//! ```text
//! role=column[:unit]   separated by blanks or commas
//! t   time, s          V  drive voltage, V       f  frequency, Hz     n  number of a pulse
//! I   current, A       G  conductance, S         Y  any other response, as it is
//! w   weight           trace  a number that tells traces apart        branch  1 up, −1 down
//! ```
//!
//! A response may name several columns (`I=2-13`, `I=i_*`): each is a trace of its own. Units scale to SI: a prefix
//! (`f p n u µ m k M G`) before the unit's own symbol, or `%`.

use std::fmt;

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Time, s.
    Time,
    /// Voltage that drives the experiment, V.
    Drive,
    /// Frequency, Hz.
    Frequency,
    /// Number of a pulse.
    Pulse,
    /// Measured current, A.
    Current,
    /// Measured conductance, S.
    Conductance,
    /// Another measured quantity, as it is.
    Response,
    /// Weight of a point.
    Weight,
    /// Number that tells traces apart.
    Trace,
    /// Direction of the sweep: positive up, negative down.
    Branch,
}

impl Role {
    const ALL: [(&'static str, Role, &'static [&'static str]); 10] = [
        ("t", Role::Time, &["s"]),
        ("v", Role::Drive, &["V"]),
        ("f", Role::Frequency, &["Hz"]),
        ("n", Role::Pulse, &[""]),
        ("i", Role::Current, &["A"]),
        ("g", Role::Conductance, &["S"]),
        ("y", Role::Response, &["", "V", "A", "S", "Ohm", "F", "K", "W"]),
        ("w", Role::Weight, &[""]),
        ("trace", Role::Trace, &[""]),
        ("branch", Role::Branch, &[""]),
    ];

    /// Whether the column is what the model has to predict.
    #[must_use]
    pub fn is_response(self) -> bool {
        matches!(self, Role::Current | Role::Conductance | Role::Response)
    }

    /// SI unit, empty for a pure number.
    #[must_use]
    pub fn unit(self) -> &'static str {
        let known = Role::ALL.iter().find(|(_, role, _)| *role == self);
        known.map_or("", |(_, _, units)| units[0])
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Time => "time",
            Role::Drive => "drive voltage",
            Role::Frequency => "frequency",
            Role::Pulse => "pulse number",
            Role::Current => "current",
            Role::Conductance => "conductance",
            Role::Response => "response",
            Role::Weight => "weight",
            Role::Trace => "trace",
            Role::Branch => "branch",
        })
    }
}

/// One part of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// What the column is.
    pub role: Role,
    /// Which column, as [`crate::DataFile::find`] takes it.
    pub column: String,
    /// Factor to SI.
    pub factor: f64,
}

/// What the columns of a file mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// Parts in the order in which they were written.
    pub parts: Vec<Assignment>,
}

/// Why a mapping makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingError {
    /// A part is not `role=column`.
    #[error("\"{part}\" in the column mapping, expected role=column[:unit] such as V=1 or I=2:uA")]
    Part {
        /// What was written.
        part: String,
    },
    /// A role that does not exist.
    #[error(
        "unknown role \"{role}\" in the column mapping, expected one of t V f n I G Y w trace branch"
    )]
    Role {
        /// What was written.
        role: String,
    },
    /// A unit that does not suit the role.
    #[error("unit \"{unit}\" does not suit a {role}, expected {expected} with a prefix")]
    Unit {
        /// What was written.
        unit: String,
        /// The role.
        role: Role,
        /// What would do.
        expected: &'static str,
    },
    /// A role that only one column may have.
    #[error("the {role} is mapped twice")]
    Twice {
        /// The role.
        role: Role,
    },
    /// There is nothing to predict.
    #[error("the column mapping names no response; add I=column, G=column or Y=column")]
    NoResponse,
    /// There is nothing over which the response is measured.
    #[error("the column mapping names no abscissa; add V=column, t=column, f=column or n=column")]
    NoAbscissa,
}

impl Mapping {
    /// Understands a mapping.
    ///
    /// # Errors
    /// When a part of it makes no sense, or a response or an abscissa is missing.
    pub fn parse(text: &str) -> Result<Mapping, MappingError> {
        let mut mapping = Mapping::default();
        let parts = text.split(|c: char| c == ',' || c.is_whitespace());
        for part in parts.filter(|part| !part.is_empty()) {
            let wrong = || MappingError::Part { part: part.to_owned() };
            let (key, rest) = part.split_once('=').ok_or_else(wrong)?;
            let known = Role::ALL.iter().find(|(name, ..)| key.eq_ignore_ascii_case(name));
            let Some(&(_, role, units)) = known else {
                return Err(MappingError::Role { role: key.to_owned() });
            };
            let (column, unit) = rest.rsplit_once(':').unwrap_or((rest, ""));
            if column.is_empty() {
                return Err(wrong());
            }
            let factor = factor(unit, units).ok_or_else(|| MappingError::Unit {
                unit: unit.to_owned(),
                role,
                expected: if units[0].is_empty() { "no unit or %" } else { units[0] },
            })?;
            if !role.is_response() && mapping.find(role).is_some() {
                return Err(MappingError::Twice { role });
            }
            mapping.parts.push(Assignment { role, column: column.to_owned(), factor });
        }
        if !mapping.parts.iter().any(|part| part.role.is_response()) {
            return Err(MappingError::NoResponse);
        }
        let is_abscissa =
            |role| matches!(role, Role::Time | Role::Drive | Role::Frequency | Role::Pulse);
        if !mapping.parts.iter().any(|part| is_abscissa(part.role)) {
            return Err(MappingError::NoAbscissa);
        }
        Ok(mapping)
    }

    /// The part with a role that only one column has.
    #[must_use]
    pub fn find(&self, role: Role) -> Option<&Assignment> {
        self.parts.iter().find(|part| part.role == role)
    }
}

/// Factor to SI of a unit with a prefix; `units` are the symbols that suit.
fn factor(text: &str, units: &[&str]) -> Option<f64> {
    match text {
        "" => return Some(1.0),
        "%" => return Some(1e-2),
        _ => {}
    }
    units.iter().filter_map(|unit| prefix(text.strip_suffix(unit)?)).next()
}

fn prefix(text: &str) -> Option<f64> {
    Some(match text {
        "" => 1.0,
        "f" => 1e-15,
        "p" => 1e-12,
        "n" => 1e-9,
        "u" | "µ" | "μ" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_columns_and_units() {
        let mapping = Mapping::parse("V=col1:mV, I=i_*:uA t=time:ms w=4").unwrap();
        let parts = mapping.parts.iter().map(|p| (p.role, p.column.as_str(), p.factor));
        let expected = [
            (Role::Drive, "col1", 1e-3),
            (Role::Current, "i_*", 1e-6),
            (Role::Time, "time", 1e-3),
            (Role::Weight, "4", 1.0),
        ];
        assert!(parts.eq(expected));
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        let error = |text: &str| Mapping::parse(text).unwrap_err().to_string();
        assert!(error("V=1 I").starts_with("\"I\" in the column mapping, expected role=column"));
        assert!(error("V=1 J=2").starts_with("unknown role \"J\""));
        assert_eq!(
            error("V=1:A I=2"),
            "unit \"A\" does not suit a drive voltage, expected V with a prefix"
        );
        assert_eq!(error("V=1 V=2 I=3"), "the drive voltage is mapped twice");
        assert!(error("V=1").contains("no response"));
        assert!(error("I=1").contains("no abscissa"));
    }
}
