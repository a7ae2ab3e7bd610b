#!/usr/bin/env python3
"""Whether the server does what its OpenAPI document says: schemathesis, all checks.

usage: run.py --guanxi FILE --schemathesis FILE [--examples 20] [--seed N]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guanxi", required=True, type=pathlib.Path)
    parser.add_argument("--schemathesis", required=True, type=pathlib.Path)
    parser.add_argument("--examples", default="20", help="cases for each operation beside those of the coverage phase")
    parser.add_argument("--seed", help="repeats a run: its last lines name it")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [args.guanxi.resolve(), "serve", "--data", f"{folder}/data", "--listen", "127.0.0.1:0"]
        server = subprocess.Popen(command, env=dict(os.environ, GUANXI_LOG__LEVEL="error"), stdout=subprocess.PIPE, text=True)
        try:
            url = server.stdout.readline().split()[-1]
            command = [args.schemathesis, "--config-file", "schemathesis.toml", "run", f"{url}/openapi.json", "-n", args.examples,
                       "--phases", "examples,coverage,fuzzing", "--continue-on-failure"]
            command += ["--seed", args.seed] if args.seed else []
            env = dict(os.environ, SCHEMATHESIS_HOOKS="hooks", PYTHONPATH=".")
            return subprocess.run(command, cwd=HERE, env=env).returncode
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
