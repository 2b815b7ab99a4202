//! Races: this simulator and its rivals over a set of decks, in one run, turn by turn.
//!
//! ```text
//! for each deck:
//!   prepare it for every simulator, whole and cut to a few steps
//!   repeat n times: run every simulator once        # interleaved, so that a busy machine slows all alike
//!   medians; inside = whole - cut                    # start-up, reading and set-up drop out
//! then, deck by deck: judge each result against a reference at 100 times tighter tolerance
//! ```
//!
//! Judging comes last, because a child's largest memory counts from that of its parent, which results would swell.
//! Times are processor seconds of the process (user and system), so that waiting for a shared machine does not count.

mod decks;
mod precision;
mod report;
mod small;

use crate::conformance::build;
use crate::rivals::translate::{Times, transient_times, with_cards, with_times};
use crate::rivals::{Cost, Installed, Job, Simulator, installed, own};
use crate::{Outcome, root};
use decks::{Deck, Judgement};
use ovonic_waveforms::{PlotKind, Results, Waveform};
use std::fs;
use std::path::{Path, PathBuf};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Wishes {
    /// Names of decks; empty for all.
    decks: Vec<String>,
    repeats: usize,
    /// A tenth of the time span.
    quick: bool,
    /// Only the small decks, each with a line of its own.
    small: bool,
    /// Write the tables into the documentation.
    write: bool,
    /// Error against time for methods and tolerances instead of races.
    precision: bool,
    /// Another build of this simulator that races along.
    baseline: Option<PathBuf>,
    /// The program, where it shall not be built first.
    program: Option<PathBuf>,
}

/// What one simulator showed on one deck.
pub(crate) struct Showing {
    label: &'static str,
    outcome: Result<Figures, String>,
}

/// Medians over the repeats.
pub(crate) struct Figures {
    /// Whole process, in s.
    whole: f64,
    /// Whole process less that of a run of a few steps, in s.
    inside: f64,
    /// Bytes.
    memory: u64,
    /// Against the reference, as a part of full scale or of the period; absent where it was not judged.
    error: Option<f64>,
    command: String,
}

/// One deck's row.
pub(crate) struct Race {
    deck: String,
    showings: Vec<Showing>,
    /// How far the two references are from each other.
    references: Option<f64>,
}

/// `cargo xtask bench-report [--deck NAME]… [--repeats N] [--quick] [--small] [--write] [--work-precision]
/// [--program FILE] [--baseline FILE]`.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let wishes = wishes(words)?;
    let program = match &wishes.program {
        Some(program) => program.clone(),
        None => build()?,
    };
    let (mut here, absent) = installed(&program);
    if let Some(baseline) = &wishes.baseline {
        here.insert(1, own(baseline, "baseline"));
    }
    for line in &absent {
        println!("{line}");
    }
    let folder = root().join("target/bench-report");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    if wishes.precision {
        return precision::run(&here, &wishes, &folder);
    }
    if wishes.small {
        let small = small::race(&here, &wishes, &folder).ok_or("no deck runs in two simulators")?;
        print!("{}{}", report::each(&small), report::small(&small));
        return Ok(());
    }
    let mut decks = decks::all()?;
    let wanted =
        |name: &String| wishes.decks.is_empty() || wishes.decks.iter().any(|w| name.contains(w));
    decks.retain(|deck| wanted(&deck.name));
    let mut races: Vec<Race> = decks
        .iter()
        .map(|deck| {
            eprintln!("racing over {}", deck.name);
            race(deck, &here, &wishes, &folder)
        })
        .collect();
    let small = if wishes.decks.is_empty() { small::race(&here, &wishes, &folder) } else { None };
    for (deck, race) in decks.iter().zip(&mut races) {
        judge(deck, &here, race, &folder);
        print!("{}", report::race(race));
    }
    if let Some(small) = &small {
        print!("{}", report::small(small));
    }
    if wishes.write {
        report::write(&races, small.as_ref(), &here, &absent, wishes.repeats)?;
    }
    Ok(())
}

