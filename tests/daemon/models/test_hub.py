"""The hub over real sockets: what it may do wrong, and what is kept."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from echo_core.errors import ModelError
from echo_daemon.models.sources.hub import (
    CUTS_IN_A_ROW_MAX,
    CUTS_MAX,
    DEFAULT_ENDPOINT,
    REDIRECTS_MAX,
    Hub,
    HubSettings,
    hub_settings,
)
from echo_daemon.models.sources.source import Source
from echo_testing.model_server import ModelServer, Play, serving
from echo_testing.model_shelves import House, SmallModel

HALF = 200_000


def hub(server: ModelServer, **settings: float) -> list[Source]:
    return [Hub(HubSettings(server.url, **settings))]


def partial_of(house: House, model: SmallModel) -> Path:
    return house.models_dir / f"{model.file}.partial"


def keep(house: House, model: SmallModel, data: bytes) -> None:
    house.models_dir.mkdir(parents=True)
    partial_of(house, model).write_bytes(data)


def check_pulled(house: House, model: SmallModel) -> None:
    found = house.shelf().get(model.name)
    assert found.path.read_bytes() == model.content
    assert {path.name for path in house.models_dir.iterdir()} == {model.file, "tiny.lock"}


def refused(house: House, server: ModelServer, model: SmallModel) -> str:
    with pytest.raises(ModelError) as caught:
        house.shelf().pull("tiny", hub(server))
    assert not (house.models_dir / model.file).exists()
    return str(caught.value)


def ranges(server: ModelServer) -> list[str]:
    return [asked.headers.get("range", "") for asked in server.asked]


def test_a_plain_pull(house: House, server: ModelServer, model: SmallModel, watcher) -> None:
    pulled = house.shelf().pull("tiny", hub(server), watcher)
    assert (pulled.is_new, pulled.source) == (True, "hub")
    check_pulled(house, model)
    assert server.paths() == [model.hub_path]
    assert ("hub", len(model.content), len(model.content)) in watcher.steps


def test_what_is_here_is_not_asked_for(house: House, server: ModelServer) -> None:
    house.shelf().pull("tiny", hub(server))
    pulled = house.shelf().pull("tiny", hub(server))
    assert (pulled.is_new, pulled.source) == (False, None)
    assert len(server.asked) == 1


def test_a_cut_connection_is_taken_up_where_it_broke(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    server.plays += [Play(cut_after=HALF), Play(cut_after=50_000)]
    house.shelf().pull("tiny", hub(server))
    check_pulled(house, model)
    assert ranges(server) == ["", f"bytes={HALF}-", f"bytes={HALF + 50_000}-"]


def test_an_answer_without_length_that_ends_early_is_taken_up(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    server.plays += [Play(cut_after=HALF, has_length=False)]
    house.shelf().pull("tiny", hub(server))
    check_pulled(house, model)
    assert ranges(server) == ["", f"bytes={HALF}-"]


def test_a_server_without_ranges_starts_again(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    server.plays += [Play(cut_after=HALF), Play(ranges=False)]
    house.shelf().pull("tiny", hub(server))
    check_pulled(house, model)


def test_a_line_that_gives_nothing_is_given_up_and_what_came_is_kept(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    server.plays += [Play(cut_after=HALF)] + [Play(cut_after=0)] * CUTS_IN_A_ROW_MAX
    said = refused(house, server, model)
    assert "the connection broke" in said
    assert "(200.0 kB are kept)" in said
    assert partial_of(house, model).read_bytes() == model.content[:HALF]
    house.shelf().pull("tiny", hub(server))
    check_pulled(house, model)
    assert ranges(server)[-1] == f"bytes={HALF}-"


def test_a_line_that_keeps_breaking_is_given_up(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    server.plays += [Play(cut_after=1000)] * (CUTS_MAX + 5)
    assert f"broke {CUTS_MAX} times" in refused(house, server, model)
    assert len(server.asked) == CUTS_MAX


def test_a_silent_connection_is_a_broken_one(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    server.plays += [Play(gate_after=HALF)]
    house.shelf().pull("tiny", hub(server, read_s=1.0))
    check_pulled(house, model)
    assert ranges(server) == ["", f"bytes={HALF}-"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "does not have the file (404)"),
        (401, "refused (401)"),
        (403, "refused (403)"),
        (429, "refused (429)"),
        (503, "refused (503)"),
    ],
)
def test_an_error_status_is_one_sentence(
    house: House, server: ModelServer, model: SmallModel, status: int, said: str
) -> None:
    server.plays += [Play(status=status)]
    sentence = refused(house, server, model)
    assert said in sentence
    assert sentence.endswith("run `echoctl models add FILE`.")
    assert not partial_of(house, model).exists()


@pytest.mark.parametrize(
    ("play", "said"),
    [
        (Play(body=b"<html>log in</html>"), "perhaps a login page"),
        (Play(body=bytes(500_000), has_length=False), "more bytes than the model has"),
        (Play(body=bytes(400_000)), "wrong SHA-256"),
    ],
    ids=["a login page", "too much", "same size"],
)
def test_other_content_never_takes_the_name(
    house: House, server: ModelServer, model: SmallModel, play: Play, said: str
) -> None:
    server.plays += [play]
    assert said in refused(house, server, model)
    house.shelf().pull("tiny", hub(server))
    check_pulled(house, model)


@pytest.mark.parametrize(
    ("play", "said"),
    [
        (Play(content_range="bytes 5-399999/400000"), "a range of another file"),
        (Play(content_range="bytes 200000-399999/400001"), "a range of another file"),
        (Play(content_range="nonsense"), "a range of another file"),
        (Play(body=b"short"), "a shorter file"),
    ],
    ids=["another start", "another length", "nonsense", "shorter"],
)
def test_a_range_of_something_else_is_refused_and_what_was_kept_stays(
    house: House, server: ModelServer, model: SmallModel, play: Play, said: str
) -> None:
    keep(house, model, model.content[:HALF])
    server.plays += [play]
    assert said in refused(house, server, model)
    assert partial_of(house, model).read_bytes() == model.content[:HALF]


@pytest.mark.parametrize("kept", [b"x" * HALF, b"x" * 400_000, b"x" * 400_001], ids=len)
def test_rubbish_that_was_kept_is_found_out_and_fetched_anew(
    house: House, server: ModelServer, model: SmallModel, kept: bytes
) -> None:
    keep(house, model, kept)
    house.shelf().pull("tiny", hub(server))
    check_pulled(house, model)


def test_a_whole_file_that_only_lacks_its_name_needs_no_network(
    house: House, server: ModelServer, model: SmallModel
) -> None:
    keep(house, model, model.content)
    pulled = house.shelf().pull("tiny", hub(server))
    assert (pulled.is_new, pulled.source) == (True, None)
    check_pulled(house, model)
    assert server.asked == []


def test_redirects_are_followed_and_carry_nothing_along(
    house: House,
    server: ModelServer,
    model: SmallModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HF_TOKEN", "hf_token_of_a_test")
    server.files["/store/tiny"] = model.content
    server.plays += [Play(redirect="/moved"), Play(redirect=f"{server.url}/store/tiny")]
    house.shelf().pull("tiny", hub(server))
    check_pulled(house, model)
    assert server.paths() == [model.hub_path, "/moved", "/store/tiny"]
    for asked in server.asked:
        assert not {"authorization", "cookie", "proxy-authorization"} & set(asked.headers)
        assert "hf_token_of_a_test" not in str(asked.headers)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://192.0.2.1/tiny", "192.0.2.1 is not https"),
        ("ftp://127.0.0.1/tiny", "127.0.0.1 is not https"),
        ("file:///etc/hostname", "is not https"),
        ("https://me:secret@192.0.2.1/tiny", "sends no credentials"),
    ],
)
def test_a_redirect_to_a_bad_place_is_not_followed(
    house: House, server: ModelServer, model: SmallModel, target: str, said: str
) -> None:
    server.plays += [Play(redirect=target)]
    sentence = refused(house, server, model)
    assert said in sentence
    assert "secret" not in sentence


def test_a_redirect_loop_ends(house: House, server: ModelServer, model: SmallModel) -> None:
    server.plays += [Play(redirect=model.hub_path)] * 50
    assert f"more than {REDIRECTS_MAX} times" in refused(house, server, model)
    assert len(server.asked) == REDIRECTS_MAX + 1


def test_no_network_is_said(house: House, model: SmallModel) -> None:
    with pytest.raises(ModelError) as caught:
        house.shelf().pull("tiny", [Hub(HubSettings("http://127.0.0.1:9"))])
    assert str(caught.value) == (
        "tiny could not be fetched: hub: no connection to 127.0.0.1;"
        " connect this machine and run the same command again."
    )


@pytest.mark.parametrize("endpoint", ["http://192.0.2.1", "no address", "https://u:p@h.invalid"])
def test_a_bad_mirror_is_not_asked(house: House, endpoint: str) -> None:
    with pytest.raises(ModelError, match="hub: "):
        house.shelf().pull("tiny", [Hub(HubSettings(endpoint))])


def test_bad_proxy_settings_are_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "carrier-pigeon://127.0.0.1")
    with pytest.raises(ModelError, match="proxy or certificate settings"):
        house.shelf().pull("tiny", [Hub(HubSettings("https://127.0.0.1:9"))])


def test_https_is_real_and_its_certificates_are_checked(
    house: House, model: SmallModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "house-ca.pem"
    bundle.write_bytes(self_signed())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(bundle)
    with serving(ModelServer({model.hub_path: model.content}, tls=tls)) as server:
        with pytest.raises(ModelError, match=r"certificate of 127\.0\.0\.1 is not trusted here"):
            house.shelf().pull("tiny", hub(server))
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        server.plays += [Play(cut_after=HALF), Play(redirect="/moved"), Play()]
        server.files["/moved"] = model.content
        house.shelf().pull("tiny", hub(server))
    check_pulled(house, model)


def self_signed() -> bytes:
    """A key and a certificate for 127.0.0.1, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def test_the_mirror_is_read_from_the_environment() -> None:
    assert hub_settings({}).endpoint == DEFAULT_ENDPOINT
    assert hub_settings({"HF_ENDPOINT": ""}).endpoint == DEFAULT_ENDPOINT
    mirror = hub_settings({"HF_ENDPOINT": "https://mirror.invalid/hf/"})
    assert mirror.endpoint == "https://mirror.invalid/hf"
