// The benchmark page: choices, progress, rows as they come, and the block to paste. Nothing is computed here.
import { describeBrowser } from '../../packages/web/src/host/web-device.ts';
import { isolationHost, registerIsolation } from '../../packages/web/src/isolation.ts';
import { VERSION } from '@spikebridge/model';
import '../../packages/web/src/app/style.css';
import './style.css';
import { COMMIT } from './build-facts.ts';
import { DEVICES, GROUPS } from './job.ts';
import type { DeviceName, GroupName, PageRow, Sight } from './job.ts';
import { cellsOf, COLUMNS, jsonReport, pasteBlock } from './paste-block.ts';
import type { Setting } from './paste-block.ts';
import { jobsOf, look, runJobs } from './run.ts';
import { operatingSystem } from './system.ts';

const part = <E extends HTMLElement>(id: string, kind: new () => E): E => {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no #${id}`);
  return found;
};
const form = part('choices', HTMLFormElement);
const startButton = part('start', HTMLButtonElement);
const stopButton = part('stop', HTMLButtonElement);
const copyButton = part('copy', HTMLButtonElement);
const jsonLink = part('json', HTMLAnchorElement);
const block = part('block', HTMLTextAreaElement);
const bar = part('bar', HTMLProgressElement);
const body = part('rows', HTMLTableSectionElement);
const text = (id: string, value: string): void => void (part(id, HTMLElement).textContent = value);

const rows: PageRow[] = [];
let quick = true;
let running: AbortController | null = null;

function fillChoices(): void {
  for (const name of GROUPS) {
    const label = document.createElement('label');
    const box = document.createElement('input');
    Object.assign(box, { type: 'checkbox', name: 'group', value: name, checked: true });
    label.append(box, ` ${name}`);
    part('groups', HTMLFieldSetElement).append(label);
  }
  for (const name of COLUMNS) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = name;
    part('columns', HTMLTableRowElement).append(cell);
  }
}

const chosen = (name: string): string[] =>
  [...form.querySelectorAll<HTMLInputElement>(`input[name="${name}"]:checked:not(:disabled)`)].map(
    ({ value }) => value,
  );

function shut(device: DeviceName, reason: string): void {
  const box = form.querySelector<HTMLInputElement>(`input[value="${device}"]`);
  if (box === null) return;
  box.checked = false;
  box.disabled = true;
  box.parentElement?.append(` (${reason})`);
}

function showSight({ gpu, noThreads, tfjs }: Sight): void {
  const facts: [string, string][] = [
    ['Browser', `${String(describeBrowser().runtime)} on ${operatingSystem()}`],
    ['Processor', `${navigator.hardwareConcurrency} cores as the browser tells`],
    ['GPU', 'missing' in gpu ? `none: ${gpu.missing}` : gpu.name],
    ['Versions', `Spikebridge ${VERSION}, tfjs ${tfjs}`],
  ];
  for (const [name, value] of facts) {
    const pair = document.createElement('div');
    const [term, told] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = name;
    told.textContent = value;
    pair.append(term, told);
    part('sight', HTMLElement).append(pair);
  }
  text('threads', String(navigator.hardwareConcurrency));
  if (noThreads !== '') shut('wasm-n', noThreads);
  if ('missing' in gpu) shut('webgpu', gpu.missing);
  else {
    text('adapter', `: ${gpu.name}${gpu.info.software ? '; correctness only, no performance figure' : ''}`);
    // A program on the CPU takes long and says nothing about a GPU: only where it is asked for.
    const box = form.querySelector<HTMLInputElement>('input[value="webgpu"]');
    if (box !== null) box.checked = !gpu.info.software;
  }
}

