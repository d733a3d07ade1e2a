"""`python -m ui.record`: makes the recorded traces again, from the live models on the CPU."""

from mla_core.engine import Engine
from mla_core.models.locate import ASSETS
from ui import words
from ui.requests import request
from ui.state import CHUNK


def main() -> None:
    engine = Engine()
    for name, prompt in words.PROMPTS.items():
        for model in words.MODELS:
            trace = engine.run(request(model, prompt, new_tokens=CHUNK))
            path = ASSETS / "traces" / f"{name}.{model}.npz"
            trace.save(path)
            print(path.name, path.stat().st_size, trace.text)


if __name__ == "__main__":
    main()
