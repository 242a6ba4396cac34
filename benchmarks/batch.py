# SPDX-License-Identifier: GPL-3.0-or-later
"""A night of songs that is killed again and again, against the same night undisturbed.

``python benchmarks/batch.py [--songs 40] [--kills 10] [--jobs 2] [--require]``. Builds a table of real and made-up
songs, three of them broken in different ways; makes it once in peace; then anew, killed with SIGKILL at random moments
(the batch alone, or it and all its processes) and resumed until it is through; and compares. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from crossfade_addon.batch import leash  # noqa: E402

RATE = 22050
SECONDS = 12.0
CLIP = "3-6"
# Few pictures a second, so that a calm camera moves by a pixel between two of them even in pictures as small as these:
# what stands still fails its check.
FPS = "12"
PLATFORMS = """
[tiktok]
width = 270
height = 480
fps = [10, 60]
[youtube]
width = 480
height = 270
fps = [10, 60]
"""
THEMES = ("sponsor_neon", "award_elegant", "mashup_chaos", "chill_lofi")
BROKEN = ("gone", "no_audio", "silent")
COMPARED = ("renders", "timeline", "manifests", "reports")
Result = tuple[str, bool]


def main(argv: Sequence[str]) -> int:
    """Print what was found; with ``--require`` 1 when something is not as it must be."""
    options = _parser().parse_args(argv)
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crossfade-")))
        folder.mkdir(parents=True, exist_ok=True)
        night = Night(folder.resolve(), options)
        results = night.undisturbed()
        results += night.killed(options.kills, random.Random(options.seed))
    for text, is_met in results:
        _say(f"{'PASS' if is_met else 'FAIL'}  {text}")
    return 1 if options.require and not all(is_met for _, is_met in results) else 0


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    p.add_argument("--songs", type=int, default=40, help="songs of the table, three of them broken (default 40)")
    p.add_argument("--kills", type=int, default=10, help="how often it is killed (default 10)")
    p.add_argument("--jobs", type=int, default=2, help="songs at once (default 2)")
    p.add_argument("--seed", type=int, default=1, help="of the moments of the kills (default 1)")
    p.add_argument("--real", type=Path, default=ROOT.parent / "shared" / "songs", help="folder of real songs")
    p.add_argument("--keep", type=Path, help="work in this folder, and leave everything there")
    p.add_argument("--require", action="store_true", help="exit code 1 when something is not as it must be")
    return p


@dataclass(slots=True)
class Finished:
    """Songs that a journal calls done, and their files as they were then: name to (inode, date)."""

    files: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)

    def learn(self, journal: Path) -> None:
        """Note songs that have become done."""
        for line in _journal(journal):
            if line.get("event") == "done" and line["row"] not in self.files:
                self.files[line["row"]] = {f["file"]: _identity(Path(f["file"])) for f in line["files"].values()}

    def redone(self) -> list[str]:
        """Files of finished songs that are not the same files any more."""
        return [file for files in self.files.values() for file, was in files.items() if _identity(Path(file)) != was]


class Night:
    """The table of songs, and runs of it."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.folder = folder
        self.jobs = options.jobs
        self.count = options.songs
        real = sorted(options.real.glob("*.ogg")) if options.real.is_dir() else []
        self.good = self.count - len(BROKEN)
        real = real[: max(1, self.good // 2)] if self.count < 30 else real[: self.good]
        rows = [("audio", "song_id", "theme", "seed", "no_thumbnail")]
        for k in range(self.good):
            audio = real[k] if k < len(real) else made_up(folder / f"made_up_{k}.wav", k)
            rows.append((str(audio), f"song_{k:02d}", THEMES[k % len(THEMES)], str(k), "yes" if k % 3 else ""))
        self._break(rows)
        (folder / "night.csv").write_text("".join(";".join(row) + "\n" for row in rows), encoding="utf-8")
        (folder / "small.toml").write_text(PLATFORMS, encoding="utf-8")
        _say(f"{min(len(real), self.good)} real songs, {self.good - min(len(real), self.good)} made up, 3 broken")

    def _break(self, rows: list[tuple[str, ...]]) -> None:
        """Put the broken songs between the others."""
        (self.folder / "no_audio.wav").write_bytes(b"this is no audio\n" * 99)
        _wav(self.folder / "silent.wav", np.zeros(int(RATE * SECONDS)))
        for k, name in enumerate(BROKEN):
            at = 1 + (k + 1) * self.good // (len(BROKEN) + 1) + k
            rows.insert(at, (str(self.folder / f"{name}.wav"), name, "", "", "yes"))

    def command(self, out: Path, *more: str) -> list[str]:
        """A batch's command line."""
        words = ["--batch", str(self.folder / "night.csv"), "--output-dir", str(out), "--library", str(out / "library")]
        words += ["--platforms", "tiktok", "youtube", "--platforms-file", str(self.folder / "small.toml")]
        words += ["--clip", CLIP, "--fps", FPS, "--quality", "draft", "--jobs", str(self.jobs), "--json", *more]
        return [sys.executable, "-m", "crossfade_addon", *words]

    @contextlib.contextmanager
    def running(self, out: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        """A batch that runs meanwhile; what it says is added to a file."""
        said, errors = ((self.folder / f"{out.name}.{kind}").open("ab") for kind in ("jsonl", "txt"))
        with said, errors:
            command = self.command(out, *more)
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=errors)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()

    def undisturbed(self) -> list[Result]:
        """The reference."""
        self.reference = self.folder / "reference"
        began = time.monotonic()
        with self.running(self.reference) as process:
            code = process.wait()
        self.seconds = time.monotonic() - began
        return self._ends(self.reference, code, f"undisturbed, {self.seconds:.0f} s")

    def killed(self, kills: int, rng: random.Random) -> list[Result]:
        """The same night with interruptions."""
        out = self.folder / "killed"
        journal = out / "batch" / "night" / "journal.jsonl"
        finished = Finished()
        left_running = 0
        moments = sorted(rng.uniform(0, self.seconds) for _ in range(kills))
        for number, moment in enumerate(moments, 1):
            before = moments[number - 2] if number > 1 else 0.0
            is_tree = rng.random() < 0.4
            with self.running(out, "--resume") as process:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    # What a kill cuts off is made again, so a little more than the share of the undisturbed run.
                    process.wait(moment - before + rng.uniform(2, 8))
                victims = leash.at_work(out / "batch" / "night") if is_tree else []
                for pid in (process.pid, *victims):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                process.wait()
            if not is_tree:
                left_running += _left(out / "batch" / "night")
            finished.learn(journal)
            what = f"with {len(victims)} processes" if is_tree else "alone"
            _say(f"kill {number} of {kills} ({what}): {len(finished.files)} songs are finished")
        with self.running(out, "--resume") as process:
            code = process.wait()
        redone = finished.redone()
        results = self._ends(out, code, f"killed {kills} times")
        results += [(f"processes that outlived a killed batch by 20 s: {left_running}", left_running == 0)]
        results += [(f"files of finished songs that were made again: {len(redone)}{_listed(redone)}", not redone)]
        twice = _done_twice(journal)
        results += [(f"songs that were finished twice: {len(twice)}{_listed(twice)}", not twice)]
        return results + self._same(out)

    def _ends(self, out: Path, code: int, what: str) -> list[Result]:
        report = json.loads((out / "batch" / "night" / "report.json").read_text(encoding="utf-8"))
        songs = {song["song_id"]: song for song in report["songs"]}
        good = [name for name, song in songs.items() if song["result"] in ("done", "skipped")]
        bad = {name: song["reason"] for name, song in songs.items() if song["result"] == "failed"}
        is_met = (code, len(good), set(bad), all(bad.values())) == (8, self.good, set(BROKEN), True)
        for name, reason in bad.items():
            _say(f"{out.name}: {name}: {reason}")
        results = [(f"{what}: {len(good)} done, {len(bad)} failed with reasons, exit code {code}", is_met)]
        failed = [name for name in good if not json.loads((out / "reports" / f"{name}.json").read_text())["passed"]]
        results += [(f"{out.name}: songs whose files are not all proven: {len(failed)}{_listed(failed)}", not failed)]
        parts = [str(path.relative_to(out)) for path in out.rglob("*.part")]
        results += [(f"{out.name}: half-written files: {len(parts)}{_listed(parts)}", not parts)]
        check = [sys.executable, "-m", "crossfade_addon.library", "--library", str(out / "library"), "check"]
        done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        results += [(f"{out.name}: library check: {' '.join(last)}", done.returncode == 0)]
        return results

    def _same(self, out: Path) -> list[Result]:
        """Whether both nights made the same files, byte for byte."""
        one, other = (_contents(place) for place in (self.reference, out))
        missing = sorted(set(one) ^ set(other))
        differing = sorted(name for name in set(one) & set(other) if one[name] != other[name])
        size = f"{len(one)} files compared"
        return [
            (f"files in one of the two nights only: {len(missing)} ({size}){_listed(missing)}", not missing),
            (f"files that differ: {len(differing)} ({size}){_listed(differing)}", not differing),
        ]


def _contents(out: Path) -> dict[str, str]:
    """SHA-256 of every deliverable by name.

    Reports on a page hold dates, so their data stands for them, without the mark of files that were checked in an
    earlier run: that is history, too.
    """
    files = [path for name in COMPARED for path in (out / name).rglob("*") if path.is_file() and path.suffix != ".html"]
    found = {}
    for path in files:
        data = path.read_bytes().replace(os.fsencode(str(out)), b"OUT")
        if path.parent.name == "reports":
            report = json.loads(data)
            for file in report["files"]:
                file.pop("earlier")
            data = json.dumps(report, sort_keys=True).encode()
        found[str(path.relative_to(out))] = hashlib.sha256(data).hexdigest()
    return found


def _left(folder: Path) -> int:
    """Processes of a killed batch that do not end by themselves."""
    deadline = time.monotonic() + 20
    while leash.at_work(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return len(leash.at_work(folder))


def _journal(path: Path) -> list[dict]:
    lines = []
    for text in path.read_bytes().splitlines() if path.is_file() else []:
        with contextlib.suppress(ValueError):
            lines.append(json.loads(text))
    return lines


def _done_twice(path: Path) -> list[str]:
    done = [line["row"] for line in _journal(path) if line.get("event") == "done"]
    return sorted({name for name in done if done.count(name) > 1})


def _identity(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_ino, stat.st_mtime_ns


def made_up(path: Path, seed: int) -> Path:
    """A short song with kick, hats and chords, and a break before its drop; another one for every seed."""
    rng = np.random.default_rng(seed)
    beat = 60 / float(rng.uniform(88, 168))
    t = np.arange(int(RATE * SECONDS)) / RATE
    phase = t % beat
    kick = np.sin(2 * np.pi * (45 * phase + 6 * (1 - np.exp(-phase * 30)))) * np.exp(-phase * 14)
    hats = rng.standard_normal(t.size) * np.exp(-(t % (beat / 2)) * 70)
    root = 55 * 2 ** (rng.integers(0, 12, 64) / 12)
    chord = root[(t / (4 * beat)).astype(int)]
    pads = sum(np.sin(2 * np.pi * np.cumsum(chord * k) / RATE) for k in (2, 2.5198, 2.9966))
    is_break = (t > 0.35 * SECONDS) & (t < 0.45 * SECONDS)
    return _wav(path, (0.5 * kick * ~is_break + 0.08 * hats + 0.07 * pads) * np.clip(t * 4, 0, 1))


def _wav(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def _listed(names: Sequence[str]) -> str:
    return ("; " + ", ".join(names[:8])) if names else ""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
