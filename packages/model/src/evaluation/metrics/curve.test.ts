// Points of a curve are those of the histogram, end where everything is called, and are few; areas under them are the exact ones, nearly.
import { describe, expect, it } from 'vitest';
import { thresholdCurve } from './curve.ts';
import { rankHistogram } from './summaries.ts';

describe('thresholdCurve', () => {
  it('is recall, false alarms and precision at each bucket, worked by hand', () => {
    const { recall, falseAlarms, precision, threshold } = thresholdCurve([6, 0, 3, 1], [0, 0, 1, 1]);
    expect(recall).toEqual([0.5, 1, 1]);
    expect(falseAlarms).toEqual([0.1, 0.4, 1]);
    expect(precision).toEqual([0.5, 0.33333, 0.16667]);
    // Four buckets over logits of +-13.8: the upper ones begin at 6.9, 0 and -13.8.
    expect(threshold.map((p) => Math.round(Math.log(p / (1 - p)) * 10) / 10)).toEqual([6.9, 0, -13.8]);
  });

  it('is empty where one kind is missing', () => {
    expect(thresholdCurve([1, 2], [0, 0]).recall).toEqual([]);
  });

  it('keeps the area under a fine histogram in about a hundred points', () => {
    const buckets = 4096;
    const bell = (middle: number, size: number) =>
      Float64Array.from({ length: buckets }, (_, b) =>
        Math.round(size * Math.exp(-(((b - middle) / 300) ** 2))),
      );
    const [silent, spiking] = [bell(1500, 1000), bell(1800, 20)];
    const { recall, falseAlarms } = thresholdCurve(silent, spiking);
    expect(recall.length).toBeLessThan(110);
    let area = 0;
    recall.forEach((y, i) => {
      const [x0, y0] = i === 0 ? [0, 0] : [falseAlarms[i - 1], recall[i - 1]];
      area += ((falseAlarms[i] - x0) * (y + y0)) / 2;
    });
    expect(Math.abs(area - rankHistogram(silent, spiking, 0, buckets).rocAuc)).toBeLessThan(0.001);
  });
});
