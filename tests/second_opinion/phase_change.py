"""Phase-change memory, the cell of a switch under a memory, and the SkyWater memory, from their pages' equations.

Each is written for the voltage that drives it: the current of a memory is found from its voltage by Newton's method at each
evaluation, and the middle of a cell from the two currents, where the program solves all of it at once.
"""

from math import asinh, exp, hypot, log, log1p, pi, sinh, sqrt, tanh

import numpy as np
from scipy.optimize import brentq

from common import OPTIONS, Case, pulse_train

K, Q = 1.380649e-23, 1.602176634e-19
K_EV = K / Q
AMBIENT = 300.0
CASES = []


def logistic(z):
    return 1.0 / (1.0 + exp(-z)) if z > -700.0 else 0.0


def soft_plus(z):
    return max(z, 0.0) + log1p(exp(-abs(z)))


class Memory:
    """The default material and geometry of `pcm`, with a card's changes."""

    def __init__(self, **changes):
        self.h, self.radius, self.r_th, self.k_th, self.c_th, self.fall = 65e-9, 20e-9, 5e6, 1.25e-3, 2e-16, 0.5
        self.sigma_a, self.e_a, self.de_a, self.dz, self.sigma_on, self.sigma_l, self.w_l = 3e3, 0.1, 0.1, 4e-9, 4e5, 3e5, 15.0
        self.r_c, self.e_c, self.r_h = 18e3, 0.1, 500.0
        self.t_m, self.t_g, self.t_f, self.d, self.eta_g, self.e_visc, self.w_g = 900.0, 520.0, 495.0, 1.2, 2.75e8, 2.3, 5.0
        self.hf, self.vm, self.jump = 6.1e8, 2.9e-28, 0.299e-9
        self.sigma_i, self.ftheta, self.d_n, self.r_n, self.fronts = 0.06, 0.5, 10e-9, 20e-9, 4.0
        self.e_s, self.nu0, self.g_inf = 1.5, 1e11, 3e10
        for name, value in changes.items():
            setattr(self, name, value)
        self.area = pi * self.radius**2

    def ln_viscosity(self, t):
        """VFT above the glass transition, Arrhenius below, both through eta_g there.

        T - Tf is kept above one width of the transition, smoothly, where the first law's share is small.
        """
        above = lambda t: self.w_g * (1.0 + soft_plus((t - self.t_f) / self.w_g - 1.0))
        liquid = self.d * self.t_f * (1 / above(t) - 1 / above(self.t_g))
        solid = self.e_visc / K_EV * (1 / t - 1 / self.t_g)
        share = logistic((t - self.t_g) / self.w_g)
        return log(self.eta_g) + share * liquid + (1.0 - share) * solid

    def voltage(self, current, kelvin, x, s):
        sigma = self.sigma_a * exp(-(self.e_a + self.de_a * (1 - s)) / (K_EV * kelvin))
        sigma += self.sigma_l * logistic((kelvin - self.t_m) / self.w_l)
        kappa = self.dz / (2 * K_EV * kelvin)
        j = current / self.area
        field = asinh(kappa * j / sigma) / kappa + j / self.sigma_on
        series = self.r_h + (1 - x) * self.r_c * exp(self.e_c / K_EV * (1 / kelvin - 1 / 300.0))
        slope = (1 / sigma / hypot(1.0, kappa * j / sigma) + 1 / self.sigma_on) * x * self.h / self.area + series
        return x * self.h * field + current * series, slope

    def states(self, rise, x, nuclei, s, power):
        """Rates of temperature, amorphous part, nuclei and disorder."""
        surface = AMBIENT + rise * (1 - self.fall * x * x)
        inside = AMBIENT + rise * (1 - 0.5 * self.fall * x * x)

        def jumps(t):
            return K * t / (3 * pi * self.jump**3) * exp(-self.ln_viscosity(t))

        def gain(t):
            return self.hf * self.vm * (self.t_m - t) * t / self.t_m**2

        drive = gain(surface) / (2 * K * surface)
        mobility = self.vm ** (1 / 3) * jumps(surface)
        both = exp(drive) * x / (x + 0.01) - exp(-drive) * (1 - x) / (1 - x + 0.01)
        amorphous = -mobility / self.h * (1 + self.fronts * nuclei) * both
        # Classical nucleation at sites of d_n each; the free energy smoothed to a positive one at the melting point.
        width = 0.01 * self.hf * self.vm
        free = width * (soft_plus(gain(inside) / width) + 1e-3)
        unit = self.ftheta * self.vm**2 * self.sigma_i**3
        size = 32 * pi / 3 * unit / free**3
        zeldovich = sqrt(free / (6 * pi * K * inside * size))
        barrier = 16 * pi / 3 * unit / free**2
        per_volume = 4 / self.vm * jumps(inside) * size ** (2 / 3) * zeldovich * exp(max(-barrier / (K * inside), -700.0))
        formed = per_volume * self.d_n**3 * (1 - nuclei)
        # The front's speed where it melts, with its beginning at the melting point rounded.
        middle = gain(inside) / (2 * K * inside)
        melting = 0.02 * soft_plus(-2 * sinh(middle) / 0.02) * self.vm ** (1 / 3) * jumps(inside)
        relaxing = self.nu0 * exp(-self.e_s * (1 - s) / (K_EV * inside)) * s / (s + 0.01)
        disorder = (1 - s) * self.g_inf * exp(max(-self.ln_viscosity(inside), -700.0)) - relaxing
        loss = rise * (1 + self.k_th * (sqrt(rise * rise + 1.0) - 1.0)) / self.r_th
        latent = self.hf * self.area * self.h * amorphous
        return [(power - loss - latent) / self.c_th, amorphous, formed - nuclei * melting / self.r_n, disorder]


