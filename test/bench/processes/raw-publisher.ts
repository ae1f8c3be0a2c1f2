// What the client library makes of publishing with acknowledgements, pipelined, as a process of its own: what asks for a mitigation for every
// event cannot be faster than this, unless it is cleverer. One argument: the JSON of ReceiverOptions.
import { jetstream } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import { ReceivedRate } from './received-rate.js';

/** As many as the mesh's own publisher has under way at once. */
const window = 2_048;
/** As large as a request for a mitigation. */
const payload = JSON.stringify({ text: 'x'.repeat(900) });

const rate = ReceivedRate.fromArguments();
const client = jetstream(await connect({ servers: rate.options.url }));
rate.ready();
let next = 0;
await Promise.all(Array.from({ length: window }, publishOneAfterAnother));

async function publishOneAfterAnother(): Promise<void> {
  while (next < rate.options.count) {
    next += 1;
    const messageHeaders = headers();
    for (const name of [
      'ce-specversion',
      'ce-id',
      'ce-type',
      'ce-source',
      'ce-time',
      'ce-datacontenttype',
      'traceparent',
    ]) {
      messageHeaders.set(name, 'a value of the length that such a header has');
    }
    const options = { msgID: `raw-${next}`, headers: messageHeaders };
    const { seq } = await client.publish('mitigation.bench.requested', payload, options);
    rate.count(seq);
  }
}
