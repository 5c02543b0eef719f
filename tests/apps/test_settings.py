"""What the server refuses to be started with, and what Streamlit is told."""

import pytest

from clinigait.apps.dashboard.server import options
from clinigait.apps.dashboard.settings import Settings
from clinigait.core import BadInputError


def test_it_listens_to_the_own_machine_unless_told(tmp_path):
    settings = Settings(tmp_path)
    assert (settings.host, settings.is_local, settings.has_tls) == ("127.0.0.1", True, False)
    assert settings.address == "http://127.0.0.1:8501"
    assert settings.hosts == {"localhost", "127.0.0.1", "::1"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "192.168.0.5"])  # noqa: S104
def test_other_addresses_are_refused_without_tls_and_a_name(tmp_path, host):
    pem = tmp_path / "a.pem"
    pem.write_text("pem")
    with pytest.raises(BadInputError, match="unencrypted"):
        Settings(tmp_path, host=host, names=("gait.example",))
    with pytest.raises(BadInputError, match="does not know by which name"):
        Settings(tmp_path, host=host, certificate=pem, key=pem)
    with_tls = Settings(tmp_path, host=host, certificate=pem, key=pem, names=("Gait.example",))
    assert with_tls.has_tls
    assert with_tls.hosts == {"gait.example"}
    assert with_tls.address == "https://Gait.example:8501"
    assert Settings(tmp_path, host=host, proxy="10.0.0.1", names=("gait.example",)).has_tls


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "gait.example", "proxy": "10.0.0.1", "names": ("a",)},
        {"proxy": "everybody"},
        {"port": 0},
        {"port": 70000},
        {"certificate": "a.pem"},
        {"certificate": "a.pem", "key": "missing.pem"},
        {"certificate": "a.pem", "key": "a.pem", "proxy": "10.0.0.1"},
    ],
)
def test_settings_that_contradict_are_refused_in_a_sentence(tmp_path, wrong):
    (tmp_path / "a.pem").write_text("pem")
    files = {k: tmp_path / v for k, v in wrong.items() if k in {"certificate", "key"}}
    with pytest.raises(BadInputError):
        Settings(tmp_path, **{**wrong, **files})


def test_the_password_of_the_database_is_not_printed(tmp_path):
    assert "secret" not in repr(Settings(tmp_path, database_url="postgresql://u:secret@h/d"))


def test_streamlit_tells_nobody_and_takes_no_file(tmp_path):
    told = options(Settings(tmp_path))
    assert told["browser.gatherUsageStats"] is False
    assert told["client.showErrorDetails"] == "none"
    assert told["server.enableXsrfProtection"] is True
    assert told["server.enableCORS"] is True
    assert told["server.enableAgentApi"] is False
    assert told["server.enableStaticServing"] is False
    assert told["server.maxUploadSize"] == 1
    assert told["global.developmentMode"] is False


def test_streamlit_knows_every_setting_that_it_is_told(tmp_path):
    from streamlit import config

    assert set(options(Settings(tmp_path))) <= set(config._config_options_template)


def _luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_texts_and_buttons_can_be_read_in_both_themes(kind, tmp_path):
    theme = {
        key.removeprefix(f"theme.{kind}."): str(value)
        for key, value in options(Settings(tmp_path)).items()
        if key.startswith(f"theme.{kind}.")
    }
    grounds = (theme["backgroundColor"], theme["secondaryBackgroundColor"])
    for ground in grounds:
        assert _contrast(theme["textColor"], ground) >= 4.5
        assert _contrast(theme["linkColor"], ground) >= 4.5
        assert _contrast(theme["primaryColor"], ground) >= 3  # the edge of a button
    assert _contrast("#FFFFFF", theme["primaryColor"]) >= 4.5  # what stands on it
