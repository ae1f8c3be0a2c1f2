import { ForgeError } from '@sentinel-forge/contracts';
import { exitCodeOf } from './exit-codes.js';
import { describeFailure } from './failure.js';

describe('exitCodeOf', () => {
  it('tells a wrong setting or field, a mesh that is away, and a failure apart', () => {
    expect(exitCodeOf(new ForgeError('FORGE_CONFIG_INVALID', 'x'))).toBe(2);
    expect(exitCodeOf(new ForgeError('FORGE_EVENT_INVALID', 'x'))).toBe(2);
    expect(exitCodeOf(new ForgeError('FORGE_NATS_UNAVAILABLE', 'x'))).toBe(3);
    expect(exitCodeOf(new ForgeError('FORGE_HTTP_NOT_FOUND', 'x'))).toBe(1);
    expect(exitCodeOf(new TypeError('x'))).toBe(1);
  });
});

describe('describeFailure', () => {
  it('says what to do about an error of the mesh, without where it came from', async () => {
    const told = await describeFailure(new ForgeError('FORGE_AUTH_SCOPE', 'The token lacks a scope'));
    expect(told).toMatch(/^The token lacks a scope\n {2}→ Use a token with the named scope/);
    expect(told).not.toContain(' at ');
  });

  it('prefers the mend that the error brings with it', async () => {
    const error = new ForgeError('FORGE_NATS_UNAVAILABLE', 'away', { details: { mend: 'start it' } });
    await expect(describeFailure(error)).resolves.toBe('away\n  → start it');
  });

  it('adds nothing to a message that says it all', async () => {
    await expect(describeFailure(new ForgeError('FORGE_CONFIG_INVALID', 'NATS_URL must be a URL'))).resolves.toBe(
      'NATS_URL must be a URL',
    );
  });

  it('shows where an error came from that nobody foresaw', async () => {
    await expect(describeFailure(new TypeError('oops'))).resolves.toMatch(/^unexpected: TypeError: oops\n {4}at /);
  });
});
