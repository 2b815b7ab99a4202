"""Runs each analysis of a SPICE deck in neospice and writes all results to one raw file.

usage: neospice_driver.py deck.cir out.raw
"""

import os
import sys

import neospice
import numpy as np

ANALYSES = (".op", ".dc", ".ac", ".tran", ".noise")
PLOTS = {
    "dc": "Operating Point",
    "dc_sweep": "DC transfer characteristic",
    "ac": "AC Analysis",
    "transient": "Transient Analysis",
    "noise": "Noise Spectral Density Curves",
}


def keyword(line):
    """The first word of a card."""
    words = line.split()
    return words[0].lower() if words else ""


def vector(result, name):
    """The values of one signal."""
    inner = name[2:-1]
    return result.current(inner) if name.startswith("i(") else result.voltage(inner)


def columns(kind, result):
    """Names and values, the scale first."""
    if kind == "noise":
        spectra = {"onoise_spectrum": result.output_noise_sqrt, "inoise_spectrum": result.input_noise_sqrt}
        return [("frequency", result.frequency)] + [
            (name, values() if callable(values) else values) for name, values in spectra.items()
        ]
    scales = {"dc_sweep": ("v(v-sweep)", "sweep_values"), "ac": ("frequency", "frequency"), "transient": ("time", "time")}
    found = []
    if kind in scales:
        name, attribute = scales[kind]
        found.append((name, getattr(result, attribute)))
    return found + [(name, vector(result, name)) for name in result.signal_names()]


def write(out, kind, table):
    """One plot in the raw format of SPICE."""
    data = np.array([np.atleast_1d(values) for _, values in table])
    is_complex = np.iscomplexobj(data)
    out.write(f"Title: deck\nDate: none\nPlotname: {PLOTS[kind]}\n".encode())
    out.write(f"Flags: {'complex' if is_complex else 'real'}\n".encode())
    out.write(f"No. Variables: {len(table)}\nNo. Points: {data.shape[1]}\nVariables:\n".encode())
    for index, (name, _) in enumerate(table):
        quantity = "current" if name.startswith("i(") else name if name in ("time", "frequency") else "voltage"
        out.write(f"\t{index}\t{name}\t{quantity}\n".encode())
    out.write(b"Binary:\n")
    out.write(np.ascontiguousarray(data.T, dtype=complex if is_complex else float).tobytes())


def main(deck, raw):
    """Every analysis in turn."""
    with open(deck, encoding="utf-8") as file:
        lines = file.read().split("\n")
    os.chdir(os.path.dirname(os.path.abspath(deck)))
    cards = [index for index, line in enumerate(lines) if keyword(line) in ANALYSES]
    with open(raw, "wb") as out:
        for card in cards:
            kept = [line for index, line in enumerate(lines) if index == card or index not in cards]
            simulator = neospice.Simulator()
            result = simulator.run(simulator.parse("\n".join(kept)))
            for kind in PLOTS:
                found = getattr(result, kind)
                if found is not None:
                    write(out, kind, columns(kind, found))


main(sys.argv[1], sys.argv[2])
