//! Progress of a fit on one line, Ctrl-C, and the file that a fit goes on from.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ovonic::calibrate::{FitObserver, Progress, StartReport};

use crate::progress::Interrupt;

const INTERVAL: Duration = Duration::from_millis(100);

/// Watches a fit from all its threads.
pub(super) struct Watch {
    interrupt: Interrupt,
    state: Option<PathBuf>,
    inner: Mutex<Inner>,
}

struct Inner {
    bar: Option<ProgressBar>,
    drawn: Instant,
    best: Vec<f64>,
    ended: Vec<StartReport>,
}

impl Watch {
    pub(super) fn new(
        shown: bool,
        starts: usize,
        state: Option<PathBuf>,
        finished: &[StartReport],
    ) -> Watch {
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
            state,
            inner: Mutex::new(Inner {
                bar,
                drawn: Instant::now(),
                best: vec![f64::INFINITY; starts.max(1)],
                ended: finished.to_vec(),
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
                inner.best[*start] = *best;
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
                inner.ended.push((*report).clone());
                if let Some(path) = &self.state
                    && let Ok(text) = serde_json::to_vec_pretty(&inner.ended)
                {
                    // The fit itself does not depend on it; what cannot be kept is computed again.
                    let _ = std::fs::write(path, text);
                }
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        self.interrupt.requested()
    }
}
