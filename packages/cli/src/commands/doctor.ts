// `doctor`: what this machine offers, what `--device auto` takes, and every kernel against the float64 reference.
import type { ConformanceRow } from '@spikebridge/model';
import { conformanceRows, CONFORMANCE_CASES } from '@spikebridge/model';
import { openDevice } from '../device.ts';
import type { Device } from '../device.ts';
import { describeHost } from '../host/runtime.ts';
import type { GlobalFlags } from '../options.ts';
import { startProgress } from '../progress.ts';
import { formatTable, Terminal } from '../terminal.ts';

export interface DoctorFlags extends GlobalFlags {
  readonly threads?: number;
}

interface Verdict {
  readonly device: Device['choice'];
  readonly cases: number;
  readonly failures: readonly ConformanceRow[];
}

/** Returns 0 when everything agrees, 1 when a kernel does not. */
export async function doctor(flags: DoctorFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  const host = describeHost();
  const verdicts: Verdict[] = [];
  for (const deterministic of [false, true]) {
    const device = await openDevice({ device: 'auto', deterministic, threads: flags.threads });
    try {
      if (verdicts.some((verdict) => verdict.device.build === device.choice.build)) continue;
      verdicts.push({ device: device.choice, ...conform(device, terminal) });
    } finally {
      device.dispose();
    }
  }
  const healthy = verdicts.every((verdict) => verdict.failures.length === 0);
  terminal.result(describe(host, verdicts), {
    schema: 'spikebridge.doctor/1',
    host,
    healthy,
    devices: verdicts,
  });
  return healthy ? 0 : 1;
}

function conform(device: Device, terminal: Terminal): Pick<Verdict, 'cases' | 'failures'> {
  const progress = startProgress(
    terminal,
    `checking ${device.choice.build}`,
    CONFORMANCE_CASES.length,
    'cases',
  );
  const failures: ConformanceRow[] = [];
  let cases = 0;
  for (const row of conformanceRows(device.backend)) {
    cases += 1;
    if (!row.pass) failures.push(row);
    progress.update(Math.min(cases, CONFORMANCE_CASES.length));
  }
  progress.stop();
  return { cases, failures };
}

function describe(host: ReturnType<typeof describeHost>, verdicts: readonly Verdict[]): string {
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  const chosen = verdicts.at(0);
  const lines = [
    `runtime        ${host.runtime}, ${host.platform}`,
    `processor      ${host.processor}, ${host.cores} cores, ${host.memoryGiB} GiB`,
    `relaxed SIMD   ${yes(host.relaxedSimd)}`,
    `shared memory  ${yes(host.sharedMemory)}`,
    `device (auto)  ${chosen === undefined ? 'none' : `${chosen.device.description} (${chosen.device.why})`}`,
    '',
    formatTable(
      ['build', 'threads', 'kernel cases', 'agree', 'verdict'],
      verdicts.map(({ device, cases, failures }) => [
        device.build,
        String(device.threads),
        String(cases),
        String(cases - failures.length),
        failures.length === 0 ? 'ok' : 'FAILED',
      ]),
    ),
  ];
  for (const { device, failures } of verdicts)
    for (const row of failures.slice(0, 10))
      lines.push(`  ${device.build}: ${row.op} ${row.name}: ` + (row.error ?? mismatch(row)));
  return lines.join('\n');
}

function mismatch({ at, tolerance }: ConformanceRow): string {
  if (at === null) return `off by more than ${tolerance}`;
  return `${at.tensor}[${at.index}] is ${at.got}, the reference says ${at.wanted} (tolerance ${tolerance})`;
}
