//! A population of decays whose spreads are known.

use super::*;
use crate::{DataFile, Mapping, Measure, Objective, Preparation, Unwatched, traces};
use rand::RngExt;

/// `a·exp(−x/τ)`, `τ` on its own scale.
struct Decay(Vec<Trace>);

impl Experiment for Decay {
    fn traces(&self) -> &[Trace] {
        &self.0
    }

    fn predict(
        &mut self,
        parameters: &[f64],
        _gradients: bool,
        _is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<Curve>, ExperimentError> {
        let [a, tau] = [parameters[0], parameters[1]];
        let x = self.0[0].abscissa().1;
        let values: Vec<f64> = x.iter().map(|x| a * (-x / tau).exp()).collect();
        let by_a = values.iter().map(|y| y / a).collect();
        let by_tau = values.iter().zip(x).map(|(y, x)| y * x / (tau * tau)).collect();
        Ok(vec![Curve { values, gradients: vec![by_a, by_tau], path: None }])
    }

    fn fork(&self) -> Box<dyn Experiment> {
        Box::new(Decay(self.0.clone()))
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// Data sets of `devices` times `cycles` traces with `τ = 2·exp(0.3·z_device + 0.1·z_cycle)` and 1 % of noise.
fn problem(devices: usize, cycles: usize) -> (Problem, Vec<usize>) {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut data = Vec::new();
    let mut owners = Vec::new();
    for device in 0..devices {
        let own = 0.3 * normal(&mut rng);
        for _ in 0..cycles {
            let tau = 2.0 * (own + 0.1 * normal(&mut rng)).exp();
            let value = |x: f64, noise: f64| 3e-6 * (-x / tau).exp() * (1.0 + 0.01 * noise);
            let rows = (0..25).map(|k| 0.2 * f64::from(k));
            let rows: String =
                rows.map(|x| format!("{x},{:e}\n", value(x, normal(&mut rng)))).collect();
            let file = DataFile::from_text("made.csv", &rows).unwrap();
            let mapping = Mapping::parse("t=1 I=2").unwrap();
            data.push(DataSet {
                name: "made".to_owned(),
                experiment: Box::new(Decay(
                    traces(&file, &mapping, &Preparation::default()).unwrap(),
                )),
                uses: vec![0, 1],
                objectives: vec![Objective::new(Measure::Log { floor: 0.0 })],
                guide: Vec::new(),
                hold_out: false,
            });
            owners.push(device);
        }
    }
    let parameters = vec![Parameter::log("a", 1e-8, 1e-4), Parameter::log("tau", 0.1, 50.0)];
    (Problem { parameters, data }, owners)
}

#[test]
fn what_is_shared_is_shared_and_what_varies_is_distributed() {
    let (problem, devices) = problem(30, 10);
    let varying = [Varying { parameter: 1, law: Law::Factor }];
    let options = FitOptions { starts: 2, ..FitOptions::default() };
    let found = fit_population(&problem, &devices, &varying, &options, &Unwatched).unwrap();
    assert!((found.values[0] / 3e-6 - 1.0).abs() < 0.01, "{:?}", found.values);
    assert_eq!(found.shared.parameters.len(), 1);
    assert!(found.members.iter().all(|member| member.counts));
    let Distribution { centre_interval, cycle, device, n, .. } = &found.distributions[0];
    assert_eq!(*n, 300);
    // Drawn from the truth, so that it lies in the intervals; these are as narrow as so many draws allow.
    let holds = |(low, high): (f64, f64), truth: f64| {
        assert!((low..=high).contains(&truth), "{low} to {high}, expected {truth}");
    };
    holds(*centre_interval, 2.0);
    let (cycle, device) = (cycle.unwrap(), device.unwrap());
    holds(cycle.interval, 0.1);
    holds(device.interval, 0.3);
    assert!((cycle.value / 0.1 - 1.0).abs() < 0.15, "{cycle:?}");
    assert!((device.value / 0.3 - 1.0).abs() < 0.35, "{device:?}");
    let again = fit_population(&problem, &devices, &varying, &options, &Unwatched).unwrap();
    assert_eq!(found, again);
}
