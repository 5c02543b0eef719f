"""Networks that run in the background: OpenVINO on the CPU, ONNX Runtime on an NVIDIA GPU.

Neither is let send anything home.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError

#: What is done with a network's first output, in a thread of the runtime.
Done = Callable[[NDArray[np.float32]], None]
Precision = Literal["f32", "bf16"]
_Job = tuple[NDArray[np.uint8], Done]

_CUDA = "CUDAExecutionProvider"
#: So many pictures go together.
_CPU_BATCH, _GPU_BATCH = 4, 16
#: So many batches may wait for the GPU.
_MOST_WAITING = 2


def openvino() -> Any:  # noqa: ANN401  a module
    """Import OpenVINO so that it sends nothing.

    The package brings ``openvino_telemetry``, which reports the very import to a third party
    unless a file in the user's home says otherwise. Where that module cannot be imported,
    OpenVINO uses a stub of its own that does nothing; so we make it impossible to import.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino as ov  # noqa: PLC0415  half a second that most commands do not need

    return ov


def cpu_name() -> str:
    """Return the processor's name, as its maker gives it."""
    return str(openvino().Core().get_property("CPU", "FULL_DEVICE_NAME")).strip()


def cpu_has_bf16() -> bool:
    """Tell whether the processor multiplies in bfloat16."""
    return "BF16" in openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@dataclass(frozen=True)
class PictureNetwork:
    """An ONNX network that takes pictures, and how its input is made from them.

    Parameters
    ----------
    path
        The file; its one input is (N, 3, H, W) float32 in red, green, blue.
    input_size_px
        Width and height of the input.
    mean, std
        The input is (picture - mean) / std, per colour in 0..255.
    """

    path: Path
    input_size_px: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


class BackgroundNetwork(Protocol):
    """Runs a network on pictures, several at a time, in the background."""

    @property
    def device(self) -> str:
        """``CPU`` or ``GPU``."""
        ...

    @property
    def precision(self) -> Precision:
        """In what the network multiplies."""
        ...

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output of one picture."""
        ...

    def start(self, pictures: NDArray[np.uint8], done: Done) -> None:
        """Hand in (n, H, W, 3) RGB pictures, n at most 4; may wait for a free worker.

        ``done`` is called in another thread with the (n, ...) output, which it may keep.
        """
        ...

    def wait(self) -> None:
        """Wait for everything that was handed in; an error of a worker is raised here."""
        ...


def background_network(
    network: PictureNetwork, *, threads: int, precision: Precision
) -> BackgroundNetwork:
    """Start a network where it runs best: on an NVIDIA GPU if there is one, else on the CPU.

    Parameters
    ----------
    network
        The file and its input.
    threads
        CPU threads; on the CPU also the number of requests that run side by side.
    precision
        For the CPU; a GPU always computes in single precision.
    """
    on_gpu = _on_gpu(network, threads)
    return on_gpu or OpenVinoNetwork(network, threads=threads, precision=precision)


def _on_gpu(network: PictureNetwork, threads: int) -> BackgroundNetwork | None:
    if find_spec("onnxruntime") is None:
        return None
    import onnxruntime  # noqa: PLC0415  only where somebody installed it

    if _CUDA not in onnxruntime.get_available_providers():
        return None
    on_gpu = OnnxRuntimeNetwork(network, threads=threads, providers=(_CUDA,))
    # Where the driver or the GPU is missing, the runtime falls back to the CPU by itself; there
    # OpenVINO is faster.
    return on_gpu if on_gpu.device == "GPU" else None


class _Gathered:
    """Pictures that wait until enough of them are there to go together."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._jobs: list[_Job] = []

    def add(self, pictures: NDArray[np.uint8], done: Done) -> list[_Job]:
        """Add pictures; return all that wait if they are enough, else nothing."""
        self._jobs.append((pictures, done))
        return self.take() if sum(len(some) for some, _ in self._jobs) >= self._batch else []

    def take(self) -> list[_Job]:
        """Return all that wait."""
        jobs, self._jobs = self._jobs, []
        return jobs


def _hand_over(output: NDArray[np.float32], jobs: list[_Job]) -> None:
    """Give everybody the part of a batch's output that is theirs."""
    ends = np.cumsum([len(some) for some, _ in jobs])
    for part, (_, done) in zip(np.split(output, ends[:-1]), jobs, strict=True):
        done(part)


