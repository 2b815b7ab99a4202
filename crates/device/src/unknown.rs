//! What a device's local unknowns are: their roles, natures, scales and bounds.

/// Largest number of local unknowns of a model: a tracer's mask has 64 bits.
pub const MAX_UNKNOWNS: usize = 64;

/// The physical nature of an unknown or of an equation's residual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nature {
    /// Electric potential, V.
    Voltage,
    /// Electric current, A.
    Current,
    /// Temperature rise, K.
    Temperature,
    /// Heat flow, W.
    HeatFlow,
    /// A state without dimension, or in its own unit.
    State,
    /// Rate of a state, per second.
    Rate,
}

impl Nature {
    /// The unit's symbol; empty for a state, whose unit is its own.
    pub const fn unit(self) -> &'static str {
        match self {
            Nature::Voltage => "V",
            Nature::Current => "A",
            Nature::Temperature => "K",
            Nature::HeatFlow => "W",
            Nature::State => "",
            Nature::Rate => "1/s",
        }
    }
}

/// How an operating point treats a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Its row is solved: the state has come to rest (a temperature).
    Settled,
    /// It is held at its initial value; ac and transient use its rate (a crystalline thickness).
    Retained,
}

/// What a local unknown stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A node that the instance line names.
    Terminal,
    /// A node that the instance line may leave out; [`crate::Model::collapse`] ties it then.
    OptionalTerminal,
    /// A private node.
    Internal,
    /// A private branch current, whose row is the branch's equation.
    Branch,
    /// A private state, whose row is its rate equation.
    State(Retention),
    /// Another instance's branch current; rows may be added to as well.
    Borrowed,
}

/// One local unknown of a model, with the scales by which its column and row are normalised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unknown {
    /// Name within the device (`p`, `ci`, `t`).
    pub name: &'static str,
    /// What it stands for.
    pub role: Role,
    /// Nature of the unknown.
    pub nature: Nature,
    /// Nature of its row's residual.
    pub residual: Nature,
    /// Absolute tolerance of the unknown in its unit; absent means the option of its nature (`vntol` …).
    pub tolerance: Option<f64>,
    /// Nominal size, in its unit.
    pub nominal: f64,
    /// Bounds within which the unknown has a meaning.
    pub bounds: (f64, f64),
}

impl Unknown {
    const fn electrical(name: &'static str, role: Role) -> Self {
        Self {
            name,
            role,
            nature: Nature::Voltage,
            residual: Nature::Current,
            tolerance: None,
            nominal: 1.0,
            bounds: (f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    /// An electrical terminal.
    pub const fn terminal(name: &'static str) -> Self {
        Self::electrical(name, Role::Terminal)
    }

    /// An electrical terminal that the instance line may leave out.
    pub const fn optional_terminal(name: &'static str) -> Self {
        Self::electrical(name, Role::OptionalTerminal)
    }

    /// A private electrical node.
    pub const fn internal(name: &'static str) -> Self {
        Self::electrical(name, Role::Internal)
    }

    /// A private branch current; its row is a voltage equation.
    pub const fn branch(name: &'static str) -> Self {
        let mut unknown = Self::electrical(name, Role::Branch);
        unknown.nature = Nature::Current;
        unknown.residual = Nature::Voltage;
        unknown.nominal = 1e-3;
        unknown
    }

    /// Another instance's branch current.
    pub const fn borrowed(name: &'static str) -> Self {
        let mut unknown = Self::branch(name);
        unknown.role = Role::Borrowed;
        unknown
    }

    /// An optional thermal terminal: the temperature's rise above ambient, so ground is ambient.
    pub const fn thermal_terminal(name: &'static str) -> Self {
        let mut unknown = Self::temperature(name);
        unknown.role = Role::OptionalTerminal;
        unknown
    }

    /// A private temperature rise above ambient, settled in an operating point.
    pub const fn temperature(name: &'static str) -> Self {
        let mut unknown = Self::electrical(name, Role::State(Retention::Settled));
        unknown.nature = Nature::Temperature;
        unknown.residual = Nature::HeatFlow;
        unknown.tolerance = Some(1e-4);
        unknown.nominal = 100.0;
        unknown
    }

    /// A private state of nominal size `nominal`, resolved to `tolerance`.
    pub const fn state(
        name: &'static str,
        retention: Retention,
        nominal: f64,
        tolerance: f64,
    ) -> Self {
        let mut unknown = Self::electrical(name, Role::State(retention));
        unknown.nature = Nature::State;
        unknown.residual = Nature::Rate;
        unknown.tolerance = Some(tolerance);
        unknown.nominal = nominal;
        unknown
    }

    /// The same unknown with bounds.
    pub const fn within(mut self, low: f64, high: f64) -> Self {
        self.bounds = (low, high);
        self
    }

    /// Whether the unknown belongs to the instance alone.
    pub const fn is_private(&self) -> bool {
        matches!(self.role, Role::Internal | Role::Branch | Role::State(_))
    }

    /// Whether an instance line names (or may name) the unknown.
    pub const fn is_terminal(&self) -> bool {
        matches!(self.role, Role::Terminal | Role::OptionalTerminal)
    }
}

/// What a local unknown that is not needed is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// It keeps its own row.
    Free,
    /// It is ground (or ambient, or zero): no row, no column.
    Ground,
    /// It is the same unknown as the local unknown with this index.
    To(usize),
}
