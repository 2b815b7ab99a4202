//! What the decks of the manual's figures show, as numbers: laws, closed forms and orders of magnitude.

use ovonic::waveforms::{PlotKind, Results};
use ovonic::{Measurement, Recording, RunOptions, Simulation};
use ovonic_tests::{folder, simulate, transient};
use std::path::Path;

/// What a deck of `netlists/examples` measures, and its results.
fn ran(deck: &str) -> (Vec<Measurement>, Results) {
    let path = folder("netlists/examples").join(deck);
    let mut simulation = Simulation::from_file(&path).unwrap_or_else(|e| panic!("{deck}: {e}"));
    let mut recording = Recording::new();
    let ran = simulation.run(&RunOptions::default(), &mut recording);
    ran.unwrap_or_else(|e| panic!("{deck}: {e}"));
    let results = recording.into_results();
    (simulation.measure(&results), results)
}

/// One measure over the quantity that is stepped first, in the order of the steps.
fn curve(measurements: &[Measurement], name: &str) -> Vec<(f64, f64)> {
    let of_name = measurements.iter().filter(|measurement| measurement.name == name);
    let point = |measurement: &Measurement| {
        let found = measurement.result.as_ref();
        let found = found.unwrap_or_else(|e| panic!("{:?}: {name}: {e}", measurement.steps));
        (measurement.steps[0].1, found.value)
    };
    of_name.map(point).collect()
}

/// Exponent of the power law between two points.
fn exponent(a: (f64, f64), b: (f64, f64)) -> f64 {
    (b.1 / a.1).ln() / (b.0 / a.0).ln()
}

fn assert_rises(curve: &[(f64, f64)]) {
    for pair in curve.windows(2) {
        assert!(pair[1].1 > pair[0].1, "{pair:?}");
    }
}

fn assert_falls(curve: &[(f64, f64)]) {
    for pair in curve.windows(2) {
        assert!(pair[1].1 < pair[0].1, "{pair:?}");
    }
}

#[test]
fn the_threshold_grows_with_the_ramp() {
    let (measured, _) = ran("ots-threshold-ramp.cir");
    let all = curve(&measured, "threshold");
    // Folds of 25, 50 and 100 nm as traces find them.
    let folds = [0.981_812, 1.801_456, 3.268_700];
    for (curve, fold) in all.chunks(all.len() / 3).zip(folds) {
        assert_rises(curve);
        assert!((curve[0].1 / fold - 1.0).abs() < 0.01, "{:?} {fold}", curve[0]);
        // A fold that is passed slowly is passed late by rate^(2/3).
        let late = |k: usize| (curve[k].0, curve[k].1 - fold);
        let slow = exponent(late(0), late(4));
        assert!((0.6..0.7).contains(&slow), "{slow}");
        let fast = curve[curve.len() - 1].1 / fold;
        assert!((1.2..1.7).contains(&fast), "{fast}");
    }
}

#[test]
fn the_delay_goes_as_the_overdrive_to_minus_one_half() {
    let (measured, _) = ran("ots-delay.cir");
    let delays = curve(&measured, "delay");
    assert_falls(&delays);
    // A fold that is nearly there holds a trajectory up for a time like 1/sqrt(distance).
    let slow = exponent(delays[0], delays[5]);
    assert!((slow + 0.5).abs() < 0.02, "{slow}");
    assert!((1e-8..1e-7).contains(&delays[0].1) && delays[delays.len() - 1].1 < 2e-11);
}

/// The neuron of `threshold-oscillator.cir` with another drive; whether it fires again and again.
fn fires(drive: f64) -> bool {
    let deck = format!(
        "neuron\nV1 in 0 {drive}\nR1 in out 50k\nC1 out 0 25fF\nN1 out 0 ts\n.model ts ots\n.options temp=26.85\n\
         .tran 20p 60n 30n uic\n.save v(out)\n.end\n"
    );
    let (_, columns) = transient(&deck);
    let (low, high) =
        columns[0].iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    high - low > 0.1
}

#[test]
fn a_neuron_fires_the_faster_the_stronger_its_drive_and_between_its_hopf_points() {
    let (measured, _) = ran("oscillator-drive.cir");
    let rates = curve(&measured, "rate");
    assert_rises(&rates);
    let deck = "neuron\nV1 in 0 0\nR1 in out 50k\nC1 out 0 25fF\nN1 out 0 ts\n.model ts ots\n.options temp=26.85\n\
                .trace v1 0 12\n.end\n";
    let results = simulate(Path::new("neuron"), deck).unwrap();
    let points = results.of_kind(&PlotKind::TracePoints).expect("special points");
    let point = |name: &str| points.vector(name).expect("a Hopf point").real_parts()[0];
    let (first, last) = (point("v_hopf"), point("v_hopf2"));
    assert!(first < rates[0].0 && rates[rates.len() - 1].0 < last, "{first} {last}");
    assert!(!fires(0.97 * first) && fires(1.02 * first), "{first}");
    assert!(fires(0.97 * last) && !fires(1.03 * last), "{last}");
    // Born at the pair's frequency, where the cycle is small.
    let (born, strongest) = (point("f_hopf2"), rates[rates.len() - 1].1);
    assert!((strongest / born - 1.0).abs() < 0.15, "{strongest:e} {born:e}");
}

