// `demo --quick`, as the README's first command: all four directions against every floor, runs one can go on with.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationDocument } from '@spikebridge/model';
import { evaluationDocumentSchema } from '@spikebridge/model';
import { afterAll, describe, expect, test } from 'vitest';
import { json, run, runtime, scratch, start } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());
const out = join(folder.path, 'demo');

describe(`on ${runtime}`, () => {
  test('four directions, every floor, and a table kept beside the document', async () => {
    const document = await json(['demo', '--quick', '--out', out, '--quiet']);
    // Nothing but the document: whoever reads it checks it by its schema.
    const { pairs } = evaluationDocumentSchema.parse(document);
    expect(pairs.map(({ source, target, level }) => `${source} ${target} ${level}`)).toEqual([
      'in-vitro in-vitro none',
      'in-vitro in-vivo rates',
      'in-vivo in-vitro rates',
      'in-vivo in-vivo none',
    ]);
    for (const pair of pairs) {
      expect(Object.keys(pair.scores)).toHaveLength(8);
      for (const scores of Object.values(pair.scores))
        expect(scores.bitsPerSpike.value).toEqual(expect.any(Number));
    }
    const kept = JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8')) as EvaluationDocument;
    expect(kept.pairs).toEqual(pairs);
    expect(readFileSync(join(out, 'table.txt'), 'utf8')).toMatch(/^model +\S/m);
    const report = readFileSync(join(out, 'report.html'), 'utf8');
    expect(report.match(/<section aria-labelledby="pair-/g)).toHaveLength(4);
    expect(report).toContain(`<data value="${String(pairs[1].scores.model?.bitsPerSpike.value)}">`);
    expect(report).toMatch(/<h2>Run in-vitro<\/h2>[^]*<h2>Run in-vivo<\/h2>/);
    for (const name of ['in-vitro.npz', 'in-vivo.npz', 'in-vitro/env.json', 'in-vivo/evaluation.json'])
      expect(existsSync(join(out, name)), name).toBe(true);
  });

  test('a demo that is there is kept without --force', async () => {
    const refused = await run(['demo', '--quick', '--out', out]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error E_OUTPUT_EXISTS: /m);
    const listed = (await json(['runs', '--folder', out])) as { runs: { status: string }[] };
    expect(listed.runs.map(({ status }) => status)).toEqual(['finished', 'finished']);
  });

  test('Ctrl-C while judging: exit 130, and the trained runs stay', async () => {
    const cut = join(folder.path, 'cut');
    const started = start(['demo', '--quick', '--out', cut]);
    await started.seen(/^\$ spikebridge evaluate /m);
    started.child.kill('SIGINT');
    const ended = await started.finished;
    expect(ended.code).toBe(130);
    expect(ended.stdout).toMatch(/interrupted while judging in-vitro on in-vitro\n +kept: both trained runs/);
    const listed = (await json(['runs', '--folder', cut])) as { runs: { status: string }[] };
    expect(listed.runs.map(({ status }) => status)).toEqual(['finished', 'finished']);
  });
});
