import { type MsgHdrsImpl, MsgImpl } from '@nats-io/nats-core/internal';
import { headers, type Msg } from '@nats-io/transport-node';
import { type Answer, toDelivery } from './delivery.js';

const storedAt = '1767182400123456789'; // nanoseconds: more than a number can hold

/** A message as the server hands it over, and what was answered to it. */
function message(reply: string, respond: (answer: string) => void = () => undefined): Msg {
  const made = headers() as MsgHdrsImpl;
  made.append('ce-id', 'e-1');
  made.append('tag', 'a');
  made.append('tag', 'b');
  const block = made.encode();
  const data = Buffer.concat([block, Buffer.from('{}')]);
  const place = {
    subject: Buffer.from('defend.auth'),
    reply: Buffer.from(reply),
    sid: 1,
    hdr: block.length,
    size: data.length,
  };
  return new MsgImpl(place, data, { publish: (_subject, answer) => respond(String(answer)) }) as Msg;
}

describe('the place of a delivery', () => {
  it.each([
    ['of a server on its own', `$JS.ACK.DEFEND.sentinelcore.3.1042.17.${storedAt}.5`],
    ['with domain, account and token', `$JS.ACK.hub.ABCDEF.DEFEND.sentinelcore.3.1042.17.${storedAt}.5.x7Kq`],
    ['with domain and account', `$JS.ACK._.ABCDEF.DEFEND.sentinelcore.3.1042.17.${storedAt}.5`],
  ])('is read from the reply subject %s', (_form, reply) => {
    expect(toDelivery(message(reply))).toMatchObject({
      stream: 'DEFEND',
      deliveries: 3,
      sequence: 1_042,
      consumerSequence: 17,
      storedAtMs: 1_767_182_400_123,
      subject: 'defend.auth',
    });
  });

  it('tells how much memory it takes', () => {
    const reply = '$JS.ACK.S.c.1.1.1.1.0';
    const headerBytes = 'NATS/1.0\r\nce-id: e-1\r\ntag: a\r\ntag: b\r\n\r\n'.length;
    expect(toDelivery(message(reply)).bytes).toBe('defend.auth'.length + reply.length + headerBytes + '{}'.length);
  });

  it('comes with every header and all of its values', () => {
    const delivery = toDelivery(message(`$JS.ACK.DEFEND.sentinelcore.1.1.1.${storedAt}.0`));
    expect(delivery.headers?.get('ce-id')).toBe('e-1');
    expect(delivery.headerEntries()).toEqual({ 'ce-id': ['e-1'], tag: ['a', 'b'] });
  });
});

describe('an answer', () => {
  const answers: readonly (readonly [Answer, string])[] = [
    [{ kind: 'ack' }, '+ACK'],
    [{ kind: 'working' }, '+WPI'],
    [{ kind: 'nak', delayMs: 1_500 }, '-NAK {"delay":1500000000}'],
    [{ kind: 'term', reason: 'invalid' }, '+TERM invalid'],
  ];

  it.each(answers)('%j reads %s', (answer, text) => {
    const said: string[] = [];
    toDelivery(message('$JS.ACK.S.c.1.1.1.1.0', (one) => void said.push(one))).answer(answer);
    expect(said).toEqual([text]);
  });

  it('that comes after the connection is closed is let go: the message is delivered again', () => {
    const closed = (): never => {
      throw new Error('closed connection');
    };
    expect(() => toDelivery(message('$JS.ACK.S.c.1.1.1.1.0', closed)).answer({ kind: 'working' })).not.toThrow();
  });
});
