#!/usr/bin/env python3
"""Whether the tests of durability find the defects that src/testing/seeded.rs can put in: each must make one of them fail.

usage: seeds.py --guanxi FILE, built with `--features seeded-defects`
"""

import argparse
import os
import pathlib
import subprocess
import sys

SEEDS = [
    ("early-answer", ["kill", "--rounds", "5"]),
    ("early-answer", ["faults", "--every", "200", "--operations", "20"]),
    ("no-fsync", ["power-cut", "--rounds", "5", "--file-systems", "ext4"]),
    ("half-publish", ["power-cut", "--rounds", "10", "--seconds", "3", "--file-systems", "ext4"]),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guanxi", required=True, type=pathlib.Path)
    args = parser.parse_args()
    missed = 0
    for defect, test in SEEDS:
        command = [sys.executable, pathlib.Path(__file__).with_name("run.py"), *test, "--guanxi", args.guanxi]
        done = subprocess.run(command, env=dict(os.environ, SEEDED_DEFECT=defect), capture_output=True, text=True)
        if "skipped" in done.stdout:
            print(f"{defect}: {done.stdout.strip()}")
            continue
        found = done.returncode == 1 and "FAIL" in done.stdout
        missed += not found
        print(f"{'ok  ' if found else 'MISS'} {defect}: {(done.stdout + done.stderr).strip().splitlines()[-1][:200]}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
