//! Random cells by the thousand: `cargo xtask soak [COUNT] [--seed N] [--from N]`.
//!
//! Each has to converge and to account for its energy; see `ovonic_tests::soak` for what a cell is. Those that do not are
//! written to `target/soak/` as decks. `--from` begins with another cell than the first, so that one can be run alone.

use crate::{Outcome, root};
use ovonic_tests::soak::{Cards, Soaked, soak};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Cells of a run, unless it says how many.
const CELLS: u64 = 10_000;

/// What became of the cells of one kind.
#[derive(Default)]
struct Tally {
    cells: usize,
    failed: usize,
    points: usize,
    most_points: usize,
    /// The most of its energy that a cell misses, and of its heat that a device does, in units of `reltol`: with steps
    /// that keep to `reltol`, and by default.
    missing: [[f64; 2]; 2],
}

impl Tally {
    fn add(&mut self, soaked: &Soaked) {
        self.cells += 1;
        self.failed += usize::from(!soaked.complaints.is_empty());
        self.points += soaked.points;
        self.most_points = self.most_points.max(soaked.points);
        let missing = &mut self.missing[usize::from(!soaked.honest)];
        missing[0] = missing[0].max(soaked.imbalance);
        missing[1] = missing[1].max(soaked.heat_imbalance);
    }
}

struct Options {
    count: u64,
    seed: u64,
    from: u64,
}

fn options(words: &[&str]) -> Result<Options, String> {
    let mut options = Options { count: CELLS, seed: 1, from: 0 };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let target = match *word {
            "--seed" => &mut options.seed,
            "--from" => &mut options.from,
            _ => &mut options.count,
        };
        let value = if word.starts_with("--") { words.next() } else { Some(word) };
        let value = value.ok_or_else(|| format!("{word} needs a number"))?;
        *target = value.parse().map_err(|_| format!("\"{value}\" is not a number"))?;
    }
    Ok(options)
}

/// Runs random cells on all processors and says what became of them.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let Options { count, seed, from } = options(words)?;
    let cards = Cards::read()?;
    let folder = root().join("target/soak");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let tallies: Mutex<BTreeMap<&str, Tally>> = Mutex::default();
    let next = AtomicU64::new(from);
    let begin = Instant::now();
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= from + count {
                return;
            }
            let soaked = soak(&cards, seed, number);
            let mut tallies = tallies.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            tallies.entry(soaked.kind).or_default().add(&soaked);
            if !soaked.complaints.is_empty() {
                let path = folder.join(format!("{seed}-{number}.cir"));
                println!("{number} {}: {}", soaked.kind, soaked.complaints.join("; "));
                if let Err(error) = fs::write(&path, &soaked.deck) {
                    println!("{}: {error}", path.display());
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let tallies = tallies.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    report(&tallies);
    println!("{count} cells of seed {seed} in {:.0} s", begin.elapsed().as_secs_f64());
    let failed: usize = tallies.values().map(|tally| tally.failed).sum();
    if failed == 0 { Ok(()) } else { Err(format!("{failed} cells fail; see target/soak")) }
}

fn report(tallies: &BTreeMap<&str, Tally>) {
    println!(
        "| kind | cells | failed | points | most in a cell | energy | heat | energy, trtol=7 | heat, trtol=7 |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (kind, tally) in tallies {
        let Tally { cells, failed, points, most_points, missing: [honest, usual] } = tally;
        println!(
            "| {kind} | {cells} | {failed} | {points} | {most_points} | {:.2} | {:.2} | {:.2} | {:.2} |",
            honest[0], honest[1], usual[0], usual[1]
        );
    }
}
