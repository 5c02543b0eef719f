"""Networks from specifications: sizes of the literature, and mistakes in one sentence."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
nn = pytest.importorskip("clinigait.nn")

_DEEP = {"classes": 3000, "layers": [1, 4, 4, 1]}
_SIZES = [
    ({"kind": "gaitbase", "classes": 74}, 7.31),
    ({"kind": "gaitbase", "classes": 3000}, 19.29),
    ({"kind": "gaitbase", "classes": 3}, 7.015),
    ({"kind": "gaitbase", "classes": 74, "channels": 32}, 1.91),
    ({"kind": "gaitbase", "classes": 74, "channels": 16}, 0.52),
    ({"kind": "deepgaitv2_2d", "classes": 74}, 7.31),
    ({"kind": "deepgaitv2_p3d", "classes": 74}, 8.34),
    ({"kind": "deepgaitv2_p3d", "classes": 74, "channels": 32}, 2.165),
    ({"kind": "deepgaitv2_p3d", "classes": 74, "channels": 16}, 0.58),
    ({"kind": "deepgaitv2_2d", **_DEEP}, 23.7),
    ({"kind": "deepgaitv2_p3d", **_DEEP}, 25.5),
    ({"kind": "skeletongait", **_DEEP}, 25.5),
]


@pytest.mark.parametrize(("spec", "millions"), _SIZES)
def test_networks_have_the_published_number_of_parameters(
    spec: dict[str, object], millions: float
) -> None:
    with torch.device("meta"):
        model = nn.build_network(spec)
    count = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    assert count == pytest.approx(millions, abs=0.05 if millions > 20 else 0.0051)


def test_a_specification_survives_json() -> None:
    spec = {"kind": "gaitbase", "classes": 3, "channels": 8, "parts": [8, 4], "order": None}
    model = nn.build_network(json.loads(json.dumps(spec))).eval()
    assert model(torch.zeros(1, 1, 2, 64, 44)).logits.shape == (1, 3, 12)


_RGBD = {"kind": "rgbd_fusion", "classes": 3}
_GRAPH = {"kind": "gaitgraph", "classes": 3, "joints": 3}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "no network of kind None"),
        ({"kind": "resnet"}, "no network of kind 'resnet'; there are gaitbase"),
        ({"kind": ["gaitbase"]}, "no network of kind"),
        ({"kind": "gaitbase"}, "gaitbase needs the setting 'classes'"),
        ({"kind": "gaitbase", "classes": 3, "chanels": 8}, "has no setting 'chanels'; it has"),
        ({"kind": "gaitbase", "classes": 0}, "classes has to be a whole number of at least 1"),
        ({"kind": "gaitbase", "classes": True}, "classes has to be a whole number"),
        ({"kind": "gaitbase", "classes": "3"}, "classes has to be a whole number"),
        ({"kind": "gaitbase", "classes": 3, "scale": -1}, "scale has to be a number above 0"),
        ({"kind": "gaitbase", "classes": 3, "parts": [4, 0]}, "at least 1"),
        ({"kind": "gaitbase", "classes": 3, "parts": []}, "parts has to be a list"),
        ({"kind": "gaitbase", "classes": 3, "parts": "16"}, "parts has to be a list"),
        ({"kind": "gaitbase", "classes": 3, "temporal": "min"}, "one of max, mean, gem, attention"),
        ({"kind": "gaitbase", "classes": 3, "order": [0, 1]}, "order has to name each"),
        ({"kind": "gaitbase", "classes": 1, "order": [0]}, "order"),
        ({"kind": "gaitbase", "classes": 3, "layers": [1]}, "has no setting 'layers'"),
        ({"kind": "deepgaitv2_2d", "classes": 3, "layers": [1, 1]}, "four stages"),
        ({"kind": "skeletongait", "classes": 3, "in_channels": 1}, "no setting 'in_channels'"),
        ({"kind": "drf", "classes": 3, "silhouettes": 1}, "silhouettes has to be true or false"),
        ({"kind": "drf", "classes": 3, "temporal": "attention"}, "not by attention"),
        ({"kind": "gaitmixer", "classes": 3}, "gaitmixer needs the setting 'joints'"),
        ({"kind": "gaitmixer", "classes": 3, "joints": 17, "channels": 12}, "attention heads"),
        (_GRAPH, "gaitgraph needs the setting 'edges'"),
        ({**_GRAPH, "edges": [[0, 1, 2]]}, "edges has to be a list of pairs"),
        ({**_GRAPH, "edges": 3}, "edges has to be a list of pairs"),
        ({**_GRAPH, "edges": [[0, 3]]}, "does not join two of the joints 0 to 2"),
        ({**_GRAPH, "edges": [[1, 1]]}, "does not join two"),
        ({**_RGBD, "encoder": "m"}, "encoder has to be one of n, s"),
        ({**_RGBD, "width": 4.5}, "width has to be at most 4"),
        ({**_RGBD, "norm_momentum": 2}, "norm_momentum has to be at most 1"),
        ({**_RGBD, "width": 0}, "width has to be a number above 0"),
        ({**_RGBD, "fusion": "late"}, "fusion has to be one of neck, early, colour, depth"),
        ({**_RGBD, "temporal": "max"}, "temporal has to be one of gru, tcn"),
        ({**_RGBD, "embedding": 20}, "embedding has to be a multiple of 8"),
        ({**_RGBD, "sppf_act": "relu"}, "sppf_act has to be one of silu, none"),
        (
            {**_RGBD, "fusion": "depth", "modality_dropout": 0.2},
            "needs a network of two modalities",
        ),
        ({**_RGBD, "modality_dropout": 1}, "modality_dropout has to be a number from 0 to below 1"),
        ({**_RGBD, "channels": 8}, "has no setting 'channels'"),
    ],
)
def test_a_mistake_in_a_specification_is_named(spec: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        nn.build_network(spec)
    assert "\n" not in str(caught.value)


def test_pictures_that_cannot_be_cut_into_the_strips_are_refused() -> None:
    model = nn.build_network({"kind": "gaitbase", "classes": 3, "channels": 8})
    with pytest.raises(ValueError, match="15 rows of features cannot be shared by 16"):
        model(torch.zeros(1, 1, 2, 60, 44))


@pytest.mark.parametrize("kind", ["gaitmixer", "gaitgraph"])
def test_skeletons_of_another_joint_set_are_refused(kind: str) -> None:
    edges = {"edges": [[0, 1]]} if kind == "gaitgraph" else {}
    model = nn.build_network({"kind": kind, "classes": 3, "joints": 17, **edges})
    with pytest.raises(ValueError, match="made for 17 joints, not 25"):
        model(torch.zeros(1, 2, 4, 25))


@pytest.mark.parametrize(
    ("order", "sign"), [([1, 2, 0], [1, 1, 1]), ([1, 0, 2], [1, -1, 1]), ([1, 0, 2], [5, 5, 1])]
)
def test_a_mirror_that_is_none_is_refused(order, sign):
    spec = {"kind": "either_side", "in_channels": 3, "classes": 2, "channels": 8}
    with pytest.raises(ValueError, match="mirror image of the mirror image"):
        nn.build_network({**spec, "mirror_order": order, "mirror_sign": sign})
    nn.build_network({**spec, "mirror_order": [1, 0, 2], "mirror_sign": [1, 1, -1]})
