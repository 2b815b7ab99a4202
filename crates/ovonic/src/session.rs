//! A netlist that can be simulated.

use crate::design::Design;
use crate::elaborate::{Cards, MEASURES, Options, Planned, Reporter, Request, ScopeId, Table};
use crate::error::Error;
use ovonic_circuit::{BuildOptions, Circuit};
use ovonic_netlist::ast::{ControlBlock, Item, Netlist, OutputKind};
use ovonic_netlist::{
    Diagnostic, Dialect, DiskLoader, Loader, MemoryLoader, ParseOptions, Parsed, SourceMap, suggest,
};
use ovonic_numerics::sparse::Engine;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a netlist is read and understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadOptions {
    /// Folders in which included files are looked for after the folder of the including file.
    pub include_paths: Vec<PathBuf>,
    /// Whose rules count where simulators disagree.
    pub dialect: Dialect,
    /// Top-level parameters that win over what the netlist says.
    pub parameters: Vec<(String, f64)>,
    /// Temperature of the circuit that wins over what the netlist says, °C.
    pub temperature_celsius: Option<f64>,
}

/// How equations are solved, where there are several ways that have to agree: for cross-checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numerics {
    /// Linear engine.
    pub engine: Engine,
    /// Whether Newton iterations are limited.
    pub limiting: bool,
    /// Whether the private unknowns of memory devices are eliminated locally.
    pub condense: bool,
}

impl Default for Numerics {
    fn default() -> Self {
        Numerics { engine: Engine::default(), limiting: true, condense: true }
    }
}

/// A netlist that has been read, understood and found to be a circuit.
///
/// It holds no global state: any number of simulations may live in one process, in any threads.
///
/// ```
/// use ovonic::{RunOptions, Simulation, Recording};
///
/// let mut simulation = Simulation::from_text("divider\nV1 in 0 10\nR1 in out 1k\nR2 out 0 2k\n.op\n.end\n")?;
/// let mut recording = Recording::new();
/// simulation.run(&RunOptions::default(), &mut recording)?;
/// let results = recording.into_results();
/// let out = results.plots[0].vector("v(out)").unwrap().as_real().unwrap()[0];
/// assert!((out - 20.0 / 3.0).abs() < 1e-9);
/// # Ok::<(), ovonic::Error>(())
/// ```
pub struct Simulation {
    title: String,
    sources: Arc<SourceMap>,
    diagnostics: Vec<Diagnostic>,
    pub(crate) design: Design,
}

impl Simulation {
    /// Reads a netlist from memory; files that it includes are read from disk.
    ///
    /// # Errors
    /// When the netlist is not a circuit: [`Error::diagnostics`] says why.
    pub fn from_text(text: &str) -> Result<Simulation, Error> {
        Simulation::from_text_with("netlist", text, &DiskLoader, &LoadOptions::default())
    }

