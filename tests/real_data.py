#!/usr/bin/env python3
"""What guanxi reaches on published data sets, and whether its answers equal a recomputation written here.

usage: real_data.py --guanxi target/debug/guanxi --shared ../shared [--only NAME ...]

Needs numpy, pandas, pyarrow and scipy. `--shared` holds `data/` (the data sets, each with its terms) and `tools/metrics.py` (the metrics,
independent of guanxi's own). Prints a line per check and ends with exit code 1 if one does not hold.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

FAILED = []


def check(name, holds, seen):
    print(f"{'ok  ' if holds else 'FAIL'} {name}: {seen}", flush=True)
    if not holds:
        FAILED.append(name)


class Guanxi:
    """The executable and the data sets."""

    def __init__(self, executable, shared):
        self.executable = str(pathlib.Path(executable).resolve())
        self.data = pathlib.Path(shared) / "data"
        spec = importlib.util.spec_from_file_location("metrics", pathlib.Path(shared) / "tools/metrics.py")
        self.metrics = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.metrics)

    def run(self, *args):
        done = subprocess.run([self.executable, *map(str, args)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"guanxi {' '.join(map(str, args))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def evaluate(self, name, *flags, **files):
        """The report of `guanxi evaluate` on a published split."""
        folder = self.data / name
        files = {"train": "train.parquet", "test": "test.parquet"} | files
        with tempfile.TemporaryDirectory() as scratch:
            report = pathlib.Path(scratch) / "report.json"
            args = ["--json", report, *flags]
            for flag, file in files.items():
                args += [f"--{flag}", folder / file] if file else []
            began = time.monotonic()
            self.run("evaluate", *args)
            print(f"     {name}: evaluated in {time.monotonic() - began:.0f} s", flush=True)
            return json.loads(report.read_text())

    def serve(self, data, min_friends=2):
        return Server(self.executable, data, min_friends)


class Server:
    """`guanxi serve` on a free port, for as long as the block lasts."""

    def __init__(self, executable, data, min_friends):
        args = [executable, "serve", "--data", str(data), "--listen", "127.0.0.1:0"]
        env = os.environ | {"GUANXI_SOCIAL__MIN_FRIENDS": str(min_friends)}
        self.process = subprocess.Popen(args, stdout=subprocess.PIPE, text=True, env=env)

    def __enter__(self):
        self.url = self.process.stdout.readline().split()[-1]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def ask(self, path, body):
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


def published_splits(guanxi, wanted):
    for name, files, floors in (
        ("sociallgn_lastfm", {"relations": "social.parquet"}, {"recall@10": 0.205, "ndcg@10": 0.260}),
        ("lightgcn_lastfm", {"relations": "social.parquet"}, {"recall@20": 0.270, "ndcg@20": 0.214}),
        ("gbsr_yelp", {"relations": "social.parquet"}, {"recall@20": 0.143, "ndcg@20": 0.086}),
        ("lightgcn_gowalla", {"valid": "valid.parquet"}, {"recall@20": 0.188, "ndcg@20": 0.157}),
    ):
        if name not in wanted:
            continue
        flags = ["--served"] if name == "gbsr_yelp" else []
        report = guanxi.evaluate(name, *flags, **files)
        metrics = report["metrics"]
        for metric, floor in floors.items():
            check(f"{name} {metric} over {floor}", metrics[metric] > floor, f"{metrics[metric]:.4f}")
        if flags:
            served_lists(name, report)
        if name == "sociallgn_lastfm":
            exported_lists(guanxi, name, metrics)


def with_times(guanxi, scratch):
    """The training visits of the time split with their times: every visit of a training pair up to the user's last first visit."""
    folder = guanxi.data / "gowalla_geo_social"
    visits = pq.read_table(folder / "interactions.parquet", columns=["user", "item", "ts"]).to_pandas()
    train = pq.read_table(folder / "train.parquet").to_pandas().drop_duplicates()
    visits = visits.merge(train, on=["user", "item"])
    first = visits.groupby(["user", "item"], as_index=False)["ts"].min()
    last = first.groupby("user")["ts"].max().rename("last")
    visits = visits.merge(last, on="user")
    file = scratch / "train.parquet"
    visits[visits.ts <= visits["last"]][["user", "item", "ts"]].to_parquet(file)
    return file


def time_split(guanxi, wanted):
    """New places of each user, ranked with and without the recency of what was visited."""
    name = "gowalla_geo_social"
    if name not in wanted:
        return
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        train = with_times(guanxi, scratch)
        timeless = scratch / "timeless.toml"
        timeless.write_text("[lists]\nrecency = 0.0\n")
        ndcg = {}
        for recipe in ("default", timeless):
            report = guanxi.evaluate(name, "--recipe", recipe, train=train, relations="social.parquet")
            ndcg[str(recipe)] = report["metrics"]["ndcg@20"]
        seen = f"{ndcg['default']:.4f} against {ndcg[str(timeless)]:.4f}"
        check(f"{name} ndcg@20 over .128", ndcg["default"] > 0.128, seen)
        # Measured: 2.97 %. Two thirds of it must remain on any machine.
        check(f"{name} recency helps by 2 %", ndcg["default"] > 1.02 * ndcg[str(timeless)], seen)


