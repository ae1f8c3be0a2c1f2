import { type RequestDefinition, requests } from '../registry/requests.js';
import { scopes } from '../scopes.js';
import { fieldTable } from './field-table.js';
import { markdownCode, markdownPage, markdownTable } from './markdown.js';

/** `docs/reference/requests.md`: every request on `forge.rpc.>`, and the scopes of tokens. */
export function renderRequestsReference(): string {
  const rows: readonly RequestDefinition[] = Object.values(requests);
  return markdownPage('Requests', 'libs/contracts/src/registry/requests.ts and libs/contracts/src/scopes.ts', [
    `A request is a NATS request with a JSON body and the header \`authorization: Bearer <token>\`; \`traceparent\` is kept. The answer is
JSON, or an [error](errors.md). Apps are NATS micro services: \`nats micro ls\` finds them.
There is one supervisor for each Docker host, so every verb of supervisor is followed by the host.`,
    markdownTable(
      ['subject', 'scope', 'what it does'],
      rows.map((row) => [markdownCode(subjectOf(row)), markdownCode(row.scope), row.summary]),
    ),
    ...rows.flatMap((row) => [
      `## ${row.verb}`,
      `${row.summary}. ${markdownCode(subjectOf(row))}, scope ${markdownCode(row.scope)}.`,
      fieldTable(row.bodyClass),
    ]),
    '## Scopes',
    'A token names what it allows in the claim `scope`, parted by spaces. They are the same over HTTP.',
    markdownTable(
      ['scope', 'allows to'],
      Object.entries(scopes).map(([name, summary]) => [markdownCode(name), summary]),
    ),
  ]);
}

/** The subject of a request, as a pattern: there is one supervisor for each Docker host. */
export function subjectOf({ app, verb }: RequestDefinition): string {
  const rest = app === 'supervisor' ? `${verb}.{host}` : verb;
  return `forge.rpc.${app === 'every' ? '{app}' : app}.${rest}`;
}
