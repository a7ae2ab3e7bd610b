#!/usr/bin/env python3
"""A market of a million users: what it takes to train, to hold and to ask, by what there is of each.

Makes a market as two Parquet files, trains a model of it, serves the model and asks every scenario. Prints the time and the memory of training by
stage (by `guanxi train` itself), the bytes of the model for each user, item, purchase and friend of a user, the way of the server to its first answer, its memory, and latencies.

    cargo build --profile dist
    benches/scale.py 1000000x1000000x100000000 --work FOLDER [--friends 60] [--recipe quick] [--rate 500]

People sit in circles of 200 that share four of the themes of 500 items, make five of six friends there, and buy seven of ten things from their themes,
all popular things more often (1/(rank + 10)). What the folder has already is used again. Needs numpy and pyarrow.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

CIRCLE, THEMES, THEME = 200, 4, 500
DAY, DAYS, NOW = 86_400_000, 90, 1_790_000_000_000
AT_ONCE = 50_000
SCENARIOS = ["for-you", "friends-also-bought", "similar-items", "also-bought", "popular", "new"]


def ranks(n):
    """The cumulated shares of the n ranks of something popular."""
    shares = np.cumsum(1 / (np.arange(n) + 10))
    return shares / shares[-1]


class Market:
    def __init__(self, users, items, purchases, friends, seed=1):
        self.rng = np.random.default_rng(seed)
        self.users, self.items, self.friends = users, items, friends
        self.circles = max(users // CIRCLE, 1)
        self.themes = self.rng.integers(0, max(items // THEME, 1), (self.circles, THEMES))
        self.in_theme, self.in_all = ranks(min(THEME, items)), ranks(items)
        self.order = self.rng.permutation(items)
        activity = self.rng.lognormal(0, 1, users)
        self.counts = np.maximum(1, np.round(activity / activity.sum() * purchases)).astype(np.int64).clip(max=items // 4)

    def baskets(self):
        """Users, items and times of purchases, some users at a time; nobody buys a thing twice."""
        for first in range(0, self.users, AT_ONCE):
            users = np.arange(first, min(first + AT_ONCE, self.users))
            wanted = self.counts[users]
            # What is drawn twice is lost: some more are drawn, and the surplus is left.
            user = np.repeat(users, wanted + wanted // 2 + 4)
            keys = self.rng.permutation(np.unique(user * self.items + self.draw(user)))
            keys = keys[np.argsort(keys // self.items, kind="stable")]
            user = keys // self.items
            place = np.arange(len(user)) - np.searchsorted(user, user)
            keys = keys[place < wanted[user - first]]
            yield keys // self.items, keys % self.items, NOW - self.rng.integers(0, DAYS * DAY, len(keys))

    def draw(self, user):
        n = len(user)
        theme = self.themes[user % self.circles, self.rng.integers(0, THEMES, n)]
        of_theme = theme * THEME + np.searchsorted(self.in_theme, self.rng.random(n))
        of_all = np.searchsorted(self.in_all, self.rng.random(n))
        return self.order[np.where(self.rng.random(n) < 0.7, of_theme, of_all).clip(max=self.items - 1)]

    def friendships(self):
        for first in range(0, self.users, AT_ONCE):
            users = np.arange(first, min(first + AT_ONCE, self.users))
            one = np.repeat(users, (self.friends + 1) // 2)
            near = one % self.circles + self.circles * self.rng.integers(0, max(self.users // self.circles, 1), len(one))
            other = np.where(self.rng.random(len(one)) < 5 / 6, near, self.rng.integers(0, self.users, len(one)))
            yield one[one != other], other[one != other]


def write(path, names, parts):
    """All parts as one file, which is there as a whole or not at all."""
    if path.exists():
        return
    half, writer = path.with_suffix(".half"), None
    for columns in parts:
        table = pa.table(dict(zip(names, map(pa.array, columns))))
        writer = writer or pq.ParquetWriter(half, table.schema)
        writer.write_table(table)
    writer.close()
    half.rename(path)


def train(args, data):
    """Trains unless there is a model. Returns the folder of the model."""
    versions = data / "models" / "versions"
    if not any(versions.glob("2*")):
        command = [args.target / "guanxi", "train", "--data", data, "--from", args.work / "purchases.parquet",
                   "--relations", args.work / "friends.parquet", "--recipe", args.recipe]
        began = time.perf_counter()
        subprocess.run([*map(str, command)], check=True)
        print(f"trained in {time.perf_counter() - began:.0f} s", flush=True)
    return sorted(versions.glob("2*"))[-1]


def grows_with(file, column):
    """What a column of a model's file grows with."""
    if file.name == "users.arrow":
        return {"history": "purchase", "friends": "friend"}.get(column, "user")
    return "item"


