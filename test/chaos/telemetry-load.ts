import { setTimeout as delay } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { connectClient } from '@sentinel-forge/messaging';
import type { PlannedEvent } from './chaos-plan.js';

type NatsConnection = Awaited<ReturnType<typeof connectClient>>;

const tickMs = 10;
const retryAfterMs = 200;

/**
 * Publishes each event at its time, and again under the same id until JetStream says that it holds it: what a producer does
 * that may lose nothing. Resolves when it holds them all.
 */
export async function publishAll(
  connection: NatsConnection,
  schedule: readonly PlannedEvent[],
  nameOf: (container: number) => string,
): Promise<void> {
  const startedAtMs = performance.now();
  const underWay: Promise<void>[] = [];
  let next = 0;
  while (next < schedule.length) {
    const elapsedMs = performance.now() - startedAtMs;
    for (let event = schedule[next]; event !== undefined && event.atMs <= elapsedMs; event = schedule[next]) {
      underWay.push(publish(connection, event, nameOf));
      next += 1;
    }
    await delay(tickMs);
  }
  await Promise.all(underWay);
}

async function publish(
  connection: NatsConnection,
  { id, ask }: PlannedEvent,
  nameOf: (container: number) => string,
): Promise<void> {
  const messageHeaders = headers();
  messageHeaders.set('Nats-Msg-Id', id);
  const data =
    ask === undefined
      ? { source: 'chaos', severity: 1, attributes: { filling: 'x'.repeat(200) } }
      : {
          source: 'chaos',
          severity: ask.action === 'quarantine' ? 10 : 0,
          target: { container: nameOf(ask.container) },
        };
  const event = { specversion: '1.0', id, type: 'forge.telemetry.v1', source: 'chaos', data };
  for (;;) {
    try {
      await jetstream(connection).publish(`defend.chaos.${ask?.action ?? 'plain'}`, JSON.stringify(event), {
        headers: messageHeaders,
        timeout: 2_000,
      });
      return;
    } catch {
      await delay(retryAfterMs);
    }
  }
}
