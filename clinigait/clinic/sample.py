"""A sample patient of the virtual clinic: something to look at before the first own film."""

from __future__ import annotations

from clinigait.store import Store
from clinigait.store.accounts import Account

#: Start of the codes of sample patients.
SAMPLE_CODE = "SAMPLE"


def add_sample_patient(store: Store, account: Account) -> str:
    """Add a synthetic patient with two visits, and order their assessments; return the id.

    Nothing is downloaded. The worker assesses them by the road that every recording takes.

    Raises
    ------
    RefusedError
        If the user may not add patients.
    """
    raise NotImplementedError
