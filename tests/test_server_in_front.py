"""The sample configurations keep to the rules, and taking any one of their lines away is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from export.__main__ import main
from export.centre.instance import make_centre
from export.centre.proxy import UnreadableConfiguration, faults

SAMPLES = Path(__file__).parent.parent / "docs" / "server-in-front"
NGINX = (SAMPLES / "nginx.conf").read_text()
CADDY = (SAMPLES / "Caddyfile").read_text()
HEADER = "X-Real-IP"


@pytest.mark.parametrize("sample", [NGINX, CADDY], ids=["nginx", "caddy"])
def test_the_samples_keep_to_the_rules(sample: str) -> None:
    assert faults(sample, HEADER) == []


@pytest.mark.parametrize(
    "line",
    ["access_log off;", "error_log /dev/null;", "proxy_buffering off;", "client_max_body_size 256k;",
     "client_body_buffer_size 256k;", "proxy_set_header X-Real-IP $remote_addr;"],
)  # fmt: skip
def test_every_line_that_matters_is_missed(line: str) -> None:
    assert line in NGINX
    assert len(faults(NGINX.replace(line, "", 1), HEADER)) == 1


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("access_log off;", "access_log /var/log/nginx/access.log;"),
        ("access_log off;", "access_log off; access_log syslog:server=192.0.2.1;"),
        ("error_log /dev/null;", "error_log /var/log/nginx/error.log crit;"),
        ("proxy_cache off;", "proxy_cache pages;"),
        ("proxy_request_buffering on;", "proxy_request_buffering off;"),
        ("proxy_cache off;", "client_body_in_file_only clean;"),
        ("proxy_cache off;", "mirror /elsewhere;"),
        ("client_max_body_size 256k;", "client_max_body_size 1m;"),
        ("client_max_body_size 256k;", "client_max_body_size 0;"),
        ("proxy_cache off;", "access_log /var/log/nginx/only-here.log;"),
        ("$remote_addr;", "$http_x_real_ip;"),
    ],
)
def test_every_way_to_write_somebody_down_is_found(line: str, instead: str) -> None:
    assert line in NGINX
    assert len(set(faults(NGINX.replace(line, instead, 1), HEADER))) == 1


def test_a_server_that_compresses_pages_itself_is_found() -> None:
    assert "gzip off;" in NGINX
    around = "http {{ gzip on; {} }}"
    assert faults(around.format(NGINX), HEADER) == []
    assert len(faults(around.format(NGINX.replace("gzip off;", "")), HEADER)) == 1
    for way in ("gzip", "brotli", "zstd"):
        inside = NGINX.replace("proxy_pass", f"if ($arg_x) {{ {way} on; }}\n        proxy_pass")
        assert len(set(faults(inside, HEADER))) == 1
    for way in ("brotli", "zstd"):
        assert len(set(faults(f"http {{ {way} on; {NGINX} }}", HEADER))) == 1
    assert len(faults(CADDY.replace("header Strict", "encode zstd gzip\n\theader Strict"), HEADER)) == 1


@pytest.mark.parametrize("where", ["if ($arg_x) { access_log /x; }", "location = /50x { error_log /x; }"])
def test_a_corner_of_the_site_that_writes_a_line_is_found_too(where: str) -> None:
    assert len(faults(NGINX.replace("proxy_cache off;", where), HEADER)) == 1


@pytest.mark.parametrize("line", ["access_log off;", "error_log /dev/null;"])
@pytest.mark.parametrize("instead", ["", "access_log /var/log/nginx/access.log;", "location /x { error_log /x; }"])
def test_a_site_beside_that_would_write_down_who_forgets_the_s_of_https_is_found(line: str, instead: str) -> None:
    one, _, beside = NGINX.partition("listen 80;")
    assert line in beside
    found = faults(f"{one}listen 80;{beside.replace(line, instead)}", HEADER)
    assert found
    assert all("passes nothing on" in fault for fault in found)
    assert faults(f"{NGINX}server {{ listen 80 default_server; root /var/www/html; }}", HEADER), "as Debian's own is"


def test_what_nginx_prints_is_put_together_as_it_was_included() -> None:
    main_file = "access_log /var/log/nginx/access.log;\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n"
    site = NGINX.replace("access_log off;", "include snippets/quiet.conf;", 1)
    parts = {"nginx.conf": main_file, "sites-enabled/heard": site, "snippets/quiet.conf": "access_log off;\n"}
    printed = "".join(f"# configuration file /etc/nginx/{name}:\n{text}" for name, text in parts.items())
    assert faults(printed, HEADER) == []
    loud = printed.replace("snippets/quiet.conf:\naccess_log off;", "snippets/quiet.conf:\n")
    assert loud != printed
    assert len(faults(loud, HEADER)) == 1, "what stands around it writes a line for each request"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "server { listen 80; }",
        "server { location / { proxy_pass x; }",
        "server { include elsewhere.conf; }",
        "}",
        'a "',
    ],
)
def test_what_cannot_be_read_whole_is_refused(text: str) -> None:
    with pytest.raises(UnreadableConfiguration):
        faults(text)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("output discard", "output stderr"),
        ("log default {", "log other {"),
        ("buffer_requests", ""),
        ("header_up X-Real-IP {remote_host}", "header_up X-Real-IP {http.request.header.X-Real-IP}"),
        ('header Strict-Transport-Security "max-age=31536000"', "log"),
    ],
)
def test_the_same_of_caddy(line: str, instead: str) -> None:
    assert line in CADDY
    assert len(faults(CADDY.replace(line, instead), HEADER)) == 1


def test_newer_and_older_words_of_caddy_for_waiting_in_memory_are_known() -> None:
    newer = CADDY.replace("\t\tbuffer_requests\n\t\tmax_buffer_size 256KB\n", "\t\trequest_buffers 256KB\n")
    assert newer != CADDY
    assert faults(newer, HEADER) == []


def test_the_verb_says_what_to_write_and_ends_with_a_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARD_ADDRESS_HEADER", HEADER)
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text(NGINX)
    bad.write_text(NGINX.replace("access_log off;", ""))
    make_centre(tmp_path)
    arguments = ["check-proxy", "--instance", str(tmp_path)]
    checked = [CliRunner().invoke(main, [*arguments, str(file)]) for file in (good, bad)]
    assert [done.exit_code for done in checked] == [0, 1]
    assert "access_log off;" in checked[1].output
