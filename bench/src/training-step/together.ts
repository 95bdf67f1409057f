// Several peers in one process, under benny: a ratio taken here is free of what differs between two runs of Node.
// Usage: node dist/training-step/together.js --batch B --bins T --peers a,b [--seconds S]; prints {name: medianMs}.
import { parseArgs } from 'node:util';
import { add, configure, suite } from 'benny';
import { loadPeer } from './peers.ts';
import { makeProblem } from './problem.ts';

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '2' },
    bins: { type: 'string', default: '64' },
    peers: { type: 'string', default: '' },
    seconds: { type: 'string', default: '5' },
  },
});

const problem = makeProblem({ batch: Number(values.batch), bins: Number(values.bins) });
const cases = [];
for (const name of values.peers.split(',')) {
  const peer = await loadPeer(name);
  const runner = await peer.prepare(problem);
  await runner.first();
  cases.push(add(name, () => runner.step()));
}
const summary = await suite(
  'training step',
  ...cases,
  configure({ cases: { minSamples: 5, initCount: 1, maxTime: Number(values.seconds) } }),
);
const medians = summary.results.map((r) => [
  r.name,
  { medianMs: 1000 * r.details.median, samples: r.samples },
]);
process.stdout.write(`${JSON.stringify(Object.fromEntries(medians))}\n`);
process.exit(0);
