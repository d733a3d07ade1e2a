"""The decode kernel: in Triton's interpreter where there is no GPU, and compiled for real ones."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mla_core.attention.cache import LayerCache
from mla_core.attention.latent import LatentAttention
from mla_core.attention.recorder import Recorder
from mla_core.kernels import decode, decode_reference, run_kernel, splits_for, why_not
from mla_core.kernels.launch import HOPPER, Cut, cut, for_hopper
from mla_core.kernels.reference import gather_pages

pytest.importorskip("triton")
# the logarithm of an empty sequence's sum is meant to be minus infinity, and is left out of the rest
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:triton.runtime.interpreter")
CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"
# Triton's interpreter multiplies bfloat16 bit patterns as whole numbers
DTYPES = [torch.float16, *([torch.bfloat16] if CUDA else [])]
CLOSE = {torch.float16: 1e-3, torch.bfloat16: 6e-3}


def poisoned(
    b: int, capacity: int, width: int, lengths: list[int], dtype: torch.dtype
) -> torch.Tensor:
    """Random rows, and NaN behind the end of each sequence."""
    rows = torch.randn(b, capacity, width)
    for sequence, length in zip(rows, lengths, strict=True):
        sequence[length:] = float("nan")
    return rows.to(DEVICE, dtype)


def error(found: torch.Tensor, wanted: torch.Tensor) -> float:
    assert found.isfinite().all()
    return float((found.double() - wanted).norm() / wanted.norm().clamp_min(1e-9))


@st.composite
def problems(draw):
    c = draw(st.sampled_from([16, 24, 64, 80, 192, 512]))
    r = draw(st.sampled_from([0, 4, 16, 64]))
    h = draw(st.sampled_from([1, 3, 16, 17, 40, 128]) if CUDA else st.sampled_from([1, 3, 17]))
    b = draw(st.integers(1, 3))
    lengths = draw(st.lists(st.integers(0, 500 if CUDA else 90), min_size=b, max_size=b))
    dtype, splits = draw(st.sampled_from(DTYPES)), draw(st.sampled_from([None, 1, 2, 5]))
    page = draw(st.sampled_from([None, 1, 7, 64]))
    return c, r, h, b, lengths, dtype, splits, page


def solve(problem, seed: int) -> None:
    """Against the reference in float64, twice; NaN in all unused memory."""
    c, r, h, b, lengths, dtype, splits, page = problem
    torch.manual_seed(seed)
    capacity = max(lengths) + 3
    if page is not None:
        capacity = -(-capacity // page) * page
    c_kv, k_rope = (poisoned(b, capacity, width, lengths, dtype) for width in (c, r))
    q_latent, q_rope = (torch.randn(b, h, width).to(DEVICE, dtype) for width in (c, r))
    counts = torch.tensor(lengths, dtype=torch.int32, device=DEVICE)
    wanted = decode_reference(
        q_latent.double(), q_rope.double(), c_kv.double(), k_rope.double(),
        scale=(c + r) ** -0.5, lengths=counts,
    )  # fmt: skip
    table = None
    if page is not None:
        table = torch.randperm(b * capacity // page).to(DEVICE, torch.int32).view(b, -1)
        shuffled = []
        for rows in (c_kv, k_rope):
            pages = rows.new_full((table.numel(), page, rows.shape[-1]), float("nan"))
            pages[table.flatten().long()] = rows.reshape(pages.shape)
            shuffled.append(pages)
        c_kv, k_rope = shuffled
        assert gather_pages(c_kv, table).shape == (b, capacity, c)
    arguments = {"lengths": counts, "block_table": table, "splits": splits}
    found = run_kernel(q_latent, q_rope, c_kv, k_rope, scale=(c + r) ** -0.5, **arguments)
    assert error(found, wanted) < CLOSE[dtype]
    again = run_kernel(q_latent, q_rope, c_kv, k_rope, scale=(c + r) ** -0.5, **arguments)
    assert torch.equal(found, again)


@settings(max_examples=200 if CUDA else 25, deadline=None)
@given(problems(), st.integers(0, 2**31))
def test_it_equals_a_float64_reference(problem, seed):
    """Whatever the sizes: ragged, empty, paged or not, split or not."""
    solve(problem, seed)


ON_HOPPER = CUDA and torch.cuda.get_device_capability() == HOPPER


@pytest.mark.skipif(not ON_HOPPER, reason="no Hopper GPU here")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("h", [16, 100, 128])
@pytest.mark.parametrize("page", [None, 64, 128])
@pytest.mark.parametrize("splits", [None, 1, 5])
def test_the_hopper_kernel_too(dtype, h, page, splits):
    lengths = [0, 1, 64, 65, 700]
    rows = torch.zeros(5, 704, 512, dtype=dtype, device=DEVICE)
    assert for_hopper(rows, rows[..., :64], h, None)
    solve((512, 64, h, len(lengths), lengths, dtype, splits, page), seed=h)
    solve((512, 64, h, 1, [300], dtype, splits, page), seed=h)


def test_the_hopper_kernel_is_left_what_it_can_take(monkeypatch):
    """Its widths, enough heads, whole pages of 64, rows that the copy engine reaches."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))

    class OnGpu(torch.Tensor):
        device = torch.device("cuda")

    def rows(*shape: int) -> torch.Tensor:
        return torch.zeros(shape, dtype=torch.bfloat16).as_subclass(OnGpu)

    both, table = rows(3, 128, 576), torch.zeros(3, 1, dtype=torch.int32)
    views = both[..., :512], both[..., 512:]
    assert for_hopper(*views, 128, None) and for_hopper(*views, 128, table)
    assert for_hopper(rows(3, 100, 512), rows(3, 100, 64), 16, None)
    assert for_hopper(both[:1, :50, :512], both[:1, :50, 512:], 64, None)
    assert not for_hopper(*views, 15, None)
    assert not for_hopper(rows(3, 128, 256), rows(3, 128, 64), 128, None)
    assert not for_hopper(rows(3, 100, 512), rows(3, 100, 64), 128, table)
    assert not for_hopper(both[:, :64, :512], both[:, :64, 512:], 128, table)
    assert not for_hopper(rows(3, 128, 580)[..., :512], views[1], 128, None)
    assert not for_hopper(rows(3, 128, 512), rows(3, 130, 64)[:, :128], 128, None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 0))
    assert not for_hopper(*views, 128, None)