def pcm():
    memory = Memory()
    # A RESET and three SET pulses of the same length.
    train, corners, text = pulses([(0.0, 430e-6), (60e-9, 100e-6), (120e-9, 100e-6), (180e-9, 80e-6)], 1e-9, 40e-9, 240e-9)

    def rates(t, y):
        rise, x, nuclei, s = y
        i = train(t)
        v, _ = memory.voltage(i, AMBIENT + rise, x, s)
        return memory.states(rise, x, nuclei, s, v * i)

    deck = (
        f"pcm\nI1 0 p {text}\nN1 p 0 cell ua0=20n\n.model cell pcm\n.options temp=26.85\n{OPTIONS}"
        f".tran 0.2n {corners[-1]} uic\n.save @n1[temp] @n1[x] @n1[nuc] @n1[s]\n.end\n"
    )
    columns = ["@n1[temp]", "@n1[x]", "@n1[nuc]", "@n1[s]"]
    start = [0.0, 20 / 65, 0.0, 0.6]
    CASES.append(
        Case("pcm", deck, columns, [300.0, 1.0, 1.0, 1.0], start, rates, corners, [(0, 400.0), (1, 0.3)], [300.0, 0.0, 0.0, 0.0])
    )


def pulses(tops, edge, width, end):
    """Trapezoids that begin at given times with given heights."""
    points = [(0.0, 0.0)]
    for start, top in tops:
        begin = start + edge
        points += [(begin, 0.0), (begin + edge, top), (begin + edge + width, top), (begin + 2 * edge + width, 0.0)]
    points.append((end, 0.0))
    times, values = map(np.array, zip(*points))
    text = " ".join(f"{t:.12g} {v:.12g}" for t, v in points[1:])
    return lambda t: float(np.interp(t, times, values)), [float(t) for t in times[1:]], f"pwl(0 0 {text})"


