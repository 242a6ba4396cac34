# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals: compact in memory, the same numbers in every form they are written in."""

import json

import numpy as np
import pytest

from crossfade_addon.curves import Signals


def two_curves():
    random = np.random.default_rng(2)
    return Signals(100.0, {"kick": np.round(random.random(5000), 4).tolist(), "energy": (0, 1, 0.5, 0.1234)})


def test_values_are_read_only_float32():
    signals = two_curves()
    assert all(series.dtype == np.float32 for series in signals.values.values())
    with pytest.raises(ValueError):
        signals.values["kick"][0] = 1


def test_json_text_is_what_json_makes_of_the_data():
    signals = two_curves()
    assert signals.to_json() == json.dumps(signals.to_dict())
    odd = Signals(50.0, {"a": [1.5, -0.25, 0.00004], "empty": []})
    assert odd.to_json() == json.dumps(odd.to_dict())
    assert odd.to_dict() == {"rate_hz": 50.0, "values": {"a": [1.5, -0.25, 0.0], "empty": []}}


def test_both_stored_forms_come_back_as_they_were():
    signals = two_curves()
    for data in (signals.to_dict(), signals.packed()):
        assert Signals.from_json(json.loads(json.dumps(data))) == signals
    assert len(json.dumps(signals.packed())) < 0.6 * len(signals.to_json())
    assert signals.packed()["means"]["energy"] == pytest.approx(1.6234 / 4, abs=1e-4)


@pytest.mark.parametrize("text", ["not base64!", "AAAA", 5])
def test_damaged_packed_signals_are_an_error(text):
    with pytest.raises((ValueError, TypeError)):
        Signals.from_json({"packed": {"kick": text}})


def test_equality_looks_at_names_rate_and_every_number():
    one = two_curves()
    assert one == two_curves()
    assert one != Signals(50.0, one.values)
    assert one != Signals(100.0, {"kick": one.values["kick"]})
    changed = one.values["kick"].copy()
    changed[7] += 0.5
    assert one != Signals(100.0, one.values | {"kick": changed})
    assert one != Signals(100.0, one.values | {"kick": one.values["kick"][:-1]})


def test_at_is_the_nearest_sample_and_zero_outside():
    signals = Signals(10.0, {"kick": [0.1, 0.2, 0.3]})
    assert [round(signals.at("kick", t), 6) for t in (-0.2, 0.0, 0.14, 0.16, 0.2, 9.0)] == [0, 0.1, 0.2, 0.3, 0.3, 0]
    assert signals.at("no such", 0.1) == 0
