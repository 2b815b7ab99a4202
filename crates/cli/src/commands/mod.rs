//! One file per command.

pub(crate) mod check;
pub(crate) mod crossbar;
pub(crate) mod devices;
pub(crate) mod explain;
pub(crate) mod fit;
pub(crate) mod help;
pub(crate) mod ngspice;
pub(crate) mod plot;
pub(crate) mod run;
