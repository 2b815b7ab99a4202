"""Compares the program with independent solutions of the same circuits: `run.py PROGRAM [WORD]…`.

Every file beside this one that has a list CASES takes part. Exit code 1 if any case disagrees.
"""

import importlib
import pathlib
import sys

from common import compare

here = pathlib.Path(__file__).parent
program, words = sys.argv[1], sys.argv[2:]
failed = 0
for path in sorted(here.glob("*.py")):
    if path.stem in ("run", "common"):
        continue
    for case in importlib.import_module(path.stem).CASES:
        if words and not any(word in case.name for word in words):
            continue
        complaints, count, instant, state = compare(program, case)
        verdict = "; ".join(complaints) if complaints else "agrees"
        print(f"{case.name:16} {count:3} instants to {instant:.1e}, states to {state:.1e}: {verdict}", flush=True)
        failed += bool(complaints)
sys.exit(1 if failed else 0)
