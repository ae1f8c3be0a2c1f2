import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { endpointOf, type LabNetwork, type Place } from './lab-network.js';
import { TcpSession } from './tcp-session.js';

/** What kind of container a test wants. Without networks it is on the default bridge. */
export interface VictimOptions {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly networks?: readonly ({ readonly network: LabNetwork } & Place)[];
  /** Instead of networks: `host`, `none`, `container:<id>`. */
  readonly networkMode?: string;
  readonly restartPolicy?: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  /** Checked twice a second; {@link Victim.setHealthy} decides what it finds. */
  readonly hasHealthCheck?: boolean;
  /** Answers every TCP session on this port with what it was sent. */
  readonly echoPort?: number;
  /** Reachable from the host on a port that the engine chooses, and that differs after each start. */
  readonly isEchoPublished?: boolean;
  /** Instead of waiting for a stop. */
  readonly command?: readonly string[];
  readonly hasTty?: boolean;
  readonly macAddress?: string;
  readonly nanoCpus?: number;
  /** Default true. */
  readonly isStarted?: boolean;
}

/** What a command in a container came to. */
export interface ExecResult {
  readonly exitCode: number;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

const unhealthyFile = '/tmp/unhealthy';

/** A container of a {@link DockerLab}. */
export class Victim {
  readonly id: string;
  readonly name: string;
  /** For what there is no method for. */
  readonly container: Docker.Container;
  readonly #docker: Docker;

  constructor(docker: Docker, id: string, name: string) {
    this.id = id;
    this.name = name;
    this.container = docker.getContainer(id);
    this.#docker = docker;
  }

  /** Runs a command to its end; not on a stopped or paused container. */
  async exec(...command: readonly string[]): Promise<ExecResult> {
    const exec = await this.container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    const output = new PassThrough();
    this.#docker.modem.demuxStream(stream, output, output);
    stream.on('end', () => output.end()).on('error', (error) => output.destroy(error));
    const text = Buffer.concat(await output.toArray()).toString('utf8');
    const { ExitCode: exitCode } = await exec.inspect();
    return { exitCode: exitCode ?? -1, output: text };
  }

  /** What its health check will find from now on. */
  async setHealthy(isHealthy: boolean): Promise<void> {
    await this.exec(...(isHealthy ? ['rm', '-f', unhealthyFile] : ['touch', unhealthyFile]));
  }

  /** Whether an echo server answers it there within a second. `host` is an address, a name or an alias. */
  async reaches(host: string, port: number): Promise<boolean> {
    const { output } = await this.exec('sh', '-c', `echo reached | timeout 1 nc -w 1 ${host} ${port}`);
    return output.includes('reached');
  }

  /** A TCP session from this container that stays open. */
  openSession(host: string, port: number): Promise<TcpSession> {
    return TcpSession.open(this.#docker, this.container, host, port);
  }

  inspect(): Promise<Docker.ContainerInspectInfo> {
    return this.container.inspect();
  }

  /** Its address on a network right now; undefined when it is not on it. */
  async addressOn(network: LabNetwork): Promise<string | undefined> {
    return (await this.inspect()).NetworkSettings.Networks[network.name]?.IPAddress || undefined;
  }

  /** The host's port that leads to a port of the container right now; undefined while none does. */
  async publishedPort(port: number): Promise<number | undefined> {
    return Number((await this.inspect()).NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort) || undefined;
  }

  async remove(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }
}

/** What the engine is asked to create. */
export function victimSpec(options: VictimOptions, image: string, name: string): Docker.ContainerCreateOptions {
  const { networks = [], echoPort, macAddress } = options;
  const [first] = networks;
  const command = commandOf(options);
  const port = `${echoPort}/tcp`;
  return {
    Image: image,
    name,
    Labels: { ...options.labels },
    Tty: options.hasTty ?? false,
    ...(command === undefined ? {} : { Cmd: [...command] }),
    ...(macAddress === undefined ? {} : { MacAddress: macAddress }),
    ...(options.hasHealthCheck
      ? { Healthcheck: { Test: ['CMD', 'test', '!', '-e', unhealthyFile], Interval: 500_000_000, Retries: 1 } }
      : {}),
    ...(options.isEchoPublished ? { ExposedPorts: { [port]: {} } } : {}),
    HostConfig: {
      NetworkMode: options.networkMode ?? first?.network.name ?? 'bridge',
      RestartPolicy: { Name: options.restartPolicy ?? 'no' },
      ...(options.nanoCpus === undefined ? {} : { NanoCpus: options.nanoCpus }),
      ...(options.isEchoPublished ? { PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] } } : {}),
    },
    ...(first === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [first.network.name]: endpointOf(first) } } }),
  };
}

function commandOf({ command, echoPort }: VictimOptions): readonly string[] | undefined {
  return (
    command ??
    (echoPort === undefined ? undefined : ['sh', '-c', `trap exit TERM; nc -ll -p ${echoPort} -e cat & wait`])
  );
}
