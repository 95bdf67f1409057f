// `doctor`: what this machine offers, what `--device auto` takes, and every kernel against the float64 reference.
import type { ConformanceRow } from '@spikebridge/model';
import { conformanceRows, CONFORMANCE_CASES, resolveConfig, simulateInVivo } from '@spikebridge/model';
import { openDevice } from '../device.ts';
import type { Device } from '../device.ts';
import { trainingProbe } from '../device-probe.ts';
import { describeHost } from '../host/runtime.ts';
import type { GlobalFlags } from '../options.ts';
import { prepareSource } from '../prepared.ts';
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
  const auto = await measureAuto(flags.threads);
  for (const deterministic of [false, true]) {
    const device = await openDevice({ device: 'wasm', deterministic, threads: flags.threads });
    try {
      if (verdicts.some((verdict) => verdict.device.build === device.choice.build)) continue;
      verdicts.push({ device: device.choice, ...(await conform(device, terminal)) });
    } finally {
      device.dispose();
    }
  }
  const healthy = verdicts.every((verdict) => verdict.failures.length === 0);
  terminal.result(describe(host, auto, verdicts), {
    schema: 'spikebridge.doctor/1',
    host,
    healthy,
    auto,
    devices: verdicts,
  });
  return healthy ? 0 : 1;
}

/** What `--device auto` takes for the preset `small`, on a few simulated seconds. */
async function measureAuto(threads: number | undefined): Promise<Device['choice']> {
  const { config } = resolveConfig({ preset: 'small' });
  const recording = simulateInVivo({ units: config.data.units, seconds: 6, seed: 1 });
  const probe = () => trainingProbe(prepareSource(recording, config), config);
  const device = await openDevice({ device: 'auto', deterministic: false, threads, probe });
  device.dispose();
  return device.choice;
}

async function conform(device: Device, terminal: Terminal): Promise<Pick<Verdict, 'cases' | 'failures'>> {
  const progress = startProgress(
    terminal,
    `checking ${device.choice.build}`,
    CONFORMANCE_CASES.length,
    'cases',
  );
  const failures: ConformanceRow[] = [];
  let cases = 0;
  for await (const row of conformanceRows(device.backend)) {
    cases += 1;
    if (!row.pass) failures.push(row);
    progress.update(Math.min(cases, CONFORMANCE_CASES.length));
  }
  progress.stop();
  return { cases, failures };
}

function describe(
  host: ReturnType<typeof describeHost>,
  auto: Device['choice'],
  verdicts: readonly Verdict[],
): string {
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  const lines = [
    `runtime        ${host.runtime}, ${host.platform}`,
    `processor      ${host.processor}, ${host.cores} cores, ${host.memoryGiB} GiB`,
    `relaxed SIMD   ${yes(host.relaxedSimd)}`,
    `shared memory  ${yes(host.sharedMemory)}`,
    `device (auto)  ${auto.description}, for the preset small`,
    `               ${auto.why}`,
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
