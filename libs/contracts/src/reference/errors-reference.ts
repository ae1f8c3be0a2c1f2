import { type ErrorEntry, errorCatalogue } from '../errors/catalogue.js';
import { markdownCode, markdownPage, markdownTable } from './markdown.js';

/** `docs/reference/errors.md`: every error of the catalogue. */
export function renderErrorsReference(): string {
  const entries = Object.entries<ErrorEntry>(errorCatalogue).sort(([one], [other]) => (one < other ? -1 : 1));
  return markdownPage('Errors', 'libs/contracts/src/errors/catalogue.ts', [
    `Over HTTP an error is \`application/problem+json\` (RFC 9457) with \`code\`, \`detail\`, \`mend\` and \`traceId\`; over \`forge.rpc\` it is
the header \`Nats-Service-Error-Code\` with \`{ "code", "message" }\`. Codes are stable. "retry" says whether trying again, unchanged,
can help.`,
    markdownTable(
      ['code', 'HTTP', 'retry', 'what happened', 'what to do'],
      entries.map(([name, { status, isRetryable, title, mend }]) => [
        markdownCode(name),
        String(status),
        isRetryable ? 'yes' : 'no',
        title,
        mend,
      ]),
    ),
  ]);
}
