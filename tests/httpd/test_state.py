# Licensed under the Apache License, Version 2.0; see LICENSE.
"""State is made once: lost state is not replaced by something new, and httpd
does not serve from a database that was put in the place of another."""
import concurrent.futures
import contextlib
import os
import shutil
import signal
import sqlite3

import pytest

import scepclient as scep
from httpdserver import CA_USAGE, SIGN, ENCRYPT, key_pem, make_cert, pem
from test_restart import WAYS, renew

SINGLE = "ScepChallenge one-time single\n"
CURE = "scepctl begin-anew --state-dir "


def used(httpd, **arguments):
    """A server that has issued something, with a master password; stopped."""
    server = httpd(**{"extra": SINGLE, **arguments})
    assert server.enrol(server.draw(), "before").status == scep.SUCCESS
    server.stop()
    return server


def state(server):
    """All of the state that holds something, as name: octets."""
    found = {}
    for name in os.listdir(server.path("state")):
        with open(server.path("state", name), "rb") as file:
            found[name] = file.read()
    return found


def remove(*names):
    def spoil(server):
        for name in names:
            os.unlink(server.path("state", name))
    return spoil


def write(name, data):
    def spoil(server):
        owner = os.stat(server.path("state", "scep.db"))
        server.write(f"state/{name}", data, 0o600)
        os.chown(server.path("state", name), owner.st_uid, owner.st_gid)
    return spoil


def both(*spoilers):
    return lambda server: [spoil(server) for spoil in spoilers]


def another_database(server, after=lambda database: None):
    """That of another server of mod_scep."""
    path = server.path("state", "scep.db")
    owner = os.stat(path)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE documents SET text = 'deadbeef'"
                         " WHERE name = 'challenge-key'")
        after(database)
        database.commit()
    os.chown(path, owner.st_uid, owner.st_gid)


def foreign_database(server):
    path = server.path("state", "scep.db")
    owner = os.stat(path)
    os.unlink(path)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE moz_places (id)")
    os.chown(path, owner.st_uid, owner.st_gid)
    os.chmod(path, 0o600)


LOSSES = {
    "database": (remove("scep.db"), "scep.db is gone, but "),
    "database, its log stays": (both(write("scep.db-wal", b"x" * 4096),
                                     remove("scep.db")),
                                "scep.db is gone, but "),
    "database and password key": (remove("scep.db", "challenge.key"),
                                  "is gone, but "),
    "all but the master password": (
        lambda server: [os.unlink(server.path("state", name))
                        for name in state(server)
                        if name != "master-password.cms"], "is gone, but "),
    "all but what it used": (
        lambda server: [os.unlink(server.path("state", name))
                        for name in state(server) if name != "in-use.json"],
        "in-use.json exists"),
    "all but the log": (
        lambda server: (shutil.rmtree(server.path("state")),
                        os.mkdir(server.path("state"), 0o700),
                        server.write("state/scep.db-wal", "x" * 4096, 0o600),
                        shutil.chown(server.path("state"), *owner())),
        "is gone, but "),
    "password key": (remove("challenge.key"), "challenge.key is gone, but "),
    "master password": (remove("master-password.cms"),
                        "master-password.cms is gone"),
    "emptied database": (write("scep.db", b""), "no tables of mod_scep"),
    "foreign database": (foreign_database, "no tables of mod_scep"),
    "database of another server": (another_database,
                                   "is not the one under which"),
    "another password key": (write("challenge.key", b"1" * 32),
                             "is not the one under which"),
    "interrupted restore": (write("unfinished-restore", b""),
                            "a restore was interrupted"),
}


def owner():
    return ("www-data", "www-data") if os.geteuid() == 0 else (None, None)


# SQLite's own: children that were killed leave them, who opens the file next
# may take them away.
JOURNALS = {"scep.db-shm", "scep.db-wal"}


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_no_start_after_a_loss(httpd, loss):
    spoil, text = LOSSES[loss]
    server = used(httpd)
    spoil(server)
    before = state(server)
    server.expect("SCEP0001", "SCEP0003", "AH00014", "AH00020")
    said = server.start_fails()
    assert text in said, said
    assert "restore" in said
    # nothing was made meanwhile, and a second try says the same
    assert state(server).keys() - JOURNALS == before.keys() - JOURNALS
    assert text in server.start_fails()
    assert state(server)["scep.db"] == before["scep.db"] if (
        before.get("scep.db") == b"") else True


