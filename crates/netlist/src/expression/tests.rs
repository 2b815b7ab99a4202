//! Trees and errors of expressions.

use expect_test::{Expect, expect};

use super::*;
use crate::source::SourceMap;

fn check(text: &str, expect: Expect) {
    let mut sources = SourceMap::new();
    let file = sources.add("x", text, None);
    let shown = match parse_expression(text, file, 0) {
        Ok((expr, warnings)) => {
            assert_eq!(sources.snippet(expr.span).len(), text.trim().len());
            let warnings = warnings.iter().map(|warning| format!(" [{}]", warning.code));
            format!("{expr}{}", warnings.collect::<String>())
        }
        Err(error) => error.render(&sources),
    };
    expect.assert_eq(&shown);
}

#[test]
fn precedence() {
    check("1+2*3", expect!["(1.0 + (2.0 * 3.0))"]);
    check("1-2-3", expect!["((1.0 - 2.0) - 3.0)"]);
    check("-2^2", expect!["(-(2.0 ** 2.0))"]);
    check("-a*b", expect!["((-a) * b)"]);
    check("2*-3", expect!["(2.0 * (-3.0))"]);
    check("2^-1", expect!["(2.0 ** (-1.0))"]);
    check("2**3**2", expect!["((2.0 ** 3.0) ** 2.0) [W0702]"]);
    check("2**(3**2)", expect!["(2.0 ** (3.0 ** 2.0))"]);
    check("a||b&&c==d<e+f", expect!["(a || (b && (c == (d < (e + f)))))"]);
    check("!a+1", expect!["((!a) + 1.0)"]);
    check("7\\2%3", expect!["((7.0 \\ 2.0) % 3.0)"]);
    check("a ? b : c ? d : e", expect!["(a ? b : (c ? d : e))"]);
    check("a<>b", expect!["(a != b)"]);
}

#[test]
fn operands() {
    check("4k7+1meg", expect!["(4700.0 + 1000000.0)"]);
    check("{1e-3*W}", expect!["(0.001 * w)"]);
    check("'a'", expect!["a"]);
    check("max( a , {b} )", expect!["max(a, b)"]);
    check("rand()", expect!["rand()"]);
    check("table(\"File.txt\", v(1))", expect!["table(\"File.txt\", v(1))"]);
    check("V(Net-_C1-Pad2_, /Low) * i(X1.V2)", expect!["(v(net-_c1-pad2_,/low) * i(x1.v2))"]);
    check("v(\"net-(a)\")", expect!["v(net-(a))"]);
    check("@M1[gm]*2", expect!["(@m1[gm] * 2.0)"]);
    check("v1#branch + time", expect!["(v1#branch + time)"]);
    check("vp(x)", expect!["vp(x)"]);
}

#[test]
fn errors_point_at_the_place() {
    check(
        "1+",
        expect![[r#"
        error[E0401]: the expression ends where a value should follow
          --> x:1:3
           | 1+
           |   ^
    "#]],
    );
    check(
        "(1+2",
        expect![[r#"
        error[E0401]: the expression ends where ")" should follow
          --> x:1:5
           | (1+2
           |     ^
          --> x:1:1
           | (1+2
           | - opened here
    "#]],
    );
    check(
        "a = b",
        expect![[r#"
        error[E0401]: found "=" in an expression where an operator should follow
          --> x:1:3
           | a = b
           |   ^
          help: equality is written "=="
    "#]],
    );
    check(
        "2*1kk",
        expect![[r#"
        error[E0104]: "1kk" is not a number: "kk" is neither a suffix nor a unit
          --> x:1:3
           | 2*1kk
           |   ^^^
          help: a number may end in one of the suffixes t g meg k mil m u n p f, and then a unit such as V, A, Ohm, Hz, s, F or H
    "#]],
    );
    check(
        "v(a,)",
        expect![[r#"
        error[E0401]: found ")" in an expression where a node should follow
          --> x:1:5
           | v(a,)
           |     ^
    "#]],
    );
}

#[test]
fn depth_is_limited() {
    let code = |text: String| {
        parse_expression(&text, FileId::default(), 0).map_err(|error| error.code).err()
    };
    assert_eq!(code(format!("{}1{}", "(".repeat(99), ")".repeat(99))), None);
    assert_eq!(code("(".repeat(100_000)), Some(codes::EXPRESSION_TOO_DEEP));
    assert_eq!(code(format!("{}1", "-".repeat(100_000))), Some(codes::EXPRESSION_TOO_DEEP));
    assert_eq!(code("1+".repeat(999) + "1"), None);
    assert_eq!(code("1+".repeat(100_000) + "1"), Some(codes::EXPRESSION_TOO_DEEP));
    assert_eq!(code("a?b:".repeat(100_000)), Some(codes::EXPRESSION_TOO_DEEP));
}
