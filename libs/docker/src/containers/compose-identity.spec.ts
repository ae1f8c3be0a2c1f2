import { parseComposeIdentity } from './compose-identity.js';

const labels = {
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': 'web',
  'com.docker.compose.container-number': '2',
};

describe('parseComposeIdentity', () => {
  it('reads who a container is, and on whom it depends', () => {
    const dependsOn = 'db:service_healthy:true,cache:service_started:false';
    expect(parseComposeIdentity({ ...labels, 'com.docker.compose.depends_on': dependsOn })).toEqual({
      project: 'shop',
      service: 'web',
      number: 2,
      dependsOn: [
        { service: 'db', condition: 'service_healthy', isRestartedWith: true },
        { service: 'cache', condition: 'service_started', isRestartedWith: false },
      ],
    });
  });

  it.each([
    ['', []],
    ['db', [{ service: 'db', condition: 'service_started', isRestartedWith: false }]],
    ['db:service_healthy', [{ service: 'db', condition: 'service_healthy', isRestartedWith: false }]],
  ])('reads depends_on "%s" of other Compose versions', (label, dependsOn) => {
    expect(parseComposeIdentity({ ...labels, 'com.docker.compose.depends_on': label })?.dependsOn).toEqual(dependsOn);
  });

  it('is undefined for a container that Compose did not make', () => {
    expect(parseComposeIdentity({ 'com.docker.compose.project': 'shop' })).toBeUndefined();
    expect(parseComposeIdentity({})).toBeUndefined();
  });
});
