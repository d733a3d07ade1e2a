"""What every page stands in: the page's settings, the navigation."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # Streamlit puts this script's own folder there, not the project's
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from ui.state import session  # noqa: E402
from ui.words.en import common as words  # noqa: E402

st.set_page_config(page_title=words.TITLE, page_icon="🔎", layout="wide")
style = (Path(__file__).parent / "show" / "page.html").read_text(encoding="utf-8")
title = f'<div class="mla-title"><h1>{words.TITLE}</h1><span>{words.TAGLINE}</span></div>'
st.html(style + title)
pages = [
    st.Page(
        ROOT / "pages" / "side_by_side.py",
        title=words.SIDE_BY_SIDE,
        url_path="start",
        default=True,
    ),
    # Streamlit serves the default page at / alone; links by its name must not say "not found"
    st.Page(
        ROOT / "pages" / "side_by_side.py",
        title=words.SIDE_BY_SIDE,
        url_path="side_by_side",
        visibility="hidden",
    ),
    st.Page(ROOT / "pages" / "every_head.py", title=words.EVERY_HEAD, url_path="every_head"),
    st.Page(ROOT / "pages" / "inside_one_head.py", title=words.INSIDE, url_path="inside_one_head"),
    st.Page(ROOT / "pages" / "cache_grows.py", title=words.CACHE_GROWS, url_path="cache_grows"),
    st.Page(ROOT / "pages" / "sharing_heads.py", title=words.SHARING, url_path="sharing_heads"),
    st.Page(
        ROOT / "pages" / "latent_compression.py",
        title=words.LATENT_COMPRESSION,
        url_path="latent_compression",
    ),
    st.Page(ROOT / "pages" / "absorption.py", title=words.ABSORPTION, url_path="absorption"),
    st.Page(ROOT / "pages" / "position.py", title=words.POSITION, url_path="position"),
    st.Page(
        ROOT / "pages" / "deepseeks_scale.py",
        title=words.DEEPSEEKS_SCALE,
        url_path="deepseeks_scale",
    ),
    st.Page(ROOT / "pages" / "speed.py", title=words.SPEED, url_path="speed"),
    st.Page(ROOT / "pages" / "claims.py", title=words.CLAIMS, url_path="claims"),
]
page = st.navigation(pages, position="top")
session.carry(page.url_path)
page.run()
