//! Arrays written out as plain netlists: recognised, solved by the structured solver, and compared with the general one at
//! every node.

#![allow(clippy::print_stderr, reason = "a skipped test has to be seen")]

use ovonic::waveforms::{PlotKind, Results};
use ovonic::{LoadOptions, Recording, RunOptions, RunReport, Simulation};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Numbers between 0 and 1 that look random and are the same everywhere.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Lines of the cell at a crossing (row, column), between two nodes; the last number is drawn for it.
type Cell = dyn Fn(usize, usize, &str, &str, f64) -> String;

/// Word lines driven from the left through a driver each, bit lines sensed below.
struct Array {
    rows: usize,
    cols: usize,
    segment: f64,
    driver: f64,
    sense: f64,
    /// Nothing where it is open.
    cell: Box<Cell>,
    /// Whether the segment before a crossing of a word line exists.
    segment_exists: fn(usize, usize) -> bool,
    /// Further lines.
    around: String,
    /// What the sources of word lines say.
    source: fn(usize) -> String,
}

impl Array {
    fn new(
        rows: usize,
        cols: usize,
        cell: impl Fn(usize, usize, &str, &str, f64) -> String + 'static,
    ) -> Array {
        Array {
            rows,
            cols,
            segment: 1.0,
            driver: 50.0,
            sense: 20.0,
            cell: Box::new(cell),
            segment_exists: |_, _| true,
            around: String::new(),
            source: |row| format!("{}", 0.3 + 0.1 * (row % 3) as f64),
        }
    }

    /// Cells of resistors, log-uniform between 1 kΩ and 100 kΩ.
    fn resistors(rows: usize, cols: usize) -> Array {
        Array::new(rows, cols, |i, j, w, b, draw| {
            format!("Rc{i}_{j} {w} {b} {:e}\n", 10_f64.powf(3.0 + 2.0 * draw))
        })
    }

    fn deck(&self, rest: &str) -> String {
        let mut draw = Draw(7);
        let mut text = String::from("array\n");
        for i in 0..self.rows {
            let source = (self.source)(i);
            writeln!(text, "Vw{i} s{i} 0 {source}\nRd{i} s{i} w{i}_0 {}", self.driver).unwrap();
            for j in 1..self.cols {
                if (self.segment_exists)(i, j) {
                    writeln!(text, "Rw{i}_{j} w{i}_{} w{i}_{j} {}", j - 1, self.segment).unwrap();
                }
            }
        }
        for j in 0..self.cols {
            for i in 1..self.rows {
                writeln!(text, "Rb{i}_{j} b{}_{j} b{i}_{j} {}", i - 1, self.segment).unwrap();
            }
            writeln!(text, "Rs{j} b{}_{j} 0 {}", self.rows - 1, self.sense).unwrap();
        }
        for i in 0..self.rows {
            for j in 0..self.cols {
                let (w, b) = (format!("w{i}_{j}"), format!("b{i}_{j}"));
                text += &(self.cell)(i, j, &w, &b, draw.unit());
            }
        }
        text + &self.around + rest + ".end\n"
    }
}

fn run(deck: &str) -> Result<(Results, RunReport), String> {
    let load = LoadOptions::default();
    let loader = ovonic::netlist::DiskLoader;
    let simulation = Simulation::from_text_with(Path::new("array"), deck, &loader, &load);
    let mut simulation = simulation.map_err(|error| error.to_string())?;
    let mut recording = Recording::new();
    let report = simulation.run(&RunOptions::default(), &mut recording);
    Ok((recording.into_results(), report.map_err(|error| error.to_string())?))
}

/// Runs a deck with both solvers; every vector at every point must agree to `tolerance` of the vector's largest value. The
/// report is that of the structured one.
fn compare(
    what: &str,
    deck: &dyn Fn(&str) -> String,
    tolerance: f64,
    kind: &PlotKind,
) -> RunReport {
    let (found, report) = run(&deck("crossbar")).unwrap_or_else(|e| panic!("{what}: {e}"));
    let (expected, _) = run(&deck("sparse")).unwrap_or_else(|e| panic!("{what}: {e}"));
    let (found, expected) = (found.of_kind(kind).unwrap(), expected.of_kind(kind).unwrap());
    assert_eq!(found.vectors.len(), expected.vectors.len());
    for (found, expected) in found.vectors.iter().zip(&expected.vectors) {
        let (a, b) = (found.as_real().unwrap(), expected.as_real().unwrap());
        assert_eq!(a.len(), b.len(), "{what}: {} has other points", found.name);
        let size = b.iter().fold(1e-9_f64, |size, value| size.max(value.abs()));
        for (k, (a, b)) in a.iter().zip(b).enumerate() {
            let off = (a - b).abs() / size;
            assert!(off <= tolerance, "{what}: {} point {k}: {a:e} {b:e}", found.name);
        }
    }
    let linear = report.analyses[0].linear.unwrap();
    assert!(linear.crossbar.is_some(), "{what}: not recognised");
    report
}

