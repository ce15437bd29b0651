# Licensed under the Apache License, Version 2.0; see LICENSE.
"""scepctl ra: pairs in a directory, renewed in time."""
import os
import stat
import subprocess
import time

import pytest
from cryptography import x509


@pytest.fixture(name="ca", scope="module")
def fixture_ca(tmp_path_factory):
    path = tmp_path_factory.mktemp("ca")
    run = [os.environ["SCEPCTL"], "init", "--dir", str(path), "--subject",
           "CN=CA,O=Example", "--days", "1000"]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    return path


@pytest.fixture(name="renew")
def fixture_renew(scepctl, ca, tmp_path):
    def run(*options, action="renew", folder=tmp_path / "ra.d"):
        if action == "renew":
            options += ("--ca-cert", ca / "ca.crt", "--ca-key", ca / "ca.key")
        return scepctl("ra", action, "--dir", folder, *options)
    run.folder = tmp_path / "ra.d"
    return run


def pairs(folder):
    return sorted(name[:-4] for name in os.listdir(folder)
                  if name.endswith(".crt"))


def load(folder, name):
    with open(folder / f"{name}.crt", "rb") as file:
        return x509.load_pem_x509_certificate(file.read())


def test_first_and_nothing_to_do(renew, ca):
    result = renew()
    assert result.status == 0 and result.out.startswith("Made ")
    (name,) = pairs(renew.folder)
    assert stat.S_IMODE(os.stat(renew.folder).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(renew.folder / f"{name}.key").st_mode) == 0o600
    subprocess.run(["openssl", "verify", "-CAfile", ca / "ca.crt",
                    renew.folder / f"{name}.crt"], check=True,
                   stdout=subprocess.DEVNULL)
    cert = load(renew.folder, name)
    usage = cert.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.key_encipherment
    assert (cert.not_valid_after - cert.not_valid_before).days in (730, 731)
    result = renew()
    assert result.status == 0 and "nothing to do" in result.out
    assert pairs(renew.folder) == [name]


def test_folder_that_is_there(renew):
    """A slip such as `--dir /etc' must not close that to all others."""
    renew.folder.mkdir(mode=0o755)
    os.chmod(renew.folder, 0o755)
    assert renew().out.startswith("Made ")
    assert stat.S_IMODE(os.stat(renew.folder).st_mode) == 0o755
    os.chmod(renew.folder, 0o775)
    time.sleep(1.1)
    result = renew("--force")
    assert result.status == 2 and "SCEP0599" in result.err
    assert len(pairs(renew.folder)) == 1


def test_renewed_in_time(renew):
    renew("--days", "30", "--subject", "CN=My RA")
    (old,) = pairs(renew.folder)
    assert "nothing to do" in renew("--before", "20").out
    time.sleep(1.1)  # names have seconds
    assert renew().out.startswith("Made ")
    assert len(pairs(renew.folder)) == 2 and pairs(renew.folder)[0] == old
    new = load(renew.folder, pairs(renew.folder)[1])
    assert new.subject == load(renew.folder, old).subject
    assert new.serial_number != load(renew.folder, old).serial_number
    lines = renew(action="list").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == pairs(
        renew.folder)[::-1]
    assert lines[0].split("\t")[2] == "CN=My RA"


def test_force(renew):
    renew()
    time.sleep(1.1)
    assert renew("--force").out.startswith("Made ")
    assert len(pairs(renew.folder)) == 2


def test_expires_with_the_ca(renew):
    renew("--days", "2000")
    result = renew("--before", "1500")
    assert result.status == 2 and "SCEP0598" in result.err
    assert len(pairs(renew.folder)) == 1


def test_name_that_sorts_behind(renew):
    renew("--days", "10")
    (name,) = pairs(renew.folder)
    for extension in ".crt", ".key":
        os.rename(renew.folder / (name + extension),
                  renew.folder / ("z" + extension))
    result = renew()
    assert result.status == 2 and "SCEP0597" in result.err


@pytest.mark.parametrize("options", [
    ("renew", "--days", "0"), ("renew", "--before", "x"), ("renew", "x"),
    ("renew", "--what"), ("renew", "--dir"), ("make",), ()])
def test_command_line_that_makes_no_sense(scepctl, options):
    result = scepctl("ra", *options)
    assert result.status == 1 and "scepctl: ra:" in result.err


def test_files_that_are_not_there(scepctl, tmp_path):
    result = scepctl("ra", "renew", "--dir", tmp_path / "d", "--ca-cert",
                     tmp_path / "no.crt", "--ca-key", tmp_path / "no.key")
    assert result.status == 2 and "no.crt" in result.err
    assert not os.path.exists(tmp_path / "d")
    (tmp_path / "file").write_text("")
    result = scepctl("ra", "list", "--dir", tmp_path / "file")
    assert result.status == 2 and "SCEP0596" in result.err
