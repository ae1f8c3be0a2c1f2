import type { ContainerSummary } from '@sentinel-forge/docker';
import type { MitigationRecord } from './mitigation.record.js';
import { composeIdentityOf } from './target-before.js';

/**
 * The mitigations that hold a container which this one takes the place of: another id under the same name, or the same replica
 * of the same Compose service. `compose up` makes such a container, and with it an escape from any quarantine.
 */
export function findReplaced(
  container: Pick<ContainerSummary, 'id' | 'name' | 'compose'>,
  held: readonly MitigationRecord[],
): readonly MitigationRecord[] {
  const identity = container.compose === undefined ? undefined : composeIdentityOf(container.compose);
  return held.filter(({ request: { target }, before }) => {
    const isSameName = target.name === container.name;
    const isSameReplica = identity !== undefined && before?.composeIdentity === identity;
    return target.id !== container.id && (isSameName || isSameReplica);
  });
}
