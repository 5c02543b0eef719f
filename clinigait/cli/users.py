"""``clinigait users``: who may sign in. The first admin is made here; there is no default one."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from clinigait.cli.clinic_data import Data, Url, need_clinic, opened
from clinigait.core import BadInputError

app = typer.Typer(no_args_is_help=True, help="Users of the clinic's server.")

_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name to sign in with.")]
_Roles = Literal["viewer", "clinician", "admin", "auditor"]
_Role = typer.Option("--role", help="What the user may do.")


@app.command("add")
def add(
    name: _Name,
    data: Data,
    role: Annotated[_Roles, _Role],
    all_patients: Annotated[
        bool, typer.Option("--all-patients", help="Sees every patient, not only those given.")
    ] = False,
    url: Url = None,
) -> None:
    """Add a user, and ask for the password; the first user begins the clinic."""
    need_clinic()
    from clinigait.store import accounts, passwords  # noqa: PLC0415  --help stays quick

    password = _asked()
    passwords.check(password, name)  # before a data folder is made
    with opened(data, url, make=True) as store, store.writing() as db:
        account = accounts.add(db, name, role, password, all_patients=all_patients)
    typer.echo(f"{account.name}: {account.role}.")


@app.command("list")
def listed(data: Data, url: Url = None) -> None:
    """List all users."""
    with opened(data, url) as store:
        from clinigait.store import accounts  # noqa: PLC0415  --help stays quick

        with store.reading() as db:
            found = accounts.listed(db)
    for account in found:
        scope = "all patients" if account.all_patients else "patients given"
        state = "" if account.enabled else ", switched off"
        typer.echo(f"{account.name}: {account.role}, {scope}{state}")


@app.command("change")
def change(
    name: _Name,
    data: Data,
    role: Annotated[_Roles | None, _Role] = None,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="May sign in.")] = None,
    all_patients: Annotated[
        bool | None, typer.Option("--all-patients/--given-patients", help="Which patients.")
    ] = None,
    url: Url = None,
) -> None:
    """Change role or rights of a user, who is signed out everywhere."""
    with opened(data, url) as store:
        from clinigait.store import accounts  # noqa: PLC0415  --help stays quick

        with store.writing() as db:
            user_id = accounts.find(db, name).id
            accounts.change(db, user_id, role=role, enabled=enabled, all_patients=all_patients)
    typer.echo("Changed; signed out everywhere.")


@app.command("password")
def password(name: _Name, data: Data, url: Url = None) -> None:
    """Ask for a new password of a user, who is signed out everywhere."""
    with opened(data, url) as store:
        from clinigait.store import accounts  # noqa: PLC0415  --help stays quick

        with store.reading() as db:
            user_id = accounts.find(db, name).id
        new = _asked()
        with store.writing() as db:
            accounts.change(db, user_id, password=new)
    typer.echo("Changed; signed out everywhere.")


@app.command("second-factor-off")
def second_factor_off(
    data: Data,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Whose; or --all.")] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Of all users: their key is lost.")
    ] = False,
    url: Url = None,
) -> None:
    """Take the second factor off a user whose telephone is lost, or off all."""
    if (name is None) != everybody:
        raise BadInputError("Whose second factor is not said.", "Give a name, or --all.")
    with opened(data, url) as store:
        from clinigait.store import accounts, totp  # noqa: PLC0415  --help stays quick

        with store.writing() as db:
            names = totp.sealed_for(db) if name is None else [name]
            for one in names:
                totp.remove(db, accounts.find(db, one).id, None)
    typer.echo(f"Off for {len(names)}; the password alone signs in until another is set up.")


@app.command("new-key")
def new_key(
    data: Data,
    forget: Annotated[
        bool,
        typer.Option("--forget-old", help="Old keys go; older backups' second factors with them."),
    ] = False,
    url: Url = None,
) -> None:
    """Seal all second factors with a new key, or make the first one."""
    with opened(data, url) as store:
        from clinigait.store import totp  # noqa: PLC0415  --help stays quick

        count = totp.renew_key(store, None, forget=forget)
        typer.echo(
            f"{count} second factors are sealed with a new key in {store.key_file}. "
            "It is in no backup: keep a copy elsewhere."
        )


def _asked() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
