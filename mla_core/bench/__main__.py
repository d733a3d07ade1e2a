"""`python -m mla_core.bench`: a trace and a decode step beside transformers, as a table; and
what conversions lose (`compression`), what a cache saves (`growth`), and how fast a decode step of
DeepSeek's size is on this machine (`speed`), and a whole DeepSeek-V2-Lite (`large`).

Every pair is timed in turn (ours, theirs, ours, ...), so that a busy machine slows both.
"""

import argparse
import os
import platform
import statistics
from collections.abc import Callable
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM, DynamicCache

from mla_core import Decoder, kv_bytes_per_token, load_model, trace
from mla_core.attention.layer import Mode
from mla_core.bench.compression import CONVERTED, bench_compression
from mla_core.bench.growth import bench_growth
from mla_core.bench.large import bench_large
from mla_core.bench.speed import bench_speed
from mla_core.bench.timing import in_turn
from mla_core.models.devices import default_device, leave_a_core
from mla_core.models.language_model import LanguageModel
from mla_core.models.locate import locate

MODELS = ("mini-mla", "mini-gpt2")
WRITTEN = ("compression", "growth", "speed", "large")  # to a file
TEXT = "Once upon a time there was a little girl who had a red ball and a big dog. "


def text_of(model_name: str, tokens: int) -> str:
    """A prompt of exactly that many tokens, BOS included."""
    tokenizer = load_model(model_name).tokenizer
    return tokenizer.decode(tokenizer.encode(TEXT * 40)[: tokens - 1])


def bench_trace(repeats: int) -> None:
    """`trace` with pattern and logits against a forward with `output_attentions`."""
    print("\n| trace | tokens | ours ms | transformers ms | ratio |\n|---|---|---|---|---|")
    for name in MODELS:
        model = load_model(name)
        hf = AutoModelForCausalLM.from_pretrained(
            locate(name), dtype=torch.float32, attn_implementation="eager"
        ).to(model.device)
        for tokens in (10, 256):
            prompt = text_of(name, tokens)
            ids = torch.tensor([trace(model, prompt, record=["logits"]).token_ids])

            def theirs(hf: torch.nn.Module = hf, ids: torch.Tensor = ids) -> object:
                with torch.inference_mode():
                    out = hf(ids.to(default_device()), output_attentions=True)
                # a trace ends in numpy, so theirs does too
                return out.logits.cpu().numpy(), [a.cpu().numpy() for a in out.attentions]

            def ours(model: LanguageModel = model, prompt: str = prompt) -> object:
                return trace(model, prompt, record=["pattern", "logits"])

            t = in_turn({"ours": ours, "theirs": theirs}, repeats)
            ratio = t["ours"] / t["theirs"]
            print(f"| {name} | {len(ids[0])} | {t['ours']:.2f} | {t['theirs']:.2f} | {ratio:.2f} |")


def decode_runs(
    model: LanguageModel, hf: torch.nn.Module, context: int
) -> dict[str, Callable[[], object]]:
    """One cached step after `context` random tokens: ours in each mode, and transformers'."""
    ids = torch.randint(1, 8000, (1, context), device=model.device)
    new = torch.tensor([[5]], device=model.device)
    runs: dict[str, Callable[[], object]] = {}
    modes: list[Mode] = ["absorbed", "naive"] if model.config.attention == "MLA" else ["absorbed"]
    for mode in modes:
        decoder = Decoder(model, mode=mode)
        decoder.prefill_ids(ids[0].tolist())
        runs[mode] = decoder.step
    cache = DynamicCache(config=hf.config)

    def theirs() -> None:
        with torch.inference_mode():
            hf(new, past_key_values=cache).logits[0, -1].softmax(-1).argmax().item()

    with torch.inference_mode():
        hf(ids, past_key_values=cache)
    return runs | {"transformers": theirs}


def bench_decode(repeats: int) -> None:
    """Ours (each mode) against transformers' own cache; a few steps, then fresh caches again."""
    print("\n| decode step | context | run | ms | read from the cache, B |\n|---|---|---|---|---|")
    for name in MODELS:
        model = load_model(name)
        hf = AutoModelForCausalLM.from_pretrained(locate(name), dtype=torch.float32)
        hf = hf.to(model.device).eval()
        for context in (16, 500):
            rounds = [
                in_turn(decode_runs(model, hf, context), 8) for _ in range(max(1, repeats // 8))
            ]
            read = kv_bytes_per_token(model.config, 4) * (context + 1)
            for run in rounds[0]:
                ms = statistics.median(times[run] for times in rounds)
                told = f"{read:,}" if run != "transformers" else "not counted"
                print(f"| {name} | {context} | {run} | {ms:.2f} | {told} |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mla_core.bench", description=__doc__)
    parser.add_argument("what", nargs="*", choices=["trace", "decode", *WRITTEN, []], default=[])
    parser.add_argument("--repeats", type=int, default=60)
    parser.add_argument("--out", type=Path, help=f"file for the result of {', '.join(WRITTEN)}")
    parser.add_argument("--models", nargs="+", default=list(CONVERTED), help="to convert")
    parser.add_argument("--layer-only", action="store_true", help="speed without a whole model")
    parser.add_argument("--healed", type=Path, help="what `training heal` printed, to be included")
    args = parser.parse_args()
    if args.repeats < 1:
        parser.error(f"--repeats must be at least 1, not {args.repeats}")
    written = [what for what in WRITTEN if what in args.what]
    if written and args.out is None:
        parser.error(f"{written[0]} needs --out")
    if len(written) > 1:
        parser.error(f"{' and '.join(written)} would write one file: one at a time")
    leave_a_core()
    try:
        _run(args, written)
    except (ValueError, OSError) as error:
        parser.exit(2, f"{' '.join(str(error).split())}\n")


def _run(args: argparse.Namespace, written: list[str]) -> None:
    if "compression" in written:
        bench_compression(args.out, args.models, args.healed)
    if "growth" in written:
        bench_growth(args.out, args.repeats)
    if "speed" in written:
        bench_speed(args.out, whole=not args.layer_only)
    if "large" in written:
        bench_large(args.out)
    if written:
        return
    cuda = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    print(
        f"{cuda}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"torch {torch.__version__}, transformers {transformers.__version__}"
    )
    if not args.what or "trace" in args.what:
        bench_trace(args.repeats)
    if not args.what or "decode" in args.what:
        bench_decode(args.repeats)


if __name__ == "__main__":
    main()
