import { ForgeError } from '@sentinel-forge/contracts';
import { isGone, refusalReasonOf, toEngineError } from './engine-error.js';

const call = { operation: 'try', target: 'web' };

/** As docker-modem builds it. */
function answer(statusCode: number, message: string): Error {
  return Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${message} `), {
    statusCode,
    json: { message },
  });
}

describe('toEngineError', () => {
  // The wordings and statuses of a real engine, 20.10.
  it.each([
    [404, 'No such container: web', 'FORGE_DOCKER_NOT_FOUND', undefined],
    [404, 'network shop not found', 'FORGE_DOCKER_NOT_FOUND', undefined],
    [409, 'removal of container 4e3a is already in progress', 'FORGE_DOCKER_NOT_FOUND', 'being-removed'],
    [409, 'container is marked for removal and cannot be started', 'FORGE_DOCKER_NOT_FOUND', 'being-removed'],
    [
      400,
      'container cannot be disconnected from host network or connected to host network',
      'FORGE_DOCKER_REFUSED',
      'host-network',
    ],
    [
      400,
      'container sharing network namespace with another container or host cannot be connected to any other network',
      'FORGE_DOCKER_REFUSED',
      'shared-network-namespace',
    ],
    [
      400,
      'user specified IP address is supported only when connecting to networks with user configured subnets',
      'FORGE_DOCKER_REFUSED',
      'fixed-address-unsupported',
    ],
    [
      500,
      "Invalid address 10.99.7.50: It does not belong to any of this network's subnets",
      'FORGE_DOCKER_REFUSED',
      'address-outside-subnet',
    ],
    [403, 'Address already in use', 'FORGE_DOCKER_ADDRESS_IN_USE', 'address-in-use'],
    [500, 'Cannot restart container tb: Address already in use', 'FORGE_DOCKER_ADDRESS_IN_USE', 'address-in-use'],
    [403, 'endpoint with name ta already exists in network tn2', 'FORGE_DOCKER_CONFLICT', 'already-attached'],
    [500, 'container 151f is not connected to network tn1', 'FORGE_DOCKER_CONFLICT', 'not-attached'],
    [409, 'Container 151f is already paused', 'FORGE_DOCKER_CONFLICT', 'already-paused'],
    [500, 'Container 151f is not paused', 'FORGE_DOCKER_CONFLICT', 'not-paused'],
    [409, 'cannot start a paused container, try unpause instead', 'FORGE_DOCKER_CONFLICT', 'paused'],
    [409, 'Cannot kill container: tb: Container 151f is not running', 'FORGE_DOCKER_CONFLICT', 'not-running'],
    [400, 'Range of CPUs is from 0.01 to 2.00', 'FORGE_DOCKER_REFUSED', undefined],
    [403, 'Forbidden by the socket proxy', 'FORGE_DOCKER_REFUSED', undefined],
    [501, 'configured logging driver does not support reading', 'FORGE_DOCKER_REFUSED', undefined],
    [
      500,
      'driver failed programming external connectivity: bind: address already in use: unknown',
      'FORGE_DOCKER_FAILED',
      undefined,
    ],
    [503, 'starting', 'FORGE_DOCKER_UNAVAILABLE', undefined],
  ])('takes %i "%s" as %s', (status, message, code, reason) => {
    const cause = answer(status, message);
    const error = toEngineError(cause, call);
    expect(error).toMatchObject({ code, cause, message: `try web: ${message}` });
    expect(error.details).toEqual({ ...call, status, ...(reason === undefined ? {} : { reason }) });
    expect(refusalReasonOf(error)).toBe(reason);
    expect(isGone(error)).toBe(code === 'FORGE_DOCKER_NOT_FOUND');
  });

  it.each(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EACCES', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'])(
    'takes %s as an engine that is not there, and worth another try',
    (code) => {
      const error = toEngineError(Object.assign(new Error('connect'), { code }), call);
      expect(error).toMatchObject({ code: 'FORGE_DOCKER_UNAVAILABLE', isRetryable: true });
    },
  );

  it('does not blame the engine for a defect of ours', () => {
    expect(toEngineError(new TypeError('x is not a function'), call).code).toBe('FORGE_INTERNAL');
  });

  it('leaves an error alone that is one of ours already', () => {
    const error = new ForgeError('FORGE_DOCKER_TIMEOUT', 'too slow');
    expect(toEngineError(error, call)).toBe(error);
  });
});