def sizes(model):
    """Bytes of the model by what they grow with, and by column within."""
    found = {}
    for file in sorted(model.glob("*.arrow")):
        with pa.memory_map(str(file)) as mapped:
            table = pa.ipc.open_file(mapped).read_all()
            for name in table.column_names:
                kind = found.setdefault(grows_with(file, name), {})
                kind[name] = kind.get(name, 0) + table.column(name).nbytes
    return found


def report_sizes(model, numbers):
    print(f"\n{'for each':<12} {'there are':>12} {'bytes each':>10}  of what")
    for kind, columns in sizes(model).items():
        n = numbers[kind]
        parts = ", ".join(f"{name} {size / n:.0f}" for name, size in sorted(columns.items(), key=lambda one: -one[1]) if size >= n)
        print(f"{kind:<12} {n:>12,} {sum(columns.values()) / n:>10.1f}  {parts}")


class Server:
    def __init__(self, args, data):
        self.began = time.perf_counter()
        command = [args.target / "guanxi", "serve", "--data", data, "--listen", "127.0.0.1:0"]
        env = dict(os.environ, GUANXI_LOG__LEVEL="error", GUANXI_DATA__MIN_FREE_BYTES="0")
        self.process = subprocess.Popen([*map(str, command)], env=env, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def wait(self):
        self.get("/v1/recommend/for-you?user=0")
        self.startup = time.perf_counter() - self.began

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return answer.read()

    def memory(self):
        """What is resident: the process's own, and pages of the model's files. In MiB."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        found = dict(line.split(":", 1) for line in lines)
        return [int(found[key].split()[0]) / 1024 for key in ("RssAnon", "RssFile")]


def ask(args, server, scenario):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [args.target / "guanxi", "bench", "--url", server.url, "--mix", scenario, "--users", f":0..{args.users}", "--items", f":0..{args.items}",
                   "--zipf", "0", "--rate", args.rate, "--count", args.requests, "--warm-up", "5s", "--server-pid", server.process.pid, "--json", report.name]
        subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)
        step = json.load(report)["steps"][0]
    latency = step["latency"]
    print(f"{scenario:<20} {step['server_cpu_us_per_request']:8.0f} {latency['p50_us'] / 1e3:8.2f} {latency['p99_us'] / 1e3:8.2f} {sum(step['errors'].values()):7}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", help="USERSxITEMSxPURCHASES")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--target", type=pathlib.Path, default=pathlib.Path("target/dist"))
    parser.add_argument("--friends", type=int, default=60, help="of a user on average, about")
    parser.add_argument("--recipe", default="quick")
    parser.add_argument("--rate", default="500")
    parser.add_argument("--requests", type=int, default=20_000, help="for each scenario")
    args = parser.parse_args()
    args.users, args.items, purchases = map(int, args.size.split("x"))
    args.work.mkdir(parents=True, exist_ok=True)
    market, other = (Market(args.users, args.items, purchases, args.friends) for _ in range(2))
    write(args.work / "purchases.parquet", ["user", "item", "ts"], market.baskets())
    write(args.work / "friends.parquet", ["from", "to"], other.friendships())
    data = args.work / "data"
    model = train(args, data)
    shapes = json.loads((model / "manifest.json").read_text())["shapes"]
    if shapes["users"] != args.users or shapes["items"] > args.items:
        sys.exit(f"{args.work} has a market of another size: name another folder")
    server = Server(args, data)
    try:
        server.wait()
        report_sizes(model, {"user": shapes["users"], "item": shapes["items"], "purchase": shapes["interactions"], "friend": shapes["friendships"]})
        print(f"\nserver: first answer after {server.startup:.2f} s; its own memory {server.memory()[0]:.0f} MiB, of files {server.memory()[1]:.0f} MiB")
        print(f"\n{'':<20} {'cpu us':>8} {'p50 ms':>8} {'p99 ms':>8} {'errors':>7}")
        for scenario in SCENARIOS:
            ask(args, server, scenario)
        print(f"\nafter all: its own memory {server.memory()[0]:.0f} MiB, of files {server.memory()[1]:.0f} MiB")
    finally:
        server.process.terminate()


if __name__ == "__main__":
    sys.exit(main())
