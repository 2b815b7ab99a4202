//! Cells of two devices in series with a middle that is theirs alone.
//!
//! `.model cell ts_pcm(pcm=memory ts=switch)` names the models of the parts. An instance `N1 p n cell` becomes the
//! first part, which keeps the name `n1`, and the second, `n1.ts`, with a private node `n1#mid` between them, both in one
//! cluster. What the line says goes to the part that knows it.

use super::Elaborator;
use super::draft::{Draft, Line, positional};
use super::models::PreparedModel;
use super::reporter::Reported;
use super::scope::ScopeId;
use crate::formula::Formula;
use ovonic_analysis::Probe;
use ovonic_circuit::{Circuit, InstanceId};
use ovonic_device::{Kind, Role, find_param};
use ovonic_netlist::ast::{Model, Name, Param, Value, Word};
use ovonic_netlist::{Diagnostic, Spanned, codes};
use std::sync::Arc;

/// Words that every instance understands, and that both parts take.
const COMMON: &[&str] = &["m", "temp", "dtemp"];

impl Elaborator {
    /// The models of a cell's parts, as its card names them.
    pub(super) fn parts(
        &mut self,
        card: &Model,
        kind: &'static Kind,
        home: ScopeId,
    ) -> Result<Vec<Arc<PreparedModel>>, Reported> {
        let strange = |param: &&Param| !kind.parts.contains(&param.key.node.as_str());
        if let Some(param) = card.params.iter().find(strange) {
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::UNKNOWN_PARAMETER,
                    param.key.span,
                    format!(
                        "unknown part \"{}\" of {} model \"{}\"",
                        param.key, kind.name, card.name
                    ),
                )
                .help(format!("its parts are: {}", kind.parts.join(", "))),
            ));
        }
        kind.parts.iter().map(|part| self.part(card, part, kind, home)).collect()
    }

    fn part(
        &mut self,
        card: &Model,
        part: &str,
        kind: &'static Kind,
        home: ScopeId,
    ) -> Result<Arc<PreparedModel>, Reported> {
        let Some(param) = card.params.iter().find(|param| param.key.node == part) else {
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::MISSING_PARAMETER,
                    card.name.span,
                    format!(
                        "{} model \"{}\" does not say which model its {part} is",
                        kind.name, card.name
                    ),
                )
                .help(format!("for example: {part}=name, with .model name …")),
            ));
        };
        let span = param.value.span;
        let Value::Name(name) = &param.value.node else {
            return Err(self.reporter.report(Diagnostic::error(
                codes::INVALID_VALUE,
                span,
                format!("\"{part}\" is the name of a model"),
            )));
        };
        let name = Spanned::new(name.clone(), span);
        let model = match self.model(home, &name.node) {
            Some(model) => model?,
            None => return Err(self.report_unknown_model(home, &name)),
        };
        let needed = model.kind.terminals().filter(|terminal| terminal.role == Role::Terminal);
        if model.parts.is_empty() && needed.count() == 2 && model.kind.letter.is_none() {
            return Ok(model);
        }
        Err(self.reporter.report(Diagnostic::error(
            codes::KIND_MISMATCH,
            span,
            format!("\"{name}\" is a {} model, which cannot be part of a cell", model.kind.name),
        )))
    }

    /// The two instances that a cell consists of.
    pub(super) fn cell(
        &mut self,
        line: Line<'_>,
        model: &PreparedModel,
        rest: &[Spanned<Word>],
        scope: ScopeId,
    ) -> Result<Vec<Draft>, Reported> {
        self.check_counts(&line, model.kind)?;
        let [upper, lower] = &model.parts[..] else {
            unreachable!("a cell has two parts");
        };
        let (above, below) = self.split(line.params, upper, lower)?;
        let name = &line.element.name;
        let middle = Name::new(format!("{name}#mid"), name.span);
        let mut terminals = vec![line.terminals[0].clone(), middle.clone()];
        terminals.extend(line.terminals[2..].iter().cloned());
        let top = Line { element: line.element, terminals, lenders: Vec::new(), params: &above };
        let terminals = vec![middle.clone(), line.terminals[1].clone()];
        let bottom = Line { element: line.element, terminals, lenders: Vec::new(), params: &below };
        let mut drafts = self.instance(top, upper.kind, Some(upper), scope, |assignment| {
            let mut value_given = false;
            rest.iter().try_for_each(|word| positional(assignment, word, &mut value_given))
        })?;
        let mut second = self.instance(bottom, lower.kind, Some(lower), scope, |_| Ok(()))?;
        let middle = self.scopes.node(scope, &middle.node);
        for draft in &mut second {
            draft.name.push_str(".ts");
        }
        drafts.append(&mut second);
        for draft in &mut drafts {
            draft.private_node = Some(middle.clone());
            draft.dependence.extend(&model.dependence);
        }
        Ok(drafts)
    }

    /// What a line says, for each part.
    fn split(
        &mut self,
        params: &[Param],
        upper: &PreparedModel,
        lower: &PreparedModel,
    ) -> Result<(Vec<Param>, Vec<Param>), Reported> {
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for param in params {
            let key = param.key.node.as_str();
            let knows = |model: &PreparedModel| find_param(model.kind.params, key).is_some();
            match (COMMON.contains(&key), knows(upper), knows(lower)) {
                (true, ..) => {
                    above.push(param.clone());
                    below.push(param.clone());
                }
                (false, true, true) => {
                    return Err(self.reporter.report(
                        Diagnostic::error(
                            codes::UNKNOWN_PARAMETER,
                            param.key.span,
                            format!(
                                "\"{key}\" could be of the {} or of the {}",
                                upper.kind.name, lower.kind.name
                            ),
                        )
                        .help("set it on the .model card of the part that is meant"),
                    ));
                }
                (false, false, true) => below.push(param.clone()),
                (false, ..) => above.push(param.clone()),
            }
        }
        Ok((above, below))
    }

    /// A quantity of the whole cell of which `id` is the upper part.
    pub(super) fn cell_quantity(
        &self,
        id: InstanceId,
        word: &str,
        circuit: &Circuit,
    ) -> Option<Formula> {
        let lower = self.find_instance(&format!("{}.ts", circuit.spec(id).name))?;
        let (top, middle) = (circuit.spec(id).terminals[0], circuit.spec(id).terminals[1]);
        let bottom = circuit.spec(lower).terminals[1];
        let conductance = |instance: InstanceId| {
            let outputs = circuit.spec(instance).kind.outputs;
            let index = outputs.iter().position(|output| output.name == "g")?;
            Some(Box::new(Formula::Probe(Probe::DeviceOutput { instance, index })))
        };
        match word {
            "v_mid" => Some(Formula::Probe(Probe::Difference(middle, bottom))),
            "p" => {
                let voltage = Box::new(Formula::Probe(Probe::Difference(top, bottom)));
                let current = Box::new(Formula::Probe(Probe::current(circuit, id)));
                Some(Formula::Multiply(voltage, current))
            }
            "g" => {
                let (a, b) = (conductance(id)?, conductance(lower)?);
                let product = Box::new(Formula::Multiply(a.clone(), b.clone()));
                Some(Formula::Divide(product, Box::new(Formula::Add(a, b))))
            }
            _ => None,
        }
    }
}
