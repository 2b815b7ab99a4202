//! Circuit simulation with threshold switches and phase-change memory.

pub use ovonic_device as device;
pub use ovonic_devices as devices;
pub use ovonic_netlist as netlist;
pub use ovonic_waveforms as waveforms;
