//! Model cards: from `.model name kind (…)` to a kind of device with its parameters.

use super::Elaborator;
use super::assign::{Assignment, Place};
use super::reporter::Reported;
use super::scope::{Dependence, ScopeId};
use ovonic_device::{AnyParams, Kind, ModelType, find_param};
use ovonic_netlist::ast::Model;
use ovonic_netlist::{Diagnostic, Spanned, codes, suggest};
use std::sync::Arc;

/// Kinds of models that other simulators know.
const ELSEWHERE: &[(&str, &str)] = &[
    ("ltra", "lossy transmission lines"),
    ("txl", "lossy transmission lines"),
    ("cpl", "coupled transmission lines"),
    ("urc", "distributed RC lines"),
    ("nmf", "MESFETs"),
    ("pmf", "MESFETs"),
    ("nhfet", "HFETs"),
    ("phfet", "HFETs"),
    ("vdmos", "power MOSFETs (VDMOS)"),
    ("nsoi", "SOI MOSFETs"),
    ("psoi", "SOI MOSFETs"),
    ("numd", "numerical devices"),
    ("nbjt", "numerical devices"),
    ("numos", "numerical devices"),
];

/// A model card that has been understood.
pub(crate) struct PreparedModel {
    pub(crate) kind: &'static Kind,
    pub(crate) params: Arc<dyn AnyParams>,
    pub(crate) dependence: Dependence,
    /// Models of a cell's parts, top first.
    pub(crate) parts: Vec<Arc<PreparedModel>>,
}

impl Elaborator {
    /// The model that a word names, understood; `None` if there is no such model.
    pub(crate) fn model(
        &mut self,
        scope: ScopeId,
        name: &str,
    ) -> Option<Result<Arc<PreparedModel>, Reported>> {
        let (card, home) = self.scopes.model(scope, name)?;
        let key = (home, name.to_owned());
        if let Some(known) = self.models.get(&key) {
            return Some(known.clone());
        }
        let prepared = self.prepare_model(&card, home).map(Arc::new);
        self.models.insert(key, prepared.clone());
        Some(prepared)
    }

    /// The kind that a model card asks for.
    pub(crate) fn model_kind(
        &mut self,
        card: &Model,
        home: ScopeId,
    ) -> Result<(&'static Kind, &'static ModelType), Reported> {
        let word = card.kind.node.as_str();
        let candidates: Vec<(&'static Kind, &'static ModelType)> = self
            .kinds
            .iter()
            .filter_map(|kind| {
                let model_type = kind.model_types.iter().find(|t| t.word == word)?;
                Some((*kind, model_type))
            })
            .collect();
        if candidates.is_empty() {
            return Err(self.report_unknown_kind(&card.kind));
        }
        let level = card.params.iter().find(|param| param.key.node == "level");
        let Some(level) = level else {
            return Ok(candidates[0]);
        };
        let value = self.scopes.argument(&mut self.reporter, home, &level.value)?;
        let fits = |kind: &Kind| {
            kind.levels.is_empty()
                || kind.levels.iter().any(|&known| f64::from(known) == value.value)
        };
        if let Some(found) = candidates.iter().find(|(kind, _)| fits(kind)) {
            return Ok(*found);
        }
        let mut known: Vec<String> =
            candidates.iter().flat_map(|(kind, _)| kind.levels).map(i32::to_string).collect();
        known.dedup();
        Err(self.reporter.report(
            Diagnostic::error(
                codes::NOT_SUPPORTED,
                level.value.span,
                format!("there is no {word} model of level {}", value.value),
            )
            .help(format!("levels that exist: {}", known.join(", "))),
        ))
    }

