//! From instances and node names to a bound circuit.
//!
//! ```text
//! prepare      each instance's model from its parameters and environment
//! collapse     tie unknowns that are not needed
//! number       public unknowns first, then the private ones of clusters; ground last
//! populate     trace each instance's dependences; collect the pattern
//! bind         give each instance its unknowns, slots and memory
//! ```

use crate::circuit::{Circuit, Instance, Member, StoredQuantity, UnknownEntry};
use crate::cluster::{Cluster, ClusterShape};
use crate::error::BuildError;
use crate::ids::{ClusterId, InstanceId, NodeId, UnknownId};
use ovonic_device::{
    AnyParams, Binding, Class, Environment, Group, Kind, Nature, Role, Structure, Tie, Unknown,
};
use ovonic_numerics::sparse::Pattern;
use std::collections::HashMap;
use std::sync::Arc;

/// What one instance line says, in terms of devices.
#[derive(Clone)]
pub struct InstanceSpec {
    /// Name, unique in the circuit.
    pub name: String,
    /// Kind of device.
    pub kind: &'static Kind,
    /// Parameters; shared by instances that say nothing of their own.
    pub params: Arc<dyn AnyParams>,
    /// What surrounds it.
    pub environment: Environment,
    /// Number of devices in parallel.
    pub multiplicity: f64,
    /// Nodes of the terminals, in the kind's order; optional ones may be left out at the end.
    pub terminals: Vec<NodeId>,
    /// Instances whose branch currents are borrowed, in the order of the kind's borrowed unknowns.
    pub borrowed: Vec<InstanceId>,
    /// The cluster that the instance belongs to; absent means on its own.
    pub cluster: Option<ClusterId>,
    /// Whatever the caller wants to find again in reports (an index of source lines).
    pub origin: usize,
}

/// How a circuit is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildOptions {
    /// Whether private unknowns of memory devices and clusters are eliminated locally.
    pub condense: bool,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self { condense: true }
    }
}

#[derive(Clone)]
struct Node {
    name: String,
    cluster: Option<ClusterId>,
}

/// Collects nodes and instances. See [`Circuit`] for an example.
///
/// A clone shares everything until one of the two changes: a circuit keeps what it was built from, and of a million
/// instances one copy is enough.
#[derive(Clone)]
pub struct CircuitBuilder {
    nodes: Arc<Vec<Node>>,
    by_name: Arc<HashMap<String, NodeId>>,
    specs: Arc<Vec<InstanceSpec>>,
    n_clusters: usize,
}

impl Default for CircuitBuilder {
    fn default() -> Self {
        let ground = Node { name: "0".into(), cluster: None };
        let by_name = HashMap::from([("0".into(), NodeId::GROUND)]);
        let (nodes, by_name) = (Arc::new(vec![ground]), Arc::new(by_name));
        Self { nodes, by_name, specs: Arc::default(), n_clusters: 0 }
    }
}

impl CircuitBuilder {
    /// An empty circuit: ground and nothing else.
    pub fn new() -> Self {
        Self::default()
    }

    /// The node called `name`, made if it is new; `0` is ground. Names are taken as they are.
    pub fn node(&mut self, name: &str) -> NodeId {
        if let Some(&id) = self.by_name.get(name) {
            return id;
        }
        let id = NodeId(self.nodes.len());
        Arc::make_mut(&mut self.nodes).push(Node { name: name.to_owned(), cluster: None });
        Arc::make_mut(&mut self.by_name).insert(name.to_owned(), id);
        id
    }

