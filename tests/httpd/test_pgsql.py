# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Two httpds that share one PostgreSQL: a password that one draws can be spent
at the other, once, whatever is killed in between."""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import threading
import time

import pytest

import scepclient as scep
from fixtures import finish
from httpdserver import ADMIN, ROOT, SECRET, USER, module, sanitizer
from postgres import Postgres, node
from test_api import call as api
from test_concurrency import at_once, certificates, senders
from test_renewal import first, renew

# It takes its time, and neither MPM nor sanitizer make a difference.
pytestmark = pytest.mark.skipif(
    os.environ.get("SCEP_TEST_MPM", "event") != "event"
    or sanitizer() is not None, reason="done under event, without sanitizers")
CLIENTS = 64
SCEPCTL = os.path.join(os.path.dirname(os.path.dirname(module())), "scepctl")


def requests_for(server, passwords):
    """One request for each password; a few devices share a key, none the
    name."""
    return [scep.Request(server.ra_cert, password,
                         f"device-{server.port}-{number}",
                         key=scep.shared_key(number % 8))
            for number, password in enumerate(passwords)]


@pytest.fixture(name="database", scope="module")
def fixture_database():
    database = Postgres()
    yield database
    database.close()


@pytest.fixture(name="nodes", scope="module")
def fixture_nodes(database):
    """Two servers that run until the module's end."""
    first = node(database)
    first.start()
    second = node(database, like=first)
    second.start()
    yield first, second
    finish([first, second], True)


@pytest.fixture(name="make")
def fixture_make(database):
    """make(**node's arguments) gives a server for this test alone."""
    servers = []

    def make(on=database, **arguments):
        server = node(on, **arguments)
        servers.append(server)
        return server

    yield make
    finish(servers, True)


def certificate_count(database):
    return database.number("SELECT COUNT(*) FROM certificates")


def test_drawn_here_spent_there_once(nodes, database):
    first, second = nodes
    before = certificate_count(database)
    password = first.draw()
    reply = second.enrol(password, "one")
    assert reply.status == scep.SUCCESS
    second.verify(reply.certs[0])
    for server in nodes:
        refused = server.enrol(password, "two", number=1)
        assert refused.status == scep.FAILURE
        assert refused.fail_text == "The request was not authorized."
    assert certificate_count(database) == before + 1


def test_a_retry_is_answered_by_the_other_node(nodes, database):
    first, second = nodes
    before = certificate_count(database)
    request = scep.Request(first.ra_cert, first.draw(), "retry",
                           key=scep.shared_key(0))
    message = request.der()
    one = first.reply(first.endpoint().post(message), request)
    two = second.reply(second.endpoint().post(message), request)
    assert one.status == two.status == scep.SUCCESS
    assert one.certs == two.certs
    assert certificate_count(database) == before + 1


