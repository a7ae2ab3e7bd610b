#!/usr/bin/env python3
"""What a server still answers when more is asked than it can: goodput, the waiting of what it takes on, and how soon it recovers.

usage: goodput.py --guanxi FILE [--data DIR] [--mix MIX] [--limit 20] [--seconds 5] [--runs 3] [--factors 2,5,10]

Finds the peak (the most answers a second at any offered rate), then asks a multiple of it, open loop, and compares within the run:
  goodput    answers a second, as a share of the peak
  p99        of what was answered, over p99 at 70 % of the peak
  recovery   seconds after the overload until a second at 70 % of the peak is as it was before: nothing refused, p99 at most three times
Where there are two cores the server has one and the client the other, so that neither takes from the other. Without --data the
directory is small and made here, and has no model. Exit code 1 where a request was lost, or refused other than by `busy`: the figures are for people.
Standard library only.
"""

import argparse
import asyncio
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from run import ITEMS, USERS, Service, fill, p99

# What an overloaded server may answer, and what says that the client could not send more.
REFUSED, UNSENT = "503 busy", "not sent in time"


class Load:
    """Asks one server at rates, by `guanxi bench`."""

    def __init__(self, args, port, folder):
        self.args, self.port, self.report = args, port, f"{folder}/report.json"

    def at(self, rate, seconds, warm_up=1.0):
        command = [
            str(self.args.guanxi), "bench", "--url", f"http://127.0.0.1:{self.port}", "--rate", f"{rate:.0f}", "--duration", f"{seconds * 1000:.0f}ms",
            "--warm-up", f"{warm_up * 1000:.0f}ms", "--mix", self.args.mix, "--limit", str(self.args.limit), *self.names(), "--zipf", "0",
            "--connections", str(self.args.connections), "--json", self.report,
        ]
        done = subprocess.run([*pinned(1), *command], capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        step = json.loads(pathlib.Path(self.report).read_text())["steps"][0]
        lost = set(step["errors"]) - {REFUSED, UNSENT}
        assert not lost, f"lost at {rate:.0f}/s: {step['errors']}"
        return step

    def names(self):
        return ["--data", str(self.args.data)] if self.args.data else ["--users", f"u:0..{USERS}", "--items", f"i:0..{ITEMS}"]


def pinned(core):
    return ["taskset", "-c", str(core)] if (os.cpu_count() or 1) >= 2 else []


class Health:
    """Asks after the server's health every 50 ms, as an orchestrator would."""

    def __init__(self, port):
        self.port, self.times, self.over = port, [], threading.Event()

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self.over.wait(0.05):
            began = time.monotonic()
            connection.request("GET", "/health/live")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            self.times.append(time.monotonic() - began)

    def __enter__(self):
        self.thread = threading.Thread(target=self.ask)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def peak(load, args):
    """The most answers a second, over rates that rise until more is asked than answered, twice in a row."""
    best, rate, beyond = 0.0, args.first, 0
    while beyond < 2:
        step = load.at(rate, args.seconds)
        best = max(best, step["achieved"])
        beyond = beyond + 1 if step["achieved"] < 0.9 * rate else 0
        rate *= 1.25
    return best


def recovery(step, quiet):
    """The first second from which on all is as it was."""
    bad = [slice["second"] for slice in step["slices"] if slice["errors"] or slice["p99_us"] > 3 * quiet]
    return max(bad) + 1 if bad else 0


def one_run(load, args):
    most = peak(load, args)
    quiet = load.at(0.7 * most, args.seconds)["latency"]["p99_us"]
    print(f"peak {most:.0f}/s; at 70 % p99 {quiet / 1e3:.2f} ms", flush=True)
    rows = []
    for factor in args.factors:
        with Health(load.port) as health:
            step = load.at(factor * most, args.seconds)
        after = load.at(0.7 * most, max(args.seconds, 4), warm_up=0)
        rows.append({
            "factor": factor,
            "goodput": step["achieved"] / most,
            "p99_ratio": step["latency"]["p99_us"] / quiet,
            "recovery_s": recovery(after, quiet),
            "health_p99_ms": p99(health.times) * 1e3,
            "offered": step["requests"] / step["seconds"] / most,
        })
    return rows


def table(runs):
    print("asked  offered  goodput  p99 / p99 at 70 %  recovery  health p99")
    for rows in zip(*runs):
        middle = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
        print(f"{middle['factor']:4.0f}x  {middle['offered']:6.1f}x  {middle['goodput']:7.2f}  {middle['p99_ratio']:17.2f}  {middle['recovery_s']:6.0f} s  {middle['health_p99_ms']:7.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guanxi", required=True, type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--mix", default="for-you")
    parser.add_argument("--limit", type=int, default=20, help="how many items a list has")
    parser.add_argument("--first", type=float, default=500, help="the first rate, a second")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=512)
    parser.add_argument("--factors", type=lambda text: [float(one) for one in text.split(",")], default=[2, 5, 10])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with Service(args.guanxi, args.data or f"{folder}/data", prefix=pinned(0), env={"GUANXI_SERVER__WORKERS": "1"}) as service:
            if args.data is None:
                asyncio.run(fill(service.port))
            load = Load(args, service.port, folder)
            table([one_run(load, args) for _ in range(args.runs)])


if __name__ == "__main__":
    try:
        main()
    except AssertionError as broken:
        print(f"FAIL goodput: {broken}", flush=True)
        sys.exit(1)
