//! Traces: what an experiment has to predict, point by point.
//!
//! Points that do not count (another branch, a saturated range, decimation, a missing value) keep their place with
//! weight zero: the drive at them is still part of what the device has been through.

use super::branch::{Branch, directions};
use super::file::DataFile;
use super::mapping::{Assignment, Mapping, Role};
use crate::DataError;
use ovonic_waveforms::largest_triangle_indices;

/// What a measured value says about the true one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Censoring {
    /// It is the true one, up to noise.
    #[default]
    None,
    /// The true magnitude is at least this: the instrument's compliance was reached.
    AtLeast,
    /// The true magnitude is at most this, the floor that the value drowned in.
    AtMost,
}

impl Censoring {
    /// Whether a prediction does not contradict what was measured; never for a value that is not censored.
    pub(crate) fn agrees(self, measured: f64, predicted: f64) -> bool {
        match self {
            Censoring::None => false,
            Censoring::AtLeast => predicted.abs() >= measured.abs(),
            Censoring::AtMost => predicted.abs() <= measured.abs(),
        }
    }
}

/// One measured curve, in SI units. All vectors have one length.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Name: the column, and the value in the column that tells traces apart.
    pub name: String,
    /// The file that it comes from.
    pub file: String,
    /// Line of each point in the file.
    pub lines: Vec<usize>,
    /// Time, s.
    pub time: Option<Vec<f64>>,
    /// Drive voltage, V.
    pub drive: Option<Vec<f64>>,
    /// Frequency, Hz.
    pub frequency: Option<Vec<f64>>,
    /// Number of the pulse.
    pub pulse: Option<Vec<f64>>,
    /// What the response is.
    pub role: Role,
    /// The measured response.
    pub response: Vec<f64>,
    /// Weights; zero for a point that does not count.
    pub weights: Vec<f64>,
    /// What each value says.
    pub censoring: Vec<Censoring>,
}

impl Trace {
    /// Number of points, those that do not count included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.response.len()
    }

    /// Whether there is no point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.response.is_empty()
    }

    /// Number of points that count.
    #[must_use]
    pub fn n_used(&self) -> usize {
        self.weights.iter().filter(|weight| **weight > 0.0).count()
    }

    /// What the response is plotted over: drive, frequency, pulse number or time, whichever there is first.
    #[must_use]
    pub fn abscissa(&self) -> (Role, &[f64]) {
        let candidates = [
            (Role::Drive, &self.drive),
            (Role::Frequency, &self.frequency),
            (Role::Pulse, &self.pulse),
            (Role::Time, &self.time),
        ];
        let found = candidates
            .into_iter()
            .find_map(|(role, values)| values.as_ref().map(|values| (role, values.as_slice())));
        found.unwrap_or((Role::Time, &[]))
    }

    /// Root mean square of the response over the points that count.
    #[must_use]
    pub fn rms(&self) -> f64 {
        let counted = self.response.iter().zip(&self.weights).filter(|(_, weight)| **weight > 0.0);
        let sum: f64 = counted.map(|(value, _)| value * value).sum();
        (sum / self.n_used().max(1) as f64).sqrt()
    }
}

/// Points that count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Branches of the sweep; all if there is none.
    pub branches: Vec<Branch>,
    /// Abscissa ranges in which the instrument was saturated.
    pub saturated: Vec<(f64, f64)>,
    /// Whether rows with a missing value are left out instead of being an error.
    pub skip_missing: bool,
    /// At most so many points of each trace count.
    pub max_points: Option<usize>,
}

/// What is done with the numbers of a file before they are fitted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preparation {
    /// Points that count.
    pub selection: Selection,
    /// Compliance: at responses of this magnitude (within 2 %) the true one may be larger.
    pub compliance: Option<f64>,
    /// Noise floor: responses of a smaller magnitude say only that the true one is small.
    pub floor: Option<f64>,
}

