//! Many simulations in one process: constant memory, and the same bits from any thread.

use ovonic::waveforms::Results;
use ovonic::{Recording, RunOptions, Simulation};
use ovonic_tests::folder;
use std::fs;
use std::path::Path;

fn run(text: &str) -> Results {
    let mut simulation = Simulation::from_text(text).expect("a valid netlist");
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording).expect("a solution");
    recording.into_results()
}

/// Resident memory of this process in KiB; absent where the system does not say.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn ten_thousand_runs_leave_no_memory_behind() {
    let deck = "divider with a diode\nV1 in 0 5\nR1 in out 1k\nD1 out 0 dmod\n.model dmod d(is=1e-14)\n.op\n.end\n";
    for _ in 0..1000 {
        run(deck);
    }
    let before = resident();
    for _ in 0..9000 {
        run(deck);
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after < before + 4096, "from {before} to {after} KiB");
    }
}

#[test]
fn eight_circuits_in_eight_threads_give_the_bits_of_serial_runs() {
    let names = [
        "threshold-oscillator",
        "rc-filter",
        "bridge-rectifier",
        "cmos-ring",
        "diode-curve",
        "mos-family",
        "schmitt-switch",
        "active-filter",
    ];
    let text = |name: &str| {
        let path = folder("netlists/examples").join(name).with_extension("cir");
        fs::read_to_string(Path::new(&path)).expect("an example")
    };
    let decks = names.map(text);
    let serial: Vec<Results> = decks.iter().map(|deck| run(deck)).collect();
    let parallel: Vec<Results> = std::thread::scope(|scope| {
        let threads: Vec<_> = decks.iter().map(|deck| scope.spawn(|| run(deck))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    for (name, (one, other)) in names.iter().zip(serial.iter().zip(&parallel)) {
        assert_eq!(one, other, "{name}");
    }
}
