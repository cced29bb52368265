"""Directives of nginx and Caddy that leave logs, pages and requests alone, or are judged elsewhere, by their names.

A list of what is forbidden is never whole: modules come and go. So whatever leads to the centre may say what stands
here and nothing else; what is not known is a fault, whatever it does.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from export.centre.directives import Directive, every, telling
from export.centre.unchanged import CADDY_JUDGED, NGINX_CHANGES

TABLES = ("types", "map", "geo", "split_clients", "charset_map")
"""nginx's blocks whose lines are no directives."""

# What listens, and is passed to, by which machine: it sees nothing of what is asked and said.
_NGINX_AROUND = """
    user worker_processes worker_rlimit_nofile worker_cpu_affinity worker_priority worker_shutdown_timeout daemon
    master_process pid lock_file pcre_jit thread_pool timer_resolution load_module events http stream mail
    worker_connections multi_accept use accept_mutex accept_mutex_delay worker_aio_requests
    server listen server_name location if set break internal root alias index autoindex disable_symlinks
    error_page recursive_error_pages return rewrite try_files allow deny satisfy merge_slashes etag if_modified_since
    max_ranges server_tokens server_name_in_redirect port_in_redirect absolute_redirect default_type
    types_hash_max_size types_hash_bucket_size server_names_hash_max_size server_names_hash_bucket_size
    variables_hash_max_size variables_hash_bucket_size map_hash_max_size map_hash_bucket_size
    resolver resolver_timeout set_real_ip_from real_ip_header real_ip_recursive
    http2 http2_max_concurrent_streams http2_recv_buffer_size http2_body_preread_size http2_chunk_size
    http2_max_field_size http2_max_header_size http2_max_requests http2_idle_timeout http2_recv_timeout
    http3 http3_hq http3_max_concurrent_streams http3_stream_buffer_size quic_retry quic_gso quic_host_key
    quic_active_connection_id_limit
"""
_NGINX_HOW = """
    sendfile sendfile_max_chunk tcp_nopush tcp_nodelay aio aio_write directio directio_alignment output_buffers
    postpone_output read_ahead send_timeout send_lowat keepalive_timeout keepalive_requests keepalive_time
    keepalive_disable lingering_close lingering_time lingering_timeout reset_timedout_connection
    chunked_transfer_encoding client_header_timeout client_header_buffer_size large_client_header_buffers
    client_body_timeout client_max_body_size client_body_buffer_size client_body_in_single_buffer
    client_body_in_file_only client_body_temp_path connection_pool_size request_pool_size
    open_file_cache open_file_cache_valid open_file_cache_min_uses open_file_cache_errors
    limit_req limit_req_zone limit_req_status limit_req_dry_run limit_conn limit_conn_zone limit_conn_status
    limit_conn_dry_run limit_rate limit_rate_after mirror mirror_request_body
    gzip gzip_vary gzip_proxied gzip_comp_level gzip_buffers gzip_http_version gzip_min_length gzip_types gzip_disable
    gzip_static gzip_window gzip_hash brotli brotli_types brotli_comp_level brotli_buffers brotli_window
    brotli_min_length brotli_static zstd zstd_types zstd_comp_level zstd_buffers zstd_min_length zstd_static
    ssl ssl_certificate ssl_certificate_key ssl_password_file ssl_protocols ssl_ciphers ssl_prefer_server_ciphers
    ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_session_ticket_key ssl_dhparam ssl_ecdh_curve
    ssl_stapling ssl_stapling_file ssl_stapling_verify ssl_trusted_certificate ssl_buffer_size ssl_conf_command
    ssl_reject_handshake
"""
_NGINX_ON = """
    proxy_pass proxy_http_version proxy_connect_timeout proxy_read_timeout proxy_send_timeout proxy_buffering
    proxy_request_buffering proxy_buffers proxy_buffer_size proxy_busy_buffers_size proxy_max_temp_file_size
    proxy_temp_file_write_size proxy_temp_path proxy_socket_keepalive proxy_headers_hash_max_size
    proxy_headers_hash_bucket_size proxy_next_upstream proxy_next_upstream_timeout proxy_next_upstream_tries
    proxy_pass_header proxy_ignore_headers proxy_ignore_client_abort proxy_store proxy_store_access
    proxy_cache proxy_cache_path proxy_cache_key proxy_cache_valid proxy_cache_bypass proxy_no_cache proxy_cache_lock
    proxy_cache_lock_timeout proxy_cache_lock_age proxy_cache_use_stale proxy_cache_min_uses proxy_cache_methods
    proxy_cache_revalidate proxy_cache_background_update proxy_ssl_server_name proxy_ssl_name proxy_ssl_verify
    proxy_ssl_verify_depth proxy_ssl_trusted_certificate proxy_ssl_protocols proxy_ssl_ciphers
    proxy_ssl_session_reuse grpc_pass fastcgi_pass uwsgi_pass scgi_pass memcached_pass
    fastcgi_temp_path uwsgi_temp_path scgi_temp_path
    upstream zone hash ip_hash least_conn least_time random keepalive
"""
# They say how or where, and what is written all the same goes to one of the first two, which have rules of their own.
KNOWN_LOGS = frozenset({
    "access_log", "error_log", "log_format", "open_log_file_cache", "log_not_found", "log_subrequest", "rewrite_log",
    "limit_req_log_level", "limit_conn_log_level",
})  # fmt: skip
_NGINX = frozenset({
    *_NGINX_AROUND.split(), *_NGINX_HOW.split(), *_NGINX_ON.split(), *KNOWN_LOGS, *TABLES, *NGINX_CHANGES,
})  # fmt: skip
# Some modules work as soon as they are there; these do nothing until a directive of theirs says so.
_QUIET_MODULES = re.compile(
    r"(?:.*/)?(?:ndk_http|ngx_(?:mail|stream(?:_geoip2?)?|nchan|http_(?:auth_pam|brotli_(?:filter|static)|cache_purge"
    r"|dav_ext|echo|fancyindex|geoip2?|headers_more_filter|image_filter|js|lua|perl|subs_filter|uploadprogress"
    r"|upstream_fair|xslt_filter)))_module\.so"
)

