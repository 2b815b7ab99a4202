//! Whether fits keep their word: parameters come back from synthetic data of every kind of device, intervals hold the
//! truth as often as they say, and what an experiment leaves open is flagged.
//!
//! ```text
//! recovery   without noise: what the experiment determines is within 2 %; with 1 % of noise: what it leaves open is
//!            flagged, and nothing else that is called determined is farther off than its interval, five times over
//! coverage   at the truth: add noise, fit, look whether the 95 % interval holds the truth; 200 times for three kinds,
//!            and as often as asked for the others
//! ```
//!
//! Of the intervals, 90 to 98 % should hold the truth, for each of the three kinds and over all.

use crate::Outcome;
use crate::fits::{Case, cases};
use ovonic::calibrate::{FitOptions, Verdict};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const REPEATS: usize = 200;
const OTHERS: usize = 20;
const ALLOWED: std::ops::RangeInclusive<f64> = 90.0..=98.0;
/// Kinds that are repeated often: one without a memory, one in small signals, one that switches.
const OFTEN: [&str; 3] = ["diode", "capacitor", "ag_selector"];
const CLOSE: f64 = 0.02;

/// The cases that are asked for by name, or all.
fn chosen(words: &[&str]) -> Result<Vec<Case>, String> {
    let mut all = cases();
    if let Some(unknown) = words.iter().find(|word| !all.iter().any(|case| case.name == **word)) {
        let names: Vec<&str> = all.iter().map(|case| case.name).collect();
        return Err(format!("no case \"{unknown}\"; there are {}", names.join(", ")));
    }
    all.retain(|case| words.is_empty() || words.contains(&case.name));
    Ok(all)
}

fn ended(complaints: Vec<String>) -> Outcome {
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
}

/// `cargo xtask recovery [case…]`
pub(crate) fn recovery(words: &[&str]) -> Outcome {
    let mut complaints = Vec::new();
    for case in chosen(words)? {
        match recovered(&case) {
            Ok(found) => complaints.extend(found),
            Err(error) => complaints.push(format!("{}: {error}", case.name)),
        }
    }
    ended(complaints)
}

/// What is wrong with a case's recovery.
fn recovered(case: &Case) -> Result<Vec<String>, String> {
    let mut complaints = Vec::new();
    let clean = case.clean()?;
    let options = FitOptions { starts: 3, ..FitOptions::default() };
    if case.parameters.iter().any(|free| free.known) {
        let report = case.fit(clean.clone(), &options, false)?;
        for (free, fitted) in case.parameters.iter().zip(&report.parameters) {
            let off = fitted.value / free.truth - 1.0;
            println!(
                "{:20} {:14} {:+.4} % {:?}",
                case.name,
                free.name,
                100.0 * off,
                fitted.verdict
            );
            if free.known && (fitted.verdict != Verdict::Determined || off.abs() > CLOSE) {
                let (name, value, truth) = (&fitted.name, fitted.value, free.truth);
                let verdict = fitted.verdict;
                complaints.push(format!(
                    "{}: {name} = {value:e}, expected {truth:e}, {verdict:?}",
                    case.name
                ));
            }
        }
    }
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let report = case.fit(case.noisy(&clean, 0.01, &mut rng), &options, false)?;
    let warnings = report.warnings().join("; ");
    for (free, fitted) in case.parameters.iter().zip(&report.parameters) {
        let is_flagged = fitted.verdict != Verdict::Determined;
        println!(
            "{:20} {:14} with noise {:e} {:?}",
            case.name, free.name, fitted.value, fitted.verdict
        );
        let is_named = is_flagged && warnings.contains(&fitted.name);
        if !free.known && !is_named {
            complaints.push(format!("{}: {} is open and not flagged", case.name, fitted.name));
        }
        let (low, high) = fitted.interval;
        let reach = 2.5 * (high - low);
        if !is_flagged && (fitted.value - free.truth).abs() > reach {
            complaints.push(format!(
                "{}: {} = {:e} ± {:e}, expected {:e}",
                case.name,
                fitted.name,
                fitted.value,
                0.5 * (high - low),
                free.truth
            ));
        }
    }
    Ok(complaints)
}

/// `cargo xtask coverage [case…]`
pub(crate) fn run(words: &[&str]) -> Outcome {
    let (mut held, mut total) = (0, 0);
    let mut complaints = Vec::new();
    for case in chosen(words)? {
        let often = OFTEN.contains(&case.name);
        let counts = match covered(&case, if often { REPEATS } else { OTHERS }) {
            Ok(counts) => counts,
            Err(error) => {
                complaints.push(format!("{}: {error}", case.name));
                continue;
            }
        };
        let (own, all): (usize, usize) =
            counts.iter().fold((0, 0), |(own, all), (held, n)| (own + held, all + n));
        for (free, (held, n)) in case.parameters.iter().zip(&counts) {
            println!("{:20} {:14} {held}/{n}", case.name, free.name);
        }
        let share = 100.0 * own as f64 / all.max(1) as f64;
        if often {
            println!("{:20} {:14} {share:.1} %", case.name, "all");
            if !ALLOWED.contains(&share) {
                complaints.push(format!("{}: {share:.1} %", case.name));
            }
        }
        held += own;
        total += all;
    }
    let share = 100.0 * held as f64 / total.max(1) as f64;
    println!("pooled               {held}/{total}  {share:.1} %");
    if words.is_empty() && !ALLOWED.contains(&share) {
        complaints.push(format!("pooled: {share:.1} %"));
    }
    ended(complaints)
}

/// How many intervals held the truth, and of how many, by parameter; what is flagged has no interval to keep.
fn covered(case: &Case, repeats: usize) -> Result<Vec<(usize, usize)>, String> {
    let clean = case.clean()?;
    let mut counts = vec![(0, 0); case.parameters.len()];
    let mut rng = ChaCha8Rng::seed_from_u64(2026);
    let options = FitOptions { starts: 1, ..FitOptions::default() };
    for _ in 0..repeats {
        let report = case.fit(case.noisy(&clean, 0.01, &mut rng), &options, true)?;
        for (count, (fitted, free)) in
            counts.iter_mut().zip(report.parameters.iter().zip(&case.parameters))
        {
            if fitted.verdict == Verdict::Determined {
                let (low, high) = fitted.interval;
                count.0 += usize::from((low..=high).contains(&free.truth));
                count.1 += 1;
            }
        }
    }
    Ok(counts)
}
