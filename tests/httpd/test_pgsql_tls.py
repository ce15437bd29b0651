# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A PostgreSQL over TLS, with a certificate of a private CA and a password:
by a URI, keywords and a service file; and by scepctl."""
import os
import shutil
import subprocess

import pytest

import scepclient as scep
from fixtures import finish
from httpdserver import (ROOT, USER, Server, free_port, module, sanitizer)
from postgres import Postgres

pytestmark = pytest.mark.skipif(
    os.environ.get("SCEP_TEST_MPM", "event") != "event"
    or sanitizer() is not None, reason="done under event, without sanitizers")
SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")
PASSWORD = "over the wire"


@pytest.fixture(name="database", scope="module")
def fixture_database():
    database = Postgres()
    database.port = free_port()
    database.run("tls", None, str(database.port))
    database.sql(f"CREATE ROLE device LOGIN PASSWORD '{PASSWORD}'")
    yield database
    database.close()


@pytest.fixture(name="server")
def fixture_server(database):
    """server(params) gives an httpd on an empty database, not started."""
    servers = []

    def make(params):
        database.sql('DROP DATABASE IF EXISTS "scep db" WITH (FORCE)')
        database.sql('CREATE DATABASE "scep db" OWNER device')
        server = Server(extra='ScepDatabase pgsql "@"\n')
        servers.append(server)
        server.write("pgpass",
                     f"localhost:{database.port}:*:device:{PASSWORD}\n", 0o600)
        if ROOT:
            shutil.chown(server.path("pgpass"), USER)
        params = params.format(port=database.port, dir=database.dir,
                               passfile=server.path("pgpass"),
                               other=server.path("ca.crt"))
        server.replace_conf('pgsql "@"', f'pgsql "{params}"')
        return server

    yield make
    finish(servers, True)


@pytest.mark.parametrize("params", (
    "postgresql://device@localhost:{port}/scep%20db?sslmode=verify-full"
    "&sslrootcert={dir}/ca.crt&passfile={passfile}",
    "host=localhost port={port} user=device dbname='scep db' passfile={passfile}"
    " sslmode=verify-ca sslrootcert={dir}/ca.crt"))
def test_enrols(server, database, params):
    running = server(params).start()
    assert running.enrol(running.draw(), "tls").status == scep.SUCCESS
    assert set(map(tuple, database.sql(
        "SELECT usename, ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
        " WHERE datname = 'scep db'"))) == {("device", "t")}
    # by what httpd has written
    done = subprocess.run(
        [SCEPCTL, "audit", "--state-dir", running.path("state"), "--event",
         "issued"], capture_output=True, text=True, check=True)
    assert done.stdout.count("issued") == 1, done


def test_a_service_file(server, database):
    running = server("service=scep")
    running.write("services", "[scep]\nhost=localhost\nsslmode=verify-full\n"
                  f"port={database.port}\nuser=device\ndbname=scep db\n"
                  f"sslrootcert={database.dir}/ca.crt\n"
                  f"passfile={running.path('pgpass')}\n")
    environment = dict(running.environment(),
                       PGSERVICEFILE=running.path("services"))
    running.environment = lambda: environment
    running.start()
    assert running.enrol(running.draw(), "service").status == scep.SUCCESS


@pytest.mark.parametrize("params, said", (
    ("host=127.0.0.1 sslmode=verify-full sslrootcert={dir}/ca.crt",
     'does not match host name "127.0.0.1"'),
    ("host=localhost sslmode=verify-ca sslrootcert={other}",
     "certificate verify failed"),
    ("host=localhost sslmode=verify-full sslrootcert={dir}/data/none.crt",
     'root certificate file "'),
    ("host=localhost sslmode=verify-ca sslrootcert={passfile}",
     "could not read root certificate file"),
    ("host=localhost sslmode=disable", "no encryption"),
    ("host=localhost sslmode=perhaps", 'invalid sslmode value: "perhaps"'),
    ("host=localhost passfile=/nowhere", "no password supplied"),
    ("service=nowhere", 'definition of service "nowhere" not found')))
def test_why_not(server, params, said):
    refused = server(params + " port={port} user=device dbname='scep db'"
                     + ("" if "passfile=" in params else
                        " passfile={passfile}"))
    refused.expect("SCEP0003", "AH00020")
    log = refused.start_fails()
    assert said in log and "cannot use database" in log
    assert PASSWORD not in log
