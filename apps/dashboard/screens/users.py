"""Users: added, changed, switched off, and given patients, by an administrator."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard.session import Session, current, plain, telling
from clinigait.clinic import administering
from clinigait.clinic.patients import LONGEST_CODE
from clinigait.store.accounts import Account
from clinigait.store.tables import ROLES

_LONGEST_NAME = 64
_SEE_PATIENTS = ("viewer", "clinician")


def show() -> None:
    """Show the page."""
    session = current("administer")
    st.title(session.say("page_users"))
    done = st.session_state.pop("users_done", None)
    if done:
        st.success(session.say(done))
    with telling(session):
        users = administering.users(session.store, session.account)
    if not any(user.role == "clinician" for user in users):
        st.info(session.say("no_clinician_yet"), icon=":material/stethoscope:")
    with st.popover(session.say("add_user"), icon=":material/person_add:"):
        _add(session)
    for user in users:
        _user(session, user)


def _add(session: Session) -> None:
    with st.form("add_user", border=False):
        name = st.text_input(session.say("name"), max_chars=_LONGEST_NAME, key="new_name")
        role = st.selectbox(
            session.say("role"),
            ROLES,
            index=ROLES.index("clinician"),
            format_func=lambda one: session.say(f"role_{one}"),
            help=session.say("role_help"),
        )
        all_patients = st.checkbox(
            session.say("all_patients"), help=session.say("all_patients_help")
        )
        password = st.text_input(
            session.say("first_password"),
            type="password",
            autocomplete="new-password",
            help=session.say("first_password_help"),
        )
        added = st.form_submit_button(session.say("add"), type="primary")
    if added:
        asking = current("administer")
        with telling(asking):
            administering.add_user(
                asking.store, asking.account, name, role, password,
                all_patients=all_patients and role in _SEE_PATIENTS,
            )  # fmt: skip
        _done("user_added")


def _user(session: Session, user: Account) -> None:
    role = session.say(f"role_{user.role}")
    label = f"**{plain(user.name)}** · {role}"
    if user.role in _SEE_PATIENTS and user.all_patients:
        label += f" · {session.say('all_patients')}"
    if not user.enabled:
        label += f" · {session.say('switched_off')}"
    with st.expander(label):
        _change(session, user)
        if user.role in _SEE_PATIENTS and not user.all_patients:
            _patients(session, user)
        _password(session, user)
        st.button(
            session.say("lost_telephone"),
            key=f"second_{user.id}",
            help=session.say("lost_telephone_help"),
            on_click=_remove_second_factor,
            args=(user.id,),
        )


def _remove_second_factor(user_id: str) -> None:
    session = current("administer")
    with telling(session):
        administering.remove_second_factor(session.store, session.account, user_id)
    st.session_state["users_done"] = "second_factor_off"


def _change(session: Session, user: Account) -> None:
    with st.form(f"change_{user.id}", border=False):
        role = st.selectbox(
            session.say("role"),
            ROLES,
            index=ROLES.index(user.role),
            format_func=lambda one: session.say(f"role_{one}"),
        )
        all_patients = st.checkbox(session.say("all_patients"), value=user.all_patients)
        enabled = st.checkbox(session.say("may_sign_in"), value=user.enabled)
        changed = st.form_submit_button(session.say("save"), icon=":material/save:")
    if changed:
        asking = current("administer")
        with telling(asking):
            administering.change_user(
                asking.store, asking.account, user.id, role=role, enabled=enabled,
                all_patients=all_patients and role in _SEE_PATIENTS,
            )  # fmt: skip
        _done("user_changed")


def _patients(session: Session, user: Account) -> None:
    with st.form(f"patients_{user.id}", border=False):
        code = st.text_input(
            session.say("give_patient"),
            max_chars=LONGEST_CODE,
            help=session.say("give_patient_help"),
        )
        with st.container(horizontal=True):
            given = st.form_submit_button(session.say("give"))
            taken = st.form_submit_button(session.say("take_away"))
    if given or taken:
        asking = current("administer")
        with telling(asking):
            administering.give(asking.store, asking.account, user.id, code, seen=given)
        _done("patient_given" if given else "patient_taken")


def _password(session: Session, user: Account) -> None:
    with st.form(f"password_{user.id}", border=False):
        password = st.text_input(
            session.say("first_password"), type="password", autocomplete="new-password"
        )
        changed = st.form_submit_button(session.say("set_password"))
    if changed:
        asking = current("administer")
        with telling(asking):
            administering.change_user(asking.store, asking.account, user.id, password=password)
        _done("user_changed")


def _done(key: str) -> None:
    st.session_state["users_done"] = key
    st.rerun()


show()
