// `train` as a user meets it: a run folder, resume after Ctrl-C and after kill -9, refusals, and nothing private written.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { json, periodicCsv, repository, run, runtime, scratch, start } from './harness.ts';
import { killAndResume, TINY_RUN } from './kill.ts';

const folder = scratch();
afterAll(() => folder.remove());
const csv = folder.file('trains.csv', periodicCsv({ units: 3, seconds: 20 }));
const out = (name: string) => join(folder.path, name);

/** Every file below a folder. */
const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());

const weightsOf = (path: string, step: string) =>
  createHash('sha256')
    .update(readFileSync(join(path, 'checkpoints', step, 'model.safetensors')))
    .digest('hex');

describe(`on ${runtime}`, () => {
  test('writes a run that `runs` lists, with nothing private in it', async () => {
    const trained = await json(['train', '--data', csv, '--out', out('first'), ...TINY_RUN, '--seed', '3']);
    expect(trained).toMatchObject({
      schema: 'spikebridge.training/1',
      status: 'finished',
      step: 60,
      steps: 60,
    });
    const present = readdirSync(out('first'));
    for (const name of ['config.resolved.yaml', 'env.json', 'metrics.jsonl', 'checkpoints'])
      expect(present).toContain(name);
    for (const file of filesBelow(out('first'))) {
      const content = readFileSync(file, 'latin1');
      for (const secret of [folder.path, repository, homedir()].filter((path) => path.length > 1))
        expect(content.includes(secret), `${file} holds ${secret}`).toBe(false);
      expect(new RegExp(`\\b${userInfo().username}\\b`).test(content), `${file} names the user`).toBe(false);
    }
    const listed = await json(['runs', '--folder', folder.path]);
    expect(listed).toMatchObject({
      runs: [{ seed: 3, status: 'finished', step: 60, loss: 'bce', data: 'trains' }],
    });
  });

  test('--device auto measures the real step, says what it took, remembers it; resume keeps it', async () => {
    const args = ['train', '--data', csv, '--out', out('auto'), ...TINY_RUN.slice(1)];
    const trained = await run(args);
    expect(trained.code).toBe(0);
    expect(trained.stderr).toMatch(
      /^device: wasm: .*auto measured a training step of 2 x 64 bins: [\d.]+ ms with \w+ SIMD on \d+ thread/m,
    );
    const environmentOf = (name: string) =>
      JSON.parse(readFileSync(join(out(name), 'env.json'), 'utf8')) as {
        device: {
          build: string;
          threads: number;
          measured?: { candidates: { build: string; threads: number; milliseconds: number }[] };
        };
      };
    const { build, threads, measured } = environmentOf('auto').device;
    const candidates = measured?.candidates ?? [];
    const fastest = Math.min(...candidates.map(({ milliseconds }) => milliseconds));
    const taken = candidates.find((one) => one.build === build && one.threads === threads);
    expect(candidates.length).toBeGreaterThan(1);
    expect(taken?.milliseconds).toBeLessThanOrEqual(fastest / 0.8);
    const resumed = await run([...args.slice(0, 5), '--resume']);
    expect(resumed.stderr).toContain('remembered: what the run was begun with');
    expect(environmentOf('auto').device).toMatchObject({ build, threads });
    // Where there is nothing to choose, nothing is measured; --deterministic keeps to plain SIMD.
    const one = await run([...args.slice(0, 4), out('one'), ...TINY_RUN, '--threads', '1']);
    expect(one.stderr).toContain('(auto; plain SIMD gives the same bits everywhere)');
    expect(environmentOf('one').device).toMatchObject({ build: 'plain', threads: 1 });
    expect(environmentOf('one').device.measured).toBeUndefined();
    for (const name of ['auto', 'one']) rmSync(out(name), { recursive: true });
  });

  test('a run that is there is not replaced, and resuming a finished one changes nothing', async () => {
    const before = filesBelow(out('first')).map((file) => [file, statSync(file).mtimeMs]);
    const refused = await run(['train', '--data', csv, '--out', out('first'), ...TINY_RUN]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error E_RUN_EXISTS: /m);
    const resumed = await json(['train', '--data', csv, '--out', out('first'), '--resume']);
    expect(resumed).toMatchObject({ status: 'finished', step: 60 });
    expect(filesBelow(out('first')).map((file) => [file, statSync(file).mtimeMs])).toEqual(before);
  });

  test('Ctrl-C writes a checkpoint, says how to go on, exits 130; resuming gives the same bits', async () => {
    const whole = out('whole');
    const cut = out('cut');
    await json(['train', '--data', csv, '--out', whole, ...TINY_RUN]);
    const started = start(['train', '--data', csv, '--out', cut, ...TINY_RUN, '--set', 'training.steps=60']);
    await started.seen(/device: /);
    const deadline = Date.now() + 30_000;
    while (!existsSync(join(cut, 'metrics.jsonl')) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    started.child.kill('SIGINT');
    const ended = await started.finished;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toMatch(/stopping after this step/);
    expect(ended.stdout).toMatch(/interrupted at step \d+ of 60/);
    expect(ended.stdout).toContain(`--out ${cut} --resume`);
    await json(['train', '--data', csv, '--out', cut, '--resume']);
    expect(weightsOf(cut, 'step-00000060')).toBe(weightsOf(whole, 'step-00000060'));
    // Wall-clock time is in no row, so the logs agree too.
    expect(readFileSync(join(cut, 'metrics.jsonl'), 'utf8')).toBe(
      readFileSync(join(whole, 'metrics.jsonl'), 'utf8'),
    );
    rmSync(cut, { recursive: true });
  });

  // Three moments here, twenty in `npm run reproduce -- kill`.
  const moments = Number(process.env['SPIKEBRIDGE_KILL_MOMENTS'] ?? 3);
  test.each([1, 2])(
    `kill -9 at ${String(moments)} random moments, %d thread(s): the final weights are the same bits`,
    async (threads) => {
      const outcome = await killAndResume({
        folder: folder.path,
        data: csv,
        threads,
        moments,
        seed: threads,
      });
      expect(outcome.uninterrupted).toMatch(/^[0-9a-f]{64}$/);
      expect(outcome.resumed).toHaveLength(moments);
      expect(outcome.resumed).toEqual(outcome.resumed.map(() => outcome.uninterrupted));
      expect(outcome.kills.every(({ stillRan }) => stillRan)).toBe(true);
    },
  );

  test('resuming a start that was killed before its configuration was written begins it', async () => {
    const begun = out('begun');
    mkdirSync(begun, { recursive: true });
    writeFileSync(join(begun, 'env.json'), '{}\n');
    const args = ['train', '--data', csv, '--out', begun, ...TINY_RUN, '--set', 'training.steps=2'];
    expect((await run(args)).stderr).toMatch(/^error E_RUN_EXISTS: /m);
    expect((await run([...args, '--resume'])).code).toBe(0);
    weightsOf(begun, 'step-00000002');
  });

  test('resume refuses other data and another configuration', async () => {
    const other = folder.file('other.csv', periodicCsv({ units: 3, seconds: 21 }));
    const data = await run(['train', '--data', other, '--out', out('first'), '--resume']);
    expect(data.code).toBe(1);
    expect(data.stderr).toMatch(/^error E_DATA_CHANGED: /m);
    const config = await run(['train', '--data', csv, '--out', out('first'), '--resume', '--loss', 'dice']);
    expect(config.code).toBe(2);
    expect(config.stderr).toMatch(/^error E_RESUME_CONFIG: /m);
  });

  test('to resume a run and to replace it at once is refused', async () => {
    const both = await run(['train', '--data', csv, '--out', out('first'), '--resume', '--force']);
    expect(both.code).toBe(2);
    expect(both.stderr).toMatch(/^error E_USAGE: .*--resume.*--force/m);
    expect(existsSync(out('first'))).toBe(true);
  });

  test('a dry run tells memory and time and writes nothing', async () => {
    const document = (await json([
      'train',
      '--data',
      csv,
      '--out',
      out('dry'),
      ...TINY_RUN,
      '--dry-run',
    ])) as {
      parameters: number;
      seconds: number;
      bytes: { plan: number };
    };
    expect(document.parameters).toBeGreaterThan(100);
    expect(document.seconds).toBeGreaterThan(0);
    expect(document.bytes.plan).toBeGreaterThan(0);
    expect(existsSync(out('dry'))).toBe(false);
  });

  test('a dry run of a step that takes minutes ends in seconds: it is estimated from a shorter one', async () => {
    const dry = async (batch: number) =>
      (await json([
        ...['train', '--data', csv, '--out', out('long'), ...TINY_RUN, '--dry-run', '--device', 'wasm'],
        ...[
          '--set',
          'training.context=512',
          '--set',
          `training.batch=${String(batch)}`,
          '--set',
          'net.width=128',
        ],
      ])) as {
        secondsAStep: number;
        bytes: { plan: number };
        timed: { batch: number; bins: number; whole: boolean; seconds: number };
      };
    const small = await dry(2);
    expect(small.timed).toMatchObject({ batch: 2, bins: 512, whole: true, seconds: small.secondsAStep });
    const large = await dry(2048);
    expect(large.timed).toMatchObject({ bins: 512, whole: false });
    expect(large.timed.batch).toBeLessThan(1024);
    // The work of a step grows with its windows; the parameters' share of the traffic does not.
    const times = large.secondsAStep / large.timed.seconds;
    const windows = 2048 / large.timed.batch;
    expect(times).toBeGreaterThan(0.8 * windows);
    expect(times).toBeLessThan(1.01 * windows);
    expect(large.bytes.plan / small.bytes.plan).toBeGreaterThan(500);
    expect(existsSync(out('long'))).toBe(false);
  });

  test('configuration: file < option < --set, unknown keys named with the nearest one', async () => {
    const config = folder.file('config.yaml', 'seed: 5\nloss: { kind: focal }\ntraining: { steps: 7 }\n');
    const document = (await json(
      [
        ...[
          'train',
          '--data',
          csv,
          '--out',
          out('dry'),
          ...TINY_RUN.filter((word) => !word.startsWith('training.steps')),
        ],
        ...['--config', config, '--loss', 'dice', '--set', 'training.learningRate=0.01', '--dry-run'],
      ].filter((word, index, all) => !(word === '--set' && all[index + 1] === '--set')),
    )) as {
      config: { seed: number; loss: { kind: string }; training: { steps: number; learningRate: number } };
    };
    expect(document.config).toMatchObject({
      seed: 5,
      loss: { kind: 'dice' },
      training: { steps: 7, learningRate: 0.01 },
    });
    const unknown = await run([
      'train',
      '--data',
      csv,
      '--out',
      out('dry'),
      '--set',
      'training.learningrate=1',
      '--dry-run',
    ]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(
      /^error E_CONFIG_UNKNOWN_KEY: .*\n +what to do: did you mean training\.learningRate/m,
    );
  });

  test('a recording too short for its split is refused with a way out', async () => {
    const short = folder.file('short.csv', periodicCsv({ units: 2, seconds: 0.3 }));
    const refused = await run([
      'train',
      '--data',
      short,
      '--out',
      out('short'),
      ...TINY_RUN,
      '--set',
      'training.context=4096',
    ]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error E_SPLIT_EMPTY: [^\n]*\n +what to do: /m);
    expect(existsSync(out('short'))).toBe(false);
  });
});
