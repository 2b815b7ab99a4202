//! What users see when a card is wrong.

use crate::print::{messages, parse_cards};
use expect_test::{Expect, expect};
use ovonic_netlist::{MemoryLoader, ParseOptions, codes, explain, parse};

fn check(cards: &str, expect: Expect) {
    expect.assert_eq(&messages(&parse_cards(cards)));
}

fn check_full(cards: &str, expect: Expect) {
    expect.assert_eq(&parse_cards(cards).render());
}

#[test]
fn elements() {
    check(
        "R1 a b",
        expect![[r#"
        E0202: a value or a model is missing
    "#]],
    );
    check(
        "R1 a",
        expect![[r#"
        E0201: a node is missing
    "#]],
    );
    check(
        "R1 a b 1k 2k 3k\nC1 a b 1F\nL1 a b 1A",
        expect![[r#"
        E0203: a value and a model are all that can stand here
        W0703: "1f" is read as femto (1e-15), not as farad
        W0703: "1a" is read in ampere; some simulators read atto (1e-18)
    "#]],
    );
    check(
        "V1 a 0 5 6\nV2 a 0 dc\nV3 a 0 sin(0 1) pulse(0 1)",
        expect![[r#"
            E0203: a source has one dc value
            E0202: the dc value is missing
            E0208: a source has one waveform
        "#]],
    );
    check(
        "V1 a 0 PULSE(0 1\nV2 a 0 SIN(0 1 2 3 4 5 6 7)",
        expect![[r#"
        E0206: "(" is not closed
        E0208: SIN has no further arguments
    "#]],
    );
    check(
        "V1 a 0 PWL(0 0 1)\nV2 a 0 PWL()\nV3 a 0 PWL(0 0 +1n 1)",
        expect![[r#"
            E0208: the last time of the PWL has no value
            E0208: a PWL needs points or a file
            E0208: "+1n" in a PWL is not supported
        "#]],
    );
    check(
        "V1 a 0 sin(0 1kk 1k)\nV2 a 0 distof1 1 0",
        expect![[r#"
        E0104: "1kk" is not a number: "kk" is neither a suffix nor a unit
        W0707: there is no distortion analysis
    "#]],
    );
    check(
        "E1 a 0 b c\nE2 a 0 POLY b 0 1\nE3 a 0 POLY(1) b 0\nE4 a 0 TABLE v(a) 1\nE5 a 0 TABLE {v(a)} = (1",
        expect![[r#"
            E0202: the gain is missing
            E0209: POLY needs the number of its controls, from 1 to 1000
            E0202: POLY needs coefficients
            E0209: TABLE needs an input expression in braces
            E0206: "(" is not closed
        "#]],
    );
    check(
        "E1 a 0 LAPLACE {v(a)} {1/s}\nF1 a 0 vs",
        expect![[r#"
        E0516: LAPLACE sources are not supported
        E0202: the gain is missing
    "#]],
    );
    check(
        "B1 a 0\nB2 a 0 v(b)\nB3 a 0 V=1 I=2\nB4 a 0 V=v(b +1",
        expect![[r#"
            E0210: an expression is missing
            E0210: an assignment such as V=... is expected here
            E0210: a B element has one expression
            E0206: "(" is not closed
        "#]],
    );
    check(
        "S1 a b c d\nT1 a b c d e z0=50\nK1 L1 0.5\nD1",
        expect![[r#"
        E0215: a model is missing
        E0203: "e" is one word too many
        E0215: a coupling needs two inductors or more
        E0201: nodes and a model are missing
    "#]],
    );
    check(
        "1 a b\n@x\n(a b)\nx = 5\n?",
        expect![[r#"
            E0205: no element starts like "1"
            E0205: no element starts like "@x"
            E0205: no element starts like "("
            E0205: "x" is assigned to outside any card
            E0205: no element starts like "?"
        "#]],
    );
    check(
        "R1 a b 1k r=1 r=2\nR2 a b r=\nR3 a b = 5\nQ1 c b e \"x",
        expect![[r#"
            W0710: "r" is given twice
            E0207: "r" has no value
            E0201: a node is missing before "b"
            E0105: this " has no partner
        "#]],
    );
    check(
        "X1 a b sub r={1+\nX2 a b sub r={1+}\nX3 a b r=2*",
        expect![[r#"
            E0206: "{" is not closed
            E0401: the expression ends where a value should follow
            E0401: the expression ends where a value should follow
        "#]],
    );
}

#[test]
fn directives() {
    check(
        ".tarn 1n 1u\n.foo\n.includ x",
        expect![[r#"
        E0204: unknown directive ".tarn"
        E0204: unknown directive ".foo"
        E0204: unknown directive ".includ"
    "#]],
    );
    check(
        ".param a\n.param 1a=2\n.param\n.param a=1kk\n.param a=b=c\n.func f {x}\n.func f(x+) {x}",
        expect![[r#"
            E0207: "=" is missing behind "a"
            E0215: "1a" cannot be the name of a parameter
            E0207: an assignment is missing
            E0104: "1kk" is not a number: "kk" is neither a suffix nor a unit
            E0401: found "=" behind a value
            E0410: the arguments of "f" are missing
            E0410: the argument list of "f" is malformed
        "#]],
    );
    check(
        ".model m\n.model\n.model m ako:n\n.model m d(is=\n.model m d({x})",
        expect![[r#"
            E0211: the kind of the model is missing
            E0211: the name of the model is missing
            E0211: "ako:n": models derived from others are not supported
            E0206: "(" is not closed
            E0211: found a value without a name on a model card
        "#]],
    );
    check(
        ".subckt s a {x}\n.ends\n.subckt s a optional: b=0\n.ends",
        expect![[r#"
            E0201: a port is a name, not an expression
            E0516: "optional:" of a subcircuit is not supported
        "#]],
    );
    check(
        ".dc\n.dc V1 0 5\n.ac 10 1 1meg\n.ac dec 10 1\n.ac dec 10 1 2 3\n.tran\n.tran 1 2 3 4 5\n.op x\n.noise out V1",
        expect![[r#"
            E0212: a sweep is missing
            E0202: the increment of the sweep is missing
            E0212: "dec", "oct", "lin" or "list" is expected here
            E0202: the last frequency is missing
            E0203: "3" is one word too many
            E0212: the stop time is missing
            E0203: a transient analysis has at most four times
            E0203: "x" is one word too many
            E0212: the output of a noise analysis is a voltage
        "#]],
    );
    check(
        ".ic\n.ic v(a)\n.ic x+y=2\n.ic 3*v(a)=1\n.nodeset v(a)=",
        expect![[r#"
            E0214: a condition is missing
            E0202: the value of the condition is missing
            E0214: a condition is set on v(node) or i(device)
            E0207: "condition" has no value
        "#]],
    );
    check(
        ".print tran v(a\n.print v()\n.save v(a,b,c)\n.temp\n.global\n.options =3",
        expect![[r#"
            E0206: "(" is not closed
            E0401: found ")" in an expression where a node should follow
            E0401: found "," in an expression where ")" should follow
            E0202: a temperature is missing
            E0201: a node is missing
            E0215: an option is missing before "="
        "#]],
    );
    check(
        ".meas tran x = 5\n.meas tran =",
        expect![[r#"
        E0207: "tran" has no value
    "#]],
    );
    check(
        ".trace V1 0\n.if\n.endif\n.lib",
        expect![[r#"
        E0202: the last value is missing
        E0401: the expression ends where a value should follow
        E0215: the name of a file or section is missing
    "#]],
    );
}

#[test]
fn continuations_keep_their_spans() {
    check_full(
        "R1 a\n* note\n+ b  ; x\n+   1k 2k\n+ 3k",
        expect![[r#"
        error[E0203]: a value and a model are all that can stand here
          --> t.cir:6:3
           | + 3k
           |   ^^
    "#]],
    );
    check_full(
        "V1 a 0 pulse(0 1\n+ 1kk)",
        expect![[r#"
        error[E0104]: "1kk" is not a number: "kk" is neither a suffix nor a unit
          --> t.cir:3:3
           | + 1kk)
           |   ^^^
          help: a number may end in one of the suffixes t g meg k mil m u n p f, and then a unit such as V, A, Ohm, Hz, s, F or H
    "#]],
    );
}

#[test]
fn fixes_replace_what_was_written() {
    let parsed = parse_cards(".optoins reltol=1");
    let fix = parsed.diagnostics[0]
        .fix
        .clone()
        .map(|fix| (parsed.sources.snippet(fix.span).to_owned(), fix.replacement));
    assert_eq!(fix, Some((".optoins".to_owned(), ".options".to_owned())));
}

/// Diagnostics of a file that is given in bytes.
fn bytes(bytes: &[u8]) -> String {
    let loader = MemoryLoader::new().with("t.cir", bytes);
    messages(&parse("t.cir".as_ref(), &loader, &ParseOptions::default()))
}

#[test]
fn encodings() {
    expect![""].assert_eq(&bytes(b"t\xfctle\n* caf\xe9\nR1 a b 1k ; \xb5\n"));
    expect![[r#"
        W0705: this line is neither ASCII nor UTF-8, and is read as Latin-1
    "#]]
    .assert_eq(&bytes(b"title\nC1 a b 1\xb5F\nC2 a b 1\xb5F\n"));
    expect![[r#"
        E0101: "t.cir" is not text: it has a NUL byte here
        E0201: a node is missing
    "#]]
    .assert_eq(&bytes(b"title\nR1 a b 1k\nR2 \0\x01\x02 b 1\n"));
    expect![[r#"
        E0101: "t.cir" is not text: it has a NUL byte here
    "#]]
    .assert_eq(&bytes(b"\x7fELF\x02\x01\x01\0\0\0\0"));
    expect![""].assert_eq(&bytes("title\r\nR1 a b 1k\r\n+ tc=1,2\r\n\u{1a}".as_bytes()));
}

#[test]
fn garbage_ends_early() {
    let garbage: String = (0..20_000).map(|index| format!("?{index} % garbage )\n")).collect();
    let parsed = parse_cards(&garbage);
    assert!(parsed.diagnostics.len() < 3000, "{}", parsed.diagnostics.len());
    assert_eq!(
        parsed.diagnostics.last().map(|diagnostic| diagnostic.code),
        Some(codes::TOO_MANY_ERRORS)
    );
}

#[test]
fn a_huge_line_is_skipped_quickly() {
    let mut text = String::from("title\nR1 a b ");
    text.push_str(&"1".repeat(100 << 20));
    text.push_str("\nR2 a b 1\n");
    let loader = MemoryLoader::new().with("t.cir", text);
    let parsed = parse("t.cir".as_ref(), &loader, &ParseOptions::default());
    assert_eq!(messages(&parsed), "E0102: a line of 100 MiB is too long\n");
    assert_eq!(parsed.netlist.items.len(), 1);
}

#[test]
fn every_code_can_be_explained() {
    for entry in codes::ALL {
        assert_eq!(explain(&entry.code.to_string()), Some(entry));
    }
}
