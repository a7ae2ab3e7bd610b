#!/usr/bin/env python3
"""How many instructions a search, a fold-in and a list take, counted by callgrind: the same on any machine, so that a slower change is seen.

    benches/instructions.py [--example target/debug/examples/instructions] [--write]

Compares with `instructions.json`, which lies beside this file, and fails where a count grew by more than its tolerance. A change that is meant
is written down by `--write`, in the commit that makes it. Needs valgrind, which shows programs a processor with AVX2 and without AVX-512.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

KEPT = pathlib.Path(__file__).with_suffix(".json")
TIMES = 200
TOLERANCE = 0.08


def count(example, kind, times):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", example, kind, str(times)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "RAYON_NUM_THREADS": "1"})
    found = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return int(found[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--example", default="target/debug/examples/instructions")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    kinds = subprocess.run([args.example], capture_output=True, text=True, check=True).stdout.split()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # The difference of two runs of one kind holds no cost of its start.
        runs = {kind: [pool.submit(count, args.example, kind, times) for times in (TIMES, 2 * TIMES)] for kind in kinds}
        now = {kind: (twice.result() - once.result()) // TIMES for kind, (once, twice) in runs.items()}
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    worse = []
    for kind, instructions in now.items():
        ratio = instructions / kept.get(kind, instructions)
        print(f"{kind:<20} {instructions:>9} instructions  {ratio:.3f} of what is kept")
        if ratio > 1 + TOLERANCE:
            worse.append(kind)
    if args.write:
        KEPT.write_text(json.dumps(now, indent=2) + "\n")
    elif worse or set(now) != set(kept):
        sys.exit(f"slower by more than {TOLERANCE:.0%}: {', '.join(worse) or 'other kinds are kept'}; `benches/instructions.py --write` if that is meant")


if __name__ == "__main__":
    main()
