"""The encoder of YOLO11: sizes, names and numbers of the fact sheet."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
yolo11 = pytest.importorskip("clinigait.nn.yolo11")
reference = pytest.importorskip("support.yolo11_reference")
numbers = pytest.importorskip("support.yolo11_numbers")

_PARAMETERS = {
    "n": {
        0: 464, 1: 4_672, 2: 6_640, 3: 36_992, 4: 26_080, 5: 147_712, 6: 87_040, 7: 295_424,
        8: 346_112, 9: 164_608, 10: 249_728, 13: 111_296, 16: 32_096, 17: 36_992, 19: 86_720,
        20: 147_712, 22: 378_880,
    },
    "s": {
        0: 928, 1: 18_560, 2: 26_080, 3: 147_712, 4: 103_360, 5: 590_336, 6: 346_112,
        7: 1_180_672, 8: 1_380_352, 9: 656_896, 10: 990_976, 13: 443_776, 16: 127_680,
        17: 147_712, 19: 345_472, 20: 590_336, 22: 1_511_424,
    },
    "m": {
        0: 1_856, 1: 73_984, 2: 111_872, 3: 590_336, 4: 444_928, 5: 2_360_320, 6: 1_380_352,
        7: 2_360_320, 8: 1_380_352, 9: 656_896, 10: 990_976, 13: 1_642_496, 16: 542_720,
        17: 590_336, 19: 1_511_424, 20: 2_360_320, 22: 1_642_496,
    },
    "l": {
        0: 1_856, 1: 73_984, 2: 173_824, 3: 590_336, 4: 691_712, 5: 2_360_320, 6: 2_234_368,
        7: 2_360_320, 8: 2_234_368, 9: 656_896, 10: 1_455_616, 13: 2_496_512, 16: 756_736,
        17: 590_336, 19: 2_365_440, 20: 2_360_320, 22: 2_496_512,
    },
    "x": {
        0: 2_784, 1: 166_272, 2: 389_760, 3: 1_327_872, 4: 1_553_664, 5: 5_309_952, 6: 5_022_720,
        7: 5_309_952, 8: 5_022_720, 9: 1_476_864, 10: 3_264_768, 13: 5_612_544, 16: 1_700_352,
        17: 1_327_872, 19: 5_317_632, 20: 5_309_952, 22: 5_612_544,
    },
}  # fmt: skip
_ENTRIES = {"n": (240, 138), "s": (240, 138), "m": (300, 228), "l": (498, 396), "x": (498, 396)}
_SHAPES = {
    "model.0.conv.weight": (16, 3, 3, 3),
    "model.2.cv2.conv.weight": (64, 48, 1, 1),
    "model.2.m.0.cv1.conv.weight": (8, 16, 3, 3),
    "model.4.m.0.cv2.conv.weight": (32, 16, 3, 3),
    "model.6.cv2.conv.weight": (128, 192, 1, 1),
    "model.6.m.0.cv2.conv.weight": (32, 64, 1, 1),
    "model.8.m.0.cv3.conv.weight": (128, 128, 1, 1),
    "model.8.m.0.m.1.cv2.conv.weight": (64, 64, 3, 3),
    "model.9.cv2.conv.weight": (256, 512, 1, 1),
    "model.10.m.0.attn.qkv.conv.weight": (256, 128, 1, 1),
    "model.10.m.0.attn.proj.conv.weight": (128, 128, 1, 1),
    "model.10.m.0.attn.pe.conv.weight": (128, 1, 3, 3),
    "model.10.m.0.ffn.0.conv.weight": (256, 128, 1, 1),
    "model.10.m.0.ffn.1.conv.weight": (128, 256, 1, 1),
}
_CBS = {
    "conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var",
    "bn.num_batches_tracked",
}  # fmt: skip
_LARGE = ("l", "x")


def _shapes(scale: str) -> dict[str, object]:
    with torch.device("meta"):
        model = yolo11.Yolo11(scale, neck=True)
    return {key: value.shape for key, value in model.state_dict().items()}


def _with_reference_weights(scale: str, rule: str, dtype: object) -> torch.nn.Module:
    with torch.device("meta"):
        model = yolo11.Yolo11(scale, neck=True).to(dtype)
    state = reference.weights(_shapes(scale), rule)
    model.load_state_dict(
        {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}, assign=True
    )
    return model.eval()


def _every_layer(model: torch.nn.Module, x: torch.Tensor) -> dict[int, torch.Tensor]:
    found: dict[int, torch.Tensor] = {}
    for name, layer in model.model.items():
        layer.register_forward_hook(
            lambda _module, _given, out, number=int(name): found.update({number: out})
        )
    with torch.no_grad():
        model(x)
    return found


@pytest.mark.parametrize("scale", _PARAMETERS)
def test_every_layer_has_the_published_number_of_parameters(scale: str) -> None:
    with torch.device("meta"):
        model = yolo11.Yolo11(scale, neck=True)
    assert {
        int(name): sum(p.numel() for p in layer.parameters()) for name, layer in model.model.items()
    } == _PARAMETERS[scale]


@pytest.mark.parametrize("scale", _ENTRIES)
def test_weights_have_the_published_names(scale: str) -> None:
    keys = list(_shapes(scale))
    low = [key for key in keys if int(key.split(".")[1]) <= 10]
    assert (len(low), len(keys) - len(low)) == _ENTRIES[scale]
    assert {".".join(key.split(".")[-2:]) for key in keys} == _CBS


def test_weights_have_the_published_shapes() -> None:
    found = _shapes("n")
    assert {key: tuple(found[key]) for key in _SHAPES} == _SHAPES


def test_the_rule_of_the_reference_weights_gives_the_published_numbers() -> None:
    for key, wanted in {
        "input": [0.043983291, 0.037750874, 0.385574466, 0.409344049],
        "model.0.conv.weight": [0.798305145, 0.065352982, 0.173497179, 0.589088493],
        "model.10.m.0.attn.pe.conv.weight": [0.366571532, 0.127362223, 0.285989021, 0.353666516],
    }.items():
        assert reference.noise(key, 4).tolist() == pytest.approx(wanted, abs=1e-9)


def _cases() -> list[object]:
    slow = pytest.mark.slow
    return [
        pytest.param(*case, marks=[slow] if case[0] in _LARGE else []) for case in numbers.EXPECTED
    ]


@pytest.mark.parametrize(("scale", "rule", "size"), _cases())
def test_every_layer_gives_the_published_numbers_in_double_precision(
    scale: str, rule: str, size: tuple[int, int]
) -> None:
    model = _with_reference_weights(scale, rule, torch.float64)
    found = _every_layer(model, reference.picture(*size))
    for layer, wanted in numbers.EXPECTED[scale, rule, size].items():
        # Nine digits are printed where all ten samples are, seven elsewhere.
        assert wanted.worst(found[layer]) < (1e-7 if len(wanted.samples) == 10 else 2e-6), layer


@pytest.mark.parametrize("scale", ["n", "s"])
@pytest.mark.parametrize("rule", ["A", "B"])
def test_every_layer_gives_the_published_numbers_in_single_precision(scale: str, rule: str) -> None:
    model = _with_reference_weights(scale, rule, torch.float32)
    found = _every_layer(model, reference.picture(128, 96).float())
    for layer, wanted in numbers.EXPECTED[scale, rule, (128, 96)].items():
        assert wanted.worst(found[layer]) < 2e-4, layer


def test_the_reference_numbers_tell_a_wrong_encoder_from_a_right_one() -> None:
    wanted = numbers.EXPECTED["n", "A", (128, 96)]
    x = reference.picture(128, 96)

    def worst(layer: int, spoil: object) -> float:
        model = _with_reference_weights("n", "A", torch.float64)
        spoil(model)
        return wanted[layer].worst(_every_layer(model, x)[layer])

    def epsilon(model: torch.nn.Module) -> None:
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eps = 1e-5

    def no_act(model: torch.nn.Module) -> None:
        model.model["9"].cv1.act = False

    def more_act(model: torch.nn.Module) -> None:
        model.model["10"].m[0].ffn[1].act = True

    assert worst(4, epsilon) > 1e-3
    assert worst(10, no_act) > 0.1
    assert worst(10, more_act) > 0.1


def test_the_first_activation_of_the_pooling_can_be_left_out() -> None:
    plain = yolo11.Yolo11("n", sppf_act="none")
    assert not plain.model["9"].cv1.act
    assert yolo11.Yolo11("n").model["9"].cv1.act
    assert plain.state_dict().keys() == yolo11.Yolo11("n").state_dict().keys()


def test_batch_norms_have_the_settings_of_the_encoder() -> None:
    norms = [m for m in yolo11.Yolo11("n", neck=True).modules() if hasattr(m, "running_var")]
    assert {(norm.eps, norm.momentum) for norm in norms} == {(1e-3, 0.03)}


@pytest.mark.parametrize("neck", [False, True])
def test_maps_are_an_eighth_a_sixteenth_and_a_thirty_second(neck: bool) -> None:
    model = yolo11.Yolo11("n", 1, 0.5, neck=neck).eval()
    with torch.no_grad():
        maps = model(torch.rand(2, 1, 64, 32))
    assert [tuple(each.shape) for each in maps] == [
        (2, channels, 64 // stride, 32 // stride)
        for channels, stride in zip(model.channels, (8, 16, 32), strict=True)
    ]
    assert model.channels == ((32, 64, 128) if neck else (64, 64, 128))


@pytest.mark.parametrize("width", [0.1, 0.3, 0.55, 0.78, 1.3, 2.7])
def test_every_width_works_and_keeps_multiples_of_eight(width: float) -> None:
    model = yolo11.Yolo11("n", 3, width).eval()
    assert all(channels % 8 == 0 for channels in model.channels)
    with torch.no_grad():
        assert model(torch.rand(1, 3, 32, 32))[2].shape[1] == model.channels[2]


def test_pictures_of_another_size_and_unknown_scales_are_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 32, not 64 x 44"):
        yolo11.Yolo11("n")(torch.rand(1, 3, 64, 44))
    with pytest.raises(ValueError, match="no YOLO11 of scale 'q'"):
        yolo11.Yolo11("q")


def test_depth_is_seen_as_the_grey_picture_of_it() -> None:
    colour = _with_reference_weights("n", "B", torch.float64)
    depth = yolo11.Yolo11("n", 2, neck=True).double().eval()
    depth.load_state_dict(yolo11.grey_filters(colour.state_dict(), more=1))
    x = torch.rand(1, 1, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        wanted = colour(x.expand(-1, 3, -1, -1))
        found = depth(torch.cat([x, torch.rand_like(x)], 1))
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, theirs)
