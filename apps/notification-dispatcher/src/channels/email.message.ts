import type { OutboundMessage } from './channel.port.js';
import { domainOf } from './email.address.js';

/** A mail, before it is encoded. */
export interface Mail {
  readonly messageId: string;
  readonly date: Date;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Puts the mails of one trace into one thread. */
  readonly references?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A level of severity, as people read it. */
interface Level {
  readonly from: number;
  readonly word: string;
  readonly colour: string;
}

const levels: readonly Level[] = [
  { from: 9, word: 'critical', colour: '#b3261e' },
  { from: 7, word: 'high', colour: '#c4610a' },
  { from: 5, word: 'medium', colour: '#8a6d00' },
  { from: 3, word: 'low', colour: '#2f6f4f' },
];
const lowest: Level = { from: 0, word: 'info', colour: '#3b5b7a' };

const maxSubjectLength = 180;
const maxDataLength = 8000;

/** The mail for a message. The same message makes the same mail, byte for byte, in every try. */
export function mailFor(message: OutboundMessage, from: string): Mail {
  const level = levels.find((candidate) => message.severity >= candidate.from) ?? lowest;
  const title = oneLine(message.title);
  const facts = factsOf(message, level);
  const domain = domainOf(from);
  return {
    messageId: `<${message.id}@${domain}>`,
    date: new Date(message.occurredAtMs),
    subject: `[${level.word}] ${title}`.slice(0, maxSubjectLength),
    text: textPart(title, message, facts),
    html: htmlPart(title, message, facts, level),
    ...(message.traceId === undefined ? {} : { references: `<trace-${message.traceId}@${domain}>` }),
    headers: {
      'X-Idempotency-Key': message.id,
      ...(message.traceId === undefined ? {} : { 'X-Trace-Id': message.traceId }),
      // RFC 3834: no holiday replies to a machine.
      'Auto-Submitted': 'auto-generated',
    },
  };
}

function factsOf(message: OutboundMessage, level: Level): readonly (readonly [string, string])[] {
  return [
    ['severity', `${message.severity} (${level.word})`],
    ['time', new Date(message.occurredAtMs).toISOString()],
    ...(message.traceId === undefined ? [] : [['trace', message.traceId] as const]),
    ['notice', message.id],
  ];
}

function textPart(title: string, message: OutboundMessage, facts: readonly (readonly [string, string])[]): string {
  const data = dataText(message);
  return [
    title,
    '='.repeat(Math.min(title.length, 72)),
    '',
    message.body,
    '',
    ...facts.map(([name, value]) => `${name}: ${value}`),
    ...(data === '' ? [] : ['', data]),
    '',
  ].join('\n');
}

function htmlPart(
  title: string,
  message: OutboundMessage,
  facts: readonly (readonly [string, string])[],
  level: Level,
): string {
  const rows = facts.map(
    ([name, value]) =>
      `<tr><th align="left" style="padding:2px 16px 2px 0;color:#666;font-weight:normal">${name}</th><td style="padding:2px 0">${escapeHtml(value)}</td></tr>`,
  );
  const data = dataText(message);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body style="margin:0;padding:24px;background:#f4f4f4;color:#1a1a1a;font:15px/1.5 system-ui,sans-serif">
<div style="max-width:640px;margin:0 auto;padding:20px 24px;background:#fff;border-left:6px solid ${level.colour}">
<p style="margin:0;color:${level.colour};font-weight:bold">${level.word}</p>
<h1 style="margin:4px 0 12px;font-size:20px">${escapeHtml(title)}</h1>
<p style="white-space:pre-wrap;margin:0 0 16px">${escapeHtml(message.body)}</p>
<table role="presentation" style="border-collapse:collapse;font-size:13px">${rows.join('')}</table>
${data === '' ? '' : `<pre style="margin:16px 0 0;padding:12px;background:#f4f4f4;font-size:12px;white-space:pre-wrap">${escapeHtml(data)}</pre>\n`}</div>
</body></html>
`;
}

function dataText(message: OutboundMessage): string {
  // A digest's body is its data already, written for people.
  return message.kind === 'digest' || Object.keys(message.data).length === 0
    ? ''
    : JSON.stringify(message.data, undefined, 2).slice(0, maxDataLength);
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
