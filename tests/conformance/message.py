# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A request of SCEP, made of the parts in cms.py."""
import os

import cms
import der

RENEWALREQ, PKCSREQ, CERTPOLL, GETCERT, GETCRL = 17, 19, 20, 21, 22


class Message:
    """A pkiMessage for RECIPIENT, a certificate. ENVELOPE and SIGNED are what
    Envelope and SignedData are to have otherwise than usual."""

    def __init__(self, recipient, key=1, **more):
        self.recipient = recipient
        self.key = cms.key_of(key) if isinstance(key, int) else key
        self.subject = cms.name("device")
        self.challenge = None
        self.csr_key = None  # where another one is to be certified
        self.csr = {}  # further arguments of cms.csr()
        self.cert = self.data = self.content = None
        self.message_type = PKCSREQ
        self.transaction_id = os.urandom(16).hex().upper()
        self.nonce = os.urandom(16)
        self.extra = []  # further signed attributes
        self.envelope, self.signed = {}, {}
        self.no_envelope = False
        self.__dict__.update(more)
        if self.cert is None:
            self.cert = cms.certificate(self.key, self.subject)
        if self.data is None:
            self.data = cms.csr(self.csr_key or self.key, self.subject,
                                self.challenge, **self.csr)

    def again(self, **more):
        """Another message of the same transaction."""
        same = dict(self.__dict__, nonce=os.urandom(16))
        same.update(more)
        return Message(**same)

    def attributes(self):
        made = [cms.attribute(cms.MESSAGE_TYPE,
                              der.printable(str(self.message_type))),
                cms.attribute(cms.TRANSACTION_ID,
                              der.printable(self.transaction_id))]
        if self.nonce:
            made.append(cms.attribute(cms.SENDER_NONCE,
                                      der.octets(self.nonce)))
        return made + self.extra

    def der(self):
        content = self.content
        if content is None and not self.no_envelope:
            content = cms.Envelope(self.data, self.recipient,
                                   **self.envelope).der()
        return cms.SignedData(content, self.key, self.cert, self.attributes(),
                              **self.signed).der()
