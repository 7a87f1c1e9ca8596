"""A certificate of the lab's own, made by openssl on request."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

from spark_xacct.lab.errors import LabError

# Longer than any lab lives, short enough to be worth nothing afterwards.
VALID_DAYS = 7


def make_certificate(folder: Path) -> Path:
    """A PEM file with key and certificate for 127.0.0.1 and localhost, mode 0600."""
    if shutil.which("openssl") is None:
        raise LabError("the lab's TLS needs the openssl command (Debian: apt-get install openssl)")
    pem, key, certificate = folder / "lab.pem", folder / "lab.key", folder / "lab.crt"
    done = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=spark-xacct lab"),
            *("-days", str(VALID_DAYS), "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(f"openssl made no certificate:\n{done.stderr.strip()}")
    pem.touch(mode=0o600)
    pem.write_bytes(key.read_bytes() + certificate.read_bytes())
    key.unlink()
    return pem


def server_context(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
