import { ForgeError, type ListMitigations, type MitigationRequested } from '@sentinel-forge/contracts';
import type { ContainerEvent, ContainerSummary, NetworkEvent } from '@sentinel-forge/docker';
import type { EngineListener } from '../engine-watch/engine-watch.js';
import { containerToCheck } from './escape.service.js';
import type { MitigationInput } from './mitigation.input.js';
import type { MitigationRecord } from './mitigation.record.js';
import { MitigationDriver } from './mitigation-driver.js';
import { type Advanced, Mitigations } from './mitigations.js';
import type { ResponsePorts } from './response.ports.js';
import type { ResponsePolicy } from './response-policy.js';
import { type ResponseSwitch, responseSwitchKey } from './response-switch.js';

/** Who asks, and on which trace. */
export interface RequestOrigin {
  readonly sender: string;
  readonly traceparent: string;
}

/** Carries mitigations out and takes them back: what can be asked of it, and what it hears of the engine. */
export class Responses implements EngineListener {
  readonly #mitigations: Mitigations;
  readonly #driver: MitigationDriver;

  constructor(
    private readonly ports: ResponsePorts,
    private readonly policy: ResponsePolicy,
  ) {
    this.#mitigations = new Mitigations(ports.store, policy.host, ports.now);
    this.#driver = new MitigationDriver(ports, policy, this.#mitigations, () => this.isPaused());
  }

  /** Reads the records and goes on where they say. */
  start(): Promise<void> {
    return this.#driver.start();
  }

  /** Begins nothing new, and waits for what is being done. What is left is in the records. */
  stop(): Promise<void> {
    return this.#driver.stop();
  }

  /** Does what is due by now. The clock calls it; a test may. */
  tick(): void {
    this.#driver.tick();
  }

  /**
   * Takes a request in. Resolves when it is on record: from then on it is carried out, whatever is killed, and the request may be
   * acknowledged. The same request again is no second one. Throws `FORGE_EVENT_INVALID` for one that came to this host and
   * names a container of another: its record would be the business of that one.
   */
  async accept(request: MitigationRequested, origin: RequestOrigin): Promise<void> {
    const { host } = request.target;
    if (host !== this.policy.host) {
      throw new ForgeError(
        'FORGE_EVENT_INVALID',
        `target.host is ${host}, and this is ${this.policy.host}: publish it under the host of its container`,
      );
    }
    await this.#mitigations.open(request, origin);
    this.#driver.drive(request.mitigationId);
  }

  /** What holds this container, if anything does. The healer keeps its hands off then. */
  inForceOn(containerId: string): MitigationRecord | undefined {
    return this.#mitigations.index.inForceOn(containerId)?.value;
  }

  /** Newest first. */
  list(filter: ListMitigations = {}): readonly MitigationRecord[] {
    const { state, container, limit = 100 } = filter;
    return [...this.#mitigations.index.all()]
      .map(({ value }) => value)
      .filter((record) => state === undefined || record.state === state)
      .filter(
        ({ request: { target } }) =>
          container === undefined || target.name === container || target.id.startsWith(container),
      )
      .sort((a, b) => b.receivedAt.localeCompare(a.receivedAt))
      .slice(0, limit);
  }

  /** By id, or the unambiguous start of one. Throws `FORGE_MITIGATION_UNKNOWN` or `FORGE_MITIGATION_AMBIGUOUS`. */
  find(idStart: string): MitigationRecord {
    const found = [...this.#mitigations.index.all()].filter(({ key }) => key.startsWith(idStart));
    const [first, second] = found;
    if (first === undefined) {
      throw new ForgeError('FORGE_MITIGATION_UNKNOWN', `There is no mitigation ${idStart} on ${this.policy.host}`);
    }
    if (second !== undefined) {
      throw new ForgeError(
        'FORGE_MITIGATION_AMBIGUOUS',
        `${idStart} is the start of ${found.length} mitigations; give more of it`,
      );
    }
    return first.value;
  }

  /** Lets a mitigation that waits for it be carried out. Throws `FORGE_MITIGATION_STATE` when it does not wait. */
  approve(idStart: string, actor: string, reason = 'approved'): Promise<MitigationRecord> {
    return this.#command(this.find(idStart), { kind: 'approved', actor, reason });
  }

  /** Refuses a mitigation that was not carried out yet. */
  reject(idStart: string, actor: string, reason = 'rejected by hand'): Promise<MitigationRecord> {
    return this.#command(this.find(idStart), { kind: 'rejected', actor, reason });
  }

  /** Takes a mitigation back; of one that was joined to another, the other. Resolves when the release is on record, not when it is done. */
  release(idStart: string, actor: string, reason = 'released by hand'): Promise<MitigationRecord> {
    const record = this.find(idStart);
    const holder = record.joinedTo === undefined ? record : this.find(record.joinedTo);
    return this.#command(holder, { kind: 'release-asked', actor, reason });
  }

  /** Takes back everything that is in force; resolves to what was not on its way back by itself. */
  async releaseAll(actor: string, reason = 'everything released by hand'): Promise<readonly MitigationRecord[]> {
    const held = this.#mitigations.index.inForce().filter(({ value }) => value.state !== 'releasing');
    const asked = await Promise.all(
      held.map(({ value }) => this.#ask(value, { kind: 'release-asked', actor, reason })),
    );
    return asked.flatMap((advanced) => (advanced.isAccepted ? [advanced.record] : []));
  }

  /** Whether anything new is carried out at the moment. */
  async isPaused(): Promise<boolean> {
    return (await this.ports.switches.get(responseSwitchKey(this.policy.host)))?.value.isPaused ?? false;
  }

  /** The one big switch. What came in while it was set is carried out when it is no more; resolves to whether this changed anything. */
  async setPaused(isPaused: boolean, actor: string, reason = ''): Promise<boolean> {
    const { switches, now } = this.ports;
    const key = responseSwitchKey(this.policy.host);
    const stored = await switches.get(key);
    if ((stored?.value.isPaused ?? false) === isPaused) {
      return false;
    }
    const value: ResponseSwitch = { version: 1, isPaused, actor, reason, at: new Date(now()).toISOString() };
    await (stored === undefined ? switches.create(key, value) : switches.update(key, value, stored.revision));
    if (!isPaused) {
      this.#driver.driveOpen();
    }
    return true;
  }

  onEvent(event: ContainerEvent | NetworkEvent): void {
    const containerId = containerToCheck(event);
    if (containerId !== undefined) {
      this.#driver.check(containerId);
    }
  }

  onContainer(container: ContainerSummary): void {
    this.#driver.meet(container);
  }

  /** The engine was away, or events were missed. */
  onResync(): void {
    this.#driver.checkAll();
  }

  async #command(record: MitigationRecord, input: MitigationInput): Promise<MitigationRecord> {
    const advanced = await this.#ask(record, input);
    if (!advanced.isAccepted) {
      throw new ForgeError('FORGE_MITIGATION_STATE', `${record.id}: ${advanced.reason}`);
    }
    return advanced.record;
  }

  /** Puts what a person wants to the state machine, and does what follows from it. */
  async #ask({ id, request }: MitigationRecord, input: MitigationInput): Promise<Advanced> {
    const advanced = await this.ports.lanes.run(request.target.id, () => this.#mitigations.advance(id, input));
    if (advanced.isAccepted) {
      this.#driver.drive(id);
    }
    return advanced;
  }
}
