//! Progress of a fit on one line, Ctrl-C, and the file that a fit goes on from.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ovonic::calibrate::{FitObserver, Progress};

use super::resume::State;
use crate::progress::Interrupt;

const INTERVAL: Duration = Duration::from_millis(100);

/// Watches a fit from all its threads.
pub(super) struct Watch {
    interrupt: Interrupt,
    inner: Mutex<Inner>,
}

struct Inner {
    bar: Option<ProgressBar>,
    drawn: Instant,
    best: Vec<f64>,
    state: Option<State>,
}

impl Watch {
    pub(super) fn new(shown: bool, starts: usize, state: Option<State>) -> Watch {
        let bar = shown.then(|| {
            let bar =
                ProgressBar::with_draw_target(Some(starts as u64), ProgressDrawTarget::stderr());
            if let Ok(style) =
                ProgressStyle::with_template("fit {bar:20} {pos}/{len} starts  {msg}")
            {
                bar.set_style(style);
            }
            bar
        });
        Watch {
            interrupt: Interrupt::catch(),
            inner: Mutex::new(Inner {
                bar,
                drawn: Instant::now(),
                best: vec![f64::INFINITY; starts.max(1)],
                state,
            }),
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if let Ok(inner) = self.inner.lock()
            && let Some(bar) = &inner.bar
        {
            bar.finish_and_clear();
        }
    }
}

impl FitObserver for Watch {
    fn progress(&self, progress: &Progress<'_>) {
        let Ok(mut inner) = self.inner.lock() else { return };
        match progress {
            Progress::Evaluated { start, best, evaluations } => {
                if let Some(known) = inner.best.get_mut(*start) {
                    *known = *best;
                }
                if inner.drawn.elapsed() < INTERVAL {
                    return;
                }
                inner.drawn = Instant::now();
                let best = inner.best.iter().copied().fold(f64::INFINITY, f64::min);
                if let Some(bar) = &inner.bar {
                    bar.set_message(format!("best {:.4e}  {evaluations} runs", best.sqrt()));
                }
            }
            Progress::Ended(report) => {
                if let Some(bar) = &inner.bar {
                    bar.inc(1);
                }
                // A start that was interrupted is run again.
                if self.interrupt.requested() {
                    return;
                }
                if let Some(state) = &mut inner.state {
                    state.keep(report);
                }
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        self.interrupt.requested()
    }
}
