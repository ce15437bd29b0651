# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl init."""
import os
import pwd
import re
import resource
import shlex
import stat
import subprocess
import tempfile

import pytest

# EC, since an RSA key of 3,072 bits takes its time
QUICK = ("--key", "ec:p256")
AS_ROOT = os.geteuid() == 0


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)],
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def directives(out):
    """[(name, value)] of the printed configuration."""
    return [tuple(shlex.split(line)) for line in out.splitlines()
            if line and not line.startswith("#")]


def extension(cert, name):
    text = openssl("x509", "-in", cert, "-noout", "-ext", name)
    return text.splitlines()[-1].strip() if text else None


def test_everything_below_one_directory(scepctl, tmp_path):
    top = tmp_path / "scep"
    run = scepctl("init", "--dir", top, *QUICK)
    assert run.status == 0, run
    assert run.err == ""
    assert sorted(os.listdir(top)) == ["ca.crt", "ca.key", "ra.crt", "ra.key",
                                       "state", "state-directory"]
    assert sorted(os.listdir(top / "state")) == ["challenge.key",
                                                 "first-start"]
    assert (top / "state-directory").read_text() == f"{top}/state\n"
    assert directives(run.out) == [
        ("ScepStateDir", f"{top}/state"),
        ("ScepCACertificateFile", f"{top}/ca.crt"),
        ("ScepCAKey", f"{top}/ca.key"),
        ("ScepRACertificateFile", f"{top}/ra.crt"),
        ("ScepRAKey", f"{top}/ra.key")]
    openssl("verify", "-x509_strict", "-CAfile", top / "ca.crt", top / "ca.crt",
            top / "ra.crt")
    digest = openssl("x509", "-in", top / "ca.crt", "-noout", "-fingerprint",
                     "-sha256").split("=")[1].strip().replace(":", "")
    assert digest in run.out


def test_modes_and_owners(scepctl, tmp_path):
    top = tmp_path / "scep"
    previous = os.umask(0)
    try:
        assert scepctl("init", "--dir", top, *QUICK).status == 0
    finally:
        os.umask(previous)
    assert mode(top) == 0o755
    assert mode(top / "state") == 0o700
    for name in ("ca.key", "ra.key", "state/challenge.key"):
        assert mode(top / name) == 0o600
        assert os.stat(top / name).st_uid == os.geteuid()
    for name in ("ca.crt", "ra.crt"):
        assert mode(top / name) == 0o644
    assert os.stat(top / "state/challenge.key").st_size == 32


def test_keys_of_two_runs_differ(scepctl, tmp_path):
    for name in ("a", "b"):
        assert scepctl("init", "--dir", tmp_path / name, *QUICK).status == 0
    for name in ("ca.key", "ra.key", "state/challenge.key"):
        assert (tmp_path / "a" / name).read_bytes() != (
            tmp_path / "b" / name).read_bytes()


def test_default_keys_and_usages(scepctl, tmp_path):
    assert scepctl("init", "--dir", tmp_path / "s").status == 0
    ca, ra = tmp_path / "s/ca.crt", tmp_path / "s/ra.crt"
    text = openssl("x509", "-in", ca, "-noout", "-text")
    assert "3072 bit" in text and "sha256WithRSAEncryption" in text
    assert extension(ca, "basicConstraints") == "CA:TRUE, pathlen:0"
    assert extension(ca, "keyUsage") == (
        "Digital Signature, Certificate Sign, CRL Sign")
    assert "2048 bit" in openssl("x509", "-in", ra, "-noout", "-text")
    assert extension(ra, "keyUsage") == "Digital Signature, Key Encipherment"
    assert extension(ra, "basicConstraints") == "CA:FALSE"


