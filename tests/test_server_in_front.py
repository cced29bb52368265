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
     "client_body_buffer_size 256k;", "proxy_set_header X-Real-IP $remote_addr;",
     "proxy_set_header X-Forwarded-Proto $scheme;"],
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
        ("gzip off;", "gzip off; userid on;"),
        ("proxy_cache off;", "userid v1;"),
        ("gzip off;", "gzip off; location /x { userid on; }"),
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


PASSES = "proxy_pass http://127.0.0.1:8800;"


def line_of(text: str, part: str) -> str:
    """How a fault begins that names the line on which something stands."""
    return f"Line {text[: text.rindex(part)].count(chr(10)) + 1}: "


@pytest.mark.parametrize(
    ("line", "instead", "at"),
    [
        ("listen 443 ssl;", "listen 443;", "listen 443;"),
        ("listen [::]:443 ssl;", "listen [::]:8080;", "listen [::]:8080;"),
        ("    listen 443 ssl;\n    listen [::]:443 ssl;\n", "", "server {\n    # The second"),
        ("http://127.0.0.1:8800", "http://10.0.0.5:8800", "proxy_pass"),
        ("http://127.0.0.1:8800", "https://elsewhere.example", "proxy_pass"),
        ("http://127.0.0.1:8800", "http://127.0.0.1.elsewhere.example:8800", "proxy_pass"),
        ("http://127.0.0.1:8800", "http://$arg_x", "proxy_pass"),
        ("http://127.0.0.1:8800", "http://127.0.0.1$elsewhere", "proxy_pass"),
        ("http://127.0.0.1:8800", "http://localhost$elsewhere:8800", "proxy_pass"),
        ("http://127.0.0.1:8800", "http://127.0.0.1:$elsewhere", "proxy_pass"),
        ("gzip off;", "gzip off; set_real_ip_from 0.0.0.0/0; real_ip_header X-Forwarded-For;", "set_real_ip_from"),
        ("gzip off;", "gzip off; set_real_ip_from 10.0.0.0/8;", "set_real_ip_from"),
        ("proxy_cache off;", "set_real_ip_from ::/0;", "set_real_ip_from"),
        ("gzip off;", "gzip off; location /x { set_real_ip_from balancer.example; }", "set_real_ip_from"),
        ("proxy_set_header X-Forwarded-Proto $scheme;", "", "proxy_pass"),
        ("X-Forwarded-Proto $scheme;", "X-Forwarded-Proto $http_x_forwarded_proto;", "X-Forwarded-Proto"),
        ("X-Forwarded-Proto $scheme;", "X-Forwarded-Proto http;", "X-Forwarded-Proto"),
        ("$remote_addr;", "$remote_addr;\n proxy_set_header x-real-ip $http_x_real_ip;", "proxy_set_header x-real-ip"),
        ("    return 308 https://centre.example$request_uri;", f"  location / {{ {PASSES} }}", PASSES),
        ("return 308 https://centre.example$request_uri;", "root /var/www/html;", "server {"),
        ("return 308 https://centre.example$request_uri;", "return 308 http://elsewhere.example/;", "server {"),
        ("return 308 https://", "if ($arg_x) { return 200 x; } return 308 https://", "server {"),
    ],
)
def test_what_would_go_unencrypted_or_let_anybody_say_who_they_are_is_found_by_its_line(
    line: str, instead: str, at: str
) -> None:
    assert NGINX.count(line) == 1
    text = NGINX.replace(line, instead)
    found = faults(text, HEADER)
    assert [fault for fault in found if fault.startswith(line_of(text, at))]
    assert len(found) == 1 or PASSES in at


@pytest.mark.parametrize(
    "line",
    ["log_by_lua_file /etc/x.lua;", "otel_trace on;", "opentelemetry on;", "opentracing on;", "js_content x.y;",
     "perl x::y;", "post_action /x;", "access_by_lua_file /x;", "datadog_tracing on;", "somebody_log /x;",
     "pagespeed on;"],
)  # fmt: skip
def test_a_module_that_could_write_or_trace_somebody_is_found_wherever_it_stands(line: str) -> None:
    inside = NGINX.replace("gzip off;", f"gzip off;\n    {line}")
    (fault,) = faults(inside, HEADER)
    assert fault.startswith(line_of(inside, line))
    assert f"{line.split(maxsplit=1)[0]} could write down somebody or what they see. Take it out" in fault
    assert len(faults(f"http {{ {line} {NGINX} }}", HEADER)) == 1


def test_what_an_operator_may_well_have_beside_is_no_fault() -> None:
    tables = "types { application/x-perl pl; text/x-log log; } map $uri $x { default 1; ~log 0; }"
    assert faults(f"http {{ {tables} log_format x '$status'; log_not_found off; {NGINX} }}", HEADER) == []
    together = "upstream heard { server 127.0.0.1:8801; server [::1]:8802; server unix:/run/heard.sock; }\n"
    assert faults(together + NGINX.replace("http://127.0.0.1:8800", "http://heard"), HEADER) == []
    assert len(faults(together.replace("[::1]", "10.0.0.5") + NGINX.replace("127.0.0.1:8800", "heard"), HEADER)) == 1
    for way in ("http://127.0.0.1:8800$request_uri", "http://[::1]:8800$request_uri", "http://127.0.0.1/$arg_x"):
        assert faults(NGINX.replace("http://127.0.0.1:8800", way), HEADER) == []
    assert faults(f"# Not Caddy's reverse_proxy\n# reverse_proxy 10.0.0.5\n{NGINX} userid off;", HEADER) == []
    one_machine = "set_real_ip_from 192.0.2.7; set_real_ip_from 2001:db8::7/128; real_ip_header X-Forwarded-For;"
    assert faults(f"http {{ {one_machine} {NGINX} }}", HEADER) == []
    everybody = NGINX + "server { set_real_ip_from 0.0.0.0/0; access_log off; error_log /dev/null; }"
    assert [fault for fault in faults(everybody, HEADER) if "set_real_ip_from" in fault] == [], "another site's own"
    assert faults(f"set_real_ip_from 0.0.0.0/0;{NGINX}", "") == [], "the centre believes no header"
    renews = """location /.well-known/acme-challenge/ { root /var/www/challenge; }
    location / { return 301 https://centre.example$request_uri; }"""
    for way in (renews, "if ($host = centre.example) { return 301 https://$host$request_uri; } return 404;"):
        assert faults(NGINX.replace("return 308 https://centre.example$request_uri;", way), HEADER) == []
    assert faults(NGINX + "server { listen 443 ssl default_server; return 444; "
                          "access_log off; error_log /dev/null; }", HEADER) == []  # fmt: skip


