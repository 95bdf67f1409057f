// The numpy side of the binner suite, run by the system's Python where it has numpy. Apart so that the script reads whole.

/** Debian's Python, whose numpy the other oracles use too. */
export const PYTHON = '/usr/bin/python3';

/** Arguments: folder, bins, units, fs, runs. Prints {version, rows: [{name, ms, runs}]}. */
export const NUMPY_BINNER = `
import json, sys, time
import numpy as np
folder, bins, units, fs, runs = sys.argv[1], *map(int, sys.argv[2:])
samples = np.fromfile(folder + '/samples.u32', np.uint32).astype(np.int64)
unit = np.fromfile(folder + '/units.u16', np.uint16).astype(np.int64)
raster = np.zeros((bins, units), np.uint8)

def fancy():
    raster.fill(0)
    raster[samples * 1000 // fs, unit] = 1

def add_at():
    raster.fill(0)
    np.add.at(raster, (samples * 1000 // fs, unit), 1)

rows = []
for name, run in (('numpy fancy index', fancy), ('numpy add.at', add_at)):
    run()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    rows.append({'name': name, 'ms': float(np.median(times)), 'runs': runs})
print(json.dumps({'version': np.__version__, 'rows': rows}))
`;
