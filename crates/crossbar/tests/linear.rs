//! Linear arrays against dense solutions, closed forms and reference data.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use ovonic_crossbar::{
    CrossbarError, Direction, End, LinearArray, Lines, Method, Solution, SolveOptions, Solver,
    Wire, port_system,
};
use ovonic_waveforms::Matrix;

const OPEN: f64 = f64::INFINITY;

/// Numbers between 0 and 1 that look random and are the same everywhere.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn resistances(&mut self, rows: usize, cols: usize, low: f64, high: f64) -> Matrix {
        Matrix::from_fn(rows, cols, |_, _| low * (high / low).powf(self.unit()))
    }
}

fn solve(array: &LinearArray, method: Method, word: &[f64], bit: &[f64]) -> Solution {
    let options = SolveOptions { method, ..SolveOptions::default() };
    Solver::new(array.clone(), options).unwrap().solve(word, bit).unwrap()
}

/// Voltages of an array without zero resistances by elimination of the dense matrix, in the order word, bit.
fn dense(array: &LinearArray, word: &[f64], bit: &[f64]) -> Vec<f64> {
    let (rows, cols) = (array.rows(), array.cols());
    let n = 2 * rows * cols;
    let node = |direction, row, col| {
        row * cols + col + if direction == Direction::Bit { rows * cols } else { 0 }
    };
    let mut a = vec![vec![0.0; n + 1]; n];
    let mut connect = |p: usize, other: Result<usize, f64>, resistance: f64| {
        let g = 1.0 / resistance;
        a[p][p] += g;
        match other {
            Ok(q) => {
                a[q][q] += g;
                a[p][q] -= g;
                a[q][p] -= g;
            }
            Err(volts) => a[p][n] += g * volts,
        }
    };
    for direction in [Direction::Word, Direction::Bit] {
        let (lines, length, volts) = match direction {
            Direction::Word => (rows, cols, word),
            Direction::Bit => (cols, rows, bit),
        };
        for (line, volts) in volts.iter().enumerate().take(lines) {
            let at = |k: usize| match direction {
                Direction::Word => node(direction, line, k),
                Direction::Bit => node(direction, k, line),
            };
            let segment = |k: usize| match (&array.lines(direction).wire, direction) {
                (Wire::Uniform(r), _) => *r,
                (Wire::PerSegment(matrix), Direction::Word) => matrix.at(line, k),
                (Wire::PerSegment(matrix), Direction::Bit) => matrix.at(k, line),
            };
            for k in 1..length {
                connect(at(k - 1), Ok(at(k)), segment(k));
            }
            for (end, k, s) in [(0, 0, 0), (1, length - 1, length)] {
                if let Some(series) = array.lines(direction).ends[line][end] {
                    connect(at(k), Err(*volts), series + segment(s));
                }
            }
        }
    }
    for row in 0..rows {
        for col in 0..cols {
            let (word, bit) = (node(Direction::Word, row, col), node(Direction::Bit, row, col));
            connect(word, Ok(bit), array.devices().at(row, col));
        }
    }
    eliminate(&mut a)
}

/// Gauss–Jordan elimination without pivoting, which diagonally dominant matrices do not need.
fn eliminate(a: &mut [Vec<f64>]) -> Vec<f64> {
    let n = a.len();
    for p in 0..n {
        let pivot = a[p].clone();
        for (q, row) in a.iter_mut().enumerate() {
            let factor = row[p] / pivot[p];
            if q != p && factor != 0.0 {
                for (value, above) in row.iter_mut().zip(&pivot).skip(p) {
                    *value -= factor * above;
                }
            }
        }
    }
    (0..n).map(|p| a[p][n] / a[p][p]).collect()
}

fn all_volts(solution: &Solution) -> Vec<f64> {
    let mut volts = solution.voltages(Direction::Word).values().to_vec();
    volts.extend(solution.voltages(Direction::Bit).values());
    volts
}

/// Difference in the Euclidean norm, relative.
fn distance(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut found.iter().zip(expected).map(|(a, b)| a - b));
    difference / norm(&mut expected.iter().copied())
}

/// Both methods against the dense solution.
fn check(array: &LinearArray, word: &[f64], bit: &[f64], tolerance: f64) {
    let expected = dense(array, word, bit);
    for method in [Method::Iterative, Method::Direct] {
        let solution = solve(array, method, word, bit);
        let off = distance(&all_volts(&solution), &expected);
        assert!(off < tolerance, "{method:?}: {off:e}, {:?}", solution.report);
        let report = solution.report;
        assert!(report.node_imbalance < 1e-10 && report.array_imbalance < 1e-10, "{report:?}");
    }
}

