#!/usr/bin/env python3
"""The server's own CPU per request, by scenario, over one keep-alive connection: `/proc/PID/stat` before and after.

usage: request_cpu.py --guanxi target/release/guanxi --data DIR [--requests 5000]

DIR is one that `guanxi demo --data DIR --users 100000 ...` has made. Prints microseconds of CPU and of wall time per request, the time
from the start of the process to the first answer, and the resident memory. Standard library only.
"""

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import time

SCENARIOS = ("for-you", "friends-also-bought", "similar-items", "also-bought", "popular", "new")


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    line = next(line for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guanxi", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--users", type=int, default=100_000)
    args = parser.parse_args()
    began = time.monotonic()
    command = [args.guanxi, "serve", "--data", args.data, "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().split()[-1].removeprefix("http://")
        host, port = address.split(":")
        client = http.client.HTTPConnection(host, int(port))
        ask(client, "popular", 0, 0)
        print(f"from the start to the first answer: {time.monotonic() - began:.2f} s")
        for scenario in SCENARIOS:
            measure(client, server.pid, scenario, args)
        print(f"resident memory: {resident_mib(server.pid):.0f} MiB")
    finally:
        server.terminate()
        server.wait(30)


def measure(client, pid, scenario, args):
    draw = random.Random(1)
    pairs = [(draw.randrange(args.users), draw.randrange(args.users)) for _ in range(args.requests)]
    for user, item in pairs[:200]:
        ask(client, scenario, user, item)
    before, times = cpu_seconds(pid), []
    for user, item in pairs:
        began = time.perf_counter()
        ask(client, scenario, user, item)
        times.append(time.perf_counter() - began)
    cpu = (cpu_seconds(pid) - before) / len(pairs) * 1e6
    times.sort()
    p50, p99 = statistics.median(times) * 1e6, times[int(len(times) * 0.99)] * 1e6
    print(f"{scenario:<20} {cpu:7.0f} us of CPU   p50 {p50:7.0f} us   p99 {p99:7.0f} us", flush=True)


def ask(client, scenario, user, item):
    about = f"&item=i{item}" if scenario in ("similar-items", "also-bought") else ""
    client.request("GET", f"/v1/recommend/{scenario}?user=u{user}&limit=20{about}")
    answer = client.getresponse()
    body = answer.read()
    if answer.status not in (200, 404):
        sys.exit(f"{scenario}: {answer.status} {body[:300]}")


if __name__ == "__main__":
    main()
