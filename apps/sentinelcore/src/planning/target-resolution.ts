import { type TelemetryTarget, toSubjectToken } from '@sentinel-forge/contracts';
import type { Inventory, InventoryContainer } from './inventory.port.js';

/** Which container telemetry is about; never a guess. */
export type TargetResolution =
  | { readonly kind: 'resolved'; readonly container: InventoryContainer }
  | {
      readonly kind: 'unnamed' | 'unknown' | 'ambiguous';
      readonly reason: string;
      readonly candidates: readonly string[];
    };

const maxCandidates = 10;

/** Finds the one container that a target means. A host narrows, in the form in which supervisors are named. */
export function resolveTarget(target: TelemetryTarget | undefined, inventory: Inventory): TargetResolution {
  const name = target?.container;
  if (name === undefined) {
    const reason = 'the telemetry names no container; have its producer set target.container';
    return { kind: 'unnamed', reason, candidates: [] };
  }
  const host = target?.host === undefined ? undefined : toSubjectToken(target.host);
  const found = inventory.find(name, host);
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    return { kind: 'resolved', container: only };
  }
  return only === undefined ? unknown(name, host, inventory.find(name)) : ambiguous(name, found);
}

function unknown(name: string, host: string | undefined, elsewhere: readonly InventoryContainer[]): TargetResolution {
  const candidates = describe(elsewhere);
  if (host !== undefined && candidates.length > 0) {
    const reason = `no container "${name}" is known on host "${host}"; correct target.host, there is: ${candidates.join(', ')}`;
    return { kind: 'unknown', reason, candidates };
  }
  const where = host === undefined ? 'any host' : `host "${host}"`;
  const reason = `no container "${name}" is known on ${where}; set target.container to a name, an id or a Compose service that a supervisor reports`;
  return { kind: 'unknown', reason, candidates };
}

function ambiguous(name: string, found: readonly InventoryContainer[]): TargetResolution {
  const candidates = describe(found);
  const hosts = new Set(found.map(({ host }) => host));
  const mend =
    hosts.size === found.length ? 'set target.host or the full id' : 'set target.container to the full name or id';
  const reason = `"${name}" can be any of ${found.length} containers; ${mend}, one of: ${candidates.join(', ')}`;
  return { kind: 'ambiguous', reason, candidates };
}

function describe(containers: readonly InventoryContainer[]): readonly string[] {
  const shown = containers.slice(0, maxCandidates).map(({ host, name, id }) => `${host}/${name} (${id.slice(0, 12)})`);
  const hidden = containers.length - shown.length;
  return hidden > 0 ? [...shown, `${hidden} more`] : shown;
}
