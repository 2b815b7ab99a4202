//! Circuits whose solution is known in closed form, read from text and run.

use ovonic::waveforms::{Plot, PlotKind, Results};
use ovonic::{Recording, RunOptions, Simulation};

fn simulation(text: &str) -> Simulation {
    let text = format!("title\n{text}\n.end\n");
    Simulation::from_text(&text).unwrap_or_else(|error| panic!("{error}"))
}

fn run(simulation: &mut Simulation) -> Results {
    let mut recording = Recording::new();
    simulation
        .run(&RunOptions::default(), &mut recording)
        .unwrap_or_else(|error| panic!("{error}"));
    recording.into_results()
}

fn results(text: &str) -> Results {
    run(&mut simulation(text))
}

fn values(plot: &Plot, name: &str) -> Vec<f64> {
    let vector = plot.vector(name).unwrap_or_else(|error| panic!("{error}"));
    vector.real_parts()
}

/// The only value of a vector at the operating point.
fn op(text: &str, name: &str) -> f64 {
    values(&results(text).plots[0], name)[0]
}

#[track_caller]
fn assert_close(found: f64, expected: f64, relative: f64) {
    assert!(
        (found - expected).abs() <= relative * expected.abs().max(1e-30),
        "{found} is not {expected}"
    );
}

#[test]
fn parameters_are_found_where_they_belong() {
    // An instance's value beats .param in the body, which beats the default, which beats the top.
    let text = "V1 a 0 1
.param r=1 w=5 g=100
X1 a 0 load r=2
X2 a 0 load
X3 a 0 user
.subckt load p n r=3 w=7
.param w=11
R1 p n {r*w*g}
.ends
.subckt user p n
R1 p n {r*w}
.ends";
    let currents = -op(text, "i(v1)");
    assert_close(currents, 1.0 / 2200.0 + 1.0 / 3300.0 + 1.0 / 5.0, 1e-9);
}

#[test]
fn definitions_may_follow_their_use_and_functions_expand() {
    let text = "V1 a 0 {vdd}
R1 a b {par(r, 2*r)}
R2 b 0 {r}
.func par(x, y) {x*y/(x+y)}
.param r={base*10}
.param base=10 vdd='2+1'";
    assert_close(op(text, "v(b)"), 3.0 * 100.0 / (100.0 + 200.0 / 3.0), 1e-9);
}

#[test]
fn powers_are_true_powers() {
    let text =
        "V1 a 0 {(-2)^3}\nV2 b 0 {-2^2}\nB1 c 0 V=v(a)^3\nV3 d 0 {pwr(-2,3)}\nB2 e 0 V=pwr(v(a),2)
R1 a 0 1\nR2 b 0 1\nR3 c 0 1\nR4 d 0 1\nR5 e 0 1";
    let plot = &results(text).plots[0];
    for (name, expected) in
        [("v(a)", -8.0), ("v(b)", -4.0), ("v(c)", -512.0), ("v(d)", 8.0), ("v(e)", -64.0)]
    {
        assert_close(values(plot, name)[0], expected, 1e-9);
    }
}

#[test]
fn names_in_the_hierarchy_are_those_of_spice() {
    let text = "V1 a 0 6
X1 a 0 outer
.subckt outer p n
X2 p mid inner
R1 mid n 1k
.ends
.subckt inner p n
R1 p x 1k
V1 x y 0
R2 y n 1k
.ends
.save v(x1.mid) i(v.x1.x2.v1) i(r.x1.r1) v(x1.x2.x) v(x1.x2.p)";
    let plot = &results(text).plots[0];
    assert_close(values(plot, "v(x1.mid)")[0], 2.0, 1e-9);
    assert_close(values(plot, "i(v.x1.x2.v1)")[0], 2e-3, 1e-9);
    assert_close(values(plot, "i(r.x1.r1)")[0], 2e-3, 1e-9);
    assert_close(values(plot, "v(x1.x2.x)")[0], 4.0, 1e-9);
    // A port goes by the name of the node that it is connected to, and can be asked for by its own.
    assert_close(values(plot, "v(x1.x2.p)")[0], 6.0, 1e-9);
    assert_eq!(plot.vectors.len(), 5);
}

#[test]
fn multiplicity_goes_through_instances() {
    let text = "V1 a 0 1
X1 a 0 load m=3
.subckt load p n
R1 p n 1k m=2
I1 p n 1m
.ends";
    assert_close(-op(text, "i(v1)"), 6e-3 + 3e-3, 1e-9);
    assert_eq!(op("V1 a 0 1\nR1 a 0 1k\nR2 a 0 1 m=0", "i(v1)"), -1e-3);
}

