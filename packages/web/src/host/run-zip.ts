// A run folder as one zip file, for the command line to go on with, and back.
import { SpikebridgeError } from '@spikebridge/model';
import { unzip, zip } from 'fflate';

/** Files lie in a folder called `name`. Weights hardly shrink, so nothing is compressed. */
export function zipRun(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const inside = Object.fromEntries([...files].map(([path, bytes]) => [`${name}/${path}`, bytes]));
  return new Promise((done, fail) =>
    zip(inside, { level: 0 }, (error, bytes) => {
      if (error === null) done(bytes);
      else fail(error);
    }),
  );
}

/** @throws E_ZIP for what is no zip of one run folder */
export async function unzipRun(
  bytes: Uint8Array,
): Promise<{ readonly name: string; readonly files: Map<string, Uint8Array> }> {
  const refuse = (message: string, cause?: unknown): never => {
    throw new SpikebridgeError('E_ZIP', message, {
      fix: 'give the zip of one run folder, as this page or `zip -r run.zip RUN` makes it',
      cause,
    });
  };
  const inside = await new Promise<Record<string, Uint8Array>>((done, fail) =>
    unzip(bytes, (error, found) => {
      if (error === null) done(found);
      else fail(error);
    }),
  ).catch((cause: unknown) => refuse('this is no zip file that can be read', cause));
  const paths = Object.keys(inside).filter((path) => !path.endsWith('/'));
  const config = paths.find((path) => /(^|\/)config\.resolved\.yaml$/.test(path));
  if (config === undefined) return refuse('the zip holds no run: config.resolved.yaml is not in it');
  const top = config.slice(0, config.length - 'config.resolved.yaml'.length);
  const files = new Map(
    paths.filter((path) => path.startsWith(top)).map((path) => [path.slice(top.length), inside[path]]),
  );
  return { name: top.split('/').at(-2) ?? 'run', files };
}