    /// The node called `name`, if there is one.
    pub fn find_node(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    /// Name of a node.
    pub fn node_name(&self, id: NodeId) -> &str {
        &self.nodes[id.0].name
    }

    pub(crate) fn is_private_node(&self, id: NodeId) -> bool {
        self.nodes[id.0].cluster.is_some()
    }

    /// Names of all nodes but ground.
    pub fn node_names(&self) -> impl Iterator<Item = &str> {
        self.nodes[1..].iter().map(|node| node.name.as_str())
    }

    /// A new cluster.
    pub fn cluster(&mut self) -> ClusterId {
        self.n_clusters += 1;
        ClusterId(self.n_clusters - 1)
    }

    /// A node that only instances of `cluster` touch.
    pub fn private_node(&mut self, cluster: ClusterId, name: &str) -> NodeId {
        let id = self.node(name);
        Arc::make_mut(&mut self.nodes)[id.0].cluster = Some(cluster);
        id
    }

    /// Adds an instance.
    pub fn instance(&mut self, spec: InstanceSpec) -> InstanceId {
        Arc::make_mut(&mut self.specs).push(spec);
        InstanceId(self.specs.len() - 1)
    }

    /// The specification of an instance.
    pub fn spec(&self, id: InstanceId) -> &InstanceSpec {
        &self.specs[id.0]
    }

    /// The specification of an instance, for a change before [`CircuitBuilder::build`].
    pub fn spec_mut(&mut self, id: InstanceId) -> &mut InstanceSpec {
        &mut Arc::make_mut(&mut self.specs)[id.0]
    }

    /// Number of instances.
    pub fn n_instances(&self) -> usize {
        self.specs.len()
    }

    /// Builds the circuit.
    ///
    /// # Errors
    /// Everything that is wrong with it, one entry an instance.
    pub fn build(&self, options: BuildOptions) -> Result<Circuit, Vec<BuildError>> {
        let mut assembly = Build::new(self, options);
        assembly.prepare();
        if assembly.errors.is_empty() {
            assembly.number();
        }
        if assembly.errors.is_empty() {
            assembly.borrow();
        }
        if !assembly.errors.is_empty() {
            return Err(assembly.errors);
        }
        assembly.bind()
    }
}

/// An unknown before it has its final number.
struct Draft {
    entry: UnknownEntry,
    /// Cluster that would eliminate it.
    private_to: Option<usize>,
    /// A node whose nature no device has said yet.
    generic: bool,
}

struct Build<'a> {
    builder: &'a CircuitBuilder,
    options: BuildOptions,
    groups: Vec<(&'static Kind, Box<dyn Group>)>,
    members: Vec<Member>,
    errors: Vec<BuildError>,
    /// Draft of each node; ground has none.
    node_drafts: Vec<Option<usize>>,
    drafts: Vec<Draft>,
    /// Draft of each local unknown of each instance; `None` is ground.
    locals: Vec<Vec<Option<usize>>>,
    structures: Vec<Arc<Structure>>,
    /// The last structure of each group: most instances of a kind have the same.
    recent: Vec<Option<Arc<Structure>>>,
    /// Cluster of each instance.
    clusters: Vec<Option<usize>>,
    n_clusters: usize,
}

impl<'a> Build<'a> {
    fn new(builder: &'a CircuitBuilder, options: BuildOptions) -> Self {
        Self {
            builder,
            options,
            groups: Vec::new(),
            members: Vec::new(),
            errors: Vec::new(),
            node_drafts: vec![None; builder.nodes.len()],
            drafts: Vec::new(),
            locals: Vec::new(),
            structures: Vec::new(),
            recent: Vec::new(),
            clusters: Vec::new(),
            n_clusters: builder.n_clusters,
        }
    }

    fn prepare(&mut self) {
        for (index, spec) in self.builder.specs.iter().enumerate() {
            let found = self.groups.iter().position(|(kind, _)| std::ptr::eq(*kind, spec.kind));
            let group = found.unwrap_or_else(|| {
                self.groups.push((spec.kind, (spec.kind.new_group)()));
                self.groups.len() - 1
            });
            let added =
                self.groups[group].1.add(&*spec.params, &spec.environment, spec.multiplicity);
            match added {
                Ok(position) => self.members.push(Member { group, position }),
                Err(error) => self.errors.push(BuildError::Params {
                    instance: InstanceId(index),
                    name: spec.name.clone(),
                    error,
                }),
            }
        }
    }