#[test]
fn conditions_choose_cards() {
    let text = "V1 a 0 1
.param fast=1
.if (fast==1)
.param r=10
R1 a 0 {r}
.else
R1 a 0 {r}
.param r=1000
.endif";
    assert_close(-op(text, "i(v1)"), 0.1, 1e-9);
    let slow = text.replace("fast=1\n", "fast=0\n");
    assert_close(-op(&slow, "i(v1)"), 1e-3, 1e-9);
}

#[test]
fn polynomials_tables_and_formulas_control_sources() {
    let text = "V1 a 0 3
V2 b 0 2
E1 e1 0 POLY(2) a 0 b 0 1 2 3 0.5
E2 e2 0 VALUE={v(a)*v(b)+i(v3)}
E3 e3 0 TABLE {v(a)} = (0,0) (2,4) (4,5)
G1 0 g1 POLY(1) a 0 0 1m 1m
F1 0 f1 POLY(1) v3 0 0 1k
H1 h1 0 v3 50
V3 c 0 1
R3 c 0 100
Re1 e1 0 1
Re2 e2 0 1
Re3 e3 0 1
Rg1 g1 0 1k
Rf1 f1 0 1
Rh1 h1 0 1";
    let plot = &results(text).plots[0];
    let current = -0.01;
    for (name, expected) in [
        ("v(e1)", 1.0 + 2.0 * 3.0 + 3.0 * 2.0 + 0.5 * 9.0),
        ("v(e2)", 6.0 + current),
        ("v(e3)", 4.5),
        ("v(g1)", 3.0 + 9.0),
        ("v(f1)", 1000.0 * current * current),
        ("v(h1)", 50.0 * current),
    ] {
        assert_close(values(plot, name)[0], expected, 1e-9);
    }
}

#[test]
fn passive_elements_may_be_formulas() {
    // R = 1k * (1 + v(a)) at v(a) = 2.
    assert_close(-op("V1 a 0 2\nR1 a 0 {1k*(1+v(a))}", "i(v1)"), 2.0 / 3e3, 1e-9);
    assert_close(-op("V1 a 0 2\nR1 a 0 r='1k*(1+v(a))' m=2", "i(v1)"), 4.0 / 3e3, 1e-9);
    // i = C(v) dv/dt with C = 1u * (1 + v(c)): at a slope of 1 V/ms, and v(c) = 3, 4 mA.
    let text = "V1 a 0 PWL(0 0 1m 1)\nV2 c 0 3\nC1 a 0 {1u*(1+v(c))}\nR1 c 0 1k\n.tran 10u 1m";
    let plot = &results(text).plots[0];
    let current = *values(plot, "i(v1)").last().unwrap();
    assert_close(-current, 4e-3, 1e-6);
    // Q = 1u * v^2: i = 2u * v * dv/dt, 2 mA at v = 1.
    let text = "V1 a 0 PWL(0 0 1m 1)\nC1 a 0 Q='1u*v(a)*v(a)'\n.tran 1u 1m";
    let plot = &results(text).plots[0];
    let current = *values(plot, "i(v1)").last().unwrap();
    assert_close(-current, 2e-3, 1e-3);
}

#[test]
fn small_signals_of_formulas_are_their_slopes() {
    // A gain of 2 * v(a) = 6 around v(a) = 3; C = 1n * v(a) gives j*omega*3n.
    let text = "V1 a 0 DC 3 AC 1
B1 b 0 V=v(a)*v(a)
R1 b 0 1k
V2 d 0 DC 0 AC 1
C1 d 0 {1n*v(a)}
.ac lin 1 1k 1k";
    let plot = &results(text).plots[0];
    let b = plot.vector("v(b)").unwrap().as_complex().unwrap()[0];
    assert_close(b.re, 6.0, 1e-9);
    let i = plot.vector("i(v2)").unwrap().as_complex().unwrap()[0];
    assert_close(-i.im, std::f64::consts::TAU * 1e3 * 3e-9, 1e-9);
}

