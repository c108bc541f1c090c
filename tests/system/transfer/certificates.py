"""Keys and certificates for transfers over TLS, made for one test."""

import base64
import dataclasses
import datetime
import hashlib
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclasses.dataclass
class Identity:
    certificate_path: pathlib.Path
    key_path: pathlib.Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pin(self):
        """As hitherd's configuration has it (RFC 7858 §4.2)."""
        octets = self.key.public_key().public_bytes(serialization.Encoding.DER,
                                                    serialization.PublicFormat.SubjectPublicKeyInfo)
        return "sha256/" + base64.b64encode(hashlib.sha256(octets).digest()).decode()

    @property
    def paths(self):
        return self.certificate_path, self.key_path


def make(folder, name, *, ca=None, is_ca=False):
    """For the host `name`, signed by `ca` or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder().subject_name(subject)
               .issuer_name(ca.certificate.subject if ca else subject)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(hours=1))
               .not_valid_after(now + datetime.timedelta(days=1))
               .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True))
    if not is_ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]),
                                        critical=False)
    certificate = builder.sign(ca.key if ca else key, hashes.SHA256())
    made = Identity(folder / f"{name}.pem", folder / f"{name}.key", certificate, key)
    made.certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key_path.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    made.key_path.chmod(0o640)
    return made
