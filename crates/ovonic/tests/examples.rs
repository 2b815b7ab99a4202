//! The example of every device gives what it promises.

use ovonic::waveforms::{Plot, PlotKind, Results};
use ovonic::{DEVICES, Recording, RunOptions, Simulation};

/// Runs a netlist with the vectors of its expectations.
fn run(text: &str) -> Result<Results, ovonic::Error> {
    let mut simulation = Simulation::from_text(text)?;
    for (vector, _) in expectations(text) {
        simulation.add_outputs(vector)?;
    }
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording)?;
    Ok(recording.into_results())
}

/// Vector and the words behind the equals sign of each `*! expect` line.
fn expectations(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    text.lines().filter_map(|line| {
        let (vector, rest) = line.strip_prefix("*! expect ")?.split_once('=')?;
        Some((vector.trim(), rest.split_whitespace().collect()))
    })
}

/// What is wrong with the last point of a plot.
fn check(vector: &str, words: &[&str], plot: &Plot) -> Result<(), String> {
    let number = |word: &str| ovonic::netlist::parse_number(word).expect("a number");
    let tolerance = |key: &str| {
        let place = words.iter().position(|word| *word == key);
        place.map_or(0.0, |place| number(words[place + 1]))
    };
    let expected = number(words[0]);
    let values = plot.vector(vector).map_err(|e| e.to_string())?;
    let found = values.real_parts().pop().ok_or("there is no point")?;
    let room = tolerance("rtol") * expected.abs() + tolerance("atol");
    if (found - expected).abs() <= room {
        Ok(())
    } else {
        Err(format!("{vector} is {found}, not {expected}"))
    }
}

#[test]
fn examples_of_devices_give_what_they_promise() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for kind in DEVICES {
        let wanted = kind
            .example
            .lines()
            .find_map(|line| line.strip_prefix("*! run "))
            .expect("an example says what to run");
        let plot_kind = match wanted.split_whitespace().next() {
            Some("ac") => PlotKind::Ac,
            Some("dc") => PlotKind::DcTransfer,
            Some("tran") => PlotKind::Transient,
            _ => PlotKind::OperatingPoint,
        };
        let results = match run(kind.example) {
            Ok(results) => results,
            Err(error) => {
                wrong.push(format!("{}: {error}", kind.name));
                continue;
            }
        };
        let Some(plot) = results.of_kind(&plot_kind) else {
            wrong.push(format!("{}: nothing ran as {wanted}", kind.name));
            continue;
        };
        for (vector, words) in expectations(kind.example) {
            checked += 1;
            if let Err(error) = check(vector, &words, plot) {
                wrong.push(format!("{}: {error}", kind.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked >= DEVICES.len(), "{checked} expectations");
}