    /// Drafts of all unknowns but borrowed ones.
    fn number(&mut self) {
        self.recent = vec![None; self.groups.len()];
        for (index, spec) in self.builder.specs.iter().enumerate() {
            let Member { group, position } = self.members[index];
            let group = &self.groups[group].1;
            let unknowns: Vec<Unknown> = group.unknowns(position).to_vec();
            let connected =
                (0..spec.terminals.len()).fold(0, |mask: u64, terminal| mask | 1 << terminal);
            let ties = group.collapse(position, connected);
            let structure = group.structure(position);
            let recent = &mut self.recent[self.members[index].group];
            let structure = match recent {
                Some(same) if **same == structure => same.clone(),
                _ => recent.insert(Arc::new(structure)).clone(),
            };
            self.structures.push(structure);
            let cluster = self.cluster_of(spec);
            self.clusters.push(cluster);
            let mut local: Vec<Option<usize>> = Vec::with_capacity(unknowns.len());
            for (i, unknown) in unknowns.iter().enumerate() {
                let draft = match ties[i] {
                    Tie::Ground => None,
                    // Ties to a later unknown are resolved below.
                    Tie::To(_) => None,
                    Tie::Free if unknown.role == Role::Borrowed => None,
                    Tie::Free => match spec.terminals.get(i) {
                        Some(&node) if unknown.is_terminal() => {
                            self.node_draft(node, unknown, InstanceId(index))
                        }
                        _ => Some(self.private_draft(index, unknown, cluster)),
                    },
                };
                local.push(draft);
            }
            for (i, tie) in ties.iter().enumerate() {
                if let Tie::To(target) = tie {
                    local[i] = local[*target];
                }
            }
            self.locals.push(local);
        }
    }

    /// A memory device stands in a cluster of its own unless it was given one.
    fn cluster_of(&mut self, spec: &InstanceSpec) -> Option<usize> {
        if !self.options.condense {
            return None;
        }
        match spec.cluster {
            Some(ClusterId(cluster)) => Some(cluster),
            None if spec.kind.class == Class::Memory => {
                self.n_clusters += 1;
                Some(self.n_clusters - 1)
            }
            None => None,
        }
    }

    fn node_draft(
        &mut self,
        node: NodeId,
        unknown: &Unknown,
        instance: InstanceId,
    ) -> Option<usize> {
        if node == NodeId::GROUND {
            return None;
        }
        let generic = self.builder.specs[instance.0].kind.generic;
        if let Some(draft) = self.node_drafts[node.0] {
            let expected = self.drafts[draft].entry.nature;
            if generic {
                return Some(draft);
            }
            if std::mem::take(&mut self.drafts[draft].generic) {
                let name = self.builder.nodes[node.0].name.clone();
                self.drafts[draft].entry = UnknownEntry::new(name, unknown, None);
                return Some(draft);
            }
            if expected != unknown.nature {
                self.errors.push(BuildError::Nature {
                    id: node,
                    node: self.builder.nodes[node.0].name.clone(),
                    instance,
                    name: self.builder.specs[instance.0].name.clone(),
                    expected,
                    found: unknown.nature,
                });
            }
            return Some(draft);
        }
        let Node { name, cluster } = &self.builder.nodes[node.0];
        let private_to = cluster.filter(|_| self.options.condense).map(|id| id.0);
        self.drafts.push(Draft {
            entry: UnknownEntry::new(name.clone(), unknown, None),
            private_to,
            generic,
        });
        self.node_drafts[node.0] = Some(self.drafts.len() - 1);
        self.node_drafts[node.0]
    }

    fn private_draft(&mut self, index: usize, unknown: &Unknown, cluster: Option<usize>) -> usize {
        let owner = &self.builder.specs[index].name;
        let name = match unknown.role {
            Role::Branch if unknown.name == "i" => format!("{owner}#branch"),
            _ => format!("{owner}#{}", unknown.name),
        };
        self.drafts.push(Draft {
            entry: UnknownEntry::new(name, unknown, Some(InstanceId(index))),
            private_to: cluster,
            generic: false,
        });
        self.drafts.len() - 1
    }

    /// Resolves borrowed branch currents. A borrowed branch stays public.
    fn borrow(&mut self) {
        for (index, spec) in self.builder.specs.iter().enumerate() {
            let Member { group, position } = self.members[index];
            let unknowns = self.groups[group].1.unknowns(position);
            let borrowed = (0..unknowns.len()).filter(|&i| unknowns[i].role == Role::Borrowed);
            for (i, &lender) in borrowed.zip(&spec.borrowed) {
                let Member { group, position } = self.members[lender.0];
                let lent = self.groups[group].1.unknowns(position);
                let branch = lent.iter().position(|unknown| unknown.role == Role::Branch);
                match branch.and_then(|branch| self.locals[lender.0][branch]) {
                    Some(draft) => {
                        self.drafts[draft].private_to = None;
                        self.locals[index][i] = Some(draft);
                    }
                    None => self.errors.push(BuildError::NoBranch {
                        instance: InstanceId(index),
                        name: spec.name.clone(),
                        lender: self.builder.specs[lender.0].name.clone(),
                    }),
                }
            }
        }
    }

