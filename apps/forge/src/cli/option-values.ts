import { InvalidArgumentError } from 'commander';
import { durationDescription, parseDurationMs, parsePastMs } from '../terminal/duration.js';

/** Reads a point in time, in milliseconds since 1970. */
export function parseSince(text: string): number {
  const timeMs = parsePastMs(text, Date.now());
  if (timeMs === undefined) {
    throw new InvalidArgumentError(`Give ${durationDescription}, or a time such as 2026-01-31T12:00:00Z.`);
  }
  return timeMs;
}

/** Reads a duration, in milliseconds. */
export function parseDuration(text: string): number {
  const durationMs = parseDurationMs(text);
  if (durationMs === undefined || durationMs <= 0) {
    throw new InvalidArgumentError(`Give ${durationDescription}.`);
  }
  return durationMs;
}

/** Reads a whole number from 1. */
export function parsePositiveInteger(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new InvalidArgumentError('Give a whole number from 1.');
  }
  return Number(text);
}

/** Reads words parted by commas. */
export function parseList(text: string): readonly string[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  if (words.length === 0) {
    throw new InvalidArgumentError('Give one or more, parted by commas.');
  }
  return words;
}
