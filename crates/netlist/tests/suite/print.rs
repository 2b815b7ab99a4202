//! Prints a tree in short lines, so that an expectation shows the meaning of a card and nothing else.

use std::fmt::Display;

use expect_test::Expect;
use ovonic_netlist::ast::*;
use ovonic_netlist::{MemoryLoader, ParseOptions, Parsed, Spanned, parse_text};

/// Parses cards below a title line.
pub(crate) fn parse_cards(cards: &str) -> Parsed {
    parse_text("t.cir", &format!("title\n{cards}"), &MemoryLoader::new(), &ParseOptions::default())
}

/// Compares the tree, and the diagnostics if there are any.
pub(crate) fn check(cards: &str, expect: Expect) {
    expect.assert_eq(&show(&parse_cards(cards)));
}

/// The tree, and the diagnostics in full.
pub(crate) fn show(parsed: &Parsed) -> String {
    let mut text = items(&parsed.netlist.items, 0);
    text.push_str(&parsed.render());
    text
}

/// Only codes and messages of the diagnostics.
pub(crate) fn messages(parsed: &Parsed) -> String {
    parsed
        .diagnostics
        .iter()
        .map(|diagnostic| format!("{}: {}\n", diagnostic.code, diagnostic.message))
        .collect()
}

pub(crate) fn items(items: &[Item], depth: usize) -> String {
    let indent = "  ".repeat(depth);
    items.iter().map(|item| format!("{indent}{}\n", self::item(item, depth))).collect()
}

fn item(item: &Item, depth: usize) -> String {
    match item {
        Item::Element(element) => format!("{} {}", element.name, body(&element.body)),
        Item::Model(model) => {
            let flags = list(&model.flags);
            format!("model {} {} {} <{flags}>", model.name, model.kind, params(&model.params))
        }
        Item::Subcircuit(subckt) => {
            let head = format!(
                "subckt {} ({}) {}",
                subckt.name,
                list(&subckt.ports),
                params(&subckt.params)
            );
            format!("{head}\n{}", items(&subckt.items, depth + 1)).trim_end().to_owned()
        }
        Item::Parameter(param) => format!("param {} = {}", param.name, param.value),
        Item::Function(func) => {
            format!("func {}({}) = {}", func.name, list(&func.arguments), func.body)
        }
        Item::Global(global) => format!("global {}", list(&global.nodes)),
        Item::Options(options) => {
            let setting = |setting: &Setting| match &setting.value {
                Some(value) => format!(" {}={}", setting.name, argument(value)),
                None => format!(" {}", setting.name),
            };
            format!("options{}", options.settings.iter().map(setting).collect::<String>())
        }
        Item::InitialConditions(conditions) => format!("ic{}", self::conditions(conditions)),
        Item::NodeSet(conditions) => format!("nodeset{}", self::conditions(conditions)),
        Item::Temperature(card) => format!("temp {}", arguments(&card.values)),
        Item::Analysis(card) => analysis(&card.kind),
        Item::Output(card) => {
            let analysis = option(card.analysis.as_ref());
            let outputs: Vec<String> = card.outputs.iter().map(Expr::to_string).collect();
            format!("{:?} {analysis} [{}] {}", card.kind, outputs.join("; "), params(&card.params))
        }
        Item::Conditional(card) => {
            let branch = |branch: &Branch| {
                let condition =
                    branch.condition.as_ref().map_or("else".to_owned(), |c| format!("if {c}"));
                format!("{condition}\n{}", items(&branch.items, depth + 1))
            };
            card.branches.iter().map(branch).collect::<String>().trim_end().to_owned()
        }
        Item::Control(block) => format!("control [{}]", statements(&block.statements)),
        Item::Step(card) => format!("step{}", sweep(&card.sweep)),
        Item::Fourier(card) => {
            let outputs: Vec<String> = card.outputs.iter().map(ToString::to_string).collect();
            format!("four {} [{}]", argument(&card.frequency), outputs.join("; "))
        }
        Item::Measure(card) | Item::Other(card) => {
            format!("raw {}{}", card.keyword, raw(&card.args))
        }
    }
}

fn body(body: &ElementBody) -> String {
    match body {
        ElementBody::Resistor(p) | ElementBody::Capacitor(p) | ElementBody::Inductor(p) => {
            format!("[{}] {} {}", list(&p.nodes), words(&p.words), params(&p.params))
        }
        ElementBody::Coupling(k) => {
            format!("({}) {} {}", list(&k.inductors), argument(&k.coefficient), params(&k.params))
        }
        ElementBody::VoltageSource(s) | ElementBody::CurrentSource(s) => source(s),
        ElementBody::VoltageControlledVoltage(e) | ElementBody::VoltageControlledCurrent(e) => {
            controlled(e, |nodes| format!("[{}]", list(nodes)))
        }
        ElementBody::CurrentControlledCurrent(f) | ElementBody::CurrentControlledVoltage(f) => {
            controlled(f, ToString::to_string)
        }
        ElementBody::Behavioral(b) => {
            let quantity = b.quantity.node;
            format!("[{}] {quantity:?} = {} {}", list(&b.nodes), b.expression, params(&b.params))
        }
        ElementBody::VoltageSwitch(s) => switch(s, list(&s.control)),
        ElementBody::CurrentSwitch(s) => switch(s, s.control.to_string()),
        ElementBody::Line(line) => format!("[{}] {}", list(&line.nodes), params(&line.params)),
        ElementBody::LossyLine(line) => {
            format!("[{}] {} {}", list(&line.nodes), line.model, params(&line.params))
        }
        ElementBody::Instance(instance) => {
            format!("({}) {}", words(&instance.words), params(&instance.params))
        }
        ElementBody::Crossbar(array) => {
            format!("{} {}", words(&array.words), params(&array.params))
        }
        ElementBody::Kinded(y) => {
            format!("<{}> ({}) {}", y.kind, words(&y.words), params(&y.params))
        }
    }
}

