#!/usr/bin/env python3
"""How the service behaves when too much is asked, when it is restarted, and when clients are slow.

usage: run.py overload  --guanxi FILE [--clients 64] [--seconds 3]     too many questions at once
       run.py restarts  --guanxi FILE [--rounds 6]                     two processes on one socket, restarted in turn
       run.py half-open --guanxi FILE [--connections 2000]             connections that send half a head
       run.py bodies    --guanxi FILE [--clients 40]                   the largest bodies, and clients that don't read their answers

Standard library only. Prints figures as ratios within the run, and asserts only what no noise can break. Exit code 1 where that fails.
"""

import argparse
import asyncio
import json
import os
import pathlib
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

USERS, ITEMS = 500, 300


class Service:
    """One process on one directory, on a socket of its own or on one that is handed over."""

    def __init__(self, guanxi, data, shared=None, env=None, prefix=()):
        command, extra = [*prefix, str(guanxi), "serve", "--data", str(data), "--listen", "127.0.0.1:0"], {}
        if shared is not None:
            # The socket is descriptor 3, and the variable names the process, as systemd does it.
            command = ["sh", "-c", f'exec 3<&{shared.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh", *command]
            extra = {"pass_fds": [shared.fileno()]}
        environment = dict(os.environ, GUANXI_LOG__LEVEL="error", GUANXI_DATA__MIN_FREE_BYTES="0", **(env or {}))
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, **extra)
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://"), line
        self.port = int(line.strip().rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def resident(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class Client:
    """One connection, opened again when the server says that it ends."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, method, path, body=None):
        """Status, headers and body. A connection that ends before the answer is an error, and no request is sent twice."""
        await self.send(method, path, body)
        return await self.receive()

    async def send(self, method, path, body=None, request_id=None):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        body = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        more = "content-type: application/json\r\n" if body else ""
        more += f"x-request-id: {request_id}\r\n" if request_id else ""
        head = f"{method} {path} HTTP/1.1\r\nhost: x\r\n{more}content-length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        await self.writer.drain()

    async def receive(self):
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
        answer = await self.reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), headers, answer

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None


async def fill(port):
    client = Client(port)
    events = [{"event_id": f"e{n}", "user": f"u{n * 7 % USERS}", "item": f"i{n * n % ITEMS}", "type": "purchase", "ts": 1_700_000_000 + n} for n in range(5_000)]
    status, _, answer = await client.ask("POST", "/v1/events", events)
    assert status == 200, answer
    client.close()


def check(status, headers, answer, request_id):
    """It is a list or a refusal that says when to come back, and that of this request."""
    assert status in (200, 503), (status, answer)
    assert headers["x-request-id"] == request_id, (headers, request_id)
    if status == 503:
        assert int(headers["retry-after"]) >= 1, headers
        assert json.loads(answer)["code"] == "busy", answer


async def ask_on(port, until, found, pause=0.0, path="/v1/recommend/for-you?limit=20&user=u{}", in_a_row=1):
    """Asks one question after the other, or so many before it reads; every one must be answered, in their order."""
    client, number = Client(port), 0
    while time.monotonic() < until:
        numbers = range(number, number + in_a_row)
        number += in_a_row
        began = time.monotonic()
        for one in numbers:
            await client.send("GET", path.format(one % USERS), request_id=f"{id(client)}-{one}")
        for one in numbers:
            status, headers, answer = await client.receive()
            check(status, headers, answer, f"{id(client)}-{one}")
            found.setdefault(status, []).append(time.monotonic() - began)
        if pause:
            await asyncio.sleep(pause)
    client.close()


async def health(port, until, found):
    client = Client(port)
    while time.monotonic() < until:
        began = time.monotonic()
        status, _, _ = await client.ask("GET", "/health/live")
        assert status == 200
        found.append(time.monotonic() - began)
        await asyncio.sleep(0.02)
    client.close()


def p99(times):
    return statistics.quantiles(times, n=100)[98] if len(times) > 1 else float("nan")


async def counted(port):
    """How many lists were refused, as the server counts."""
    client = Client(port)
    _, _, figures = await client.ask("GET", "/metrics")
    client.close()
    name = 'guanxi_http_requests_total{method="GET",route="/v1/recommend/{scenario}",status="503"} '
    return sum(int(line.removeprefix(name)) for line in figures.decode().splitlines() if line.startswith(name))


async def overload(args):
    with tempfile.TemporaryDirectory() as folder:
        with Service(args.guanxi, f"{folder}/data", env={"GUANXI_SERVER__MAX_WAITING": "8"}) as service:
            await fill(service.port)
            until, found, lives = time.monotonic() + args.seconds, {}, []
            tasks = [ask_on(service.port, until, found, in_a_row=1 + n % 4) for n in range(args.clients)]
            await asyncio.gather(*tasks, health(service.port, until, lives))
            answered, refused = len(found.get(200, [])), len(found.get(503, []))
            assert answered > 0 and lives
            quiet = {}
            await ask_on(service.port, time.monotonic() + 0.5, quiet)
            assert not quiet.get(503), "it refuses although nobody else asks"
            assert refused > 0, "nothing was refused"
            assert await counted(service.port) == refused, "not every refusal was counted"
            print(f"overload: {args.clients} clients at once, {answered} answered, {refused} refused at once, 0 lost; health answered "
                  f"{len(lives)} times, p99 {p99(lives) * 1e3:.1f} ms, with the client on the same cores", flush=True)


async def restarts(args):
    """Two processes accept on one socket. One after the other is told to end, and another takes its place."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0), backlog=512) as shared:
        started = [Service(args.guanxi, f"{folder}/{name}", shared) for name in "ab"]
        port = shared.getsockname()[1]
        try:
            stop = asyncio.Event()
            found = {}

            async def ask_until_stopped():
                while not stop.is_set():
                    await ask_on(port, time.monotonic() + 0.2, found, path="/v1/recommend/popular")

            tasks = [asyncio.create_task(ask_until_stopped()) for _ in range(8)]
            for round_ in range(args.rounds):
                await asyncio.sleep(0.1)
                at = round_ % 2
                started[at].process.send_signal(signal.SIGTERM)
                code = await asyncio.to_thread(started[at].process.wait, 30)
                assert code == 0, f"it ended with {code}"
                started[at] = await asyncio.to_thread(Service, args.guanxi, f"{folder}/{'ab'[at]}", shared)
            stop.set()
            await asyncio.gather(*tasks)
            print(f"restarts: {args.rounds} in turn, {len(found[200])} requests, 0 failed", flush=True)
        finally:
            for service in started:
                service.__exit__()


async def half_open(args):
    with tempfile.TemporaryDirectory() as folder:
        with Service(args.guanxi, f"{folder}/data") as service:
            await fill(service.port)
            alone, beside = {}, {}
            await ask_on(service.port, time.monotonic() + args.seconds, alone, 0.002)
            halves = []
            for _ in range(args.connections):
                reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
                writer.write(b"GET /health/live HTTP/1.1\r\nhost: x\r\nx-slow: ")
                halves.append((reader, writer))
            await ask_on(service.port, time.monotonic() + args.seconds, beside, 0.002)
            # Those that stay silent are closed, and all of them are gone at last.
            for reader, writer in halves:
                assert await asyncio.wait_for(reader.read(), 30) == b""
                writer.close()
            ratio = p99(beside[200]) / p99(alone[200])
            print(f"half-open: {args.connections} connections beside, p99 {ratio:.2f} of what it is alone, all closed afterwards", flush=True)


async def bodies(args):
    """Bodies of 16 MiB at once, and clients that ask for much and read nothing: memory stays bounded, and good traffic is answered."""
    with tempfile.TemporaryDirectory() as folder:
        with Service(args.guanxi, f"{folder}/data") as service:
            await fill(service.port)
            before, most = service.resident(), 0
            one = json.dumps({"event_id": "x", "user": "u1", "item": "i1", "type": "view", "ts": 1_700_000_000}).encode()
            large = b"[" + b",".join([one] * (15_000_000 // (len(one) + 1))) + b"]"
            statuses = {}

            async def send():
                client = Client(service.port)
                try:
                    status, headers, _ = await client.ask("POST", "/v1/events", large)
                    assert status in (200, 503), status
                    assert status == 200 or headers["retry-after"]
                except (ConnectionError, asyncio.IncompleteReadError):
                    # Refused while it was still sending: the answer may be lost on the way.
                    status = "cut off"
                statuses[status] = statuses.get(status, 0) + 1
                client.close()

            async def ask_and_not_read():
                _, writer = await asyncio.open_connection("127.0.0.1", service.port, limit=1_024)
                for number in range(200):
                    writer.write(f"GET /v1/recommend/popular?limit=200 HTTP/1.1\r\nhost: x\r\n\r\n".encode())
                await asyncio.sleep(2)
                writer.transport.abort()

            found = {}
            tasks = [asyncio.create_task(send()) for _ in range(args.clients)]
            tasks += [asyncio.create_task(ask_and_not_read()) for _ in range(args.clients)]
            tasks += [asyncio.create_task(ask_on(service.port, time.monotonic() + 3, found, 0.01))]
            while not all(task.done() for task in tasks):
                most = max(most, service.resident())
                await asyncio.sleep(0.02)
            await asyncio.gather(*tasks)
            grown = (most - before) >> 20
            print(f"bodies: {args.clients} of {len(large) >> 20} MiB at once: {statuses}; memory grew by {grown} MiB; {len(found.get(200, []))} questions answered beside", flush=True)
            assert grown <= 256, f"memory grew by {grown} MiB"


def main():
    commands = {"overload": overload, "restarts": restarts, "half-open": half_open, "bodies": bodies}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=commands)
    parser.add_argument("--guanxi", required=True, type=pathlib.Path)
    parser.add_argument("--clients", type=int, default=40)
    parser.add_argument("--connections", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    # As many connections as the system lets anybody have, here and in the servers, which inherit it.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        asyncio.run(commands[args.command](args))
    except (AssertionError, ConnectionError, asyncio.IncompleteReadError) as broken:
        print(f"FAIL {args.command}: {type(broken).__name__} {broken}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
