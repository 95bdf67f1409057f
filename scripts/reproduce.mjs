// `npm run reproduce -- ROW ...`: makes a figure of the README again with the very commands a user would type, and writes
// docs/results/ROW.json and ROW.md with command, machine and date. Rows on recordings need SPIKEBRIDGE_DATA.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitOf, dataFolder, machine, root, writeWhole } from './lib/project.mjs';
import { floorsRow } from './lib/floors-row.mjs';
import { guardRow, lossesRow, withinRow, zeroShotRow } from './lib/recording-rows.mjs';
import { benchRow, testRow } from './lib/suite-rows.mjs';
import { transferRow } from './lib/transfer-row.mjs';
import { build, install } from './prepare.mjs';

/** What makes a row: returns { title, commands, data, markdown }. */
const ROWS = {
  'in-vitro': { needsData: true, make: () => withinRow('in-vitro') },
  'in-vivo': { needsData: true, make: () => withinRow('in-vivo') },
  floors: { needsData: true, make: () => floorsRow(rowOf) },
  'zero-shot': { needsData: true, make: zeroShotRow },
  'transfer-rates': { needsData: true, make: () => transferRow('rates') },
  'transfer-statistics': { needsData: true, make: () => transferRow('statistics') },
  'transfer-pairs': { needsData: true, make: () => transferRow('pairs') },
  losses: { needsData: true, make: lossesRow },
  guards: { needsData: true, make: guardRow },
  'training-step': { needsData: false, make: () => benchRow('training-step') },
  binner: { needsData: false, make: () => benchRow('binner') },
  ranking: { needsData: false, make: () => benchRow('ranking') },
  generation: { needsData: false, make: () => benchRow('generation') },
  kill: {
    needsData: false,
    make: () =>
      testRow({
        title: 'kill -9 during training, then resume: final weights bit for bit',
        config: 'vitest.cli.config.ts',
        files: ['packages/cli/test/train.test.ts'],
        pattern: 'kill -9',
        env: { SPIKEBRIDGE_KILL_MOMENTS: '20', SPIKEBRIDGE_RUNTIME: 'node' },
      }),
  },
  gradients: {
    needsData: false,
    make: () =>
      testRow({
        title: 'gradients against central differences of the float64 reference',
        config: 'vitest.config.ts',
        files: ['packages/model/src/nets/gradients.test.ts'],
        pattern: '',
        env: { SPIKEBRIDGE_THOROUGH: '1' },
      }),
  },
};

const asked = process.argv.slice(2).filter((word) => word !== '--');
const names = asked.length === 0 ? [] : asked.includes('all') ? Object.keys(ROWS) : asked;
const unknown = names.filter((name) => !(name in ROWS));
if (names.length === 0 || unknown.length > 0) {
  console.error(
    `${unknown.length > 0 ? `No row named ${unknown.join(', ')}. ` : ''}Rows: ${Object.keys(ROWS).join(', ')}, all.`,
  );
  process.exit(2);
}

const baseOf = (name) => join(root, 'docs', 'results', name);

/** Makes a row, writes it and returns its document. */
async function make(name) {
  const { title, commands, data, markdown } = await ROWS[name].make();
  const date = new Date().toISOString().slice(0, 10);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const commit = await commitOf();
  const document = {
    row: name,
    title,
    date,
    machine: machine(),
    spikebridge: version,
    commit,
    commands,
    data,
  };
  writeWhole(`${baseOf(name)}.json`, `${JSON.stringify(document, null, 2)}\n`);
  const page = [
    `# ${title}`,
    `\`npm run reproduce -- ${name}\`, ${date}, ${machine()}, Spikebridge ${version} at ${commit}.`,
    markdown,
    `Commands:\n\n\`\`\`text\n${commands.join('\n')}\n\`\`\``,
  ];
  writeWhole(`${baseOf(name)}.md`, `${page.join('\n\n')}\n`);
  console.log(`\n${page.join('\n\n')}`);
  return document;
}

/** The document of a row, as written before (its date and commit stand in it) or made now. */
async function rowOf(name) {
  const path = `${baseOf(name)}.json`;
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : await make(name);
}

await install();
await build({ everything: true });
for (const name of names) {
  if (ROWS[name].needsData && dataFolder() === undefined) {
    console.error(`${name}: skipped, it needs the recordings of docs/data.md in SPIKEBRIDGE_DATA`);
    process.exitCode = 1;
    continue;
  }
  await make(name);
}
