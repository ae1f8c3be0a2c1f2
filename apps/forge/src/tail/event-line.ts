import { type Redactor, withoutEnclosedSecrets } from '@sentinel-forge/chassis';
import { decodeEvent, ForgeError, type ForgeEvent, messageOf, type StoredMessage } from '@sentinel-forge/contracts';
import { safeText } from '../terminal/safe-text.js';
import { type Output, paint } from '../terminal/table.js';

/** A message of a stream, read and without its secrets. */
export interface SeenEvent {
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  readonly time: string;
  readonly id?: string;
  readonly type?: string;
  readonly source?: string;
  readonly trace?: string;
  /** The data; of a message that breaks its contract, the payload as it came. */
  readonly data: unknown;
  /** Why it is no event. */
  readonly problem?: string;
}

const decoder = new TextDecoder();

/** Reads a message for people. What breaks its contract is shown too: it is what one is looking for. */
export function seenEventOf(stored: StoredMessage, redactor: Redactor): SeenEvent {
  const message = withoutEnclosedSecrets(stored, redactor);
  const { stream, sequence, storedAtMs } = message;
  const where = { stream, sequence, subject: message.subject, time: new Date(storedAtMs).toISOString() };
  try {
    const event: ForgeEvent = decodeEvent(message);
    return {
      ...where,
      id: event.id,
      type: event.type,
      source: event.source,
      trace: event.trace.traceId,
      data: redactor.value(event.data).value,
    };
  } catch (error) {
    const problem = error instanceof ForgeError ? messageOf(error) : 'cannot be read';
    return {
      ...where,
      data: redactor.json(decoder.decode(message.payload)).value,
      problem: redactor.text(problem).value,
    };
  }
}

/** The fields that say what an event is about, the most telling first. */
const headlines = ['summary', 'reason', 'title', 'msg', 'evt'];

/** An event on one line. Whatever it says, it stays one. */
export function describeEvent(event: SeenEvent, output: Output = process.stdout): string {
  const { time, stream, sequence, subject, trace, problem } = event;
  const source = saidBy(event);
  const parts = [
    paint('dim', time, output),
    paint('bold', safeText(subject), output),
    ...(source === undefined ? [] : [paint('cyan', safeText(source.replace(/^\//, '')), output)]),
    ...(problem === undefined ? [] : [paint('red', `invalid: ${safeText(problem)}`, output)]),
    ...describeData(event.data),
    paint('dim', [...(trace === undefined ? [] : [`trace=${trace}`]), `${stream}:${sequence}`].join(' '), output),
  ];
  return parts.join('  ');
}

// Telemetry names its producer itself; over HTTP sentinelcore passes it on.
function saidBy({ data, source }: SeenEvent): string | undefined {
  const named = typeof data === 'object' && data !== null && 'source' in data ? data.source : undefined;
  return typeof named === 'string' ? named : source;
}

function describeData(data: unknown): readonly string[] {
  if (typeof data !== 'object' || data === null) {
    return [safeText(String(data))];
  }
  const fields = Object.entries(data).filter(([, value]) => value !== undefined);
  const headline = headlines
    .map((name) => fields.find(([field]) => field === name))
    .find((field) => typeof field?.[1] === 'string');
  const rest = fields.filter((field) => field !== headline && field[0] !== 'source');
  const text = rest
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  return [...(headline === undefined ? [] : [safeText(String(headline[1]))]), ...(text === '' ? [] : [safeText(text)])];
}
