#!/usr/bin/env python3
"""What a request costs the server, beside a bare axum answer of the same size: CPU by the processes' own clocks, in one run.

Starts `guanxi serve` on a data directory and the example `bare`, loads each with `guanxi bench` scenario by scenario, and prints the CPU time of
one request, its ratio to the bare one, latencies, and how the time of a list splits by stage (from the same histograms as `/metrics`).

    guanxi demo --data market --users 100000 --items 100000 --events 5000000 --friends 60     # end it when it listens
    cargo build --profile dist --bin guanxi --example bare
    benches/request_path.py --target target/dist --data market --users u:0..100000 --items i:0..100000
"""

import argparse
import json
import pathlib
import re
import subprocess
import tempfile
import urllib.request

SCENARIOS = ["for-you", "friends-also-bought", "similar-items", "also-bought", "popular", "new"]


class Server:
    def __init__(self, *command):
        self.process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return answer.read()

    def stages(self, scenario):
        """Seconds and how often, by stage."""
        text, found = self.get("/metrics").decode(), {}
        for kind in ("sum", "count"):
            pattern = r'guanxi_recommend_seconds_%s\{scenario="%s",stage="(\w+)"\} (\S+)' % (kind, scenario)
            for stage, value in re.findall(pattern, text):
                found.setdefault(stage, []).append(float(value))
        return found


def bench(args, server, *more):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [args.target / "guanxi", "bench", "--url", server.url, "--rate", args.rate, "--count", args.requests, "--warm-up", "1s",
                   "--connections", args.connections, "--zipf", args.zipf, "--server-pid", server.process.pid, "--json", report.name, *more]
        subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.load(report)["steps"][0]


def line(name, step, bare, split=""):
    cpu, latency = step["server_cpu_us_per_request"], step["latency"]
    print(f"{name:<20} {cpu:8.1f} {cpu / bare:6.2f} {latency['p50_us']:8.0f} {latency['p99_us']:8.0f} {step['client_late_share']:7.4f}  {split}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=pathlib.Path, default=pathlib.Path("target/dist"))
    parser.add_argument("--data", required=True)
    parser.add_argument("--users", required=True)
    parser.add_argument("--items", required=True)
    parser.add_argument("--rate", default="1500")
    parser.add_argument("--requests", type=int, default=30_000, help="for each scenario")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--zipf", default="1.0")
    args = parser.parse_args()
    guanxi = Server(args.target / "guanxi", "serve", "--data", args.data, "--listen", "127.0.0.1:0")
    size = len(guanxi.get("/v1/recommend/popular?limit=20"))
    bare_server = Server(args.target / "examples" / "bare", "127.0.0.1:0", size)
    try:
        bare_step = bench(args, bare_server, "--get", "/")
        bare = bare_step["server_cpu_us_per_request"]
        print(f"{'':<20} {'cpu us':>8} {'x bare':>6} {'p50 us':>8} {'p99 us':>8} {'late':>7}  stages, mean us")
        line(f"bare ({size} bytes)", bare_step, bare)
        for scenario in SCENARIOS:
            before = guanxi.stages(scenario)
            step = bench(args, guanxi, "--mix", scenario, "--users", args.users, "--items", args.items)
            split = []
            for stage, (seconds, count) in guanxi.stages(scenario).items():
                seconds, count = seconds - before[stage][0], count - before[stage][1]
                split.append(f"{stage} {seconds * 1e6 / max(count, 1):.0f}")
            line(scenario, step, bare, " ".join(split))
        line("bare, again", bench(args, bare_server, "--get", "/"), bare)
    finally:
        guanxi.process.terminate()
        bare_server.process.terminate()


if __name__ == "__main__":
    main()
