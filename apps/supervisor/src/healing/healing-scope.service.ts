import type { ContainerSummary } from '@sentinel-forge/docker';
import { isOfMesh } from '../response/scope.service.js';
import type { HealingPolicy } from './healing-policy.js';

const stopTimeoutLabel = 'autoheal.stop.timeout';
/** What opts out under every setting of the label. */
const defaultLabel = 'autoheal';

type Labelled = Pick<ContainerSummary, 'id' | 'labels' | 'compose'>;

/** Whether the healer may touch a container, because somebody opted it in, or it is a part of the mesh, or all are. */
export function isHealed(container: Labelled, policy: HealingPolicy): boolean {
  const { labels } = container;
  if (isOptedOut(container, policy)) {
    return false;
  }
  return policy.label === 'all' || labels[policy.label] === 'true' || isOfMesh(container, policy);
}

/** Whether it says no, or is the container that the healer itself lives in. */
export function isOptedOut({ id, labels }: Labelled, policy: HealingPolicy): boolean {
  const { label, ownContainerId } = policy;
  return (
    isNo(labels[defaultLabel]) ||
    isNo(labels[label]) ||
    (ownContainerId !== undefined && ownContainerId !== '' && id.startsWith(ownContainerId))
  );
}

/** How long a container has to end by itself; what is no number is passed over, as docker-autoheal does not. */
export function stopTimeoutOf({ labels }: Pick<ContainerSummary, 'labels'>, policy: HealingPolicy): number {
  const text = labels[stopTimeoutLabel];
  const seconds = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isInteger(seconds) && seconds >= 0 ? seconds : policy.defaultStopTimeoutSeconds;
}

/** However it is written: who says no must not be healed for a capital letter. */
function isNo(value: string | undefined): boolean {
  return value?.trim().toLowerCase() === 'false';
}