    fn report_unknown_kind(&mut self, word: &Spanned<String>) -> Reported {
        if let Some((_, what)) = ELSEWHERE.iter().find(|(known, _)| *known == word.node) {
            let message = format!("{what} are not supported");
            return self.reporter.report(Diagnostic::error(
                codes::NOT_SUPPORTED,
                word.span,
                message,
            ));
        }
        let words: Vec<&str> =
            self.kinds.iter().flat_map(|kind| kind.model_types.iter().map(|t| t.word)).collect();
        self.reporter.report(
            Diagnostic::error(
                codes::UNKNOWN_KIND,
                word.span,
                format!("no device has models of kind \"{word}\""),
            )
            .did_you_mean(suggest(&word.node, words.iter().copied())),
        )
    }

    fn prepare_model(&mut self, card: &Model, home: ScopeId) -> Result<PreparedModel, Reported> {
        let trace = self.reporter.trace().to_vec();
        self.reporter.set_trace(&self.scopes.trace(home));
        let prepared = self.prepare_model_here(card, home);
        self.reporter.set_trace(&trace);
        prepared
    }

    fn prepare_model_here(
        &mut self,
        card: &Model,
        home: ScopeId,
    ) -> Result<PreparedModel, Reported> {
        let (kind, model_type) = self.model_kind(card, home)?;
        if !kind.parts.is_empty() {
            let parts = self.parts(card, kind, home)?;
            let mut dependence = Dependence::default();
            parts.iter().for_each(|part| dependence.extend(&part.dependence));
            return Ok(PreparedModel {
                kind,
                params: (kind.new_params)().into(),
                dependence,
                parts,
            });
        }
        let mut assignment = Assignment {
            scopes: &mut self.scopes,
            reporter: &mut self.reporter,
            scope: home,
            kind,
            place: Place::Model,
            owner: format!("{} model \"{}\"", kind.name, card.name),
            params: (kind.new_params)(),
            dependence: Dependence::default(),
        };
        let mut result = Ok(());
        for (name, value) in model_type.presets {
            let index = find_param(kind.params, name)
                .expect("a model type presets parameters of its own kind");
            result = result.and(assignment.set_number(index, *value, card.kind.span));
        }
        for param in &card.params {
            let has_level = find_param(kind.params, "level").is_some();
            if param.key.node == "level" && !has_level {
                continue;
            }
            result = result.and(assignment.assign(param));
        }
        for flag in &card.flags {
            match assignment.set_flag(&flag.node, flag.span) {
                Ok(true) => {}
                Ok(false) => {
                    result = result.and(assignment.find(&flag.node, flag.span).map(|_| ()));
                    if result.is_ok() {
                        let missing = Diagnostic::error(
                            codes::MISSING_VALUE,
                            flag.span,
                            format!("parameter \"{flag}\" needs a value"),
                        );
                        result = Err(assignment.reporter.report(missing));
                    }
                }
                Err(Reported) => result = Err(Reported),
            }
        }
        result?;
        Ok(PreparedModel {
            kind,
            dependence: assignment.dependence,
            params: assignment.params.into(),
            parts: Vec::new(),
        })
    }

    /// Reports a model that does not exist.
    pub(crate) fn report_unknown_model(
        &mut self,
        scope: ScopeId,
        name: &Spanned<String>,
    ) -> Reported {
        let names = self.scopes.visible(scope, |table| table.models.keys().collect());
        self.reporter.report(
            Diagnostic::error(codes::UNKNOWN_MODEL, name.span, format!("unknown model \"{name}\""))
                .did_you_mean(suggest(&name.node, names)),
        )
    }

    /// Forgets models that depend on a parameter.
    pub(crate) fn forget_models(&mut self, number: u32) {
        self.models.retain(|_, model| match model {
            Ok(model) => !model.dependence.contains(number),
            Err(Reported) => false,
        });
    }

    /// Models that nobody used are understood too, so that mistakes in them show.
    pub(crate) fn check_unused_models(&mut self) {
        let table = self.scopes.table(ScopeId::TOP).clone();
        let mut names: Vec<&String> = table.models.keys().collect();
        names.sort_by_key(|name| table.models[*name].span);
        for name in names {
            let _ = self.model(ScopeId::TOP, name);
        }
    }
}
