//! Every device model, and the list of them.

pub mod behavioural;

use ovonic_device::Kind;

/// Every kind of device, in the order in which `help` lists them.
pub const ALL: &[&Kind] = &[&behavioural::KIND];
