"""Logs name what went wrong and where, never in words that may be a patient's."""

import logging

import pytest

from clinigait.apps import logs

CANARY = "CANARY-Mustermann-1950"


@pytest.fixture
def log(monkeypatch, caplog):
    monkeypatch.setattr(logging, "_logRecordFactory", logging.getLogRecordFactory())
    logging.setLogRecordFactory(logs._record)
    return caplog


def test_the_words_of_an_error_are_not_logged(log):
    try:
        int(CANARY)
    except ValueError:
        logging.getLogger("streamlit.error_util").exception("Uncaught app execution: %s", CANARY)
    assert CANARY not in log.text
    assert "ValueError at" in log.text
    assert "test_logs.py" in log.text


def test_a_line_cannot_be_forged(log):
    logging.getLogger("x").warning("name %s", "a\r\n2026-01-01 ERROR forged")
    assert len(log.records) == 1
    assert "\n" not in log.records[0].getMessage()
    assert "\r" not in log.records[0].getMessage()
