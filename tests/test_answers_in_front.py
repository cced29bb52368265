"""A server in front that gives a cookie of its own, or changes what the centre tells a browser, is told so."""

from __future__ import annotations

import re

import pytest
from test_server_in_front import CADDY, HEADER, NGINX, line_of

from export.centre.proxy import faults
from survey.headers import HEADERS

A_COOKIE = "a cookie of the server's own"
CHANGED = "what a browser may keep, load or send on"
REWRITTEN = "a page must come as the centre wrote it"
ANOTHER = "a request must come as people sent it"


def only_fault(text: str, line: str) -> str:
    """The one thing that is wrong, which names the line."""
    (fault,) = faults(text, HEADER)
    assert fault.startswith(line_of(text, line)), fault
    return fault


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("add_header Set-Cookie a=b;", A_COOKIE),
        ('add_header set-cookie "a=b; Secure" always;', A_COOKIE),
        ("more_set_headers 'Server: z' 'Set-Cookie: a=b';", A_COOKIE),
        ("proxy_cookie_flags visit nosamesite;", A_COOKIE),
        ("proxy_cookie_path / '/; Path=/x';", A_COOKIE),
        ("proxy_cookie_domain 127.0.0.1 example;", A_COOKIE),
        ("testcookie on;", A_COOKIE),
        ("proxy_hide_header Content-Security-Policy;", CHANGED),
        ("proxy_hide_header Set-Cookie;", CHANGED),
        ("proxy_hide_header Clear-Site-Data;", CHANGED),
        ("more_clear_headers 'Cache-*';", CHANGED),
        ("expires max;", CHANGED),
        ("expires -1;", CHANGED),
        ("add_header Cache-Control public;", CHANGED),
        ("add_header X-Frame-Options SAMEORIGIN always;", CHANGED),
        ("add_header Access-Control-Allow-Origin *;", CHANGED),
        ("add_header Report-To x;", CHANGED),
        ('add_header Link "<https://logs.example>; rel=preconnect" always;', CHANGED),
        ('add_header Refresh "0;url=https://x.example";', CHANGED),
        ("add_header Alt-Svc 'h3=\"cdn.example:443\"';", CHANGED),
        ("add_header Accept-CH Sec-CH-UA-Model;", CHANGED),
        ("add_header Service-Worker-Allowed /;", CHANGED),
        ("add_header X-Served-By me;", CHANGED),
        ("add_trailer X-A b;", CHANGED),
        ("charset windows-1252;", CHANGED),
        ("proxy_redirect / /x/;", CHANGED),
        ("proxy_intercept_errors on;", REWRITTEN),
        ("proxy_method GET;", ANOTHER),
        ("proxy_set_body x;", ANOTHER),
        ("proxy_pass_request_headers off;", ANOTHER),
        ("proxy_pass_request_body off;", ANOTHER),
        ("auth_request /a;", ANOTHER),
        ("sub_filter '</body>' '<script src=/x></script></body>';", REWRITTEN),
        ("ssi on;", REWRITTEN),
        ("add_after_body /x;", REWRITTEN),
    ],
)
def test_nginx_that_changes_an_answer_is_found_wherever_it_says_so(line: str, why: str) -> None:
    in_its_place = NGINX.replace("proxy_cache off;", f"proxy_cache off;\n        {line}")
    for text in (in_its_place, NGINX.replace("gzip off;", f"gzip off;\n    location /x {{ {line} }}")):
        assert why in only_fault(text, line)
    around = f"http {{ {line} {NGINX.replace('    add_header Strict', '    # add_header Strict')} }}"
    (fault,) = faults(around, HEADER)
    assert why in fault


@pytest.mark.parametrize("header", ["Heard-Code", "Cookie", "Content-Type", "Accept-Language"])
def test_a_request_arrives_with_the_headers_that_it_came_with(header: str) -> None:
    line = f'proxy_set_header {header} "";'
    assert ANOTHER in only_fault(NGINX.replace("proxy_cache off;", f"proxy_cache off;\n        {line}"), line)
    for line in (f"header_up -{header}", f"header_up {header} x"):
        assert ANOTHER in only_fault(CADDY.replace("buffer_requests\n", f"buffer_requests\n\t\t{line}\n", 1), line)


def test_the_header_that_says_who_asks_is_a_matter_of_its_own_whatever_its_name() -> None:
    for sample in (NGINX, CADDY):
        assert faults(sample.replace(HEADER, "True-Client-IP"), "True-Client-IP") == []


@pytest.mark.parametrize("line", ['return 200 "x";', "rewrite ^ /x break;", "try_files $uri @x;"])
def test_nginx_that_answers_in_the_centres_place_is_found(line: str) -> None:
    assert REWRITTEN in only_fault(NGINX.replace("proxy_cache off;", f"proxy_cache off;\n        {line}"), line)
    assert REWRITTEN in only_fault(NGINX.replace("gzip off;", f"gzip off;\n    {line}"), line)
    beside = NGINX.replace("gzip off;", f"gzip off;\n    location /.well-known {{ {line} }}")
    assert faults(beside, HEADER) == [], "another place of the same site"