def test_with_root_and_split_ra(scepctl, tmp_path):
    top = tmp_path / "s"
    run = scepctl("init", "--dir", top, "--with-root", "--split-ra", *QUICK,
                  "--subject", "CN=Issuing,O=Tests")
    assert run.status == 0, run
    assert sorted(os.listdir(top)) == [
        "ca-chain.crt", "ca.crt", "ca.key", "ra-encrypt.crt", "ra-encrypt.key",
        "ra-sign.crt", "ra-sign.key", "root.crt", "root.key", "state",
        "state-directory"]
    assert [d[0] for d in directives(run.out)] == [
        "ScepStateDir", "ScepCACertificateFile", "ScepCAKey", "ScepCAChainFile",
        "ScepRACertificateFile", "ScepRAKey", "ScepRACertificateFile",
        "ScepRAKey"]
    assert f"{top}/root.key: keep it elsewhere" in run.out
    openssl("verify", "-x509_strict", "-CAfile", top / "root.crt", "-untrusted",
            top / "ca.crt", top / "ra-sign.crt", top / "ra-encrypt.crt")
    assert (top / "ca-chain.crt").read_text() == (top / "root.crt").read_text()
    assert extension(top / "ra-sign.crt", "keyUsage") == "Digital Signature"
    assert extension(top / "ra-encrypt.crt", "keyUsage") == "Key Encipherment"
    subjects = {name: openssl("x509", "-in", top / name, "-noout", "-subject",
                              "-nameopt", "RFC2253").strip()
                for name in ("root.crt", "ca.crt", "ra-sign.crt",
                             "ra-encrypt.crt")}
    assert subjects == {
        "root.crt": "subject=CN=Issuing Root,O=Tests",
        "ca.crt": "subject=CN=Issuing,O=Tests",
        "ra-sign.crt": "subject=CN=Issuing RA Signing,O=Tests",
        "ra-encrypt.crt": "subject=CN=Issuing RA Encryption,O=Tests"}


def days_left(cert, days):
    """True if CERT is valid in DAYS (less a minute), and not a day longer."""
    def check(seconds):
        return subprocess.run(
            ["openssl", "x509", "-in", cert, "-noout", "-checkend",
             str(seconds)], capture_output=True, check=False).returncode == 0
    return check(days * 86400 - 60) and not check(days * 86400 + 60)


def test_names_and_validity(scepctl, tmp_path):
    top = tmp_path / "s"
    run = scepctl("init", "--dir", top, "--with-root", *QUICK, "--subject",
                  r"CN=A\, B\C3\A9 , O = Ex ,C=DE", "--root-subject", "CN=R",
                  "--ra-subject", "CN=The RA", "--days", "100", "--ra-days",
                  "30", "--ra-key", "rsa:3072")
    assert run.status == 0, run
    assert openssl("x509", "-in", top / "ca.crt", "-noout", "-subject",
                   "-nameopt", "RFC2253").strip() == (
                       r"subject=CN=A\, B\C3\A9,O=Ex,C=DE")
    assert "CN = R\n" in openssl("x509", "-in", top / "root.crt", "-noout",
                                 "-subject")
    assert "CN = The RA\n" in openssl("x509", "-in", top / "ra.crt", "-noout",
                                      "-subject")
    assert "3072 bit" in openssl("x509", "-in", top / "ra.crt", "-noout",
                                 "-text")
    assert days_left(top / "root.crt", 200)
    assert days_left(top / "ca.crt", 100)
    assert days_left(top / "ra.crt", 30)


@pytest.mark.parametrize("kind, curve, digest", [
    ("ec:p384", "P-384", "SHA384"), ("EC:P521", "P-521", "SHA512")])
def test_curves(scepctl, tmp_path, kind, curve, digest):
    assert scepctl("init", "--dir", tmp_path / "s", "--key", kind).status == 0
    text = openssl("x509", "-in", tmp_path / "s/ca.crt", "-noout", "-text")
    assert curve in text and "ecdsa-with-" + digest in text


def tree(top):
    return {os.path.join(base, name): os.lstat(os.path.join(base, name)).st_mtime_ns
            for base, dirs, files in os.walk(top) for name in dirs + files}


def test_a_second_run_changes_nothing(scepctl, tmp_path):
    top = tmp_path / "s"
    assert scepctl("init", "--dir", top, *QUICK).status == 0
    before = tree(top)
    run = scepctl("init", "--dir", top, *QUICK)
    assert run.status == 2
    assert f"{top}/ca.key exists already" in run.err
    assert run.out == ""
    assert tree(top) == before


