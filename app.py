"""The entry: `streamlit run app.py`.

An `st.App` over ui/shell.py instead of a plain script: with a `pages/` folder beside a plain
entry script, the very first deep link to a fresh server would run that page without its shell.
"""

import streamlit as st

from ui.components import modules
from ui.jobs.engine import lifespan
from ui.words.en import common as words


def told(_error: Exception) -> bool:
    """Streamlit has logged it; the reader gets a sentence instead of a traceback."""
    st.error(words.UNEXPECTED)
    return True


app = st.App("ui/shell.py", lifespan=lifespan, routes=modules.routes(), on_script_error=told)
