import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';

/** A TCP session that a container holds open (`nc` in it): does it still carry data, does its end come? */
export class TcpSession implements Disposable {
  readonly #connection: NodeJS.ReadWriteStream & { destroy(): void };
  #received = '';
  #isEnded = false;

  private constructor(docker: Docker, connection: NodeJS.ReadWriteStream & { destroy(): void }) {
    this.#connection = connection;
    const output = new PassThrough().setEncoding('utf8');
    docker.modem.demuxStream(connection, output, output);
    output.on('data', (text: string) => {
      this.#received += text;
    });
    const end = (): void => {
      this.#isEnded = true;
    };
    connection.on('end', end).on('close', end).on('error', end);
  }

  static async open(docker: Docker, from: Docker.Container, host: string, port: number): Promise<TcpSession> {
    const exec = await from.exec({
      Cmd: ['nc', host, String(port)],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    return new TcpSession(docker, await exec.start({ hijack: true, stdin: true }));
  }

  /** Everything that came back so far. */
  get received(): string {
    return this.#received;
  }

  /** Whether the session is over for the one who opened it. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  send(text: string): void {
    this.#connection.write(text);
  }

  close(): void {
    this.#connection.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
