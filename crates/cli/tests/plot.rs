//! `ovonic plot`: from a file of results to a picture or to text.

mod common;

use common::{folder, ovonic, text};

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
