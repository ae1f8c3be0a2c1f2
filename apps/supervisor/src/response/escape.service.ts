import type { ContainerEvent, NetworkEvent } from '@sentinel-forge/docker';

/** After these a container may be less contained than it was, or gone. */
const suspicious: ReadonlySet<ContainerEvent['action']> = new Set(['start', 'unpause', 'update', 'destroy', 'die']);

/**
 * The container whose containment an event may have undone; undefined when it cannot have. It is a hint to look: our own
 * acts cause such events too.
 */
export function containerToCheck(event: ContainerEvent | NetworkEvent): string | undefined {
  if (event.kind === 'network') {
    return event.action === 'connect' ? event.containerId : undefined;
  }
  return suspicious.has(event.action) ? event.containerId : undefined;
}
