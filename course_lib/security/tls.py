"""TLS for a lab: an authority of one's own, and certificates that it vouches for.

    lab = LabAuthority()
    async with serve(handler, "127.0.0.1", 0, ssl=lab.server_context()):
        connect(f"wss://127.0.0.1:{port}", ssl=lab.client_context())

A client always checks the certificate and the name in it. To switch that off would make TLS
useless against somebody in the middle, and that is what it is for.
"""

import ssl
from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes

HERE = ("127.0.0.1", "::1", "localhost")
"""The names of this machine for itself."""

_SLACK = timedelta(hours=1)  # for a client whose clock is behind
# Browsers take a certificate by its hash alone only if it is valid for at most two weeks.
_LIFETIME = timedelta(days=10)


class LabAuthority:
    """An authority that exists in memory only; whoever trusts it does so on purpose.

    Attributes:
        pem: the authority's own certificate, for a program that wants it as a file.
    """

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="Laboratory")
        self.pem = self._authority.cert_pem.bytes()
        self._certificates: dict[tuple[str, ...], trustme.LeafCert] = {}

    def server_context(self, *names: str) -> ssl.SSLContext:
        """What a server needs to prove that it is `names`; by default, this machine."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.certificate(*names).configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """What a client needs to believe this authority, and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._authority.configure_trust(context)
        return context

    def certificate_hash(self, *names: str) -> bytes:
        """The SHA-256 of the certificate of `names`, as `serverCertificateHashes` wants it."""
        pem = self.certificate(*names).cert_chain_pems[0].bytes()
        return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256())

    def certificate(self, *names: str) -> trustme.LeafCert:
        """The certificate of `names`, by default of this machine, with its key; the same each time."""
        names = names or HERE
        if names not in self._certificates:
            now = datetime.now(UTC)
            self._certificates[names] = self._authority.issue_cert(
                *names, not_before=now - _SLACK, not_after=now + _LIFETIME
            )
        return self._certificates[names]
