"""Python reads this first where its folder is on the path: the process cannot leave its machine.

What tries to is refused and noted in the file that ``CLINIGAIT_WAYS_OUT`` names.
"""

import errno
import os
import socket
from pathlib import Path

_HERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "", None}  # noqa: S104  names of this machine
_look_up = socket.getaddrinfo


def _noted(method):
    def guarded(self, *arguments):
        address = arguments[-1]
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in _HERE:
            _refuse(address[0])
        return method(self, *arguments)

    return guarded


def _getaddrinfo(host, *arguments, **more):
    if (host.decode() if isinstance(host, bytes) else host) not in _HERE:
        _refuse(host)
    return _look_up(host, *arguments, **more)


def _refuse(host):
    with Path(os.environ["CLINIGAIT_WAYS_OUT"]).open("a", encoding="utf-8") as file:
        file.write(f"{host}\n")
    raise OSError(errno.ENETUNREACH, "the network is closed")


socket.getaddrinfo = _getaddrinfo
for _name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, _name, _noted(getattr(socket.socket, _name)))
