"""What a host application signs for one person, with ``your_data_token``."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from memadmin.memory import ConfigurationError, InvalidUserId, your_data_token
from memadmin.memory.your_data import AUDIENCE

SECRET = "s" * 32
KEYS = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def pem(key: Any, password: str = "") -> str:
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def claims_of(token: str, key: Any = SECRET, algorithm: str = "HS256", audience: str = AUDIENCE) -> dict[str, Any]:
    return jwt.decode(token, key, algorithms=[algorithm], audience=audience)


@pytest.fixture(autouse=True)
def _no_secret_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEMADMIN_YOUR_DATA_SECRET", raising=False)


def test_a_token_names_the_person_the_desk_and_two_minutes() -> None:
    claims = claims_of(your_data_token("u_alice", secret=SECRET))
    assert (claims["sub"], claims["aud"]) == ("u_alice", AUDIENCE)
    assert claims["exp"] - claims["iat"] == 120
    assert abs(claims["iat"] - datetime.now(UTC).timestamp()) < 5


def test_no_two_tokens_are_the_same() -> None:
    first, second = (claims_of(your_data_token("u_alice", secret=SECRET)) for _ in range(2))
    assert first["jti"] != second["jti"]


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_algorithm_follows_from_the_private_key(algorithm: str) -> None:
    token = your_data_token("u_alice", private_key=pem(KEYS[algorithm]))
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    assert claims_of(token, KEYS[algorithm].public_key(), algorithm)["sub"] == "u_alice"


def test_audience_lifetime_and_key_can_be_named() -> None:
    token = your_data_token(
        "u_alice", secret=SECRET, audience="desk-2", lifetime=timedelta(minutes=5), key_id="2026-11"
    )
    claims = claims_of(token, audience="desk-2")
    assert claims["exp"] - claims["iat"] == 300
    assert jwt.get_unverified_header(token)["kid"] == "2026-11"


def test_a_key_that_is_not_named_is_not_in_the_header() -> None:
    assert "kid" not in jwt.get_unverified_header(your_data_token("u_alice", secret=SECRET))


def test_the_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMADMIN_YOUR_DATA_SECRET", "e" * 32)
    assert claims_of(your_data_token("u_alice"), "e" * 32)["sub"] == "u_alice"


def test_a_private_key_goes_before_the_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMADMIN_YOUR_DATA_SECRET", "e" * 32)
    token = your_data_token("u_alice", private_key=pem(KEYS["EdDSA"]))
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"


@pytest.mark.parametrize("user_id", ["*", "", " ", "a\nb", "x" * 1_000, None, 7, ["u_alice"], {"sub": "u_alice"}])
def test_a_token_is_for_exactly_one_person(user_id: Any) -> None:
    with pytest.raises(InvalidUserId):
        your_data_token(user_id, secret=SECRET)


@pytest.mark.parametrize("seconds", [0, -1, 300.001, 86_400])
def test_a_token_lives_up_to_five_minutes(seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="5 minutes"):
        your_data_token("u_alice", secret=SECRET, lifetime=timedelta(seconds=seconds))


@pytest.mark.parametrize("secret", [None, "", "s" * 31])
def test_a_secret_that_is_missing_or_short_is_refused(secret: str | None) -> None:
    with pytest.raises(ConfigurationError, match="MEMADMIN_YOUR_DATA_SECRET"):
        your_data_token("u_alice", secret=secret)


def test_a_secret_is_measured_in_bytes() -> None:
    assert your_data_token("u_alice", secret="é" * 16)


def test_a_key_in_place_of_a_secret_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        your_data_token("u_alice", secret=pem(KEYS["RS256"]))


def test_a_secret_beside_a_private_key_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not with both"):
        your_data_token("u_alice", secret=SECRET, private_key=pem(KEYS["ES256"]))


@pytest.mark.parametrize(
    "private_key",
    [
        "",
        "no key",
        pem(KEYS["ES256"], password="locked"),
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ec.generate_private_key(ec.SECP256K1())),
        pem(ed448.Ed448PrivateKey.generate()),
    ],
    ids=["empty", "no PEM", "encrypted", "P-384", "secp256k1", "Ed448"],
)
def test_a_private_key_of_another_kind_is_refused(private_key: str) -> None:
    with pytest.raises(ConfigurationError, match="private key"):
        your_data_token("u_alice", private_key=private_key)


def test_a_private_key_that_is_too_short_is_refused() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point
    with pytest.raises(ConfigurationError):
        your_data_token("u_alice", private_key=pem(short))


def test_no_error_shows_the_secret() -> None:
    with pytest.raises(ConfigurationError) as raised:
        your_data_token("u_alice", secret="hunter2")
    assert "hunter2" not in str(raised.value)
