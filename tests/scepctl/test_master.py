# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl master."""
import os
import pty
import pwd
import re
import stat
import subprocess
import tempfile
import time

import pytest

AS_ROOT = os.geteuid() == 0
KINDS = {"rsa": ("-newkey", "rsa:2048"),
         "ec": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")}
OLD = "an-older-password"


def make_pair(where, name, kind="ec"):
    done = subprocess.run(
        ["openssl", "req", "-x509", *KINDS[kind], "-nodes", "-subj",
         f"/CN={name}", "-days", "30", "-keyout", where / f"{name}.key",
         "-out", where / f"{name}.crt"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    os.chmod(where / f"{name}.key", 0o600)


def decrypt(top, pair="ra", name="master-password.cms"):
    """What administrators can do without scepctl."""
    done = subprocess.run(
        ["openssl", "cms", "-decrypt", "-inform", "PEM", "-in",
         top / "state" / name, "-recip", top / f"{pair}.crt", "-inkey",
         top / f"{pair}.key"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(name="top", params=["ec"])
def fixture_top(request, tmp_path):
    """What init makes: an RA and the state directory."""
    (tmp_path / "state").mkdir(mode=0o700)
    make_pair(tmp_path, "ra", request.param)
    return tmp_path


@pytest.fixture(name="master")
def fixture_master(scepctl, top):
    """master("show", ...) with the directory given."""
    def run(action, *options, **how):
        return scepctl("master", action, "--dir", top, *options, **how)
    return run


def path_of(top):
    return top / "state/master-password.cms"


@pytest.mark.parametrize("top", ["ec", "rsa"], indirect=True)
def test_rotate_and_show(master, top):
    run = master("rotate")
    assert run.status == 0, run
    assert re.fullmatch(r"[0-9A-F]{32}\n", run.out)
    assert run.err == f"scepctl: there was no {path_of(top)}: it has been made\n"
    assert stat.S_IMODE(path_of(top).stat().st_mode) == 0o600
    assert os.listdir(top / "state") == ["master-password.cms"]
    assert decrypt(top) == run.out
    shown = master("show")
    assert (shown.status, shown.out, shown.err) == (0, run.out, "")
    again = master("rotate")
    assert again.status == 0 and again.err == "" and again.out != run.out
    assert master("show").out == again.out == decrypt(top)
    assert path_of(top).read_text().startswith("-----BEGIN CMS-----\n")


@pytest.mark.parametrize("length", [8, 64])
def test_rotate_with_a_length(master, length):
    run = master("rotate", "--length", length)
    assert run.status == 0
    assert re.fullmatch(r"[0-9A-F]{%d}\n" % (2 * length), run.out)


@pytest.mark.parametrize("overlap, seconds", [
    ("90", 90), ("90s", 90), ("30m", 1800), ("30min", 1800), ("2h", 7200),
    ("7d", 604800)])
def test_overlap(master, top, overlap, seconds):
    old = master("rotate").out
    before = int(time.time())
    run = master("rotate", "--overlap", overlap)
    after = int(time.time())
    assert run.status == 0, run
    assert "the previous password is good until 20" in run.err
    text = decrypt(top)
    match = re.fullmatch(r"(\w+)\nprevious (\w+) until (\d+)\n", text)
    assert match, text
    assert match.group(1) + "\n" == run.out
    assert match.group(2) + "\n" == old
    assert before + seconds <= int(match.group(3)) <= after + seconds
    until = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(int(match.group(3))))
    shown = master("show")
    assert shown.out == run.out
    assert until + " UTC" in shown.err and old.strip() not in shown.err
    assert master("rotate", "--overlap", "0").err == ""
    assert "previous" not in decrypt(top)


def test_an_overlap_that_is_over(master, top):
    master("rotate")
    master("rotate", "--overlap", "1")
    time.sleep(1.1)
    assert "previous" in decrypt(top)
    assert master("show").err == ""


@pytest.mark.parametrize("given", [
    b"Correct-Horse!\n", b"Correct-Horse!", b"Correct-Horse!\r\n"])
def test_set(master, top, given):
    run = master("set", stdin=given)
    assert run.status == 0, run
    assert run.out == ""
    assert "Horse!" not in run.err
    assert decrypt(top) == "Correct-Horse!\n"
    assert master("show").out == "Correct-Horse!\n"


def test_set_with_an_overlap(master, top):
    master("set", stdin=OLD.encode())
    run = master("set", "--overlap", "1h", stdin=b"the-newer-one")
    assert run.status == 0, run
    assert re.fullmatch(rf"the-newer-one\nprevious {OLD} until \d+\n",
                        decrypt(top))


def test_the_longest(master):
    assert master("set", stdin=b"x" * 255 + b"\r\n").status == 0
    assert master("show").out == "x" * 255 + "\n"


@pytest.mark.parametrize("given", [
    b"", b"\n", b"short12\n", b"with a blank\n", b"two-lines\ntwo-lines\n",
    b"two-ends-\n\n", b"nul-in-\0-it\n", b"nul-at-end\0", "umläut-in-it".encode(),
    b"x" * 256, b"x" * 256 + b"\n", b"x" * 258, b"x" * 100000, b"tab\t-in-it"])
def test_set_refuses(master, top, given):
    run = master("set", stdin=given)
    assert run.status == 2, run
    assert "8 to 255 characters" in run.err
    assert os.listdir(top / "state") == []


def on_a_terminal(top, *typed):
    """(status, all that appeared) of `set' when it is typed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(os.environ["SCEPCTL"], ["scepctl", "master", "set", "--dir",
                                         str(top)])
    seen = b""
    typed = list(typed)
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # it has ended
            break
        if not data:
            break
        seen += data
        if seen.rstrip().endswith(b":") and typed:
            time.sleep(0.1)  # until echo is off
            os.write(terminal, typed.pop(0) + b"\n")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), seen


def test_set_on_a_terminal(master, top):
    status, seen = on_a_terminal(top, b"typed-by-hand", b"typed-by-hand")
    assert status == 0, seen
    assert b"typed" not in seen  # no echo
    assert seen.count(b"New master password: ") == 2
    assert master("show").out == "typed-by-hand\n"
    status, seen = on_a_terminal(top, b"typed-by-hand", b"typed-otherwise")
    assert status == 2
    assert b"two that differ" in seen
    status, seen = on_a_terminal(top, b"short", b"short")
    assert status == 2
    assert b"8 to 255" in seen
    assert master("show").out == "typed-by-hand\n"


def test_a_password_as_an_argument_is_not_repeated(master, top):
    run = master("set", "my-secret-word")
    assert run.status == 1
    assert "standard input" in run.err and "my-secret" not in run.err
    assert os.listdir(top / "state") == []


@pytest.mark.parametrize("to", ["ec", "rsa"])
def test_rekey(master, top, to):
    master("set", stdin=OLD.encode())
    run = master("rotate", "--overlap", "1d")
    before = decrypt(top)
    make_pair(top, "new", to)
    rekeyed = master("rekey", "--to", top / "new.crt")
    assert (rekeyed.status, rekeyed.out, rekeyed.err) == (0, "", "")
    assert decrypt(top, "new") == before
    failed = master("show")
    assert failed.status == 2
    assert "encrypted to another certificate" in failed.err
    assert "scepctl master rekey" in failed.err
    new = ("--ra-cert", top / "new.crt", "--ra-key", top / "new.key")
    assert master("show", *new).out == run.out
    both = (*new, "--ra-cert", top / "ra.crt", "--ra-key", top / "ra.key")
    assert master("show", *both).out == run.out
    back = master("rekey", "--to", top / "ra.crt", *both)
    assert back.status == 0 and master("show").out == run.out


def test_rekey_by_the_older_pair(master, top):
    """The way that a renewal of the RA goes: both are named."""
    out = master("rotate").out
    make_pair(top, "new", "rsa")
    both = ("--ra-cert", top / "new.crt", "--ra-key", top / "new.key",
            "--ra-cert", top / "ra.crt", "--ra-key", top / "ra.key")
    assert master("show", *both).out == out
    assert master("rekey", "--to", top / "new.crt", *both).status == 0
    assert decrypt(top, "new") == out


def test_the_first_certificate_is_encrypted_to(master, top):
    make_pair(top, "new", "rsa")
    run = master("rotate", "--ra-cert", top / "new.crt", "--ra-cert",
                 top / "ra.crt")
    assert run.status == 0, run
    assert decrypt(top, "new") == run.out


def test_split_ra(scepctl, tmp_path):
    assert scepctl("init", "--dir", tmp_path / "s", "--split-ra", "--key",
                   "ec:p256").status == 0
    run = scepctl("master", "rotate", "--dir", tmp_path / "s")
    assert run.status == 0, run
    assert decrypt(tmp_path / "s", "ra-encrypt") == run.out
    assert scepctl("master", "show", "--dir", tmp_path / "s").out == run.out


def test_directories_and_files(scepctl, top):
    pair = ("--ra-cert", top / "ra.crt", "--ra-key", top / "ra.key")
    out = scepctl("master", "rotate", "--state-dir", top / "state", *pair).out
    assert scepctl("master", "show", "--state-dir", top / "state",
                   "--conf-dir", top).out == out
    assert scepctl("master", "show", "--file", path_of(top), *pair).out == out
    assert scepctl("master", "show", "--file", "master-password.cms", *pair,
                   cwd=top / "state").out == out


def test_without_a_key_it_can_be_changed_but_not_kept(scepctl, top):
    cert = ("--state-dir", top / "state", "--ra-cert", top / "ra.crt")
    out = scepctl("master", "rotate", *cert).out
    assert decrypt(top) == out
    assert scepctl("master", "set", *cert, stdin=OLD.encode()).status == 0
    assert decrypt(top) == OLD + "\n"
    for action in (["show"], ["rotate", "--overlap", "1d"],
                   ["rekey", "--to", top / "ra.crt"]):
        run = scepctl("master", *action, *cert)
        assert run.status == 1, run
        assert "as many --ra-key as --ra-cert" in run.err
    assert decrypt(top) == OLD + "\n"


def test_no_file(master, top):
    for action in (["show"], ["rekey", "--to", top / "ra.crt"]):
        run = master(*action)
        assert run.status == 2
        assert f"there is no {path_of(top)}" in run.err
        assert "scepctl master rotate" in run.err
    assert os.listdir(top / "state") == []
    run = master("rotate", "--file", top / "none/x.cms")
    assert run.status == 2 and "No such file" in run.err
    run = master("rotate", "--file", top / "ra.crt/x.cms")
    assert run.status == 2 and "Not a directory" in run.err


def test_changed_octets(master, top):
    master("rotate")
    text = bytearray(path_of(top).read_bytes())
    text[200] ^= 1 if text[200] != ord("A") else 3
    path_of(top).write_bytes(text)
    run = master("show")
    assert run.status == 2
    assert str(path_of(top)) in run.err and "scepctl master" in run.err
    assert master("rotate", "--overlap", "1h").status == 2
    assert path_of(top).read_bytes() == text
    # which is the cure that the message tells
    out = master("rotate").out
    assert master("show").out == out


def test_mode_and_links(master, top):
    out = master("rotate").out
    os.chmod(path_of(top), 0o640)
    run = master("show")
    assert run.status == 2 and "chmod it to 600" in run.err
    os.chmod(path_of(top), 0o600)
    path_of(top).rename(top / "state/elsewhere")
    path_of(top).symlink_to("elsewhere")
    for action in ("show", "rotate"):
        run = master(action)
        assert run.status == 2 and "is not a regular file" in run.err
    assert path_of(top).is_symlink()
    assert decrypt(top, name="elsewhere") == out


def test_nothing_is_half_written(master, top):
    master("rotate")
    before = path_of(top).read_bytes()
    run = master("rotate", "--ra-cert", top / "ra.key")
    assert run.status == 2 and "holds no certificate" in run.err
    assert "name the certificate's file instead" in run.err
    make_pair(top, "other")
    run = master("show", "--ra-cert", top / "ra.crt", "--ra-key",
                 top / "other.key")
    assert run.status == 2 and "is not the key of" in run.err
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [os.environ["SCEPCTL"], "master", "show", "--dir", top],
            stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2 and b"cannot write the password" in done.stderr
    assert path_of(top).read_bytes() == before
    assert os.listdir(top / "state") == ["master-password.cms"]


@pytest.mark.skipif(not AS_ROOT, reason="only root can give files away")
def test_owners(master, top):
    nobody = pwd.getpwnam("nobody")
    os.chown(top / "state", nobody.pw_uid, nobody.pw_gid)
    out = master("rotate").out
    made = path_of(top).stat()
    assert (made.st_uid, made.st_gid) == (nobody.pw_uid, nobody.pw_gid)
    assert master("show").out == out
    os.chown(path_of(top), 0, nobody.pw_gid)
    assert master("rotate").status == 0
    again = path_of(top).stat()
    assert (again.st_uid, again.st_gid) == (0, nobody.pw_gid)
    os.chown(path_of(top), 12345, 0)
    run = master("show")
    assert run.status == 2
    assert f"belongs to uid 12345; chown it to uid {nobody.pw_uid}" in run.err


@pytest.mark.skipif(not AS_ROOT, reason="needs to become somebody else")
def test_without_rights(scepctl):
    me = pwd.getpwnam("nobody")
    options = {"user": me.pw_uid, "group": me.pw_gid, "extra_groups": []}
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        try:
            scepctl("version", **options)
        except PermissionError:
            pytest.skip("others cannot run this build")
        assert scepctl("init", "--dir", path + "/s", "--key", "ec:p256",
                       "--user", "nobody").status == 0
        wish = ("--dir", path + "/s", "--ra-cert", path + "/s/ra.crt")
        run = scepctl("master", "rotate", *wish, **options)
        assert run.status == 0, run  # a certificate is enough
        run = scepctl("master", "show", "--dir", path + "/s", **options)
        assert run.status == 2 and "Permission denied" in run.err
        os.chown(path + "/s/state/master-password.cms", 0, 0)
        run = scepctl("master", "rotate", *wish, **options)
        assert run.status == 2 and "run this as root" in run.err


@pytest.mark.parametrize("arguments, words", [
    ([], "say show, rotate, set or rekey"),
    (["Show"], "`Show' is none of"),
    (["--file", "x"], "say show, rotate, set or rekey"),
    (["show", "--password", "x"], "no option `--password'"),
    (["show", "--file"], "`--file' needs a value"),
    (["show", "extra"], "unexpected argument"),
    (["show", "--to", "x"], "--to is for rekey alone"),
    (["show", "--length", "8"], "--length is for rotate alone"),
    (["set", "--length", "8"], "--length is for rotate alone"),
    (["show", "--overlap", "8"], "--overlap is for rotate and set"),
    (["rekey", "--to", "x", "--overlap", "8"], "--overlap is for rotate and set"),
    (["rekey"], "rekey needs --to"),
    (["rotate", "--length", "7"], "8 to 64"),
    (["rotate", "--length", "65"], "8 to 64"),
    (["rotate", "--length", "16x"], "8 to 64"),
    (["rotate", "--length", ""], "8 to 64"),
    (["rotate", "--overlap", ""], "30m, 12h or 7d"),
    (["rotate", "--overlap", "-1"], "30m, 12h or 7d"),
    (["rotate", "--overlap", "h"], "30m, 12h or 7d"),
    (["rotate", "--overlap", "1y"], "30m, 12h or 7d"),
    (["rotate", "--overlap", "1h1"], "30m, 12h or 7d"),
    (["rotate", "--overlap", "3651d"], "30m, 12h or 7d"),
    (["rotate", "--overlap", "99999999999999999999"], "30m, 12h or 7d"),
    (["show", "--ra-key", "x"], "as many --ra-key as --ra-cert"),
    (["rotate", "--ra-cert", "x", "--ra-key", "x", "--ra-key", "x"],
     "as many --ra-key as --ra-cert"),
])
def test_what_makes_no_sense(scepctl, arguments, words):
    run = scepctl("master", *arguments)
    assert run.status == 1, run
    assert words in run.err
    assert run.out == ""


def test_ten_years_are_not_too_many(master):
    assert master("rotate").status == 0
    assert master("rotate", "--overlap", "3650d").status == 0


def test_help(scepctl):
    run = scepctl("master", "--help")
    assert run.status == 0 and run.out.startswith("Usage: scepctl master")
    assert scepctl("master", "show", "--help").out == run.out
