"""`python -m ui.record [FILE ...]`: makes recordings again, from the live models on the CPU."""

import sys

from mla_core.engine import Engine
from mla_core.models.locate import ASSETS
from ui.recorded import recordings


def main() -> None:
    engine, wanted = Engine(), sys.argv[1:]
    for job, file in recordings().items():
        if not wanted or file in wanted:
            path = ASSETS / "traces" / file
            engine.run(job).save(path)
            print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
