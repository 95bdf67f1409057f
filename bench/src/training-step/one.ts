// One peer, one shape, one process: so that the peak resident set is this measurement's alone. Prints one JSON document.
// Usage: node dist/training-step/one.js --peer NAME --batch B --bins T [--warm-up N] [--samples N] [--profile]
import { parseArgs } from 'node:util';
import { measure } from './measure.ts';
import { loadPeer } from './peers.ts';
import { makeProblem } from './problem.ts';

const { values } = parseArgs({
  options: {
    peer: { type: 'string', default: '' },
    batch: { type: 'string', default: '2' },
    bins: { type: 'string', default: '64' },
    'warm-up': { type: 'string', default: '2' },
    samples: { type: 'string', default: '5' },
    profile: { type: 'boolean', default: false },
  },
});

const peer = await loadPeer(values.peer);
const runner = await peer.prepare(makeProblem({ batch: Number(values.batch), bins: Number(values.bins) }));
const measurement = await measure(peer, runner, Number(values['warm-up']), Number(values.samples));
const profile = values.profile ? runner.profile?.() : undefined;
process.stdout.write(
  `${JSON.stringify({ ...measurement, ...(profile === undefined ? {} : { profile }) })}\n`,
);
runner.dispose();
// Worker threads of a peer may still be waiting for work; the answer is out.
process.exit(0);
