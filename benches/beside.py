#!/usr/bin/env python3
"""What questions wait while something else is done beside them, as ratios within one run.

usage: beside.py writers --target target/dist --data MARKET [--rate 2000] [--seconds 10] [--runs 5] [--writes 50000]
       beside.py swaps   --target target/dist --data MARKET [--rate 3000] [--swaps 200]

writers: p99 of questions while ten connections write single events as fast as they are taken (or `--writes` a second), over p99 without them,
         in turns; the same for the example `bare`, which gives one answer to everybody and throws events away: what the machine itself costs.
swaps:   models of the registry (two or more) take turns in serving; p99.9 of questions meanwhile over p99.9 without, and the memory of the
         server before and after. Every answer must be good.
Both write to the data directory: take a copy. `cargo build --profile dist --bin guanxi --example bare` before. Standard library only.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import request_path


class Server(request_path.Server):
    @classmethod
    def guanxi(cls, args):
        return cls(args.target / "guanxi", "serve", "--data", args.data, "--listen", "127.0.0.1:0")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def call(self, method, path):
        with urllib.request.urlopen(urllib.request.Request(self.url + path, method=method), timeout=60) as answer:
            return json.load(answer)

    def resident(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) / 1024


def bench(args, server, seconds, *more):
    """The only step of a load."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [args.target / "guanxi", "bench", "--url", server.url, "--rate", args.rate, "--duration", f"{seconds * 1000:.0f}ms", "--warm-up", "1s",
                   "--data", args.data, "--zipf", "0", "--connections", "64", "--json", report.name, *more]
        done = subprocess.run([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert done.returncode in (0, 1), done.stderr
        step = json.load(open(report.name))["steps"][0]
        # More writes are asked for than can be taken.
        assert set(step["errors"]) <= {"not sent in time"}, step["errors"]
        return step


def writers(args):
    with Server.guanxi(args) as guanxi, Server(args.target / "examples" / "bare", "127.0.0.1:0", 1800) as bare:
        asked = {"guanxi": (guanxi, []), "bare": (bare, ["--get", "/"])}
        ratios = {name: [] for name in asked}
        for _ in range(args.runs):
            for name, (server, what) in asked.items():
                ratios[name].append(beside_writers(args, name, server, what))
        for name, found in ratios.items():
            print(f"{name}: median ratio {statistics.median(found):.2f} at {args.rate:.0f} questions/s")


def beside_writers(args, name, server, what):
    alone = bench(args, server, args.seconds, *what)
    beside = bench(args, server, args.seconds, *what, "--writes", args.writes, "--writers", 10)
    written = next(part["achieved"] for part in beside["parts"] if part["name"] == "write")
    before, after = (step["latency"]["p99_us"] / 1e3 for step in (alone, beside))
    print(f"{name:<6} alone p99 {before:.2f} ms; beside ten writers {after:.2f} ms, {written:.0f} events/s written; ratio {after / before:.2f}", flush=True)
    return after / before


class Swapping(threading.Thread):
    def __init__(self, server, versions, swaps):
        super().__init__()
        self.server, self.versions, self.swaps, self.done = server, versions, swaps, 0

    def run(self):
        for number in range(self.swaps):
            version = self.versions[number % len(self.versions)]
            self.server.call("POST", f"/v1/models/{version}/activate")
            while self.server.call("GET", "/v1/models")["serving"] != version:
                time.sleep(0.1)
            self.done += 1


def swaps(args):
    with Server.guanxi(args) as server:
        models = server.call("GET", "/v1/models")
        versions = [model["version"] for model in models["models"] if model["version"] != models["serving"]][:1] + [models["serving"]]
        assert len(versions) == 2, "the registry has only one model: train another"
        quiet = [bench(args, server, args.seconds)["latency"]["p99.9_us"] for _ in range(3)]
        before, most, during = server.resident(), 0.0, []
        swapping = Swapping(server, versions, args.swaps)
        swapping.start()
        while swapping.is_alive():
            during.append(bench(args, server, args.seconds)["latency"]["p99.9_us"])
            most = max(most, server.resident())
        assert swapping.done == args.swaps, "a swap failed"
        ratio = statistics.median(during) / statistics.median(quiet)
        print(f"{args.swaps} swaps at {args.rate:.0f} questions/s: p99.9 {statistics.median(during) / 1e3:.2f} ms, quiet {statistics.median(quiet) / 1e3:.2f} ms, "
              f"ratio {ratio:.2f}; memory {before:.0f} MiB before, {most:.0f} at most seen, {server.resident():.0f} after; 0 failed")


def main():
    commands = {"writers": writers, "swaps": swaps}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=commands)
    parser.add_argument("--target", type=pathlib.Path, default=pathlib.Path("target/dist"))
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--rate", type=float, default=2_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--writes", type=float, default=50_000)
    parser.add_argument("--swaps", type=int, default=200)
    args = parser.parse_args()
    os.environ.update(GUANXI_LOG__LEVEL="error", GUANXI_DATA__MIN_FREE_BYTES="0", GUANXI_MODELS__POLL_INTERVAL="50ms")
    commands[args.command](args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
