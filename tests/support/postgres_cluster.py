#!/usr/bin/env python3
"""A PostgreSQL server of Debian's package for the time of a test: in a temporary folder, on 127.0.0.1, with passwords.

As a program it runs a command with PRETAG_TEST_DATABASE set to the address of a database of its own:
    postgres_cluster.py COMMAND [ARGUMENTS]
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENCE = 600  # seconds; only something that hangs takes as long
NOBODY = 65534


def newest_programs():
    """The folder of initdb, postgres and psql. A missing PostgreSQL is an error: half of the server's tests need it."""
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if not versions:
        sys.exit("PostgreSQL is not installed; scripts/install-dependencies --test does it")
    return max(versions, key=lambda path: int(path.parent.name))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def psql(url, sql):
    """What a statement gives, a line a row."""
    done = subprocess.run([newest_programs() / "psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"psql failed: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def new_database(url, options="ENCODING 'UTF8'"):
    """The address of a new database beside the one at `url`."""
    name = "pretag_" + secrets.token_hex(6)
    psql(url, f"CREATE DATABASE {name} TEMPLATE template0 {options}")
    return url.rsplit("/", 1)[0] + "/" + name


def dump(url):
    """All that a database holds, as SQL."""
    return subprocess.run([newest_programs() / "pg_dump", "-d", url], check=True, capture_output=True,
                          timeout=PATIENCE).stdout


class Cluster:
    """Started by the constructor; stop() it. Its language sorts a before B, as bytes do not: what relies on the order of
    bytes has to say so. What is written is not forced to the disk, so nothing of it survives the machine."""

    def __init__(self):
        self.programs = newest_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="pretag-pg-"))
        self.user, self.password = "pretag", secrets.token_hex(12)
        (self.folder / "password").write_text(self.password + "\n")
        # PostgreSQL refuses to run as root.
        self.as_user = []
        if os.geteuid() == 0:
            self.as_user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            for path in (self.folder, self.folder / "password"):
                os.chown(path, NOBODY, NOBODY)
        done = subprocess.run(
            ["setpriv", *self.as_user, self.programs / "initdb", "--pgdata=data", f"--username={self.user}",
             "--pwfile=password", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu",
             "--icu-locale=en", "--no-sync"],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")
        for attempts_left in reversed(range(5)):  # somebody else may be quicker to take the port
            self.port = free_port()
            try:
                self.start()
                break
            except RuntimeError:
                if not attempts_left or self.server.poll() is None:
                    raise

    def start(self):
        """A child of this process, and never longer alive than it, however that ends."""
        settings = {"unix_socket_directories": self.folder, "listen_addresses": "127.0.0.1", "port": self.port,
                    "fsync": "off", "synchronous_commit": "off", "max_connections": 60, "shared_buffers": "32MB"}
        with open(self.folder / "log", "ab") as log:
            self.server = subprocess.Popen(
                ["setpriv", "--pdeathsig=INT", *self.as_user, self.programs / "postgres", "-D", "data",
                 *(f"--{key}={value}" for key, value in settings.items())],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not self.is_ready():
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def is_ready(self):
        """As pg_ctl finds out: the last line of the server's own file. At the port, another server may answer."""
        try:
            return (self.folder / "data/postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (FileNotFoundError, IndexError):
            return False

    def halt(self):
        """Ends the server at once, with the connections it has, but keeps its data."""
        self.server.send_signal(signal.SIGINT)
        self.server.wait(PATIENCE)

    def restart(self):
        self.halt()
        self.start()

    def stop(self):
        self.halt()  # nothing where it is halted already
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database="postgres", password=None):
        return f"postgresql://{self.user}:{password or self.password}@127.0.0.1:{self.port}/{database}"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    cluster = Cluster()
    try:
        environment = {**os.environ, "PRETAG_TEST_DATABASE": new_database(cluster.url())}
        sys.exit(subprocess.run(sys.argv[1:], env=environment).returncode)
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
