// The scikit-learn side of the forest suite. Apart so that the script reads whole.

/**
 * Arguments: folder, rows, columns, trees. Reads one line a turn and answers it with one fit on two threads:
 * {version, ms, peakRssMiB}, so that turns of two processes alternate.
 */
export const SKLEARN_FOREST = `
import json, resource, sys, time
import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier
folder, rows, columns, trees = sys.argv[1], *map(int, sys.argv[2:])
x = np.fromfile(folder + '/x.f64').reshape(rows, columns)
y = np.fromfile(folder + '/y.i32', np.int32)
for turn, _ in enumerate(sys.stdin):
    start = time.perf_counter()
    RandomForestClassifier(trees, class_weight='balanced', random_state=turn, n_jobs=2).fit(x, y)
    print(json.dumps({
        'version': sklearn.__version__, 'ms': (time.perf_counter() - start) * 1000,
        'peakRssMiB': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }), flush=True)
`;
