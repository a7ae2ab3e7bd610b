#!/usr/bin/env python3
"""Whether memory or descriptors grow while a service answers, writes, and swaps models for a long time.

usage: soak.py --guanxi FILE [--seconds 4500] [--cycle 20] [--samples FILE]
       soak.py --read FILE                                               the figures of samples that a run has written

A training begins every `--cycle` seconds, and its model is swapped in. Once a second a line of samples is written: time in seconds, resident bytes,
those of them that are no file (`RssAnon`), open descriptors, trainings so far. Mapped model files come and go with the pages that were read of
them, so it is the second figure that shows a leak.

The slope is that of the least of each cycle, after the first third of the time, by least squares. Neighbours resemble each other, so its error is
widened by how much they do, and the interval holds 95 %: what it includes, the run can't tell from what it found. Standard library only.
"""

import argparse
import asyncio
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from run import Client, Service, ask_on, fill

HOUR, MIB = 3_600, 2**20


class Soak:
    """One service, everything that is asked of it, and what is seen of it."""

    def __init__(self, args, service, data, out):
        self.args, self.service, self.data, self.out = args, service, data, out
        self.began = time.monotonic()
        self.until = self.began + args.seconds
        self.trainings, self.found = 0, {}

    async def run(self):
        asking = [ask_on(self.service.port, self.until, self.found, 0.02) for _ in range(4)]
        await asyncio.gather(*asking, self.repeat(), self.write(), self.train(), self.sample())

    async def repeat(self):
        """The same events again and again: what the log keeps does not grow, and what leaks does."""
        client, number = Client(self.service.port), 0
        while time.monotonic() < self.until:
            number += 1
            event = {"event_id": f"s{number % 500}", "user": f"u{number % 50}", "item": f"i{number % 50}", "type": "view", "ts": 1_700_000_000}
            await must(client, "POST", "/v1/events", event)
            await asyncio.sleep(0.01)

    async def write(self):
        """Something new, seldom: the database keeps it in memory until it has 64 MiB, which is no leak."""
        client, number = Client(self.service.port), 0
        while time.monotonic() < self.until:
            number += 1
            await must(client, "PUT", f"/v1/items/i{number % 20}", {"price": number})
            await asyncio.sleep(5)

    async def train(self):
        while time.monotonic() < self.until:
            next_one = time.monotonic() + self.args.cycle
            assert await self.command("train", "--recipe", "quick") == 0
            await self.command("models", "prune")
            self.trainings += 1
            await asyncio.sleep(max(0, next_one - time.monotonic()))

    async def command(self, *words):
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = await asyncio.create_subprocess_exec(str(self.args.guanxi), *words, "--data", self.data, **silent)
        return await process.wait()

    async def sample(self):
        while time.monotonic() < self.until:
            status = pathlib.Path(f"/proc/{self.service.process.pid}/status").read_text()
            resident, anon = (int(status.split(f"{name}:")[1].split()[0]) * 1024 for name in ("VmRSS", "RssAnon"))
            print(f"{time.monotonic() - self.began:.1f}", resident, anon, self.service.descriptors(), self.trainings, file=self.out, flush=True)
            await asyncio.sleep(1)


async def must(client, method, path, body):
    status, _, answer = await client.ask(method, path, body)
    assert status == 200, answer


def likeness(rest, square):
    """How much what is left resembles its neighbour. Points that do tell less than so many independent ones; the line has taken a part of it along,
    about 2 + 4 times as much over their number, which is added (drawn series of 130 points that are alike by 0.8: 93 % lie within, not 89)."""
    if not square:
        return 0.0
    found = sum(one * other for one, other in zip(rest, rest[1:])) / square
    return min(max(0.0, found + (2 + 4 * found) / len(rest)), 0.99)


def slope(points):
    """How much y grows with x, and half of the interval that holds 95 % of such estimates, for points in the order of x."""
    xs, ys = zip(*points)
    line = statistics.linear_regression(xs, ys)
    rest = [y - line.slope * x - line.intercept for x, y in points]
    square = sum(one * one for one in rest)
    alike = likeness(rest, square)
    spread = sum((x - statistics.fmean(xs)) ** 2 for x in xs)
    error = math.sqrt(square / (len(points) - 2) / spread * (1 + alike) / (1 - alike))
    return line.slope, 2 * error


def read(path):
    return [[float(word) for word in line.split()] for line in pathlib.Path(path).read_text().splitlines()]


def least_of_cycles(samples, column):
    """The least of each cycle, in MiB, at its time in hours; the cycles at both ends may be parts."""
    cycles = {}
    for sample in samples:
        cycles.setdefault(sample[4], []).append(sample)
    whole = list(cycles.values())[1:-1]
    return [(cycle[0][0] / HOUR, min(sample[column] for sample in cycle) / MIB) for cycle in whole]


def tell(samples):
    after = [sample for sample in samples if sample[0] >= samples[-1][0] / 3]
    print(f"soak: {samples[-1][0] / 60:.0f} minutes, {samples[-1][4]:.0f} trainings; after the first third, per hour:")
    for name, column in (("resident", 1), ("no file", 2)):
        cycles = least_of_cycles(after, column)
        if len(cycles) < 5:
            print(f"  {name}: too short to tell")
            continue
        grows, error = slope(cycles)
        sizes = [size for _, size in cycles]
        print(f"  {name}: {grows:+.2f} MiB, 95 % within {grows - error:+.2f} and {grows + error:+.2f}; {min(sizes):.1f} to {max(sizes):.1f} MiB")
    open_ones = [count * MIB for _, count in least_of_cycles(after, 3)] or [0]
    print(f"  descriptors, the least of each cycle: {min(open_ones):.0f} to {max(open_ones):.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guanxi", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=4_500)
    parser.add_argument("--cycle", type=float, default=20)
    parser.add_argument("--samples", type=pathlib.Path)
    parser.add_argument("--read", type=pathlib.Path)
    args = parser.parse_args()
    if args.read:
        return tell(read(args.read))
    with tempfile.TemporaryDirectory() as folder:
        path = args.samples or f"{folder}/samples"
        with Service(args.guanxi, f"{folder}/data", env={"GUANXI_MODELS__POLL_INTERVAL": "200ms"}) as service, open(path, "w") as out:
            asyncio.run(fill(service.port))
            soak = Soak(args, service, f"{folder}/data", out)
            asyncio.run(soak.run())
        tell(read(path))
        print(f"  {len(soak.found[200])} questions answered", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, ConnectionError, asyncio.IncompleteReadError) as broken:
        print(f"FAIL soak: {type(broken).__name__} {broken}", flush=True)
        sys.exit(1)
