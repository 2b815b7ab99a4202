//! Arrays with selectors, and studies of them.

use ovonic_crossbar::{
    Access, Background, Branch, Cells, CrossbarError, Direction, LinearArray, Lines, Method,
    Scheme, SelectedResistors, Selection, SinhSelector, SolveOptions, Solver, Technology, access,
    margin, product, solve_nonlinear,
};
use ovonic_waveforms::Matrix;

const SELECTOR: SinhSelector = SinhSelector { current: 1e-8, voltage: 0.1 };

fn technology(selector: Option<SinhSelector>) -> Technology {
    Technology {
        low: 1e4,
        high: 1e6,
        spread: 0.0,
        selector,
        word_segment: 2.0,
        bit_segment: 2.0,
        driver: 100.0,
        sense: 50.0,
    }
}

fn selection(scheme: Scheme, row: usize, col: usize) -> Selection {
    Selection { row, col, volts: 1.2, scheme }
}

/// With each cell replaced by the resistor that carries its current, the linear array has the same voltages.
fn check_by_secants(technology: &Technology, found: &Access, selection: Selection) {
    let (rows, cols) = (found.cell_volts.rows(), found.cell_volts.cols());
    let secants = Matrix::from_fn(rows, cols, |row, col| {
        found.cell_volts.at(row, col) / found.cell_currents.at(row, col)
    });
    let floating = selection.scheme == Scheme::Floating;
    let ends = |count, selected, ends: [Option<f64>; 2]| -> Vec<[Option<f64>; 2]> {
        (0..count).map(|k| if floating && k != selected { [None, None] } else { ends }).collect()
    };
    let mut word = Lines::uniform(rows, technology.word_segment, [None, None]);
    word.ends = ends(rows, selection.row, [Some(technology.driver), None]);
    let mut bit = Lines::uniform(cols, technology.bit_segment, [None, None]);
    bit.ends = ends(cols, selection.col, [None, Some(technology.sense)]);
    let array = LinearArray::new(secants, word, bit).unwrap();
    let (w, b) = match selection.scheme {
        Scheme::Half => (0.6, 0.6),
        Scheme::Third => (0.4, 0.8),
        Scheme::Floating | Scheme::Grounded => (0.0, 0.0),
    };
    let mut word_volts = vec![w; rows];
    word_volts[selection.row] = selection.volts;
    let mut bit_volts = vec![b; cols];
    bit_volts[selection.col] = 0.0;
    let options = SolveOptions { method: Method::Direct, ..SolveOptions::default() };
    let linear = Solver::new(array, options).unwrap().solve(&word_volts, &bit_volts).unwrap();
    for direction in [Direction::Word, Direction::Bit] {
        for row in 0..rows {
            for col in 0..cols {
                let expected = linear.voltage(direction, row, col);
                let off = found.solution.voltage(direction, row, col) - expected;
                assert!(off.abs() < 1e-8, "{direction} {row} {col}: {off:e}");
            }
        }
    }
    assert!((linear.outputs()[selection.col] / found.sensed - 1.0).abs() < 1e-6);
}

#[test]
fn selectors_balance_in_every_scheme() {
    let technology = Technology { spread: 0.3, ..technology(Some(SELECTOR)) };
    for scheme in [Scheme::Half, Scheme::Third, Scheme::Floating, Scheme::Grounded] {
        for background in [Background::Low, Background::High, Background::Random] {
            let r = technology.resistances((24, 20), background, Some((0, 19, true)), (1, 0));
            let selection = selection(scheme, 0, 19);
            let found = access(&technology, &r, selection, 1).unwrap();
            assert!(found.node_imbalance <= 1e-10, "{scheme} {background:?}");
            assert!(found.newton <= 20, "{scheme} {background:?}: {} iterations", found.newton);
            check_by_secants(&technology, &found, selection);
        }
    }
}

/// A steep selector in a conducting array with long lines is the worst case of Newton's iteration.
#[test]
fn steep_selectors_converge() {
    let selector = SinhSelector { current: 1e-9, voltage: 0.05 };
    let technology = Technology { word_segment: 10.0, ..technology(Some(selector)) };
    let r = technology.resistances((64, 64), Background::Low, None, (1, 0));
    let found = access(&technology, &r, selection(Scheme::Half, 0, 63), 1).unwrap();
    assert!(found.node_imbalance <= 1e-10);
    assert!(found.newton <= 20, "{} iterations", found.newton);
}

/// Without a selector Newton's iteration finds what the linear solver finds.
#[test]
fn newton_solves_linear_arrays_too() {
    let r = Matrix::from_fn(30, 40, |row, col| 1e4 + 100.0 * (row * col) as f64);
    let array = LinearArray::driven_left(r.clone(), 1.0, 1.0).unwrap();
    let cells = SelectedResistors { resistances: r, selector: None };
    let (word, bit) = (vec![1.0; 30], vec![0.0; 40]);
    let (newton, report) = solve_nonlinear(&array, &cells, (&word, &bit), 1).unwrap();
    let linear = Solver::new(array, SolveOptions::default()).unwrap().solve(&word, &bit).unwrap();
    for (newton, linear) in newton.outputs().iter().zip(linear.outputs()) {
        assert!((newton / linear - 1.0).abs() < 1e-10, "{newton} {linear}, {report:?}");
    }
}

