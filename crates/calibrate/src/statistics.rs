//! What a fit knows of its parameters, and what it does not.
//!
//! ```text
//! J = ∂r/∂u at the optimum, u in the unit cube;  s² = Σr²/(N − p), N data that say something;  J = U·S·Vᵀ
//! covariance   s²·V·S⁻²·Vᵀ
//! open         a direction v with s/S larger than a quarter of the cube: the data do not determine it
//! interval     of Student's t with N − p degrees of freedom, in u, carried over to the parameter by its scale
//! AIC, BIC     N·ln(Σr²/N) + 2p,  + p·ln N   (differences between fits of the same data mean something)
//! ```
//!
//! Directions that are left open are named by the parameters that make them up, and these parameters are flagged; they
//! are never reported with a small interval.

use crate::objective::Residuals;
use crate::problem::Parameter;
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// Standard deviation, as a part of the distance between the bounds, beyond which a direction counts as open.
const OPEN: f64 = 0.25;
/// Share of a parameter in an open direction beyond which it counts as undetermined.
const SHARE: f64 = 0.3;
/// Distance from a bound, as a part of the distance between them, within which a parameter counts as being there.
const EDGE: f64 = 1e-3;

/// How well a parameter is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The data determine it.
    Determined,
    /// It stands at a bound, so its interval says little.
    AtBound,
    /// The data do not determine it, alone or together with others.
    Undetermined,
}

/// A fitted parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// Name.
    pub name: String,
    /// Value.
    pub value: f64,
    /// Lower and upper bound.
    pub bounds: (f64, f64),
    /// 95 % confidence interval, linearised and cut at the bounds.
    pub interval: (f64, f64),
    /// 95 % interval by profile likelihood; absent if it was not asked for.
    pub profile: Option<(f64, f64)>,
    /// Standard deviation as a part of the distance between the bounds, on the parameter's scale.
    pub deviation: f64,
    /// How well it is known.
    pub verdict: Verdict,
}

/// A combination of parameters that the data leave open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenDirection {
    /// Parameters with their parts in the direction, largest first; in units of the distance between the bounds.
    pub parts: Vec<(String, f64)>,
    /// Standard deviation along it, in the same units; infinite where the data say nothing at all.
    pub deviation: f64,
}

/// What the optimum's neighbourhood says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statistics {
    pub(crate) fitted: Vec<Fitted>,
    pub(crate) correlations: Vec<Vec<f64>>,
    pub(crate) open: Vec<OpenDirection>,
    pub(crate) aic: f64,
    pub(crate) bic: f64,
}

/// Judges an optimum at places `u`, given its residuals with their derivatives.
pub(crate) fn judge(parameters: &[Parameter], u: &[f64], residuals: &Residuals) -> Statistics {
    let (p, n, cost) = (parameters.len(), residuals.total, residuals.cost());
    let jacobian = &residuals.jacobian;
    let freedom = residuals.freedom(p);
    // A perfect fit still has rounding.
    let variance = (cost / freedom as f64).max(1e-24);
    let matrix = DMatrix::from_row_slice(jacobian.len() / p, p, jacobian);
    let svd = matrix.svd(false, true);
    let v_t = svd.v_t.unwrap_or_else(|| DMatrix::identity(p, p));
    let largest = svd.singular_values.max();
    let mut covariance: DMatrix<f64> = DMatrix::zeros(p, p);
    let mut open = Vec::new();
    let mut is_open = vec![false; p];
    for (row, &singular) in svd.singular_values.iter().enumerate() {
        let is_null = singular <= 1e-10 * largest || singular == 0.0;
        let deviation = if is_null { f64::INFINITY } else { variance.sqrt() / singular };
        let direction = v_t.row(row);
        if deviation > OPEN {
            let mut parts: Vec<(String, f64)> = parameters
                .iter()
                .zip(direction.iter())
                .filter(|(_, part)| part.abs() > SHARE)
                .map(|(parameter, part)| (parameter.name.clone(), *part))
                .collect();
            parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            for (flag, part) in is_open.iter_mut().zip(direction.iter()) {
                *flag |= part.abs() > SHARE;
            }
            open.push(OpenDirection { parts, deviation });
        }
        // What is open is open: a deviation of more than the cube says no more than that.
        let square = deviation.min(10.0).powi(2);
        for i in 0..p {
            for j in 0..p {
                covariance[(i, j)] += square * direction[i] * direction[j];
            }
        }
    }
    let t = student(freedom);
    let fitted = parameters.iter().enumerate().map(|(i, parameter)| {
        let deviation = covariance[(i, i)].sqrt();
        let place = |offset: f64| parameter.value((u[i] + offset).clamp(0.0, 1.0));
        let at_bound = u[i] < EDGE || u[i] > 1.0 - EDGE;
        Fitted {
            name: parameter.name.clone(),
            value: parameter.value(u[i]),
            bounds: (parameter.low, parameter.high),
            interval: (place(-t * deviation), place(t * deviation)),
            profile: None,
            deviation,
            verdict: if is_open[i] || deviation > OPEN {
                Verdict::Undetermined
            } else if at_bound {
                Verdict::AtBound
            } else {
                Verdict::Determined
            },
        }
    });
    let correlation = |i: usize, j: usize| {
        let scale = (covariance[(i, i)] * covariance[(j, j)]).sqrt();
        if scale > 0.0 { covariance[(i, j)] / scale } else { 0.0 }
    };
    let likelihood = n as f64 * (cost.max(f64::MIN_POSITIVE) / n as f64).ln();
    Statistics {
        fitted: fitted.collect(),
        correlations: (0..p).map(|i| (0..p).map(|j| correlation(i, j)).collect()).collect(),
        open,
        aic: likelihood + 2.0 * p as f64,
        bic: likelihood + p as f64 * (n as f64).ln(),
    }
}

