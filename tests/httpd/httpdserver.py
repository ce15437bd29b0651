# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A real httpd with mod_scep for tests: its folder, configuration, CA,
processes and log.

Environment: SCEP_BUILD_DIR names the build tree (or SCEP_MODULE the module
itself); SCEP_TEST_MPM is the MPM for tests that do not choose one;
SCEP_TEST_DATABASE=pgsql is for on_postgres.py.
"""
import base64
import collections
import contextlib
import datetime
import fcntl
import functools
import http.client
import os
import random
import pty
import re
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import termios
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

import scepclient as scep

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
ROOT = os.geteuid() == 0
ON_POSTGRES = os.environ.get("SCEP_TEST_DATABASE") == "pgsql"
USER, GROUP = "www-data", "www-data"
ADMIN, SECRET = "admin", "secret"
TIMEOUT = 40  # seconds; for whatever httpd has to do
SETTLE = 4  # seconds
CC = shutil.which("cc")
CGI_CONF = "/etc/apache2/conf-available/serve-cgi-bin.conf"
Answer = collections.namedtuple("Answer", "status headers body")


def module():
    """The module under test."""
    path = os.environ.get("SCEP_MODULE")
    if not path:
        build = os.environ.get("SCEP_BUILD_DIR", os.path.join(TOP, "build"))
        path = os.path.join(build, ".libs", "mod_scep.so")
    if not os.path.exists(path):
        raise RuntimeError(f"{path} is not there: build it, and set "
                           "SCEP_BUILD_DIR or SCEP_MODULE")
    return os.path.abspath(path)


@functools.lru_cache(maxsize=None)
def programs():
    """(httpd, folder of its modules), as apxs says."""
    apxs = shutil.which("apxs") or shutil.which("apxs2")
    ask = [subprocess.run([apxs, "-q", name], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()
           for name in ("SBINDIR", "PROGNAME", "LIBEXECDIR")]
    return os.path.join(ask[0], ask[1]), ask[2]


@functools.lru_cache(maxsize=None)
def sanitizer():
    """The library to preload for a module built with --enable-sanitize."""
    linked = subprocess.run(["ldd", module()], text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    match = re.search(r"libasan\S* => (\S+)", linked)
    return match.group(1) if match else None


# ---- CA ----

Pair = collections.namedtuple("Pair", "cert key")


def make_cert(subject, key, issuer=None, ca=False, usage=(), days=90,
              start=datetime.timedelta(hours=-1)):
    """A certificate for tests; USAGE is a set of keyUsage's Python names."""
    now = datetime.datetime.utcnow()
    names = ("digital_signature", "content_commitment", "key_encipherment",
             "data_encipherment", "key_agreement", "key_cert_sign",
             "crl_sign", "encipher_only", "decipher_only")
    builder = x509.CertificateBuilder().subject_name(scep.name(
        subject)).issuer_name(issuer.cert.subject if issuer else scep.name(
            subject)).public_key(key.public_key()).serial_number(
                x509.random_serial_number()).not_valid_before(
                    now + start).not_valid_after(
                        now + datetime.timedelta(days=days))
    builder = builder.add_extension(
        x509.BasicConstraints(ca, 0 if ca and issuer else None), True)
    if usage:
        builder = builder.add_extension(
            x509.KeyUsage(**{name: name in usage for name in names}), True)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


CA_USAGE = ("key_cert_sign", "crl_sign")
SIGN, ENCRYPT = "digital_signature", "key_encipherment"


@functools.lru_cache(maxsize=None)
def test_ca():
    """(CA pair, RA pair), one for a whole run."""
    ca_key, ra_key = scep.new_key(), scep.new_key()
    ca = Pair(make_cert("Test CA", ca_key, ca=True,
                        usage=CA_USAGE + (SIGN,)), ca_key)
    return ca, Pair(make_cert("Test RA", ra_key, ca, usage=(SIGN, ENCRYPT)),
                    ra_key)


def pem(*certs):
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certs)


