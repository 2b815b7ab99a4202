//! Every device model, and the list of them.

pub mod ag_selector;
pub mod behavioural;
pub mod bipolar;
pub mod diode;
mod junction;

use ovonic_device::Kind;

/// Every kind of device, in the order in which `help` lists them.
pub const ALL: &[&Kind] = &[
    &behavioural::KIND,
    &diode::KIND,
    &bipolar::KIND,
    &ag_selector::KIND,
];
