//! Includes, libraries and blocks.

use std::path::Path;

use crate::print::show;
use expect_test::{Expect, expect};
use ovonic_netlist::{Dialect, MemoryLoader, ParseOptions, parse};

fn check(files: &[(&str, &str)], expect: Expect) {
    let loader =
        files.iter().fold(MemoryLoader::new(), |loader, (path, text)| loader.with(path, *text));
    expect.assert_eq(&show(&parse(Path::new(files[0].0), &loader, &ParseOptions::default())));
}

#[test]
fn includes_are_relative_to_the_including_file() {
    check(
        &[
            ("top.cir", "t\n.include lib/a.inc\nR9 a b 9"),
            ("lib/a.inc", "R1 a b 1\n.inc \"Deep/b b.inc\"\nR3 a b 3\n"),
            ("lib/Deep/b b.inc", "R2 a b 2\n.end\n"),
        ],
        expect![[r#"
            r1 [a b] 1 
            r2 [a b] 2 
            r3 [a b] 3 
            r9 [a b] 9 
        "#]],
    );
}

#[test]
fn include_paths_come_second() {
    let loader = MemoryLoader::new()
        .with("top.cir", "t\n.include 'm\\a.inc'")
        .with("models/m/a.inc", "R1 a b 1");
    let options = ParseOptions { include_paths: vec!["models".into()], ..ParseOptions::default() };
    expect![[r#"
        r1 [a b] 1 
    "#]]
    .assert_eq(&show(&parse(Path::new("top.cir"), &loader, &options)));
}

#[test]
fn missing_files() {
    check(
        &[("d/top.cir", "t\n.include a.inc\n.lib 'b.lib' tt\n.include\n.include \"x")],
        expect![[r#"
            error[E0301]: cannot find the file "a.inc"
              --> d/top.cir:2:10
               | .include a.inc
               |          ^^^^^
              help: it should be at "d/a.inc"
            error[E0301]: cannot find the file "b.lib"
              --> d/top.cir:3:6
               | .lib 'b.lib' tt
               |      ^^^^^^^
              help: it should be at "d/b.lib"
            error[E0215]: the name of a file is missing
              --> d/top.cir:4:9
               | .include
               |         ^
            error[E0105]: this text is not closed
              --> d/top.cir:5:10
               | .include "x
               |          ^^
        "#]],
    );
    let parsed = parse(Path::new("none.cir"), &MemoryLoader::new(), &ParseOptions::default());
    expect![[r#"
        error[E0301]: cannot read "none.cir": no such file
          --> none.cir:1:1
           | 
           | ^
    "#]]
    .assert_eq(&show(&parsed));
}

#[test]
fn recursion_is_found() {
    check(
        &[
            ("top.cir", "t\n.include a.inc"),
            ("a.inc", "R1 a b 1\n.include ./b.inc"),
            ("b.inc", ".include a.inc"),
        ],
        expect![[r#"
            r1 [a b] 1 
            error[E0302]: "./a.inc" includes itself
              --> ./b.inc:1:10
               | .include a.inc
               |          ^^^^^
              note: included from here (a.inc:2:1)
              note: included from here (top.cir:2:1)
        "#]],
    );
}

#[test]
fn include_bombs_are_defused() {
    let mut loader = MemoryLoader::new().with("0", "t\n.include 1\n.include 1\n");
    for level in 1..30 {
        loader = loader.with(level.to_string(), format!(".include {0}\n.include {0}\n", level + 1));
    }
    let parsed = parse(Path::new("0"), &loader.with("30", "R1 a b 1"), &ParseOptions::default());
    assert!(parsed.diagnostics.iter().any(|diagnostic| diagnostic.code.as_str() == "E0303"));
    assert!(parsed.sources.files().len() <= 10_002);
}

const LIBRARY: &str = "* corners\n.lib tt\n.param c=1\n.lib 'corners.lib' mos\n.endl tt\n.LIB SS\n.param c=2\n.endl\n.lib mos\n.model n nmos\n.endl\n";

#[test]
fn library_sections() {
    check(
        &[("top.cir", "t\n.lib 'corners.lib' TT\nR1 a b 1"), ("corners.lib", LIBRARY)],
        expect![[r#"
            param c = 1.0
            model n nmos  <>
            r1 [a b] 1 
        "#]],
    );
    check(
        &[("top.cir", "t\n.lib corners.lib fs ; x\n.lib corners.lib st"), ("corners.lib", LIBRARY)],
        expect![[r#"
            error[E0304]: the library has no section "fs"
              --> top.cir:2:18
               | .lib corners.lib fs ; x
               |                  ^^
              help: did you mean "ss"?
            error[E0304]: the library has no section "st"
              --> top.cir:3:18
               | .lib corners.lib st
               |                  ^^
              help: did you mean "tt"?
        "#]],
    );
    check(
        &[
            ("top.cir", "t\n.include corners.lib\n.lib other.lib\n"),
            ("corners.lib", LIBRARY),
            ("other.lib", "R1 a b 1"),
        ],
        expect![[r#"
            r1 [a b] 1 
        "#]],
    );
    check(
        &[("top.cir", "t\n.lib a.lib x\n.endl"), ("a.lib", ".lib x\nR1 a b 1\n")],
        expect![[r#"
            r1 [a b] 1 
            error[E0306]: the section "x" has no ".endl"
              --> top.cir:2:12
               | .lib a.lib x
               |            ^
            error[E0305]: ".endl" without ".lib"
              --> top.cir:3:1
               | .endl
               | ^^^^^
        "#]],
    );
}

#[test]
fn blocks_may_cross_files() {
    check(
        &[
            ("top.cir", "t\n.subckt a b\n.include b.inc\n.ends"),
            ("b.inc", "R1 b 0 1\n.if 1\nR2 b 0 1\n.endif"),
        ],
        expect![[r#"
            subckt a (b) 
              r1 [b 0] 1 
              if 1.0
                r2 [b 0] 1
        "#]],
    );
}

#[test]
fn blocks_that_do_not_match() {
    check(
        &[("top.cir", "t\n.subckt a b\nR1 b 0 1\n")],
        expect![[r#"
        subckt a (b) 
          r1 [b 0] 1
        error[E0306]: the subcircuit "a" has no ".ends"
          --> top.cir:2:1
           | .subckt a b
           | ^^^^^^^^^^^ opened here
    "#]],
    );
    check(
        &[("top.cir", "t\n.subckt amp b\n.ends amb\n.ends\n.endif\n.else\n.endl\n.endc")],
        expect![[r#"
            subckt amp (b)
            error[E0307]: ".ends amb" closes the subcircuit "amp"
              --> top.cir:3:7
               | .ends amb
               |       ^^^
              --> top.cir:2:9
               | .subckt amp b
               |         --- which is opened here
              help: did you mean "amp"?
            error[E0305]: ".ends" without ".subckt"
              --> top.cir:4:1
               | .ends
               | ^^^^^
            error[E0305]: ".endif" without ".if"
              --> top.cir:5:1
               | .endif
               | ^^^^^^
            error[E0305]: ".else" without ".if"
              --> top.cir:6:1
               | .else
               | ^^^^^
            error[E0305]: ".endl" without ".lib"
              --> top.cir:7:1
               | .endl
               | ^^^^^
            error[E0305]: ".endc" without ".control"
              --> top.cir:8:1
               | .endc
               | ^^^^^
        "#]],
    );
    check(
        &[("top.cir", "t\n.subckt a b\n.subckt c d\n.ends a\nR1 a b 1")],
        expect![[r#"
            subckt a (b) 
              subckt c (d)
            r1 [a b] 1 
            error[E0306]: the subcircuit "c" has no ".ends"
              --> top.cir:3:1
               | .subckt c d
               | ^^^^^^^^^^^ opened here
              --> top.cir:4:1
               | .ends a
               | ------- should be closed before this
        "#]],
    );
    check(
        &[("top.cir", "t\n.if 1\n.subckt a b\n.endif\n.if 1\n.else\n.else\n.endif")],
        expect![[r#"
            if 1.0
              subckt a (b)
            if 1.0
            else
            else
            error[E0306]: the subcircuit "a" has no ".ends"
              --> top.cir:3:1
               | .subckt a b
               | ^^^^^^^^^^^ opened here
              --> top.cir:4:1
               | .endif
               | ------ should be closed before this
            error[E0305]: ".else" stands behind ".else"
              --> top.cir:7:1
               | .else
               | ^^^^^
              --> top.cir:6:1
               | .else
               | ----- the last branch starts here
        "#]],
    );
    check(
        &[("top.cir", "t\n.subckt\nR1 b 0 1\n.ends\n.if (1\n.endif\n.control\nrun")],
        expect![[r#"
            error[E0215]: the name of the subcircuit is missing
              --> top.cir:2:8
               | .subckt
               |        ^
            error[E0206]: "(" is not closed
              --> top.cir:5:5
               | .if (1
               |     ^
            error[E0306]: the ".control" has no ".endc"
              --> top.cir:7:1
               | .control
               | ^^^^^^^^ opened here
        "#]],
    );
}

#[test]
fn waveforms_from_files() {
    check(
        &[
            ("top.cir", "t\nV1 a 0 PWL file=w.csv r=0"),
            ("w.csv", "* time, value\n0, 0\n1u,1\n# x\n2u 0\n"),
        ],
        expect![[r#"
            v1 [a 0] dc - pwl(0.0:0.0 1e-6:1.0 2e-6:0.0 r=0.0 td=- file=w.csv) 
        "#]],
    );
    check(
        &[("top.cir", "t\nV1 a 0 PWL(file=\"w.csv\")\nV2 a 0 pwl file=x"), ("w.csv", "0 0\n1u x")],
        expect![[r#"
            v1 [a 0] dc - pwl( r=- td=- file=w.csv) 
            v2 [a 0] dc - pwl( r=- td=- file=x) 
            error[E0104]: "x" is not a number
              --> w.csv:2:4
               | 1u x
               |    ^
              help: a number starts with a digit, a sign or a decimal point
              note: included from here (top.cir:2:17)
            error[E0301]: cannot find the file "x"
              --> top.cir:3:17
               | V2 a 0 pwl file=x
               |                 ^
        "#]],
    );
    check(
        &[("top.cir", "t\nV1 a 0 PWL(file=\"w.csv\")"), ("w.csv", "0 0\n1u")],
        expect![[r#"
            v1 [a 0] dc - pwl( r=- td=- file=w.csv) 
            error[E0208]: the last time of the waveform has no value
              --> w.csv:2:1
               | 1u
               | ^^
              note: included from here (top.cir:2:17)
        "#]],
    );
}

#[test]
fn end_ends_the_netlist() {
    check(
        &[("top.cir", "t\nR1 a b 1\n.end\n* note\n\n")],
        expect![[r#"
        r1 [a b] 1 
    "#]],
    );
    check(
        &[("top.cir", "t\nR1 a b 1\n.end\ngarbage here\nR2 a b 1")],
        expect![[r#"
            r1 [a b] 1 
            warning[W0701]: text after .end is not read
              --> top.cir:4:1
               | garbage here
               | ^^^^^^^^^^^^
              --> top.cir:3:1
               | .end
               | ---- the netlist ends here
        "#]],
    );
    let loader = MemoryLoader::new().with("top.cir", "t\n.end\nR2 a b 1");
    let options = ParseOptions { dialect: Dialect::Ngspice, ..ParseOptions::default() };
    expect![[r#"
        r2 [a b] 1 
        warning[W0701]: text after .end is read all the same
          --> top.cir:3:1
           | R2 a b 1
           | ^^^^^^^^
          --> top.cir:2:1
           | .end
           | ---- the netlist ends here
    "#]]
    .assert_eq(&show(&parse(Path::new("top.cir"), &loader, &options)));
}