def key_pem(key, passphrase=None):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase else serialization.NoEncryption())


# ---- server ----

MODULES = ("authn_core", "authn_file", "authz_core", "authz_user",
           "authz_host", "auth_basic", "alias", "env", "setenvif", "mime")
LEVELS = ("warn", "error", "crit", "alert", "emerg")
# Lines that httpd itself may log in tests that treat it roughly.
HARMLESS = (
    "AH00098",  # pid file left by a killed server
    "AH03093",  # event: a connection is put aside as the child ends
    "AH00558",  # no fully qualified name
    "long lost child came home",  # a restart right after a start
    # mod_cgid's old daemon, on a busy machine, still has its socket when the
    # new one wants it
    "AH01243", "AH01238",
    "SCEP0065",  # a test had many requests refused
)
LINE = re.compile(r"^\[[^]]*\] \[(?P<module>[\w-]*):(?P<level>\w+)\] ")


HELD = {}  # port: the socket that keeps other test programs from taking it


def free_port():
    """Below the ports that the system gives to clients: one of those could
    take it while the server is down, or even connect to itself. Test programs
    run side by side: an abstract socket of the port's name keeps it for this
    one, also while no server listens there, until it ends or release_port()."""
    while True:
        port = random.randrange(20000, 32000)
        held = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe, contextlib.suppress(OSError):
            held.bind(f"\0mod_scep-test-port-{port}")
            probe.bind(("127.0.0.1", port))
            HELD[port] = held
            return port
        held.close()


def release_port(port):
    held = HELD.pop(port, None)
    if held:
        held.close()