@pytest.mark.parametrize("loss", ("database", "password key",
                                  "master password", "foreign database"))
@pytest.mark.parametrize("way", ("graceful", "restart"))
def test_503_after_a_loss_at_a_restart(httpd, loss, way):
    spoil, text = LOSSES[loss]
    server = httpd(extra=SINGLE)
    password = server.draw()
    assert server.enrol(server.draw(), "before").status == scep.SUCCESS
    spoil(server)
    server.expect("SCEP0014", "SCEP0171", "SCEP0199", "SCEP0256")
    renew(server, WAYS[way])
    lines = [line for line in server.error_log().splitlines()
             if "SCEP0014" in line]
    assert len(lines) == 1 and text in lines[0], lines
    if loss != "master password":  # one-time passwords have nothing to do with it
        request = scep.Request(server.ra_cert, password, "after")
        assert server.endpoint().post(request.der())[0] == 503
        assert server.admin().status == 503


def test_an_emptied_state_directory_at_a_restart(httpd):
    """Its file system is gone: not a first start."""
    server = httpd()
    server.draw()
    os.rename(server.path("state"), server.path("away"))
    server.expect("SCEP0014", "SCEP0171", "SCEP0199", "SCEP0256",
                  "SCEP0253")
    renew(server)
    assert "Is its file system mounted?" in server.error_log()
    assert server.admin().status == 503
    assert not os.path.exists(server.path("state"))
    os.rename(server.path("away"), server.path("state"))
    renew(server)
    assert server.enrol(server.draw()).status == scep.SUCCESS


def test_an_empty_mount_point(httpd):
    """`scepctl init' has made a state: an empty directory is none."""
    server = used(httpd)
    server.write("state-directory", server.path("state") + "\n")
    server.start()  # all is there
    server.stop()
    os.rename(server.path("state"), server.path("volume"))
    os.mkdir(server.path("state"), 0o700)
    server.expect("SCEP0001", "AH00014")
    said = server.start_fails()
    assert "Is its file system mounted?" in said
    assert CURE + server.path("state") in said
    assert os.listdir(server.path("state")) == []
    os.rmdir(server.path("state"))
    assert "Is its file system mounted?" in server.start_fails()


def test_configtest_tells(httpd):
    server = used(httpd)
    assert server.check() == (0, "Syntax OK\n")
    for loss in ("database", "password key"):
        spoil, text = LOSSES[loss]
        path = server.path("state")
        shutil.copytree(path, server.path("kept"))
        spoil(server)
        status, said = server.check()
        assert status != 0 and "SCEP0001" in said and text in said
        assert CURE + path in said
        for name in os.listdir(server.path("kept")):
            if not os.path.exists(server.path("state", name)):
                shutil.copy2(server.path("kept", name), path)
                shutil.chown(server.path("state", name), *(
                    owner() if name == "scep.db" else (None, None))
                    if os.geteuid() == 0 and name == "scep.db" else
                    ("root", "root") if os.geteuid() == 0 else owner())
        shutil.rmtree(server.path("kept"))
    assert server.check() == (0, "Syntax OK\n")


# ---- first starts ----

def test_a_first_start_is_noted(httpd):
    server = httpd(extra=SINGLE)
    assert server.count("SCEP0030") == 1
    assert "first-start" not in os.listdir(server.path("state"))
    server.restart()
    assert server.count("SCEP0030") == 1


@pytest.mark.parametrize("names", (
    (), ("challenge.key",), ("challenge.key", "scep.db"),
    ("scep.db", "master-password.cms")))
def test_an_interrupted_first_start_goes_on(httpd, names):
    """Killed after some of the files; first-start is still there."""
    server = used(httpd)
    for name in os.listdir(server.path("state")):
        if name not in names:
            os.unlink(server.path("state", name))
    server.write("state/first-start", "", 0o600)
    server.start()
    assert server.enrol(server.draw()).status == scep.SUCCESS
    assert "first-start" not in os.listdir(server.path("state"))