def test_a_header_that_a_site_says_itself_is_not_taken_from_around_it() -> None:
    """A block that says headers has none of those around it: nginx's own rule."""
    assert "    add_header Strict" in NGINX
    assert faults(f"http {{ add_header Set-Cookie a=b; {NGINX} }}", HEADER) == []


def test_one_of_many_tablets_machines_is_not_chosen_by_a_cookie() -> None:
    together = "upstream heard {{ {} server 127.0.0.1:8801; server 127.0.0.1:8802; }}\n"
    behind = NGINX.replace("http://127.0.0.1:8800", "http://heard")
    for line in ("sticky cookie id expires=1h;", "sticky;"):
        assert A_COOKIE in faults(together.format(line) + behind, HEADER)[0]
    for line in ("", "ip_hash;", "sticky route $route_cookie;"):
        assert faults(together.format(line) + behind, HEADER) == []
    assert faults(together.format("sticky;") + NGINX, HEADER) == [], "another site's own"


def test_the_site_without_https_gives_no_cookie_on_the_way() -> None:
    for line in ("add_header Set-Cookie a=b always;", "userid on;"):
        text = NGINX.replace("return 308", f"{line}\n    return 308")
        assert A_COOKIE in only_fault(text, line)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("header Set-Cookie a=b", A_COOKIE),
        ("header /s/* +Set-Cookie a=b", A_COOKIE),
        ("header @x >Set-Cookie a=b", A_COOKIE),
        ("header {\n\t\tSet-Cookie a=b\n\t}", A_COOKIE),
        ("header -Set-Cookie", CHANGED),
        ("header Cache-Control public", CHANGED),
        ("header ?Cache-Control: public", CHANGED),
        ("header * -Content-Security-Policy", CHANGED),
        ("header -X-*", CHANGED),
        ("header {\n\t\t-X-Frame-Options\n\t}", CHANGED),
        ("header Access-Control-Allow-Origin *", CHANGED),
        ("templates", REWRITTEN),
        ("replace a b", REWRITTEN),
        ('header Link "<https://logs.example>; rel=preconnect"', CHANGED),
        ("header /x X-Served-By me", CHANGED),
        ('respond "x"', REWRITTEN),
        ("push /x", REWRITTEN),
        ("redir https://x.example", REWRITTEN),
        ("method GET", ANOTHER),
        ("request_header -Heard-Code", ANOTHER),
        ("uri strip_prefix /s", ANOTHER),
    ],
)
def test_caddy_that_changes_an_answer_is_found(line: str, why: str) -> None:
    text = CADDY.replace("\theader Strict", f"\t{line}\n\theader Strict")
    assert text != CADDY
    (fault,) = faults(text, HEADER)
    assert why in fault
    assert re.match(r"Line \d+: ", fault)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("header_down Set-Cookie a=b", A_COOKIE),
        ("lb_policy cookie", A_COOKIE),
        ("header_down -Content-Security-Policy", CHANGED),
        ("header_down Cache-Control public", CHANGED),
        ("method GET", ANOTHER),
        ("rewrite /x", ANOTHER),
        ("handle_response {\n\t\t}", REWRITTEN),
    ],
)
def test_caddy_that_changes_an_answer_as_it_passes_it_back_is_found(line: str, why: str) -> None:
    text = CADDY.replace("buffer_requests\n", f"buffer_requests\n\t\t{line}\n", 1)
    assert why in only_fault(text, line)


def test_what_changes_nothing_of_the_centres_is_no_fault() -> None:
    for line in (
        "add_header Alt-Svc 'h3=\":443\"; ma=86400';", "proxy_hide_header Server;", "charset off;", "expires off;",
        "proxy_redirect off;", "proxy_redirect default;", "proxy_set_header X-Forwarded-For $remote_addr;", "ssi off;",
        "proxy_set_header Connection '';", "more_clear_headers Server;", "proxy_cookie_path off;",
    ):  # fmt: skip
        text = NGINX.replace("    location / {", f"    {line}\n    location / {{")
        assert text != NGINX
        assert faults(text, HEADER) == [], line
    for line in (
        "header -Server",
        "respond /robots.txt 404",
        "header_up Host {host}",
        "header {\n\t\t-Server\n\t\tdefer\n\t}",
    ):
        assert faults(CADDY.replace("\theader Strict", f"\t{line}\n\theader Strict"), HEADER) == [], line
    assert faults(CADDY.replace("buffer_requests\n", "buffer_requests\n\t\tlb_policy random\n", 1), HEADER) == []


@pytest.mark.parametrize("name", HEADERS)
def test_every_header_of_the_centre_is_watched(name: str) -> None:
    for line in (f"add_header {name} x;", f"proxy_hide_header {name.lower()};"):
        assert CHANGED in faults(NGINX.replace("gzip off;", f"gzip off; location /x {{ {line} }}"), HEADER)[0]
    assert CHANGED in faults(CADDY.replace("\theader Strict", f"\theader {name} x\n\theader Strict"), HEADER)[0]
