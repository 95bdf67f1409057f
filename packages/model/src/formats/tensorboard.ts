// TensorBoard event files: scalars only. A file is a run of records; a record is length, masked CRC of the length, an
// Event message in protocol-buffer encoding, masked CRC of the message (tensorflow/core/util/event.proto, record_writer).
import { SpikebridgeError } from '../errors.ts';
import { maskedCrc32c } from './tensorboard-crc.ts';

/** One scalar of one step, as read back. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly tag: string;
  readonly value: number;
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

/** Base-128 varint of a whole number below 2^53. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

const key = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);
const delimited = (field: number, body: Uint8Array): Uint8Array =>
  concat([key(field, 2), varint(body.length), body]);
const text = (field: number, value: string): Uint8Array => delimited(field, new TextEncoder().encode(value));
const whole = (field: number, value: number): Uint8Array => concat([key(field, 0), varint(value)]);

function double(field: number, value: number): Uint8Array {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setFloat64(0, value, true);
  return concat([key(field, 1), body]);
}

function float(field: number, value: number): Uint8Array {
  const body = new Uint8Array(4);
  new DataView(body.buffer).setFloat32(0, value, true);
  return concat([key(field, 5), body]);
}

/** Frames one message as a record. */
function record(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(12 + message.length + 4);
  const view = new DataView(framed.buffer);
  view.setUint32(0, message.length, true);
  view.setUint32(8, maskedCrc32c(framed.subarray(0, 8)), true);
  framed.set(message, 12);
  view.setUint32(12 + message.length, maskedCrc32c(message), true);
  return framed;
}

/** The record every event file starts with. `wallTime` in seconds since 1970. */
export function eventFileHeader(wallTime: number): Uint8Array {
  return record(concat([double(1, wallTime), text(3, 'brain.Event:2')]));
}

/** One record with all scalars of one step; order of `scalars` is kept. */
export function scalarRecord(
  wallTime: number,
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    delimited(1, concat([text(1, tag), float(2, value)])),
  );
  return record(concat([double(1, wallTime), whole(2, step), delimited(5, concat(values))]));
}

/** Walks the fields of a message: field number, wire type, and where its payload lies. */
function* fields(message: Uint8Array): Generator<{ field: number; whole: number; body: Uint8Array }> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = message[at++];
      value += (byte & 127) * scale;
      if (byte < 128 || at > message.length) return value;
      scale *= 128;
    }
  };
  while (at < message.length) {
    const tag = readVarint();
    const wireType = tag & 7;
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? readVarint() : 0;
    const value = wireType === 0 ? readVarint() : 0;
    yield { field: tag >>> 3, whole: value, body: message.subarray(at, at + length) };
    at += length;
  }
}

/**
 * Reads the scalars of an event file; other events are passed over.
 * @throws E_TENSORBOARD when a checksum is wrong or the file ends inside a record.
 */
export function readScalarEvents(bytes: Uint8Array): ScalarEvent[] {
  const events: ScalarEvent[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const length = at + 12 <= bytes.length ? view.getUint32(at, true) : Infinity;
    const end = at + 12 + length + 4;
    if (end > bytes.length) throw damaged(`the file ends inside the record at byte ${at}`);
    const message = bytes.subarray(at + 12, at + 12 + length);
    if (view.getUint32(at + 8, true) !== maskedCrc32c(bytes.subarray(at, at + 8))) {
      throw damaged(`the length at byte ${at} has a wrong checksum`);
    }
    if (view.getUint32(end - 4, true) !== maskedCrc32c(message)) {
      throw damaged(`the record at byte ${at} has a wrong checksum`);
    }
    readEvent(message, events);
    at = end;
  }
  return events;
}

const damaged = (message: string): SpikebridgeError => new SpikebridgeError('E_TENSORBOARD', message);

const viewOf = (body: Uint8Array): DataView => new DataView(body.buffer, body.byteOffset, body.byteLength);

function readEvent(message: Uint8Array, events: ScalarEvent[]): void {
  let wallTime = 0;
  let step = 0;
  for (const event of fields(message)) {
    if (event.field === 1) wallTime = viewOf(event.body).getFloat64(0, true);
    else if (event.field === 2) step = event.whole;
    else if (event.field === 5) {
      for (const summaryValue of fields(event.body)) {
        if (summaryValue.field !== 1) continue;
        let tag = '';
        let value = NaN;
        for (const part of fields(summaryValue.body)) {
          if (part.field === 1) tag = new TextDecoder().decode(part.body);
          else if (part.field === 2) value = viewOf(part.body).getFloat32(0, true);
        }
        events.push({ wallTime, step, tag, value });
      }
    }
  }
}
