"""Independent oracle of the sweep features: SciPy's filter, binning, interpolation and curve fit.

Writes the golden file that celltypes/features/golden.test.ts reads: dV/dt of a random walk behind scipy.signal.bessel and
filtfilt at several rates; values and rates of a spike train in bins by scipy.stats.binned_statistic and numpy.interp; the time
constant of a noisy relaxation by scipy.optimize.curve_fit; a natural cubic spline by scipy.interpolate.CubicSpline.

Run from the repository root with SciPy >= 1.9:  python3 packages/model/test/oracles/sweep_features.py
"""

import json
import os

import numpy as np
from scipy import interpolate, optimize, signal, stats

HERE = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)


def derivatives():
    walk = np.round(-70 + np.cumsum(rng.normal(0, 3, 40)), 3)
    rates = []
    for rate in (25_000, 50_000, 96_000, 200_000):
        b, a = signal.bessel(4, 10_000 / (rate / 2), "low")
        filtered = signal.filtfilt(b, a, walk)
        rates.append(dict(samplingRate=rate, b=b.tolist(), a=a.tolist(), derivative=(np.diff(filtered) * rate * 1e-3).tolist()))
    return dict(voltage=walk.tolist(), rates=rates)


def trains():
    """Spikes in a step of 1 s: values and instantaneous rate in 20 ms bins, counts in 50 ms bins."""
    out = []
    for count in (1, 2, 9, 60):
        times = np.sort(np.round(rng.uniform(0.004, 0.99, count), 4))
        values = np.round(rng.normal(20, 5, count), 3)
        edges = np.linspace(0, 1, 51)

        def course(x, y):
            means = stats.binned_statistic(x, y, bins=edges)[0]
            known = ~np.isnan(means)
            return np.interp(np.arange(50), np.flatnonzero(known), means[known])

        gaps = np.diff(np.concatenate([[0], times]))
        gaps = np.append(gaps, max(gaps[-1], 1 - times[-1]))
        inverse = np.concatenate([[gaps[0]], (gaps[1:] + gaps[:-1]) / 2, [gaps[-1]]])
        out.append(
            dict(
                times=times.tolist(),
                values=values.tolist(),
                valueCourse=course(times, values).tolist(),
                rateCourse=course(np.concatenate([[0], times, [1]]), 1 / inverse).tolist(),
                psth=(np.histogram(times, np.linspace(0, 1, 21))[0] * 20.0).tolist(),
            )
        )
    return out


def relaxation():
    rate, tau = 2_000, 0.0173
    t = np.arange(300) / rate
    voltage = np.round(-84 + 12.5 * np.exp(-t / tau) + rng.normal(0, 0.2, 300), 4)
    best, _ = optimize.curve_fit(lambda x, a, k, c: c + a * np.exp(-k * x), t, voltage, p0=(12, 50, -84))
    left = voltage - (best[2] + best[0] * np.exp(-best[1] * t))
    return dict(samplingRate=rate, voltage=voltage.tolist(), tau=1 / best[1], error=float(np.sqrt(np.mean(left**2))))


def spline():
    knots = np.round(rng.normal(0, 10, 30), 3)
    x = 9 + np.arange(24) * 0.4
    return dict(knots=knots.tolist(), samplingRate=20_000, start=9,
                values=interpolate.CubicSpline(np.arange(30), knots, bc_type="natural")(x).tolist())


with open(os.path.join(HERE, "..", "golden", "sweep-features.json"), "w") as file:
    json.dump(dict(derivatives=derivatives(), trains=trains(), relaxation=relaxation(), spline=spline()), file)
    file.write("\n")
