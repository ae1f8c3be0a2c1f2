import { type ErrorCode, ForgeError, messageOf } from '@sentinel-forge/contracts';

/** What was asked of the engine, and of which container or network. */
export interface EngineCall {
  readonly operation: string;
  readonly target?: string;
}

/** Why the engine would not do it, where its answer lets us tell. In `details.reason` of the error. */
export type RefusalReason =
  | 'host-network'
  | 'shared-network-namespace'
  | 'fixed-address-unsupported'
  | 'address-outside-subnet'
  | 'address-in-use'
  | 'already-attached'
  | 'not-attached'
  | 'already-paused'
  | 'not-paused'
  | 'paused'
  | 'not-running'
  | 'being-removed';

/**
 * The engine's status codes are not to be trusted alone: the same refusal is a 400, a 403 or a 500 from one release to
 * the next. These wordings are the engine's own (libnetwork and daemon), measured on 20.10 and 28.
 */
const knownAnswers: readonly { readonly wording: RegExp; readonly code: ErrorCode; readonly reason: RefusalReason }[] =
  [
    {
      wording: /cannot be disconnected from host network|cannot disconnect container from host network/i,
      code: 'FORGE_DOCKER_REFUSED',
      reason: 'host-network',
    },
    {
      wording: /sharing network namespace with another container/i,
      code: 'FORGE_DOCKER_REFUSED',
      reason: 'shared-network-namespace',
    },
    {
      wording: /user specified IP address is supported only/i,
      code: 'FORGE_DOCKER_REFUSED',
      reason: 'fixed-address-unsupported',
    },
    {
      wording: /does not belong to any of this network's subnets|no configured subnet.*contain/i,
      code: 'FORGE_DOCKER_REFUSED',
      reason: 'address-outside-subnet',
    },
    { wording: /address already in use$/i, code: 'FORGE_DOCKER_ADDRESS_IN_USE', reason: 'address-in-use' },
    {
      wording: /endpoint with name .* already exists in network/i,
      code: 'FORGE_DOCKER_CONFLICT',
      reason: 'already-attached',
    },
    { wording: /is not connected to (the )?network/i, code: 'FORGE_DOCKER_CONFLICT', reason: 'not-attached' },
    { wording: /is already paused/i, code: 'FORGE_DOCKER_CONFLICT', reason: 'already-paused' },
    { wording: /is not paused/i, code: 'FORGE_DOCKER_CONFLICT', reason: 'not-paused' },
    { wording: /(a paused container|is paused)/i, code: 'FORGE_DOCKER_CONFLICT', reason: 'paused' },
    // Before "is not running": a container on its way out is as good as gone, whatever else is said of it.
    {
      wording: /is marked for removal|removal of container .* is already in progress/i,
      code: 'FORGE_DOCKER_NOT_FOUND',
      reason: 'being-removed',
    },
    { wording: /is not running/i, code: 'FORGE_DOCKER_CONFLICT', reason: 'not-running' },
  ];

/** Turns whatever dockerode threw into a ForgeError with `cause`, and `status` and `reason` in its details. */
export function toEngineError(error: unknown, call: EngineCall): ForgeError {
  if (error instanceof ForgeError) {
    return error;
  }
  const status = statusOf(error);
  const wording = wordingOf(error);
  const known = status === undefined ? undefined : knownAnswers.find((answer) => answer.wording.test(wording));
  const code = known?.code ?? (status === undefined ? codeWithoutAnswer(error) : codeForStatus(status));
  const subject = call.target === undefined ? call.operation : `${call.operation} ${call.target}`;
  return new ForgeError(code, `${subject}: ${wording}`, {
    cause: error,
    details: {
      ...call,
      ...(status === undefined ? {} : { status }),
      ...(known === undefined ? {} : { reason: known.reason }),
    },
  });
}

/** Whether an error says that the container or network is gone, or just going: for most callers no error at all. */
export function isGone(error: unknown): boolean {
  return error instanceof ForgeError && error.code === 'FORGE_DOCKER_NOT_FOUND';
}

/** Why the engine would not do it, if the error is one that says so. */
export function refusalReasonOf(error: unknown): RefusalReason | undefined {
  if (!(error instanceof ForgeError)) {
    return undefined;
  }
  return knownAnswers.find((answer) => answer.reason === error.details.reason)?.reason;
}

/** The HTTP status that the engine answered with; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** Sockets, streams and Node's HTTP parser name what went wrong in a `code`; an error without one is a defect of ours. */
function codeWithoutAnswer(error: unknown): ErrorCode {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? 'FORGE_DOCKER_UNAVAILABLE' : 'FORGE_INTERNAL';
}

function codeForStatus(status: number): ErrorCode {
  switch (status) {
    case 502:
    case 503:
    case 504:
      return 'FORGE_DOCKER_UNAVAILABLE';
    case 404:
      return 'FORGE_DOCKER_NOT_FOUND';
    case 409:
      return 'FORGE_DOCKER_CONFLICT';
    default:
      return status < 500 || status === 501 ? 'FORGE_DOCKER_REFUSED' : 'FORGE_DOCKER_FAILED';
  }
}

function wordingOf(error: unknown): string {
  const answer = (error as { json?: { message?: unknown } | null } | null)?.json?.message;
  return typeof answer === 'string' ? messageOf(answer) : messageOf(error);
}