/// The traces of a file.
///
/// # Errors
/// When a column that the mapping names does not exist.
pub fn traces(
    file: &DataFile,
    mapping: &Mapping,
    preparation: &Preparation,
) -> Result<Vec<Trace>, DataError> {
    let column = |role: Role| -> Result<Option<Vec<f64>>, DataError> {
        let Some(part) = mapping.find(role) else { return Ok(None) };
        let index = file.find(&part.column)?[0];
        Ok(Some(scaled(&file.columns[index], part)))
    };
    let shared = Shared {
        time: column(Role::Time)?,
        drive: column(Role::Drive)?,
        frequency: column(Role::Frequency)?,
        pulse: column(Role::Pulse)?,
        weight: column(Role::Weight)?,
        branch: column(Role::Branch)?,
    };
    let groups = groups(column(Role::Trace)?, file.lines.len());
    let mut traces = Vec::new();
    for part in mapping.parts.iter().filter(|part| part.role.is_response()) {
        for index in file.find(&part.column)? {
            let response = scaled(&file.columns[index], part);
            for (label, rows) in &groups {
                let name = format!("{}{label}", file.names[index]);
                let mut trace = shared.trace(file, name, part.role, &response, rows);
                select(&mut trace, &shared.directions(rows), preparation);
                traces.push(trace);
            }
        }
    }
    Ok(traces)
}

fn scaled(values: &[f64], part: &Assignment) -> Vec<f64> {
    values.iter().map(|value| value * part.factor).collect()
}

/// Rows of each trace, in the order in which traces appear, with a label.
fn groups(labels: Option<Vec<f64>>, rows: usize) -> Vec<(String, Vec<usize>)> {
    let Some(labels) = labels else {
        return vec![(String::new(), (0..rows).collect())];
    };
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (row, label) in labels.iter().enumerate() {
        let label = format!("[{label}]");
        match groups.iter_mut().find(|(known, _)| *known == label) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((label, vec![row])),
        }
    }
    groups
}

/// Columns that all traces of a file have in common.
struct Shared {
    time: Option<Vec<f64>>,
    drive: Option<Vec<f64>>,
    frequency: Option<Vec<f64>>,
    pulse: Option<Vec<f64>>,
    weight: Option<Vec<f64>>,
    branch: Option<Vec<f64>>,
}

impl Shared {
    fn trace(
        &self,
        file: &DataFile,
        name: String,
        role: Role,
        response: &[f64],
        rows: &[usize],
    ) -> Trace {
        let pick = |values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        let picked = |values: &Option<Vec<f64>>| values.as_ref().map(|values| pick(values));
        Trace {
            name,
            file: file.name.clone(),
            lines: rows.iter().map(|&row| file.lines[row]).collect(),
            time: picked(&self.time),
            drive: picked(&self.drive),
            frequency: picked(&self.frequency),
            pulse: picked(&self.pulse),
            role,
            response: pick(response),
            weights: picked(&self.weight).unwrap_or_else(|| vec![1.0; rows.len()]),
            censoring: vec![Censoring::None; rows.len()],
        }
    }

    /// Directions as the file gives them, or as the drive shows them.
    fn directions(&self, rows: &[usize]) -> Vec<i8> {
        let pick = |values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        match (&self.branch, &self.drive) {
            (Some(given), _) => {
                pick(given).into_iter().map(|d| if d < 0.0 { -1 } else { 1 }).collect()
            }
            (None, Some(drive)) => directions(&pick(drive)),
            (None, None) => vec![1; rows.len()],
        }
    }
}

