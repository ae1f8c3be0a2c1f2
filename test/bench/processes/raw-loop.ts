// The least that a reader of a stream can do, as a process of its own: the limit that nothing built on the client can pass.
// One argument: the JSON of RawLoopOptions. It reads until it is ended.
import { connect, type Msg } from '@nats-io/transport-node';
import { Telemetry, validatorFor } from '@sentinel-forge/contracts';

export interface RawLoopOptions {
  readonly url: string;
  readonly consumer: string;
  /** What is done with a message; each does what stands before it as well, but `headers` parses nothing. */
  readonly work: 'count' | 'parse' | 'validate' | 'headers' | 'headers-validate';
  /** `all`: one acknowledgement for many messages (AckAll). `each`: one for each. */
  readonly acks: 'all' | 'each';
  /** Publishes the id of the first message on this subject, and of every so many-th one after it. */
  readonly echo?: { readonly subject: string; readonly every: number };
}

const requestSize = 4_096;
const ackEvery = 1_024;
/** What the envelope is read from. */
const headerNames = ['ce-specversion', 'ce-id', 'ce-type', 'ce-source', 'ce-time', 'traceparent'];

const options = JSON.parse(process.argv[2] ?? '{}') as RawLoopOptions;
const connection = await connect({ servers: options.url });
const decoder = new TextDecoder();
const validator = validatorFor(Telemetry);
const work = workOf(options.work);
let received = 0;
let outstanding = 0;
let checksum = 0;

connection.subscribe('_INBOX_bench.*', {
  callback: (_, message) => {
    if (message.reply?.startsWith('$JS.ACK.')) {
      read(message);
    } else {
      outstanding = 0; // a request ended, or asks to be asked again
    }
    askForMore();
  },
});
askForMore();

function read(message: Msg): void {
  received += 1;
  outstanding -= 1;
  checksum += work(message);
  if (options.echo !== undefined && (received - 1) % options.echo.every === 0) {
    connection.publish(options.echo.subject, JSON.stringify({ evidence: { eventId: message.headers?.get('ce-id') } }));
  }
  // The server ends a request of so many messages with the last of them: where it ends, a batch does.
  if (options.acks === 'each' || received % ackEvery === 0 || outstanding % requestSize === 0 || isLast(message)) {
    message.respond('+ACK');
  }
}

// The last token of the reply subject: how many messages are still to come.
function isLast(message: Msg): boolean {
  return message.reply?.endsWith('.0') === true;
}

function askForMore(): void {
  while (outstanding < requestSize) {
    outstanding += requestSize;
    connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.DEFEND.${options.consumer}`,
      JSON.stringify({ batch: requestSize, expires: 30e9 }),
      { reply: '_INBOX_bench.1' },
    );
  }
}

/** What is done with a message, to a number that keeps the compiler from leaving it out. */
function workOf(name: RawLoopOptions['work']): (message: Msg) => number {
  const parse = (message: Msg): unknown => JSON.parse(decoder.decode(message.data));
  const readHeaders = (message: Msg): number => {
    let length = 0;
    for (const header of headerNames) {
      length += message.headers?.get(header).length ?? 0;
    }
    return length;
  };
  const validate = (message: Msg): number => (validator.isValid(parse(message)) ? 1 : fail());
  switch (name) {
    case 'count':
      return (message) => message.data.byteLength;
    case 'parse':
      return (message) => (parse(message) === null ? 0 : 1);
    case 'validate':
      return validate;
    case 'headers':
      return readHeaders;
    case 'headers-validate':
      return (message) => readHeaders(message) + validate(message);
  }
}

function fail(): never {
  throw new Error('a sample is not valid telemetry');
}

process.once('SIGTERM', () => process.exit(checksum < 0 ? 1 : 0));
