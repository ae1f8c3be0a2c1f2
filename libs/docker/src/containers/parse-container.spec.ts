import { parseContainer, parseContainerSummary } from './parse-container.js';

const id = 'a'.repeat(64);

describe('parseContainer', () => {
  it('needs no more than what every engine tells', () => {
    const container = parseContainer({
      Id: id,
      Name: '/web',
      Image: 'sha256:1',
      Created: '2026-01-01T00:00:00Z',
      State: { Status: 'created', StartedAt: '0001-01-01T00:00:00Z', FinishedAt: '0001-01-01T00:00:00Z' },
      Config: { Image: 'web:1', Labels: null },
      HostConfig: {},
      NetworkSettings: { Networks: null },
    });
    expect(container).toEqual({
      id,
      name: 'web',
      image: 'web:1',
      imageId: 'sha256:1',
      labels: {},
      state: 'created',
      health: 'none',
      exitCode: 0,
      isOomKilled: false,
      pid: 0,
      createdAt: '2026-01-01T00:00:00Z',
      restartPolicy: { name: 'no', maximumRetryCount: 0 },
      restartCount: 0,
      networkMode: { kind: 'network', name: 'bridge' },
      networks: [],
      limits: {
        nanoCpus: 0,
        cpuQuotaMicros: 0,
        cpuPeriodMicros: 0,
        memoryBytes: 0,
        memorySwapBytes: 0,
        pidsLimit: 0,
      },
      hasTty: false,
    });
  });
});

describe('parseContainerSummary', () => {
  it('takes the container’s own name, not those that links of others give it', () => {
    const row = { Id: id, Names: ['/proxy/backend', '/web'], Image: 'web:1', State: 'running' };
    expect(parseContainerSummary(row).name).toBe('web');
  });
});
