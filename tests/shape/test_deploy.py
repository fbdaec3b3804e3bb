"""The files of deploy/ say what the Procfile and the command line say, name what exists, and hold no address."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ridley.cli import build_parser
from tests.shape.source import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
OURS = ("prepare", "release", "web", "worker")


def procfile():
    """Name -> the words of its command, with the port that a container listens on."""
    lines = (line.partition(": ") for line in (ROOT / "Procfile").read_text().splitlines())
    return {name: shlex.split(command.replace("${PORT:-8000}", "8000")) for name, _, command in lines}


def test_the_services_run_the_procfiles_commands():
    assert {name: SERVICES[name]["command"] for name in procfile()} == procfile()
    words = re.search(r"^CMD (\[.*\])$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)[1]
    assert yaml.safe_load(words) == procfile()["web"]


def test_every_command_exists():
    assert SERVICES["prepare"]["command"] == ["ridley", "database", "prepare"]
    parsed = build_parser("database").parse_args(SERVICES["prepare"]["command"][1:])
    assert parsed.action == "prepare"
    for name, words in procfile().items():
        if words[0] == "python":
            asked = [sys.executable, *words[1:3], "--help"]
            environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "ridley.config.settings"}
            assert subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True).returncode == 0, name


def test_hadolint_finds_nothing_and_would_find_something(tmp_path):
    hadolint = str(Path(sys.executable).with_name("hadolint"))
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.replace("USER 10001:10001", "USER root\nRUN cd /tmp && sudo ls"))
    found = [subprocess.run([hadolint, str(path)], capture_output=True, text=True) for path in
             (DEPLOY / "Dockerfile", tmp_path / "Dockerfile")]  # fmt: skip
    assert [each.returncode for each in found] == [0, 1], found
    assert "DL3004" in found[1].stdout


def test_the_dockerfile_copies_what_exists_and_the_ignore_file_lets_it_in():
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    assert sources == {"requirements.lock", "pyproject.toml", "VERSION", "manage.py", "ridley"}
    assert [source for source in sources if not (ROOT / source).exists()] == []
    let_in = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert let_in == sources


def test_nothing_serves_as_root_and_only_what_migrates_knows_the_owner():
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    knows_owner = {name for name in OURS if "database_owner_url" in SERVICES[name]["secrets"]}
    assert knows_owner == {"prepare", "release"}
    assert {name for name in SERVICES if "database_superuser_url" in SERVICES[name]["secrets"]} == {"prepare"}
    assert all(SERVICES[name]["cap_drop"] == ["ALL"] and SERVICES[name]["read_only"] for name in OURS)


def test_every_secret_comes_from_a_file_that_make_secrets_makes():
    made = set(re.findall(r"^keep (\w+)", (DEPLOY / "make-secrets").read_text(), re.MULTILINE))
    assert set(COMPOSE["secrets"]) == made
    assert all(each == {"file": f"secrets/{name}"} for name, each in COMPOSE["secrets"].items())
    for name, service in SERVICES.items():
        files = [str(value) for key, value in service["environment"].items() if key.endswith("_FILE")]
        assert {Path(file).name for file in files} == set(service["secrets"]), name
        assert not [key for key in service["environment"] if re.search(r"PASSWORD$|SECRET_KEY$|_URL$", key)]
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_services_start_in_order_and_tell_whether_they_are_well():
    waits = {name: {of: how["condition"] for of, how in SERVICES[name]["depends_on"].items()} for name in OURS}
    ended = "service_completed_successfully"
    assert waits == {
        "prepare": {"db": "service_healthy"}, "release": {"prepare": ended}, "web": {"release": ended},
        "worker": {"release": ended},
    }  # fmt: skip
    assert {name for name in SERVICES if "healthcheck" in SERVICES[name]} == {"db", "web"}
    assert {name for name in SERVICES if SERVICES[name].get("restart")} == {"db", "web", "worker"}


@pytest.mark.parametrize("path", sorted(path.name for path in DEPLOY.iterdir() if path.is_file()))
def test_no_file_names_a_registry(path):
    text = (DEPLOY / path).read_text()
    images = re.findall(r"^(?:FROM|\s+image:) (\S+)", text, re.MULTILINE)
    assert {image for image in images if "/" in image} == set()
    assert not re.search(r"https?://(?!127\.0\.0\.1)", text)


def test_secrets_are_made_once_and_kept(tmp_path):
    script = tmp_path / "make-secrets"
    script.write_text((DEPLOY / "make-secrets").read_text())

    def made_by_a_run():
        subprocess.run(["bash", str(script)], check=True, capture_output=True)
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    made = made_by_a_run()
    assert set(made) == set(COMPOSE["secrets"])
    assert made_by_a_run() == made
    assert made["database_url"].startswith("postgresql://ridley_app:")
    assert made["jwt_private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
