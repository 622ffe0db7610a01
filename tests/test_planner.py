"""The capacity planner: against the figures of the syllabus, against theory, and at its limits."""

import math
from statistics import NormalDist

import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from helpers.models import Bert, BertConfig
from helpers.planner import plan
from helpers.plots.planner import flops_share, plan_figure, planner_widget, recall_by_work
from helpers.serving import encoder_flops, index_bytes, shard_latencies

matplotlib.use("Agg")


@pytest.mark.parametrize(("tokens", "dim", "layers"), [(7, 24, 1), (64, 48, 2), (5, 12, 3)])
def test_operations_are_those_that_torch_counts(tokens, dim, layers):
    config = BertConfig(
        vocab_size=5,
        hidden_size=dim,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=4 * dim,
        max_position_embeddings=tokens,
    )
    with torch.device("meta"):
        model, text = Bert(config), torch.zeros(1, tokens, dtype=torch.long)
        with FlopCounterMode(display=False) as counter:
            model(text)
    assert counter.get_total_flops() == encoder_flops(tokens, dim, layers)


def test_the_square_is_a_tenth_at_512_and_half_at_4608():
    for tokens, share in ((512, 0.1), (4608, 0.5)):
        assert 4 * tokens**2 * 768 / encoder_flops(tokens, 768, 1) == pytest.approx(share)


def test_bytes_of_a_hundred_million_documents():
    for component, gigabytes in ((4, 153.6), (2, 76.8), (1, 38.4)):
        vector, link = index_bytes(384, component, 48)
        assert 1e8 * vector / 1e9 == pytest.approx(gigabytes)
        assert 1e8 * link / 1e9 == pytest.approx(38.4 * (1 + 1 / (2 * 47)))


def test_answer_times_are_log_normal():
    times, extra = shard_latencies(50_000, 2, 6.0, 0.5)
    assert extra == 0
    assert np.median(times) == pytest.approx(6, rel=0.02)
    assert np.log(times).std() == pytest.approx(0.5, rel=0.02)
    assert abs(np.corrcoef(np.log(times).T)[0, 1]) < 0.02
    shared, _ = shard_latencies(50_000, 2, 6.0, 0.5, common=0.5)
    assert np.log(shared).std() == pytest.approx(0.5, rel=0.02)
    assert np.corrcoef(np.log(shared).T)[0, 1] == pytest.approx(0.5, abs=0.02)


def test_the_slowest_of_ten_has_the_shards_p999_as_its_p99():
    times, _ = shard_latencies(100_000, 10, 6.0, 0.5)
    exact = 6 * math.exp(0.5 * NormalDist().inv_cdf(0.99**0.1))
    assert np.quantile(times.max(axis=1), 0.99) == pytest.approx(exact, rel=0.02)


@given(st.floats(0.5, 0.99), st.floats(0, 1))
def test_hedging_never_slows_and_asks_as_often_as_it_says(after, common):
    settings = dict(trials=4_000, shards=3, median_ms=5.0, spread=0.6, common=common)
    plain, _ = shard_latencies(**settings)
    hedged, extra = shard_latencies(**settings, hedge_after=after)
    assert (hedged <= plain).all()
    # A query's part that all shards share makes the share of late answers vary more.
    assert extra == pytest.approx(1 - after, abs=0.06)
    delay = 5 * math.exp(0.6 * NormalDist().inv_cdf(after))
    assert (hedged[plain <= delay] == plain[plain <= delay]).all()


def test_the_default_plan():
    base = plan()
    assert (base.shards, base.copies, base.machines, base.accelerators) == (10, 2, 20, 10)
    assert base.vector_gb == pytest.approx(38.4) and base.p99 < 50 < plan(rerank_pairs=100).p99
    assert base.cost == 20 * 250 + 10 * 700
    assert base.shard_gb == pytest.approx((base.vector_gb + base.link_gb) / 10)
    assert "10 shards of 7.7 GB x 2 copies, 20 machines" in "\n".join(base.lines())
    again = plan()
    assert (again.latency == base.latency).all()
    assert plan(versions=2).machines == 40


@given(
    st.integers(1, 10**8), st.sampled_from([8, 100, 384, 1024]), st.sampled_from([1, 2, 4]),
    st.integers(2, 64), st.sampled_from([1, 16, 100]),
)  # fmt: skip
def test_every_shard_fits_and_one_less_would_not(documents, dim, component, links, ram):
    made = plan(documents, dim, component, links, ram_gb=ram, trials=1)
    each = sum(index_bytes(dim, component, links))

    def fits(shards):
        largest = math.ceil(documents / shards)
        return largest <= 10_000_000 and largest * each <= ram * 0.7e9 * (1 + 1e-12)

    assert fits(made.shards) and (made.shards == 1 or not fits(made.shards - 1))
    assert made.shard_gb <= 0.7 * ram * (1 + 1e-9)


def test_load_makes_copies_and_accelerators():
    assert plan(queries_per_second=5_000, trials=1).copies == math.ceil(5_000 * 0.006 / (8 * 0.5))
    assert plan(queries_per_second=0, trials=1).accelerators == 0
    quiet = plan(rerank_pairs=0, encode_ms=1, merge_ms=1, spread=0, trials=5)
    assert quiet.latency == pytest.approx(np.full(5, 8.0)) and quiet.rerank_ms == 0


@pytest.mark.parametrize(
    ("call", "fragment"),
    [
        (lambda: plan(documents=0), "documents must be at least 1"),
        (lambda: plan(links=1), "links must be at least 2"),
        (lambda: plan(component_bytes=0), "component_bytes must be above 0"),
        (lambda: plan(fill=1.2), "shares of at most 1"),
        (lambda: plan(ram_gb=1e-9), "does not fit into a machine"),
        (lambda: plan(hedge_after=1.0), "hedge_after must be a quantile"),
        (lambda: plan(common=2), "common must be a share"),
        (lambda: plan(spread=-1), "spread must be 0 or more"),
        (lambda: plan(rerank_pairs=-1), "rerank_pairs must be at least 0"),
        (lambda: plan(search_ms=float("nan")), "median_ms must be above 0"),
        (lambda: encoder_flops(0, 1, 1), "tokens must be at least 1"),
        (lambda: plan_figure({}), "between 1 and 6 plans"),
    ],
)
def test_bad_input_gets_one_clear_line(call, fragment):
    with pytest.raises(ValueError, match=fragment) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_figures_hold_what_they_are_given():
    interactive, static = flops_share({"one": 384, "two": 768}, [128, 512])
    assert [trace.y[1] for trace in interactive.data] == [18.18, 10.0]
    assert len(static.axes) == 1
    interactive, _ = recall_by_work({"M = 4": [(10, 0.7, 100.0), (20, 0.8, 150.0)]})
    assert list(interactive.data[0].customdata) == [10, 20]
    assert len(plan_figure({"one": plan(trials=100), "two": plan(trials=100)}).axes) == 3
    free = plan(trials=100, machine_month=0, accelerator_month=0)
    assert plan_figure({"free": free}).axes[2].get_xlim()[1] == 1


def test_the_sliders_make_plans_and_a_build_shows_none(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.setenv("COURSE_BUILD", "1")
    planner_widget()
    assert not shown
    monkeypatch.delenv("COURSE_BUILD")
    planner_widget()
    columns, text, picture = shown[0].children
    controls = {c.description: c for column in columns.children for c in column.children}
    assert "10 shards" in text.value and bytes(picture.value)[:4] == b"\x89PNG"
    controls["a component"].value = 4
    assert "18 shards" in text.value
