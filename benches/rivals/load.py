#!/usr/bin/env python3
"""`guanxi bench` beside oha, on the same path of the same server, in turns.

    benches/rivals/load.py --guanxi target/dist/guanxi --oha oha --url http://127.0.0.1:4826/v1/recommend/popular?limit=20

oha (`cargo install oha`) sends as many requests a second over as many connections, and counts from when each was due
(`--latency-correction`). Prints p50 and p99 of every turn, and the ratio of the medians.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from urllib.parse import urlsplit


def by_guanxi(args):
    url = urlsplit(args.url)
    path = url.path + ("?" + url.query if url.query else "")
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [args.guanxi, "bench", "--url", f"http://{url.netloc}", "--get", path, "--rate", args.rate, "--duration", f"{args.seconds}s",
                   "--warm-up", "0s", "--connections", args.connections, "--json", report.name]
        subprocess.run([*map(str, command)], check=True, capture_output=True)
        latency = json.load(report)["steps"][0]["latency"]
    return latency["p50_us"], latency["p99_us"]


def by_oha(args):
    command = [args.oha, "-z", f"{args.seconds}s", "-q", args.rate, "-c", args.connections, "--latency-correction", "--no-tui", "--output-format", "json", args.url]
    answer = json.loads(subprocess.run([*map(str, command)], check=True, capture_output=True).stdout)
    return answer["latencyPercentiles"]["p50"] * 1e6, answer["latencyPercentiles"]["p99"] * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--guanxi", default="target/dist/guanxi")
    parser.add_argument("--oha", default="oha")
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", default=300)
    parser.add_argument("--connections", default=8)
    parser.add_argument("--seconds", default=10)
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    systems, taken = {"guanxi": by_guanxi, "oha": by_oha}, {"guanxi": [], "oha": []}
    for turn in range(args.turns):
        for name, measure in systems.items():
            taken[name].append(measure(args))
            p50, p99 = taken[name][-1]
            print(f"{name:<7} p50 {p50:7.0f} us   p99 {p99:7.0f} us", flush=True)
    for at, figure in enumerate(("p50", "p99")):
        medians = {name: statistics.median(one[at] for one in figures) for name, figures in taken.items()}
        print(f"{figure}: guanxi {medians['guanxi']:.0f} us, oha {medians['oha']:.0f} us, ratio {medians['guanxi'] / medians['oha']:.3f}")


if __name__ == "__main__":
    main()
