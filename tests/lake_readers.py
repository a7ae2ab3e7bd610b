#!/usr/bin/env python3
"""Whether other people's tools read what `guanxi export` writes, and find in it what was imported.

usage: lake_readers.py --guanxi target/debug/guanxi

Needs pyarrow and duckdb. Imports made-up events, users, items and relations, exports them, reads the lake with pyarrow and with DuckDB,
then exports once more after further events. Prints a line per check and ends with exit code 1 if one does not hold.
"""

import argparse
import csv
import datetime
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import duckdb
import pyarrow
import pyarrow.dataset
import pyarrow.parquet

TYPES = ["view", "click", "like", "cart", "purchase", "refund", "review", "share", "group_open", "group_join"]
FIRST_DAY = datetime.datetime(2026, 2, 27, tzinfo=datetime.timezone.utc)
DAYS = 5
FAILED = []


def check(name, found, expected):
    holds = found == expected
    said = f"{found!r}" if holds else f"{found!r} instead of {expected!r}"
    print(f"{'ok  ' if holds else 'FAIL'} {name}: {said[:400]}", flush=True)
    if not holds:
        FAILED.append(name)


class Guanxi:
    """The executable, on one data directory and one lake."""

    def __init__(self, executable, scratch):
        self.executable = str(pathlib.Path(executable).resolve())
        self.data, self.lake = scratch / "data", scratch / "lake"

    def run(self, *args):
        command = [self.executable, *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"FAIL {' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def load(self, **files):
        for flag, file in files.items():
            self.run("import", "--data", self.data, f"--{flag}", file)

    def export(self):
        return self.run("export", "--data", self.data, "--out", self.lake)

    def manifest(self):
        return json.loads((self.lake / "manifest.json").read_text())


def event(number):
    """The events go through the days in no order; every seventh has no more than it must have."""
    time = FIRST_DAY + datetime.timedelta(days=number * 3 % DAYS, hours=number % 24, milliseconds=number % 1000)
    plain = {
        "event_id": f"e{number}",
        "user": f"用户{number % 17}",
        "item": f"i/{number % 29}",
        "type": TYPES[number % len(TYPES)],
        "ts": round(time.timestamp() * 1000),
    }
    more = {"quantity": 1 + number % 3, "price": number / 100, "currency": "CNY", "session": f"s{number % 5}"}
    return plain if number % 7 == 0 else plain | more


def day(one):
    return datetime.datetime.fromtimestamp(one["ts"] / 1000, datetime.timezone.utc).date().isoformat()


def write_ndjson(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_csv(path, rows):
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def per_day(events):
    counts = {}
    for one in events:
        counts[day(one)] = counts.get(day(one), 0) + 1
    return counts


def with_pyarrow(lake):
    """Every row, by offset, as pyarrow reads them, times in Unix milliseconds."""
    partitions = pyarrow.dataset.partitioning(flavor="hive")
    table = pyarrow.dataset.dataset(lake / "records", format="parquet", partitioning=partitions).to_table()
    version = (table.schema.metadata or {}).get(b"guanxi.schema_version")
    check("pyarrow: type of ts", str(table.schema.field("ts").type), "timestamp[ms, tz=UTC]")
    times = table.column("ts").cast(pyarrow.int64())
    table = table.set_column(table.schema.get_field_index("ts"), "ts", times)
    return table.sort_by("offset").to_pylist(), version


def with_duckdb(lake):
    """Every row, by offset, as DuckDB reads them, times in Unix milliseconds; and what the purchases sum up to."""
    connection = duckdb.connect()
    source = f"read_parquet('{lake}/records/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)"
    rows = connection.execute(f'select * replace (epoch_ms(ts) as ts) from {source} order by "offset"')
    names = [column[0] for column in rows.description]
    listed = [dict(zip(names, row)) for row in rows.fetchall()]
    summed = connection.execute(f'select sum(price * quantity) from {source} where "type" = \'purchase\'').fetchone()[0]
    return listed, summed


def check_rows(tool, rows, events, others):
    """What a tool reads is what was imported."""
    total = len(events) + others
    check(f"{tool}: offsets from 1 without gaps", [row["offset"] for row in rows] == list(range(1, total + 1)), True)
    found = {row["event_id"]: row for row in rows if row["kind"] == "event"}
    check(f"{tool}: events", len(found), len(events))
    check(f"{tool}: event ids", set(found) == {one["event_id"] for one in events}, True)
    days = {}
    for row in found.values():
        days[row["day"]] = days.get(row["day"], 0) + 1
    check(f"{tool}: events per day", dict(sorted(days.items())), dict(sorted(per_day(events).items())))
    differing = [one for one in events if not same(found.get(one["event_id"]), one)]
    check(f"{tool}: fields of events that differ", differing[:3], [])
    unknown = sorted(row["kind"] for row in rows if row["day"] == "unknown")
    check(f"{tool}: records without a day", unknown, sorted(row["kind"] for row in rows if row["kind"] != "event"))


def same(row, one):
    if row is None:
        return False
    optional = ("price", "currency", "session", "circle", "sharer", "recommendation_id")
    texts = all(row[key] == one[key] for key in ("user", "item", "type"))
    rest = all(row[key] == one.get(key) for key in optional)
    return texts and rest and row["ts"] == one["ts"] and row["quantity"] == one.get("quantity", 1)


def check_others(rows):
    """Items, users and relations, which the first import brought."""
    bodies = {row["item"]: json.loads(row["body"]) for row in rows if row["kind"] == "item"}
    check("item in JSON", [bodies["i/1"][key] for key in ("name", "tags", "price", "available")], ["茶", ["a", "b"], 9.99, True])
    users = {row["user"]: json.loads(row["body"]) for row in rows if row["kind"] == "user"}
    check("user in JSON", users["用户1"]["name"], "李")
    keys = ("relation_from", "relation_kind", "relation_to")
    relations = [tuple(row[key] for key in keys) for row in rows if row["kind"] == "relation"]
    check("relations", relations, [("用户1", "friend", "用户2"), ("用户2", "follow", "用户3")])


def check_manifest(guanxi, total):
    manifest = guanxi.manifest()
    check("manifest: through", manifest["through"], total)
    check("manifest: rows", sum(file["rows"] for file in manifest["files"]), total)
    on_disk = sorted(str(path.relative_to(guanxi.lake)) for path in guanxi.lake.glob("records/*/*"))
    check("manifest: files are those on disk", on_disk == sorted(file["path"] for file in manifest["files"]), True)
    for file in manifest["files"]:
        path = guanxi.lake / file["path"]
        whole = path.read_bytes()
        offsets = pyarrow.parquet.ParquetFile(path).read(["offset"]).column("offset").to_pylist()
        seen = (len(whole), hashlib.sha256(whole).hexdigest(), len(offsets), min(offsets), max(offsets))
        told = (file["bytes"], file["sha256"], file["rows"], file["first"], file["last"])
        if seen != told or offsets != sorted(offsets):
            check(f"manifest: {file['path']}", seen, told)


def check_lake(guanxi, events, others):
    check_manifest(guanxi, len(events) + others)
    rows, version = with_pyarrow(guanxi.lake)
    check("pyarrow: schema version", version, b"2")
    check_rows("pyarrow", rows, events, others)
    rows, revenue = with_duckdb(guanxi.lake)
    check_rows("duckdb", rows, events, others)
    bought = (one for one in events if one["type"] == "purchase" and "price" in one)
    expected = sum(one["price"] * one["quantity"] for one in bought)
    check("duckdb: the sum of purchases", round(revenue, 6), round(expected, 6))
    return rows


def check_growth(guanxi, scratch, events, others):
    """A later export adds files and touches none; one without news does nothing."""
    before = {file["path"]: (guanxi.lake / file["path"]).stat().st_mtime_ns for file in guanxi.manifest()["files"]}
    more = [event(number) for number in range(len(events), len(events) + 333)]
    guanxi.load(interactions=write_csv(scratch / "more.csv", more))
    guanxi.export()
    files = guanxi.manifest()["files"]
    after = {path: (guanxi.lake / path).stat().st_mtime_ns for path in before}
    check("incremental: the old files are untouched", after == before, True)
    new = [file for file in files if file["path"] not in before]
    check("incremental: the new files hold the new records", sum(file["rows"] for file in new), len(more))
    check("incremental: and only those", min(file["first"] for file in new), len(events) + others + 1)
    check_lake(guanxi, events + more, others)
    manifest = guanxi.manifest()
    check("nothing new: says so", "nothing new" in guanxi.export(), True)
    check("nothing new: the manifest stays", guanxi.manifest() == manifest, True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guanxi", required=True, help="the executable")
    executable = parser.parse_args().guanxi
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        guanxi = Guanxi(executable, scratch)
        items = [{"item": "i/1", "name": "茶", "tags": ["a", "b"], "price": 9.99}, {"item": "i/2"}]
        users = [{"user": "用户1", "name": "李"}]
        relations = [
            {"from": "用户1", "kind": "friend", "to": "用户2"},
            {"from": "用户2", "kind": "follow", "to": "用户3"},
        ]
        events = [event(number) for number in range(1000)]
        guanxi.load(items=write_ndjson(scratch / "items.ndjson", items))
        guanxi.load(users=write_ndjson(scratch / "users.ndjson", users))
        guanxi.load(relations=write_csv(scratch / "relations.csv", relations))
        guanxi.load(interactions=write_ndjson(scratch / "events.ndjson", events))
        guanxi.export()
        others = len(items) + len(users) + len(relations)
        check_others(check_lake(guanxi, events, others))
        check_growth(guanxi, scratch, events, others)
    if FAILED:
        sys.exit(f"{len(FAILED)} checks failed: {', '.join(FAILED)}")


if __name__ == "__main__":
    main()
