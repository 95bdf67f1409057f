// Plan: key order and white space do not matter, list order does; what JSON cannot hold is refused; nearest names.
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';
import { editDistance, nearestName } from './nearest.ts';

describe('canonicalJson', () => {
  it('sorts keys at every depth and leaves lists in order', () => {
    expect(canonicalJson({ b: [2, 1, { z: null, a: 'x' }], a: true })).toBe(
      '{"a":true,"b":[2,1,{"a":"x","z":null}]}',
    );
  });

  it('gives one text for one value, whatever the order of keys', () => {
    expect(canonicalJson({ x: 1, y: { q: 0.1, p: 2.5e-5 } })).toBe(
      canonicalJson({ y: { p: 2.5e-5, q: 0.1 }, x: 1 }),
    );
  });

  it.each([NaN, Infinity, undefined, () => 1])('refuses %s', (value) => {
    expect(() => canonicalJson({ value })).toThrow(expect.objectContaining({ code: 'E_CANONICAL_JSON' }));
  });
});

describe('nearestName', () => {
  it('counts edits', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('same', 'same')).toBe(0);
  });

  it('finds a misspelt key, and a key without its branch', () => {
    const keys = ['training', 'training.learningRate', 'training.batch', 'loss.kind'];
    expect(nearestName('training.learningrate', keys)).toBe('training.learningRate');
    expect(nearestName('trianing.batch', keys)).toBe('training.batch');
    expect(nearestName('learningRate', keys)).toBe('training.learningRate');
    expect(nearestName('anything', [])).toBeUndefined();
  });
});
