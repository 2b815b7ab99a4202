//! Every device model, and the list of them.
