//! From the tree of an expression to a number, or to a formula over voltages and currents.
//!
//! Both of SPICE's expression languages go through here; they differ in three things only. A formula may use voltages,
//! currents and `time`; `temper` is a constant in a parameter and an input of a formula; and `pwr(x, y)` is
//! `|x|^y` in a parameter but keeps the sign of `x` in a formula, as users of each know it. A power of a negative
//! base with an integer exponent is the true power in both; under ngspice's rules `^`, and in a formula `pow` too, take
//! the magnitude of the base.

use super::functions;
use super::reporter::{Reported, Reporter};
use super::scope::{Dependence, Evaluated, ScopeId, Scopes};
use ovonic_device::constants::ZERO_CELSIUS;
use ovonic_netlist::ast::{BinaryOp, Expr, ExprKind, Name, Part, UnaryOp};
use ovonic_netlist::{Diagnostic, Span, Spanned, codes, suggest};
use ovonic_numerics::expression::{
    Binary, Expression, ExpressionBuilder, ExpressionError, Node, Unary,
};

/// What a formula reads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Signal {
    /// The voltage of a node, by its name in the circuit.
    Voltage(String),
    /// The branch current of a device, by its name in the circuit.
    Current(Spanned<String>),
}

/// The inputs of a formula, in the order of their first use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals {
    pub(crate) inputs: Vec<Signal>,
}

impl Signals {
    fn input(&mut self, signal: Signal) -> usize {
        let same = |known: &Signal| match (known, &signal) {
            (Signal::Voltage(a), Signal::Voltage(b)) => a == b,
            (Signal::Current(a), Signal::Current(b)) => a.node == b.node,
            _ => false,
        };
        self.inputs.iter().position(same).unwrap_or_else(|| {
            self.inputs.push(signal);
            self.inputs.len() - 1
        })
    }
}

/// Operations inside one another, in expressions, functions and parameters together, at most.
const MAX_DEPTH: usize = 250;

/// Calls of functions that one expression may lead to. They are written out, so that functions which call one another
/// twice double with every level.
const MAX_CALLS: usize = 100_000;

/// One expression on its way.
pub(crate) struct Lowering<'a> {
    pub(crate) scopes: &'a mut Scopes,
    pub(crate) reporter: &'a mut Reporter,
    pub(crate) builder: ExpressionBuilder,
    scope: ScopeId,
    /// Absent where only constants are allowed.
    signals: Option<&'a mut Signals>,
    /// The scope whose nodes and devices are meant: that of the element, also inside a function.
    signal_scope: ScopeId,
    frames: Vec<Frame>,
    /// Calls of functions so far.
    calls: usize,
    dependence: Dependence,
}

/// Arguments of a function that is being expanded.
struct Frame {
    function: String,
    arguments: Vec<(String, Node)>,
}

impl Scopes {
    /// The value of a constant expression in a scope.
    pub(crate) fn evaluate(
        &mut self,
        reporter: &mut Reporter,
        scope: ScopeId,
        expression: &Expr,
    ) -> Result<Evaluated, Reported> {
        if let ExprKind::Number(value) = expression.kind {
            return Ok(Evaluated::from(value));
        }
        let mut lowering = Lowering::new(self, reporter, scope, None);
        let node = lowering.lower(expression)?;
        let value = lowering.constant(node, expression.span)?;
        Ok(Evaluated { value, dependence: lowering.dependence })
    }
}

impl<'a> Lowering<'a> {
    /// Starts on an expression in `scope`; with `signals`, it may be a formula.
    pub(crate) fn new(
        scopes: &'a mut Scopes,
        reporter: &'a mut Reporter,
        scope: ScopeId,
        signals: Option<&'a mut Signals>,
    ) -> Self {
        Lowering {
            scopes,
            reporter,
            builder: ExpressionBuilder::new(),
            scope,
            signals,
            signal_scope: scope,
            frames: Vec::new(),
            calls: 0,
            dependence: Dependence::default(),
        }
    }

    /// The formula with `root`, and the parameters that it depends on.
    pub(crate) fn finish(self, root: Node) -> (Expression, Dependence) {
        (self.builder.finish(root), self.dependence)
    }

    /// The number that a node is.
    pub(crate) fn constant(&mut self, node: Node, span: Span) -> Result<f64, Reported> {
        self.builder.value(node).ok_or_else(|| {
            self.reporter.report(Diagnostic::error(
                codes::NOT_CONSTANT,
                span,
                "a constant is needed here",
            ))
        })
    }

    /// An operation, or a report that it has no value.
    pub(crate) fn binary(
        &mut self,
        operation: Binary,
        left: Node,
        right: Node,
        span: Span,
    ) -> Result<Node, Reported> {
        let result = self.builder.binary(operation, left, right);
        self.finite(result, span)
    }

