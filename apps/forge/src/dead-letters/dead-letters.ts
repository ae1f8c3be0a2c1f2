import type { Redactor } from '@sentinel-forge/chassis';
import { ForgeError, isAppName, type ReplayDeadLetter, requests } from '@sentinel-forge/contracts';
import { getDeadLetter, listDeadLetters, type StoredDeadLetter } from '@sentinel-forge/messaging';
import { readTextArgument } from '../cli/text-argument.js';
import { MeshClient } from '../mesh/mesh-client.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';

/** A dead letter as it is shown, without its secrets. */
export interface ShownDeadLetter {
  readonly sequence: number;
  readonly app: string;
  readonly consumer: string;
  readonly cause: string;
  readonly code: string;
  readonly reason: string;
  readonly stream: string;
  readonly subject: string;
  readonly originalSequence: number;
  readonly deliveries: number;
  readonly storedAt: string;
  readonly trace: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** As text. */
  readonly payload: string;
}

/** Prints what could not be handled, oldest first. */
export async function listAll(options: { readonly json?: boolean; readonly limit: number }): Promise<void> {
  await using client = await MeshClient.connect();
  const letters: ShownDeadLetter[] = [];
  for await (const letter of listDeadLetters(client.connection)) {
    letters.push(shown(letter, client.redactor));
    if (letters.length > options.limit) {
      letters.shift(); // the newest matter most
    }
  }
  await printAnswer({ deadLetters: letters }, options, () => describeLetters(letters));
}

/** Prints one of them whole. */
export async function showOne(sequence: number, options: { readonly json?: boolean }): Promise<void> {
  await using client = await MeshClient.connect();
  const letter = shown(await getDeadLetter(client.connection, sequence), client.redactor);
  await printAnswer(letter, options, () => describeLetter(letter));
}

/** Has the app that gave one up handle it again, as it was or mended. */
export async function replay(
  sequence: number,
  payload: string | undefined,
  options: { readonly json?: boolean },
): Promise<void> {
  await using client = await MeshClient.connect();
  const { app, consumer } = await getDeadLetter(client.connection, sequence);
  if (!isAppName(app)) {
    throw new ForgeError(
      'FORGE_DEAD_LETTER_UNKNOWN',
      `The dead letter ${sequence} is of "${safeText(app)}", which is no app of the mesh`,
    );
  }
  const body: ReplayDeadLetter = {
    sequence,
    ...(payload === undefined ? {} : { payload: await readTextArgument(payload) }),
  };
  // There is one supervisor for each host, and its consumer is named after it.
  const host = app === 'supervisor' ? consumer.slice('supervisor-'.length) : undefined;
  const answer = await client.ask<{ readonly subject: string }, ReplayDeadLetter>(
    requests.replayDeadLetter,
    app,
    body,
    host,
  );
  await printAnswer(
    { ...answer, sequence, app },
    options,
    () => `${app} has handled dead letter ${sequence} (${safeText(answer.subject)}); it is removed.`,
  );
}

/** Dead letters as a table. */
export function describeLetters(letters: readonly ShownDeadLetter[]): string {
  if (letters.length === 0) {
    return 'No dead letters.';
  }
  return columns(
    letters.map(({ sequence, storedAt, app, subject, cause, reason }) => [
      paint('bold', String(sequence)),
      paint('dim', storedAt),
      app,
      safeText(subject),
      paint('yellow', cause),
      safeText(reason),
    ]),
  );
}

/** One dead letter, field by field. */
export function describeLetter(letter: ShownDeadLetter): string {
  const { headers, payload, sequence, ...fields } = letter;
  const rows = Object.entries(fields).map(([name, value]) => [paint('dim', name), safeText(String(value))]);
  const headerRows = Object.entries(headers).map(([name, value]) => [
    paint('dim', `  ${safeText(name)}`),
    safeText(String(value)),
  ]);
  return [
    columns([[paint('dim', 'sequence'), paint('bold', String(sequence))], ...rows]),
    ...(headerRows.length === 0 ? [] : [paint('dim', 'headers'), columns(headerRows)]),
    paint('dim', 'payload'),
    `  ${safeText(payload)}`,
    '',
    `Handle it again: forge dead-letters replay ${sequence} [--payload @mended.json]`,
  ].join('\n');
}

function shown({ sequence, app, consumer, stream, event }: StoredDeadLetter, redactor: Redactor): ShownDeadLetter {
  const {
    cause,
    code,
    reason,
    subject,
    deliveries,
    storedAt,
    headers,
    payload,
    sequence: originalSequence,
  } = event.data;
  return {
    ...{ sequence, app, consumer, cause, code, stream, subject, originalSequence, deliveries, storedAt },
    reason: redactor.text(reason).value,
    trace: event.trace.traceId,
    headers: redactor.value(headers).value as Readonly<Record<string, unknown>>,
    payload: redactor.json(Buffer.from(payload, 'base64')).value,
  };
}