#[test]
fn arrays_of_all_shapes_match_dense_solutions() {
    let mut draw = Draw(1);
    for (rows, cols) in [(1, 1), (1, 9), (9, 1), (2, 2), (5, 17), (17, 5), (18, 18), (3, 70)] {
        let devices = draw.resistances(rows, cols, 1e3, 1e5);
        let array = LinearArray::driven_left(devices, 1.0, 2.5).unwrap();
        let word: Vec<f64> = (0..rows).map(|_| draw.unit()).collect();
        check(&array, &word, &vec![0.0; cols], 1e-12);
    }
}

#[test]
fn every_way_to_connect_lines_matches() {
    let mut draw = Draw(2);
    let (rows, cols) = (12, 10);
    let drives: [[End; 2]; 4] =
        [[Some(0.0), None], [None, Some(35.0)], [Some(10.0), Some(0.0)], [None, None]];
    for word_ends in drives {
        for bit_ends in &drives[..3] {
            let devices = draw.resistances(rows, cols, 1e2, 1e6);
            let mut word = Lines::uniform(rows, 3.0, word_ends);
            // One line that differs from the others.
            word.ends[4] = [Some(1.0), None];
            let bit = Lines::uniform(cols, 0.5, *bit_ends);
            let array = LinearArray::new(devices, word, bit).unwrap();
            let bit_volts: Vec<f64> = (0..cols).map(|_| draw.unit() - 0.5).collect();
            check(&array, &vec![0.7; rows], &bit_volts, 1e-12);
        }
    }
}

#[test]
fn segments_of_their_own_match() {
    let mut draw = Draw(3);
    let (rows, cols) = (14, 11);
    let word = Wire::PerSegment(draw.resistances(rows, cols + 1, 0.1, 10.0));
    let bit = Wire::PerSegment(draw.resistances(rows + 1, cols, 0.1, 10.0));
    let array = LinearArray::new(
        draw.resistances(rows, cols, 1e3, 1e5),
        Lines { wire: word, ends: vec![[Some(2.0), Some(50.0)]; rows] },
        Lines { wire: bit, ends: vec![[None, Some(3.0)]; cols] },
    )
    .unwrap();
    check(&array, &vec![1.0; rows], &vec![0.0; cols], 1e-12);
}

#[test]
fn open_devices_and_broken_segments_match() {
    let mut draw = Draw(4);
    let (rows, cols) = (16, 16);
    let mut devices = draw.resistances(rows, cols, 1e3, 1e5);
    for _ in 0..40 {
        devices.set((draw.unit() * 16.0) as usize, (draw.unit() * 16.0) as usize, OPEN);
    }
    let mut word = Matrix::filled(rows, cols + 1, 1.0);
    let mut bit = Matrix::filled(rows + 1, cols, 1.0);
    word.set(3, 7, OPEN);
    word.set(9, 2, OPEN);
    bit.set(5, 5, OPEN);
    bit.set(12, 5, OPEN);
    let array = LinearArray::new(
        devices,
        Lines { wire: Wire::PerSegment(word), ends: vec![[Some(0.0), None]; rows] },
        Lines { wire: Wire::PerSegment(bit), ends: vec![[None, Some(0.0)]; cols] },
    )
    .unwrap();
    check(&array, &vec![1.0; rows], &vec![0.0; cols], 1e-12);
}

#[test]
fn extreme_ratios_match() {
    let mut draw = Draw(5);
    // Twelve decades between devices, and shorted cells beside open ones.
    let array = LinearArray::driven_left(draw.resistances(15, 15, 1.0, 1e12), 1.0, 1.0).unwrap();
    check(&array, &[1.0; 15], &[0.0; 15], 1e-11);
    let mut devices = Matrix::filled(15, 15, 1e12);
    devices.set(7, 7, 1e-3);
    let array = LinearArray::driven_left(devices, 1.0, 1.0).unwrap();
    check(&array, &[1.0; 15], &[0.0; 15], 1e-11);
}

