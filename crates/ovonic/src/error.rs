//! The one error of the façade: opaque, with predicates.

use ovonic_analysis::{ConvergenceError, DcError, SmallSignalError, TraceError, TransientError};
use ovonic_netlist::{Diagnostic, Severity, SourceMap};
use ovonic_waveforms::WaveformError;
use std::fmt;
use std::sync::Arc;

/// What can go wrong between a netlist and its results.
///
/// Ask it what it is with [`Error::is_netlist`] and its siblings; print it with `Display`.
#[derive(Debug)]
pub struct Error(Box<Cause>);

#[derive(Debug)]
enum Cause {
    Netlist { diagnostics: Vec<Diagnostic>, sources: Arc<SourceMap> },
    Convergence { analysis: &'static str, error: ConvergenceError },
    SmallSignal { analysis: &'static str, error: SmallSignalError },
    Transient(TransientError),
    Dc(DcError),
    Trace(TraceError),
    Output(WaveformError),
    UnknownParameter { name: String, candidate: Option<String> },
    NoSuchAnalysis { index: usize, count: usize },
    NoSuchStep { index: usize, count: usize },
}

impl Error {
    pub(crate) fn netlist(diagnostics: Vec<Diagnostic>, sources: Arc<SourceMap>) -> Self {
        Error(Box::new(Cause::Netlist { diagnostics, sources }))
    }

    pub(crate) fn convergence(analysis: &'static str, error: ConvergenceError) -> Self {
        Error(Box::new(Cause::Convergence { analysis, error }))
    }

    pub(crate) fn small_signal(analysis: &'static str, error: SmallSignalError) -> Self {
        match error {
            SmallSignalError::Record(error) => Error::from(error),
            error => Error(Box::new(Cause::SmallSignal { analysis, error })),
        }
    }

    pub(crate) fn unknown_parameter(name: &str, candidate: Option<&str>) -> Self {
        Error(Box::new(Cause::UnknownParameter {
            name: name.to_owned(),
            candidate: candidate.map(str::to_owned),
        }))
    }

    pub(crate) fn no_such_analysis(index: usize, count: usize) -> Self {
        Error(Box::new(Cause::NoSuchAnalysis { index, count }))
    }

    pub(crate) fn no_such_step(index: usize, count: usize) -> Self {
        Error(Box::new(Cause::NoSuchStep { index, count }))
    }

    /// Whether the netlist is at fault: [`Error::diagnostics`] says how.
    #[must_use]
    pub fn is_netlist(&self) -> bool {
        matches!(*self.0, Cause::Netlist { .. })
    }

    /// Whether an analysis found no solution.
    #[must_use]
    pub fn is_convergence(&self) -> bool {
        match &*self.0 {
            Cause::Convergence { .. } => true,
            Cause::SmallSignal { error, .. } => matches!(
                error,
                SmallSignalError::Setup(_)
                    | SmallSignalError::Linear { .. }
                    | SmallSignalError::Condensation { .. }
            ),
            Cause::Transient(error) => matches!(error, TransientError::Convergence(_)),
            Cause::Dc(error) => matches!(error, DcError::Convergence { .. }),
            Cause::Trace(error) => {
                matches!(error, TraceError::Start { .. } | TraceError::Lost { .. })
            }
            _ => false,
        }
    }

    /// Whether results could not be written.
    #[must_use]
    pub fn is_output(&self) -> bool {
        match &*self.0 {
            Cause::Output(_) => true,
            Cause::Transient(error) => matches!(error, TransientError::Record(_)),
            _ => false,
        }
    }

    /// What is wrong with the netlist; empty for other errors.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match &*self.0 {
            Cause::Netlist { diagnostics, .. } => diagnostics,
            _ => &[],
        }
    }

    /// The files that the diagnostics point into; absent for other errors.
    #[must_use]
    pub fn sources(&self) -> Option<&SourceMap> {
        match &*self.0 {
            Cause::Netlist { sources, .. } => Some(sources),
            _ => None,
        }
    }
}

impl From<WaveformError> for Error {
    fn from(error: WaveformError) -> Self {
        Error(Box::new(Cause::Output(error)))
    }
}

impl From<TransientError> for Error {
    fn from(error: TransientError) -> Self {
        Error(Box::new(match error {
            TransientError::Record(error) => Cause::Output(error),
            error => Cause::Transient(error),
        }))
    }
}

impl From<DcError> for Error {
    fn from(error: DcError) -> Self {
        match error {
            DcError::Record(error) => Error::from(error),
            DcError::Variable { value, error } => match error.downcast::<Error>() {
                // A value that makes no circuit is a matter of the netlist.
                Ok(error) => *error,
                Err(error) => Error(Box::new(Cause::Dc(DcError::Variable { value, error }))),
            },
            error => Error(Box::new(Cause::Dc(error))),
        }
    }
}

impl From<TraceError> for Error {
    fn from(error: TraceError) -> Self {
        match error {
            TraceError::Record(error) => Error::from(error),
            TraceError::Variable { value, error } => match error.downcast::<Error>() {
                // A value that makes no circuit is a matter of the netlist.
                Ok(error) => *error,
                Err(error) => Error(Box::new(Cause::Trace(TraceError::Variable { value, error }))),
            },
            error => Error(Box::new(Cause::Trace(error))),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Netlist { diagnostics, sources } => {
                let errors =
                    diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
                let mut first = true;
                for diagnostic in errors {
                    if !first {
                        f.write_str("\n")?;
                    }
                    first = false;
                    f.write_str(diagnostic.render(sources).trim_end())?;
                }
                Ok(())
            }
            Cause::Convergence { analysis, error } => write!(f, "{analysis}: {error}"),
            Cause::SmallSignal { analysis, error } => write!(f, "{analysis}: {error}"),
            Cause::Transient(error) => write!(f, "tran: {error}"),
            Cause::Dc(error) => write!(f, "dc: {error}"),
            Cause::Trace(error) => write!(f, "trace: {error}"),
            Cause::Output(error) => error.fmt(f),
            Cause::UnknownParameter { name, candidate } => {
                write!(f, "the netlist has no parameter \"{name}\"")?;
                match candidate {
                    Some(candidate) => write!(f, "; did you mean \"{candidate}\"?"),
                    None => Ok(()),
                }
            }
            Cause::NoSuchStep { index, count } => {
                write!(f, "the netlist has {count} steps, none with index {index}")
            }
            Cause::NoSuchAnalysis { index, count } => {
                write!(f, "the netlist has {count} analyses, none with index {index}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Cause::Convergence { error, .. } => Some(error),
            Cause::SmallSignal { error, .. } => Some(error),
            Cause::Transient(error) => Some(error),
            Cause::Dc(error) => Some(error),
            Cause::Trace(error) => Some(error),
            Cause::Output(error) => Some(error),
            _ => None,
        }
    }
}
