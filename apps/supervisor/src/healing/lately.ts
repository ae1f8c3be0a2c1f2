import type { ContainerEvent } from '@sentinel-forge/docker';
import type { Now } from '../agenda/alarm-clock.js';
import type { HealingPolicy } from './healing-policy.js';

/** What has happened to containers so lately that what is seen of them is not to be taken for what it looks like. */
export class Lately {
  readonly #endedMs = new Map<string, number>();
  readonly #unpausedMs = new Map<string, number>();

  constructor(
    private readonly now: Now,
    private readonly policy: Pick<HealingPolicy, 'deathGraceMs' | 'unpauseGraceMs'>,
  ) {}

  hear({ action, containerId }: ContainerEvent): void {
    switch (action) {
      case 'die':
        this.#endedMs.set(containerId, this.now());
        return;
      case 'start':
        this.forget(containerId);
        return;
      case 'unpause':
        this.#unpausedMs.set(containerId, this.now());
        return;
      case 'health_status':
        // A check that was made after the pause.
        this.#unpausedMs.delete(containerId);
        return;
      default:
        return;
    }
  }

  /** It was seen to have ended. False where that was known: whose end is seen first may still be told whether it was wished for. */
  noteEndSeen(containerId: string): boolean {
    if (this.#endedMs.has(containerId)) {
      return false;
    }
    this.#endedMs.set(containerId, this.now());
    return true;
  }

  /** Until then a `stop` event may come that says that its end was wished for. */
  mayBeStoppedUntilMs(containerId: string): number {
    const endedMs = this.#endedMs.get(containerId);
    return endedMs === undefined ? 0 : endedMs + this.policy.deathGraceMs;
  }

  /** Until then its health is that of the time when it was paused, for a paused container fails every check; undefined: it is true. */
  healthIsStaleUntilMs(containerId: string): number | undefined {
    const untilMs = (this.#unpausedMs.get(containerId) ?? Number.NEGATIVE_INFINITY) + this.policy.unpauseGraceMs;
    return untilMs > this.now() ? untilMs : undefined;
  }

  /** The container is gone, or was started anew. */
  forget(containerId: string): void {
    this.#endedMs.delete(containerId);
    this.#unpausedMs.delete(containerId);
  }
}
