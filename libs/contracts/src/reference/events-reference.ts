import { buckets } from '../registry/buckets.js';
import { type EventDefinition, eventRows } from '../registry/events.js';
import { type StreamDefinition, streams } from '../registry/streams.js';
import { fieldTable } from './field-table.js';
import { jsonBlock, markdownCode, markdownPage, markdownTable } from './markdown.js';
import { readersOf } from './readers.js';

/**
 * `docs/reference/events.md`: every event, stream and bucket of the registry.
 * @param exampleOf an example of the data of a type; undefined when there is none
 */
export function renderEventsReference(exampleOf: (type: string) => unknown): string {
  return markdownPage('Events', 'libs/contracts/src/registry and libs/contracts/golden', [
    introduction,
    markdownTable(
      ['subject', 'type', 'what it says'],
      eventRows.map((row) => [
        markdownCode(row.subject),
        `[${markdownCode(row.type)}](#${anchorOf(row.type)})`,
        row.summary,
      ]),
    ),
    ...eventRows.flatMap((row) => eventSection(row, exampleOf(row.type))),
    '## Streams',
    'Kept by limits: what is older or more than this is discarded, the oldest first. Files on disk, deduplicated by event id.',
    markdownTable(
      ['stream', 'subjects', 'what it holds', 'days', 'MiB', 'largest message, KiB'],
      Object.entries(streams).map(streamRow),
    ),
    '## Key-value buckets',
    markdownTable(
      ['bucket', 'what it holds', 'written by', 'read by', 'MiB'],
      Object.entries(buckets).map(([name, { summary, owner, readers, maxBytes }]) => [
        markdownCode(name),
        summary,
        owner,
        [owner, ...readers].join(', '),
        String(maxBytes / mebibyte),
      ]),
    ),
  ]);
}

const mebibyte = 1024 * 1024;

const introduction = `Events are [CloudEvents 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md) in binary mode:
attributes are NATS headers (\`ce-id\`, \`ce-type\`, \`ce-source\`, \`ce-time\`, percent-encoded), \`traceparent\` stands beside them, and the
payload is the data as JSON. \`Content-Type: application/cloudevents+json\` is structured mode. A bare JSON object on \`defend.>\` is telemetry.

In a subject, \`{name}\` is one token and \`{name+}\` one or more. \`{app}\` is the app that speaks, and \`ce-source\` is \`/<app>\`.
[asyncapi.yaml](asyncapi.yaml) says the same for programs.`;

function eventSection(row: EventDefinition, example: unknown): readonly string[] {
  const facts: readonly (readonly string[])[] = [
    ['subject', markdownCode(row.subject)],
    ['said by', row.publishers === 'anyone' ? 'anyone' : row.publishers.join(', ')],
    ['read by', readersOf(row).join(', ')],
    ['stream', row.stream],
    ['one id for', row.dedup],
    ['data', `at most ${row.maxBytes / 1024} KiB`],
  ];
  return [
    `## ${row.type}`,
    `${row.summary}.`,
    markdownTable(['', ''], facts),
    fieldTable(row.dataClass),
    example === undefined ? '' : jsonBlock(example),
  ];
}

function streamRow([name, stream]: [string, StreamDefinition]): readonly string[] {
  return [
    markdownCode(name),
    stream.subjects.map(markdownCode).join(', '),
    stream.summary,
    String(stream.maxAgeMs / 86_400_000),
    String(stream.maxBytes / mebibyte),
    String(stream.maxMsgBytes / 1024),
  ];
}

// GitHub's rule for headings: dots go, the rest of a type stays.
function anchorOf(type: string): string {
  return type.replaceAll('.', '');
}
