//! A kind of device as the list of devices shows it: names, parameters, an example, and how to make one.

use crate::contributions::Output;
use crate::group::Group;
use crate::instances::Instances;
use crate::model::Model;
use crate::params::{AnyParams, ParamInfo, Params};
use crate::unknown::Unknown;
use std::fmt;

/// What a device does with energy; the laws that it has to obey follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Dissipates: no current without a voltage, no power out.
    Passive,
    /// Stores: no power out on the average.
    Reactive,
    /// Its output follows another quantity.
    Controlled,
    /// Drives the circuit.
    Source,
    /// Dissipates, and remembers.
    Memory,
}

/// A `.model` type that makes devices of a kind, with parameters that the word itself sets (`pnp`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelType {
    /// The word after the model's name.
    pub word: &'static str,
    /// Parameters that the word sets.
    pub presets: &'static [(&'static str, f64)],
}

impl ModelType {
    /// A type that sets nothing.
    pub const fn plain(word: &'static str) -> Self {
        Self { word, presets: &[] }
    }
}

/// One kind of device.
pub struct Kind {
    /// Name, as `ovonic help` takes it.
    pub name: &'static str,
    /// Element letter, lower case; absent for a compact model that instances name with `N`.
    pub letter: Option<char>,
    /// `.model` types, the usual one first; empty where the device takes no model.
    pub model_types: &'static [ModelType],
    /// Values of the model's `level` parameter that mean this kind; empty where there is but one.
    pub levels: &'static [i32],
    /// One line.
    pub summary: &'static str,
    /// Class, for the laws.
    pub class: Class,
    /// Whether its terminals take any potential and its flow: a resistor between temperatures is one of heat, and 1 ohm
    /// is 1 K/W then.
    pub generic: bool,
    /// Parts of a cell of two devices in series, top first: the keys by which its `.model` card names their models.
    /// Empty for a device of its own.
    pub parts: &'static [&'static str],
    /// Parameter that a bare value on the instance line sets.
    pub value: Option<&'static str>,
    /// Parameters that the entries of a list `ic=a,b,…` set, in order.
    pub initial: &'static [&'static str],
    /// A runnable netlist with `*! expect` lines.
    pub example: &'static str,
    /// Local unknowns.
    pub unknowns: &'static [Unknown],
    /// Quantities that an instance reports.
    pub outputs: &'static [Output],
    /// Parameters.
    pub params: &'static [ParamInfo],
    /// Default parameters.
    pub new_params: fn() -> Box<dyn AnyParams>,
    /// An empty group.
    pub new_group: fn() -> Box<dyn Group>,
}

/// Carries a model's tables as promoted constants.
struct Tables<M, const N: usize>(std::marker::PhantomData<M>);

impl<M: Model<N>, const N: usize> Tables<M, N> {
    const UNKNOWNS: &'static [Unknown] = &M::UNKNOWNS;
}

impl Kind {
    /// A kind made from its model; the remaining fields by struct update:
    ///
    /// ```ignore
    /// pub const KIND: Kind = Kind {
    ///     letter: Some('d'),
    ///     model_types: &[ModelType::plain("d")],
    ///     summary: "junction diode",
    ///     example: EXAMPLE,
    ///     ..Kind::of::<Diode, 3>("diode")
    /// };
    /// ```
    pub const fn of<M: Model<N>, const N: usize>(name: &'static str) -> Kind {
        Kind {
            name,
            letter: None,
            model_types: &[],
            levels: &[],
            summary: "",
            class: Class::Passive,
            generic: false,
            parts: &[],
            value: None,
            initial: &[],
            example: "",
            unknowns: Tables::<M, N>::UNKNOWNS,
            outputs: M::OUTPUTS,
            params: M::Params::TABLE,
            new_params: || Box::new(M::Params::default()),
            new_group: || Box::new(Instances::<M, N>::default()),
        }
    }

    /// The terminals' unknowns, in the order of the instance line.
    pub fn terminals(&self) -> impl Iterator<Item = &'static Unknown> {
        self.unknowns.iter().take_while(|unknown| unknown.is_terminal())
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kind").field("name", &self.name).finish_non_exhaustive()
    }
}
