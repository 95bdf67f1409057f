// The scikit-learn side of the ranking suite. Apart so that the script reads whole.

/** Arguments: folder, runs. Prints {version, rocAuc, averagePrecision, ms, runs, peakRssMiB}. */
export const SKLEARN_RANKING = `
import json, resource, sys, time
import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, roc_auc_score
folder, runs = sys.argv[1], int(sys.argv[2])
scores = np.fromfile(folder + '/scores.f32', np.float32)
labels = np.fromfile(folder + '/labels.u8', np.uint8)
times = []
for _ in range(runs):
    start = time.perf_counter()
    auc = roc_auc_score(labels, scores)
    ap = average_precision_score(labels, scores)
    times.append((time.perf_counter() - start) * 1000)
print(json.dumps({
    'version': sklearn.__version__, 'rocAuc': float(auc), 'averagePrecision': float(ap),
    'ms': float(np.median(times)), 'runs': runs,
    'peakRssMiB': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
`;
