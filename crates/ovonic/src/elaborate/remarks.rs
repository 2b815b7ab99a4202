//! What is legal and yet hardly meant.

use super::Elaborator;
use super::plan::{Planned, Task};
use ovonic_device::{Class, find_param};
use ovonic_netlist::{Diagnostic, codes};

impl Elaborator {
    /// Remarks on analyses that can only give zeros.
    pub(crate) fn remark_on_plan(&mut self, plan: &[Planned]) {
        let Some(planned) = plan.iter().find(|planned| matches!(planned.task, Task::Ac(_))) else {
            return;
        };
        let is_driven = self.records.iter().any(|record| {
            let spec = self.builder.spec(record.id);
            let magnitude = find_param(spec.kind.params, "acmag");
            let magnitude = magnitude.and_then(|index| spec.params.value(index));
            spec.kind.class == Class::Source && magnitude.is_some_and(|value| value != 0.0)
        });
        if !is_driven {
            self.reporter.report(
                Diagnostic::warning(
                    codes::NO_STIMULUS,
                    planned.span,
                    "no source drives the ac analysis, so all its results are zero",
                )
                .help("give a source a magnitude: V1 in 0 ac 1"),
            );
        }
    }
}
