"""`python -m mla_core.training`: corpus -> train -> evaluate; heal a conversion; repeat a family."""

import argparse
import dataclasses
import json
import time
from pathlib import Path

from tokenizers import Tokenizer

from mla_core.models.checkpoint import load_model, save_model
from mla_core.training import data, evaluate
from mla_core.training.loop import train
from mla_core.training.recipe import CONFIGS, FURTHER, Recipe


def _corpus(args: argparse.Namespace) -> None:
    from mla_core.training.corpus import sample_corpus  # needs packages that training does not

    sample_corpus(args.out, texts=args.texts, batch=args.batch, seed=args.seed)


def _tokenizer(args: argparse.Namespace, texts: list[str]) -> Tokenizer:
    if args.tokenizer:
        return data.read_tokenizer(args.tokenizer)
    return data.train_tokenizer(texts)


def _train(args: argparse.Namespace) -> None:
    texts, _ = data.split(data.read_corpus(args.corpus))
    tokenizer = _tokenizer(args, texts)
    ids, starts = data.encode(texts, tokenizer)
    print(f"{len(texts)} texts, {len(ids)} tokens", flush=True)
    recipe = dataclasses.replace(Recipe(), steps=args.steps)
    for name in args.models or CONFIGS:
        begun = time.monotonic()
        train(
            name, args.out / name, tokenizer, ids, starts, recipe,
            log=lambda line: print(line, flush=True),
        )  # fmt: skip
        print(f"{name} trained in {time.monotonic() - begun:.0f} s", flush=True)


def _evaluate(args: argparse.Namespace) -> None:
    texts = data.read_corpus(args.corpus)[-data.HELD_OUT :]
    for directory in args.models:
        model = load_model(directory)
        result: dict[str, object] = dict(evaluate.bits_per_byte(model, texts))
        result["parameters"] = sum(p.numel() for p in model.parameters())
        result["cached_values"] = model.config.cached_values
        result["flag"] = evaluate.next_tokens(model, evaluate.FLAG)
        result["everyday"] = evaluate.everyday(model)
        print(json.dumps({model.name: result}), flush=True)


def _repeat(args: argparse.Namespace) -> None:
    from mla_core.training.repeat import repeat

    repeat(
        args.models, args.seeds, args.steps,
        corpus=args.corpus, tokenizer=args.tokenizer, out=args.out, keep=args.keep,
    )  # fmt: skip


def _heal(args: argparse.Namespace) -> None:
    from mla_core.convert import Calibration, allocate_ranks, convert_to_mla
    from mla_core.training.heal import heal

    texts, _ = data.split(data.read_corpus(args.corpus))
    original = load_model(args.model)
    calibration = Calibration(original)
    layers = original.config.num_hidden_layers
    rank = allocate_ranks(calibration, args.rank * layers) if args.layerwise else args.rank
    converted = convert_to_mla(original, rank, args.method, calibration)
    before = evaluate.nats_held_out(original), evaluate.nats_held_out(converted)
    steps = heal(original, converted, texts, seconds=args.seconds)
    after = evaluate.nats_held_out(converted)
    result = {
        "model": converted.name,
        "cached_values": converted.config.cached_values,
        "ranks": converted.config.ranks,
        "nats_original": before[0],
        "nats_converted": before[1],
        "nats_healed": after,
        "increase_before": before[1] - before[0],
        "increase_after": after - before[0],
        "seconds": args.seconds,
        "steps": steps,
    }
    print(json.dumps(result), flush=True)
    if args.out:
        save_model(converted, args.out)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mla_core.training", description=__doc__)
    commands = parser.add_subparsers(required=True)

    corpus = commands.add_parser("corpus", help="sample simple texts from SmolLM2-135M-Instruct")
    corpus.add_argument("--out", type=Path, required=True, help="file to write, *.xz")
    corpus.add_argument("--texts", type=int, default=50_000)
    corpus.add_argument("--batch", type=int, default=2_048)
    corpus.add_argument("--seed", type=int, default=0)
    corpus.set_defaults(run=_corpus)

    training = commands.add_parser("train", help="train embedded models from a corpus folder")
    training.add_argument("models", nargs="*", default=[], choices=[*CONFIGS, []])
    training.add_argument("--corpus", type=Path, required=True, help="folder of *.xz")
    training.add_argument("--out", type=Path, required=True, help="folder for the model folders")
    training.add_argument("--tokenizer", type=Path, help="tokenizer.json; trained when left out")
    training.add_argument("--steps", type=int, default=Recipe.steps)
    training.set_defaults(run=_train)

    scoring = commands.add_parser("evaluate", help="held-out loss and first choices, as JSON lines")
    scoring.add_argument("models", nargs="*", default=list(CONFIGS))
    scoring.add_argument("--corpus", type=Path, required=True, help="folder of *.xz")
    scoring.set_defaults(run=_evaluate)

    again = commands.add_parser("repeat", help="train and score from several seeds, as JSON lines")
    again.add_argument("models", nargs="+", choices=[*CONFIGS, *FURTHER])
    again.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    again.add_argument("--steps", type=int, default=Recipe.steps)
    again.add_argument("--corpus", type=Path, required=True, help="folder of *.xz")
    again.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json, for all")
    again.add_argument("--out", type=Path, required=True, help="*.jsonl; runs it has are skipped")
    again.add_argument("--keep", type=Path, help="folder for the models of the first seed")
    again.set_defaults(run=_repeat)

    healing = commands.add_parser("heal", help="convert to MLA and fine-tune only the factors")
    healing.add_argument("model", help="mini-gpt2, mini-mha, gpt2 or a directory")
    healing.add_argument("--rank", type=int, required=True)
    healing.add_argument("--method", default="auto")
    healing.add_argument("--layerwise", action="store_true", help="spread the ranks to lose least")
    healing.add_argument("--corpus", type=Path, required=True, help="folder of *.xz")
    healing.add_argument("--seconds", type=float, default=60.0)
    healing.add_argument("--out", type=Path, help="directory for the healed model")
    healing.set_defaults(run=_heal)

    args = parser.parse_args()
    try:
        args.run(args)
    except (ValueError, OSError, ImportError) as error:
        parser.exit(2, f"{' '.join(str(error).split())}\n")


if __name__ == "__main__":
    main()
