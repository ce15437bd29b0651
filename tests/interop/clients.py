# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Real SCEP clients, a function for each: enrol(url, folder, password)
returns (certificate or None, what the client said)."""
import os
import shutil
import subprocess

from cryptography import x509

CERTMONGER = "/usr/lib/certmonger/certmonger-session"
TIMEOUT = 90  # seconds; a client that waits longer hangs


def available(*programs):
    return all(shutil.which(program) for program in programs)


def run(arguments, folder, **more):
    """Exit status and output; the folder is home and place of work."""
    done = subprocess.run(arguments, cwd=folder, text=True, timeout=TIMEOUT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, check=False,
                          env={**os.environ, "HOME": str(folder), **more})
    return done.returncode, done.stdout


def certificate(path):
    """The certificate in a PEM file, or None."""
    try:
        with open(path, "rb") as file:
            return x509.load_pem_x509_certificate(file.read())
    except (FileNotFoundError, ValueError):
        return None


class StrongSwan:
    """pki --scepca and pki --scep."""

    name = "strongswan"
    programs = ("pki",)

    def fetch(self, url, folder):
        """GetCACert: (CA file, RA file or CA file)."""
        status, said = run(["pki", "--scepca", "--url", url, "--caout",
                            "ca.der", "--raout", "ra.der", "--force"], folder)
        assert status == 0, said
        ra = "ra.der" if os.path.exists(folder / "ra.der") else "ca.der"
        return "ca.der", ra

    def enrol(self, url, folder, password, subject="CN=swan, O=Interop",
              more=(), certs=None):
        """CERTS: the files of an earlier fetch()."""
        ca, ra = certs or self.fetch(url, folder)
        status, said = run(["sh", "-c", "umask 077; pki --gen --type rsa "
                            "--size 2048 --outform pem >key.pem"], folder)
        assert status == 0, said
        (folder / "options").write_text(f"--password {password}\n")
        status, said = run(
            ["sh", "-c", 'exec pki --scep "$@" >cert.pem', "sh", "--url", url,
             "--in", "key.pem", "--dn", subject, "--options", "options",
             "--cacert", ca, "--cacert-enc", ra, "--cacert-sig", ra,
             "--outform", "pem", *more], folder)
        return (certificate(folder / "cert.pem") if status == 0 else None), said

    def renew(self, url, folder, subject="CN=swan, O=Interop"):
        """With a new key, signed by the certificate that is in FOLDER; a
        RenewalReq, since the server announces Renewal."""
        ca, ra = self.fetch(url, folder)
        status, said = run(["sh", "-c", "umask 077; pki --gen --type rsa "
                            "--size 2048 --outform pem >new-key.pem"], folder)
        assert status == 0, said
        status, said = run(
            ["sh", "-c", 'exec pki --scep "$@" >new.pem', "sh", "--url", url,
             "--in", "new-key.pem", "--dn", subject, "--cert", "cert.pem",
             "--key", "key.pem", "--cacert", ca, "--cacert-enc", ra,
             "--cacert-sig", ra, "--outform", "pem"], folder)
        return (certificate(folder / "new.pem") if status == 0 else None), said


class ScepClient:
    """micromdm's scepclient: single DES and SHA-1, whatever is announced."""

    name = "scepclient"
    programs = ("scepclient",)

    def enrol(self, url, folder, password, subject="Interop"):
        status, said = run(
            ["scepclient", "-server-url", url, "-challenge", password,
             "-private-key", "key.pem", "-certificate", "cert.pem", "-cn",
             "scepclient", "-organization", subject, "-debug"], folder)
        return (certificate(folder / "cert.pem") if status == 0 else None), said

    def renew(self, url, folder):
        """It renews when the certificate is there, with the same key, CSR and
        transactionID, and keeps the old one under another name."""
        (folder / "csr.pem").unlink(missing_ok=True)
        return self.enrol(url, folder, "")


