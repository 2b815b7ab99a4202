//! Element lines, card by card.

use crate::print::check;
use expect_test::expect;

#[test]
fn passives() {
    check(
        "R1 a b 1k",
        expect![[r#"
        r1 [a b] 1k 
    "#]],
    );
    check(
        "R4,out,0,1k\nR5 (out 0) 1k\nr6 a b r = 1k",
        expect![[r#"
        r4 [out 0] 1k 
        r5 [out 0] 1k 
        r6 [a b]  r=1000.0
    "#]],
    );
    check(
        "R1 a b rmod l=10u w={2*w}",
        expect![[r#"
        r1 [a b] rmod l=1e-5 w={(2.0 * w)}
    "#]],
    );
    check(
        "R1 a b 1k rmod tc=1e-3,2e-6 m=2",
        expect![[r#"
        r1 [a b] 1k rmod tc=[0.001 2e-6] m=2.0
    "#]],
    );
    check(
        "C1 a b {c0*(1+x)} ic=0.5",
        expect![[r#"
        c1 [a b] {(c0 * (1.0 + x))} ic=0.5
    "#]],
    );
    check(
        "L1 a b 10uH ic = 1m",
        expect![[r#"
        l1 [a b] 10uh ic=0.001
    "#]],
    );
    check(
        "C1 a b q='1n*v(a,b)'",
        expect![[r#"
        c1 [a b]  q={(1e-9 * v(a,b))}
    "#]],
    );
    check(
        "R1 a b 4k7\nR2 a b w=2*(l+1u)",
        expect![[r#"
        r1 [a b] 4k7 
        r2 [a b]  w={(2.0 * (l + 1e-6))}
    "#]],
    );
}

#[test]
fn couplings() {
    check(
        "K1 L1 L2 0.99",
        expect![[r#"
        k1 (l1 l2) 0.99 
    "#]],
    );
    check(
        "K1 L1 L2 L3 {k}\nK2 l1 l2 k=0.5",
        expect![[r#"
        k1 (l1 l2 l3) {k} 
        k2 (l1 l2) 0.5 
    "#]],
    );
}

#[test]
fn independent_sources() {
    check(
        "V1 a 0 5",
        expect![[r#"
        v1 [a 0] dc 5.0 
    "#]],
    );
    check(
        "V1 a 0 DC 5 AC 1 90 SIN(0 1 1k 0 0 45)",
        expect![[r#"
        v1 [a 0] dc 5.0 ac 1.0 90.0 sin(0.0 1.0 1000.0 0.0 0.0 45.0 -) 
    "#]],
    );
    check(
        "I1 a 0 ac 1 pulse(0 5 1n 1n 1n 5n 10n)",
        expect![[r#"
        i1 [a 0] dc - ac 1.0 - pulse(0.0 5.0 1e-9 1e-9 1e-9 5e-9 1e-8 -) 
    "#]],
    );
    check(
        "V1 a 0 PULSE 0V {vdd} 0s 1ns",
        expect![[r#"
        v1 [a 0] dc - pulse(0.0 {vdd} 0.0 1e-9 - - - -) 
    "#]],
    );
    check(
        "V1 a 0 EXP(0 1 1u 2u 3u 4u) 2",
        expect![[r#"
        v1 [a 0] dc 2.0 exp(0.0 1.0 1e-6 2e-6 3e-6 4e-6) 
    "#]],
    );
    check(
        "V1 a 0 PWL(0 0 1u 1 2u {x}) r=0 td=1n",
        expect![[r#"
        v1 [a 0] dc - pwl(0.0:0.0 1e-6:1.0 2e-6:{x} r=0.0 td=1e-9) 
    "#]],
    );
    check(
        "V1 a 0 PWL (0,0) (1u,1) (2u,0)",
        expect![[r#"
        v1 [a 0] dc - pwl(0.0:0.0 1e-6:1.0 2e-6:0.0 r=- td=-) 
    "#]],
    );
    check(
        "V1 a 0 PWL(0 0 1 1 r=0.5) ac 1",
        expect![[r#"
        v1 [a 0] dc - ac 1.0 - pwl(0.0:0.0 1.0:1.0 r=0.5 td=-) 
    "#]],
    );
    check(
        "V1 a 0 SFFM(0 1 10k 5 1k)\nV2 b 0 AM(1 0 1k 10k 1m)",
        expect![[r#"
            v1 [a 0] dc - sffm(0.0 1.0 10000.0 5.0 1000.0 - -) 
            v2 [b 0] dc - am(1.0 0.0 1000.0 10000.0 0.001 -) 
        "#]],
    );
    check(
        "V1 a 0 dc=1 ac=1,90 rser=2",
        expect![[r#"
        v1 [a 0] dc 1.0 ac 1.0 90.0 rser=2.0
    "#]],
    );
    check(
        "V1 a 0 ac\nV2 b 0\nV3 c 0 trnoise(1n 1p 0 0)",
        expect![[r#"
        v1 [a 0] dc - ac - - 
        v2 [b 0] dc - 
        v3 [c 0] dc - trnoise?(1e-9 1e-12 0.0 0.0) 
    "#]],
    );
    check(
        "V1 a\n+ 0 pulse(0 1\n* note\n+ 1n 2n)",
        expect![[r#"
        v1 [a 0] dc - pulse(0.0 1.0 1e-9 2e-9 - - - -) 
    "#]],
    );
}

#[test]
fn controlled_sources() {
    check(
        "E1 a 0 b c 10\nG1 a 0 (b,c) 1m m=2",
        expect![[r#"
        e1 [a 0] [b c] * 10.0 
        g1 [a 0] [b c] * 0.001 m=2.0
    "#]],
    );
    check(
        "E1 a 0 POLY(2) b 0 c 0 0 1 2 3",
        expect![[r#"
        e1 [a 0] poly [b 0] [c 0] 0.0 1.0 2.0 3.0 
    "#]],
    );
    check(
        "E1 a 0 VALUE={V(b)*2}\nE2 a 0 value = 'v(b)'\nG1 a 0 cur='v(b)/1k'\nE4 a 0 vol=v(b)*2",
        expect![[r#"
            e1 [a 0] = (v(b) * 2.0) 
            e2 [a 0] = v(b) 
            g1 [a 0] = (v(b) / 1000.0) 
            e4 [a 0] = (v(b) * 2.0) 
        "#]],
    );
    check(
        "G1 a 0 TABLE {V(b,c)} = (0,0) (1, 2m)",
        expect![[r#"
        g1 [a 0] table v(b,c) 0.0:0.0 1.0:0.002 
    "#]],
    );
    check(
        "F1 a 0 vs 2\nH1 a 0 poly(1) vs 0 1k\nF2 a 0 value={i(vs)*2}",
        expect![[r#"
            f1 [a 0] vs * 2.0 
            h1 [a 0] poly vs 0.0 1000.0 
            f2 [a 0] = (i(vs) * 2.0) 
        "#]],
    );
    check(
        "E1 value 0 value 0 2",
        expect![[r#"
        e1 [value 0] [value 0] * 2.0 
    "#]],
    );
}

#[test]
fn behavioral_sources() {
    check(
        "B1 a 0 V=v(b)*2 + sin(time)",
        expect![[r#"
        b1 [a 0] Voltage = ((v(b) * 2.0) + sin(time)) 
    "#]],
    );
    check(
        "B1 a 0 I={v(b) > 1 ? 1m : 0} tc1=0.01 m=2",
        expect![[r#"
        b1 [a 0] Current = ((v(b) > 1.0) ? 0.001 : 0.0) tc1=0.01 m=2.0
    "#]],
    );
    check(
        "B1 a 0 tc1=1m R = 1k*(1+v(a))\nB2 a 0 q=1n*v(a)\n",
        expect![[r#"
            b1 [a 0] Resistance = (1000.0 * (1.0 + v(a))) tc1=0.001
            b2 [a 0] Charge = (1e-9 * v(a)) 
        "#]],
    );
    check(
        "B1 a 0 v=pow(v(b),2)\n+ -1",
        expect![[r#"
        b1 [a 0] Voltage = (pow(v(b), 2.0) - 1.0) 
    "#]],
    );
}

#[test]
fn switches_and_lines() {
    check(
        "S1 a b c d smod ON\nW1 a b vs wmod off",
        expect![[r#"
        s1 [a b] <c d> smod true 
        w1 [a b] <vs> wmod false 
    "#]],
    );
    check(
        "T1 a 0 b 0 z0=50 td=1n ic=1,2,3,4\nO1 a 0 b 0 ltra",
        expect![[r#"
            t1 [a 0 b 0] z0=50.0 td=1e-9 ic=[1.0 2.0 3.0 4.0]
            o1 [a 0 b 0] ltra 
        "#]],
    );
}

#[test]
fn instances_stay_words() {
    check(
        "D1 a k d1n4148 area=2 ic=0.5\nD2 a k t dmod 2 off",
        expect![[r#"
            d1 (a k d1n4148) area=2.0 ic=0.5
            d2 (a k t dmod 2 off) 
        "#]],
    );
    check(
        "Q1 c b e s qmod ic=0.6, 5.0\nQ2 c b e qmod ic=0.6 5",
        expect![[r#"
            q1 (c b e s qmod) ic=[0.6 5.0]
            q2 (c b e qmod) ic=[0.6 5.0]
        "#]],
    );
    check(
        "M1 d g s b nmos L=1u W={w}\nJ1 d g s jmod\nZ1 d g s zmod",
        expect![[r#"
            m1 (d g s b nmos) l=1e-6 w={w}
            j1 (d g s jmod) 
            z1 (d g s zmod) 
        "#]],
    );
    check(
        "N1 a b ovonic vth=1.2 mode=\"Fast\" fit=[1 2 {x}]",
        expect![[r#"
            n1 (a b ovonic) vth=1.2 mode="Fast" fit=[1.0 2.0 {x}]
        "#]],
    );
    check(
        "X1 a b sub params: r=1k c={c}\nx2 a b sub",
        expect![[r#"
        x1 (a b sub) r=1000.0 c={c}
        x2 (a b sub) 
    "#]],
    );
    check(
        "A1 [a b] out gate\nU1 a b 0 urc l=1m",
        expect![[r#"
        a1 ([ a b ] out gate) 
        u1 (a b 0 urc) l=0.001
    "#]],
    );
    check(
        "YMEMRISTOR mr1 a b model x0=0.5\nY1 a b c d txl",
        expect![[r#"
            ymemristor!mr1 <memristor> (a b model) x0=0.5
            y1 (a b c d txl) 
        "#]],
    );
}

#[test]
fn names_of_other_programs() {
    check(
        "R1 /lowpass Net-_C1-Pad2_ 10kOhm\nR2 bus[3] a<1> 1megohm\nR3 \"Net-(R1-Pad1)\" 0 1MegHz",
        expect![[r#"
            r1 [/lowpass net-_c1-pad2_] 10kohm 
            r2 [bus[3] a<1>] 1megohm 
            r3 [net-(r1-pad1) 0] 1meghz 
        "#]],
    );
}
