import { describeKeyValueStore, SuiteRecord } from '../../apps/supervisor/src/testing/key-value-store.suite.js';
import { MeshParts } from '../support/mesh-parts.js';
import { TestMesh } from '../support/test-mesh.js';

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) {
    await one[Symbol.asyncDispose]();
  }
});

describeKeyValueStore('NATS', async () => {
  const mesh = await TestMesh.open();
  const parts = new MeshParts(mesh.nats.url);
  open.push(mesh, parts);
  return parts.stores.open('healing', SuiteRecord);
});
