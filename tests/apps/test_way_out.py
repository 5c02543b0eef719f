"""That a running server does not leave its machine is tested with a way out that is really shut."""

import os
import subprocess
import sys
from pathlib import Path

_CLOSED = Path(__file__).parents[1] / "support" / "closed"
_TRY = """
import socket, urllib.request
for address in ("http://clinic.example", "http://192.0.2.1:9"):
    try:
        urllib.request.urlopen(address, timeout=5)
    except OSError as error:
        print(error)
with socket.create_server(("127.0.0.1", 0)) as here:
    socket.create_connection(here.getsockname()).close()
print("home")
"""


def test_a_process_with_the_network_closed_stays_at_home_and_its_tries_are_told(tmp_path):
    told = tmp_path / "told"
    environment = {**os.environ, "PYTHONPATH": str(_CLOSED), "CLINIGAIT_WAYS_OUT": str(told)}
    done = subprocess.run(
        [sys.executable, "-c", _TRY], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("the network is closed") == 2
    assert done.stdout.endswith("home\n")
    assert told.read_text().split() == ["clinic.example", "192.0.2.1"]
