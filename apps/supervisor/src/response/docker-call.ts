import type { ResourceLimits, Throttle } from '@sentinel-forge/docker';
import type { AttachmentBefore } from './target-before.js';

/** One change asked of the engine. A plan is a list of them; a dry run shows the list, an act performs it. */
export type DockerCall =
  | { readonly call: 'restart' | 'stop'; readonly id: string; readonly stopTimeoutSeconds: number }
  | { readonly call: 'start' | 'kill' | 'pause' | 'unpause'; readonly id: string }
  | { readonly call: 'detach'; readonly id: string; readonly networkName: string; readonly networkId?: string }
  | { readonly call: 'attach'; readonly id: string; readonly attachment: AttachmentBefore }
  | { readonly call: 'throttle'; readonly id: string; readonly throttle: Throttle; readonly limits: ResourceLimits }
  | { readonly call: 'unthrottle'; readonly id: string; readonly former: ResourceLimits }
  | { readonly call: 'commit'; readonly id: string; readonly repository: string; readonly tag: string };

/** Something to be read and kept before, or after, the container is touched. Once for each label of a mitigation. */
export interface CaptureStep {
  readonly call: 'capture';
  readonly id: string;
  readonly label: EvidenceLabel;
  readonly tailLines: number;
}

/** When evidence was taken. */
export type EvidenceLabel = 'snapshot' | 'before-release';

/** One step of a plan. */
export type Step = DockerCall | CaptureStep;

/** A step as the Engine API sees it, for people: what a dry run lists and a transition tells. */
export function describeStep(step: Step): string {
  const container = `/containers/${step.id.slice(0, 12)}`;
  switch (step.call) {
    case 'restart':
    case 'stop':
      return `POST ${container}/${step.call}?t=${step.stopTimeoutSeconds}`;
    case 'kill':
      return `POST ${container}/kill?signal=SIGKILL`;
    case 'start':
    case 'pause':
    case 'unpause':
      return `POST ${container}/${step.call}`;
    case 'detach':
      return `POST /networks/${step.networkName}/disconnect ${shortId(step.id)}`;
    case 'attach':
      return `POST /networks/${step.attachment.networkName}/connect ${shortId(step.id)}${describeEndpoint(step.attachment)}`;
    case 'throttle':
      return `POST ${container}/update ${JSON.stringify(step.throttle)}`;
    case 'unthrottle':
      return `POST ${container}/update, to the former limits`;
    case 'commit':
      return `POST /commit?container=${shortId(step.id)}&repo=${step.repository}&tag=${step.tag}`;
    case 'capture':
      return `GET ${container}/{json,logs?tail=${step.tailLines},changes,top}`;
  }
}

function shortId(id: string): string {
  return id.slice(0, 12);
}

function describeEndpoint({ requested }: AttachmentBefore): string {
  const { ipv4Address, ipv6Address, aliases } = requested;
  const parts = [
    ...(ipv4Address === undefined ? [] : [`as ${ipv4Address}`]),
    ...(ipv6Address === undefined ? [] : [`as ${ipv6Address}`]),
    ...(aliases.length === 0 ? [] : [`alias ${aliases.join(', ')}`]),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}
