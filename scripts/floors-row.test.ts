// Plan: a mark is reached within its tolerance only, on the pair it belongs to, and never where the figure is missing.
import { describe, expect, it } from 'vitest';
import { compareWithMarks, floorsRow, MARKS } from './lib/floors-row.mjs';

type Scores = Record<string, Record<string, { value: number }>>;

/** The scores of a pair, all of them `off` tolerances from their marks. */
function scores(source: string, target: string, off: number): Scores {
  const found: Scores = {};
  for (const mark of MARKS)
    if (mark.source === source && mark.target === target)
      (found[mark.predictor] ??= {})[mark.metric] = { value: mark.value + off * mark.tolerance };
  return found;
}

describe('floors row', () => {
  it('reaches a mark within its tolerance and says where a figure is missing', () => {
    expect(compareWithMarks([]).every((mark) => !mark.reached && mark.found === null)).toBe(true);
    const pair = { source: 'in-vivo', target: 'in-vivo' };
    const ofPair = (off: number) =>
      compareWithMarks([{ ...pair, scores: scores('in-vivo', 'in-vivo', off) }]).filter(
        (mark) => mark.found !== null,
      );
    expect(ofPair(0.9)).toHaveLength(6);
    expect(ofPair(0.9).every((mark) => mark.reached)).toBe(true);
    expect(ofPair(1.1).some((mark) => mark.reached)).toBe(false);
  });

  it('takes the within rows and the zero-shot pairs by rank', async () => {
    const zeroShot = [
      ['in-vitro', 'in-vivo'],
      ['in-vivo', 'in-vitro'],
    ].flatMap(([source, target]) =>
      ['rank', 'random'].map((pairing) => ({
        direction: `${source} -> ${target}`,
        pairing,
        scores: scores(source, target, pairing === 'rank' ? 0 : 5),
      })),
    );
    const row = await floorsRow((name: string) =>
      Promise.resolve({
        data: { pairs: name === 'zero-shot' ? zeroShot : [{ scores: scores(name, name, 0.5) }] },
      }),
    );
    expect(row.data.marks.every((mark: { reached: boolean }) => mark.reached)).toBe(true);
    expect(row.markdown).not.toContain('MISSED');
  });
});
