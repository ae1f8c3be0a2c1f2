import { DockerEngine } from '@sentinel-forge/docker';
import { DockerLab, requireDocker, waitFor } from '@sentinel-forge/testing';

const describeWithDocker = await requireDocker();

describeWithDocker('evidence', () => {
  const engine = new DockerEngine();
  let lab: DockerLab;

  beforeAll(async () => {
    lab = await DockerLab.open();
  });

  afterAll(async () => {
    await lab.close();
  });

  const exited = (id: string) =>
    waitFor(async () => (await engine.containers.inspect(id)).state === 'exited', {
      description: 'the victim to exit',
    });

  it('keeps standard output and standard error apart, and umlauts whole', async () => {
    const victim = await lab.victim({ command: ['sh', '-c', 'echo größer; sleep 0.1; echo schlimm >&2'] });
    await exited(victim.id);
    expect(await engine.evidence.logs(victim.id)).toEqual({
      entries: [
        { stream: 'stdout', text: 'größer\n' },
        { stream: 'stderr', text: 'schlimm\n' },
      ],
      isTruncated: false,
    });
  });

  it('reads the log of a container with a terminal, which has one raw stream', async () => {
    const victim = await lab.victim({ hasTty: true, command: ['sh', '-c', 'echo out; echo err >&2'] });
    await exited(victim.id);
    const { entries } = await engine.evidence.logs(victim.id);
    expect(entries).toEqual([{ stream: 'stdout', text: 'out\r\nerr\r\n' }]);
  });

  it('keeps the end of a log that is larger than the limit', async () => {
    const victim = await lab.victim({ command: ['sh', '-c', 'seq 1 20000'] });
    await exited(victim.id);
    const { entries, isTruncated } = await engine.evidence.logs(victim.id, { tail: 20_000, maxBytes: 1_000 });
    const text = entries.map((entry) => entry.text).join('');
    expect(isTruncated).toBe(true);
    expect(Buffer.byteLength(text)).toBe(1_000);
    expect(text.endsWith('19999\n20000\n')).toBe(true);
    const { entries: lastTwo } = await engine.evidence.logs(victim.id, { tail: 2 });
    expect(lastTwo).toEqual([{ stream: 'stdout', text: '19999\n20000\n' }]);
  });

  it('ends at the end of the log even while the container goes on writing', async () => {
    const victim = await lab.victim({ command: ['sh', '-c', 'while :; do echo more; done'] });
    await waitFor(async () => (await engine.evidence.logs(victim.id)).entries.length > 0, { description: 'some log' });
    await victim.remove();
  });

  it('tells what a container changed on disk', async () => {
    const victim = await lab.victim();
    await victim.exec('touch', '/tmp/dropped');
    expect(await engine.evidence.diff(victim.id)).toEqual(
      expect.arrayContaining([
        { path: '/tmp', kind: 'modified' },
        { path: '/tmp/dropped', kind: 'added' },
      ]),
    );
  });

  it('tells the processes of a paused container, and that a stopped one has none', async () => {
    const victim = await lab.victim();
    await engine.containers.pause(victim.id);
    const { titles, processes } = await engine.evidence.top(victim.id);
    const command = titles.indexOf('CMD');
    expect(processes.map((process) => process[command])).toEqual(
      expect.arrayContaining([expect.stringContaining('sleep 1000000')]),
    );
    await engine.containers.stop(victim.id, { stopTimeoutSeconds: 0 });
    await expect(engine.evidence.top(victim.id)).rejects.toMatchObject({
      code: 'FORGE_DOCKER_CONFLICT',
      details: { reason: 'not-running' },
    });
  });

  it('keeps the file system as an image when asked', async () => {
    const victim = await lab.victim();
    await victim.exec('touch', '/tmp/dropped');
    const repository = `forge-testing/evidence-${lab.id}`;
    const id = await engine.evidence.commit(victim.id, { repository, tag: 'kept' });
    try {
      expect((await lab.docker.getImage(`${repository}:kept`).inspect()).Id).toBe(id);
    } finally {
      await lab.docker.getImage(id).remove();
    }
  });
});
