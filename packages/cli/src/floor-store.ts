// Where fitted floors lie on this machine: beside the runs, for all of them.
import { dirname, join, resolve } from 'node:path';
import type { FloorStore } from '@spikebridge/model';
import { nodeRunStore } from './host/run-store.ts';

export const floorStoreOf = (run: string): FloorStore => nodeRunStore(join(dirname(resolve(run)), '.floors'));
