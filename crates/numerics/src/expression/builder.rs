//! Building a tape from the leaves up, folding constants and sharing equal parts on the way.

use super::ExpressionError;
use super::operation::{Binary, Unary};
use super::table::Table;
use super::tape::{Expression, Step};
use std::collections::HashMap;

/// A part of an expression under construction; valid for the builder that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node(pub(super) u32);

/// What makes two steps the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Constant(u64),
    Input(u32),
    Time,
    Temperature,
    Unary(Unary, u32),
    Binary(Binary, u32, u32),
    Select(u32, u32, u32),
    Table(u32, u32),
}

/// Builds an [`Expression`].
///
/// ```
/// use ovonic_numerics::expression::{Binary, ExpressionBuilder, Surroundings, Workspace};
///
/// // 3 * x0^2
/// let mut builder = ExpressionBuilder::new();
/// let (x, two, three) = (builder.input(0), builder.constant(2.0), builder.constant(3.0));
/// let square = builder.binary(Binary::Power, x, two)?;
/// let root = builder.binary(Binary::Multiply, three, square)?;
/// let expression = builder.finish(root);
///
/// let mut slope = [0.0];
/// let value = expression.gradient(&[2.0], &Surroundings::default(), &mut Workspace::default(), &mut slope);
/// assert_eq!((value, slope), (12.0, [12.0]));
/// # Ok::<(), ovonic_numerics::expression::ExpressionError>(())
/// ```
#[derive(Default)]
pub struct ExpressionBuilder {
    steps: Vec<Step>,
    tables: Vec<Table>,
    known: HashMap<Key, Node>,
}

impl ExpressionBuilder {
    /// Nothing built yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A number.
    pub fn constant(&mut self, value: f64) -> Node {
        self.push(Key::Constant(value.to_bits()), Step::Constant(value))
    }

    /// The unknown with index `index`.
    ///
    /// # Panics
    /// Where the index exceeds `u32`: no circuit has so many unknowns in one formula.
    pub fn input(&mut self, index: usize) -> Node {
        let index = u32::try_from(index).expect("an input's index fits 32 bits");
        self.push(Key::Input(index), Step::Input(index))
    }

    /// Time, s.
    pub fn time(&mut self) -> Node {
        self.push(Key::Time, Step::Time)
    }

    /// Temperature, K.
    pub fn temperature(&mut self) -> Node {
        self.push(Key::Temperature, Step::Temperature)
    }

    /// An operation on one operand.
    ///
    /// # Errors
    /// Where a constant operand gives no finite value.
    pub fn unary(&mut self, operation: Unary, operand: Node) -> Result<Node, ExpressionError> {
        if let Some(x) = self.value(operand) {
            let value = operation.apply(x)?;
            return Ok(self.constant(value));
        }
        let operand = operand.0;
        Ok(self.push(Key::Unary(operation, operand), Step::Unary(operation, operand)))
    }

    /// An operation on two operands.
    ///
    /// # Errors
    /// Where constant operands give no finite value, or a divisor is the constant zero.
    pub fn binary(
        &mut self,
        operation: Binary,
        left: Node,
        right: Node,
    ) -> Result<Node, ExpressionError> {
        let (a, b) = (self.value(left), self.value(right));
        if let (Some(a), Some(b)) = (a, b) {
            let value = operation.apply(a, b)?;
            return Ok(self.constant(value));
        }
        match (operation, a, b) {
            (Binary::Divide | Binary::IntegerDivide | Binary::Remainder, _, Some(0.0)) => {
                return Err(ExpressionError::NotFinite {
                    operation: format!("a quotient {} 0", operation.name()),
                });
            }
            (Binary::Add, Some(0.0), _) | (Binary::Multiply, Some(1.0), _) => return Ok(right),
            (Binary::Add | Binary::Subtract, _, Some(0.0))
            | (Binary::Multiply | Binary::Divide | Binary::Power, _, Some(1.0)) => {
                return Ok(left);
            }
            (Binary::Multiply, Some(0.0), _) | (Binary::Multiply, _, Some(0.0)) => {
                return Ok(self.constant(0.0));
            }
            _ => {}
        }
        let (left, right) = (left.0, right.0);
        Ok(self.push(Key::Binary(operation, left, right), Step::Binary(operation, left, right)))
    }

    /// `then` where the condition is not zero, `otherwise` elsewhere.
    pub fn select(&mut self, condition: Node, then: Node, otherwise: Node) -> Node {
        match self.value(condition) {
            Some(0.0) => otherwise,
            Some(_) => then,
            None if then == otherwise => then,
            None => self.push(
                Key::Select(condition.0, then.0, otherwise.0),
                Step::Select(condition.0, then.0, otherwise.0),
            ),
        }
    }

    /// A piecewise-linear function of `argument`.
    pub fn table(&mut self, table: Table, argument: Node) -> Node {
        if let Some(x) = self.value(argument) {
            return self.constant(table.differential(x).0);
        }
        let index = match self.tables.iter().position(|known| *known == table) {
            Some(index) => index,
            None => {
                self.tables.push(table);
                self.tables.len() - 1
            }
        };
        let index = u32::try_from(index).expect("tables are counted in 32 bits");
        self.push(Key::Table(index, argument.0), Step::Table(index, argument.0))
    }

    /// The value of a node that depends on nothing.
    #[must_use]
    pub fn value(&self, node: Node) -> Option<f64> {
        match self.steps[node.0 as usize] {
            Step::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The expression whose value is `root`. What `root` does not need is left out.
    #[must_use]
    pub fn finish(self, root: Node) -> Expression {
        Expression::compact(&self.steps, self.tables, root.0)
    }

    fn push(&mut self, key: Key, step: Step) -> Node {
        if let Some(node) = self.known.get(&key) {
            return *node;
        }
        let index = u32::try_from(self.steps.len()).expect("a formula has fewer than 2^32 steps");
        let node = Node(index);
        self.steps.push(step);
        self.known.insert(key, node);
        node
    }
}
