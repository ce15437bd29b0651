# Licensed under the Apache License, Version 2.0; see LICENSE.
"""ASN.1 encodings by hand, right or wrong as the test asks for. The reader
accepts only DER, and says where something is not DER."""
import base64
import datetime

INTEGER, BITS, OCTETS, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
UTF8, PRINTABLE, T61, IA5, BMP = 0x0C, 0x13, 0x14, 0x16, 0x1E
UTC, GENERALIZED, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
CONTEXT, CONSTRUCTED = 0x80, 0x20


class NotDER(ValueError):
    """Something in a reply is not DER."""


# ---- writing ----

def length(count):
    if count < 0x80:
        return bytes([count])
    octets = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag, *parts):
    body = b"".join(parts)
    return bytes([tag]) + length(len(body)) + body


def indefinite(tag, *parts):
    """BER: of no announced length, as Apple writes it."""
    return bytes([tag | CONSTRUCTED, 0x80]) + b"".join(parts) + b"\0\0"


def segments(tag, data, size=500):
    """BER: a string of TAG in OCTET STRINGs of SIZE."""
    return indefinite(tag, *[tlv(OCTETS, data[i:i + size])
                             for i in range(0, len(data), size)])


def integer(number):
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big",
                                        signed=True))


def oid(dotted):
    first, second, *rest = [int(part) for part in dotted.split(".")]
    body = b""
    for arc in [40 * first + second] + rest:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.insert(0, arc & 0x7F | 0x80)
        body += bytes(digits)
    return tlv(OID, body)


def octets(data):
    return tlv(OCTETS, data)


def null():
    return tlv(NULL)


def bits(data, unused=0):
    return tlv(BITS, bytes([unused]), data)


def boolean(value):
    return tlv(0x01, b"\xff" if value else b"\0")


def printable(text):
    return tlv(PRINTABLE, text.encode() if isinstance(text, str) else text)


def utf8(text):
    return tlv(UTF8, text.encode() if isinstance(text, str) else text)


def seq(*parts):
    return tlv(SEQUENCE, *parts)


def set_of(*parts):
    return tlv(SET, *sorted(parts))


def context(number, *parts, constructed=True):
    return tlv(CONTEXT | (CONSTRUCTED if constructed else 0) | number, *parts)


def time(when):
    """Time of X.509 and CMS; UTCTime where that is right."""
    if 1950 <= when.year < 2050:
        return tlv(UTC, when.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(GENERALIZED,
               f"{when.year:04}{when:%m%d%H%M%S}Z".encode())


def now(**more):
    return (datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
            + datetime.timedelta(**more))


# ---- reading ----

class Node:
    """One element of DER."""

    def __init__(self, raw, head):
        self.raw, self.tag, self.body = raw, raw[0], raw[head:]

    @property
    def children(self):
        if not self.tag & CONSTRUCTED:
            raise NotDER(f"an element of tag {self.tag:#x} has no parts")
        return elements(self.body)

    def child(self, number, tag=None):
        parts = self.children
        if number >= len(parts):
            raise NotDER(f"part {number} of {self.tag:#x} is missing")
        if tag is not None and parts[number].tag != tag:
            raise NotDER(f"tag {parts[number].tag:#x}, not {tag:#x}")
        return parts[number]

    def only(self, tag=None):
        if len(self.children) != 1:
            raise NotDER(f"{len(self.children)} parts, not one")
        return self.child(0, tag)

    @property
    def integer(self):
        return int.from_bytes(self.body, "big", signed=True)

    @property
    def oid(self):
        if self.tag != OID:
            raise NotDER(f"tag {self.tag:#x} is no OID")
        arcs, value = [], 0
        for octet in self.body:
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                arcs.append(value)
                value = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, [first, arcs[0] - 40 * first] + arcs[1:]))


def elements(data):
    """All elements of DATA, one after the other."""
    found = []
    while data:
        if len(data) < 2:
            raise NotDER("cut off")
        count, head = data[1], 2
        if count & 0x80:
            head += count & 0x7F
            if count == 0x80:
                raise NotDER("an indefinite length")
            count = int.from_bytes(data[2:head], "big")
            if length(count) != data[1:head]:
                raise NotDER("a length that is not the shortest")
        if len(data) < head + count:
            raise NotDER("cut off")
        found.append(Node(data[:head + count], head))
        data = data[head + count:]
    return found


def parse(data):
    """The only element in DATA, all that is inside it looked at."""
    found = elements(data)
    if len(found) != 1:
        raise NotDER(f"{len(found)} elements, not one")

    def walk(node):
        if node.tag & CONSTRUCTED:
            if node.tag in (OCTETS | CONSTRUCTED, BITS | CONSTRUCTED):
                raise NotDER("a string in pieces")
            for part in node.children:
                walk(part)
        elif node.tag in (SEQUENCE & ~CONSTRUCTED, SET & ~CONSTRUCTED):
            raise NotDER("a primitive SEQUENCE or SET")

    walk(found[0])
    return found[0]


def base64_of(data, **more):
    return base64.b64encode(data, **more).decode()
