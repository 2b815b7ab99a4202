//! What can be seen to be unsolvable before a circuit is solved.
//!
//! Nothing is known of devices here but their structure:
//!
//! ```text
//! conducts     two node rows of an instance each of which depends resistively on the other's unknown
//! stores       the same of the stored residual
//! fixes        a branch current that enters two node rows, in whose own row it does not stand resistively,
//!              and whose row depends on them: a voltage source, an inductor, a controlled voltage
//! loops        fixed voltages that close a circle
//! islands      nodes that nothing that conducts or fixes ties to ground; what else ties them tells how bad it is
//! ```
//!
//! A node row that depends on its own unknown and on no other of its kind is tied to ground (a thermal
//! resistance to ambient). All of it is union-find: linear in the size of the circuit.

use crate::circuit::Circuit;
use crate::ids::InstanceId;
use ovonic_device::{Nature, Role};
use std::collections::HashMap;
use std::fmt;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FindingKind {
    /// There is nothing to solve.
    Empty,
    /// Voltages are fixed in a circle, none of them by an inductor: they contradict or repeat each other.
    VoltageLoop,
    /// The same with an inductor in the circle: its current is undetermined where nothing changes in time.
    InductorLoop,
    /// Nodes that no element connects to the rest.
    Isolated,
    /// Nodes that nothing ties to ground but current sources and inputs, which determine no voltage.
    NoPath,
    /// Nodes that only capacitances tie to ground: their charge is undetermined where nothing changes in time.
    OnlyCapacitances,
    /// A node with a single connection.
    SingleConnection,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The circuit can be solved.
    Warning,
    /// An operating point cannot be found; a transient from initial conditions can be.
    NoOperatingPoint,
    /// No analysis can be made.
    Error,
}

/// Something that is wrong with a circuit.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// Names of the nodes involved: those of an island, or those around a loop.
    pub nodes: Vec<String>,
    /// Instances involved: those around a loop, or those that touch an island.
    pub instances: Vec<InstanceId>,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        match self.kind {
            FindingKind::SingleConnection => Severity::Warning,
            FindingKind::InductorLoop | FindingKind::OnlyCapacitances => Severity::NoOperatingPoint,
            FindingKind::Empty
            | FindingKind::VoltageLoop
            | FindingKind::Isolated
            | FindingKind::NoPath => Severity::Error,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes = Nodes(&self.nodes);
        let have = if self.nodes.len() == 1 { "has" } else { "have" };
        match self.kind {
            FindingKind::Empty => write!(f, "the circuit is empty"),
            FindingKind::VoltageLoop => write!(f, "voltages are fixed in a loop through {nodes}"),
            FindingKind::InductorLoop => {
                write!(f, "an inductor closes a loop of fixed voltages through {nodes}")
            }
            FindingKind::Isolated => write!(f, "nothing connects {nodes} to ground"),
            FindingKind::NoPath => {
                write!(f, "{nodes} {have} no path to ground but through current sources and inputs")
            }
            FindingKind::OnlyCapacitances => {
                write!(f, "{nodes} {have} no path for direct current to ground")
            }
            FindingKind::SingleConnection => write!(f, "{nodes} has a single connection"),
        }
    }
}

/// Names in a row, the first few of a long list.
struct Nodes<'a>(&'a [String]);

impl fmt::Display for Nodes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.0.len() == 1 { "node" } else { "nodes" };
        write!(f, "{noun} ")?;
        for (index, name) in self.0.iter().take(8).enumerate() {
            if index > 0 {
                write!(f, ", ")?;
            }
            write!(f, "{name}")?;
        }
        if self.0.len() > 8 {
            write!(f, " and {} more", self.0.len() - 8)?;
        }
        Ok(())
    }
}

/// Examines a circuit; the worst findings first, each kind in the order of the nodes.
pub fn examine(circuit: &Circuit) -> Vec<Finding> {
    if circuit.n() == 0 {
        return vec![Finding {
            kind: FindingKind::Empty,
            nodes: Vec::new(),
            instances: Vec::new(),
        }];
    }
    let mut survey = Survey::new(circuit);
    for index in 0..circuit.n_instances() {
        survey.visit(InstanceId(index));
    }
    let mut findings = survey.loops;
    let islands = Islands {
        circuit,
        conducting: survey.conducting,
        storing: survey.storing,
        touching: survey.touching,
    };
    let (islands, flagged) = islands.find();
    findings.extend(islands);
    findings.extend(single_connections(circuit, &flagged));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
    findings
}

/// Disjoint sets of rows; ground is the one after the last.
struct Sets {
    parent: Vec<usize>,
}

impl Sets {
    fn new(n: usize) -> Self {
        Self { parent: (0..n).collect() }
    }

