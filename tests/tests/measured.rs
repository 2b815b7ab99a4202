//! Fits to measured curves, which are not part of the project: the folder is named by `OVONIC_MEASURED_DATA`, and the
//! tests say loudly that they are skipped where it is not.

#![allow(clippy::print_stderr, reason = "a skipped test has to be seen")]

use std::path::{Path, PathBuf};

use ovonic::calibrate::{FitReport, Unwatched, fit};
use ovonic::{FitPlan, LoadOptions};

/// The folder with the measured curves.
fn measured() -> Option<PathBuf> {
    let folder = std::env::var_os("OVONIC_MEASURED_DATA").map(PathBuf::from);
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!(
            "SKIPPED: OVONIC_MEASURED_DATA does not name the folder with the measured curves"
        );
    }
    folder
}

/// Fits a shipped plan to a measured file.
fn fitted(plan: &str, file: &str) -> Option<(FitPlan, FitReport)> {
    let data = measured()?.join(file);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../netlists/examples/fit");
    let text = std::fs::read_to_string(folder.join(plan)).unwrap();
    let mut plan: FitPlan = toml::from_str(&text).unwrap();
    plan.data[0].file = data;
    let prepared = plan.prepare(&folder, &LoadOptions::default()).unwrap();
    let report = fit(&prepared.problem, &prepared.options, &[], &Unwatched).unwrap();
    assert!(report.starts.len() >= 5);
    assert!(report.spread() <= 0.1, "costs differ by {:.1} %", 100.0 * report.spread());
    Some((plan, report))
}

#[test]
fn the_loop_of_a_silicon_carbide_memristor() {
    let file = "asic_cu_fgr/example_bipolar_measurement.txt";
    let Some((plan, report)) = fitted("asic-cu.toml", file) else { return };
    assert!(plan.is_met(&report), "{:.3} %", 100.0 * report.relative_error(false));
}

#[test]
fn the_average_loop_of_an_oxide_memristor_behind_a_transistor() {
    let Some((plan, report)) = fitted("siox-1t1r.toml", "siox_bianchi/Figure_1_b.csv") else {
        return;
    };
    assert!(plan.is_met(&report), "{:.3} %", 100.0 * report.relative_error(false));
}

#[test]
fn a_pulse_transient_of_a_silver_switch() {
    let Some((plan, report)) = fitted("silver-switch.toml", "ag_diffusive/layer1.csv") else {
        return;
    };
    assert!(plan.is_met(&report), "{:.3} decades", report.decades(false));
}

#[test]
fn delays_and_relaxations_of_a_silver_switch() {
    let Some(folder) = measured() else { return };
    let plans = Path::new(env!("CARGO_MANIFEST_DIR")).join("../netlists/examples/fit");
    let text = std::fs::read_to_string(plans.join("silver-population.toml")).unwrap();
    let mut plan: FitPlan = toml::from_str(&text).unwrap();
    plan.data[0].file = folder.join("ag_diffusive/layer1.csv");
    let prepared = plan.prepare(&plans, &LoadOptions::default()).unwrap();
    let found = prepared.fit_population(&Unwatched).unwrap();
    let counted = found.members.iter().filter(|member| member.counts).count();
    assert!(counted >= 186, "{counted} of {} traces count", found.members.len());
    // The plan asks for medians within 5 % and ranges within 15 %; so do the ends of the ranges.
    let checks = prepared.check(&plan, &found, &Unwatched).unwrap();
    assert_eq!(checks.len(), 2);
    for check in &checks {
        assert!(check.is_met, "{check:?}");
        for end in [0, 2] {
            let off = check.drawn[end] / check.measured[end] - 1.0;
            assert!(off.abs() <= 0.15, "{check:?}");
        }
    }
}