    /// Reads a netlist from a file.
    ///
    /// # Errors
    /// See [`Simulation::from_text`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Simulation, Error> {
        Simulation::from_file_with(path, &DiskLoader, &LoadOptions::default())
    }

    /// Reads a netlist from memory, with everything settled by the caller. `path` names the text in messages; its
    /// folder is where relative includes start.
    ///
    /// # Errors
    /// See [`Simulation::from_text`].
    pub fn from_text_with(
        path: impl AsRef<Path>,
        text: &str,
        loader: &dyn Loader,
        options: &LoadOptions,
    ) -> Result<Simulation, Error> {
        let parse = parse_options(options);
        Simulation::from_parsed(ovonic_netlist::parse_text(path, text, loader, &parse), options)
    }

    /// Reads a netlist through a loader, with everything settled by the caller.
    ///
    /// # Errors
    /// See [`Simulation::from_text`].
    pub fn from_file_with(
        path: impl AsRef<Path>,
        loader: &dyn Loader,
        options: &LoadOptions,
    ) -> Result<Simulation, Error> {
        let parse = parse_options(options);
        Simulation::from_parsed(ovonic_netlist::parse(path.as_ref(), loader, &parse), options)
    }

    /// Understands a netlist that has been parsed. Elaboration runs even where parsing found errors, so that one
    /// look shows everything.
    ///
    /// # Errors
    /// See [`Simulation::from_text`].
    pub fn from_parsed(parsed: Parsed, options: &LoadOptions) -> Result<Simulation, Error> {
        let Parsed { netlist, sources, mut diagnostics } = parsed;
        let sources = Arc::new(sources);
        let has_syntax_errors = diagnostics.iter().any(Diagnostic::is_error);
        let Netlist { title, items, .. } = netlist;
        let mut reporter = Reporter::new(options.dialect);
        let table = Arc::new(Table::top(items, &mut reporter));
        let parameters = options.parameters.iter();
        let fixed: Vec<(String, f64)> =
            parameters.map(|(name, value)| (name.to_lowercase(), *value)).collect();
        if let Some(unknown) = fixed.iter().find(|(name, _)| !table.parameters.contains_key(name))
            && !has_syntax_errors
            && table.conditionals.is_empty()
        {
            let near = suggest(&unknown.0, &table.parameter_order);
            return Err(Error::unknown_parameter(&unknown.0, near));
        }
        let design = Design::new(
            table.clone(),
            ovonic_devices::ALL,
            fixed,
            options.temperature_celsius,
            reporter,
        );
        // What a line that could not be read leaves unconnected is no finding of its own.
        let counts = |found: &Diagnostic| !has_syntax_errors || !is_topological(found);
        let design = match design {
            Ok(mut design) => {
                let reporter = design.core.elaborator.reporter.restart();
                diagnostics.extend(reporter.finish(&sources).into_iter().filter(counts));
                design
            }
            Err(reporter) => {
                diagnostics.extend(reporter.finish(&sources).into_iter().filter(counts));
                return Err(Error::netlist(diagnostics, sources));
            }
        };
        if has_syntax_errors {
            return Err(Error::netlist(diagnostics, sources));
        }
        Ok(Simulation {
            title: title.map_or_else(String::new, |title| title.node),
            sources,
            diagnostics,
            design,
        })
    }

    /// The title of the netlist.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Warnings and notes.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The files that the netlist was read from.
    #[must_use]
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// The analyses that the netlist asks for, in the order of their cards.
    #[must_use]
    pub fn analyses(&self) -> &[Planned] {
        &self.design.plan
    }

    /// The options of the netlist.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.design.core.elaborator.options
    }

    /// The circuit.
    #[must_use]
    pub fn circuit(&self) -> &Circuit {
        &self.design.circuit
    }

    /// The `.control` blocks, which [`Simulation::control`] runs.
    #[must_use]
    pub fn control_blocks(&self) -> &[ControlBlock] {
        &self.cards().controls
    }

    /// The analyses (`tran`, …) that `.meas` cards look at; `None` for a card that leaves it open.
    pub fn measured(&self) -> impl Iterator<Item = Option<&str>> {
        let measures = self.design.measures.iter();
        measures.map(|measure| measure.analysis.as_deref())
    }

    /// Names of the vectors that `.print` cards for an analysis (`op`, `tran`, …) list, in their order.
    #[must_use]
    pub fn printed(&self, analysis: &str) -> Vec<String> {
        self.listed(OutputKind::Print, analysis)
    }

    /// What `.plot` cards for an analysis ask for, together; `None` where no card does. The analysis `meas` stands for
    /// what `.meas` cards find over what is stepped.
    #[must_use]
    pub fn picture(&self, analysis: &str) -> Option<Picture> {
        let fits = |request: &&Request| {
            let named = request.analysis.as_deref();
            let fits = named.map_or(analysis != MEASURES, |name| name == analysis);
            request.kind == OutputKind::Plot && fits
        };
        let mut cards = self.design.requests.iter().filter(fits).peekable();
        cards.peek()?;
        let mut picture =
            Picture { signals: self.listed(OutputKind::Plot, analysis), ..Picture::default() };
        for Request { axes, .. } in cards {
            picture.over = picture.over.or_else(|| axes.over.clone());
            picture.log_x |= axes.log_x;
            picture.log_y |= axes.log_y;
        }
        Some(picture)
    }

    /// Whether there is any `.plot` card.
    #[must_use]
    pub fn has_pictures(&self) -> bool {
        self.design.requests.iter().any(|request| request.kind == OutputKind::Plot)
    }

    fn listed(&self, kind: OutputKind, analysis: &str) -> Vec<String> {
        let cards = self.design.requests.iter().filter(|request| {
            request.kind == kind && request.analysis.as_deref().is_none_or(|name| name == analysis)
        });
        let names = cards.flat_map(|request| {
            let outputs = request.outputs.iter().map(|wanted| wanted.name.clone());
            // What an analysis makes by itself is printed where the card names that analysis.
            let own = request.own.iter().filter(|_| request.analysis.is_some()).cloned();
            own.chain(outputs)
        });
        names.collect()
    }

    /// Asks for further vectors, written as on a `.save` card: `v(out) @d1[id] v(a)*i(v1)`.
    ///
    /// # Errors
    /// When the text is malformed or names what the circuit does not have; the diagnostics point into the text.
    pub fn add_outputs(&mut self, text: &str) -> Result<(), Error> {
        let requests = self.understand_outputs(text)?;
        self.design.requests.extend(requests);
        Ok(())
    }

    /// What [`Simulation::add_outputs`] would add.
    pub(crate) fn understand_outputs(&mut self, text: &str) -> Result<Vec<Request>, Error> {
        let card = format!("outputs\n.probe {text}\n");
        let Parsed { netlist, sources, mut diagnostics } = ovonic_netlist::parse_text(
            "outputs",
            &card,
            &MemoryLoader::new(),
            &ParseOptions::default(),
        );
        let design = &mut self.design;
        design.core.elaborator.reporter.restart();
        let mut requests = Vec::new();
        for item in &netlist.items {
            if let Item::Output(card) = item {
                requests.push(design.core.elaborator.request(card, &design.circuit));
            }
        }
        let reporter = design.core.elaborator.reporter.restart();
        diagnostics.extend(reporter.into_diagnostics());
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Error::netlist(diagnostics, Arc::new(sources)));
        }
        Ok(requests)
    }

    /// Names of the top-level parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<&str> {
        self.design.core.elaborator.scopes.top_parameters()
    }

    /// The value of a top-level parameter.
    pub fn parameter(&mut self, name: &str) -> Option<f64> {
        self.design.core.parameter(&name.to_lowercase())
    }

    /// Gives a top-level parameter another value. Only what depends on it is prepared anew.
    ///
    /// # Errors
    /// When there is no such parameter, or a device cannot have what follows from it; the parameter then keeps
    /// its former value.
    pub fn set_param(&mut self, name: &str, value: f64) -> Result<(), Error> {
        let name = name.to_lowercase();
        let Some(before) = self.design.core.parameter(&name) else {
            let names = self.design.core.elaborator.scopes.top_parameters();
            return Err(Error::unknown_parameter(&name, suggest(&name, names.iter().copied())));
        };
        self.design.set_parameter(&name, Some(value)).map_err(|diagnostics| {
            // What stood before was a circuit, so it is one again.
            let _ = self.design.set_parameter(&name, Some(before));
            Error::netlist(diagnostics, self.sources.clone())
        })
    }

    /// Gives the circuit another temperature, °C.
    ///
    /// # Errors
    /// When a device cannot have that temperature; the circuit then keeps its former one.
    pub fn set_temperature(&mut self, celsius: f64) -> Result<(), Error> {
        let before = self.design.core.temperature_celsius();
        self.design.set_temperature(celsius).map_err(|diagnostics| {
            // What stood before was a circuit, so it is one again.
            let _ = self.design.set_temperature(before);
            Error::netlist(diagnostics, self.sources.clone())
        })
    }

    /// Has the equations solved in another way.
    ///
    /// # Panics
    /// When the circuit cannot be built a second time: what it was built from has not changed.
    pub fn set_numerics(&mut self, numerics: Numerics) {
        let options = BuildOptions { condense: numerics.condense };
        let rebuilt = self.design.circuit.rebuilt(options);
        self.design.circuit = rebuilt.expect("a circuit can be built as often as one likes");
        self.design.core.numerics = numerics;
    }

    fn cards(&self) -> &Cards {
        &self.design.core.elaborator.scopes.table(ScopeId::TOP).cards
    }

    pub(crate) fn shared_sources(&self) -> Arc<SourceMap> {
        self.sources.clone()
    }
}

/// What `.plot` cards want to see of an analysis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Names of vectors, in the cards' order.
    pub signals: Vec<String>,
    /// The vector to draw them over (`vs`); the scale if absent.
    pub over: Option<String>,
    /// Whether the horizontal axis is to be logarithmic (`xlog`).
    pub log_x: bool,
    /// Whether the vertical axes are to be logarithmic (`ylog`).
    pub log_y: bool,
}

fn parse_options(options: &LoadOptions) -> ParseOptions {
    ParseOptions { include_paths: options.include_paths.clone(), dialect: options.dialect }
}

/// Whether a diagnostic speaks of how elements are connected.
fn is_topological(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.as_str()[1..].starts_with("06")
}
