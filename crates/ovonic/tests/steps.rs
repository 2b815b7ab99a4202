//! Stepped runs, transfer functions and harmonics, against closed forms.

use ovonic::waveforms::{PlotKind, Quantity, Results};
use ovonic::{Recording, RunOptions, Simulation};

fn run(text: &str) -> (Simulation, Results) {
    let mut simulation = Simulation::from_text(text).unwrap();
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording).unwrap();
    (simulation, recording.into_results())
}

fn last(results: &Results, plot: usize, name: &str) -> f64 {
    *results.plots[plot].vector(name).unwrap().real_parts().last().unwrap()
}

#[test]
fn every_step_has_a_plot_of_its_own_and_leaves_nothing_behind() {
    let (mut simulation, results) = run(
        "steps\n.param r=1k\nV1 in 0 6\nR1 in out {r}\nR2 out 0 2k\n.op\n\
         .step param r list 1k 2k 4k\n.step V1 6 12 6\n.meas op x find v(out)\n.meas op y param='x/r'\n.end\n",
    );
    assert_eq!(simulation.n_steps(), 6);
    assert_eq!(simulation.step(4), [("r".to_owned(), 2e3), ("v1".to_owned(), 12.0)]);
    assert_eq!(results.plots.len(), 6);
    let measurements = simulation.measure(&results);
    assert_eq!(measurements.len(), 12);
    for (index, plot) in results.plots.iter().enumerate() {
        let (r, v) = (plot.steps[0].1, plot.steps[1].1);
        let expected = v * 2e3 / (2e3 + r);
        assert!((last(&results, index, "v(out)") - expected).abs() < 1e-9 * expected, "{index}");
        let (x, y) = (&measurements[2 * index], &measurements[2 * index + 1]);
        assert_eq!(x.steps, plot.steps);
        assert!((x.result.as_ref().unwrap().value - expected).abs() < 1e-9 * expected);
        assert!((y.result.as_ref().unwrap().value - expected / r).abs() < 1e-9 * expected / r);
    }
    assert_eq!(simulation.parameter("r"), Some(1e3));
    let mut again = Recording::new();
    let first = RunOptions { analyses: Some(vec![0]), steps: Some(vec![0]) };
    simulation.run(&first, &mut again).unwrap();
    assert_eq!(again.into_results().plots[0], results.plots[0]);
    let beyond = RunOptions { analyses: None, steps: Some(vec![6]) };
    let error = simulation.run(&beyond, &mut Recording::new()).unwrap_err();
    assert_eq!(error.to_string(), "the netlist has 6 steps, none with index 6");
}

#[test]
fn numbers_of_cards_follow_what_is_stepped() {
    // The length of the transient and the instant of the measure are the step's own; the value is 1 - 1/e in each.
    let (mut simulation, results) = run(
        "charge\n.param tau=1m\n.step param tau dec 1u 1 1\nV1 in 0 1\nR1 in out 1k\nC1 out 0 {tau/1k} ic=0\n\
         .options reltol=1e-6\n.tran {tau/50} {2*tau} uic\n.meas tran x find v(out) at={tau}\n\
         .meas tran t when v(out)=0.5\n.meas tran f param='1/t'\n.meas tran q find @c1[i] at={tau}\n.end\n",
    );
    assert_eq!(results.plots.len(), 7);
    for plot in &results.plots {
        let tau = plot.steps[0].1;
        let end = *plot.scale().unwrap().real_parts().last().unwrap();
        assert!((end / (2.0 * tau) - 1.0).abs() < 1e-9, "{tau:e}: {end:e}");
    }
    for measured in simulation.measure(&results) {
        let (tau, value) = (measured.steps[0].1, measured.result.as_ref().unwrap().value);
        let (expected, quantity) = match measured.name.as_str() {
            "x" => (1.0 - (-1.0f64).exp(), Quantity::Voltage),
            "t" => (tau * 2.0f64.ln(), Quantity::Time),
            "f" => (1.0 / (tau * 2.0f64.ln()), Quantity::Frequency),
            _ => (1e-3 * (-1.0f64).exp(), Quantity::Current),
        };
        assert!((value / expected - 1.0).abs() < 1e-4, "{} {tau:e}: {value:e}", measured.name);
        assert_eq!(measured.quantity, quantity, "{}", measured.name);
    }
}