fn wishes(words: &[&str]) -> Result<Wishes, String> {
    let mut wishes = Wishes {
        decks: Vec::new(),
        repeats: 5,
        quick: false,
        small: false,
        write: false,
        precision: false,
        baseline: None,
        program: None,
    };
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        match word {
            "--deck" => wishes.decks.push((*value()?).to_owned()),
            "--repeats" => {
                let count = value()?.parse().map_err(|_| "--repeats wants a number".to_owned())?;
                wishes.repeats = usize::max(count, 1);
            }
            "--quick" => wishes.quick = true,
            "--small" => wishes.small = true,
            "--write" => wishes.write = true,
            "--work-precision" => wishes.precision = true,
            "--baseline" => wishes.baseline = Some(absolute(value()?)?),
            "--program" => wishes.program = Some(absolute(value()?)?),
            _ => return Err(format!("unknown word \"{word}\"")),
        }
    }
    Ok(wishes)
}

/// Simulators run in folders of their own, so that relative names would not be found.
fn absolute(program: &str) -> Result<PathBuf, String> {
    fs::canonicalize(program).map_err(|error| format!("{program}: {error}"))
}

/// Runs all simulators over one deck.
fn race(deck: &Deck, here: &[Installed], wishes: &Wishes, folder: &Path) -> Race {
    let times = transient_times(&deck.text);
    let text = match times {
        Some(times) if wishes.quick => {
            with_times(&deck.text, Times { stop: times.stop / 10.0, ..times })
        }
        _ => deck.text.clone(),
    };
    // A handful of steps: what is left is what every run pays before it steps.
    let cut = times.map(|times| with_times(&text, Times { stop: 10.0 * times.step, ..times }));
    let mut runners: Vec<Runner> = here
        .iter()
        .map(|simulator| Runner::new(simulator, &deck.name, &text, cut.as_deref(), folder))
        .collect();
    for _ in 0..wishes.repeats {
        for runner in &mut runners {
            runner.turn();
        }
    }
    let showings = runners.into_iter().map(Runner::showing).collect();
    Race { deck: deck.name.clone(), showings, references: None }
}

/// Fills in how exact the simulators were.
fn judge(deck: &Deck, here: &[Installed], race: &mut Race, folder: &Path) {
    let Some(judgement) = &deck.judgement else {
        return;
    };
    let both = references(deck, judgement, here, folder);
    let Some(reference) = &both.ours else {
        return;
    };
    let text = windowed(deck, judgement);
    for (simulator, showing) in here.iter().zip(&mut race.showings) {
        if let Ok(figures) = &mut showing.outcome {
            let results = once(simulator, &text, &deck.name, folder);
            let results = results.map_err(|why| eprintln!("{}: {why}", showing.label)).ok();
            figures.error = results.and_then(|results| difference(judgement, &results, reference));
        }
    }
    race.references = both.theirs.and_then(|theirs| difference(judgement, &theirs, reference));
}

/// One simulator in a race.
struct Runner {
    label: &'static str,
    jobs: Result<(Job, Option<Job>), String>,
    whole: Vec<f64>,
    cut: Vec<f64>,
    memory: u64,
}

impl Runner {
    fn new(
        simulator: &Installed,
        name: &str,
        text: &str,
        cut: Option<&str>,
        folder: &Path,
    ) -> Runner {
        let jobs = simulator.prepare(text, folder, folder, name).and_then(|whole| {
            let cut = cut.map(|cut| simulator.prepare(cut, folder, folder, &format!("{name}-cut")));
            Ok((whole, cut.transpose()?))
        });
        Runner { label: simulator.label, jobs, whole: Vec::new(), cut: Vec::new(), memory: 0 }
    }

    fn turn(&mut self) {
        let Ok((whole, cut)) = &self.jobs else {
            return;
        };
        let costs: Result<Vec<Cost>, String> =
            std::iter::once(whole).chain(cut.as_ref()).map(Job::run).collect();
        match costs {
            Ok(costs) => {
                self.whole.push(costs[0].seconds);
                self.memory = self.memory.max(costs[0].memory);
                self.cut.extend(costs.get(1).map(|cost| cost.seconds));
            }
            Err(reason) => self.jobs = Err(reason),
        }
    }