_SETTINGS_OF_CADDY: Mapping[str, str] = {
    "": "admin http_port https_port default_bind default_sni fallback_sni email acme_ca acme_ca_root acme_eab acme_dns"
        " cert_issuer local_certs skip_install_trust key_type ocsp_stapling preferred_chains renew_interval storage"
        " storage_clean_interval persist_config auto_https grace_period shutdown_delay servers log",
    "servers": "name protocols protocol timeouts max_header_size keepalive_interval keepalive_idle keepalive_count"
               " strict_sni_host trusted_proxies trusted_proxies_strict",
    "timeouts": "read_body read_header write idle",
    "log": "output format level include exclude",
}  # fmt: skip
_SITES_OF_CADDY = """
    bind tls root header request_body reverse_proxy handle handle_errors route file_server respond redir error abort
    encode log_skip skip_log
"""
_WITHIN_CADDYS: Mapping[str, str] = {
    "request_body": "max_size read_timeout write_timeout",
    "tls": "protocols ciphers curves alpn load ca ca_root key_type dns resolvers issuer propagation_delay"
           " propagation_timeout dns_ttl on_demand reuse_private_keys renewal_window_ratio",
    "file_server": "fs root hide index browse precompressed status disable_canonical_uris pass_thru",
    "respond": "body close",
    "reverse_proxy": "to lb_retries lb_try_duration lb_try_interval lb_retry_match health_uri health_port"
                     " health_upstream health_interval health_passes health_fails health_timeout health_status"
                     " health_body health_method health_headers health_follow_redirects fail_duration max_fails"
                     " unhealthy_status unhealthy_latency unhealthy_request_count flush_interval request_buffers"
                     " response_buffers buffer_requests max_buffer_size stream_timeout stream_close_delay"
                     " trusted_proxies dynamic transport",
    "transport": "read_buffer write_buffer max_response_header dial_timeout dial_fallback_delay"
                 " response_header_timeout expect_continue_timeout resolvers keepalive keepalive_idle_conns"
                 " keepalive_idle_conns_per_host keepalive_interval versions compression max_conns_per_host",
}  # fmt: skip
# In their braces stand directives of a site again; in those of the others below, names that are none.
_SITES_WITHIN = {"handle", "handle_errors", "route"}
_NAMES_WITHIN = {"header", "health_headers", "lb_retry_match", "issuer", "cert_issuer", "storage", "lb_policy"}


def unknown_to_nginx(said: Iterable[Directive]) -> Iterator[str]:
    """What among these, those in braces left out, nobody here knows to be harmless."""
    for each in said:
        if each.name == "load_module" and not _QUIET_MODULES.fullmatch("".join(each.values[:1])):
            yield _unknown(each, " ".join((each.name, *each.values)))
        elif each.name not in _NGINX and not telling(each.name):
            yield _unknown(each, each.name)


def unknown_in_site_of_nginx(server: Directive) -> Iterator[str]:
    """The same of a whole site."""
    yield from unknown_to_nginx(every(server.inside, TABLES))


def unknown_to_caddy(site: Directive) -> Iterator[str]:
    """The same of a site of Caddy's."""
    yield from _within(site.inside, frozenset(_SITES_OF_CADDY.split()))


def unknown_settings_of_caddy(settings: Iterable[Directive], of: str = "") -> Iterator[str]:
    """The same of what stands at the top of a Caddyfile."""
    allowed = _SETTINGS_OF_CADDY[of].split()
    for each in settings:
        if each.name not in allowed:
            yield from () if telling(each.name) else (_unknown(each, each.name),)
        elif each.name in _SETTINGS_OF_CADDY:
            yield from unknown_settings_of_caddy(each.inside, each.name)


def _within(said: Iterable[Directive], allowed: Container[str]) -> Iterator[str]:
    for each in said:
        if each.name.startswith("@") or each.name in _NAMES_WITHIN:
            continue
        if each.name not in allowed and each.name not in CADDY_JUDGED:
            yield from () if telling(each.name) else (_unknown(each, each.name),)
        elif each.name in _SITES_WITHIN:
            yield from _within(each.inside, allowed)
        else:
            yield from _within(each.inside, frozenset(_WITHIN_CADDYS.get(each.name, "").split()))


def _unknown(each: Directive, what: str) -> str:
    return (
        f"{each.where}: {what} is not known here: it could write somebody down, or keep or change what passes. Take it"
        " out, or say it only in sites that do not lead to the centre."
    )
