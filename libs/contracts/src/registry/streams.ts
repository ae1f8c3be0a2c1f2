import { limits } from '../limits.js';

const dayMs = 24 * 60 * 60 * 1000;
const mebibyte = 1024 * 1024;

/** What a stream holds, and for how long. */
export interface StreamDefinition {
  /**
   * The version of this row, its consumers and its envelope. It is raised with a change that an older version of the mesh must
   * not take back: that one refuses to provision, instead of bringing the stream in line with what it knows.
   */
  readonly version: number;
  /** The subjects it captures. */
  readonly subjects: readonly string[];
  readonly summary: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  /** The largest message, headers included; the server refuses a larger one when it is published. */
  readonly maxMsgBytes: number;
  /** How long the server remembers a `Nats-Msg-Id`. */
  readonly duplicateWindowMs: number;
}

/**
 * Every stream. All are kept by limits and discard the oldest: they are history as well as queue (`forge tail`, `forge
 * trace`), so a full stream is its normal state. What a consumer has not read yet when it goes is not: see the lag alarm.
 */
export const streams = {
  DEFEND: {
    version: 1,
    subjects: ['defend.>'],
    summary: 'Telemetry, from any producer',
    maxAgeMs: 7 * dayMs,
    maxBytes: 1024 * mebibyte,
    maxMsgBytes: 2 * limits.telemetryBytes,
    duplicateWindowMs: 120_000,
  },
  MITIGATION: {
    version: 1,
    subjects: ['mitigation.>'],
    summary: 'Mitigations asked for, and what became of them',
    maxAgeMs: 90 * dayMs,
    maxBytes: 512 * mebibyte,
    maxMsgBytes: 2 * limits.eventBytes,
    duplicateWindowMs: 120_000,
  },
  HEALTH: {
    version: 1,
    subjects: ['health.>'],
    summary: 'The liveness of services and containers',
    maxAgeMs: 30 * dayMs,
    maxBytes: 256 * mebibyte,
    maxMsgBytes: 2 * limits.eventBytes,
    duplicateWindowMs: 120_000,
  },
  LOG: {
    version: 1,
    subjects: ['log.>'],
    summary: 'Structured log records of the services',
    maxAgeMs: 7 * dayMs,
    maxBytes: 512 * mebibyte,
    maxMsgBytes: 2 * limits.eventBytes,
    duplicateWindowMs: 120_000,
  },
  AUDIT: {
    version: 1,
    subjects: ['audit.>'],
    summary: 'Hardening audits',
    maxAgeMs: 90 * dayMs,
    maxBytes: 128 * mebibyte,
    maxMsgBytes: 2 * limits.eventBytes,
    duplicateWindowMs: 120_000,
  },
  TASK: {
    version: 1,
    subjects: ['task.>'],
    summary: 'Transitions of tasks',
    maxAgeMs: 90 * dayMs,
    maxBytes: 128 * mebibyte,
    maxMsgBytes: 2 * limits.eventBytes,
    duplicateWindowMs: 120_000,
  },
  DELIVERY: {
    version: 1,
    subjects: ['delivery.>'],
    summary: 'Code, test, deploy, monitor',
    maxAgeMs: 90 * dayMs,
    maxBytes: 128 * mebibyte,
    maxMsgBytes: 2 * limits.eventBytes,
    duplicateWindowMs: 120_000,
  },
  NOTIFY: {
    version: 1,
    subjects: ['notify.>'],
    summary: 'Notices asked for, and what became of them',
    maxAgeMs: 30 * dayMs,
    maxBytes: 128 * mebibyte,
    maxMsgBytes: 2 * limits.eventBytes,
    duplicateWindowMs: 120_000,
  },
  DEAD_LETTER: {
    version: 1,
    subjects: ['dead-letter.>'],
    summary: 'What could not be handled, with its cause',
    maxAgeMs: 90 * dayMs,
    maxBytes: 256 * mebibyte,
    maxMsgBytes: 4 * limits.eventBytes,
    duplicateWindowMs: 120_000,
  },
} as const satisfies Record<string, StreamDefinition>;

/** The name of a stream. */
export type StreamName = keyof typeof streams;

/** Every stream name. */
export const streamNames = Object.keys(streams) as readonly StreamName[];

/** Whether a word is the name of a stream. */
export function isStreamName(word: string): word is StreamName {
  return Object.hasOwn(streams, word);
}