class OpenVinoNetwork:
    """OpenVINO on the CPU: requests run side by side, one thread each.

    Pictures go in as they are, as bytes; the runtime scales them while it reads them. A few go
    together, so that large networks read their weights from memory less often.

    Parameters
    ----------
    network
        The file and its input.
    threads
        Number of requests that run side by side.
    precision
        Asked for by name: left alone, the runtime takes bfloat16 wherever it can.

    Raises
    ------
    BadInputError
        If the file is no such network.
    """

    device = "CPU"

    def __init__(self, network: PictureNetwork, *, threads: int, precision: Precision) -> None:
        ov = openvino()
        core = ov.Core()
        compiled = core.compile_model(
            _taking_pictures(ov, _read(ov, core, network), network),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": precision,
                "INFERENCE_NUM_THREADS": str(threads),
                "NUM_STREAMS": str(threads),
            },
        )
        sides = list(compiled.output(0).partial_shape)[1:]
        self.output_shape = tuple(side.get_length() for side in sides if side.is_static)
        # What it really does: a processor without bfloat16 stays with single precision.
        really = compiled.get_property("INFERENCE_PRECISION_HINT")
        self.precision: Precision = "bf16" if really == ov.Type.bf16 else "f32"
        self._gathered = _Gathered(_CPU_BATCH)
        self._queue: Any = ov.AsyncInferQueue(compiled, threads)
        self._queue.set_callback(_collect)

    def start(self, pictures: NDArray[np.uint8], done: Done) -> None:
        """Hand in pictures; see :class:`BackgroundNetwork`."""
        self._send(self._gathered.add(pictures, done))

    def wait(self) -> None:
        """Wait for everything that was handed in."""
        self._send(self._gathered.take())
        self._queue.wait_all()

    def _send(self, jobs: list[_Job]) -> None:
        if jobs:
            self._queue.start_async({0: np.concatenate([some for some, _ in jobs])}, jobs)


def _read(ov: Any, core: Any, network: PictureNetwork) -> Any:  # noqa: ANN401
    """Read a network for up to two batches of pictures of its size."""
    width, height = network.input_size_px
    try:
        model = core.read_model(str(network.path))
        model.reshape(ov.PartialShape([ov.Dimension(1, 2 * _CPU_BATCH), 3, height, width]))
    except RuntimeError as error:
        raise BadInputError(
            f"{network.path.name} is no network for pictures of {width} x {height} pixels.",
            "Remove it, and fetch the weights again with `clinigait weights fetch NAME`.",
        ) from error
    return model


def _taking_pictures(ov: Any, model: Any, network: PictureNetwork) -> Any:  # noqa: ANN401
    """Let a model take (N, H, W, 3) bytes instead of scaled numbers."""
    steps = ov.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    convert = steps.input().preprocess().convert_element_type(ov.Type.f32)
    convert.mean(list(network.mean)).scale(list(network.std))
    return steps.build()


def _collect(request: Any, jobs: list[_Job]) -> None:  # noqa: ANN401
    _hand_over(request.get_output_tensor(0).data.copy(), jobs)


class OnnxRuntimeNetwork:
    """ONNX Runtime: pictures are gathered into batches, and one batch runs at a time.

    Parameters
    ----------
    network
        The file and its input.
    threads
        CPU threads, where it runs on the CPU.
    providers
        Where to run, in ONNX Runtime's own names.
    """

    precision: Precision = "f32"

    def __init__(
        self, network: PictureNetwork, *, threads: int, providers: tuple[str, ...] = (_CUDA,)
    ) -> None:
        import onnxruntime  # noqa: PLC0415  only where somebody installed it

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # TF32 keeps 10 bits of a number and would be a third precision that nobody has checked.
        settings = [{"use_tf32": "0"} if name == _CUDA else {} for name in providers]
        self._session = onnxruntime.InferenceSession(
            str(network.path), options, providers=list(zip(providers, settings, strict=True))
        )
        self.device = "GPU" if _CUDA in self._session.get_providers() else "CPU"
        self._input_name = self._session.get_inputs()[0].name
        self.output_shape: tuple[int, ...] = tuple(self._session.get_outputs()[0].shape[1:])
        self._mean = np.array(network.mean, np.float32)
        self._std = np.array(network.std, np.float32)
        self._gathered = _Gathered(_GPU_BATCH)
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._running: deque[Future[None]] = deque()

    def start(self, pictures: NDArray[np.uint8], done: Done) -> None:
        """Hand in pictures; see :class:`BackgroundNetwork`."""
        self._send(self._gathered.add(pictures, done))

    def wait(self) -> None:
        """Wait for everything that was handed in."""
        self._send(self._gathered.take())
        while self._running:
            self._running.popleft().result()

    def _send(self, jobs: list[_Job]) -> None:
        if not jobs:
            return
        while len(self._running) >= _MOST_WAITING:
            self._running.popleft().result()
        self._running.append(self._pool.submit(self._run, jobs))

    def _run(self, jobs: list[_Job]) -> None:
        pictures = np.concatenate([some for some, _ in jobs])
        scaled = (pictures.astype(np.float32) - self._mean) / self._std
        batch = np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))
        _hand_over(self._session.run(None, {self._input_name: batch})[0], jobs)