@functools.lru_cache(maxsize=None)
def library(name, *flags):
    """The shared library that NAME, a C file beside this one, makes."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with tempfile.NamedTemporaryFile(suffix=".so") as made:
        subprocess.run([CC, "-shared", "-fPIC", "-O1", *flags, "-o", made.name,
                        source], check=True)
        return made.read()


class Server:
    """One httpd in a folder of its own. SCEP stands in the main server's
    configuration for mod_scep, EXTRA comes after it; @DIR@ in them is the
    folder. FILES are further ones in it: {name: (content, mode)}."""

    def __init__(self, mpm=None, scep_conf=None, extra="", modules=(),
                 pairs=None, vhosts="", files=None):
        self.mpm = mpm or os.environ.get("SCEP_TEST_MPM") or "event"
        self.httpd, self.module_dir = programs()
        self.dir = tempfile.mkdtemp(prefix="scep-httpd-")
        os.chmod(self.dir, 0o755)
        self.port = free_port()
        self.process = None
        self.terminal = None
        self.sanitized = sanitizer() is not None
        self.preload = [sanitizer()] if self.sanitized else []
        self.expected = []
        self.extra, self.vhosts = extra, vhosts
        self.modules = MODULES + tuple(modules)
        self.ca, self.ra = pairs or test_ca()
        self.scep_conf = (self.default_conf() if scep_conf is None
                          else scep_conf)
        self.make_files()
        for name, (data, mode) in (files or {}).items():
            self.write(name, data, mode)
        self.write_conf()

    # -- files

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, data, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def make_files(self):
        self.write("ca.crt", pem(self.ca.cert))
        self.write("ca.key", key_pem(self.ca.key), 0o600)
        if self.ra:
            self.write("ra.crt", pem(self.ra.cert))
            self.write("ra.key", key_pem(self.ra.key), 0o600)
        self.write("htdocs/index.html", "hello\n")
        script = self.write("cgi-bin/other", "#!/bin/sh\n"
                            "printf 'Content-Type: text/plain\\n\\nother\\n'\n",
                            0o755)
        shutil.copy(script, self.path("cgi-bin/pkiclient.exe"))
        digest = base64.b64encode(scep.hashlib.sha1(
            SECRET.encode()).digest()).decode()
        self.write("htpasswd", f"{ADMIN}:{{SHA}}{digest}\n")

    def default_conf(self):
        return ("ScepEngine On\n" + self.ca_conf() +
                "<Location /legacy>\nSetHandler scep\nScepAlgorithms legacy\n"
                "</Location>\n" + self.admin_conf())

    def ca_conf(self):
        conf = ("ScepStateDir state\nScepCACertificateFile ca.crt\n"
                "ScepCAKey ca.key\n")
        if self.ra:
            conf += "ScepRACertificateFile ra.crt\nScepRAKey ra.key\n"
        return conf

    @staticmethod
    def admin_conf(path="/certsrv/mscep_admin"):
        return (f"<Location {path}>\nAuthType Basic\nAuthName admin\n"
                "AuthUserFile htpasswd\nRequire valid-user\n</Location>\n")

    def cgi_conf(self):
        """Debian's serve-cgi-bin with a folder of ours."""
        if os.path.exists(CGI_CONF):
            with open(CGI_CONF, encoding="ascii") as file:
                return file.read().replace("/usr/lib/cgi-bin",
                                           self.path("cgi-bin"))
        return (f'ScriptAlias /cgi-bin/ "{self.path("cgi-bin")}/"\n'
                f'<Directory "{self.path("cgi-bin")}">\nOptions +ExecCGI\n'
                "Require all granted\n</Directory>\n")

    def write_conf(self):
        cgi = "cgi" if self.mpm == "prefork" else "cgid"
        lines = [f'ServerRoot "{self.dir}"', f"Listen 127.0.0.1:{self.port}",
                 f"ServerName 127.0.0.1:{self.port}", "PidFile httpd.pid",
                 "DefaultRuntimeDir .", f'DocumentRoot "{self.path("htdocs")}"']
        lines += [f"LoadModule {name}_module {self.module_dir}/mod_{name}.so"
                  for name in (f"mpm_{self.mpm}", cgi, *self.modules)]
        lines += [f"LoadModule scep_module {module()}", "TypesConfig /dev/null",
                  "ErrorLog error.log", "LogLevel notice scep:debug",
                  'CustomLog access.log "%m %U %>s %u %{SCEP_OPERATION}n"',
                  "LimitRequestLine 65536", "StartServers 2",
                  "KeepAliveTimeout 2", "GracefulShutdownTimeout 20"]
        # No more children than are needed: prefork's end in a signal handler,
        # and one that was just being started may not survive that.
        lines.append("MinSpareServers 1" if self.mpm == "prefork"
                     else "MinSpareThreads 1")
        if cgi == "cgid":
            lines.append("ScriptSock cgisock")
        if ROOT:
            lines += [f"User {USER}", f"Group {GROUP}"]
        lines += ["<Directory />\nAllowOverride None\nRequire all denied\n"
                  "</Directory>", f'<Directory "{self.path("htdocs")}">\n'
                  "Require all granted\n</Directory>"]
        text = "\n".join(lines + [self.scep_conf, self.cgi_conf(), self.extra,
                                  self.vhosts]) + "\n"
        self.write("httpd.conf", text.replace("@DIR@", self.dir))

    def replace_conf(self, old, new):
        """Change the configuration file in place."""
        with open(self.path("httpd.conf"), encoding="ascii") as file:
            text = file.read()
        assert old in text
        self.write("httpd.conf", text.replace(old, new))

    def preload_source(self, name, *flags):
        """Compile NAME, a C file beside this one, and preload it."""
        self.preload.append(self.write(name + ".so", library(name, *flags),
                                       0o755))

    # -- processes

    def command(self, *more):
        return [self.httpd, "-d", self.dir, "-f", self.path("httpd.conf"),
                *more]

    def environment(self):
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        if self.preload:
            env["LD_PRELOAD"] = ":".join(self.preload)
        if self.sanitized:
            env["ASAN_OPTIONS"] = (
                "detect_leaks=0:abort_on_error=1:detect_odr_violation=0:"
                f"log_path={self.path('asan')}")
            env["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
        return env

    def check(self, *more):
        """`apachectl -t`: (exit status, what it said)."""
        done = subprocess.run(self.command("-t", *more), text=True,
                              stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT,
                              env=self.environment())
        return done.returncode, done.stdout

    def start(self, answers=None):
        """Start; with ANSWERS on a terminal, into which they are typed one
        after the other when asked for. Returns what the terminal showed."""
        ready = self.count("resuming normal operations")
        shown = None
        if answers is None:
            self.run(subprocess.DEVNULL)
        else:
            shown = self.run_on_terminal(answers)
        self.wait_for(
            lambda: self.count("resuming normal operations") > ready)
        self.wait_for(self.serves)
        return self if answers is None else shown

    def run(self, stdin, **more):
        with open(self.path("startup.log"), "ab") as log:
            self.process = subprocess.Popen(
                self.command("-D", "FOREGROUND"), stdout=log, stderr=log,
                stdin=stdin, env=self.environment(), start_new_session=True,
                **more)

    def run_on_terminal(self, answers):
        master, slave = pty.openpty()
        self.run(slave, preexec_fn=lambda: fcntl.ioctl(
            0, termios.TIOCSCTTY, 0))
        os.close(slave)
        shown = b""
        for number, answer in enumerate(answers, 1):
            end = time.monotonic() + TIMEOUT
            while (shown.count(b"passphrase of") < number and self.running()
                   and time.monotonic() < end):
                if select.select([master], [], [], 0.1)[0]:
                    shown += os.read(master, 1000)
            os.write(master, answer.encode() + b"\n")
        time.sleep(0.2)
        if select.select([master], [], [], 0)[0]:
            with contextlib.suppress(OSError):
                shown += os.read(master, 1000)
        self.terminal = master  # closing it would hang the server up
        return shown.decode()

    def serves(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 5).close()
            return True
        return False

    def wait_for(self, condition):
        end = time.monotonic() + TIMEOUT
        while not condition():
            if self.process.poll() is not None:
                raise RuntimeError("httpd does not run:\n" + self.said())
            if time.monotonic() > end:
                raise RuntimeError("httpd is too slow:\n" + self.said())
            time.sleep(0.02)

    def start_fails(self):
        """Start; it must not come up. Returns what it said."""
        try:
            self.start()
        except RuntimeError:
            return self.said()
        raise AssertionError("httpd has started")

    def said(self):
        with open(self.path("startup.log"), encoding="utf-8",
                  errors="replace") as file:
            return file.read() + self.error_log()

    def running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        if self.running():
            self.settle()
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                self.kill_all()
                raise

    def settle(self):
        """Wait until the workers are idle, before a signal that makes httpd
        cut connections off. The event MPM does that from another thread
        (close_worker_sockets() in event.c), through pointers which a worker
        that has just freed its connection has not yet cleared: the child
        dies, whatever modules it has. A client that holds its connection is
        not waited for longer than SETTLE."""
        self.wait_until(lambda: not self.connections(), SETTLE)
        # twice: between two steps a worker may wait at a lock
        for _ in range(2):
            self.wait_until(lambda: self.thread_states() <= {"S"}, TIMEOUT)

    @staticmethod
    def wait_until(condition, seconds):
        """Wait until CONDITION holds, or SECONDS are over."""
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.005)

    def thread_states(self):
        """proc(5)'s letters for all threads of the children; S: asleep."""
        states = set()
        for pid in self.children():
            with contextlib.suppress(OSError):
                for thread in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{thread}/stat",
                              encoding="ascii", errors="replace") as file:
                        states.add(file.read().rpartition(")")[2].split()[0])
        return states

    def connections(self):
        """How many connections the server has, without those that only the
        kernel still closes."""
        count = 0
        with open("/proc/net/tcp", encoding="ascii") as file:
            for line in file.readlines()[1:]:
                words = line.split()
                if (words[1].endswith(f":{self.port:04X}")
                        and words[3] != "0A"  # listening
                        # of no process: established, or closed by the client
                        and (words[9] != "0" or words[3] in ("01", "08"))):
                    count += 1
        return count

    def restart(self):
        self.stop()
        self.start()

    def graceful(self, number=signal.SIGUSR1):
        """`apachectl graceful`; comes back when the new generation serves."""
        before = self.count("resuming normal operations")
        if number == signal.SIGHUP:
            self.settle()
        self.process.send_signal(number)
        self.wait_for(
            lambda: self.count("resuming normal operations") > before)

    def kill_all(self):
        """kill -9 of all processes at once, as in a power cut."""
        if self.running():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(TIMEOUT)
            end = time.monotonic() + TIMEOUT
            # A process counts as dead while threads of it still end.
            while ((self.group() or not self.port_is_free())
                   and time.monotonic() < end):
                time.sleep(0.01)

    def port_is_free(self):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", self.port))
            return True
        return False

    def kill_children(self):
        """kill -9 of all children; comes back when there are others."""
        old = self.children()
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        self.wait_for(lambda: self.children()
                      and not set(self.children()) & set(old))

    def group(self):
        """All processes of this server's group that are alive."""
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError, IndexError, ValueError):
                    with open(f"/proc/{entry}/stat", encoding="ascii",
                              errors="replace") as file:
                        words = file.read().rpartition(")")[2].split()
                    if int(words[2]) == self.process.pid and words[0] != "Z":
                        found.append(int(entry))
        return found

    def children(self):
        """The children that serve requests."""
        found = []
        for pid in self.group():
            if pid == self.process.pid:
                continue
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                try:
                    with open(f"/proc/{pid}/maps", encoding="ascii",
                              errors="replace") as file:
                        serves = "mod_scep.so" in file.read()
                    if serves and not self.is_cgid(pid):
                        found.append(pid)
                except PermissionError:  # its memory is hidden from its user
                    found.append(pid)
        return found

    def is_cgid(self, pid):
        """mod_cgid's daemon: the one that listens on its socket and on no
        port; it is the one child that httpd starts as root."""
        if self.mpm == "prefork":
            return False
        inodes = set()
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                inodes.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        with open("/proc/net/tcp", encoding="ascii") as file:
            for line in file.readlines()[1:]:
                words = line.split()
                if (words[1].endswith(f":{self.port:04X}")
                        and words[3] == "0A"):
                    return f"socket:[{words[9]}]" not in inodes
        return False

    def memory(self):
        """Resident kilobytes of all children together."""
        total = 0
        for pid in self.children():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/status", encoding="ascii") as file:
                    total += int(re.search(r"VmRSS:\s+(\d+)",
                                           file.read()).group(1))
        return total

    # -- logs

    def error_log(self):
        try:
            with open(self.path("error.log"), encoding="utf-8",
                      errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def access_log(self):
        with open(self.path("access.log"), encoding="utf-8") as file:
            return file.read()

    def count(self, text):
        return self.error_log().count(text)

    def expect(self, *texts):
        """Declare that the test causes warnings and errors with TEXTS."""
        self.expected += texts

    def unexpected(self):
        """Warnings and errors that were not declared with expect()."""
        found = []
        for line in self.error_log().splitlines():
            match = LINE.match(line)
            if (match and match["level"] in LEVELS
                    and not any(text in line
                                for text in (*self.expected, *HARMLESS))):
                found.append(line)
        return found

    def faults(self):
        """Children that crashed, and what a sanitizer found."""
        found = [line for line in self.error_log().splitlines()
                 if "exit signal" in line or "AddressSanitizer" in line
                 or "runtime error:" in line]
        for name in os.listdir(self.dir):
            if name.startswith("asan."):
                with open(self.path(name), encoding="utf-8",
                          errors="replace") as file:
                    found.append(file.read())
        return found

    def close(self):
        if self.running():
            self.stop()
        if self.terminal is not None:
            os.close(self.terminal)
        release_port(self.port)
        shutil.rmtree(self.dir, ignore_errors=True)

    # -- requests

    @property
    def ca_cert(self):
        return self.ca.cert

    @property
    def ra_cert(self):
        """The certificate that requests are encrypted to."""
        return self.ra.cert if self.ra else self.ca.cert

    @property
    def signers(self):
        """The certificates that may sign a CertRep."""
        return [self.ra_cert]

    def url(self, path="/cgi-bin/pkiclient.exe"):
        return f"http://127.0.0.1:{self.port}{path}"

    def endpoint(self, path="/cgi-bin/pkiclient.exe"):
        return scep.Endpoint("127.0.0.1", self.port, path)

    def http(self, method, path, body=None, headers=None, user=None):
        """An Answer; USER is "name:password"."""
        headers = dict(headers or {})
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(
                user.encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=TIMEOUT)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def raw(self, data, end=True):
        """Send DATA; returns all octets that come back."""
        with socket.create_connection(("127.0.0.1", self.port),
                                      TIMEOUT) as link:
            link.sendall(data)
            if end:
                link.shutdown(socket.SHUT_WR)
            parts = []
            with contextlib.suppress(ConnectionResetError):
                while part := link.recv(65536):
                    parts.append(part)
            return b"".join(parts)

    def admin(self, path="/certsrv/mscep_admin/", method="GET", **more):
        return self.http(method, path, user=f"{ADMIN}:{SECRET}", **more)

    def draw(self, path="/certsrv/mscep_admin/"):
        """A one-time password from the admin page."""
        answer = self.admin(path)
        match = re.search(
            "The enrollment challenge password is: <B> ([0-9A-F]+) </B>",
            answer.body.decode("utf-16"
                               if answer.body[:2] == b"\xff\xfe" else "utf-8"))
        if answer.status != 200 or not match:
            raise ValueError(f"no password: {answer}")
        return match.group(1)

    def reply(self, answer, request):
        """The Reply in an (HTTP status, headers, body)."""
        status, headers, body = answer
        assert status == 200, (status, body[:200])
        assert headers["Content-Type"] == "application/x-pki-message"
        return scep.Reply(body, request, self.signers)

    def send(self, attempt):
        """Post attempt.message for attempt.request and set attempt.cert."""
        reply = self.reply(self.endpoint().post(attempt.message),
                           attempt.request)
        if reply.status != scep.SUCCESS:
            raise ValueError(f"refused: {reply.fail_info}, {reply.fail_text}")
        attempt.cert = reply.certs[0]

    def enrol(self, password, common_name="device", path=None, number=0):
        """The Reply to a plain request."""
        request = scep.Request(self.ra_cert, password, common_name,
                               key=scep.shared_key(number))
        endpoint = self.endpoint(path) if path else self.endpoint()
        return self.reply(endpoint.post(request.der()), request)

    def verify(self, cert):
        """CERT is signed by the CA."""
        self.ca_cert.public_key().verify(
            cert.signature, cert.tbs_certificate_bytes,
            scep.padding.PKCS1v15(), cert.signature_hash_algorithm)
        assert cert.issuer == self.ca_cert.subject

    # -- record

    def query(self, sql):
        """Rows of the database."""
        with contextlib.closing(sqlite3.connect(
                self.path("state", "scep.db"), timeout=TIMEOUT)) as database:
            database.execute("PRAGMA query_only = 1")
            return database.execute(sql).fetchall()

    def change(self, sql, *values):
        """Change the database beside the server; VALUES are for its ?."""
        with contextlib.closing(sqlite3.connect(
                self.path("state", "scep.db"), timeout=TIMEOUT)) as database:
            with database:
                database.execute(sql, values)

    def serials(self):
        return [row[0] for row in self.query("SELECT serial FROM certificates")]

    def count_certificates(self):
        return len(self.serials())

    def spent_twice(self):
        """Challenges with more than one transaction."""
        return self.query(
            "SELECT challenge_hash FROM transactions WHERE challenge_hash IS "
            "NOT NULL GROUP BY challenge_hash HAVING COUNT(*) > 1")
