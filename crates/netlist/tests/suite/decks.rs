//! Decks as other programs write them: they must read without a single diagnostic, or with the ones shown.

use expect_test::{Expect, expect};
use ovonic_netlist::{MemoryLoader, ParseOptions, parse_text};

use crate::print::{items, messages};

fn check(deck: &str, expect: Expect) {
    let parsed = parse_text("deck.cir", deck, &MemoryLoader::new(), &ParseOptions::default());
    expect.assert_eq(&format!("{}{}", items(&parsed.netlist.items, 0), messages(&parsed)));
}

#[test]
fn kicad() {
    let deck = r#".title KiCad schematic
.save all
.probe alli
.probe p(R1)
.tran 1u 5m

R1 /in Net-_C1-Pad1_ 1k
C1 Net-_C1-Pad1_ GND 100n
D1 __D1
V1 /in GND DC 0 SIN( 0 1 1k 0 0 0 ) AC 1
XU1 Net-_C1-Pad1_ GND VCC VEE /out LM324
.end
"#;
    check(
        deck,
        expect![[r#"
        Save - [all] 
        Probe - [alli] 
        Probe - [p(r1)] 
        tran step 1e-6 stop 0.005 start - max - uic false 
        r1 [/in net-_c1-pad1_] 1k 
        c1 [net-_c1-pad1_ gnd] 100n 
        d1 (__d1) 
        v1 [/in gnd] dc 0.0 ac 1.0 - sin(0.0 1.0 1000.0 0.0 0.0 0.0 -) 
        xu1 (net-_c1-pad1_ gnd vcc vee /out lm324) 
    "#]],
    );
}

#[test]
fn xschem() {
    let deck = r#"** sch_path: /home/user/inv.sch
**.subckt inv
XM1 out in VDD VDD pfet_01v8 L=0.15 W=1 nf=1 ad='int((nf+1)/2) * W/nf * 0.29' as='int((nf+2)/2) * W/nf * 0.29' mult=1 m=1
XM2 out in GND GND nfet_01v8 L=0.15 W=1 nf=1 sa=0 sb=0 sd=0 mult=1 m=1
V1 in GND pulse(0 1.8 1n 1n 1n 4n 10n)
V2 VDD GND 1.8
**** begin user architecture code

.param mc_mm_switch=0
.control
  save all
  tran 10p 20n
  plot v(in) v(out)
  write inv.raw ; done
.endc

**** end user architecture code
**.ends
.GLOBAL GND
.GLOBAL VDD
.end
"#;
    check(
        deck,
        expect![[r#"
            xm1 (out in vdd vdd pfet_01v8) l=0.15 w=1.0 nf=1.0 ad={(((int(((nf + 1.0) / 2.0)) * w) / nf) * 0.29)} as={(((int(((nf + 2.0) / 2.0)) * w) / nf) * 0.29)} mult=1.0 m=1.0
            xm2 (out in gnd gnd nfet_01v8) l=0.15 w=1.0 nf=1.0 sa=0.0 sb=0.0 sd=0.0 mult=1.0 m=1.0
            v1 [in gnd] dc - pulse(0.0 1.8 1e-9 1e-9 1e-9 4e-9 1e-8 -) 
            v2 [vdd gnd] dc 1.8 
            param mc_mm_switch = 0.0
            control [Save save all; Analysis tran 10p 20n; Ignored plot v(in) v(out); Write write inv.raw]
            global gnd
            global vdd
        "#]],
    );
}

#[test]
fn ltspice() {
    let deck = "* C:\\users\\me\\Draft1.asc\nV1 N001 0 PULSE(0 5 0 1n 1n 5u 10u 3) AC 1 Rser=50\nR1 N001 out {R}\nC1 out 0 1µ IC=0 Rser=10m\nL1 out 0 10µ Rpar=1k\nD1 out N002 1N4148\nB1 N003 0 V=if(V(out)>2.5, 5, 0)\nE1 N004 0 out 0 10\nS1 out 0 N001 0 MYSW\n.model MYSW SW(Ron=1 Roff=1Meg Vt=.5 Vh=-.4)\n.model 1N4148 D(Is=2.52n Rs=.568 N=1.752 Cjo=4p M=.4 tt=20n Iave=200m Vpk=75 mfg=OnSemi type=silicon)\n.param R=1k\n.step param R list 1k 2k 5k\n.tran 0 10m 0 1u startup\n.meas TRAN vmax MAX V(out)\n.meas TRAN td TRIG V(N001)=2.5 RISE=1 TARG V(out)=2.5 RISE=1\n.ic V(out)=0 I(L1)=1m\n.options plotwinsize=0\n.backanno\n.end\n";
    check(
        deck,
        expect![[r#"
        v1 [n001 0] dc - ac 1.0 - pulse(0.0 5.0 0.0 1e-9 1e-9 5e-6 1e-5 3.0) rser=50.0
        r1 [n001 out] {r} 
        c1 [out 0] 1µ ic=0.0 rser=0.01
        l1 [out 0] 10µ rpar=1000.0
        d1 (out n002 1n4148) 
        b1 [n003 0] Voltage = if((v(out) > 2.5), 5.0, 0.0) 
        e1 [n004 0] [out 0] * 10.0 
        s1 [out 0] <n001 0> mysw - 
        model mysw sw ron=1.0 roff=1000000.0 vt=0.5 vh=-0.4 <>
        model 1n4148 d is=2.52e-9 rs=0.568 n=1.752 cjo=4e-12 m=0.4 tt=2e-8 iave=0.2 vpk=75.0 mfg=onsemi type=silicon <>
        param r = 1000.0
        step param r list 1000.0 2000.0 5000.0
        tran step 0.0 stop 0.01 start 0.0 max 1e-6 uic false startup
        raw meas tran vmax max {v(out)}
        raw meas tran td trig {v(n001)}=2.5 rise=1.0 targ {v(out)}=2.5 rise=1.0
        ic v(out -)=0.0 i(l1)=0.001
        options plotwinsize=0.0
        raw backanno
    "#]],
    );
}

#[test]
fn pyspice() {
    let deck = ".title Low-Pass RC Filter\n.options TEMP = 25C\n.options TNOM = 25C\n.options filetype = binary\n.options NOINIT\nVinput in 0 DC 0V AC 1V 0 SIN(0V 1V 1000Hz 0s 0Hz)\nR1 in out 1kOhm\nC1 out 0 1uF\nIload out 0 5mA\nXinv in out 0 inverter\n.ac dec 10 1Hz 1MegHz\n.tran 1us 10ms 0s uic\n.end\n\n";
    check(
        deck,
        expect![[r#"
        options temp=25.0
        options tnom=25.0
        options filetype=binary
        options noinit
        vinput [in 0] dc 0.0 ac 1.0 0.0 sin(0.0 1.0 1000.0 0.0 0.0 - -) 
        r1 [in out] 1kohm 
        c1 [out 0] 1uf 
        iload [out 0] dc 0.005 
        xinv (in out 0 inverter) 
        ac 1.0..1000000.0 Decade 10.0
        tran step 1e-6 stop 0.01 start 0.0 max - uic true 
    "#]],
    );
}

#[test]
fn vendor_models() {
    let deck = r#"* part
.SUBCKT OPAMP 1 2 99 50 45   ; +IN -IN V+ V- OUT
+ PARAMS: GBW=1MEG
* input stage $
I1 99 4 100u
Q1 5 2 4 QX
Q2 6 1 4 QX OFF
R3 5 50 517.3   $ load
FH 4 0 POLY(2) VA VB 0 1.0E-3 -1E-3
EREF 98 0 POLY(2) (99,0) (50,0) 0 0.5 0.5
G1 98 9 VALUE = { LIMIT(GBW*V(5,6), -1m, +1m) }
ETAB 7 0 TABLE { V(9) } = ( -1, -5V ) ( 1, 5V )
VA 3 98 DC 0
.MODEL QX PNP(BF=200 IS=1E-16
+              RC=10)
.ENDS OPAMP
.model nch nmos level=1 vto=0.7 kp=110u
+ gamma = 0.4  lambda=.04
.lib nch_section
Rx a b 1
.endl nch_section
.nodeset V(out)=1.5, V(x1.5)=2
.print tran V(45) I(VA)
.plot tran v(45,0) (0,5)
.four 1k v(45)
"#;
    check(
        deck,
        expect![[r#"
            subckt opamp (1 2 99 50 45) gbw=1000000.0
              i1 [99 4] dc 0.0001 
              q1 (5 2 4 qx) 
              q2 (6 1 4 qx off) 
              r3 [5 50] 517.3 
              fh [4 0] poly va vb 0.0 0.001 -0.001 
              eref [98 0] poly [99 0] [50 0] 0.0 0.5 0.5 
              g1 [98 9] = limit((gbw * v(5,6)), (-0.001), 0.001) 
              etab [7 0] table v(9) -1.0:-5.0 1.0:5.0 
              va [3 98] dc 0.0 
              model qx pnp bf=200.0 is=1e-16 rc=10.0 <>
            model nch nmos level=1.0 vto=0.7 kp=0.00011 gamma=0.4 lambda=0.04 <>
            nodeset v(out -)=1.5 v(x1.5 -)=2.0
            Print tran [v(45); i(va)] 
            Plot tran [v(45,0)] 
            four 1000.0 [v(45)]
            W0707: limits of a plot have no effect
        "#]],
    );
}
