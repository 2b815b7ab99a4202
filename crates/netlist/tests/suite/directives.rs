//! Dot cards, card by card.

use crate::print::check;
use expect_test::expect;

#[test]
fn parameters() {
    check(
        ".param a=1k b={2*a} c='a+b'",
        expect![[r#"
            param a = 1000.0
            param b = (2.0 * a)
            param c = (a + b)
        "#]],
    );
    check(
        ".param a = 1 + 2",
        expect![[r#"
        param a = (1.0 + 2.0)
    "#]],
    );
    check(
        ".param a = 3 b = a * 3 c=max(1, 2)",
        expect![[r#"
            param a = 3.0
            param b = (a * 3.0)
            param c = max(1.0, 2.0)
            warning[W0706]: an unquoted value with blanks among several assignments
              --> t.cir:2:18
               | .param a = 3 b = a * 3 c=max(1, 2)
               |                  ^^^^^
              help: put the value in braces; other simulators stop at its first blank
        "#]],
    );
    check(
        ".param f(x, y) = x*y, g=f(1,2) s=\"Text\"",
        expect![[r#"
        func f(x y) = (x * y)
        param g = f(1.0, 2.0)
        param s = "Text"
    "#]],
    );
    check(
        ".func f(x,y) {x**2+y}\n.func g() 'rand()'\n.func h(x) = x",
        expect![[r#"
            func f(x y) = ((x ** 2.0) + y)
            func g() = rand()
            func h(x) = x
        "#]],
    );
    check(
        ".param wn=2u lp = -wn*(1 + \n+ 2)",
        expect![[r#"
            param wn = 2e-6
            param lp = ((-wn) * (1.0 + 2.0))
        "#]],
    );
}

#[test]
fn models() {
    check(
        ".model d1n4148 D (Is=2.52n Rs = .568 N=1.752 BV={bv})",
        expect![[r#"
            model d1n4148 d is=2.52e-9 rs=0.568 n=1.752 bv={bv} <>
        "#]],
    );
    check(
        ".MODEL sw1 SW Ron=1 Roff=1Meg Vt=.5",
        expect![[r#"
            model sw1 sw ron=1.0 roff=1000000.0 vt=0.5 <>
        "#]],
    );
    check(
        ".model m VDMOS(Rg=3, Vto=2 nchan mfg=OnSemi)",
        expect![[r#"
            model m vdmos rg=3.0 vto=2.0 mfg=onsemi <nchan>
        "#]],
    );
    check(
        ".model a1 limit(gain=2 out=[1 2])",
        expect![[r#"
            model a1 limit gain=2.0 out=[1.0 2.0] <>
        "#]],
    );
    check(
        ".model pcm ovonic (\n* the cell\n+ vth=1.2\n+ ron=1k )",
        expect![[r#"
            model pcm ovonic vth=1.2 ron=1000.0 <>
        "#]],
    );
}

#[test]
fn subcircuits() {
    check(
        ".subckt amp in out params: gain=10 r={2*gain}\nE1 out 0 in 0 {gain}\n.subckt inner a\nR1 a 0 1\n.ends inner\n.ends\nX1 a b amp gain=5",
        expect![[r#"
            subckt amp (in out) gain=10.0 r={(2.0 * gain)}
              e1 [out 0] [in 0] * {gain} 
              subckt inner (a) 
                r1 [a 0] 1
            x1 (a b amp) gain=5.0
        "#]],
    );
    check(
        ".SUBCKT a (1 2) m=2\n.ends A",
        expect![[r#"
        subckt a (1 2) m=2.0
    "#]],
    );
}

#[test]
fn conditionals() {
    check(
        ".if (corner == 1)\nR1 a b 1\n.elseif (corner > 1 && x)\nR1 a b 2\n.if x\nR2 a b 1\n.endif\n.else\nR1 a b 3\n.endif",
        expect![[r#"
            if (corner == 1.0)
              r1 [a b] 1 
            if ((corner > 1.0) && x)
              r1 [a b] 2 
              if x
                r2 [a b] 1
            else
              r1 [a b] 3
        "#]],
    );
}

#[test]
fn analyses() {
    check(
        ".op",
        expect![[r#"
        op
    "#]],
    );
    check(
        ".dc V1 0 5 0.1",
        expect![[r#"
        dc v1 0.0..5.0 by 0.1
    "#]],
    );
    check(
        ".dc V1 0 5 {step} I2 1m 5m 1m temp -40 125 5",
        expect![[r#"
        dc v1 0.0..5.0 by {step} i2 0.001..0.005 by 0.001 temp -40.0..125.0 by 5.0
    "#]],
    );
    check(
        ".dc dec V1 1 100 10 V2 list 1 2 5\n.dc lin V1 0 1 0.1\n.dc V1 oct 1 8 2\n.dc param r 1 2 0.1",
        expect![[r#"
            dc v1 1.0..100.0 Decade 10.0 v2 list 1.0 2.0 5.0
            dc v1 0.0..1.0 by 0.1
            dc v1 1.0..8.0 Octave 2.0
            dc param r 1.0..2.0 by 0.1
        "#]],
    );
    check(
        ".ac dec 10 1 1meg\n.AC LIN 100 1k 10kHz\n.ac list 1 2 5k",
        expect![[r#"
            ac 1.0..1000000.0 Decade 10.0
            ac 1000.0..10000.0 Linear 100.0
            ac list 1.0 2.0 5000.0
        "#]],
    );
    check(
        ".tran 1n 1u\n.tran 1m\n.tran 1n 1u 0 5n uic\n.tran 1u UIC 1m\n.tran 0 1m startup",
        expect![[r#"
            tran step 1e-9 stop 1e-6 start - max - uic false 
            tran step - stop 0.001 start - max - uic false 
            tran step 1e-9 stop 1e-6 start 0.0 max 5e-9 uic true 
            tran step 1e-6 stop 0.001 start - max - uic true 
            tran step 0.0 stop 0.001 start - max - uic false startup
        "#]],
    );
    check(
        ".noise v(out) V1 dec 10 1 1meg\n.noise V(a,b) I1 lin 5 1 2 1",
        expect![[r#"
            noise out - by v1 1.0..1000000.0 Decade 10.0 every -
            noise a b by i1 1.0..2.0 Linear 5.0 every 1.0
        "#]],
    );
    check(
        ".trace V1 0 {vmax}\n.trace vin 0 5 ds=0.1 both",
        expect![[r#"
            trace v1 0.0 {vmax} () 
            trace vin 0.0 5.0 (both) ds=0.1
        "#]],
    );
}

#[test]
fn conditions() {
    check(
        ".ic v(a)=1 V(b) = {x} i(L1)=1m",
        expect![[r#"
        ic v(a -)=1.0 v(b -)={x} i(l1)=0.001
    "#]],
    );
    check(
        ".nodeset v(a,b)=1, v(x1.n)=2\n.ic a=1\n.ic v(c) 5",
        expect![[r#"
            nodeset v(a b)=1.0 v(x1.n -)=2.0
            ic v(a -)=1.0
            ic v(c -)=5.0
        "#]],
    );
}

#[test]
fn settings() {
    check(
        ".options reltol=1e-4 noacct method=gear TEMP = 25C\n.option post\n.opt gmin={g}",
        expect![[r#"
            options reltol=0.0001 noacct method=gear temp=25.0
            options post
            options gmin={g}
        "#]],
    );
    check(
        ".temp 27\n.temp 50 {t}\n.global vdd gnd!",
        expect![[r#"
        temp 27.0
        temp 50.0 {t}
        global vdd gnd!
    "#]],
    );
}

#[test]
fn outputs() {
    check(
        ".print tran v(out) i(V1) v(a,b)*2 {v(a)-v(b)}",
        expect![[r#"
        Print tran [v(out); i(v1); (v(a,b) * 2.0); (v(a) - v(b))] 
    "#]],
    );
    check(
        ".print ac vdb(out) vp(out,in) im(v1) mag(v(a))",
        expect![[r#"
            Print ac [vdb(out); vp(out,in); im(v1); mag(v(a))] 
        "#]],
    );
    check(
        ".plot dc v(1) (0,5)\n.print tran format=csv file=Out.csv v(a)",
        expect![[r#"
            Plot dc [v(1)] 
            Print tran [v(a)] format=csv file="Out.csv"
            warning[W0707]: limits of a plot have no effect
              --> t.cir:2:15
               | .plot dc v(1) (0,5)
               |               ^^^^^
        "#]],
    );
    check(
        ".save all @m1[gm] v(Net-_C1-Pad2_) net-1 v1#branch i(x1.v1)",
        expect![[r#"
            Save - [all; @m1[gm]; v(net-_c1-pad2_); net-1; v1#branch; i(x1.v1)] 
        "#]],
    );
    check(
        ".probe v(a) w(r1) alli\n.save",
        expect![[r#"
        Probe - [v(a); w(r1); alli] 
        Save - [] 
    "#]],
    );
}

#[test]
fn raw_cards() {
    check(
        ".meas tran tr TRIG v(1) VAL=0.5 RISE=1 TARG v(2) VAL={x/2} RISE=LAST",
        expect![[r#"
            raw meas tran tr trig {v(1)} val=0.5 rise=1.0 targ {v(2)} val={(x / 2.0)} rise=last
        "#]],
    );
    check(
        ".measure ac x WHEN vdb(out)=-3 FALL=1\n.meas tran d FIND v(a)*i(r1) AT 5u",
        expect![[r#"
            raw measure ac x when {vdb(out)}=-3.0 fall=1.0
            raw meas tran d find {(v(a) * i(r1))} at 5u
        "#]],
    );
    check(
        ".meas tran p PARAM='a*b'\n.meas tran q WHEN v(a)=v(b)",
        expect![[r#"
            raw meas tran p param={(a * b)}
            raw meas tran q when {v(a)}={v(b)}
        "#]],
    );
    check(
        ".step param r list 1 2 5\n.step dec V1 1 10 5",
        expect![[r#"
            step param r list 1.0 2.0 5.0
            step v1 1.0..10.0 Decade 5.0
        "#]],
    );
    check(
        ".four 1k v(out)\n.tf v(out) V1\n.sens v(1,out)\n.pz 1 0 2 0 vol pz\n.backanno",
        expect![[r#"
            four 1000.0 [v(out)]
            tf v(out) by v1
            sens v(1,out)
            pz 1 0 2 0 vol poles=true zeros=true
            raw backanno
        "#]],
    );
}

#[test]
fn control_blocks_stay_text() {
    check(
        ".control\n* note\n  run ; plot v(Out)\n\nmeas tran X max v(a)\n.ENDC\nR1 a b 1",
        expect![[r#"
            control [Run run; Measure meas tran X max v(a)]
            r1 [a b] 1 
        "#]],
    );
}

#[test]
fn titles() {
    let title = |text: &str| {
        let parsed = ovonic_netlist::parse_text(
            "t.cir",
            text,
            &ovonic_netlist::MemoryLoader::new(),
            &ovonic_netlist::ParseOptions::default(),
        );
        let codes: Vec<&str> =
            parsed.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
        format!("{:?} {codes:?}", parsed.netlist.title.map_or(String::new(), |title| title.node))
    };
    assert_eq!(title(""), "\"\" []");
    assert_eq!(title("* A Divider\n"), "\"* A Divider\" []");
    assert_eq!(title("\nR1 a b 1"), "\"\" []");
    assert_eq!(title(".title Low Pass\nR1 a b 1\n.end\n\n"), "\"Low Pass\" []");
    assert_eq!(title("x\n.title New One ; no\n.TITLE Newer"), "\"Newer\" []");
    assert_eq!(title("R1 a b 1k\n"), "\"R1 a b 1k\" [\"W0704\"]");
    assert_eq!(title(".tran 1n 1u\n"), "\".tran 1n 1u\" [\"W0704\"]");
    assert_eq!(title("R2R ladder, 8 bits\n"), "\"R2R ladder, 8 bits\" []");
}

#[test]
fn ngspice_reads_more_and_warns() {
    let deck = "title\n.param a = 3 b = a * 3\nR1 a b 1kk\nV1 a 0 sin(0 1x)\n.end\nR2 a b 1";
    let options = ovonic_netlist::ParseOptions {
        dialect: ovonic_netlist::Dialect::Ngspice,
        ..ovonic_netlist::ParseOptions::default()
    };
    let parsed =
        ovonic_netlist::parse_text("t.cir", deck, &ovonic_netlist::MemoryLoader::new(), &options);
    let text = crate::print::items(&parsed.netlist.items, 0) + &crate::print::messages(&parsed);
    expect![[r#"
        param a = 3.0
        param b = a
        r1 [a b] 1000.0 
        v1 [a 0] dc - sin(0.0 1.0 - - - - -) 
        r2 [a b] 1 
        W0706: an unquoted value among several assignments stops at its first blank
        W0709: "1kk" is read as 1000.0
        W0709: "1x" is read as 1.0
        W0701: text after .end is read all the same
    "#]]
    .assert_eq(&text);
}
