import type { MitigationRequested } from '@sentinel-forge/contracts';
import type { ContainerSummary } from '@sentinel-forge/docker';
import { supervisorActor } from './in-force.js';
import type { ResponsePolicy } from './response-policy.js';

/** The labels by which a container's owner says what may be done to it. */
export const labels = {
  /** `true`: it may be mitigated. */
  respond: 'forge.respond',
  /** `true`: it is never mitigated, whatever else it carries. */
  protect: 'forge.protect',
  /** `required`: a person approves every mitigation of it. */
  approval: 'forge.approval',
  /** `true`: it is a part of the mesh. */
  mesh: 'forge.mesh',
} as const;

/** What scope is decided upon. */
export interface ScopeFacts {
  readonly request: MitigationRequested;
  readonly sender: string;
  /** The container with the id that the request names; undefined when there is none. */
  readonly container: Pick<ContainerSummary, 'labels' | 'compose' | 'name'> | undefined;
  /** Another container that has the name now, where the one that was meant is gone. */
  readonly namesake?: string;
  readonly isDisturbing: boolean;
}

/**
 * Why a request is refused, with what to do about it; undefined when the target is one that may be mitigated. The order is
 * the order of what a person would want to know first.
 */
export function whyOutOfScope(facts: ScopeFacts, policy: ResponsePolicy, nowMs: number): string | undefined {
  const { request, sender } = facts;
  if (sender !== supervisorActor && !policy.senders.includes(sender)) {
    return `${sender} is not trusted to ask for mitigations; trusted are ${policy.senders.join(', ')} (SUPERVISOR_SENDERS)`;
  }
  if (nowMs - Date.parse(request.requestedAt) > policy.recordRetentionMs) {
    return 'it is too old: whether it was carried out is not on record any more; ask again if it is still wanted';
  }
  return request.action === 'notify' ? undefined : whyNotTarget(facts, policy);
}

function whyNotTarget({ request, container, namesake }: ScopeFacts, policy: ResponsePolicy): string | undefined {
  const { name, id } = request.target;
  if (container === undefined) {
    return namesake === undefined
      ? `there is no container ${name} (${id.slice(0, 12)}) on ${policy.host}; check with \`docker ps --all\``
      : `the container ${name} was made anew since the plan: it is ${namesake.slice(0, 12)} now, not ${id.slice(0, 12)}; ask again for that one`;
  }
  if (container.labels[labels.protect] === 'true') {
    return `${name} is protected by its label ${labels.protect}=true; act by hand, or take the label off`;
  }
  if (isOfMesh(container, policy)) {
    return `${name} is a part of the mesh itself, which is never mitigated; act by hand`;
  }
  if (policy.respondTo === 'labelled' && container.labels[labels.respond] !== 'true') {
    return `${name} is not opted in; label it ${labels.respond}=true, or set SUPERVISOR_RESPOND_TO=all`;
  }
  return undefined;
}

/** Whether a container may be mitigated at all; the fleet is made of those. */
export function isInScope(container: Pick<ContainerSummary, 'labels' | 'compose'>, policy: ResponsePolicy): boolean {
  return (
    container.labels[labels.protect] !== 'true' &&
    !isOfMesh(container, policy) &&
    (policy.respondTo === 'all' || container.labels[labels.respond] === 'true')
  );
}

/** Whether a container belongs to the mesh. */
export function isOfMesh(
  container: Pick<ContainerSummary, 'labels' | 'compose'>,
  { meshProject }: Pick<ResponsePolicy, 'meshProject'>,
): boolean {
  return (
    container.labels[labels.mesh] === 'true' ||
    (meshProject !== undefined && container.compose?.project === meshProject)
  );
}

/** Why a person has to approve a request first; undefined when nobody has to. */
export function whyApproval(
  request: MitigationRequested,
  container: Pick<ContainerSummary, 'labels' | 'name'>,
  policy: ResponsePolicy,
): string | undefined {
  const { action } = request;
  const howTo = `\`forge mitigation approve ${request.mitigationId}\``;
  if (request.needsApproval === true) {
    return `the request says that a person must approve it: ${howTo}`;
  }
  if (container.labels[labels.approval] === 'required') {
    return `${container.name} is labelled ${labels.approval}=required: ${howTo}`;
  }
  return policy.approvalFor.includes(action)
    ? `every ${action} must be approved (SUPERVISOR_APPROVAL_FOR): ${howTo}`
    : undefined;
}
