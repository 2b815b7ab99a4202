//! Raw files read back: our own, those of other programs, and damaged ones.

use std::io::Cursor;

use num_complex::Complex64;
use ovonic_waveforms::{
    Outcome, Plot, PlotKind, Quantity, RawEncoding, RawOptions, RawWarning, RawWriter, Samples,
    Vector, WaveformError, read_raw,
};

fn plot(kind: PlotKind, vectors: Vec<Vector>) -> Plot {
    Plot {
        title: "A deck".into(),
        date: "Mon Nov 23 22:52:33  2026".into(),
        kind,
        steps: vec![("rload".into(), 1.5e3)],
        vectors,
        outcome: Outcome::Complete,
    }
}

fn samples() -> Vec<Plot> {
    let z = Complex64::new;
    vec![
        plot(
            PlotKind::Transient,
            vec![
                Vector::real("time", Quantity::Time, vec![0.0, 1.0 / 3.0, 0.7]),
                Vector::real("v(out)", Quantity::Voltage, vec![f64::MIN_POSITIVE, -1e300, 0.1]),
                Vector::real("i(v1)", Quantity::Current, vec![-0.0, 2.0, f64::INFINITY]),
            ],
        ),
        plot(
            PlotKind::Ac,
            vec![
                Vector::complex("frequency", Quantity::Frequency, vec![z(1e3, 0.0), z(1e4, 0.0)]),
                Vector::complex("v(out)", Quantity::Voltage, vec![z(0.1, -0.2), z(1e-9, 3.0)]),
            ],
        ),
        plot(PlotKind::OperatingPoint, vec![Vector::real("v(a)", Quantity::Voltage, vec![0.7])]),
    ]
}

fn written(encoding: RawEncoding) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let options =
        RawOptions { encoding, date: "Mon Nov 23 22:52:33  2026".into(), ..RawOptions::default() };
    let mut writer = RawWriter::new(&mut file, options).unwrap();
    for plot in samples() {
        plot.write_to(&mut writer).unwrap();
    }
    drop(writer);
    file.into_inner()
}

#[test]
fn several_plots_come_back_bit_for_bit() {
    for encoding in [RawEncoding::Binary, RawEncoding::Ascii] {
        let file = read_raw(&written(encoding)[..]).unwrap();
        assert_eq!(file.warnings, []);
        assert_eq!(file.results.plots, samples(), "{encoding:?}");
    }
}

#[test]
fn a_file_cut_anywhere_gives_a_prefix_and_says_so() {
    let all = samples();
    for encoding in [RawEncoding::Binary, RawEncoding::Ascii] {
        let bytes = written(encoding);
        let header = bytes.windows(7).position(|w| w == b"Values:" || w == b"Binary:");
        for end in header.unwrap() + 8..bytes.len() - 1 {
            // A number of text that lost its last digits is still a number.
            if encoding == RawEncoding::Ascii && !bytes[end].is_ascii_whitespace() {
                continue;
            }
            let file = read_raw(&bytes[..end]).unwrap();
            let last = file.results.plots.len() - 1;
            for (index, (plot, whole)) in file.results.plots.iter().zip(&all).enumerate() {
                if index < last {
                    assert_eq!(plot, whole);
                }
                assert!(plot.points() <= whole.points());
            }
            let complete = file.results.plots == all[..=last];
            assert!(complete || !file.warnings.is_empty(), "cut at {end}");
        }
    }
}

#[test]
fn damaged_files_never_panic() {
    let mut state = 12345_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut readable = 0;
    for round in 0..1000 {
        let encoding = if round % 2 == 0 { RawEncoding::Binary } else { RawEncoding::Ascii };
        let mut bytes = written(encoding);
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            bytes[at] = u8::try_from(random(256)).unwrap();
        }
        readable += usize::from(read_raw(&bytes[..]).is_ok());
    }
    assert!(readable > 0 && readable < 1000);
}

#[test]
fn points_beyond_the_stated_number_are_kept() {
    let mut bytes = written(RawEncoding::Binary);
    let at = bytes.windows(11).position(|w| w == b"No. Points:").unwrap();
    bytes[at + 12] = b'0';
    let file = read_raw(&bytes[..]).unwrap();
    assert_eq!(file.results.plots.len(), 3);
    assert_eq!(file.results.plots[0].points(), 3);
    assert_eq!(file.warnings, [RawWarning::Uncounted { plot: 1, stated: 0, read: 3 }]);
}

