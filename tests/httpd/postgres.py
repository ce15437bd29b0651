# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A PostgreSQL for tests, made by tests/pgsql/server, and httpds that share
it."""
import contextlib
import copy
import os
import shutil
import subprocess
import tempfile

from httpdserver import ROOT, TOP, USER, Server

PROGRAM = os.path.join(TOP, "tests", "pgsql", "server")
WRITER_LOCK = 7885631562835126640  # of the driver


class Postgres:
    """A server in a folder of its own."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="scep-pg-")
        self.database = "postgres"
        self.run("make")
        self.params = self.run("params").strip()

    def run(self, action, text=None, *more):
        done = subprocess.run([PROGRAM, action, self.dir, *more], input=text,
                              text=True, stdout=subprocess.PIPE, check=True)
        return done.stdout

    def stop(self):
        self.run("stop")

    def start(self):
        self.run("start")

    def another(self, name):
        """The same server with a database NAME, which is made."""
        self.sql(f"CREATE DATABASE {name}")
        other = copy.copy(self)
        other.database = name
        other.params = self.params.replace("dbname=postgres", f"dbname={name}")
        return other

    def sql(self, text, whole=False):
        """Rows, each a list of texts, or WHOLE."""
        lines = self.run("sql", text, self.database).splitlines()
        return lines if whole else [line.split("|") for line in lines]

    def number(self, text):
        return int(self.sql(text)[0][0])

    @contextlib.contextmanager
    def writers_locked_out(self):
        """Within this, every writer has to wait."""
        with subprocess.Popen([PROGRAM, "sql", self.dir], text=True,
                              stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as session:
            session.stdin.write("BEGIN;\nSELECT pg_advisory_xact_lock("
                                f"{WRITER_LOCK});\n\\echo locked\n")
            session.stdin.flush()
            while session.stdout.readline().strip() != "locked":
                assert session.poll() is None
            try:
                yield
            finally:
                session.stdin.close()

    def close(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def node(database, like=None, extra="", **arguments):
    """An httpd on DATABASE, not started; LIKE is another one of it, whose key
    it gets."""
    server = Server(extra=f'ScepDatabase pgsql "{database.params}"\n' + extra,
                    **arguments)
    if like:
        os.mkdir(server.path("state"), 0o700)
        shutil.copy(like.path("state", "challenge.key"),
                    server.path("state", "challenge.key"))
        os.chmod(server.path("state", "challenge.key"), 0o600)
        if ROOT:
            shutil.chown(server.path("state"), USER)
    return server
