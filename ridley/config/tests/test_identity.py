"""The demo's identity provider is started, known to the demo, and kept out wherever it does not belong."""

import subprocess
import time

import pytest
import requests

from ridley.config import identity, web
from ridley.config.state import State


@pytest.fixture
def state(tmp_path):
    made = State(tmp_path / "home")
    made.make()
    return made


def manage(*words):
    manage.asked.append(words)
    return ["tenant t1-demo", "partner p1-demo", "a line of something else"]


@pytest.fixture(autouse=True)
def asked():
    manage.asked = []
    return manage.asked


@pytest.fixture
def ports(monkeypatch):
    """Two sockets that listen; the tests say on which of them the provider would."""
    listening = [web.listen(None, None) for _ in range(2)]
    chosen = [listening[0]]
    monkeypatch.setattr(identity.web, "listen", lambda asked, last: chosen[-1])
    yield lambda number: chosen.append(listening[number])
    for each in listening:
        each.close()


def test_the_demo_is_told_once_and_again_when_port_or_database_changed(state, asked, ports):
    first = identity.prepare(state, manage)
    assert asked == [("demo", "--identity-provider", first.issuer)]
    assert first.ids == {"tenant": "t1-demo", "partner": "p1-demo"}
    again = identity.prepare(state, manage)
    assert (again.issuer, again.ids, len(asked)) == (first.issuer, first.ids, 1)
    ports(1)
    third = identity.prepare(state, manage)
    assert (third.issuer != first.issuer, len(asked)) == (True, 2)
    state.note_run(tables="made again")
    identity.prepare(state, manage)
    assert len(asked) == 3


def test_without_the_demo_or_without_node_there_is_none(state, monkeypatch):
    assert identity.prepare(state, lambda *words: []) is None
    assert "identity" not in state.read_run()
    monkeypatch.setattr(identity, "find_spec", lambda name: None)
    assert identity.prepare(state, manage) is None


def test_the_web_server_may_ask_this_machine_unless_somebody_said_otherwise(state):
    made = identity.prepare(state, manage)
    made.socket.close()
    served = made.for_web({"RIDLEY_HOME": "x"})
    assert served == {"RIDLEY_HOME": "x", "RIDLEY_OUTBOUND_ALLOWED": "127.0.0.1/32", "RIDLEY_SIGN_IN_TENANT": "konark"}
    assert made.for_web({"RIDLEY_OUTBOUND_ALLOWED": "10.0.0.0/8"})["RIDLEY_OUTBOUND_ALLOWED"] == "10.0.0.0/8"


def test_it_answers_at_its_address_and_asks_who_one_is(state):
    made = identity.prepare(state, manage)
    kept = made.kept(state, "http://127.0.0.1:8000")
    with kept.log.open("wb") as log:
        process = subprocess.Popen(
            kept.command, env=kept.environment, pass_fds=kept.descriptors, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + 60
        while b"listening" not in kept.log.read_bytes():
            assert process.poll() is None, kept.log.read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        told = requests.get(f"{made.issuer}/.well-known/openid-configuration", timeout=20).json()
        assert told["issuer"] == made.issuer
        page = requests.get(
            told["authorization_endpoint"],
            {
                "client_id": "tenant", "response_type": "code", "scope": "openid", "code_challenge_method": "S256",
                "code_challenge": "x" * 43, "redirect_uri": "http://localhost:8000/accounts/oidc/t1-demo/login/callback/",
            },
            timeout=20,
        )  # fmt: skip
        assert [name in page.text for name in ("Meera Nayak", "Victor Visitor", "Lila Sen")] == [True] * 3
    finally:
        process.terminate()
        process.wait(timeout=10)
        made.socket.close()
