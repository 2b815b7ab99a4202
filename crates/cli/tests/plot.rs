//! `ovonic plot`: from a file of results to a picture or to text.

mod common;

use common::{folder, ovonic, ovonic_fed, text};

fn table(folder: &std::path::Path) -> String {
    let mut rows = String::from("time,v(out),i(v1)\n");
    for index in 0..100 {
        let t = f64::from(index) * 1e-6;
        rows.push_str(&format!("{t:e},{},{}\n", (t * 1e5).sin(), -t));
    }
    let path = folder.join("out.csv");
    std::fs::write(&path, rows).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn without_a_file_the_plot_is_text() {
    let results = table(&folder("plot_text"));
    let output = ovonic(&["plot", &results, "v(out)"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let picture = text(&output.stdout);
    assert!(picture.lines().count() > 10 && !picture.contains('\x1b'), "{picture}");
}

#[test]
fn the_ending_of_the_file_chooses_the_format() {
    let folder = folder("plot_files");
    let results = table(&folder);
    for (name, start) in [("a.svg", &b"<svg"[..]), ("a.png", b"\x89PNG"), ("a.html", b"<!")] {
        let path = folder.join(name);
        let output = ovonic(&["plot", &results, "-o", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
        assert!(std::fs::read(&path).unwrap().starts_with(start), "{name}");
    }
    let output = ovonic(&["plot", &results, "-o", "a.xyz"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn an_unknown_signal_is_a_usage_error_with_a_suggestion() {
    let results = table(&folder("plot_unknown"));
    let output = ovonic(&["plot", &results, "v(ou)"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean \"v(out)\""));
}

const CHARGE: &str = "\
charge
.param tau=1m
.step param tau dec 1u 1 1
V1 in 0 1
R1 in out 1k
C1 out 0 {tau/1k} ic=0
.tran {tau/50} {2*tau} uic
.meas tran half when v(out)=0.5
.meas tran rate param='1/half'
";

#[test]
fn a_plot_card_draws_measures_over_what_is_stepped() {
    let path = folder("plot_measures").join("t.svg");
    let draw = |card: &str| {
        let deck = format!("{CHARGE}{card}\n.end\n");
        let output = ovonic_fed(&["run", "-q", "-", "--plot", path.to_str().unwrap()], &deck);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        std::fs::read_to_string(&path).unwrap()
    };
    let picture = draw(".plot meas half loglog");
    // Seven decades on either axis, with the unit of what was measured.
    for label in ["tau", "time (s)", "100m", "half"] {
        assert!(picture.contains(label), "no {label}");
    }
    assert!(!picture.contains(">rate<"), "only what the card lists");
    let picture = draw(".plot meas rate vs half xlog ylog");
    assert!(picture.contains("half (s)") && picture.contains("frequency (Hz)"));
    // Without names all of them, in panels by their units.
    let picture = draw(".plot meas");
    assert!(picture.contains(">half<") && picture.contains(">rate<"));
}

#[test]
fn a_plot_card_says_what_is_drawn_over_what() {
    let path = folder("plot_over").join("t.svg");
    let deck = "loop\nV1 in 0 sin(0 1 1k)\nR1 in out 1k\nC1 out 0 1u\n.tran 10u 2m\n.op\n\
                .plot tran v(out) vs v(in)\n.end\n";
    let output = ovonic_fed(&["run", "-q", "-", "--plot", path.to_str().unwrap()], deck);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let picture = std::fs::read_to_string(&path).unwrap();
    assert!(picture.contains("v(in)") && picture.contains("v(out)") && !picture.contains("time"));
}