    fn showing(self) -> Showing {
        let outcome = self.jobs.map(|(job, cut)| {
            let command = job.command_line();
            job.clean();
            cut.iter().for_each(Job::clean);
            let whole = median(&self.whole);
            let inside = whole - if self.cut.is_empty() { 0.0 } else { median(&self.cut) };
            Figures { whole, inside, memory: self.memory, error: None, command }
        });
        Showing { label: self.label, outcome }
    }
}

/// The middle one; NaN of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Results of this simulator and of the reference of the dialect at tight tolerances.
struct References {
    ours: Option<Results>,
    theirs: Option<Results>,
}

/// The deck over the time in which it is judged.
fn windowed(deck: &Deck, judgement: &Judgement) -> String {
    match transient_times(&deck.text) {
        Some(times) => with_times(&deck.text, Times { stop: judgement.until, ..times }),
        None => deck.text.clone(),
    }
}

/// The same at 100 times tighter tolerances and a tenth of the step, which for a method of second order is as much.
fn tightened(deck: &Deck, judgement: &Judgement) -> String {
    let text = windowed(deck, judgement);
    let text = match transient_times(&text) {
        Some(times) => {
            let largest = times.largest.unwrap_or(times.step) / 10.0;
            with_times(&text, Times { largest: Some(largest), ..times })
        }
        None => text,
    };
    with_cards(&text, ".options reltol=1e-5 vntol=1e-8 chgtol=1e-16")
}

fn references(deck: &Deck, judgement: &Judgement, here: &[Installed], folder: &Path) -> References {
    let text = tightened(deck, judgement);
    let by = |wanted: Simulator| {
        let simulator = here.iter().find(|found| found.simulator == wanted)?;
        let results = once(simulator, &text, &format!("{}-tight", deck.name), folder);
        results.map_err(|why| eprintln!("{}: no reference: {why}", simulator.label)).ok()
    };
    References { ours: by(Simulator::Ovonic), theirs: by(Simulator::Ngspice) }
}

fn once(simulator: &Installed, text: &str, name: &str, folder: &Path) -> Result<Results, String> {
    let job = simulator.prepare(text, folder, folder, &format!("{name}-judged"))?;
    let results = job.run().and_then(|_| job.results());
    job.clean();
    results
}

/// How far results are from a reference.
fn difference(judgement: &Judgement, results: &Results, reference: &Results) -> Option<f64> {
    let (mine, truth) = (wave(results, &judgement.vector)?, wave(reference, &judgement.vector)?);
    if judgement.is_period {
        let (a, b) = (period(&mine)?, period(&truth)?);
        return Some((a / b - 1.0).abs());
    }
    let full = truth.y().iter().fold(f64::MIN_POSITIVE, |full, value| full.max(value.abs()));
    let (first, last) = truth.span();
    let inside = mine.x().iter().zip(mine.y()).filter(|(t, _)| (first..=last).contains(*t));
    let errors = inside.map(|(&t, &value)| (truth.value_at(t).unwrap_or(f64::NAN) - value).abs());
    Some(errors.fold(0.0, f64::max) / full)
}

/// A vector, or the difference of two.
fn wave(results: &Results, vector: &str) -> Option<Waveform<'static>> {
    let plot = results.of_kind(&PlotKind::Transient)?;
    let inner = vector.trim_start_matches("v(").trim_end_matches(')');
    match inner.split_once(',') {
        None => Waveform::of(plot, vector).ok(),
        Some((plus, minus)) => {
            let of = |node: &str| Waveform::of(plot, &format!("v({node})")).ok();
            of(plus)?.minus(&of(minus)?).ok()
        }
    }
}

/// Mean period over the second half.
fn period(wave: &Waveform<'_>) -> Option<f64> {
    let (first, last) = wave.span();
    let settled = wave.window(0.5 * (first + last), last).ok()?;
    settled.period(0.5 * (settled.minimum().value + settled.maximum().value)).ok()
}