    fn bind(mut self) -> Result<Circuit, Vec<BuildError>> {
        let n = self.drafts.len();
        let n_public = self.drafts.iter().filter(|draft| draft.private_to.is_none()).count();
        if n >= u32::MAX as usize / 2 {
            return Err(vec![BuildError::TooLarge { n }]);
        }
        let numbers = self.final_numbers(n_public);
        let unknowns: Vec<Vec<usize>> = self
            .locals
            .iter()
            .map(|local| local.iter().map(|draft| draft.map_or(n, |d| numbers[d])).collect())
            .collect();
        let shapes = self.cluster_shapes(&unknowns, n_public, n);
        let pattern = self
            .pattern(&unknowns, &shapes, n_public)
            .map_err(|_| vec![BuildError::TooLarge { n }])?;
        let mut first_slot = pattern.nnz();
        let mut clusters = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let cluster = Cluster::new(shape, first_slot, &pattern);
            first_slot = cluster.end();
            clusters.push(cluster);
        }
        let memory = self.bind_instances(&unknowns, &pattern, &clusters, n, first_slot);
        let mut entries = vec![None; n];
        for (draft, &number) in self.drafts.into_iter().zip(&numbers) {
            entries[number] = Some(draft.entry);
        }
        let entries: Vec<UnknownEntry> = entries.into_iter().flatten().collect();
        let mut nodes: Vec<Option<UnknownId>> =
            self.node_drafts.iter().map(|draft| draft.map(|d| UnknownId(numbers[d]))).collect();
        nodes[NodeId::GROUND.0] = Some(UnknownId(n));
        let diagonal = diagonals(n_public, n, &pattern, &clusters);
        let linear = |group: usize| {
            let of_group = |member: &&Member| member.group == group;
            let members = self.members.iter().zip(&self.structures);
            members.filter(|(member, _)| of_group(member)).all(|(_, structure)| structure.linear)
        };
        let linear_groups = (0..self.groups.len()).map(linear).collect();
        Ok(Circuit {
            builder: self.builder.clone(),
            options: self.options,
            entries,
            n_public,
            nodes,
            instances: (self.members.iter().zip(self.structures))
                .map(|(&member, structure)| Instance { member, structure })
                .collect(),
            linear_groups,
            groups: self.groups.into_iter().map(|(_, group)| group).collect(),
            diagonal,
            pattern: Arc::new(pattern),
            clusters,
            n_values: first_slot + 1,
            has_capacitances: memory.stored.iter().any(|stored| stored.is_voltage),
            stored: memory.stored,
            delays: memory.delays,
            n_limits: memory.n_limits,
            n_latches: memory.n_latches,
            latch_owners: memory.latch_owners,
        })
    }

    /// Public drafts keep their order; private ones follow, cluster by cluster.
    fn final_numbers(&self, n_public: usize) -> Vec<usize> {
        let mut numbers = vec![0; self.drafts.len()];
        let mut public = 0;
        let mut private: Vec<usize> = Vec::new();
        for (index, draft) in self.drafts.iter().enumerate() {
            match draft.private_to {
                None => {
                    numbers[index] = public;
                    public += 1;
                }
                Some(_) => private.push(index),
            }
        }
        private.sort_by_key(|&index| self.drafts[index].private_to);
        for (position, index) in private.into_iter().enumerate() {
            numbers[index] = n_public + position;
        }
        numbers
    }

    fn cluster_shapes(
        &self,
        unknowns: &[Vec<usize>],
        n_public: usize,
        n: usize,
    ) -> Vec<ClusterShape> {
        let mut shapes: HashMap<usize, ClusterShape> = HashMap::new();
        for (index, cluster) in self.clusters.iter().enumerate() {
            let Some(cluster) = cluster else { continue };
            let shape = shapes.entry(*cluster).or_default();
            shape.instances.push(InstanceId(index));
            for &unknown in unknowns[index].iter().filter(|&&unknown| unknown != n) {
                let list = if unknown < n_public { &mut shape.public } else { &mut shape.private };
                if !list.contains(&unknown) {
                    list.push(unknown);
                }
            }
        }
        let mut shapes: Vec<_> = shapes.into_iter().collect();
        shapes.sort_by_key(|(cluster, _)| *cluster);
        shapes
            .into_iter()
            .map(|(_, mut shape)| {
                shape.private.sort_unstable();
                shape.public.sort_unstable();
                shape
            })
            .filter(|shape| !shape.private.is_empty())
            .collect()
    }

