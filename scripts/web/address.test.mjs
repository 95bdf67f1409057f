// An NWB by its address: only the parts that are needed are asked for, and a server that does not give them is told of.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onPage, openHost } from './harness.mjs';
import { largeNwb } from './nwb-file.mjs';
import { fact, faultsOf, visit } from './visitor.mjs';

const SERVER = 'https://data.test';
const ALLOW = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'content-range' };
/** Without the header at all, the interception would add one that fits. */
const FOR_ANOTHER = { ...ALLOW, 'access-control-allow-origin': 'https://elsewhere.test' };
let host;
let file;

before(async () => {
  host = await openHost();
  file = await largeNwb(8 << 20);
});
after(() => host?.close());

/** Types an address whose server answers as `answer(range)` says; range: first and last byte. */
async function typed(answer, look) {
  await onPage(host, { typed: SERVER }, async (page) => {
    await page.context().route(`${SERVER}/**`, async (route) => {
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(route.request().headers().range ?? '') ?? [];
      await route.fulfill(answer(Number(first), Number(last)));
    });
    await visit(host, page, 'open');
    await page.getByLabel('the address of an NWB file').fill(`${SERVER}/some/session.nwb?version=3`);
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await look(page);
  });
}

const part = (first, last, headers = ALLOW) => ({
  status: 206,
  headers: { ...headers, 'content-range': `bytes ${first}-${last}/${file.length}` },
  body: Buffer.from(file.subarray(first, last + 1)),
});

test('a file of 8 MB: its spikes are read from a fraction of it', async () => {
  let fetched = 0;
  await typed(
    (first, last) => {
      fetched += last + 1 - first;
      return part(first, last);
    },
    async (page) => {
      await page.getByRole('heading', { level: 1, name: 'session' }).waitFor();
      assert.equal(await fact(page, 'Spikes'), '5');
    },
  );
  assert.ok(fetched > 1000 && fetched < file.length / 4, `${fetched} of ${file.length} bytes`);
});

for (const [what, answer, code, words] of [
  [
    'lets no other page read',
    (first, last) => part(first, last, FOR_ANOTHER),
    'E_URL_UNREACHABLE',
    /Allow-Origin/,
  ],
  [
    'gives whole files only',
    () => ({ status: 200, headers: ALLOW, body: Buffer.from(file) }),
    'E_URL_RANGES',
    /as a whole/,
  ],
  [
    'hides where a part lies',
    (first, last) => part(first, last, { 'access-control-allow-origin': '*' }),
    'E_URL_RANGES',
    /Expose-Headers/,
  ],
  [
    'has no such file',
    () => ({ status: 404, headers: ALLOW, body: '' }),
    'E_URL_UNREACHABLE',
    /check the address/,
  ],
])
  test(`a server that ${what}: ${code}`, async () => {
    await typed(answer, async (page) => {
      await page.locator('.fault').waitFor();
      const [fault] = await faultsOf(page);
      assert.equal(fault.code, code);
      assert.match(`${fault.message} ${fault.fix}`, words);
      // And the page goes on.
      await page.getByText('Nothing yet').waitFor();
      await page.getByRole('button', { name: 'Dismiss' }).click();
    });
  });