#[test]
fn a_neuron_fires_the_slower_the_larger_its_load_and_its_capacitance() {
    let (measured, _) = ran("oscillator-load.cir");
    let rates = curve(&measured, "rate");
    assert_falls(&rates);
    assert!((1e8..3e9).contains(&rates[0].1) && rates[rates.len() - 1].1 > 1e8, "{rates:?}");
    let (measured, _) = ran("oscillator-capacitance.cir");
    let (rates, ideal) = (curve(&measured, "rate"), curve(&measured, "ideal"));
    assert_falls(&rates);
    // The ideal relaxation between the folds is approached from below.
    let parts: Vec<(f64, f64)> =
        rates.iter().zip(&ideal).map(|(rate, ideal)| (rate.0, rate.1 / ideal.1)).collect();
    assert_rises(&parts);
    let last = parts[parts.len() - 1].1;
    assert!((0.85..1.0).contains(&last), "{last}");
}

/// Time of a capacitor of one farad on its way from `from` to `to` (V) along the points `(v, i)` of a switch's
/// characteristic, charged by `drive` (V) through `load` (ohm): ∫ dv / ((drive − v)/load − i).
fn time_along(points: &[(f64, f64)], (from, to): (f64, f64), drive: f64, load: f64) -> f64 {
    let (low, high) = (from.min(to), from.max(to));
    let rate = |(v, i): (f64, f64)| (drive - v) / load - i;
    let mut time = 0.0;
    for pair in points.windows(2) {
        let (a, b) = if pair[0].0 < pair[1].0 { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
        let (left, right) = (a.0.max(low), b.0.min(high));
        if right <= left {
            continue;
        }
        // Between points of the trace the current is a straight line, and the integral a logarithm.
        let at = |v: f64| rate(a) + (rate(b) - rate(a)) * (v - a.0) / (b.0 - a.0);
        let (start, end) = (at(left), at(right));
        let change = (end / start).ln();
        let mean = if change.abs() < 1e-9 { start } else { (end - start) / change };
        time += (right - left) / mean.abs();
    }
    time
}

#[test]
fn a_slow_neuron_relaxes_along_its_traced_characteristic() {
    // Large enough that the filament is always in equilibrium but at its jumps.
    let (drive, load, capacitance) = (3.0, 50e3, 1e-9);
    let switch = ".model ts ots\n.options temp=26.85\n";
    let deck = format!(
        "switch\nV1 a 0 0\nN1 a 0 ts\n{switch}.trace v1 0 3 points=2000\n.save i(v1)\n.end\n"
    );
    let results = simulate(Path::new("switch"), &deck).unwrap();
    let trace = results.of_kind(&PlotKind::Trace).expect("a trace");
    let values = |name: &str| trace.vector(name).expect("a vector").real_parts();
    let points: Vec<(f64, f64)> =
        values("v-sweep").into_iter().zip(values("i(v1)").into_iter().map(|i| -i)).collect();
    let special = results.of_kind(&PlotKind::TracePoints).expect("folds");
    let fold = |name: &str| special.vector(name).expect("a fold").real_parts()[0];
    let (threshold, hold) = (fold("v_th"), fold("v_hold"));
    let turn = |value: f64| points.iter().position(|p| p.0 == value).expect("it is recorded");
    let (cold, hot) = (&points[..=turn(threshold)], &points[turn(hold)..]);
    let period = capacitance
        * (time_along(cold, (hold, threshold), drive, load)
            + time_along(hot, (threshold, hold), drive, load));
    let deck = format!(
        "neuron\nV1 in 0 {drive}\nR1 in out {load}\nC1 out 0 {capacitance:e}\nN1 out 0 ts\n{switch}.options reltol=1e-5\n\
         .tran 1u 250u uic\n.save v(out)\n.meas tran period trig @n1[temp]=600 rise=2 targ @n1[temp]=600 rise=4\n.end\n"
    );
    let mut simulation = Simulation::from_text(&deck).unwrap();
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording).unwrap();
    let measured = simulation.measure(&recording.into_results());
    let found = 0.5 * measured[0].result.as_ref().expect("it fires").value;
    assert!((found / period - 1.0).abs() < 0.005, "{found:e} {period:e}");
}

