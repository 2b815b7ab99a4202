"""What the second opinions share: running a deck, solving a system of equations, comparing the two.

A case is a deck and the equations of the same circuit, written down from the models' references without looking at
the simulator's code. The equations are solved by scipy's solve_ivp at a relative tolerance of 1e-10, piece by piece
between the corners of the drive. Compared are the instants at which states pass given levels, to 1e-4 of the instant,
and the states at every point of the simulation outside of 1 % of the run around those instants, to 1e-4 of their size.
"""

import csv
import dataclasses
import pathlib
import subprocess
import tempfile
from typing import Callable

import numpy as np
from scipy.integrate import solve_ivp

TOLERANCE = 1e-4
GUARD = 0.01
# Tolerances at which the program's own error is below the one allowed.
OPTIONS = ".options reltol=1e-8 trtol=0.1 abstol=1e-15 vntol=1e-10 chgtol=1e-24\n"


@dataclasses.dataclass
class Case:
    """One circuit, twice."""

    name: str
    deck: str
    # Columns of the simulation, one for each unknown of the equations.
    columns: list[str]
    # Size of each unknown.
    scale: list[float]
    start: list[float]
    rates: Callable[[float, np.ndarray], list[float]]
    # Corners of the drive, the end last.
    corners: list[float]
    # (unknown, level): switching instants.
    levels: list[tuple[int, float]]
    # What the simulator adds to an unknown to make its column.
    offset: list[float] | None = None
    # Unit in which the simulator counts an unknown.
    unit: list[float] | None = None


def pulse_train(low, high, delay, rise, width, fall, period, count, reverse=None):
    """Drive of a row of pulses, and its corners; every other pulse reaches `reverse` if there is one."""
    points = [(0.0, low)]
    for k in range(count):
        t = delay + k * period
        top = reverse if reverse is not None and k % 2 == 1 else high
        points += [(t, low), (t + rise, top), (t + rise + width, top), (t + rise + width + fall, low)]
    end = delay + count * period
    points.append((end, low))
    times, values = map(np.array, zip(*points))
    text = " ".join(f"{t:.12g} {v:.12g}" for t, v in points[1:])
    drive = lambda t: float(np.interp(t, times, values))
    corners = sorted({t for t, _ in points[1:]})
    return drive, corners, f"pwl(0 {low:.12g} {text})"


def simulate(program, case):
    """Times and columns of the simulation."""
    with tempfile.TemporaryDirectory() as folder:
        deck = pathlib.Path(folder) / "deck.cir"
        table = pathlib.Path(folder) / "table.csv"
        deck.write_text(case.deck)
        command = [program, "run", str(deck), "--quiet", "--csv", str(table)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{case.name}: {done.stderr}")
        rows = list(csv.reader(table.open()))
    data = np.array([[float(v) for v in row] for row in rows[1:]])
    index = [rows[0].index(name) for name in case.columns]
    return data[:, 0], data[:, index]


def solve(case, times):
    """The unknowns at `times`, and all switching instants as (unknown, level, time)."""
    values = np.empty((len(times), len(case.start)))
    y, begin, instants = np.array(case.start, float), 0.0, []
    values[times <= 0.0] = y
    for end in case.corners:
        events = [lambda t, y, k=k, level=level: y[k] - level for k, level in case.levels]
        inside = (times > begin) & (times <= end)
        asked = np.unique(np.append(times[inside], end))
        result = solve_ivp(
            case.rates,
            (begin, end),
            y,
            method="Radau",
            rtol=1e-10,
            atol=np.array(case.scale) * 1e-12,
            events=events,
            t_eval=asked,
        )
        if not result.success:
            raise RuntimeError(f"{case.name}: {result.message}")
        values[inside] = result.y[:, np.searchsorted(asked, times[inside])].T
        for (k, level), found in zip(case.levels, result.t_events):
            instants += [(k, level, t) for t in found]
        y, begin = result.y[:, -1], end
    return values, sorted(instants, key=lambda instant: instant[2])


def crossings(times, values, level):
    """Instants at which a sampled quantity passes a level."""
    above = values >= level
    where = np.nonzero(above[1:] != above[:-1])[0]
    part = (level - values[where]) / (values[where + 1] - values[where])
    return times[where] + part * (times[where + 1] - times[where])


def compare(program, case):
    """Complaints, and the worst errors found."""
    times, found = simulate(program, case)
    if case.offset is not None:
        found = found - np.array(case.offset)
    if case.unit is not None:
        found = found / np.array(case.unit)
    expected, instants = solve(case, times)
    complaints, worst_instant, worst_state = [], 0.0, 0.0
    if not instants:
        complaints.append("it never switches")
    for k, level in case.levels:
        ours = crossings(times, found[:, k], level)
        theirs = np.array([t for j, l, t in instants if j == k and l == level])
        if len(ours) != len(theirs):
            complaints.append(f"{case.columns[k]} passes {level} {len(ours)} times, not {len(theirs)}")
            continue
        if len(theirs):
            worst_instant = max(worst_instant, float(np.max(np.abs(ours / theirs - 1.0))))
    quiet = np.ones(len(times), bool)
    for _, _, t in instants:
        quiet &= np.abs(times - t) > GUARD * case.corners[-1]
    error = np.abs(found - expected) / np.maximum(np.abs(expected), np.array(case.scale))
    if quiet.any():
        worst_state = float(np.max(error[quiet]))
    if worst_instant > TOLERANCE:
        complaints.append(f"an instant is off by {worst_instant:.1e}")
    if worst_state > TOLERANCE:
        complaints.append(f"a state is off by {worst_state:.1e}")
    return complaints, len(instants), worst_instant, worst_state
