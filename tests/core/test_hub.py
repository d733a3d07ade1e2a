"""Downloads from a stand-in for the hub: every way they end early, and that they go on after it."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load, save
from transformers import YoutuConfig, YoutuForCausalLM

from mla_core import baseline, load_model
from mla_core.models import hub
from mla_core.models.config import CheckpointError
from tests.core import formats
from tests.core.test_transformers_model import SHARED
from tests.hub_stand_in import stand_in_for_the_hub


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """No model of the hub's on this machine, and the hub may be asked."""
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "nothing"))
    for name in hub.REPOSITORIES:
        monkeypatch.delenv(hub.variable(name), raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub.time, "sleep", lambda _: None)


@pytest.fixture
def source(save_checkpoint, tmp_path, alone):
    """(the stand-in, its address, the folder of the download)."""
    directory, _ = save_checkpoint(formats.gpt2())
    model = tmp_path / "model"
    model.mkdir()
    for file in hub.FILES:
        (model / file).write_bytes((directory / file).read_bytes())
    with stand_in_for_the_hub(model) as (stand_in, address):
        yield stand_in, address, hub.folder("gpt2")


def test_a_download_arrives_whole_and_opens(source):
    stand_in, address, folder = source
    with pytest.raises(CheckpointError, match=r'fetch it with mla_core.download\("gpt2"\)'):
        load_model("gpt2")
    seen = []
    assert hub.download("gpt2", lambda *x: seen.append(x), endpoint=address) == folder
    total = sum(len(content) for content in stand_in.files.values())
    assert seen[-1] == (total, total) and seen == sorted(seen)
    model = load_model("gpt2", device="cpu")
    assert model.name == "gpt2"
    ids = torch.tensor([[0, 5, 9]])
    with torch.inference_mode():
        theirs = baseline("gpt2", device="cpu").record(ids, [])[0]
        assert (model(ids)[0] - theirs).abs().max() < 1e-4
    before = len(stand_in.asked)
    hub.download("gpt2", endpoint=address)
    assert len(stand_in.asked) == before  # nothing is fetched twice


def test_a_broken_connection_is_resumed_where_it_broke(source):
    stand_in, address, folder = source
    size = len(stand_in.files["model.safetensors"])
    stand_in.cut = size // 2
    hub.download("gpt2", endpoint=address)
    ranges = [r for method, name, r in stand_in.asked if method == "GET" and "model" in name]
    assert ranges == [None, f"bytes={size // 2}-"]
    assert (folder / "model.safetensors").read_bytes() == stand_in.files["model.safetensors"]


def test_a_line_that_breaks_for_good_says_so_and_the_next_try_goes_on(source):
    stand_in, address, folder = source
    stand_in.cut = 5000
    with pytest.raises(hub.DownloadError, match=r"broke at 0\.0 of .* it goes on from there"):
        hub.download("gpt2", endpoint=address)
    assert not (folder / "model.safetensors").exists()
    with pytest.raises(CheckpointError, match="not on this machine yet"):
        load_model("gpt2")
    stand_in.cut = None
    hub.download("gpt2", endpoint=address)
    assert stand_in.asked[-1] == ("GET", "model.safetensors", f"bytes={hub.TRIES * 5000}-")
    load_model("gpt2")


def test_a_proxy_without_ranges_starts_again(source):
    stand_in, address, folder = source
    stand_in.cut, stand_in.no_ranges = 9000, True
    with pytest.raises(hub.DownloadError):
        hub.download("gpt2", endpoint=address)
    stand_in.cut = None
    hub.download("gpt2", endpoint=address)
    assert (folder / "model.safetensors").read_bytes() == stand_in.files["model.safetensors"]


