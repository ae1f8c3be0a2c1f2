import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { waitFor } from '@sentinel-forge/testing';
import { TestMesh } from '../support/test-mesh.js';

/** Before the effect of the batch is durable, and after it but before the acknowledgement: three times each. */
const momentsOfDeath = ['holds', 'durable', 'holds', 'durable', 'holds', 'durable'] as const;

/** The file of handled events, which is the truth: what stands in it was durable. */
class Handled implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'forge-batch-trap-'));
  readonly path = join(this.#dir, 'handled');

  /** Stream sequences, in the order in which they were handled. */
  get sequences(): readonly number[] {
    const lines = existsSync(this.path) ? readFileSync(this.path, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((line) => Number(line.replace('DEFEND:', '')));
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true });
  }
}

function startReader(mesh: TestMesh, path: string): ChildProcess {
  const fixture = fileURLToPath(new URL('fixtures/batch-reader.js', import.meta.url));
  const environment = { ...process.env, NODE_OPTIONS: '', ...mesh.environment({ SENTINELCORE_PORT: '0' }) };
  return spawn(process.execPath, [fixture, path], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** Kills a reader at the next moment that it tells of. */
async function killAt(moment: string, child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.stdout?.on('data', (said: Buffer) => {
    if (said.toString().includes(moment)) {
      child.kill('SIGKILL');
    }
  });
  await exited;
}

describe('a batch reader that is killed while it holds a batch', () => {
  it('loses nothing: every event is handled at least once, and first in the order of the stream', async () => {
    await using mesh = await TestMesh.open();
    using handled = new Handled();
    let published = 0;
    let isLoading = true;
    const load = (async () => {
      while (isLoading) {
        for (let index = 0; index < 100; index += 1) {
          published += 1;
          mesh.connection.publish('defend.load', JSON.stringify({ source: `load-${published}` }));
        }
        await mesh.connection.flush();
        await delay(2);
      }
    })();

    let reader = startReader(mesh, handled.path);
    for (const moment of momentsOfDeath) {
      const before = handled.sequences.length;
      await waitFor(() => handled.sequences.length > before + 500, {
        description: 'batches under load',
        timeoutMs: 20_000,
      });
      await killAt(moment, reader);
      reader = startReader(mesh, handled.path);
    }
    isLoading = false;
    await load;
    await waitFor(() => new Set(handled.sequences).size === published, {
      description: `all ${published} events`,
      timeoutMs: 30_000,
    });
    await end(reader, 'SIGTERM');

    const first = [...new Set(handled.sequences)];
    expect(first).toEqual(Array.from({ length: published }, (_, index) => index + 1));
    const jsm = await jetstreamManager(mesh.connection);
    expect(await jsm.consumers.info('DEFEND', 'sentinelcore')).toMatchObject({ num_pending: 0, num_ack_pending: 0 });
  }, 120_000);

  it('would lose what the dead reader held, if its successor acknowledged without going back to the ack floor', async () => {
    await using mesh = await TestMesh.open();
    const jsm = await jetstreamManager(mesh.connection);
    await jsm.consumers.add('DEFEND', {
      durable_name: 'naive',
      ack_policy: AckPolicy.All,
      ack_wait: 60e9,
      max_ack_pending: 5_000,
    });
    for (let index = 1; index <= 2_000; index += 1) {
      mesh.connection.publish('defend.load', JSON.stringify({ source: `load-${index}` }));
    }
    await mesh.connection.flush();

    const consumer = await jetstream(mesh.connection).consumers.get('DEFEND', 'naive');
    const held: number[] = []; // delivered to a reader that dies before it has handled any of it
    for await (const message of await consumer.fetch({ max_messages: 1_000 })) {
      held.push(message.seq);
    }
    const handled: number[] = [];
    for await (const message of await consumer.fetch({ max_messages: 1_000 })) {
      handled.push(message.seq);
      if (handled.length === 1_000) {
        await message.ackAck();
      }
    }
    const { ack_floor, num_pending, num_ack_pending } = await jsm.consumers.info('DEFEND', 'naive');
    expect([held[0], handled[0]]).toEqual([1, 1_001]);
    expect({ floor: ack_floor.stream_seq, left: num_pending + num_ack_pending }).toEqual({ floor: 2_000, left: 0 });
  });
});
