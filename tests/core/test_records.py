"""What is recorded stays as it was made, knows its size, and comes back from its file the same."""

import dataclasses
import importlib
import pickle
import pkgutil
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mla_core import experiments
from mla_core.experiments import Job, result_of
from mla_core.experiments.every_head import Ablation
from mla_core.experiments.position import Entangled
from mla_core.records.record import Record, RecordError, size_of
from mla_core.records.trace import likeliest, softmax
from ui.jobs.recordings import recorded, recordings

RECORDED = {type(job): job for job in recordings()}.values()


def parts(value: object) -> Iterator[object]:
    """A value and everything that it holds."""
    yield value
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from parts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from parts(part)
    elif isinstance(value, tuple):
        for part in value:
            yield from parts(part)


def same(a: object, b: object) -> bool:
    """Equal to the last bit, types of arrays included."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if dataclasses.is_dataclass(a):
        names = [field.name for field in dataclasses.fields(a)]
        return type(a) is type(b) and all(same(getattr(a, n), getattr(b, n)) for n in names)
    if isinstance(a, Mapping):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("job", RECORDED, ids=lambda job: type(job).__name__)
def test_nobody_changes_a_record(job):
    record = recorded(job)
    for part in parts(record):
        if isinstance(part, np.ndarray) and part.size:
            with pytest.raises(ValueError, match="read-only"):
                part.flat[0] = 0
        if isinstance(part, Mapping):
            with pytest.raises(TypeError):
                part["new"] = 0
        if isinstance(part, Record):
            for field in dataclasses.fields(part):
                with pytest.raises(dataclasses.FrozenInstanceError):
                    setattr(part, field.name, None)


@pytest.mark.parametrize("job", RECORDED, ids=lambda job: type(job).__name__)
def test_a_record_comes_back_from_its_file_and_from_another_process(job, tmp_path):
    record = recorded(job)
    record.save(tmp_path / "file.npz")
    assert same(type(record).load(tmp_path / "file.npz"), record)
    assert same(pickle.loads(pickle.dumps(record)), record)
    assert pickle.loads(pickle.dumps(job)) == job


@pytest.mark.parametrize("job", RECORDED, ids=lambda job: type(job).__name__)
def test_its_size_counts_every_array_in_it(job):
    record = recorded(job)
    assert record.nbytes == size_of(record)
    assert record.nbytes >= sum(p.nbytes for p in parts(record) if isinstance(p, np.ndarray))


@given(
    change=arrays.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        st.tuples(st.integers(0, 3), st.integers(0, 4)),
        elements=st.floats(width=16),
    ),
    probability=st.floats(allow_nan=False),
)
def test_any_numbers_survive_a_file(tmp_path_factory, change, probability):
    path = tmp_path_factory.mktemp("record") / "file.npz"
    record = Ablation(3, probability, change)
    record.save(path)
    assert same(Ablation.load(path), record)


def test_a_record_owns_its_arrays():
    """A view would keep, and change with, everything that it is a view of."""
    whole = np.arange(12.0)
    record = Ablation(0, 0.0, whole[:3])
    whole[:] = 7
    assert record.change.tolist() == [0, 1, 2] and record.change.base is None


@pytest.mark.parametrize(
    "content", [b"", b"no zip", pickle.dumps({"a": 1}), b"PK\x03\x04" + bytes(40)]
)
def test_what_is_no_recording_is_a_sentence(tmp_path, content):
    path = tmp_path / "file.npz"
    path.write_bytes(content)
    with pytest.raises(RecordError, match="is not a recording, or is damaged"):
        Ablation.load(path)
    with pytest.raises(RecordError, match="does not exist"):
        Ablation.load(tmp_path / "nowhere.npz")


def test_a_recording_of_something_else_is_a_sentence(tmp_path):
    Ablation(0, 0.0, np.zeros(3)).save(tmp_path / "file.npz")
    with pytest.raises(RecordError, match="is not a recording"):
        Entangled.load(tmp_path / "file.npz")


def every_job() -> list[type]:
    for module in pkgutil.iter_modules(experiments.__path__, "mla_core.experiments."):
        importlib.import_module(module.name)
    return Job.__subclasses__()


def test_every_job_is_plain_and_is_computed_beside_its_package():
    ours = [job for job in every_job() if job.__module__.startswith("mla_core.")]
    assert len(ours) >= 15
    for job in ours:
        assert issubclass(result_of(job), Record), job
        assert job.__dataclass_params__.frozen and job.__hash__ is not None, job
        found = importlib.import_module(f"{job.__module__}.compute")
        assert job in found.COMPUTE, job


@given(
    logits=arrays.arrays(
        np.float32, st.tuples(st.integers(1, 3), st.integers(1, 20)),
        elements=st.floats(-50, 50, width=32),
    ),
    count=st.integers(1, 25),
)  # fmt: skip
def test_the_likeliest_are_those_of_all(logits, count):
    ids, chances = likeliest(logits, count)
    whole = softmax(logits)
    assert ids.shape == chances.shape == (len(logits), min(count, logits.shape[1]))
    assert np.array_equal(np.take_along_axis(whole, ids.astype(int), -1), chances)
    expected = -np.sort(-whole, axis=-1)[:, : ids.shape[1]]
    assert np.array_equal(chances, expected)
