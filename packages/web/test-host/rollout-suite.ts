// Free-running on this host's GPU against the CPU's roll-out.
import { createWasmBackend, rolloutRows } from '@spikebridge/model';
import { onBackend } from './engine-suites.ts';
import type { Suite } from './rows.ts';

export const rollout: Suite = {
  name: 'rollout',
  rows: (context) =>
    onBackend(context, async function* (backend) {
      const cpu = await createWasmBackend({ threads: 1, deterministic: true });
      try {
        for await (const { name, pass, worst, tolerance, otherwise } of rolloutRows(backend, cpu)) {
          const message = `${otherwise} bits drawn otherwise than on the CPU`;
          yield { suite: 'rollout', name, pass, worst, tolerance, message: pass ? '' : message };
        }
      } finally {
        cpu.dispose();
      }
    }),
};
