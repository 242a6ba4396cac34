# SPDX-License-Identifier: GPL-3.0-or-later
"""How well songs are heard: one table for ours, librosa's default and the seed's way, from songs with known beats.

``python benchmarks/hearing.py [--require] [--only crossfade] [--songs DIR]``. The folder holds ``NAME.ogg`` with
``NAME.json`` beside it, and the ``evaluate.py`` that scores. Every method hears all songs in ``--jobs`` processes,
the songs dealt out among them; the time columns are seconds per minute of audio with imports and librosa's first
call left out (``cost.py`` measures whole processes).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from crossfade_addon.jobs import ONE_THREAD  # noqa: E402

METHODS = {
    "crossfade": "ours",
    "librosa_default": "librosa.beat.beat_track at 22050 Hz, every fourth beat a downbeat",
    "seed": "beat_track at the file's own rate, told the true tempo, every fourth beat a downbeat",
    "librosa_analyser": "our --analyser librosa (only when it is asked for)",
}
USUAL = ("crossfade", "librosa_default", "seed")
DONE_WHEN = (
    "club:F>=.98",
    "club:CMLt>=.975",
    "club:dbF>=.92",
    "ALL:F>=.93",
    "ALL:AMLt>=.95",
    "ALL:dbF>=.83",
    "real:AMLt>=.95",
    "tempo_change:F>=.93",
    "tempo_change:dbF>=.78",
    "ALL:sF.5>=.62",
    "ALL:sF3>=.76",
    "ALL:dropF>=.90",
    "ALL:off<=5",
    "ALL:off>=-5",
)
"""What ours must reach: GROUP:COLUMN>=VALUE or <=VALUE."""
Estimates = dict[str, dict[str, Any]]


def main(argv: Sequence[str]) -> int:
    """Print the tables; 1 when a requirement is not met or a song could not be heard."""
    options = _parser().parse_args(argv)
    evaluate = _load(options.songs / "evaluate.py")
    truth = {piece["name"]: piece for piece in map(_read, sorted(options.songs.glob("*.json")))}
    truth = {name: piece for name, piece in truth.items() if re.search(options.match, name)}
    whole = True
    met = True
    for method in options.only or USUAL:
        heard = hear(method, truth, options.songs, options.jobs, options.python)
        missing = sorted(set(truth) - set(heard))
        whole = whole and not missing
        groups, pieces = evaluate.table(heard, truth)
        _show(method, groups, pieces if options.per_piece else {}, missing, evaluate)
        if method in ("crossfade", "librosa_analyser"):
            _show_confidence(heard, truth)
        if method == "crossfade" and options.require is not None:
            met = check(groups, options.require or DONE_WHEN)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{method}.json").write_text(json.dumps(heard), encoding="utf-8")
    return 0 if met and whole else 1


def hear(method: str, truth: dict[str, dict[str, Any]], songs: Path, jobs: int, python: str) -> Estimates:
    """What a method hears in every song, by name."""
    longest_first = sorted(truth.values(), key=lambda piece: -(piece.get("end") or 0))
    hands = [hand for k in range(jobs) if (hand := longest_first[k::jobs])]
    heard: Estimates = {}
    with tempfile.TemporaryDirectory(prefix="crossfade-") as scratch:
        running = []
        for k, hand in enumerate(hands):
            answer = Path(scratch) / f"{k}.json"
            with answer.open("wb") as out:
                process = subprocess.Popen(
                    _command(method, hand, songs, python), stdout=out, cwd=ROOT, env={**os.environ, **ONE_THREAD}
                )
            running.append((process, answer))
        try:
            for process, answer in running:
                code = process.wait()
                text = answer.read_text(encoding="utf-8")
                if code not in (0, 3) or not text:
                    raise SystemExit(f"{method} stopped with exit code {code}")
                heard |= json.loads(text)
        finally:
            for process, _ in running:
                process.kill()
    return heard


def _command(method: str, hand: Sequence[dict[str, Any]], songs: Path, python: str) -> list[str]:
    paths = {piece["name"]: str((songs / piece["audio"]).absolute()) for piece in hand}
    reference = [python, str(ROOT / "benchmarks" / "references.py")]
    if method == "librosa_default":
        return [*reference, "default", *paths.values()]
    if method == "seed":
        return [*reference, "seed", *(f"{paths[p['name']]}={p['bpm']}" if p["bpm"] else paths[p["name"]] for p in hand)]
    analyser = "librosa" if method == "librosa_analyser" else "crossfade"
    module = [python, "-m", "crossfade_addon.director", "--json", "--summary", "--analyser", analyser]
    return [*module, *paths.values()]


def check(groups: dict[str, dict[str, Any]], requirements: Sequence[str]) -> bool:
    """Print every requirement with what was measured; whether all are met."""
    met = True
    _say("")
    for requirement in requirements:
        parts = re.fullmatch(r"([^:]+):([^<>=]+)([<>]=)(.+)", requirement)
        if parts is None:
            raise SystemExit(f"'{requirement}' is not GROUP:COLUMN>=VALUE")
        group, column, relation, limit = parts.groups()
        value = groups[group][column]
        holds = value is not None and (value >= float(limit) if relation == ">=" else value <= float(limit))
        met = met and holds
        _say(f"{'met    ' if holds else 'NOT MET'} {requirement:<24} {'-' if value is None else f'{value:.3f}'}")
    return met


def _show(method: str, groups: dict[str, Any], pieces: dict[str, Any], missing: Sequence[str], evaluate: Any) -> None:
    _say(f"\n## {method}: {METHODS[method]}")
    _say(f"{'group':<14} {'n':>3} " + " ".join(f"{column[:8]:>6}" for column in evaluate.COLS))
    for name, values in groups.items():
        _say(f"{name:<14} {values['n']:>3} " + " ".join(evaluate.fmt(values[column]) for column in evaluate.COLS))
    for name, values in pieces.items():
        _say(f"  {name:<42} " + " ".join(evaluate.fmt(values.get(column)) for column in evaluate.COLS))
    if missing:
        _say(f"not heard: {', '.join(missing)}")


def _show_confidence(heard: Estimates, truth: dict[str, dict[str, Any]]) -> None:
    """The range of the confidence with a beat and without one: the two should not touch."""
    for label, wanted in (("with a beat", True), ("without", False)):
        values = sorted(heard[n]["confidence"] for n, p in truth.items() if bool(p["beats"]) is wanted and n in heard)
        if values:
            middle = values[len(values) // 2]
            _say(f"confidence {label}: {values[0]:.2f} to {values[-1]:.2f}, median {middle:.2f} ({len(values)} songs)")


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description="How well songs are heard, against librosa and the seed's way.")
    p.add_argument("--songs", type=Path, default=ROOT.parent / "shared" / "songs", help="folder of songs with truth")
    p.add_argument("--only", nargs="+", choices=METHODS, metavar="METHOD", help=f"some of {', '.join(METHODS)}")
    p.add_argument("--match", default="", metavar="REGEX", help="only songs whose name matches")
    p.add_argument(
        "--require", nargs="*", metavar="GROUP:COLUMN>=VALUE", help="check these (none given: the project's own)"
    )
    p.add_argument("--per-piece", action="store_true", help="also a line for every song")
    p.add_argument("--keep", type=Path, metavar="DIR", help="keep what was heard, as METHOD.json")
    p.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes at once (default 2)")
    p.add_argument("--python", default=sys.executable, help="the Python whose packages are used")
    return p


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("evaluate", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SystemExit(f"'{path}' does not exist: give the folder of songs with --songs")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