/// The 97.5 % point of Student's t, by the expansion in 1/ν (Abramowitz and Stegun, 26.7.5), exact to 1e-3 from ν = 6 on;
/// the tabulated values below.
pub(crate) fn student(freedom: usize) -> f64 {
    match freedom {
        0 | 1 => 12.706,
        2 => 4.303,
        3 => 3.182,
        4 => 2.776,
        5 => 2.571,
        _ => {
            let (x, v) = (1.959_964, freedom as f64);
            let (x3, x5, x7) = (x * x * x, f64::powi(x, 5), f64::powi(x, 7));
            x + (x3 + x) / (4.0 * v)
                + (5.0 * x5 + 16.0 * x3 + 3.0 * x) / (96.0 * v * v)
                + (3.0 * x7 + 19.0 * x5 + 17.0 * x3 - 15.0 * x) / (384.0 * v * v * v)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_t() {
        for (freedom, expected) in [(1, 12.706), (6, 2.447), (10, 2.228), (100, 1.984)] {
            assert!((student(freedom) - expected).abs() < 2e-3, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn a_line_has_the_textbook_intervals() {
        // y = a + b·x at 0, 1, 2, 3 with residuals 1, −1, −1, 1 (orthogonal to both columns), in a cube of size 100.
        let parameters = [Parameter::linear("a", 0.0, 100.0), Parameter::linear("b", 0.0, 100.0)];
        let jacobian = [0.0, 1.0, 2.0, 3.0].map(|x| [100.0, 100.0 * x]).concat();
        let residuals = Residuals::made(vec![1.0, -1.0, -1.0, 1.0], jacobian.to_vec(), 2);
        let found = judge(&parameters, &[0.5, 0.5], &residuals);
        // s² = 2, Sxx = 5: var b = 2/5, var a = 2·(1/4 + 2.25/5), t = 4.303.
        let half = |fitted: &Fitted| 0.5 * (fitted.interval.1 - fitted.interval.0);
        assert!((half(&found.fitted[1]) - 4.303 * 0.4_f64.sqrt()).abs() < 1e-9);
        assert!((half(&found.fitted[0]) - 4.303 * 1.4_f64.sqrt()).abs() < 1e-9);
        assert!((found.correlations[0][1] + 1.5 / (3.5_f64).sqrt()).abs() < 1e-9);
        assert!(found.open.is_empty());
    }

    #[test]
    fn a_sum_of_two_parameters_leaves_their_difference_open() {
        let names = ["a", "b", "c"];
        let parameters = names.map(|name| Parameter::linear(name, 0.0, 1.0));
        let jacobian = [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0];
        let residuals = Residuals::made(vec![5e-4; 4], jacobian.to_vec(), 3);
        let found = judge(&parameters, &[0.5; 3], &residuals);
        assert_eq!(found.open.len(), 1);
        let named: Vec<&str> = found.open[0].parts.iter().map(|(name, _)| name.as_str()).collect();
        assert!(named.contains(&"a") && named.contains(&"b") && !named.contains(&"c"));
        let verdicts = found.fitted.iter().map(|fitted| fitted.verdict);
        use Verdict::{Determined, Undetermined};
        assert!(verdicts.eq([Undetermined, Undetermined, Determined]));
    }
}