/// Rounding a voltage of 2 V moves the current through 1 Ω by 4e-16 A; the balance of nodes allows 1e-13 A.
#[test]
fn one_device_between_two_drivers_is_a_divider() {
    let array = LinearArray::driven_left(Matrix::filled(1, 1, 998.0), 1.0, 1.0).unwrap();
    for method in [Method::Iterative, Method::Direct] {
        let solution = solve(&array, method, &[2.0], &[1.0]);
        assert!((solution.outputs()[0] - 1e-3).abs() < 1e-13);
        assert!((solution.word_currents[0][0] - 1e-3).abs() < 1e-13);
        assert!((solution.report.power - 1e-3).abs() < 1e-13);
        assert!((solution.voltage(Direction::Word, 0, 0) - 1.999).abs() < 1e-13);
    }
}

#[test]
fn lines_without_resistance_multiply_exactly() {
    let mut draw = Draw(6);
    let devices = draw.resistances(20, 30, 1e3, 1e5);
    let volts: Vec<f64> = (0..20).map(|_| draw.unit()).collect();
    let array = LinearArray::driven_left(devices.clone(), 0.0, 0.0).unwrap();
    let solution = solve(&array, Method::Auto, &volts, &[0.0; 30]);
    let expected: Vec<f64> =
        (0..30).map(|col| (0..20).map(|row| volts[row] / devices.at(row, col)).sum()).collect();
    assert!(distance(&solution.outputs(), &expected) < 1e-14);
    assert!(solution.report.array_imbalance < 1e-14);
}

/// A resistance of zero is the limit of small ones.
#[test]
fn zero_resistances_are_the_limit_of_small_ones() {
    let mut draw = Draw(7);
    let devices = draw.resistances(8, 9, 1e3, 1e5);
    let zero_or = |r: f64, word: f64, bit: f64, driver: f64| {
        let mut devices = devices.clone();
        devices.set(2, 3, r);
        let word = Lines::uniform(8, if word == 0.0 { r } else { word }, [Some(driver), None]);
        let bit = Lines::uniform(9, if bit == 0.0 { r } else { bit }, [None, Some(5.0)]);
        let array = LinearArray::new(devices, word, bit).unwrap();
        solve(&array, Method::Direct, &[1.0; 8], &[0.0; 9]).outputs()
    };
    for (word, bit, driver) in
        [(0.0, 1.0, 20.0), (1.0, 0.0, 20.0), (0.0, 0.0, 7.0), (1.0, 1.0, 0.0)]
    {
        let off = distance(&zero_or(1e-7, word, bit, driver), &zero_or(0.0, word, bit, driver));
        assert!(off < 1e-7, "{word} {bit} {driver}: {off:e}");
    }
}