    /// An operation, or a report that it has no value.
    pub(crate) fn unary(
        &mut self,
        operation: Unary,
        operand: Node,
        span: Span,
    ) -> Result<Node, Reported> {
        let result = self.builder.unary(operation, operand);
        self.finite(result, span)
    }

    fn finite(
        &mut self,
        result: Result<Node, ExpressionError>,
        span: Span,
    ) -> Result<Node, Reported> {
        result.map_err(|error| {
            self.reporter.report(Diagnostic::error(codes::NOT_FINITE, span, error.to_string()))
        })
    }

    /// Notes what constants that enter from outside depend on.
    pub(crate) fn depends_on(&mut self, dependence: &Dependence) {
        self.dependence.extend(dependence);
    }

    /// Whether formulas are allowed here.
    pub(crate) fn is_formula(&self) -> bool {
        self.signals.is_some()
    }

    /// Adds an expression to the formula.
    pub(crate) fn lower(&mut self, expression: &Expr) -> Result<Node, Reported> {
        self.scopes.depth += 1;
        let result = if self.scopes.depth > MAX_DEPTH {
            Err(self.reporter.report(
                Diagnostic::error(
                    codes::EXPRESSION_TOO_DEEP,
                    expression.span,
                    "expressions, functions and parameters are nested too deeply here",
                )
                .help("split the expression with .param, and define parameters before their use"),
            ))
        } else {
            self.lower_here(expression)
        };
        self.scopes.depth -= 1;
        result
    }

