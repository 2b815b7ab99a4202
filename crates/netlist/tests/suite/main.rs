//! Tests of the whole front end: text in, tree and diagnostics out.

mod decks;
mod diagnostics;
mod directives;
mod elements;
mod hierarchy;
mod print;
mod properties;