#[test]
fn sources_tied_together_are_named() {
    let lines = |ends| Lines::uniform(1, 0.0, ends);
    let array = LinearArray::new(
        Matrix::filled(1, 1, 0.0),
        lines([Some(0.0), None]),
        lines([None, Some(0.0)]),
    )
    .unwrap();
    let mut solver = Solver::new(array, SolveOptions::default()).unwrap();
    let error = solver.solve(&[1.0], &[0.0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "word line 1 and bit line 1 are connected without any resistance and have different voltages"
    );
    assert!(solver.solve(&[1.0], &[1.0]).is_ok());
}

#[test]
fn islands_are_found_and_pinned() {
    // The last two word lines float and touch one bit line that floats; the first device row is open.
    let (rows, cols) = (20, 20);
    let mut devices = Matrix::filled(rows, cols, 1e4);
    for col in 0..cols {
        for row in [18, 19] {
            devices.set(row, col, if col == 19 { 1e4 } else { OPEN });
        }
        devices.set(0, col, OPEN);
    }
    for row in 0..18 {
        devices.set(row, 19, OPEN);
    }
    let mut word = Lines::uniform(rows, 1.0, [Some(0.0), None]);
    word.ends[18] = [None, None];
    word.ends[19] = [None, None];
    let mut bit = Lines::uniform(cols, 1.0, [None, Some(0.0)]);
    bit.ends[19] = [None, None];
    let array = LinearArray::new(devices, word, bit).unwrap();
    let mut volts = Vec::new();
    for method in [Method::Iterative, Method::Direct] {
        let options = SolveOptions { method, ..SolveOptions::default() };
        let mut solver = Solver::new(array.clone(), options).unwrap();
        assert_eq!(solver.islands().len(), 1);
        let island = &solver.islands()[0];
        assert_eq!((island.direction, island.row, island.nodes()), (Direction::Word, 18, 60));
        let solution = solver.solve(&[1.0; 20], &[0.0; 20]).unwrap();
        assert_eq!(solution.voltage(Direction::Word, 19, 5), 0.0);
        assert_eq!(solution.voltage(Direction::Bit, 5, 19), 0.0);
        volts.push(all_volts(&solution));
    }
    assert!(distance(&volts[0], &volts[1]) < 1e-12);
}

#[test]
fn arrays_that_conduct_nowhere_have_no_currents() {
    let array = LinearArray::driven_left(Matrix::filled(30, 30, OPEN), 1.0, 1.0).unwrap();
    for method in [Method::Iterative, Method::Direct] {
        let solution = solve(&array, method, &[1.0; 30], &[0.0; 30]);
        assert!(solution.outputs().iter().all(|current| current.abs() < 1e-14));
        assert!((solution.voltage(Direction::Word, 7, 29) - 1.0).abs() < 1e-12);
    }
}

#[test]
fn threads_change_no_bit() {
    let mut draw = Draw(8);
    let array = LinearArray::driven_left(draw.resistances(150, 200, 1e3, 1e5), 1.0, 1.0).unwrap();
    let solutions: Vec<Vec<f64>> = [1, 2, 5]
        .into_iter()
        .map(|threads| {
            let options =
                SolveOptions { threads, method: Method::Iterative, ..SolveOptions::default() };
            let mut solver = Solver::new(array.clone(), options).unwrap();
            all_volts(&solver.solve(&[1.0; 150], &[0.0; 200]).unwrap())
        })
        .collect();
    assert_eq!(solutions[0], solutions[1]);
    assert_eq!(solutions[0], solutions[2]);
}

/// The number of iterations is that of the ratio of resistances, not of the size.
#[test]
fn iterations_do_not_grow_with_the_array() {
    for (low, high, line, limit) in
        [(1e3, 1e3, 1.0, 9), (1e3, 1e3, 10.0, 12), (1e3, 1e5, 1.0, 9), (1e5, 1e7, 1.0, 6)]
    {
        let mut counts = Vec::new();
        for n in [64, 128, 256] {
            let devices = Draw(9).resistances(n, n, low, high);
            let array = LinearArray::driven_left(devices, line, line).unwrap();
            let solution = solve(&array, Method::Iterative, &vec![1.0; n], &vec![0.0; n]);
            counts.push(solution.report.iterations);
        }
        assert!(counts.iter().all(|count| *count <= limit), "{low} {high} {line}: {counts:?}");
    }
}

/// Cells that conduct like a segment are where the iteration is slow; the factorisation then takes over.
#[test]
fn hard_shorts_are_solved() {
    let mut draw = Draw(10);
    let mut devices = draw.resistances(40, 40, 1e3, 1e5);
    for _ in 0..30 {
        devices.set((draw.unit() * 40.0) as usize, (draw.unit() * 40.0) as usize, 0.01);
    }
    let array = LinearArray::driven_left(devices, 1.0, 1.0).unwrap();
    let auto = solve(&array, Method::Auto, &[1.0; 40], &[0.0; 40]);
    let direct = solve(&array, Method::Direct, &[1.0; 40], &[0.0; 40]);
    assert!(distance(&all_volts(&auto), &all_volts(&direct)) < 1e-11);
}

#[test]
fn what_is_not_solved_is_an_error() {
    let mut draw = Draw(11);
    let array = LinearArray::driven_left(draw.resistances(60, 60, 1e3, 1e5), 5.0, 5.0).unwrap();
    let options =
        SolveOptions { method: Method::Iterative, max_iterations: 2, ..SolveOptions::default() };
    let mut solver = Solver::new(array, options).unwrap();
    let error = solver.solve(&[1.0; 60], &[0.0; 60]).unwrap_err();
    assert!(matches!(error, CrossbarError::NotConverged { iterations: 2, .. }), "{error}");
}

#[test]
fn nonsense_is_refused() {
    let said = |devices: Matrix, word: f64| {
        LinearArray::driven_left(devices, word, 1.0).unwrap_err().to_string()
    };
    let mut devices = Matrix::filled(3, 3, 1e3);
    assert_eq!(
        said(devices.clone(), -1.0),
        "a segment of a word line is -1 ohm in row 1, column 1; a resistance is zero or more, inf is open"
    );
    devices.set(1, 2, f64::NAN);
    assert_eq!(
        said(devices, 1.0),
        "a device is NaN ohm in row 2, column 3; a resistance is zero or more, inf is open"
    );
    assert_eq!(
        said(Matrix::filled(0, 0, 1.0), 1.0),
        "an array of 0 rows and 0 columns has no devices"
    );
}

/// The ports' dense system gives the currents of the whole array, for any way to connect it.
#[test]
fn ports_give_the_currents_of_all_inputs() {
    let mut draw = Draw(12);
    let (rows, cols, inputs) = (37, 30, 5);
    let mut word = Lines::uniform(rows, 2.0, [Some(10.0), Some(0.0)]);
    word.ends[5] = [None, None];
    let bit = Lines::uniform(cols, 1.0, [None, Some(3.0)]);
    let array = LinearArray::new(draw.resistances(rows, cols, 1e3, 1e5), word, bit).unwrap();
    let word_volts = Matrix::from_fn(rows, inputs, |_, _| draw.unit());
    let bit_volts = Matrix::from_fn(cols, 1, |_, _| draw.unit() - 0.5);
    let ports = port_system(&array).unwrap().unwrap();
    assert_eq!(ports.len(), 2 * (rows - 1) + cols);
    let found = ports.currents(&word_volts, &bit_volts).unwrap();
    assert!(found.array_imbalance < 1e-12);
    for input in 0..inputs {
        let volts: Vec<f64> = (0..rows).map(|row| word_volts.at(row, input)).collect();
        let solution = solve(&array, Method::Direct, &volts, bit_volts.values());
        let off = distance(found.outputs.row(input), &solution.outputs());
        assert!(off < 1e-12, "{off:e}");
        assert!((found.power[input] / solution.report.power - 1.0).abs() < 1e-12);
    }
    let tied = LinearArray::driven_left(Matrix::filled(20, 20, 1e3), 0.0, 1.0).unwrap();
    assert!(port_system(&tied).unwrap().is_none());
}

/// Where the reference data lies, if it does: `OVONIC_CROSSBAR_REFERENCE` names the folder.
fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("OVONIC_CROSSBAR_REFERENCE").map(PathBuf::from);
    if folder.is_none() {
        let why = "skipped: OVONIC_CROSSBAR_REFERENCE does not name the folder of reference data";
        // Past the harness, which would swallow it.
        let _ = writeln!(std::io::stderr(), "{why}");
    }
    folder
}

