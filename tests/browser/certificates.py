"""How a browser under test takes a certificate that nobody vouches for."""

import base64
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from course_lib.security import LabAuthority


def chromium_flag(lab: LabAuthority) -> str:
    """The flag with which a Chromium for tests takes this machine's certificate.

    It lets exactly this key pass (the SHA-256 of its public key), and any other certificate that
    nobody vouches for is an error as ever.
    """
    pem = lab.certificate().cert_chain_pems[0].bytes()
    key = x509.load_pem_x509_certificate(pem).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(spki).digest()).decode()
    return f"--ignore-certificate-errors-spki-list={digest}"
