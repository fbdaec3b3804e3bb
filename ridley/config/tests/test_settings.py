"""Settings: refused where they are unknown or unsafe, shown without secrets, and fit for serving."""

import os
import secrets
import subprocess
import sys

import pytest

from ridley.config.environment import BadSetting, Environment
from ridley.config.state import CHECKOUT

KEY = secrets.token_urlsafe(48)
SERVED = {
    "RIDLEY_ENVIRONMENT": "production",
    "RIDLEY_ENCRYPTION_KEYS": "k" * 32,
    "RIDLEY_SECRET_KEY": KEY,
    "RIDLEY_JWT_PRIVATE_KEY": "not asked for here",
    "RIDLEY_ALLOWED_HOSTS": "ridley.example.com",
    "DATABASE_URL": "postgresql://ridley_app:pass-word@127.0.0.1:1/none",
}


def run(*command, tmp_path, **environment):
    """A command in a clean environment with these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    known = {**kept, "RIDLEY_HOME": str(tmp_path), **environment}
    (tmp_path / "static").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, *command], cwd=CHECKOUT, env=known, capture_output=True, text=True, timeout=120
    )


def check(tmp_path, **environment):
    return run("manage.py", "check", "--deploy", "--fail-level", "WARNING", tmp_path=tmp_path, **environment)


def settings(tmp_path, **environment):
    return run("-m", "ridley.cli", "settings", tmp_path=tmp_path, **environment)


def test_production_settings_pass_the_deployment_check_without_a_warning(tmp_path):
    done = check(tmp_path, **SERVED)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("environment", "name", "value", "words"),
    [
        ("staging", "RIDLEY_DEBUG", "true", "it is for development only"),
        ("production", "RIDLEY_DEBUG", "true", "it is for development only"),
        ("staging", "RIDLEY_SECRET_KEY", "short", "RIDLEY_SECRET_KEY is too short or a default"),
        ("production", "RIDLEY_ENCRYPTION_KEYS", "", "RIDLEY_ENCRYPTION_KEYS: wanted words"),
        ("production", "RIDLEY_SECRET_KEY", "", "RIDLEY_SECRET_KEY is too short or a default"),
    ],
)
def test_what_is_for_development_only_is_refused_where_people_are_served(tmp_path, environment, name, value, words):
    done = settings(tmp_path, **{**SERVED, "RIDLEY_ENVIRONMENT": environment, name: value})
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert KEY not in done.stderr


def test_in_development_the_same_is_taken(tmp_path):
    given = {**SERVED, "RIDLEY_ENVIRONMENT": "development", "RIDLEY_DEBUG": "true", "RIDLEY_SECRET_KEY": "short"}
    assert settings(tmp_path, **given).returncode == 0


@pytest.mark.parametrize(
    "key",
    ["", "short", "a" * 60, f"django-insecure-{KEY}", KEY[:49]],
    ids=["none", "short", "one letter", "default", "49"],
)
def test_a_key_that_is_short_or_a_default_signs_nothing_where_people_are_served(key):
    with pytest.raises(BadSetting, match="NAME is too short or a default"):
        Environment({"NAME": key}).secret_key("NAME", served=True)
    assert Environment({"NAME": key}).secret_key("NAME", served=False) == key
    assert Environment({"NAME": KEY}).secret_key("NAME", served=True) == KEY


def test_an_unknown_setting_is_refused_with_the_nearest_name(tmp_path):
    done = settings(tmp_path, **SERVED, RIDLEY_METRIC_ALLOWED="10.0.0.0/8")
    assert done.returncode == 2
    assert done.stderr == (
        "RIDLEY_METRIC_ALLOWED in the environment is no setting of Ridley. Did you mean RIDLEY_METRICS_ALLOWED?\n"
    )
    assert settings(tmp_path, **SERVED, RIDLEY_METRICS_ALLOWED="10.0.0.0/8", RIDLEY_TEST_X="1").returncode == 0


def test_an_unknown_setting_in_dotenv_or_as_a_file_is_refused_too(tmp_path):
    dotenv = tmp_path / ".env"
    for name in ("RIDLEY_SECRT_KEY", "RIDLEY_SECRT_KEY_FILE"):
        dotenv.write_text(f"{name}=x\n")
        env = Environment({}, dotenv)
        env.text("RIDLEY_SECRET_KEY", "")
        with pytest.raises(BadSetting, match=f"{name} in .env is no setting of Ridley. Did you mean RIDLEY_SECRET_KEY"):
            env.refuse_unknown()
    dotenv.write_text("RIDLEY_SECRET_KEY_FILE=x\nRIDLEY_SECRET_KEY=y\nOTHER=z\n")
    env = Environment({"RIDLEY_SHARED": "x"}, dotenv)
    env.asked["RIDLEY_SECRET_KEY"] = ""
    env.refuse_unknown()


def test_settings_are_shown_with_their_source_and_without_secrets(tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY)
    given = {
        **SERVED,
        "RIDLEY_SECRET_KEY": "",
        "RIDLEY_SECRET_KEY_FILE": str(file),
        "RIDLEY_S3_SECRET_KEY": "pass-word",
    }
    done = settings(tmp_path, **given)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "RIDLEY_SECRET_KEY=********  (the file of RIDLEY_SECRET_KEY_FILE in the environment)" in lines
    assert "RIDLEY_S3_SECRET_KEY=********  (the environment)" in lines
    assert "DATABASE_URL=postgresql://ridley_app:********@127.0.0.1:1/none  (the environment)" in lines
    assert "RIDLEY_ENVIRONMENT=production  (the environment)" in lines
    assert "RIDLEY_UPLOAD_KEPT_HOURS=24  (default)" in lines
    for secret in (KEY, "pass-word", "=word", "not asked for here"):
        assert secret not in done.stdout + done.stderr


def test_a_value_from_dotenv_says_so_and_the_environment_wins(tmp_path):
    dotenv = tmp_path / ".env"
    dotenv.write_text("RIDLEY_LOG_LEVEL=INFO\nRIDLEY_DEBUG=true\n")
    env = Environment({"RIDLEY_DEBUG": "false"}, dotenv)
    assert [env.source(name) for name in ("RIDLEY_LOG_LEVEL", "RIDLEY_DEBUG", "RIDLEY_HOME")] == [
        ".env", "the environment", "default",
    ]  # fmt: skip
    assert env.flag("RIDLEY_DEBUG") is False


def test_env_example_names_every_setting(tmp_path):
    shown = settings(tmp_path, **SERVED).stdout.splitlines()
    example = (CHECKOUT / ".env.example").read_text()
    names = [line.partition("=")[0] for line in shown]
    assert len(names) > 25
    assert [name for name in names if f"#{name}=" not in example and f"#{name}_FILE=" not in example] == []