def cold_users(guanxi, wanted):
    """Users of whom only the friends are known, and friends of whom nothing may be learned."""
    name = "sociallgn_lastfm"
    if name not in wanted:
        return
    ndcg = {}
    for friends, flags in (("true", []), ("random", ["--shuffle-friends"])):
        files = {"train": "interactions.parquet", "test": None, "relations": "social.parquet"}
        report = guanxi.evaluate(name, "--cold", "--recipe", "quick", *flags, **files)
        for found in report["cold"]["rounds"]:
            arms = [found[arm]["ndcg@20"] for arm in ("without_friends", "with_friends")]
            ndcg[friends, found["handed_back"]] = arms
    # Measured: .446 and .483.
    for known, floor in ((0, 0.437), (3, 0.473)):
        with_friends = ndcg["true", known][1]
        check(f"{name} cold, {known} known: ndcg@20 over {floor}", with_friends > floor, f"{with_friends:.4f}")
    for (friends, known), (alone, social) in ndcg.items():
        if friends == "random":
            seen = f"{social:.4f} against {alone:.4f}"
            check(f"{name} cold, {known} known: random friends lose at most 1 %", social >= 0.99 * alone, seen)


def served_lists(name, report):
    """What the service answers from its index against the ranking of all items."""
    ndcg = {system["name"]: system["metrics"]["at_20"]["ndcg"] for system in report["report"]["systems"]}
    seen = f"{ndcg['as served']:.5f} against {ndcg['guanxi']:.5f}"
    check(f"{name} as served loses at most .5 %", ndcg["as served"] >= 0.995 * ndcg["guanxi"], seen)


def exported_lists(guanxi, name, metrics):
    """The lists of `guanxi recommend`, scored by the independent metrics, against `guanxi evaluate`."""
    folder = guanxi.data / name
    with tempfile.TemporaryDirectory() as scratch:
        data, out = pathlib.Path(scratch) / "data", pathlib.Path(scratch) / "lists.parquet"
        guanxi.run("import", "--data", data, "--interactions", folder / "train.parquet",
                   "--relations", folder / "social.parquet")
        guanxi.run("train", "--data", data)
        guanxi.run("recommend", "--data", data, "--scenario", "for-you", "--users", "all",
                   "--limit", 20, "--exact", "--out", out)
        lists = pq.read_table(out).to_pandas()
        train, test, _ = guanxi.metrics.load(str(folder))
        rank = {}
        for user, item, place in zip(lists["user"].astype(int), lists["item"].astype(int), lists["rank"]):
            rank.setdefault(user, {})[item] = place

        def score(users):
            scores = np.full((len(users), train.shape[1]), -1e30, np.float32)
            for row, user in enumerate(users):
                for item, place in rank.get(int(user), {}).items():
                    scores[row, item] = -place
            return scores

        independent = guanxi.metrics.evaluate(score, train, test)
        for metric in ("recall@10", "ndcg@10", "recall@20", "ndcg@20"):
            near = abs(independent[metric] - metrics[metric]) < 1e-4
            check(f"{name} exported lists {metric}", near, f"{independent[metric]:.6f} against {metrics[metric]:.6f}")
        friends_also_bought(guanxi, name, data)


