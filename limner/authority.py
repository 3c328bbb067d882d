"""A small certificate authority: an EC key that signs the certificates of services and of their clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Clocks differ.
_BACKDATED = timedelta(hours=1)
_AUTHORITY_LASTS = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its key, both PEM."""

    cert: bytes
    key: bytes


def found(now: datetime) -> Identity:
    """Returns a new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Limner authority")
    unsigned = (
        _begin(name, name, key.public_key(), now, _AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return _sign(unsigned, key, key)


def certify_server(authority: Identity, hosts: Sequence[str], now: datetime, lasts: timedelta) -> Identity:
    """Returns the identity of a service that is reached under `hosts`, names or addresses."""
    alternatives = x509.SubjectAlternativeName([_alternative(host) for host in hosts])
    return _certify(authority, hosts[0], ExtendedKeyUsageOID.SERVER_AUTH, alternatives, now, lasts)


def certify_client(authority: Identity, name: str, now: datetime, lasts: timedelta) -> Identity:
    """Returns the identity of a caller."""
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name)])
    return _certify(authority, name, ExtendedKeyUsageOID.CLIENT_AUTH, alternatives, now, lasts)


def _certify(
    authority: Identity,
    name: str,
    purpose: x509.ObjectIdentifier,
    alternatives: x509.SubjectAlternativeName,
    now: datetime,
    lasts: timedelta,
) -> Identity:
    issuer = x509.load_pem_x509_certificate(authority.cert)
    issuing = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(issuing, ec.EllipticCurvePrivateKey):
        raise ValueError("the key of the authority is not of an elliptic curve")
    key = ec.generate_private_key(ec.SECP256R1())
    # No certificate outlives its authority.
    lasts = min(lasts, issuer.not_valid_after_utc - now)
    unsigned = (
        _begin(_name(name), issuer.subject, key.public_key(), now, lasts)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(alternatives, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False
        )
    )
    return _sign(unsigned, issuing, key)


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _sign(
    unsigned: x509.CertificateBuilder, issuing: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey
) -> Identity:
    cert = unsigned.sign(issuing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Identity(cert, pem)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    # RFC 5280 gives a common name 64 characters; what counts is in the alternative names.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
