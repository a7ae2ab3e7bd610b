#!/usr/bin/env python3
"""The items of largest inner product, one thread: guanxi's index beside hnswlib, faiss, usearch and voyager.

Every system builds over the same vectors (M = 16; the rivals with ef_construction = 200, in the order of arrival, hnswlib also in that of
a balanced tree of two means), then all are asked the same queries in turns; the ten found are compared with the exact ten. Rates are
queries per second of CPU; `p50` and `p99` are of single calls, which for the rivals hold the call from Python. Installs the rivals from
PyPI into a virtual environment outside the tree and builds the tools of benches/tools. Prints a table, then one line of JSON per row.

    benches/rivals/index.py [--data train.parquet | --market USERSxITEMSxEVENTS] [--runs 5] [--ef 16 32 64 128] [--rivals hnswlib faiss]

The vectors are those of an embedding trained on the data; the queries are vectors of users whom no builder knows, and of items. guanxi's
builder is shown other users.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["hnswlib", "faiss-cpu", "usearch", "voyager", "numpy", "pyarrow"]
DIM, K, M, EF_CONSTRUCTION = 64, 10, 16, 200
RIVALS = ["hnswlib", "hnswlib-tree", "faiss", "usearch", "voyager"]


def tree_order(items, leaf=32):
    """The order of a balanced tree of two means."""
    import numpy as np
    rng, done, todo = np.random.default_rng(0), [], [np.arange(len(items))]
    while todo:
        ids = todo.pop()
        if len(ids) <= leaf:
            done.append(ids)
            continue
        sample = items[rng.choice(ids, min(192, len(ids)))]
        means = sample[:2].copy()
        for _ in range(4):
            nearer = (sample @ means.T).argmax(axis=1)
            for side in (0, 1):
                total = sample[nearer == side].sum(axis=0)
                means[side] = total / max(float(np.linalg.norm(total)), 1e-9)
        halves = np.argpartition(items[ids] @ (means[0] - means[1]), len(ids) // 2)
        todo += [ids[halves[: len(ids) // 2]], ids[halves[len(ids) // 2:]]]
    return np.concatenate(done)


def hnswlib_index(items, order):
    import hnswlib
    index = hnswlib.Index(space="ip", dim=items.shape[1])
    index.init_index(max_elements=len(items), M=M, ef_construction=EF_CONSTRUCTION)
    index.set_num_threads(1)
    rows = items[order]
    began = time.process_time()
    index.add_items(rows, order, num_threads=1)
    built = time.process_time() - began

    def search(queries, ef):
        index.set_ef(ef)
        return index.knn_query(queries, k=K, num_threads=1)[0]
    return search, built, index.index_file_size()


def faiss_index(items, _):
    import faiss
    faiss.omp_set_num_threads(1)
    index = faiss.IndexHNSWFlat(items.shape[1], M, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    began = time.process_time()
    index.add(items)
    built = time.process_time() - began

    def search(queries, ef):
        index.hnsw.efSearch = ef
        return index.search(queries, K)[1]
    return search, built, faiss.serialize_index(index).nbytes


def usearch_index(items, order):
    from usearch.index import Index
    index = Index(ndim=items.shape[1], metric="ip", dtype="f32", connectivity=M, expansion_add=EF_CONSTRUCTION)
    began = time.process_time()
    index.add(order, items, threads=1)
    built = time.process_time() - began

    def search(queries, ef):
        index.expansion_search = ef
        return index.search(queries, K, threads=1).keys
    return search, built, index.memory_usage


def voyager_index(items, _):
    import voyager
    index = voyager.Index(voyager.Space.InnerProduct, num_dimensions=items.shape[1], M=M, ef_construction=EF_CONSTRUCTION)
    began = time.process_time()
    index.add_items(items, num_threads=1)
    built = time.process_time() - began

    def search(queries, ef):
        return index.query(queries, k=K, num_threads=1, query_ef=ef)[0]
    return search, built, len(index.as_bytes())


def work(system, file, dim):
    """Answers as the example does: what it built, then a line for each question."""
    import numpy as np
    items = np.fromfile(file, "<f4").reshape(-1, dim)
    order = tree_order(items) if system == "hnswlib-tree" else np.arange(len(items))
    make = {"hnswlib": hnswlib_index, "hnswlib-tree": hnswlib_index, "faiss": faiss_index, "usearch": usearch_index,
            "voyager": voyager_index}[system]
    search, built, size = make(items, order)
    print(json.dumps({"n": len(items), "dim": dim, "build_cpu_s": round(built, 3), "bytes": size}), flush=True)
    for line in sys.stdin:
        file, ef, found = line.split()
        queries = np.fromfile(file, "<f4").reshape(-1, dim)
        began = time.process_time()
        ids = search(queries, int(ef))
        cpu = time.process_time() - began
        np.asarray(ids).astype("<u4").tofile(found)
        micros = []
        for query in queries[:2000]:
            began = time.perf_counter()
            search(query[None, :], int(ef))
            micros.append((time.perf_counter() - began) * 1e6)
        p50, p99 = np.percentile(micros, [50, 99])
        print(json.dumps({"ef": int(ef), "cpu_us": cpu / len(queries) * 1e6, "p50_us": round(p50, 2),
                          "p99_us": round(p99, 2)}), flush=True)


class System:
    """A process that holds an index."""

    def __init__(self, name, command, scratch):
        self.name, self.found = name, str(pathlib.Path(scratch) / name)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={
            **os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"})
        self.built = self.line()

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} ended; see its message above")
        return json.loads(line)

    def ask(self, queries, ef):
        self.process.stdin.write(f"{queries} {ef} {self.found}\n")
        self.process.stdin.flush()
        return self.line()

    def recall(self, exact):
        found = rows_of(self.found)
        return sum(len(a & b) for a, b in zip(found, exact)) / (K * len(exact))


def rows_of(file):
    from array import array
    ids = array("I")
    ids.frombytes(pathlib.Path(file).read_bytes())
    return [set(ids[at: at + K]) for at in range(0, len(ids), K)]


def build(example, *options):
    """The path of a tool of benches/tools, built."""
    subprocess.run(["cargo", "build", "-q", "--profile", "dist", *options, "--example", example], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return str(target / "dist/examples" / example)


def thin(file, most):
    """A file of at most so many of the rows that are not zero, at equal distances."""
    size, data = 4 * DIM, file.read_bytes()
    rows = [data[at: at + size] for at in range(0, len(data), size)]
    rows = [row for row in rows if any(row)]
    out = file.with_suffix(".queries")
    out.write_bytes(b"".join(rows[:: max(1, len(rows) // most)][:most]))
    return str(out)


def compare(systems, kind, queries, efs, runs):
    """One row per system and `ef`: medians of turns."""
    guanxi = systems[0]
    guanxi.ask(queries, 0)
    exact, rows = rows_of(guanxi.found), []
    for ef in efs:
        turns = {system.name: [] for system in systems}
        for _ in range(runs):
            for system in systems:
                turns[system.name].append(system.ask(queries, ef))
        for system in systems:
            median = lambda key: statistics.median(turn[key] for turn in turns[system.name])
            rows.append({"system": system.name, "queries": kind, "ef": ef, "recall": round(system.recall(exact), 4),
                         "qps": round(1e6 / median("cpu_us")), "p50_us": median("p50_us"), "p99_us": median("p99_us"), **{fact: value for fact, value in system.built.items() if fact != "ef"}})
    return rows


def rate_at(rows, system, recall):
    """Queries per second at a recall, between the two settings around it."""
    points = sorted((row["recall"], row["qps"]) for row in rows if row["system"] == system)
    below = [point for point in points if point[0] < recall]
    above = [point for point in points if point[0] >= recall]
    if not above:
        return None
    best = max(rate for _, rate in above)
    if not below:
        return best
    (low, fast), (high, slow) = below[-1], above[0]
    return fast * (slow / fast) ** ((recall - low) / (high - low))


def report(source, rows):
    print(f"{'system':<14} {'queries':<8} {'ef':>4} {'recall@10':>9} {'queries/s':>10} {'p50 us':>8} {'p99 us':>8} {'build CPU-s':>11} {'bytes/vector':>12}")
    for row in rows:
        print(f"{row['system']:<14} {row['queries']:<8} {row['ef']:>4} {row['recall']:>9.4f} {row['qps']:>10} {row['p50_us']:>8.1f} {row['p99_us']:>8.1f}"
              f" {row['build_cpu_s']:>11.1f} {row['bytes'] / row['n']:>12.0f}")
    for queries in dict.fromkeys(row["queries"] for row in rows):
        of_queries = [row for row in rows if row["queries"] == queries]
        for recall in (0.95, 0.99):
            rates = {name: rate_at(of_queries, name, recall) for name in dict.fromkeys(row["system"] for row in of_queries)}
            told = (f"{name} {rate:.0f} ({rates['guanxi'] / rate:.2f}x)" if rate and rates["guanxi"] else f"{name} -" for name, rate in rates.items())
            print(f"{queries} at recall {recall}: {', '.join(told)}")
    for row in rows:
        print(json.dumps({"data": source, **row}))


def main():
    if sys.argv[1:2] == ["--worker"]:
        return work(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=str(ROOT / "../shared/data/lightgcn_gowalla/train.parquet"))
    parser.add_argument("--market", metavar="USERSxITEMSxEVENTS", help="a generated market instead of --data")
    parser.add_argument("--queries", type=int, default=5000, help="how many of each kind")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--ef", type=int, nargs="+", default=[10, 16, 24, 32, 48, 64, 96, 128, 192, 256])
    parser.add_argument("--rivals", nargs="*", default=RIVALS, choices=RIVALS)
    parser.add_argument("--venv", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "guanxi-index-rivals")
    args = parser.parse_args()
    python = args.venv / "bin" / "python"
    if not python.exists():
        venv.create(args.venv, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        vectors = pathlib.Path(scratch)
        subprocess.run([build("vectors"), args.market or args.data, vectors], check=True)
        items, askers = str(vectors / "items.f32"), str(vectors / "askers.f32")
        kinds = {"users": thin(vectors / "users.f32", args.queries), "items": thin(vectors / "items.f32", args.queries)}
        ours = System("guanxi", [build("search_index", "-p", "guanxi-models"), items, askers, str(DIM)], scratch)
        rivals = [System(name, [python, __file__, "--worker", name, items, str(DIM)], scratch) for name in args.rivals]
        rows = [row for kind, file in kinds.items() for row in compare([ours, *rivals], kind, file, args.ef, args.runs)]
    report(args.market or args.data, rows)


if __name__ == "__main__":
    main()