def friends_also_bought(guanxi, name, data):
    """`friends-also-bought` of 200 users against a brute-force recomputation from the Parquet files."""
    folder = guanxi.data / name
    items, friends = {}, {}
    for row in pq.read_table(folder / "train.parquet").to_pylist():
        items.setdefault(row["user"], set()).add(row["item"])
    for row in pq.read_table(folder / "social.parquet").to_pylist():
        if row["src"] != row["dst"]:
            friends.setdefault(row["src"], set()).add(row["dst"])
            friends.setdefault(row["dst"], set()).add(row["src"])
    users = sorted(friends)[:: max(1, len(friends) // 200)][:200]

    def cosine(a, b):
        return len(a & b) / (len(a) * len(b)) ** 0.5 if a and b else 0.0

    def brute_force(user, least):
        ties = {
            friend: 0.03 + 0.97 * (cosine(friends[user], friends[friend])
                                   * cosine(items.get(user, set()), items.get(friend, set()))) ** 0.5
            for friend in friends[user]
        }
        total, sums, counts = sum(ties.values()), {}, {}
        for friend, tie in ties.items():
            for item in items.get(friend, ()):
                sums[item] = sums.get(item, 0.0) + tie / total
                counts[item] = counts.get(item, 0) + 1
        kept = [item for item, count in counts.items() if count >= least and item not in items.get(user, ())]
        return {item: (sums[item], counts[item]) for item in kept}

    for least in (1, 2):
        wrong = 0
        with guanxi.serve(data, min_friends=least) as server:
            for user in users:
                answer = server.ask("/v1/recommend/friends-also-bought",
                                    {"user": str(user), "limit": 50, "explain": True})
                listed = [one for one in answer["items"] if one["reasons"][0]["kind"] == "friends_bought"]
                wrong += not same_list(listed, brute_force(user, least))
        check(f"{name} friends-also-bought of {len(users)} users, min_friends {least}", wrong == 0, f"{wrong} wrong")


def same_list(listed, expected):
    """Whether `listed` are the best of `expected`: (strength, count) by item; items of equal strength may swap."""
    if len(listed) != min(50, len(expected)):
        return False
    best = sorted(expected.values(), reverse=True)
    for one, (strength, _) in zip(listed, best):
        item = int(one["id"])
        counts = [reason["count"] for reason in one["reasons"] if reason["kind"] == "friends_bought"]
        if item not in expected or counts != [expected[item][1]]:
            return False
        if abs(one["score"] - expected[item][0]) > 1e-5 or abs(one["score"] - strength) > 1e-5:
            return False
    return True


def group_buying(guanxi):
    """beibei_groupbuy_partial imports whole and answers."""
    folder = guanxi.data / "beibei_groupbuy_partial"
    rows = pq.read_metadata(folder / "interactions.parquet").num_rows
    users = len(np.unique(pq.read_table(folder / "interactions.parquet")["user"].to_numpy()))
    with tempfile.TemporaryDirectory() as data:
        began = time.monotonic()
        guanxi.run("import", "--data", data, "--interactions", folder / "interactions.parquet",
                   "--relations", folder / "social.parquet")
        seconds = time.monotonic() - began
        with guanxi.serve(data) as server:
            answer = server.ask("/v1/recommend/for-you", {"user": "26985", "limit": 20})
        check("beibei_groupbuy_partial imports and answers", len(answer["items"]) == 20,
              f"{rows} events of {users} users in {seconds:.0f} s")


def with_outcomes(guanxi, scratch):
    """What is known before the test groups: everybody in a group that succeeded, and who opened one that failed."""
    groups = pq.read_table(guanxi.data / "beibei_groupbuy_partial" / "groups.parquet").to_pandas()
    groups = groups[groups.part != "test"]
    opened = groups[["initiator", "item"]].rename(columns={"initiator": "user"})
    opened["event"] = np.where(groups.success, "group_launch", "group_launch_failed")
    opened["group"] = groups.index
    joined = groups.loc[groups.success, ["participants", "item"]].explode("participants")
    # These groups have filled: whoever joined one has bought.
    joined = joined.rename(columns={"participants": "user"}).assign(event="purchase", group=joined.index).dropna()
    file = scratch / "train.parquet"
    pd.concat([opened, joined.astype({"user": np.int64})]).to_parquet(file)
    return file


def group_ranking(guanxi):
    """What people open a group for, among 999 items: beyond what draws everybody and what friends bought."""
    name = "beibei_groupbuy_partial"
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        # Some of the 178,642 users: nine systems are scored over all items for each.
        test = pq.read_table(guanxi.data / name / "test.parquet").to_pandas().sample(20_000, random_state=1)
        test.to_parquet(scratch / "test.parquet")
        report = guanxi.evaluate(name, "--negatives", 999, train=with_outcomes(guanxi, scratch),
                                 test=scratch / "test.parquet", relations="social.parquet")
    ndcg = {system["name"]: system["metrics"]["at_10"]["ndcg"] for system in report["report"]["systems"]}
    best = max(ndcg["popularity"], ndcg["friends"])
    check(f"{name} ndcg@10 beats popularity and friends by a fifth", ndcg["guanxi"] > 1.2 * best,
          f"{ndcg['guanxi']:.4f} against {best:.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guanxi", required=True)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--only", nargs="*")
    args = parser.parse_args()
    guanxi = Guanxi(args.guanxi, args.shared)
    every = ["sociallgn_lastfm", "lightgcn_lastfm", "gbsr_yelp", "lightgcn_gowalla", "gowalla_geo_social",
             "beibei_groupbuy_partial"]
    wanted = args.only or every
    published_splits(guanxi, wanted)
    time_split(guanxi, wanted)
    cold_users(guanxi, wanted)
    if "beibei_groupbuy_partial" in wanted:
        group_buying(guanxi)
        group_ranking(guanxi)
    print(f"{len(FAILED)} of the checks failed" if FAILED else "every check holds")
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