/// Arrays whose solutions were refined with 80-bit residuals.
#[test]
fn reference_arrays_come_out_to_rounding() {
    let Some(folder) = reference() else { return };
    let read = |case: &str, what: &str| {
        let file = File::open(folder.join(format!("{case}_{what}.csv"))).unwrap();
        Matrix::read_csv(file).unwrap()
    };
    for (case, word, bit) in [("N8", 1.0, 1.0), ("N32", 1.0, 1.0), ("rect12x20_p3_inf", 2.0, 0.5)] {
        let (devices, inputs) = (read(case, "R"), read(case, "Vin"));
        let (out, vw, vb) = (read(case, "iout"), read(case, "vw"), read(case, "vb"));
        let array = LinearArray::driven_left(devices, word, bit).unwrap();
        let (rows, cols) = (array.rows(), array.cols());
        for method in [Method::Iterative, Method::Direct] {
            let tolerance = if method == Method::Direct { 1e-12 } else { 1e-13 };
            let options = SolveOptions { method, tolerance, ..SolveOptions::default() };
            let mut solver = Solver::new(array.clone(), options).unwrap();
            for input in 0..inputs.cols() {
                let volts: Vec<f64> = (0..rows).map(|row| inputs.at(row, input)).collect();
                let solution = solver.solve(&volts, &vec![0.0; cols]).unwrap();
                let block = |matrix: &Matrix| {
                    matrix.values()[input * rows * cols..][..rows * cols].to_vec()
                };
                for (what, found, expected) in [
                    ("iout", solution.outputs(), out.row(input).to_vec()),
                    ("vw", solution.voltages(Direction::Word).values().to_vec(), block(&vw)),
                    ("vb", solution.voltages(Direction::Bit).values().to_vec(), block(&vb)),
                ] {
                    let off = distance(&found, &expected);
                    assert!(off < 1e-12, "{case} {what} {method:?}: {off:e}");
                }
            }
        }
    }
}
