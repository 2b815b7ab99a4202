//! Identities within a circuit. They are positions, but never mixed up.

/// A node of a [`crate::CircuitBuilder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) usize);

impl NodeId {
    /// The reference node.
    pub const GROUND: NodeId = NodeId(0);
}

/// An instance, in the order of the builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub(crate) usize);

impl InstanceId {
    /// Position among the circuit's instances.
    pub fn index(self) -> usize {
        self.0
    }
}

/// Instances that are condensed together with their private nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(pub(crate) usize);

/// A row and column of a [`crate::Circuit`]; ground is the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnknownId(pub(crate) usize);

impl UnknownId {
    /// Position in the vector of unknowns.
    pub fn index(self) -> usize {
        self.0
    }
}