def test_one_password_for_many_over_both_nodes(nodes, database):
    before = certificate_count(database)
    password = nodes[0].draw()
    jobs = []
    for server in nodes:
        jobs += senders(server, requests_for(
            server, [password] * (CLIENTS // 2)))
    assert len(certificates(at_once(jobs))) == 1
    assert certificate_count(database) == before + 1


def test_a_password_each_over_both_nodes(nodes):
    count = CLIENTS // 4
    passwords = [nodes[number % 2].draw() for number in range(2 * count)]
    jobs = []
    for server, first in zip(nodes, (0, count)):
        jobs += senders(server, requests_for(
            server, passwords[first:first + count]))
    found = certificates(at_once(jobs))
    assert len({cert.serial_number for cert in found}) == 2 * count


def test_most_of_a_user_over_both_nodes(nodes, make, database):
    extra = "ScepPasswordMaxPerUser 7\n"
    first = make(like=nodes[0], extra=extra)
    first.start()
    second = make(like=nodes[0], extra=extra)
    second.start()
    database.sql("UPDATE challenges SET expires = 0 WHERE state = 0")
    for server in (first, second):
        server.expect("SCEP0176")
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        pages = list(pool.map(lambda number: (first, second)[number % 2]
                              .admin().body.decode("utf-16"), range(CLIENTS)))
    assert sum("challenge password is" in page for page in pages) == 7
    assert sum("cache is full" in page for page in pages) == CLIENTS - 7
    assert database.number("SELECT COUNT(*) FROM challenges "
                           "WHERE state = 0 AND expires > 0") == 7


def test_cancel_many(nodes, database):
    for server in nodes:
        server.expect("SCEP0153")
    passwords = [server.draw() for server in nodes]
    before = database.number("SELECT MAX(seq) FROM audit")
    count = database.number("SELECT COUNT(*) FROM challenges WHERE state = 0 "
                            "AND expires > created + 1000000")
    answer = nodes[0].http("POST", "/certsrv/mscep_admin/api/challenges/cancel",
                           json.dumps({"user": ADMIN}),
                           {"Content-Type": "application/json"},
                           user=f"{ADMIN}:{SECRET}")
    assert json.loads(answer.body) == {"cancelled": count}
    for number, server in enumerate(reversed(nodes)):
        assert server.enrol(passwords[number], "cancelled", number=number
                            ).status == scep.FAILURE
    rows = database.sql(f"SELECT seq, event FROM audit WHERE seq > {before} "
                        "AND event LIKE 'challenge%cancelled' ORDER BY seq")
    assert [row[1] for row in rows] == (["challenges-cancelled"]
                                        + ["challenge-cancelled"] * count)
    assert len({row[0] for row in rows}) == count + 1


def request_of(server, subject, number):
    """With a password of its own."""
    password, key = server.draw(), scep.shared_key(number)
    request = scep.Request(server.ra_cert, password, key=key)
    request.csr = scep.x509.CertificateSigningRequestBuilder().subject_name(
        subject).add_attribute(scep.AttributeOID.CHALLENGE_PASSWORD,
                               password.encode()).sign(
            key, scep.hashes.SHA256()).public_bytes(
                scep.serialization.Encoding.DER)
    return request


def post(server, request):
    return server.reply(server.endpoint().post(request.der()), request)


def test_one_subject_over_two_nodes(nodes, database, make):
    """R42; also of a name that no index has room for."""
    nodes = [make(like=nodes[0], extra="ScepDuplicateSubject refuse\n").start()
             for _ in range(2)]
    refused = "The subject has a valid certificate already."
    subjects = [scep.name("unique"), scep.x509.Name([
        scep.x509.NameAttribute(scep.NameOID.ORGANIZATIONAL_UNIT_NAME,
                                scep.hashlib.sha256(bytes([i])).hexdigest())
        for i in range(96)])]
    for subject in subjects:
        jobs = []
        for number in range(12):
            server = nodes[number % 2]
            jobs.append(lambda s=server, r=request_of(
                server, subject, number): post(s, r))
        replies = at_once(jobs)
        assert sorted(reply.status for reply in replies) == (
            [scep.SUCCESS] + [scep.FAILURE] * 11)
        assert {reply.fail_text for reply in replies
                if reply.status == scep.FAILURE} == {refused}
    # as if from before hashes were recorded
    database.sql("UPDATE certificates SET subject_hash = NULL")
    for subject in subjects:
        assert post(nodes[1], request_of(nodes[1], subject,
                                         13)).fail_text == refused


def test_successors(nodes, database):
    """A renewal by one node is known to the other one, and revoked with the
    certificate that it renewed."""
    one, two = nodes
    old = first(one)
    new = renew(two, old, number=1).certs[0]
    old, new = f"{old.serial_number:X}", f"{new.serial_number:X}"
    shown = api(two, "GET", f"certs/{old}")[1]
    assert (shown["successor"], shown["successors"]) == (
        new, [{"serial": new, "state": "valid"}])
    shown = api(one, "GET", f"certs/{new}")[1]
    assert shown["predecessors"] == [{"serial": old, "state": "valid"}]
    status, answer, _ = api(one, "POST", f"certs/{old}/revoke", {
        "withSuccessors": True})
    assert (status, answer["successors"]) == (
        200, [{"serial": new, "state": "revoked"}])
    assert database.number("SELECT COUNT(*) FROM revocations WHERE serial IN "
                           f"('{old}', '{new}')") == 2


def test_a_claim_of_a_dead_node_comes_back(nodes, database, make):
    dying = make(like=nodes[0])
    dying.start()
    survivor = nodes[1]
    before = certificate_count(database)
    password = survivor.draw()
    request = scep.Request(dying.ra_cert, password, "lost",
                           key=scep.shared_key(0))

    def send():
        with pytest.raises(OSError):
            dying.endpoint().post(request.der())

    with database.writers_locked_out():
        client = threading.Thread(target=send)
        client.start()
        end = time.monotonic() + 30
        while database.number("SELECT COUNT(*) FROM challenges"
                              " WHERE claimed_by IS NOT NULL") == 0:
            assert time.monotonic() < end
            time.sleep(0.02)
        dying.kill_all()
        client.join()
    assert certificate_count(database) == before
    busy = survivor.count("is in use by another transaction")
    assert survivor.enrol(password, "early", number=1).status == scep.FAILURE
    assert survivor.count("is in use by another transaction") == busy + 1
    (left,), = database.sql("SELECT claimed_until FROM challenges"
                            " WHERE claimed_by IS NOT NULL")
    assert 0 < int(left) / 1e6 - time.time() <= 60
    database.sql("UPDATE challenges SET claimed_until = claimed_until -"
                 " 60000000 WHERE claimed_by IS NOT NULL")
    assert survivor.enrol(password, "late", number=2).status == scep.SUCCESS
    assert certificate_count(database) == before + 1


def test_the_database_goes_and_comes(nodes, database):
    for server in nodes:
        server.expect("SCEP0253", "SCEP0171", "SCEP0250")
    password, other = nodes[0].draw(), nodes[0].draw()
    assert nodes[1].enrol(other, "before").status == scep.SUCCESS
    database.stop()
    for server in nodes:
        request = scep.Request(server.ra_cert, password, "away",
                               key=scep.shared_key(0))
        status, headers, _ = server.endpoint().post(request.der())
        assert status == 503
        assert int(headers["Retry-After"]) > 0
        assert server.admin().status == 503
    database.start()
    assert nodes[1].enrol(password, "back").status == scep.SUCCESS
    assert nodes[0].enrol(nodes[1].draw(), "again").status == scep.SUCCESS


def test_passwords_outlive_a_restart_of_all(nodes):
    password = nodes[0].draw()
    for server in nodes:
        server.restart()
    assert nodes[1].enrol(password, "restarted").status == scep.SUCCESS
    assert nodes[0].enrol(password, "twice", number=1).status == scep.FAILURE


def test_a_graceful_restart_of_one_node(nodes):
    password = nodes[0].draw()
    jobs = []
    for server in nodes:
        jobs += senders(server, requests_for(server, [password] * 8))
    results = at_once(jobs + [nodes[0].graceful],
                      [number * 0.02 for number in range(len(jobs))] + [0.1])
    assert len(certificates(results[:-1])) == 1
    assert nodes[0].enrol(nodes[1].draw(), "graceful").status == scep.SUCCESS


def test_audit_rows_of_all_nodes(nodes, database):
    first, second = nodes
    before = database.number("SELECT MAX(seq) FROM audit")
    password = first.draw()
    assert second.enrol(password, "audited").status == scep.SUCCESS
    rows = database.sql("SELECT seq, event, actor, peer, challenge_hash"
                        f" FROM audit WHERE seq > {before} ORDER BY seq")
    assert [row[1] for row in rows] == ["challenge-drawn", "issued"]
    assert [int(row[0]) for row in rows] == [before + 1, before + 2]
    assert rows[0][2:4] == [ADMIN, "127.0.0.1"]
    assert rows[0][4] == rows[1][4]
    assert password not in str(rows)
    done = subprocess.run(
        [SCEPCTL, "audit", "--database", "pgsql:" + database.params,
         "--event", "issued"], stdout=subprocess.PIPE, text=True, check=True)
    (serial,), = database.sql("SELECT serial FROM audit WHERE seq ="
                              f" {before + 2}")
    assert done.stdout.splitlines()[-1].split("\t")[5] == serial
    assert database.number("SELECT COUNT(*) FROM audit") == database.number(
        "SELECT COUNT(DISTINCT seq) FROM audit")


def test_another_key_is_refused(nodes, make):
    server = make()
    server.expect("SCEP0003", "AH00020")
    os.mkdir(server.path("state"), 0o700)
    server.write("state/challenge.key", b"1" * 32, 0o600)
    if ROOT:
        shutil.chown(server.path("state"), USER)
    said = server.start_fails()
    assert "SCEP0003" in said
    assert "challenge.key is not the one under which the passwords" in said
    assert "copy that file from another server of this database" in said
    shutil.copy(nodes[0].path("state", "challenge.key"),
                server.path("state", "challenge.key"))
    server.start()
    assert server.enrol(nodes[0].draw(), "cured").status == scep.SUCCESS


def test_two_nodes_make_the_tables_at_once(nodes, make, database):
    database.sql("CREATE DATABASE fresh")
    servers = [make(like=nodes[0]), make(like=nodes[0])]
    for server in servers:
        server.replace_conf("dbname=postgres", "dbname=fresh")
        server.write("state/first-start", "", 0o600)
    for result in at_once([server.start for server in servers]):
        assert not isinstance(result, Exception), result
    assert servers[1].enrol(servers[0].draw(), "fresh").status == scep.SUCCESS


def test_another_database_under_a_key(nodes, make, database):
    """An empty one is no first start where there is a key; and no key is made
    where there is a database."""
    database.sql("CREATE DATABASE empty")
    server = make(like=nodes[0])
    server.replace_conf("dbname=postgres", "dbname=empty")
    server.expect("SCEP0003", "AH00020")
    said = server.start_fails()
    assert "has no tables of mod_scep" in said and "begin-anew" in said
    server.replace_conf("dbname=empty", "dbname=postgres")
    os.unlink(server.path("state", "challenge.key"))
    said = server.start_fails()
    assert "copy that file from another server" in said
    assert not os.path.exists(server.path("state", "challenge.key"))


def test_no_password_in_the_log(make, database):
    server = make()
    server.replace_conf(database.params,
                        database.params + " password=hush-hush")
    server.expect("SCEP0003", "AH00020")
    os.chmod(server.path("httpd.conf"), 0o600)
    database.stop()
    said = server.start_fails()
    database.start()
    assert re.search("cannot use database host=\\S+ dbname=postgres "
                     "user=scep: lost: ", said)
    assert "hush" not in said


def test_wrong_parameters(make, database):
    server = make()
    server.replace_conf(database.params, "postgresql://u:hush@[h/db")
    status, said = server.check()
    assert status != 0
    assert "Syntax error on line" in said
    assert ("ScepDatabase pgsql: the parameters of the database are not "
            "understood") in said
    assert "hush" not in said
    server.replace_conf('pgsql "postgresql://u:hush@[h/db"',
                        "postgresql://u:hush@h/db")
    status, said = server.check()
    assert status != 0
    assert "the driver must be sqlite3 or pgsql" in said
    assert "hush" not in said


# ---- the master password ----

SINGLE = "ScepUseSinglePassword On\n"


def master(server, database, *words, say=None, status=0):
    """scepctl master WORDS on the database; its output."""
    done = subprocess.run(
        [SCEPCTL, "master", words[0], "--database",
         "pgsql:" + database.params, "--ra-cert", server.path("ra.crt"),
         "--ra-key", server.path("ra.key"), *words[1:]], input=say, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout.strip() or done.stderr


def test_one_master_password_for_all_nodes(nodes, make, database):
    one, two = [make(like=nodes[0], extra=SINGLE) for _ in range(2)]
    assert "there is no document master-password.cms" in master(
        one, database, "show", status=2)
    for result in at_once([one.start, two.start]):
        assert not isinstance(result, Exception), result
    password = one.draw()
    assert two.draw() == password == master(one, database, "show")
    assert not os.path.exists(one.path("state", "master-password.cms"))
    # a change is seen at once by every child of every node
    new = master(one, database, "rotate", "--overlap", "1h")
    assert new != password
    for server in (one, two):
        assert {server.draw() for _ in range(8)} == {new}
        for good in (password, new):
            assert server.enrol(good, "both").status == scep.SUCCESS
    master(two, database, "set", say="ABCDEF0123456789\n")
    for server in (one, two):
        assert server.draw() == "ABCDEF0123456789"
        assert server.enrol(new, "old", number=1).status == scep.FAILURE
    # it is nowhere in clear, and the file does not count any more
    assert "ABCDEF01" not in str(database.sql("SELECT text FROM documents"))
    one.write("state/master-password.cms", "junk", 0o600)
    one.expect("SCEP0022")
    one.restart()
    assert one.count("SCEP0022") == 1
    assert one.draw() == "ABCDEF0123456789"


def test_a_master_password_file_moves_into_the_database(nodes, make, database):
    database.sql("DELETE FROM documents WHERE name LIKE 'master%'")
    server = make(like=nodes[0], extra=SINGLE)
    subprocess.run(
        [SCEPCTL, "master", "set", "--file",
         server.path("state", "master-password.cms"), "--ra-cert",
         server.path("ra.crt")], input="0123456789ABCDEF\n", text=True, check=True,
        stderr=subprocess.DEVNULL)
    server.expect("SCEP0022")
    server.start()
    assert server.count("SCEP0020: the master password is in database") == 1
    os.unlink(server.path("state", "master-password.cms"))
    assert server.draw() == "0123456789ABCDEF"


def test_a_damaged_master_password_is_refused(nodes, make, database):
    server = make(like=nodes[0], extra=SINGLE)
    server.start()
    password = server.draw()
    database.sql("UPDATE documents SET text = 'junk' WHERE name LIKE 'master%'")
    server.expect("SCEP0175")
    request = scep.Request(server.ra_cert, password, "damaged",
                           key=scep.shared_key(0))
    assert server.endpoint().post(request.der())[0] == 503
    assert server.admin().status == 503
    server.stop()
    server.expect("SCEP0003", "AH00020")
    assert "scepctl master rotate" in server.start_fails()
    assert master(server, database, "rotate")
    server.start()
    assert server.draw() == master(server, database, "show")


def test_what_is_over_goes_by_hand(make, database):
    """By one machine's scepctl; the other one refuses a replay."""
    database = database.another("pruned")
    first = make(database, extra="ScepRetention certificates 10d\n")
    first.start()
    second = make(database, like=first,
                  extra="ScepRetention certificates 10d\n")
    second.start()
    second.expect("SCEP0164")
    request = scep.Request(first.ra_cert, first.draw(), "old",
                           key=scep.shared_key(0))
    message = request.der()
    assert first.reply(first.endpoint().post(message),
                       request).status == scep.SUCCESS
    then = int((time.time() - 100 * 86400) * 1e6)
    for change in (f"challenges SET expires = {then}",
                   f"certificates SET not_after = {then}, created = {then}",
                   f"messages SET expires = {then}"):
        database.sql(f"UPDATE {change} WHERE "
                     + ("expires" if "expires" in change else "not_after")
                     + " IS NOT NULL")
    before = certificate_count(database)
    for arguments in (["--dry-run"], []):
        run = subprocess.run(
            [SCEPCTL, "prune", "--state-dir", first.path("state"), *arguments],
            check=False, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        found = dict(line.split(": ") for line in run.stdout.splitlines())
        assert found["audit"] == "kept for ever"
        assert int(found["messages"].split()[0]) >= 1
        assert int(found["certificates"].split()[0]) == before
    assert certificate_count(database) == 0
    assert second.reply(second.endpoint().post(message),
                        request).status == scep.FAILURE
    assert certificate_count(database) == 0
