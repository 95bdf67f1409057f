// Plan: the checksum against RFC 3720; header and scalar records against bytes worked out by hand from event.proto;
// what is written is read back; damage is noticed.
import { describe, expect, it } from 'vitest';
import { eventFileHeader, readScalarEvents, scalarRecord } from './tensorboard.ts';
import { crc32c, maskedCrc32c } from './tensorboard-crc.ts';

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe('crc32c', () => {
  it('gives the vectors of RFC 3720 B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it('masks by rotation and offset', () => {
    // 0xe3069283 rotated right by 15 = 0x2507c60d; plus 0xa282ead8 = 0xc78ab0e5
    expect(maskedCrc32c(new TextEncoder().encode('123456789'))).toBe(0xc78ab0e5);
  });
});

describe('event files', () => {
  it('starts with the version record', () => {
    const bytes = eventFileHeader(1.5);
    // message: 09 <double 1.5> 1a 0d "brain.Event:2" = 24 bytes
    const message = '09000000000000f83f' + '1a0d' + hex(new TextEncoder().encode('brain.Event:2'));
    expect(hex(bytes.subarray(0, 8))).toBe('1800000000000000');
    expect(hex(bytes.subarray(12, 36))).toBe(message);
    const view = new DataView(bytes.buffer);
    expect(view.getUint32(8, true)).toBe(maskedCrc32c(bytes.subarray(0, 8)));
    expect(view.getUint32(36, true)).toBe(maskedCrc32c(bytes.subarray(12, 36)));
    expect(bytes.length).toBe(40);
  });

  it('encodes scalars field by field', () => {
    const bytes = scalarRecord(2, 300, { ab: 0.5 });
    // wall_time 2.0; step 300 = varint ac 02; summary(5) { value(1) { tag(1) "ab", simple_value(2) 0.5 } }
    const message = '090000000000000040' + '10ac02' + '2a0b' + '0a09' + '0a026162' + '150000003f';
    expect(hex(bytes.subarray(12, bytes.length - 4))).toBe(message);
    expect(bytes[0]).toBe(message.length / 2);
  });

  it('reads back what it wrote, in order', () => {
    const file = join(
      eventFileHeader(10),
      scalarRecord(11, 0, { 'loss/train': 0.25, 'speed/bins per second': 1e6 }),
      scalarRecord(12, 5_000_000_000, { 'loss/train': -1 }),
    );
    expect(readScalarEvents(file)).toEqual([
      { wallTime: 11, step: 0, tag: 'loss/train', value: 0.25 },
      { wallTime: 11, step: 0, tag: 'speed/bins per second', value: 1e6 },
      { wallTime: 12, step: 5_000_000_000, tag: 'loss/train', value: -1 },
    ]);
  });

  it('notices a flipped byte anywhere and a cut inside a record', () => {
    const file = join(eventFileHeader(1), scalarRecord(2, 3, { a: 4 }));
    for (let at = 0; at < file.length; at++) {
      const flipped = file.slice();
      flipped[at] ^= 4;
      expect(() => readScalarEvents(flipped), `byte ${at}`).toThrow(
        expect.objectContaining({ code: 'E_TENSORBOARD' }),
      );
    }
    expect(() => readScalarEvents(file.subarray(0, file.length - 1))).toThrow(/ends inside/);
    expect(() => readScalarEvents(file.subarray(0, 45))).toThrow(/ends inside/);
  });
});
