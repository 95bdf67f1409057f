// `serve`: the browser app at an address of this machine alone, until Ctrl-C.
import { aborted, holdInterrupt } from '../interrupt.ts';
import type { GlobalFlags } from '../options.ts';
import { installedApp, openApp } from '../serve/app-folder.ts';
import { showInBrowser } from '../serve/browser.ts';
import { DEFAULT_PORT, startAppServer } from '../serve/server.ts';
import { Terminal } from '../terminal.ts';

export interface ServeFlags extends GlobalFlags {
  readonly port?: number;
  readonly open: boolean;
}

/** Returns after Ctrl-C or SIGTERM, which is how it is meant to end: 0. */
export async function serve(flags: ServeFlags, folder = installedApp()): Promise<void> {
  const terminal = Terminal.of(flags);
  const app = openApp(folder);
  const interrupt = holdInterrupt(() => undefined);
  try {
    const server = await startAppServer(app, flags.port);
    const { url, port } = server;
    terminal.result(url, { schema: 'spikebridge.serve/1', url, port });
    if (flags.port === undefined && port !== DEFAULT_PORT)
      terminal.warn(
        `port ${String(DEFAULT_PORT)} is taken, so the page is at ${String(port)}: what it kept at another port it does not see here`,
      );
    terminal.note('for this machine alone; Ctrl-C ends it');
    if (flags.open) void showInBrowser(url, terminal);
    await aborted(interrupt.signal);
    await server.close();
  } finally {
    interrupt.release();
  }
}
