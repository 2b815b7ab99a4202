//! The file that a fit goes on from: its finished starts, with what tells the fit from another.

use std::fs;
use std::path::{Path, PathBuf};

use ovonic::PreparedFit;
use ovonic::calibrate::StartReport;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// What stands in the file.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// What starts depend on. Another fit's starts would be taken for this one's.
    fit: String,
    starts: Vec<StartReport>,
}

/// Finished starts and where they are kept.
pub(super) struct State {
    path: PathBuf,
    kept: Kept,
}

impl State {
    /// The starts that a file has, or an empty list where there is no file yet.
    pub(super) fn open(path: &Path, prepared: &PreparedFit) -> Result<State, Failure> {
        let fit = prepared.fingerprint();
        let mut kept = Kept { fit, starts: Vec::new() };
        if path.exists() {
            let text = fs::read_to_string(path).map_err(|error| Failure::read(path, error))?;
            let found: Kept = serde_json::from_str(&text)
                .map_err(|error| Failure::Fit(format!("\"{}\": {error}", path.display())))?;
            if found.fit != kept.fit {
                return Err(Failure::Fit(format!(
                    "\"{}\" belongs to another fit: parameters, bounds, data, objectives, deck or seed differ; remove it \
                     to begin anew",
                    path.display()
                )));
            }
            kept = found;
        }
        Ok(State { path: path.to_owned(), kept })
    }

    pub(super) fn starts(&self) -> &[StartReport] {
        &self.kept.starts
    }

    /// Keeps a start.
    pub(super) fn keep(&mut self, start: &StartReport) {
        self.kept.starts.push(start.clone());
        // Written beside and renamed, so that what is there is whole. The fit itself does not depend on it; what cannot be
        // kept is computed again.
        if let Ok(text) = serde_json::to_vec_pretty(&self.kept) {
            let beside = self.path.with_extension("part");
            let _ = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &self.path));
        }
    }
}
