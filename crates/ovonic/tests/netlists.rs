//! The example circuits of the repository can be read and run.

use ovonic::{Recording, RunOptions, Simulation};
use std::path::Path;

#[test]
fn example_circuits_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../netlists/examples");
    let mut wrong = Vec::new();
    let mut count = 0;
    let files = std::fs::read_dir(folder).expect("the folder of examples exists");
    for file in files {
        let path = file.expect("a folder can be listed").path();
        if path.extension().is_none_or(|extension| extension != "cir") {
            continue;
        }
        count += 1;
        let name = path.display();
        match Simulation::from_file(&path) {
            Err(error) => wrong.push(format!("{name}:\n{error}")),
            Ok(mut simulation) => {
                let mut recording = Recording::new();
                match simulation.run(&RunOptions::default(), &mut recording) {
                    Err(error) => wrong.push(format!("{name}: {error}")),
                    Ok(report) if report.analyses.is_empty() => {
                        wrong.push(format!("{name}: nothing ran"));
                    }
                    Ok(_) => {}
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 5, "{count} circuits");
}
