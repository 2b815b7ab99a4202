//! Control blocks: commands against closed forms, and what they say when they cannot be carried out.

use ovonic::waveforms::{MemorySink, Sink, read_raw};
use ovonic::{ControlHost, ControlReport, Observer, Simulation};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Keeps everything that a block hands out.
#[derive(Default)]
struct Host {
    sink: MemorySink,
    text: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Observer for Host {
    fn sink(&mut self) -> &mut dyn Sink {
        &mut self.sink
    }
}

impl ControlHost for Host {
    fn print(&mut self, text: &str) {
        self.text += text;
    }

    fn write_file(&mut self, path: &Path, bytes: &[u8], appends: bool) -> io::Result<()> {
        let file = self.files.entry(path.display().to_string()).or_default();
        if !appends {
            file.clear();
        }
        file.extend_from_slice(bytes);
        Ok(())
    }
}

const CIRCUIT: &str = "V1 in 0 dc 2 ac 1\nR1 in out 1k\nR2 out 0 1k\nC1 out 0 1u\n";

fn run(circuit: &str, commands: &str) -> (Host, ControlReport) {
    let deck = format!("control\n{circuit}.control\n{commands}\n.endc\n.end\n");
    let mut simulation = Simulation::from_text(&deck).unwrap_or_else(|error| panic!("{error}"));
    let mut host = Host::default();
    let report = simulation.control(&mut host).unwrap();
    (host, report)
}

/// What commands print where none of them fails.
fn said(commands: &str) -> String {
    let (host, report) = run(CIRCUIT, commands);
    let messages: Vec<&str> = report.diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert!(messages.is_empty(), "{messages:?}");
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    host.text
}

/// What the first failing command says.
fn fault(commands: &str) -> String {
    let (_, report) = run(CIRCUIT, commands);
    report.diagnostics.first().map_or_else(String::new, |d| d.message.clone())
}

#[test]
fn vectors_are_printed_and_computed_with() {
    assert_eq!(said("op\nprint v(out) i(v1)"), "v(out) = 1.000000e+00\ni(v1) = -1.000000e-03\n");
    assert_eq!(
        said("op\nlet p = -v(in)*i(v1)\nprint p v(in,out)"),
        "p = 2.000000e-03\nv(in,out) = 1.000000e+00\n"
    );
    assert_eq!(
        said("op\nprint @r1[i] @r1[resistance]"),
        "@r1[i] = 1.000000e-03\n@r1[resistance] = 1.000000e+03\n"
    );
    // 1/(2 pi f) = 500 Ohm * 1 uF: a pole at 318.31 Hz, where the divider's -6.02 dB fall by 3.01.
    let text =
        said("ac lin 1 318.309886 1k\nprint vdb(out) vp(out)\nset units=degrees\nprint ph(v(out))");
    assert_eq!(
        text,
        "vdb(out) = -9.030900e+00\nvp(out) = -7.853982e-01\nph(v(out)) = -4.500000e+01\n"
    );
}

#[test]
fn loops_and_conditions_decide() {
    assert_eq!(said("foreach k 1 2 3\nif $k = 2\ncontinue\nend\necho k $k\nend"), "k 1\nk 3\n");
    assert_eq!(
        said("let i = 0\nwhile i < 10\nlet i = i + 3\nif i gt 5\nbreak\nelse\necho $&i\nend\nend"),
        "3\n"
    );
    assert_eq!(
        said("let i = 5\ndowhile i < 5\necho once\nlet i = i + 1\nend\nrepeat 2\necho twice\nend"),
        "once\ntwice\ntwice\n"
    );
    assert_eq!(
        said("set list = ( a b )\necho $list[2] $#list $?list $?none {$list[1]}x"),
        "b 2 1 0 ax\n"
    );
}

#[test]
fn parameters_are_read_as_they_stand() {
    let text = said("op\nprint @r1[r]\nalter r1 = 3k\nop\nprint @r1[r] @r1[r]*2");
    assert_eq!(text, "@r1[r] = 1.000000e+03\n@r1[r] = 3.000000e+03\n@r1[r]*2 = 6.000000e+03\n");
}

#[test]
fn the_circuit_can_be_altered_and_reset() {
    let text = said(
        "alter r1 = 3k\nop\nprint v(out)\nalter v1 dc = 4\nop\nprint v(out)\nreset\nop\nprint v(out)",
    );
    assert_eq!(text, "v(out) = 5.000000e-01\nv(out) = 1.000000e+00\nv(out) = 1.000000e+00\n");
    let circuit = ".param r=1k\nI1 0 a 1m\nR1 a 0 rm {r}\n.model rm r(tc1=1m)\n";
    let (host, report) = run(
        circuit,
        "alterparam r = 2k\nop\nprint a\noption temp=127\nop\nprint a\naltermod rm tc1 = 2m\nop\nprint a\nreset\nop\nprint a",
    );
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    assert_eq!(
        host.text,
        "a = 2.000000e+00\na = 2.200000e+00\na = 2.400000e+00\na = 2.200000e+00\n"
    );
}

#[test]
fn measures_become_vectors() {
    let text =
        said("tran 10u 5m uic\nmeas tran late find v(out) at=5m\nlet twice = late*2\nprint twice");
    let value: f64 = text.lines().last().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    // 500 Ohm * 1 uF: e^-10 is left of the charge.
    assert!((value - 2.0 * (1.0 - (-10f64).exp())).abs() < 1e-4, "{text}");
    let (host, report) = run(CIRCUIT, "tran 10u 1m\nmeas tran never when v(out)=7");
    assert_eq!(report.failed_measures, 1);
    assert!(host.text.starts_with("never: failed:"), "{}", host.text);
}

#[test]
fn transients_are_linearized_and_transformed() {
    let circuit = "V1 a 0 SIN(0 2 1k)\nR1 a 0 1k\n";
    let commands = "tran 10u 6.39m 0 1u\nlinearize v(a)\nprint length(v(a))\nset specwindow=none\nfft v(a)\n\
                    let top = vecmax(mag(v(a)))\nprint length(v(a))\nif top > 1.5\necho found\nend\nsetplot tran1\n\
                    fourier 1k v(a)\ndisplay";
    let (host, report) = run(circuit, commands);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    let text = host.text;
    assert!(
        text.starts_with("length(v(a)) = 6.400000e+02\nlength(v(a)) = 5.130000e+02\nfound\n"),
        "{text}"
    );
    assert!(text.contains("1         1.000000e+03"), "{text}");
    assert!(text.contains("time                : time, real,"), "{text}");
}

#[test]
fn files_hold_what_was_asked_for() {
    let commands = "op\nprint v(out) > a.txt\necho \"more > or less\" >> a.txt\ntran 100u 1m\nwrite b.raw v(out)*2 v(in)\n\
                    wrdata c.txt v(out) v(in)\nset filetype=ascii\nwrite d.raw";
    let (host, report) = run(CIRCUIT, commands);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
    assert_eq!(host.files["a.txt"], b"v(out) = 1.000000e+00\nmore > or less\n");
    let results = read_raw(&mut host.files["b.raw"].as_slice()).unwrap().results;
    let names: Vec<&str> = results.plots[0].vectors.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names, ["time", "v(out)*2", "v(in)"]);
    let doubled = results.plots[0].vector("v(out)*2").unwrap().real_parts();
    assert!(doubled.iter().all(|value| (value - 2.0).abs() < 1e-6));
    let first = host.files["c.txt"].split(|byte| *byte == b'\n').next().unwrap();
    assert_eq!(first, b" 0.00000000e+00  1.00000000e+00  0.00000000e+00  2.00000000e+00 ");
    assert!(String::from_utf8_lossy(&host.files["d.raw"]).contains("Values:\n"));
}

