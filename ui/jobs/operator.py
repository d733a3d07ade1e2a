"""What belongs to whoever runs the server: what costs all readers, as a download of 31 GB does.

Who a reader is cannot be told from a request (behind a proxy all come from one address), so it is
the server that decides: it serves one machine alone, or whoever started it has said that all its
readers may.
"""

import ipaddress
import os

import streamlit as st

VARIABLE = "MLA_EXPLORER_OPERATOR"
YES = ("1", "on", "true", "yes")


def readers_may() -> bool:
    """Whether readers may start and cancel downloads and benchmarks.

    As `MLA_EXPLORER_OPERATOR` says ("1"; anything else is no); where it is not set, only on a
    server whose `server.address` is a loopback address.
    """
    said = os.environ.get(VARIABLE, "").strip().lower()
    if said:
        return said in YES
    return _is_loopback(st.get_option("server.address") or "")


def _is_loopback(address: str) -> bool:
    try:
        return address.lower() == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:  # another name, or a socket's path
        return False
