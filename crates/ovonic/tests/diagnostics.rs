//! What elaboration says about mistakes, to the letter.

use expect_test::{Expect, expect};
use ovonic::Simulation;

/// Reads a netlist and compares everything that is said about it.
fn check(text: &str, expected: Expect) {
    let text = format!("title\n{text}\n.end\n");
    let rendered = match Simulation::from_text(&text) {
        Ok(simulation) => simulation
            .diagnostics()
            .iter()
            .map(|diagnostic| diagnostic.render(simulation.sources()))
            .collect(),
        Err(error) => {
            let sources = error.sources().expect("the netlist is at fault");
            let diagnostics = error.diagnostics().iter();
            diagnostics.map(|diagnostic| diagnostic.render(sources)).collect::<String>()
        }
    };
    expected.assert_eq(&rendered);
}

#[test]
fn a_misspelt_parameter_of_a_model() {
    check(
        "V1 a 0 1\nD1 a 0 dx\n.model dx d(iss=1e-14 rs=1)",
        expect![[r#"
            error[E0502]: unknown parameter "iss" for diode model "dx"
              --> netlist:4:13
               | .model dx d(iss=1e-14 rs=1)
               |             ^^^
              help: did you mean "is" (Saturation current of the bottom at the nominal temperature, A)?
        "#]],
    );
}

#[test]
fn a_parameter_out_of_range() {
    check(
        "V1 a 0 1\nD1 a 0 dx\n.model dx d(n=-1)",
        expect![[r#"
        error[E0504]: "n" = -1 is out of range for diode model "dx"
          --> netlist:4:15
           | .model dx d(n=-1)
           |               ^^ allowed is (0, inf)
          help: "n" is: Emission coefficient
    "#]],
    );
}

#[test]
fn an_unknown_model() {
    check(
        "V1 a 0 1\nD1 a 0 d1n4184\n.model d1n4148 d(is=1e-14)",
        expect![[r#"
            error[E0501]: unknown model "d1n4184"
              --> netlist:3:8
               | D1 a 0 d1n4184
               |        ^^^^^^^
              help: did you mean "d1n4148"?
        "#]],
    );
}

#[test]
fn a_model_of_another_kind() {
    check(
        "V1 a 0 1\nD1 a 0 qx\n.model qx npn",
        expect![[r#"
        error[E0511]: "qx" is a bipolar model, which does not fit element "d1"
          --> netlist:3:8
           | D1 a 0 qx
           |        ^^
          help: elements of this model start with "q"
    "#]],
    );
}

#[test]
fn an_unknown_kind_of_model() {
    check(
        "V1 a 0 1\nR1 a 0 1k\n.model x pnpp",
        expect![[r#"
        error[E0505]: no device has models of kind "pnpp"
          --> netlist:4:10
           | .model x pnpp
           |          ^^^^
          help: did you mean "pnp"?
    "#]],
    );
}

#[test]
fn a_wrong_number_of_nodes() {
    check(
        "V1 a 0 1\nQ1 a 0 qx\n.model qx npn",
        expect![[r#"
        error[E0507]: "q1" connects 2 nodes, but a bipolar has 3 to 4
          --> netlist:3:1
           | Q1 a 0 qx
           | ^^^^^^^^^
          help: the terminals are: c b e s
    "#]],
    );
}

#[test]
fn a_bare_parameter_name() {
    check(
        ".param rload=1k\nV1 a 0 1\nR1 a 0 rload",
        expect![[r#"
        error[E0409]: "rload" is not a number
          --> netlist:4:8
           | R1 a 0 rload
           |        ^^^^^
          help: a parameter is written in braces
    "#]],
    );
}

#[test]
fn an_undefined_parameter() {
    check(
        ".param rload=1k\nV1 a 0 1\nR1 a 0 {rlaod*2}",
        expect![[r#"
        error[E0403]: undefined parameter "rlaod"
          --> netlist:4:9
           | R1 a 0 {rlaod*2}
           |         ^^^^^
          help: did you mean "rload"?
    "#]],
    );
}

#[test]
fn a_circle_of_parameters() {
    check(
        ".param a={b+1} b={2*c}\n.param c={a}\nV1 x 0 1\nR1 x 0 {a}",
        expect![[r#"
            error[E0404]: parameter "a" depends on itself
              --> netlist:3:10
               | .param c={a}
               |          ^^^
              --> netlist:2:11
               | .param a={b+1} b={2*c}
               |           - "b" is needed here
              --> netlist:2:21
               | .param a={b+1} b={2*c}
               |                     - "c" is needed here
              help: the circle is a -> b -> c -> a
        "#]],
    );
}

#[test]
fn a_value_that_is_not_finite() {
    check(
        ".param z=0\nV1 a 0 1\nR1 a 0 {1/z}",
        expect![[r#"
        error[E0408]: 1 / 0 has no finite value
          --> netlist:4:9
           | R1 a 0 {1/z}
           |         ^^^
    "#]],
    );
}

#[test]
fn an_unknown_function() {
    check(
        "V1 a 0 1\nR1 a 0 {sqr(4)}",
        expect![[r#"
        error[E0405]: undefined function "sqr"
          --> netlist:3:9
           | R1 a 0 {sqr(4)}
           |         ^^^
          help: did you mean "sqrt"?
    "#]],
    );
}

#[test]
fn a_function_that_calls_itself() {
    check(
        ".func f(x) {f(x-1)}\nV1 a 0 1\nR1 a 0 {f(3)}",
        expect![[r#"
        error[E0411]: function "f" calls itself
          --> netlist:2:13
           | .func f(x) {f(x-1)}
           |             ^
    "#]],
    );
}

#[test]
fn a_voltage_where_a_constant_is_needed() {
    check(
        "V1 a 0 {v(a)}\nR1 a 0 1k",
        expect![[r#"
        error[E0407]: voltages and currents are not constants
          --> netlist:2:11
           | V1 a 0 {v(a)}
           |           ^
          help: they can be used in B, E, G, F and H elements
    "#]],
    );
}

#[test]
fn a_name_that_is_used_twice() {
    check(
        "V1 a 0 1\nR1 a 0 1k\nR1 a 0 2k",
        expect![[r#"
        error[E0510]: there are two elements "r1"
          --> netlist:4:1
           | R1 a 0 2k
           | ^^
          --> netlist:3:1
           | R1 a 0 1k
           | -- the first one is here
    "#]],
    );
}

#[test]
fn a_mistake_inside_a_subcircuit_is_told_once_with_its_way() {
    check(
        "V1 a 0 1\nX1 a 0 load\nX2 a 0 load\n.subckt load p n\nR1 p n 1k tcx=1\n.ends",
        expect![[r#"
            error[E0502]: unknown parameter "tcx" for resistor "r1"
              --> netlist:6:11
               | R1 p n 1k tcx=1
               |           ^^^
              help: did you mean "tc1" (First-order temperature coefficient, 1/K)?
              note: in subcircuit instance "x1" (netlist:3:1)
        "#]],
    );
}

#[test]
fn an_unknown_subcircuit() {
    check(
        "V1 a 0 1\nX1 a 0 laod\n.subckt load p n\nR1 p n 1k\n.ends",
        expect![[r#"
            error[E0512]: unknown subcircuit "laod"
              --> netlist:3:8
               | X1 a 0 laod
               |        ^^^^
              help: did you mean "load"?
        "#]],
    );
}

#[test]
fn a_subcircuit_with_the_wrong_nodes_and_parameters() {
    check(
        "V1 a 0 1\nX1 a 0 b load\nX2 a 0 load rr=1\n.subckt load p n r=1k\nR1 p n {r}\n.ends",
        expect![[r#"
            error[E0507]: "x1" connects 3 nodes, but subcircuit "load" has 2 ports
              --> netlist:3:1
               | X1 a 0 b load
               | ^^^^^^^^^^^^^
              --> netlist:5:1
               | .subckt load p n r=1k
               | --------------------- the subcircuit is defined here
              help: the ports are: p n
            error[E0502]: unknown parameter "rr" for subcircuit "load"
              --> netlist:4:13
               | X2 a 0 load rr=1
               |             ^^
              --> netlist:5:1
               | .subckt load p n r=1k
               | --------------------- the subcircuit is defined here
              help: did you mean "r"?
        "#]],
    );
}

#[test]
fn a_subcircuit_that_contains_itself() {
    check(
        "V1 a 0 1\nX1 a 0 one\n.subckt one p n\nX2 p n two\n.ends\n.subckt two p n\nX3 p n one\n.ends",
        expect![[r#"
            error[E0513]: subcircuit "one" contains itself
              --> netlist:8:1
               | X3 p n one
               | ^^^^^^^^^^
              --> netlist:4:1
               | .subckt one p n
               | --------------- the subcircuit is defined here
              note: in subcircuit instance "x2" (netlist:5:1)
              note: in subcircuit instance "x1" (netlist:3:1)
        "#]],
    );
}

#[test]
fn a_current_that_does_not_exist() {
    check(
        "V1 a 0 1\nR1 a 0 1k\nF1 a 0 vv 2\nH1 b 0 r1 2\nR2 b 0 1",
        expect![[r#"
            error[E0508]: there is no device "vv" whose current could be used
              --> netlist:4:8
               | F1 a 0 vv 2
               |        ^^
              help: did you mean "v1"?
            error[E0508]: "r1" has no branch current of its own
              --> netlist:5:8
               | H1 b 0 r1 2
               |        ^^
              help: put a voltage source of 0 V in series and use its current
        "#]],
    );
}

#[test]
fn a_node_that_is_only_read() {
    check(
        "V1 a 0 1\nB1 b 0 V=2*v(c)\nR1 a b 1k",
        expect![[r#"
            error[E0602]: node c has no path to ground but through current sources and inputs
              --> netlist:3:1
               | B1 b 0 V=2*v(c)
               | ^^^^^^^^^^^^^^^
              help: add a resistance to ground
        "#]],
    );
}

#[test]
fn a_node_without_a_path_for_direct_current() {
    check(
        "V1 a 0 1\nC1 a b 1n\nC2 b 0 1n",
        expect![[r#"
            error[E0603]: node b has no path for direct current to ground
              --> netlist:3:1
               | C1 a b 1n
               | ^^^^^^^^^
              help: add a large resistance to ground, or set .options rshunt=1e12
        "#]],
    );
}

#[test]
fn outputs_and_conditions_of_what_is_not_there() {
    check(
        "V1 in 0 1\nR1 in out 1k\nR2 out 0 1k\n.tran 1u 1m\n.print tran v(ot) i(v2) @r1[q]\n.ic v(inn)=1",
        expect![[r#"
            error[E0509]: the circuit has no node "ot"
              --> netlist:6:15
               | .print tran v(ot) i(v2) @r1[q]
               |               ^^
              help: did you mean "out"?
            error[E0509]: the circuit has no device "v2"
              --> netlist:6:21
               | .print tran v(ot) i(v2) @r1[q]
               |                     ^^
              help: did you mean "r2"?
            error[E0502]: a resistor has no quantity "q"
              --> netlist:6:25
               | .print tran v(ot) i(v2) @r1[q]
               |                         ^^^^^^
              help: it reports: i, p, r
            error[E0509]: the circuit has no node "inn"
              --> netlist:7:7
               | .ic v(inn)=1
               |       ^^^
              help: did you mean "in"?
        "#]],
    );
}

#[test]
fn analyses_that_make_no_sense() {
    check(
        "V1 a 0 1\nR1 a 0 1k\n.tran 1u -1\n.dc v1 0 1 -0.1\n.dc v2 0 1 0.1\n.ac dec 10 0 1k",
        expect![[r#"
            error[E0515]: the stop time -1 s is not positive
              --> netlist:4:10
               | .tran 1u -1
               |          ^^
            error[E0515]: a step of -0.1 does not lead from 0 to 1
              --> netlist:5:12
               | .dc v1 0 1 -0.1
               |            ^^^^
            error[E0519]: there is nothing called "v2" to sweep
              --> netlist:6:5
               | .dc v2 0 1 0.1
               |     ^^
              help: did you mean "v1"?
            error[E0515]: a logarithmic range needs 0 < start <= stop, not 0 to 1000
              --> netlist:7:12
               | .ac dec 10 0 1k
               |            ^
        "#]],
    );
}

#[test]
fn options_that_do_not_exist_or_do_nothing() {
    check(
        "V1 a 0 1\nR1 a 0 1k\n.options reltl=1e-4 acct method=foo gmin=-1",
        expect![[r#"
            error[E0517]: unknown option "reltl"
              --> netlist:4:10
               | .options reltl=1e-4 acct method=foo gmin=-1
               |          ^^^^^
              help: did you mean "reltol"?
            warning[W0707]: option "acct" has no effect here
              --> netlist:4:21
               | .options reltl=1e-4 acct method=foo gmin=-1
               |                     ^^^^
            error[E0518]: there is no integration method "foo"
              --> netlist:4:33
               | .options reltl=1e-4 acct method=foo gmin=-1
               |                                 ^^^
              help: methods are: trap, gear, trbdf2, euler
            error[E0504]: option "gmin" cannot be -1
              --> netlist:4:42
               | .options reltl=1e-4 acct method=foo gmin=-1
               |                                          ^^
        "#]],
    );
}

#[test]
fn an_element_without_a_device() {
    check(
        "V1 a 0 1\nA1 a 0 gain\nR1 a 0 1k",
        expect![[r#"
            error[E0506]: there is no device for elements that start with "a"
              --> netlist:3:1
               | A1 a 0 gain
               | ^^
              help: XSPICE code models and LTspice's gates are not supported
        "#]],
    );
}

#[test]
fn a_function_of_time_derivatives() {
    check(
        "V1 a 0 1\nB1 b 0 I=ddt(v(a))\nR1 a b 1k",
        expect![[r#"
        error[E0516]: function "ddt" is not supported
          --> netlist:3:10
           | B1 b 0 I=ddt(v(a))
           |          ^^^
          help: put the dynamics into capacitors or inductors, or use B elements with Q= or C=
    "#]],
    );
}

#[test]
fn inductors_that_cannot_be_coupled_like_this() {
    check(
        "I1 0 a 1\nL1 a 0 1m\nL2 b 0 1m\nL3 c 0 1m\nR2 b 0 1\nR3 c 0 1\n\
         K1 L1 L2 0.9\nK2 L2 L3 0.9\nK3 L1 L3 -0.9",
        expect![[r#"
            error[E0504]: together the coupled inductors would deliver energy
              --> netlist:10:1
               | K3 L1 L3 -0.9
               | ^^^^^^^^^^^^^ the matrix of the couplings has the eigenvalue -0.8000
              help: no eigenvalue may be negative: lower a coefficient, or turn its sign
        "#]],
    );
}

#[test]
fn a_circuit_without_elements() {
    check(
        ".op",
        expect![[r#"
        error[E0604]: the netlist has no elements
          --> netlist:1:1
           | title
           | ^
    "#]],
    );
}

#[test]
fn definitions_that_stand_twice() {
    check(
        ".param a=1\n.param a=2\nV1 x 0 {a}\nD1 x 0 dx\n.model dx d\n.model dx d(is=1e-15)",
        expect![[r#"
            warning[W0710]: parameter "a" is defined again; this value has no effect
              --> netlist:2:8
               | .param a=1
               |        ^
              --> netlist:3:8
               | .param a=2
               |        - this value counts
            error[E0514]: model "dx" is defined twice
              --> netlist:7:8
               | .model dx d(is=1e-15)
               |        ^^
              --> netlist:6:8
               | .model dx d
               |        -- first defined here
        "#]],
    );
}

#[test]
fn loops_of_given_voltages() {
    check(
        "V1 a 0 1\nV2 b 0 2\nV3 a b 1\nR1 a 0 1\nL1 a 0 1u",
        expect![[r#"
            error[E0601]: voltages are fixed in a loop through nodes a, b, 0
              --> netlist:4:1
               | V3 a b 1
               | ^^^^^^^^
              --> netlist:3:1
               | V2 b 0 2
               | -------- this is part of the loop
              --> netlist:2:1
               | V1 a 0 1
               | -------- this is part of the loop
              help: put a small resistance into the loop
            error[E0601]: an inductor closes a loop of fixed voltages through nodes a, 0
              --> netlist:6:1
               | L1 a 0 1u
               | ^^^^^^^^^
              --> netlist:2:1
               | V1 a 0 1
               | -------- this is part of the loop
              help: put a small resistance into the loop
        "#]],
    );
}