    fn find(&mut self, mut row: usize) -> usize {
        while self.parent[row] != row {
            self.parent[row] = self.parent[self.parent[row]];
            row = self.parent[row];
        }
        row
    }

    /// Joins two sets; false when they were one already.
    fn join(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        // The larger number wins, so that ground stays the root of its set.
        self.parent[a.min(b)] = a.max(b);
        a != b
    }
}

/// A fixed voltage between two rows.
#[derive(Clone, Copy)]
struct Fixed {
    instance: InstanceId,
    ends: (usize, usize),
    stores: bool,
}

struct Survey<'a> {
    circuit: &'a Circuit,
    /// Rows tied by what conducts or fixes.
    conducting: Sets,
    /// The same, and by what stores.
    storing: Sets,
    /// The same, and by instances that touch both.
    touching: Sets,
    fixing: Sets,
    forest: Forest,
    loops: Vec<Finding>,
}

/// Fixed voltages that close no loop, as a tree on each set of nodes.
#[derive(Default)]
struct Forest {
    neighbours: HashMap<usize, Vec<Fixed>>,
}

impl Forest {
    fn add(&mut self, edge: Fixed) {
        for end in [edge.ends.0, edge.ends.1] {
            self.neighbours.entry(end).or_default().push(edge);
        }
    }

    /// The edges from one row to another in the same tree.
    fn path(&self, from: usize, to: usize) -> Vec<Fixed> {
        let mut arrived: HashMap<usize, Fixed> = HashMap::new();
        let mut open = vec![from];
        while let Some(row) = open.pop() {
            if row == to {
                break;
            }
            for edge in self.neighbours.get(&row).into_iter().flatten() {
                let next = other_end(edge, row);
                if next != from && !arrived.contains_key(&next) {
                    arrived.insert(next, *edge);
                    open.push(next);
                }
            }
        }
        let (mut path, mut row) = (Vec::new(), to);
        while let Some(edge) = arrived.get(&row).filter(|_| row != from) {
            path.push(*edge);
            row = other_end(edge, row);
        }
        path
    }
}

fn other_end(edge: &Fixed, row: usize) -> usize {
    if edge.ends.0 == row { edge.ends.1 } else { edge.ends.0 }
}

impl<'a> Survey<'a> {
    fn new(circuit: &'a Circuit) -> Self {
        let sets = || Sets::new(circuit.n() + 1);
        Self {
            circuit,
            conducting: sets(),
            storing: sets(),
            touching: sets(),
            fixing: sets(),
            forest: Forest::default(),
            loops: Vec::new(),
        }
    }

    fn visit(&mut self, id: InstanceId) {
        let circuit = self.circuit;
        let (rows, roles) = (circuit.local_unknowns(id), circuit.local_roles(id));
        let structure = circuit.structure(id);
        let is_node = |i: usize| {
            matches!(
                (roles[i].nature, roles[i].residual),
                (Nature::Voltage, Nature::Current) | (Nature::Temperature, Nature::HeatFlow)
            )
        };
        let nodes: Vec<usize> = (0..rows.len()).filter(|&i| is_node(i)).collect();
        let of_nature = |nature: Nature| {
            let same = nodes.iter().filter(move |&&i| roles[i].nature == nature);
            same.map(|&i| rows[i])
        };
        for nature in [Nature::Voltage, Nature::Temperature] {
            let all: Vec<usize> = of_nature(nature).collect();
            for pair in all.windows(2) {
                self.touching.join(pair[0], pair[1]);
            }
        }
        for (stores, masks) in [(false, &structure.resistive), (true, &structure.reactive)] {
            for &a in &nodes {
                let tied = |&b: &usize| {
                    let mutual = masks[a] >> b & 1 == 1 && masks[b] >> a & 1 == 1;
                    b != a && mutual && roles[a].nature == roles[b].nature
                };
                let mut alone = true;
                for &b in nodes.iter().filter(|b| tied(b)) {
                    alone = false;
                    self.tie(rows[a], rows[b], stores);
                }
                if alone && masks[a] >> a & 1 == 1 {
                    self.tie(rows[a], circuit.n(), stores);
                }
            }
        }
        for branch in (0..rows.len()).filter(|&i| roles[i].role == Role::Branch) {
            self.visit_branch(id, branch, &nodes);
        }
    }

    /// Ties two rows by what conducts, or by what stores.
    fn tie(&mut self, a: usize, b: usize, stores: bool) {
        if !stores {
            self.conducting.join(a, b);
        }
        self.storing.join(a, b);
        self.touching.join(a, b);
    }

