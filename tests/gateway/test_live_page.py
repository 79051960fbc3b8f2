"""The page that draws ticks: whom it may talk to, and that nobody else's words run in it."""

import base64
import hashlib
import re

import pytest

from stack.layout import ROOT

PAGE = (ROOT / "gateway" / "live.html").read_text(encoding="utf-8")


@pytest.fixture
def answer(edge):
    return edge.rest.get("/docs/live")


@pytest.fixture
def policy(answer):
    """What the page may do: a directive and its values."""
    directives = (each.split() for each in answer.headers["content-security-policy"].split(";"))
    return {name: values for name, *values in directives}


def test_the_page_is_open_to_everyone_and_is_the_file(answer, edge):
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text == PAGE
    assert edge.services.asked == []


def test_the_page_is_nobodys_to_keep_to_frame_or_to_guess_about(answer, policy):
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert policy["frame-ancestors"] == ["'none'"]


def test_the_page_speaks_to_its_own_host_alone_and_sends_no_form(policy):
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert policy["connect-src"] == ["'self'"]


@pytest.mark.parametrize("tag", ["script", "style"])
def test_nothing_but_the_pages_own_script_and_style_runs(policy, tag):
    [body] = re.findall(f"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    assert policy[f"{tag}-src"] == [f"'sha256-{digest}'"], f"gateway/envoy.yaml must say sha256-{digest}"


def test_text_never_becomes_markup_or_script(policy):
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["trusted-types"] == ["'none'"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", PAGE)
    assert not re.search(r"<[^>]*\s(on\w+|style)=", PAGE), "an attribute that the policy forbids"


def test_the_page_names_no_other_host_and_loads_nothing():
    assert not re.search(r"(https?:|wss?:)?//[\w-]+\.", PAGE)
    assert re.findall(r"(?:href|src|action|srcset)\s*=\s*[\"']?([^\"'\s>]+)", PAGE) == ["/docs"]
    assert not re.search(r"@import|url\(|<(link|iframe|img|object|embed|base)\b", PAGE)


def test_the_page_has_no_place_to_store_a_token_in():
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|history\.|location", PAGE)


def test_what_lies_beside_the_page_is_not_open(edge):
    for path in ("/docs/live.html", "/docs/live/x", "/docs/"):
        assert edge.rest.get(path).status_code == 401


def test_the_page_of_the_interface_leads_there(edge):
    assert 'href="/docs/live"' in edge.rest.get("/docs").text
