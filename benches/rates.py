#!/usr/bin/env python3
"""What rates a server bears: p99 at a moderate rate beside a bare axum answer under the same client, and the highest rate with p99 under a bound.

Client and server share the machine. The mixes and the bare answer take turns, `--rounds` times; the ratio is that of the medians. Then each mix
is asked faster and faster (`guanxi bench --max-p99`). The recall of the lists, as the stored model gives them, is printed beside. `late` is the
share of requests that the client itself sent too late, the largest of the rounds: above .01, a p99 is the client's own.

    cargo build --profile dist --bin guanxi --example bare
    benches/rates.py --target target/dist --data market [--rate 3000] [--max-p99 5ms]

Standard library only.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

from request_path import Server

MIXES = {
    "for-you 5, friends 3, similar 2": "for-you=5,friends-also-bought=3,similar-items=2",
    "a page's": "for-you=2,friends-also-bought=2,similar-items=1,also-bought=2,popular=3",
}


def bench(args, server, *more):
    """The report of a load; that no rate was low enough is an answer, too."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [args.target / "guanxi", "bench", "--url", server.url, "--duration", args.duration, "--warm-up", "1s", "--json", report.name, *more]
        done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0 or "--max-p99" in more, done.stdout
        return json.load(report)


def lists(args, mix):
    return ["--mix", mix, "--data", args.data, "--zipf", args.zipf]


def beside_bare(args, guanxi, bare):
    """All at the moderate rate, over as many connections as the machine can bear to wake."""
    asked = {"bare": (bare, ["--get", "/"])} | {name: (guanxi, lists(args, mix)) for name, mix in MIXES.items()}
    found = {name: [] for name in asked}
    for _ in range(args.rounds):
        for name, (server, what) in asked.items():
            found[name].append(bench(args, server, "--rate", args.rate, "--connections", 16, *what)["steps"][0])
    p50, p99 = ({name: statistics.median(step["latency"][key] for step in steps) for name, steps in found.items()} for key in ("p50_us", "p99_us"))
    for name, steps in found.items():
        late = max(step["client_late_share"] for step in steps)
        all_p99 = " ".join(f"{step['latency']['p99_us']:.0f}" for step in steps)
        print(f"{args.rate}/s {name:<32} p50 {p50[name]:6.0f} us   p99 {p99[name]:6.0f} us  {p99[name] / p99['bare']:5.2f}x   late {late:.4f}   p99s {all_p99}", flush=True)


def highest(args, guanxi, name, mix):
    found = bench(args, guanxi, "--rate", args.rate, "--max-p99", args.max_p99, "--connections", 64, *lists(args, mix))["highest"]
    rate = "none" if found["rate"] is None else f"{found['rate']:.0f}/s"
    why = ", the client could send no more" if found["limited_by_client"] else ""
    print(f"{name}: highest rate with p99 within {args.max_p99}: {rate}{why}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", type=pathlib.Path, default=pathlib.Path("target/dist"))
    parser.add_argument("--data", required=True)
    parser.add_argument("--rate", type=int, default=3000)
    parser.add_argument("--max-p99", default="5ms")
    parser.add_argument("--duration", default="5s")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--zipf", default="0")
    args = parser.parse_args()
    subprocess.run([args.target / "guanxi", "recall", "--data", args.data], check=True)
    guanxi = Server(args.target / "guanxi", "serve", "--data", args.data, "--listen", "127.0.0.1:0")
    try:
        bare = Server(args.target / "examples" / "bare", "127.0.0.1:0", len(guanxi.get("/v1/recommend/popular?limit=20")))
        try:
            beside_bare(args, guanxi, bare)
        finally:
            bare.process.terminate()
        for name, mix in MIXES.items():
            highest(args, guanxi, name, mix)
    finally:
        guanxi.process.terminate()


if __name__ == "__main__":
    main()
