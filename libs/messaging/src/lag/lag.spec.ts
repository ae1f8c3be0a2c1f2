import { type LagFigures, lagOf } from './lag.js';

const hourMs = 3_600_000;
const calm: LagFigures = {
  pending: 0,
  unacknowledged: 0,
  ackFloor: 1_000,
  isFiltered: false,
  firstSequence: 1,
  lastSequence: 1_000,
  bytes: 10,
  maxBytes: 1_000,
  maxAgeMs: 10 * hourMs,
  oldestAgeMs: 0,
};

describe('lagOf', () => {
  it('counts what is not delivered yet and what is not acknowledged yet', () => {
    expect(lagOf({ ...calm, pending: 7, unacknowledged: 3 })).toEqual({ messages: 10, lost: 0, risk: undefined });
  });

  it('tells a consumer that retention is about to overtake', () => {
    expect(lagOf({ ...calm, pending: 1, oldestAgeMs: 9 * hourMs }).risk).toContain('540 min old');
    expect(lagOf({ ...calm, pending: 1, oldestAgeMs: 7 * hourMs }).risk).toBeUndefined();
  });

  it('tells a consumer that stands at the end which a full stream discards', () => {
    expect(lagOf({ ...calm, pending: 990, ackFloor: 10, bytes: 950 }).risk).toContain('full');
    expect(lagOf({ ...calm, pending: 100, ackFloor: 900, bytes: 950 }).risk).toBeUndefined();
  });

  it('tells no risk where nothing is waiting: a full stream is its normal state', () => {
    expect(lagOf({ ...calm, bytes: 1_000, oldestAgeMs: 10 * hourMs }).risk).toBeUndefined();
  });

  it('counts what was discarded unread', () => {
    expect(lagOf({ ...calm, firstSequence: 1_501, lastSequence: 2_000, pending: 500 }).lost).toBe(500);
  });

  it('counts nothing as lost of a filtered consumer, nor of one that never read', () => {
    expect(lagOf({ ...calm, firstSequence: 1_501, isFiltered: true }).lost).toBe(0);
    expect(lagOf({ ...calm, firstSequence: 1_501, ackFloor: 0 }).lost).toBe(0);
  });
});
