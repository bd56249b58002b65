"""Plans: networks compiled by TensorRT for one GPU, kept in a cache, known by all that they depend on.

A plan is code: one is only ever loaded under the name that the key gives it, and with the sha256 that was written
beside it when it was built here.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pyanon.errors import PackError, PackIntegrityError, RunnerError
from pyanon.runtime.device import Gpu, Stream, find_gpu, open_place
from pyanon.runtime.manifest import Role
from pyanon.runtime.pack import Pack, read_verified
from pyanon.runtime.plan_check import check_plan
from pyanon.runtime.profiles import Profile, profiles_of, shape_of
from pyanon.runtime.shelves import plan_folder
from pyanon.runtime.storage import write_whole
from pyanon.runtime.tensorrt import TensorRtRunner
from pyanon.runtime.tensorrt_api import Messages, import_tensorrt

__all__ = [
    "Built",
    "Plan",
    "build_plan",
    "build_plans",
    "find_plan",
    "plan_of",
    "plan_runner",
    "read_plan",
    "rebuild",
]

#: Changed whenever the same key would give another plan.
RECIPE = 1
#: Bytes of scratch memory that TensorRT may plan with.
WORKSPACE = 2 << 30

#: Told of progress: the network, what TensorRT is at, and the share that is done.
Report = Callable[[str, str, float], None]


@dataclass(frozen=True)
class Plan:
    """Where the plan of a network belongs, whether or not it is there.

    Attributes:
        network: Name for people, ``"<pack>/<role>"``.
        key: All that it depends on.
        file: The plan; what is known of it lies beside it, as ``.json``.
    """

    network: str
    key: dict[str, Any]
    file: Path

    @property
    def is_there(self) -> bool:
        """Whether it was built."""
        return self.file.is_file() and self.file.with_suffix(".json").is_file()


@dataclass(frozen=True)
class Built:
    """A plan that was asked for.

    Attributes:
        plan: The plan.
        seconds: How long TensorRT took; 0 where it was there already.
    """

    plan: Plan
    seconds: float


def plan_of(pack: Pack, role: str, *, gpu: Gpu, version: str) -> Plan:
    """The plan of a network on a GPU.

    Args:
        pack: The pack.
        role: The role.
        gpu: The GPU.
        version: Of TensorRT.

    Raises:
        PackError: The pack has no such role, or its profiles cannot be used.
    """
    network = pack.role(role)
    key = {
        "onnx": network.sha256,
        "tensorrt": version,
        "architecture": gpu.architecture,
        "gpu": gpu.name,
        "profiles": [str(profile) for profile in profiles_of(network)],
        "recipe": RECIPE,
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return Plan(f"{pack.name}/{role}", key, plan_folder() / f"{pack.name}-{role}-{digest[:20]}.plan")


def find_plan(pack: Pack, role: str, *, gpu: Gpu | None = None) -> tuple[Plan | None, str]:
    """The plan that would run a network on this machine, where it was built.

    Args:
        pack: The pack.
        role: The role.
        gpu: Where it would run; None: the first GPU.

    Returns:
        The plan and nothing; or None and what is missing, which is nothing where there is no GPU.

    Raises:
        PackError: As `plan_of`.
    """
    try:
        gpu = gpu or find_gpu()
    except RunnerError:
        return None, ""
    try:
        version = import_tensorrt().__version__
        plan = plan_of(pack, role, gpu=gpu, version=version)
    except RunnerError as error:
        return None, error.what
    if not plan.is_there:
        return None, f"there is no plan for {gpu.name} and TensorRT {version}: pyanon pack build {pack.name}"
    return plan, ""


def read_plan(plan: Plan) -> bytes:
    """A plan: exactly the bytes that were built here under its key.

    Raises:
        PackError: It was not built.
        PackIntegrityError: It was changed, or belongs to another key.
    """
    beside = plan.file.with_suffix(".json")
    try:
        stated = json.loads(beside.read_text(encoding="utf-8"))
        known = stated["key"] == plan.key
        sha256 = str(stated["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PackError(
            f"{plan.network}: there is no plan for this GPU and this TensorRT ({error})",
            given=plan.file,
            do=rebuild(plan),
        ) from error
    if not known:
        raise PackIntegrityError(
            f"{plan.network}: a plan is not the one that its name stands for; it was not loaded",
            given=stated["key"],
            expected=str(plan.key),
            do=rebuild(plan),
        )
    return read_verified(plan.file.parent, plan.file.name, sha256)


def plan_runner(plan: Plan, *, role: Role, place: Stream | None = None, graphs: bool = True) -> TensorRtRunner:
    """A runner of a plan, not active yet.

    Args:
        plan: The plan.
        role: What the pack states of the network.
        place: The stream of the pipeline; None: the runner opens its own.
        graphs: Whether to record CUDA graphs.
    """
    read = partial(read_plan, plan)
    return TensorRtRunner(plan.network, role=role, read=read, rebuild=rebuild(plan), place=place, graphs=graphs)


def rebuild(plan: Plan) -> str:
    """The command that builds a plan again."""
    pack, _, role = plan.network.partition("/")
    return f"pyanon pack build {pack} --role {role} --force"


def build_plans(
    pack: Pack, *, roles: Sequence[str] = (), device: int = 0, force: bool = False, report: Report | None = None
) -> Iterator[Built]:
    """Compile the networks of a pack for a GPU of this machine.

    Args:
        pack: The pack.
        roles: Which of its networks; none: all.
        device: Ordinal of the GPU.
        force: Build also what is there.
        report: Told of progress.

    Yields:
        Each plan, when it is there.

    Raises:
        PackError: The pack has no such role, or a file of it cannot be used.
        RunnerError: There is no TensorRT or no GPU, TensorRT cannot compile a network, or what it compiled computes
            something else.
    """
    tensorrt, gpu = import_tensorrt(), find_gpu(device)
    for role in roles or tuple(pack.manifest.roles):
        plan = plan_of(pack, role, gpu=gpu, version=tensorrt.__version__)
        began = time.monotonic()
        if plan.is_there and not force:
            yield Built(plan, 0.0)
            continue
        model = pack.read(role)
        build_plan(plan, role=pack.role(role), model=model, report=report)
        _check(plan, pack.role(role), model, device)
        yield Built(plan, time.monotonic() - began)


def build_plan(plan: Plan, *, role: Role, model: bytes, report: Report | None = None) -> None:
    """Compile one network and keep its plan.

    Args:
        plan: Where it belongs.
        role: What the pack states of the network.
        model: Its ONNX file.
        report: Told of progress.

    Raises:
        RunnerError: TensorRT cannot read or compile it; says what TensorRT says.
    """
    tensorrt = import_tensorrt()
    messages = Messages(tensorrt)
    builder = tensorrt.Builder(messages.logger)
    network = builder.create_network(_creation_flags(tensorrt))
    _parse(tensorrt, network, plan, model, messages)
    config = builder.create_builder_config()
    config.set_memory_pool_limit(tensorrt.MemoryPoolType.WORKSPACE, WORKSPACE)
    _allow_half(tensorrt, network, config)
    for profile in profiles_of(role):
        _add_profile(builder, config, role, profile)
    cache = _TimingCache(config, plan)
    if report is not None:
        _watch(tensorrt, config, plan.network, report)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise RunnerError(
            f"{plan.network}: TensorRT {tensorrt.__version__} cannot compile the network ({messages.last()})",
            given=f"{role.file} for {plan.key['gpu']}",
            do="close what else uses the GPU's memory, or state fewer profiles in pack.toml",
        )
    _keep(plan, bytes(memoryview(engine)))
    cache.keep()


def _parse(tensorrt: Any, network: Any, plan: Plan, model: bytes, messages: Messages) -> None:
    parser = tensorrt.OnnxParser(network, messages.logger)
    # Else instance norm becomes a plugin before TensorRT 10, and the plan needs its library wherever it is loaded.
    parser.set_flag(tensorrt.OnnxParserFlag.NATIVE_INSTANCENORM)
    if not parser.parse(model):
        said = [str(parser.get_error(index).desc()) for index in range(parser.num_errors)]
        raise RunnerError(
            f"{plan.network}: TensorRT {tensorrt.__version__} cannot read the network "
            f"({'; '.join(said) or messages.last()})",
            given=f"an ONNX file of {len(model)} bytes",
            do="export it with another opset (python -m export.<family> --opset 17), or update TensorRT",
        )


def _check(plan: Plan, role: Role, model: bytes, device: int) -> None:
    """Asks the plan; one that answers wrongly is not left to be used."""
    with open_place(device) as place:
        try:
            check_plan(plan_runner(plan, role=role, place=place, graphs=False), model=model)
        except BaseException:
            plan.file.with_suffix(".json").unlink(missing_ok=True)
            plan.file.unlink(missing_ok=True)
            raise


def _creation_flags(tensorrt: Any) -> int:
    """Explicit batches and the types of the ONNX file, where they are not a matter of course yet."""
    known = tensorrt.NetworkDefinitionCreationFlag
    flags = [getattr(known, name) for name in ("EXPLICIT_BATCH", "STRONGLY_TYPED") if hasattr(known, name)]
    return sum(1 << int(flag) for flag in flags)


def _allow_half(tensorrt: Any, network: Any, config: Any) -> None:
    """Where networks are not strongly typed, before TensorRT 10, half precision has to be allowed."""
    if hasattr(tensorrt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED"):
        return
    layers = (network.get_layer(index) for index in range(network.num_layers))
    if any(layer.get_output(i).dtype == tensorrt.DataType.HALF for layer in layers for i in range(layer.num_outputs)):
        config.set_flag(tensorrt.BuilderFlag.FP16)


def _add_profile(builder: Any, config: Any, role: Role, profile: Profile) -> None:
    compiled = builder.create_optimization_profile()
    for port in role.inputs:
        least, usual, most = (shape_of(port, profile.sizes(which)) for which in range(3))
        compiled.set_shape(port.name, least, usual, most)
    if config.add_optimization_profile(compiled) < 0:
        raise RunnerError(
            f"TensorRT does not take the profile of {role.file}",
            given=str(profile),
            do="state other sizes as `profile` in its settings in pack.toml",
        )


class _TimingCache:
    """What TensorRT measured of kernels, kept from one network to the next: the same GPU and version measure alike."""

    def __init__(self, config: Any, plan: Plan) -> None:
        kind = hashlib.sha256(f"{plan.key['tensorrt']} {plan.key['gpu']}".encode()).hexdigest()[:20]
        self._config, self._file = config, plan.file.parent / f"timing-{kind}.cache"
        known = self._file.read_bytes() if self._file.is_file() else b""
        # TensorRT itself refuses a cache that is broken or not its own; it then begins an empty one.
        config.set_timing_cache(config.create_timing_cache(known), False)

    def keep(self) -> None:
        """Writes it for the next network."""
        write_whole(self._file, bytes(memoryview(self._config.get_timing_cache().serialize())))


def _watch(tensorrt: Any, config: Any, network: str, report: Report) -> None:
    """Reports progress, where TensorRT tells it (from 9 on)."""
    if not hasattr(tensorrt, "IProgressMonitor"):
        return

    class Monitor(tensorrt.IProgressMonitor):  # type: ignore[misc]  # the class is known when the package is
        def __init__(self) -> None:
            tensorrt.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:  # noqa: ARG002
            self._steps[phase_name] = max(num_steps, 1)

        def step_complete(self, phase_name: str, step: int) -> bool:
            report(network, phase_name, min((step + 1) / self._steps.get(phase_name, 1), 1.0))
            return True

        def phase_finish(self, phase_name: str) -> None:
            report(network, phase_name, 1.0)

    config.progress_monitor = Monitor()


def _keep(plan: Plan, data: bytes) -> None:
    """The plan first, then what vouches for it: without that it does not count as there."""
    beside = plan.file.with_suffix(".json")
    beside.unlink(missing_ok=True)
    write_whole(plan.file, data)
    stated = {"network": plan.network, "key": plan.key, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    write_whole(beside, (json.dumps(stated, indent=1) + "\n").encode())
