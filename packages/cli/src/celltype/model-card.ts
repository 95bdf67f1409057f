// What a person should know of a cell model before using it, in Markdown.
import type { CellModel, Species } from '@spikebridge/model';
import { confidenceFor } from '@spikebridge/model';

/** Of the published tables: what they are, and what is known of their terms. */
export const PROVENANCE: Readonly<Record<Species, { readonly data: string; readonly licence: string }>> = {
  mouse: {
    data: 'mouse visual cortex, GABAergic cells: the features of Gouwens et al. (Cell 183, 2020) as tabulated in daifengwanglab/deepManReg, but for two sweep numbers, and spikes relative to their thresholds, donors from the Allen Institute (metadata of 11 July 2020)',
    licence: 'MIT in both repositories; the raw recordings (DANDI 000020) are CC-BY 4.0',
  },
  human: {
    data: 'human neocortex, GABAergic cells: features of Lee, Dalley et al. (2023), AllenInstitute/human_patchseq_gaba, Revised_subclass_label',
    licence:
      'Allen Institute: no commercial redistribution of the table; weights made from it stay with whoever made them',
  },
};

const COMMON = [
  'Not validated on raw recordings: it was trained and judged on published tables of features. The extractor follows the same definitions, proved on simulated cells.',
  'GABAergic cells only: what it is shown is taken for one. It does not know excitatory cells, glia or other regions.',
  'Whole-cell recordings at the protocols of the Allen Institute (short squares, 1 s squares, ramps); other solutions, temperatures or ages move features.',
];

export const LIMITS: Readonly<Record<Species, readonly string[]>> = {
  mouse: COMMON,
  human: [
    ...COMMON,
    'LAMP5/PAX6/Other is wider than Lamp5: it holds what is none of the other three.',
    'Class and preparation are confounded: most SST cells are from slice cultures, most PVALB cells are not.',
  ],
};

/** The card. */
export function describeModel(model: CellModel): string {
  const { card, classes, features, species } = model;
  const { heldOut } = card;
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const call = (accuracy: number): string => {
    const least = confidenceFor(model, accuracy);
    const step = model.coverage.filter((one) => one.confidence >= least).at(-1);
    return least > 1 || step === undefined
      ? `- right ${percent(accuracy)} of the time: no confidence reaches it`
      : `- right ${percent(accuracy)} of the time: cells with at least ${least.toFixed(2)}, ${percent(step.coverage)} of all`;
  };
  return [
    `# ${card.name}`,
    '',
    `Subclass (${classes.join(', ')}) of a ${species} cell from ${features.length} electrophysiological features: the mean of a few small nets, temperature-scaled.`,
    '',
    '## Data',
    '',
    `${card.data}. ${card.cells} cells of ${card.donors} donors: ${Object.entries(card.cellsByClass)
      .map(([name, cells]) => `${name} ${cells}`)
      .join(', ')}.`,
    '',
    `Terms, as far as known: ${card.licence}.`,
    '',
    '## On donors held out',
    '',
    `${heldOut.folds} folds by donor, pooled (n = ${heldOut.n}, seed ${card.seed}): macro-F1 ${heldOut.macroF1.toFixed(3)}, accuracy ${heldOut.accuracy.toFixed(3)}, ECE ${heldOut.ece.toFixed(3)}. F1: ${Object.entries(
      heldOut.f1ByClass,
    )
      .map(([name, value]) => `${name} ${value.toFixed(3)}`)
      .join(', ')}.`,
    '',
    'Cells are called where held-out cells as sure were right often enough (`--min-accuracy`):',
    '',
    ...[0.9, 0.95, 0.98].map(call),
    '',
    'It abstains where it is less sure, where a third of the features is missing, where more than one in twenty lies beyond what any training cell had, and where features taken together are farther from every class than in all but one of a hundred held-out cells.',
    '',
    '## Limits',
    '',
    ...card.limits.map((limit) => `- ${limit}`),
    '',
    '## Features',
    '',
    features.map(({ name, unit }) => (unit === '' ? `\`${name}\`` : `\`${name}\` (${unit})`)).join(', '),
    '',
    `Configuration ${card.configHash}.`,
    '',
  ].join('\n');
}