def test_a_fault_names_the_file_and_line_that_an_operator_edits() -> None:
    site = NGINX.replace("proxy_buffering off;", "proxy_buffering on;")
    printed = "# configuration file /etc/nginx/nginx.conf:\nhttp { include /etc/nginx/sites-enabled/*; }\n"
    (fault,) = faults(f"{printed}# configuration file /etc/nginx/sites-enabled/heard:\n{site}", HEADER)
    line = site[: site.index("proxy_buffering on;")].count("\n") + 1
    assert fault.startswith(f"/etc/nginx/sites-enabled/heard, line {line}: ")


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
        ("centre.example {", "http://centre.example {"),
        ("centre.example {", "centre.example, http://centre.example {"),
        ("centre.example {", "centre.example:80 {"),
        ("centre.example {", ":443 {"),
        ("header_up X-Real-IP", "header_up X-Real-IP {remote_host}\n\t\theader_up x-real-ip {header.X-Real-IP}\n#"),
        ("header_up X-Real-IP", "header_up -X-Real-* \n\t\theader_up X-Real-IP"),
        ("buffer_requests", "buffer_requests\n\t\theader_up X-Forwarded-Proto http"),
        ("reverse_proxy 127.0.0.1:8800", "reverse_proxy 10.0.0.5:8800"),
        ("reverse_proxy 127.0.0.1:8800", "reverse_proxy /s/* 127.0.0.1:8800 elsewhere.example"),
        ("buffer_requests", "buffer_requests\n\t\tto 10.0.0.5:8800"),
        ("buffer_requests", "buffer_requests\n\t\tdynamic a elsewhere.example 8800"),
        ("header Strict", "tracing\n\theader Strict"),
        ("header Strict", "log_append x y\n\theader Strict"),
        ("buffer_requests", "buffer_requests\n\t\tverbose_logs"),
        ("\n{\n", "\n{\n\tauto_https off\n"),
        ("\n{\n", "\n{\n\tservers {\n\t\ttrusted_proxies static 0.0.0.0/0\n\t}\n"),
        ("buffer_requests", "buffer_requests\n\t\ttrusted_proxies 0.0.0.0/0"),
        ("buffer_requests", "request_buffers"),
        ("buffer_requests", "request_buffers 1B"),
        ("buffer_requests", "request_buffers 64KB"),
        ("buffer_requests", "request_buffers much"),
        ("max_buffer_size 256KB", "max_buffer_size 1KB"),
        ("\n{\n", "\n{\n\tservers {\n\t\tlog_credentials\n\t}\n"),
        ("\ncentre.example {", "\nhttp://other.example {\n\troot * /x\n\tfile_server\n}\ncentre.example {"),
    ],
)
def test_the_same_of_caddy(line: str, instead: str) -> None:
    assert line in CADDY
    (fault,) = faults(CADDY.replace(line, instead), HEADER)
    assert fault.startswith("Line ")


def test_what_caddy_may_well_have_beside_is_no_fault() -> None:
    for line, instead in [
        ("centre.example {", "https://centre.example, www.centre.example:8443 {\n\ttls internal"),
        ("reverse_proxy 127.0.0.1:8800", "reverse_proxy /s/* 127.0.0.1:8801 localhost:8802 unix//run/heard.sock"),
        ("\ncentre.example {", "\nhttp://centre.example {\n\tredir https://centre.example{uri}\n}\ncentre.example {"),
        ("buffer_requests", "request_buffers 64KiB"),
        ("buffer_requests", "request_buffers unlimited"),
        ("max_buffer_size 256KB", ""),
        ("buffer_requests", "buffer_requests\n\t\ttrusted_proxies 10.0.0.5\n\t\theader_up X-Forwarded-Proto {scheme}"),
        ("header Strict", "@login path /x\n\theader @login Server x\n\theader Strict"),
    ]:
        assert line in CADDY
        assert faults(CADDY.replace(line, instead), HEADER) == []


@pytest.mark.parametrize(
    "text",
    [
        "centre.example\nreverse_proxy 127.0.0.1:8800\n",
        CADDY.replace("127.0.0.1:8800", "{$UPSTREAM}"),
        CADDY.replace("centre.example {", "a.example,\ncentre.example {"),
        CADDY.replace("header Strict", "import quiet\n\theader Strict"),
        CADDY.replace('"max-age', "max-age"),
    ],
)
def test_what_a_caddyfile_leaves_open_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(UnreadableConfiguration, match=r"^Line \d+: "):
        faults(text, HEADER)


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
