// Plan: the published test vectors, every padding boundary against node:crypto, and a message past one block of lengths.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sha256, sha256Hex, sha256HexOfText } from './sha256.ts';

describe('sha256', () => {
  it('gives the vectors of FIPS 180-4', () => {
    expect(sha256HexOfText('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256HexOfText('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(sha256HexOfText('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')).toBe(
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    );
  });

  it('agrees with node:crypto at every length up to three blocks', () => {
    for (let length = 0; length <= 192; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 255);
      expect(sha256Hex(bytes), `length ${length}`).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('gives the same however the bytes are cut, views into a larger buffer included', () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 91) & 255);
    const whole = createHash('sha256').update(bytes.subarray(3)).digest('hex');
    for (let piece = 1; piece <= 130; piece++) {
      const hash = new Sha256();
      for (let at = 3; at < 300; at += piece) hash.update(bytes.subarray(at, at + piece));
      expect(hash.hex(), `pieces of ${piece}`).toBe(whole);
    }
  });

  it('hashes UTF-8, not code units', () => {
    expect(sha256HexOfText('µ')).toBe(createHash('sha256').update('µ', 'utf8').digest('hex'));
  });
});
