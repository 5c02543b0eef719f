"""The clinic's database and files: tables, migrations, queue, accounts, audit, backup."""

from clinigait.store.database import Store, open_store

__all__ = ["Store", "open_store"]