fn op(what: &str, array: &Array, tolerance: f64) -> RunReport {
    let deck = |solver: &str| array.deck(&format!(".op\n.options solver={solver}\n"));
    compare(what, &deck, tolerance, &PlotKind::OperatingPoint)
}

/// The structured solver did the work itself.
fn iterated(what: &str, report: &RunReport) {
    let linear = report.analyses[0].linear.unwrap();
    assert_eq!(linear.fallbacks, 0, "{what}");
    assert!(linear.iterations > 0, "{what}");
}

#[test]
fn linear_arrays_of_all_shapes_are_recognised() {
    for (rows, cols) in [(12, 17), (17, 12), (2, 9), (9, 2), (40, 33)] {
        let report = op("resistors", &Array::resistors(rows, cols), 1e-10);
        let linear = report.analyses[0].linear.unwrap();
        let (a, b) = linear.crossbar.unwrap();
        assert_eq!([a.min(b), a.max(b)], [rows.min(cols), rows.max(cols)]);
        iterated("resistors", &report);
    }
}

#[test]
fn any_periphery_borders_an_array() {
    let array = |around: &str| Array { around: around.into(), ..Array::resistors(9, 8) };
    let both: String = (0..9).map(|i| format!("Re{i} w{i}_7 s{i} 30\n")).collect();
    let shared: String = (0..9).map(|i| format!("Re{i} w{i}_7 rail 30\n")).collect();
    for (what, around) in [
        ("driven from both ends", both.as_str()),
        ("a rail that floats", &shared),
        ("a rail with a load", &(shared.clone() + "Rl rail 0 200\nIl 0 rail 1m\n")),
        ("an ideal source at a line", "Vx w4_7 0 0.2\n"),
        ("a source between two lines", "Vx b0_2 b0_3 0.05\n"),
        ("a current into a line", "Ix 0 b0_5 1m\n"),
        ("an amplifier around a line", "Ex out 0 b8_3 0 -1000\nRx out b0_3 10k\n"),
        ("a transconductance", "Gx 0 w3_7 b0_3 0 1m\n"),
    ] {
        iterated(what, &op(what, &array(around), 1e-9));
    }
    for via in [1.0, 3.0] {
        let vias = Array::new(9, 8, move |i, j, w, b, draw| {
            let ohm = 10_f64.powf(3.0 + 2.0 * draw);
            format!("Rv{i}_{j} {w} x{i}_{j} {via}\nRc{i}_{j} x{i}_{j} {b} {ohm:e}\n")
        });
        iterated("vias", &op("vias", &vias, 1e-9));
    }
    let ideal = Array { driver: 1.0, sense: 1.0, ..Array::resistors(9, 8) };
    iterated("lines that begin with a segment", &op("segments", &ideal, 1e-10));
}

#[test]
fn faults_leave_an_array_one() {
    let cell = |i: usize, j: usize, w: &str, b: &str, draw: f64| match (i * 31 + j * 17) % 19 {
        0 => String::new(),
        _ => format!("Rc{i}_{j} {w} {b} {:e}\n", 10_f64.powf(3.0 + 2.0 * draw)),
    };
    iterated("open cells", &op("open cells", &Array::new(14, 15, cell), 1e-10));
    let broken = Array {
        segment_exists: |i, j| (i, j) != (5, 7) && (i, j) != (9, 3),
        ..Array::resistors(14, 15)
    };
    op("broken segments", &broken, 1e-9);
    let row = Array::new(14, 15, |i, j, w, b, draw| match i {
        6 => String::new(),
        _ => format!("Rc{i}_{j} {w} {b} {:e}\n", 10_f64.powf(3.0 + 2.0 * draw)),
    });
    op("a row of open cells", &row, 1e-10);
    let shorts = Array::new(14, 15, |i, j, w, b, _| {
        let ohm = if (i, j) == (3, 4) || (i, j) == (9, 9) { 1.0 } else { 1e4 };
        format!("Rc{i}_{j} {w} {b} {ohm}\n")
    });
    op("hard shorts", &shorts, 1e-9);
    let spread = Array::new(14, 15, |i, j, w, b, draw| {
        format!("Rc{i}_{j} {w} {b} {:e}\n", 10_f64.powf(3.0 + 12.0 * draw))
    });
    op("twelve decades", &spread, 1e-10);
}

