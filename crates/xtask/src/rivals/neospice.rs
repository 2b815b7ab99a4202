//! neospice through its Python package: a driver that runs each analysis of a deck and writes one raw file.

/// Prints the version of the package, and fails where there is none.
pub(super) const VERSION: &str = "import neospice; print(neospice.__version__)";

/// `driver.py deck.cir out.raw`. The package runs one analysis a deck, so the driver hands it the deck once for each.
pub(super) const DRIVER: &str = include_str!("neospice_driver.py");
