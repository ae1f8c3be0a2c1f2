import { Describe, IsJsonObject, IsName, IsText, Nested, Optional } from '@sentinel-forge/contracts';
import type {
  ContainerSnapshot,
  ContainerState,
  NetworkAttachment,
  RequestedEndpoint,
  ResourceLimits,
} from '@sentinel-forge/docker';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsNumber } from 'class-validator';

const containerStates = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const;

/** What was asked of the engine for a place on a network; see libs/docker. */
export class RequestedEndpointBefore implements RequestedEndpoint {
  @IsArray()
  @ArrayMaxSize(256)
  @IsText({ each: true })
  readonly aliases!: readonly string[];

  @IsArray()
  @ArrayMaxSize(256)
  @IsText({ each: true })
  readonly links!: readonly string[];

  @IsJsonObject()
  readonly driverOpts!: Readonly<Record<string, string>>;

  @Optional()
  @IsName()
  readonly ipv4Address?: string;

  @Optional()
  @IsName()
  readonly ipv6Address?: string;

  @IsArray()
  @ArrayMaxSize(64)
  @IsName({ each: true })
  readonly linkLocalAddresses!: readonly string[];

  @Optional()
  @IsName()
  readonly macAddress?: string;

  @Optional()
  @IsInt()
  readonly gatewayPriority?: number;
}

/** One network that the container was on. */
export class AttachmentBefore {
  @IsName()
  readonly networkName!: string;

  @Optional()
  @IsName()
  readonly networkId?: string;

  @Nested(() => RequestedEndpointBefore)
  readonly requested!: RequestedEndpointBefore;
}

/** The limits that the container had; 0 for none. */
export class ResourceLimitsBefore implements ResourceLimits {
  @IsNumber()
  readonly nanoCpus!: number;

  @IsNumber()
  readonly cpuQuotaMicros!: number;

  @IsNumber()
  readonly cpuPeriodMicros!: number;

  @IsNumber()
  readonly memoryBytes!: number;

  @IsNumber()
  readonly memorySwapBytes!: number;

  @IsNumber()
  readonly pidsLimit!: number;
}

/** A container before it was touched: everything that a release gives back, and what tells whether it came back as another. */
export class TargetBefore {
  @IsIn(containerStates)
  readonly state!: ContainerState;

  @Describe("The engine's own time, to the nanosecond: another one means another process.")
  @Optional()
  @IsName()
  readonly startedAt?: string;

  @IsArray()
  @ArrayMaxSize(64)
  @Nested(() => AttachmentBefore, { each: true })
  readonly networks!: readonly AttachmentBefore[];

  @Nested(() => ResourceLimitsBefore)
  readonly limits!: ResourceLimitsBefore;

  @Describe('project/service/number, where Docker Compose made it.')
  @Optional()
  @IsName()
  readonly composeIdentity?: string;
}

/** Keeps of a container what a release needs. */
export function rememberTarget(container: ContainerSnapshot): TargetBefore {
  const { compose, startedAt } = container;
  return {
    state: container.state,
    ...(startedAt === undefined ? {} : { startedAt }),
    networks: detachableNetworks(container).map(({ networkName, networkId, requested }) => ({
      networkName,
      ...(networkId === undefined ? {} : { networkId }),
      requested,
    })),
    limits: container.limits,
    ...(compose === undefined ? {} : { composeIdentity: composeIdentityOf(compose) }),
  };
}

/** Tells one container of a Compose project from every other; the same before and after `compose up` made it anew. */
export function composeIdentityOf(compose: NonNullable<ContainerSnapshot['compose']>): string {
  return `${compose.project}/${compose.service}/${compose.number}`;
}

/** The networks that a container can be taken off: `none` is listed as one, and is none. */
export function detachableNetworks(container: ContainerSnapshot): readonly NetworkAttachment[] {
  return container.networkMode.kind === 'network' ? container.networks : [];
}

/** Whether a container has processes, frozen or not, or will have them again by itself in a moment. */
export function isUp({ state }: { readonly state: ContainerState }): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}
