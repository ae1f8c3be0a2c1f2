import { connect } from '@nats-io/transport-node';
import { recordDirectory, verifyRecord } from '@sentinel-forge/log-indexer';
import {
  DockerLab,
  HttpTestServer,
  requireDocker,
  SmtpTestServer,
  type Victim,
  waitFor,
} from '@sentinel-forge/testing';
import { EmbeddedMeshProcess } from '../support/embedded-mesh-process.js';

const describeDocker = await requireDocker();

describeDocker('the golden path', () => {
  it('leads from bare JSON of a stock client over a quarantine, a record and notices to a release, under one trace', async () => {
    await using lab = await DockerLab.open();
    await using smtp = await SmtpTestServer.start();
    await using web = await HttpTestServer.start();
    const network = await lab.network({ hasFixedSubnet: true });
    const address = network.address(20);
    const victim = await lab.victim({
      labels: { 'forge.respond': 'true', autoheal: 'true' },
      networks: [{ network, ipv4Address: address, aliases: ['database'] }],
      echoPort: 7000,
      hasHealthCheck: true,
    });
    const sibling = await lab.victim({ networks: [{ network }] });
    await waitFor(() => sibling.reaches('database', 7000), { description: 'the sibling to reach the victim' });
    using session = await sibling.openSession(address, 7000);
    session.send('before');
    await waitFor(() => session.received.includes('before'), { description: 'the session to carry data' });

    await using mesh = await EmbeddedMeshProcess.start({
      environment: {
        SENTINELCORE_QUARANTINE_TTL_SECONDS: '10',
        SMTP_URL: smtp.url,
        NOTIFY_EMAIL_TO: 'ops@example.org',
        NOTIFY_WEBHOOK_URL: `${web.url}/hook`,
      },
    });
    await untilKnown(mesh, victim);
    const client = await connect({ servers: mesh.natsUrl });
    const seen: { readonly subject: string; readonly traceparent: string }[] = [];
    client.subscribe('mitigation.>', {
      callback: (_, { subject, headers }) =>
        void seen.push({ subject, traceparent: headers?.get('traceparent') ?? '' }),
    });
    await client.flush();
    const told = (subject: string) => seen.find((message) => message.subject.startsWith(subject));

    client.publish('defend.auth', JSON.stringify({ source: 'web', severity: 10, target: { container: victim.name } }));
    const applied = await waitFor(() => told('mitigation.supervisor.applied'), {
      description: 'the mitigation to be applied',
    });
    const requested = told('mitigation.sentinelcore.requested.');
    expect(requested?.traceparent.split('-')[1]).toBe(applied.traceparent.split('-')[1]);
    expect((await victim.container.inspect()).NetworkSettings.Networks).toEqual({});
    expect(await sibling.reaches('database', 7000)).toBe(false);
    const startedAt = (await victim.container.inspect()).State.StartedAt;
    // The healer leaves it alone: unhealthy under quarantine is not its business.
    await victim.setHealthy(false);
    await waitFor(async () => (await victim.container.inspect()).State.Health?.Status === 'unhealthy', {
      description: 'the victim to be unhealthy',
      timeoutMs: 15_000,
    });
    expect((await victim.container.inspect()).State.StartedAt).toBe(startedAt);

    await waitFor(() => told('mitigation.supervisor.released'), { description: 'the release', timeoutMs: 40_000 });
    const { Networks } = (await victim.container.inspect()).NetworkSettings;
    expect(Networks[network.name]).toMatchObject({ IPAddress: address });
    await waitFor(() => sibling.reaches('database', 7000), { description: 'the sibling to reach the victim again' });
    session.send('after');
    await waitFor(() => session.isEnded, { description: 'the end of the session from before' });
    expect(session.received).not.toContain('after');

    const mail = await waitFor(() => smtp.mails.find(({ raw }) => raw.includes(victim.name)), {
      description: 'a mail',
    });
    expect(mail.to).toContain('ops@example.org');
    const hook = await waitFor(() => web.requests.find(({ body }) => body.includes(victim.name)), {
      description: 'a webhook',
    });
    expect(hook.headers['webhook-signature']).toMatch(/^v1,/);

    const traceId = applied.traceparent.split('-')[1] ?? '';
    const trace = await waitFor(
      async () => {
        const run = await mesh.forge('trace', traceId, '--json');
        return run.stdout.includes('notify.delivered') && run.stdout;
      },
      { description: 'the trace to reach the notice' },
    );
    for (const step of [
      'defend.auth',
      'mitigation.sentinelcore.requested',
      'mitigation.supervisor.applied',
      'mitigation.supervisor.released',
    ]) {
      expect(trace).toContain(step);
    }
    await client.close();
    expect(await mesh.stop()).toBe(0);
    expect(await verifyRecord(recordDirectory(mesh.dataDirectory))).toMatchObject({ verdict: 'intact' });
  }, 120_000);
});

/** Resolves when supervisor has written a container down, and sentinelcore has had the time to read that: two decisions. */
async function untilKnown(mesh: EmbeddedMeshProcess, { id }: Victim): Promise<void> {
  const pass = await mesh.passwordOf('operator');
  const operator = await connect({ servers: mesh.natsUrl, user: 'operator', pass, inboxPrefix: '_INBOX_operator' });
  const entries = async (): Promise<string> =>
    (await operator.request('$JS.API.STREAM.INFO.KV_inventory', '{"subjects_filter":">"}')).string();
  await waitFor(async () => (await entries()).includes(id), { description: 'the victim to be in the inventory' });
  await operator.close();
  for (let decisions = 0; decisions < 2; decisions += 1) {
    await fetch(`${mesh.urlOf('sentinelcore')}/defend`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await mesh.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ source: 'test', severity: 0 }),
    });
  }
}
