//! The coupling K of two inductors, and the check of several couplings together.
//!
//! `M = k·sqrt(L1·L2)`; each inductor's branch equation gains the other's flux, `−d/dt (M·i)`. The device borrows both
//! branch currents and adds to their rows. The inductances belong to the inductors: whoever builds the circuit copies
//! them here (times the number of inductors in parallel) and prepares the coupling anew when they change.
//!
//! Each pair may have a legal coefficient and the set still deliver energy: the *matrix* of coefficients has to be
//! positive semidefinite, which [`coupling_is_passive`] checks.

use nalgebra::DMatrix;
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, Output, ParamError, Params,
    Unknown,
};
use ovonic_numerics::scalar::Scalar;

const EXAMPLE: &str = "\
* A transformer without load, turns 1:2.  Closed form: v(out) = k * sqrt(l2 / l1) * v(in), whatever the frequency.
*! run ac
*! expect vm(out) = 1.8 V  rtol 1e-6
V1 in 0 dc 0 ac 1
R2 in a 1u
L1 a 0 1m
L2 out 0 4m
K1 L1 L2 0.9
R1 out 0 1e12
.ac lin 1 1k 1k
.end
";

/// Entry in the list of devices.
pub static KIND: Kind = Kind {
    letter: Some('k'),
    summary: "coupling of two inductors",
    class: Class::Reactive,
    value: Some("k"),
    example: EXAMPLE,
    ..Kind::of::<Coupling, 2>("coupling")
};

/// Parameters of the coupling.
#[derive(Clone, Debug, Params)]
pub struct CouplingParams {
    /// Coefficient; negative turns one winding round.
    #[param(name = "k", aliases = "coupling", range = "[-1, 1]", required)]
    pub coefficient: Option<f64>,
    /// Inductance of the first inductor, copied from it.
    #[param(name = "l1", unit = "H", instance, required)]
    pub first_inductance: Option<f64>,
    /// Inductance of the second inductor, copied from it.
    #[param(name = "l2", unit = "H", instance, required)]
    pub second_inductance: Option<f64>,
}

/// A prepared coupling.
pub struct Coupling {
    mutual: f64,
}

impl Model<2> for Coupling {
    type Params = CouplingParams;

    const UNKNOWNS: [Unknown; 2] = [Unknown::borrowed("i1"), Unknown::borrowed("i2")];

    const OUTPUTS: &'static [Output] =
        &[Output { name: "m", description: "Mutual inductance", unit: "H", nature: None }];

    fn prepare(params: &CouplingParams, _env: &Environment) -> Result<Self, ParamError> {
        let given = |value: Option<f64>, name| value.ok_or(ParamError::Missing { name });
        let first = given(params.first_inductance, "l1")?;
        let second = given(params.second_inductance, "l2")?;
        if first * second < 0.0 {
            return Err(ParamError::Inconsistent {
                name: "l2",
                value: second,
                reason: "inductances of opposite sign cannot be coupled",
            });
        }
        Ok(Self { mutual: given(params.coefficient, "k")? * (first * second).sqrt() })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 2],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 2>,
    ) {
        out.storage(0, -(x[1] * self.mutual));
        out.storage(1, -(x[0] * self.mutual));
    }

    fn outputs(&self, _x: &[f64; 2], _at: &Iterate<'_>, values: &mut [f64]) {
        values[0] = self.mutual;
    }
}

/// How far below zero rounding may push an eigenvalue of a coupling matrix, per inductor.
const EIGENVALUE_TOLERANCE: f64 = 1e-12;

/// Whether a set of inductors coupled with each other stores no negative energy: the symmetric matrix of their
/// coupling coefficients, with ones on the diagonal, has no negative eigenvalue. Perfect coupling (an eigenvalue of
/// zero) passes.
///
/// `matrix` is row by row, `n × n` for `n` inductors.
///
/// # Errors
/// With the smallest eigenvalue, when it is negative.
///
/// # Panics
/// When `matrix` is not of size `n × n`.
pub fn coupling_is_passive(matrix: &[f64], n: usize) -> Result<(), ParamError> {
    assert_eq!(matrix.len(), n * n, "a coupling matrix is square");
    let eigenvalues = DMatrix::from_row_slice(n, n, matrix).symmetric_eigenvalues();
    let smallest = eigenvalues.iter().copied().fold(f64::INFINITY, f64::min);
    if smallest < -EIGENVALUE_TOLERANCE * n as f64 {
        return Err(ParamError::Inconsistent {
            name: "k",
            value: smallest,
            reason: "the coupling matrix has this negative eigenvalue: together the inductors would deliver energy",
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three(k12: f64, k13: f64, k23: f64) -> Result<(), ParamError> {
        let matrix = [1.0, k12, k13, k12, 1.0, k23, k13, k23, 1.0];
        coupling_is_passive(&matrix, 3)
    }

    #[test]
    fn perfect_coupling_is_passive() {
        assert_eq!(coupling_is_passive(&[1.0, 1.0, 1.0, 1.0], 2), Ok(()));
        assert_eq!(three(1.0, 1.0, 1.0), Ok(()));
        assert_eq!(three(1.0, -1.0, -1.0), Ok(()));
    }

    #[test]
    fn windings_cannot_all_oppose_each_other() {
        // Smallest eigenvalue of three equal coefficients k: 1 + 2k.
        let Err(ParamError::Inconsistent { value, .. }) = three(-0.6, -0.6, -0.6) else {
            panic!("the set delivers energy");
        };
        assert!((value + 0.2).abs() < 1e-12, "{value}");
        assert_eq!(three(-0.5, -0.5, -0.5), Ok(()));
    }

    #[test]
    fn inductances_of_opposite_sign_are_refused() {
        let params = CouplingParams {
            coefficient: Some(0.5),
            first_inductance: Some(1e-3),
            second_inductance: Some(-1e-3),
        };
        assert!(matches!(
            Coupling::prepare(&params, &Environment::default()),
            Err(ParamError::Inconsistent { name: "l2", .. })
        ));
    }
}