/// Three resistors in a row: a closed form with the selector's own inverse.
#[test]
fn one_cell_is_a_series_circuit() {
    let technology = technology(Some(SELECTOR));
    let r = Matrix::filled(1, 1, 1e4);
    let found = access(&technology, &r, selection(Scheme::Half, 0, 0), 1).unwrap();
    let current = found.sensed;
    let lines = 2.0 + 2.0 + 100.0 + 50.0 + 1e4;
    let volts = current * lines + SELECTOR.voltage * (current / SELECTOR.current).asinh();
    assert!((volts - 1.2).abs() < 1e-9, "{volts}");
    assert!(found.sneak().abs() < 1e-9 * current);
}

/// A current that falls with voltage is nothing that this method solves, and it says so.
#[test]
fn falling_currents_are_reported() {
    struct Falling;
    impl Cells for Falling {
        fn shape(&self) -> (usize, usize) {
            (20, 20)
        }
        fn branch(&self, _: usize, _: usize, volts: f64) -> Branch {
            Branch { current: -volts, conductance: -1.0 }
        }
    }
    let array = LinearArray::driven_left(Matrix::filled(20, 20, 1.0), 1.0, 1.0).unwrap();
    let error = solve_nonlinear(&array, &Falling, (&[1.0; 20], &[0.0; 20]), 1).unwrap_err();
    assert!(
        matches!(error, CrossbarError::NotPositiveDefinite | CrossbarError::NotConverged { .. }),
        "{error}"
    );
}

/// A selector keeps the currents of half-selected cells out of the sensed one.
#[test]
fn selectors_keep_margins() {
    let backgrounds = [Background::Low, Background::High];
    let margin_of = |selector, n: usize, scheme| {
        let technology = technology(selector);
        let selection = selection(scheme, 0, n - 1);
        margin(&technology, (n, n), selection, &backgrounds, (1, 0), 1).unwrap()
    };
    // At half the voltage its 62 half-selected cells carry 62·i0·sinh(12) = 5e-7 A, the selected one 2e-5 A.
    let steep = SinhSelector { current: 1e-13, voltage: 0.05 };
    let with = margin_of(Some(steep), 32, Scheme::Half);
    let without = margin_of(None, 32, Scheme::Half);
    assert!(with.relative() > 0.9 && without.relative() < 0.5, "{with:?} {without:?}");
    // Grounded lines sense the cell alone; half-selected cells then see the whole voltage.
    let grounded = margin_of(None, 32, Scheme::Grounded);
    assert!(grounded.stress.half_selected > 1.0 && grounded.relative() > without.relative());
    let larger = margin_of(None, 64, Scheme::Half);
    assert!(larger.relative() < without.relative());
}

/// Floating lines divide the voltage: with all cells alike, a small array without line resistance has a closed form.
#[test]
fn floating_lines_follow_the_closed_form() {
    let technology = Technology {
        word_segment: 1e-6,
        bit_segment: 1e-6,
        driver: 0.0,
        sense: 0.0,
        ..technology(None)
    };
    let (rows, cols) = (5, 7);
    let r = Matrix::filled(rows, cols, 1e4);
    let found = access(&technology, &r, selection(Scheme::Floating, 1, 2), 1).unwrap();
    // The sneak path: cells of the selected word line, the inner ones, those of the selected bit line.
    let (m, n) = ((rows - 1) as f64, (cols - 1) as f64);
    let sneak = 1.2 / (1e4 * (1.0 / n + 1.0 / (m * n) + 1.0 / m));
    assert!((found.sneak() / sneak - 1.0).abs() < 1e-6, "{} {sneak}", found.sneak());
    assert!((found.cell / 1.2e-4 - 1.0).abs() < 1e-6);
}

#[test]
fn products_approach_the_ideal_as_lines_shorten() {
    let r = technology(None).resistances((40, 30), Background::Random, None, (3, 0));
    let error = |segment| {
        let technology = Technology {
            word_segment: segment,
            bit_segment: segment,
            driver: 0.0,
            sense: 0.0,
            ..technology(None)
        };
        product(&technology, &r, 1.0, (3, 0), 1).unwrap().error()
    };
    let (long, short) = (error(1.0), error(1e-3));
    assert!(short < 2e-3 * long && long > 1e-3, "{long:e} {short:e}");
}

#[test]
fn drawn_arrays_belong_to_seed_and_trial() {
    let technology = Technology { spread: 0.5, ..technology(None) };
    let draw =
        |background, key| technology.resistances((20, 20), background, Some((3, 4, true)), key);
    assert_eq!(draw(Background::Random, (1, 2)), draw(Background::Random, (1, 2)));
    assert_ne!(draw(Background::Random, (1, 2)), draw(Background::Random, (1, 3)));
    // The deviation of a cell is its own, whatever its state.
    let (low, high) = (draw(Background::Low, (1, 2)), draw(Background::High, (1, 2)));
    assert!((high.at(7, 7) / low.at(7, 7) - 100.0).abs() < 1e-9);
    assert_eq!(high.at(3, 4), low.at(3, 4));
    let logarithms: Vec<f64> = low.values().iter().map(|r| (r / 1e4).ln()).collect();
    let mean = logarithms.iter().sum::<f64>() / 400.0;
    let variance = logarithms.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>() / 399.0;
    // Four standard errors of 400 draws.
    assert!(mean.abs() < 0.1 && (variance.sqrt() - 0.5).abs() < 0.08, "{mean} {variance}");
}