#[test]
fn a_stronger_synapse_fires_sooner_and_more_often() {
    let (measured, _) = ran("ts-pcm-delay.cir");
    let delays = curve(&measured, "delay");
    assert_rises(&delays);
    let (first, last) = (delays[0].1, delays[delays.len() - 1].1);
    assert!((3e-10..5e-10).contains(&first) && (2.5..5.0).contains(&(last / first)), "{delays:?}");
    let (measured, _) = ran("ts-pcm-frequency.cir");
    let rates = curve(&measured, "rate");
    assert_falls(&rates);
    let (first, last) = (rates[0].1, rates[rates.len() - 1].1);
    assert!((1e8..1e9).contains(&first) && (1.8..2.6).contains(&(first / last)), "{rates:?}");
    // What fires later has the higher apparent threshold.
    let (measured, _) = ran("ts-pcm-threshold.cir");
    assert_rises(&curve(&measured, "threshold"));
}

#[test]
fn pulses_potentiate_and_depress() {
    let (_, results) = ran("ts-pcm-plasticity.cir");
    let plot = results.of_kind(&PlotKind::Transient).expect("a transient");
    let vector = |name: &str| plot.vector(name).expect("a vector").real_parts();
    let (time, thickness, current) = (vector("time"), vector("@n1[u_a]"), vector("i(n1)"));
    let at = |values: &[f64], at: f64| values[time.partition_point(|t| *t <= at) - 1];
    // Before each pulse, and after the last one.
    let before = |k: usize| at(&thickness, 5e-9 + 500e-9 * k as f64);
    let steps: Vec<f64> = (0..=29).map(before).collect();
    for pair in steps.windows(2) {
        assert!(pair[1] < pair[0], "{pair:?}");
    }
    assert!(
        steps[19] - steps[29] < 0.2 * (steps[0] - steps[10]),
        "it does not saturate: {steps:?}"
    );
    // Equal pulses, each of which lets more current through.
    let during = |k: usize| at(&current, 10e-9 + 90e-9 + 500e-9 * k as f64);
    assert!((1..30).all(|k| during(k) > during(k - 1)));
    assert!(during(29) > 1.2 * during(0), "{:e} {:e}", during(29), during(0));
    let back: Vec<f64> = (0..30).map(|k| at(&thickness, 15.4e-6 + 500e-9 * f64::from(k))).collect();
    for pair in back.windows(2) {
        assert!(pair[1] > pair[0], "{pair:?}");
    }
    assert!((back[29] - steps[0]).abs() < 1e-9, "{:e} {:e}", back[29], steps[0]);
}

#[test]
fn the_programming_curve_is_a_u_in_the_resistance() {
    let (measured, _) = ran("pcm-programming.cir");
    let read = curve(&measured, "read");
    let top = (0..read.len()).max_by(|&a, &b| read[a].1.total_cmp(&read[b].1)).expect("points");
    // Too weak to crystallise, best in the middle, molten again at the RESET current.
    let (weak, best, strong) = (read[0].1, read[top].1, read[read.len() - 1].1);
    assert!((100e-6..350e-6).contains(&read[top].0), "{:?}", read[top]);
    assert!(best > 10.0 * weak && best > 10.0 * strong, "{weak:e} {best:e} {strong:e}");
    // As good as crystalline: what the model's own example carries at 0.2 V.
    assert!((0.95..1.0).contains(&(best / 1.254_391_896e-5)), "{best:e}");
}

#[test]
fn drift_in_the_figure_is_a_power_of_time_over_its_decades() {
    let (_, results) = ran("pcm-drift.cir");
    let plot = results.of_kind(&PlotKind::Transient).expect("a transient");
    let (time, v) =
        (plot.scale().expect("time").real_parts(), plot.vector("v(p)").unwrap().real_parts());
    assert!(time.len() < 2000, "{} points", time.len());
    let at = |t: f64| {
        let k = time.partition_point(|x| *x <= t) - 1;
        (time[k], v[k])
    };
    for decade in 0..7 {
        let start = 10f64.powi(decade);
        let slope = exponent(at(start), at(10.0 * start));
        assert!((0.05..0.12).contains(&slope), "{start:e}: {slope}");
    }
}

#[test]
fn traced_switches_have_the_published_folds() {
    let (measured, _) = ran("ots-trace.cir");
    let (thresholds, holds) = (curve(&measured, "threshold"), curve(&measured, "hold"));
    let expected = [(0.982, 0.109), (1.801, 0.154), (3.269, 0.218)];
    for (k, (threshold, hold)) in expected.into_iter().enumerate() {
        assert!((thresholds[k].1 / threshold - 1.0).abs() < 0.01, "{:?}", thresholds[k]);
        assert!((holds[k].1 / hold - 1.0).abs() < 0.01, "{:?}", holds[k]);
    }
}