    fn lower_here(&mut self, expression: &Expr) -> Result<Node, Reported> {
        let span = expression.span;
        match &expression.kind {
            ExprKind::Number(value) => Ok(self.builder.constant(*value)),
            ExprKind::Name(name) => self.name(name, span),
            ExprKind::Text(text) => Err(self.reporter.report(Diagnostic::error(
                codes::INVALID_VALUE,
                span,
                format!("a number is expected instead of the text \"{text}\""),
            ))),
            ExprKind::Call { name, args } => self.call(name, args, span),
            ExprKind::Voltage { part, plus, minus } => {
                self.whole(*part, span)?;
                self.voltage(plus, minus.as_ref(), span)
            }
            ExprKind::Current { part, device } => {
                self.whole(*part, span)?;
                self.current(device, span)
            }
            ExprKind::Quantity { .. } => Err(self.reporter.report(
                Diagnostic::error(
                    codes::NOT_SUPPORTED,
                    span,
                    "device quantities can be output, but not used in a formula",
                )
                .help("use node voltages v(...) and branch currents i(...)"),
            )),
            ExprKind::Unary { op, operand } => {
                let operation = match op {
                    UnaryOp::Negate => Unary::Negate,
                    UnaryOp::Not => Unary::Not,
                };
                let operand = self.lower(operand)?;
                self.unary(operation, operand, span)
            }
            ExprKind::Binary { .. } => self.chain(expression),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.conditional(condition, then, otherwise)
            }
        }
    }

    /// A chain of operators that leans to the left, `a + b + c + …`, without a level for each.
    fn chain(&mut self, expression: &Expr) -> Result<Node, Reported> {
        let mut links = Vec::new();
        let mut first = expression;
        while let ExprKind::Binary { op, left, right } = &first.kind {
            links.push((*op, right, first.span));
            first = left;
        }
        let mut node = self.lower(first)?;
        for (op, right, span) in links.into_iter().rev() {
            let right = self.lower(right)?;
            let operation = match operation(op) {
                Binary::Power => self.power(node, span),
                operation => operation,
            };
            node = self.binary(operation, node, right, span)?;
        }
        Ok(node)
    }

    /// What `^` means: the true power, or under ngspice's rules that of the magnitude.
    fn power(&mut self, base: Node, span: Span) -> Binary {
        if !self.reporter.follows_ngspice() {
            return Binary::Power;
        }
        if self.builder.value(base).is_some_and(|base| base < 0.0) {
            self.reporter.report(
                Diagnostic::warning(
                    codes::DEMOTED,
                    span,
                    "the power of the magnitude of a negative number is taken",
                )
                .help("pow(x, y) is the true power"),
            );
        }
        Binary::AbsolutePower
    }

    /// Whether ngspice's rules count.
    pub(crate) fn follows_ngspice(&self) -> bool {
        self.reporter.follows_ngspice()
    }

    /// A choice; where the condition is a constant, the branch not taken is not even looked at.
    pub(crate) fn conditional(
        &mut self,
        condition: &Expr,
        then: &Expr,
        otherwise: &Expr,
    ) -> Result<Node, Reported> {
        let condition = self.lower(condition)?;
        match self.builder.value(condition) {
            Some(0.0) => self.lower(otherwise),
            Some(_) => self.lower(then),
            None => {
                let then = self.lower(then)?;
                let otherwise = self.lower(otherwise)?;
                Ok(self.builder.select(condition, then, otherwise))
            }
        }
    }

    fn name(&mut self, name: &str, span: Span) -> Result<Node, Reported> {
        if let Some(frame) = self.frames.last() {
            let argument = frame.arguments.iter().find(|(known, _)| known == name);
            if let Some((_, node)) = argument {
                return Ok(*node);
            }
        }
        if let Some(value) = self.scopes.parameter(self.reporter, self.scope, name, span)? {
            self.dependence.extend(&value.dependence);
            return Ok(self.builder.constant(value.value));
        }
        match name {
            "time" if self.signals.is_some() => return Ok(self.builder.time()),
            "temper" if self.signals.is_some() => {
                let kelvin = self.builder.temperature();
                let offset = self.builder.constant(ZERO_CELSIUS);
                return self.binary(Binary::Subtract, kelvin, offset, span);
            }
            "temper" => {
                self.dependence.insert(Dependence::TEMPERATURE);
                return Ok(self.builder.constant(self.scopes.temperature_celsius));
            }
            "time" | "hertz" | "freq" => return Err(self.report_special(name, span)),
            _ => {}
        }
        if let Some(value) = functions::constant(name) {
            return Ok(self.builder.constant(value));
        }
        let candidates = self.scopes.visible_parameters(self.scope);
        Err(self.reporter.report(
            Diagnostic::error(
                codes::UNDEFINED_PARAMETER,
                span,
                format!("undefined parameter \"{name}\""),
            )
            .did_you_mean(suggest(name, &candidates)),
        ))
    }

    fn report_special(&mut self, name: &str, span: Span) -> Reported {
        let diagnostic = if self.signals.is_some() {
            Diagnostic::error(
                codes::NOT_SUPPORTED,
                span,
                format!("\"{name}\" is not available in a formula"),
            )
            .help("a formula holds at every frequency; use capacitors and inductors for dynamics")
        } else {
            Diagnostic::error(codes::NOT_CONSTANT, span, format!("\"{name}\" is not a constant"))
        };
        self.reporter.report(diagnostic)
    }

    fn whole(&mut self, part: Part, span: Span) -> Result<(), Reported> {
        if part == Part::Whole {
            return Ok(());
        }
        Err(self.reporter.report(
            Diagnostic::error(
                codes::NOT_SUPPORTED,
                span,
                format!("the part \"{}\" exists in outputs only", part.suffix()),
            )
            .help("a formula uses v(...) and i(...) themselves"),
        ))
    }

    fn signal(&mut self, signal: Signal, span: Span) -> Result<Node, Reported> {
        match &mut self.signals {
            Some(signals) => Ok(self.builder.input(signals.input(signal))),
            None => Err(self.reporter.report(
                Diagnostic::error(
                    codes::NOT_CONSTANT,
                    span,
                    "voltages and currents are not constants",
                )
                .help("they can be used in B, E, G, F and H elements"),
            )),
        }
    }

    fn node_voltage(&mut self, name: &Name) -> Result<Node, Reported> {
        let node = self.scopes.node(self.signal_scope, &name.node);
        if node == "0" {
            // Also where constants are needed, where it is no more than a strange way to write zero.
            return Ok(self.builder.constant(0.0));
        }
        self.signal(Signal::Voltage(node), name.span)
    }

    fn voltage(&mut self, plus: &Name, minus: Option<&Name>, span: Span) -> Result<Node, Reported> {
        let voltage = self.node_voltage(plus)?;
        match minus {
            None => Ok(voltage),
            Some(minus) => {
                let minus = self.node_voltage(minus)?;
                self.binary(Binary::Subtract, voltage, minus, span)
            }
        }
    }

    fn current(&mut self, device: &Name, span: Span) -> Result<Node, Reported> {
        let name = self.scopes.device(self.signal_scope, &device.node);
        let signal = Signal::Current(Spanned::new(name, device.span));
        self.signal(signal, span)
    }

    /// The voltage between two nodes, as a control of `POLY` or of a table.
    pub(crate) fn control_voltage(&mut self, nodes: &[Name; 2]) -> Result<Node, Reported> {
        let span = nodes[0].span.to(nodes[1].span);
        self.voltage(&nodes[0], Some(&nodes[1]), span)
    }

    /// The current of a device, as a control of `POLY`.
    pub(crate) fn control_current(&mut self, device: &Name) -> Result<Node, Reported> {
        self.current(device, device.span)
    }

    fn call(&mut self, name: &Name, args: &[Expr], span: Span) -> Result<Node, Reported> {
        if let Some((function, home)) = self.scopes.function(self.scope, &name.node) {
            if self.frames.iter().any(|frame| frame.function == name.node) {
                return Err(self.reporter.report(Diagnostic::error(
                    codes::RECURSIVE_FUNCTION,
                    name.span,
                    format!("function \"{name}\" calls itself"),
                )));
            }
            self.calls += 1;
            if self.calls > MAX_CALLS {
                return Err(self.reporter.report(
                    Diagnostic::error(
                        codes::EXPRESSION_TOO_DEEP,
                        name.span,
                        format!("the expression leads to more than {MAX_CALLS} calls of functions"),
                    )
                    .help(
                        "functions are written out; put what they share into parameters or nodes",
                    ),
                ));
            }
            let expected = function.arguments.len();
            self.check_count(name, args, expected, expected)?;
            let mut arguments = Vec::with_capacity(args.len());
            for (argument, value) in function.arguments.iter().zip(args) {
                arguments.push((argument.node.clone(), self.lower(value)?));
            }
            let caller = std::mem::replace(&mut self.scope, home);
            self.frames.push(Frame { function: name.node.clone(), arguments });
            let result = self.lower(&function.body);
            self.frames.pop();
            self.scope = caller;
            return result;
        }
        functions::call(self, name, args, span)
    }

    /// Checks the number of a function's arguments.
    pub(crate) fn check_count(
        &mut self,
        name: &Name,
        args: &[Expr],
        least: usize,
        most: usize,
    ) -> Result<(), Reported> {
        if (least..=most).contains(&args.len()) {
            return Ok(());
        }
        let expected = match (least, most) {
            (least, usize::MAX) => format!("at least {least}"),
            (least, most) if least == most => least.to_string(),
            (least, most) => format!("{least} to {most}"),
        };
        let plural = if expected == "1" { "" } else { "s" };
        Err(self.reporter.report(Diagnostic::error(
            codes::WRONG_ARGUMENT_COUNT,
            name.span,
            format!("function \"{name}\" takes {expected} argument{plural}, not {}", args.len()),
        )))
    }

    /// Reports a function that does not exist.
    pub(crate) fn report_unknown_function(&mut self, name: &Name) -> Reported {
        let mut candidates =
            self.scopes.visible(self.scope, |table| table.functions.keys().collect());
        let built_in: Vec<&str> = functions::names().collect();
        candidates.extend(built_in);
        let near = suggest(&name.node, candidates).map(str::to_owned);
        self.reporter.report(
            Diagnostic::error(
                codes::UNDEFINED_FUNCTION,
                name.span,
                format!("undefined function \"{name}\""),
            )
            .did_you_mean(near.as_deref()),
        )
    }
}

