"""Whether the server in front keeps to the rules: no line about anybody, no request in a file, no token compressed.

What can be proved is what a file says, and only where nothing is left open: every rule must stand where it holds for
each site that passes requests on, and what cannot be read here (an include that is not in the file) is a fault. What
runs, and what stands on the way besides, only the operator can know (docs/operators.md).
"""

from __future__ import annotations

import re

from export.centre.caddy import caddy_faults
from export.centre.directives import UnreadableConfiguration, caddy_tree, nginx_tree
from export.centre.nginx import nginx_faults

# The first word of a line in every Caddyfile that passes requests on, and of none of nginx's.
_CADDY = re.compile(r"^\s*reverse_proxy\b", re.MULTILINE)

__all__ = ["UnreadableConfiguration", "faults"]


def faults(text: str, address_header: str = "") -> list[str]:
    """What is wrong with a configuration of nginx or Caddy, each with its line and what to write; nothing where it
    keeps to all.

    Args:
        text: a whole configuration.
        address_header: the header that the centre believes, which the server in front must then set itself.

    Raises:
        UnreadableConfiguration: neither.
    """
    found = (
        caddy_faults(caddy_tree(text), address_header)
        if _CADDY.search(text)
        else nginx_faults(nginx_tree(text), address_header)
    )
    return list(dict.fromkeys(found))
