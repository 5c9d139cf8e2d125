"""Settings: where they come from, and that a wrong one is refused with its name and what is allowed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.settings import PREFIX, SETTINGS, Settings, WrongSetting, load


def test_defaults() -> None:
    assert load(environment={}) == Settings(data=Path("data"))
    assert load(environment={}).is_embedded
    assert load(environment={}).sqlite_path == Path("data/handrail.db")


def test_environment_is_read() -> None:
    settings = load(
        environment={
            "HANDRAIL_DATA": "/srv/handrail",
            "HANDRAIL_RATE_LIMIT_PER_MINUTE": "0",
            "HANDRAIL_CLIENT_HEADER": "Optional",
            "HANDRAIL_ALLOWED_HOSTS": "a.example, b.example,",
            "HANDRAIL_PUBLIC_URL": "https://flow.example/",
            "HANDRAIL_DATABASE_URL": "postgresql://u:p@db/handrail",
            "HANDRAIL_LOG_LEVEL": "",
            "HANDRAIL_TEST_DATABASE_URL": "not a setting of the product",
            "PATH": "/bin",
        }
    )
    assert settings.data == Path("/srv/handrail")
    assert settings.rate_limit_per_minute == 0
    assert settings.client_header == "optional"
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.public_url == "https://flow.example"
    assert not settings.is_embedded
    assert settings.log_level == "info"


def test_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "handrail.toml").write_text('log_level = "debug"\nrate_limit_per_hour = 7\ncors_origins = ["a", "b"]\n')
    settings = load(data=tmp_path, environment={"HANDRAIL_LOG_LEVEL": "error"})
    assert (settings.log_level, settings.rate_limit_per_hour) == ("error", 7)
    assert settings.cors_origins == ("a", "b")


def test_file_can_be_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("postgres_pool = 3")
    assert load(environment={"HANDRAIL_CONFIG": str(file)}).postgres_pool == 3
    with pytest.raises(WrongSetting, match=r"HANDRAIL_CONFIG"):
        load(environment={"HANDRAIL_CONFIG": str(tmp_path / "missing.toml")})


def test_given_values_win(tmp_path: Path) -> None:
    assert load(data=tmp_path, environment={"HANDRAIL_DATA": "/elsewhere"}).data == tmp_path
    assert load(environment={"HANDRAIL_LOG_LEVEL": "error"}, log_level="debug").log_level == "debug"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RATE_LIMIT_PER_MINUTE", "many"),
        ("RATE_LIMIT_PER_MINUTE", "-1"),
        ("MAX_BODY_BYTES", "10"),
        ("CLIENT_HEADER", "maybe"),
        ("DURABILITY", "some"),
        ("LOG_LEVEL", "loud"),
        ("PUBLIC_URL", "flow.example"),
        ("DATABASE_URL", "mysql://db/handrail"),
        ("DATABASE_URL", "postgresql://db"),
        ("DATABASE_URL", "sqlite:///"),
        ("POSTGRES_POOL", "0"),
        ("REDIS_URL", "http://cache"),
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "redis://cache:0"),
        ("REDIS_URL", "redis://cache/first"),
        ("REDIS_URL", "redis://cache?socket_timeout=9"),
        ("REDIS_URL", "unix://"),
    ],
)
def test_wrong_values_are_refused_with_what_is_allowed(name: str, text: str) -> None:
    with pytest.raises(WrongSetting) as refusal:
        load(environment={f"HANDRAIL_{name}": text})
    assert f"HANDRAIL_{name}" in str(refusal.value)
    assert SETTINGS[name.lower()].allowed in str(refusal.value)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(WrongSetting) as refusal:
        load(environment={"HANDRAIL_DATABASE_URL": "mysql://user:hunter2@db/handrail"})
    assert "hunter2" not in str(refusal.value)


def test_names_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="HANDRAIL_LOGLEVEL is not a setting"):
        load(environment={"HANDRAIL_LOGLEVEL": "info"})
    (tmp_path / "handrail.toml").write_text("loglevel = 1")
    with pytest.raises(WrongSetting, match=r"loglevel in handrail\.toml"):
        load(data=tmp_path, environment={})


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "handrail.toml").write_text("= nonsense")
    with pytest.raises(WrongSetting, match=r"handrail\.toml cannot be read"):
        load(data=tmp_path, environment={})


def test_every_setting_is_described_and_has_a_default() -> None:
    fields = set(Settings.__struct_fields__)
    assert fields == SETTINGS.keys()
    assert all(setting.meaning.endswith(".") and setting.allowed for setting in SETTINGS.values())


def test_path_of_a_sqlite_url() -> None:
    assert load(environment={"HANDRAIL_DATABASE_URL": "sqlite:////srv/x.db"}).sqlite_path == Path("/srv/x.db")
    assert load(environment={"HANDRAIL_DATABASE_URL": "sqlite:///x.db"}).sqlite_path == Path("x.db")


@given(st.sampled_from(sorted(SETTINGS)), st.text(st.characters(blacklist_categories=["Cs"], min_codepoint=1)))
def test_any_text_is_used_or_refused(name: str, text: str) -> None:
    try:
        load(environment={f"{PREFIX}{name.upper()}": text})
    except WrongSetting as refusal:
        assert name.upper() in str(refusal)
