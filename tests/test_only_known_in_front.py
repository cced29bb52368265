"""What leads to the centre may say what is known to be harmless, and nothing else; half a configuration is refused.

Modules come and go: a list of forbidden names passed whatever it had not heard of.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from real_server_in_front import program
from test_server_in_front import CADDY, HEADER, NGINX, line_of

from export.centre.proxy import UnreadableConfiguration, faults

UNKNOWN = "is not known here"


@pytest.mark.parametrize(
    "line",
    ["more_set_input_headers 'Heard-Code: x';", "more_clear_input_headers Heard-Code;", "subs_filter a b;",
     "xslt_stylesheet /x.xslt;", "image_filter test;", "srcache_store POST /x;", "influxdb server_name=x;",
     "graphite_data x;", "app_protect_enable on;", "SecRulesEnabled;", "set_form_input x;",
     "proxy_bind $remote_addr transparent;", "ssl_early_data on;", "auth_basic x;", "limit_except GET { deny all; }",
     "health_check;", "slice 1m;", "eval on;", "nobody_has_heard_of_this on;"],
)  # fmt: skip
def test_nginx_may_say_nothing_that_is_not_known_wherever_it_holds_for_the_centre(line: str) -> None:
    name = line.split(maxsplit=1)[0].rstrip(";")
    for before in ("gzip off;", "proxy_cache off;"):
        text = NGINX.replace(before, f"{before}\n{line}")
        (fault,) = faults(text, HEADER)
        assert fault.startswith(f"{line_of(text, line)}{name}")
    (around,) = faults(f"http {{ {line} {NGINX} }}", HEADER)
    assert name in around
    (beside,) = faults(NGINX.replace("return 308", f"{line}\nreturn 308"), HEADER)
    assert name in beside, "who forgets the s of https comes by there"


def test_the_fault_says_what_to_do() -> None:
    (fault,) = faults(NGINX.replace("gzip off;", "gzip off; subs_filter a b;"), HEADER)
    assert f"subs_filter {UNKNOWN}" in fault
    assert "Take it out, or say it only in sites that do not lead to the centre." in fault


def test_another_site_of_the_same_server_may_say_what_it_likes() -> None:
    other = "server { listen 443 ssl; access_log off; error_log /dev/null; subs_filter a b; }"
    assert faults(NGINX + other, HEADER) == []


def test_a_module_that_works_unasked_is_found_and_those_that_wait_for_a_word_are_not() -> None:
    for quiet in ("modules/ngx_http_geoip2_module.so", "/usr/lib/nginx/modules/ngx_stream_module.so"):
        assert faults(f"load_module {quiet};\n{NGINX}", HEADER) == []
    (fault,) = faults(f"load_module modules/ngx_http_datadog_module.so;\n{NGINX}", HEADER)
    assert f"load_module modules/ngx_http_datadog_module.so {UNKNOWN}" in fault


@pytest.mark.parametrize("line", ["include snippets/*.conf;", "include /etc/nginx/x[1].conf;", "include x?.conf;"])
def test_a_file_alone_that_includes_another_is_refused(line: str) -> None:
    for text in (NGINX.replace("gzip off;", f"gzip off;\n{line}"), f"http {{\n{line}\n{NGINX}\n}}"):
        with pytest.raises(UnreadableConfiguration, match=r"^Line \d+: includes .*nginx -T > all\.conf"):
            faults(text, HEADER)


def test_what_nginx_prints_may_include_a_folder_with_nothing_in_it() -> None:
    printed = f"# configuration file /etc/nginx/nginx.conf:\nhttp {{ include /etc/nginx/conf.d/*.conf;\n{NGINX} }}\n"
    assert faults(printed, HEADER) == []
    assert faults(f"nginx: configuration file /etc/nginx/nginx.conf test is successful\n{printed}", HEADER) == []
    with pytest.raises(UnreadableConfiguration, match="before the first file"):
        faults(f"server {{ listen 80; }}\n{printed}", HEADER)


@pytest.mark.parametrize(
    "line", ["error_page 502 =200 /x.html;", "error_page 502 = @x;", "error_page 404 https://x.example/;",
             "error_page 502 $arg_x;"]
)  # fmt: skip
def test_a_failure_is_never_told_as_something_else(line: str) -> None:
    for text in (NGINX.replace("gzip off;", f"gzip off;\n{line}"), f"http {{ {line} {NGINX} }}"):
        (fault,) = faults(text, HEADER)
        assert "something failed" in fault
        assert "error_page 502 /502.html;" in fault
    own = "error_page 502 503 504 /502.html;\n location = /502.html { root /var/www; internal; }"
    assert faults(NGINX.replace("gzip off;", f"gzip off;\n{own}"), HEADER) == []


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("header Strict", "metrics"),
        ("header Strict", "rate_limit x"),
        ("header Strict", "exec ls"),
        ("header Strict", "invoke x"),
        ("header Strict", "handle_path /x/* {\n\t}"),
        ("header Strict", "route {\n\t\tcrowdsec\n\t}"),
        ("header Strict", "tls {\n\t\tclient_auth\n\t}"),
        ("max_size 256KB", "set x"),
        ("buffer_requests", "nobody_has_heard_of_this"),
        ("buffer_requests", "transport http {\n\t\t\tforward_proxy_url http://10.0.0.1\n\t\t}"),
        ("log default", "debug"),
        ("log default", "layer4 {\n\t}"),
        ("log default", "servers {\n\t\tlistener_wrappers {\n\t\t\tproxy_protocol\n\t\t}\n\t}"),
    ],
)
def test_the_same_of_caddy(before: str, line: str) -> None:
    assert before in CADDY
    (fault,) = faults(CADDY.replace(before, f"{line}\n{before}", 1), HEADER)
    assert UNKNOWN in fault
    assert fault.startswith("Line ")


def test_what_caddy_has_in_most_files_is_known() -> None:
    settings = (
        "email ops@example.org\n\tservers {\n\t\ttimeouts {\n\t\t\tread_body 30s\n\t\t}\n\t\tprotocols h1 h2\n\t}"
    )
    site = "@robots path /robots.txt\n\ttls {\n\t\tissuer acme {\n\t\t\tdisable_http_challenge\n\t\t}\n\t}"
    text = CADDY.replace("log default", f"{settings}\n\tlog default").replace(
        "header Strict", f"{site}\n\theader Strict"
    )
    for line in ("fail_duration 10s", "transport http {\n\t\t\tdial_timeout 5s\n\t\t}", "health_uri /"):
        assert faults(text.replace("buffer_requests", f"{line}\n\t\tbuffer_requests"), HEADER) == []
    assert faults(CADDY + "\nother.example {\n\tmetrics\n}\n", HEADER) == [], "another site's own"


def test_what_debian_installs_around_the_sample_is_known() -> None:
    """The file that comes with the package, with the sample in place of the sites that are put in."""
    program("nginx")
    folder = Path("/etc/nginx")
    read = {name: (folder / name).read_text() for name in ("nginx.conf", "mime.types")} | {"sites-enabled/heard": NGINX}
    printed = "".join(f"# configuration file {folder}/{name}:\n{text}\n" for name, text in read.items())
    assert faults(printed, HEADER) == []
