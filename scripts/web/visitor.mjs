// What a visitor does in the app, by the words that stand on its controls.

const main = (page) => page.locator('main');

/** Opens a view by its address, as a link does. */
export async function visit(host, page, address) {
  await page.goto(`${host.url}#/${address}`);
  await main(page).getByRole('heading', { level: 1 }).waitFor();
}

/** Picks files; the page shows what it read. Returns its id for addresses. */
export async function openFiles(host, page, ...paths) {
  await visit(host, page, 'open');
  await page.locator('input[type="file"][multiple]').setInputFiles(paths);
  await page.getByRole('heading', { level: 2, name: 'Raster' }).waitFor();
  return recordingId(page);
}

/** Id of the recording that is looked at. */
export const recordingId = (page) => decodeURIComponent(/#\/recording\/([^?]+)/.exec(page.url())[1]);

/** A fact of the recording that is looked at, once it is there: what stands beside its name. */
export const fact = (page, name) =>
  page.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd').textContent();

/** From the page's load on: every step that its bar shows, in `steps`. */
export const watchSteps = (page) =>
  page.addInitScript(() => {
    globalThis.steps = [];
    new globalThis.MutationObserver(() => {
      const step = globalThis.document.querySelector('.runbar progress')?.value ?? 0;
      if (step > 0 && step !== globalThis.steps.at(-1)) globalThis.steps.push(step);
    }).observe(globalThis.document, { subtree: true, childList: true, attributes: true });
  });

/** Waits until the bar has shown this step, or a later one. */
export const reaches = (page, step) =>
  page.waitForFunction((least) => globalThis.steps.at(-1) >= least, step);

/** Fills the training form and sends it. `more`: settings that have no field of their own. */
export async function beginTraining(host, page, options) {
  const { recording, device = 'wasm', deterministic = true, steps, checkpoint, seed, more = {} } = options;
  await visit(host, page, 'train');
  const form = main(page).locator('form');
  const option = form.getByLabel('Recording').locator('option', { hasText: `${recording} (` });
  await form.getByLabel('Recording').selectOption(await option.getAttribute('value'));
  await form.getByLabel('Device').selectOption(device);
  await form.getByLabel('Steps', { exact: true }).fill(String(steps ?? ''));
  await form.getByLabel('Checkpoint every').fill(String(checkpoint ?? ''));
  if (seed !== undefined) await form.getByLabel('Seed').fill(String(seed));
  await form.getByLabel('The same bits').setChecked(deterministic);
  await form.locator('details').evaluate((one) => one.setAttribute('open', ''));
  await form.getByLabel('key=value').fill(settingLines(more).join('\n'));
  await form.getByRole('button', { name: 'Start training' }).click();
}

export const settingLines = (settings) => Object.entries(settings).map(([key, value]) => `${key}=${value}`);

/** Name of a run in the list whose row holds `text`, once it stands there as `status`: finished, interrupted ... */
export async function ended(page, status, text) {
  const row = page
    .getByRole('region', { name: 'Runs' })
    .getByRole('row')
    .filter({ hasText: text })
    .filter({ has: page.getByText(status, { exact: true }) })
    .last();
  const name = await row.getByRole('button', { name: 'Download' }).getAttribute('aria-label');
  return name.slice('Download '.length);
}

/** Trains to the end. Returns the run's name, which begins with that of the recording. */
export async function train(host, page, options) {
  await beginTraining(host, page, options);
  return ended(page, 'finished', `${options.recording}-`);
}

/** Judges runs on recordings; waits for as many fields in the square. */
export async function judge(host, page, { runs, recordings, fields }) {
  await visit(host, page, 'judge');
  await chooseToJudge(page, { runs, recordings });
  await page.getByRole('button', { name: /^Judge \d/ }).click();
  await page
    .locator('button.field')
    .nth(fields - 1)
    .waitFor();
  await page.getByRole('region', { name: 'Job at hand' }).waitFor({ state: 'detached' });
}

export async function chooseToJudge(page, { runs, recordings }) {
  const box = (title, options) => page.getByRole('group', { name: title }).getByRole('checkbox', options);
  for (const name of runs) await box('Runs', { name: `${name} (` }).check();
  for (const name of recordings) await box('On recordings', { name, exact: true }).check();
}

/** The faults that are shown: code, message and what to do. */
export const faultsOf = (page) =>
  page.locator('.fault').evaluateAll((found) =>
    found.map((one) => ({
      code: one.querySelector('code').textContent,
      message: one.querySelector('strong').textContent,
      fix: one.querySelectorAll('p').length > 2 ? one.querySelectorAll('p')[1].textContent : null,
    })),
  );
