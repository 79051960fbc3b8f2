import pytest

from chassis.callers import Callers
from chassis.errors import CallerRefused

CALLERS = Callers("qpo.local", {"edge": ("/qpo.ml.*", "/grpc.health.v1.Health/*"), "ml": ("/qpo.ml.v1.Ml/Get",)})


class Shown:
    """A connection whose client's certificate says this."""

    def __init__(self, *names: str, where: str = "x509_subject_alternative_name") -> None:
        self.names = [name.encode() for name in names] or None
        self.where = where if names else None

    def peer_identity_key(self):
        return self.where

    def peer_identities(self):
        return self.names


@pytest.mark.parametrize("path", ["/qpo.ml.v1.Ml/Get", "/qpo.ml.v1.Ml/Put", "/grpc.health.v1.Health/Check"])
def test_a_path_that_ends_with_a_star_is_a_beginning(path):
    assert CALLERS.admit(path, Shown("spiffe://qpo.local/edge", "edge.qpo.local", "localhost")) == "edge"


@pytest.mark.parametrize(
    "path", ["/qpo.ml.v1.Ml/GetAll", "/qpo.ml.v1.Ml/Put", "/qpo.ml.v1.Ml/", "/grpc.health.v1.Health/Check"]
)
def test_a_path_without_a_star_is_one_method(path):
    assert CALLERS.admit("/qpo.ml.v1.Ml/Get", Shown("spiffe://qpo.local/ml")) == "ml"
    with pytest.raises(CallerRefused):
        CALLERS.admit(path, Shown("spiffe://qpo.local/ml"))


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("edge.qpo.local", "edge"),
        ("spiffe://qpo.local/",),
        ("spiffe://qpo.local/portfolio",),
        ("spiffe://qpo.local/edge/", "edge.qpo.local"),
        ("spiffe://qpo.local/EDGE",),
        ("spiffe://qpo.local/edge", "spiffe://qpo.local/ml"),
        ("spiffe://qpo.local/edge", "spiffe://elsewhere/edge"),
        ("spiffe://elsewhere/edge",),
        ("spiffe://qpo.local.elsewhere/edge",),
        ("spiffe://elsewhere/spiffe://qpo.local/edge",),
        ("https://qpo.local/edge",),
        ("spiffe://qpo.local/\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),),
    ],
)
def test_a_certificate_that_names_nobody_of_ours_or_more_than_one_is_refused(names):
    with pytest.raises(CallerRefused):
        CALLERS.admit("/qpo.ml.v1.Ml/Get", Shown(*names))


def test_a_common_name_names_nobody():
    shown = Shown("spiffe://qpo.local/edge", where="x509_common_name")
    with pytest.raises(CallerRefused):
        CALLERS.admit("/qpo.ml.v1.Ml/Get", shown)
