//! Whatever the text: no panic, spans inside the source, and expressions that read back as themselves.

use ovonic_netlist::ast::{Expr, ExprKind};
use ovonic_netlist::{
    Diagnostic, FileId, MemoryLoader, ParseOptions, Parsed, Span, parse, parse_expression,
    parse_number,
};
use proptest::prelude::*;

fn parse_bytes(bytes: &[u8]) -> Parsed {
    // The deck can include itself and read itself as a waveform.
    let loader = MemoryLoader::new().with("t.cir", bytes);
    parse("t.cir".as_ref(), &loader, &ParseOptions::default())
}

fn spans(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> + '_ {
    let labels = diagnostic.secondary.iter().map(|label| label.span);
    let trace = diagnostic.trace.iter().map(|entry| entry.span);
    let fix = diagnostic.fix.iter().map(|fix| fix.span);
    std::iter::once(diagnostic.primary.span).chain(labels).chain(trace).chain(fix)
}

fn check(bytes: &[u8]) {
    let parsed = parse_bytes(bytes);
    let inside = |span: Span| {
        let text = parsed.sources.file(span.file).text();
        assert!(
            span.start <= span.end && text.get(span.start as usize..span.end as usize).is_some(),
            "{span:?}"
        );
    };
    parsed.diagnostics.iter().flat_map(spans).for_each(inside);
    parsed.netlist.items.iter().map(|item| item.span()).for_each(inside);
    // Every span of the tree is in its debug text.
    let debug = format!("{:?}", parsed.netlist);
    for piece in debug.split("Span { file: FileId(0), start: ").skip(1) {
        let numbers: Vec<usize> = piece
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|n| n.parse().ok())
            .take(2)
            .collect();
        let text = parsed.sources.files().next().map_or("", |(_, file)| file.text());
        assert!(text.get(numbers[0]..numbers[1]).is_some(), "{numbers:?} in {text:?}");
    }
    let _ = parsed.render();
}

/// Pieces of decks, so that random text gets past the first letter.
fn deck() -> impl Strategy<Value = String> {
    let pieces = [
        "R1",
        "V1",
        "E1",
        "B1",
        "X1",
        "N1",
        "K1",
        "YMEM",
        "a",
        "0",
        "gnd",
        "1k",
        "4k7",
        "-2.5e-3",
        "=",
        "(",
        ")",
        "{",
        "}",
        "'",
        "\"",
        ",",
        "[",
        "]",
        "+",
        "\n",
        "\n",
        "\n",
        "\n+ ",
        "\\\\\n",
        " ",
        " ",
        " ",
        "; x",
        "$ x",
        "*",
        "**",
        "/",
        "//",
        "?",
        ":",
        "<",
        "pulse",
        "pwl",
        "sin",
        "ac",
        "dc",
        "poly",
        "table",
        "value",
        "v(",
        "i(",
        "@d[id]",
        ".param ",
        ".subckt ",
        ".ends",
        ".if ",
        ".else",
        ".endif",
        ".model ",
        ".tran ",
        ".dc ",
        ".ac ",
        ".noise ",
        ".print ",
        ".save ",
        ".meas ",
        ".ic ",
        ".lib ",
        ".endl",
        ".include t.cir",
        ".control",
        ".endc",
        ".end",
        ".options ",
        ".func f(x) ",
        "file=t.cir",
        "file=\"",
        "µ",
        "é",
        "\t",
        "\r",
        "\u{1a}",
        "params:",
        "ic=",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..60).prop_map(|pieces| {
        let mut deck = String::from("title\n");
        for (index, piece) in pieces.iter().enumerate() {
            deck.push_str(piece);
            if index % 2 == 0 {
                deck.push(' ');
            }
        }
        deck
    })
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z][a-z0-9_]{0,3}"
            .prop_filter("a probe needs its node", |name| name != "v" && name != "i"),
        (0.0..1e6_f64).prop_map(|number| format!("{number:?}")),
        Just("v(a,b)".to_owned()),
        Just("i(v1)".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let operator = prop::sample::select(vec![
            "+", "-", "*", "/", "**", "^", "<", ">=", "==", "&&", "||", "%", "\\",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("{{{a}}}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("max({a}, {b})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

fn read(text: &str) -> Expr {
    parse_expression(text, FileId::default(), 0)
        .map(|(expr, _)| expr)
        .unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_parse(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes);
    }

    #[test]
    fn any_text_parses(text in "\\PC*") {
        check(text.as_bytes());
    }

    #[test]
    fn any_deck_parses(deck in deck()) {
        check(deck.as_bytes());
    }

    #[test]
    fn any_expression_terminates(text in "[-+*/^%!<>=&|?:(){}'\",.a-c0-3 v@\\[\\]]{0,60}") {
        let _ = parse_expression(&text, FileId::default(), 0);
    }

    #[test]
    fn printed_expressions_read_back(text in expression()) {
        let printed = read(&text).to_string();
        prop_assert_eq!(read(&printed).to_string(), printed);
    }

    #[test]
    fn a_sum_is_read_from_the_left(terms in prop::collection::vec(1..9_u8, 2..20)) {
        let text: Vec<String> = terms.iter().map(u8::to_string).collect();
        let mut expr = read(&text.join("-"));
        for &term in terms[1..].iter().rev() {
            let ExprKind::Binary { left, right, .. } = expr.kind else { panic!("not a difference") };
            prop_assert_eq!(right.kind, ExprKind::Number(f64::from(term)));
            expr = *left;
        }
    }

    #[test]
    fn numbers_are_correctly_rounded(mantissa in 0..1_000_000_000_u64, places in 0..9_usize, suffix in 0..9_usize) {
        let (suffix, exponent) = [("", 0), ("t", 12), ("g", 9), ("meg", 6), ("k", 3), ("m", -3), ("u", -6), ("n", -9), ("p", -12)][suffix];
        let digits = format!("{mantissa:010}");
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let text = format!("{whole}.{fraction}");
        let expected: f64 = format!("{text}e{exponent}").parse().unwrap_or(f64::NAN);
        prop_assert_eq!(parse_number(&format!("{text}{suffix}")), Ok(expected));
    }
}
