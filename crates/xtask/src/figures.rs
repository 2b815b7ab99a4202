//! The manual's figures, drawn by the program itself from decks that anyone can run.
//!
//! ```text
//! curves of an analysis:         ovonic run DECK -r RESULTS;         ovonic plot RESULTS --analysis A SIGNALS -o IMAGE
//! measures over what is stepped: ovonic run DECK --measures RESULTS; ovonic plot RESULTS SIGNALS -o IMAGE
//! ```
//!
//! Each line of the list is one image; to add a figure, add a line.

use crate::{Outcome, root};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a figure shows.
enum Shown {
    /// Signals of an analysis (`tran`).
    Analysis(&'static str),
    /// Results of `.meas` cards over the quantity that is stepped.
    Measures,
}

/// One figure of the manual.
struct Figure {
    /// File name below `docs/images`.
    image: &'static str,
    /// Deck below `netlists/examples`.
    deck: &'static str,
    shown: Shown,
    /// Signals or measures, then options of `ovonic plot`.
    arguments: &'static [&'static str],
}

/// All figures that the program draws, by their images.
const ALL: &[Figure] = &[
    Figure {
        image: "snapback-trace.svg",
        deck: "snapback-trace.cir",
        shown: Shown::Analysis("trace"),
        arguments: &["i(b1)", "v(a)"],
    },
    Figure {
        image: "ots-trace.svg",
        deck: "ots-trace.cir",
        shown: Shown::Analysis("trace"),
        arguments: &["i(n1)", "--log-y"],
    },
    Figure {
        image: "ots-threshold-thickness.svg",
        deck: "ots-threshold-thickness.cir",
        shown: Shown::Measures,
        arguments: &["threshold", "hold"],
    },
    Figure {
        image: "ots-threshold-temperature.svg",
        deck: "ots-threshold-temperature.cir",
        shown: Shown::Measures,
        arguments: &["threshold"],
    },
    Figure {
        image: "ots.svg",
        deck: "ots-curve.cir",
        shown: Shown::Analysis("dc"),
        arguments: &["v(h25)", "v(h50)", "v(h100)"],
    },
    Figure {
        image: "vo2.svg",
        deck: "vo2-oscillator.cir",
        shown: Shown::Analysis("tran"),
        arguments: &["v(out)", "@n1[temp]"],
    },
    Figure {
        image: "nbo2.svg",
        deck: "nbo2-oscillator.cir",
        shown: Shown::Analysis("tran"),
        arguments: &["v(out)", "@n1[u]"],
    },
    Figure {
        image: "diffusive.svg",
        deck: "diffusive-pulse.cir",
        shown: Shown::Analysis("tran"),
        arguments: &["@n1[g]", "--log-y"],
    },
    Figure {
        image: "yakopcic.svg",
        deck: "memristor-loop.cir",
        shown: Shown::Analysis("tran"),
        arguments: &["i(v1)", "-x", "v(in)"],
    },
    Figure {
        image: "pcm-staircase.svg",
        deck: "pcm-staircase.cir",
        shown: Shown::Analysis("tran"),
        arguments: &["i(vread)", "@n1[x]"],
    },
    Figure {
        image: "ts-pcm-feedback.svg",
        deck: "ts-pcm-feedback.cir",
        shown: Shown::Analysis("tran"),
        arguments: &["@n1[x]", "i(n1)", "@n1[v_mid]"],
    },
    Figure {
        image: "ts-pcm-retraining.svg",
        deck: "ts-pcm-retraining.cir",
        shown: Shown::Analysis("tran"),
        arguments: &["@n1[x]", "@n1[nuc]"],
    },
    Figure {
        image: "pcm-programming.svg",
        deck: "pcm-programming.cir",
        shown: Shown::Measures,
        arguments: &["read", "--log-y"],
    },
    Figure {
        image: "ts-pcm-threshold.svg",
        deck: "ts-pcm-threshold.cir",
        shown: Shown::Measures,
        arguments: &["threshold"],
    },
    Figure {
        image: "pcm-drift.svg",
        deck: "pcm-drift.cir",
        shown: Shown::Analysis("tran"),
        arguments: &["v(p)", "--log-x", "--log-y"],
    },
];

/// Draws all figures, or those whose image's name contains one of `words`.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let chosen: Vec<&Figure> = ALL
        .iter()
        .filter(|figure| words.is_empty() || words.iter().any(|word| figure.image.contains(word)))
        .collect();
    if chosen.is_empty() {
        let known: Vec<&str> = ALL.iter().map(|figure| figure.image).collect();
        return Err(format!("no such figure; there are {}", known.join(", ")));
    }
    let folder = std::env::temp_dir().join(format!("ovonic-figures-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let drawn = chosen.into_iter().try_for_each(|figure| draw(figure, &folder));
    let _ = fs::remove_dir_all(&folder);
    drawn
}

fn draw(figure: &Figure, folder: &Path) -> Outcome {
    println!("{}", figure.image);
    let deck = root().join("netlists/examples").join(figure.deck);
    let image = root().join("docs/images").join(figure.image);
    let results = folder.join("results.raw");
    let (deck, image, results) = (text(&deck)?, text(&image)?, text(&results)?);
    let option = match figure.shown {
        Shown::Analysis(_) => "--raw",
        Shown::Measures => "--measures",
    };
    ovonic(&["run", "--quiet", &deck, option, &results])?;
    let mut arguments = vec!["plot", &results, "--output", &image];
    if let Shown::Analysis(name) = figure.shown {
        arguments.extend(["--analysis", name]);
    }
    arguments.extend(figure.arguments);
    ovonic(&arguments)
}

fn text(path: &Path) -> Result<String, String> {
    path.to_str().map(str::to_owned).ok_or_else(|| format!("{}: not UTF-8", path.display()))
}

/// Runs the program of this workspace.
fn ovonic(arguments: &[&str]) -> Outcome {
    let output = Command::new("cargo")
        .args(["run", "--quiet", "--package", "ovonic-cli", "--"])
        .args(arguments)
        .current_dir(root())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("ovonic {}: {}", arguments.join(" "), said.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_has_a_deck_and_an_image_of_its_own() {
        for (index, figure) in ALL.iter().enumerate() {
            let deck = root().join("netlists/examples").join(figure.deck);
            assert!(deck.is_file(), "{}", figure.deck);
            let image = root().join("docs/images").join(figure.image);
            assert!(image.is_file(), "{} has not been drawn", figure.image);
            assert!(ALL[..index].iter().all(|other| other.image != figure.image));
        }
    }
}
