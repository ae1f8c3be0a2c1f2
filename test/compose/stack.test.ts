import { execFileSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { DockerLab, HttpTestServer, SmtpTestServer, waitFor } from '@sentinel-forge/testing';
import { parse } from 'yaml';
import { ComposeStack } from '../support/compose-stack.js';
import { baseImages, engineSocket, requireCompose } from '../support/require-compose.js';
import { runtimeBaseline } from '../support/runtime-baseline.js';

const describeWithCompose = await requireCompose();

const apps = {
  sentinelcore: 8000,
  'notification-dispatcher': 8001,
  supervisor: 8002,
  'log-indexer': 8003,
  'hardening-auditor': 8004,
  'task-registry': 8080,
} as const;
const services = [...Object.keys(apps), 'nats', 'docker-proxy', 'egress-proxy', 'prometheus'];
const oneShots = ['credentials', 'provision'];

/** What is on this host, as the containers that may know it call it. */
const hostName = 'host.docker.internal';

interface Exemption {
  readonly service: string;
  readonly control: string;
  readonly until: string;
  readonly renewedBy: string;
}

/** The stack as its users start it, once, and everything that is promised of it. */
describeWithCompose('docker compose up', () => {
  let disposables: AsyncDisposableStack;
  let lab: DockerLab;
  let stack: ComposeStack;
  let smtp: SmtpTestServer;
  let hook: HttpTestServer;
  let elsewhere: HttpTestServer;
  let healthyAfterMs: number;
  let token: string;

  beforeAll(async () => {
    disposables = new AsyncDisposableStack();
    lab = disposables.use(await DockerLab.open());
    smtp = disposables.use(await SmtpTestServer.start({ host: '0.0.0.0' }));
    hook = disposables.use(await HttpTestServer.start({ host: '0.0.0.0' }));
    elsewhere = disposables.use(await HttpTestServer.start({ host: '0.0.0.0' }));
    stack = disposables.use(
      new ComposeStack({
        ...(await baseImages()),
        DOCKER_SOCKET: engineSocket(),
        SMTP_URL: `smtp://${hostName}:${smtp.port}`,
        NOTIFY_EMAIL_TO: 'ops@example.org',
        NOTIFY_WEBHOOK_URL: `http://${hostName}:${hook.port}/hook`,
        NOTIFY_EGRESS_ALLOW: hostName,
        EGRESS_ALLOW: `${hostName}:${smtp.port},${hostName}:${hook.port}`,
        COMPOSE_PROFILES: 'monitoring',
      }),
    );
    await stack.build();
    healthyAfterMs = await stack.up();
    token = (await stack.forge('token')).trim();
  }, 900_000);

  afterAll(() => disposables?.disposeAsync(), 120_000);

  const inspect = async (service: string) => lab.docker.getContainer(await stack.idOf(service)).inspect();
  const urlOf = async (app: keyof typeof apps) => `http://${await stack.address(app, apps[app])}`;

  async function call<T>(app: keyof typeof apps, path: string, body?: object): Promise<T> {
    const response = await fetch(`${await urlOf(app)}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    }
    return (await response.json()) as T;
  }

  async function healthOf(service: string): Promise<string | undefined> {
    const { State } = await inspect(service);
    return State.Running ? State.Health?.Status : undefined;
  }

  it('has every container healthy within 60 s, and what only prepares ended with 0', async () => {
    expect(healthyAfterMs).toBeLessThan(60_000);
    const containers = await stack.containers();
    expect(containers.map(({ Service }) => Service).sort()).toEqual([...services, ...oneShots].sort());
    for (const { Service, State, Health, ExitCode } of containers) {
      expect({ Service, State, Health, ExitCode }).toEqual(
        oneShots.includes(Service)
          ? { Service, State: 'exited', Health: '', ExitCode: 0 }
          : { Service, State: 'running', Health: 'healthy', ExitCode: 0 },
      );
    }
  });

  it('can be started a second time over what runs, keys and streams included', async () => {
    const before = await stack.idOf('sentinelcore');
    await stack.up();
    expect(await stack.idOf('sentinelcore')).toBe(before);
  }, 120_000);

  it('leaves the doctor nothing to mend', async () => {
    const { isWell } = JSON.parse(await stack.forge('doctor', '--json')) as { readonly isWell: boolean };
    expect(isWell).toBe(true);
  });

  it('answers on the loopback of the host, and wants a token for everything that matters', async () => {
    for (const app of Object.keys(apps) as (keyof typeof apps)[]) {
      expect((await fetch(`${await urlOf(app)}/health`)).status).toBe(200);
    }
    expect((await fetch(`${await urlOf('sentinelcore')}/defend`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  it('keeps every container to the runtime baseline, but for what compose/exemptions.yaml lists', async () => {
    const exemptions = parse(readFileSync('compose/exemptions.yaml', 'utf8')) as readonly Exemption[];
    const broken: string[] = [];
    for (const service of services) {
      const container = await inspect(service);
      const kept = runtimeBaseline.filter(({ isKept }) => isKept(container));
      broken.push(
        ...runtimeBaseline.filter((control) => !kept.includes(control)).map(({ name }) => `${service}: ${name}`),
      );
      const user = (await stack.exec(service, 'whoami')).output.trim();
      expect(user).toBe(broken.includes(`${service}: user`) ? 'root' : 'svcuser');
    }
    expect(broken.sort()).toEqual(exemptions.map(({ service, control }) => `${service}: ${control}`).sort());
    for (const { until, renewedBy } of exemptions) {
      expect(until).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(renewedBy).not.toBe('');
    }
  }, 60_000);

  it('gives every service its own credentials alone', async () => {
    const holders = new Map<string, string[]>();
    for (const service of services) {
      for (const { Name, Destination } of (await inspect(service)).Mounts) {
        if (Destination === '/run/credentials') {
          holders.set(Name ?? '', [...(holders.get(Name ?? '') ?? []), service]);
        }
      }
    }
    expect([...holders.values()].flat().sort()).toEqual([...Object.keys(apps), 'nats'].sort());
    expect([...holders.values()].every((those) => those.length === 1)).toBe(true);
  });

  it('lets nothing out but egress-proxy, not even a question to a name server', async () => {
    // The packages of the images came from there, so it can be reached from this machine.
    const registry = new URL(execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim());
    const { address } = await lookup(registry.hostname, { family: 4 });
    const port = registry.port || (registry.protocol === 'https:' ? '443' : '80');
    const reach = (service: string, host: string) =>
      stack.exec(service, 'timeout', '5', 'bash', '-c', `exec 3<>/dev/tcp/${host}/${port} && echo reached`);
    expect((await reach('egress-proxy', address)).output.trim()).toBe('reached');
    const confined = services.filter((name) => name !== 'egress-proxy');
    const reached = await Promise.all(
      confined.map(async (service) => [
        service,
        (await reach(service, address)).output.trim(),
        (await stack.exec(service, 'timeout', '20', 'getent', 'ahostsv4', registry.hostname)).output.trim(),
      ]),
    );
    expect(reached).toEqual(confined.map((service) => [service, '', '']));
  }, 120_000);

  it('lets the dispatcher reach what is on the list, and nothing else', async () => {
    const told = hook.requests.length;
    await call('notification-dispatcher', '/notify', { title: 'allowed', body: 'x', channel: 'webhook' });
    await hook.untilRequests(told + 1, 20_000);

    const { traceId } = await call<{ readonly traceId: string }>('notification-dispatcher', '/notify', {
      title: 'not allowed',
      body: 'x',
      channel: 'webhook',
      to: `http://${hostName}:${elsewhere.port}/`,
    });
    const history = await waitFor(
      async () => {
        const text = JSON.stringify(await call('notification-dispatcher', `/notices?traceId=${traceId}`));
        return text.includes('failed') && text;
      },
      { description: 'the notice to be given up', timeoutMs: 20_000, intervalMs: 200 },
    );
    expect(history).toContain('the proxy refuses it (403)');
    expect(elsewhere.requests).toEqual([]);
  }, 60_000);

  it('walks the golden path: telemetry, quarantine of a real container, record, mail, webhook, release', async () => {
    const network = await lab.network({ hasFixedSubnet: true });
    const place = { network, ipv4Address: network.address(20), aliases: ['database'] };
    const victim = await lab.victim({ labels: { 'forge.respond': 'true' }, networks: [place] });
    const networksOf = async () => (await victim.inspect()).NetworkSettings.Networks;
    await waitFor(async () => (await stack.forge('status', '--json')).includes('"isUp":true'), {
      description: 'everything to be up',
      timeoutMs: 30_000,
      intervalMs: 500,
    });

    const { traceId } = await call<{ readonly traceId: string }>('sentinelcore', '/defend', {
      signal: 'auth',
      source: 'web',
      severity: 10,
      target: { container: victim.name },
    });
    await waitFor(async () => Object.keys(await networksOf()).length === 0, {
      description: 'the victim to be on no network',
      timeoutMs: 20_000,
    });
    await waitFor(() => smtp.mails.find(({ to, raw }) => to.includes('ops@example.org') && raw.includes(victim.name)), {
      description: 'a mail about it',
      timeoutMs: 20_000,
    });
    await waitFor(() => hook.requests.find(({ body }) => body.includes(victim.name)), {
      description: 'a webhook about it',
      timeoutMs: 20_000,
    });

    await stack.forge('mitigation', 'release', '--all', '--reason', 'a test is over');
    await waitFor(async () => (await networksOf())[network.name]?.IPAddress === place.ipv4Address, {
      description: 'the victim to be back at its address',
      timeoutMs: 20_000,
    });
    const trace = await waitFor(
      async () => {
        const text = await stack.forge('trace', traceId, '--json');
        return text.includes('mitigation.supervisor.released') && text.includes('notify.delivered') && text;
      },
      { description: 'the trace to be whole', timeoutMs: 30_000, intervalMs: 500 },
    );
    expect(trace).toContain('mitigation.supervisor.applied');
    expect(await stack.forge('logs', 'verify', '--json')).toContain('"verdict":"intact"');
  }, 180_000);

  it('is watched: every service is scraped, and what goes wrong raises an alarm', async () => {
    const ask = async <T>(path: string): Promise<T> => {
      const response = await fetch(`http://${await stack.address('prometheus', 9090)}/api/v1${path}`);
      return ((await response.json()) as { readonly data: T }).data;
    };
    interface Targets {
      readonly activeTargets: ReadonlyArray<{ readonly labels: { readonly service: string }; readonly health: string }>;
    }
    const up = async (): Promise<readonly string[]> =>
      (await ask<Targets>('/targets')).activeTargets
        .filter(({ health }) => health === 'up')
        .map(({ labels }) => labels.service);
    await waitFor(async () => (await up()).length === Object.keys(apps).length, {
      description: 'every service to be scraped',
      timeoutMs: 60_000,
      intervalMs: 500,
    });
    expect((await up()).toSorted()).toEqual(Object.keys(apps).toSorted());
    interface Alerts {
      readonly alerts: ReadonlyArray<{ readonly labels: { readonly alertname: string }; readonly state: string }>;
    }
    await stack.compose(['stop', 'task-registry']);
    await waitFor(
      async () => (await ask<Alerts>('/alerts')).alerts.some(({ labels }) => labels.alertname === 'ForgeServiceDown'),
      { description: 'the alarm', timeoutMs: 90_000, intervalMs: 500 },
    );
    await stack.compose(['start', 'task-registry']);
    await waitFor(async () => (await up()).includes('task-registry'), {
      description: 'it to be scraped again',
      timeoutMs: 60_000,
      intervalMs: 500,
    });
  }, 240_000);

  it('heals an app that was killed, within 10 s', async () => {
    const id = await stack.idOf('task-registry');
    await lab.docker.getContainer(id).kill();
    await waitFor(async () => (await inspect('task-registry')).State.Running, {
      description: 'it to run again',
      timeoutMs: 10_000,
    });
    await waitFor(async () => (await healthOf('task-registry')) === 'healthy', {
      description: 'it to be healthy again',
      timeoutMs: 40_000,
      intervalMs: 200,
    });
  }, 60_000);

  it.each(['supervisor', 'docker-proxy'])(
    'has the engine start %s again, which nobody else could heal',
    async (service) => {
      const { Id, State } = await inspect(service);
      // From outside, as the kernel would: a kill through the engine counts as somebody's wish.
      const killer = await lab.docker.createContainer({
        Image: lab.image,
        Labels: { ...lab.labels },
        Cmd: ['kill', '-9', String(State.Pid)],
        HostConfig: { PidMode: 'host' },
      });
      await killer.start();
      await waitFor(async () => (await lab.docker.getContainer(Id).inspect()).RestartCount > 0, {
        description: 'the engine to start it again',
        timeoutMs: 10_000,
      });
      for (const healthy of [service, 'supervisor']) {
        await waitFor(async () => (await healthOf(healthy)) === 'healthy', {
          description: `${healthy} to be healthy`,
          timeoutMs: 40_000,
          intervalMs: 200,
        });
      }
    },
    120_000,
  );
});