def test_a_cache_that_is_a_view_of_a_larger_one_is_read_as_it_lies():
    both = torch.randn(2, 40, 64 + 16).to(DEVICE, torch.float16)  # FlashMLA's layout
    c_kv, k_rope = both[:, :33].split([64, 16], dim=-1)
    q = torch.randn(2, 8, 64 + 16).to(DEVICE, torch.float16).split([64, 16], dim=-1)
    wanted = decode_reference(*(x.double() for x in (*q, c_kv, k_rope)), scale=0.1)
    assert error(run_kernel(*q, c_kv, k_rope, scale=0.1), wanted) < 1e-3


@pytest.mark.parametrize("run", [decode, run_kernel])
def test_it_says_what_does_not_fit(run):
    q, cache = torch.randn(2, 4, 16), torch.randn(3, 8, 16)
    with pytest.raises(ValueError, match="2 queries and caches of 3 sequences"):
        run(q, q[..., :0], cache, cache[..., :0], scale=1.0)
    table = torch.zeros(2, 1, dtype=torch.int32)
    with pytest.raises(ValueError, match="needs the lengths"):
        run(q, q[..., :0], cache, cache[..., :0], scale=1.0, block_table=table)


def test_the_kernel_wants_whole_rows():
    q, cache = torch.randn(2, 4, 16), torch.randn(3, 8, 16)
    with pytest.raises(ValueError, match="side by side"):
        run_kernel(q, q[..., :0], cache.mT.contiguous().mT[:2], cache[:2, :, :0], scale=1.0)


@pytest.mark.parametrize(
    ("dtype", "c", "r", "sentence"),
    [
        (torch.float32, 512, 64, "takes bfloat16 and float16, not float32"),
        (torch.float16, 768, 0, "latents of 16 to 512 and rope keys of 0 to 64, not 768 + 0"),
        (torch.float16, 512, 128, "not 512 + 128"),
        (torch.float16, 512, 64, "needs an NVIDIA GPU"),
    ],
)
def test_it_says_why_it_cannot_run(dtype, c, r, sentence):
    assert sentence in (why_not(torch.device("cpu"), dtype, c, r) or "")


