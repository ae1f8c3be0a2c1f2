import { ForgeError, newTrace, type Telemetry, type TraceContext } from '@sentinel-forge/contracts';
import { randomHex } from '@sentinel-forge/messaging';
import { readJsonArgument } from '../cli/text-argument.js';
import { MeshClient } from '../mesh/mesh-client.js';
import { printAnswer } from '../terminal/printer.js';
import { safeText } from '../terminal/safe-text.js';
import { traceClueOf } from '../trace/trace-id.js';
import { askForDecision, describeAnswer } from './decision.js';
import { sendTelemetry } from './send-telemetry.js';
import { type TelemetryFlags, telemetryFrom } from './telemetry-flags.js';

/** What is to be sent, and how. */
export interface DefendWish {
  readonly signal: string;
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly trace: string | undefined;
  readonly isWaiting: boolean;
  readonly url: string | undefined;
  readonly flags: TelemetryFlags;
}

/** Sends telemetry, straight to the stream or through sentinelcore. */
export async function defend(wish: DefendWish, options: { readonly json?: boolean }): Promise<void> {
  const base = wish.event === undefined ? {} : await readJsonArgument(wish.event);
  // Nobody has looked at it yet: both ways validate it and name what is wrong.
  const telemetry = telemetryFrom(base, wish.flags) as unknown as Telemetry;
  const trace = newTrace(randomHex, traceIdOf(wish.trace));
  await using client = await MeshClient.connect();
  if (wish.isWaiting) {
    const answer = await askForDecision(client, { ...wish, telemetry, trace });
    await printAnswer(answer, options, () => describeAnswer(answer));
  } else {
    const sent = await sendTelemetry(client.connection, wish.signal, telemetry, trace, wish.id);
    await printAnswer(
      sent,
      options,
      () =>
        `${sent.traceId}\n${safeText(sent.subject)} is stored as ${sent.stream}:${sent.sequence}; follow it with: forge trace ${sent.traceId}`,
    );
  }
}

function traceIdOf(text: string | undefined): TraceContext['traceId'] | undefined {
  const clue = text === undefined ? undefined : traceClueOf(text);
  if (text !== undefined && clue?.kind !== 'trace') {
    throw new ForgeError(
      'FORGE_CONFIG_INVALID',
      `"${safeText(text)}" is no trace id: give 32 hexadecimal digits, or a traceparent`,
    );
  }
  return clue?.kind === 'trace' ? clue.traceId : undefined;
}