fn source(source: &IndependentSource) -> String {
    let mut text = format!("[{}] dc {}", list(&source.nodes), opt(source.dc.as_ref()));
    if let Some(ac) = &source.ac {
        text.push_str(&format!(" ac {} {}", opt(ac.magnitude.as_ref()), opt(ac.phase.as_ref())));
    }
    if let Some(waveform) = &source.waveform {
        text.push_str(&format!(" {}", self::waveform(&waveform.node)));
    }
    format!("{text} {}", params(&source.params))
}

fn waveform(waveform: &Waveform) -> String {
    let args = |name: &str, args: &[&Option<Argument>]| {
        let args: Vec<String> = args.iter().map(|arg| opt(arg.as_ref())).collect();
        format!("{name}({})", args.join(" "))
    };
    match waveform {
        Waveform::Pulse(w) => args(
            "pulse",
            &[&w.initial, &w.pulsed, &w.delay, &w.rise, &w.fall, &w.width, &w.period, &w.count],
        ),
        Waveform::Sine(w) => args(
            "sin",
            &[&w.offset, &w.amplitude, &w.frequency, &w.delay, &w.damping, &w.phase, &w.cycles],
        ),
        Waveform::Exponential(w) => args(
            "exp",
            &[
                &w.initial,
                &w.pulsed,
                &w.rise_delay,
                &w.rise_time_constant,
                &w.fall_delay,
                &w.fall_time_constant,
            ],
        ),
        Waveform::FrequencyModulated(w) => args(
            "sffm",
            &[
                &w.offset,
                &w.amplitude,
                &w.carrier_frequency,
                &w.modulation_index,
                &w.signal_frequency,
                &w.carrier_phase,
                &w.signal_phase,
            ],
        ),
        Waveform::AmplitudeModulated(w) => args(
            "am",
            &[
                &w.amplitude,
                &w.offset,
                &w.modulation_frequency,
                &w.carrier_frequency,
                &w.delay,
                &w.phase,
            ],
        ),
        Waveform::PiecewiseLinear(w) => {
            let points: Vec<String> =
                w.points.iter().map(|[t, v]| format!("{}:{}", argument(t), argument(v))).collect();
            let file = w.file.as_ref().map_or(String::new(), |file| format!(" file={file}"));
            let (repeat, delay) = (opt(w.repeat_from.as_ref()), opt(w.delay.as_ref()));
            format!("pwl({} r={repeat} td={delay}{file})", points.join(" "))
        }
        Waveform::Other { keyword, args } => format!("{keyword}?({})", arguments(args)),
    }
}

fn controlled<C>(source: &ControlledSource<C>, control: impl Fn(&C) -> String) -> String {
    let transfer = match &source.transfer {
        Transfer::Linear { control: by, gain } => format!("{} * {}", control(by), argument(gain)),
        Transfer::Polynomial { controls, coefficients } => {
            let controls: Vec<String> = controls.iter().map(control).collect();
            format!("poly {} {}", controls.join(" "), arguments(coefficients))
        }
        Transfer::Expression(expr) => format!("= {expr}"),
        Transfer::Table { input, points } => {
            let points: Vec<String> =
                points.iter().map(|[x, y]| format!("{}:{}", argument(x), argument(y))).collect();
            format!("table {input} {}", points.join(" "))
        }
    };
    format!("[{}] {transfer} {}", list(&source.nodes), params(&source.params))
}

fn switch<C>(switch: &Switch<C>, control: String) -> String {
    let on = option(switch.initially_on.as_ref());
    format!(
        "[{}] <{control}> {} {on} {}",
        list(&switch.nodes),
        switch.model,
        params(&switch.params)
    )
}

