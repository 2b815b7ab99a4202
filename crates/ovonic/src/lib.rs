//! Circuit simulation with threshold switches and phase-change memory.
