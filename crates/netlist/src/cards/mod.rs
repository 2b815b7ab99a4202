//! Cards: one function per shape of card, all reading from a [`Cursor`](crate::cursor::Cursor).
//!
//! A function that gives `None` has reported why.

mod analysis;
mod controlled;
mod directive;
mod element;
mod output;
mod parameter;
mod waveform;

pub(crate) use directive::{Directive, directive, is_directive};
pub(crate) use element::element;
