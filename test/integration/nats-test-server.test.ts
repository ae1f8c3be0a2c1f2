import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { connect } from 'node:net';
import { NatsTestServer } from '@sentinel-forge/testing';

/** One request over the bare protocol, with no client library in between. Rejects with the server's own complaint. */
async function request(server: NatsTestServer, subject: string, payload = '', login = {}): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(`CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...login })}\r\nSUB answer 1\r\n`);
    socket.write(`PUB ${subject} answer ${Buffer.byteLength(payload)}\r\n${payload}\r\n`);
    let received = '';
    for await (const chunk of socket.setEncoding('utf8')) {
      received += chunk;
      const refusal = /^-ERR (.*)\r$/m.exec(received)?.[1];
      if (refusal !== undefined) {
        throw new Error(refusal);
      }
      const answer = /^MSG answer 1 \d+\r\n([^\r]*)\r\n/m.exec(received)?.[1];
      if (answer !== undefined) {
        return answer;
      }
    }
    throw new Error('closed without an answer');
  } finally {
    socket.destroy();
  }
}

const createStream = (server: NatsTestServer) =>
  request(
    server,
    '$JS.API.STREAM.CREATE.FACTS',
    JSON.stringify({ name: 'FACTS', subjects: ['fact.>'], storage: 'file' }),
  );

async function messagesIn(server: NatsTestServer): Promise<unknown> {
  return JSON.parse(await request(server, '$JS.API.STREAM.INFO.FACTS')).state?.messages;
}

describe('NatsTestServer', () => {
  it('gives each server a port and a store of its own', async () => {
    await using one = await NatsTestServer.start();
    await using other = await NatsTestServer.start();
    await createStream(one);

    expect(one.port).not.toBe(other.port);
    expect(one.url).toBe(`nats://127.0.0.1:${one.port}`);
    expect(await messagesIn(one)).toBe(0);
    expect(await messagesIn(other)).toBeUndefined();
  });

  it.each(['kill', 'stop'] as const)('comes back after %s on the same port with what was acknowledged', async (end) => {
    await using server = await NatsTestServer.start();
    const { port } = server;
    await createStream(server);
    expect(JSON.parse(await request(server, 'fact.one', 'x'))).toMatchObject({ stream: 'FACTS', seq: 1 });

    await server[end]();
    await expect(request(server, 'fact.two', 'x')).rejects.toThrow('ECONNREFUSED');
    await server.restart();

    expect(server.port).toBe(port);
    expect(await messagesIn(server)).toBe(1);
  });

  it('runs with the accounts that the test adds to its configuration', async () => {
    await using server = await NatsTestServer.start({
      config: 'accounts { FORGE { jetstream: enabled, users: [{ user: app, password: secret }] } }',
    });

    await expect(request(server, '$JS.API.INFO')).rejects.toThrow('Authorization Violation');
    expect(await request(server, '$JS.API.INFO', '', { user: 'app', pass: 'secret' })).toContain('"streams":0');
  });

  it('says what the server said when it does not start', async () => {
    await expect(NatsTestServer.start({ config: 'accounts {' })).rejects.toThrow(/did not start:\s.*Parse error/);
  });

  it('leaves neither process nor files behind', async () => {
    const server = await NatsTestServer.start();
    const { storeDir } = server;
    await createStream(server);
    await access(storeDir);

    await server[Symbol.asyncDispose]();

    await expect(access(storeDir)).rejects.toThrow('ENOENT');
    await expect(request(server, 'fact.one')).rejects.toThrow('ECONNREFUSED');
  });
});
