import { loadSettings, MeshSettings, portSettingsOf, RunnerSettings } from '@sentinel-forge/chassis';
import {
  type Contribution,
  type ErrorCode,
  errorCatalogue,
  ForgeError,
  formatTraceparent,
  messageOf,
  type Telemetry,
  type TraceContext,
} from '@sentinel-forge/contracts';
import type { MeshClient } from '../mesh/mesh-client.js';
import { safeText } from '../terminal/safe-text.js';
import { columns, paint } from '../terminal/table.js';

/** What `POST /defend` answers: 200 with a decision, 202 without one. */
export interface DefendAnswer {
  readonly traceId: string;
  readonly eventId?: string;
  readonly score?: number;
  readonly verdict?: string;
  readonly contributions?: readonly Contribution[];
  readonly plan?: {
    readonly kind?: string;
    readonly reason?: string;
    readonly data?: { readonly reason?: string; readonly mitigationId?: string };
  };
}

/** What is asked. */
export interface DecisionRequest {
  readonly signal: string;
  readonly url: string | undefined;
  readonly telemetry: Telemetry;
  readonly trace: TraceContext;
}

const timeoutMs = 10_000;

/** Sends telemetry through sentinelcore, and waits for what it decides. */
export async function askForDecision(
  client: MeshClient,
  { signal, url, telemetry, trace }: DecisionRequest,
): Promise<DefendAnswer> {
  const base = url ?? client.access.serviceUrls.sentinelcore ?? urlFromSettings();
  const response = await fetch(new URL('/defend', base), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${client.token}`,
      'content-type': 'application/json',
      traceparent: formatTraceparent(trace),
    },
    body: JSON.stringify({ ...telemetry, signal }),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw new ForgeError(
      'FORGE_NATS_UNAVAILABLE',
      `sentinelcore does not answer at ${base} (${messageOf(error instanceof Error ? (error.cause ?? error) : error)})`,
      {
        cause: error,
        details: { mend: 'name where it listens with --url, or send without --wait' },
      },
    );
  });
  const body: unknown = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw problemOf(response.status, body);
  }
  return body as DefendAnswer;
}

/** What is answered, for people. */
export function describeAnswer(answer: DefendAnswer): string {
  const { traceId, verdict } = answer;
  return verdict === undefined
    ? `${traceId}\nIt is stored; the decision takes longer than the two seconds that are waited for it: forge trace ${traceId}`
    : `${traceId}\n${describeDecision(answer)}`;
}

/** A decision for people: the verdict, what the score is the sum of, and what follows. */
export function describeDecision({
  score = 0,
  verdict = '',
  contributions = [],
  plan,
}: Omit<DefendAnswer, 'traceId'>): string {
  const style = verdict === 'observe' ? 'green' : verdict === 'notify' ? 'yellow' : 'red';
  const rows = contributions.map(({ rule, points, reason }) => [
    `  ${signed(points)}`,
    paint('bold', safeText(rule)),
    safeText(reason),
  ]);
  return [
    `${paint(style, verdict)} at score ${score}`,
    ...(rows.length === 0 ? [] : [columns(rows)]),
    ...describePlan(plan),
  ].join('\n');
}

/** Points with their sign. */
export function signed(points: number): string {
  return points < 0 ? String(points) : `+${points}`;
}

function describePlan(plan: DefendAnswer['plan']): readonly string[] {
  if (plan === undefined) {
    return [];
  }
  const { kind = '', data } = plan;
  const reason = data?.reason ?? plan.reason;
  return [
    `plan: ${[kind, data?.mitigationId ?? ''].join(' ').trim()}${reason === undefined ? '' : `, ${safeText(reason)}`}`,
  ];
}

function urlFromSettings(): string {
  const [{ port }] = loadSettings([portSettingsOf('sentinelcore'), MeshSettings, RunnerSettings], process.env);
  return `http://127.0.0.1:${port}`;
}

// problem+json carries the stable code beside what is wrong.
function problemOf(status: number, body: unknown): ForgeError {
  const { code, detail, title } = body as Readonly<Record<string, unknown>>;
  const known =
    typeof code === 'string' && Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : 'FORGE_INTERNAL';
  return new ForgeError(known, String(detail ?? title ?? `sentinelcore answered ${status}`));
}
