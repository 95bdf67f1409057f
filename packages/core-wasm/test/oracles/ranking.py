"""Golden ranking metrics from scikit-learn, for src/spike-ranking.test.ts.

    python3 test/oracles/ranking.py > test/golden/ranking.json

Scores are written as f32 bit patterns, so that no digit depends on a printer.
"""

import json
import sys

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

random = np.random.default_rng(20260405)


def case(name, scores, labels):
    scores = np.asarray(scores, dtype=np.float32)
    labels = np.asarray(labels, dtype=np.uint8)
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    positives = int(labels.sum())
    # 2 P R / (P + R) at each distinct threshold, without 0 / 0.
    f1 = np.where(recall > 0, 2 * precision * recall / np.maximum(precision + recall, 1e-300), 0)[:-1]
    best = f1.max()
    return {
        "name": name,
        "scoreBits": scores.view(np.uint32).tolist(),
        "labels": labels.tolist(),
        "rocAuc": float(roc_auc_score(labels, scores.astype(np.float64))),
        "averagePrecision": float(average_precision_score(labels, scores.astype(np.float64))),
        "maxF1": float(best),
        # The highest of the thresholds whose F1 is the maximum (to rounding).
        "maxF1Threshold": float(thresholds[np.flatnonzero(f1 >= best - 1e-12).max()]),
        "positives": positives,
    }


def noisy(n, density):
    labels = random.random(n) < density
    scores = np.clip(random.beta(0.3, 12, n) + 0.15 * labels * random.random(n), 0, 1)
    return scores, labels


cases = [
    case("two, right", [0.25, 0.75], [0, 1]),
    case("two, wrong", [0.75, 0.25], [0, 1]),
    case("all tied", [0.5] * 10, [0, 1] * 5),
    case("ends of the range", [0.0, 0.0, 1.0, 1.0, 0.0, 1.0], [0, 1, 1, 0, 0, 1]),
    case("denormals", [1e-45, 2e-45, 3e-45, 1e-40, 0.0, 1e-45], [0, 1, 0, 1, 0, 1]),
    case("neighbours in f32", np.nextafter(np.float32(0.1), np.float32(1)) * np.array([1, 1, 1, 1]), [0, 1, 1, 0]),
    case("rare, continuous", *noisy(700, 0.03)),
]
scores, labels = noisy(900, 0.1)
cases.append(case("common, in 16 levels", np.round(scores * 15) / 15, labels))
cases.append(case("common, in 3 levels", np.round(scores * 4).clip(0, 2) / 2, labels))

json.dump({"made": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", "cases": cases}, sys.stdout)
sys.stdout.write("\n")
