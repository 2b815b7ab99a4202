//! Ovonic: circuit simulation with threshold switches and phase-change memory.
//!
//! The façade: read a netlist, understand it, run what it asks for. Everything that a program needs of the crates below
//! is re-exported here; nothing here prints, reads the environment or keeps a global.

mod calibration;
mod control;
mod design;
mod elaborate;
mod error;
mod formula;
mod fourier;
mod measure;
mod outputs;
mod plain;
mod retraining;
mod run;
mod session;
mod topology;
mod vary;

pub use calibration::{
    CalibrationError, Deck, DeckExperiment, ExperimentOptions, ExperimentTarget, FeatureCheck,
    FitPlan, Mode, PlanCheck, PlanData, PlanError, PlanObjective, PlanParameter, PlanTarget,
    PlanVariation, PreparedFit, Sweeping,
};
pub use control::{ControlHost, ControlReport};
pub use elaborate::{
    NoiseTask, Options, Planned, PoleZeroTask, Range, SensitivityTask, Sweep, SweepTarget, Task,
    TraceTask, TransferTask, TransientTask,
};
pub use error::Error;
pub use fourier::Spectrum;
pub use measure::{MeasureError, Measured, Measurement};
pub use ovonic_analysis::{
    Attempt, DcJump, Method, Progress, SpecialKind, SpecialPoint, TraceEnd, TraceOptions,
    TraceReport, TransientStatistics,
};
pub use ovonic_devices::ALL as DEVICES;
pub use ovonic_numerics::sparse::Engine;
pub use retraining::{Phase, Retraining, Snapshot};
pub use run::{
    AnalysisReport, Observer, Recording, RunOptions, RunReport, SpecialNamed, TraceSummary,
};
pub use session::{LoadOptions, Numerics, Picture, Simulation};

pub use ovonic_calibrate as calibrate;
pub use ovonic_circuit as circuit;
pub use ovonic_crossbar as crossbar;
pub use ovonic_device as device;
pub use ovonic_devices as devices;
pub use ovonic_netlist as netlist;
pub use ovonic_waveforms as waveforms;
