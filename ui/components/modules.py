"""The components' JavaScript, served as the modules that lie in this folder.

Streamlit sends a component's script to every session, as one text without imports. So it gets a few
lines that import the component's module from a route of the app: browsers keep what lies there, and
it changes its address with its content.
"""

import hashlib
import json
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ui.words.en import common as words

FOLDER = Path(__file__).parent
SOURCES = {
    path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in sorted(FOLDER.rglob("*.js"))
}
VERSION = hashlib.sha256(repr(SOURCES).encode()).hexdigest()[:12]
FOR_EVER = "public, max-age=31536000, immutable"  # another content has another address

STUB = """
const load = (path) => import(new URL({folder} + path, document.baseURI));
const loading = load({path});
// asked for together with it, not after it: each wait is a way there and back
for (const path of {library}) load(path).catch(() => {{}});
loading.catch(() => {{}}); // told below
let module;
export default async function (component) {{
  const {{ style }} = component.parentElement.host ?? component.parentElement;
  try {{
    if (!module) style.visibility = "hidden"; // a slow network must not show controls without words
    module ??= await loading;
  }} catch {{
    const told = document.createElement("p");
    told.textContent = {sentence};
    component.parentElement.replaceChildren(told);
    return;
  }} finally {{
    style.visibility = "";
  }}
  return module.default(component);
}}
"""


def stub(name: str) -> str:
    """What Streamlit sends to a session instead of a component's script.

    The address is relative: pages lie beside each other below `server.baseUrlPath`.
    """
    return STUB.format(
        folder=json.dumps(f"modules/{VERSION}/"),
        path=json.dumps(f"{name}/{name}.js"),
        library=json.dumps([path for path in SOURCES if path.startswith("lib/")]),
        sentence=json.dumps(words.MODULES_GONE),
    )


async def serve(request: Request) -> Response:
    """A module of this version, and of no other: two versions do not mix."""
    source = SOURCES.get(request.path_params["path"])
    if source is None or request.path_params["version"] != VERSION:
        return PlainTextResponse(words.MODULES_GONE, 404, {"Cache-Control": "no-store"})
    return Response(source, media_type="text/javascript", headers={"Cache-Control": FOR_EVER})


def routes() -> list[Route]:
    """For `st.App`, which does not put its own routes below `server.baseUrlPath`."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    prefix = f"/{base}/modules" if base else "/modules"
    return [Route(prefix + "/{version}/{path:path}", serve)]
