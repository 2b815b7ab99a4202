//! Poles and zeros, as results: `pole(1)`, …, `zero(1)`, …, in rad/s, as programs of the family call them.

use super::{Ran, Shared};
use crate::elaborate::PoleZeroTask;
use crate::error::Error;
use crate::session::Simulation;
use num_complex::Complex64;
use ovonic_analysis::poles_and_zeros;
use ovonic_waveforms::{Outcome, PlotHeader, PlotKind, Quantity, Scalar, Variable};

impl Simulation {
    pub(super) fn run_pole_zero(
        &mut self,
        task: &PoleZeroTask,
        shared: &Shared<'_>,
    ) -> Result<Ran, Error> {
        let options = self.solver();
        let point = self.solve_op("pz", &options, &self.op_options())?;
        let found = poles_and_zeros(&self.design.circuit, &options, &point, &task.port)
            .map_err(|error| Error::small_signal("pz", error))?;
        let named = |word: &'static str, values: Vec<Complex64>, wanted: bool| {
            let numbered = values.into_iter().enumerate().filter(move |_| wanted);
            numbered.map(move |(index, value)| (format!("{word}({})", index + 1), value))
        };
        let all =
            named("pole", found.poles, task.poles).chain(named("zero", found.zeros, task.zeros));
        let (names, values): (Vec<String>, Vec<Complex64>) = all.unzip();
        let variables =
            names.into_iter().map(|name| Variable::new(name, Quantity::Dimensionless)).collect();
        let header = PlotHeader {
            scalar: Scalar::Complex,
            ..PlotHeader::real(self.title(), PlotKind::PoleZero, variables)
        };
        shared.begin_plot(&header)?;
        shared.observer.borrow_mut().sink().complex_point(&values)?;
        shared.end_plot(&Outcome::Complete)?;
        Ok(Ran { points: 1, attempts: point.attempts, ..Ran::default() })
    }
}
