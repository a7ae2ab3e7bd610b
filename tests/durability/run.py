#!/usr/bin/env python3
"""Whether what was acknowledged survives: crashes, power cuts, failing disks.

usage: run.py kill      --guanxi FILE [--rounds 40]
       run.py power-cut --guanxi FILE [--rounds 10] [--file-systems ext4,xfs]
       run.py faults    --guanxi FILE [--every 40] [--operations 200]
       run.py full      --guanxi FILE

Standard library only. `power-cut` and `full` mount file systems from a file, which root alone may do: else they say so and are skipped.
Exit code 1 where a promise was broken. With a build that has `seeded-defects`, `SEEDED_DEFECT` makes them fail: see src/testing/seeded.rs.
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

import disk
import faults
from service import Client, Load, Record, Service, verify


def kill(args):
    """Kill -9 while everything is being written."""
    with tempfile.TemporaryDirectory() as folder, Service(args.guanxi, f"{folder}/data") as service:

        def crash(load):
            service.signal(signal.SIGKILL)
            load.signal_jobs(signal.SIGKILL)

        crash_again_and_again("kill", args.rounds, args.seconds, service, crash)


def power_cut(args):
    """The disk loses everything that was not synced, at any moment."""
    for kind in args.file_systems.split(","):
        try:
            with tempfile.TemporaryDirectory() as folder, disk.Mounted(folder, kind) as mounted:
                with Service(args.guanxi, mounted.path / "data") as service:
                    cut_again_and_again(args, mounted, service)
        except disk.Unavailable as why:
            print(f"power-cut: skipped, {why}", flush=True)


def cut_again_and_again(args, mounted, service):
    def crash(load):
        service.signal(signal.SIGSTOP)
        load.signal_jobs(signal.SIGSTOP)
        mounted.cut_power()
        service.signal(signal.SIGKILL)
        load.signal_jobs(signal.SIGKILL)

    crash_again_and_again(f"power cut, {mounted.kind}", args.rounds, args.seconds, service, crash, mounted.again)


def crash_again_and_again(name, rounds, longest, service, crash, mend=lambda: None):
    """Crashes a service under load, mends what it stands on, starts it, and looks for what was acknowledged."""
    record, kept, chance = Record(), 0, random.Random(1)
    service.must_start()
    for round_ in range(rounds):
        before = set(record.asked)
        with Load(service, record, f"{round_}") as load:
            if round_ % 10 == 9:
                # Most rounds end before a training does.
                load.wait_for_a_model(30)
            time.sleep(0.02 + chance.random() * longest)
            # From here on nobody is promised anything: what the machine has not said, it will not say.
            load.frozen.set()
            crash(load)
            service.wait()
            load.end()
        mend()
        service.must_start()
        kept += verify(service, record, set(record.asked) - before)
    verify(service, record)
    service.stop()
    service.run("check", "--data", service.data)
    counts = ", ".join(f"{count} {what}" for what, count in record.counts.items())
    print(f"{name}: {rounds} times, {counts} acknowledged: 0 lost, 0 halved; {kept} batches kept that nobody was promised", flush=True)


def full(args):
    """A disk that fills up refuses writes, goes on reading, and takes writes again by itself once there is room."""
    with tempfile.TemporaryDirectory() as folder, disk.Mounted(folder, "ext4") as mounted:
        room = {"GUANXI_DATA__MIN_FREE_BYTES": str(100 << 20)}
        with Service(args.guanxi, mounted.path / "data", room) as service:
            fill_and_free(mounted, service)


def fill_and_free(mounted, service):
    service.must_start()
    client, record = Client(service.port), Record()
    load = Load(service, record, "before", writers=0, jobs=False)
    load.put_events(client, "before-0-0")
    ballast = mounted.fill(50 << 20)
    for _ in range(3):
        load.put_events(client, "during-0-0")
    assert "during-0-0" not in record.acknowledged, "a write was taken although the disk is full"
    status, body = client.call("GET", "/health/ready")
    assert status == 503 and "min_free_bytes" in body["detail"], body
    status, body = client.call("GET", "/v1/recommend/popular")
    assert status == 200 and body["items"], body
    ballast.unlink()
    load.put_events(client, "after-0-0")
    assert "after-0-0" in record.acknowledged, "there is room again, and writes are refused"
    status, body = client.call("GET", "/health/ready")
    assert status == 200, body
    load.end()
    verify(service, record)
    service.stop()
    print("full disk: writes refused, reads answered, writes taken again without a restart", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["kill", "power-cut", "faults", "full"])
    parser.add_argument("--guanxi", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=0.6, help="the longest round")
    parser.add_argument("--file-systems", default="ext4,xfs")
    parser.add_argument("--operations", type=int, default=200, help="of the session in which faults happen")
    parser.add_argument("--every", type=int, default=1, help="of so many places one is tried")
    args = parser.parse_args()
    args.guanxi = args.guanxi.resolve()
    if args.command in ("power-cut", "full") and os.geteuid() != 0:
        print(f"{args.command}: skipped, only root may mount")
        return 0
    if args.command == "faults" and not shutil.which("cc"):
        print("faults: skipped, no C compiler")
        return 0
    try:
        {"kill": kill, "power-cut": power_cut, "faults": faults.sweep, "full": full}[args.command](args)
    except disk.Unavailable as why:
        print(f"{args.command}: skipped, {why}")
    except AssertionError as broken:
        print(f"FAIL {args.command}: {broken}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
