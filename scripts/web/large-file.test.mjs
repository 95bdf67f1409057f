// An NWB of 2 GB, dropped: what is read of it is what is asked for, and the page's memory is that of a small file.
import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { onPage, openHost } from './harness.mjs';
import { largeNwb } from './nwb-file.mjs';
import { fact, openFiles } from './visitor.mjs';

const GIGABYTE = 1 << 30;
let host;

before(async () => {
  host = await openHost();
  // HDF5 takes bytes after its end for room to grow, and a file system keeps no zeros: 2 GB that take 8 MB of the disk.
  writeFileSync(host.at('session.nwb'), await largeNwb(8 << 20));
  truncateSync(host.at('session.nwb'), 2 * GIGABYTE);
});
after(() => host?.close());

test('2 GB open in less than a tenth of that, all workers counted', async (t) => {
  await onPage(host, {}, async (page) => {
    await openFiles(host, page, host.at('session.nwb'));
    assert.equal(await fact(page, 'Spikes'), '5');
    const { bytes } = await page.evaluate(() => globalThis.performance.measureUserAgentSpecificMemory());
    t.diagnostic(`${(bytes / 1e6).toFixed(1)} MB`);
    assert.ok(bytes > 1_000_000 && bytes < GIGABYTE / 5, `${bytes} bytes`);
  });
});
