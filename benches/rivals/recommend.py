#!/usr/bin/env python3
"""Users per second for which the exact top of the embedding is found: guanxi beside `implicit`, and beside the machine's sgemm.

Both train briefly on the same matrix, then rank all items for all users, without what they have. Makes a virtual environment with
`implicit` from PyPI outside the tree, and builds the tool `embedding_lists`. Prints a table, then one line of JSON per row.

    benches/rivals/recommend.py [--data train.parquet] [--dim 64] [--threads 2] [--length 20] [--venv DIR]
"""

import argparse
import json
import pathlib
import tempfile

from als import ROOT, build, python_with_implicit, run

IMPLICIT = """
import json, sys, time
import pyarrow.parquet as pq, numpy as np, scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares
file, dim, threads, length = sys.argv[1], *map(int, sys.argv[2:])
table = pq.read_table(file, columns=["user", "item"])
user, item = (table[name].to_numpy() for name in ("user", "item"))
matrix = sp.csr_matrix((np.ones(len(user), np.float32), (user, item)))
model = AlternatingLeastSquares(factors=dim, iterations=2, num_threads=threads, random_state=0)
model.fit(matrix, show_progress=False)
users, times = np.arange(matrix.shape[0]), []
for _ in range(3):
    began = time.perf_counter()
    model.recommend(users, matrix, N=length, filter_already_liked_items=True)
    times.append(time.perf_counter() - began)
print(json.dumps({"system": "implicit", "users": matrix.shape[0], "items": matrix.shape[1], "d": dim,
                  "users_per_second": round(matrix.shape[0] / sorted(times)[1])}))
"""

SGEMM = """
import json, sys, time, numpy as np
users, items, dim = map(int, sys.argv[1:])
p, q, times = np.random.rand(2048, dim).astype(np.float32), np.random.rand(dim, items).astype(np.float32), []
for _ in range(7):
    began = time.perf_counter()
    p @ q
    times.append(time.perf_counter() - began)
print(json.dumps({"system": "sgemm alone", "users": users, "items": items, "d": dim,
                  "users_per_second": round(2048 / sorted(times)[3])}))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=str(ROOT / "../shared/data/lightgcn_gowalla/train.parquet"))
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--length", type=int, default=20)
    parser.add_argument("--venv", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "guanxi-rivals")
    args = parser.parse_args()
    python = python_with_implicit(args.venv)
    example = build("embedding_lists")
    dim, length, threads = str(args.dim), str(args.length), str(args.threads)
    guanxi = run([example, args.data, dim, length], args.threads)
    implicit = run([python, "-c", IMPLICIT, args.data, dim, threads, length], args.threads)
    sizes = [str(guanxi["users"]), str(guanxi["items"]), dim]
    sgemm = run([python, "-c", SGEMM, *sizes], args.threads, blas=args.threads)
    print(f"{'system':<12} {'users/s':>9} {'of implicit':>11} {'of sgemm':>9}")
    for row in (guanxi, implicit, sgemm):
        rate = row["users_per_second"]
        print(f"{row['system']:<12} {rate:>9} {rate / implicit['users_per_second']:>11.2f}"
              f" {rate / sgemm['users_per_second']:>9.2f}")
    for row in (guanxi, implicit, sgemm):
        print(json.dumps({"matrix": args.data, **row}))


if __name__ == "__main__":
    main()