fn analysis(kind: &AnalysisKind) -> String {
    match kind {
        AnalysisKind::OperatingPoint => "op".to_owned(),
        AnalysisKind::Dc(dc) => {
            format!("dc{}", dc.sweeps.iter().map(sweep).collect::<String>())
        }
        AnalysisKind::Ac(ac) => format!("ac {}", range(&ac.range)),
        AnalysisKind::Transient(t) => format!(
            "tran step {} stop {} start {} max {} uic {} {}",
            opt(t.step.as_ref()),
            argument(&t.stop),
            opt(t.start.as_ref()),
            opt(t.max_step.as_ref()),
            t.uic.is_some(),
            list(&t.flags)
        ),
        AnalysisKind::Noise(n) => format!(
            "noise {} {} by {} {} every {}",
            n.output,
            option(n.reference.as_ref()),
            n.source,
            range(&n.range),
            opt(n.points_per_summary.as_ref())
        ),
        AnalysisKind::Trace(t) => format!(
            "trace {} {} {} ({}) {}",
            t.source,
            argument(&t.start),
            argument(&t.stop),
            words(&t.words),
            params(&t.params)
        ),
        AnalysisKind::Sensitivity(output) => format!("sens {output}"),
        AnalysisKind::PoleZero(p) => {
            let nodes: Vec<&str> = p.nodes.iter().map(|node| node.node.as_str()).collect();
            let drive = if p.is_voltage { "vol" } else { "cur" };
            format!("pz {} {drive} poles={} zeros={}", nodes.join(" "), p.poles, p.zeros)
        }
        AnalysisKind::TransferFunction(t) => format!("tf {} by {}", t.output, t.source),
    }
}

fn sweep(sweep: &Sweep) -> String {
    let param = if sweep.is_param { "param " } else { "" };
    format!(" {param}{} {}", sweep.variable, range(&sweep.range))
}

fn range(range: &Range) -> String {
    match range {
        Range::Step { start, stop, step } => {
            format!("{}..{} by {}", argument(start), argument(stop), argument(step))
        }
        Range::Points { scale, points, start, stop } => {
            format!("{}..{} {:?} {}", argument(start), argument(stop), scale.node, argument(points))
        }
        Range::List(values) => format!("list {}", arguments(values)),
    }
}

fn conditions(card: &Conditions) -> String {
    let condition = |condition: &Condition| {
        let target = match &condition.target.node {
            ConditionTarget::Voltage { plus, minus } => {
                format!("v({plus} {})", option(minus.as_ref()))
            }
            ConditionTarget::Current { device } => format!("i({device})"),
        };
        format!(" {target}={}", argument(&condition.value))
    };
    card.assignments.iter().map(condition).collect()
}

fn raw(args: &[RawArgument]) -> String {
    let arg = |arg: &RawArgument| match arg {
        RawArgument::Word(word) => format!(" {}", self::word(&word.node)),
        RawArgument::Assign { target, value } => {
            format!(" {}={}", word(&target.node), argument(value))
        }
    };
    args.iter().map(arg).collect()
}

fn words(words: &[Spanned<Word>]) -> String {
    let words: Vec<String> = words.iter().map(|word| self::word(&word.node)).collect();
    words.join(" ")
}

fn word(word: &Word) -> String {
    match word {
        Word::Plain(text) => text.clone(),
        Word::Expression(expr) => format!("{{{expr}}}"),
        Word::Text(text) => format!("\"{text}\""),
    }
}

fn params(params: &[Param]) -> String {
    let params: Vec<String> =
        params.iter().map(|param| format!("{}={}", param.key, argument(&param.value))).collect();
    params.join(" ")
}

fn arguments(values: &[Argument]) -> String {
    let values: Vec<String> = values.iter().map(argument).collect();
    values.join(" ")
}

fn argument(value: &Argument) -> String {
    match &value.node {
        Value::Number(number) => format!("{number:?}"),
        Value::Expression(expr) => format!("{{{expr}}}"),
        Value::Name(name) => name.clone(),
        Value::Text(text) => format!("\"{text}\""),
        Value::List(values) => format!("[{}]", arguments(values)),
    }
}

fn opt(value: Option<&Argument>) -> String {
    value.map_or("-".to_owned(), argument)
}

fn option<T: Display>(value: Option<&T>) -> String {
    value.map_or("-".to_owned(), T::to_string)
}

fn list(names: &[Name]) -> String {
    join(names, " ")
}

fn join(names: &[Spanned<String>], separator: &str) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.node.as_str()).collect();
    names.join(separator)
}

fn statements(list: &[Statement]) -> String {
    let one = |statement: &Statement| match &statement.kind {
        StatementKind::Command(command) => {
            format!("{:?} {} {}", command.verb, command.name, command.rest).trim_end().to_owned()
        }
        StatementKind::If { condition, then, otherwise } => {
            format!("if {condition} {{{}}} else {{{}}}", statements(then), statements(otherwise))
        }
        StatementKind::While { condition, runs_first, body } => {
            format!("while {condition} {runs_first} {{{}}}", statements(body))
        }
        StatementKind::Repeat { count, body } => {
            format!("repeat {} {{{}}}", option(count.as_ref()), statements(body))
        }
        StatementKind::Foreach { variable, values, body } => {
            format!("foreach {variable} in {values} {{{}}}", statements(body))
        }
        StatementKind::Break => "break".to_owned(),
        StatementKind::Continue => "continue".to_owned(),
    };
    list.iter().map(one).collect::<Vec<_>>().join("; ")
}
