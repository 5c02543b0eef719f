"""``python -m clinigait``."""

from clinigait.cli.app import main

main()
