import { Module, type Type } from '@nestjs/common';
import { type RunningService, runService, type ServiceDefinition } from '@sentinel-forge/chassis';
import { type AppName, apps, type Class } from '@sentinel-forge/contracts';
import { connectClient, provision, refuseBlocked } from '@sentinel-forge/messaging';
import { NatsTestServer } from '@sentinel-forge/testing';
import { testSecret } from './tokens.js';

type NatsConnection = Awaited<ReturnType<typeof connectClient>>;

/** A provisioned nats-server and services of the test's own making on it. */
export class TestMesh implements AsyncDisposable {
  readonly logLines: string[] = [];
  readonly #services: RunningService[] = [];

  private constructor(
    readonly nats: NatsTestServer,
    readonly connection: NatsConnection,
  ) {}

  static async open(host = 'test-host'): Promise<TestMesh> {
    const nats = await NatsTestServer.start();
    const connection = await connectClient({ name: 'test', servers: [nats.url] });
    refuseBlocked(await provision(connection, { replicas: 1, hosts: [host] }));
    return new TestMesh(nats, connection);
  }

  /** The environment that a service of this mesh runs with. */
  environment(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return { NATS_URL: this.nats.url, FORGE_JWT_SECRET: testSecret, FORGE_HOST: 'test-host', ...more };
  }

  /** Runs a service in the name of an app, with the given controllers and providers. */
  async run(
    app: AppName,
    parts: {
      readonly controllers?: readonly Type[];
      readonly providers?: readonly Type[];
      readonly settingsClasses?: readonly Class[];
    },
    more: Readonly<Record<string, string>> = {},
  ): Promise<RunningService> {
    class TestModule {}
    Module({ controllers: [...(parts.controllers ?? [])], providers: [...(parts.providers ?? [])] })(TestModule);
    return this.start(
      { app, version: '0.0.0-test', settingsClasses: parts.settingsClasses ?? [], module: TestModule },
      more,
    );
  }

  /** Runs a service as it is. */
  async start(definition: ServiceDefinition, more: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    const service = await runService(definition, {
      environment: this.environment({ [apps[definition.app].portSetting]: '0', ...more }),
      logDestination: { write: (line: string) => void this.logLines.push(line) },
    });
    this.#services.push(service);
    return service;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
    await this.connection.close();
    await this.nats[Symbol.asyncDispose]();
  }
}
