"""What holds for each page."""

import subprocess
import sys

import pytest

from mla_core.models.locate import ASSETS
from tests.pages.driving import SHELL, path

PAGES = sorted(page.stem for page in (ASSETS.parent / "pages").glob("*.py"))


@pytest.mark.parametrize("name", PAGES)
def test_the_first_picture_needs_no_torch(name):
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file(sys.argv[1], default_timeout=60)\n"
        "app.switch_page(sys.argv[2])\n"
        "app.run()\n"
        "assert not app.exception and not app.error and len(app.main) > 2\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, SHELL, path(name)], check=True, cwd=ASSETS.parent)