#[test]
fn sweeps_of_sources_parameters_and_temperature() {
    let text = "V1 a 0 1
R1 a b {r}
R2 b 0 1k tc1=1e-3
.param r=1k
.dc v1 0 2 0.5
.dc param r list 1k 3k
.dc temp 27 127 100
.dc v1 1 2 1 r1 1k 2k 1k";
    let mut simulation = simulation(text);
    let results = run(&mut simulation);
    let plot = &results.plots[0];
    assert_eq!(values(plot, "v-sweep"), [0.0, 0.5, 1.0, 1.5, 2.0]);
    assert_close(values(plot, "v(b)")[4], 1.0, 1e-9);
    let plot = &results.plots[1];
    assert_close(values(plot, "v(b)")[0], 0.5, 1e-9);
    assert_close(values(plot, "v(b)")[1], 0.25, 1e-9);
    let plot = &results.plots[2];
    assert_close(values(plot, "v(b)")[0], 0.5, 1e-9);
    assert_close(values(plot, "v(b)")[1], 1.1 / 2.1, 1e-9);
    let plot = &results.plots[3];
    assert_eq!(values(plot, "v-sweep"), [1.0, 2.0, 1.0, 2.0]);
    assert_eq!(values(plot, "r1"), [1e3, 1e3, 2e3, 2e3]);
    assert_close(values(plot, "v(b)")[3], 2.0 / 3.0, 1e-9);
    // Sweeps leave everything as it was.
    assert_eq!(simulation.parameter("r"), Some(1000.0));
    let again = run(&mut simulation);
    assert_eq!(again, results);
}

#[test]
fn a_sweep_of_a_parameter_reaches_models_subcircuits_formulas_and_couplings() {
    let text = ".param p=1
V1 a 0 1
X1 a 0 load g={2*p}
B1 a 0 I={p*1m}*v(a)
D1 0 a dm
.subckt load x y g=1
R1 x y rm l=1u w=1u
.model rm r(rsh={1k/g})
.ends
.model dm d(is={p*1e-18} rs={p})
.dc param p 1 3 1";
    let plot = &results(text).plots[0];
    let currents = values(plot, "i(v1)");
    for (index, current) in currents.iter().enumerate() {
        let p = index as f64 + 1.0;
        assert_close(-current, 2e-3 * p + 1e-3 * p, 1e-6);
    }
}

#[test]
fn a_swept_device_keeps_its_value_while_a_parameter_of_its_line_moves() {
    let text = ".param t=0 n=1
V1 a 0 1
R1 a b 1k tc1={t}
R2 b 0 1k m={n}
.options temp=127
.dc param t list 0 1e-3 param n list 1 2 r1 list 1k 3k";
    let plot = &results(text).plots[0];
    let found = values(plot, "v(b)");
    let mut index = 0;
    for r1 in [1e3, 3e3] {
        for n in [1.0, 2.0] {
            for t in [0.0, 1e-3] {
                let r1 = r1 * (1.0 + 100.0 * t);
                let r2 = 1e3 / n;
                assert_close(found[index], r2 / (r1 + r2), 1e-9);
                index += 1;
            }
        }
    }
}

#[test]
fn parameters_can_be_set_from_outside() {
    let mut simulation = simulation(".param r=1k n=1\nV1 a 0 1\nR1 a 0 {r} m={n}\n.op");
    assert_eq!(simulation.parameters(), ["r", "n"]);
    simulation.set_param("R", 500.0).unwrap();
    assert_close(-values(&run(&mut simulation).plots[0], "i(v1)")[0], 2e-3, 1e-9);
    // A multiplicity changes more than values.
    simulation.set_param("n", 3.0).unwrap();
    assert_close(-values(&run(&mut simulation).plots[0], "i(v1)")[0], 6e-3, 1e-9);
    let error = simulation.set_param("rr", 1.0).unwrap_err();
    assert_eq!(error.to_string(), "the netlist has no parameter \"rr\"; did you mean \"r\"?");
    assert_eq!(simulation.parameter("n"), Some(3.0));
}

#[test]
fn a_transient_starts_where_it_is_told() {
    // A capacitor discharges from 2 V; both ways of saying so agree.
    for start in ["C1 a 0 1u ic=2\n.tran 1u 1m uic", "C1 a 0 1u\n.ic v(a)=2\n.tran 1u 1m"] {
        let text = format!("R1 a 0 1k\n{start}");
        let plot = &results(&text).plots[0];
        let (time, voltage) = (values(plot, "time"), values(plot, "v(a)"));
        let last = voltage.len() - 1;
        assert_close(voltage[0], 2.0, 1e-6);
        assert_close(voltage[last], 2.0 * (-time[last] / 1e-3).exp(), 1e-3);
    }
}

