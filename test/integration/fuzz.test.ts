import type { MsgHdrs } from '@nats-io/transport-node';
import { type DeadLetter, decodeEvent } from '@sentinel-forge/contracts';
import { HeaderBlock, listDeadLetters } from '@sentinel-forge/messaging';
import { service } from '@sentinel-forge/sentinelcore';
import { waitFor } from '@sentinel-forge/testing';
import { fuzz } from '../fuzz/fuzz.js';
import { openHttpTarget } from '../fuzz/http-target.js';
import { bytes, headerBlock, telemetry } from '../fuzz/inputs.js';
import { Random } from '../fuzz/random.js';
import { openTargets, type Target } from '../fuzz/targets.js';
import { TestMesh } from '../support/test-mesh.js';

const seed = 1;
const slowMs = 10_000;

/** The start of what `npm run fuzz` does at length. */
async function startOf(target: Target | undefined, count: number): Promise<void> {
  if (target === undefined) {
    throw new Error('there is no such target');
  }
  const { findings, taken, refused } = await fuzz(target, count, seed, slowMs);
  expect(findings).toEqual([]);
  expect(taken + refused).toBe(count);
  expect(Math.min(taken, refused)).toBeGreaterThan(count / 50);
}

describe('what is generated is taken, or refused with a reason', () => {
  it.each([
    ['telemetry', 5_000],
    ['body', 2_000],
    ['rules', 400],
  ])('as %s', async (name, count) => {
    await startOf((await openTargets())[name], count);
  });

  it('as a request over HTTP', async () => {
    await using http = await openHttpTarget();
    await startOf(http.target, 300);
  });

  it('as telemetry on a real stream: what cannot be decoded is in the dead letters with its cause, and holds up nothing', async () => {
    await using mesh = await TestMesh.open();
    const sentinelcore = await mesh.start(service);
    const subject = 'defend.fuzz';
    let invalid = 0;
    for (let index = 1; index <= 500; index += 1) {
      const random = new Random(index);
      const block = headerBlock(random);
      const payload = bytes(random, telemetry(random)).subarray(0, 60_000);
      // Only the bytes of the headers are asked for: they may be what no library would write.
      const headers = block === undefined ? {} : { headers: { encode: () => block } as unknown as MsgHdrs };
      mesh.connection.publish(subject, payload, headers);
      const message = { stream: 'DEFEND', sequence: index, subject, payload, storedAtMs: 0 };
      try {
        decodeEvent({ ...message, headers: block === undefined ? undefined : new HeaderBlock(block) });
      } catch {
        invalid += 1;
      }
    }
    await mesh.connection.flush();
    const letters = await waitFor(
      async () => {
        const found: DeadLetter[] = [];
        for await (const letter of listDeadLetters(mesh.connection)) {
          found.push(letter.event.data);
        }
        return found.length === invalid && found;
      },
      { description: `${invalid} dead letters`, timeoutMs: 20_000, intervalMs: 200 },
    );
    expect(invalid).toBeGreaterThan(0);
    expect(letters.every(({ cause, reason }) => cause === 'invalid' && reason !== '')).toBe(true);
    await waitFor(
      async () => {
        const info = await mesh.connection.request('$JS.API.CONSUMER.INFO.DEFEND.sentinelcore');
        const { num_pending: pending, num_ack_pending: unsettled } = info.json<Record<string, number>>();
        return pending === 0 && unsettled === 0;
      },
      { description: 'everything settled', timeoutMs: 20_000 },
    );
    expect(sentinelcore.readiness().dependencies.find(({ name }) => name === 'jetstream')?.isUp).toBe(true);
  }, 60_000);
});
