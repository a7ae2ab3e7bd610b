#!/usr/bin/env python3
"""Opens examples/storefront.html in a headless browser against a real server and reads the page.

usage: storefront.py --guanxi FILE --chromium FILE

The page comes from another origin than the server, with a public key and a user's token, as in a shop. Exit code 1 if the list is wrong.
"""

import argparse
import base64
import functools
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

EXAMPLES = pathlib.Path(__file__).parent.parent / "examples"
SECRET = b"thirty-two bytes for this test.."
# The way out for everything that a browser would ask its maker.
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(user):
    """A JWT that says who looks at the page, signed with HS256 as a shop does."""
    now = int(time.time())
    header = {"alg": "HS256", "kid": "shop"}
    claims = {"sub": user, "aud": "guanxi", "iat": now, "exp": now + 600}
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    return signed + "." + base64url(hmac.new(SECRET, signed.encode(), hashlib.sha256).digest())


def key(guanxi, data, *arguments):
    command = [guanxi, "keys", "create", "--data", data, "--name", "test", *arguments]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return next(word for word in output.split() if word.startswith("gx_"))


def post(url, path, body, secret):
    headers = {"content-type": "application/json", "authorization": f"Bearer {secret}"}
    with urllib.request.urlopen(urllib.request.Request(url + path, json.dumps(body).encode(), headers)) as answer:
        return json.load(answer)


def page(chromium, folder, address):
    """The page as it is once its script has run."""
    command = [chromium, *QUIET, f"--user-data-dir={folder}/browser", "--virtual-time-budget=10000", "--dump-dom", address]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def serve_examples():
    class Files(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=EXAMPLES))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def check(guanxi, chromium, folder):
    origin, data = serve_examples(), folder / "data"
    jwks = folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [{"kty": "oct", "kid": "shop", "alg": "HS256", "k": base64url(SECRET)}]}))
    env = dict(os.environ, GUANXI_LOG__LEVEL="error", GUANXI_TOKENS__JWKS=str(jwks))
    command = [guanxi, "serve", "--data", data, "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().split()[-1]
        write = key(guanxi, data, "--scope", "write")
        public = key(guanxi, data, "--scope", "public", "--origin", origin)
        time.sleep(1.5)  # A new key is seen within a second.
        post(url, "/v1/relations", [{"from": "li", "kind": "friend", "to": friend} for friend in ("wang", "zhao")], write)
        post(url, "/v1/items", [{"id": "jasmine-tea", "name": "Jasmine tea"}], write)
        post(url, "/v1/events", [{"user": user, "item": "jasmine-tea", "type": "purchase"} for user in ("wang", "zhao")], write)
        query = {"server": url, "key": public, "token": token("li")}
        good = page(chromium, folder, f"{origin}/storefront.html?{urllib.parse.urlencode(query)}")
        assert "Jasmine tea (2 friends bought it)" in good, good
        query["key"] = "gx_00000000_wrong"
        bad = page(chromium, folder, f"{origin}/storefront.html?{urllib.parse.urlencode(query)}")
        assert "No list:" in bad and "Jasmine" not in bad, bad
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guanxi", required=True, type=pathlib.Path)
    parser.add_argument("--chromium", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            check(args.guanxi.resolve(), args.chromium, pathlib.Path(folder))
        except AssertionError as wrong:
            print(f"FAIL the page shows\n{wrong}")
            return 1
    print("ok   the page shows what two friends bought, and an error without a valid key")
    return 0


if __name__ == "__main__":
    sys.exit(main())
