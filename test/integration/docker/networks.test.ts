import { connect } from 'node:net';
import { DockerEngine, isGhost, type NetworkAttachment, whyNotDetachable } from '@sentinel-forge/docker';
import { DockerLab, type LabNetwork, requireDocker, type Victim, waitFor } from '@sentinel-forge/testing';

const describeWithDocker = await requireDocker();

describeWithDocker('networks', () => {
  const engine = new DockerEngine();
  let lab: DockerLab;
  let fixed: LabNetwork;
  let automatic: LabNetwork;

  beforeAll(async () => {
    lab = await DockerLab.open();
    fixed = await lab.network({ hasFixedSubnet: true });
    automatic = await lab.network();
  });

  afterAll(async () => {
    await lab.close();
  });

  const attachmentsOf = async (victim: Victim): Promise<readonly NetworkAttachment[]> =>
    (await engine.containers.inspect(victim.id)).networks;

  const attachmentOn = async (victim: Victim, network: LabNetwork): Promise<NetworkAttachment> => {
    const found = (await attachmentsOf(victim)).find(({ networkName }) => networkName === network.name);
    if (found === undefined) {
      throw new Error(`${victim.name} is not on ${network.name}`);
    }
    return found;
  };

  // A MAC address is only for who creates a container, on an engine of today: connecting takes none (measured on 28).
  it('gives back static address, aliases, links and driver options exactly, and the MAC address where it can', async () => {
    const canChooseMac = Number((await engine.info()).version.split('.')[0]) < 25;
    const peer = await lab.victim({ networks: [{ network: fixed }] });
    const place = {
      ipv4Address: fixed.address(50),
      aliases: ['db', 'database'],
      links: [`${peer.name}:peer`],
      driverOpts: { 'forge.test': 'yes' },
    };
    const victim = await lab.victim({ networks: [{ network: fixed, ...place }], macAddress: '02:42:f0:00:00:01' });
    const before = await attachmentOn(victim, fixed);
    expect(before.requested).toEqual({ ...place, linkLocalAddresses: [], macAddress: '02:42:f0:00:00:01' });

    await engine.networks.detach(victim.id, fixed.id);
    await engine.containers.restart(victim.id, { stopTimeoutSeconds: 0 });
    await engine.networks.attach(victim.id, before);

    const after = await attachmentOn(victim, fixed);
    const { macAddress: _asked, ...requested } = before.requested;
    const { macAddress: _given, ...assigned } = before.assigned;
    expect(after.requested).toMatchObject(canChooseMac ? before.requested : requested);
    expect(after.assigned).toMatchObject(canChooseMac ? before.assigned : assigned);
    expect(after.endpointId).not.toBe(before.endpointId);
  });

  it('is seen from both sides: the container lists no network, and the network no such member', async () => {
    const victim = await lab.victim({ networks: [{ network: fixed, ipv4Address: fixed.address(60) }] });
    expect(await engine.networks.members(fixed.name)).toContainEqual(
      expect.objectContaining({
        containerId: victim.id,
        containerName: victim.name,
        ipv4Address: fixed.address(60),
        endpointId: (await attachmentOn(victim, fixed)).endpointId,
      }),
    );
    expect(await engine.networks.detach(victim.id, fixed.id)).toBe('changed');
    expect(await engine.networks.detach(victim.id, fixed.id)).toBe('unchanged');
    expect(await attachmentsOf(victim)).toEqual([]);
    expect((await engine.networks.members(fixed.id)).map(({ containerId }) => containerId)).not.toContain(victim.id);
  });

  it('stays off over restart, stop and start', async () => {
    const victim = await lab.victim({ networks: [{ network: automatic }], restartPolicy: 'always' });
    await engine.networks.detach(victim.id, automatic.id);
    await engine.containers.restart(victim.id, { stopTimeoutSeconds: 0 });
    expect(await attachmentsOf(victim)).toEqual([]);
    await engine.containers.stop(victim.id, { stopTimeoutSeconds: 0 });
    await engine.containers.start(victim.id);
    expect(await attachmentsOf(victim)).toEqual([]);
  });

  it('leaves a dynamic address to the engine, which refuses a fixed one on an automatic subnet', async () => {
    const victim = await lab.victim({ networks: [{ network: automatic, aliases: ['web'] }] });
    const before = await attachmentOn(victim, automatic);
    const address = before.assigned.ipv4Address ?? '';
    expect(before.requested).not.toHaveProperty('ipv4Address');
    expect(before.requested).not.toHaveProperty('macAddress');

    await engine.networks.detach(victim.id, automatic.id);
    await expect(
      engine.networks.attach(victim.id, { ...before, requested: { ...before.requested, ipv4Address: address } }),
    ).rejects.toMatchObject({
      code: 'FORGE_DOCKER_REFUSED',
      isRetryable: false,
      details: { status: 400, reason: 'fixed-address-unsupported' },
    });
    await engine.networks.attach(victim.id, before);
    expect((await attachmentOn(victim, automatic)).requested).toEqual(before.requested);
  });

  it('tells that a static address was taken, and can be tried again when it is free', async () => {
    const address = fixed.address(70);
    const victim = await lab.victim({ networks: [{ network: fixed, ipv4Address: address }] });
    const before = await attachmentOn(victim, fixed);
    await engine.networks.detach(victim.id, fixed.id);
    const thief = await lab.victim({ networks: [{ network: fixed, ipv4Address: address }] });
    await expect(engine.networks.attach(victim.id, before)).rejects.toMatchObject({
      code: 'FORGE_DOCKER_ADDRESS_IN_USE',
      isRetryable: true,
      details: { reason: 'address-in-use' },
    });
    await thief.remove();
    await engine.networks.attach(victim.id, before);
    expect((await attachmentOn(victim, fixed)).assigned.ipv4Address).toBe(address);
  });

  it('leaves no ghost where the engine would, so that the container can still be restarted', async () => {
    const address = fixed.address(80);
    const holder = await lab.victim({ networks: [{ network: fixed, ipv4Address: address }] });
    const victim = await lab.victim();
    const wanted = {
      networkName: fixed.name,
      requested: { aliases: [], links: [], driverOpts: {}, linkLocalAddresses: [], ipv4Address: address },
    };

    await expect(engine.networks.attach(victim.id, wanted)).rejects.toMatchObject({
      code: 'FORGE_DOCKER_ADDRESS_IN_USE',
      details: { holderId: holder.id, address },
    });
    expect((await attachmentsOf(victim)).map(({ networkName }) => networkName)).toEqual(['bridge']);
    await engine.containers.restart(victim.id, { stopTimeoutSeconds: 0 });

    // The engine as it is: the failed connect leaves an entry, the restart fails on it, only a stopped one is rid of it.
    await expect(fixed.attach(victim.id, { ipv4Address: address })).rejects.toThrow(/Address already in use/);
    expect(isGhost(await attachmentOn(victim, fixed), true)).toBe(true);
    expect(await engine.networks.detach(victim.id, fixed.id, { isForced: true })).toBe('unchanged');
    await expect(engine.containers.restart(victim.id, { stopTimeoutSeconds: 0 })).rejects.toMatchObject({
      code: 'FORGE_DOCKER_ADDRESS_IN_USE',
    });
    expect(await engine.networks.detach(victim.id, fixed.id)).toBe('changed');
    await engine.containers.start(victim.id);
  });

  it('refuses a static address from outside the network', async () => {
    const victim = await lab.victim();
    const requested = { aliases: [], links: [], driverOpts: {}, linkLocalAddresses: [], ipv4Address: '192.0.2.1' };
    await expect(engine.networks.attach(victim.id, { networkName: fixed.name, requested })).rejects.toMatchObject({
      code: 'FORGE_DOCKER_REFUSED',
      details: { reason: 'address-outside-subnet' },
    });
    expect((await attachmentsOf(victim)).map(({ networkName }) => networkName)).toEqual(['bridge']);
  });

  it('does not touch an attachment that is there already', async () => {
    const victim = await lab.victim({ networks: [{ network: fixed, aliases: ['kept'] }] });
    const before = await attachmentOn(victim, fixed);
    await expect(
      engine.networks.attach(victim.id, { ...before, requested: { ...before.requested, aliases: ['other'] } }),
    ).rejects.toMatchObject({ code: 'FORGE_DOCKER_CONFLICT', details: { reason: 'already-attached' } });
    expect(await attachmentOn(victim, fixed)).toEqual(before);
  });

  it('says of the host network that it cannot be taken away', async () => {
    const victim = await lab.victim({ networkMode: 'host' });
    const { networkMode } = await engine.containers.inspect(victim.id);
    expect(networkMode).toEqual({ kind: 'host' });
    expect(whyNotDetachable(networkMode)).toMatch(/network of the host/);
    await expect(engine.networks.detach(victim.id, 'host', { isForced: true })).rejects.toMatchObject({
      code: 'FORGE_DOCKER_REFUSED',
      details: { reason: 'host-network' },
    });
  });

  it("says of another container's network that it cannot be taken away, though no network is listed", async () => {
    const owner = await lab.victim({ networks: [{ network: fixed }] });
    const victim = await lab.victim({ networkMode: `container:${owner.id}` });
    const { networkMode, networks } = await engine.containers.inspect(victim.id);
    expect(networkMode).toEqual({ kind: 'container', containerId: owner.id });
    expect(networks).toEqual([]);
    expect(whyNotDetachable(networkMode)).toMatch(new RegExp(owner.id.slice(0, 12)));
    await expect(engine.networks.attach(victim.id, await attachmentOn(owner, fixed))).rejects.toMatchObject({
      code: 'FORGE_DOCKER_REFUSED',
      details: { reason: 'shared-network-namespace' },
    });
  });

  it('is gone, not failed, when the network or the container was removed', async () => {
    const network = await lab.network();
    const victim = await lab.victim({ networks: [{ network }] });
    const attachment = await attachmentOn(victim, network);
    await victim.remove();
    await expect(engine.networks.attach(victim.id, attachment)).rejects.toMatchObject({
      code: 'FORGE_DOCKER_NOT_FOUND',
    });
    await expect(engine.networks.detach(victim.id, network.id)).rejects.toMatchObject({
      code: 'FORGE_DOCKER_NOT_FOUND',
    });
    await lab.docker.getNetwork(network.id).remove();
    const other = await lab.victim();
    await expect(engine.networks.attach(other.id, attachment)).rejects.toMatchObject({
      code: 'FORGE_DOCKER_NOT_FOUND',
    });
  });

  it('restores a container while it is stopped; a taken address then shows at the start', async () => {
    const address = fixed.address(90);
    const victim = await lab.victim({ networks: [{ network: fixed, ipv4Address: address }] });
    const before = await attachmentOn(victim, fixed);
    await engine.networks.detach(victim.id, fixed.id);
    await engine.containers.stop(victim.id, { stopTimeoutSeconds: 0 });
    await engine.networks.attach(victim.id, before);
    expect((await attachmentOn(victim, fixed)).requested.ipv4Address).toBe(address);
    const thief = await lab.victim({ networks: [{ network: fixed, ipv4Address: address }] });
    await expect(engine.containers.start(victim.id)).rejects.toMatchObject({ code: 'FORGE_DOCKER_ADDRESS_IN_USE' });
    await thief.remove();
    await engine.containers.start(victim.id);
    expect((await attachmentOn(victim, fixed)).assigned.ipv4Address).toBe(address);
  });

  describe('a session that was open when its container was taken off', () => {
    const port = 7_000;

    it('resumes when the container is merely put back', async () => {
      const { server, session, before } = await openedSession(100);
      await engine.networks.detach(server.id, fixed.id);
      session.send('sent meanwhile\n');
      await engine.networks.attach(server.id, before);
      await waitFor(() => session.received.includes('sent meanwhile'), {
        description: 'the old session to carry what was sent meanwhile',
        timeoutMs: 30_000,
      });
      expect(session.isEnded).toBe(false);
    });

    it('is dead when the container is restarted while it is off, and then put back', async () => {
      const { server, session, before, client } = await openedSession(110);
      await engine.networks.detach(server.id, fixed.id);
      session.send('sent meanwhile\n');
      await engine.containers.restart(server.id, { stopTimeoutSeconds: 0 });
      await engine.networks.attach(server.id, before);
      await waitFor(() => session.isEnded, { description: 'the old session to end', timeoutMs: 30_000 });
      expect(session.received).toBe('hello\n');
      expect(await client.reaches(fixed.address(110), port)).toBe(true);
    });

    it('is not needed for its published port: that is closed while the container is off, and open again afterwards', async () => {
      const server = await lab.victim({ networks: [{ network: fixed }], echoPort: port, isEchoPublished: true });
      const isPublished = async (): Promise<boolean> => {
        const hostPort = await server.publishedPort(port);
        return hostPort !== undefined && (await echoes(hostPort));
      };
      await waitFor(isPublished, { description: 'the published port to answer' });
      const before = await attachmentOn(server, fixed);
      await engine.networks.detach(server.id, fixed.id);
      await engine.containers.restart(server.id, { stopTimeoutSeconds: 0 });
      expect(await isPublished()).toBe(false);
      await engine.networks.attach(server.id, before);
      await waitFor(isPublished, { description: 'the published port to answer again' });
    });

    /** Whether an echo server answers the host on this port of its own. */
    function echoes(hostPort: number): Promise<boolean> {
      return new Promise((resolve) => {
        const socket = connect(hostPort, '127.0.0.1', () => socket.write('reached'));
        socket.setTimeout(1_000, () => socket.destroy());
        socket.on('data', () => resolve(true)).on('error', () => socket.destroy());
        socket.on('close', () => resolve(false));
      });
    }

    async function openedSession(lastByte: number) {
      const server = await lab.victim({
        networks: [{ network: fixed, ipv4Address: fixed.address(lastByte) }],
        echoPort: port,
      });
      const client = await lab.victim({ networks: [{ network: fixed }] });
      await waitFor(() => client.reaches(fixed.address(lastByte), port), { description: 'the echo server to listen' });
      const session = await client.openSession(fixed.address(lastByte), port);
      session.send('hello\n');
      await waitFor(() => session.received === 'hello\n', { description: 'the echo of the open session' });
      return { server, client, session, before: await attachmentOn(server, fixed) };
    }
  });
});