    /// A branch ties the nodes that its current enters and its equation speaks of; where the current itself is
    /// not in the equation, it fixes their voltage.
    fn visit_branch(&mut self, id: InstanceId, branch: usize, nodes: &[usize]) {
        let circuit = self.circuit;
        let rows = circuit.local_unknowns(id);
        let structure = circuit.structure(id);
        let depends = |row: usize, column: usize| structure.resistive[row] >> column & 1 == 1;
        let ends = nodes.iter().filter(|&&node| depends(node, branch) && depends(branch, node));
        let ends: Vec<usize> = ends.map(|&node| rows[node]).collect();
        for pair in ends.windows(2) {
            self.tie(pair[0], pair[1], false);
        }
        if let [end] = ends[..] {
            // The other end is ground, which the equation need not name.
            self.tie(end, circuit.n(), false);
        }
        if depends(branch, branch) {
            return;
        }
        let ends = match ends[..] {
            [a, b] => (a, b),
            [a] => (a, circuit.n()),
            _ => return,
        };
        let edge = Fixed { instance: id, ends, stores: structure.reactive[branch] != 0 };
        if self.fixing.join(ends.0, ends.1) {
            self.forest.add(edge);
        } else {
            self.close_loop(edge);
        }
    }

    fn close_loop(&mut self, edge: Fixed) {
        let mut edges = self.forest.path(edge.ends.0, edge.ends.1);
        edges.push(edge);
        let stores = edges.iter().any(|edge| edge.stores);
        let mut around: Vec<usize> =
            edges.iter().flat_map(|edge| [edge.ends.0, edge.ends.1]).collect();
        around.sort_unstable();
        around.dedup();
        self.loops.push(Finding {
            kind: if stores { FindingKind::InductorLoop } else { FindingKind::VoltageLoop },
            nodes: around.iter().map(|&row| name(self.circuit, row)).collect(),
            instances: edges.iter().map(|edge| edge.instance).collect(),
        });
    }
}

fn name(circuit: &Circuit, row: usize) -> String {
    let entry = circuit.unknowns().get(row);
    entry.map_or_else(|| "0".to_owned(), |entry| entry.name.clone())
}

struct Islands<'a> {
    circuit: &'a Circuit,
    conducting: Sets,
    storing: Sets,
    touching: Sets,
}

impl Islands<'_> {
    /// Findings, and for each row whether it belongs to one.
    fn find(mut self) -> (Vec<Finding>, Vec<bool>) {
        let n = self.circuit.n();
        let mut flagged = vec![false; n + 1];
        let mut islands: Vec<Finding> = Vec::new();
        let mut position: HashMap<(FindingKind, usize), usize> = HashMap::new();
        for (row, entry) in self.circuit.unknowns().iter().enumerate() {
            let Some(key) = self.island(row).filter(|_| entry.is_node()) else {
                continue;
            };
            flagged[row] = true;
            let index = *position.entry(key).or_insert_with(|| {
                islands.push(Finding { kind: key.0, nodes: Vec::new(), instances: Vec::new() });
                islands.len() - 1
            });
            islands[index].nodes.push(entry.name.clone());
        }
        for id in (0..self.circuit.n_instances()).map(InstanceId) {
            for &row in self.circuit.local_unknowns(id) {
                let key = self.island(row).filter(|_| flagged[row]);
                if let Some(&index) = key.and_then(|key| position.get(&key)) {
                    let instances = &mut islands[index].instances;
                    if instances.last() != Some(&id) {
                        instances.push(id);
                    }
                }
            }
        }
        (islands, flagged)
    }

    /// The island of a row, unless something that conducts or fixes ties it to ground. What nothing at all
    /// connects to ground is one island, however it hangs together.
    fn island(&mut self, row: usize) -> Option<(FindingKind, usize)> {
        let ground = self.circuit.n();
        let root = self.conducting.find(row);
        if root == ground {
            return None;
        }
        let touching = self.touching.find(row);
        Some(if touching != ground {
            (FindingKind::Isolated, touching)
        } else if self.storing.find(row) == ground {
            (FindingKind::OnlyCapacitances, root)
        } else {
            (FindingKind::NoPath, root)
        })
    }
}

/// Nodes that a user named once, and that no other finding speaks of.
fn single_connections(circuit: &Circuit, flagged: &[bool]) -> Vec<Finding> {
    let mut touched: Vec<(usize, Option<InstanceId>)> = vec![(0, None); circuit.n() + 1];
    for (id, spec) in circuit.instances() {
        let rows = circuit.local_unknowns(id);
        for &row in &rows[..spec.terminals.len().min(rows.len())] {
            touched[row].0 += 1;
            touched[row].1 = Some(id);
        }
    }
    let lonely = (0..circuit.n()).filter(|&row| {
        let entry = &circuit.unknowns()[row];
        let named = entry.owner.is_none() && entry.nature == Nature::Voltage;
        named && touched[row].0 == 1 && !flagged[row]
    });
    lonely
        .map(|row| Finding {
            kind: FindingKind::SingleConnection,
            nodes: vec![name(circuit, row)],
            instances: touched[row].1.into_iter().collect(),
        })
        .collect()
}
