"""A certificate authority of our own: HTTPS on this machine, verified as any other."""

from dataclasses import dataclass
from datetime import UTC, datetime
import ipaddress
from pathlib import Path
import ssl
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_UNTIL = datetime(2060, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TestAuthority:
    """An authority, and a server on loopback that it vouches for."""

    __test__ = False
    certificate: bytes
    """The authority's own, in PEM: what a client is told to trust."""
    chain: bytes
    """The server's key and certificate, in PEM."""

    @classmethod
    def make(cls) -> TestAuthority:
        """Make keys and certificates, valid for decades around any frozen time."""
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root_name, name = _name("PowerSync test authority"), _name("127.0.0.1")
        root = (
            _builder(root_name, root_name, root_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        server = (
            _builder(name, root_name, key.public_key())
            .add_extension(x509.SubjectAlternativeName([here]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    root_key.public_key()
                ),
                critical=False,
            )
            .sign(root_key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        pem = serialization.Encoding.PEM
        return cls(root.public_bytes(pem), private + server.public_bytes(pem))

    def server_context(self) -> ssl.SSLContext:
        """Return what a server needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "server.pem"
            path.write_bytes(self.chain)
            context.load_cert_chain(path)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return what a client needs that trusts this authority and no other."""
        return ssl.create_default_context(cadata=self.certificate.decode())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