#[test]
fn cards_run_when_they_are_told_to() {
    let (host, report) =
        run(&format!("{CIRCUIT}.op\n.tran 1u 10u\n"), "run\necho $plots\nsetplot op1\nprint out");
    assert!(report.asked);
    assert_eq!(report.analyses.len(), 2);
    assert_eq!(host.sink.results().plots.len(), 2);
    assert_eq!(host.text, "const op1 tran1\nout = 1.000000e+00\n");
    let (_, report) = run(CIRCUIT, "run");
    assert!(report.diagnostics[0].message.contains("no analysis"));
    let (host, report) = run(CIRCUIT, "echo a\nquit 3\necho b");
    assert_eq!((host.text.as_str(), report.quit), ("a\n", Some(3)));
}

#[test]
fn what_cannot_be_done_has_a_reason() {
    for (commands, expected) in [
        ("op\nprint v(oot)", "there is no vector \"v(oot)\""),
        ("print $nothing", "there is no variable \"nothing\"; a vector is written $&nothing"),
        ("op\nlet x = sqqrt(v(out))", "there is no function \"sqqrt\""),
        (
            "let a = vector(3)\nlet b = a + vector(4)",
            "vectors of 3 and 4 values do not fit together",
        ),
        ("let a = vector(3)\nprint a[3]", "[3] does not lie among the 3 values, from 0"),
        ("alter r7 = 1", "there is nothing called \"r7\" to sweep"),
        ("alter r1", "the value is missing"),
        ("altermod nch vto = 1", "there is no model \"nch\""),
        ("alterparam q = 1", "the netlist has no parameter \"q\""),
        ("tran", "the stop time is missing"),
        ("ac dec 0 1 10", "0 is not a number of points"),
        ("setplot tran7", "there is no plot \"tran7\""),
        ("op\nlinearize", "only the results of a transient can be linearized"),
        ("repeat -1\nend", "-1 is not a number of passes"),
        ("echo `date`", "commands of the system are not run"),
        ("write", "the name of a file is missing"),
        ("write out.raw", "there is nothing to write; no analysis has run"),
        ("meas tran x what v(out)", "there is no measure \"what\""),
        ("save v(nix)", "the circuit has no node \"nix\""),
        ("option reltoll=1", "unknown option \"reltoll\""),
        ("plot v(out)", "\"plot\" has no effect here"),
    ] {
        assert_eq!(fault(commands), expected, "{commands}");
    }
}
