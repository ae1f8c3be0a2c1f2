import { setImmediate as turn } from 'node:timers/promises';
import { Inventory } from '../inventory/inventory.js';
import { ContainerLanes } from '../lanes/container-lanes.js';
import { MitigationRecord } from '../response/mitigation.record.js';
import { defaultResponsePolicy, type ResponsePolicy } from '../response/response-policy.js';
import { ResponseSwitch } from '../response/response-switch.js';
import { Responses } from '../response/responses.js';
import { CollectedEvents } from './collected-events.js';
import { type Fate, Life, mortal } from './life.js';
import { MemoryEvidence } from './memory-evidence.js';
import { MemoryKeyValueStore } from './memory-key-value-store.js';
import { testHost } from './requests.js';
import { SilentLog } from './silent-log.js';
import { SimulatedEngine } from './simulated-engine.js';

/** Everything outside a supervisor, with a clock that a test moves. It outlives any number of supervisors. */
export class SimulatedWorld {
  nowMs = Date.parse('2026-02-01T00:00:00Z');
  readonly store = new MemoryKeyValueStore(MitigationRecord);
  readonly switches = new MemoryKeyValueStore(ResponseSwitch);
  readonly engine = new SimulatedEngine();
  readonly events = new CollectedEvents();
  readonly evidence = new MemoryEvidence();
  readonly log = new SilentLog();
  readonly #alive: { readonly life: Life; readonly responses: Responses }[] = [];

  /** Starts a supervisor. What it was asked for is waited for with {@link settle}. */
  async supervise(
    options: { readonly fate?: Fate; readonly policy?: Partial<ResponsePolicy> } = {},
  ): Promise<Responses> {
    const life = new Life(options.fate);
    const inventory = new Inventory();
    inventory.replaceAll(await this.engine.list());
    const responses = new Responses(
      {
        store: mortal(this.store, life),
        switches: mortal(this.switches, life),
        engine: mortal(this.engine, life),
        events: mortal(this.events, life),
        evidence: mortal(this.evidence, life),
        inventory,
        lanes: new ContainerLanes(),
        redact: (value) => value,
        log: this.log,
        now: () => this.nowMs,
        random: () => 0.5,
      },
      {
        ...defaultResponsePolicy,
        host: testHost,
        instance: 'sim',
        minContained: 1000,
        maxActionsPerMinute: 1000,
        ...options.policy,
      },
    );
    this.#alive.push({ life, responses });
    void responses.start();
    return responses;
  }

  /** kill -9 of everything that runs. */
  kill(): void {
    for (const { life, responses } of this.#alive) {
      life.isDead = true;
      void responses.stop();
    }
  }

  /** Lets everything happen that can happen without time passing. */
  async settle(): Promise<void> {
    for (let quiet = 0, before = -1; quiet < 3; ) {
      await turn();
      const contacts = this.#alive.reduce((sum, { life }) => sum + life.contacts, 0);
      quiet = contacts === before ? quiet + 1 : 0;
      before = contacts;
    }
  }

  /** Lets time pass, and what is due by then happen. */
  async pass(durationMs: number): Promise<void> {
    this.nowMs += durationMs;
    for (const { life, responses } of this.#alive) {
      if (!life.isDead) {
        responses.tick();
      }
    }
    await this.settle();
  }

  async record(id: string): Promise<MitigationRecord | undefined> {
    return (await this.store.get(id))?.value;
  }
}
