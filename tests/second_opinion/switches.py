"""Threshold switches, from their references' equations."""

from math import exp, pi, sqrt, tanh

from common import OPTIONS, Case, pulse_train

K_EV = 1.380649e-23 / 1.602176634e-19
CASES = []


def logistic(z):
    return 1.0 / (1.0 + exp(-z)) if z > -700.0 else 0.0


# Scoggin et al., arXiv:1906.09316, as one lumped filament.
def ots():
    drive, corners, text = pulse_train(0.0, 3.0, 0.5e-9, 0.1e-9, 4e-9, 0.1e-9, 6e-9, 4)
    load, capacity = 20e3, 30e-15
    area, length = pi * 20e-9**2, 50e-9

    def rates(t, y):
        v, rise = y
        kelvin = 300.0 + rise
        field = sqrt((v / length) ** 2 + 1e5**2)
        sub = 3.3 * exp(-0.447 / K_EV * (1.0 / kelvin - 1.0 / 300.0)) + 0.033 * exp(2.42e-7 * field)
        sigma = (sub**-4 + 4.1e5**-4) ** -0.25
        current = area / length * v * sigma
        return [((drive(t) - v) / load - current) / capacity, (v * current - rise / 3e6) / 1e-16]

    deck = (
        f"ots\nV1 in 0 {text}\nR1 in out 20k\nC1 out 0 30fF\nN1 out 0 ts\n.model ts ots\n"
        f".options temp=26.85\n{OPTIONS}.tran 5p {corners[-1]} uic\n.save v(out) @n1[temp]\n.end\n"
    )
    CASES.append(
        Case("ots", deck, ["v(out)", "@n1[temp]"], [1.0, 300.0], [0.0, 0.0], rates, corners, [(1, 200.0)], [0.0, 300.0])
    )


# Ostrovskii et al., Neurocomputing 624 (2025) 129454.
def ag_selector():
    drive, corners, text = pulse_train(0.0, 1.5, 0.2e-6, 0.1e-6, 0.8e-6, 0.1e-6, 3e-6, 3)

    def rates(t, y):
        v, x = drive(t), y[0]
        set_ = (v - 0.267) * (v + 0.119) / 9.9e-3**2
        hold = (v - 0.08) * (v + 0.006) / 17.5e-3**2
        growth = (1 - exp(-(2 * x + 0.05))) * (1 - x) + (1 - exp(-2 * (1 - x))) * x
        decay = (1 - exp(-2 * x)) * (1 - x) + (1 - exp(-(2 * (1 - x) + 0.5))) * x
        return [logistic(set_) * growth / 1.2e-7 - logistic(-hold) * decay / 1.3e-7]

    deck = (
        f"selector\nV1 in 0 {text}\nN1 in 0 ag\n.model ag ag_selector\n"
        f"{OPTIONS}.tran 2n {corners[-1]} uic\n.save @n1[x]\n.end\n"
    )
    CASES.append(Case("ag_selector", deck, ["@n1[x]"], [1.0], [0.0], rates, corners, [(0, 0.5)]))


# The rate law of the device's page.
def ag_diffusive():
    drive, corners, text = pulse_train(0.0, 0.5, 1e-3, 1e-5, 4e-3, 1e-5, 12e-3, 3)

    def rates(t, y):
        v, x = drive(t), y[0]
        scale = 2.0 * (exp(0.25 / 0.06) - exp(-0.25 / 0.06)) ** 2 / 8.0
        accel = 2.0 * (exp(0.5 * v / 0.06) - exp(-0.5 * v / 0.06)) ** 2 / 8.0 / scale
        return [(1 - x) * (x + 0.1) * accel / 3e-4 - x * (1.1 - x) ** 2 / 3e-4]

    deck = (
        f"diffusive\nV1 in 0 {text}\nN1 in 0 ag\n.model ag ag_diffusive\n"
        f"{OPTIONS}.tran 20u {corners[-1]} uic\n.save @n1[x]\n.end\n"
    )
    CASES.append(Case("ag_diffusive", deck, ["@n1[x]"], [1.0], [0.0], rates, corners, [(0, 0.5)]))


# Zhang et al., arXiv:2312.12899, with the rate law of the metallic fraction.
def vo2():
    corners = [12e-6]

    def ramp(z, edge=2e-3):
        return 0.0 if z < -edge else (z + edge) ** 2 / (4 * edge) if z < edge else z

    def rates(_t, y):
        v, rise, phi = y
        kelvin = 325.0 + rise
        resistance = 5.359e-3 * exp(5220.0 / kelvin) * (1 - phi) + 1286.0
        heating = 0.5 + 0.5 * tanh(0.2528 * (kelvin - 332.8 - 0.5 * 7.19))
        cooling = 0.5 + 0.5 * tanh(0.2528 * (kelvin - 332.8 + 0.5 * 7.19))
        return [
            ((12.0 - v) / 12e3 - v / resistance) / 145.3e-12,
            (v * v / resistance - 2.056e-4 * rise) / 49.63e-12,
            (ramp(heating - phi) - ramp(phi - cooling)) / 1e-9,
        ]

    deck = (
        "vo2\nV1 in 0 12\nR1 in out 12k\nC1 out 0 145.3p\nN1 out 0 film\n.model film vo2\n"
        f"{OPTIONS}.tran 10n 12u uic\n.save v(out) @n1[temp] @n1[phi]\n.end\n"
    )
    CASES.append(
        Case(
            "vo2",
            deck,
            ["v(out)", "@n1[temp]", "@n1[phi]"],
            [1.0, 300.0, 1.0],
            [0.0, 0.0, 0.0],
            rates,
            corners,
            [(2, 0.5)],
            [0.0, 325.0, 0.0],
        )
    )


# Pickett and Williams, Nanotechnology 23 (2012) 215202, in the core's radius.
def nbo2():
    drive, corners, text = pulse_train(0.0, 3.0, 0.5e-9, 0.1e-9, 6e-9, 0.1e-9, 10e-9, 3)
    length, radius, load, capacity = 20e-9, 30e-9, 10e3, 0.2e-12
    step = 1080.0 - 300.15

    def rates(t, y):
        # In w = 1/ln(1/u), since du/dt is 0/0 in a cold channel.
        v, w = y
        u = exp(-1.0 / w) if w > 5e-3 else 0.0
        conductance = pi * radius**2 / (length * 1e-2) * (1 + (1e-2 / 3e-5 - 1) * u * u)
        power = v * v * conductance - 2 * pi * length * 1.5 * w * step
        if w > 5e-3:
            ln = -1.0 / w
            # dH/du times du/dw = u/w².
            sensible = 2.6e6 * step * (1 - u * u + 2 * u * u * ln) / (2 * ln * ln)
            per_w = pi * length * radius**2 * (sensible + 2 * 1.6e8 * u * u) / (w * w)
        else:
            per_w = 0.5 * pi * length * radius**2 * 2.6e6 * step
        return [((drive(t) - v) / load - v * conductance) / capacity, power / per_w]

    deck = (
        f"nbo2\nV1 in 0 {text}\nR1 in out 10k\nC1 out 0 0.2p\nN1 out 0 channel\n.model channel nbo2\n"
        f"{OPTIONS}.tran 20p {corners[-1]} uic\n.save v(out) @n1[w]\n.end\n"
    )
    CASES.append(Case("nbo2", deck, ["v(out)", "@n1[w]"], [1.0, 1.0], [0.0, 0.0], rates, corners, [(1, 1.0)]))


for make in (ots, ag_selector, ag_diffusive, vo2, nbo2):
    make()
