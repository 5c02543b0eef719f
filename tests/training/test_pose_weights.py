"""Weights tell of every fit behind them, and a card of all that they learned from."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402

from clinigait.core import BadInputError  # noqa: E402
from clinigait.perception.hrnet.card import Source  # noqa: E402
from support import compacts  # noqa: E402
from support.hrnets import need_mmpose  # noqa: E402

MADE = Source(name="made", licence="Apache-2.0", origin="here", share=0.9)
FILM = Source(name="films", licence="CC0", origin="there", share=0.1)


@pytest.fixture(scope="module", autouse=True)
def mmpose() -> None:
    need_mmpose()
    from clinigait.perception.hrnet.stand_ins import import_mmpose

    import_mmpose()


@pytest.fixture
def plan():
    from clinigait.perception.hrnet.compact import CompactPlan

    return CompactPlan(**compacts.TINY)


def past(**changes):
    from clinigait.training.pose_weights import PastFit

    told = {
        "steps": 50, "planned_steps": 80, "batch": 4, "rate": 0.00123456789, "coarse_share": 0.5,
        "ema": 0.9, "seed": 20261018, "odd_share": 0.25, "moments": 48, "pictures": 96,
        "of_films": 0, "sources": (MADE,),
    }  # fmt: skip
    return PastFit(**(told | changes))


def kept(tmp_path, plan, fits):
    from clinigait.training.pose_fit import new_network
    from clinigait.training.pose_weights import write_weights

    path = tmp_path / "weights.safetensors"
    write_weights(path, new_network(plan, 3), fits)
    return path


def test_what_is_written_is_read_again(tmp_path, plan) -> None:
    from clinigait.training.pose_fit import new_network
    from clinigait.training.pose_weights import read_weights

    fits = (past(), past(seed=1, of_films=7, films=("a", "b"), sources=(MADE, FILM)))
    network, found = read_weights(kept(tmp_path, plan, fits), plan)
    assert found == fits
    assert not network.training
    for key, value in new_network(plan, 3).state_dict().items():
        assert torch.equal(network.state_dict()[key], value)


def test_sources_of_every_fit_are_told() -> None:
    from clinigait.training.pose_weights import all_sources, as_facts, learned_from

    later = MADE.model_copy(update={"share": 1.0})
    fits = (past(of_films=7, films=("a",), sources=(MADE, FILM)), past(seed=2, sources=(later,)))
    assert all_sources(fits) == (later, FILM)
    assert learned_from(fits) == "192 pictures of 4 made people, and 7 of people in films"
    facts = as_facts(fits)
    assert (facts["fit_1_steps"], facts["fit_2_seed"]) == (50, 2)


def test_the_same_pictures_are_counted_once() -> None:
    from clinigait.training.pose_weights import learned_from

    fits = past(pictures=480), past(pictures=96)
    assert learned_from(fits) == "480 pictures of 10 made people"
    assert learned_from((*fits, past(odd_share=0.0))).startswith("576 pictures")


def test_options_are_exact_and_tell_where_a_fit_ended() -> None:
    text = past().options
    assert "--seed 20261018 " in text
    assert "--rate 0.00123456789 " in text
    assert text.endswith("(ended at 50)")
    assert past(steps=80).options.endswith("--odd 0.25")


def test_what_does_not_tell_how_it_came_about_is_refused(tmp_path, plan) -> None:
    from clinigait.training.pose_fit import new_network
    from clinigait.training.pose_weights import read_weights

    path = tmp_path / "weights.safetensors"
    for facts in (None, {"fits": "[]"}, {"fits": "no JSON"}, {"fits": '[{"steps": 3}]'}):
        save_file(new_network(plan, 0).state_dict(), path, facts)
        with pytest.raises(BadInputError, match="does not say how its weights came about"):
            read_weights(path, plan)


def test_other_files_are_refused(tmp_path, plan) -> None:
    from dataclasses import replace

    from clinigait.training.pose_weights import read_weights

    path = kept(tmp_path, plan, [past()])
    wider = replace(plan, head_channels=plan.head_channels + 8)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(path.read_bytes()[:200])
    for one, asked in ((path, wider), (broken, plan), (tmp_path / "gone", plan), (tmp_path, plan)):
        with pytest.raises(BadInputError, match="does not hold the weights of this network"):
            read_weights(one, asked)


def test_numbers_that_are_none_are_refused(tmp_path, plan) -> None:
    from clinigait.training.pose_fit import new_network
    from clinigait.training.pose_weights import read_weights, write_weights

    network, path = new_network(plan, 0), tmp_path / "weights.safetensors"
    with torch.no_grad():
        next(network.parameters()).fill_(torch.nan)
    write_weights(path, network, [past()])
    with pytest.raises(BadInputError, match="not all numbers"):
        read_weights(path, plan)