#[test]
fn what_is_not_raw_is_refused_with_its_line() {
    for (bytes, line) in [
        (&b""[..], 1),
        (b"hello\n", 1),
        (b"Title: x\nNo. Variables: many\n", 2),
        (b"Title: x\nNo. Variables: 2\nVariables:\n\t0\ttime\ttime\nBinary:\n", 5),
        (b"Title: x\nVariables:\n nonsense\nBinary:\n", 3),
        (b"Title: x\n", 1),
    ] {
        match read_raw(bytes) {
            Err(WaveformError::RawFormat { line: found, .. }) => assert_eq!(found, line),
            other => panic!("{other:?}"),
        }
    }
}

/// The forms that ngspice's batch mode and its `write` command use, with hints behind the type.
#[test]
fn text_of_ngspice() {
    let batch = "Title: rc\nDate: Mon\nPlotname: AC Analysis\nFlags: complex\nNo. Variables: 2\n\
        No. Points: 2       \nVariables:\n\t0\tfrequency\tfrequency\tgrid=3\n\t1\tv(out)\tvoltage\nValues:\n\
        0\t\t1.0e+03,2.6e-23\n\t1.0e+00,-1.0e+00\n1\t\t2.0e+03,0.0e+00\n\t5.0e-01,0.0\n";
    let write = "Title: rc\nDate: Mon\nPlotname: Operating Point\nFlags: real\nNo. Variables: 1\nNo. Points: 1\n\
        Variables:\n\t0\ti(v1)\tcurrent grid=3\nValues:\n 0\t-nan\n\n";
    let file = read_raw(format!("{batch}{write}").as_bytes()).unwrap();
    assert_eq!(file.warnings, []);
    let [ac, op] = &file.results.plots[..] else {
        panic!("two plots expected");
    };
    assert_eq!(ac.vectors[0].quantity, Quantity::Frequency);
    assert_eq!(ac.vector("OUT").unwrap().samples.at(1), Complex64::new(0.5, 0.0));
    assert_eq!(op.vectors[0].quantity, Quantity::Current);
    assert!(op.vectors[0].as_real().unwrap()[0].is_nan());
}

fn ltspice(flags: &str, data: &[u8]) -> Vec<u8> {
    let header = format!(
        "Title: * C:\\x.asc\r\nDate: Mon\r\nPlotname: Transient Analysis\r\nFlags: {flags}\r\nNo. Variables: 2\r\n\
         No. Points:            2\r\nOffset:   0.0\r\nCommand: Linear Technology Corporation LTspice XVII\r\n\
         Backannotation: u1 1 2\r\nVariables:\r\n\t0\ttime\ttime\r\n\t1\tIx(µ1:a b)\tsubckt_current\r\nBinary:\r\n"
    );
    let header = header.replace('\r', "");
    let mut bytes: Vec<u8> = header.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.extend_from_slice(data);
    bytes
}

#[test]
fn binary_of_ltspice() {
    let mut by_point = Vec::new();
    let mut by_variable = Vec::new();
    for (time, value) in [(0.0_f64, 0.5_f32), (-1e-9, -2.0)] {
        by_point.extend(time.to_le_bytes());
        by_point.extend(value.to_le_bytes());
    }
    by_variable.extend([0.0_f64, 1e-9].iter().flat_map(|t| t.to_le_bytes()));
    by_variable.extend([0.5_f32, -2.0].iter().flat_map(|v| v.to_le_bytes()));
    for (flags, data) in [("real forward", by_point), ("real forward fastaccess", by_variable)] {
        let file = read_raw(&ltspice(flags, &data)[..]).unwrap();
        assert_eq!(file.warnings, []);
        let plot = &file.results.plots[0];
        assert_eq!(plot.vectors[0].samples, Samples::Real(vec![0.0, 1e-9]));
        assert_eq!(plot.vectors[1].samples, Samples::Real(vec![0.5, -2.0]));
        assert_eq!(plot.vectors[1].name, "Ix(µ1:a b)");
        assert_eq!(plot.vectors[1].quantity, Quantity::Current);
    }
}