#[test]
fn nonlinear_cells_agree_with_the_general_solver() {
    let model = ".model d1 d(is=1e-12 n=1.5 rs=2)\n";
    let diodes = Array {
        around: model.into(),
        ..Array::new(8, 9, |i, j, w, b, draw| {
            let ohm = 10_f64.powf(3.0 + draw);
            format!("D{i}_{j} {w} m{i}_{j} d1\nRc{i}_{j} m{i}_{j} {b} {ohm:e}\n")
        })
    };
    iterated("diode and resistor", &op("diode and resistor", &diodes, 1e-6));
    let sinh = Array::new(8, 9, |i, j, w, b, draw| {
        let size = 1e-6 * (1.0 + draw);
        format!("B{i}_{j} {w} {b} i={size:e}*sinh(v({w},{b})/0.1)\n")
    });
    iterated("sinh", &op("sinh", &sinh, 1e-6));
    let memory = Array {
        around: ".model pcm1 pcm(s0=0.7)\n".into(),
        ..Array::new(8, 9, |i, j, w, b, draw| {
            format!("N{i}_{j} {w} {b} pcm1 ua0={:e}\n", 2e-8 + 1e-8 * draw)
        })
    };
    iterated("pcm", &op("pcm", &memory, 1e-6));
    for (what, cell) in [("ts", "N{} {} {} ots1"), ("ts-pcm", "N{} {} {} cell ua0=29n")] {
        let cell = cell.to_owned();
        let array = Array {
            around: CELLS.into(),
            source: |row| format!("{}", 0.5 + 0.4 * (row % 3) as f64),
            ..Array::new(8, 9, move |i, j, w, b, _| {
                let name = format!("{i}_{j}");
                cell.replacen("{}", &name, 1).replacen("{}", w, 1).replacen("{}", b, 1) + "\n"
            })
        };
        iterated(what, &op(what, &array, 1e-6));
    }
}

const CELLS: &str = "
.model cell ts_pcm(pcm=memory ts=ots1)
.model memory pcm(ftheta=0.55 fronts=40 r_n=60n s0=0.7)
.model ots1 ots(r_th=10meg)
.options temp=26.85
";

#[test]
fn transients_agree_with_the_general_solver() {
    // Capacitances of the lines to ground, so that each node leaks in a time step.
    let capacitances: String = (0..6)
        .flat_map(|i| (0..7).map(move |j| (i, j)))
        .map(|(i, j)| format!("Cw{i}_{j} w{i}_{j} 0 1f\nCb{i}_{j} b{i}_{j} 0 1f\n"))
        .collect();
    let source = |row: usize| format!("pulse(0 {} 1n 1n 1n 5n 20n)", 0.8 + 0.1 * (row % 3) as f64);
    let diodes = Array {
        around: ".model d1 d(is=1e-14 cjo=1f)\n".to_owned() + &capacitances,
        source,
        ..Array::new(6, 7, |i, j, w, b, draw| {
            let ohm = 10_f64.powf(3.0 + draw);
            format!("D{i}_{j} {w} m{i}_{j} d1\nRc{i}_{j} m{i}_{j} {b} {ohm:e}\n")
        })
    };
    let deck = |solver: &str| {
        diodes.deck(&format!(".tran 1n 12n\n.options solver={solver}\n.save v(w3_3) v(b3_3)\n"))
    };
    iterated("diodes", &compare("diodes", &deck, 1e-6, &PlotKind::Transient));
    let cells = Array {
        around: CELLS.into(),
        driver: 20e3,
        source: |row| format!("pulse(0 {} 10n 20n 2n 60n 500n)", if row == 2 { 3.6 } else { 1.0 }),
        ..Array::new(5, 6, |i, j, w, b, draw| {
            format!("N{i}_{j} {w} {b} cell ua0={:e}\n", 28e-9 + 2e-9 * draw)
        })
    };
    let deck = |solver: &str| {
        cells.deck(&format!(
            ".tran 5n 120n\n.options solver={solver}\n.save v(w2_2) v(b2_2) i(n2_2) @n2_2[u_a]\n"
        ))
    };
    // Where a switch fires, the choice of steps magnifies what the solvers leave.
    compare("ts-pcm", &deck, 1e-4, &PlotKind::Transient);
}

#[test]
fn what_is_no_crossbar_is_not_taken_for_one() {
    let ladder: String = (0..200).map(|k| format!("R{k} n{k} n{} 1\n", k + 1)).collect();
    let deck = |solver: &str| {
        format!("ladder\nV1 n0 0 1\nRl n200 0 1\n{ladder}.op\n.options solver={solver}\n.end\n")
    };
    let error = run(&deck("crossbar")).unwrap_err();
    assert!(error.contains("no crossbar was found"), "{error}");
    assert!(run(&deck("sparse")).is_ok());
    // A grid of resistors has chains but no second family.
    let mut grid = String::from("grid\nV1 n0_0 0 1\nRl n9_9 0 1k\n");
    for i in 0..10 {
        for j in 0..10 {
            if i > 0 {
                writeln!(grid, "Ra{i}_{j} n{}_{j} n{i}_{j} 1", i - 1).unwrap();
            }
            if j > 0 {
                writeln!(grid, "Rb{i}_{j} n{i}_{} n{i}_{j} 1", j - 1).unwrap();
            }
        }
    }
    assert!(run(&(grid + ".op\n.options solver=crossbar\n.end\n")).is_err());
}

