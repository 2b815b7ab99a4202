//! Every device model, and the list of them.

pub mod ag_diffusive;
pub mod ag_selector;
pub mod amorphous;
pub mod behavioural;
pub mod bipolar;
pub mod capacitor;
pub mod controlled;
pub mod coupling;
mod cycle;
pub mod diode;
mod geometry;
pub mod inductor;
pub mod jfet;
mod junction;
pub mod line;
pub mod memristor;
pub mod mosfet1;
pub mod nbo2;
pub mod ots;
pub mod pcm;
pub mod resistor;
pub mod sources;
pub mod switches;
pub mod ts_pcm;
pub mod vo2;
pub mod waveform;

use ovonic_device::Kind;

/// Every kind of device, in the order in which `help` lists them.
pub const ALL: &[&Kind] = &[
    &resistor::KIND,
    &capacitor::KIND,
    &inductor::KIND,
    &coupling::KIND,
    &sources::VOLTAGE_SOURCE,
    &sources::CURRENT_SOURCE,
    &controlled::VOLTAGE_BY_VOLTAGE,
    &controlled::CURRENT_BY_VOLTAGE,
    &controlled::CURRENT_BY_CURRENT,
    &controlled::VOLTAGE_BY_CURRENT,
    &switches::VOLTAGE_SWITCH,
    &switches::CURRENT_SWITCH,
    &line::KIND,
    &behavioural::KIND,
    &diode::KIND,
    &bipolar::KIND,
    &jfet::KIND,
    &mosfet1::KIND,
    &ag_selector::KIND,
    &ots::KIND,
    &pcm::KIND,
    &ag_diffusive::KIND,
    &vo2::KIND,
    &nbo2::KIND,
    &memristor::hp::KIND,
    &memristor::team::TEAM,
    &memristor::team::VTEAM,
    &memristor::yakopcic::KIND,
    &memristor::stanford::KIND,
    &memristor::sky130::KIND,
    &memristor::knowm::KIND,
    &ts_pcm::KIND,
];
