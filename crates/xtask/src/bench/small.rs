//! Whole processes over small decks: what somebody waits for who runs one.
//!
//! Every example and test circuit of up to a hundred nodes that ngspice also runs counts; the other simulators count on
//! those of them which they run too, VACASK where the deck can be translated.

use super::{Wishes, median};
use crate::rivals::{Installed, Job};
use std::fs;
use std::path::Path;

/// Nodes up to which a deck is small.
const NODES: usize = 100;

/// All small decks.
pub(super) struct Small {
    /// The simulators, ours first.
    pub(super) labels: Vec<&'static str>,
    pub(super) decks: Vec<SmallDeck>,
}

/// One deck.
pub(super) struct SmallDeck {
    pub(super) name: String,
    pub(super) nodes: usize,
    /// Medians by simulator, s; absent where one does not run it.
    pub(super) seconds: Vec<Option<f64>>,
}

/// How one simulator fares beside ours.
pub(super) struct Fared {
    pub(super) label: &'static str,
    /// Decks that it runs.
    pub(super) decks: usize,
    pub(super) seconds: f64,
    /// Geometric mean of its time over ours.
    pub(super) ratio: f64,
    /// Decks on which it takes less time than ours.
    pub(super) faster: usize,
    /// Its time over ours where that is least, and where that is.
    pub(super) least: (f64, String),
}

/// Runs them all, the simulators turn by turn.
pub(super) fn race(here: &[Installed], wishes: &Wishes, folder: &Path) -> Option<Small> {
    let decks = crate::conformance::decks().into_iter().filter_map(|deck| {
        let text = fs::read_to_string(&deck).ok()?;
        let name = deck.file_stem()?.to_string_lossy().into_owned();
        let chosen = wishes.decks.is_empty() || wishes.decks.iter().any(|w| name.contains(w));
        let beside = deck.parent()?;
        chosen.then(|| one(here, wishes, (&name, &text), (beside, folder))).flatten()
    });
    let decks: Vec<SmallDeck> = decks.collect();
    let labels = here.iter().map(|found| found.label).collect();
    (!decks.is_empty()).then_some(Small { labels, decks })
}

/// One deck in all simulators; absent where ours or the first rival does not run it, or where it is large.
fn one(
    here: &[Installed],
    wishes: &Wishes,
    (name, text): (&str, &str),
    (beside, folder): (&Path, &Path),
) -> Option<SmallDeck> {
    let jobs = here.iter().map(|found| found.prepare(text, beside, folder, name).ok());
    let mut jobs: Vec<Option<Job>> = jobs.collect();
    let mut times = vec![Vec::new(); jobs.len()];
    let mut nodes = 0;
    for turn in 0..wishes.repeats {
        for (place, (job, times)) in jobs.iter_mut().zip(&mut times).enumerate() {
            match job.as_ref().map(|job| job.run_within(60)) {
                Some(Ok(cost)) => times.push(cost.seconds),
                _ if place < 2 => return None,
                _ => *job = None,
            }
        }
        if turn == 0 {
            nodes = n_nodes(jobs[0].as_ref()?)?;
            if nodes > NODES {
                return None;
            }
        }
    }
    jobs.iter().flatten().for_each(Job::clean);
    let pairs = jobs.iter().zip(&times);
    let seconds = pairs.map(|(job, times)| job.as_ref().map(|_| median(times))).collect();
    Some(SmallDeck { name: name.to_owned(), nodes, seconds })
}

/// The most voltages of nodes that one of a run's plots holds.
fn n_nodes(job: &Job) -> Option<usize> {
    let results = job.results().ok()?;
    let count = |plot: &ovonic_waveforms::Plot| {
        plot.vectors.iter().filter(|vector| vector.name.starts_with("v(")).count()
    };
    results.plots.iter().map(count).max()
}

impl Small {
    /// The simulators, ours first.
    pub(super) fn fared(&self) -> Vec<Fared> {
        let labels = self.labels.iter().enumerate();
        labels.map(|(place, label)| self.fared_at(place, label)).collect()
    }

    fn fared_at(&self, place: usize, label: &'static str) -> Fared {
        let both = self.decks.iter().filter_map(|deck| {
            let (theirs, ours) = (deck.seconds[place]?, deck.seconds[0]?);
            Some((theirs, theirs / ours, &deck.name))
        });
        let both: Vec<(f64, f64, &String)> = both.collect();
        let logs: f64 = both.iter().map(|(_, ratio, _)| ratio.ln()).sum();
        let least = both.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        Fared {
            label,
            decks: both.len(),
            seconds: both.iter().map(|(theirs, ..)| theirs).sum(),
            ratio: (logs / both.len() as f64).exp(),
            faster: both.iter().filter(|(_, ratio, _)| *ratio < 1.0).count(),
            least: least.map_or((f64::NAN, String::new()), |found| (found.1, found.2.clone())),
        }
    }
}