def test_begin_anew(httpd):
    """By an explicit command, which is good for one start."""
    server = used(httpd)
    os.unlink(server.path("state", "scep.db"))
    server.expect("SCEP0001", "AH00014")
    server.start_fails()
    server.write("state/first-start", "", 0o600)
    server.start()
    assert server.count_certificates() == 0
    assert server.enrol(server.draw()).status == scep.SUCCESS
    server.stop()
    os.unlink(server.path("state", "scep.db"))
    assert "is gone" in server.start_fails()


def test_a_first_start_that_fails_stays_one(httpd):
    """What it could not make the next one makes."""
    server = httpd(start=False, extra=SINGLE)
    os.mkdir(server.path("state"), 0o700)
    shutil.chown(server.path("state"), *owner())
    os.mkdir(server.path("state", "master-password.cms"))
    server.write("state/first-start", "", 0o600)
    server.expect("SCEP0001", "SCEP0003", "AH00014", "AH00020")
    server.start_fails()
    os.rmdir(server.path("state", "master-password.cms"))
    server.start()
    assert server.enrol(server.draw()).status == scep.SUCCESS


def test_single_passwords_switched_on_later(httpd):
    """There was none: that is no loss. It is told of in the log."""
    server = httpd(extra="ScepChallenge one-time\n")
    server.draw()
    server.replace_conf("ScepChallenge one-time", "ScepChallenge single")
    renew(server)
    assert server.count("SCEP0017") == 1
    server.stop()
    os.unlink(server.path("state", "master-password.cms"))
    server.expect("SCEP0003", "AH00020")
    assert "scepctl master rotate" in server.start_fails()


def test_state_of_a_version_before(httpd):
    """Its database has neither an id nor a check value of the key."""
    server = used(httpd)
    with contextlib.closing(sqlite3.connect(
            server.path("state", "scep.db"))) as database:
        database.execute("DELETE FROM documents")
        database.commit()
    server.start()
    assert server.enrol(server.draw(), "after").status == scep.SUCCESS
    assert server.count_certificates() == 2
    server.stop()
    another_database(server)
    server.expect("SCEP0003", "AH00020")
    assert "is not the one under which" in server.start_fails()


def test_two_cas_of_one_directory(httpd):
    """The second one's database is made in the same first start."""
    key = scep.shared_key("other-ca")
    server = httpd(start=False, vhosts="""<VirtualHost *:*>
ServerName first
</VirtualHost>
<VirtualHost *:*>
ServerName other
ScepCACertificateFile other.crt
ScepCAKey other.key
ScepDatabase sqlite3 other.db
</VirtualHost>
""")
    server.write("other.crt", pem(make_cert(
        "Other CA", key, ca=True, usage=CA_USAGE + (SIGN, ENCRYPT))))
    server.write("other.key", key_pem(key), 0o600)
    server.start()
    assert {"scep.db", "other.db"} <= set(os.listdir(server.path("state")))
    server.restart()
    server.stop()
    os.unlink(server.path("state", "other.db"))
    server.expect("SCEP0001", "AH00014")
    assert "other.db is gone" in server.start_fails()


# ---- while httpd runs ----

def database(server):
    return server.path("state", "scep.db")


def backup(server, to):
    with contextlib.closing(sqlite3.connect(database(server))) as source, \
            contextlib.closing(sqlite3.connect(to)) as target:
        source.backup(target)
    shutil.chown(to, *owner())
    os.chmod(to, 0o600)


def moved_over(server, copy):
    os.rename(copy, database(server))


def removed_and_copied(server, copy):
    os.unlink(database(server))
    shutil.copy2(copy, database(server))
    shutil.chown(database(server), *owner())


def restored_into(server, copy):
    """As sqlite3's .restore does."""
    with contextlib.closing(sqlite3.connect(copy)) as source, \
            contextlib.closing(sqlite3.connect(database(server))) as target:
        source.backup(target)


def removed(server, _copy):
    os.unlink(database(server))