def test_cancelling_keeps_what_is_here(source):
    stand_in, address, folder = source
    model = len(stand_in.files["model.safetensors"])
    seen = [(0, 0)]

    def some_of_the_model() -> bool:
        here, total = seen[-1]
        return here > total - model > 0

    with pytest.raises(hub.Cancelled):
        hub.download("gpt2", lambda *x: seen.append(x), some_of_the_model, address)
    part = folder / "model.safetensors.part"
    assert part.stat().st_size > 0 and not (folder / "model.safetensors").exists()
    hub.download("gpt2", endpoint=address)
    assert not part.exists()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, r"asks for a login \(401\).*MLA_EXPLORER_GPT2"),
        (404, r"does not have this model \(404\).*MLA_EXPLORER_GPT2"),
        (429, r"asked too often \(429\): wait a few minutes"),
        (500, r"trouble of its own \(500\): try again later"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_each_refusal_is_a_sentence(status, said, late, source, monkeypatch):
    """Early: at the first question. Late: once the sizes are known."""
    stand_in, address, folder = source
    if late:
        about = hub._about

        def then_refuse(*arguments):
            found = about(*arguments)
            stand_in.status = status if arguments[1] == hub.FILES[-1] else None
            return found

        monkeypatch.setattr(hub, "_about", then_refuse)
    else:
        stand_in.status = status
    with pytest.raises(hub.DownloadError, match=said):
        hub.download("gpt2", endpoint=address)
    assert not (folder / "model.safetensors").exists()


def test_wrong_bytes_are_never_opened(source):
    stand_in, address, folder = source
    stand_in.lie = True
    with pytest.raises(hub.DownloadError, match="arrived damaged and was deleted: try again"):
        hub.download("gpt2", endpoint=address)
    assert not list(folder.glob("*.part")) and not (folder / "model.safetensors").exists()
    stand_in.lie = False
    hub.download("gpt2", endpoint=address)
    load_model("gpt2")


def test_no_network_at_all(source):
    with pytest.raises(hub.DownloadError, match="cannot be reached: check the network"):
        hub.download("gpt2", endpoint="http://127.0.0.1:9")


def test_a_full_disk_is_a_sentence_and_the_next_try_goes_on(source):
    """The limit on file sizes stands for the disk: the write fails in the same place."""
    _stand_in, address, folder = source
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "from mla_core.models import hub\n"
        "try: hub.download('gpt2', endpoint=sys.argv[1])\n"
        "except hub.DownloadError as error: print(error)\n"
    )
    environment = os.environ | {"HF_HUB_OFFLINE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, address], capture_output=True, text=True, env=environment
    )
    assert "The disk is full" in done.stdout, done
    assert 0 < (folder / "model.safetensors.part").stat().st_size <= 20_000
    hub.download("gpt2", endpoint=address)
    load_model("gpt2")


def test_a_folder_that_cannot_be_written(source, monkeypatch):
    monkeypatch.setenv("MLA_EXPLORER_CACHE", "/proc/nowhere")
    with pytest.raises(hub.DownloadError, match=r"/proc/nowhere.* cannot be written"):
        hub.download("gpt2", endpoint=source[1])


def test_an_unknown_name():
    with pytest.raises(hub.DownloadError, match="gpt5 is not known; known are gpt2"):
        hub.download("gpt5")


def test_the_environment_names_a_directory(save_checkpoint, monkeypatch, tmp_path):
    directory, _ = save_checkpoint(formats.gpt2())
    monkeypatch.setenv("MLA_EXPLORER_GPT2", str(directory))
    assert load_model("gpt2").name == "gpt2"
    monkeypatch.setenv("MLA_EXPLORER_GPT2_XL", str(directory))
    assert load_model("gpt2-xl").name == "gpt2-xl"
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("MLA_EXPLORER_GPT2", str(empty))
    with pytest.raises(CheckpointError, match=r"empty/config.json does not exist"):
        load_model("gpt2")


