//! The neurosynaptic cell: a threshold switch under a phase-change memory, in one device of two terminals.
//!
//! ```text
//! p ── memory (synapse) ──●── threshold switch (neuron) ── n
//!                         middle: inside the cell, there is no electrode
//! ```
//!
//! The cell has no equations of its own: elaboration makes it of the two models that its card names, with the node between
//! them private to both, so that they are one block when private unknowns are eliminated. What the cell does follows
//! from the two in series. The less the memory resists, the more of the voltage is left to the switch, so that the
//! cell's threshold `V_th·(1 + R_memory/R_off)`, its delay and its firing period fall; each firing sends a pulse of current
//! through the memory, which crystallises it further.
//!
//! Reference: S. H. Sung et al., "Simultaneous emulation of synaptic and intrinsic plasticity using a memristive
//! synapse", Nat. Commun. 13 (2022) 2811, for the idea of the cell. No number here is that paper's.

use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Output, ParamError,
    Params, Unknown,
};

const EXAMPLE: &str = "\
* A crystalline memory on a switch below its threshold.  Reference: both in series, solved to 12 digits.
*! run op
*! expect @n1[v_mid] = 0.499145294438 V  rtol 1e-9
V1 p 0 0.5
N1 p 0 cell ua0=0
.model cell ts_pcm(pcm=memory ts=switch)
.model memory pcm
.model switch ots
.options temp=26.85
.save @n1[v_mid]
.end
";

/// The cell's entry in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("ts_pcm")],
    summary: "threshold switch under a phase-change memory",
    class: Class::Memory,
    example: EXAMPLE,
    parts: &["pcm", "ts"],
    ..Kind::of::<Cell, 3>("ts_pcm")
};

/// The cell takes its parameters from the models of its parts.
#[derive(Clone, Debug, Params)]
pub struct CellParams {}

/// What stands for a cell until elaboration puts its parts in its place. It cannot be a device.
#[derive(Clone, Copy, Debug)]
pub enum Cell {}

impl Model<3> for Cell {
    type Params = CellParams;

    const UNKNOWNS: [Unknown; 3] =
        [Unknown::terminal("p"), Unknown::terminal("n"), Unknown::thermal_terminal("th")];
    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "v_mid",
            description: "voltage of the middle against n: the threshold switch's",
            unit: "V",
            nature: None,
        },
        Output { name: "g", description: "conductance of the whole cell", unit: "S", nature: None },
        Output { name: "p", description: "power of the whole cell", unit: "W", nature: None },
    ];

    fn prepare(_params: &CellParams, _env: &Environment) -> Result<Self, ParamError> {
        Err(ParamError::Missing { name: "pcm" })
    }

    fn eval<S: ovonic_numerics::scalar::Scalar>(
        &self,
        _x: [S; 3],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        _out: &mut Contributions<'_, S, 3>,
    ) {
        match *self {}
    }
}
