// A thread that grows trees: what a crew of the forest suite is made of.
import { parentPort } from 'node:worker_threads';
import { growTrees, type GrowthJob } from '@spikebridge/model';

const port = parentPort;
if (port === null) throw new Error('this module is started as a worker');
port.on('message', ({ data, from, to }: GrowthJob) => port.postMessage(growTrees(data, from, to)));
