// Plan: places rise, every entry has the chance that was asked for, neighbours included, and a chance of 1 takes all.
import { describe, expect, it } from 'vitest';
import { drawnPlaces } from './thinning.ts';

function placesBelow(end: number, chance: number, seed = 1): number[] {
  const next = drawnPlaces(seed, 7, chance);
  const places: number[] = [];
  for (let place = next(); place < end; place = next()) places.push(place);
  return places;
}

describe('drawn places', () => {
  it('rise, and are as many as the chance says', () => {
    const places = placesBelow(200_000, 0.05);
    expect(places.every((place, i) => i === 0 || place > places[i - 1])).toBe(true);
    // 10,000 are expected; four deviations are 390.
    expect(Math.abs(places.length - 10_000)).toBeLessThan(390);
  });

  it('have the same chance beside a drawn entry as anywhere', () => {
    const places = placesBelow(200_000, 0.2);
    const neighbours = places.filter((place, i) => i > 0 && place === places[i - 1] + 1).length;
    // 40,000 places, a fifth of them with a neighbour: four deviations are 320.
    expect(Math.abs(neighbours - 0.2 * places.length)).toBeLessThan(320);
    const firsts = Array.from({ length: 2000 }, (_, seed) => drawnPlaces(seed, 7, 0.2)());
    expect(Math.abs(firsts.filter((place) => place === 0).length - 400)).toBeLessThan(72);
  });

  it('are all entries at a chance of 1', () => {
    expect(placesBelow(5, 1)).toEqual([0, 1, 2, 3, 4]);
  });
});