# certmonger-session does not hand its environment on.
DRIVE = r"""
set -u
DIR='{folder}' URL='{url}' PASSWORD='{password}'
getcert add-scep-ca -c scep -u "$URL"
for i in $(seq 100); do
    getcert list-cas -c scep | grep -q 'CA certificate\|helper-location' && break
    sleep 0.1
done
getcert request -c scep -I r1 -k "$DIR/key.pem" -f "$DIR/cert.pem" \
    -N "CN=monger" -L "$PASSWORD"
for i in $(seq 300); do
    state=$(getcert list -i r1 | sed -n 's/.*status: //p')
    case $state in
    MONITORING|CA_WORKING) break ;;
    CA_REJECTED|CA_UNREACHABLE|CA_UNCONFIGURED|NEED_GUIDANCE|NEED_CA) break ;;
    esac
    sleep 0.1
done
getcert list -i r1
echo "final state: $state"
"""
# Comes after the first certificate, which is kept as old.pem.
AGAIN = r"""
cp "$DIR/cert.pem" "$DIR/old.pem"
getcert {again} -i r1
for i in $(seq 300); do
    state=$(getcert list -i r1 | sed -n 's/.*status: //p')
    [ "$state" = MONITORING ] && ! cmp -s "$DIR/cert.pem" "$DIR/old.pem" && break
    case $state in CA_REJECTED|CA_UNREACHABLE|NEED_GUIDANCE) break ;; esac
    sleep 0.1
done
getcert list -i r1
"""


# Comes after PENDING: it would poll by itself a week later.
POLL = r"""
while ! [ -e "$DIR/decided" ]; do sleep 0.1; done
for n in 1 2; do
    getcert refresh -i r1
    for i in $(seq 300); do
        state=$(getcert list -i r1 | sed -n 's/.*status: //p')
        case $state in MONITORING|CA_REJECTED|CA_UNREACHABLE) break ;; esac
        sleep 0.1
    done
    echo "polled: $state"
done
getcert list -i r1
"""


# Comes after the first certificate: a renewal at the address {other}, where
# it waits. It is polled for once there is a file "decided".
ELSEWHERE = r"""
settle() {
    for i in $(seq 100); do
        said=$(getcert list -i r1)
        state=$(echo "$said" | sed -n 's/.*status: //p')
        case $state in
        CA_WORKING|CA_REJECTED|CA_UNREACHABLE|NEED_GUIDANCE) return ;;
        MONITORING)
            cmp -s "$DIR/cert.pem" "$DIR/old.pem" || return
            case $said in *ca-error:*) state=REFUSED; return ;; esac ;;
        esac
        sleep 0.1
    done
}
cp "$DIR/cert.pem" "$DIR/old.pem"
getcert add-scep-ca -c other -u '{other}'
for i in $(seq 100); do
    getcert list-cas -c other | grep -q 'CA certificate\|helper-location' && break
    sleep 0.1
done
getcert {again} -i r1 -c other
settle
echo "asked: $state"
while ! [ -e "$DIR/decided" ]; do sleep 0.1; done
getcert refresh -i r1
sleep 0.5
settle
echo "polled: $state"
getcert list -i r1
"""


class Certmonger:
    """A private certmonger session; no system D-Bus is needed."""

    name = "certmonger"
    programs = (CERTMONGER, "getcert")

    def enrol(self, url, folder, password, again=None, other=None):
        """AGAIN: "resubmit" or "rekey" afterwards, or "poll" once there is a
        file "decided" in FOLDER. OTHER: another address for the renewal, which
        is polled for then."""
        script = DRIVE
        if again == "poll":
            script += POLL
        elif other:
            script += ELSEWHERE.replace("{again}", again).replace("{other}",
                                                                  other)
        elif again:
            script += AGAIN.replace("{again}", again)
        for word, value in (("{folder}", str(folder)), ("{url}", url),
                            ("{password}", password)):
            script = script.replace(word, value)
        (folder / "drive.sh").write_text(script)
        places = {}
        for variable, place in (("CONFIG_DIR", "."), ("TMPDIR", "tmp"),
                                ("REQUESTS_DIR", "requests"),
                                ("CAS_DIR", "cas"), ("LOCAL_CA_DIR", "local")):
            path = folder / place
            path.mkdir(exist_ok=True)
            places["CERTMONGER_" + variable] = str(path)
        status, said = run(
            [CERTMONGER, "-L", "-P", str(folder / "sock"), "-n", "-c",
             f"bash {folder}/drive.sh"], folder, TMPDIR=str(folder / "tmp"),
            **places)
        del status  # the session's, not the request's
        return certificate(folder / "cert.pem"), said


CLIENTS = {client.name: client for client in
           (StrongSwan(), ScepClient(), Certmonger())}