#[test]
fn the_cards_memory_climbs_its_staircase() {
    let (_, results) = ran("pcm-staircase.cir");
    let plot = results.of_kind(&PlotKind::Transient).expect("a transient");
    let vector = |name: &str| plot.vector(name).expect("a vector").real_parts();
    let (time, read) = (vector("time"), vector("i(vread)"));
    // Each pulse is read at 0.2 V from 150 to 190 ns after it began.
    let conductance = |k: usize| {
        let instant = 20.18e-6 + 200e-9 * k as f64;
        -read[time.partition_point(|t| *t <= instant) - 1] / 0.2
    };
    let steps: Vec<f64> = (0..50).map(conductance).collect();
    for pair in steps.windows(2) {
        assert!(pair[1] > pair[0], "{pair:?}");
    }
    assert!((1e-5..3e-5).contains(&steps[49]), "{steps:?}");
    assert!(steps[49] - steps[25] < 0.25 * (steps[25] - steps[0]), "{steps:?}");
}

#[test]
fn the_cards_cell_learns_again_as_its_deck_says() {
    let (_, results) = ran("ts-pcm-retraining.cir");
    let plot = results.of_kind(&PlotKind::Transient).expect("a transient");
    let vector = |name: &str| plot.vector(name).expect("a vector").real_parts();
    let (time, thickness) = (vector("time"), vector("@n1[u_a]"));
    let at = |instant: f64| thickness[time.partition_point(|t| *t <= instant) - 1];
    let pulses = |start: f64| {
        (0..60).find(|&k| at(start + 5e-9 + 500e-9 * f64::from(k)) < 15e-9).expect("it learns")
    };
    assert_eq!((pulses(0.0), pulses(40e-6)), (22, 15));
    assert!((at(39.9e-6) - 30.8e-9).abs() < 0.05e-9, "{:e}", at(39.9e-6));
}

/// Area that a loop encloses, by the trapezoidal rule, in parts of that of its bounding box.
fn enclosed(v: &[f64], i: &[f64]) -> f64 {
    let range = |values: &[f64]| {
        let (low, high) =
            values.iter().fold((f64::MAX, f64::MIN), |(l, h), x| (l.min(*x), h.max(*x)));
        high - low
    };
    // Lobes of a pinched loop run in opposite directions: each half of the voltage counts by itself.
    let lobe = |is_positive: bool| {
        let steps = v.windows(2).zip(i.windows(2));
        let inside = steps.filter(|(v, _)| (v[0] + v[1] > 0.0) == is_positive);
        inside.map(|(v, i)| 0.5 * (i[0] + i[1]) * (v[1] - v[0])).sum::<f64>().abs()
    };
    (lobe(true) + lobe(false)) / (range(v) * range(i))
}

#[test]
fn memristors_draw_pinched_loops() {
    for (deck, voltage, least) in [
        ("hp-loop.cir", "v(in)", 0.05),
        ("team-loop.cir", "v(in)", 0.03),
        ("vteam-loop.cir", "v(in)", 0.1),
        ("memristor-loop.cir", "v(in)", 0.03),
        ("stanford-loop.cir", "v(a)", 0.03),
        ("sky130-loop.cir", "v(a)", 0.03),
        ("knowm-loop.cir", "v(in)", 0.05),
    ] {
        let (_, results) = ran(deck);
        for plot in results.plots.iter().filter(|plot| plot.kind == PlotKind::Transient) {
            let vector = |name: &str| plot.vector(name).expect("a vector").real_parts();
            let (v, i) = (vector(voltage), vector("i(n1)"));
            let area = enclosed(&v, &i);
            assert!(area > least, "{deck}: {area}");
            // Pinched: no current without a voltage, and none against it.
            let largest = i.iter().fold(0.0f64, |most, i| most.max(i.abs()));
            for (v, i) in v.iter().zip(&i) {
                assert!(v * i >= -1e-9 * largest * v.abs(), "{deck}: {v:e} {i:e}");
            }
        }
    }
    // Under a window of the state alone, the state is a function of the flux: it comes back after a period, and what flowed
    // in flows out.
    let (_, results) = ran("hp-loop.cir");
    let plot = results.of_kind(&PlotKind::Transient).expect("a transient");
    let vector = |name: &str| plot.vector(name).expect("a vector").real_parts();
    let (time, i) = (vector("time"), vector("i(n1)"));
    let flows = time.windows(2).zip(i.windows(2)).map(|(t, i)| 0.5 * (i[0] + i[1]) * (t[1] - t[0]));
    let (charge, moved) =
        flows.fold((0.0, 0.0), |(sum, moved), flow| (sum + flow, moved + f64::abs(flow)));
    assert!(charge.abs() < 5e-3 * moved, "{charge:e} {moved:e}");
}
