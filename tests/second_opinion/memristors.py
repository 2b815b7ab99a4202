"""Memristors, from their references' equations with the kinks that the device pages document."""

from math import exp, log1p, sinh, tanh

from common import OPTIONS, Case, pulse_train

K_EV = 1.380649e-23 / 1.602176634e-19
CASES = []


def logistic(z):
    return 1.0 / (1.0 + exp(-z)) if z > -700.0 else 0.0


def past(z, width):
    return z + width * log1p(exp(-z / width)) if z > 0 else width * log1p(exp(max(z / width, -700.0)))


def add(name, card, drive, start, rates, levels, step, column, scale):
    _, corners, text = drive
    deck = (
        f"{name}\nV1 in 0 {text}\nN1 in 0 cell\n.model cell {card}\n"
        f"{OPTIONS}.tran {step} {corners[-1]} uic\n.save @n1[{column}]\n.end\n"
    )
    CASES.append(Case(name, deck, [f"@n1[{column}]"], [scale], [start], rates, corners, levels))


# Strukov et al., Nature 453 (2008) 80, with each window.
def hp():
    train = pulse_train(0.0, 1.0, 0.05, 0.01, 0.4, 0.01, 0.6, 6, reverse=-1.0)
    drive = train[0]
    levels = [0.3, 0.3, 0.3, 0.12]
    windows = [
        lambda x, i: logistic(i / 1e-7) * tanh((1 - x) / 0.005) + logistic(-i / 1e-7) * tanh(x / 0.005),
        lambda x, i: 1 - (2 * x - 1) ** 4,
        lambda x, i: 1 - (x - logistic(-i / 1e-7)) ** 4,
        lambda x, i: 1 - ((x - 0.5) ** 2 + 0.75) ** 2,
    ]
    for number, window in enumerate(windows):

        def rates(t, y, window=window):
            x = y[0]
            current = drive(t) / (100 * x + 16e3 * (1 - x))
            return [1e-14 * 100 / 1e-16 * current * window(x, current)]

        add(f"hp window {number}", f"hp(window={number} p=2 x0=0.1)", train, 0.1, rates, [(0, levels[number])], "1m", "x", 1.0)


def barrier(voltage):
    on, off = (-0.2, 0.02) if voltage else (-8.9e-6, 1.15e-4)
    k_on, k_off = (-10.0, 5e-4) if voltage else (-8e-13, 8e-13)
    a_on, a_off = (3.0, 1.0) if voltage else (3.0, 3.0)
    if voltage:
        train = pulse_train(0.0, 0.1, 0.1e-6, 10e-9, 0.8e-6, 10e-9, 1.2e-6, 4, reverse=-0.206)
    else:
        train = pulse_train(0.0, 0.2, 1.0, 0.1, 150.0, 0.1, 200.0, 4, reverse=-0.004)
    drive = train[0]

    def rates(t, y):
        v, w = drive(t), y[0]
        s = v if voltage else v / (50 + 950 * w)
        x = 3e-9 * w
        to_off = k_off * past(s / off - 1, 0.005) ** a_off * exp(-exp((x - 2.7e-9) / 1.07e-10)) * tanh((1 - w) / 0.005)
        to_on = k_on * past(s / on - 1, 0.005) ** a_on * exp(-exp(-(x - 0.3e-9) / 1.07e-10)) * tanh(w / 0.005)
        return [(to_off + to_on) / 3e-9]

    name, step = ("vteam", "5n") if voltage else ("team", "1")
    add(name, f"{name}(x0=1n)", train, 1.0 / 3.0, rates, [(0, 0.5)], step, "w", 1.0)


# Yakopcic et al., IEEE Trans. CAD 32 (2013) 1201, as fitted to a device of Oblea.
def yakopcic():
    train = pulse_train(0.0, 0.4, 0.2e-3, 10e-6, 0.5e-3, 10e-6, 1e-3, 4, reverse=-0.4)
    drive = train[0]

    def speed(v, threshold):
        start = exp(threshold)
        return 4000 * start * past((exp(v) - start) / start, 1e-3)

    def slowing(ahead, knee, decay):
        z = past(1 - knee - ahead, 0.005)
        return exp(-decay * z) * (1 - z / (1 - knee))

    def rates(t, y):
        v, x = drive(t), y[0]
        return [speed(v, 0.16) * slowing(1 - x, 0.3, 1.0) - speed(-v, 0.15) * slowing(x, 0.5, 5.0)]

    add("yakopcic", "yakopcic", train, 0.11, rates, [(0, 0.4)], "5u", "x", 1.0)


# Guan et al., IEEE EDL 33 (2012) 1405.
def stanford():
    train = pulse_train(0.0, 2.0, 10e-9, 1e-9, 60e-9, 1e-9, 100e-9, 4, reverse=-1.3)
    drive = train[0]

    def rates(t, y):
        v, gap = drive(t), y[0] * 1e-9
        current = 1e-3 * exp(-gap / 0.25e-9) * sinh(v / 0.25)
        thermal = K_EV * (300.15 + v * current * 2.1e3)
        gamma = 16 - 0.8 * (gap * 1e9) ** 3
        width = 0.005 * 1.5
        inside = logistic(v / 1e-3) * tanh((y[0] - 0.2) / width) + logistic(-v / 1e-3) * tanh((1.7 - y[0]) / width)
        return [-10 * exp(-0.6 / thermal) * sinh(gamma * 0.25 / 12 * v / thermal) * inside * 1e9]

    _, corners, text = train
    deck = (
        f"stanford\nV1 in 0 {text}\nN1 in 0 cell\n.model cell stanford_rram\n"
        f"{OPTIONS}.tran 20p {corners[-1]} uic\n.save @n1[w]\n.end\n"
    )
    CASES.append(
        Case(
            "stanford_rram", deck, ["@n1[w]"], [1.0], [1.7], rates, corners, [(0, 1.0)], offset=[-0.2 / 1.5], unit=[1 / 1.5]
        )
    )


# Nugent and Molter, PLoS ONE 9 (2014) e85175.
def knowm():
    train = pulse_train(0.0, 0.32, 20e-6, 2e-6, 200e-6, 2e-6, 300e-6, 4, reverse=-0.32)
    drive = train[0]

    def rates(t, y):
        v, x, vt = drive(t), y[0], K_EV * 300.15
        return [(logistic((v - 0.27) / vt) * (1 - x) - logistic(-(v + 0.27) / vt) * x) / 1e-4]

    add("knowm", "knowm", train, 0.0, rates, [(0, 0.5)], "1u", "x", 1.0)


for make in (hp, lambda: barrier(False), lambda: barrier(True), yakopcic, stanford, knowm):
    make()
