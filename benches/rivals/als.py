#!/usr/bin/env python3
"""Seconds of one training iteration on a matrix of users x items: guanxi's exact rows beside `implicit` (conjugate gradients).

Makes a virtual environment with `implicit` from PyPI outside the tree, and builds guanxi's `als_sweep` example.
Prints a table, then one line of JSON per row.

    benches/rivals/als.py [--data train.parquet] [--dim 64] [--threads 2] [--sweeps 7] [--venv DIR]
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]

IMPLICIT = """
import json, sys, time
import pyarrow.parquet as pq, numpy as np, scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares
file, dim, threads, sweeps = sys.argv[1], *map(int, sys.argv[2:])
table = pq.read_table(file, columns=["user", "item"])
user, item = (table[name].to_numpy() for name in ("user", "item"))
matrix = sp.csr_matrix((np.ones(len(user), np.float32), (user, item)))
times = []
model = AlternatingLeastSquares(factors=dim, iterations=sweeps, num_threads=threads, use_cg=True, random_state=0)
model.fit(matrix, show_progress=False, callback=lambda sweep, seconds, loss: times.append(seconds))
print(json.dumps({
    "system": "implicit CG(3)", "users": matrix.shape[0], "items": matrix.shape[1], "cells": int(matrix.nnz),
    "d": dim, "seconds_per_iteration": round(sorted(times)[len(times) // 2], 4)}))
"""


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=str(ROOT / "../shared/data/lightgcn_gowalla/train.parquet"))
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sweeps", type=int, default=7)
    parser.add_argument("--venv", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "guanxi-rivals")
    args = parser.parse_args()
    python = python_with_implicit(args.venv)
    subprocess.run(["cargo", "build", "-q", "--release", "--example", "als_sweep"], cwd=ROOT, check=True)
    dim, sweeps = str(args.dim), str(args.sweeps)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    example = str(target / "release/examples/als_sweep")
    rows = [
        run([example, args.data, dim, sweeps], args.threads),
        run([python, "-c", IMPLICIT, args.data, dim, str(args.threads), sweeps], args.threads),
    ]
    print(f"{'system':<16} {'cells':>10} {'d':>4} {'threads':>7} {'s/iteration':>12} {'peak MiB':>9}")
    for row in rows:
        print(f"{row['system']:<16} {row['cells']:>10} {row['d']:>4} {row['threads']:>7}"
              f" {row['seconds_per_iteration']:>12.4f} {row['peak_rss'] / 2**20:>9.0f}")
    for row in rows:
        print(json.dumps({"matrix": args.data, **row}))


if __name__ == "__main__":
    main()
