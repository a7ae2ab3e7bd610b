"""A guanxi service on a data directory, and what a client of it may expect afterwards."""

import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import threading
import time

BATCH = 10


class Gone(Exception):
    """The server did not answer: what was asked may or may not have happened."""


class Service:
    """The executable, serving one directory."""

    def __init__(self, guanxi, data, env=None):
        self.guanxi, self.data, self.env = guanxi, pathlib.Path(data), dict(os.environ, **(env or {}))
        self.env.setdefault("GUANXI_LOG__LEVEL", "error")
        self.env["GUANXI_DATA__MIN_FREE_BYTES"] = self.env.get("GUANXI_DATA__MIN_FREE_BYTES", "0")
        self.env["GUANXI_MODELS__POLL_INTERVAL"] = "50ms"
        self.process, self.port, self.said = None, None, ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def start(self, env=None):
        """Starts it. Returns whether it came up; what it said on standard error is in `said` once it ended."""
        self.process = subprocess.Popen(
            [self.guanxi, "serve", "--data", self.data, "--listen", "127.0.0.1:0"],
            env=dict(self.env, **(env or {})), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        line = self.process.stdout.readline()
        if not line.startswith("listening on http://"):
            self.said = self.process.communicate()[1]
            return False
        self.port = int(line.strip().rsplit(":", 1)[1])
        # A full pipe would stop the server.
        threading.Thread(target=self._listen, args=(self.process.stderr,), daemon=True).start()
        return True

    def _listen(self, stderr):
        self.said = ""
        for line in stderr:
            self.said += line

    def must_start(self):
        if not self.start():
            raise AssertionError(f"the server does not start: {self.said}")

    def signal(self, which):
        self.process.send_signal(which)

    def wait(self):
        return self.process.wait(timeout=60)

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.wait()

    def run(self, *args, check=True):
        """Another command of the executable, which may be killed by the caller's signals."""
        done = subprocess.run([self.guanxi, *map(str, args)], env=self.env, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise AssertionError(f"guanxi {args[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done


class Client:
    """One connection. Every call returns status and body, or raises Gone."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def call(self, method, path, body=None):
        try:
            kind = {"content-type": "application/json"} if body is not None else {}
            self.connection.request(method, path, json.dumps(body) if body is not None else None, kind)
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Gone(str(error)) from error


def event(identity):
    number = int(identity[1:].split("-")[1])
    return {"event_id": identity, "user": f"u{number % 50}", "item": f"i{number % 40}", "type": "purchase", "ts": 1_700_000_000}


class Record:
    """What clients asked for, and what they were promised."""

    def __init__(self):
        self.lock = threading.Lock()
        self.asked, self.acknowledged = {}, set()  # batches of events by name
        self.prices = {}  # item -> [last promised or None, those asked for since]
        self.relations = set()
        self.models, self.exported = set(), 0
        self.counts = {"events": 0, "items": 0, "relations": 0, "models": 0, "exports": 0}

    def count(self, what, by=1):
        with self.lock:
            self.counts[what] += by


class Load:
    """Writers, a trainer and an exporter at work until the service is gone or `stop` is set."""

    def __init__(self, service, record, name, writers=4, jobs=True):
        self.service, self.record, self.name = service, record, name
        self.over, self.children, self.errors = threading.Event(), [], []
        self.frozen = threading.Event()
        tasks = [(self.write, number) for number in range(writers)]
        tasks += [(self.train, 0), (self.export, 0)] if jobs else []
        self.threads = [threading.Thread(target=self._guard, args=task) for task in tasks]
        for thread in self.threads:
            thread.start()

    def _guard(self, task, number):
        try:
            task(number)
        except Gone:
            pass
        except Exception as error:  # told to the main thread, which fails
            self.errors.append(f"{type(error).__name__}: {error}")

    def wait_for_a_model(self, seconds):
        """Returns once one more model was published, or after so long."""
        before, until = self.record.counts["models"], time.monotonic() + seconds
        while self.record.counts["models"] == before and not self.errors and time.monotonic() < until:
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.signal_jobs(signal.SIGKILL)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.errors:
            raise AssertionError(self.errors[0])

    def write(self, number):
        client, chance = Client(self.service.port), random.Random(f"{self.name}{number}")
        for turn in range(1_000_000):
            if self.over.is_set():
                return
            kind = chance.random()
            if kind < 0.7:
                self.put_events(client, f"{self.name}-{number}-{turn}")
            elif kind < 0.85:
                self.put_price(client, f"p{number}-{chance.randrange(5)}")
            else:
                self.put_relation(client, f"a{self.name}-{number}-{turn}")

    def is_promise(self, status, body):
        """Whether an answer promises something: what comes once the power is being cut, a dead machine could not have said."""
        assert status in (200, 503), (status, body)
        return status == 200 and not self.frozen.is_set()

    def put_events(self, client, batch):
        ids = [f"e{batch.replace('-', '_')}-{at}" for at in range(BATCH)]
        with self.record.lock:
            self.record.asked[batch] = ids
        status, body = client.call("POST", "/v1/events", [event(identity) for identity in ids])
        if self.is_promise(status, body):
            assert body["accepted"] == BATCH, body
            with self.record.lock:
                self.record.acknowledged.add(batch)
            self.record.count("events", BATCH)

    def put_price(self, client, item):
        # An item belongs to one writer, so that its prices have an order.
        known = self.record.prices.setdefault(item, [None, []])
        price = float(len(known[1]) + 1 + (known[0] or 0))
        known[1].append(price)
        status, body = client.call("PUT", f"/v1/items/{item}", {"price": price})
        if self.is_promise(status, body):
            known[0], known[1] = price, []
            self.record.count("items")

    def put_relation(self, client, friend):
        status, body = client.call("PUT", f"/v1/relations/{friend}/friend/b")
        if self.is_promise(status, body):
            with self.record.lock:
                self.record.relations.add(friend)
            self.record.count("relations")

    def _job(self, *args):
        """Runs a command beside the service; returns what it printed if it ended well before everything stopped."""
        process = subprocess.Popen([self.service.guanxi, *map(str, args)], env=self.service.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with self.record.lock:
            self.children.append(process)
        out, said = process.communicate()
        if process.returncode not in (0, 2, -9):
            raise AssertionError(f"guanxi {args[0]} ended with {process.returncode}: {said}")
        return out if process.returncode == 0 and not self.frozen.is_set() else None

    def train(self, _):
        while not self.over.is_set():
            out = self._job("train", "--data", self.service.data, "--recipe", "quick")
            if out is not None:
                listed = self.service.run("models", "list", "--data", self.service.data, check=False).stdout
                current = [line.split()[1] for line in listed.splitlines() if line.startswith("*")]
                if current and not self.frozen.is_set():
                    self.record.models.add(current[0])
                    self.record.count("models")
            time.sleep(0.05)

    def export(self, _):
        lake = self.service.data.with_name("lake")
        while not self.over.is_set():
            out = self._job("export", "--data", self.service.data, "--out", lake)
            if out is not None:
                through = int(out.strip().rsplit(" ", 1)[1])
                if not self.frozen.is_set():
                    self.record.exported = max(self.record.exported, through)
                    self.record.count("exports")
            time.sleep(0.05)

    def signal_jobs(self, which):
        for child in list(self.children):
            if child.poll() is None:
                child.send_signal(which)


def verify(service, record, batches=None):
    """Compares a restarted service with what was promised. Returns how many batches nobody was promised are there."""
    client, kept = Client(service.port), 0
    for batch in list(record.asked if batches is None else batches):
        status, body = client.call("POST", "/v1/events", [event(identity) for identity in record.asked[batch]])
        assert status == 200, (status, body)
        there = body["duplicates"]
        if batch in record.acknowledged:
            assert there == BATCH, f"{BATCH - there} acknowledged events of batch {batch} are lost"
        else:
            assert there in (0, BATCH), f"{there} of {BATCH} events of batch {batch} are there"
            kept += there > 0
            record.acknowledged.add(batch)
    for item, (promised, asked) in record.prices.items():
        status, body = client.call("GET", f"/v1/items/{item}")
        price = body.get("price") if status == 200 else None
        assert price == promised or price in asked, f"item {item} costs {price}, and {promised} or {asked} was asked for"
        record.prices[item] = [price, []]
    for friend in list(record.relations):
        status, body = client.call("DELETE", f"/v1/relations/{friend}/friend/b")
        assert status == 200, f"the acknowledged relation of {friend} is lost: {body}"
    record.relations.clear()
    listed = service.run("models", "list", "--data", service.data).stdout
    for version in record.models:
        assert version in listed, f"the published model {version} is lost"
    told = service.run("check", "--data", service.data, check=False)
    assert told.returncode == 0, f"guanxi check: {told.stdout}{told.stderr}"
    if record.exported:
        out = service.run("export", "--data", service.data, "--out", service.data.with_name("lake")).stdout
        assert int(out.strip().rsplit(" ", 1)[1]) >= record.exported, out
    return kept
