import type { EmbeddedSecrets, MeshAddress } from '../embedded/data-directory.js';
import { type AccessFacts, accessOf } from './mesh-access.js';

const secrets: EmbeddedSecrets = {
  jwtSecret: 'j',
  jetstreamKey: 'k',
  meshPassword: 'mesh-pw',
  operatorPassword: 'operator-pw',
};
const address: MeshAddress = {
  natsUrl: 'nats://127.0.0.1:4222',
  isEmbedded: true,
  pid: 1,
  host: 'here',
  services: { sentinelcore: 'http://127.0.0.1:8000' },
};
const facts = (own: Partial<AccessFacts>): AccessFacts => ({
  natsUrls: undefined,
  credentials: {},
  token: undefined,
  host: 'settings-host',
  address: undefined,
  secrets: undefined,
  operatorToken: undefined,
  ...own,
});

describe('accessOf', () => {
  it('finds the mesh that runs here, with its credentials', () => {
    expect(accessOf(facts({ address, secrets, operatorToken: 'token' }), 'operator')).toEqual({
      natsUrls: ['nats://127.0.0.1:4222'],
      credentials: { user: 'operator', password: 'operator-pw' },
      token: 'token',
      host: 'here',
      serviceUrls: address.services,
    });
  });

  it('provisions as the user who may, with a password of its own', () => {
    const { user, password } = accessOf(facts({ address, secrets }), 'deployer')?.credentials ?? {};
    expect(user).toBe('deployer');
    expect(password).toMatch(/^[\w-]{43}$/);
  });

  it('never sends what a directory holds to a mesh elsewhere', () => {
    const elsewhere = facts({
      natsUrls: ['nats://far:4222'],
      credentials: { user: 'me', password: 'mine' },
      address,
      secrets,
      operatorToken: 'token',
    });
    expect(accessOf(elsewhere, 'operator')).toEqual({
      natsUrls: ['nats://far:4222'],
      credentials: { user: 'me', password: 'mine' },
      token: undefined,
      host: 'settings-host',
      serviceUrls: {},
    });
  });

  it("uses the settings' credentials for a server that is not the mesh's own", () => {
    const external = facts({
      address: { ...address, isEmbedded: false },
      secrets,
      credentials: { user: 'me', password: 'mine' },
      operatorToken: 'token',
    });
    expect(accessOf(external, 'operator')).toMatchObject({
      credentials: { user: 'me', password: 'mine' },
      token: 'token',
    });
  });

  it('prefers the token that is set', () => {
    expect(accessOf(facts({ address, secrets, operatorToken: 'kept', token: 'set' }), 'operator')?.token).toBe('set');
  });

  it('finds nothing when no mesh runs here and none is named, whatever was kept', () => {
    expect(accessOf(facts({ secrets, operatorToken: 'token' }), 'operator')).toBeUndefined();
  });
});
