"""How the server is started, and what it refuses to be started with."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from clinigait.core import BadInputError

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Settings:
    """How the server is started.

    Parameters
    ----------
    data
        Data folder of the clinic.
    host, port
        Address to listen at.
    names
        Names by which browsers call the server; those of the own machine are added where it
        listens there only.
    certificate, key
        Files of TLS in PEM; None where the server speaks without.
    proxy
        Address of the one reverse proxy that may ask, which speaks TLS to the browsers; None
        where browsers ask directly.

    Raises
    ------
    BadInputError
        If others than the own machine could ask without TLS, or the settings contradict.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8501
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    proxy: str | None = None
    database_url: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise BadInputError("TLS takes a certificate and its key.", "Give both.")
        for file in (self.certificate, self.key):
            if file is not None and not file.is_file():
                raise BadInputError(f"{file.name[:80]} is not there.", "Give a file in PEM.")
        if self.proxy is not None and self.certificate is not None:
            raise BadInputError(
                "Behind a proxy the proxy speaks TLS.", "Give TLS or a proxy, not both."
            )
        if self.proxy is not None:
            _address(self.proxy, "The proxy")
        if not 1 <= self.port <= 65535:
            raise BadInputError("There is no such port.", "Take one from 1 to 65535.")
        if self.is_local:
            return
        _address(self.host, "The server")
        if self.proxy is None and self.certificate is None:
            raise BadInputError(
                f"Other machines reach {self.host}, and passwords would go there unencrypted.",
                "Give --certificate and --key, or --behind-proxy with the proxy's address.",
            )
        if not self.names:
            raise BadInputError(
                "The server does not know by which name it is called.",
                "Give --name, say --name gait.clinic.example.",
            )

    @property
    def is_local(self) -> bool:
        """Whether only the own machine can ask."""
        return self.host in _LOCAL_NAMES

    @property
    def has_tls(self) -> bool:
        """Whether browsers ask over TLS."""
        return self.certificate is not None or self.proxy is not None

    @property
    def hosts(self) -> frozenset[str]:
        """All names by which the server may be called."""
        own = _LOCAL_NAMES if self.is_local and self.proxy is None else ()
        return frozenset(name.casefold() for name in (*self.names, *own))

    @property
    def address(self) -> str:
        """What to type into a browser."""
        name = self.names[0] if self.names else self.host
        if self.proxy is not None:
            return f"https://{name}"
        host = f"[{name}]" if ":" in name else name
        return f"{'https' if self.has_tls else 'http'}://{host}:{self.port}"


def _address(text: str, whose: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError as error:
        raise BadInputError(
            f"{whose} has no such address.", "Give an IP address, say 10.1.2.3."
        ) from error
