"""What is planted is found by every method, and what nobody taught is not shown."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core import SALIENCY_METHODS, BadInputError, RefusedError, SaliencyMethod
from support import planted

torch = pytest.importorskip("torch", reason="models are not installed")
pytest.importorskip("captum", reason="models are not installed")

from clinigait.explain.walk import explain  # noqa: E402


@pytest.mark.parametrize("method", SALIENCY_METHODS)
def test_a_planted_answer_is_found_and_stands_all_checks(
    monkeypatch: pytest.MonkeyPatch, method: SaliencyMethod
) -> None:
    bundle = planted.plant(monkeypatch, taught=True)
    told: list[float] = []
    walk, events, near = planted.walk()
    found = explain(bundle, walk, events, near, method, told.append).saliency
    assert [check.text for check in found.checks if not check.passed] == []
    assert planted.table(found)[planted.REGION, planted.PHASE] > 0.95
    assert found.label == "robust"
    assert found.of_regions()[0] > 0.95
    assert 0.1 < found.of_regions()[1] < 0.8  # legs are no more of the body than that
    for name in ("share", "area", "frames"):
        assert np.sum(getattr(found, name)) == pytest.approx(1, abs=1e-3)
    assert told == sorted(told)
    assert told[-1] == 1
    by_method = {check.name for check in found.checks}
    assert ("completeness" in by_method) == (method == "integrated_gradients")
    assert {"taught", "randomisation", "deletion", "insertion"} <= by_method
    if method == "integrated_gradients":
        assert np.sum(found.net_nats) == pytest.approx(found.explained_nats, abs=0.03)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_network_that_nobody_taught_fails(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    # By its making the check lets one in twenty of them through.
    walk, events, near = planted.walk()
    bundle = planted.plant(monkeypatch, taught=False, seed=seed)
    found = explain(bundle, walk, events, near, "integrated_gradients").saliency
    assert "taught" in {check.name for check in found.checks if not check.passed}
    assert not found.shown
    assert found.share == found.frames == found.net_nats == ()


def test_the_same_walk_gives_the_same_map_and_nobodys_random_numbers_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = planted.plant(monkeypatch, taught=True)
    walk, events, near = planted.walk()
    first = explain(bundle, walk, events, near, "grad_cam").saliency
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    assert explain(bundle, walk, events, near, "grad_cam").saliency == first
    assert torch.rand(1) == expected


def test_without_events_every_phase_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = planted.plant(monkeypatch, taught=True)
    found = explain(bundle, planted.walk()[0], (), None, "grad_cam").saliency
    assert planted.table(found)[planted.REGION, "unknown"] > 0.95


def test_what_cannot_be_explained_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = planted.plant(monkeypatch, taught=True)
    walk, events, near = planted.walk()
    with pytest.raises(BadInputError, match="no way of explaining called tea leaves"):
        explain(bundle, walk, events, near, "tea leaves")  # type: ignore[arg-type]
    with pytest.raises(RefusedError) as short:
        explain(bundle, walk.part(slice(0, 8)), events, near, "occlusion")
    assert short.value.refused.code == "too_few_skeleton_maps"
