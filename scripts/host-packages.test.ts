// Plan: what is installed where, and that the printed command says the same as what is carried out.
import { describe, expect, it } from 'vitest';
import { describePlan, installPlan } from './lib/host-packages.mjs';

const source = (suite: string) => ({
  types: ['deb'],
  uris: ['http://mirror.invalid/debian'],
  suites: [suite],
  components: ['main'],
  signedBy: '/key.gpg',
});
const debian = (codename: string, ...suites: string[]) => ({
  osRelease: `PRETTY_NAME="Debian GNU/Linux"\nVERSION_CODENAME=${codename}\nID=debian\nID_LIKE=other\n`,
  sources: [codename, ...suites].map(source),
});

describe('installPlan', () => {
  it('takes Mesa for Dawn and Deno from the backports of Debian 12, which it adds once', () => {
    for (const host of ['dawn', 'deno'] as const) {
      const plan = installPlan(host, debian('bookworm'));
      expect(plan?.source?.path).toMatch(/^\/etc\/apt\/sources\.list\.d\/[\w-]+\.sources$/);
      expect(plan?.source?.text).toContain('Suites: bookworm-backports\n');
      expect(plan?.commands.at(-1)?.join(' ')).toBe(
        'apt-get install -y --no-install-recommends -t bookworm-backports mesa-vulkan-drivers libvulkan1',
      );
    }
    const again = installPlan('dawn', debian('bookworm', 'bookworm-backports'));
    expect(again?.source).toBeUndefined();
    expect(again?.commands.at(-1)).toContain('bookworm-backports');
  });

  it('takes Chromium, and what newer releases have, from the release itself', () => {
    expect(installPlan('chromium', debian('bookworm'))).toEqual({
      source: undefined,
      commands: [
        ['apt-get', 'update'],
        ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'],
      ],
    });
    expect(installPlan('dawn', debian('trixie'))?.commands.at(-1)?.join(' ')).toBe(
      'apt-get install -y --no-install-recommends mesa-vulkan-drivers libvulkan1',
    );
  });

  it('takes workflow engines from the release itself', () => {
    expect(installPlan('slurm', debian('bookworm'))?.commands.at(-1)?.join(' ')).toBe(
      'apt-get install -y --no-install-recommends slurm-wlm munge',
    );
    expect(installPlan('snakemake', debian('bookworm'))?.source).toBeUndefined();
  });

  it('has no plan for another system, nor for a Debian that gets its packages elsewhere', () => {
    const ubuntu = { osRelease: 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n', sources: [] };
    expect(installPlan('chromium', ubuntu)).toBeUndefined();
    expect(installPlan('dawn', { osRelease: '', sources: [] })).toBeUndefined();
    expect(installPlan('dawn', { ...debian('bookworm'), sources: [] })).toBeUndefined();
  });
});

it('describePlan prints what a root shell takes', () => {
  const plan = installPlan('dawn', debian('bookworm'));
  expect(plan && describePlan(plan)).toBe(
    "printf '%s\\n' 'Types: deb' 'URIs: http://mirror.invalid/debian' 'Suites: bookworm-backports' 'Components: main' " +
      "'Signed-By: /key.gpg' > /etc/apt/sources.list.d/spikebridge-backports.sources && apt-get update && " +
      'apt-get install -y --no-install-recommends -t bookworm-backports mesa-vulkan-drivers libvulkan1',
  );
});