#[test]
fn a_list_of_temperatures_is_stepped() {
    let (_, results) = run("heat\nI1 0 out 1m\nR1 out 0 1k tc1=1m\n.temp -23 27 77\n.op\n.end\n");
    let found: Vec<f64> = (0..3).map(|plot| last(&results, plot, "v(out)")).collect();
    for (found, expected) in found.iter().zip([0.95, 1.0, 1.05]) {
        assert!((found - expected).abs() < 1e-9, "{found}");
    }
}

#[test]
fn transfer_functions_have_gain_and_resistances() {
    let deck = "tf\nV1 in 0 10\nR1 in out 1k\nR2 out 0 2k\nI1 0 out 0\nVm x out 0\nR3 x 0 2k\n\
                .tf v(out) V1\n.tf i(Vm) V1\n.tf v(in,out) I1\n.end\n";
    let (_, results) = run(deck);
    assert!(results.plots.iter().all(|plot| plot.kind == PlotKind::TransferFunction));
    // R1 = 1k against 2k || 2k = 1k; the current into Vm flows out of x, towards out.
    for (plot, expected) in [
        (0, [0.5, 500.0, 2e3]),
        (1, [-0.5 / 2e3, 2e3 + 2e3 / 3.0, 2e3]),
        (2, [-500.0, 500.0, 500.0]),
    ] {
        let values = results.plots[plot].vectors.iter().map(|v| v.real_parts()[0]);
        for (found, expected) in values.zip(expected) {
            assert!((found - expected).abs() < 1e-9 * expected.abs(), "{plot}: {found}");
        }
    }
}

#[test]
fn harmonics_are_those_of_the_last_period() {
    // A sine and its third harmonic behind nothing: amplitudes 1 and 0.25.
    let deck = "four\nV1 a 0 SIN(0.5 1 1k)\nV2 b a SIN(0 0.25 3k)\nR1 b 0 1k\n.tran 1u 3m 0 1u\n\
                .four 1k v(b) v(a)\n.end\n";
    let (simulation, results) = run(deck);
    assert!(simulation.wants_spectra());
    let spectra = simulation.spectra(&results);
    assert_eq!(spectra.len(), 2);
    let harmonics = spectra[0].result.as_ref().unwrap();
    // Straight lines between points 1 us apart lose (3 kHz, 1 us): (pi·3e-3)²/3 < 3e-5 of the amplitude.
    assert!((harmonics.dc - 0.5).abs() < 1e-5);
    assert!((harmonics.coefficients[0].norm() - 1.0).abs() < 1e-5);
    assert!((harmonics.coefficients[2].norm() - 0.25).abs() < 1e-5);
    assert!((harmonics.distortion() - 0.25).abs() < 1e-5);
}

#[test]
fn sensitivities_are_derivatives() {
    let deck = "sens\n.param r=1k\nV1 in 0 10\nR1 in out {r}\nR2 out 0 2k tc1=1m temp=37\nI1 0 out 0\n.sens v(out)\n.end\n";
    let (mut simulation, results) = run(deck);
    let plot = &results.plots[0];
    assert_eq!(plot.kind, PlotKind::Sensitivity);
    // R2 is 2.02k at 37 C.
    let (r1, r2) = (1e3, 2.02e3);
    let sum: f64 = r1 + r2;
    for (name, expected) in [
        ("v1", r2 / sum),
        ("r1", -10.0 * r2 / (sum * sum)),
        ("r2", 10.0 * r1 / (sum * sum) * 1.01),
        ("i1", r1 * r2 / sum),
        ("r2:tc1", 10.0 * r1 / (sum * sum) * 2e3 * 10.0),
    ] {
        let found = plot.vector(name).unwrap().real_parts()[0];
        assert!((found - expected).abs() < 1e-6 * expected.abs(), "{name}: {found:e} {expected:e}");
    }
    assert_eq!(simulation.parameter("r"), Some(1e3));
}