@pytest.mark.parametrize("repository", ["openai-community/gpt2", "gpt2"])
def test_hugging_faces_own_cache_is_found(repository, save_checkpoint, monkeypatch, tmp_path):
    directory, _ = save_checkpoint(formats.gpt2())
    monkeypatch.setenv("MLA_EXPLORER_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "hf" / ("models--" + repository.replace("/", "--"))
    snapshot = folder / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("a" * 40)
    for file in hub.FILES:
        (snapshot / file).symlink_to(directory / file)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    assert load_model("gpt2").name == "gpt2"
    (snapshot / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="not on this machine yet"):
        load_model("gpt2")


LARGE = "youtu-llm-2b"


@pytest.fixture
def shards(save_checkpoint, tmp_path, alone):
    """(the stand-in, its address) of a large model in several files."""
    directory, theirs = save_checkpoint(YoutuForCausalLM(YoutuConfig(**SHARED)))
    (directory / "model.safetensors").unlink()
    theirs.save_pretrained(directory, max_shard_size="100KB")
    with stand_in_for_the_hub(directory) as (stand_in, address):
        yield stand_in, address


def test_a_large_model_arrives_in_all_its_files(shards):
    stand_in, address = shards
    folder = hub.folder(LARGE)
    names = sorted(name for name in stand_in.files if name.endswith(".safetensors"))
    assert len(names) > 2
    with pytest.raises(CheckpointError, match="or set MLA_EXPLORER_YOUTU_LLM_2B"):
        load_model(LARGE)
    seen = []
    assert hub.download(LARGE, lambda *x: seen.append(x), endpoint=address) == folder
    sizes = [len(stand_in.files[name]) for name in ("config.json", "tokenizer.json", *names)]
    assert seen[-1] == (sum(sizes), sum(sizes)) and seen == sorted(seen)
    assert load_model(LARGE, device="cpu").name == LARGE
    before = len(stand_in.asked)
    hub.download(LARGE, endpoint=address)
    assert len(stand_in.asked) == before
    (folder / names[1]).unlink()
    assert hub.on_this_machine(LARGE) is None
    hub.download(LARGE, endpoint=address)
    assert [name for method, name, _ in stand_in.asked[before:] if method == "GET"] == [names[1]]


def test_a_large_model_in_one_file_arrives_too(shards):
    stand_in, address = shards
    weights = {
        name: tensor
        for file, content in stand_in.files.items()
        if file.endswith(".safetensors")
        for name, tensor in load(content).items()
    }
    kept = {name: stand_in.files[name] for name in ("config.json", "tokenizer.json")}
    stand_in.files = kept | {"model.safetensors": save(weights)}
    hub.download(LARGE, endpoint=address)
    assert load_model(LARGE, device="cpu")


def test_a_connection_that_breaks_between_files_goes_on_there(shards):
    stand_in, address = shards
    stand_in.cut = 10_000
    with pytest.raises(hub.DownloadError, match="it goes on from there"):
        hub.download(LARGE, endpoint=address)
    assert hub.on_this_machine(LARGE) is None
    stand_in.cut = None
    hub.download(LARGE, endpoint=address)
    assert ("GET", "model-00001-of", f"bytes={hub.TRIES * 10_000}-") in [
        (method, name[:14], asked) for method, name, asked in stand_in.asked
    ]
    assert load_model(LARGE, device="cpu")


def test_what_would_not_fit_is_not_fetched(shards, monkeypatch):
    """Neither into the memory nor onto the disk."""
    stand_in, address = shards
    monkeypatch.setattr("mla_core.models.devices.free_and_total", lambda _: (100_000, 200_000))
    with pytest.raises(CheckpointError, match=r"tencent/Youtu-LLM-2B needs .* GB of memory"):
        hub.download(LARGE, endpoint=address)
    fetched = [name for method, name, _ in stand_in.asked if method == "GET"]
    assert fetched == [hub.INDEX] and hub.on_this_machine(LARGE) is None


def test_a_disk_that_is_too_small_is_told_before(shards, monkeypatch):
    stand_in, address = shards
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=200_000))
    with pytest.raises(hub.DownloadError, match=r"needs 0 MB more; its disk has 0 MB left. Make"):
        hub.download(LARGE, endpoint=address)
    assert not [
        n for method, n, _ in stand_in.asked if method == "GET" and ".safetensors" in n[-12:]
    ]


def test_a_large_model_that_the_hub_does_not_have(shards):
    stand_in, address = shards
    stand_in.status = 404
    with pytest.raises(hub.DownloadError, match=r"404.*Or set MLA_EXPLORER_YOUTU_LLM_2B to"):
        hub.download(LARGE, endpoint=address)
    stand_in.status = 503
    with pytest.raises(hub.DownloadError, match="trouble of its own"):
        hub.download(LARGE, endpoint=address)


def test_an_index_may_not_name_what_lies_elsewhere(shards):
    stand_in, address = shards
    stand_in.files[hub.INDEX] = b'{"weight_map": {"lm_head.weight": "../../evil.safetensors"}}'
    with pytest.raises(CheckpointError, match="names a file outside its directory"):
        hub.download(LARGE, endpoint=address)