def test_it_says_so_on_an_old_gpu_and_without_triton(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Tesla T4")
    cuda = torch.device("cuda")
    assert "8.0; Tesla T4 has 7.5" in (why_not(cuda, torch.float16, 512, 64) or "")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    assert why_not(cuda, torch.bfloat16, 512, 64) is None
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "needs Triton" in (why_not(cuda, torch.float16, 512, 64) or "")


@given(st.integers(1, 300), st.integers(1, 2000), st.integers(1, 200))
def test_splits_keep_processors_busy_and_never_exceed_the_tiles(groups, tiles, processors):
    splits = splits_for(64 * groups, groups, tiles, processors)
    assert 1 <= splits <= tiles
    if groups >= 2 * processors and groups % processors == 0:
        assert splits == 1  # nothing is gained
    if groups == 1 and tiles >= 20 * processors:
        assert splits >= processors / 2


def test_decode_takes_the_kernel_where_it_can_and_else_the_reference(monkeypatch):
    """The same numbers either way, paged too; only this test pretends that a GPU is there."""
    torch.manual_seed(0)
    q_latent, q_rope = (torch.randn(2, 3, w).to(DEVICE, torch.float16) for w in (32, 4))
    pages = [torch.randn(6, 5, w).to(DEVICE, torch.float16) for w in (32, 4)]
    more = {
        "scale": 0.2,
        "lengths": torch.tensor([12, 0], dtype=torch.int32, device=DEVICE),
        "block_table": torch.tensor([[5, 1, 0], [2, 3, 4]], dtype=torch.int32, device=DEVICE),
    }
    calls = []

    def watched(*arguments, **more):
        calls.append(arguments)
        return run_kernel(*arguments, **more)

    monkeypatch.setattr("mla_core.kernels.launch.run_kernel", watched)
    first = decode(q_latent, q_rope, *pages, **more)
    assert len(calls) == CUDA and not first[1].any() and first[0].any()
    monkeypatch.setattr("mla_core.kernels.launch.why_not", lambda *_: None)
    assert torch.allclose(decode(q_latent, q_rope, *pages, **more), first, atol=2e-3)
    assert len(calls) == CUDA + 1


def test_a_layer_takes_one_new_token_through_it(monkeypatch):
    """And records take the path whose scores can be shown; both agree."""
    torch.manual_seed(0)
    layer = LatentAttention(num_heads=3, kv_lora_rank=32, n=8, r=4, v=8, scale=0.3)
    layer.kv_b_proj = torch.nn.Linear(32, 3 * 16, bias=False)
    calls = []

    def watched(*arguments, **more):
        calls.append(arguments[0].shape)
        return decode(*arguments, **more)

    monkeypatch.setattr("mla_core.attention.latent.decode", watched)

    def run(new: int, record: Recorder | None = None) -> torch.Tensor:
        torch.manual_seed(1)
        cache = LayerCache()
        for tokens in (20, new):
            parts = [torch.randn(2, 3, tokens, w) for w in (8, 4)]
            parts += [torch.randn(2, tokens, w) for w in (32, 4)]
            out = layer.attend(*parts, mode="absorbed", cache=cache, record=record)
        return out

    with torch.inference_mode():
        step = run(1)
        assert calls == [(2, 3, 32)]
        assert torch.allclose(run(1, Recorder(["pattern"])), step, atol=1e-6)
        run(2)
    assert len(calls) == 1


GPUS = {
    80: 166_912,
    89: 101_376,
    90: 232_448,
}  # shared memory a program may have, CUDA C guide, table 27
COMPILE = """
import re, subprocess, sys, triton
from jaxtyping import install_import_hook
install_import_hook("mla_core", "tests.check")  # as on a GPU's own run of these tests
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from mla_core.kernels.decode_kernel import attend_stretch
from mla_core.kernels.launch import cut, next_power_of_2
for case in sys.argv[1:]:
    architecture, memory, h, c, r = map(int, case.split())
    program = cut(h, c, r, memory)
    constants = dict(C=c, R=r, RAGGED=True, PAGED=False, HEADS=program.heads, TILE=program.tile,
                     WIDE_C=next_power_of_2(c), WIDE_R=max(16, next_power_of_2(r)))
    names, types = attend_stretch.arg_names, {"out": "*fp32", "log_sums": "*fp32", "scale": "fp32"}
    types |= dict.fromkeys(("q_latent", "q_rope", "c_kv", "k_rope"), "*bf16")
    types |= dict.fromkeys(("lengths", "block_table"), "*i32") | dict.fromkeys(constants, "constexpr")
    signature = {name: types.get(name, "i32") for name in names}
    aligned = [n for n in names if signature[n][0] == "*" or n.endswith(("_page", "_row"))]
    made = triton.compile(
        ASTSource(attend_stretch, signature, {(names.index(n),): v for n, v in constants.items()},
                  {(names.index(n),): [["tt.divisibility", 16]] for n in aligned}),
        target=GPUTarget("cuda", architecture, 32),
        options={"num_warps": program.warps, "num_stages": 2})
    open("kernel.ptx", "w").write(made.asm["ptx"])
    target = f"sm_{architecture}" + "a" * (architecture == 90)
    told = subprocess.run([triton.knobs.nvidia.ptxas.path, "-v", f"--gpu-name={target}", "kernel.ptx"],
                          capture_output=True, text=True, check=True).stderr
    print(made.metadata.shared, re.search(r"(\\d+) bytes spill stores", told)[1],
          made.asm["ptx"].count("wgmma.mma_async"), made.asm["ttgir"].count("async_copy_global_to_local"))
"""


# (architecture, h, c, r) -> how many wide products: 36 steps of 16 through 512 + 64 for the scores, 4
# more of the rope key's in both warp groups, 4 steps through 64 tokens for the sum
WIDE_PRODUCTS = {
    (90, 128, 512, 64): 36 + 4 + 4,
    (90, 16, 512, 64): 0,
    (89, 128, 512, 64): 0,
    (80, 128, 512, 64): 0,
    (80, 8, 64, 16): 0,
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> dict[tuple[int, ...], list[int]]:
    """What the compiler says of each, all in one process: opening torch and Triton takes longest."""
    folder = tmp_path_factory.mktemp("compiled")
    cases = [f"{sm} {GPUS[sm]} {h} {c} {r}" for sm, h, c, r in WIDE_PRODUCTS]
    told = subprocess.run(
        [sys.executable, "-c", COMPILE, *cases],
        env=environment(folder), cwd=folder, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    said = ([int(number) for number in line.split()] for line in told)
    return dict(zip(WIDE_PRODUCTS, said, strict=True))


def environment(folder: Path) -> dict[str, str]:
    """Without the interpreter that the other tests need."""
    root = str(Path(__file__).parents[2])
    return {"PATH": "/usr/bin:/bin", "TRITON_CACHE_DIR": str(folder), "PYTHONPATH": root}


@pytest.mark.xdist_group("compiled")
@pytest.mark.parametrize("case", WIDE_PRODUCTS)
def test_it_compiles_for_gpus_that_are_not_here(compiled, case):
    """Within their shared memory, nothing spilled, the next tile copied while one is computed."""
    shared, spilled, wgmma, copies = compiled[case]
    assert shared <= GPUS[case[0]] and spilled == 0 and copies >= 2
    assert wgmma == WIDE_PRODUCTS[case]


COMPILE_HOPPER = """
import re, subprocess, triton
from jaxtyping import install_import_hook
install_import_hook("mla_core", "tests.check")
from triton.backends.compiler import GPUTarget
from triton.experimental.gluon._runtime import GluonASTSource
from triton.experimental.gluon import language as gl
from mla_core.kernels.hopper_kernel import attend_stretch_hopper
from mla_core.kernels.launch import REGISTERS
def rows(columns):
    layout = gl.NVMMASharedLayout.get_default_for([64, columns], gl.bfloat16)
    return f"tensordesc<bf16[64, {columns}],{layout!r}>"
constants = {"RAGGED": True, "PAGED": True, "REGISTERS": REGISTERS}
types = {"q_latent": rows(256), "q_rope": rows(64), "c_kv": rows(128), "k_rope": rows(64)}
types |= {"latents": "*bf16", "out": "*fp32", "log_sums": "*fp32", "lengths": "*i32", "block_table": "*i32"}
types |= {"scale": "fp32"} | dict.fromkeys(constants, "constexpr")
names = attend_stretch_hopper.arg_names
signature = {name: types.get(name, "i32") for name in names}
made = triton.compile(
    GluonASTSource(attend_stretch_hopper, signature,
                   {(names.index(n),): v for n, v in constants.items()},
                   {(names.index(n),): [["tt.divisibility", 16]] for n in names
                    if signature[n][0] == "*"}),
    target=GPUTarget("cuda", 90, 32), options={"num_warps": 4})
open("kernel.ptx", "w").write(made.asm["ptx"])
told = subprocess.run([triton.knobs.nvidia.ptxas.path, "-v", "--gpu-name=sm_90a", "kernel.ptx"],
                      capture_output=True, text=True, check=True).stderr
print(made.metadata.shared, re.search(r"(\\d+) bytes spill stores", told)[1],
      made.asm["ptx"].count("wgmma.mma_async"), told.count("serialized"))
"""


def test_the_hopper_kernel_compiles(tmp_path):
    """Within the shared memory, one register spilled at most, its products not waited for one by one."""
    told = subprocess.run(
        [sys.executable, "-c", COMPILE_HOPPER],
        env=environment(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    shared, spilled, products, serialized = map(int, told)
    assert shared <= GPUS[90] and spilled <= 4 and not serialized
    # steps of 16: rope key and left half before the loop and in it, the right half too, two sums of
    # two pieces each
    assert products == 2 * (4 + 16) + 2 * 16 + 2 * 2 * 4


def test_programs_grow_with_the_gpu():
    assert cut(128, 512, 64, GPUS[90]) == Cut(64, 64, 8)
    assert cut(128, 512, 64, GPUS[80]) == Cut(64, 32, 8)
    assert cut(128, 512, 64, GPUS[89]) == Cut(16, 32, 4)
    assert cut(8, 64, 16, GPUS[89]).heads == 16