#[test]
fn a_node_set_chooses_between_two_states() {
    // A latch of two inverters.
    let text = "V1 vdd 0 5
B1 q 0 V={2.5*(1-tanh(4*(v(qb)-2.5)))}
B2 qb 0 V={2.5*(1-tanh(4*(v(q)-2.5)))}";
    let high = format!("{text}\n.nodeset v(q)=5 v(qb)=0");
    let low = format!("{text}\n.nodeset v(q)=0 v(qb)=5");
    assert_close(op(&high, "v(q)"), 5.0, 1e-6);
    assert!(op(&low, "v(q)").abs() < 1e-5);
}

#[test]
fn outputs_may_be_formulas_and_parts() {
    let text = "V1 in 0 DC 1 AC 1
R1 in out 1k
C1 out 0 1u
.ac lin 1 159.15494309189535 159.15494309189535
.print ac vdb(out) vp(out) vm(in,out) {v(out)/v(in)} i(c1)";
    let plot = &results(text).plots[0];
    assert_close(values(plot, "vdb(out)")[0], -10.0 * 2f64.log10(), 1e-9);
    assert_close(values(plot, "vp(out)")[0], -45.0, 1e-9);
    assert_close(values(plot, "vm(in,out)")[0], 0.5f64.sqrt(), 1e-9);
    let ratio = plot.vector("(v(out) / v(in))").unwrap();
    let ratio = ratio.as_complex().unwrap()[0];
    assert_close(ratio.re, 0.5, 1e-9);
    assert_close(ratio.im, -0.5, 1e-9);
    let current = plot.vector("i(c1)").unwrap().as_complex().unwrap()[0];
    assert_close(current.norm(), 0.5f64.sqrt() * 1e-3, 1e-9);
    assert_eq!(plot.kind, PlotKind::Ac);
}

#[test]
fn noise_of_a_resistor_is_four_k_t_r() {
    let text = "V1 in 0 AC 1\nR1 in out 1k\nR2 out 0 1k\n.noise v(out) v1 lin 1 1k 1k";
    let results = results(text);
    let density = values(&results.plots[0], "onoise_spectrum")[0];
    let expected = (4.0 * 1.380_649e-23 * 300.15 * 500.0f64).sqrt();
    assert_close(density, expected, 1e-9);
    assert_close(values(&results.plots[0], "inoise_spectrum")[0], 2.0 * expected, 1e-9);
}

#[test]
fn coupled_inductors_transform() {
    let text = "V1 in 0 DC 0 AC 1
R1 in a 1u
L1 a 0 1m
L2 out 0 4m
R2 out 0 1meg
K1 L1 L2 0.5
.ac lin 1 10k 10k";
    let plot = &results(text).plots[0];
    let out = plot.vector("v(out)").unwrap().as_complex().unwrap()[0];
    assert_close(out.norm(), 1.0, 1e-4);
}

#[test]
fn sources_follow_their_waveforms() {
    let text = "V1 a 0 PULSE(0 1 1u 1n 1n 2u 10u)
V2 b 0 SIN(1 2 100k)
B1 c 0 V={time*1e6}
R1 a 0 1\nR2 b 0 1\nR3 c 0 1
.tran 10n 5u";
    let plot = &results(text).plots[0];
    let time = values(plot, "time");
    let (a, b, c) = (values(plot, "v(a)"), values(plot, "v(b)"), values(plot, "v(c)"));
    for (index, &t) in time.iter().enumerate() {
        let high = (1.001e-6..3.001e-6).contains(&t);
        let low = t <= 1e-6 || t >= 3.002e-6;
        assert!(!high || (a[index] - 1.0).abs() < 1e-6, "{t}: {}", a[index]);
        assert!(!low || a[index].abs() < 1e-6, "{t}: {}", a[index]);
        let sine = 1.0 + 2.0 * (std::f64::consts::TAU * 1e5 * t).sin();
        assert!((b[index] - sine).abs() < 1e-9, "{t}");
        assert!((c[index] - t * 1e6).abs() < 1e-9, "{t}");
    }
    assert!(time.len() > 100);
}

