"""The disk fails at the Nth call, once or from then on, for every N of a session."""

import errno
import pathlib
import random
import signal
import struct
import subprocess
import tempfile

from service import BATCH, Client, Gone, Load, Record, Service, verify

KINDS = ["write", "sync", "rename", "open"]


def sweep(args):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        shim = pathlib.Path(folder, "shim.so")
        source = pathlib.Path(__file__).with_name("shim.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
        counted = session(args, folder, shim, "write", 0, 0, False)
        tried, refused = 0, 0
        for kind, calls in zip(KINDS, counted):
            offset = random.Random(kind).randrange(args.every)
            for at in range(1 + offset, calls + 1, args.every):
                for goes_on in (False, True):
                    number = errno.ENOSPC if (at + goes_on) % 2 else errno.EIO
                    session(args, folder, shim, kind, at, number, goes_on)
                    tried += 1
        told = ", ".join(f"{calls} {kind}s" for kind, calls in zip(KINDS, counted))
        print(f"faults: a session of {args.operations} operations makes {told}; {tried} faults tried: "
              "0 wrong answers, 0 panics, 0 acknowledged writes lost", flush=True)


def session(args, folder, shim, kind, at, number, goes_on):
    """One session with one fault; returns how often each call was made."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        counts = pathlib.Path(place, "counts")
        counts.write_bytes(bytes(8 * len(KINDS)))
        service, record = Service(args.guanxi, f"{place}/data"), Record()
        fault = {
            "LD_PRELOAD": str(shim), "FAULT_ROOT": str(service.data), "FAULT_COUNTS": str(counts), "FAULT_OP": kind,
            "FAULT_AT": str(at), "FAULT_ERRNO": str(number), "FAULT_ON": str(int(goes_on)),
        }
        try:
            with service:
                suffer(args, service, record, fault)
                found = struct.unpack(f"{len(KINDS)}Q", counts.read_bytes())
                service.must_start()
                verify(service, record)
                service.stop()
        except AssertionError as broken:
            raise AssertionError(f"{kind} {at}, {errno.errorcode.get(number)}, {'from then on' if goes_on else 'once'}: {broken}") from broken
        return found


def suffer(args, service, record, fault):
    if service.start(fault):
        work(args, service, record)
        service.signal(signal.SIGKILL)
        service.wait()
    else:
        service.wait()
        assert service.process.returncode == 2, f"the start ended with {service.process.returncode}"
    assert "panicked" not in service.said, service.said


def work(args, service, record):
    """A script of writes, with reads between that must all be answered."""
    client = Client(service.port)
    load = Load(service, record, "s", writers=0, jobs=False)
    bought = 0
    for turn in range(args.operations):
        try:
            if turn % 4 == 0:
                load.put_events(client, f"s-0-{turn}")
                bought = sum(len(record.asked[batch]) for batch in record.acknowledged)
            elif turn % 4 == 1:
                load.put_price(client, f"p{turn % 8}")
            elif turn % 4 == 2:
                load.put_relation(client, f"a{turn}")
            else:
                status, body = client.call("GET", "/v1/recommend/popular?limit=50")
                assert status == 200, f"a read was answered with {status}: {body}"
                assert not bought or len(body["items"]) >= BATCH, f"{len(body['items'])} items after {bought} purchases"
        except Gone:
            # The server closes a connection only when it ends, and nothing here may end it.
            raise AssertionError("the server gave up")
    load.end()