# The default ovonic switch, as in switches.py, in the cell.
def ts_pcm():
    memory = Memory(ftheta=0.55, fronts=40.0, r_n=60e-9)
    train, corners, text = pulses([(k * 200e-9, 4.0) for k in range(3)], 20e-9, 100e-9, 640e-9)
    load, capacity = 20e3, 2e-15
    area, length = pi * 20e-9**2, 50e-9

    def switch(v, kelvin):
        field = sqrt((v / length) ** 2 + 1e5**2)
        sub = 3.3 * exp(-0.447 / K_EV * (1 / kelvin - 1 / 300.0)) + 0.033 * exp(2.42e-7 * field)
        return area / length * v * (sub**-4 + 4.1e5**-4) ** -0.25

    def rates(t, y):
        v, hot, rise, x, nuclei, s = y

        def excess(middle):
            above, _ = memory.voltage(switch(middle, AMBIENT + hot), AMBIENT + rise, x, s)
            return middle + above - v

        middle = brentq(excess, min(0.0, v), max(0.0, v), xtol=1e-15, rtol=1e-15) if v != 0.0 else 0.0
        i = switch(middle, AMBIENT + hot)
        parts = memory.states(rise, x, nuclei, s, (v - middle) * i)
        return [((train(t) - v) / load - i) / capacity, (middle * i - hot / 1e7) / 1e-16] + parts

    deck = (
        f"cell\nV1 in 0 {text}\nR1 in a 20k\nC1 a 0 2fF\nN1 a 0 cell ua0=29n\n"
        ".model cell ts_pcm(pcm=memory ts=switch)\n.model memory pcm(ftheta=0.55 fronts=40 r_n=60n)\n"
        f".model switch ots(r_th=10meg)\n.options temp=26.85\n{OPTIONS}.tran 0.5n {corners[-1]} uic\n"
        ".save v(a) @n1.ts[temp] @n1[temp] @n1[x] @n1[nuc] @n1[s]\n.end\n"
    )
    columns = ["v(a)", "@n1.ts[temp]", "@n1[temp]", "@n1[x]", "@n1[nuc]", "@n1[s]"]
    start = [0.0, 0.0, 0.0, 29 / 65, 0.0, 0.6]
    offset = [0.0, 300.0, 300.0, 0.0, 0.0, 0.0]
    CASES.append(
        Case("ts_pcm", deck, columns, [1.0, 300.0, 300.0, 1.0, 1.0, 1.0], start, rates, corners, [(1, 200.0)], offset)
    )


# SkyWater PDK, ReRAM, as a rate; barriers that a field has consumed leave hops of vel0.
def sky130():
    train, corners, text = pulse_train(0.0, 1.9, 10e-9, 1e-9, 60e-9, 1e-9, 100e-9, 4, reverse=-1.6)
    span = 1.6e-9

    def rates(t, y):
        w, rise = y
        v, kelvin = train(t), K_EV * (AMBIENT + rise)
        gap = 1.7e-9 - w * span
        current = 6.14e-5 * exp(-gap / 0.2751e-9) * sinh(v / 0.43)
        help_ = (16.5 - 1.25 * (gap * 1e9) ** 3) * 0.25 / 5.0 * v
        barrier = lambda e: 0.01 * soft_plus(e / 0.01)
        growth = exp(-barrier(1.501 - help_) / kelvin) * tanh((1 - w) / 0.005)
        decay = exp(-barrier(1.5 + help_) / kelvin) * tanh(w / 0.005)
        return [150.0 / span * (growth - decay), (v * current - rise * 3.1825e-16 / 0.23e-9) / 3.1825e-16]

    deck = (
        f"sky130\nV1 in 0 {text}\nN1 in 0 cell\n.model cell sky130_reram x0=3.5n\n.options temp=26.85\n"
        f"{OPTIONS}.tran 0.2n {corners[-1]} uic\n.save @n1[w] @n1[temp]\n.end\n"
    )
    CASES.append(
        Case(
            "sky130_reram", deck, ["@n1[w]", "@n1[temp]"], [1.0, 300.0], [0.125, 0.0], rates, corners, [(0, 0.5)], [0.0, 300.0]
        )
    )


for make in (pcm, ts_pcm, sky130):
    make()
