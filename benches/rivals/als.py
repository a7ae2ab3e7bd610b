#!/usr/bin/env python3
"""One training iteration on a matrix of users x items, both halves: guanxi beside `implicit`.

Makes a virtual environment with `implicit` from PyPI outside the tree, and builds the tool `als_sweep`. The systems run
one after another, again and again, and the median of their runs counts: so that what else the machine does meets all alike.
Prints a table, then one line of JSON per row.

    benches/rivals/als.py [--data train.parquet | --zipf 500000x200000x10000000] [--dim 64] [--threads 2] [--runs 5]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]

IMPLICIT = """
import json, sys, time
import pyarrow.parquet as pq, numpy as np, scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares
file, solver, dim, threads, sweeps = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
table = pq.read_table(file, columns=["user", "item"])
user, item = (table[name].to_numpy() for name in ("user", "item"))
matrix = sp.csr_matrix((np.ones(len(user), np.float32), (user, item)))
del table, user, item
clocks = []
model = AlternatingLeastSquares(factors=dim, iterations=sweeps, num_threads=threads, use_cg=solver == "cg", random_state=0)
def note(*_): clocks.append((time.perf_counter(), time.process_time()))
note()
model.fit(matrix, show_progress=False, callback=note)
wall, cpu = (sorted(b - a for a, b in zip(clock, clock[1:])) for clock in zip(*clocks))
print(json.dumps({
    "users": matrix.shape[0], "items": matrix.shape[1], "cells": int(matrix.nnz), "d": dim,
    "seconds_per_iteration": round(wall[len(wall) // 2], 4), "cpu_seconds_per_iteration": round(cpu[len(cpu) // 2], 4)}))
"""

# The least that exact rows need of a matrix, in 1e9 operations: n x n products of rows of d (or d x d, where that is less), their
# Cholesky factors, and both bases; beside what the machine's sgemm does in a second on one core.
FLOPS = """
import json, sys, time
import pyarrow.parquet as pq, numpy as np
file, d = sys.argv[1], int(sys.argv[2])
table, least = pq.read_table(file, columns=["user", "item"]), 0.0
for name in ("user", "item"):
    n = np.bincount(table[name].to_numpy()).astype(float)
    n = n[n > 0]
    k = np.minimum(n, d)
    least += (n * k * d + k**3 / 3 + 4 * n * d + 2 * k**2).sum() + 4 * len(n) * d * d
a, times = np.random.rand(3000, 3000).astype(np.float32), []
for _ in range(6):
    began = time.perf_counter()
    a @ a
    times.append(time.perf_counter() - began)
print(json.dumps({"least": least / 1e9, "sgemm": 2 * 3000**3 / min(times) / 1e9}))
"""

RIVAL = "implicit CG(3)"


def run(command, threads, blas=1):
    """The line of JSON that a command ends with, and its peak memory."""
    one = {name: str(blas) for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    env = {**os.environ, **one, "RAYON_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed")
    return {**json.loads(out.splitlines()[-1]), "threads": threads, "peak_rss": usage.ru_maxrss * 1024}


def python_with_implicit(directory):
    python = directory / "bin" / "python"
    if not python.exists():
        venv.create(directory, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "implicit", "pyarrow"], check=True)
    return str(python)


def build(example):
    """The path of a tool of benches/tools, built."""
    subprocess.run(["cargo", "build", "-q", "--profile", "dist", "--example", example], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return str(target / "dist/examples" / example)


def measure(systems, threads, runs):
    """Of each system the medians of its runs, taken in turns."""
    seen = {name: [] for name in systems}
    for _ in range(runs):
        for name, command in systems.items():
            seen[name].append(run(command, threads))
    rows = []
    for name, results in seen.items():
        medians = {key: statistics.median(result[key] for result in results) for key in
                   ("seconds_per_iteration", "cpu_seconds_per_iteration", "peak_rss")}
        rows.append({"system": name, **results[0], **medians})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=str(ROOT / "../shared/data/lightgcn_gowalla/train.parquet"))
    parser.add_argument("--zipf", metavar="USERSxITEMSxCELLS", help="a generated matrix instead of --data")
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sweeps", type=int, default=7)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cholesky", action="store_true", help="also `implicit` without conjugate gradients, which takes long")
    parser.add_argument("--venv", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "guanxi-rivals")
    args = parser.parse_args()
    python = python_with_implicit(args.venv)
    example = build("als_sweep")
    with tempfile.TemporaryDirectory() as scratch:
        data = args.data
        if args.zipf:
            data = str(pathlib.Path(scratch) / "zipf.parquet")
            subprocess.run([python, HERE / "zipf.py", args.zipf, data], check=True)
        rest = [str(args.dim), str(args.threads), str(args.sweeps)]
        systems = {
            "guanxi exact": [example, data, str(args.dim), str(args.sweeps), "exact"],
            "guanxi CG(3)": [example, data, str(args.dim), str(args.sweeps), "conjugate-gradients"],
            RIVAL: [python, "-c", IMPLICIT, data, "cg", *rest],
        }
        if args.cholesky:
            systems["implicit Cholesky"] = [python, "-c", IMPLICIT, data, "cholesky", *rest[:2], "2"]
        rows = measure(systems, args.threads, args.runs)
        bound = run([python, "-c", FLOPS, data, str(args.dim)], 1)
    report(args.zipf or args.data, rows)
    share = bound["least"] / rows[0]["cpu_seconds_per_iteration"] / bound["sgemm"]
    print(f"guanxi exact does {share:.0%} of the operations per CPU-second of sgemm ({bound['sgemm']:.0f}e9),"
          f" by the least that it needs ({bound['least']:.1f}e9)")


def report(matrix, rows):
    rival = next(row for row in rows if row["system"] == RIVAL)
    print(f"{'system':<18} {'cells':>10} {'d':>4} {'threads':>7} {'s/iteration':>12} {'CPU-s':>8} {'ratio':>6} {'peak MiB':>9}")
    for row in rows:
        row["ratio"] = round(rival["cpu_seconds_per_iteration"] / row["cpu_seconds_per_iteration"], 2)
        print(f"{row['system']:<18} {row['cells']:>10} {row['d']:>4} {row['threads']:>7} {row['seconds_per_iteration']:>12.4f}"
              f" {row['cpu_seconds_per_iteration']:>8.4f} {row['ratio']:>6.2f} {row['peak_rss'] / 2**20:>9.0f}")
    for row in rows:
        print(json.dumps({"matrix": matrix, **row}))


if __name__ == "__main__":
    main()
