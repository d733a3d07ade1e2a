"""`python -m ui.jobs.record [FILE ...]`: makes recordings again, from the live models on the CPU.

`--further DIR` records models that are not shipped, kept by `python -m mla_core.training repeat`.
"""

import argparse
from pathlib import Path

from mla_core.engine import Engine
from mla_core.experiments.sharing_heads import Survey
from mla_core.models.locate import ASSETS
from ui import catalogue
from ui.jobs.recordings import recordings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ui.jobs.record", description=__doc__)
    parser.add_argument("files", nargs="*", help="only these")
    parser.add_argument("--further", type=Path, help="folder of model directories")
    args = parser.parse_args()
    engine, wanted = Engine(), args.files
    if args.further:
        for directory in sorted(args.further.iterdir()):
            for name, prompt in catalogue.PROMPTS.items():
                path = ASSETS / "traces" / "further" / f"{name}.{directory.name}.npz"
                path.parent.mkdir(exist_ok=True)
                engine.run(Survey(str(directory), prompt)).save(path)
                print(path.name, path.stat().st_size)
        return
    for job, file in recordings().items():
        if not wanted or file in wanted:
            path = ASSETS / "traces" / file
            engine.run(job).save(path)
            print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
