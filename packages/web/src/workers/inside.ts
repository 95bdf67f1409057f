// What a run looks at: attention by lag and importance of units, as `interpret` has them.
import type { InterpretationDocument } from '@spikebridge/model';
import {
  heldOut,
  interpretationCharts,
  interpretationDocumentSchema,
  keepLook,
  lookInto,
  readDocument,
} from '@spikebridge/model';
import { drawn } from './drawn-chart.ts';
import type { DrawnChart } from './drawn-chart.ts';
import { judgingDevice, openWhole } from './judging.ts';
import { listenerOf } from './lab-events.ts';
import type { JobHost } from './lab-events.ts';
import type { Shelves } from './shelves.ts';

const NAME = 'interpretation';

export async function insideCharts({ runs }: Shelves, id: string): Promise<DrawnChart[]> {
  const document = await readDocument(await runs.open(id), `${NAME}.json`, interpretationDocumentSchema);
  return document === undefined ? [] : draw(document);
}

export async function lookInside(shelves: Shelves, id: string, host: JobHost): Promise<DrawnChart[]> {
  const { run, source } = await openWhole(shelves, id);
  const device = await judgingDevice(run);
  try {
    const seen = await lookInto({
      ...{ run, source, device, prepared: heldOut(source, 'test') },
      ...{ signal: host.signal, listener: listenerOf(host) },
    });
    await keepLook(run, NAME, seen);
    return await draw(seen.document);
  } finally {
    device.dispose();
  }
}

const draw = (document: InterpretationDocument): Promise<DrawnChart[]> =>
  drawn(interpretationCharts(document));