def removed_with_logs(server, _copy):
    for name in os.listdir(server.path("state")):
        if name.startswith("scep.db"):
            os.unlink(server.path("state", name))


def directory_moved(server, _copy):
    os.rename(server.path("state"), server.path("elsewhere"))


REPLACEMENTS = (moved_over, removed_and_copied, restored_into, removed,
                removed_with_logs, directory_moved)


@pytest.mark.parametrize("replace", REPLACEMENTS)
def test_nothing_is_answered_from_another_database(httpd, replace):
    """Neither by children that have the old one open nor by new ones, until a
    restart finds all in order."""
    server = httpd()
    server.expect("SCEP0171", "SCEP0256", "SCEP0253", "SCEP0014", "AH00052",
                  "children are killed successively")
    spent = server.draw()
    assert server.enrol(spent, "before").status == scep.SUCCESS
    copy = server.path("copy.db")
    backup(server, copy)
    waiting = [scep.Request(server.ra_cert, server.draw(), f"d{number}",
                            key=scep.shared_key(number))
               for number in range(20)]
    replace(server, copy)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(
            lambda request: server.endpoint().post(request.der())[0], waiting))
    assert answers == [503] * 20
    assert server.admin().status == 503
    assert "SCEP0256" in server.error_log()
    assert server.count("SCEP0256") <= 4  # once a process
    server.kill_children()
    assert server.endpoint().post(waiting[0].der())[0] == 503
    assert server.admin().status == 503
    if replace in (moved_over, removed_and_copied, restored_into):
        renew(server)
        assert server.enrol(server.draw(), "after").status == scep.SUCCESS
        assert server.count_certificates() == 2


def test_copied_over(httpd):
    """cp writes into the very file, under the log of the old one: whatever
    SQLite makes of that, no certificate is answered that is not recorded."""
    server = httpd()
    server.expect("SCEP0", "AH0", "scep:error", "scep:warn")
    copy = server.path("copy.db")
    server.draw()
    backup(server, copy)
    requests = [scep.Request(server.ra_cert, server.draw(), f"d{number}",
                             key=scep.shared_key(number))
                for number in range(10)]
    with open(copy, "rb") as source, open(database(server), "r+b") as target:
        target.truncate(0)
        target.write(source.read())
    answers = [server.endpoint().post(request.der())[0]
               for request in requests]
    answered = answers.count(200)
    server.stop()
    if answered:
        assert server.count_certificates() >= answered


def test_scepctl_works_beside_it(httpd):
    """Other programs' writes are none of that."""
    server = httpd()
    for number in range(5):
        with contextlib.closing(sqlite3.connect(database(server))) as link:
            link.execute("UPDATE audit SET detail = ?", (str(number),))
            link.commit()
        assert server.enrol(server.draw(), f"d{number}",
                            number=number).status == scep.SUCCESS


def test_a_database_moved_and_back(httpd):
    server = httpd()
    server.expect("SCEP0171", "SCEP0256")
    os.rename(database(server), server.path("aside.db"))
    assert server.admin().status == 503
    assert server.http("GET", "/certsrv/mscep?operation=GetCACert"
                       ).status == 503
    os.rename(server.path("aside.db"), database(server))
    assert server.enrol(server.draw()).status == scep.SUCCESS


def test_old_generation_of_a_graceful_restart(httpd):
    """Both generations count on: neither takes the other's for a foreign
    database."""
    server = httpd()
    for number in range(4):
        server.process.send_signal(signal.SIGUSR1)
        for _ in range(5):
            assert server.enrol(server.draw(), f"d{number}",
                                number=number).status == scep.SUCCESS
    assert server.count("SCEP0256") == 0


def test_temporary_files_of_a_start_that_was_killed(httpd):
    server = used(httpd)
    old = [server.path("state", name) for name in
           ("challenge.key.AbC012.tmp", "master-password.cms.AbC012.tmp")]
    kept = [server.path("state", name) for name in
            ("challenge.key.backup", "notes.tmp")]
    for name in old + kept:
        write(os.path.basename(name), "x")(server)
    server.start()
    assert server.count("removed 2 temporary files") == 1
    assert not any(map(os.path.exists, old))
    assert all(map(os.path.exists, kept))
