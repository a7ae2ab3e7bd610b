#!/usr/bin/env python3
"""TLS of a server built with `--features tls`: who is let in, what is refused, and certificates that are replaced while it runs.

usage: tls.py --guanxi FILE

Needs the command `openssl`, which makes the certificates. Exit code 1 where a check fails.
"""

import argparse
import http.client
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings

# Old versions of TLS are tried on purpose.
warnings.simplefilter("ignore", DeprecationWarning)
# A changed file is seen after a quarter of a second.
SEEN = 1.0


def certificate(folder, name):
    """A key and a certificate for localhost, signed by itself."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert


def put(source, target):
    """Replaces a file as tools that renew certificates do: whole."""
    half = target.with_suffix(".half")
    half.write_bytes(source if isinstance(source, bytes) else source.read_bytes())
    os.replace(half, target)


class Server:
    def __init__(self, guanxi, folder, key, cert):
        env = dict(os.environ, GUANXI_SERVER__TLS_CERT=str(cert), GUANXI_SERVER__TLS_KEY=str(key), GUANXI_SERVER__HEADER_TIMEOUT="1s",
                   GUANXI_LOG__LEVEL="error")
        command = [guanxi, "serve", "--data", folder / "data", "--listen", "127.0.0.1:0"]
        self.log = folder / "log"
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=self.log.open("w"), text=True)
        self.line = self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    @property
    def port(self):
        return int(self.line.strip().rsplit(":", 1)[1])


def connect(port, trusted, **versions):
    context = ssl.create_default_context(cafile=trusted)
    # Here old versions may be spoken: it is the server that must refuse them.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    for name, version in versions.items():
        setattr(context, name, version)
    return http.client.HTTPSConnection("localhost", port, timeout=5, context=context)


def ask(connection):
    connection.request("GET", "/health/live")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def refuses(action):
    try:
        action()
    except (OSError, http.client.HTTPException):
        return True
    return False


def plain(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as stream:
        stream.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        return stream.recv(1_000)


def silent(port):
    """How long a connection is kept that says nothing, in seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
        began = time.monotonic()
        try:
            while stream.recv(1_000):
                pass
        except ConnectionError:
            pass
        return time.monotonic() - began


def served(guanxi, folder):
    old, new = certificate(folder, "old"), certificate(folder, "new")
    key, cert = folder / "server.key", folder / "server.pem"
    put(old[0], key), put(old[1], cert)
    with Server(guanxi, folder, key, cert) as server:
        assert server.line.startswith("listening on https://"), server.line
        kept = connect(server.port, old[1])
        assert ask(kept) == 200, "the certificate is not served"
        assert refuses(lambda: ask(connect(server.port, new[1]))), "a client that trusts another certificate came through"
        old_version = {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_1}
        assert refuses(lambda: ask(connect(server.port, old[1], **old_version))), "TLS 1.1 was spoken"
        assert not plain(server.port).startswith(b"HTTP"), "plain HTTP was answered"
        assert silent(server.port) < 5, "a client that says nothing is kept"
        # The files come one after the other: until both are there, the old ones are served. So it is in both orders.
        for first, second, trusted, before in [(0, 1, new, old), (1, 0, old, new)]:
            put(trusted[first], (key, cert)[first])
            time.sleep(SEEN)
            assert ask(connect(server.port, before[1])) == 200, "half a change was followed"
            put(trusted[second], (key, cert)[second])
            time.sleep(SEEN)
            assert ask(connect(server.port, trusted[1])) == 200, "the replaced certificate is not served"
        put(b"no certificate", cert)
        time.sleep(SEEN)
        assert ask(connect(server.port, old[1])) == 200, "a file that is no certificate was followed"
        assert "server.pem" in server.log.read_text(), "nobody was told"
        assert ask(kept) == 200, "an open connection was closed"


def unusable(guanxi, folder):
    key, cert = certificate(folder, "one")
    other, _ = certificate(folder, "other")
    nothing = folder / "nothing.pem"
    for bad_key, bad_cert, named in [(key, nothing, "nothing.pem"), (nothing, cert, "nothing.pem"), (other, cert, "one.pem"), (key, key, "one.key")]:
        with Server(guanxi, folder, bad_key, bad_cert) as server:
            assert server.process.wait(timeout=20) != 0 and not server.line, "it serves without a certificate"
            assert named in server.log.read_text(), server.log.read_text()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guanxi", required=True, type=pathlib.Path)
    guanxi = parser.parse_args().guanxi.resolve()
    for check in (served, unusable):
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(guanxi, pathlib.Path(folder))
            except AssertionError as broken:
                print(f"FAIL {check.__name__}: {broken}")
                return 1
            print(f"ok   {check.__name__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
