"""What a child process complains of: the end of its standard error."""

from __future__ import annotations

import threading
from collections import deque
from typing import IO

MOST_COMPLAINT_BYTES = 1 << 13


class Complaints:
    """Keeps the end of what the child writes to its standard error."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._chunks: deque[bytes] = deque(maxlen=MOST_COMPLAINT_BYTES // 1024)
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        while chunk := self._stream.read(1024):
            self._chunks.append(chunk)

    def stop(self) -> None:
        """Wait for the end of the stream, which a dead child has reached."""
        self._thread.join()
        self._stream.close()

    def last_line(self) -> str:
        """Return the last line that says something."""
        lines = b"".join(self._chunks).decode("utf-8", "replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
