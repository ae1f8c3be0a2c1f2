/** What a digest is made of. */
export interface DigestMember {
  readonly id: string;
  readonly title: string;
  readonly severity: number;
  readonly traceId?: string;
  readonly occurredAtMs: number;
}

/** One title in a digest, with how often it came. */
export interface DigestLine {
  readonly title: string;
  readonly count: number;
  readonly severity: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** What a digest says; the `data` of its message. */
export interface DigestSummary {
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** How many of each severity, highest first. */
  readonly bySeverity: readonly { readonly severity: number; readonly count: number }[];
  /** The titles that matter most: by severity, then by count. */
  readonly titles: readonly DigestLine[];
  /** Titles that did not fit in. */
  readonly otherTitles: number;
  /** Some traces to go on from, most severe first. */
  readonly traceIds: readonly string[];
  /** Some of the notices in it, by their idempotency ids. */
  readonly examples: readonly { readonly id: string; readonly title: string }[];
}

/** A digest, ready to be sent. */
export interface Digest {
  readonly title: string;
  readonly body: string;
  readonly severity: number;
  readonly occurredAtMs: number;
  readonly summary: DigestSummary;
}

const maxTitles = 20;
const maxTraceIds = 50;
const maxExamples = 20;

/** Makes one digest of one or more notices. */
export function digestOf(members: readonly DigestMember[]): Digest {
  const byUrgency = [...members].sort((a, b) => b.severity - a.severity || a.occurredAtMs - b.occurredAtMs);
  const lines = linesOf(byUrgency);
  const severity = byUrgency[0]?.severity ?? 0;
  const lastAtMs = members.reduce((last, { occurredAtMs }) => Math.max(last, occurredAtMs), 0);
  const summary: DigestSummary = {
    count: members.length,
    firstAt: iso(members.reduce((first, { occurredAtMs }) => Math.min(first, occurredAtMs), lastAtMs)),
    lastAt: iso(lastAtMs),
    bySeverity: countBy(byUrgency.map((member) => member.severity)),
    titles: lines.slice(0, maxTitles),
    otherTitles: Math.max(0, lines.length - maxTitles),
    traceIds: distinctTraceIds(byUrgency),
    examples: byUrgency.slice(0, maxExamples).map(({ id, title }) => ({ id, title })),
  };
  return { title: titleOf(summary), body: bodyOf(summary), severity, occurredAtMs: lastAtMs, summary };
}

function linesOf(members: readonly DigestMember[]): readonly DigestLine[] {
  const groups = new Map<string, { count: number; severity: number; firstMs: number; lastMs: number }>();
  for (const { title, severity, occurredAtMs } of members) {
    const group = groups.get(title);
    if (group === undefined) {
      groups.set(title, { count: 1, severity, firstMs: occurredAtMs, lastMs: occurredAtMs });
    } else {
      group.count += 1;
      group.severity = Math.max(group.severity, severity);
      group.firstMs = Math.min(group.firstMs, occurredAtMs);
      group.lastMs = Math.max(group.lastMs, occurredAtMs);
    }
  }
  return [...groups]
    .map(([title, { count, severity, firstMs, lastMs }]) => ({
      title,
      count,
      severity,
      firstAt: iso(firstMs),
      lastAt: iso(lastMs),
    }))
    .sort((a, b) => b.severity - a.severity || b.count - a.count);
}

/** The values come sorted, and so does what is counted. */
function countBy(severities: readonly number[]): DigestSummary['bySeverity'] {
  const counts = new Map<number, number>();
  for (const severity of severities) {
    counts.set(severity, (counts.get(severity) ?? 0) + 1);
  }
  return [...counts].map(([severity, count]) => ({ severity, count }));
}

function distinctTraceIds(members: readonly DigestMember[]): readonly string[] {
  const ids = new Set<string>();
  for (const { traceId } of members) {
    if (ids.size === maxTraceIds) {
      break;
    }
    if (traceId !== undefined) {
      ids.add(traceId);
    }
  }
  return [...ids];
}

function titleOf({ count, titles, otherTitles }: DigestSummary): string {
  const [first] = titles;
  return first !== undefined && titles.length === 1 && otherTitles === 0
    ? `${first.title} (${count} times)`
    : `${count} notices in one digest`;
}

function bodyOf(summary: DigestSummary): string {
  const severities = summary.bySeverity.map(({ severity, count }) => `${count} of severity ${severity}`).join(', ');
  const lines = summary.titles.map(
    ({ title, count, severity, firstAt, lastAt }) =>
      `${count} × ${title} (severity ${severity}, ${firstAt} to ${lastAt})`,
  );
  return [
    `${summary.count} notices between ${summary.firstAt} and ${summary.lastAt}: ${severities}.`,
    '',
    ...lines,
    ...(summary.otherTitles === 0 ? [] : [`… and ${summary.otherTitles} other titles`]),
    ...(summary.traceIds.length === 0 ? [] : ['', 'Traces:', ...summary.traceIds]),
  ].join('\n');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
