// A whole Slurm on this machine: munge, the controller and one node, in a folder of their own, on free ports. Takes root.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './engine-matrix.ts';

export interface SlurmNode {
  /** Environment in which sbatch finds the cluster. */
  readonly env: NodeJS.ProcessEnv;
  stop(): void;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

export async function startSlurm(folder: string, outer: NodeJS.ProcessEnv): Promise<SlurmNode> {
  const at = (name: string) => join(folder, name);
  for (const name of ['state', 'spool']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o600 });
  const node = hostname().split('.')[0];
  writeFileSync(
    at('slurm.conf'),
    [
      'ClusterName=matrix',
      `SlurmctldHost=${node}(127.0.0.1)`,
      `SlurmctldPort=${String(await freePort())}`,
      `SlurmdPort=${String(await freePort())}`,
      'SlurmUser=root',
      'AuthType=auth/munge',
      `AuthInfo=socket=${at('munge.sock')}`,
      `StateSaveLocation=${at('state')}`,
      `SlurmdSpoolDir=${at('spool')}`,
      `SlurmctldPidFile=${at('slurmctld.pid')}`,
      `SlurmdPidFile=${at('slurmd.pid')}`,
      `SlurmctldLogFile=${at('slurmctld.log')}`,
      `SlurmdLogFile=${at('slurmd.log')}`,
      // A container has neither systemd nor cgroups of its own.
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'MpiDefault=none',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_CPU',
      // Once a second in place of every half minute.
      'SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=100000',
      'ReturnToService=2',
      'MinJobAge=3600',
      `NodeName=${node} NodeAddr=127.0.0.1 CPUs=${String(availableParallelism())} State=UNKNOWN`,
      'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
      '',
    ].join('\n'),
  );
  writeFileSync(at('cgroup.conf'), 'IgnoreSystemd=yes\nCgroupPlugin=cgroup/v1\n');
  const env = { ...outer, SLURM_CONF: at('slurm.conf') };
  const stop = () => {
    for (const name of ['slurmd', 'slurmctld', 'munged']) {
      const file = at(`${name}.pid`);
      if (!existsSync(file)) continue;
      const pid = Number(readFileSync(file, 'utf8'));
      if (pid > 1) spawnSync('kill', [String(pid)]);
    }
  };
  const munge = ['socket', 'key-file', 'pid-file', 'log-file', 'seed-file'].map(
    (name) =>
      `--${name}=${at({ socket: 'munge.sock', 'key-file': 'munge.key', 'pid-file': 'munged.pid', 'log-file': 'munged.log', 'seed-file': 'munged.seed' }[name] ?? name)}`,
  );
  try {
    // --force: the folder above is everybody's.
    await runProgram(['munged', '--force', ...munge], { env, cwd: folder });
    await runProgram(['slurmctld', '-i'], { env, cwd: folder });
    await runProgram(['slurmd'], { env, cwd: folder });
    return { env, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
