import { Kvm } from '@nats-io/kv';
import { service as supervisor } from '@sentinel-forge/supervisor';
import { waitFor } from '@sentinel-forge/testing';
import { Load } from '../support/load.js';
import { mitigationIdOf, mitigationRequest } from '../support/mitigation-requests.js';
import { missingAt } from '../support/readiness.js';
import { TestMesh } from '../support/test-mesh.js';

const nowhere = 'unix:///nowhere/docker.sock';

describe('supervisor, where a newer version has left a record', () => {
  it('says so at /ready, begins nothing, leaves the record as it is, and goes on once that is gone', async () => {
    await using mesh = await TestMesh.open();
    const kvm = new Kvm(mesh.connection);
    const mitigations = await kvm.open('mitigations');
    const newer = JSON.stringify({ version: 2, id: mitigationIdOf(1), plan: ['of the future'] });
    await mitigations.put(mitigationIdOf(1), newer);

    const { url } = await mesh.start(supervisor, { DOCKER_HOST: nowhere });
    expect(await missingAt(url, 'records')).toMatch(
      new RegExp(`mitigations/${mitigationIdOf(1)} .*newer version.*is 2, .*understands 1\\b.*restore the backup`),
    );
    const load = new Load(mesh.connection, {
      perSecond: 50,
      most: 1,
      eventOf: () => mitigationRequest(2, { id: 'f'.repeat(64), name: 'victim' }, { action: 'pause' }),
    });
    await waitFor(() => load.acknowledged.length === 1, { description: 'a request' });
    await load.end();
    expect((await mitigations.get(mitigationIdOf(1)))?.string()).toBe(newer);
    expect(await mitigations.get(mitigationIdOf(2))).toBeNull();

    await mitigations.delete(mitigationIdOf(1));
    await waitFor(async () => (await mitigations.get(mitigationIdOf(2))) !== null, {
      description: 'the request to be taken in',
      timeoutMs: 20_000,
    });
    expect(mesh.logLines.join('')).toContain('record.newer');
  }, 60_000);
});

describe('what supervisor writes', () => {
  it('says its version', async () => {
    await using mesh = await TestMesh.open();
    const { url } = await mesh.start(supervisor, { DOCKER_HOST: nowhere });
    await missingAt(url, 'docker');
    const load = new Load(mesh.connection, {
      perSecond: 50,
      most: 1,
      eventOf: () => mitigationRequest(2, { id: 'f'.repeat(64), name: 'victim' }, { action: 'pause' }),
    });
    const mitigations = await new Kvm(mesh.connection).open('mitigations');
    const record = await waitFor(async () => (await mitigations.get(mitigationIdOf(2))) ?? false, {
      description: 'the record of the request',
      timeoutMs: 20_000,
    });
    await load.end();
    expect(record.json()).toMatchObject({ version: 1 });
  }, 60_000);
});
