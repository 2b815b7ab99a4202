//! What a deck needs to become an experiment: where it comes from, how it is run, what drives it, what is observed.

use super::CalibrationError;
use super::stimulus::Sweeping;
use crate::error::Error;
use crate::session::{LoadOptions, Simulation};
use ovonic_calibrate::{Role, Trace};
use ovonic_circuit::InstanceId;
use ovonic_device::Class;
use ovonic_devices::sources::SourceParams;
use ovonic_netlist::{DiskLoader, Loader};
use std::path::Path;
use std::sync::Arc;

/// A netlist that can be read as often as there are threads.
#[derive(Clone)]
pub struct Deck(Arc<dyn Fn() -> Result<Simulation, Error> + Send + Sync>);

impl Deck {
    /// A netlist in a file.
    pub fn from_file(path: impl AsRef<Path>, options: &LoadOptions) -> Deck {
        Deck::from_file_with(path, Arc::new(DiskLoader), options)
    }

    /// A netlist that comes through a loader.
    pub fn from_file_with(
        path: impl AsRef<Path>,
        loader: Arc<dyn Loader + Send + Sync>,
        options: &LoadOptions,
    ) -> Deck {
        let (path, options) = (path.as_ref().to_owned(), options.clone());
        Deck(Arc::new(move || Simulation::from_file_with(&path, &*loader, &options)))
    }

    /// A netlist in memory; files that it includes are read from disk.
    pub fn from_text(text: &str, options: &LoadOptions) -> Deck {
        let (text, options) = (text.to_owned(), options.clone());
        Deck(Arc::new(move || Simulation::from_text_with("netlist", &text, &DiskLoader, &options)))
    }

    /// Reads it.
    ///
    /// # Errors
    /// When it is no circuit.
    pub fn read(&self) -> Result<Simulation, Error> {
        (self.0)()
    }
}

/// How a deck is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As the data have it: ac over a frequency, tran over time or where the circuit has a memory, otherwise dc.
    #[default]
    Auto,
    /// Operating points.
    Dc,
    /// Transient.
    Transient,
    /// Small signals.
    Ac,
}

/// How a deck becomes an experiment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExperimentOptions {
    /// How it is run.
    pub mode: Mode,
    /// The source that the measured drive is given to; the deck's only voltage source if absent.
    pub drive: Option<String>,
    /// What is observed, as on an output card; for a current that which the drive delivers if absent.
    pub observe: Option<String>,
    /// How fast a sweep without a time column was.
    pub sweeping: Option<Sweeping>,
    /// For a trace over pulses: when the first is read and the time from read to read, s.
    pub pulses: Option<(f64, f64)>,
    /// Largest time step, s; that of the `.tran` card, or the distance of the points, if absent.
    pub max_step: Option<f64>,
}

/// A parameter of the experiment: names in the deck, each with a factor on the value, that move together.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentTarget {
    /// Name, as messages show it.
    pub name: String,
    /// Names in the deck and factors.
    pub members: Vec<(String, f64)>,
    /// Values that it will take, for a check ahead and as its magnitude.
    pub range: (f64, f64),
}

impl ExperimentTarget {
    /// A parameter that is called as in the deck.
    pub fn new(name: impl Into<String>, low: f64, high: f64) -> ExperimentTarget {
        let name = name.into();
        ExperimentTarget { members: vec![(name.clone(), 1.0)], name, range: (low, high) }
    }
}

pub(super) fn choose(simulation: &Simulation, trace: &Trace, options: &ExperimentOptions) -> Mode {
    let circuit = simulation.circuit();
    let remembers = circuit.instances().any(|(_, spec)| spec.kind.class == Class::Memory);
    if trace.frequency.is_some() {
        Mode::Ac
    } else if trace.time.is_some()
        || trace.pulse.is_some()
        || options.sweeping.is_some()
        || remembers
    {
        Mode::Transient
    } else {
        Mode::Dc
    }
}

/// The source that takes the measured drive.
pub(super) fn find_drive(
    simulation: &Simulation,
    name: Option<&str>,
    is_needed: bool,
) -> Result<Option<InstanceId>, CalibrationError> {
    let circuit = simulation.circuit();
    let is_source =
        |id: InstanceId| circuit.spec(id).params.as_any().downcast_ref::<SourceParams>().is_some();
    if let Some(name) = name {
        let found = circuit.find_instance(&name.to_lowercase()).filter(|&id| is_source(id));
        return match found {
            Some(id) => Ok(Some(id)),
            None => Err(CalibrationError::Drive(format!(
                "the deck has no independent source \"{name}\" for the measured drive"
            ))),
        };
    }
    let sources = circuit.instances().filter(|(_, spec)| spec.kind.letter == Some('v'));
    let sources: Vec<(InstanceId, &str)> =
        sources.map(|(id, spec)| (id, spec.name.as_str())).collect();
    match sources[..] {
        [(id, _)] => Ok(Some(id)),
        _ if !is_needed => Ok(None),
        [] => Err(CalibrationError::Drive(
            "the deck has no voltage source for the measured drive".to_owned(),
        )),
        _ => {
            let names: Vec<&str> = sources.iter().map(|(_, name)| *name).collect();
            Err(CalibrationError::Drive(format!(
                "the deck has several voltage sources ({}): say which takes the measured drive",
                names.join(", ")
            )))
        }
    }
}

/// What is observed, if the user does not say.
pub(super) fn observable_text(
    simulation: &Simulation,
    role: Role,
    drive: Option<InstanceId>,
    given: Option<&str>,
) -> Result<String, CalibrationError> {
    if let Some(text) = given {
        // One formula may have blanks.
        return Ok(text.split_whitespace().collect());
    }
    let name = drive.map(|id| simulation.circuit().spec(id).name.clone());
    match (role, name) {
        (Role::Current, Some(name)) => Ok(format!("-i({name})")),
        _ => Err(CalibrationError::Drive(format!(
            "say what the measured {role} is in the deck, such as v(out) or -i(v1)"
        ))),
    }
}