#[test]
fn simulations_are_independent_and_may_move_between_threads() {
    fn assert_send_sync<T: Send + Sync>() {}
    assert_send_sync::<Simulation>();
    assert_send_sync::<ovonic::Error>();
    let threads: Vec<_> = (1..=4)
        .map(|k| {
            std::thread::spawn(move || {
                let text = format!("V1 a 0 {k}\nR1 a b 1k\nD1 b 0 dm\n.model dm d");
                op(&text, "v(b)").to_bits()
            })
        })
        .collect();
    let found: Vec<u64> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    for (index, bits) in found.into_iter().enumerate() {
        let text = format!("V1 a 0 {}\nR1 a b 1k\nD1 b 0 dm\n.model dm d", index + 1);
        assert_eq!(op(&text, "v(b)").to_bits(), bits);
    }
}

#[test]
fn a_resistance_of_zero_is_a_short() {
    let text = "V1 a 0 1\nR1 a b 0\nR2 b 0 1k\n.save v(b) i(r1)";
    let plot = &results(text).plots[0];
    assert_eq!(values(plot, "v(b)")[0], 1.0);
    assert_close(values(plot, "i(r1)")[0], 1e-3, 1e-12);
    // A parameter may make it one, and undo it.
    let text = ".param r=1k\nV1 a 0 1\nR1 a b {r}\nR2 b 0 1k\n.dc param r list 0 1k 0";
    let plot = &results(text).plots[0];
    let voltages = values(plot, "v(b)");
    assert_close(voltages[0], 1.0, 1e-9);
    assert_close(voltages[1], 0.5, 1e-9);
    assert_close(voltages[2], 1.0, 1e-9);
}

#[test]
fn ngspice_s_rules_pass_over_what_ours_refuse() {
    let text = "title
V1 a 0 1
R1 a b {1k*(-2)^3}
D1 b 0 dm
.model dm d(is=1e-14 nonsense=3)
.model dm d(is=1e-10)
.options reltl=1
.print op v(nowhere)
.end
";
    let ours = Simulation::from_text(text).map(|_| ()).unwrap_err();
    assert!(ours.is_netlist());
    let options = ovonic::LoadOptions {
        dialect: ovonic::netlist::Dialect::Ngspice,
        ..ovonic::LoadOptions::default()
    };
    let loader = ovonic::netlist::MemoryLoader::new();
    let theirs = Simulation::from_text_with("deck", text, &loader, &options);
    let mut theirs = theirs.unwrap_or_else(|error| panic!("{error}"));
    let codes = theirs.diagnostics().iter().map(|d| d.code.as_str());
    let mut codes: Vec<&str> = codes.collect();
    codes.sort_unstable();
    assert_eq!(codes, ["E0502", "E0509", "E0514", "E0517", "W0709"]);
    let recorded = run(&mut theirs);
    // (-2)^3 is |-2|^3 = 8 there, so the resistance is 8k.
    let plot = &recorded.plots[0];
    let (current, voltage) = (values(plot, "i(v1)")[0], values(plot, "v(b)")[0]);
    assert_close(-current, (1.0 - voltage) / 8e3, 1e-6);
}

#[test]
fn all_currents_have_the_names_that_schematic_editors_look_for() {
    let circuit = "V1 a 0 1\nR1 a b 1k\nQ1 b b 0 q\n.model q npn\n.probe alli\n.op";
    let results = results(circuit);
    let of = |name: &str| values(&results.plots[0], name)[0];
    assert!((of("i(r1)") + of("i(v1)")).abs() < 1e-12);
    assert!((of("i(q1:c)") + of("i(q1:b)") + of("i(q1:e)")).abs() < 1e-11);
}

#[test]
fn parameters_follow_a_sweep() {
    let results = results("V1 a 0 1\nR1 a 0 1k\n.dc R1 1k 3k 1k\n.save @r1[r] i(v1)");
    assert_eq!(values(&results.plots[0], "@r1[r]"), [1e3, 2e3, 3e3]);
}

#[test]
fn soft_limits_bend_towards_their_bounds() {
    let up = |x: f64| op(&format!("V1 a 0 {x}\nB1 b 0 V=uplim(V(a),2,0.5)\nR1 b 0 1"), "v(b)");
    let down = |x: f64| op(&format!("V1 a 0 {x}\nB1 b 0 V=dnlim(V(a),-2,0.5)\nR1 b 0 1"), "v(b)");
    for (x, expected) in [(1.0, 1.0), (2.0, 2.0 - 0.5 * (-1.0_f64).exp())] {
        assert!((up(x) - expected).abs() < 1e-12, "{x}");
        assert!((down(-x) + expected).abs() < 1e-12, "{x}");
    }
    assert!((up(100.0) - 2.0).abs() < 1e-12);
}
