# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Random mutations of valid messages, from the outside in: each is answered,
no child is lost, nothing is issued twice, memory does not grow.

SCEP_MUTATIONS is how many (10,000), SCEP_SEED repeats a run."""
import os
import random
import time

import scepclient as scep

MUTATIONS = int(os.environ.get("SCEP_MUTATIONS", "10000"))
SEED = int(os.environ.get("SCEP_SEED", "0")) or random.SystemRandom().randrange(
    1, 2 ** 32)
GROWTH = 4 * 1024  # kB that a child may grow after warming up
# The same children from beginning to end.
CONF = """<IfModule mpm_prefork_module>
    StartServers 4
    MinSpareServers 1
    MaxSpareServers 8
    MaxRequestWorkers 4
</IfModule>
<IfModule !mpm_prefork_module>
    ServerLimit 2
    ThreadsPerChild 8
    MaxRequestWorkers 16
    MinSpareThreads 1
    MaxSpareThreads 16
</IfModule>
"""


def elements(der, start=0, end=None):
    """Offsets of all DER elements that can be walked into."""
    found = []
    end = len(der) if end is None else end
    while start + 2 <= end:
        length, head = der[start + 1], 2
        if length & 0x80:
            count = length & 0x7F
            if count == 0 or count > 4 or start + 2 + count > end:
                return found
            length = int.from_bytes(der[start + 2:start + 2 + count], "big")
            head += count
        stop = start + head + length
        if stop > end:
            return found
        found.append((start, head, stop))
        if der[start] & 0x20 or der[start] == 0x04:
            found += elements(der, start + head, stop)
        start = stop
    return found


def flip(rng, data):
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def overwrite(rng, data):
    at = rng.randrange(len(data))
    data[at:at + rng.randrange(1, 16)] = rng.randbytes(rng.randrange(16))


def truncate(rng, data):
    del data[rng.randrange(len(data)):]


def extend(rng, data):
    data += rng.randbytes(rng.randrange(1, 64))


def change_tag(rng, data):
    start, _, _ = rng.choice(elements(data))
    data[start] = rng.choice((0x00, 0x02, 0x04, 0x05, 0x06, 0x13, 0x24, 0x30,
                              0x31, 0x80, 0xA0, 0xA1, 0xBF, 0xFF))


def change_length(rng, data):
    start, head, _ = rng.choice(elements(data))
    data[start + 1:start + head] = rng.choice((
        b"\x00", b"\x80", b"\x7f", b"\x81\xff", b"\x84\xff\xff\xff\xff",
        b"\x84\x7f\xff\xff\xff", b"\x88" + b"\xff" * 8, b"\xff"))


def double(rng, data):
    start, _, stop = rng.choice(elements(data))
    data[stop:stop] = data[start:stop] * rng.choice((1, 1, 2, 40))


def drop(rng, data):
    start, _, stop = rng.choice(elements(data))
    del data[start:stop]


def swap(rng, data):
    a = rng.choice(elements(data))
    b = rng.choice(elements(data))
    if a[2] <= b[0]:
        data[a[0]:b[2]] = (data[b[0]:b[2]] + data[a[2]:b[0]]
                           + data[a[0]:a[2]])


MUTATORS = (flip, flip, flip, overwrite, truncate, extend, change_tag,
            change_length, double, drop, swap)


def mutate(rng, der):
    data = bytearray(der)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if len(data) > 1 and elements(data):
            rng.choice(MUTATORS)(rng, data)
    return bytes(data)


class Source:
    """Mutated messages: of the whole, of the envelope (signed anew), or of
    the CSR (encrypted and signed anew)."""

    def __init__(self, rng, ra, password):
        self.rng, self.ra = rng, ra
        self.renew(password)

    def renew(self, password):
        self.request = scep.Request(self.ra, password, "mutant",
                                    key=scep.shared_key(0))
        self.csr = self.request.csr
        self.der = self.request.der()
        self.inner = self.request.envelope()

    def message(self):
        kind = self.rng.randrange(4)
        if kind < 2:
            return mutate(self.rng, self.der)
        if kind == 2:
            return self.request.der(mutate(self.rng, self.inner))
        self.request.csr = mutate(self.rng, self.csr)
        return self.request.der()


def send(rng, endpoint, der):
    """POST or GET; the HTTP status and the body."""
    if len(der) < 5000 and rng.randrange(4) == 0:
        status, _, body = endpoint.get(der)
    else:
        status, _, body = endpoint.post(der)
    return status, body


def resident(pid):
    """Kilobytes of memory that a process has."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    raise ValueError(f"no VmRSS of {pid}")


def test_mutations(make_server):
    server = make_server(extra=CONF)
    rng = random.Random(SEED)
    source = Source(rng, server.ra_cert, server.draw())
    endpoint = server.endpoint()
    statuses, issued, children = {}, 0, {}
    for number in range(MUTATIONS):
        if number == MUTATIONS // 4:  # all caches are warm now
            children = {pid: resident(pid) for pid in server.children()}
        der = source.message()
        status, body = send(rng, endpoint, der)
        statuses[status] = statuses.get(status, 0) + 1
        where = f"seed {SEED}, mutation {number}: {der.hex()}"
        assert status in (200, 400, 413), f"{status} at {where}"
        if status == 200:
            reply = scep.Reply(body, None, server.signers)
            if reply.status == scep.SUCCESS:
                # what was changed did not matter; go on with a new password
                issued += 1
                source.renew(server.draw())
            else:
                assert reply.status == scep.FAILURE, where
    time.sleep(0.5)  # a child that crashed is reaped meanwhile
    assert set(server.children()) == set(children)
    grown = [resident(pid) - before for pid, before in children.items()]
    print(f"seed {SEED}: {statuses}, {issued} certificates, children have "
          f"grown by {grown} kB")
    assert statuses.get(200, 0) > MUTATIONS // 10
    assert statuses.get(400, 0) > MUTATIONS // 10
    assert server.faults() == []
    assert server.sanitized or max(grown) < GROWTH
    # and a good message is still taken
    good = scep.Request(server.ra_cert, server.draw(), "sane",
                        key=scep.shared_key(1))
    reply = server.reply(endpoint.post(good.der()), good)
    assert reply.status == scep.SUCCESS
