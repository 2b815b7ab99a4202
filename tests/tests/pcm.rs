//! Phase-change memory: programming, retention, drift, and neighbours that warm each other.

use ovonic_tests::transient;

/// The last of `values` up to `at`.
fn at(time: &[f64], values: &[f64], at: f64) -> f64 {
    values[time.partition_point(|t| *t <= at) - 1]
}

/// Conductance read at 0.2 V after RESET and after each of 50 SET pulses of `current`.
fn staircase(current: f64) -> Vec<f64> {
    let deck = format!(
        "staircase
Ireset 0 p pwl(0 0 5n 440u 1.005u 440u 1.01u 0)
Iset 0 p pulse(0 {current:e} 20u 2n 2n 50n 200n 50)
Vread r 0 0.2
Vgate gate 0 pulse(0 1 19.95u 1n 1n 40n 200n)
S1 p r gate 0 reader
.model reader sw(vt=0.5 vh=0.1 ron=10 roff=1e12)
N1 p 0 cell ua0=10n
.model cell pcm
.options temp=26.85 reltol=1e-4
.tran 0 30.2u 0 100n
.save @n1[g] @n1[temp]
.end
"
    );
    let (time, columns) = transient(&deck);
    (0..=50).map(|k| at(&time, &columns[0], 19.985e-6 + 200e-9 * f64::from(k))).collect()
}

#[test]
fn set_pulses_climb_and_saturate_the_more_the_larger_they_are() {
    let mut last = 0.0;
    for current in [50e-6, 75e-6, 100e-6] {
        let steps = staircase(current);
        for pair in steps.windows(2) {
            assert!(pair[1] > pair[0], "{current:e}: {pair:?}");
        }
        let (first, half, end) = (steps[0], steps[25], steps[50]);
        assert!(first < 1.2e-6 && end > last, "{current:e}: {first:e} {end:e}");
        assert!(end - half < 0.2 * (half - first), "{current:e} does not saturate");
        last = end;
    }
    assert!((5e-6..30e-6).contains(&last), "{last:e} is not of the order of 10 uS");
}

#[test]
fn nothing_crystallises_below_550_kelvin_within_pulses() {
    // Fifty pulses' time in an oven: the dome's surface is as hot as the oven.
    let thickness = |celsius: f64| {
        let deck = format!(
            "oven\nI1 0 p 1n\nN1 p 0 cell ua0=30n\n.model cell pcm\n.options temp={celsius}\n.tran 0 2.5u\n.save @n1[u_a]\n.end\n"
        );
        let (_, columns) = transient(&deck);
        *columns[0].last().expect("points")
    };
    assert!((thickness(540.0 - 273.15) - 30e-9).abs() < 0.2e-9);
    assert!((thickness(500.0 - 273.15) - 30e-9).abs() < 1e-14);
    assert!(thickness(650.0 - 273.15) < 1e-9);
}

/// Exponent of the resistance's growth between two instants of a cell that is left alone.
fn drift(amorphous: f64, from: f64, to: f64) -> f64 {
    let deck = format!(
        "drift\nI1 0 p 1n\nN1 p 0 cell ua0={amorphous:e} s0=0.75\n.model cell pcm\n.options temp=26.85 reltol=1e-5\n.tran 0 {to:e}\n.save v(p)\n.end\n"
    );
    let (time, columns) = transient(&deck);
    let (end, start) = (at(&time, &columns[0], to), at(&time, &columns[0], from));
    (end / start).ln()
        / (time[time.len() - 1] / time[time.partition_point(|t| *t <= from) - 1]).ln()
}

#[test]
fn the_dome_drifts_by_a_power_of_time_and_the_crystal_does_not() {
    let exponents: Vec<f64> =
        [1.0, 100.0, 1e4].iter().map(|start| drift(30e-9, *start, 1e3 * start)).collect();
    for exponent in &exponents {
        // The model's exponent is de_a/e_s = 0.0667, less the share of the crystal.
        assert!((0.05..0.12).contains(exponent), "{exponents:?}");
        assert!((exponent / 0.0667 - 1.0).abs() < 0.05, "{exponents:?}");
    }
    assert!(drift(0.0, 1.0, 1e4).abs() < 1e-3);
}

#[test]
fn a_reset_disturbs_the_neighbour_through_the_heat() {
    let rise = |coupling: f64| {
        let deck = format!(
            "neighbours
I1 0 a pwl(0 0 5n 440u 1u 440u 1.005u 0)
I2 0 b 1n
N1 a 0 ta cell ua0=30n
N2 b 0 tb cell ua0=30n
R1 ta 0 1meg
R2 tb 0 1meg
R3 ta tb {coupling:e}
.model cell pcm
.options temp=26.85
.tran 0 1.2u 0 20n
.save @n2[temp] @n2[u_a]
.end
"
        );
        let (_, columns) = transient(&deck);
        columns[0].iter().fold(0.0f64, |most, value| most.max(*value)) - 300.0
    };
    let (near, far) = (rise(5e5), rise(5e7));
    assert!(near > 20.0 && far < 0.1 * near, "{near} {far}");
}

#[test]
fn picoseconds_and_years_fit_into_one_run_without_a_step_set_by_hand() {
    // From a quench at 1 ps to 1e8 s, read for 90 us after a millisecond, a second, and so on to three years.
    let reads: Vec<f64> = vec![1e-3, 1.0, 1e3, 1e6, 9.9e7];
    let gate: String = reads
        .iter()
        .map(|start| {
            let corner = |after: f64| start + after;
            format!(
                "{:.11e} 0 {:.17e} 1 {:.17e} 1 {:.17e} 0 ",
                start,
                corner(1e-5),
                corner(1e-4),
                corner(1.1e-4)
            )
        })
        .collect();
    let deck = format!(
        "years
S1 p r gate 0 reader
.model reader sw(vt=0.5 vh=0.1 ron=10 roff=1e12)
Vread r 0 0.2
Vgate gate 0 pwl(0 0 {gate})
N1 p 0 cell ua0=30n s0=1
.model cell pcm
.options temp=26.85
.tran 1p 1e8
.save i(n1) @n1[s]
.end
"
    );
    let (time, columns) = transient(&deck);
    assert!(time.len() < 10_000, "{} steps", time.len());
    assert!(time[1] < 1e-11, "the first step is {:e} s", time[1]);
    let read = |start: f64| at(&time, &columns[0], start + 5e-5);
    for pair in reads[..4].windows(2) {
        let exponent = -(read(pair[1]) / read(pair[0])).ln() / (pair[1] / pair[0]).ln();
        assert!((0.05..0.12).contains(&exponent), "{pair:?}: {exponent}");
    }
    // ds/d(ln t) = −kT/E_s once the quench is forgotten.
    let (early, late) = (at(&time, &columns[1], 1.0), at(&time, &columns[1], 1e6));
    let slope = (early - late) / 1e6f64.ln();
    assert!((slope / (8.617_333e-5 * 300.0 / 1.5) - 1.0).abs() < 0.02, "{slope}");
}
