//! Each kind of device in a deck that drives it from `a` through 1 kΩ at the node `p`, about a bias: for laws that are
//! about solving rather than about a device's equations alone.

/// A kind of device among the cards that it needs.
pub struct Case {
    /// Name of the kind.
    pub kind: &'static str,
    /// Voltage of the source, V.
    pub bias: f64,
    /// A frequency at which it has something to say, Hz.
    pub frequency: f64,
    /// The cards around node `p`.
    pub cards: &'static str,
}

const fn case(kind: &'static str, bias: f64, frequency: f64, cards: &'static str) -> Case {
    Case { kind, bias, frequency, cards }
}

/// One case for each kind. Memristors stand without bias, where their states rest, and the glass of phase-change memory does not relax: a device
/// that drifts by itself has no small signals to compare.
pub const CASES: &[Case] = &[
    case("resistor", 0.5, 1e3, "R1 p 0 2k"),
    case("capacitor", 0.5, 1e3, "C1 p 0 100n"),
    case("inductor", 0.5, 1e3, "L1 p 0 0.1"),
    case("coupling", 0.5, 1e3, "L1 p 0 0.1\nL2 s 0 0.2\nK1 L1 L2 0.8\nR2 s 0 1k"),
    case("voltage_source", 0.5, 1e3, "V2 p q 0.2\nR2 q 0 1k"),
    case("current_source", 0.5, 1e3, "I2 p 0 0.1m\nR2 p 0 1k"),
    case("vcvs", 0.5, 1e3, "R3 p 0 1k\nE1 q 0 p 0 -3\nC2 q p 20n"),
    case("vccs", 0.5, 1e3, "G1 p 0 p 0 2m"),
    case("cccs", 0.5, 1e3, "F1 p 0 vs -0.5\nR2 p 0 1k"),
    case("ccvs", 0.5, 1e3, "H1 q 0 vs 500\nR2 p q 1k"),
    case("voltage_switch", 0.5, 1e3, "S1 p 0 p 0 sw\n.model sw sw(vt=5 vh=0.1 ron=10 roff=3k)"),
    case("current_switch", 0.5, 1e3, "W1 p 0 vs sw\n.model sw csw(it=1 ih=0.1 ron=10 roff=3k)"),
    case("line", 0.5, 1e3, "T1 p 0 q 0 z0=500 td=50u\nR2 q 0 200"),
    case("behavioural", 0.5, 1e3, "B1 p 0 i=1m*tanh(v(p))+1m*v(p)**3\nB2 p 0 q=50n*v(p)**2"),
    case("diode", 2.0, 1e3, "D1 p 0 d\n.model d d(is=1e-14 rs=5 cjo=10n tt=5u)"),
    case(
        "bipolar",
        1.0,
        1e3,
        "Vc c 0 3\nQ1 c p 0 q\n.model q npn(bf=100 vaf=50 rb=10 cje=10n cjc=10n tf=1u)",
    ),
    case("jfet", 3.0, 1e3, "Vg g 0 -1\nJ1 p g 0 j\n.model j njf(vto=-2 beta=1m cgs=20n cgd=20n)"),
    case(
        "mos1",
        2.0,
        1e3,
        "Vg g 0 2\nM1 p g 0 0 m w=10u l=2u\n.model m nmos(vto=0.7 kp=100u cgdo=1m cbd=20n lambda=0.02)",
    ),
    case("ag_selector", 0.0, 1e3, "R2 p 0 1k\nN1 p 0 m\n.model m ag_selector"),
    case("ots", 1.0, 1e3, "N1 p 0 m\n.model m ots(c_th=1e-10)"),
    case("pcm", 0.1, 1e3, "N1 p 0 m\n.model m pcm(nu0=0)"),
    case("ag_diffusive", 0.0, 10.0, "R2 p 0 1k\nN1 p 0 m\n.model m ag_diffusive"),
    case("vo2", 0.5, 1e3, "N1 p 0 m\n.model m vo2"),
    case("nbo2", 0.1, 1e3, "N1 p 0 m\n.model m nbo2"),
    case("hp", 0.0, 1e3, "N1 p 0 m\n.model m hp"),
    case("team", 0.0, 1e3, "N1 p 0 m\n.model m team"),
    case("vteam", 0.0, 1e3, "N1 p 0 m\n.model m vteam"),
    case("yakopcic", 0.0, 1e3, "N1 p 0 m\n.model m yakopcic"),
    case("stanford_rram", 0.0, 1e3, "N1 p 0 m\n.model m stanford_rram"),
    case("sky130_reram", 0.0, 1e3, "N1 p 0 m\n.model m sky130_reram"),
    case("knowm", 0.0, 1e3, "N1 p 0 m\n.model m knowm"),
    case(
        "ts_pcm",
        0.1,
        1e3,
        "N1 p 0 m\n.model m ts_pcm(pcm=memory ts=switch)\n.model memory pcm(nu0=0)\n.model switch ots",
    ),
];

impl Case {
    /// The deck, its source at `bias` (V) with a sine of `amplitude` (V), closed by the cards in `tail`.
    pub fn deck(&self, bias: f64, amplitude: f64, tail: &str) -> String {
        let Case { kind, frequency, cards, .. } = self;
        format!(
            "{kind} behind a resistor\n\
             Vs a 0 dc {bias} ac 1 sin({bias} {amplitude} {frequency})\n\
             Rs a p 1k\n{cards}\n{tail}\n.end\n"
        )
    }
}
