//! What can be wrong with a circuit before it is solved.

use crate::ids::{InstanceId, NodeId};
use ovonic_device::{Nature, ParamError};

/// Why a circuit cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// An instance's parameters make no device.
    #[error("{name}: {error}")]
    Params {
        /// The instance.
        instance: InstanceId,
        /// Its name.
        name: String,
        /// What is wrong.
        error: ParamError,
    },
    /// A node at which an electrical and a thermal terminal meet.
    #[error("node {node} carries a {} in {name} and a {} elsewhere", found.unit(), expected.unit())]
    Nature {
        /// The node.
        id: NodeId,
        /// Its name.
        node: String,
        /// The instance that disagrees.
        instance: InstanceId,
        /// Its name.
        name: String,
        /// What the node is elsewhere.
        expected: Nature,
        /// What the instance makes of it.
        found: Nature,
    },
    /// An instance that another one's branch current is borrowed from has no branch.
    #[error("{name} needs the current of {lender}, which has no branch of its own")]
    NoBranch {
        /// The borrowing instance.
        instance: InstanceId,
        /// Its name.
        name: String,
        /// The instance without a branch.
        lender: String,
    },
    /// More unknowns or entries than 32 bits count.
    #[error("the circuit has {n} unknowns, more than can be numbered")]
    TooLarge {
        /// Number of unknowns.
        n: usize,
    },
}

/// Why a cluster's private unknowns cannot be eliminated.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the private unknowns of cluster {cluster} have no unique value")]
pub struct CondensationError {
    /// Position of the cluster.
    pub cluster: usize,
}