fn operation(op: BinaryOp) -> Binary {
    match op {
        BinaryOp::Add => Binary::Add,
        BinaryOp::Subtract => Binary::Subtract,
        BinaryOp::Multiply => Binary::Multiply,
        BinaryOp::Divide => Binary::Divide,
        BinaryOp::IntegerDivide => Binary::IntegerDivide,
        BinaryOp::Remainder => Binary::Remainder,
        BinaryOp::Power => Binary::Power,
        BinaryOp::Less => Binary::Less,
        BinaryOp::LessEqual => Binary::LessEqual,
        BinaryOp::Greater => Binary::Greater,
        BinaryOp::GreaterEqual => Binary::GreaterEqual,
        BinaryOp::Equal => Binary::Equal,
        BinaryOp::NotEqual => Binary::NotEqual,
        BinaryOp::And => Binary::And,
        BinaryOp::Or => Binary::Or,
    }
}

/// Whether an expression reads voltages, currents or time, itself or through functions.
pub(crate) fn is_formula(scopes: &Scopes, scope: ScopeId, expression: &Expr) -> bool {
    reads_signals(scopes, scope, expression, &mut Vec::new())
}

fn reads_signals(
    scopes: &Scopes,
    scope: ScopeId,
    expression: &Expr,
    functions: &mut Vec<String>,
) -> bool {
    let mut open = vec![expression];
    while let Some(expression) = open.pop() {
        match &expression.kind {
            ExprKind::Voltage { .. } | ExprKind::Current { .. } => return true,
            ExprKind::Name(name) if name == "time" && !scopes.has_parameter(scope, name) => {
                return true;
            }
            ExprKind::Call { name, args } => {
                open.extend(args);
                if let Some((function, home)) = scopes.function(scope, &name.node)
                    && !functions.contains(&name.node)
                {
                    functions.push(name.node.clone());
                    if reads_signals(scopes, home, &function.body, functions) {
                        return true;
                    }
                }
            }
            ExprKind::Unary { operand, .. } => open.push(operand),
            ExprKind::Binary { left, right, .. } => open.extend([&**left, &**right]),
            ExprKind::Conditional { condition, then, otherwise } => {
                open.extend([&**condition, &**then, &**otherwise])
            }
            _ => {}
        }
    }
    false
}