#[test]
fn floating_islands_are_named_as_they_are_without_an_array() {
    // The last word line hangs on nothing, and its cells lead to nothing.
    let array = Array {
        around: "Rz1 z1 z2 1\nRz2 z2 z3 1\nRq1 z1 q1 1k\nRq2 z2 q2 1k\nRq3 q1 q2 1\n".into(),
        ..Array::resistors(6, 7)
    };
    let error = |solver: &str| {
        run(&array.deck(&format!(".op\n.options solver={solver}\n"))).map(|_| ()).unwrap_err()
    };
    assert_eq!(error("crossbar"), error("sparse"));
    // Inside of the array: a line's driver is missing, and all of its cells are.
    let mut array = Array::new(6, 7, |i, j, w, b, draw| match j {
        3 => String::new(),
        _ => format!("Rc{i}_{j} {w} {b} {:e}\n", 10_f64.powf(3.0 + 2.0 * draw)),
    });
    array.sense = f64::INFINITY;
    let deck = |solver: &str| {
        let deck = array.deck(&format!(".op\n.options solver={solver}\n"));
        deck.lines()
            .filter(|line| !line.starts_with("Rs3"))
            .map(|line| line.replace("inf", "20") + "\n")
            .collect::<String>()
    };
    let error = |solver: &str| run(&deck(solver)).map(|_| ()).unwrap_err();
    assert_eq!(error("crossbar"), error("sparse"));
}

/// The folder of reference arrays, whose voltages were refined with 80-bit residuals.
fn reference() -> Option<PathBuf> {
    let folder = std::env::var_os("OVONIC_CROSSBAR_REFERENCE").map(PathBuf::from);
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: OVONIC_CROSSBAR_REFERENCE does not name the folder of reference data");
    }
    folder
}

fn table(path: &Path) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(path).unwrap();
    let numbers = |line: &str| line.split(',').map(|cell| cell.trim().parse().unwrap()).collect();
    text.lines().filter(|line| !line.trim().is_empty()).map(numbers).collect()
}

/// Each node of the reference arrays as a netlist, within 100·ε·κ.
#[test]
fn reference_arrays_come_out_as_netlists() {
    let Some(folder) = reference() else { return };
    for (case, word, bit) in [("N8", 1.0, 1.0), ("N32", 1.0, 1.0), ("rect12x20_p3_inf", 2.0, 0.5)] {
        let read = |what: &str| table(&folder.join(format!("{case}_{what}.csv")));
        let (devices, inputs, vw, vb) = (read("R"), read("Vin"), read("vw"), read("vb"));
        let (rows, cols) = (devices.len(), devices[0].len());
        let mut deck = String::from("reference\n");
        for (i, line) in devices.iter().enumerate() {
            writeln!(deck, "V{i} s{i} 0 {:e}", inputs[i][0]).unwrap();
            for (j, ohm) in line.iter().enumerate() {
                let before = if j == 0 { format!("s{i}") } else { format!("w{i}_{}", j - 1) };
                writeln!(deck, "Rw{i}_{j} {before} w{i}_{j} {word}").unwrap();
                let below = if i + 1 == rows { "0".into() } else { format!("b{}_{j}", i + 1) };
                writeln!(deck, "Rb{i}_{j} b{i}_{j} {below} {bit}").unwrap();
                if ohm.is_finite() {
                    writeln!(deck, "Rc{i}_{j} w{i}_{j} b{i}_{j} {ohm:e}").unwrap();
                }
            }
        }
        let (found, _) = run(&(deck + ".op\n.options solver=crossbar\n.end\n")).unwrap();
        let plot = found.of_kind(&PlotKind::OperatingPoint).unwrap();
        // κ of these arrays is below the ratio of the sum of conductances at a node to the weakest tie of a line to its
        // source, which is that of a segment shared by all crossings of the line.
        let kappa = 8.0 * (rows.max(cols) as f64).powi(2);
        for (layer, values) in [("w", &vw), ("b", &vb)] {
            for (i, line) in values.iter().take(rows).enumerate() {
                for (j, expected) in line.iter().enumerate() {
                    let vector = plot.vector(&format!("v({layer}{i}_{j})")).unwrap();
                    let found = vector.as_real().unwrap()[0];
                    let off = (found - expected).abs() / expected.abs().max(1e-300);
                    assert!(
                        off <= 100.0 * f64::EPSILON * kappa,
                        "{case} {layer}{i}_{j}: {found:e} {expected:e}"
                    );
                }
            }
        }
    }
}
