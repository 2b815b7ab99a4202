//! Expressions over unknowns, with exact derivatives.
//!
//! A formula that a user wrote becomes a tape: operations in an order in which each uses only earlier ones. It is
//! evaluated forwards for the value and backwards for the whole gradient, at a cost that does not grow with
//! the number of unknowns. Constants are folded while the tape is built, so a formula without unknowns *is* a
//! number, and whatever makes that number infinite is reported there.
//!
//! Two readings of one operation exist on purpose:
//!
//! - **strict** ([`Unary::apply`], [`Binary::apply`]) for constants: `1/0`, `sqrt(-1)` and `exp(1000)` are errors;
//! - **guarded** ([`Unary::differential`], [`Binary::differential`]) while unknowns are iterated: Newton passes
//!   through points that are no solution, so there each operation continues outside its domain with finite values and
//!   finite slopes. Guards are documented at each operation; inside the domain both readings agree.
//!
//! `abs`, `min`, `max`, `limit`, `uramp` and tables have kinks, steps and roundings have jumps: at a kink the slope
//! is that of the right-hand side, at a jump it is zero.

mod builder;
mod operation;
mod table;
mod tape;

pub use builder::{ExpressionBuilder, Node};
pub use operation::{Binary, Unary};
pub use table::{Table, TableError};
pub use tape::{Expression, Surroundings, Workspace};

/// Why a constant expression has no value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExpressionError {
    /// An operation is outside its domain or overflows.
    #[error("{operation} has no finite value")]
    NotFinite {
        /// The operation with its arguments: `1 / 0`, `sqrt(-1)`.
        operation: String,
    },
}

#[cfg(test)]
mod tests;
