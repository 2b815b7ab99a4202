//! Every law over every device.

use ovonic_device::{AnyParams, Kind};
use ovonic_devices::behavioural::{BehaviouralSource, KIND as BEHAVIOURAL, Quantity, Sense};
use ovonic_numerics::expression::{Binary, ExpressionBuilder, Unary};
use ovonic_testkit::laws::Subject;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A formula `y = a·(2 + tanh(v(control) + own quantity))`, with the sizes that each kind of device has.
fn formula(rng: &mut StdRng) -> Box<dyn AnyParams> {
    let quantities = [
        (Quantity::Voltage, 1.0, Sense::Positive),
        (Quantity::Current, 1e-3, Sense::Positive),
        (Quantity::Resistance, 1e3, Sense::OwnCurrent),
        (Quantity::Capacitance, 1e-12, Sense::Negative),
        (Quantity::Charge, 1e-12, Sense::Positive),
        (Quantity::Inductance, 1e-6, Sense::OwnCurrent),
    ];
    let (quantity, size, own) = quantities[rng.random_range(0..quantities.len())];
    let mut builder = ExpressionBuilder::new();
    let (control, own_input) = (builder.input(0), builder.input(1));
    let size = builder.constant(size * rng.random_range(0.5..2.0));
    let two = builder.constant(2.0);
    let value = (|| {
        let sum = builder.binary(Binary::Add, control, own_input)?;
        let bounded = builder.unary(Unary::Tanh, sum)?;
        let shifted = builder.binary(Binary::Add, two, bounded)?;
        builder.binary(Binary::Multiply, size, shifted)
    })();
    let expression =
        builder.finish(value.expect("the formula has no constant part without a value"));
    let source = BehaviouralSource::new(quantity, expression, &[Sense::Node, own]);
    let source = source.expect("two inputs are not too many");
    Box::new(source.into_params())
}

fn subject(kind: &'static Kind) -> Subject {
    let mut subject = Subject::of(kind);
    if kind.name == BEHAVIOURAL.name {
        subject.draw = Some(formula);
    }
    subject
}

#[test]
fn every_device_obeys_every_law() {
    let mut seeds = StdRng::seed_from_u64(1);
    let mut lines = Vec::new();
    // A cell of two devices has no equations of its own.
    for kind in ovonic_devices::ALL.iter().filter(|kind| kind.parts.is_empty()) {
        for _ in 0..2 {
            let violations = subject(kind).violations(seeds.random());
            lines.extend(violations.iter().map(ToString::to_string));
        }
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