function settingOf(sight: Sight, partial: boolean): Setting {
  const { runtime, memoryGiB } = describeBrowser();
  return {
    ...{ spikebridge: VERSION, tfjs: sight.tfjs, commit: COMMIT, date: new Date().toISOString() },
    ...{ browser: String(runtime), os: operatingSystem(), cores: navigator.hardwareConcurrency },
    memoryGiB: typeof memoryGiB === 'number' ? memoryGiB : null,
    ...{ gpu: sight.gpu, quick, partial },
  };
}

function showReport(sight: Sight, partial: boolean): void {
  const setting = settingOf(sight, partial);
  block.value = pasteBlock(setting, rows);
  copyButton.disabled = false;
  URL.revokeObjectURL(jsonLink.href);
  jsonLink.href = URL.createObjectURL(new Blob([jsonReport(setting, rows)], { type: 'application/json' }));
  jsonLink.hidden = false;
}

function addRow(row: PageRow): void {
  rows.push(row);
  const line = document.createElement('tr');
  for (const value of cellsOf(row)) line.insertCell().textContent = value;
  body.append(line);
}

const span = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

/** Rows a minute and the time left, from the groups done so far. */
function paceOf(started: number, done: number, total: number): string {
  const seconds = (performance.now() - started) / 1000;
  const rate = rows.length === 0 ? '' : `; ${((60 * rows.length) / seconds).toFixed(0)} rows a minute`;
  const left = done === 0 ? '' : `; about ${span((seconds / done) * (total - done))} left`;
  return `${done} of ${total} parts, ${span(seconds)}${rate}${left}`;
}

async function measure(sight: Sight): Promise<void> {
  quick = chosen('effort')[0] === 'quick';
  const devices = DEVICES.filter((name) => chosen('device').includes(name));
  const groups: GroupName[] = GROUPS.filter((name) => chosen('group').includes(name));
  const jobs = jobsOf({ quick, devices, groups });
  if (jobs.length === 0) {
    text('state', 'Choose a device and a row first.');
    return;
  }
  const controller = new AbortController();
  running = controller;
  rows.length = 0;
  body.replaceChildren();
  startButton.disabled = true;
  stopButton.disabled = false;
  part('progress', HTMLElement).hidden = false;
  text('state', 'Measuring.');
  const started = performance.now();
  let [done, total, doing] = [0, jobs.reduce((sum, job) => sum + job.groups.length, 0), ''];
  bar.value = 0;
  const faults: string[] = [];
  const timer = setInterval(() => text('pace', `${paceOf(started, done, total)}. ${doing}`), 500);
  await runJobs(jobs, controller.signal, {
    doing: (what) => void (doing = what),
    row: (row) => {
      addRow(row);
      showReport(sight, true);
    },
    advanced: (now, all) => {
      [done, total] = [now, all];
      bar.value = done / total;
    },
    fault: (device, message) => void faults.push(`${device}: ${message}`),
  });
  clearInterval(timer);
  running = null;
  const stopped = controller.signal.aborted;
  text('pace', paceOf(started, done, total));
  showReport(sight, stopped || faults.length > 0);
  startButton.disabled = false;
  stopButton.disabled = true;
  const ending = stopped ? 'Stopped; the rows so far are in the block.' : 'Done.';
  text('state', [ending, ...faults].join(' '));
}

async function copy(): Promise<void> {
  try {
    await navigator.clipboard.writeText(block.value);
    text('state', 'Copied.');
  } catch {
    block.select();
    text('state', 'The browser does not let the page copy: the block is selected, copy it by hand.');
  }
}

fillChoices();
// The worker that adds headers, where it is needed, is the app's: it lies one folder up.
if ((await registerIsolation(isolationHost('../'))) !== 'reloading') {
  text('state', 'Looking at this device.');
  try {
    const sight = await look();
    showSight(sight);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (running === null) void measure(sight);
    });
    stopButton.addEventListener('click', () => running?.abort());
    copyButton.addEventListener('click', () => void copy());
    startButton.disabled = false;
    text('state', 'Ready.');
  } catch (error) {
    text('state', `This device could not be looked at: ${String(error)}`);
  }
}
