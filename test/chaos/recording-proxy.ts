import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A call that changes something, and what the engine answered; `cut` when it did not. */
export interface RecordedCall {
  readonly path: string;
  readonly outcome: number | 'cut';
}

/** Stands between supervisor and the engine, and writes down every call that changes something. */
export class RecordingProxy implements AsyncDisposable {
  readonly calls: RecordedCall[] = [];
  /** As in DOCKER_HOST. */
  readonly dockerHost: string;

  private constructor(
    private readonly folder: string,
    private readonly enginePath: string,
    private readonly server: Server,
  ) {
    this.dockerHost = `unix://${join(folder, 'docker.sock')}`;
    server.on('request', (asked, answer) => this.#pass(asked, answer));
  }

  static async start(engineHost: string): Promise<RecordingProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'forge-chaos-engine-'));
    const proxy = new RecordingProxy(folder, engineHost.replace('unix://', ''), createServer());
    await new Promise<void>((resolve) => {
      proxy.server.listen(join(folder, 'docker.sock'), resolve);
    });
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
    await rm(this.folder, { recursive: true, force: true });
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method = '', url = '', headers } = asked;
    let isRecorded = method === 'GET';
    const record = (outcome: RecordedCall['outcome']): void => {
      if (!isRecorded) {
        isRecorded = true;
        this.calls.push({ path: url.split('?')[0] ?? '', outcome });
      }
    };
    const onward = request({ socketPath: this.enginePath, method, path: url, headers }, (response) => {
      record(response.statusCode ?? 0);
      answer.writeHead(response.statusCode ?? 502, response.headers);
      answer.flushHeaders(); // a stream of events may have nothing to say for long
      response.pipe(answer);
      response.on('error', () => answer.destroy());
    });
    onward.on('error', () => {
      record('cut');
      answer.destroy();
    });
    asked.pipe(onward);
    answer.on('close', () => onward.destroy());
  }
}