fn select(trace: &mut Trace, directions: &[i8], preparation: &Preparation) {
    let Preparation { selection, compliance, floor } = preparation;
    let abscissa = trace.abscissa().1.to_vec();
    for index in 0..trace.len() {
        let magnitude = trace.response[index].abs();
        if compliance.is_some_and(|limit| magnitude >= 0.98 * limit) {
            trace.censoring[index] = Censoring::AtLeast;
        } else if let Some(floor) = floor.filter(|floor| magnitude <= *floor) {
            trace.censoring[index] = Censoring::AtMost;
            trace.response[index] = floor.copysign(trace.response[index]);
        }
        let at = abscissa.get(index).copied().unwrap_or(0.0);
        let drive = trace.drive.as_ref().map_or(0.0, |drive| drive[index]);
        let branches = &selection.branches;
        let on_branch =
            branches.is_empty() || branches.iter().any(|b| b.holds(drive, directions[index]));
        let saturated = selection.saturated.iter().any(|(low, high)| (*low..=*high).contains(&at));
        let missing = selection.skip_missing && !(at.is_finite() && magnitude.is_finite());
        if !on_branch || saturated || missing {
            trace.weights[index] = 0.0;
        }
    }
    if let Some(count) = selection.max_points {
        decimate(trace, count);
    }
}

/// Lets the points that resemble the shape of the curve best count, and no others.
fn decimate(trace: &mut Trace, count: usize) {
    let used: Vec<usize> = (0..trace.len()).filter(|&i| trace.weights[i] > 0.0).collect();
    if used.len() <= count {
        return;
    }
    // Over the number of the point: a loop turns back, and its drive is no abscissa.
    let x: Vec<f64> = (0..used.len()).map(|k| k as f64).collect();
    let y: Vec<f64> = used.iter().map(|&index| trace.response[index]).collect();
    let kept = largest_triangle_indices(&x, &y, count.max(2));
    let mut weights = vec![0.0; trace.len()];
    for index in kept {
        weights[used[index]] = trace.weights[used[index]];
    }
    trace.weights = weights;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, mapping: &str, preparation: &Preparation) -> Vec<Trace> {
        let file = DataFile::from_text("a.csv", text).unwrap();
        traces(&file, &Mapping::parse(mapping).unwrap(), preparation).unwrap()
    }

    #[test]
    fn several_columns_are_several_traces() {
        let text = "v,i_1,i_2\n0,1,2\n1,3,4\n";
        let traces = load(text, "V=v:mV I=i_*:uA", &Preparation::default());
        assert_eq!(traces.len(), 2);
        assert_eq!(traces[1].name, "i_2");
        assert_eq!(traces[1].response, [2e-6, 4e-6]);
        assert_eq!(traces[0].drive, Some(vec![0.0, 1e-3]));
        assert_eq!(traces[0].lines, [2, 3]);
    }

    #[test]
    fn a_column_tells_traces_apart() {
        let text = "v,i,c\n0,1,1\n1,2,1\n0,3,2\n1,4,2\n";
        let traces = load(text, "V=v I=i trace=c", &Preparation::default());
        assert_eq!(traces.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["i[1]", "i[2]"]);
        assert_eq!(traces[1].response, [3.0, 4.0]);
        assert_eq!(traces[1].lines, [4, 5]);
    }

    #[test]
    fn censoring_branches_and_saturation() {
        let text = "v,i\n0,1e-12\n1,5e-5\n2,1e-4\n1,9e-5\n0,0\n";
        let preparation = Preparation {
            compliance: Some(1e-4),
            floor: Some(1e-11),
            selection: Selection {
                branches: vec![Branch::Up],
                saturated: vec![(0.9, 1.1)],
                ..Selection::default()
            },
        };
        let trace = &load(text, "V=v I=i", &preparation)[0];
        use Censoring::{AtLeast, AtMost, None};
        assert_eq!(trace.censoring, [AtMost, None, AtLeast, None, AtMost]);
        assert_eq!(trace.weights, [1.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(trace.response[0], 1e-11);
    }

    #[test]
    fn decimation_keeps_the_drive() {
        let rows: String = (0..100).map(|k| format!("{k},{}\n", (k as f64 * 0.1).sin())).collect();
        let selection = Selection { max_points: Some(10), ..Selection::default() };
        let preparation = Preparation { selection, ..Preparation::default() };
        let trace = &load(&rows, "V=1 I=2", &preparation)[0];
        assert_eq!((trace.len(), trace.n_used()), (100, 10));
    }
}
