"""Web identity tokens: the lab is an OIDC issuer that signs its tokens and takes no others.

Signed with a key of one lab's life (HMAC, where EKS signs with RSA): nobody but the lab verifies them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

AUDIENCE = "sts.amazonaws.com"


class TokenRefusedError(Exception):
    """STS's code and message for a token that it does not take."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TokenIssuer:
    """Issues and verifies the tokens of one lab."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._key = secrets.token_bytes(32)
        self._clock = clock

    def issue(self, issuer: str, subject: str, audience: str = AUDIENCE, life_seconds: int = 86_400) -> str:
        """A token as EKS projects it into a pod. ``issuer`` without scheme."""
        now = int(self._clock())
        claims = {"iss": f"https://{issuer}", "sub": subject, "aud": audience, "iat": now, "exp": now + life_seconds}
        body = _encode({"alg": "HS256", "typ": "JWT", "kid": "lab"}) + "." + _encode(claims)
        return f"{body}.{self._signature(body)}"

    def verify(self, token: str, client_ids: Callable[[str], list[str] | None]) -> Mapping[str, Any]:
        """The claims of a token; raises TokenRefusedError as STS would.

        ``client_ids``: issuer without scheme -> the audiences its provider is registered with, None if there is none.
        """
        body, _, signature = token.rpartition(".")
        claims = _decode(body.partition(".")[2])
        if claims is None:
            raise TokenRefusedError(
                "InvalidIdentityToken",
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            )
        issuer = str(claims.get("iss", ""))
        registered = client_ids(issuer.split("://", 1)[-1].rstrip("/"))
        if registered is None:
            message = f"No OpenIDConnect provider found in your account for {issuer}"
            raise TokenRefusedError("InvalidIdentityToken", message)
        if not hmac.compare_digest(signature, self._signature(body)):
            raise TokenRefusedError(
                "InvalidIdentityToken",
                "Couldn't retrieve verification key from your identity provider, please reference "
                "AssumeRoleWithWebIdentity documentation for requirements",
            )
        audiences = claims.get("aud", [])
        if not set([audiences] if isinstance(audiences, str) else audiences) & set(registered):
            raise TokenRefusedError("InvalidIdentityToken", "Incorrect token audience")
        now, expires = int(self._clock()), int(claims.get("exp", 0))
        if now >= expires:
            message = f"Token expired: current date/time {now} must be before the expiration date/time {expires}"
            raise TokenRefusedError("ExpiredTokenException", message)
        return claims

    def _signature(self, body: str) -> str:
        return _base64(hmac.new(self._key, body.encode(), hashlib.sha256).digest())


def _encode(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _decode(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
