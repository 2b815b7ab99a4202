//! Progress on standard error, and Ctrl-C.
//!
//! An analysis reports thousands of points a second, so that the clock is looked at for some of them only and the
//! line is drawn a few times a second. Nothing is shown for the first moments: a short run leaves no trace.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ovonic::Progress;

use crate::text::{engineering, grouped};

/// Time before the line appears, and between two drawings of it.
const DELAY: Duration = Duration::from_millis(400);
const INTERVAL: Duration = Duration::from_millis(100);
/// Reports between two looks at the clock.
const STRIDE: u32 = 16;
/// Resolution of the bar.
const TICKS: u64 = 1000;

/// Exit code of a program that a second Ctrl-C ended, by custom 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Whether the user asked to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Catches Ctrl-C: the first one asks the analysis to end at its next point, a second one ends the program.
    pub(crate) fn catch() -> Interrupt {
        let interrupt = Interrupt::default();
        let flag = Arc::clone(&interrupt.0);
        // Without a handler Ctrl-C ends the program at once, and files stay valid as they are written point by point.
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED);
            }
        });
        interrupt
    }

    /// Whether the user asked to stop.
    pub(crate) fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// One line on standard error while an analysis runs.
#[derive(Debug)]
pub(crate) struct ProgressLine {
    shown: bool,
    name: String,
    unit: &'static str,
    began: Instant,
    drawn: Instant,
    skipped: u32,
    bar: Option<ProgressBar>,
}

impl ProgressLine {
    /// A line that is drawn if `shown`.
    pub(crate) fn new(shown: bool) -> ProgressLine {
        let now = Instant::now();
        ProgressLine {
            shown,
            name: String::new(),
            unit: "",
            began: now,
            drawn: now,
            skipped: 0,
            bar: None,
        }
    }

    /// Says which analysis begins (`tran`).
    pub(crate) fn begin(&mut self, analysis: &str) {
        self.clear();
        analysis.clone_into(&mut self.name);
        self.unit = match analysis {
            "tran" => "s",
            "ac" | "noise" => "Hz",
            _ => "",
        };
        self.began = Instant::now();
    }

    /// Takes a report of an analysis, and draws it now and then.
    pub(crate) fn report(&mut self, progress: &Progress) {
        if !self.shown {
            return;
        }
        self.skipped += 1;
        if self.skipped < STRIDE {
            return;
        }
        self.skipped = 0;
        let now = Instant::now();
        let due = now.duration_since(self.drawn) >= INTERVAL;
        if due && now.duration_since(self.began) >= DELAY {
            self.draw(progress, now);
        }
    }

    /// Removes the line.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn draw(&mut self, progress: &Progress, now: Instant) {
        self.drawn = now;
        let bar = self.bar.get_or_insert_with(new_bar);
        bar.set_prefix(self.name.clone());
        let elapsed = now.duration_since(self.began);
        bar.set_message(message(progress, self.unit, elapsed));
        let fraction = progress.fraction.clamp(0.0, 1.0);
        bar.set_position((fraction * TICKS as f64) as u64);
        bar.tick();
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(TICKS), ProgressDrawTarget::stderr());
    // A template that does not parse would be a slip in the text below; the default style is still a progress bar.
    if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:10} {percent:>3} %  {wide_msg}")
    {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

/// What stands behind the bar: position, step, points, effort and the time left.
fn message(progress: &Progress, unit: &str, elapsed: Duration) -> String {
    let mut message = format!(
        "{}={}{unit}/{}{unit}",
        if unit == "s" { "t" } else { "at" },
        engineering(progress.position),
        engineering(progress.end)
    );
    if progress.step > 0.0 {
        message += &format!("  h={}{unit}", engineering(progress.step));
    }
    message += &format!("  steps {}", grouped(progress.accepted));
    if progress.rejected > 0 {
        message += &format!(" (+{} rejected)", grouped(progress.rejected));
    }
    let tried = progress.accepted + progress.rejected;
    if tried > 0 {
        let each = progress.iterations as f64 / tried as f64;
        message += &format!("  NR {each:.1}/step");
    }
    if let Some(left) = time_left(progress.fraction, elapsed) {
        message += &format!("  ETA {left}");
    }
    message
}

/// Minutes and seconds until the end at the present pace; nothing while that is a guess.
fn time_left(fraction: f64, elapsed: Duration) -> Option<String> {
    if !(0.005..=1.0).contains(&fraction) {
        return None;
    }
    let seconds = (elapsed.as_secs_f64() * (1.0 - fraction) / fraction).round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_where_how_and_how_long() {
        let progress = Progress {
            fraction: 0.43,
            position: 430.2e-9,
            end: 1e-6,
            step: 1.3e-12,
            accepted: 12403,
            rejected: 311,
            iterations: 30514,
        };
        assert_eq!(
            message(&progress, "s", Duration::from_millis(5300)),
            "t=430.2ns/1us  h=1.3ps  steps 12,403 (+311 rejected)  NR 2.4/step  ETA 0:07"
        );
    }

    #[test]
    fn no_time_left_is_guessed_from_nothing() {
        assert_eq!(time_left(0.0, Duration::from_secs(9)), None);
        assert_eq!(time_left(f64::NAN, Duration::from_secs(9)), None);
        let half = time_left(0.5, Duration::from_secs(3725));
        assert_eq!(half.as_deref(), Some("1:02:05"));
    }
}