    fn pattern(
        &self,
        unknowns: &[Vec<usize>],
        shapes: &[ClusterShape],
        n_public: usize,
    ) -> Result<Pattern, ovonic_numerics::sparse::SolverError> {
        let mut entries: Vec<(usize, usize)> = Vec::new();
        for (local, structure) in unknowns.iter().zip(&self.structures) {
            for (row, (f, q)) in structure.resistive.iter().zip(&structure.reactive).enumerate() {
                for column in (0..local.len()).filter(|c| (f | q) >> c & 1 == 1) {
                    if local[row] < n_public && local[column] < n_public {
                        entries.push((local[row], local[column]));
                    }
                }
            }
        }
        for shape in shapes {
            for &row in &shape.public {
                entries.extend(shape.public.iter().map(|&column| (row, column)));
            }
        }
        // Node rows own a diagonal entry, for conductances to ground that homotopies add; a branch row with a
        // zero on its diagonal would only mislead the matching.
        let node_rows = self.final_numbers(n_public).into_iter().zip(&self.drafts);
        entries.extend(
            node_rows
                .filter(|(number, draft)| *number < n_public && draft.entry.is_flow_row())
                .map(|(number, _)| (number, number)),
        );
        Pattern::new(n_public, entries)
    }

    fn bind_instances(
        &mut self,
        unknowns: &[Vec<usize>],
        pattern: &Pattern,
        clusters: &[Cluster],
        ground: usize,
        bin: usize,
    ) -> Memory {
        let mut memory = Memory::default();
        let mut of_instance = vec![None; self.members.len()];
        for cluster in clusters {
            for id in &cluster.shape.instances {
                of_instance[id.0] = Some(cluster);
            }
        }
        for (index, &Member { group, position }) in self.members.iter().enumerate() {
            let (local, structure) = (&unknowns[index], &self.structures[index]);
            let slot = |row: usize, column: usize| {
                let (row, column) = (local[row], local[column]);
                if row == ground || column == ground {
                    return bin;
                }
                pattern
                    .slot(row, column)
                    .or_else(|| of_instance[index].and_then(|cluster| cluster.slot(row, column)))
                    .expect("each dependence has an entry in the pattern or in its cluster")
            };
            let group = &mut self.groups[group].1;
            let binding = Binding {
                unknowns: local,
                slot: &slot,
                stored: memory.stored.len(),
                limits: memory.n_limits,
                latches: memory.n_latches,
                signals: memory.delays.len(),
            };
            group.bind(position, structure, &binding);
            for stored in &structure.trace.stored {
                let unknown = group.unknowns(position)[stored.row];
                memory.stored.push(StoredQuantity {
                    instance: InstanceId(index),
                    row: local[stored.row],
                    from: stored.from.map(|from| local[from]),
                    is_voltage: stored.is_voltage,
                    residual: unknown.residual,
                    tolerance: unknown.tolerance,
                    is_state: unknown.residual == Nature::Rate,
                });
            }
            memory.delays.extend(structure.trace.delayed.iter().map(|delayed| delayed.delay));
            memory.n_limits += group.n_limits();
            for latch in 0..group.n_latches() {
                memory.latch_owners.push((InstanceId(index), latch));
            }
            memory.n_latches += group.n_latches();
        }
        memory
    }
}

/// Slot of each unknown's diagonal entry, if it has one.
fn diagonals(
    n_public: usize,
    n: usize,
    pattern: &Pattern,
    clusters: &[Cluster],
) -> Vec<Option<usize>> {
    let mut diagonal: Vec<_> = (0..n_public).map(|i| pattern.slot(i, i)).collect();
    diagonal.resize(n, None);
    for cluster in clusters {
        for &private in &cluster.shape.private {
            diagonal[private] = cluster.slot(private, private);
        }
    }
    diagonal
}

#[derive(Default)]
struct Memory {
    stored: Vec<StoredQuantity>,
    delays: Vec<f64>,
    n_limits: usize,
    n_latches: usize,
    latch_owners: Vec<(InstanceId, usize)>,
}
