// The peers that run inside a Node process, by the name used on the command line and in the table.
import { ReferenceBackend } from '@spikebridge/model';
import { netPeer } from './net.ts';
import { oursPeer } from './ours.ts';
import { tfjsPeer } from './tfjs.ts';
import type { StepPeer } from './peer.ts';

const PEERS: Readonly<Record<string, () => Promise<StepPeer>>> = {
  'ours-plain-1': () => oursPeer({ build: 'plain', threads: 1 }),
  'ours-plain-2': () => oursPeer({ build: 'plain', threads: 2 }),
  'ours-relaxed-1': () => oursPeer({ build: 'relaxed', threads: 1 }),
  'ours-relaxed-2': () => oursPeer({ build: 'relaxed', threads: 2 }),
  'ours-reference': () => Promise.resolve(netPeer('ours-reference', 1, new ReferenceBackend())),
  'tfjs-cpu': () => tfjsPeer('cpu'),
  'tfjs-wasm': () => tfjsPeer('wasm'),
};

/** Our own configurations, in the order of the table. */
export const OURS = ['ours-plain-1', 'ours-plain-2', 'ours-relaxed-1', 'ours-relaxed-2'] as const;

export function loadPeer(name: string): Promise<StepPeer> {
  if (!Object.hasOwn(PEERS, name)) {
    throw new Error(`No peer named ${name}; known: ${Object.keys(PEERS).join(', ')}`);
  }
  return PEERS[name]();
}
