// Shows an address in the user's browser, where there is one. That there is none is no fault: the address is printed.
import type { Terminal } from '../terminal.ts';

export async function showInBrowser(url: string, terminal: Terminal): Promise<void> {
  const failed = () => terminal.note(`no browser could be opened; open ${url} yourself`);
  try {
    const { default: open } = await import('open');
    const opener = await open(url);
    opener.once('error', failed);
    opener.once('exit', (code) => {
      if (code !== 0) failed();
    });
  } catch {
    failed();
  }
}
