//! The derive macro behind device parameters.
