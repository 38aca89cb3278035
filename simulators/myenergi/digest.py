"""HTTP Digest authentication, MD5 with `qop=auth`, as a server checks it."""

import hashlib
import re
import secrets

_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
_NEEDED = ("username", "nonce", "uri", "response", "nc", "cnonce", "qop")


class Digest:
    """Who may come in: one user, with one password."""

    def __init__(self, realm: str, user: str, password: str) -> None:
        """Let `user` in with `password`."""
        self.realm = realm
        self.user = user
        self.password = password
        self._nonce = secrets.token_hex(16)

    def forget(self) -> None:
        """Ask everybody anew, as a server does that was restarted."""
        self._nonce = secrets.token_hex(16)

    @property
    def challenge(self) -> str:
        """What a client is asked with."""
        return (
            f'Digest realm="{self.realm}", qop="auth", nonce="{self._nonce}", '
            "algorithm=MD5"
        )

    def admits(self, method: str, header: str | None) -> bool:
        """Whether an Authorization header answers the challenge."""
        if header is None or not header.startswith("Digest "):
            return False
        parts = {key: quoted or bare for key, quoted, bare in _PART.findall(header)}
        if not all(parts.get(key) for key in _NEEDED):
            return False
        if parts["username"] != self.user or parts["nonce"] != self._nonce:
            return False
        who = _md5(f"{self.user}:{self.realm}:{self.password}")
        what = _md5(f"{method}:{parts['uri']}")
        middle = f"{parts['nonce']}:{parts['nc']}:{parts['cnonce']}:{parts['qop']}"
        response: str = parts["response"]
        return response == _md5(f"{who}:{middle}:{what}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