def test_what_was_half_written_is_taken_back(scepctl, tmp_path):
    def small_files():  # as if the disk were full after the first key
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
    top = tmp_path / "s"
    run = scepctl("init", "--dir", top, *QUICK, preexec_fn=small_files,
                  restore_signals=False)
    assert run.status == 2, run
    assert f"cannot write {top}/ca.crt" in run.err
    assert run.out == ""
    assert os.listdir(top) == ["state"] and os.listdir(top / "state") == []
    assert scepctl("init", "--dir", top, *QUICK).status == 0


@pytest.mark.parametrize("name", ["ca.key", "ca.crt", "ra.crt", "ra.key",
                                  "root.key", "ca-chain.crt"])
def test_one_file_in_the_way_stops_it_all(scepctl, tmp_path, name):
    (tmp_path / name).symlink_to("/nowhere")  # also one that leads nowhere
    before = tree(tmp_path)
    run = scepctl("init", "--dir", tmp_path, "--with-root", *QUICK)
    assert run.status == 2
    assert f"{tmp_path}/{name} exists already" in run.err
    assert tree(tmp_path) == before


def test_a_state_directory_must_be_empty(scepctl, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state/scep.db").write_bytes(b"record")
    run = scepctl("init", "--dir", tmp_path / "c", "--state-dir",
                  tmp_path / "state", *QUICK)
    assert run.status == 2
    assert "is not an empty directory" in run.err
    assert not (tmp_path / "c").exists()
    (tmp_path / "state/scep.db").unlink()
    assert scepctl("init", "--dir", tmp_path / "c", "--state-dir",
                   tmp_path / "state", *QUICK).status == 0
    assert mode(tmp_path / "state") == 0o700


def test_the_two_directories_must_differ(scepctl, tmp_path):
    run = scepctl("init", "--conf-dir", tmp_path / "s", "--state-dir",
                  f"{tmp_path}/x/../s/", *QUICK)
    assert run.status == 2
    assert "must differ" in run.err
    assert not (tmp_path / "s").exists()


def test_others_must_not_write_beside_keys(scepctl, tmp_path):
    os.chmod(tmp_path, 0o777)
    run = scepctl("init", "--dir", tmp_path, *QUICK)
    os.chmod(tmp_path, 0o700)
    assert run.status == 2
    assert f"others can write in {tmp_path}" in run.err
    assert os.listdir(tmp_path) == []


def test_parents_must_exist(scepctl, tmp_path):
    run = scepctl("init", "--dir", tmp_path / "a" / "b", *QUICK)
    assert run.status == 2
    assert f"cannot make {tmp_path}/a/b" in run.err
    assert "No such file" in run.err


def test_a_file_is_no_directory(scepctl, tmp_path):
    (tmp_path / "f").write_text("x")
    run = scepctl("init", "--dir", tmp_path / "f", *QUICK)
    assert run.status == 2
    assert "is not a directory" in run.err


def test_a_name_with_quotes_is_quoted(scepctl, tmp_path):
    top = tmp_path / 'a "b" c'
    run = scepctl("init", "--dir", top, *QUICK)
    assert run.status == 0, run
    assert ("ScepCAKey", f"{top}/ca.key") in directives(run.out)


def test_relative_directories_become_absolute(scepctl, tmp_path):
    run = scepctl("init", "--dir", "here/", *QUICK, cwd=tmp_path)
    assert run.status == 0, run
    assert ("ScepStateDir", f"{tmp_path}/here/state") in directives(run.out)


@pytest.mark.skipif(not AS_ROOT, reason="only root can give files away")
def test_as_root_the_state_is_given_to_httpds_user(scepctl, tmp_path):
    os.chmod(tmp_path, 0o755)
    run = scepctl("init", "--dir", tmp_path / "s", "--user", "nobody", *QUICK)
    assert run.status == 0, run
    nobody = pwd.getpwnam("nobody")
    state = os.stat(tmp_path / "s/state")
    assert (state.st_uid, state.st_gid) == (nobody.pw_uid, nobody.pw_gid)
    assert os.stat(tmp_path / "s/state/challenge.key").st_uid == 0
    assert "belongs to user nobody" in run.out
    assert scepctl("init", "--dir", tmp_path / "t", "--user", "nobody",
                   "--group", "root", *QUICK).status == 0
    assert os.stat(tmp_path / "t/state").st_gid == 0


@pytest.fixture(name="open_dir")
def fixture_open_dir():
    """A folder that others can reach, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield path


@pytest.mark.skipif(not AS_ROOT, reason="needs to become somebody else")
def test_without_rights_it_says_so(scepctl, open_dir):
    me = pwd.getpwnam("nobody")
    options = {"user": me.pw_uid, "group": me.pw_gid, "extra_groups": []}
    try:
        run = scepctl("version", **options)
    except PermissionError:
        pytest.skip("others cannot run this build")
    assert run.status == 0
    run = scepctl("init", "--dir", open_dir + "/s", *QUICK, **options)
    assert run.status == 2
    assert "Permission denied; run this as root, or give --dir" in run.err
    run = scepctl("init", "--dir", open_dir, *QUICK, **options)
    assert run.status == 2 and "cannot write in" in run.err
    own = open_dir + "/own"
    os.mkdir(own)
    os.chown(own, me.pw_uid, me.pw_gid)
    run = scepctl("init", "--dir", own, "--user", "root", *QUICK, **options)
    assert run.status == 1 and "only root can give" in run.err
    run = scepctl("init", "--dir", own, "--user", "nobody", *QUICK, **options)
    assert run.status == 0, run
    assert os.stat(own + "/state").st_uid == me.pw_uid


@pytest.mark.parametrize("options, words", [
    (["--bits", "5"], "no option `--bits'"),
    (["--dir"], "`--dir' needs a value"),
    (["--dir", ""], "makes no sense"),
    (["extra"], "unexpected argument `extra'"),
    (["--key", "rsa:1024"], "--key `rsa:1024'"),
    (["--key", "rsa:2048x"], "--key `rsa:2048x'"),
    (["--key", "rsa:99999"], "--key"),
    (["--key", "ed25519"], "--key `ed25519'"),
    (["--ra-key", "ec:p256"], "--ra-key `ec:p256'"),
    (["--days", "0"], "1 to 36500"),
    (["--days", "36501"], "1 to 36500"),
    (["--days", "ten"], "1 to 36500"),
    (["--ra-days", "-1"], "1 to 36500"),
    (["--root-subject", "CN=R"], "needs --with-root"),
    (["--user", "no-such-user-here"], "user"),
])
def test_what_makes_no_sense(scepctl, tmp_path, options, words):
    run = scepctl("init", "--dir", tmp_path / "s", *options)
    assert run.status == 1, run
    assert words in run.err
    assert run.out == ""
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("subject", [
    "", "Example", "CN", "CN=", "NoSuchType=x", "CN=a,", "CN=a,,O=b", "CN=a+O=b",
    "CN=a\\", "C=Germany", "CN=" + "x" * 65])
def test_bad_subjects(scepctl, tmp_path, subject):
    run = scepctl("init", "--dir", tmp_path / "s", "--subject", subject, *QUICK)
    assert run.status == 2, run
    assert "is no distinguished name" in run.err
    assert os.listdir(tmp_path) == []


def test_a_subject_too_long_for_its_kin(scepctl, tmp_path):
    run = scepctl("init", "--dir", tmp_path / "s", "--subject",
                  "CN=" + "x" * 63, *QUICK)
    assert run.status == 2
    assert "--ra-subject" in run.err
    assert os.listdir(tmp_path) == []


def test_help_and_version(scepctl):
    run = scepctl("help")
    assert run.status == 0 and "decode" in run.out
    assert scepctl("--help").out == run.out
    run = scepctl("version")
    assert run.status == 0
    assert re.match(r"scepctl \(mod_scep\) \d+\.\d+\.\d+\nOpenSSL ", run.out)
    assert scepctl("--version").out == run.out
    for command in ("init", "decode", "master"):
        run = scepctl(command, "--help")
        assert run.status == 0 and run.out.startswith("Usage: scepctl " + command)


def test_no_command_and_a_wrong_one(scepctl):
    run = scepctl()
    assert run.status == 1 and "a command is missing" in run.err
    run = scepctl("issue\n")
    assert run.status == 1 and r"no command `issue\x0a'" in run.err


def test_an_output_that_cannot_be_written(scepctl):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([os.environ["SCEPCTL"], "version"], stdout=full,
                              stderr=subprocess.PIPE, check=False)
    del scepctl
    assert done.returncode == 2
    assert b"cannot write the output" in done.stderr
